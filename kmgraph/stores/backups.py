"""Backups: a store in one file, taken while it is read and written.

A backup is a tar archive, compressed if its name says so::

    generations/000007/...     the generations, as they are on the disk
    store.json, tokens.json    and whatever else lies in the folder of the store, except locks
    current                    id of the generation that was current
    MANIFEST.json              the size and the SHA-256 of each file, and who may open the folder
                               of the store; the last member

Published generations never change, and one that is read is not collected, so they are copied as
they are. The archive gets its name when it is whole.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from kmgraph.errors import (
    GenerationNotFoundError,
    InputError,
    StoreError,
    StoreLockedError,
    StoreUnavailableError,
)
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.durable import FileLock, fsync_path
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import TOKENS_FILE

FORMAT_VERSION: Final = 1
MANIFEST: Final = "MANIFEST.json"
#: Folder of the generations in that of a store.
GENERATIONS: Final = "generations"
#: How the names of archives end, and whether they are compressed.
ENDINGS: Final = {".tar": False, ".tar.gz": True, ".tgz": True}
#: Files of a store's folder that are of a running process, or that the archive states itself.
_LEFT_OUT: Final = (".lock", ".tmp", ".new")
_CHUNK_BYTES: Final = 1 << 20
#: More effort gains little: the databases are compressed in part already.
_GZIP_LEVEL: Final = 1
#: How often a backup begins anew where a generation was rewritten meanwhile.
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """What is in a backup.

    :ivar file: the archive.
    :ivar length: its size in bytes.
    :ivar base: base IRI of the store.
    :ivar generations: ids of the generations in it; the last was the current one.
    :ivar files: how many files of the store it holds.
    :ivar has_tokens: whether it holds the tokens.
    """

    file: Path
    length: int
    base: str
    generations: tuple[int, ...]
    files: int
    has_tokens: bool


def back_up(
    store: GenerationStore,
    target: str | Path,
    *,
    all_generations: bool = False,
    tokens: bool = True,
    progress: Progress = silent,
) -> BackupSummary:
    """Write a store to one file, whatever reads or writes it meanwhile.

    :param target: the archive, whose name ends in ``.tar``, ``.tar.gz`` or ``.tgz``, or a folder
        that takes one whose name tells store, generation and time. Its owner alone may read it.
    :param all_generations: whether to keep the older generations too.
    :param tokens: whether to keep the tokens, of which the store has only the digests.
    :param progress: told of each generation.
    :raises InputError: the name ends otherwise.
    :raises StoreError: there is such a file already.
    :raises StoreUnavailableError: nothing is published yet.

    >>> import tempfile
    >>> from kmgraph.stores.restoring import restore
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(f"{folder}/store")
    ...     with store.begin(reason="first") as writer:
    ...         generation = writer.publish()
    ...     made = back_up(store, f"{folder}/copy.tar.gz")
    ...     restore(made.file, f"{folder}/again").generations
    (1,)
    """
    path = _archive_path(store, Path(target))
    if path.exists():
        raise StoreError(f"{path}: there is a file here already: choose another name")
    part = path.with_name(path.name + ".part")
    with _exclusive(part) as output:
        try:
            for tries_left in reversed(range(_TRIES)):
                try:
                    manifest = _write(store, output, path, all_generations, tokens, progress)
                    break
                except _RewrittenError as error:
                    if not tries_left:
                        raise StoreUnavailableError(
                            f"{store.path}: the generations are being rewritten: try again later"
                        ) from error
            length = os.fstat(output.fileno()).st_size
            part.rename(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    fsync_path(path.parent)
    return summary_of(path, length, manifest)


class _RewrittenError(Exception):
    """A generation was replaced while it was copied, as an erasure does."""


def _archive_path(store: GenerationStore, target: Path) -> Path:
    """Return the path of the archive that is wanted."""
    if target.is_dir():
        now = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}"
        name = store.path.resolve().name
        path = target / f"{name}-{store.generation().id:06}-{now}.tar.gz"
    elif not any(target.name.endswith(ending) for ending in ENDINGS):
        raise InputError(
            f"'{target}': give the backup a name that ends in {', '.join(ENDINGS)}, or name a "
            "folder that there is"
        )
    else:
        path = target
    if path.resolve().is_relative_to(store.path.resolve()):
        raise InputError(f"'{target}' is in the store: keep backups elsewhere")
    return path


def _packed(output: IO[bytes], path: Path) -> AbstractContextManager[IO[bytes]]:
    """Return what takes the bytes of an archive, compressed if its name says so."""
    if not any(path.name.endswith(ending) for ending, packed in ENDINGS.items() if packed):
        return nullcontext(output)
    return gzip.GzipFile("", "wb", _GZIP_LEVEL, output, mtime=0)  # type: ignore[return-value]


@contextmanager
def _exclusive(path: Path) -> Iterator[IO[bytes]]:
    """Open an empty file that no other backup writes and that its owner alone may read."""
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as output:
        try:
            fcntl.flock(output, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreLockedError(f"{path}: another backup is being written here") from error
        if not path.exists() or not os.path.samestat(os.fstat(output.fileno()), path.stat()):
            raise StoreLockedError(f"{path}: another backup has just been written here")
        yield output


def _write(
    store: GenerationStore,
    output: IO[bytes],
    path: Path,
    all_generations: bool,
    tokens: bool,
    progress: Progress,
) -> dict[str, Any]:
    """Write the archive, and return its manifest."""
    output.seek(0)
    output.truncate()
    with ExitStack() as stack:
        packed = stack.enter_context(_packed(output, path))
        archive = stack.enter_context(tarfile.open(fileobj=packed, mode="w|"))
        sums: dict[str, dict[str, Any]] = {}
        if tokens:
            # First: a generation that is current by now has the views of all of these.
            _add_root_files(archive, store.path, [TOKENS_FILE], sums)
        held = _hold(store, all_generations, stack)
        _add_folder(archive, store.path / GENERATIONS, GENERATIONS)
        for number, (directory, _) in held.items():
            progress(ProgressEvent("checkpoint", f"copy generation {number}"))
            _add_tree(archive, directory, store.path, sums)
        current = max(held)
        _add_root_files(archive, store.path, _root_files(store.path), sums)
        # Now that what was erased is noted, no generation may be from before that.
        if not all(lock.is_at(place / "in-use.lock") for place, lock in held.values()):
            raise _RewrittenError
        _add_bytes(archive, "current", f"{current}\n".encode(), sums)
        manifest = {
            "format_version": FORMAT_VERSION,
            "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "base": store.base,
            "mode": _mode(store.path),
            "generations": sorted(held),
            "digest": store.generation(current).digest,
            "files": sums,
        }
        _add_bytes(archive, MANIFEST, json.dumps(manifest, indent=1).encode() + b"\n", {})
    progress(ProgressEvent("sync", f"fsync {path.name}"))
    output.flush()
    os.fsync(output.fileno())
    return manifest


def _hold(
    store: GenerationStore, all_generations: bool, stack: ExitStack
) -> dict[int, tuple[Path, FileLock]]:
    """Keep the generations to copy from being collected, the current one among them."""
    current, lock = store._hold(None)
    stack.callback(lock.release)
    held = {int(current.name): (current, lock)}
    others = [found.id for found in store.generations()] if all_generations else []
    for number in others:
        if number < int(current.name):
            try:
                directory, lock = store._hold(number)
            except GenerationNotFoundError:
                continue  # collected since it was listed
            stack.callback(lock.release)
            held[number] = (directory, lock)
    return dict(sorted(held.items()))


def _root_files(root: Path) -> list[str]:
    """Return the names of the files in the folder of a store that are to be kept."""
    stated = ("current", TOKENS_FILE)
    names = [path.name for path in sorted(root.iterdir()) if path.is_file()]
    return [name for name in names if Path(name).suffix not in _LEFT_OUT and name not in stated]


def _add_root_files(
    archive: tarfile.TarFile, root: Path, names: Iterable[str], sums: dict[str, dict[str, Any]]
) -> None:
    """Add files of the folder of a store, those that are not there left out."""
    for name in names:
        with suppress(FileNotFoundError):
            _add_file(archive, root / name, name, sums)


def _add_tree(
    archive: tarfile.TarFile, directory: Path, root: Path, sums: dict[str, dict[str, Any]]
) -> None:
    """Add a directory of the store with all that is below it."""
    try:
        for path in [directory, *sorted(directory.rglob("*"))]:
            name = path.relative_to(root).as_posix()
            if path.is_dir():
                _add_folder(archive, path, name)
            else:
                _add_file(archive, path, name, sums)
    except FileNotFoundError as error:
        raise _RewrittenError from error


def _add_folder(archive: tarfile.TarFile, path: Path, name: str) -> None:
    """Add a folder without what is in it."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, _mode(path)
    archive.addfile(entry)


