"""The data that are served, kept up to date without disturbing running requests.

A request leases the view that its caller may see when it first needs data, and keeps it to its
end. When the store's pointer has moved, the next lease opens the new generation; a view of an old
one is closed when its last request is done.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from kmgraph.dataset import EvidenceDataset
from kmgraph.described import described
from kmgraph.errors import KmGraphError, NotFoundError, StoreUnavailableError
from kmgraph.execution.messages import Job, Outcome
from kmgraph.execution.store import PooledStore
from kmgraph.namespaces import KM
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.oxigraph import OxigraphStore, OxigraphView
from kmgraph.stores.tombstones import TOMBSTONES_FILE
from kmgraph.stores.views import PUBLIC, view_key, visible_in
from kmgraph_server.pages.facts import DatasetFacts
from kmgraph_server.pages.names import Names
from kmgraph_server.response_cache import Pointer

if TYPE_CHECKING:
    from kmgraph.dataset import DatasetCard
    from kmgraph.questions import Catalogue
    from kmgraph.stores.meta import Generation

_SYNTHETIC: Final = ox.NamedNode(f"{KM}synthetic")
_LOG = logging.getLogger(__name__)

#: Evaluates a query in a process that can be stopped.
Run = Callable[[Job], Outcome]


class Snapshot:
    """A view of the data that is open, with what pages need of it more than once.

    :ivar dataset: the data; its queries are evaluated by processes that can be stopped.
    :ivar endpoint: the same data for queries of callers, with the default graph that the server
        is told to serve; pages always read the merge.
    :ivar key: key of the view, of groups that there are.
    :ivar view_path: folder of the view, for these processes.
    :ivar generation: id of its generation, or None for a dataset in memory.
    """

    def __init__(
        self,
        view: OxigraphStore,
        view_path: Path,
        key: str,
        run: Run,
        *,
        union_default_graph: bool = True,
    ) -> None:
        self.dataset = EvidenceDataset(PooledStore(view, view_path, run, view_key=key))
        self.endpoint = PooledStore(view, view_path, run, view_key=key)
        self.endpoint.union_default_graph = union_default_graph
        self.described: Generation | None = getattr(view, "generation", None)
        self.generation = self.described.id if self.described else None
        self.view_path, self.key = view_path, key
        self.users = 0

    @cached_property
    def names(self) -> Names:
        """Names and local links of its terms."""
        return Names(self.dataset.store)

    @cached_property
    def cards(self) -> list[DatasetCard]:
        """What its datasets say of themselves."""
        return self.dataset.datasets()

    @cached_property
    def undescribed(self) -> Mapping[str, str]:
        """Name and IRI of each of its graphs of data that no dataset record describes."""
        return described(self.dataset.store).undescribed

    @cached_property
    def is_synthetic(self) -> bool:
        """Whether its records were generated, and describe nothing real."""
        marks = self.dataset.store.quads(None, _SYNTHETIC, None, ox.DefaultGraph())
        return any(str(getattr(mark.object, "value", "")) in ("true", "1") for mark in marks)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The saved questions."""
        return self.dataset.questions

    @cached_property
    def facts(self) -> DatasetFacts:
        """What the home page says of it."""
        return DatasetFacts.read(self.dataset)


class Holder:
    """Gives out snapshots of the current generation and takes them back.

    :param open_snapshot: opens a view of what is current, by its key.
    :param current_id: tells the id of what is current.
    """

    def __init__(
        self, open_snapshot: Callable[[str], Snapshot], current_id: Callable[[], int | None]
    ) -> None:
        self._open_snapshot, self.current_id = open_snapshot, current_id
        self._lock = threading.Lock()
        self._current: dict[str, Snapshot] = {}

    @property
    def generation(self) -> int | None:
        """Id of the current generation; None where there is none, or none can be read."""
        try:
            return self.current_id()
        except KmGraphError:
            return None

    def acquire(self, key: str) -> Snapshot:
        """Return the current snapshot of a view; hand it back with :meth:`release`.

        :param key: key of a view.
        :raises StoreUnavailableError: nothing is published yet.
        :raises NotFoundError: there is no such view.
        """
        with self._lock:
            snapshot = self._up_to_date(key)
            snapshot.users += 1
            return snapshot

    def release(self, snapshot: Snapshot) -> None:
        """Take a snapshot back; one that is no longer current is closed with its last user."""
        with self._lock:
            snapshot.users -= 1
            if snapshot.users == 0 and snapshot not in self._current.values():
                snapshot.dataset.close()

    def refresh(self) -> None:
        """Let go of views of older generations, also where nobody asks for a newer one."""
        with self._lock:
            current = self.generation
            for key in [k for k, held in self._current.items() if held.generation != current]:
                self._retire(self._current.pop(key))

    def close(self) -> None:
        """Close what is open, once no request uses it."""
        with self._lock:
            snapshots, self._current = list(self._current.values()), {}
            for snapshot in snapshots:
                self._retire(snapshot)

    def _up_to_date(self, key: str) -> Snapshot:
        """Return the current snapshot of a view, opened anew where the pointer has moved."""
        old = self._current.get(key)
        if old is not None and old.generation == self.current_id():
            return old
        try:
            snapshot = self._open_snapshot(key)
        except KmGraphError:
            if old is None:
                raise
            # An answer from the last good state is worth more than none.
            _LOG.exception("the new generation cannot be opened; still serving the old one")
            return old
        # The views of older generations are let go of, also those that nobody asks for any more.
        gone = [k for k, held in self._current.items() if held.generation != snapshot.generation]
        for name in gone:
            self._retire(self._current.pop(name))
        self._current[key] = snapshot
        return snapshot

    @staticmethod
    def _retire(snapshot: Snapshot) -> None:
        """Close a snapshot unless a request uses it, which then closes it."""
        if snapshot.users == 0:
            snapshot.dataset.close()


