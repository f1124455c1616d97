"""Validate what a change touches, in time that goes with the change and not with the graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, product
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import RDF
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.terms import Term
from kmgraph.validation.checking import conforms, results
from kmgraph.validation.extents import Extents
from kmgraph.validation.patterns import chains, may_look_at, patterns
from kmgraph.validation.queries import SPARQL, ask, ask_of
from kmgraph.validation.report import Report
from kmgraph.validation.result import Locator, Result
from kmgraph.validation.shapes import Constraint, Query, Shape, TargetShape, read_shapes

_TYPE: Final = f"{RDF}type"
#: Nodes beyond which it is quicker to ask of all.
_FEW: Final = 1_000


@dataclass(frozen=True, slots=True)
class Touched:
    """What the nodes that a change touches were found to have.

    :ivar report: what is wrong with them.
    :ivar nodes: the nodes that were checked against every shape. With others only what may have
        changed was looked at.
    :ivar judged: of those others, node, shape and kind of constraint that were looked at.
    :ivar asked: shape and kind of constraint that were asked of all nodes.
    """

    report: Report
    nodes: frozenset[Term]
    judged: frozenset[tuple[Term, Term, str]] = frozenset()
    asked: frozenset[tuple[Term, str]] = frozenset()

    @property
    def near(self) -> frozenset[Term]:
        """Return the nodes that were looked at, wholly or not."""
        return self.nodes | {node for node, _, _ in self.judged}

    def covers(self, result: Result) -> bool:
        """Say whether a result of before was looked for again."""
        shape, component = result.source_shape, result.component
        return (
            result.focus_node in self.nodes
            or (result.focus_node, shape, component) in self.judged
            or (shape, component) in self.asked
        )


def ends_of(triples: Iterable[ox.Triple]) -> dict[Term, None]:
    """Return the nodes that statements are about or point at.

    >>> node = ox.NamedNode("https://e.org/x")
    >>> [end.value for end in ends_of([ox.Triple(node, node, ox.Literal("a"))])]
    ['https://e.org/x']
    """
    found: dict[Term, None] = {}
    for triple in triples:
        ends = (triple.subject, triple.object)
        found.update(dict.fromkeys(end for end in ends if not isinstance(end, ox.Literal)))
    return found


def retyped(triples: Iterable[ox.Triple]) -> set[Term]:
    """Return the nodes whose class statements are about.

    >>> node = ox.NamedNode("https://e.org/x")
    >>> retyped([ox.Triple(node, node, node)])
    set()
    """
    return {triple.subject for triple in triples if triple.predicate.value == _TYPE}


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
    nodes = dict.fromkeys(also) | ends_of(given)
    found = dict.fromkeys(result for node in nodes for result in look.whole(node))
    judged: set[tuple[Term, Term, str]] = set()
    for part, rule, subject in look.pointing_at(retyped(given)):
        judged.add((subject, part.node, rule.component))
        found.update(dict.fromkeys(results(part, rule, subject, look.extents)))
    asked: set[tuple[Term, str]] = set()
    subjects: dict[str, dict[Term, None]] = {}
    for triple in given:
        subjects.setdefault(triple.predicate.value, {})[triple.subject] = None
    for target, part, query in look.queries:
        suspects = look.reached(target, query, subjects, nodes)
        if suspects is None:
            asked.add((part.node, SPARQL))
            found.update(dict.fromkeys(ask(target, part, query, look.extents)))
        else:
            judged.update((node, part.node, SPARQL) for node in suspects)
            found.update(dict.fromkeys(ask_of(suspects, part, query, look.extents)))
    report = Report.of(found)
    if locator is not None:
        report = report.located(locator)
    return Touched(report, frozenset(nodes), frozenset(judged), frozenset(asked))


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

    def pointing_at(self, nodes: Iterable[Term]) -> Iterator[tuple[Shape, Constraint, Term]]:
        """Yield what is wrong because of the class of some nodes: shape, constraint and subject.

        Of each kind of constraint that is broken, all of the shape are yielded.

        :param nodes: the nodes at which subjects point.
        """
        for node, target in product(nodes, self._shapes):
            for part in target.parts:
                for rule in part.constraints:
                    if part.path is None or rule.name not in ("class", "or"):
                        continue
                    if conforms(rule, node, self.extents):
                        continue
                    alike = [other for other in part.constraints if other.name == rule.name]
                    for subject in self.extents.pointing_at(node, part.path):
                        if self.extents.is_focus(subject, target):
                            yield from ((part, other, subject) for other in alike)

    def reached(
        self,
        target: TargetShape,
        rule: Query,
        changed: Mapping[str, Collection[Term]],
        known: Collection[Term],
    ) -> list[Term] | None:
        """Return focus nodes of which a SPARQL constraint may see a change from afar.

        :param changed: property to the subjects of which statements with it have changed.
        :param known: nodes that are checked anyway.
        :returns: the nodes, or None where they are too many to be told.
        """
        found: dict[Term, None] = {}
        named = [predicate for predicate in changed if may_look_at(rule, predicate)]
        for pattern in patterns(rule) if named else ():
            subjects = [changed[name] for name in named if pattern.looks_at(name)]
            nodes = self._linked(rule, pattern.subject, set(chain.from_iterable(subjects)))
            if nodes is None:
                return None
            found.update(dict.fromkeys(nodes))
        return [n for n in found if n not in known and self.extents.is_focus(n, target)]

    def _linked(self, rule: Query, name: str, terms: Collection[Term]) -> list[Term] | None:
        """Return the nodes that a constraint links to terms, or None for too many.

        :param name: variable that is one of the terms; what is ?this is looked at as it is.
        """
        given = [str(term) for term in terms if not isinstance(term, ox.BlankNode)]
        if name == "?this" or not terms:
            return []
        if not name.startswith("?"):
            return None if name in given else []
        if len(given) < len(terms):
            return None
        values = f"VALUES {name} {{ {' '.join(given)} }}"
        for way in chains(rule, name):
            body = " ".join(pattern.text() for pattern in way)
            nodes = self.extents.nodes(
                [f"SELECT DISTINCT ?this {{ {values} {body} }} LIMIT {_FEW}"]
            )
            if len(nodes) < _FEW:
                return nodes
        return None
