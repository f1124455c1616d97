"""What has to be done to each view of a generation for its graphs to be as they are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyoxigraph as ox

from kmgraph.errors import PublicationError
from kmgraph.stores.delta import Delta, TripleFile, compare, whole_graph, without
from kmgraph.stores.meta import GraphInfo
from kmgraph.stores.views import visible_in


@dataclass(slots=True)
class Change:
    """What is asked of one graph: new content, a change of its content, or removal.

    :ivar deleted: triples to delete from a graph that is not replaced; none of them is added.
    :ivar digest: digest of the new content, where whoever wrote the file worked it out.
    """

    is_replaced: bool = False
    is_removed: bool = False
    files: list[TripleFile] = field(default_factory=list)
    deleted: TripleFile | None = None
    described: GraphInfo | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done to one view.

    :ivar origin: key of the view whose content the store has so far; None where it is empty.
    """

    store: ox.Store
    origin: str | None
    deltas: tuple[Delta, ...]
    leaving: tuple[str, ...]


class Planner:
    """Works out what to do to each view, before any of them is changed.

    :param part: directory of the generation that is being written.
    :param stores: the views as they are.
    :param master: key of the view that holds everything.
    :param before: the graphs as they are, by name.
    :param wanted: the graphs as they are to be.
    :param changes: what is asked of graphs.
    """

    def __init__(
        self,
        part: Path,
        stores: Mapping[str, ox.Store],
        master: str,
        before: Mapping[str, GraphInfo],
        wanted: Mapping[str, GraphInfo],
        changes: Mapping[str, Change],
    ) -> None:
        self._part, self._work = part, part / "work"
        self._stores, self._master = stores, stores.get(master)
        self._before, self._wanted, self._changes = before, wanted, changes
        self._whole: dict[str, TripleFile] = {}
        self._kept: dict[str, TripleFile] = {}
        self._deltas: dict[str, Delta] = {}

    def plans(self, keys: Iterable[str]) -> dict[str, Plan]:
        """Return the plan of each view."""
        return {key: self._plan(key) for key in keys}

    def _plan(self, key: str) -> Plan:
        """Return the plan of one view."""
        shown = visible_in(key)
        store, origin = self._store(key)
        seen = visible_in(origin) if origin is not None else frozenset[str]()
        before = {name for name, graph in self._before.items() if graph.visibility in seen}
        after = {name for name, graph in self._wanted.items() if graph.visibility in shown}
        gone = sorted(before - after)
        deltas = [Delta(self._before[n].iri, deleted=self._content(n)) for n in gone]
        deltas += [self._delta(n) for n in sorted(before & after) if n in self._changes]
        deltas += [Delta(self._wanted[n].iri, self._entering(n)) for n in sorted(after - before)]
        leaving = tuple(self._before[name].iri for name in gone)
        return Plan(store, origin, tuple(deltas), leaving)

    def _store(self, key: str) -> tuple[ox.Store, str | None]:
        """Return the store of a view, and the view whose content it has; None if it is empty."""
        stores = self._stores
        if key in stores:
            return stores[key], key
        path = self._part / "views" / key
        smaller = [other for other in stores if visible_in(other) < visible_in(key)]
        if not smaller:
            return ox.Store(str(path)), None
        origin = max(smaller, key=lambda other: len(stores[other]))
        stores[origin].backup(str(path))
        return ox.Store(str(path)), origin

    def _content(self, name: str) -> TripleFile:
        """Return the content that a graph had, as a file."""
        if name not in self._whole:
            if self._master is None:  # pragma: no cover - without a master no graph was there
                raise PublicationError(f"the graph '{name}' is in no view")
            path = self._work / f"whole-{len(self._whole)}.nt"
            self._whole[name] = whole_graph(self._master, self._before[name].iri, path)
        return self._whole[name]

    def _delta(self, name: str) -> Delta:
        """Return the change of a graph that a view shows before and after."""
        if name not in self._deltas:
            change, iri = self._changes[name], self._wanted[name].iri
            added = tuple(change.files)
            delta = Delta(iri, added, change.deleted)
            if change.is_replaced and not added:
                delta = Delta(iri, deleted=self._content(name))
            elif change.is_replaced and self._master is not None:
                directory = self._work / f"delta-{len(self._deltas)}"
                directory.mkdir()
                delta = compare(self._master, iri, added[0], directory)
                delta = replace(delta, added=(*delta.added, *added[1:]))
            self._deltas[name] = delta
        return self._deltas[name]

    def _entering(self, name: str) -> tuple[TripleFile, ...]:
        """Return the content of a graph that a view did not show before."""
        change = self._changes.get(name)
        added = tuple(change.files) if change else ()
        if name not in self._before or (change and change.is_replaced):
            return added
        if change is None or change.deleted is None:
            return (self._content(name), *added)
        if name not in self._kept:
            path = self._work / f"kept-{len(self._kept)}.nt"
            self._kept[name] = without(self._content(name), change.deleted, path)
        return (self._kept[name], *added)
