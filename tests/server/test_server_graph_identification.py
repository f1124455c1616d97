"""Which graph a request of the Graph Store Protocol names, and what RDF it brings."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph.formats import formats_of
from kmgraph_server.errors import (
    MalformedRequestError,
    RequestFaultError,
    UnsupportedMediaTypeError,
)
from kmgraph_server.graph_identification import GraphRequest, identify_graph, new_graph_iri
from kmgraph_server.rdf_bodies import ACCEPTED, RDF_TYPES, RdfPart, rdf_format, rdf_parts

ADDRESS = "https://example.org/m/graph-store"
BASE = "https://example.org/id/"
FORM = "multipart/form-data; boundary=cut"
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
TURTLE, NTRIPLES = (fmt for fmt in formats_of("graph") if fmt.name in ("turtle", "ntriples"))


def identified(query_string=b"", tail="", **more):
    """Return what a request names."""
    return identify_graph(query_string, address=ADDRESS, tail=tail, base=BASE, **more)


@pytest.mark.parametrize("iri", ["urn:a", "http://example.org/é?x=1&y=2#z", f"{BASE}graph/a"])
def test_a_graph_is_named_by_its_iri(iri):
    """Encoded as a parameter."""
    named = identified(urlencode({"graph": iri}).encode())
    assert named == GraphRequest(iri)
    assert named.among(lambda _: True) == iri


@pytest.mark.parametrize("query_string", [b"default", b"default=", b"format=ttl&default"])
def test_the_default_graph_is_named_by_a_word(query_string):
    """With or without an equals sign."""
    assert identified(query_string).is_default
    assert identified(query_string).among(lambda _: True) is None


def test_an_address_is_the_iri_of_a_graph():
    """Direct identification, in the form in which the address was sent."""
    named = identified(tail="person/1%C3%A9.ttl")
    assert named.iri == f"{ADDRESS}/person/1%C3%A9.ttl"
    assert not named.is_default
    assert named.among(lambda _: False) == named.iri


def test_an_address_means_one_graph_in_both_ways_of_naming():
    """By path and as the value of a parameter."""
    direct = identified(tail="clahrc-ndl")
    assert direct == identified(urlencode({"graph": f"{ADDRESS}/clahrc-ndl"}).encode())
    assert direct.among({f"{BASE}graph/clahrc-ndl"}.__contains__) == f"{BASE}graph/clahrc-ndl"
    assert direct.among(set().__contains__) == f"{ADDRESS}/clahrc-ndl"


def test_post_to_the_store_itself_makes_a_graph():
    """It is given an IRI that is its address."""
    named = identified(may_create=True)
    assert named.is_new
    assert not named.is_default
    made = new_graph_iri(ADDRESS, "7d")
    assert identified(tail="7d").iri == made
    assert not identified(b"default", may_create=True).is_new


@pytest.mark.parametrize(
    ("query_string", "tail", "words"),
    [
        (b"", "", "no graph is named"),
        (b"format=ttl", "", "no graph is named"),
        (b"graph=urn:a&default", "", "more than one"),
        (b"graph=urn:a&graph=urn:a", "", "more than one"),
        (b"default&default", "", "more than one"),
        (b"graph=urn:a", "a", "more than one"),
        (b"default", "a", "more than one"),
        (b"graph=", "", "absolute IRI"),
        (b"graph=a/b", "", "absolute IRI"),
        (b"graph=//example.org/a", "", "absolute IRI"),
        (b"graph=/graph-store/a", "", "absolute IRI"),
        (b"graph=urn:a%20b", "", "absolute IRI"),
        (b"graph=%ff", "", "UTF-8"),
        (b"", "a<b>", "no IRI"),
        (b"graph=urn:a&query=ASK{}", "", "SPARQL protocol"),
        (b"graph=urn:a&visibility=a&visibility=b", "", "2 times"),
    ],
)
def test_what_names_no_graph_is_refused(query_string, tail, words):
    """Each is answered with 400 and names its trouble."""
    with pytest.raises(MalformedRequestError, match=words):
        identified(query_string, tail)


@given(st.binary(max_size=40), ANY_TEXT, st.booleans())
def test_no_request_breaks_the_reader(query_string, tail, may_create):
    """What cannot be read is a fault of the request and never of the server."""
    try:
        named = identified(query_string, tail, may_create=may_create)
    except RequestFaultError:
        return
    assert named.is_default + named.is_new + (named.iri is not None) == 1


@given(ANY_TEXT.filter(bool))
def test_every_name_has_an_address(name):
    """A name of any characters, encoded, leads to the graph of that name and to no other."""
    named = identified(tail=quote(name, safe=""))
    assert named.own_iri == f"{BASE}graph/{quote(name, safe='-._~/')}"


@pytest.mark.parametrize("fmt", formats_of("graph"), ids=lambda fmt: fmt.name)
def test_rdf_is_known_by_its_media_type(fmt):
    """Whatever its case and parameters, so long as it is UTF-8."""
    assert rdf_format(fmt.media_type) is fmt
    assert rdf_format(f'{fmt.media_type.upper()} ; charset="utf-8"; version=1.1') is fmt
    assert rdf_parts(fmt.media_type, b"x") == [RdfPart(fmt, b"x")]


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "text/csv", "text/turtle; charset=latin-1", "a;b;c"]
)
def test_other_media_types_are_refused_with_the_list(content_type):
    """Each is answered with 415."""
    for read, accepted in ((rdf_format, RDF_TYPES), (lambda t: rdf_parts(t, b""), ACCEPTED)):
        with pytest.raises(UnsupportedMediaTypeError) as caught:
            read(content_type)
        assert caught.value.accepted == accepted


def form(*parts, end=b"\r\n--cut--\r\n", line=b"\r\n"):
    """Return a form with parts, each of headers and content."""
    written = [line.join([b"--cut", *headers, b"", content]) for *headers, content in parts]
    return line.join(written) + end


def named_file(name):
    """Return the header of a file."""
    return f'Content-Disposition: form-data; name="data"; filename="{name}"'.encode()


@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
def test_a_form_brings_several_documents(line):
    """Each in a format of its own, by its media type or else by the name of its file."""
    body = form(
        (named_file("a.ttl"), b"Content-Type: text/turtle; charset=utf-8", b"# one\r\n"),
        (named_file("b.nt"), b"Content-Type: application/octet-stream", b"# two"),
        (named_file("c.ttl"), b""),
        (b'Content-Disposition: form-data; name="d"', b"content-type: text/turtle", b"# four"),
        line=line,
        end=line + b"--cut--",
    )
    assert rdf_parts(FORM, body) == [
        RdfPart(TURTLE, b"# one\r\n", "a.ttl"),
        RdfPart(NTRIPLES, b"# two", "b.nt"),
        RdfPart(TURTLE, b"", "c.ttl"),
        RdfPart(TURTLE, b"# four", "d"),
    ]


@pytest.mark.parametrize(
    ("content_type", "body", "words"),
    [
        ("multipart/form-data", b"", "boundary"),
        (FORM, b"", "cannot be read"),
        (FORM, b"--cut--", "no file"),
        (FORM, form((named_file("a.ttl"), b"x"), end=b""), "cannot be read"),
        (FORM, form((b"Content-Type: text/turtle", b"x")), "cannot be read"),
        (FORM, form(*[(named_file("a.ttl"), b"")] * 101), "more than 100"),
        (FORM, form((named_file("a.exe"), b"x")), "'a.exe'"),
        (FORM, form((named_file("a.ttl"), b"Content-Type: image/png", b"x")), "image/png"),
    ],
)
def test_forms_that_bring_no_rdf_are_refused(content_type, body, words):
    """Each says what is wrong with it."""
    with pytest.raises(RequestFaultError, match=words):
        rdf_parts(content_type, body)


CONTENT = st.binary(max_size=60).filter(lambda content: b"--cut" not in content)


@given(st.lists(CONTENT, min_size=1, max_size=4))
def test_documents_come_out_of_a_form_as_they_went_in(contents):
    """Whatever their bytes are."""
    body = form(*((named_file(f"{number}.nt"), one) for number, one in enumerate(contents)))
    assert [part.content for part in rdf_parts(FORM, body)] == contents


@given(
    st.one_of(st.none(), st.just(FORM), st.text(max_size=40)),
    st.lists(
        st.one_of(
            st.sampled_from([b"--cut", b"--", b"\r\n", b"\n", b"\r", b"Content-Disposition:"]),
            st.sampled_from([b"form-data; name=a", b"; filename=a.ttl", b"\r\n\r\n", b"--cut--"]),
            st.binary(max_size=10),
        ),
        max_size=12,
    ).map(b"".join),
)
def test_no_body_breaks_the_reader(content_type, body):
    """What cannot be read is a fault of the request and never of the server."""
    try:
        parts = rdf_parts(content_type, body)
    except RequestFaultError:
        return
    assert parts
