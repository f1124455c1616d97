"""Optimise a store when what was written since the last time has made queries dearer.

The engine keeps what is written in layers, and a query reads all of them. Optimising writes a view
anew as one layer: it costs time in proportion to the whole view, so a small change leaves it to a
process that works beside the readers and writers. That process works on a copy of the current
generation, and publishes it only if nobody began to write meanwhile: whoever begins to write
removes the copy.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import StoreError, StoreLockedError
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.durable import FileLock, files_below, fsync_tree, remove_unpublished
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.layers import is_due
from kmgraph.stores.meta import Generation

#: How much the optimiser gives way to other processes.
_NICENESS: Final = 10


def optimise(store: GenerationStore, *, progress: Progress = silent) -> Generation | None:
    """Publish an optimised copy of the current generation, if nobody writes meanwhile.

    :param progress: told before and after each view, sync and rename.
    :returns: the new generation; None where somebody wrote or another process optimises.
    :raises StoreUnavailableError: nothing is published yet.
    """
    with _copy(store, progress) as (source, part):
        if part is None:
            return None
        try:
            _fill(store, source, part, progress)
            return _publish(store, source, part, progress)
        except StoreLockedError:
            return None
        except (OSError, RuntimeError):
            # Whoever writes takes the copy away, at whatever moment.
            if part.exists() and _is_current(store, source):
                raise
            return None


def optimise_in_background(path: str | Path) -> subprocess.Popen[bytes] | None:
    """Start a process that optimises a store, where that is due.

    :param path: directory of the store.
    :returns: the process, which nobody needs to wait for; None where optimising is not due.
    """
    store = GenerationStore(path)
    if store.current_id() is None or not is_due(store.generation()):
        return None
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "kmgraph.stores.optimising", str(store.path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def copy_name(number: int) -> str:
    """Return the name of the folder in which a generation is optimised.

    >>> copy_name(7)
    '000007.optimised.part'
    """
    return f"{number:06}.optimised.part"


@contextmanager
def _copy(store: GenerationStore, progress: Progress) -> Iterator[tuple[Generation, Path | None]]:
    """Give the current generation and an empty folder for its copy.

    The folder is None where another process optimises. What one that was killed left is removed.
    """
    with store.open_view() as held:
        source = held.generation
        assert isinstance(source, Generation)  # noqa: S101 - for the type checker
        part = store.path / "generations" / copy_name(source.id)
        try:
            lock = FileLock(store.path / "optimiser.lock")
        except BlockingIOError:
            yield source, None
            return
        try:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            yield source, part
        finally:
            progress(ProgressEvent("cleanup", f"discard {part.name}"))
            shutil.rmtree(part, ignore_errors=True)
            lock.release()


def _fill(store: GenerationStore, source: Generation, part: Path, progress: Progress) -> None:
    """Write the optimised copy of a generation."""
    origin = store.path / "generations" / f"{source.id:06}"
    (part / "views").mkdir()
    for key in source.views:
        target = part / "views" / key
        ox.Store.read_only(str(origin / "views" / key)).backup(str(target))
        view = ox.Store(str(target))
        progress(ProgressEvent("optimize", key))
        view.optimize()
        view.flush()
        progress(ProgressEvent("optimize", f"{key}: done"))
        del view
    shutil.copytree(origin / "files", part / "files", copy_function=_link)
    (part / "in-use.lock").touch()
    content_id, content_created = source.content_since
    described = replace(
        source,
        id=source.id + 1,
        parent=source.id,
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        reason="optimise",
        unoptimised={},
        content_id=content_id,
        content_created=content_created,
    )
    (part / "meta.json").write_bytes(described.to_json())
    fsync_tree(part, synced=files_below(origin), progress=progress)


def _link(origin: str, target: str) -> None:
    """Give a file a second name, or copy it where that cannot be."""
    try:
        os.link(origin, target)
    except OSError:
        shutil.copyfile(origin, target)


def _publish(
    store: GenerationStore, source: Generation, part: Path, progress: Progress
) -> Generation | None:
    """Make the copy the current generation, unless somebody wrote since it was begun.

    :raises StoreLockedError: somebody is writing.
    """
    with store.publishing():
        if not part.exists() or not _is_current(store, source):
            return None
        number = source.id + 1
        whole = part.with_name(f"{number:06}.part")
        for leftover in (whole, whole.with_suffix("")):
            if leftover.exists():
                remove_unpublished(leftover)
        progress(ProgressEvent("sync", f"rename to {whole.name}"))
        part.rename(whole)
        store.publish_part(whole, progress=progress)
        return store.generation(number)


def _is_current(store: GenerationStore, source: Generation) -> bool:
    """Say whether a generation is the current one, as it was read."""
    try:
        return store.current_id() == source.id and store.generation(source.id) == source
    except StoreError:
        return False


def _main(path: str) -> None:
    """Optimise a store, in a process of its own."""
    os.nice(_NICENESS)
    optimise(GenerationStore(path))


if __name__ == "__main__":
    _main(sys.argv[1])
