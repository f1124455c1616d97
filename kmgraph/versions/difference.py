"""Two generations of a store, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyoxigraph as ox

from kmgraph.errors import GraphNotFoundError
from kmgraph.namespaces import RDF
from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.oxigraph import OxigraphView
from kmgraph.stores.views import PUBLIC
from kmgraph.versions.graphs import (
    ASSERTED,
    ComparedGraph,
    TripleChange,
    changed_subjects,
    compared_graphs,
    triple_changes,
)
from kmgraph.versions.records import RecordChange, record_change

_TYPE: Final = f"{RDF}type"


@dataclass(slots=True)
class Touched:
    """What the triples that differ have in them, for whoever asks what they bear on.

    :ivar counts: IRI of a graph to the numbers of its triples that are new and that are gone.
    :ivar properties: IRIs of their properties.
    :ivar classes: IRIs of the classes that something began or ceased to be in.
    """

    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    properties: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)


class Difference:
    """What differs between two generations of a store, worked out as far as it is asked for.

    Both generations are held open, so that they stay, until this is closed. It is a context
    manager that closes itself.

    :param old: id of a generation that is kept.
    :param new: id of another, usually a later one.
    :param view: key of the view to compare.
    :raises GenerationNotFoundError: the store does not keep one of them.
    :raises NotFoundError: one of them has no such view.
    """

    def __init__(self, store: GenerationStore, old: int, new: int, *, view: str = PUBLIC) -> None:
        self.view = view
        self._old = store.open_view(view, old)
        try:
            self._new = store.open_view(view, new)
        except BaseException:
            self._old.close()
            raise
        self.old, self.new = _generation(self._old), _generation(self._new)
        self.graphs = compared_graphs(self.old, self.new, view)
        self._touched: Touched | None = None

    @property
    def old_store(self) -> QuadStore:
        """The view of the older generation."""
        return self._old

    @property
    def new_store(self) -> QuadStore:
        """The view of the newer generation."""
        return self._new

    @property
    def changed_graphs(self) -> tuple[ComparedGraph, ...]:
        """The graphs that are not known to be the same."""
        return tuple(graph for graph in self.graphs if not graph.is_same)

    def parts(self, *parts: str) -> tuple[ComparedGraph, ...]:
        """Return the graphs of some parts, such as ``asserted``."""
        return tuple(graph for graph in self.graphs if graph.part in parts)

    def triples(self, graph: str | None = None) -> Iterator[TripleChange]:
        """Yield the triples that differ, graph by graph.

        :param graph: short name or IRI of the one graph to compare; all by default.
        :raises GraphNotFoundError: neither generation shows such a graph.
        """
        chosen = [one for one in self.graphs if graph in (None, one.name, one.iri)]
        if not chosen and graph is not None:
            raise GraphNotFoundError(f"neither generation shows a graph '{graph}' in this view")
        for one in chosen:
            if not one.is_same:
                yield from triple_changes(self._old, self._new, one.iri)

    def touched(self) -> Touched:
        """Return what the triples that differ have in them; they are read once."""
        if self._touched is None:
            found = Touched()
            for graph in self.changed_graphs:
                signs: Counter[bool] = Counter()
                for change in triple_changes(self._old, self._new, graph.iri):
                    signs[change.is_added] += 1
                    predicate, value = change.triple.predicate.value, change.triple.object
                    found.properties.add(predicate)
                    if predicate == _TYPE:
                        found.classes.add(getattr(value, "value", ""))
                found.counts[graph.iri] = (signs[True], signs[False])
            self._touched = found
        return self._touched

    def records(self, *parts: str) -> Iterator[RecordChange]:
        """Yield the records and other named things that changed, in no order.

        :param parts: of which graphs; ``asserted`` by default.
        """
        graphs = self.parts(*(parts or (ASSERTED,)))
        names = [(graph.name, graph.iri) for graph in graphs]
        for subject in changed_subjects(self._old, self._new, graphs):
            yield record_change(self._old, self._new, subject, names)

    def subjects(self, *parts: str) -> Iterator[ox.NamedNode]:
        """Yield the entities that changed, in no order.

        :param parts: of which graphs; ``asserted`` by default.
        """
        return changed_subjects(self._old, self._new, self.parts(*(parts or (ASSERTED,))))

    def close(self) -> None:
        """Let go of both generations."""
        self._old.close()
        self._new.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _generation(view: OxigraphView) -> Generation:
    """Return the description of the generation that a view belongs to."""
    if not isinstance(view.generation, Generation):  # pragma: no cover - the store gives it
        raise TypeError("the view belongs to no generation")
    return view.generation


def diff(
    store: str | Path | GenerationStore, old: int, new: int | None = None, *, view: str = PUBLIC
) -> Difference:
    """Compare two generations of a store.

    Nothing is read before it is asked for, and graphs whose digests are equal never are. Use what
    is returned as a context manager, since it holds both generations open.

    :param store: the store or its folder.
    :param old: id of a generation that is kept.
    :param new: id of another one; the current one by default.
    :param view: key of the view to compare.
    :raises GenerationNotFoundError: the store does not keep one of them.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     for reason in ("first", "second"):
    ...         with store.begin(reason=reason) as writer:
    ...             _ = writer.publish()
    ...     with diff(store, 1, 2) as difference:
    ...         list(difference.triples())
    []
    """
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    number = target.generation().id if new is None else new
    return Difference(target, old, number, view=view)
