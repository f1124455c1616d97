"""The sitemap of what the caller sees."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from itertools import chain
from typing import Final
from urllib.parse import quote, urljoin
from weakref import WeakKeyDictionary

import pyoxigraph as ox
from flask import Blueprint, Response, request

from kmgraph.errors import NotFoundError, RecordNotFoundError
from kmgraph.metadata import changes_of_graphs
from kmgraph.namespaces import FRAMEWORK, MAPPING, SSSOM, expand
from kmgraph.ontology_pages import Kind, read_documents
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import Tombstones
from kmgraph.versions.feed import Feed
from kmgraph_server.addresses import rooted
from kmgraph_server.pages import ontology_page
from kmgraph_server.sitemaps import (
    Entry,
    Listing,
    entries,
    write_part,
    write_sitemap,
)
from kmgraph_server.snapshots import Snapshot
from kmgraph_server.state import settings, snapshot
from kmgraph_server.views.vocabulary import path_of

blueprint = Blueprint("sitemap", __name__)
#: Addresses of the data that are open, read once.
_LISTINGS: Final[WeakKeyDictionary[Snapshot, Listing]] = WeakKeyDictionary()
_LOCK: Final = threading.Lock()
#: Members of a feed that are read for the times at which records changed.
_MOST_MEMBERS: Final = 500_000
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_MAPPING_SET: Final = ox.NamedNode(f"{SSSOM}MappingSet")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """Send the sitemap, or the index of several."""
    return _send(write_sitemap(_root(), _listing()))


@blueprint.get("/sitemap-<int:number>.xml")
def part(number: int) -> Response:
    """Send one of several sitemaps.

    :raises RecordNotFoundError: there are not so many.
    """
    listing = _listing()
    if not 1 <= number <= listing.parts:
        raise RecordNotFoundError(f"there is no sitemap {number}")
    return _send(write_part(_root(), number, listing))


def _listing() -> Listing:
    """Return the addresses of what the caller sees."""
    seen = snapshot()
    with _LOCK:
        found = _LISTINGS.get(seen)
        if found is None:
            found = _LISTINGS[seen] = Listing(chain(_pages(), _records()))
        return found


def _send(body: bytes) -> Response:
    """Send a sitemap."""
    return Response(body, content_type="application/xml")


def _root() -> str:
    """Return the address of the application, without a slash at its end."""
    return urljoin(request.host_url, rooted("/")).rstrip("/")


def _pages() -> Iterator[Entry]:
    """Yield the pages that are not about records."""
    for path in ("/", "/questions", "/ontology", "/shapes"):
        yield Entry(path)
    for name in snapshot().catalogue:
        yield Entry(f"/questions/{name}")
    for slug, _ in ontology_page.frameworks():
        yield Entry(f"/{FRAMEWORK.split('/')[-2]}/{slug}/")
    for iri in _mapping_sets():
        yield Entry(f"/mapping/{quote(iri.removeprefix(MAPPING))}")
    for kind in (Kind.MODULE, Kind.SHAPES):
        for document in read_documents().of_kind(kind):
            if not document.name.endswith("/index"):
                yield Entry(path_of(document))


def _mapping_sets() -> list[str]:
    """Return the IRIs of the sets of mappings between frameworks, sorted."""
    quads = snapshot().dataset.store.quads(None, _TYPE, _MAPPING_SET, ox.DefaultGraph())
    found = {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}
    return sorted(iri for iri in found if iri.startswith(MAPPING))


def _records() -> Iterator[Entry]:
    """Yield the pages about records."""
    seen = snapshot()
    folder = settings().store
    changed: dict[str, str] = {}
    if folder is not None and seen.described is not None:
        store = GenerationStore(folder)
        changed = changes_of_graphs(store, seen.described)
        records = _changes_of_records(store, seen)
        return entries(seen.dataset.store, changed, records, _last_erasure(store, seen))
    return entries(seen.dataset.store, changed)


def _last_erasure(store: GenerationStore, seen: Snapshot) -> str:
    """Return when something was last erased that the caller could see; empty where nothing was.

    An erasure that is going on ends later than the state that is shown began.
    """
    stones = Tombstones.of(store.path)
    last = stones.last_erasure(seen.key)
    if not (last and seen.described is not None and stones.unfinished):
        return last
    return max(last, seen.described.created, key=dt.datetime.fromisoformat)


def _changes_of_records(store: GenerationStore, seen: Snapshot) -> dict[str, str]:
    """Return when each record last changed, where a feed that is up to date tells it.

    A feed that is very long is not read: it would take the memory of the whole server.
    """
    try:
        feed = Feed(store, seen.key)
    except NotFoundError:
        return {}
    is_current = seen.generation is not None and feed.generation >= seen.generation
    return feed.last_changes() if is_current and len(feed) <= _MOST_MEMBERS else {}
