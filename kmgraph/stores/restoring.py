"""Make a store of a backup again: whole, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tarfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, Literal

from kmgraph.errors import FileAccessError, StoreCorruptError, StoreError, StoreLockedError
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.backups import FORMAT_VERSION, MANIFEST, BackupSummary, summary_of
from kmgraph.stores.durable import FileLock, fsync_path, fsync_tree
from kmgraph.stores.generations import GenerationStore

#: The file that makes a folder a store.
_STORE_FILE: Final = "store.json"
_RESTORE_LOCK: Final = "restore.lock"
#: Folder inside the target where that is there; what it holds was not moved out of it yet.
_PART: Final = "store.restoring"
#: What is in a file system that is empty.
_OF_THE_SYSTEM: Final = frozenset({"lost+found"})
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

    The store is open to those to whom the one of the backup was. A folder that there is stays as
    open as it is.

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
    # A relative path has no name to build on where it is ".", and a link is none to rename.
    source, root = Path(archive), Path(os.path.realpath(target))
    is_there = root.is_dir()
    part = root / _PART if is_there else root.with_name(root.name + ".restoring")
    _refuse_occupied(root)
    if not source.is_file():
        raise FileAccessError(f"{source}: there is no such file")
    part.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _lock_restore(part)
    try:
        for path in part.iterdir():
            if path.name != _RESTORE_LOCK:
                _remove(path)
        manifest = _extract(source, part, progress)
        GenerationStore(part).generation()
        fsync_tree(part, progress=progress)
        _refuse_occupied(root)
        if is_there:
            _move_into(part, root)
        else:
            part.rename(root)
            # Not before: another restore would begin in the same folder.
            (root / _RESTORE_LOCK).unlink()
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    finally:
        lock.release()
    fsync_path(root if is_there else root.parent)
    return summary_of(source, source.stat().st_size, manifest)


def _refuse_occupied(root: Path) -> None:
    """Raise where a restored store would meet something.

    :raises StoreError: there is a file, or a folder with something in it.
    """
    if (root / _STORE_FILE).exists():
        raise StoreError(f"{root}: there is a store here already: restore to another folder")
    if root.is_dir():
        names = set(os.listdir(root)) - _OF_THE_SYSTEM
        is_free = not names or _PART in names
    else:
        is_free = not os.path.lexists(root)
    if not is_free:
        raise StoreError(f"{root}: there is something here already: restore to another folder")


def _move_into(part: Path, root: Path) -> None:
    """Move a store from a folder inside it into a folder that there is.

    It keeps its owner and mode, and may be one that cannot be renamed. The file that makes it a
    store comes last.

    :raises StoreError: there is something in the folder that no unfinished restore has left.
    """
    found = set(os.listdir(part)) - {_RESTORE_LOCK}
    names = sorted(found, key=lambda name: (name == _STORE_FILE, name))
    strange = set(os.listdir(root)) - _OF_THE_SYSTEM - {_PART, *names}
    if strange:
        raise StoreError(
            f"{root}: there is something here already ({', '.join(sorted(strange)[:3])}): restore "
            "to another folder"
        )
    try:
        for name in names:
            _remove(root / name)
            fsync_path(root)
            (part / name).rename(root / name)
    except BaseException:
        for name in reversed(names):
            _remove(root / name)
        raise
    (part / _RESTORE_LOCK).unlink()
    with suppress(OSError):  # another restore may have come here meanwhile
        part.rmdir()


def _remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


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
    modes: dict[Path, int] = {}
    manifest: dict[str, Any] | None = None
    try:
        with source.open("rb") as file:
            mode: Literal["r|gz", "r|"] = "r|gz" if file.read(2) == _GZIP_MAGIC else "r|"
        with tarfile.open(source, mode) as members:
            for member in members:
                content = members.extractfile(member) if member.isreg() else None
                if member.name == MANIFEST and content is not None:
                    manifest = json.load(content)
                elif member.isdir():
                    modes[_put_folder(part, member, progress)] = member.mode
                else:
                    _put(part, member, content, sums)
        if manifest is None:
            raise ValueError("it has no manifest, so it is not whole")
        _compare(manifest, sums)
        # Backups did not always say who could open the folder of the store.
        modes[part] = manifest.get("mode", 0o700)
        for path in sorted(modes, reverse=True):
            path.chmod(modes[path] & 0o777 | 0o700)
    except _DAMAGE as error:
        raise StoreCorruptError(
            f"{source}: this is no whole backup of a store ({error}): take another copy of it"
        ) from error
    return manifest


def _place(part: Path, member: tarfile.TarInfo) -> Path:
    """Return where a member of an archive belongs."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or not name.parts:
        raise ValueError(f"the name '{member.name}' leads out of the store")
    return part / name


def _put_folder(part: Path, member: tarfile.TarInfo, progress: Progress) -> Path:
    """Make a folder of an archive, and return it."""
    path = _place(part, member)
    if path.parent.parent == part:
        progress(ProgressEvent("read", f"generation {path.name}"))
    path.mkdir(parents=True, exist_ok=True)
    return path


def _put(
    part: Path,
    member: tarfile.TarInfo,
    content: IO[bytes] | None,
    sums: dict[str, dict[str, Any]],
) -> None:
    """Write out one file of an archive, and note its size and hash."""
    path = _place(part, member)
    if content is None:
        raise ValueError(f"'{member.name}' is neither a file nor a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with open(os.open(path, flags, 0o600), "wb") as output:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            output.write(chunk)
        os.fchmod(output.fileno(), member.mode & 0o777)
    sums[path.relative_to(part).as_posix()] = {"bytes": size, "sha256": digest.hexdigest()}


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
