"""Requests of the SPARQL protocol, read from text and bytes."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph.errors import UpdateForbiddenError
from kmgraph_server.errors import (
    MalformedRequestError,
    RequestFaultError,
    UnsupportedMediaTypeError,
)
from kmgraph_server.protocol import (
    FORM,
    QUERY,
    UPDATE,
    VERSIONS,
    ProtocolRequest,
    parse_pairs,
    parse_request,
)
from kmgraph_server.protocol_update import UpdateRequest, parse_update

#: Text without lone surrogates, which UTF-8 has no way to write.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
#: Queries and updates; the mark that editors put before a text is no part of one.
TEXTS = ANY_TEXT.filter(lambda text: text and not text.startswith("\ufeff"))
IRIS = st.sampled_from(["urn:a", "http://example.org/é?x=1&y=2#z", "http://e/%C3%A9", "a:b+c d;e"])
GRAPHS = st.lists(IRIS.filter(lambda iri: " " not in iri), max_size=3)
TYPES = st.sampled_from(
    [None, FORM, QUERY, UPDATE, "text/plain", "", ";", f"{QUERY};charset", f"{UPDATE};version=9"]
)
NOT_UTF8 = "ASK {}".encode("utf-16")


@given(TEXTS)
def test_every_query_comes_through_each_of_its_forms(query):
    """GET, a form and a direct body mean the same, sent with POST or with QUERY."""
    encoded = urlencode({"query": query}).encode()
    expected = ProtocolRequest(query)
    assert parse_request("GET", encoded, None, b"") == expected
    assert parse_request("HEAD", encoded, None, b"") == expected
    for method in ("POST", "QUERY"):
        assert parse_request(method, b"", FORM, encoded) == expected
        assert parse_request(method, b"", QUERY, query.encode()) == expected
        for more in ("; charset=UTF-8", ';charset="utf-8"', "; Charset=utf8", "; version=1.1"):
            assert parse_request(method, b"", f"{QUERY}{more}", query.encode()) == expected


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=8))
def test_parameters_come_back_as_they_were_encoded(pairs):
    """Whatever the names and values are."""
    assert parse_pairs(urlencode(pairs).encode()) == pairs


@given(TEXTS, GRAPHS, GRAPHS, st.sampled_from(VERSIONS), st.integers(1, 10**9))
def test_all_parameters_come_through_the_url_and_the_body(
    query, default, named, version, thousands
):
    """The order within one name is kept, and that between names does not matter."""
    timeout = f"{thousands / 1000:.3f}"
    sent = [
        ("version", version),
        *(("named-graph-uri", iri) for iri in named),
        ("timeout", timeout),
        *(("default-graph-uri", iri) for iri in default),
    ]
    expected = ProtocolRequest(
        query, tuple(default), tuple(named), timeout_s=float(timeout), rdf_version=version
    )
    alone, whole = urlencode(sent).encode(), urlencode([*sent, ("query", query)]).encode()
    assert parse_request("GET", whole, None, b"") == expected
    assert parse_request("POST", b"", FORM, whole) == expected
    assert parse_request("POST", alone, FORM, urlencode({"query": query}).encode()) == expected
    assert parse_request("QUERY", alone, QUERY, query.encode()) == expected


@given(
    st.sampled_from(["GET", "HEAD", "POST", "QUERY"]), st.binary(max_size=40), TYPES,
    st.binary(max_size=40),
)  # fmt: skip
def test_no_bytes_break_the_reader(method, query_string, content_type, body):
    """What cannot be read is a fault of the request and never of the server."""
    try:
        asked = parse_request(method, query_string, content_type, body)
    except (RequestFaultError, UpdateForbiddenError):
        return
    assert isinstance(asked.query, str)


@given(st.binary(max_size=40), st.one_of(TYPES, st.text(max_size=30)), st.binary(max_size=40))
def test_no_bytes_break_the_reader_of_updates(query_string, content_type, body):
    """The same of updates, with any Content-Type."""
    try:
        asked = parse_update(query_string, content_type, body)
    except RequestFaultError:
        return
    assert isinstance(asked.update, str)


def test_a_mark_before_the_text_is_passed_over():
    """Some editors put one at the beginning of a file in UTF-8."""
    assert parse_request("POST", b"", QUERY, "\ufeffASK {}".encode()).query == "ASK {}"
    assert parse_update(b"", UPDATE, "\ufeffCLEAR ALL".encode()).update == "CLEAR ALL"


@pytest.mark.parametrize(
    ("query_string", "content_type", "body", "words"),
    [
        (b"query=ASK{}&query=ASK{}", None, b"", "2 times"),
        (b"query=ASK{}", QUERY, b"ASK {}", "2 times"),
        (b"query=ASK{}", FORM, b"query=ASK{}", "2 times"),
        (b"query=%ff", None, b"", "UTF-8"),
        (b"query=\xff", None, b"", "byte 7"),
        (b"", QUERY, NOT_UTF8, "UTF-8"),
        (b"", FORM, NOT_UTF8, "UTF-8"),
        (b"query=ASK{}&default-graph-uri=nowhere", None, b"", "absolute IRI"),
        (b"query=ASK{}&default-graph-uri=", None, b"", "absolute IRI"),
        (b"query=ASK{}&named-graph-uri=urn:a%20b", None, b"", "absolute IRI"),
        (b"query=ASK{}&using-graph-uri=urn:a", None, b"", "default-graph-uri"),
        (b"query=ASK{}&update=DROP+ALL", None, b"", "query and an update"),
        (b"update=DROP+ALL", QUERY, b"ASK {}", "query and an update"),
        (b"version=1.2&version=1.2", QUERY, b"ASK {}", "2 times"),
        (b"version=1.2", f"{QUERY};version=1.1", b"ASK {}", "name one version"),
        (b"version=3", QUERY, b"ASK {}", "1.1, 1.2-basic, 1.2"),
        (b"", f"{QUERY};version=3", b"ASK {}", "1.1, 1.2-basic, 1.2"),
        (b"&".join([b"a=1"] * 1_001), None, b"", "fields"),
    ],
)
def test_malformed_requests_say_what_is_wrong(query_string, content_type, body, words):
    """Each is answered with 400 and names its trouble."""
    with pytest.raises(MalformedRequestError, match=words) as caught:
        parse_request("POST" if content_type else "GET", query_string, content_type, body)
    assert caught.value.status == 400


def test_a_get_request_has_no_body():
    """What stands there would be passed over, and some proxies drop it."""
    with pytest.raises(MalformedRequestError, match="no body"):
        parse_request("GET", b"query=ASK{}", QUERY, b"ASK {}")


@pytest.mark.parametrize("method", ["POST", "QUERY"])
@pytest.mark.parametrize(
    ("content_type", "words"),
    [
        (None, "no Content-Type"),
        (" ", "no Content-Type"),
        ("text/plain", "'text/plain' is not taken"),
        ("application/sparql-query, text/plain", "is not taken"),
        (f"{QUERY}; charset=utf-16", "charset 'utf-16'"),
        (f"{FORM}; charset=latin-1", "charset 'latin-1'"),
        (f"{QUERY}; charset=nonsense", "charset 'nonsense'"),
    ],
)
def test_bodies_of_other_kinds_are_refused_with_the_list(method, content_type, words):
    """Each is answered with 415, even where the bytes would do."""
    with pytest.raises(UnsupportedMediaTypeError, match=words) as caught:
        parse_request(method, b"", content_type, b"ASK {}")
    assert (caught.value.status, caught.value.accepted) == (415, (FORM, QUERY))


@pytest.mark.parametrize("text", ["2.5", "0.001", ".5", "30", "3.", " 7 "])
def test_a_time_limit_is_a_number_of_seconds(text):
    """With or without a fraction."""
    pairs = urlencode({"query": "ASK {}", "timeout": text}).encode()
    assert parse_request("GET", pairs, None, b"").timeout_s == float(text)


@pytest.mark.parametrize(
    "text", ["0", "0.0", "-1", "+1", "1e3", "inf", "nan", "1,5", "soon", "٣", "1" * 400, "1\n2"]
)
def test_what_is_no_time_limit_is_refused(text):
    """Nothing is guessed, because a client that sets a limit relies on it."""
    pairs = urlencode({"query": "ASK {}", "timeout": text}).encode()
    with pytest.raises(MalformedRequestError, match="timeout"):
        parse_request("GET", pairs, None, b"")


def test_empty_fields_of_a_form_say_nothing():
    """A form in a browser sends those that were left out, too."""
    asked = parse_request("GET", b"query=ASK{}&timeout=&version=&format=", None, b"")
    assert asked == ProtocolRequest("ASK{}")


def test_the_version_stands_in_a_parameter_or_in_the_media_type():
    """SPARQL 1.2 Protocol, section 2.1."""
    assert parse_request("GET", b"version=1.2-basic", None, b"").rdf_version == "1.2-basic"
    assert parse_request("POST", b"", f"{QUERY};version=1.2", b"ASK {}").rdf_version == "1.2"
    both = parse_request("POST", b"version=1.2", f"{QUERY};version=1.2", b"ASK {}")
    assert both.rdf_version == "1.2"
    assert parse_update(b"", f"{UPDATE};version=1.2", b"").rdf_version == "1.2"


@pytest.mark.parametrize(
    ("method", "query_string", "content_type", "body"),
    [
        ("GET", b"update=DROP+ALL", None, b""),
        ("HEAD", b"update=DROP+ALL", None, b""),
        ("POST", b"", FORM, b"update=DROP+ALL"),
        ("POST", b"", UPDATE, b"DROP ALL"),
        ("QUERY", b"", UPDATE, b"DROP ALL"),
    ],
)
def test_the_address_of_queries_takes_no_updates(method, query_string, content_type, body):
    """In none of their forms, and says where they go."""
    with pytest.raises(UpdateForbiddenError, match="/update"):
        parse_request(method, query_string, content_type, body)


@given(TEXTS, GRAPHS, GRAPHS)
def test_every_update_comes_through_both_of_its_forms(update, using, named):
    """A form and a direct body mean the same; the graphs may stand in the URL."""
    graphs = [("using-graph-uri", iri) for iri in using]
    graphs += [("using-named-graph-uri", iri) for iri in named]
    expected = UpdateRequest(update, tuple(using), tuple(named))
    encoded = urlencode(graphs).encode()
    text = urlencode({"update": update}).encode()
    assert parse_update(encoded, UPDATE, update.encode()) == expected
    assert parse_update(encoded, f"{FORM};charset=utf-8", text) == expected
    assert parse_update(b"", FORM, encoded + b"&" + text) == expected


def test_an_empty_update_is_an_update():
    """The grammar has it; it changes nothing."""
    assert parse_update(b"", FORM, b"update=").update == ""
    assert parse_update(b"", UPDATE, b"").update == ""


def test_who_may_see_new_graphs_can_be_said():
    """By a parameter of the request, once."""
    assert parse_update(b"visibility=north", UPDATE, b"").visibility == "north"
    with pytest.raises(MalformedRequestError, match="2 times"):
        parse_update(b"visibility=north&visibility=south", UPDATE, b"")


@pytest.mark.parametrize(
    ("query_string", "content_type", "body", "words"),
    [
        (b"", FORM, b"", "'update' is missing"),
        (b"update=CLEAR+ALL", FORM, b"", "in the body"),
        (b"update=CLEAR+ALL", UPDATE, b"CLEAR ALL", "in the body"),
        (b"", FORM, b"update=CLEAR+NAMED&update=CLEAR+DEFAULT", "2 times"),
        (b"", FORM, b"update=CLEAR+ALL&query=ASK{}", "/sparql"),
        (b"query=ASK{}", UPDATE, b"CLEAR ALL", "/sparql"),
        (b"", FORM, b"query=ASK{}", "/sparql"),
        (b"default-graph-uri=urn:a", UPDATE, b"CLEAR ALL", "using-graph-uri"),
        (b"using-graph-uri=a", UPDATE, b"CLEAR ALL", "absolute IRI"),
        (b"version=1.1&version=1.2", UPDATE, b"CLEAR ALL", "2 times"),
        (b"", UPDATE, NOT_UTF8, "UTF-8"),
    ],
)
def test_malformed_updates_say_what_is_wrong(query_string, content_type, body, words):
    """Each is answered with 400 and names its trouble."""
    with pytest.raises(MalformedRequestError, match=words):
        parse_update(query_string, content_type, body)


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", QUERY, f"{UPDATE}; charset=UTF-16"]
)
def test_updates_of_other_kinds_are_refused_with_the_list(content_type):
    """Each is answered with 415."""
    with pytest.raises(UnsupportedMediaTypeError) as caught:
        parse_update(b"", content_type, b"CLEAR NAMED")
    assert caught.value.accepted == (FORM, UPDATE)
