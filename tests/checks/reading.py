"""Read what servers send, by readers that are not theirs where that is possible."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import pyoxigraph as ox

from checks.exchange import Reply
from checks.model import EX

#: Media types of solutions by short name.
SOLUTIONS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
#: Media types of graphs and what reads them.
GRAPHS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
_NAMESPACE = "{http://www.w3.org/2005/sparql-results#}"
_STRING = "http://www.w3.org/2001/XMLSchema#string"

#: A term: its kind, its text, and its language tag in lower case or its datatype.
Term = tuple[str, str, str]
Row = dict[str, Term]


def solutions(reply: Reply) -> list[Row]:
    """Return the rows of an answer in JSON, XML or TSV."""
    if reply.media_type == SOLUTIONS["json"]:
        return _from_json(reply.body)
    if reply.media_type == SOLUTIONS["xml"]:
        return _from_xml(reply.body)
    if reply.media_type == SOLUTIONS["tsv"]:
        return _from_tsv(reply.text)
    raise AssertionError(f"no reader for {reply}")


def csv_rows(reply: Reply) -> list[list[str]]:
    """Return the cells of an answer in CSV, the header among them."""
    return list(csv.reader(io.StringIO(reply.text, newline="")))


def graph(reply: Reply) -> set[ox.Triple]:
    """Return the triples of an answer."""
    assert reply.media_type in GRAPHS, f"no RDF: {reply}"
    quads = ox.parse(reply.body, format=GRAPHS[reply.media_type], base_iri=EX)
    return {quad.triple for quad in quads}


def same_graph(left: set[ox.Triple], right: set[ox.Triple]) -> bool:
    """Say whether two graphs are the same but for the labels of their blank nodes."""
    found = []
    for triples in (left, right):
        dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
        found.append(dataset)
    return bool(found[0] == found[1])


def turtle(text: str) -> set[ox.Triple]:
    """Return the triples of a Turtle document."""
    return {quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=EX)}


def _from_json(body: bytes) -> list[Row]:
    """Read the JSON format."""
    document = json.loads(body)
    assert isinstance(document["head"]["vars"], list), "head.vars is no list"
    return [
        {
            name: _term(term["type"], term["value"], term.get("xml:lang"), term.get("datatype"))
            for name, term in row.items()
        }
        for row in document["results"]["bindings"]
    ]


def _from_xml(body: bytes) -> list[Row]:
    """Read the XML format."""
    root = ElementTree.fromstring(body)  # noqa: S314 - from a server that the caller started
    rows = []
    for result in root.iter(f"{_NAMESPACE}result"):
        row: Row = {}
        for binding in result.iter(f"{_NAMESPACE}binding"):
            (term,) = binding
            language = term.get("{http://www.w3.org/XML/1998/namespace}lang")
            kind = term.tag.removeprefix(_NAMESPACE)
            row[binding.attrib["name"]] = _term(
                kind, term.text or "", language, term.get("datatype")
            )
        rows.append(row)
    return rows


def _from_tsv(text: str) -> list[Row]:
    """Read the TSV format: a header of variables, then terms as in Turtle."""
    header, *lines = text.removesuffix("\n").split("\n")
    names = header.rstrip("\r").split("\t")
    assert all(name.startswith("?") for name in names), f"no variables in {header!r}"
    rows = []
    for line in lines:
        row: Row = {}
        for name, cell in zip(names, line.rstrip("\r").split("\t"), strict=True):
            if cell:
                row[name[1:]] = _from_turtle(cell)
        rows.append(row)
    return rows


def _from_turtle(cell: str) -> Term:
    """Return the term that a cell of TSV holds."""
    (quad,) = ox.parse(f"<urn:s> <urn:p> {cell} .", format=ox.RdfFormat.TURTLE)
    term = quad.object
    if isinstance(term, ox.Literal):
        return _term("literal", term.value, term.language, term.datatype.value)
    if isinstance(term, ox.NamedNode):
        return _term("uri", term.value, None, None)
    assert isinstance(term, ox.BlankNode), f"an unknown term {cell!r}"
    return _term("bnode", term.value, None, None)


def _term(kind: str, value: str, language: str | None, datatype: str | None) -> Term:
    """Return a term in one form for all formats; blank nodes lose their label."""
    if kind == "bnode":
        return ("bnode", "", "")
    if kind == "uri":
        return ("uri", value, "")
    assert kind in ("literal", "typed-literal"), f"an unknown kind of term: {kind}"
    if language:
        return ("literal", value, f"@{language.lower()}")
    return ("literal", value, datatype or _STRING)
