"""Answers come through every format whole."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.compare import isomorphic
from rdflib.query import Result

from kmgraph.errors import InputError, TermError
from kmgraph.namespaces import KM, XSD
from kmgraph.results import Boolean, Solutions, Triples

A, P = ox.NamedNode("https://example.org/a"), ox.NamedNode(KM + "about")
TEXTS = ["plain", "two\nlines\r\n and\ttab", ' "quoted", \\ & <b>é漢😀</b>]]> ', "", " x "]


def typed(text: str, name: str) -> ox.Literal:
    """Return a literal of an XSD datatype."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + name))


TERMS = [
    A,
    *map(ox.Literal, TEXTS),
    ox.Literal("réseau", language="fr"),
    # In their canonical forms: the engine keeps the value of a number and not how it is written.
    typed("2.5", "decimal"),
    typed("7", "integer"),
    typed("2009", "gYear"),
    typed("true", "boolean"),
]


def triples() -> list[ox.Triple]:
    """Return a triple for each term."""
    return [ox.Triple(A, P, term) for term in TERMS]


def native() -> Solutions:
    """Return the terms as solutions of the engine, with one variable unbound."""
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples())
    return Solutions.from_native(store.query("SELECT ?o ?none { ?s ?p ?o }"))


def held() -> Solutions:
    """Return the same as rows held in Python."""
    return Solutions(("o", "none"), [(term, None) for term in TERMS])


@pytest.fixture(autouse=True)
def lexical_forms():
    """Let rdflib keep lexical forms as they are written."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    yield
    rdflib.NORMALIZE_LITERALS = before


@pytest.mark.parametrize("make", [native, held])
@pytest.mark.parametrize("name", ["json", "xml", "tsv"])
def test_solutions_read_back_as_they_were(make, name):
    written = make().serialize(name)
    formats = {"json": ox.QueryResultsFormat.JSON, "xml": ox.QueryResultsFormat.XML}
    fmt = formats.get(name, ox.QueryResultsFormat.TSV)
    read = list(ox.parse_query_results(written, fmt))
    assert set(TERMS) == {row["o"] for row in read}
    assert {None} == {row["none"] for row in read}
    if name != "tsv":
        rows = Result.parse(io.BytesIO(written), format=name)
        assert {t.value for t in TERMS} == {str(row["o"]) for row in rows}


def test_csv_is_as_its_specification_says():
    rows = [(ox.Literal('a,"b"\nc'), A, None), (typed("2.50", "decimal"), A, ox.Literal("é"))]
    expected = 'x,y,z\r\n"a,""b""\nc",https://example.org/a,\r\n2.50,https://example.org/a,é\r\n'
    assert expected.encode() == Solutions(("x", "y", "z"), rows).serialize("csv")


def test_tsv_has_terms_as_in_turtle():
    written = native().serialize("tsv").decode()
    assert "?o\t?none\n" == written[:9]
    assert '"réseau"@fr\t' in written
    assert "<https://example.org/a>\t" in written


@pytest.mark.parametrize("name", ["json", "xml"])
@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_reads_back(name, value):
    written = Boolean(value).serialize(name)
    assert value == Result.parse(io.BytesIO(written), format=name).askAnswer


@pytest.mark.parametrize(
    ("name", "theirs"),
    [("ttl", "turtle"), ("nt", "nt"), ("rdf", "xml"), ("jsonld", "json-ld"), ("trig", "trig")],
)
def test_a_graph_reads_back_in_rdflib_and_pyoxigraph(name, theirs):
    written = Triples(triples()).serialize(name)
    expected = rdflib.Graph().parse(
        data=ox.serialize(triples(), format=ox.RdfFormat.N_TRIPLES), format="nt"
    )
    graph = rdflib.Dataset() if theirs in {"json-ld", "trig"} else rdflib.Graph()
    graph.parse(data=written, format=theirs)
    flat = rdflib.Graph()
    for quad in graph:
        flat.add(quad[:3])
    assert isomorphic(expected, flat)
    fmt = ox.RdfFormat.from_extension(name)
    assert set(triples()) == {quad.triple for quad in ox.parse(written, fmt)}


def test_turtle_declares_the_prefixes_it_uses_and_groups_by_subject():
    other = ox.NamedNode("https://example.org/b")
    mixed = [ox.Triple(A, P, A), ox.Triple(other, P, A), ox.Triple(A, P, other)]
    text = Triples(mixed).serialize("ttl").decode()
    assert text.startswith(f"@prefix km: <{KM}> .\n<https://example.org/a> km:about ")
    assert 1 == text.count("@prefix")
    assert 1 == text.count("<https://example.org/b> km:about")


def test_a_constructed_graph_is_a_set():
    assert 1 == len(Triples([ox.Triple(A, P, A)] * 3).serialize("nt").splitlines())


def test_what_xml_cannot_hold_is_refused_and_not_mangled():
    bell = ox.Literal("\x07")
    with pytest.raises(TermError, match=r"U\+0007"):
        Solutions(("o",), [(bell,)]).serialize("xml")
    with pytest.raises(TermError, match=r"U\+0007"):
        Triples([ox.Triple(A, P, bell)]).serialize("rdf")
    with pytest.raises(TermError, match="property"):
        Triples([ox.Triple(A, ox.NamedNode("https://example.org/1"), A)]).serialize("rdf")
    assert b"\\u0007" in Solutions(("o",), [(bell,)]).serialize("json")


def test_a_format_of_another_kind_is_refused():
    with pytest.raises(InputError, match="json, xml"):
        Boolean(True).serialize("csv")
    with pytest.raises(InputError, match="csv"):
        held().serialize("ttl")


def test_python_values():
    values = [row["o"] for row in held().to_dicts()]
    assert [A.value, *TEXTS, "réseau", Decimal("2.5"), 7, 2009, True] == values


def test_a_table_has_prefixed_names_and_one_line_a_row():
    rows = [(P, ox.Literal("two\nlines")), (A, None)]
    table = Solutions(("what", "note"), rows).to_table()
    assert [
        "what                   note",
        "---------------------  ---------",
        "km:about               two lines",
        "https://example.org/a",
    ] == table.splitlines()


def test_a_dataframe_has_typed_columns():
    pandas = pytest.importorskip("pandas")
    rows = [
        (typed("1", "integer"), typed("0.5", "decimal"), typed("2010-02-01", "date"), A),
        (None, typed("1", "integer"), None, ox.Literal("x")),
    ]
    frame = Solutions(("n", "x", "when", "any"), rows).to_dataframe()
    assert ["Int64", "float64"] == [str(t) for t in frame.dtypes[:2]]
    assert dt.date(2010, 2, 1) == frame["when"][0].date()
    assert pandas.isna(frame["n"][1])
    assert ["https://example.org/a", "x"] == list(frame["any"])
