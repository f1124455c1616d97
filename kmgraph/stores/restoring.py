"""Make a store of a backup again: whole, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, Literal

from kmgraph.errors import FileAccessError, StoreCorruptError, StoreError, StoreLockedError
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.backups import FORMAT_VERSION, MANIFEST, BackupSummary, summary_of
from kmgraph.stores.durable import FileLock, fsync_path, fsync_tree
from kmgraph.stores.generations import GenerationStore

_RESTORE_LOCK: Final = "restore.lock"
_CHUNK_BYTES: Final = 1 << 20
_GZIP_MAGIC: Final = b"\x1f\x8b"
#: What reading a damaged archive may raise.
_DAMAGE: Final = (
    tarfile.TarError,
    zlib.error,
    gzip.BadGzipFile,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    FileExistsError,
)


def restore(
    archive: str | Path, target: str | Path, *, progress: Progress = silent
) -> BackupSummary:
    """Make a store of a backup; generations keep their ids.

    The store gets its name when every file is on the disk and was found to be as the manifest
    says, so a restore that is killed leaves no store, and can be run again.

    :param archive: what :func:`kmgraph.stores.backups.back_up` wrote.
    :param target: directory of the store; there must be none, or an empty folder.
    :param progress: told of each generation.
    :raises FileAccessError: there is no such archive.
    :raises StoreCorruptError: the archive is damaged or not whole, or is no backup.
    :raises StoreError: there is something at the target already.

    >>> restore("no-such.tar", "nowhere")
    Traceback (most recent call last):
    kmgraph.errors.FileAccessError: no-such.tar: there is no such file
    """
    source, root = Path(archive), Path(target)
    _refuse_occupied(root)
    if not source.is_file():
        raise FileAccessError(f"{source}: there is no such file")
    part = root.with_name(root.name + ".restoring")
    part.mkdir(parents=True, exist_ok=True)
    lock = _lock_restore(part)
    try:
        for path in part.iterdir():
            if path.name != _RESTORE_LOCK:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        manifest = _extract(source, part, progress)
        GenerationStore(part).generation()
        (part / _RESTORE_LOCK).unlink()
        fsync_tree(part, progress=progress)
        _refuse_occupied(root)
        part.rename(root)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    finally:
        lock.release()
    fsync_path(root.parent)
    return summary_of(source, source.stat().st_size, manifest)


def _refuse_occupied(root: Path) -> None:
    """Raise where a restored store would meet something.

    :raises StoreError: there is a file, or a folder with something in it.
    """
    if (root / "store.json").exists():
        raise StoreError(f"{root}: there is a store here already: restore to another folder")
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise StoreError(f"{root}: there is something here already: restore to another folder")


def _lock_restore(part: Path) -> FileLock:
    """Keep others from restoring into the same folder at the same time."""
    path = part / _RESTORE_LOCK
    try:
        lock = FileLock(path)
    except BlockingIOError as error:
        raise StoreLockedError(f"{part}: another process is restoring here") from error
    if not lock.is_at(path):  # it was made a store since it was opened
        lock.release()
        raise StoreLockedError(f"{part}: another process has just restored here")
    return lock


def _extract(source: Path, part: Path, progress: Progress) -> dict[str, Any]:
    """Write out an archive and compare it with its manifest, which is returned."""
    sums: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with source.open("rb") as file:
            mode: Literal["r|gz", "r|"] = "r|gz" if file.read(2) == _GZIP_MAGIC else "r|"
        with tarfile.open(source, mode) as members:
            for member in members:
                content = members.extractfile(member) if member.isreg() else None
                if member.name == MANIFEST and content is not None:
                    manifest = json.load(content)
                else:
                    _put(part, member, content, sums, progress)
        if manifest is None:
            raise ValueError("it has no manifest, so it is not whole")
        _compare(manifest, sums)
    except _DAMAGE as error:
        raise StoreCorruptError(
            f"{source}: this is no whole backup of a store ({error}): take another copy of it"
        ) from error
    return manifest


def _put(
    part: Path,
    member: tarfile.TarInfo,
    content: IO[bytes] | None,
    sums: dict[str, dict[str, Any]],
    progress: Progress,
) -> None:
    """Write out one member of an archive, and note its size and hash."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or not name.parts:
        raise ValueError(f"the name '{member.name}' leads out of the store")
    path = part / name
    if member.isdir():
        if len(name.parts) == 2:
            progress(ProgressEvent("read", f"generation {name.name}"))
        path.mkdir(parents=True, exist_ok=True)
        return
    if content is None:
        raise ValueError(f"'{member.name}' is neither a file nor a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with open(os.open(path, flags, member.mode & 0o777), "wb") as output:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            output.write(chunk)
    sums[name.as_posix()] = {"bytes": size, "sha256": digest.hexdigest()}


def _compare(manifest: dict[str, Any], sums: dict[str, dict[str, Any]]) -> None:
    """Raise where files are not as the manifest says."""
    if manifest["format_version"] != FORMAT_VERSION:
        raise ValueError(f"its format is {manifest['format_version']}, not {FORMAT_VERSION}")
    wanted = manifest["files"]
    names = sorted(wanted.keys() | sums.keys())
    wrong = [name for name in names if wanted.get(name) != sums.get(name)]
    if wrong:
        raise ValueError(
            f"{len(wrong)} of its files are damaged or missing: {', '.join(wrong[:3])}"
        )