def _mode(path: Path) -> int:
    """Return who may do what with a folder."""
    return path.stat().st_mode & 0o777


def _add_file(
    archive: tarfile.TarFile, path: Path, name: str, sums: dict[str, dict[str, Any]]
) -> None:
    """Add one file, without saying whose it was."""
    with path.open("rb") as source:
        status = os.fstat(source.fileno())
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime = status.st_size, int(status.st_mtime)
        entry.mode = status.st_mode & 0o777
        reader = _Summing(source)
        archive.addfile(entry, reader)
    sums[name] = {"bytes": status.st_size, "sha256": reader.digest.hexdigest()}


def _add_bytes(
    archive: tarfile.TarFile, name: str, content: bytes, sums: dict[str, dict[str, Any]]
) -> None:
    """Add a file of the archive's own."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
    sums[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


class _Summing:
    """Hashes what is read of a file."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.digest = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        chunk = self._source.read(size)
        self.digest.update(chunk)
        return chunk


def summary_of(path: Path, length: int, manifest: dict[str, Any]) -> BackupSummary:
    """Return what is told of a backup.

    >>> facts = {"base": "https://x.org/", "generations": [3], "files": {}}
    >>> summary_of(Path("x.tar"), 10, facts).generations
    (3,)
    """
    files = manifest["files"]
    return BackupSummary(
        path,
        length,
        str(manifest["base"]),
        tuple(manifest["generations"]),
        len(files),
        TOKENS_FILE in files,
    )
