"""The same questions to a store on disk and to endpoints that serve its triples."""

from __future__ import annotations

import io
from collections import Counter
from functools import cache

import pyoxigraph as ox
import pytest
from remote import places

import kmgraph
from kmgraph import errors
from kmgraph.formats import JSONLD, NQUADS, TRIG, TURTLE, to_rdf_format
from kmgraph.namespaces import graph_iri
from kmgraph.questions import load_catalogue
from kmgraph.results import Boolean, Solutions, Triples

STUDY = "https://w3id.org/kmgraph/id/study/ndl-MH1"
PREFIXES = """PREFIX km: <https://w3id.org/kmgraph/ontology#>
PREFIX dcterms: <http://purl.org/dc/terms/>
"""
STUDIES = PREFIXES + "SELECT ?study ?id { ?study a km:Study ; dcterms:identifier ?id } ORDER BY ?id"
#: What rdflib-endpoint 0.6.3 does not do: a DESCRIBE is sent as a result of a SELECT, the dataset
#: of the protocol is not looked at, and large questions take minutes.
QUICK = ("kmgraph", "oxigraph")


@pytest.fixture(scope="module", params=places.KINDS)
def dataset(request, endpoint):
    """Return the example behind an endpoint."""
    with kmgraph.connect(endpoint(request.param)) as found:
        yield found


@pytest.fixture(params=QUICK)
def quick(request, endpoint):
    """Return the example at endpoints that answer quickly and follow the protocol."""
    with kmgraph.connect(endpoint(request.param)) as found:
        yield found


@pytest.fixture(scope="module")
def frames(local):
    """Return the frames that the store on disk gives."""
    pytest.importorskip("pandas")
    return (
        local.to_dataframe("themes"),
        local.to_dataframe(STUDIES),
        local.ratings(),
        local.summaries(),
        local.diagnoses(),
    )


@pytest.fixture(scope="module")
def ask(local):
    """Return what asks the store on disk a saved question, each once."""
    return cache(lambda question: local.ask(question, examples(question)))


def examples(question):
    """Return the examples of the parameters of a saved question."""
    return {
        parameter.name: parameter.example for parameter in load_catalogue()[question].parameters
    }


def rows(found):
    """Return solutions without their order."""
    assert isinstance(found, Solutions)
    return Counter(frozenset(zip(found.variables, row, strict=True)) for row in found)


def test_size_base_and_graphs(dataset, local):
    assert (len(local), local.base) == (len(dataset), dataset.base)
    assert local.store.graph_names() == dataset.store.graph_names()
    for name in local.store.graph_names():
        assert local.store.count(name) == dataset.store.count(name)


@pytest.mark.parametrize(
    "query",
    [
        STUDIES,
        f"SELECT * {{ <{STUDY}> ?p ?o OPTIONAL {{ ?o a ?type }} }}",
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
        PREFIXES + "SELECT ?x ?none { ?x a km:Theme OPTIONAL { ?x km:none ?none } }",
        "SELECT ?a { VALUES ?a { 'é\\n\"' 'x'@en 1 1.5 true <urn:a> } }",
        "SELECT ?a { ?a <urn:none> ?b }",
    ],
)
def test_select(dataset, local, query):
    assert rows(local.query(query)) == rows(dataset.query(query))


def test_ask_and_construct(dataset, local):
    for text, expected in ((f"ASK {{ <{STUDY}> ?p ?o }}", True), ("ASK { <urn:x> ?p 1 }", False)):
        found = dataset.query(text)
        assert isinstance(found, Boolean)
        assert expected == bool(found)
    query = f"CONSTRUCT {{ ?o <urn:of> <{STUDY}> }} WHERE {{ <{STUDY}> ?p ?o FILTER isIRI(?o) }}"
    found = dataset.query(query)
    assert isinstance(found, Triples)
    assert set(local.query(query)) == set(found)


