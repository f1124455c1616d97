"""Whole graphs, read and written by their names.

Source: https://www.w3.org/TR/sparql11-http-rdf-update/
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import quote

import pyoxigraph as ox
from flask import Blueprint, Response, request

from kmgraph.errors import GraphNotFoundError, NonConformanceError
from kmgraph.namespaces import OWN_DEFAULT_GRAPH, graph_iri
from kmgraph.stores.meta import GraphInfo
from kmgraph.updates import Document, WriteRequest
from kmgraph_server.access import Caller, require
from kmgraph_server.addresses import iri_tails, to_uri
from kmgraph_server.caching import precheck, query_tag, tagged
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.graph_documents import tag_of_graph, tags_of_graph, write_document
from kmgraph_server.graph_identification import GraphRequest, identify_graph, new_graph_iri
from kmgraph_server.negotiation import RDF, Offer
from kmgraph_server.protocol import is_iri
from kmgraph_server.rdf_bodies import ACCEPTED, rdf_parts
from kmgraph_server.snapshots import Snapshot
from kmgraph_server.state import settings, snapshot
from kmgraph_server.views.reporting import report
from kmgraph_server.views.responses import from_file, negotiated
from kmgraph_server.write_conditions import Basis, judge_write
from kmgraph_server.writing import Ground, base_of_store, body_of_write, told, write

blueprint = Blueprint("graph_store", __name__)

_PATH: Final = "/graph-store"
_METHODS: Final = ("GET", "PUT", "POST", "DELETE")
#: Digest of a default graph that nothing was written to.
_EMPTY: Final = "empty"
_KINDS: Final[dict[str, Literal["put", "post", "delete"]]] = {
    "PUT": "put",
    "POST": "post",
    "DELETE": "delete",
}
#: What messages call a document that is the whole body.
_BODY: Final = "the body of the request"


@blueprint.route(_PATH, methods=_METHODS)
@blueprint.route(f"{_PATH}/<path:tail>", methods=_METHODS)
def graph_store(tail: str = "") -> Response:
    """Read a graph, or write to one."""
    if request.method in ("GET", "HEAD"):
        return _read(tail)
    who = require("write")
    return _write(tail, who)


def _address() -> str:
    """Return the address of the graph store as the client sees it."""
    address = request.url_root.rstrip("/") + _PATH
    if not is_iri(address):
        raise MalformedRequestError("the address of the graph store holds what no IRI can hold")
    return address


def _identified(tail: str, base: str, *, may_create: bool = False) -> GraphRequest:
    """Return which graph the running request names."""
    sent = iri_tails(request.environ, f"{_PATH}/", tail)[0] if tail else ""
    return identify_graph(
        request.query_string, address=_address(), tail=sent, base=base, may_create=may_create
    )


def _read(tail: str) -> Response:
    """Return a graph in the form that was asked for, whole.

    :raises GraphNotFoundError: the caller sees no such graph.
    """
    seen = snapshot()
    store = seen.dataset.store
    asked = _identified(tail, store.base)
    names = set(store.graph_names())
    iri = asked.among(names.__contains__)
    if iri is None and not settings().union_default_graph:
        iri = graph_iri(store.base, OWN_DEFAULT_GRAPH)
    elif iri is not None and iri not in names:
        raise GraphNotFoundError(f"there is no graph <{iri}>")
    offer = negotiated(RDF, asked.formats)
    tag = _tag(seen, iri, offer)
    if unchanged := precheck(tag):
        return unchanged
    body, length = write_document(
        _triples(seen, iri),
        offer,
        base=store.base,
        limit_bytes=settings().result_limit_bytes,
        wait_s=settings().wait_s,
        is_abandoned=request.environ.get("waitress.client_disconnected"),
    )
    return tagged(from_file(body, length, offer), tag)


def _triples(seen: Snapshot, iri: str | None) -> Iterator[ox.Triple]:
    """Return the triples of a graph, or those of the merge for None."""
    name = ox.DefaultGraph() if iri is None else ox.NamedNode(iri)
    return (quad.triple for quad in seen.dataset.store.quads(graph_name=name))


def _tag(seen: Snapshot, iri: str | None, offer: Offer) -> str:
    """Return the tag of a graph; that of a merge depends on the generation."""
    if iri is None or seen.described is None:
        return query_tag("graph", iri or "", offer.content_type)
    derived = seen.described.derived.get(seen.key, ())
    graphs = {graph.iri: graph for graph in (*seen.described.graphs, *derived)}
    return tag_of_graph(_digest(graphs.get(iri)), offer.content_type)


def _digest(info: GraphInfo | None) -> str:
    """Return what stands for the content of a graph."""
    return info.digest if info else _EMPTY


def _write(tail: str, who: Caller) -> Response:
    """Put, add to or delete a graph, and say what was done."""
    named = _identified(tail, base_of_store(), may_create=request.method == "POST")
    made = new_graph_iri(_address(), str(uuid.uuid4())) if named.is_new else None
    documents = () if request.method == "DELETE" else _documents()

    def prepare(ground: Ground) -> WriteRequest:
        """Judge the conditions of the request, and say what to do."""
        return _request(named, made, ground, documents, who)

    try:
        summary = write(who.view, prepare)
    except NonConformanceError as error:
        return report(error, named.formats)
    if not summary.created or named.is_default:
        return told(summary)
    (iri,) = summary.created
    location = to_uri(iri) if tail or made else f"{_address()}?graph={quote(iri, safe='')}"
    return told(summary, location=location)


def _documents() -> tuple[Document, ...]:
    """Return the documents that a request brings.

    :raises MalformedRequestError: they are a part of a graph, or a form that cannot be read.
    :raises UnsupportedMediaTypeError: they are no RDF.
    """
    if "Content-Range" in request.headers:
        raise MalformedRequestError("a graph is put whole: send no Content-Range")
    parts = rdf_parts(request.headers.get("Content-Type"), body_of_write())
    return tuple(
        Document(part.content, part.format.name, f"the part '{part.name}'" if part.name else _BODY)
        for part in parts
    )


def _request(
    named: GraphRequest,
    made: str | None,
    ground: Ground,
    documents: tuple[Document, ...],
    who: Caller,
) -> WriteRequest:
    """Return what is to be done, if the conditions of the request hold.

    :param made: IRI of the graph that is made, where the request names none.
    :param ground: what there is.
    """
    config = settings()
    iri = made or named.among(ground.graphs.__contains__)
    # What is written to the default graph goes here, whatever is read of it.
    target = graph_iri(ground.base, OWN_DEFAULT_GRAPH) if named.is_default else iri or ""
    is_merge = named.is_default and config.union_default_graph
    info = ground.graphs.get(target)
    is_there = named.is_default or info is not None
    tags = tags_of_graph(_digest(info)) if is_there and not is_merge else ()
    basis = judge_write(request.headers.get, ground.standing(is_there, tags))
    if is_merge and basis is Basis.CONTENT:
        basis = Basis.DATA
    return WriteRequest(
        _KINDS[request.method],
        documents=documents,
        graph=iri,
        view=who.view,
        visibility=named.visibility,
        validate=config.validate_writes,
        expected_generation=ground.id if basis is Basis.DATA else None,
        expected_digests=({target: info.digest if info else ""} if basis is Basis.CONTENT else {}),
        union_default_graph=config.union_default_graph,
    )


@blueprint.after_request
def _say_what_is_taken(response: Response) -> Response:
    """Add to the answer to OPTIONS which bodies are taken."""
    if request.method == "OPTIONS":
        response.headers["Accept-Post"] = response.headers["Accept-Put"] = ", ".join(ACCEPTED)
    return response
