"""What a write expects of the data, judged without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph_server.errors import PreconditionError
from kmgraph_server.graph_documents import tag_of_graph, tags_of_graph
from kmgraph_server.write_conditions import Basis, Standing, http_date, judge_write

DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
EARLIER = "Wed, 31 Dec 2025 23:59:59 GMT"
THERE = Standing(7, DATE, True, ('"gab"', '"gcd"'))
MISSING = Standing(7, DATE, False)
FRESH = Standing(0, None, False)
#: Generation 7 has the content of 5: the store was optimised twice.
OPTIMISED = Standing(7, DATE, True, content_id=5)
TAGS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), max_size=8)


@pytest.mark.parametrize(
    ("name", "value", "standing", "basis"),
    [
        ("If-Match", '"gab"', THERE, Basis.CONTENT),
        ("If-Match", '"x" , "gcd"', THERE, Basis.CONTENT),
        ("If-Match", "*", THERE, Basis.CONTENT),
        ("If-Match", '"7-x"', THERE, Basis.DATA),
        ("If-Match", '"7-x"', MISSING, Basis.DATA),
        ("If-Match", 'W/"gab"', THERE, None),
        ("If-Match", 'W/"7-x"', THERE, None),
        ("If-Match", '"6-x"', THERE, None),
        ("If-Match", '"17-x"', THERE, None),
        ("If-Match", '"5-x"', OPTIMISED, Basis.DATA),
        ("If-Match", '"7-x"', OPTIMISED, Basis.DATA),
        ("If-Match", '"4-x"', OPTIMISED, None),
        ("If-Match", '"8-x"', OPTIMISED, None),
        ("If-Match", '"x7-x"', THERE, None),
        ("If-Match", "", THERE, None),
        ("If-Match", "*", MISSING, None),
        ("If-Match", '"0-x"', FRESH, None),
        ("If-None-Match", "*", MISSING, Basis.CONTENT),
        ("If-None-Match", '"x"', THERE, Basis.CONTENT),
        ("If-None-Match", "*", THERE, None),
        ("If-None-Match", 'W/"gab"', THERE, None),
        ("If-None-Match", '"7-x"', THERE, None),
        ("If-Unmodified-Since", DATE, THERE, Basis.DATA),
        ("If-Unmodified-Since", EARLIER, THERE, None),
        ("If-Modified-Since", EARLIER, THERE, Basis.NOTHING),
    ],
)
def test_a_condition_holds_or_it_does_not(name, value, standing, basis):
    """And says what must stay as it is."""
    if basis is None:
        with pytest.raises(PreconditionError):
            judge_write({name: value}.get, standing)
    else:
        assert judge_write({name: value}.get, standing) is basis


def test_a_tag_counts_before_a_date():
    """As the specification has it."""
    headers = {"If-Match": '"gab"', "If-Unmodified-Since": EARLIER}
    assert judge_write(headers.get, THERE) is Basis.CONTENT


@given(value=st.text(max_size=60), name=st.sampled_from(["If-Match", "If-None-Match"]))
def test_any_header_is_judged(name, value):
    """Whatever it holds, it holds or it does not, and nothing else happens."""
    try:
        judge_write({name: value}.get, THERE)
    except PreconditionError:
        return
    if name == "If-Match":
        assert value.strip() == "*" or "7-" in value or "gab" in value or "gcd" in value


@given(digest=TAGS, other=TAGS)
def test_tags_of_a_graph_are_of_its_content(digest, other):
    """None of them is read as the number of a generation."""
    own = set(tags_of_graph(digest))
    assert tag_of_graph(digest, "application/n-triples") in own
    assert (own & set(tags_of_graph(other)) == set()) == (digest != other)
    assert not any(tag[1].isdigit() for tag in own)


def test_dates():
    """A moment that cannot be read gives none."""
    assert http_date("2026-01-01T00:00:00.9+00:00") == DATE
    assert http_date("") is None