def test_describe(quick, local):
    assert set(local.query(f"DESCRIBE <{STUDY}>")) == set(quick.query(f"DESCRIBE <{STUDY}>"))


def test_bindings_are_terms(dataset, local):
    for name in ("MH1", "none", '" } ?x { \\'):
        bindings = {"id": ox.Literal(name)}
        expected = rows(local.query(STUDIES, bindings=bindings))
        assert expected == rows(dataset.query(STUDIES, bindings=bindings))
    with pytest.raises(errors.ParameterError):
        dataset.query(STUDIES, bindings={"other": ox.Literal("x")})
    # What is no term is no part of the query either.
    for text in ('"SR2"', '"SR2" "MH1"', "UNDEF", 5, None):
        with pytest.raises(errors.TermError):
            local.query(STUDIES, bindings={"id": text})
        with pytest.raises(errors.TermError):
            dataset.query(STUDIES, bindings={"id": text})


def test_graphs_of_the_protocol(quick, local):
    name = graph_iri(local.base, "clahrc-ndl")
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    names = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    for text, options in ((count, {"default_graphs": [name]}), (names, {"named_graphs": [name]})):
        expected = rows(local.store.query(text, **options))
        assert expected == rows(quick.store.query(text, **options))
    with pytest.raises(errors.TermError):
        list(quick.store.query(count, default_graphs=["not an IRI"]))


def test_relative_iris(dataset):
    query = "ASK { <study/ndl-MH1> ?p ?o }"
    assert dataset.store.query(query, base_iri=dataset.base)


@pytest.mark.parametrize("text", ["SELECT * {", "SELECT * { ?s ?p ?o } }", "nonsense", ""])
def test_what_is_no_query(dataset, text):
    with pytest.raises(errors.QueryError):
        dataset.query(text)


def test_changes_are_no_queries(dataset):
    with pytest.raises(errors.UpdateForbiddenError):
        dataset.query("INSERT DATA { <urn:a> <urn:b> <urn:c> }")


def test_patterns(dataset, local):
    study, label = ox.NamedNode(STUDY), ox.NamedNode("http://purl.org/dc/terms/title")
    graph = ox.NamedNode(graph_iri(local.base, "clahrc-ndl"))
    (title,) = local.store.quads(study, label, None, graph)
    for pattern in (
        (study, None, None, None),
        (study, label, None, ox.DefaultGraph()),
        (None, label, title.object, graph),
        (study, label, title.object, graph),
        (study, label, title.object, ox.DefaultGraph()),
        (study, label, title.object, None),
        (None, None, study, None),
        (study, label, study, graph),
    ):
        expected = set(local.store.quads(*pattern))
        assert expected == set(dataset.store.quads(*pattern))


def test_patterns_are_of_terms(dataset):
    title = "<http://purl.org/dc/terms/title>"
    for pattern in (
        (f"?s {title} ?any . ?x",),
        (None, title),
        (None, None, '"a" ; ?p ?q'),
        (None, None, None, "urn:g> { ?s ?p ?o } GRAPH <urn:g"),
    ):
        with pytest.raises(errors.TermError):
            list(dataset.store.quads(*pattern))
    with pytest.raises(errors.ParameterError):
        list(dataset.store.quads(ox.BlankNode("a")))


RDF_1_2 = [
    "SELECT ?t { VALUES ?t { <<( <urn:a> <urn:b> 1 )>> 'x'@en--ltr } }",
    "SELECT ?t { BIND (TRIPLE(<urn:a>, <urn:b>, 'x'@ar--rtl) AS ?t) }",
    "CONSTRUCT { <urn:a> <urn:says> ?t } { VALUES ?t { <<( <urn:a> <urn:b> 1 )>> 'x'@en--ltr } }",
]


@pytest.mark.parametrize("query", RDF_1_2)
def test_terms_of_rdf_1_2(quick, local, query):
    expected, found = local.query(query), quick.query(query)
    assert type(expected) is type(found)
    assert set(expected) == set(found)


