"""The metadata of a view that is served, counted once for each generation and address."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import quote
from weakref import WeakKeyDictionary

import pyoxigraph as ox

from kmgraph.errors import NotFoundError
from kmgraph.metadata import (
    AT_ONCE_TRIPLES,
    Kept,
    Publication,
    catalogue_of,
    counts_of,
    examples_of,
    kept_counts,
    publication_of,
    size_of,
    void_of,
)
from kmgraph.questions import Question
from kmgraph.stores.generations import GenerationStore
from kmgraph.versions.feed import Feed
from kmgraph_server.addresses import absolute, rooted
from kmgraph_server.snapshots import Snapshot
from kmgraph_server.state import settings, snapshot

Document = list[ox.Triple]
#: Addresses of the endpoint for which documents are kept: a server may have several names.
_MOST_ADDRESSES: Final = 4
#: What was counted of the views that are open.
_COUNTS: Final[WeakKeyDictionary[Snapshot, Kept]] = WeakKeyDictionary()
_COUNTING: Final = threading.Lock()
#: Documents by name, and by the address of the endpoint as the client knows it.
_KEPT: Final[WeakKeyDictionary[Snapshot, dict[tuple[str, str], Document]]] = WeakKeyDictionary()
_LOCK: Final = threading.Lock()


def void_document() -> Document:
    """Return the counts of what the caller sees, with saved questions as example queries.

    Only questions that there is something to show for are examples. A view that is large is
    counted beside the answers; until then its triples are told, and nothing further.
    """
    publication = replace(_publication(), snapshot=None)
    known = _known()
    if known is not None:
        name = "void" if known.questions is not None else "counts"
        return _kept(name, publication.endpoint, lambda: _described(publication, known))
    # No question is an example before it is known that it has an answer.
    view = snapshot().dataset.store
    return _kept(
        "triples",
        publication.endpoint,
        lambda: [*void_of(view, publication, {}), *examples_of([], publication)],
    )


def question_document(question: Question) -> Document:
    """Return what a saved question is: its text as an example query, and the prefixes."""
    return examples_of([question], replace(_publication(), snapshot=None))


def is_counted() -> bool:
    """Say whether all counts of what the caller sees are known by now."""
    return _known() is not None


def is_finished() -> bool:
    """Say whether the example queries are known as well, so that nothing will be added."""
    known = _known()
    return known is not None and known.questions is not None


def catalogue_document() -> Document:
    """Return the catalogue of what the caller sees, with the files that are written by now."""
    return catalogue_of(snapshot().dataset.store, _publication())


def _known() -> Kept | None:
    """Return the counts of what the caller sees; None where they take too long to wait for."""
    seen, folder = snapshot(), settings().store
    if (found := _COUNTS.get(seen)) is not None:
        return found
    if folder is not None and seen.described is not None:
        found = kept_counts(GenerationStore(folder), seen.described, seen.key)
        if found is None and size_of(seen.described, seen.key) > AT_ONCE_TRIPLES:
            return None
        if found is not None and found.questions is None:
            return found
    with _COUNTING:
        if seen not in _COUNTS:
            _COUNTS[seen] = found or counts_of(seen.dataset.store)
        return _COUNTS[seen]


def _described(publication: Publication, known: Kept) -> Document:
    """Return counts, and the example queries that have an answer."""
    seen = snapshot()
    answered = known.questions or frozenset()
    examples = [one for one in seen.catalogue.values() if one.id in answered]
    counts = void_of(seen.dataset.store, publication, known.counts)
    return [*counts, *examples_of(examples, publication)]


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
    mail = f"mailto:{settings().contact}" if settings().contact else ""
    home, endpoint = absolute(rooted("/")), absolute(rooted("/sparql"))
    if folder is None or seen.described is None:
        return Publication(base=seen.dataset.base, endpoint=endpoint, home=home, mail=mail)
    store = GenerationStore(folder)
    found = publication_of(store, seen.key, generation=seen.described, mail=mail)
    feed = absolute(rooted("/feed")) if has_feed(store, seen.key) else ""
    found = replace(found, endpoint=endpoint, home=home, feed=feed)
    files = found.snapshot
    if files is None:
        return found
    revision = f"{files.revision}/" if files.revision > 1 else ""
    place = f"/snapshots/{files.generation}/{quote(files.view, safe='+-._~')}/{revision}"
    return replace(found, files_at=absolute(rooted(place)))


def has_feed(store: GenerationStore, view: str) -> bool:
    """Say whether there is a change feed of a view at the moment."""
    try:
        Feed(store, view)
    except NotFoundError:
        return False
    return True
