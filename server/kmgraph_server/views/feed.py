"""The change feed: a stream of versions of entities, page by page.

::

    /feed                        where reading begins
    /feed/VIEW/EPOCH/NUMBER      a page

Source: https://w3id.org/ldes/specification, https://w3id.org/tree/specification
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, request

from kmgraph import formats
from kmgraph.errors import GoneError, NotFoundError
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import Tombstones
from kmgraph.versions.feed import POLLING_S, Feed
from kmgraph.versions.members import member_iri
from kmgraph_server.addresses import iri_tails, rooted, to_path
from kmgraph_server.caching import depends_on_more
from kmgraph_server.keeping import keep_for, keep_for_ever, require_view, store_folder
from kmgraph_server.negotiation import DATASET, RDF, Offer
from kmgraph_server.past_things import refuse_erased, said_in
from kmgraph_server.state import snapshot
from kmgraph_server.views.responses import data, negotiated

blueprint = Blueprint("feed", __name__)

_EPOCH: Final = re.compile(r"[0-9a-f]{12}")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,8}")
#: How the IRI of something elsewhere begins as a part of the IRI of its version.
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*%3a", re.IGNORECASE)


@blueprint.get("/feed")
def root() -> Response:
    """Send the document that reading begins with: what the stream is, and where its pages are."""
    feed = _feed(snapshot().key)
    offer = negotiated(RDF, request.args.getlist("format"))
    pages = _Pages(feed)
    response = _sent(feed.root_quads(pages.root, pages.address), offer)
    return keep_for(depends_on_more(response), POLLING_S)


@blueprint.get("/feed/<view>/<epoch>/<int:number>")
def page(view: str, epoch: str, number: int) -> Response:
    """Send a page; one that is full stays as it is for good."""
    feed = _stream(require_view(view), epoch)
    pages = _Pages(feed)
    offer = negotiated(DATASET, request.args.getlist("format"))
    quads = feed.page_quads(number, root=pages.root, address=pages.address)
    response = depends_on_more(_sent(quads, offer))
    return keep_for_ever(response) if number < feed.pages else keep_for(response, POLLING_S)


@blueprint.get("/id/feed/<view>/<epoch>")
@blueprint.get("/id/feed/<view>/<epoch>/<int:number>")
def thing(view: str, epoch: str, number: int | None = None) -> Response:
    """Send whoever asks for the stream or a page by its IRI to where it is."""
    tail = f"/{to_path(require_view(view))}/{to_path(epoch)}/{number}" if number else ""
    return _see(f"/feed{tail}")


@blueprint.get("/id/version/<version>/")
@blueprint.get("/id/version/<version>/<path:path>")
def member(version: str, path: str = "") -> Response:
    """Send whoever asks for a version of an entity to what its generation says of it.

    That is the document of that time, where there is one; else the page of the feed with the
    version: of what is gone by then, of what has an IRI elsewhere and so no document here, and of
    generations that are not kept any more.
    """
    generation, plus, groups = version.partition("+")
    if not _NUMBER.fullmatch(generation) or (plus and not groups):
        raise NotFoundError("there is no such version")
    view, number = require_view(f"public{plus}{groups}"), int(generation)
    store = GenerationStore(store_folder())
    tails = iri_tails(request.environ, f"/id/version/{version}/", path) if path else [""]
    # Of an IRI elsewhere the colon after the scheme is encoded; of one of ours no colon is.
    is_ours = bool(path) and not _ELSEWHERE.match(tails[0])
    entities = [store.base + tail for tail in tails] if is_ours else [path or store.base]
    known = said_in(store, view, number, entities) if is_ours else None
    if known is not None:
        return _see(f"/memento/{number}/doc/{to_path(known.removeprefix(store.base))}")
    names = [member_iri(store.base, view, number, entity) for entity in entities]
    held_on = _page_with(store, view, [f"{store.base}version/{version}/{tails[0]}", *names])
    if held_on is not None:
        return _see(held_on)
    refuse_erased(store.path, view, entities)
    kept = {one.id for one in store.generations()}
    if 0 < number <= (store.current_id() or 0) and number not in kept:
        raise GoneError(f"generation {number} is not kept any more")
    raise NotFoundError("there is no such version")


def _see(path: str) -> Response:
    """Lead from a thing to a document about it."""
    return Response(status=303, headers={"Location": rooted(path)})


def _page_with(store: GenerationStore, view: str, iris: Iterable[str]) -> str | None:
    """Return the path of the page of the feed that holds one of some versions, if any does."""
    try:
        feed = Feed(store, view)
    except NotFoundError:
        return None
    number = feed.page_of(iris)
    return None if number is None else f"/feed/{to_path(view)}/{feed.epoch}/{number}"


class _Pages:
    """Where the pages of a feed are, as the client of the running request sees it.

    :param feed: the feed.
    """

    def __init__(self, feed: Feed) -> None:
        self.root = f"{request.url_root}feed"
        self._folder = f"{self.root}/{to_path(feed.view)}/{feed.epoch}"

    def address(self, number: int) -> str:
        """Return the address of a page."""
        return f"{self._folder}/{number}"


def _stream(view: str, epoch: str) -> Feed:
    """Return the stream of a view by its name.

    :raises GoneError: it was another one, which an erasure ended.
    :raises NotFoundError: there is none of this name.
    """
    problem = NotFoundError("there is no such stream: /feed is where reading begins")
    try:
        feed = _feed(view)
        if epoch == feed.epoch:
            return feed
    except NotFoundError as error:
        # The next one has not begun yet, which makes the last one no less over.
        problem = error
    # Whoever knows the name of an older stream learns that it is over, and nothing else.
    if _EPOCH.fullmatch(epoch) and Tombstones.of(store_folder()):
        raise GoneError(
            "something was erased, and the stream ended: the one in its place begins at /feed"
        )
    raise problem


def _feed(view: str) -> Feed:
    """Return the feed of a view.

    :raises NotFoundError: there is none.
    """
    store = GenerationStore(store_folder())
    try:
        return Feed(store, view)
    except NotFoundError as error:
        raise NotFoundError(
            "there is no feed at the moment: 'kmgraph feed' or the setting 'feed' begins one, also "
            "after an erasure"
        ) from error


def _sent(quads: Iterable[ox.Quad], offer: Offer) -> Response:
    """Return statements in the media type of an offer."""
    rdf_format = formats.to_rdf_format(offer.format or formats.TRIG)
    if rdf_format.supports_datasets:
        return data(ox.serialize(quads, format=rdf_format) or b"", offer)
    return data(ox.serialize((quad.triple for quad in quads), format=rdf_format) or b"", offer)
