"""Where the indexes of a store lie, and when they go."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kmgraph.search.building import LAYOUT
from kmgraph.search.index import SearchIndex
from kmgraph.stores.beside import Beside
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import PUBLIC

INDEXED: Final = Beside("search", LAYOUT, SearchIndex.of, SearchIndex.at)


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
    return INDEXED.open(target, view, generation_id=generation_id, folder=folder)


def index_path(
    target: GenerationStore,
    view: str = PUBLIC,
    *,
    generation_id: int | None = None,
    folder: Path | None = None,
) -> Path:
    """Return where the index of a view lies, or will lie once it is made."""
    return INDEXED.path(target, view, generation_id=generation_id, folder=folder)


def forget_indexes(target: GenerationStore) -> None:
    """Remove the indexes of a store, as an erasure must; what is erased may stand in them."""
    INDEXED.forget(target)
