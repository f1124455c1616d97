"""Make changes to a view, and keep its default graph the merge of its named graphs.

What a small change does is counted while it is made, so that neither the size nor the digest of a
graph has to be worked out anew from all that it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kmgraph.progress import Progress, ProgressEvent
from kmgraph.stores.delta import Delta
from kmgraph.stores.digest import LineSum, line_of
from kmgraph.stores.loading import load
from kmgraph.stores.oxigraph import remove_unheld

#: Additions above this number of triples are bulk loaded: below, a transaction is quicker and
#: leaves fewer files behind.
BULK_TRIPLES: Final = 20_000
_BATCH: Final = 50_000


@dataclass(frozen=True, slots=True)
class GraphStep:
    """What was done to one graph.

    :ivar added: sum over the triples that it did not have.
    :ivar deleted: sum over those that it has no longer.
    :ivar triples: by how many it has grown.
    """

    added: LineSum
    deleted: LineSum
    triples: int

    def digest(self, before: str) -> str:
        """Return the digest of the graph from the one that it had."""
        return LineSum(before).merge(self.added).without(self.deleted).hexdigest()


@dataclass(slots=True)
class Applied:
    """What was done to a view.

    :ivar loaded: number of triples that were bulk loaded.
    :ivar changed: number of triples that were added or deleted otherwise.
    :ivar graphs: IRI of each graph to what was done to it; None where that was not counted.
    :ivar merged: by how many triples the default graph has grown; None where not counted.
    """

    loaded: int = 0
    changed: int = 0
    graphs: dict[str, GraphStep | None] = field(default_factory=dict)
    merged: int | None = 0


def apply_deltas(
    store: ox.Store, deltas: Iterable[Delta], *, is_new: bool, label: str, progress: Progress
) -> Applied:
    """Make changes to a view and to the merge of its graphs.

    :param deltas: changes, one of each graph.
    :param is_new: whether the view was made from nothing, so that bulk loading is right for any
        size.
    :param label: what the view is called in progress events.
    """
    changes = list(deltas)
    done = Applied()
    for change in changes:
        step = f"{label}: {change.iri}"
        progress(ProgressEvent("bulk_load", step))
        store.add_graph(ox.NamedNode(change.iri))
        _Step(store, change, done).make(is_new, step, progress)
        progress(ProgressEvent("bulk_load", f"{step}: done"))
    # Only now is it known which graphs hold a deleted triple still.
    for change in changes:
        if change.deleted is not None:
            progress(ProgressEvent("bulk_load", f"{label}: default graph"))
            gone = sum(remove_unheld(store, triple) for triple in change.deleted.triples())
            done.merged = None if done.merged is None else done.merged - gone
    return done


class _Step:
    """The change of one graph.

    :param done: is told what was done.
    """

    def __init__(self, store: ox.Store, change: Delta, done: Applied) -> None:
        self._store, self._change, self._done = store, change, done
        self._graph = ox.NamedNode(change.iri)
        self._fresh: list[ox.Triple] = []
        self._deleted = LineSum()
        self._numbers = [0, 0]

    def make(self, is_new: bool, step: str, progress: Progress) -> None:
        """Delete and add."""
        self._delete()
        is_counted = True
        for source in self._change.added:
            if is_new or source.count(BULK_TRIPLES + 1) > BULK_TRIPLES:
                number = load(self._store, source, self._graph, ox.DefaultGraph())
                progress(ProgressEvent("bulk_load", step, number, number))
                self._done.loaded += number
                is_counted = False
            else:
                self._extend(source.triples())
        if not is_counted:
            self._done.merged = self._done.graphs[self._change.iri] = None
            return
        self._count()

    def _delete(self) -> None:
        """Remove triples from the named graph."""
        if self._change.deleted is None:
            return
        for triple in self._change.deleted.triples():
            # The engine writes some literals in another way than they were given.
            for quad in list(self._held(triple, self._graph)):
                self._deleted.add([line_of(quad.triple)])
                self._store.remove(quad)
                self._numbers[1] += 1

    def _extend(self, triples: Iterator[ox.Triple]) -> None:
        """Add triples to the named graph and to the default graph."""
        while batch := list(islice(triples, _BATCH)):
            fresh = [t for t in batch if _quad(t, self._graph) not in self._store]
            merged = [t for t in fresh if _quad(t) not in self._store]
            self._store.extend(_quad(triple, self._graph) for triple in fresh)
            self._store.extend(_quad(triple) for triple in merged)
            self._fresh += fresh
            if self._done.merged is not None:
                self._done.merged += len(self._lines(merged))

    def _count(self) -> None:
        """Note what was done."""
        lines = self._lines(self._fresh)
        added = LineSum()
        added.add(lines)
        self._numbers[0] = len(lines)
        grown = self._numbers[0] - self._numbers[1]
        self._done.changed += sum(self._numbers)
        self._done.graphs[self._change.iri] = GraphStep(added, self._deleted, grown)

    def _lines(self, triples: Iterable[ox.Triple]) -> set[bytes]:
        """Return the lines of triples as the engine keeps them, each once."""
        held = (quad for triple in triples for quad in self._held(triple, self._graph))
        return {line_of(quad.triple) for quad in held}

    def _held(self, triple: ox.Triple, graph: ox.NamedNode) -> Iterator[ox.Quad]:
        """Return the quads of a graph that are a triple."""
        return self._store.quads_for_pattern(triple.subject, triple.predicate, triple.object, graph)


def _quad(triple: ox.Triple, graph: ox.NamedNode | None = None) -> ox.Quad:
    """Return a triple as a quad of a named graph, or of the default graph."""
    if graph is None:
        return ox.Quad(triple.subject, triple.predicate, triple.object)
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)
