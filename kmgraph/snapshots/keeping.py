"""Look after the snapshots of a store: list them, remove them, and let erasures reach them."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import pyoxigraph as ox

from kmgraph.errors import GenerationNotFoundError, StoreCorruptError
from kmgraph.snapshots.model import Snapshot, read_snapshot
from kmgraph.snapshots.places import FOLDER, GONE, PART, TRASH, snapshot_folder
from kmgraph.stores.digest import dataset_digest, is_line_sum
from kmgraph.stores.durable import fsync_path, replace_file
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.views import visible_in

#: Says whether a statement names what was erased.
Names = Callable[[ox.Quad], bool]
#: Why a snapshot is gone.
ERASED: Final = "erased"
COLLECTED: Final = "collected"
_NQUADS: Final = "all.nq.gz"


@dataclass(frozen=True, slots=True)
class GoneSnapshot:
    """A place where a snapshot was and was removed.

    :ivar generation: id of the generation.
    :ivar view: key of the view.
    :ivar times: how often one was removed here.
    :ivar why: ``erased`` or ``collected``; why the last one was.
    :ivar when: when the last one was removed, in ISO 8601.
    """

    generation: int
    view: str
    times: int
    why: str
    when: str


def snapshots_in(store: str | Path | GenerationStore) -> list[Snapshot]:
    """Return the snapshots that a store keeps, by generation and view.

    Those that are not whole, such as one that is being written, are passed over.

    >>> snapshots_in("/nowhere/at/all")
    []
    """
    found = []
    for folder in _folders(_path(store)):
        with suppress(StoreCorruptError):
            snapshot = read_snapshot(folder)
            if snapshot is not None and snapshot.is_whole():
                found.append(snapshot)
    return found


def gone_snapshots(store: str | Path | GenerationStore) -> list[GoneSnapshot]:
    """Return where snapshots were removed, by generation and view; one may be there again.

    >>> gone_snapshots("/nowhere/at/all")
    []
    """
    files = (_path(store) / FOLDER).glob(f"[0-9]*/*{GONE}")
    return sorted(map(_gone, files), key=lambda gone: (gone.generation, gone.view))


def times_removed(store_path: Path, generation: int, view: str) -> int:
    """Return how many snapshots were removed from a place.

    >>> times_removed(Path("/nowhere"), 1, "public")
    0
    """
    marker = _marker(snapshot_folder(store_path, generation, view))
    return _gone(marker).times if marker.exists() else 0


def remove_snapshots(
    store: str | Path | GenerationStore, generations: Collection[int]
) -> list[Snapshot]:
    """Remove the snapshots of some generations, such as those that were collected.

    :returns: what was removed; that something was is noted in its place.
    """
    wanted = [one for one in snapshots_in(store) if one.generation in set(generations)]
    for snapshot in wanted:
        _remove(snapshot.folder, COLLECTED)
    return wanted


def held_by(store: GenerationStore, names: Names) -> list[Snapshot]:
    """Return the snapshots of generations no longer kept that hold what was erased.

    :param names: says whether a statement names it.
    """
    kept = {generation.id for generation in store.generations()}
    return [
        snapshot
        for snapshot in snapshots_in(store)
        if snapshot.generation not in kept and _holds(snapshot, names)
    ]


def sweep_snapshots(store: GenerationStore, names: Names) -> list[Snapshot]:
    """Remove the snapshots that hold what was erased, after the generations were rewritten.

    That of a kept generation stays if the view says the same as before. That of another stays if
    no statement of it names what was erased. What is half written goes in any case.

    :param names: says whether a statement names it.
    :returns: what was removed.
    """
    # First what is half written: its writer finds that it is gone, or the whole one is seen below.
    for part in sorted((store.path / FOLDER).glob(f"[0-9]*/*{PART}")):
        _remove_folder(part)
    whole = {snapshot.folder: snapshot for snapshot in snapshots_in(store)}
    gone = []
    for folder in list(_folders(store.path)):
        snapshot = whole.get(folder)
        if snapshot is not None and _is_clean(store, snapshot, names):
            continue
        # One that is damaged cannot be looked into, and may hold it.
        _remove(folder, ERASED)
        gone += [snapshot] if snapshot is not None else []
    return gone


def _is_clean(store: GenerationStore, snapshot: Snapshot, names: Names) -> bool:
    """Say whether a snapshot holds nothing that was erased."""
    try:
        generation = store.generation(snapshot.generation)
    except GenerationNotFoundError:
        return not _holds(snapshot, names)
    if snapshot.view not in generation.views:
        return False
    # Digests that earlier releases wrote are of another kind: then nothing is known.
    return view_digest(generation, snapshot.view) == snapshot.digest


def _holds(snapshot: Snapshot, names: Names) -> bool:
    """Say whether a statement of a snapshot names what was erased."""
    try:
        with gzip.open(snapshot.folder / _NQUADS, "rb") as file:
            return any(map(names, ox.parse(cast("IO[bytes]", file), ox.RdfFormat.N_QUADS)))
    except (OSError, EOFError, SyntaxError):
        return True


def view_digest(generation: Generation, view: str) -> str | None:
    """Return the digest of a view from what is written of its graphs.

    :returns: None where an earlier release wrote digests of another kind.
    """
    shown = visible_in(view)
    graphs = [graph for graph in generation.graphs if graph.visibility in shown]
    digests = {g.iri: g.digest for g in (*graphs, *generation.derived.get(view, ()))}
    return dataset_digest(digests) if all(map(is_line_sum, digests.values())) else None


def _path(store: str | Path | GenerationStore) -> Path:
    """Return the folder of a store."""
    return store.path if isinstance(store, GenerationStore) else Path(store)


def _folders(store_path: Path) -> Iterator[Path]:
    """Yield the folders of snapshots, but for those that are being written or removed."""
    for folder in sorted((store_path / FOLDER).glob("[0-9]*/*")):
        if folder.is_dir() and not folder.name.endswith((PART, TRASH)):
            yield folder


def _marker(folder: Path) -> Path:
    """Return the file that says that a snapshot was removed from a folder."""
    return folder.with_name(folder.name + GONE)


def _gone(marker: Path) -> GoneSnapshot:
    """Read what a marker says."""
    facts: dict[str, Any] = json.loads(marker.read_bytes())
    view = marker.name.removesuffix(GONE)
    number = int(marker.parent.name)
    return GoneSnapshot(number, view, facts["times"], facts["why"], facts["when"])


def _remove(folder: Path, why: str) -> None:
    """Remove a snapshot, and note that there was one."""
    marker = _marker(folder)
    before = _gone(marker).times if marker.exists() else 0
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    facts = {"times": before + 1, "why": why, "when": now}
    replace_file(marker, json.dumps(facts).encode() + b"\n")
    _remove_folder(folder)


def _remove_folder(folder: Path) -> None:
    """Remove a folder in one step, so that a crash leaves nothing that looks whole."""
    trash = folder.with_name(folder.name + TRASH)
    _clear(trash)
    with suppress(FileNotFoundError):
        folder.rename(trash)
    fsync_path(folder.parent)
    _clear(trash)


def _clear(trash: Path) -> None:
    """Remove a folder, into which another process may still write."""
    while trash.exists():
        with suppress(FileNotFoundError):
            shutil.rmtree(trash)
