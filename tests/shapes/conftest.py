"""The cases of all shapes, validated together in one run of the reference engine.

Each file of ``cases`` holds records, conforming and violating, and beside each violating one the
results that are expected of it as ``sh:ValidationResult`` nodes. The records of a file have IRIs
of that file, so one run serves all files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from rdflib import RDF, BNode, Graph, Namespace
from rdflib.term import Node

from kmgraph import artefacts
from kmgraph.validation import PySHACLEngine, Report

SH = Namespace("http://www.w3.org/ns/shacl#")
CASES = Path(__file__).parent / "cases"

#: focus node, path, value, severity, constraint component, source shape
Row = tuple[str, str, str, str, str, str]
_COLUMNS = (
    SH.focusNode,
    SH.resultPath,
    SH.value,
    SH.resultSeverity,
    SH.sourceConstraintComponent,
    SH.sourceShape,
)


@dataclass(frozen=True)
class Cases:
    """All cases and what came of them."""

    graph: Graph
    expected: dict[str, set[Row]]
    report: Report
    found: set[Row]
    data: Path


def text(term: Node | None) -> str:
    """Write a term so that blank nodes are alike and nothing else is."""
    if term is None:
        return ""
    return "_:" if isinstance(term, BNode) else term.n3()


def read_case(path: Path) -> tuple[Graph, set[Row]]:
    """Part a file into its records and the expected results."""
    graph, rows = Graph().parse(path), set()
    for node in set(graph.subjects(RDF.type, SH.ValidationResult)):
        values = [text(graph.value(node, column)) for column in _COLUMNS]
        rows.add((values[0], values[1], values[2], values[3], values[4], values[5]))
        graph.remove((node, None, None))
    return graph, rows


def report_rows(report: Report) -> set[Row]:
    """Return the results of a report as rows."""
    turtle = Graph().parse(data=report.to_turtle(), format="turtle")
    return {
        tuple(text(turtle.value(node, column)) for column in _COLUMNS)  # type: ignore[misc]
        for node in turtle.subjects(RDF.type, SH.ValidationResult)
    }


def vocabulary_graph() -> Graph:
    """Return the ontology and the frameworks, which validation is given beside the records."""
    graph = Graph()
    for pattern in ("*.ttl", "modules/*.ttl", "frameworks/*.ttl"):
        for path in artefacts.files("ontology", pattern):
            graph.parse(path)
    return graph


@pytest.fixture(scope="session")
def vocabulary() -> Graph:
    """Return the ontology and the frameworks."""
    return vocabulary_graph()


@pytest.fixture(scope="session")
def shapes() -> Graph:
    """Return all shipped shapes."""
    graph = Graph()
    for path in artefacts.files("shapes", "*.ttl"):
        graph.parse(path)
    return graph


@pytest.fixture(scope="session")
def cases(vocabulary: Graph, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Validate all cases in one run."""
    pytest.importorskip("pyshacl", reason="pySHACL is not installed")
    merged, expected = Graph(), {}
    for path in sorted(CASES.glob("*.ttl")):
        graph, expected[path.stem] = read_case(path)
        for triple in graph:
            merged.add(triple)
    data = tmp_path_factory.mktemp("cases") / "cases.nt"
    (vocabulary + merged).serialize(data, format="nt", encoding="utf-8")
    shapes = artefacts.files("shapes", "*.ttl")
    report = PySHACLEngine().validate(data, shapes, timeout_s=300)
    return Cases(merged, expected, report, report_rows(report), data)
