"""Triple pattern fragments of what the caller sees."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from kmgraph.results import Triples
from kmgraph_server.addresses import absolute, rooted
from kmgraph_server.fragments import PARTS, read_fragment, read_pattern
from kmgraph_server.headers import link
from kmgraph_server.negotiation import RDF
from kmgraph_server.paging import page_number
from kmgraph_server.state import snapshot
from kmgraph_server.views.responses import graph, negotiated

blueprint = Blueprint("fragments", __name__)
#: Forms of one graph; what describes the fragment is in the same graph as its triples.
_OFFERS: Final = tuple(offer for offer in RDF if offer.name not in ("trig", "nq"))


@blueprint.get("/fragments")
def fragments() -> Response:
    """Send the triples that fit a pattern, in pages."""
    pattern = read_pattern({name: request.args.get(name, "") for name in PARTS})
    chosen = negotiated(_OFFERS, request.args.getlist("format"))
    found = read_fragment(snapshot().dataset.store, pattern, page_number())
    base = absolute(rooted("/fragments"))
    response = graph(Triples([*found.triples, *found.metadata(base)]), chosen, _OFFERS)
    for relation, address in found.links(base).items():
        response.headers.add("Link", link(address, relation))
    return response
