"""The writing of one new generation of a store.

Work is done in ``generations/NNNNNN.part``, on checkpoints of the views it starts from, and
becomes visible only when it is published. A published generation is never opened for writing.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyoxigraph as ox

from kmgraph.errors import GraphNotFoundError, PublicationError
from kmgraph.namespaces import graph_iri
from kmgraph.progress import Progress, ProgressEvent
from kmgraph.stores.applying import Applied, apply_deltas
from kmgraph.stores.base import QuadStore
from kmgraph.stores.delta import MEMORY_TRIPLES, Delta, TripleFile
from kmgraph.stores.digest import EMPTY, dataset_digest, is_line_sum
from kmgraph.stores.durable import FileLock, files_below, fsync_path, fsync_tree
from kmgraph.stores.meta import Generation, GraphInfo
from kmgraph.stores.oxigraph import OxigraphStore, count_triples
from kmgraph.stores.plan import Plan, Planner
from kmgraph.stores.prepared import PreparedView, checkpoint, copy_without, derived_of
from kmgraph.stores.requests import GraphRequests
from kmgraph.stores.sidecar_files import SidecarFiles
from kmgraph.stores.view_graphs import measured, replace_view_graphs
from kmgraph.stores.views import token_group_sets, views_for, visible_in


class GenerationWriter(GraphRequests):
    """Writes one generation; got from ``GenerationStore.begin``.

    Leaving the context without having published throws the work away.
    """

    def __init__(
        self,
        root: Path,
        base: str,
        lock: FileLock,
        move_pointer: Callable[[int, Progress], None],
        *,
        current: int | None,
        source: Generation | None,
        is_rollback: bool,
        reason: str,
        progress: Progress,
    ) -> None:
        self.generation_id = (current or 0) + 1
        self._generations = root / "generations"
        self._part = self._generations / f"{self.generation_id:06}.part"
        self._lock, self._move_pointer = lock, move_pointer
        self._current, self._source, self._is_rollback = current, source, is_rollback
        self._reason, self._progress = reason, progress
        self._group_sets = set(token_group_sets(root))
        self._keeps_views = False
        super().__init__(base, source.graphs if source else ())
        self._files = SidecarFiles(self._part / "files")
        self._views: dict[str, PreparedView] = {}
        self._reads: list[OxigraphStore] = []
        self._is_started = False
        for folder in ("views", "files", "work"):
            (self._part / folder).mkdir(parents=True)

    def prepare(self) -> None:
        """Make what was asked for so far to the unpublished views.

        May be called again after further changes, such as derived statements. Where most of a
        view is replaced, what followed from it goes too, and has to be put there anew.

        :raises RdfParseError: a file is not N-Quads of its graph.
        """
        if not self._is_started:
            self._start()
        wanted = self._wanted_graphs()
        keys = self._keys_of(wanted.values())
        plans = self._plans(wanted, keys)
        views = {key: self._prepared(key, plan) for key, plan in plans.items()}
        done = {key: self._apply(views[key], plan) for key, plan in plans.items()}
        for key in set(self._views) - set(keys):
            del self._views[key]
            shutil.rmtree(self._part / "views" / key)
        self._remove_taken()
        for key, view in views.items():
            view.optimise_if_due(self._progress, is_new=plans[key].origin is None)
        self._graphs = self._measured(wanted, plans[keys[-1]], done[keys[-1]])
        self._views = views
        self._pending = {}
        shutil.rmtree(self._part / "work")
        (self._part / "work").mkdir()

    def _remove_taken(self) -> None:
        """Remove the files that were handed over, now that every view has loaded them."""
        for file in (file for change in self._pending.values() for file in change.files):
            if file.is_handed_over:
                file.path.unlink()

    def _plans(self, wanted: Mapping[str, GraphInfo], keys: Iterable[str]) -> dict[str, Plan]:
        """Return what is to be done to each view; nothing else holds on to those that go."""
        stores = {key: view.store for key, view in self._views.items()}
        master = self._keys()[-1]
        planner = Planner(self._part, stores, master, self._graphs, wanted, self._pending)
        return planner.plans(keys)

    def _start(self) -> None:
        """Copy the views to start from, without what is replaced where that is most of them."""
        self._is_started = True
        source = self._source
        if source is None:
            return
        dropped = self._dropped()
        for key in source.views:
            origin = self._generations / f"{source.id:06}" / "views" / key
            target = self._part / "views" / key
            if dropped:
                graphs, work = self._graphs.values(), self._part / "work"
                self._views[key] = copy_without(
                    graphs, dropped, key, (origin, target), work, self._progress
                )
            else:
                self._views[key] = checkpoint(source, key, origin, target, self._progress)
        master = self._views[source.master].store
        for name, graph in self._graphs.items():
            if name in dropped:
                self._graphs[name] = replace(graph, triples=0, digest=EMPTY)
            elif not is_line_sum(graph.digest):
                self._graphs[name] = measured(master, graph, None, None)

    def _dropped(self) -> set[str]:
        """Return the names of large graphs that get new content, if they are most of the store."""
        graphs = self._graphs.values()
        names = {g.name for g in graphs if g.name in self._replaced and g.triples > MEMORY_TRIPLES}
        gone = sum(graph.triples for graph in graphs if graph.name in names)
        return names if 2 * gone > sum(graph.triples for graph in graphs) else set()

    def _prepared(self, key: str, plan: Plan) -> PreparedView:
        """Return a view as it is before a plan is carried out."""
        if key in self._views:
            return self._views[key]
        origin = self._views.get(plan.origin or "")
        if origin is None:
            return PreparedView(plan.store, key)
        return PreparedView(plan.store, key, origin.merged, None, origin.unoptimised)

    def _apply(self, view: PreparedView, plan: Plan) -> Applied:
        """Make the changes of one view."""
        is_new = plan.origin is None
        done = apply_deltas(
            plan.store, plan.deltas, is_new=is_new, label=view.key, progress=self._progress
        )
        for iri in plan.leaving:
            plan.store.remove_graph(ox.NamedNode(iri))
        view.note(done)
        return done

    def _measured(
        self, wanted: Mapping[str, GraphInfo], plan: Plan, done: Applied
    ) -> dict[str, GraphInfo]:
        """Return the graphs with the sizes and digests of those that changed.

        :param plan: that of the view that shows everything.
        """
        found, master = dict(wanted), plan.store
        shown = visible_in(plan.origin) if plan.origin else frozenset()
        for name in self._pending.keys() & wanted.keys():
            graph, change = wanted[name], self._pending[name]
            said = change.files[0].statements if len(change.files) == 1 else None
            is_told = change.is_replaced and change.digest is not None and said is not None
            if is_told and count_triples(master, graph.iri) == said:
                found[name] = replace(graph, triples=said or 0, digest=change.digest or EMPTY)
                continue
            before = self._graphs.get(name)
            if before is None or before.visibility not in shown:
                before = replace(graph, triples=0, digest=EMPTY)
            found[name] = measured(master, graph, before, done.graphs.get(graph.iri))
        return found

    def master_view(self) -> QuadStore:
        """Return read access to everything prepared so far; it ends with the writer.

        :raises PublicationError: :meth:`prepare` was not called yet.
        """
        return self.view(self.views[-1])

    @property
    def views(self) -> tuple[str, ...]:
        """Return the keys of the prepared views; the last shows everything.

        :raises PublicationError: :meth:`prepare` was not called yet.
        """
        if not self._views:
            raise PublicationError("nothing is prepared yet: call prepare() first")
        return self._keys()

    def view(self, key: str) -> QuadStore:
        """Return read access to one prepared view; it ends with the writer.

        :raises PublicationError: :meth:`prepare` was not called yet.
        """
        view = OxigraphStore(self._prepared_view(key).store, self._base)
        self._reads.append(view)
        return view

    def put_derived(
        self, key: str, files: Mapping[str, Path], *, takes_files: bool = False
    ) -> None:
        """Give a prepared view the graphs of what is derived from what it shows.

        They replace those that it had. Views without any keep what their origin had, so whoever
        derives does so for each view, after the last :meth:`prepare`.

        :param files: name of a graph to its N-Quads file.
        :param takes_files: whether the files are removed once they are loaded.
        :raises PublicationError: :meth:`prepare` was not called yet.
        """
        view = self._prepared_view(key)
        by_iri = {graph_iri(self._base, name): path for name, path in files.items()}
        directory = self._part / "work" / f"own-{key}"
        shutil.rmtree(directory, ignore_errors=True)
        shared = self._shared()
        view.own_graphs(shared, self._base)
        done = replace_view_graphs(
            view.store, shared, by_iri, directory, label=key, progress=self._progress
        )
        if takes_files:
            for path in files.values():
                path.unlink()
        view.own_changed(done, shared, self._base)
        view.optimise_if_due(self._progress)

    def change_derived(
        self, key: str, changes: Mapping[str, tuple[TripleFile | None, TripleFile | None]]
    ) -> None:
        """Add triples to graphs that one prepared view alone has, and delete others from them.

        It costs time in proportion to the change. Graphs that are not named stay as they are.

        :param changes: name of a graph, which is made where it is missing, to the triples to add
            and those to delete; none is in both.
        :raises PublicationError: :meth:`prepare` was not called yet.
        """
        view, shared = self._prepared_view(key), self._shared()
        view.own_graphs(shared, self._base)
        deltas = [
            Delta(graph_iri(self._base, name), () if added is None else (added,), deleted)
            for name, (added, deleted) in sorted(changes.items())
        ]
        done = apply_deltas(view.store, deltas, is_new=False, label=key, progress=self._progress)
        view.own_changed(done, shared, self._base)

    def own_graphs(self, key: str) -> tuple[GraphInfo, ...]:
        """Return what the graphs are that one prepared view alone has."""
        return derived_of(self._views, [key], self._shared(), self._base)[key]

    def _prepared_view(self, key: str) -> PreparedView:
        """Return a prepared view."""
        if key not in self.views:
            raise GraphNotFoundError(f"there is no view '{key}' (views: {', '.join(self.views)})")
        return self._views[key]

    def _shared(self) -> set[str]:
        """Return the IRIs of the graphs that views share."""
        return {graph.iri for graph in self._graphs.values()}

    def _keys(self) -> tuple[str, ...]:
        """Return the keys of the views of the prepared graphs."""
        return self._keys_of(self._graphs.values())

    def _keys_of(self, graphs: Iterable[GraphInfo]) -> tuple[str, ...]:
        """Return the keys of the views that graphs and tokens demand."""
        if self._keeps_views and self._source:
            return self._source.views
        return views_for((graph.visibility for graph in graphs), self._group_sets)

    def want_view(self, groups: Iterable[str]) -> None:
        """Make a view of a set of groups, beside those that the tokens of the store open.

        :param groups: names of groups; those that no graph is for are left out.
        """
        self._group_sets.add(frozenset(groups))

    def keep_views(self) -> None:
        """Make no view that the generation does not have from which the writer starts.

        It is for writers that neither change graphs nor derive anything.
        """
        self._keeps_views = True

    @property
    def new_views(self) -> tuple[str, ...]:
        """Return the keys of prepared views that the generation before does not have.

        What is derived of what they show has to be put there.
        """
        held = self._source.views if self._source else ()
        return tuple(key for key in self.views if key not in held)

    def put_file(self, name: str, content: str | Path | bytes, *, graph: str | None = None) -> None:
        """Put a file beside the views.

        :param name: relative name, which may have folders.
        :param content: path of a file to copy, or bytes.
        :param graph: name of the graph that the file is about. Later generations keep the file
            until that graph is replaced or removed; a file of no graph is of this generation only.
        :raises InputError: the name leads out of the generation.
        """
        self._files.put(name, content, graph)

    def _carry_files(self) -> None:
        """Take over the sidecar files of graphs that did not get new content."""
        if self._source is None:
            return

        def is_kept(graph: str | None) -> bool:
            """Say whether a graph has the content that it had."""
            return self._is_rollback or (graph in self._graphs and graph not in self._replaced)

        origin = self._generations / f"{self._source.id:06}" / "files"
        self._files.carry(origin, self._source.files, is_kept)

    def publish(
        self,
        *,
        counts: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> Generation:
        """Make the prepared state the current generation.

        Everything is on the disk before the pointer moves, so a crash at any moment leaves the
        old or the new generation.

        :param counts: what the caller counted; the numbers of triples and graphs are added.
        :param extra: what else to write down.
        :param reason: why, where that was not known when the writer began.
        """
        self._reason = reason or self._reason
        if self._pending or not self._views:
            self.prepare()
        self._carry_files()
        generation = self._describe(counts or {}, extra or {})
        for view in self._reads:
            view.close()
        for key in list(self._views):
            self._progress(ProgressEvent("sync", f"flush {key}"))
            self._views.pop(key).store.flush()
        shutil.rmtree(self._part / "work")
        (self._part / "in-use.lock").touch()
        (self._part / "meta.json").write_bytes(generation.to_json())
        # What the generation before holds is on the disk: its files have a second name here.
        before = self._generations / f"{self._source.id:06}" if self._source else None
        synced = files_below(before) if before else ()
        fsync_tree(self._part, synced=synced, progress=self._progress)
        final = self._part.with_suffix("")
        self._progress(ProgressEvent("sync", f"rename to {final.name}"))
        self._part.rename(final)
        self._progress(ProgressEvent("sync", "fsync generations"))
        fsync_path(self._generations)
        self._progress(ProgressEvent("sync", f"{final.name} is on the disk"))
        self._move_pointer(self.generation_id, self._progress)
        return generation

    def _describe(self, counts: Mapping[str, Any], extra: Mapping[str, Any]) -> Generation:
        """Return the description of the generation to publish."""
        keys = self._keys()
        views = {key: self._views[key].size() for key in keys}
        derived = derived_of(self._views, keys, self._shared(), self._base)
        graphs = (*self.graphs, *derived[keys[-1]])
        named = sum(graph.triples for graph in graphs)
        own = {"triples": views[keys[-1]], "quads": named, "graphs": len(graphs)}
        return Generation(
            id=self.generation_id,
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            parent=self._current,
            reason=self._reason,
            graphs=self.graphs,
            views=keys,
            counts={**counts, **own, "views": views},
            digest=dataset_digest({graph.iri: graph.digest for graph in graphs}),
            files=dict(sorted(self._files.graphs.items())),
            extra=dict(extra),
            derived={key: described for key, described in derived.items() if described},
            unoptimised={key: self._views[key].unoptimised for key in keys},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for view in self._reads:
            view.close()
        self._views.clear()
        if self._part.exists():
            self._progress(ProgressEvent("cleanup", f"discard {self._part.name}"))
            shutil.rmtree(self._part, ignore_errors=True)
        self._lock.release()
