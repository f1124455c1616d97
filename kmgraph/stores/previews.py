"""A store beside a store, in which the next generation is built before anybody decides about it.

The copy has the current generation alone, and shares its files. What is built in it is published
in the store by being moved there, so that what was looked at is what is published. The store is
not locked meanwhile: where it has moved on, the copy can only be thrown away.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import StaleGenerationError, StoreError
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.durable import fsync_tree, remove_unpublished
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.tombstones import TOMBSTONES_FILE
from kmgraph.stores.views import TOKENS_FILE, token_group_sets, views_for

#: Folder of a store that holds such copies; an erasure empties it.
PREVIEWS_FOLDER: Final = "previews"
#: File of a copy that says of what it is a copy.
_BASIS_FILE: Final = "basis.txt"
#: Files of a store that decide what a build does.
_COPIED: Final = ("store.json", TOKENS_FILE, TOMBSTONES_FILE)


def copy_current(
    store: GenerationStore, folder: Path, *, progress: Progress = silent
) -> GenerationStore:
    """Return a new store in a folder, with the current generation of another and its tokens.

    :param folder: where it is made, best on the disk of the store; it must not be there yet.
    :raises StaleGenerationError: something was erased while the copy was made.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     store = GenerationStore.create(Path(place) / "store")
    ...     with store.begin(reason="first") as writer:
    ...         generation = writer.publish()
    ...     copy = copy_current(store, Path(place) / "copy")
    ...     with copy.begin(reason="second") as writer:
    ...         generation = writer.publish()
    ...     store.current_id(), publish_copy(store, copy.path).id, store.current_id()
    (1, 2, 2)
    """
    folder.mkdir(parents=True, mode=0o700)
    (folder / "generations").mkdir()
    basis = _basis(store)
    for name in _COPIED:
        if (store.path / name).exists():
            shutil.copy2(store.path / name, folder / name)
    current = store.current_id()
    if current is not None:
        with store.open_view(store.generation(current).master, current):
            _copy_generation(store.generation_dir(current), folder / "generations", progress)
        (folder / "current").write_text(f"{current}\n", encoding="ascii")
    if _basis(store) != basis:
        raise StaleGenerationError("the data were changed while they were copied: try again")
    (folder / _BASIS_FILE).write_text(basis, encoding="ascii")
    return GenerationStore(folder)


def _copy_generation(origin: Path, generations: Path, progress: Progress) -> None:
    """Copy a published generation; both share the files that never change."""
    target = generations / origin.name
    (target / "views").mkdir(parents=True)
    for view in sorted((origin / "views").iterdir()):
        progress(ProgressEvent("checkpoint", view.name))
        ox.Store.read_only(str(view)).backup(str(target / "views" / view.name))
    shutil.copytree(origin / "files", target / "files", copy_function=_link)
    shutil.copyfile(origin / "meta.json", target / "meta.json")
    (target / "in-use.lock").touch()


def _link(origin: str, target: str) -> None:
    """Give a file a second name, or copy it where that cannot be."""
    try:
        os.link(origin, target)
    except OSError:
        shutil.copyfile(origin, target)


def is_of_now(store: GenerationStore, folder: Path) -> bool:
    """Say whether a store is as it was when a copy was made of it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     store = GenerationStore.create(Path(place) / "store")
    ...     is_of_now(store, copy_current(store, Path(place) / "copy").path)
    True
    """
    try:
        return (folder / _BASIS_FILE).read_text(encoding="ascii") == _basis(store)
    except OSError:
        return False


def publish_copy(
    store: GenerationStore, folder: Path, *, progress: Progress = silent
) -> Generation:
    """Make what was built in a copy the current generation of the store.

    The copy is of no use afterwards. On another disk than the store it is moved by copying it.

    :param folder: a copy that :func:`copy_current` made, with one generation built in it.
    :raises StaleGenerationError: the store is not as it was when the copy was made.
    :raises StoreLockedError: another process is writing.
    :raises StoreError: nothing was built in the copy.
    """
    built = GenerationStore(folder)
    with store.publishing():
        if not is_of_now(store, folder):
            raise StaleGenerationError(
                "the data have changed since the preview was made: make a new one"
            )
        number = (store.current_id() or 0) + 1
        if built.current_id() != number:
            raise StoreError("there is nothing to publish: the preview holds nothing new")
        generation = built.generation(number)
        shown = (graph.visibility for graph in generation.graphs)
        if not set(views_for(shown, token_group_sets(store.path))) <= set(generation.views):
            raise StaleGenerationError(
                "tokens were made since that the preview has no view for: make a new one"
            )
        part = store.path / "generations" / f"{number:06}.part"
        for leftover in (part, part.with_suffix("")):
            if leftover.exists():
                remove_unpublished(leftover)
        progress(ProgressEvent("sync", f"move to {part.name}"))
        _move(built.generation_dir(number), part)
        store.publish_part(part, progress=progress)
        return store.generation(number)


def _move(built: Path, part: Path) -> None:
    """Move a generation, also from another disk; all of it is on the disk in the end."""
    try:
        built.rename(part)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copytree(built, part)
        fsync_tree(part)


def _basis(store: GenerationStore) -> str:
    """Return what stands for the state of a store: its current generation, and what was erased."""
    current = store.current_id()
    described = b"" if current is None else store.generation(current).to_json()
    try:
        erased = (store.path / TOMBSTONES_FILE).read_bytes()
    except FileNotFoundError:
        erased = b""
    told = b"%d\n%s\n%s" % (current or 0, described, erased)
    return hashlib.sha256(told).hexdigest()


def forget_previews(store: GenerationStore) -> None:
    """Remove all copies, with what was to be built into them.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     store = GenerationStore.create(Path(place) / "store")
    ...     copy = copy_current(store, store.path / PREVIEWS_FOLDER / "one")
    ...     forget_previews(store)
    ...     copy.path.exists()
    False
    """
    shutil.rmtree(store.path / PREVIEWS_FOLDER, ignore_errors=True)
