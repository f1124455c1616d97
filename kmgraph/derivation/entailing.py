"""What the ontology entails, from each dataset alone and from all of them together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

import pyoxigraph as ox

from kmgraph.derivation.axioms import TYPE as _TYPE
from kmgraph.derivation.axioms import Axioms, Entailer
from kmgraph.namespaces import graph_iri
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

#: Statements of one subject, by property.
Stated = dict[ox.NamedNode, set[Term]]
Fact = tuple[ox.NamedNode, ox.NamedNode, Term]
_Graph = ox.NamedNode | ox.DefaultGraph


class Entailments:
    """Works out what follows of the subjects of the graphs of a store.

    :param store: the store or view.
    :param names: names of the graphs that hold asserted data.
    :param vocabulary: names of the graphs of the ontology and the frameworks.
    """

    def __init__(self, store: QuadStore, names: Iterable[str], vocabulary: Iterable[str]) -> None:
        self._store = store
        self._graphs = {ox.NamedNode(graph_iri(store.base, name)): name for name in names}
        self.axioms = Axioms.read(store)
        self._premises = self.axioms.premises
        self._told = _Told(
            quad
            for name in vocabulary
            for prop in self._premises
            for quad in store.quads(None, prop, None, ox.NamedNode(graph_iri(store.base, name)))
        )
        self._alone = {
            graph: self._entailer(frozenset([graph]), self._held([graph])) for graph in self._graphs
        }
        self._all = frozenset(self._graphs)
        self._together = self._entailer(self._all, self._held(self._all))
        axioms = self.axioms
        self._heads = sorted({*axioms.wider, *axioms.chains, *axioms.transitive}, key=str)
        self._of_vocabulary = Entailer(self.axioms, self._told.forward, self._told.backward)

    def _held(self, graphs: Iterable[ox.NamedNode]) -> frozenset[ox.NamedNode]:
        """Return the flagged properties that graphs or the vocabulary state anything of."""
        return frozenset(
            prop
            for prop in self.axioms.flagged
            if self._told.has(prop)
            or any(next(self._store.quads(None, prop, None, g), None) for g in graphs)
        )

    def _entailer(self, graphs: frozenset[ox.NamedNode], held: frozenset[ox.NamedNode]) -> Entailer:
        """Return what follows from some graphs and the vocabulary."""
        store, told = self._store, self._told
        one = next(iter(graphs)) if len(graphs) == 1 else None
        never = self.axioms.flagged - held

        def forward(prop: ox.NamedNode, subject: Term) -> Iterator[Term]:
            yield from told.forward(prop, subject)
            # Most graphs state few flagged properties, and looking for each of them is dear.
            if prop not in never and isinstance(subject, ox.NamedNode):
                for quad in store.quads(subject, prop, None, one):
                    if quad.graph_name in graphs:
                        yield quad.object

        def backward(prop: ox.NamedNode, target: Term) -> Iterator[Term]:
            yield from told.backward(prop, target)
            for quad in store.quads(None, prop, target, one):
                if quad.graph_name in graphs:
                    yield quad.subject

        return Entailer(self.axioms, forward, backward)

    def of_all(self) -> Iterator[tuple[str, Fact]]:
        """Yield all that follows, with the dataset; it is empty for several together.

        Each statement that something follows from is read once, and what follows from several is
        given several times.
        """
        for graph, name in self._graphs.items():
            told = self._told.subjects_with_types()
            for fact in self._of_graph(graph):
                if fact[1] != _TYPE or fact[0] not in told:
                    yield name, fact
            for subject in told if self._told.starts or self.axioms.classes else ():
                if subject in self._told.starts or self._holds(graph, subject):
                    for fact in self.of_subject(subject, graph).get(name, ()):
                        yield name, fact
        if len(self._graphs) > 1:
            for subject in self._all_starts():
                for fact in self._across(subject):
                    yield "", fact

    def _of_graph(self, graph: ox.NamedNode) -> Iterator[Fact]:
        """Yield what follows from one graph, going through it property by property."""
        axioms, entailer = self.axioms, self._alone[graph]
        stated = {
            wide
            for wide in {wide for kinds in axioms.classes.values() for wide in kinds}
            if next(self._store.quads(None, _TYPE, wide, graph), None)
        }
        for narrow, kinds in axioms.classes.items():
            for quad in self._store.quads(None, _TYPE, narrow, graph):
                if isinstance(quad.subject, ox.NamedNode):
                    for wide in kinds:
                        if not (wide in stated and entailer.is_stated(_TYPE, quad.subject, wide)):
                            yield quad.subject, _TYPE, wide
        for prop in axioms.yields.keys() | axioms.turned.keys():
            heads = axioms.yields.get(prop, set())
            simple = [head for head in heads if axioms.is_simple(head)]
            last: object = None
            for quad in self._store.quads(None, prop, None, graph):
                subject, value = quad.subject, quad.object
                if not isinstance(subject, ox.NamedNode):
                    continue
                for head in simple:
                    yield from entailer.by_statement(head, subject, prop, value)
                for turned in axioms.turned.get(prop, ()):
                    if isinstance(value, ox.NamedNode):
                        if not entailer.is_stated(turned, value, subject):
                            yield value, turned, subject
                if subject != last and len(simple) < len(heads):
                    for head in heads.difference(simple):
                        yield from entailer.by_subject(head, subject)
                last = subject

    def _all_starts(self) -> Iterator[ox.NamedNode]:
        """Yield the subjects of which something may follow from several datasets."""
        yield from self._told.starts
        for prop in self.axioms.yields:
            last: object = None
            for quad in self._store.quads(None, prop, None, None):
                if quad.subject != last and quad.graph_name in self._all:
                    last = quad.subject
                    if isinstance(last, ox.NamedNode):
                        yield last

    def of_subject(
        self, subject: ox.NamedNode, only: ox.NamedNode | None = None
    ) -> dict[str, set[Fact]]:
        """Return what follows of one subject, by dataset; it is empty for several together.

        :param only: the one graph that is looked at; None for all.
        """
        stated = self._stated_of(subject)
        found = {
            name: self._follows(self._alone[graph], subject, stated.get(graph, {}))
            for graph, name in self._graphs.items()
            if only in (None, graph) and (graph in stated or subject in self._told.starts)
        }
        if len(self._graphs) > 1 and only is None:
            found[""] = self._across(subject)
        return found

    def _follows(self, entailer: Entailer, subject: ox.NamedNode, stated: Stated) -> set[Fact]:
        """Return what follows of a subject and neither is stated nor follows without data."""
        told = self._told.of(subject)
        if not told:
            return set(entailer.new_of(subject, stated))
        merged: Stated = defaultdict(set)
        for part in (stated, told):
            for prop, values in part.items():
                merged[prop] |= values
        return set(entailer.new_of(subject, merged)) - set(
            self._of_vocabulary.new_of(subject, told)
        )

    def _across(self, subject: ox.NamedNode) -> set[Fact]:
        """Return what follows of a subject from several datasets and from none of them alone."""
        heads = self._heads
        union = {head: self._together.values(head, subject) for head in heads}
        for entailer in self._alone.values():
            if all(len(union[head]) == len(entailer.values(head, subject)) for head in heads):
                return set()
        return {
            (subject, head, value)
            for head in heads
            for value in union[head]
            if not self._together.is_stated(head, subject, value)
            and not any(value in alone.values(head, subject) for alone in self._alone.values())
        }

    def _stated_of(self, subject: ox.NamedNode) -> dict[ox.NamedNode, Stated]:
        """Return the premises that are stated of a subject, by graph."""
        found: dict[ox.NamedNode, Stated] = {}
        for quad in self._store.quads(subject):
            graph = quad.graph_name
            if graph in self._all:
                stated = found.setdefault(graph, defaultdict(set))  # type: ignore[arg-type]
                if quad.predicate in self._premises:
                    stated[quad.predicate].add(quad.object)
        return found

    def _holds(self, graph: ox.NamedNode, subject: ox.NamedNode) -> bool:
        """Return whether a graph says anything of a subject."""
        return next(self._store.quads(subject, None, None, graph), None) is not None

    def affected(self, changed: Collection[ox.NamedNode]) -> set[ox.NamedNode]:
        """Return the subjects of which something else may follow after a change.

        :param changed: subjects of which statements were added or deleted.
        """
        seen = set(changed)
        pending = list(changed)
        while pending:
            node = pending.pop()
            near: set[Term] = {
                quad.subject for p in self.axioms.yields for quad in self._into(p, node)
            }
            for prop in self.axioms.feeding:
                near.update(quad.object for quad in self._store.quads(node, prop, None, None))
            fresh = [n for n in near if isinstance(n, ox.NamedNode) and n not in seen]
            seen.update(fresh)
            pending.extend(fresh)
        return seen

    def _into(self, prop: ox.NamedNode, node: ox.NamedNode) -> Iterator[ox.Quad]:
        """Return the statements of a property that lead to a node."""
        return self._store.quads(None, prop, node, None)

    def noted(self, subject: ox.NamedNode, graph: ox.NamedNode) -> Iterator[Fact]:
        """Yield what a derived graph says to follow of a subject."""
        heads = {*self.axioms.wider, *self.axioms.chains, *self.axioms.transitive}
        for quad in self._store.quads(subject, None, None, graph):
            if quad.predicate in heads:
                yield subject, quad.predicate, quad.object
        wide = {kind for kinds in self.axioms.classes.values() for kind in kinds}
        for quad in self._store.quads(subject, _TYPE, None, graph):
            if quad.object in wide:
                yield subject, _TYPE, quad.object
        for prop in self.axioms.inverses:
            for quad in self._store.quads(None, prop, subject, graph):
                yield quad.subject, prop, subject  # type: ignore[misc]


class _Told:
    """What the vocabulary states of premises.

    :param premises: its statements that something may follow from.
    """

    def __init__(self, premises: Iterable[ox.Quad]) -> None:
        self._of: dict[Term, Stated] = {}
        self._back: dict[tuple[ox.NamedNode, Term], set[Term]] = defaultdict(set)
        for quad in premises:
            stated = self._of.setdefault(quad.subject, defaultdict(set))
            stated[quad.predicate].add(quad.object)
            self._back[quad.predicate, quad.object].add(quad.subject)
        #: Subjects of the vocabulary of which something may follow from data.
        self.starts = [
            subject
            for subject, stated in self._of.items()
            if isinstance(subject, ox.NamedNode) and stated.keys() - {_TYPE}
        ]

    def subjects_with_types(self) -> set[ox.NamedNode]:
        """Return the subjects that the vocabulary gives a class."""
        return {s for s, stated in self._of.items() if isinstance(s, ox.NamedNode) and stated}

    def of(self, subject: Term) -> Stated:
        """Return what is stated of a subject."""
        return self._of.get(subject, {})

    def forward(self, prop: ox.NamedNode, subject: Term) -> Iterable[Term]:
        """Return the objects of a property and a subject."""
        return self._of.get(subject, {}).get(prop, ())

    def backward(self, prop: ox.NamedNode, target: Term) -> Iterable[Term]:
        """Return the subjects of a property and an object."""
        return self._back.get((prop, target), ())

    def has(self, prop: ox.NamedNode) -> bool:
        """Return whether anything is stated of a property."""
        return any(prop in stated for stated in self._of.values())
