"""The shapes of metadata: they have a set and a run of their own, beside those of records."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox
import pytest
from rdflib import RDF, Graph
from rdflib.term import Node

from kmgraph import artefacts
from kmgraph.metadata import validate_metadata
from tests.shapes.conftest import CASES, SH, Row, read_case, report_rows, text

PARAMETERS = {
    SH[name]: SH[f"{name[0].upper()}{name[1:]}ConstraintComponent"]
    for name in ("class", "datatype", "maxCount", "minCount", "minInclusive", "nodeKind")
}
DESCRIPTION = {SH.path, SH.name, SH.message, SH.severity}


@dataclass(frozen=True)
class Outcome:
    """What is expected of the cases, what was found, and the shapes."""

    expected: set[Row]
    found: set[Row]
    shapes: Graph
    data: Graph


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Validate all cases in one run."""
    data, expected, shapes = Graph(), set(), Graph()
    for path in sorted((CASES / "metadata").glob("*.ttl")):
        graph, rows = read_case(path)
        data += graph
        expected |= rows
    for path in artefacts.files("shapes", "metadata/*.ttl"):
        shapes.parse(path)
    lines = data.serialize(format="nt")
    triples = [quad.triple for quad in ox.parse(lines, format=ox.RdfFormat.N_TRIPLES)]
    return Outcome(expected, report_rows(validate_metadata(triples)), shapes, data)


def test_report_is_exactly_as_expected(outcome: Outcome) -> None:
    """The cases yield the results that stand beside them, and no others."""
    assert outcome.found == outcome.expected


def test_each_constraint_is_violated_by_a_case(outcome: Outcome) -> None:
    """No constraint is there that has never been seen to find anything."""
    asked: set[tuple[str, Node]] = set()
    for shape in outcome.shapes.subjects(RDF.type, SH.PropertyShape):
        for name in set(outcome.shapes.predicates(shape)) - DESCRIPTION - {RDF.type}:
            asked.add((text(shape), PARAMETERS[name]))
    seen = {(row[5], row[4]) for row in outcome.found}
    assert {(shape, component.n3()) for shape, component in asked} == seen


def test_each_class_has_a_conforming_case(outcome: Outcome) -> None:
    """What conforms is not complained of."""
    wrong = {row[0] for row in outcome.found}
    for cls in outcome.shapes.objects(None, SH.targetClass):
        members = {node.n3() for node in outcome.data.subjects(RDF.type, cls)}
        assert members - wrong, cls
