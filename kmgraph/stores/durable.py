"""Files that survive a crash: written aside, synced, renamed, and their directory synced."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from kmgraph.errors import StoreLockedError
from kmgraph.progress import Progress, ProgressEvent, silent


def fsync_path(path: Path) -> None:
    """Ask the system to write a file or a directory to the disk.

    >>> fsync_path(Path("."))
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_tree(
    root: Path, *, synced: Collection[tuple[int, int]] = (), progress: Progress = silent
) -> None:
    """Sync every file and directory below a directory, files before the directory they are in.

    :param synced: what :func:`files_below` says of files that are on the disk already; other names
        of the same files are passed over.
    :param progress: told before and after each directory.
    """
    for folder, _, names in os.walk(root, topdown=False):
        step = f"fsync {Path(folder).relative_to(root)}"
        progress(ProgressEvent("sync", step, 0, len(names)))
        for name in sorted(names):
            path = Path(folder) / name
            if not synced or _identity(path) not in synced:
                fsync_path(path)
        fsync_path(Path(folder))
        progress(ProgressEvent("sync", step, len(names), len(names)))


def remove_unpublished(directory: Path) -> None:
    """Remove a directory in which another process may still be at work.

    It is renamed first, so that the other can make no new files at the place it knows.

    >>> remove_unpublished(Path("/nowhere/at/all"))
    """
    trash = directory.with_suffix(".trash")
    if directory != trash:
        _remove(trash)
        with suppress(FileNotFoundError):
            directory.rename(trash)
    _remove(trash)


def _remove(directory: Path) -> None:
    """Remove a directory, some files of which another process may remove at the same time."""
    while directory.exists():
        with suppress(FileNotFoundError):
            shutil.rmtree(directory)


def files_below(root: Path) -> set[tuple[int, int]]:
    """Return what tells the files below a directory apart, whatever their names.

    >>> files_below(Path("/nowhere"))
    set()
    """
    return {_identity(Path(folder) / name) for folder, _, names in os.walk(root) for name in names}


def _identity(path: Path) -> tuple[int, int]:
    """Return what tells a file from others: its device and inode."""
    status = path.stat()
    return status.st_dev, status.st_ino


def replace_file(
    path: Path, content: bytes, *, progress: Progress = silent, phase: str = "sync"
) -> None:
    """Replace a file so that after a crash it holds the old or the new content, whole.

    :param progress: told before and after each write, sync and rename.
    :param phase: the phase of these events.
    """
    temporary = path.with_name(path.name + ".tmp")
    progress(ProgressEvent(phase, f"write {temporary.name}"))
    with temporary.open("wb") as output:
        output.write(content)
        output.flush()
        progress(ProgressEvent(phase, f"fsync {temporary.name}"))
        os.fsync(output.fileno())
    progress(ProgressEvent(phase, f"rename {temporary.name} to {path.name}"))
    temporary.replace(path)
    progress(ProgressEvent(phase, f"fsync the directory of {path.name}"))
    fsync_path(path.parent)
    progress(ProgressEvent(phase, f"{path.name} is written"))


def replace_private_file(path: Path, content: bytes) -> None:
    """Replace a file that its owner alone may read, in the way of :func:`replace_file`.

    The administrator of a machine leaves the file to the owner of the folder, whose processes
    read it.
    """
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as output:
        if os.geteuid() == 0:
            folder = path.parent.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        output.write(content)
        output.flush()
        os.fsync(descriptor)
    temporary.replace(path)
    fsync_path(path.parent)


class FileLock:
    """A lock on a file that the system lets go of when its process ends.

    :param path: the lock file, made if it is missing and the lock is not shared.
    :param shared: whether others may hold it as well, if they share it too.
    :raises BlockingIOError: another holds the lock.

    Source: flock(2)
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        # A reader needs no right to write: stores may be shared read-only.
        access = os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT
        self._descriptor = os.open(path, access | os.O_CLOEXEC, 0o644)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BaseException:
            os.close(self._descriptor)
            raise

    def is_at(self, path: Path) -> bool:
        """Say whether the locked file is still the one at a path."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), path.stat())
        except FileNotFoundError:
            return False

    def again(self) -> FileLock:
        """Return a second hold on the same lock, which ends when both are released."""
        second = object.__new__(FileLock)
        second._descriptor = os.dup(self._descriptor)
        return second

    def write(self, text: str) -> None:
        """Replace what the lock file says."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def release(self) -> None:
        """Let go of the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def lock_writer(path: Path) -> FileLock:
    """Take the lock of the one writer of a store.

    :raises StoreLockedError: another writer has it; the message names its process.
    """
    try:
        lock = FileLock(path)
    except BlockingIOError as error:
        holder = path.read_text(encoding="utf-8").strip() or "unknown"
        raise StoreLockedError(
            f"{path.parent}: another process is writing to the store (process {holder}): "
            "wait until it has finished"
        ) from error
    lock.write(f"{os.getpid()}\n")
    return lock
