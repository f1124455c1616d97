"""What two generations differ in: triples, records and answers."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from helpers.generations import publish
from hypothesis import given
from hypothesis import strategies as st
from rdflib import URIRef
from rdflib.plugins.sparql import prepareQuery

import kmgraph
from kmgraph.cli.root import cli
from kmgraph.errors import GenerationNotFoundError, GraphNotFoundError
from kmgraph.namespaces import DEFAULT_BASE, KM, RDF, SKOS, graph_iri
from kmgraph.questions import load_catalogue
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.stores.triple_files import write_triples
from kmgraph.versions import AnswerReport, answer_changes
from kmgraph.versions.graphs import triple_changes
from kmgraph.versions.reading import reads

POST = f"{DEFAULT_BASE}post/ndl-CYP3-df-1"
SEED, ROUNDS, ASKED = 7, 4, 12
FILL = f"""
DELETE {{ GRAPH ?g {{ <{POST}> <{KM}postStatus> ?old }} }}
INSERT {{ GRAPH ?g {{ <{POST}> <{KM}postStatus> <{KM}Filled> }} }}
WHERE {{ GRAPH ?g {{ <{POST}> <{KM}postStatus> ?old }} }}
"""
_PAIRS = st.frozensets(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=40)


def named(text: str) -> ox.NamedNode:
    """Return the node of a record, or of any IRI."""
    return ox.NamedNode(text if ":" in text else DEFAULT_BASE + text)


def triple(subject: str, predicate: str, value: str) -> ox.Triple:
    """Return a triple; a value without a colon or slash is a literal."""
    is_node = ":" in value or "/" in value
    return ox.Triple(
        named(subject), ox.NamedNode(predicate), named(value) if is_node else ox.Literal(value)
    )


@pytest.fixture
def store(tmp_path):
    """Return an empty store."""
    return GenerationStore.create(tmp_path / "store")


@pytest.fixture(scope="module")
def filled(tmp_path_factory, example_copy):
    """Return the example and a second generation of it, in which a vacant post is filled."""
    made = example_copy(tmp_path_factory.mktemp("diff") / "store")
    kmgraph.update(made, FILL, validate=False)
    return made


@given(_PAIRS, _PAIRS)
def test_triples_that_differ_are_told_once(before, after):
    """Whatever two graphs hold, and in whatever order they come."""
    stores = []
    for pairs in (before, after):
        store = MemoryStore()
        store.load_nquads(
            "".join(f"<urn:{s}> <urn:p> <urn:{o}> <urn:g> .\n" for s, o in pairs).encode()
        )
        stores.append(store)
    expected = {(True, pair) for pair in after - before} | {
        (False, pair) for pair in before - after
    }
    old, new = stores
    backwards = SimpleNamespace(
        quads=lambda *terms, **given: iter(list(new.quads(*terms, **given))[::-1])
    )
    for other in (new, backwards):
        found = [
            (one.is_added, tuple(int(t.value[4:]) for t in (one.triple.subject, one.triple.object)))
            for one in triple_changes(old, other, "urn:g")
        ]
        assert len(found) == len(set(found))
        assert set(found) == expected


def test_records_are_told_by_kind_label_and_property(store):
    """Records that came, went, changed, and moved from one graph to another."""
    label, of = f"{SKOS}prefLabel", f"{KM}theme"
    old = {
        triple("theme/t1", label, "Stroke"),
        triple("theme/t2", label, "Gone"),
        triple("study/s1", of, "theme/t2"),
        triple("urn:other", f"{RDF}type", f"{KM}Study"),
    }
    moved = triple("theme/t4", label, "Moved")
    publish(store, {"a": {*old, moved}, "b": set()})
    new = {
        triple("theme/t1", label, "Stroke"),
        triple("theme/t3", label, "New"),
        triple("study/s1", of, "theme/t3"),
        triple("urn:other", label, "Something"),
        triple("urn:other", f"{RDF}type", f"{KM}Study"),
    }
    publish(store, {"a": new, "b": {moved}})
    with kmgraph.diff(store, 1) as difference:
        found = {record.iri.removeprefix(DEFAULT_BASE): record for record in difference.records()}
        assert {name: (r.change, r.kind, r.label) for name, r in found.items()} == {
            "theme/t2": ("removed", "themes", "Gone"),
            "theme/t3": ("added", "themes", "New"),
            "theme/t4": ("changed", "themes", "Moved"),
            "study/s1": ("changed", "studies", ""),
            "urn:other": ("changed", "km:Study", "Something"),
        }
        (change,) = found["study/s1"].properties
        assert (change.removed, change.added) == ((named("theme/t2"),), (named("theme/t3"),))
        assert [one.graph for one in found["theme/t4"].properties] == ["a", "b"]
        lines = sorted(one.line for one in difference.triples("b"))
        assert lines == [f"+ {moved} <{graph_iri(store.base, 'b')}> ."]
        with pytest.raises(GraphNotFoundError):
            list(difference.triples("nowhere"))
    with kmgraph.diff(store, 2, 1) as back:
        assert {record.change for record in back.records()} == {"added", "removed", "changed"}


def test_a_view_is_compared_and_nothing_else(store):
    """Whoever may not see a graph learns nothing of its changes."""
    seen = {"a": "public", "h": "north"}
    for value in ("one", "two"):
        publish(store, {"a": set(), "h": {triple("study/s1", "urn:p", value)}}, seen)
    with (
        kmgraph.diff(store, 1, 2) as public,
        kmgraph.diff(store, 1, 2, view="public+north") as all_,
    ):
        assert list(public.triples()) == []
        assert [graph.name for graph in public.graphs] == ["a"]
        assert len(list(all_.triples())) == 2
    with pytest.raises(GenerationNotFoundError):
        kmgraph.diff(store, 1, 9)


def test_generations_stay_while_they_are_compared(store):
    """They are collected once the comparison is closed."""
    publish(store, {"a": {triple("study/s1", "urn:p", "x")}})
    publish(store, {"a": set()})
    with kmgraph.diff(store, 1, 2) as difference:
        assert store.gc(1).in_use == (1,)
        assert len(list(difference.records())) == 1
    assert store.gc(1).removed == (1,)


def test_what_was_recorded_is_told_apart_from_what_follows(filled):
    """One statement was changed by hand; the rest follows from it."""
    with kmgraph.diff(filled, 1, 2) as difference:
        parts = {graph.name: graph.part for graph in difference.graphs}
        assert parts["clahrc-ndl"] == "asserted"
        assert parts["ontology"] == "vocabulary"
        assert parts["clahrc-ndl/derived"] == parts["cube"] == "derived"
        assert [record.iri for record in difference.records()] == [POST]
        derived = {record.iri for record in difference.records("derived")}
        assert derived
        assert difference.touched().counts[graph_iri(DEFAULT_BASE, "clahrc-ndl")] == (1, 1)
        assert {graph.name for graph in difference.graphs if graph.is_same} == {
            "ontology",
            "frameworks",
            "mappings",
        }


def test_answers_that_differ_name_the_record_that_is_why(filled):
    """A vacancy that is filled changes how many posts are vacant, and nothing about themes."""
    catalogue = load_catalogue()
    chosen = [catalogue[number] for number in ("20", "31", "33", "102")]
    report = AnswerReport()
    with kmgraph.diff(filled, 1, 2) as difference:
        found = list(answer_changes(difference, questions=chosen, report=report))
    by_id = {answer.question.id: answer for answer in found if not answer.parameters}
    assert set(by_id) == {"cq-020", "cq-031"}
    (row,) = by_id["cq-020"].rows
    assert row.change == "changed"
    assert row.because_of == (POST,)
    assert {"coverage", "filledPosts", "vacantPosts"} <= set(row.columns)
    totals = by_id["cq-031"].rows
    assert len(totals) == 2
    assert all(POST in one.because_of for one in totals)
    # It cannot be asked without a record, so it is asked about the one that changed.
    assert report.asked["cq-102"] == [{"record": POST}]
    assert report.failed == {}


def test_questions_that_are_passed_over_have_the_same_answers(tmp_path, example_copy):
    """Whatever properties lose or swap values, no question that changes its answer is left out."""
    store = example_copy(tmp_path / "store")
    random_ = random.Random(SEED)
    graph = graph_iri(store.base, "clahrc-ndl")
    passed_over = 0
    for number in range(ROUNDS):
        with store.open_view(generation_id=1) as view:
            quads = list(view.quads(graph_name=ox.NamedNode(graph)))
        predicate = random_.choice(sorted({quad.predicate.value for quad in quads}))
        held = sorted((q.triple for q in quads if q.predicate.value == predicate), key=str)
        deleted = random_.sample(held, -(-len(held) // 2))
        store.rollback(1)
        with store.begin(reason="edit") as writer:
            info = next(one for one in writer.graphs if one.name == "clahrc-ndl")
            file = write_triples(deleted, tmp_path / f"{number}.nt")
            writer.change_graph(info, deleted=file)
            generation = writer.publish()
        with kmgraph.diff(store, 1, generation.id) as difference:
            touched = difference.touched()
            quiet = [
                question
                for question in load_catalogue().values()
                if not reads(question.query).bears_on(touched)
            ]
            passed_over += len(quiet)
            chosen = random_.sample(quiet, min(len(quiet), ASKED))
            differing = answer_changes(difference, questions=chosen, asks_all=True)
            assert [(predicate, answer.question.id) for answer in differing] == []
    assert passed_over > ROUNDS


@pytest.mark.parametrize(
    ("pattern", "everything", "classes"),
    [
        ("?s k:p ?o", False, set()),
        ("?s k:p ?o ; k:q ?x , ?y . ?x a k:A , k:B", False, {"urn:k#A", "urn:k#B"}),
        ("?s a ?class", False, None),
        ("?s a k:A , ?class", False, None),
        ("?s a/k:sub ?class", False, None),
        ("?s rdf:type k:A", False, None),
        ("?s k:p ?o ; ?any ?x", True, None),
        ("?s k:p [ ?any ?x ]", True, None),
        ("[] ?any ?x", True, None),
        ("[ k:p ?y ] ?any ?x", True, None),
        ("?s k:p/k:q* ?o", True, None),
        ("?s (k:p|k:q)* ?o", True, None),
        ("?s (k:p/k:q?) ?o", True, None),
        ("?s (k:p/(k:q|k:r)*)/k:t ?o", True, None),
        ("?s !k:p ?o", True, None),
        ("?s (k:r/!(k:p|k:q)) ?o", True, None),
        ("?s k:p (1 2)", True, None),
        ("GRAPH ?g { ?s k:p ?o }", True, None),
        ("?s k:p ?o FILTER (RAND() > 0.5)", True, None),
        ("?s k:p ?o FILTER EXISTS { ?s ?any ?x }", True, None),
        ("?s k:p ?o FILTER (?o = 1 && NOT EXISTS { ?s ?any ?x })", True, None),
        ("?s k:p ?o OPTIONAL { SELECT ?s ?x ?y { ?s ?x ?y } GROUP BY ?s ?x ?y }", True, None),
        ("{ SELECT ?s ?x (COUNT(*) AS ?n) { ?s k:p ?x } GROUP BY ?s ?x }", False, set()),
        ("{ SELECT DISTINCT ?s ?x ?y { ?s k:p ?x , ?y } ORDER BY DESC(?s) ?x ?y }", False, set()),
        ("VALUES (?a ?b ?c) { (k:a k:b UNDEF) } ?a k:p ?b", False, set()),
        ("?s ^k:p/k:q+ ?o FILTER (?o * 2 > 1)", False, set()),
        ("?s k:p true ; k:q 3.5 , 'x'@en , 'y'^^k:t . ?s a k:A", False, {"urn:k#A"}),
    ],
)
def test_what_a_query_reads(pattern, everything, classes):
    """Where its properties are not all named, it may depend on anything."""
    found = reads(f"PREFIX k: <urn:k#> PREFIX rdf: <{RDF}> SELECT ?s {{ {pattern} }}")
    assert found.everything is everything
    if not everything:
        assert found.classes == (None if classes is None else frozenset(classes))
        assert not any(name.endswith("any") for name in found.names)


@pytest.mark.parametrize("number", ["20", "102"])
def test_what_a_saved_question_reads_is_what_another_parser_finds(number):
    """Each property in its patterns is among the names."""
    query = load_catalogue()[number].query
    found: set[str] = set()

    def visit(part: Any) -> None:
        """Note the properties of all patterns."""
        if getattr(part, "name", "") == "BGP":
            predicates = [predicate for _, predicate, _ in part["triples"]]
            found.update(str(one) for one in predicates if isinstance(one, URIRef))
        if isinstance(part, dict):
            part = list(part.values())
        if isinstance(part, list | tuple | set):
            for one in part:
                visit(one)

    visit(prepareQuery(query).algebra)
    assert len(found) > 3
    assert found <= reads(query).names


def run(*arguments: str) -> str:
    """Return what a command writes."""
    outcome = CliRunner().invoke(cli, [*arguments], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_the_command_tells_what_changed(filled):
    """As text, as JSON and as lines of triples."""
    place = str(filled.path)
    text = run("diff", "1", "2", "--store", place)
    assert "asserted clahrc-ndl: 1 added, 1 removed" in text
    assert "records: 0 added, 0 removed, 1 changed" in text
    assert "km:postStatus: km:Vacant -> km:Filled" in text
    told = json.loads(run("diff", "1", "2", "--store", place, "--json"))
    assert [record["iri"] for record in told["records"]] == [POST]
    with kmgraph.diff(filled, 1, 2) as difference:
        expected = {change.line for change in difference.triples()}
    assert set(run("diff", "1", "2", "--store", place, "--triples").splitlines()) == expected


def test_the_command_writes_the_feed(filled):
    """It says how far the feed goes, and writes pages that can be read."""
    place = str(filled.path)
    assert "up to generation 2" in run("feed", "--store", place, "--quiet")
    page = run("feed", "--store", place, "--quiet", "--page", "2")
    quads = ox.parse(page, ox.RdfFormat.TRIG)
    assert any(getattr(quad.object, "value", "") == POST for quad in quads)
