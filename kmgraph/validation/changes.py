"""Validate what a change touches, in time that goes with the change and not with the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import RDF
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.terms import Term
from kmgraph.validation.checking import conforms, results
from kmgraph.validation.extents import Extents
from kmgraph.validation.patterns import chains, may_look_at, patterns
from kmgraph.validation.queries import ask, ask_of
from kmgraph.validation.report import Report
from kmgraph.validation.result import Locator, Result
from kmgraph.validation.shapes import Query, Shape, TargetShape, read_shapes

_TYPE: Final = f"{RDF}type"
#: Nodes beyond which it is quicker to ask of all.
_FEW: Final = 1_000


@dataclass(frozen=True, slots=True)
class Touched:
    """What the nodes that a change touches were found to have.

    :ivar report: what is wrong with them.
    :ivar nodes: the nodes that were checked against every shape. With others only what may have
        changed was looked at.
    """

    report: Report
    nodes: frozenset[Term]


def validate_changes(
    store: OxigraphStore,
    changed: Iterable[ox.Triple],
    *,
    also: Iterable[Term] = (),
    locator: Locator | None = None,
) -> Touched:
    """Check what a change may have made wrong.

    Whoever had a graph that conforms, and is told here that nothing is wrong, has one that does.

    :param store: the graph after the change.
    :param changed: statements that were added or deleted, derived ones too.
    :param also: nodes to check beside those that the change touches, such as those with which
        something was wrong before.
    :param locator: finds the place of a record in its bundle.
    :raises ShapesError: the shapes are wrong.

    >>> from kmgraph.namespaces import expand
    >>> study = ox.NamedNode("https://e.org/study/1")
    >>> fact = ox.Triple(study, ox.NamedNode(_TYPE), ox.NamedNode(expand("km:Study")))
    >>> native = ox.Store()
    >>> native.add(ox.Quad(study, fact.predicate, fact.object))
    >>> found = validate_changes(OxigraphStore(native, "https://e.org/"), [fact])
    >>> found.report.conforms, [str(result.path) for result in found.report.violations[:1]]
    (False, ['<http://purl.org/dc/terms/identifier>'])
    """
    given = list(dict.fromkeys(changed))
    shapes = read_shapes(artefacts.files("shapes", "*.ttl"))
    look = _Look(Extents(store), shapes)
    nodes: dict[Term, None] = dict.fromkeys(also)
    for triple in given:
        ends = (triple.subject, triple.object)
        nodes.update(dict.fromkeys(end for end in ends if not isinstance(end, ox.Literal)))
    found: dict[Result, None] = {}
    for node in nodes:
        found.update(dict.fromkeys(look.whole(node)))
    for node in {triple.subject for triple in given if triple.predicate.value == _TYPE}:
        found.update(dict.fromkeys(look.pointing_at(node)))
    for target, part, rule in look.queries:
        suspects = look.reached(target, rule, given, nodes)
        if suspects is None:
            found.update(dict.fromkeys(ask(target, part, rule, look.extents)))
        else:
            found.update(dict.fromkeys(ask_of(suspects, part, rule, look.extents)))
    report = Report.of(found)
    if locator is not None:
        report = report.located(locator)
    return Touched(report, frozenset(nodes))


class _Look:
    """Finds what is wrong with nodes of a graph.

    :ivar queries: the SPARQL constraints.
    """

    def __init__(self, extents: Extents, shapes: tuple[TargetShape, ...]) -> None:
        self.extents = extents
        self._shapes = shapes
        self.queries: list[tuple[TargetShape, Shape, Query]] = [
            (target, part, rule)
            for target in shapes
            for part in target.parts
            for rule in part.queries
        ]

    def whole(self, node: Term) -> Iterator[Result]:
        """Yield what is wrong with a node by any shape."""
        for target in self._shapes:
            if self.extents.is_focus(node, target):
                for part in target.parts:
                    for constraint in part.constraints:
                        yield from results(part, constraint, node, self.extents)
                    for rule in part.queries:
                        yield from ask_of([node], part, rule, self.extents)

    def pointing_at(self, node: Term) -> Iterator[Result]:
        """Yield what is wrong with nodes because of the class of one that they point at."""
        for target in self._shapes:
            for part in target.parts:
                for rule in part.constraints:
                    if part.path is None or rule.name not in ("class", "or"):
                        continue
                    if conforms(rule, node, self.extents):
                        continue
                    for subject in self.extents.pointing_at(node, part.path):
                        if self.extents.is_focus(subject, target):
                            yield from results(part, rule, subject, self.extents)

    def reached(
        self,
        target: TargetShape,
        rule: Query,
        changed: Iterable[ox.Triple],
        known: Iterable[Term],
    ) -> list[Term] | None:
        """Return focus nodes of which a SPARQL constraint may see a change from afar.

        :param known: nodes that are checked anyway.
        :returns: the nodes, or None where they are too many to be told.
        """
        found: dict[Term, None] = {}
        for triple in changed:
            predicate = triple.predicate.value
            if not may_look_at(rule, predicate):
                continue
            for pattern in patterns(rule):
                if not pattern.looks_at(predicate):
                    continue
                nodes = self._linked(rule, pattern.subject, triple.subject)
                if nodes is None:
                    return None
                found.update(dict.fromkeys(nodes))
        done = set(known)
        return [n for n in found if n not in done and self.extents.is_focus(n, target)]

    def _linked(self, rule: Query, name: str, term: Term) -> list[Term] | None:
        """Return the nodes that a constraint links to a term, or None for too many.

        :param name: variable that is the term; what is ?this is looked at as it is.
        """
        if name == "?this":
            return []
        if not name.startswith("?"):
            return None if name == str(term) else []
        for chain in chains(rule, name):
            body = " ".join(pattern.text(name, str(term)) for pattern in chain)
            nodes = self.extents.nodes([f"SELECT DISTINCT ?this {{ {body} }} LIMIT {_FEW}"])
            if len(nodes) < _FEW:
                return nodes
        return None
