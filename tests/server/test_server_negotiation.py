"""Content negotiation: RFC 9110, section 12.5.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph_server.errors import MalformedRequestError, NotAcceptableError
from kmgraph_server.negotiation import (
    BOOLEAN,
    DATASET,
    DOCUMENT,
    GRAPH,
    HTML,
    RDF,
    SOLUTIONS,
    by_name,
    by_names,
    choose,
    choose_coding,
    parse_accept,
    weight_of,
)
from kmgraph_server.protocol import VERSIONS

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
        ("text/csv;Q=0.2;x=y, text/html;q=0.1", "text/csv"),
        ("*/csv, */*;q=0.1, text/html", "text/html"),
        (", ,;q=1, text/csv", "text/csv"),
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


@given(HEADERS, st.sampled_from([SOLUTIONS, BOOLEAN, GRAPH, DOCUMENT, RDF, DATASET]))
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


@given(st.one_of(st.none(), st.text(max_size=60)), st.sampled_from(VERSIONS))
def test_no_header_breaks_negotiation(header, version):
    """Whatever a client sends, the answer is an offer or a refusal."""
    try:
        assert choose(header, SOLUTIONS, version).media_type in TYPES
    except NotAcceptableError as error:
        assert error.status == 406


@given(st.text(max_size=40))
def test_no_name_breaks_negotiation(name):
    """Whatever ``?format=`` says, the answer is an offer, a refusal or the word of the header."""
    try:
        assert by_names([name], GRAPH) in (None, *GRAPH)
    except MalformedRequestError as error:
        assert error.status == 400


def test_a_header_of_any_length_is_answered_at_once():
    """Only so many of its elements are looked at, because each costs time."""
    assert choose("text/csv," + "a/b;q=0.5," * 20_000, SOLUTIONS).name == "csv"
    with pytest.raises(NotAcceptableError):
        choose("a/b," * 20_000 + "text/csv", SOLUTIONS)


@pytest.mark.parametrize(
    ("accept", "offers", "expected"),
    [
        ("application/trig", GRAPH, "application/trig"),
        ("application/n-quads", RDF, "application/n-quads"),
        ("*/*", RDF, "text/turtle"),
        ("*/*", DATASET, "application/trig"),
        ("application/ld+json", DATASET, "application/ld+json"),
    ],
)
def test_formats_of_datasets_are_on_offer_too(accept, offers, expected):
    """They can hold one graph, and are what several named graphs come in."""
    assert choose(accept, offers).media_type == expected


def test_pages_and_datasets_are_not_offered_where_they_make_no_sense():
    """No HTML to programs, no named graphs for a document, no single graph for several."""
    for accept, offers in (
        ("text/html", RDF),
        ("application/trig", DOCUMENT),
        ("text/turtle", DATASET),
    ):
        with pytest.raises(NotAcceptableError):
            choose(accept, offers)


@pytest.mark.parametrize(
    ("accept", "offers", "content_type"),
    [
        ("text/turtle", GRAPH, "text/turtle; charset=utf-8"),
        ("text/turtle;version=1.1", GRAPH, "text/turtle; charset=utf-8"),
        ("text/turtle;version=1.2", GRAPH, "text/turtle; charset=utf-8; version=1.2"),
        ('text/turtle; Version="1.2-basic"', GRAPH,
         "text/turtle; charset=utf-8; version=1.2-basic"),
        ("text/turtle;q=0.5;version=1.2", GRAPH, "text/turtle; charset=utf-8; version=1.2"),
        ("text/turtle;version=1.2, text/turtle", GRAPH, "text/turtle; charset=utf-8; version=1.2"),
        ("text/turtle;version=1.2;q=0.5, text/turtle", GRAPH, "text/turtle; charset=utf-8"),
        ("text/turtle;version=1.2, */*;q=0.9", GRAPH, "text/turtle; charset=utf-8; version=1.2"),
        ("text/turtle;version=1.2;q=0, */*", GRAPH, "text/turtle; charset=utf-8"),
        ("*/*;version=1.2", GRAPH, "text/turtle; charset=utf-8; version=1.2"),
        ("text/turtle;version=9, application/n-triples;q=0.1", GRAPH, "application/n-triples"),
        ("text/html;version=1.2", GRAPH, "text/html; charset=utf-8"),
        ("application/sparql-results+json;version=1.2", SOLUTIONS,
         "application/sparql-results+json; version=1.2"),
        ("application/json;version=1.2", SOLUTIONS, "application/json; version=1.2"),
    ],
)  # fmt: skip
def test_terms_of_rdf_1_2_come_when_they_are_asked_for(accept, offers, content_type):
    """By a parameter of the media type, which what is sent repeats."""
    assert choose(accept, offers).content_type == content_type


def test_a_request_can_name_the_version_for_all_ranges():
    """But a range that names another means another."""
    assert choose(None, GRAPH, "1.2").version == "1.2"
    assert choose("application/n-triples", GRAPH, "1.2").version == "1.2"
    assert choose("text/turtle;version=1.1", GRAPH, "1.2").version == "1.1"
    assert by_name("nt", GRAPH, "1.2").version == "1.2"
    assert by_names(["text/turtle;version=1.2"], GRAPH).version == "1.2"
    assert by_names(["rdf"], GRAPH, "1.2-basic").version == "1.2-basic"
    assert choose("text/html", GRAPH, "1.2") is HTML


def test_json_ld_has_no_terms_of_rdf_1_2():
    """So it is never said to have them, and a client that insists is told what has."""
    assert choose("application/ld+json", GRAPH, "1.2").content_type == "application/ld+json"
    assert by_name("jsonld", GRAPH, "1.2").version == "1.1"
    for accept in ("application/ld+json;version=1.2", "text/turtle;version=3"):
        with pytest.raises(NotAcceptableError, match="text/turtle"):
            choose(accept, GRAPH)


CODINGS = ("zstd", "br", "gzip")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=0.9, br;q=0.8", "gzip"),
        ("gzip;q=0.5, identity", None),
        ("gzip;q=0.5, identity;q=0.5", "gzip"),
        ("gzip;q=0.5, identity;q=0", "gzip"),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("*;q=0.5, gzip", "gzip"),
        ("zstd;q=0, *;q=0.5", "br"),
        ("gzip, *;q=0", "gzip"),
        ("deflate, compress", None),
        ("deflate, identity;q=0.5, *;q=0", None),
        ("identity", None),
        ("gzip;q=nonsense, br", "br"),
        ("gzip;q=2", None),
        ("a/b, g zip, br", "br"),
    ],
)
def test_which_coding_is_taken(header, expected):
    """RFC 9110, section 12.5.3."""
    assert choose_coding(header, CODINGS) == expected


@pytest.mark.parametrize("header", ["identity;q=0", "*;q=0", "deflate, *;q=0", "br, identity;q=0"])
def test_a_client_that_takes_nothing_on_offer_is_told_what_is(header):
    """Only where it refuses what is not coded, too."""
    with pytest.raises(NotAcceptableError) as caught:
        choose_coding(header, ("zstd", "gzip"))
    assert caught.value.available == ("zstd", "gzip", "identity")


def test_where_no_coding_is_on_offer_none_is_taken():
    """Such as for what is packed already."""
    assert choose_coding("gzip, identity;q=0.1", ()) is None


NAMES = st.sampled_from([*CODINGS, "deflate", "identity", "*"])


@given(st.lists(st.builds(lambda n, q: n + q, NAMES, WEIGHTS), unique_by=lambda e: e.split(";")[0]))
def test_the_best_coding_is_taken(elements):
    """Worked out in the plainest way: by name, else by the star, else as the last resort."""
    given_weights = {one.partition(";")[0]: weight(one) for one in elements}
    star = given_weights.get("*")
    coded = {name: given_weights.get(name, star or 0.0) for name in CODINGS}
    plain = given_weights.get("identity", 1e-9 if star is None else star)
    best = max(coded.values())
    header = ", ".join(elements)
    if best == plain == 0:
        with pytest.raises(NotAcceptableError):
            choose_coding(header, CODINGS)
    elif best >= plain:
        assert coded[choose_coding(header, CODINGS)] == best
    else:
        assert choose_coding(header, CODINGS) is None


@given(st.text(max_size=60))
def test_no_header_breaks_the_choice_of_a_coding(header):
    """Whatever a client sends, the answer is a coding, none, or a refusal."""
    try:
        assert choose_coding(header, CODINGS) in (None, *CODINGS)
    except NotAcceptableError as error:
        assert error.status == 406
