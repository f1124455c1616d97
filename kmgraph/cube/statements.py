"""The statements that datasets, structures, slices, codes and observations consist of.

They are lines of N-Triples, spelt as the engine spells them.

Source: https://www.w3.org/TR/vocab-data-cube/
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import pyoxigraph as ox

from kmgraph.cube.groupings import Grouping, groupings_digest
from kmgraph.cube.tally import ALL, Cell
from kmgraph.cube.terms import (
    ALL_VALUES,
    NOT_REPORTED,
    code_iri,
    cube_iri,
    dimension_iri,
    level_of,
    list_iri,
    list_name,
    observation_iri,
    slice_iri,
    slug,
)
from kmgraph.namespaces import KM, QB, XSD, expand

_TYPE: Final = expand("rdf:type")
_LABEL: Final = expand("rdfs:label")
_COMMENT: Final = expand("rdfs:comment")
_IDENTIFIER: Final = expand("dcterms:identifier")
_IN_SCHEME: Final = expand("skos:inScheme")
_CONCEPT: Final = expand("skos:Concept")
#: Places after the point to which means are rounded.
MEAN_PLACES: Final = Decimal("0.000001")


def line(subject: str, predicate: str, value: str | ox.Literal) -> bytes:
    """Return one statement as a line of N-Triples.

    :param value: an IRI, or a literal.

    >>> line("urn:s", "urn:p", ox.Literal("three", language="en"))
    b'<urn:s> <urn:p> "three"@en .\\n'
    """
    spelled = f"<{value}>" if isinstance(value, str) else str(value)
    return f"<{subject}> <{predicate}> {spelled} .\n".encode()


def decimal_literal(number: Decimal) -> ox.Literal:
    """Return a number as the engine writes decimals: without noughts at the end.

    >>> decimal_literal(Decimal("2.50")).value, decimal_literal(Decimal(30)).value
    ('2.5', '30')
    """
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return ox.Literal("0" if text in ("-0", "") else text, datatype=ox.NamedNode(f"{XSD}decimal"))


def english(text: str) -> ox.Literal:
    """Return a text as a literal in English.

    >>> english("a").language
    'en'
    """
    return ox.Literal(text, language="en")


def head_lines(base: str) -> Iterator[bytes]:
    """Yield the statements about the cube as a whole; they tell by which groupings it was made."""
    cube = f"{base}cube"
    yield line(cube, _LABEL, english("What saved questions add up"))
    yield line(cube, _IDENTIFIER, ox.Literal(groupings_digest()))


def dataset_lines(base: str, grouping: Grouping) -> Iterator[bytes]:
    """Yield the statements about the dataset of a grouping and its structure."""
    dataset = cube_iri(base, grouping.id)
    structure = f"{dataset}/structure"
    yield line(dataset, _TYPE, f"{QB}DataSet")
    yield line(dataset, _IDENTIFIER, ox.Literal(grouping.id))
    yield line(dataset, _LABEL, english(grouping.label))
    yield line(dataset, _COMMENT, english(grouping.summary))
    yield line(dataset, f"{QB}structure", structure)
    yield line(dataset, f"{KM}partsQuery", ox.Literal(grouping.parts_query()))
    for name in grouping.classes:
        yield line(dataset, f"{KM}countedClass", name)
    yield line(structure, _TYPE, f"{QB}DataStructureDefinition")
    yield line(structure, _LABEL, english(f"Structure of: {grouping.label}"))
    for order, name in enumerate(grouping.dimensions, 1):
        yield from _component(structure, name, "dimension", dimension_iri(name), order)
    order = len(grouping.dimensions)
    for name in grouping.measures:
        order += 1
        yield from _component(structure, name, "measure", f"{KM}{name}", order)
    component = f"{structure}/countedClass"
    yield from _component(structure, "countedClass", "attribute", f"{KM}countedClass", order + 1)
    yield line(component, f"{QB}componentAttachment", f"{QB}DataSet")


def _component(structure: str, name: str, kind: str, prop: str, order: int) -> Iterator[bytes]:
    """Yield the statements about one component of a structure."""
    component = f"{structure}/{name}"
    yield line(structure, f"{QB}component", component)
    yield line(component, _TYPE, f"{QB}ComponentSpecification")
    yield line(component, f"{QB}{kind}", prop)
    yield line(component, f"{QB}order", ox.Literal(order))


def slice_lines(base: str, grouping: Grouping, level: tuple[str, ...]) -> Iterator[bytes]:
    """Yield the statements about the slice of one level, in which all else is all values."""
    dataset = cube_iri(base, grouping.id)
    structure = f"{dataset}/structure"
    part = slice_iri(base, grouping, level)
    key = f"{structure}{part.removeprefix(dataset)}"
    fixed = [name for name in grouping.dimensions if name not in level]
    yield line(dataset, f"{QB}slice", part)
    yield line(part, _TYPE, f"{QB}Slice")
    yield line(part, _IDENTIFIER, ox.Literal(" ".join(level)))
    yield line(part, f"{QB}sliceStructure", key)
    yield line(structure, f"{QB}sliceKey", key)
    yield line(key, _TYPE, f"{QB}SliceKey")
    for name in fixed:
        yield line(key, f"{QB}componentProperty", dimension_iri(name))
        yield line(part, dimension_iri(name), code_iri(base, name, ALL))


def list_lines(base: str, dimension: str) -> Iterator[bytes]:
    """Yield the statements about the code list of a dimension."""
    codes = list_iri(base, dimension)
    yield line(dimension_iri(dimension), f"{QB}codeList", codes)
    yield line(codes, _TYPE, expand("skos:ConceptScheme"))
    words = list_name(dimension).replace("-", " ")
    yield line(codes, expand("skos:prefLabel"), english(f"Codes of the dimension: {words}"))


def code_lines(base: str, dimension: str, value: str, label: ox.Literal) -> Iterator[bytes]:
    """Yield the statements about the code of a value; a text has no more than its label."""
    code = code_iri(base, dimension, value)
    yield line(code, _TYPE, _CONCEPT)
    yield line(code, _IN_SCHEME, list_iri(base, dimension))
    yield line(code, expand("skos:notation"), ox.Literal(slug(value)))
    yield line(code, expand("skos:prefLabel"), label)
    if value == ALL:
        yield line(code, f"{KM}codeOf", ALL_VALUES)
    elif not value:
        yield line(code, f"{KM}codeOf", NOT_REPORTED)
    elif value.startswith("<"):
        yield line(code, f"{KM}codeOf", value[1:-1])


def observation_lines(base: str, grouping: Grouping, cell: Cell) -> Iterator[bytes]:
    """Yield what an observation says beside its measures: what it is, and of what values."""
    observation = observation_iri(base, grouping, cell)
    yield line(observation, _TYPE, f"{QB}Observation")
    yield line(observation, f"{QB}dataSet", cube_iri(base, grouping.id))
    part = slice_iri(base, grouping, level_of(grouping, cell))
    yield line(part, f"{QB}observation", observation)
    for name, value in zip(grouping.dimensions, cell, strict=True):
        yield line(observation, dimension_iri(name), code_iri(base, name, value))


def measure_lines(
    base: str, grouping: Grouping, cell: Cell, units: int, value: Decimal
) -> Iterator[bytes]:
    """Yield the measures of an observation."""
    observation = observation_iri(base, grouping, cell)
    yield line(observation, f"{KM}unitCount", ox.Literal(units))
    if grouping.has_values:
        mean = (value / units).quantize(MEAN_PLACES, ROUND_HALF_EVEN)
        yield line(observation, f"{KM}valueSum", decimal_literal(value))
        yield line(observation, f"{KM}valueMean", decimal_literal(mean))
