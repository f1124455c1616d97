"""Every shape does what it says: whole reports of conforming and violating records."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import RDF, RDFS, Graph, URIRef
from rdflib.term import Node

from tests.shapes.conftest import CASES, SH, Cases, Row, text

FILES = sorted(path.stem for path in CASES.glob("*.ttl"))
#: Parameter of SHACL to the component that reports it.
PARAMETERS = {
    SH[name]: SH[f"{name[0].upper()}{name[1:]}ConstraintComponent"]
    for name in (
        "class",
        "datatype",
        "in",
        "lessThan",
        "lessThanOrEquals",
        "maxCount",
        "maxInclusive",
        "minCount",
        "minInclusive",
        "nodeKind",
        "or",
        "pattern",
        "uniqueLang",
    )
} | {SH.sparql: SH.SPARQLConstraintComponent}


#: Ways in which shapes name their focus nodes.
TARGETS = ("targetClass", "targetObjectsOf", "targetSubjectsOf")


def of_file(stem: str, row: Row) -> bool:
    """Say whether a result is about a record of this file."""
    return row[0].startswith(f"<https://example.org/case/{stem}/") or (
        row[0] == "_:" and stem == "record"
    )


def targets(shapes: Graph, node: Node) -> set[Node]:
    """Return the node shapes with targets that bring this shape to its focus nodes."""
    holders = set(shapes.subjects(SH.property, node)) or {node}
    return {
        holder
        for holder in holders
        if any((holder, SH[target], None) in shapes for target in TARGETS)
    }


def focus_nodes(shapes: Graph, data: Graph, shape: Node) -> set[Node]:
    """Return the nodes that a shape is checked on."""
    found: set[Node] = set()
    for holder in targets(shapes, shape):
        for prop in shapes.objects(holder, SH.targetObjectsOf):
            found |= set(data.objects(None, prop))
        for prop in shapes.objects(holder, SH.targetSubjectsOf):
            found |= set(data.subjects(prop))
        for cls in shapes.objects(holder, SH.targetClass):
            for sub in data.transitive_subjects(RDFS.subClassOf, cls):
                found |= set(data.subjects(RDF.type, sub))
    return found


def checked_shapes(shapes: Graph) -> list[URIRef]:
    """Return the shapes that are checked on focus nodes and have constraints of their own."""
    nodes = set(shapes.subjects(RDF.type, SH.PropertyShape)) | {
        node
        for node in shapes.subjects(RDF.type, SH.NodeShape)
        if targets(shapes, node) and any((node, name, None) in shapes for name in PARAMETERS)
    }
    return sorted(node for node in nodes if isinstance(node, URIRef))


@pytest.mark.parametrize("stem", FILES)
def test_report_of_a_file_is_exactly_as_expected(stem: str, cases: Cases) -> None:
    """A file's records yield the results that stand beside them, and no others."""
    found = {row for row in cases.found if of_file(stem, row)}
    assert cases.expected[stem] == found


def test_nothing_else_is_reported(cases: Cases) -> None:
    """What the cases refer to conforms, and so do the ontology and the frameworks."""
    assert set() == {row for row in cases.found if not any(of_file(s, row) for s in FILES)}


def test_every_constraint_has_a_violating_record(shapes: Graph, cases: Cases) -> None:
    """No parameter of a shape stands there untested."""
    expected = {(row[5], row[4]) for rows in cases.expected.values() for row in rows}
    wanted = {
        (text(shape), text(component))
        for shape in checked_shapes(shapes)
        for parameter, component in PARAMETERS.items()
        if (shape, parameter, None) in shapes
    }
    assert len(wanted) > 400
    assert set() == wanted - expected


def test_every_shape_has_a_conforming_record(
    shapes: Graph, vocabulary: Graph, cases: Cases
) -> None:
    """Each shape accepts a record that has something for it to check."""
    data = vocabulary + cases.graph
    refused = {(row[5], row[0]) for row in cases.found}
    unmet = []
    for shape in checked_shapes(shapes):
        path = shapes.value(shape, SH.path)
        accepted = [
            node
            for node in focus_nodes(shapes, data, shape)
            if (text(shape), text(node)) not in refused
            and (path is None or (node, path, None) in cases.graph)
        ]
        if not accepted:
            unmet.append(shape)
    assert [] == unmet


def test_every_alternative_is_accepted_somewhere(shapes: Graph, cases: Cases) -> None:
    """Each kind of record that a shape allows as a value is accepted by that very shape."""
    refused = {row[0] for row in cases.found}
    unmet = []
    for shape, members in shapes.subject_objects(SH["or"]):
        values = {
            value
            for focus, value in cases.graph.subject_objects(shapes.value(shape, SH.path))
            if text(focus) not in refused
        }
        for member in shapes.items(members):
            cls = shapes.value(member, SH["class"])
            if cls and not any((value, RDF.type, cls) in cases.graph for value in values):
                unmet.append((shape, member))
    assert [] == unmet


def test_every_kind_of_literal_is_accepted_somewhere(shapes: Graph, cases: Cases) -> None:
    """Years, months, days, and words with and without a language occur in what conforms."""
    refused = {row[0] for row in cases.found}
    for members in shapes.objects(None, SH["or"]):
        for member in shapes.items(members):
            datatype = shapes.value(member, SH.datatype)
            if datatype is None:
                continue
            paths = {shapes.value(s, SH.path) for s in _shapes_with(shapes, member)}
            assert any(
                datatype in _datatypes(value)
                for focus, path, value in cases.graph
                if path in paths and text(focus) not in refused
            ), member


def _shapes_with(shapes: Graph, member: Node) -> list[Node]:
    """Return the shapes that allow a kind of value."""
    return [s for s, head in shapes.subject_objects(SH["or"]) if member in shapes.items(head)]


def _datatypes(value: Node) -> set[Node]:
    """Return the datatype of a literal, as SHACL counts it."""
    if getattr(value, "language", None):
        return {RDF.langString}
    return {getattr(value, "datatype", None) or URIRef("http://www.w3.org/2001/XMLSchema#string")}


def test_a_case_file_stands_beside_each_file_of_shapes() -> None:
    """Shapes of a topic are tested in the file of that topic."""
    shape_files = {path.stem for path in (Path(CASES).parents[2] / "shapes").glob("*.ttl")}
    assert shape_files - {"header", "reference"} == set(FILES) - {"common"}
