"""The views of a generation that is being written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from kmgraph.progress import Progress, ProgressEvent
from kmgraph.stores.applying import Applied
from kmgraph.stores.delta import whole_graph
from kmgraph.stores.digest import is_line_sum
from kmgraph.stores.layers import is_due_at_once
from kmgraph.stores.loading import load
from kmgraph.stores.meta import Generation, GraphInfo
from kmgraph.stores.oxigraph import count_triples
from kmgraph.stores.view_graphs import describe_view_graphs
from kmgraph.stores.views import visible_in


@dataclass(slots=True)
class PreparedView:
    """One view that is being written, and what is known of it without counting.

    :ivar store: the engine's store.
    :ivar key: key of the view.
    :ivar merged: number of triples of the default graph; None where they have to be counted.
    :ivar own: the graphs that this view alone has, by IRI; None where they have to be measured.
    :ivar unoptimised: number of statements written since the view was last optimised.
    """

    store: ox.Store
    key: str
    merged: int | None = 0
    own: dict[str, GraphInfo] | None = field(default_factory=dict)
    unoptimised: int = 0

    def note(self, done: Applied) -> None:
        """Take account of what was done to the view."""
        self.unoptimised += done.loaded + done.changed
        is_known = self.merged is not None and done.merged is not None
        self.merged = (self.merged or 0) + (done.merged or 0) if is_known else None

    def optimise_if_due(self, progress: Progress, *, is_new: bool = False) -> None:
        """Optimise the view where much was loaded, without which all that follows would be slow.

        :param is_new: whether it was made from nothing.
        """
        if is_new or is_due_at_once(self.unoptimised, len_of(self)):
            progress(ProgressEvent("optimize", self.key))
            self.store.optimize()
            self.unoptimised = 0
            progress(ProgressEvent("optimize", f"{self.key}: done"))

    def size(self) -> int:
        """Return the number of triples of the default graph."""
        if self.merged is None:
            self.merged = count_triples(self.store)
        return self.merged

    def own_graphs(self, shared: Collection[str], base: str) -> dict[str, GraphInfo]:
        """Return the graphs that this view alone has, by IRI.

        :param shared: IRIs of the graphs that views share.
        """
        if self.own is None:
            self.own = describe_view_graphs(self.store, shared, base, self.key)
        return self.own

    def own_changed(self, done: Applied, shared: Collection[str], base: str) -> None:
        """Take account of what was done to the graphs that this view alone has."""
        self.note(done)
        self.own = describe_view_graphs(
            self.store, shared, base, self.key, before=self.own, steps=done.graphs
        )


def checkpoint(
    source: Generation, key: str, origin: Path, target: Path, progress: Progress
) -> PreparedView:
    """Copy a view of a published generation, through a read-only handle, and open the copy.

    :param origin: directory of the view.
    :param target: directory of the copy.
    """
    progress(ProgressEvent("checkpoint", key))
    ox.Store.read_only(str(origin)).backup(str(target))
    progress(ProgressEvent("checkpoint", f"{key}: copied"))
    store = ox.Store(str(target))
    progress(ProgressEvent("checkpoint", f"{key}: opened"))
    own = {graph.iri: graph for graph in source.derived.get(key, ())}
    is_known = all(is_line_sum(graph.digest) for graph in own.values())
    merged = source.counts.get("views", {}).get(key)
    return PreparedView(
        store, key, merged, own if is_known else None, source.unoptimised.get(key, 0)
    )


def copy_without(
    graphs: Iterable[GraphInfo],
    dropped: Collection[str],
    key: str,
    paths: tuple[Path, Path],
    work: Path,
    progress: Progress,
) -> PreparedView:
    """Load into a new view what a published one shows, but for some graphs.

    Where most of a view goes, this is cheaper than to take it out triple by triple. The graphs
    that the view alone has are left out as well: they followed from what goes.

    :param graphs: the graphs of the generation.
    :param dropped: names of those to leave empty.
    :param paths: directory of the published view, and that of the new one.
    :param work: folder for files that are read and removed at once.
    """
    progress(ProgressEvent("checkpoint", key))
    origin, store = ox.Store.read_only(str(paths[0])), ox.Store(str(paths[1]))
    view = PreparedView(store, key, None)
    for graph in graphs:
        if graph.visibility not in visible_in(key):
            continue
        name = ox.NamedNode(graph.iri)
        store.add_graph(name)
        if graph.name not in dropped:
            file = whole_graph(origin, graph.iri, work / "kept.nt")
            view.unoptimised += load(store, file, name, ox.DefaultGraph())
            file.path.unlink()
    progress(ProgressEvent("checkpoint", f"{key}: opened"))
    return view


def len_of(view: PreparedView) -> int:
    """Return about how many statements a view holds, without counting them.

    >>> len_of(PreparedView(ox.Store(), "public", 7))
    7
    """
    return max(view.merged or 0, view.unoptimised)


def derived_of(
    views: Mapping[str, PreparedView], keys: Iterable[str], shared: Collection[str], base: str
) -> dict[str, tuple[GraphInfo, ...]]:
    """Return the graphs that each view alone has, in the order of their IRIs.

    >>> derived_of({}, (), (), "https://x.org/")
    {}
    """
    return {key: tuple(views[key].own_graphs(shared, base).values()) for key in keys}
