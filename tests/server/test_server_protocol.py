"""Requests of the SPARQL protocol, read from text and bytes."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph.errors import UpdateForbiddenError
from kmgraph_server.errors import MalformedRequestError, RequestFaultError
from kmgraph_server.protocol import FORM, QUERY, UPDATE, ProtocolRequest, parse_request

#: Text without lone surrogates, which UTF-8 has no way to write.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(TEXTS)
def test_every_query_comes_through_each_of_the_three_forms(query):
    """GET, a form and a direct body mean the same."""
    encoded = urlencode({"query": query}).encode()
    expected = ProtocolRequest(query)
    assert parse_request("GET", encoded, None, b"") == expected
    assert parse_request("POST", b"", FORM, encoded) == expected
    assert parse_request("POST", b"", QUERY, query.encode()) == expected
    assert parse_request("POST", b"", f"{QUERY}; charset=UTF-8", query.encode()) == expected


@given(
    st.sampled_from(["GET", "HEAD", "POST"]),
    st.binary(max_size=40),
    st.sampled_from([None, FORM, QUERY, UPDATE, "text/plain", "", ";", f"{QUERY};charset"]),
    st.binary(max_size=40),
)
def test_no_bytes_break_the_reader(method, query_string, content_type, body):
    """What cannot be read is a fault of the request and never of the server."""
    try:
        asked = parse_request(method, query_string, content_type, body)
    except (RequestFaultError, UpdateForbiddenError):
        return
    assert isinstance(asked.query, str)


def test_graphs_of_a_direct_post_stand_in_the_url():
    """A body that is the query leaves the graphs to the URL."""
    graphs = urlencode([("default-graph-uri", "urn:a"), ("named-graph-uri", "urn:b")]).encode()
    asked = parse_request("POST", graphs, QUERY, b"ASK {}")
    assert (asked.default_graphs, asked.named_graphs) == (("urn:a",), ("urn:b",))


@pytest.mark.parametrize(
    ("query_string", "content_type", "body", "word"),
    [
        (b"query=ASK{}&query=ASK{}", None, b"", "2 times"),
        (b"query=ASK{}", QUERY, b"ASK {}", "2 times"),
        (b"query=%ff", None, b"", "UTF-8"),
        (b"", QUERY, "ASK {}".encode("utf-16"), "UTF-8"),
        (b"query=ASK{}&default-graph-uri=nowhere", None, b"", "absolute IRI"),
        (b"query=ASK{}&named-graph-uri=urn:a%20b", None, b"", "absolute IRI"),
        (b"query=ASK{}&update=DROP+ALL", None, b"", "query and an update"),
    ],
)
def test_malformed_requests_say_what_is_wrong(query_string, content_type, body, word):
    """Each is answered with 400 and names its trouble."""
    with pytest.raises(MalformedRequestError, match=word) as caught:
        parse_request("POST" if content_type else "GET", query_string, content_type, body)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("method", "query_string", "content_type", "body"),
    [
        ("GET", b"update=DROP+ALL", None, b""),
        ("POST", b"", FORM, b"update=DROP+ALL"),
        ("POST", b"", UPDATE, b"DROP ALL"),
    ],
)
def test_updates_are_refused_in_every_form(method, query_string, content_type, body):
    """The endpoint is read-only."""
    with pytest.raises(UpdateForbiddenError, match="read-only"):
        parse_request(method, query_string, content_type, body)