class _Erasures:
    """Notices that something was erased from a store.

    :param path: the store's list of what was erased.
    :param tell: called then.
    """

    def __init__(self, path: Path, tell: Callable[[], None]) -> None:
        self._path, self._tell = path, tell
        self._last = self._stamp()

    def look(self) -> None:
        """Look whether the list has changed."""
        if (stamp := self._stamp()) != self._last:
            self._last = stamp
            self._tell()

    def _stamp(self) -> int:
        """Return what changes with the list."""
        try:
            return self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return 0


def holder_of_store(
    path: Path,
    run: Run,
    on_erasure: Callable[[], None],
    on_open: Callable[[Path, str, int], None],
    *,
    union_default_graph: bool,
) -> Holder:
    """Return the holder of a store on disk.

    :param path: folder of the store.
    :param run: evaluates queries.
    :param on_erasure: called when something was erased, so that no process keeps old files open.
    :param on_open: told the folder of each view that is opened, its key and the number of its
        quads.
    """
    erased = _Erasures(path / TOMBSTONES_FILE, on_erasure)

    def open_snapshot(key: str) -> Snapshot:
        store = GenerationStore(path)
        try:
            view = store.open_view(key)
        except NotFoundError as error:
            # A token whose view is not made yet: its keeper has to make it, its holder to wait.
            raise StoreUnavailableError(str(error)) from error
        described = view.generation
        shown = view_key(visible_in(key) & visible_in(described.master))  # type: ignore[attr-defined]
        directory = store.generation_dir(described.id) / "views" / shown  # type: ignore[attr-defined]
        erased.look()
        on_open(directory, key, _quads(described, shown))  # type: ignore[arg-type]
        return Snapshot(view, directory, shown, run, union_default_graph=union_default_graph)

    pointer = Pointer(path / "current", lambda: GenerationStore(path).current_id())
    return Holder(open_snapshot, lambda: pointer()[0])


def _quads(described: Generation, key: str) -> int:
    """Return about how many quads a view has, its default graph included.

    :param key: key of the view.
    """
    visible = visible_in(key)
    graphs = [graph for graph in described.graphs if graph.visibility in visible | {PUBLIC}]
    return 2 * sum(graph.triples for graph in (*graphs, *described.derived.get(key, ())))


def holder_of_dataset(dataset: EvidenceDataset, run: Run, *, union_default_graph: bool) -> Holder:
    """Return the holder of a dataset that is open already; whoever opened it closes it.

    Its content is copied to a folder, once, so that other processes can read it.
    """
    directory = Path(tempfile.mkdtemp(prefix="kmgraph-served-")) / "view"
    lock = threading.Lock()

    def open_snapshot(key: str) -> Snapshot:
        with lock:
            if not directory.exists():
                _copy(dataset, directory)
        view = OxigraphView(directory, base=dataset.base)
        view.generation = getattr(dataset.store, "generation", None)
        return Snapshot(view, directory, key, run, union_default_graph=union_default_graph)

    holder = Holder(open_snapshot, lambda: dataset.generation)
    weakref.finalize(holder, shutil.rmtree, directory.parent, ignore_errors=True)
    return holder


def _copy(dataset: EvidenceDataset, directory: Path) -> None:
    """Write the named graphs of a dataset and their merge to a folder."""
    store = ox.Store(str(directory))
    quads = list(dataset.store.quads())
    store.bulk_extend(quads)
    store.bulk_extend({ox.Quad(q.subject, q.predicate, q.object) for q in quads})
    for name in dataset.store.graph_names():
        store.add_graph(ox.NamedNode(name))
    store.flush()