def test_dumps(quick, local):
    expected, found = io.BytesIO(), io.BytesIO()
    local.store.dump(expected, NQUADS)
    quick.store.dump(found, NQUADS)
    assert sorted(expected.getvalue().splitlines()) == sorted(found.getvalue().splitlines())
    name = graph_iri(local.base, "clahrc-ndl/derived")
    expected = set(local.store.quads(graph_name=ox.NamedNode(name)))
    for fmt in (TURTLE, TRIG, JSONLD):
        found = io.BytesIO()
        quick.store.dump(found, fmt, graph_name=name)
        read = ox.parse(found.getvalue(), to_rdf_format(fmt))
        assert {quad.triple for quad in expected} == {quad.triple for quad in read}
    with pytest.raises(errors.GraphNotFoundError):
        quick.store.dump(io.BytesIO(), NQUADS, graph_name="urn:none")


def test_records_and_entities(dataset, local):
    assert [study.iri for study in local.studies()] == [study.iri for study in dataset.studies()]
    for name in ("study/ndl-MH1", STUDY):
        assert local.entity(name).statements == dataset.entity(name).statements
    found = dataset.entity("study/ndl-MH1")
    assert local.entity(STUDY).label == found.label
    assert [theme.label for theme in local.entity(STUDY).linked("km:theme")] == [
        theme.label for theme in found.linked("km:theme")
    ]
    with pytest.raises(errors.RecordNotFoundError):
        _ = dataset.entity("study/none").statements
    with pytest.raises(errors.InputError):
        list(dataset.records("none"))


def test_what_the_datasets_say_of_themselves(dataset, local):
    assert local.datasets() == dataset.datasets()
    assert local.counts() == dataset.counts()
    assert local.labels() == dataset.labels()


@pytest.mark.parametrize(
    ("kind", "question"),
    [("kmgraph", "cq-020"), ("kmgraph", "cq-031"), ("kmgraph", "cq-106"), ("oxigraph", "cq-106")],
)
def test_saved_questions(endpoint, ask, kind, question):
    with kmgraph.connect(endpoint(kind)) as dataset:
        expected, found = ask(question), dataset.ask(question, examples(question))
    assert Counter(expected.terms) == Counter(found.terms)
    assert (expected.passages, expected.note) == (found.passages, found.note)
    assert (expected.base, expected.is_synthetic) == (found.base, found.is_synthetic)


def test_wrong_parameters(dataset):
    with pytest.raises(errors.ParameterError):
        dataset.ask("20", thin="many")
    with pytest.raises(errors.QuestionNotFoundError):
        dataset.ask("999")


def test_frames(quick, frames):
    themes, studies, ratings, summaries, diagnoses = frames
    assert themes.equals(quick.to_dataframe("themes"))
    assert studies.equals(quick.to_dataframe(STUDIES))
    assert ratings.equals(quick.ratings())
    assert summaries.equals(quick.summaries())
    assert diagnoses.equals(quick.diagnoses())
    with pytest.raises(errors.InputError):
        quick.to_dataframe("ASK {}")


def test_cases_and_explanations(quick, local):
    assert list(local.cases) == list(quick.cases)
    assert str(local.explain("study/ndl-MH1")) == str(quick.explain("study/ndl-MH1"))


@pytest.mark.parametrize("fmt", ["json", "csv", "xml", "tsv"])
def test_results_can_be_written(dataset, local, fmt):
    assert local.query(STUDIES).serialize(fmt) == dataset.query(STUDIES).serialize(fmt)
    assert local.query(STUDIES).to_table() == dataset.query(STUDIES).to_table()


def test_pages(dataset, local):
    assert list(local.query(STUDIES)) == list(dataset.query(STUDIES, page_rows=5))
    with pytest.raises(errors.QueryError):
        dataset.query("ASK {}", page_rows=5)
    with pytest.raises(errors.ParameterError):
        dataset.query(STUDIES, page_rows=0)
