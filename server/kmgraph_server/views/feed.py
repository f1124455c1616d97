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
from kmgraph_server.addresses import iri_tails, rooted, to_path
from kmgraph_server.caching import depends_on_more
from kmgraph_server.keeping import keep_for, keep_for_ever, require_view, store_folder
from kmgraph_server.negotiation import DATASET, RDF, Offer
from kmgraph_server.state import snapshot
from kmgraph_server.views.responses import data, negotiated

blueprint = Blueprint("feed", __name__)

_EPOCH: Final = re.compile(r"[0-9a-f]{12}")


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
    feed = _feed(require_view(view))
    pages = _Pages(feed)
    if epoch != pages.epoch:
        # Whoever knows the name of an older stream learns that it is over, and nothing else.
        if _EPOCH.fullmatch(epoch) and Tombstones.of(store_folder()):
            raise GoneError(
                "something was erased, and the stream was begun anew: read it again from /feed"
            )
        raise NotFoundError("there is no such stream: /feed is where reading begins")
    offer = negotiated(DATASET, request.args.getlist("format"))
    quads = feed.page_quads(number, root=pages.root, address=pages.address)
    response = depends_on_more(_sent(quads, offer))
    return keep_for_ever(response) if number < feed.pages else keep_for(response, POLLING_S)


@blueprint.get("/id/feed/<view>/<epoch>")
@blueprint.get("/id/feed/<view>/<epoch>/<int:number>")
def thing(view: str, epoch: str, number: int | None = None) -> Response:
    """Send whoever asks for the stream or a page by its IRI to where it is."""
    tail = f"/{to_path(require_view(view))}/{to_path(epoch)}/{number}" if number else ""
    return Response(status=303, headers={"Location": rooted(f"/feed{tail}")})


@blueprint.get("/id/version/<version>/<path:path>")
def member(version: str, path: str) -> Response:
    """Send whoever asks for a version of an entity to what its generation says of it."""
    generation, plus, groups = version.partition("+")
    if not generation.isdecimal() or (plus and not groups):
        raise NotFoundError("there is no such version")
    require_view(f"public{plus}{groups}")
    tail = to_path(iri_tails(request.environ, f"/id/version/{version}/", path)[0])
    target = rooted(f"/memento/{int(generation)}/doc/{tail}")
    return Response(status=303, headers={"Location": target})


class _Pages:
    """Where the pages of a feed are, as the client of the running request sees it.

    :param feed: the feed.
    """

    def __init__(self, feed: Feed) -> None:
        self.epoch = feed.iri.rpartition("/")[2]
        self.root = f"{request.url_root}feed"
        self._folder = f"{self.root}/{to_path(feed.view)}/{self.epoch}"

    def address(self, number: int) -> str:
        """Return the address of a page."""
        return f"{self._folder}/{number}"


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
