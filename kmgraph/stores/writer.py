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
from kmgraph.stores.base import QuadStore
from kmgraph.stores.delta import OPTIMIZE_TRIPLES, TripleFile, apply_deltas
from kmgraph.stores.digest import EMPTY, dataset_digest, graph_digest
from kmgraph.stores.durable import FileLock, fsync_path, fsync_tree
from kmgraph.stores.meta import Generation, GraphInfo
from kmgraph.stores.oxigraph import OxigraphStore, count_triples
from kmgraph.stores.plan import Change, Plan, Planner
from kmgraph.stores.sidecar_files import SidecarFiles
from kmgraph.stores.view_graphs import describe_view_graphs, replace_view_graphs
from kmgraph.stores.views import check_visibility, token_group_sets, views_for


class GenerationWriter:
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
        self._base, self._lock, self._move_pointer = base, lock, move_pointer
        self._current, self._source, self._is_rollback = current, source, is_rollback
        self._reason, self._progress = reason, progress
        self._group_sets = set(token_group_sets(root))
        self._keeps_views = False
        self._graphs = {g.name: g for g in source.graphs} if source else {}
        self._pending: dict[str, Change] = {}
        self._replaced: set[str] = set()
        self._files = SidecarFiles(self._part / "files")
        self._stores: dict[str, ox.Store] = {}
        self._reads: list[OxigraphStore] = []
        #: View that was given graphs of its own to what they are, once that was measured.
        self._with_own: dict[str, tuple[GraphInfo, ...] | None] = {}
        self._is_started = False
        for folder in ("views", "files", "work"):
            (self._part / folder).mkdir(parents=True)

    @property
    def graphs(self) -> tuple[GraphInfo, ...]:
        """Return the graphs as they are after the last :meth:`prepare`, by name."""
        return tuple(self._graphs[name] for name in sorted(self._graphs))

    def replace_graph(
        self,
        name: str,
        nquads_path: str | Path | None,
        *,
        visibility: str = "public",
        kind: str = "dataset",
        info: Mapping[str, Any] | None = None,
    ) -> None:
        """Give a graph new content, and leave every other graph as it is.

        :param name: name of the graph; its IRI is the base, ``graph/`` and the name.
        :param nquads_path: N-Quads file whose lines are all in this graph and hold no blank
            nodes; None empties the graph. It is read by :meth:`prepare`.
        :param visibility: ``public`` or the name of the one group that sees the graph.
        :raises InputError: the visibility cannot be one.
        """
        described = GraphInfo(
            name,
            graph_iri(self._base, name),
            check_visibility(visibility),
            kind=kind,
            info=dict(info or {}),
        )
        files = [] if nquads_path is None else [TripleFile(Path(nquads_path), described.iri)]
        self._pending[name] = Change(is_replaced=True, files=files, described=described)
        self._replaced.add(name)

    def append_to_graph(
        self, name: str, nquads_path: str | Path, *, info: Mapping[str, Any] | None = None
    ) -> None:
        """Add triples to a graph that there is.

        :param info: what to write down about the graph; None keeps what is written.
        :raises GraphNotFoundError: there is no graph of this name.
        """
        known = self._described(name)
        described = known if info is None else replace(known, info=dict(info))
        change = self._pending.setdefault(name, Change())
        change.files.append(TripleFile(Path(nquads_path), described.iri))
        change.described = described

    def change_graph(
        self,
        described: GraphInfo,
        *,
        added: TripleFile | None = None,
        deleted: TripleFile | None = None,
    ) -> None:
        """Add triples to a graph and delete others from it; nothing else of it is looked at.

        :param described: the graph as it is to be written down; it is made where it is missing.
        :param added: triples to add, none of which is deleted as well.
        :param deleted: triples to delete.
        :raises InputError: the visibility cannot be one.
        :raises PublicationError: more is asked of the same graph.
        """
        if described.name in self._pending:
            raise PublicationError(f"the graph '{described.name}' is changed twice: prepare first")
        check_visibility(described.visibility)
        files = [] if added is None else [added]
        self._pending[described.name] = Change(files=files, deleted=deleted, described=described)

    def remove_graph(self, name: str) -> None:
        """Remove a graph.

        :raises GraphNotFoundError: there is no graph of this name.
        """
        self._described(name)
        self._pending[name] = Change(is_removed=True)
        self._replaced.add(name)

    def _described(self, name: str) -> GraphInfo:
        """Return the description that a graph will have."""
        change = self._pending.get(name)
        if change is None and name in self._graphs:
            return self._graphs[name]
        if change is not None and change.described is not None:
            return change.described
        known = ", ".join(sorted(self._graphs)) or "none"
        raise GraphNotFoundError(f"there is no graph '{name}' (graphs: {known})")

    def prepare(self) -> None:
        """Make what was asked for so far to the unpublished views.

        May be called again after further changes, such as derived statements.

        :raises RdfParseError: a file is not N-Quads of its graph.
        """
        if not self._is_started:
            self._checkpoint()
        wanted = self._wanted_graphs()
        keys = self._keys_of(wanted.values())
        plans = Planner(
            self._part, self._stores, self._keys()[-1], self._graphs, wanted, self._pending
        ).plans(keys)
        loaded = dict.fromkeys(keys, 0)
        for key, plan in plans.items():
            loaded[key] = self._apply(key, plan)
        for key in set(self._stores) - set(keys):
            del self._stores[key]
            shutil.rmtree(self._part / "views" / key)
        for key, plan in plans.items():
            if plan.is_new or loaded[key] > OPTIMIZE_TRIPLES:
                self._progress(ProgressEvent("optimize", key))
                plan.store.optimize()
                self._progress(ProgressEvent("optimize", f"{key}: done"))
        self._graphs = self._measured(wanted, plans[keys[-1]].store)
        self._stores = {key: plans[key].store for key in keys}
        self._pending = {}
        shutil.rmtree(self._part / "work")
        (self._part / "work").mkdir()

    def _checkpoint(self) -> None:
        """Copy the views to start from, through read-only handles."""
        self._is_started = True
        for key in self._source.views if self._source else ():
            assert self._source is not None  # noqa: S101 - for the type checker
            origin = self._generations / f"{self._source.id:06}" / "views" / key
            target = self._part / "views" / key
            self._progress(ProgressEvent("checkpoint", key))
            ox.Store.read_only(str(origin)).backup(str(target))
            self._progress(ProgressEvent("checkpoint", f"{key}: copied"))
            self._stores[key] = ox.Store(str(target))
            self._progress(ProgressEvent("checkpoint", f"{key}: opened"))

    def _wanted_graphs(self) -> dict[str, GraphInfo]:
        """Return the graphs as they are to be."""
        wanted = dict(self._graphs)
        for name, change in self._pending.items():
            wanted.pop(name, None)
            if change.described is not None:
                wanted[name] = change.described
        return wanted

    def _apply(self, key: str, plan: Plan) -> int:
        """Make the changes of one view."""
        loaded = apply_deltas(
            plan.store, plan.deltas, is_new=plan.is_new, label=key, progress=self._progress
        )
        for iri in plan.leaving:
            plan.store.remove_graph(ox.NamedNode(iri))
        return loaded

    def _measured(self, wanted: Mapping[str, GraphInfo], master: ox.Store) -> dict[str, GraphInfo]:
        """Return the graphs with the sizes and digests of those that changed."""
        measured = dict(wanted)
        for name in self._pending.keys() & wanted.keys():
            graph = wanted[name]
            triples = count_triples(master, graph.iri)
            digest = graph_digest(master, graph.iri) if triples else EMPTY
            measured[name] = replace(graph, triples=triples, digest=digest)
        return measured

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
        if not self._stores:
            raise PublicationError("nothing is prepared yet: call prepare() first")
        return self._keys()

    def view(self, key: str) -> QuadStore:
        """Return read access to one prepared view; it ends with the writer.

        :raises PublicationError: :meth:`prepare` was not called yet.
        """
        if key not in self.views:
            raise GraphNotFoundError(f"there is no view '{key}' (views: {', '.join(self.views)})")
        view = OxigraphStore(self._stores[key], self._base)
        self._reads.append(view)
        return view

    def put_derived(self, key: str, files: Mapping[str, Path]) -> None:
        """Give a prepared view the graphs of what is derived from what it shows.

        They replace those that it had. Views without any keep what their origin had, so whoever
        derives does so for each view, after the last :meth:`prepare`.

        :param files: name of a graph to its N-Quads file.
        :raises PublicationError: :meth:`prepare` was not called yet.
        """
        if key not in self.views:
            raise GraphNotFoundError(f"there is no view '{key}' (views: {', '.join(self.views)})")
        by_iri = {graph_iri(self._base, name): path for name, path in files.items()}
        directory = self._part / "work" / f"own-{key}"
        shutil.rmtree(directory, ignore_errors=True)
        shared = {graph.iri for graph in self._graphs.values()}
        store = self._stores[key]
        loaded = replace_view_graphs(
            store, shared, by_iri, directory, label=key, progress=self._progress
        )
        self._with_own[key] = None
        if loaded > OPTIMIZE_TRIPLES:
            self._progress(ProgressEvent("optimize", key))
            store.optimize()

    def own_graphs(self, key: str) -> tuple[GraphInfo, ...]:
        """Return what the graphs are that one prepared view alone has."""
        if key not in self._with_own and self._source and key in self._source.views:
            return tuple(self._source.derived.get(key, ()))
        if self._with_own.get(key) is None:
            shared = {graph.iri for graph in self._graphs.values()}
            self._with_own[key] = describe_view_graphs(self._stores[key], shared, self._base, key)
        return self._with_own[key] or ()

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
        if self._pending or not self._stores:
            self.prepare()
        self._carry_files()
        generation = self._describe(counts or {}, extra or {})
        for view in self._reads:
            view.close()
        for key in list(self._stores):
            self._progress(ProgressEvent("sync", f"flush {key}"))
            self._stores.pop(key).flush()
        shutil.rmtree(self._part / "work")
        (self._part / "in-use.lock").touch()
        (self._part / "meta.json").write_bytes(generation.to_json())
        fsync_tree(self._part, progress=self._progress)
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
        views = {key: count_triples(self._stores[key]) for key in keys}
        derived = {key: self.own_graphs(key) for key in keys}
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
        self._stores.clear()
        if self._part.exists():
            self._progress(ProgressEvent("cleanup", f"discard {self._part.name}"))
            shutil.rmtree(self._part, ignore_errors=True)
        self._lock.release()
