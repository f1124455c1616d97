"""Write a snapshot: into a folder beside its place, which is renamed when it is whole."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast
from urllib.parse import quote

import kmgraph
from kmgraph.dataset import EvidenceDataset
from kmgraph.described import described
from kmgraph.errors import InputError, MissingExtraError, StoreLockedError, StoreUnavailableError
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.snapshots.citing import CITATION_FILE, citation, citation_file
from kmgraph.snapshots.dumps import WHOLE, write_datasets, write_graphs, write_nquads
from kmgraph.snapshots.keeping import times_removed, view_digest
from kmgraph.snapshots.model import MANIFEST, SUMS, Snapshot, SnapshotFile, read_snapshot
from kmgraph.snapshots.places import PART, snapshot_folder, snapshot_iri
from kmgraph.snapshots.tables import arrow_modules, write_tables
from kmgraph.stores.durable import fsync_path, fsync_tree
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.oxigraph import OxigraphView
from kmgraph.stores.views import PUBLIC, view_key, visible_in

#: Kinds of graphs that were given, and not made by kmgraph.
_GIVEN: Final = frozenset({"dataset", "loaded"})
_CITING: Final = "how to cite the snapshot"


@dataclass(frozen=True, slots=True)
class Written:
    """What :func:`write_snapshot` did.

    :ivar snapshot: the snapshot.
    :ivar is_new: whether it was written; False where it was there already, whole.
    """

    snapshot: Snapshot
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The snapshot that is to be written."""

    base: str
    generation: Generation
    view: str
    digest: str
    revision: int

    @property
    def iri(self) -> str:
        """Return the IRI of the snapshot."""
        return snapshot_iri(self.base, self.generation.id, self.view, self.revision)

    @property
    def version(self) -> str:
        """Return what a citation says of the version."""
        text = f"generation {self.generation.id}"
        if self.view != PUBLIC:
            text += f", view {self.view}"
        return text if self.revision == 1 else f"{text}, revision {self.revision}"

    def is_in(self, found: Snapshot | None) -> bool:
        """Say whether a snapshot is this one, and whole."""
        wanted = (self.iri, self.digest)
        return found is not None and (found.iri, found.digest) == wanted and found.is_whole()


def write_snapshot(
    store: str | Path | GenerationStore,
    *,
    view: str = PUBLIC,
    generation: int | None = None,
    to: str | Path | None = None,
    progress: Progress = silent,
) -> Written:
    """Write a view of a generation as files, unless they are there already.

    The folder gets its name when all of it is on the disk. Readers and writers of the store may go
    on meanwhile.

    :param view: key of the view.
    :param generation: id of a kept generation; the current one by default.
    :param to: folder of the snapshot, which must be empty or not there; in the store by default.
    :param progress: told of each file.
    :raises InputError: something else is in the folder.
    :raises NotFoundError: the generation has no such view.
    :raises GenerationNotFoundError: the store does not hold the generation.
    :raises StoreLockedError: another process is writing the same snapshot.
    :raises StoreUnavailableError: an erasure replaced the generation meanwhile.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(f"{folder}/store")
    ...     with store.begin(reason="first") as writer:
    ...         first = writer.publish()
    ...     made = write_snapshot(store)
    ...     (made.is_new, made.snapshot.folder.name, write_snapshot(store).is_new)
    (True, 'public', False)
    """
    source = store if isinstance(store, GenerationStore) else GenerationStore(store)
    number = source.generation_dir(generation).name
    stamp = _stamp(source, int(number))
    with source.open_view(view, int(number)) as opened:
        wanted = _wanted(source, opened, view)
        folder = snapshot_folder(source.path, wanted.generation.id, wanted.view)
        target = Path(to) if to is not None else folder
        found = read_snapshot(target) if target.exists() else None
        if found is not None and wanted.is_in(found):
            return Written(found, False)
        _check_free(target, found, is_own=to is None)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _part(target) as part:
            snapshot = _write(opened, wanted, part, target, progress)
            if _stamp(source, int(number)) != stamp:
                raise StoreUnavailableError(
                    f"generation {int(number)} was rewritten by an erasure meanwhile: ask again"
                )
            _publish(part, target)
    return Written(snapshot, True)


def _stamp(source: GenerationStore, number: int) -> tuple[int, int, int]:
    """Return what tells a generation from one that is put in its place."""
    status = (source.generation_dir(number) / "in-use.lock").stat()
    return status.st_dev, status.st_ino, status.st_ctime_ns


def _wanted(source: GenerationStore, opened: OxigraphView, view: str) -> _Wanted:
    """Return which snapshot a view of a store makes."""
    generation = cast("Generation", opened.generation)
    key = view_key(visible_in(view) & visible_in(generation.master))
    revision = 1 + times_removed(source.path, generation.id, key)
    digest = view_digest(generation, key) or source.digest(key, generation.id)
    return _Wanted(source.base, generation, key, digest, revision)


