"""Every entity by its IRI: a redirect from the thing to the document, and the document.

An IRI of the served data, ``{base}study/a``, is looked up at ``/id/study/a``. That answers
303 to ``/doc/study/a``, which is sent in the form that the client asks for; ``/doc/study/a.ttl``
and the like are always of one form.

Source: https://www.w3.org/TR/cooluris/
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, current_app, render_template, request

from kmgraph.entity import Entity
from kmgraph.errors import RecordNotFoundError
from kmgraph.figures import can_draw
from kmgraph.namespaces import DOCUMENTED, FRAMEWORK, MAPPING, expand
from kmgraph.questions.citing import origin, record_citation
from kmgraph.results import Triples
from kmgraph.stores.base import QuadStore
from kmgraph_server.addresses import absolute, iri_tails, rooted, sent_path, to_path, to_uri
from kmgraph_server.entity_document import read_document
from kmgraph_server.headers import link
from kmgraph_server.history import PAST
from kmgraph_server.negotiation import DOCUMENT, Offer, by_name
from kmgraph_server.pages import ontology_page, schema_org
from kmgraph_server.pages.account_page import read_account_page
from kmgraph_server.pages.entity_page import EntityPage, read_entity, where
from kmgraph_server.pages.reading_box import read_boxes, why_no_reading
from kmgraph_server.pages.study_page import read_sections
from kmgraph_server.paging import neighbours, page_number
from kmgraph_server.past_things import refuse_erased, says_of, things_at
from kmgraph_server.signposting import LINKSET, Signpost, linkset, signposts
from kmgraph_server.snapshots import Snapshot
from kmgraph_server.state import settings, snapshot
from kmgraph_server.views.responses import (
    Form,
    add_alternates,
    forms_by_extension,
    forms_by_parameter,
    graph,
    negotiated,
    page,
    varying,
)

blueprint = Blueprint("resources", __name__)

_STUDY: Final = expand("km:Study")
_CASE: Final = expand("km:ImplementationCase")
_EXTENSIONS: Final = {
    extension: by_name(extension, DOCUMENT)
    for extension in ("html", "ttl", "nt", "rdf", "jsonld", "json")
}


@blueprint.get("/id/<path:path>")
def thing(path: str) -> Response:
    """Send whoever asks for a thing to the document about it."""
    tails = iri_tails(request.environ, "/id/", path)
    served = snapshot()
    refuse_erased(settings().store, served.key, things_at(served.dataset.base, tails))
    tail = to_path(tails[0])
    target = rooted(f"/doc/{tail}")
    if request.query_string:
        target += f"?{request.query_string.decode('latin-1')}"
    iri = served.dataset.base + tails[0]
    if _is_graph_alone(iri):
        target = rooted(f"/graph-store?graph={quote(iri, safe='')}")
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


@blueprint.get("/mapping/<path:path>")
def mapping(path: str) -> Response:
    """Send the document about a set of mappings between frameworks, or one of its rows."""
    return _document(MAPPING, "/mapping/", path)


def _document(namespace: str, prefix: str, path: str) -> Response:
    """Send the document about what a namespace and a path name."""
    served = snapshot()
    store = served.dataset.store
    iri, offer = _find(store, namespace, iri_tails(request.environ, prefix, path))
    chosen = offer or negotiated(DOCUMENT, request.args.getlist("format"))
    address = rooted(prefix + to_path(iri.removeprefix(namespace)))
    forms = _forms(store, iri, address)
    posts = signposts(store, iri, address, forms)
    if chosen.format is None:
        shown, response = _page(served, Entity(store, iri), address, forms, posts)
        response = _add_pages(response, neighbours(shown.number, shown.pages), offer)
        if shown.number > 1:
            address = f"{address}?page={shown.number}"
    else:
        part = read_document(store, iri, page_number())
        # Whoever asked by an extension finds the other pages in the same form.
        here = to_path(rooted(sent_path(request.environ) or request.path)) if offer else address
        triples = Triples(part.triples(absolute(here) if part.pages > 1 else ""))
        response = _add_pages(graph(triples, chosen, DOCUMENT), part.links, offer)
        posts = [post for post in posts if post.relation in ("cite-as", "license", "linkset")]
    for post in posts:
        response.headers.add("Link", post.header)
    response.headers.add("Link", link(to_uri(iri), "describes"))
    return add_alternates(response, address, forms)


@blueprint.get("/linkset/<any(doc, framework, mapping):kind>/<path:path>")
def links(kind: str, path: str) -> Response:
    """Send all typed links of a page as one document."""
    prefix = f"/linkset/{kind}/"
    store = snapshot().dataset.store
    namespace = DOCUMENTED.get(kind, store.base)
    iri, _ = _find(store, namespace, iri_tails(request.environ, prefix, path))
    address = rooted(f"/{kind}/{to_path(iri.removeprefix(namespace))}")
    found = signposts(store, iri, address, _forms(store, iri, address))
    text = json.dumps(linkset(found, address, request.host_url), ensure_ascii=False, indent=1)
    return Response(text + "\n", content_type=LINKSET)


def _add_pages(response: Response, pages: dict[str, int], offer: Offer | None) -> Response:
    """Add a Link header to the first, the last and the neighbouring pages of a document.

    :param pages: relation to number of the page.
    :param offer: the form that the address names, which the other pages are to have too.
    """
    path = rooted(sent_path(request.environ) or request.path)
    forms = [f"format={quote(name)}" for name in request.args.getlist("format") if not offer]
    for relation, number in pages.items():
        query = "&".join([*forms, f"page={number}"])
        response.headers.add("Link", link(f"{to_path(path)}?{query}", relation))
    return response


def _find(store: QuadStore, namespace: str, tails: Sequence[str]) -> tuple[str, Offer | None]:
    """Return the IRI of what is meant, and the form that an extension asks for.

    Ids may hold dots, so a path counts as a whole before its end counts as an extension. IRIs of
    frameworks end in a slash, which people leave out; others do not, and people put one there.

    :raises RecordNotFoundError: the store says nothing of it.
    """
    tails = [*tails, *(tail[:-1] for tail in tails if tail.endswith("/"))]
    for tail in tails:
        for iri in (namespace + tail, f"{namespace}{tail}/"):
            if says_of(store, iri):
                return iri, None
    for tail in tails:
        stem, dot, extension = tail.rpartition(".")
        for iri in (namespace + stem, f"{namespace}{stem}/") if dot else ():
            if extension in _EXTENSIONS and says_of(store, iri):
                return iri, _EXTENSIONS[extension]
    refuse_erased(settings().store, snapshot().key, things_at(namespace, tails))
    raise RecordNotFoundError(f"nothing is known of <{namespace}{tails[0]}>")


def _is_graph_alone(iri: str) -> bool:
    """Say whether an IRI names a graph of which the data say nothing else."""
    store = snapshot().dataset.store
    return not says_of(store, iri) and iri in store.graph_names()


def _forms(store: QuadStore, iri: str, address: str) -> list[Form]:
    """Return where each form of a document is.

    An extension cannot be put after a slash, nor where it makes the IRI of something else.
    """
    is_taken = any(says_of(store, f"{iri}.{extension}") for extension in _EXTENSIONS)
    if address.endswith("/") or is_taken:
        return forms_by_parameter(address, DOCUMENT)
    return forms_by_extension(address, DOCUMENT)


def _page(
    served: Snapshot,
    entity: Entity,
    address: str,
    forms: Sequence[Form],
    posts: Sequence[Signpost],
) -> tuple[EntityPage, Response]:
    """Return what the page of an entity shows, and the page; a study has sections of its own."""
    limit = settings().group_limit
    shown = read_entity(entity, served.names, ontology_page.definitions(), limit, page_number())
    store = served.dataset.store
    is_case, is_study = _CASE in entity.types, _STUDY in entity.types
    account = read_account_page(store, entity.iri, served.names) if is_case or is_study else None
    reading = account.reading if account is not None and is_case else None
    readings = read_boxes(reading) if reading is not None else ()
    sections = read_sections(store, entity.iri, served.names, limit) if is_study else None
    tables = sections.tables if sections is not None else ()
    response = page(
        render_template(
            "study.html" if is_study else "case.html" if is_case else "entity.html",
            entity=shown,
            account=account,
            sections=sections,
            contents=account.contents(readings, tables) if account is not None else (),
            readings=readings,
            no_reading=why_no_reading(entity) if is_case and not readings else "",
            cited=record_citation(origin(store), shown.title, entity.iri),
            has_history=settings().store is not None and PAST not in request.environ,
            can_draw=can_draw(),
            has_network="network.network" in current_app.view_functions
            and PAST not in request.environ,
            address=address,
            downloads=[form for form in forms if form.offer.format is not None],
            where=where,
            posts=posts,
            structured=schema_org.about_entity(
                shown, posts, served.cards, address, request.host_url
            ),
        )
    )
    return shown, response
