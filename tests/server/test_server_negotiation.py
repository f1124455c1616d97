"""Content negotiation: RFC 9110, section 12.5.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph_server.errors import MalformedRequestError, NotAcceptableError
from kmgraph_server.negotiation import (
    BOOLEAN,
    DOCUMENT,
    GRAPH,
    SOLUTIONS,
    by_name,
    by_names,
    choose,
    parse_accept,
    weight_of,
)

TYPES = [offer.media_type for offer in (*SOLUTIONS, *GRAPH)]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/sparql-results+json"),
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("text/csv;q=.2, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        ("application/*", "application/sparql-results+json"),
        ("text/*", "text/csv"),
        ("application/*;q=0.5, text/tab-separated-values", "text/tab-separated-values"),
        ("*/*;q=0.1, application/sparql-results+json;q=0", "application/sparql-results+xml"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv; charset=utf-8", "text/csv"),
        ("application/json", "application/json"),
        ('text/csv;x="a,b;q=0", text/html;q=0.5', "text/csv"),
        ("nonsense, text/csv", "text/csv"),
        ("text/csv;q=nonsense, text/html;q=0.1", "text/html"),
    ],
)
def test_what_is_sent_for_solutions(accept, expected):
    """Weights, wildcards, specificity, exclusion and defaults decide."""
    assert choose(accept, SOLUTIONS).media_type == expected


@pytest.mark.parametrize("accept", ["image/png", "*/*;q=0", "text/csv;q=0", "nonsense"])
def test_what_cannot_be_sent_is_refused_with_the_list(accept):
    """A client that takes nothing on offer is told what is."""
    with pytest.raises(NotAcceptableError) as caught:
        choose(accept, SOLUTIONS)
    assert "application/sparql-results+json" in caught.value.available


def test_a_boolean_is_not_sent_as_csv():
    """ASK has no form in CSV."""
    with pytest.raises(NotAcceptableError):
        choose("text/csv", BOOLEAN)


def test_names_of_formats_depend_on_what_is_sent():
    """``json`` is JSON-LD for a graph and SPARQL results for a table."""
    assert by_name("json", GRAPH).media_type == "application/ld+json"
    assert by_name("JSON", SOLUTIONS).media_type == "application/sparql-results+json"
    with pytest.raises(MalformedRequestError, match="csv"):
        by_name("png", SOLUTIONS)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["rdf xml", "application/rdf xml"], "rdf"),
        (["json-ld", "application/ld+json,application/x-json+ld"], "jsonld"),
        (["png", "n3"], "ttl"),
        (["tsv"], None),
        ([], None),
    ],
)
def test_the_first_name_that_fits_is_taken(names, expected):
    """A plus that was not encoded is a space; names of other formats leave it to the header."""
    found = by_names(names, GRAPH)
    assert (found and found.name) == expected
    with pytest.raises(MalformedRequestError, match="png"):
        by_names(["png", "jpeg"], GRAPH)


WEIGHTS = st.sampled_from(["", ";q=0", ";q=0.001", ";q=0.5", ";q=0.999", ";q=1", ";q=1.0"])
RANGES = st.sampled_from([*TYPES, "*/*", "text/*", "application/*", "image/png"])
HEADERS = st.lists(st.builds(lambda r, q: r + q, RANGES, WEIGHTS), min_size=1, max_size=6)


def weight(element):
    """Return the weight of an element as written above."""
    return float(element.partition(";q=")[2] or 1)


def expected_weight(media_type, elements):
    """Return the weight that the specification gives, worked out in the plainest way."""
    for pattern in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        found = [weight(one) for one in elements if one.partition(";")[0] == pattern]
        if found:
            return max(found)
    return 0.0


@given(HEADERS, st.sampled_from([SOLUTIONS, BOOLEAN, GRAPH, DOCUMENT]))
def test_the_best_offer_is_sent(elements, offers):
    """What is sent has the highest weight, and is the first offer that has it."""
    weights = [expected_weight(offer.media_type, elements) for offer in offers]
    if max(weights) == 0:
        with pytest.raises(NotAcceptableError):
            choose(", ".join(elements), offers)
    else:
        chosen = choose(",".join(elements), offers)
        assert offers.index(chosen) == weights.index(max(weights))


@given(st.permutations(["text/csv;q=0.4", "text/*;q=0.6", "*/*;q=0.1", "application/json"]))
def test_the_order_of_the_header_does_not_matter(elements):
    """Only weights and specificity count."""
    ranges = list(parse_accept(", ".join(elements)))
    assert [weight_of(kind, ranges) for kind in ("text/csv", "text/html", "image/png")] == [
        0.4,
        0.6,
        0.1,
    ]


@given(st.text(max_size=60))
def test_no_header_breaks_negotiation(header):
    """Whatever a client sends, the answer is an offer or a refusal."""
    try:
        assert choose(header, SOLUTIONS) in SOLUTIONS
    except NotAcceptableError as error:
        assert error.status == 406
