"""Our own engine finds what pySHACL finds: on every case of every shape, and on mutated records.

Between them the cases break each constraint of each shape, which test_cases.py asserts. The
mutated records break them in ways that nobody thought of.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from kmgraph import artefacts, build_in_memory
from kmgraph.bundles.files import example_path
from kmgraph.formats import NTRIPLES
from kmgraph.namespaces import DEFAULT_BASE, RDF, XSD, expand
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.terms import Term
from kmgraph.validation import (
    PySHACLEngine,
    Report,
    Result,
    SetEngine,
    validate_changes,
    validate_quads,
)
from kmgraph.validation.shapes import read_shapes, text_of
from tests.shapes.conftest import Cases

#: More rounds are for a run by hand.
ROUNDS = int(os.environ.get("KMGRAPH_MUTATION_ROUNDS", "1"))
MUTATIONS = 400
KINDS = ("string", "integer", "decimal", "boolean", "date", "gYear", "gYearMonth")
TEXTS = ("", "1", "-1", "0.5", "7", "true", "2010", "2010-13", "2010-02-30", "2011-05-06", "words")


def canonical(term: Term) -> Term:
    """Return a term as a store spells it: 1.0 as 1."""
    store, node = ox.Store(), ox.NamedNode("urn:x")
    store.add(ox.Quad(node, node, term))
    return next(iter(store)).object


def row(result: Result) -> tuple[str, ...]:
    """Write a result so that blank nodes are alike, and leave nothing of it out."""
    value = None if result.value is None else canonical(result.value)
    terms = (result.focus_node, result.path, value, result.source_shape)
    texts = ("_:" if isinstance(term, ox.BlankNode) else str(term) for term in terms)
    end = (str(result.source_constraint), *result.messages)
    return (*texts, result.severity, result.component, *end)


def rows(report: Report) -> Counter[tuple[str, ...]]:
    """Return how often each result is in a report."""
    return Counter(map(row, report.results))


def test_engines_agree_on_all_cases(cases: Cases) -> None:
    """The whole reports are the same, and they are long."""
    own = SetEngine().validate(cases.data, artefacts.files("shapes", "*.ttl"), timeout_s=300)
    assert rows(own) == rows(cases.report)
    assert len(own.results) > 1_000


@pytest.fixture(scope="module")
def example() -> list[ox.Triple]:
    """Return the example, with what is derived and the vocabulary."""
    with build_in_memory(example_path("clahrc-ndl")) as evidence:
        return [quad.triple for quad in evidence.store.quads(graph_name=ox.DefaultGraph())]


def stored(triples: list[ox.Triple]) -> OxigraphStore:
    """Return a store of some statements."""
    store = ox.Store()
    store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return OxigraphStore(store, DEFAULT_BASE)


def is_data(triple: ox.Triple) -> bool:
    """Say whether a statement is about a record."""
    return isinstance(triple.subject, ox.NamedNode) and triple.subject.value.startswith(
        DEFAULT_BASE
    )


@cache
def compared() -> frozenset[str]:
    """Return the properties whose values are compared with those of another.

    pySHACL stops with an error where two such values cannot be compared.
    """
    found = set()
    for shape in read_shapes(artefacts.files("shapes", "*.ttl")):
        for part in shape.parts:
            for rule in part.constraints:
                if rule.name.startswith("lessThan"):
                    found |= {text_of(part.path), text_of(rule.value)}
    return frozenset(found)


def mutated(triple: ox.Triple, data: list[ox.Triple], chance: random.Random) -> Iterator[ox.Triple]:
    """Yield what a statement is turned into: nothing, itself and another, or something wrong."""
    other = chance.choice(data)
    wrong = ox.Literal(chance.choice(TEXTS), datatype=ox.NamedNode(XSD + chance.choice(KINDS)))
    if triple.predicate.value in compared():
        wrong = ox.Literal(chance.randrange(-2, 9))
        other = triple
    match chance.randrange(8):
        case 0:
            return
        case 1:
            yield triple
            yield ox.Triple(triple.subject, triple.predicate, wrong)
        case 2:
            yield ox.Triple(triple.subject, triple.predicate, wrong)
        case 3:
            yield ox.Triple(triple.subject, triple.predicate, other.object)
        case 4:
            yield triple
            yield ox.Triple(
                triple.subject, triple.predicate, wrong if other is triple else other.subject
            )
        case 5:
            yield ox.Triple(other.subject, triple.predicate, triple.object)
        case 6:
            yield triple
            yield ox.Triple(triple.subject, other.predicate, other.object)
        case _:
            words = ox.Literal("words", language="en")
            yield triple
            yield ox.Triple(triple.subject, triple.predicate, wrong if other is triple else words)


def mutate(triples: list[ox.Triple], number: int, chance: random.Random) -> list[ox.Triple]:
    """Return statements of which some are not what they were."""
    data = [triple for triple in triples if is_data(triple)]
    # Half of the mutations are of one record in ten: several together break what one does not.
    few = {t.subject for t in data if chance.random() < 0.1}
    near = [triple for triple in data if triple.subject in few]
    chosen = {*chance.sample(data, number // 2), *chance.sample(near, number // 2)}
    found = [triple for triple in triples if triple not in chosen]
    for triple in sorted(chosen, key=str):
        found.extend(mutated(triple, data, chance))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_engines_agree_on_mutated_records(
    example: list[ox.Triple], seed: int, tmp_path: Path
) -> None:
    """Whatever happens to statements, both engines report the same."""
    pytest.importorskip("pyshacl", reason="pySHACL is not installed")
    store = stored(mutate(example, MUTATIONS, random.Random(seed)))
    path = tmp_path / "mutated.nt"
    with path.open("wb") as file:
        store.dump(file, NTRIPLES)
    reference = PySHACLEngine().validate(path, artefacts.files("shapes", "*.ttl"), timeout_s=300)
    own = validate_quads(store, workers=2)
    assert rows(own) == rows(reference)
    assert len(own.violations) > MUTATIONS / 4


def changed_results(before: Report, after: Report) -> set[tuple[str, ...]]:
    """Return what is in one report and was not in another."""
    return set(rows(after)) - set(rows(before))


@pytest.mark.parametrize("seed", range(6 * ROUNDS))
def test_a_change_is_judged_by_what_it_touches(example: list[ox.Triple], seed: int) -> None:
    """What a change makes wrong is found without looking at the rest, and nothing else is."""
    before = validate_quads(stored(example))
    after = mutate(example, 4, random.Random(seed))
    store = stored(after)
    whole = validate_quads(store)
    changed = set(example) ^ set(after)
    touched = validate_changes(store, changed)
    assert changed_results(before, whole) <= set(rows(touched.report))
    assert set(rows(touched.report)) <= set(rows(whole))


def test_a_case_that_is_taken_from_its_study_is_missed(example: list[ox.Triple]) -> None:
    """A statement that is no longer there is a change too."""
    of_study = ox.NamedNode(expand("km:ofStudy"))
    gone = next(triple for triple in example if triple.predicate == of_study)
    others = [triple for triple in example if triple is not gone]
    touched = validate_changes(stored(others), [gone])
    assert gone.subject in touched.nodes
    assert any(result.focus_node == gone.subject for result in touched.report.violations)


def test_a_record_that_loses_its_class_is_found_by_what_points_at_it(
    example: list[ox.Triple],
) -> None:
    """What points at a record is wrong when the record is no longer what it has to be."""
    is_study = (ox.NamedNode(RDF + "type"), ox.NamedNode(expand("km:Study")))
    gone = next(triple for triple in example if (triple.predicate, triple.object) == is_study)
    others = [triple for triple in example if triple is not gone]
    report = validate_changes(stored(others), [gone]).report
    focus: set[Term] = {result.focus_node for result in report.violations}
    assert focus - {gone.subject}


def test_each_query_for_suspects_is_of_a_shape() -> None:
    """A query whose shape was renamed would find nothing for anybody."""
    names = {
        text_of(part.node).rpartition("#")[2]
        for shape in read_shapes(artefacts.files("shapes", "*.ttl"))
        for part in shape.parts
        if part.queries
    }
    files = artefacts.files("queries", "checks/shapes/*.rq")
    assert files
    assert {path.stem for path in files} <= names
