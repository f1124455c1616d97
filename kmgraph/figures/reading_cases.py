"""Read where single cases stand, so that the time does not grow with the store."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import pyoxigraph as ox

from kmgraph.figures import style
from kmgraph.figures.grid_points import GridPoint, Side, side
from kmgraph.namespaces import expand
from kmgraph.readings.facts import Solution, text_of
from kmgraph.readings.frameworks import Framework, load_labels
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term, python_value

_DEFAULT: Final = ox.DefaultGraph()


def described_case(store: QuadStore, iri: str) -> list[Solution]:
    """Return a case with its name and its study, as the query of all cases gives it.

    :returns: one row, or none where there is no such case.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> described_case(MemoryStore(), "urn:case")
    []
    """
    node = ox.NamedNode(iri)
    of_class = ox.NamedNode(expand("km:ImplementationCase"))
    if next(store.quads(node, ox.NamedNode(expand("rdf:type")), of_class, _DEFAULT), None) is None:
        return []
    study = _least(store, node, "km:ofStudy")
    title = _least(store, study, "dcterms:title") if isinstance(study, ox.NamedNode) else None
    made_up = store.quads(
        None,
        ox.NamedNode(expand("km:synthetic")),
        ox.Literal("true", datatype=ox.NamedNode(expand("xsd:boolean"))),
        _DEFAULT,
    )
    return [
        {
            "case": node,
            "identifier": _least(store, node, "dcterms:identifier"),
            "label": _least(store, node, "skos:prefLabel"),
            "studyLabel": title,
            "synthetic": ox.Literal("true" if next(made_up, None) else "false"),
        }
    ]


def read_case(store: QuadStore, framework: Framework, row: Solution) -> tuple[GridPoint, bool]:
    """Return where a case stands, and whether anything is recorded of it under the framework.

    :param row: the case as :func:`described_case` gives it.
    """
    iri = text_of(row, "case")
    elements = {
        element.concept.iri: element.concept.notation.rpartition(".")[2]
        for element in framework.elements
    }
    sides: dict[str, Side] = {}
    labels, quadrant, fit, is_assessed = load_labels(), "", "unknown", False
    about = ox.NamedNode(expand("km:about"))
    for quad in store.quads(None, about, ox.NamedNode(iri), _DEFAULT):
        found = quad.subject
        if not isinstance(found, ox.NamedNode):
            continue
        element = _text(_least(store, found, "km:element"))
        if element in elements:
            sides[elements[element]] = _side(store, found)
        elif _text(_least(store, found, "km:scheme")) == framework.iri:
            if place := _text(_least(store, found, "km:quadrant")):
                quadrant = labels.get(place, "")
                fit = labels.get(_text(_least(store, found, "km:facilitationFit")), "unknown")
        is_assessed = is_assessed or _is_of(store, found, framework)
    point = GridPoint(
        iri,
        style.clean(text_of(row, "label") or text_of(row, "identifier") or iri),
        sides.get("E", Side()),
        sides.get("C", Side()),
        quadrant,
        fit,
        style.clean(text_of(row, "studyLabel")),
    )
    return point, is_assessed


def _is_of(store: QuadStore, record: ox.NamedNode, framework: Framework) -> bool:
    """Say whether a record is of a construct of a framework, or of a scale that measures one."""
    in_scheme, scheme = ox.NamedNode(expand("skos:inScheme")), ox.NamedNode(framework.iri)
    construct = _least(store, record, "km:construct")
    if not isinstance(construct, ox.NamedNode):
        return False
    measured = store.quads(construct, ox.NamedNode(expand("km:measures")), None, _DEFAULT)
    constructs = [construct, *(quad.object for quad in measured)]
    return any(
        isinstance(one, ox.NamedNode)
        and next(store.quads(one, in_scheme, scheme, _DEFAULT), None) is not None
        for one in constructs
    )


def _side(store: QuadStore, summary: ox.NamedNode) -> Side:
    """Return evidence or context from the summary of the element."""
    band = load_labels().get(_text(_least(store, summary, "km:band")), "")
    names = ("km:score", "km:lowerBound", "km:upperBound")
    score, lower, upper = (_number(_least(store, summary, name)) for name in names)
    return side(score, band, lower, upper)


def _least(store: QuadStore, node: ox.NamedNode, prop: str) -> Term | None:
    """Return one value of a property, the least of several."""
    quads = store.quads(node, ox.NamedNode(expand(prop)), None, _DEFAULT)
    return min((quad.object for quad in quads), key=str, default=None)


def _text(term: Term | None) -> str:
    """Return a term as text; empty for none."""
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""


def _number(term: Term | None) -> Decimal | None:
    """Return a number, or None."""
    value = None if term is None else python_value(term)
    return Decimal(value) if isinstance(value, Decimal | int) else None
