"""Read a SHACL report graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from kmgraph.errors import ShapesError
from kmgraph.namespaces import RDF, SH
from kmgraph.terms import Term
from kmgraph.validation.report import Report
from kmgraph.validation.result import Result, Severity

_Links = dict[Term, dict[str, list[Term]]]


def read_report(path: Path) -> Report:
    """Return the report that an engine wrote.

    :param path: N-Triples file with one ``sh:ValidationReport``.
    :raises ShapesError: the file holds no report.

    Source: https://www.w3.org/TR/shacl/#validation-report
    """
    triples = [quad.triple for quad in ox.parse(path=str(path), format=ox.RdfFormat.N_TRIPLES)]
    return report_from_triples(triples)


def report_from_triples(triples: Iterable[ox.Triple]) -> Report:
    """Return the report that a graph holds; results nested in others are left to their parents.

    :raises ShapesError: the graph holds no report.

    >>> kind = ox.Triple(
    ...     ox.BlankNode("r"), ox.NamedNode(RDF + "type"), ox.NamedNode(SH + "ValidationReport")
    ... )
    >>> report_from_triples([kind]).conforms
    True
    """
    links: _Links = defaultdict(lambda: defaultdict(list))
    for triple in triples:
        links[triple.subject][triple.predicate.value].append(triple.object)
    wanted = ox.NamedNode(f"{SH}ValidationReport")
    reports = [node for node, facts in links.items() if wanted in facts[f"{RDF}type"]]
    if not reports:
        raise ShapesError("the validation engine wrote no report: run it again or report a bug")
    nodes = [node for report in reports for node in links[report][f"{SH}result"]]
    return Report.of(_result(node, links) for node in nodes)


def _result(node: Term, links: _Links) -> Result:
    """Return the result that a node stands for."""
    facts = links[node]

    def first(name: str) -> Term | None:
        return next(iter(facts.get(SH + name, ())), None)

    focus, shape, path = first("focusNode"), first("sourceShape"), first("resultPath")
    if focus is None or shape is None:
        raise ShapesError("a result of the validation engine lacks its focus node or its shape")
    messages = sorted(facts.get(f"{SH}resultMessage", ()), key=str)
    return Result(
        focus_node=focus,
        severity=Severity.from_iri(_value(first("resultSeverity"))),
        component=_value(first("sourceConstraintComponent")),
        source_shape=shape,
        messages=tuple(m.value for m in messages if isinstance(m, ox.Literal)),
        path=path if isinstance(path, ox.NamedNode | ox.BlankNode) else None,
        value=first("value"),
        source_constraint=first("sourceConstraint"),
        path_triples=_closure(path, links),
    )


def _value(term: Term | None) -> str:
    """Return the IRI of a term, or nothing."""
    return term.value if isinstance(term, ox.NamedNode) else ""


def _closure(node: Term | None, links: _Links) -> tuple[ox.Triple, ...]:
    """Return the triples that hang on a blank node."""
    if not isinstance(node, ox.BlankNode):
        return ()
    triples: list[ox.Triple] = []
    for predicate, objects in links.get(node, {}).items():
        for term in objects:
            triples.append(ox.Triple(node, ox.NamedNode(predicate), term))
            triples.extend(_closure(term, links))
    return tuple(triples)
