"""Where the indexes of a store lie, and when they go."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from kmgraph.search.building import LAYOUT
from kmgraph.search.index import SearchIndex
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import PUBLIC

_FOLDER: Final = "search"


def open_index(
    target: GenerationStore,
    view: str = PUBLIC,
    *,
    generation_id: int | None = None,
    folder: Path | None = None,
) -> SearchIndex:
    """Open the index of a view, and make it first where there is none for its content.

    Where nothing may be written, as in a store that is shared read-only, it is kept in memory.
    Making takes some seconds for 100,000 records. Two that make it at once make the same, and the
    later one stays. Indexes of content that is no longer current are removed; whoever has one open
    can read on.

    :param generation_id: number of the generation, or the current one.
    :param folder: where indexes lie; beside the generations where nothing is said.
    :raises StoreUnavailableError: there is no such generation or view.
    """
    path = index_path(target, view, generation_id=generation_id, folder=folder)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError:
        with target.open_view(view, generation_id) as store:
            return SearchIndex.of(store)
    if not _is_current(path):
        _make(target, view, generation_id, path)
        for old in path.parent.glob(f"{view}-*.sqlite"):
            if old != path:
                old.unlink(missing_ok=True)
    return SearchIndex.at(path)


def index_path(
    target: GenerationStore,
    view: str = PUBLIC,
    *,
    generation_id: int | None = None,
    folder: Path | None = None,
) -> Path:
    """Return where the index of a view lies, or will lie once it is made."""
    since, created = target.generation(generation_id).content_since
    stamp = "".join(letter for letter in created if letter.isalnum())
    return (folder or target.path / _FOLDER) / f"{view}-{since:06d}-{stamp}.sqlite"


def forget_indexes(target: GenerationStore) -> None:
    """Remove the indexes of a store, as an erasure must; what is erased may stand in them."""
    for path in (target.path / _FOLDER).glob("*"):
        path.unlink(missing_ok=True)


def _make(target: GenerationStore, view: str, generation_id: int | None, path: Path) -> None:
    """Write an index beside its place, and put it there when it is whole."""
    beside = path.with_suffix(f".{uuid4().hex}.part")
    with target.open_view(view, generation_id) as store:
        SearchIndex.of(store, beside).close()
    os.replace(beside, path)


def _is_current(path: Path) -> bool:
    """Say whether there is an index of today's layout."""
    if not path.exists():
        return False
    with suppress(sqlite3.Error), SearchIndex.at(path) as index:
        return index.layout == LAYOUT
    return False
