"""Every entity by its IRI: a redirect from the thing to the document, and the document.

An IRI of the served data, ``{base}study/a``, is looked up at ``/id/study/a``. That answers
303 to ``/doc/study/a``, which is sent in the form that the client asks for; ``/doc/study/a.ttl``
and the like are always of one form.

Source: https://www.w3.org/TR/cooluris/
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request

from kmgraph.entity import Entity
from kmgraph.errors import RecordNotFoundError
from kmgraph.namespaces import FRAMEWORK, expand
from kmgraph.results import Triples
from kmgraph_server.headers import link
from kmgraph_server.negotiation import DOCUMENT, HTML, Offer, by_name
from kmgraph_server.pages import ontology_page
from kmgraph_server.pages.entity_page import read_entity, where
from kmgraph_server.pages.study_page import read_sections
from kmgraph_server.state import Snapshot, settings, snapshot
from kmgraph_server.views.responses import add_alternates, data, negotiated, page, varying

blueprint = Blueprint("resources", __name__)

_STUDY: Final = expand("km:Study")
_SAFE: Final = "/-._~!$&'()*+,;=:@"
_EXTENSIONS: Final = {
    extension: by_name(extension, DOCUMENT)
    for extension in ("html", "ttl", "nt", "rdf", "jsonld", "json")
}


@blueprint.get("/id/<path:path>")
def thing(path: str) -> Response:
    """Send whoever asks for a thing to the document about it."""
    target = f"/doc/{quote(path, safe=_SAFE)}"
    if request.query_string:
        target += f"?{request.query_string.decode('latin-1')}"
    response = Response(status=303, headers={"Location": target})
    response.headers.add("Link", link(target, "describedby"))
    return varying(response)


@blueprint.get("/doc/<path:path>")
def document(path: str) -> Response:
    """Send the document about a thing of the served data."""
    return _document(snapshot().dataset.base, "/doc/", path)


@blueprint.get("/framework/<path:path>")
def framework(path: str) -> Response:
    """Send the document about a framework or one of its concepts."""
    return _document(FRAMEWORK, "/framework/", path)


def _document(namespace: str, prefix: str, path: str) -> Response:
    """Send the document about what a namespace and a path name."""
    served = snapshot()
    entity, path, offer = _find(served, namespace, quote(path, safe=_SAFE))
    chosen = offer or negotiated(DOCUMENT, request.args.get("format"))
    address = prefix + path
    if chosen.format is None:
        response = _page(served, entity, address)
    else:
        body = Triples(entity.triples()).serialize(chosen.format)
        response = data(body, chosen)
    response.headers.add("Link", link(entity.iri, "describes"))
    return add_alternates(response, address.rstrip("/"), DOCUMENT)


def _find(served: Snapshot, namespace: str, path: str) -> tuple[Entity, str, Offer | None]:
    """Return an entity, its path without an extension, and the form the extension asks for.

    Ids may hold dots, so a path counts as a whole before its end counts as an extension.

    :raises RecordNotFoundError: the store says nothing of it.
    """
    for candidate in _candidates(path):
        entity = Entity(served.dataset.store, namespace + candidate)
        if entity:
            return entity, candidate, None
    stem, dot, extension = path.rpartition(".")
    if dot and extension in _EXTENSIONS:
        for candidate in _candidates(stem):
            entity = Entity(served.dataset.store, namespace + candidate)
            if entity:
                return entity, candidate, _EXTENSIONS[extension]
    raise RecordNotFoundError(f"nothing is known of <{namespace}{path}>")


def _candidates(path: str) -> tuple[str, ...]:
    """Return a path as it is, and with a slash at its end, as the IRIs of frameworks have."""
    return (path,) if path.endswith("/") else (path, f"{path}/")


def _page(served: Snapshot, entity: Entity, address: str) -> Response:
    """Return the page of an entity; a study has sections of its own."""
    limit = settings().group_limit
    shown = read_entity(entity, served.names, ontology_page.definitions(), limit)
    sections = None
    if _STUDY in entity.types:
        sections = read_sections(served.dataset.store, entity.iri, served.names, limit)
    downloads = [offer for offer in DOCUMENT if offer is not HTML]
    return page(
        render_template(
            "study.html" if sections else "entity.html",
            entity=shown,
            sections=sections,
            address=address.rstrip("/"),
            downloads=downloads,
            where=where,
        )
    )
