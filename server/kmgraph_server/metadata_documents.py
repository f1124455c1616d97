"""The metadata of a view that is served, counted once for each generation and address."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import quote
from weakref import WeakKeyDictionary

import pyoxigraph as ox

from kmgraph.metadata import Publication, catalogue_of, examples_of, publication_of, void_of
from kmgraph.stores.generations import GenerationStore
from kmgraph_server.addresses import absolute, rooted
from kmgraph_server.snapshots import Snapshot
from kmgraph_server.state import settings, snapshot

Document = list[ox.Triple]
#: Addresses of the endpoint for which documents are kept: a server may have several names.
_MOST_ADDRESSES: Final = 4
_KEPT: Final[WeakKeyDictionary[Snapshot, dict[tuple[str, str], Document]]] = WeakKeyDictionary()
_LOCK: Final = threading.Lock()


def void_document() -> Document:
    """Return the counts of what the caller sees, with the saved questions as example queries."""
    publication = replace(_publication(), snapshot=None)
    return _kept("void", publication.endpoint, lambda: _counted(publication))


def catalogue_document() -> Document:
    """Return the catalogue of what the caller sees, with the files that are written by now."""
    return catalogue_of(snapshot().dataset.store, _publication())


def _counted(publication: Publication) -> Document:
    """Count what the caller sees."""
    seen = snapshot()
    counts = void_of(seen.dataset.store, publication)
    return [*counts, *examples_of(seen.catalogue.values(), publication)]


def _kept(name: str, address: str, make: Callable[[], Document]) -> Document:
    """Return a document of the view that the caller sees, made where it is not kept yet.

    Two callers do not count the same view at one time: the second one waits for the first.
    """
    seen = snapshot()
    with _LOCK:
        kept = _KEPT.setdefault(seen, {})
        if (name, address) not in kept:
            if len(kept) >= _MOST_ADDRESSES:
                del kept[next(iter(kept))]
            kept[name, address] = make()
        return kept[name, address]


def _publication() -> Publication:
    """Return where and as what the caller sees the data."""
    seen, folder = snapshot(), settings().store
    endpoint = absolute(rooted("/sparql"))
    if folder is None or seen.described is None:
        return Publication(base=seen.dataset.base, endpoint=endpoint)
    found = publication_of(GenerationStore(folder), seen.key, generation=seen.described)
    files = found.snapshot
    if files is None:
        return replace(found, endpoint=endpoint)
    revision = f"{files.revision}/" if files.revision > 1 else ""
    place = f"/snapshots/{files.generation}/{quote(files.view, safe='+-._~')}/{revision}"
    return replace(found, endpoint=endpoint, files_at=absolute(rooted(place)))
