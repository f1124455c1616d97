"""Where the facets of a store lie."""

from __future__ import annotations

from typing import Final

from kmgraph.facets.building import LAYOUT
from kmgraph.facets.index import FacetIndex
from kmgraph.stores.beside import Beside
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import PUBLIC

FACETED: Final = Beside("facets", LAYOUT, FacetIndex.of, FacetIndex.at)


def open_facets(
    target: GenerationStore, view: str = PUBLIC, *, generation_id: int | None = None
) -> FacetIndex:
    """Open the facets of a view, and make them first where there are none for its content.

    Making takes about half a second for a thousand studies at most. Where nothing may be written,
    as in a store that is shared read-only, they are kept in memory.

    :param generation_id: number of the generation, or the current one.
    :raises StoreUnavailableError: there is no such generation or view.
    """
    return FACETED.open(target, view, generation_id=generation_id)
