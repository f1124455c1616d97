"""The flagged axioms of the ontology, and what follows from them of one subject.

The rules of ``queries/construct/entailment`` say what follows, of a store that is held in memory.
Here the same is worked out of one subject at a time, from the few statements that it needs, so
that a graph of any size is gone through once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import RDF
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

TYPE: Final = ox.NamedNode(f"{RDF}type")
#: Goals that are remembered before all are forgotten; it bounds the memory.
REMEMBERED_GOALS: Final = 20_000

#: Gives the objects of a subject and predicate, or the subjects of a predicate and object.
Lookup = Callable[[ox.NamedNode, Term], Iterable[Term]]


@dataclass(frozen=True, slots=True)
class Axioms:
    """Flagged axioms, by what they start from and by what they yield.

    :ivar classes: class to the flagged classes above it.
    :ivar wider: flagged property to the properties below it.
    :ivar inverses: flagged property to those that it is the inverse of.
    :ivar chains: flagged property to its chains of two.
    :ivar transitive: flagged properties that are transitive.
    :ivar yields: property to the flagged properties that a statement of it may yield of its
        subject.
    :ivar turned: property to its flagged inverses, which a statement of it yields of its object.
    """

    classes: dict[ox.NamedNode, set[ox.NamedNode]]
    wider: dict[ox.NamedNode, set[ox.NamedNode]]
    inverses: dict[ox.NamedNode, set[ox.NamedNode]]
    chains: dict[ox.NamedNode, set[tuple[ox.NamedNode, ox.NamedNode]]]
    transitive: frozenset[ox.NamedNode]
    yields: dict[ox.NamedNode, set[ox.NamedNode]] = field(default_factory=dict)
    turned: dict[ox.NamedNode, set[ox.NamedNode]] = field(default_factory=dict)

    @classmethod
    def read(cls, store: QuadStore) -> Axioms:
        """Read the axioms that a store holds in its default graph.

        >>> from kmgraph.stores.oxigraph import MemoryStore
        >>> Axioms.read(MemoryStore()).transitive
        frozenset()
        """
        found: dict[str, dict[ox.NamedNode, set[tuple[ox.NamedNode, ...]]]] = defaultdict(
            lambda: defaultdict(set)
        )
        answer = store.query(artefacts.read_text("queries", "support/axioms.rq"))
        for axiom, flagged, first, second in answer if isinstance(answer, Solutions) else ():
            parts = tuple(term for term in (first, second) if isinstance(term, ox.NamedNode))
            if isinstance(axiom, ox.Literal) and isinstance(flagged, ox.NamedNode):
                found[axiom.value][flagged].add(parts)
        axioms = cls(
            classes=_turned(_firsts(found["superclass"])),
            wider=_firsts(found["superproperty"]),
            inverses=_firsts(found["inverse-property"]),
            chains={
                flagged: {(pair[0], pair[1]) for pair in pairs}
                for flagged, pairs in found["property-chain"].items()
            },
            transitive=frozenset(found["transitive-property"]),
        )
        axioms.turned.update(_turned(axioms.inverses))
        axioms.yields.update(axioms._reached())
        return axioms

    def _reached(self) -> dict[ox.NamedNode, set[ox.NamedNode]]:
        """Return for each property the flagged ones that may follow of the same subject."""
        steps: dict[ox.NamedNode, set[ox.NamedNode]] = defaultdict(set)
        for flagged, below in self.wider.items():
            for prop in below:
                steps[prop].add(flagged)
        for flagged, pairs in self.chains.items():
            for first, _ in pairs:
                steps[first].add(flagged)
        for flagged in self.transitive:
            steps[flagged].add(flagged)
        reached: dict[ox.NamedNode, set[ox.NamedNode]] = {}
        for start in list(steps):
            seen: set[ox.NamedNode] = set()
            pending = [start]
            while pending:
                for prop in steps.get(pending.pop(), ()):
                    if prop not in seen:
                        seen.add(prop)
                        pending.append(prop)
            reached[start] = seen
        return reached

    @property
    def premises(self) -> frozenset[ox.NamedNode]:
        """Return the properties whose statements something may follow from."""
        found = {TYPE, *self.yields, *self.turned, *self.wider, *self.inverses, *self.chains}
        found.update(second for pairs in self.chains.values() for _, second in pairs)
        return frozenset(found | self.transitive)

    @property
    def flagged(self) -> frozenset[ox.NamedNode]:
        """Return the flagged properties."""
        return frozenset({*self.wider, *self.chains, *self.transitive, *self.inverses})

    @property
    def feeding(self) -> frozenset[ox.NamedNode]:
        """Return the properties by whose flagged inverses a chain goes on from their objects."""
        seconds = {second for pairs in self.chains.values() for _, second in pairs}
        return frozenset(prop for prop, turned in self.turned.items() if turned & seconds)

    def is_simple(self, head: ox.NamedNode) -> bool:
        """Return whether each statement yields what it does of a flagged property by itself."""
        starts = {first for first, _ in self.chains.get(head, ())} | self.wider.get(head, set())
        flagged = {*self.wider, *self.chains, *self.transitive}
        return head not in self.transitive and not starts & flagged

    @property
    def are_local(self) -> bool:
        """Return whether flagged inverses start from stated properties and yield nothing else.

        Then what follows of a subject, and of whom it names, is found from the subject alone.
        """
        flagged = {*self.wider, *self.chains, *self.transitive}
        premises = {*self.turned}
        starts = {*self.yields}
        inverse = self.inverses.keys()
        return not (inverse & (flagged | premises | starts) or premises & flagged)


def _firsts(
    found: dict[ox.NamedNode, set[tuple[ox.NamedNode, ...]]],
) -> dict[ox.NamedNode, set[ox.NamedNode]]:
    """Return axioms that start from one class or property, by what they yield."""
    return {flagged: {parts[0] for parts in several} for flagged, several in found.items()}


def _turned(
    found: dict[ox.NamedNode, set[ox.NamedNode]],
) -> dict[ox.NamedNode, set[ox.NamedNode]]:
    """Return a table the other way round."""
    turned: dict[ox.NamedNode, set[ox.NamedNode]] = defaultdict(set)
    for key, values in found.items():
        for value in values:
            turned[value].add(key)
    return dict(turned)


class Entailer:
    """Works out what holds of a subject by the axioms, from look-ups in the statements.

    :param forward: gives the objects that are stated of a property and a subject.
    :param backward: gives the subjects that are stated of a property and an object.
    """

    def __init__(self, axioms: Axioms, forward: Lookup, backward: Lookup) -> None:
        self._axioms = axioms
        self._forward, self._backward = forward, backward
        self._known: dict[tuple[ox.NamedNode, Term], set[Term]] = {}
        self._found: dict[tuple[ox.NamedNode, Term], set[Term]] = {}
        self._visited: set[tuple[ox.NamedNode, Term]] = set()
        self._is_circular = False

    def values(self, prop: ox.NamedNode, subject: Term) -> set[Term]:
        """Return the objects of a property and a subject, stated or entailed."""
        goal = (prop, subject)
        if goal not in self._known:
            if len(self._known) > REMEMBERED_GOALS:
                self._known.clear()
            self._found, size = {}, -1
            # Goals that need each other are gone through until none of them grows.
            while (now := sum(map(len, self._found.values()))) != size:
                size, self._is_circular = now, False
                self._visited = set()
                self._visit(goal)
                if not self._is_circular:
                    break
            self._known.update(self._found)
        return self._known[goal]

    def _visit(self, goal: tuple[ox.NamedNode, Term]) -> set[Term]:
        """Return what is found so far of a goal, after one step from each goal that it needs."""
        if goal in self._known:
            return self._known[goal]
        if goal in self._visited:
            self._is_circular = True
            return self._found[goal]
        self._visited.add(goal)
        found = self._found.setdefault(goal, set())
        prop, subject = goal
        axioms = self._axioms
        if isinstance(subject, ox.Literal):
            return found
        found.update(self._forward(prop, subject))
        for below in axioms.wider.get(prop, ()):
            found |= self._visit((below, subject))
        for turned in axioms.inverses.get(prop, ()):
            found.update(self._backward(turned, subject))
        for first, second in axioms.chains.get(prop, ()):
            for middle in list(self._visit((first, subject))):
                found |= self._visit((second, middle))
        if prop in axioms.transitive:
            for middle in list(found):
                found |= self._visit((prop, middle))
        return found

    def is_stated(self, prop: ox.NamedNode, subject: Term, value: Term) -> bool:
        """Return whether a statement is made, as far as it matters."""
        return value in self._forward(prop, subject)

    def by_statement(
        self, head: ox.NamedNode, subject: ox.NamedNode, prop: ox.NamedNode, value: Term
    ) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, Term]]:
        """Yield what one statement yields of a flagged property that is simple."""
        axioms = self._axioms
        found: set[Term] = {value} if prop in axioms.wider.get(head, ()) else set()
        for first, second in axioms.chains.get(head, ()):
            if first == prop:
                found |= self.values(second, value)
        for value in found:
            if not self.is_stated(head, subject, value):
                yield subject, head, value

    def by_subject(
        self, head: ox.NamedNode, subject: ox.NamedNode
    ) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, Term]]:
        """Yield what follows of a subject of one flagged property."""
        for value in self.values(head, subject):
            if not self.is_stated(head, subject, value):
                yield subject, head, value

    def new_of(
        self, subject: ox.NamedNode, stated: dict[ox.NamedNode, set[Term]]
    ) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, Term]]:
        """Yield what follows of a subject and is not stated, inverses of it included.

        :param stated: what is stated of the subject, by property; premises are enough.
        """
        axioms = self._axioms
        kinds = stated.get(TYPE, ())
        for wide in {w for kind in kinds for w in axioms.classes.get(kind, ())}:  # type: ignore[arg-type]
            if wide not in kinds:
                yield subject, TYPE, wide
        for prop in {p for start in stated for p in axioms.yields.get(start, ())}:
            for value in self.values(prop, subject) - stated.get(prop, set()):
                yield subject, prop, value
        for prop in axioms.turned.keys() & stated.keys():
            for turned in axioms.turned[prop]:
                for value in stated[prop]:
                    if isinstance(value, ox.NamedNode) and subject not in self._forward(
                        turned, value
                    ):
                        yield value, turned, subject