def _check_free(target: Path, found: Snapshot | None, *, is_own: bool) -> None:
    """Raise where a folder holds what is not an older or damaged snapshot of this place.

    :raises InputError: it does.
    """
    if is_own or not target.exists():
        return
    if found is not None or not target.is_dir() or any(target.iterdir()):
        what = f"snapshot {found.iri}" if found else "something else"
        raise InputError(f"{target} holds {what}: name an empty folder, or one that is not there")


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """Give an empty folder beside a place, that no other process writes to.

    :raises StoreLockedError: another one does.
    """
    part = target.with_name(target.name + PART)
    part.mkdir(exist_ok=True)
    descriptor = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_here = _is_at(descriptor, part)
        except BlockingIOError:
            is_here = False
        if not is_here:
            raise StoreLockedError(f"{target}: another process is writing this snapshot: wait")
        for path in part.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        try:
            yield part
        except BaseException as error:
            if _is_at(descriptor, part):
                shutil.rmtree(part, ignore_errors=True)
            elif isinstance(error, FileNotFoundError):
                raise _removed(target) from error
            raise
    finally:
        os.close(descriptor)


def _is_at(descriptor: int, part: Path) -> bool:
    """Say whether an open folder is the one at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), part.stat())
    except FileNotFoundError:
        return False


def _removed(target: Path) -> StoreUnavailableError:
    """Return the error for a snapshot that an erasure removed while it was written."""
    return StoreUnavailableError(
        f"{target}: an erasure removed this snapshot while it was written: ask again"
    )


def _publish(part: Path, target: Path) -> None:
    """Give a folder that is whole its name."""
    fsync_tree(part)
    if target.exists():
        shutil.rmtree(target)
    part.rename(target)
    fsync_path(target.parent)


def _write(
    opened: OxigraphView, wanted: _Wanted, part: Path, target: Path, progress: Progress
) -> Snapshot:
    """Write all files of a snapshot, the manifest last."""
    cards, reach = EvidenceDataset(opened).datasets(), described(opened)
    facts = {
        "iri": wanted.iri,
        "version": wanted.version,
        "created": wanted.generation.created,
        "digest": wanted.digest,
    }
    text = citation(cards, reach, **facts)
    files = _dumps(opened, wanted, part, progress)
    progress(ProgressEvent("snapshot", "tables"))
    left_out = []
    try:
        arrow_modules()
        files += write_tables(opened, part, citation=text)
    except MissingExtraError as error:
        left_out.append(f"tables: {error}")
    files.append(_text(part, "citation.txt", _CITING, "text/plain", f"{text}\n"))
    cff = citation_file(cards, reach, **facts)
    files.append(_text(part, CITATION_FILE, _CITING, "application/yaml", cff))
    # As sha256sum writes and reads it.
    sums = "".join(f"{file.sha256}  {file.name}\n" for file in files)
    files.append(_text(part, SUMS, "the SHA-256 of each other file", "text/plain", sums))
    snapshot = Snapshot(
        target,
        wanted.iri,
        wanted.generation.id,
        wanted.view,
        wanted.revision,
        wanted.generation.created,
        wanted.digest,
        kmgraph.__version__,
        wanted.base,
        text,
        files[0].statements or 0,
        tuple(files),
        tuple(left_out),
    )
    (part / MANIFEST).write_bytes(snapshot.to_json())
    return snapshot


def _dumps(
    opened: OxigraphView, wanted: _Wanted, part: Path, progress: Progress
) -> list[SnapshotFile]:
    """Write the files of RDF, the N-Quads first."""
    progress(ProgressEvent("snapshot", "N-Quads"))
    files = [nquads := write_nquads(opened, part)]
    for fmt in WHOLE:
        progress(ProgressEvent("snapshot", fmt.name))
        files.append(write_datasets(part, nquads, fmt))
    progress(ProgressEvent("snapshot", "datasets"))
    return [*files, *write_graphs(part, nquads, _graph_files(wanted))]


def _graph_files(wanted: _Wanted) -> dict[str, str]:
    """Return the graphs that have a file of their own: IRI to the name of the file."""
    shown = visible_in(wanted.view)
    return {
        graph.iri: f"datasets/{quote(graph.name, safe='-._~')}"
        for graph in wanted.generation.graphs
        if graph.kind in _GIVEN and graph.visibility in shown
    }


def _text(part: Path, name: str, holds: str, media_type: str, content: str) -> SnapshotFile:
    """Write a file of text."""
    data = content.encode()
    (part / name).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return SnapshotFile(name, holds, media_type, None, len(data), digest)
