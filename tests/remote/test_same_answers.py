"""The same questions to a store on disk and to endpoints that serve its triples."""

from __future__ import annotations

import contextlib
import io
from collections import Counter

import pyoxigraph as ox
import pytest
from remote import places

import kmgraph
import kmgraph.remote
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
QUICK = ("local", "kmgraph", "oxigraph")


@pytest.fixture(scope="module", params=("local", *places.KINDS))
def dataset(request, folder, local):
    """Return the example, on disk or behind an endpoint."""
    with contextlib.ExitStack() as stack:
        if request.param == "local":
            yield local
            return
        if request.param == "kmgraph":
            url = stack.enter_context(places.kmgraph_server(folder, folder / "store"))
        elif request.param == "oxigraph":
            files = (folder / "named.nq", folder / "merged.nt")
            url = stack.enter_context(places.oxigraph(folder, *files))
        else:
            url = stack.enter_context(places.rdflib_endpoint(folder, folder / "named.nq"))
        found = stack.enter_context(kmgraph.connect(url))
        found.kind = request.param
        yield found


@pytest.fixture
def quick(dataset):
    """Return the example at places that answer quickly and follow the protocol."""
    if getattr(dataset, "kind", "local") not in QUICK:
        pytest.skip("rdflib-endpoint does not do this, or not in a reasonable time")
    return dataset


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


@pytest.mark.parametrize("question", ["cq-020", "cq-031", "cq-106"])
def test_saved_questions(quick, local, question):
    asked = load_catalogue()[question]
    examples = {parameter.name: parameter.example for parameter in asked.parameters}
    expected, found = local.ask(question, examples), quick.ask(question, examples)
    assert Counter(expected.terms) == Counter(found.terms)
    assert (expected.passages, expected.note) == (found.passages, found.note)
    assert (expected.base, expected.is_synthetic) == (found.base, found.is_synthetic)


def test_wrong_parameters(dataset):
    with pytest.raises(errors.ParameterError):
        dataset.ask("20", thin="many")
    with pytest.raises(errors.QuestionNotFoundError):
        dataset.ask("999")


def test_frames(quick, local):
    pytest.importorskip("pandas")
    assert local.to_dataframe("themes").equals(quick.to_dataframe("themes"))
    assert local.to_dataframe(STUDIES).equals(quick.to_dataframe(STUDIES))
    assert local.ratings().equals(quick.ratings())
    assert local.summaries().equals(quick.summaries())
    assert local.diagnoses().equals(quick.diagnoses())
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
    if not isinstance(dataset, kmgraph.remote.RemoteDataset):
        pytest.skip("a store on disk has no pages")
    assert list(local.query(STUDIES)) == list(dataset.query(STUDIES, page_rows=5))
    with pytest.raises(errors.QueryError):
        dataset.query("ASK {}", page_rows=5)
    with pytest.raises(errors.ParameterError):
        dataset.query(STUDIES, page_rows=0)
