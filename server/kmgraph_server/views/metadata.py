"""What the served data say of themselves: counts in VoID, a catalogue in DCAT 3.

::

    /.well-known/void   redirects to /void
    /void               what the data hold, counted, and the saved questions as example queries
    /catalog            the datasets, in which forms they can be had, and the endpoint
    /doc/questions/ID   one saved question as an example query

Source: https://www.w3.org/TR/void/#well-known, https://www.w3.org/TR/vocab-dcat-3/
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, render_template, request

from kmgraph.metadata import told
from kmgraph.results import Triples
from kmgraph_server.addresses import rooted
from kmgraph_server.caching import depends_on_more
from kmgraph_server.errors import NotAcceptableError
from kmgraph_server.headers import link
from kmgraph_server.metadata_documents import (
    Document,
    catalogue_document,
    is_counted,
    is_finished,
    question_document,
    void_document,
)
from kmgraph_server.negotiation import DOCUMENT, Offer, by_name
from kmgraph_server.state import snapshot
from kmgraph_server.views.responses import (
    Form,
    add_alternates,
    forms_by_extension,
    graph,
    negotiated,
    page,
    varying,
)

blueprint = Blueprint("metadata", __name__)

_EXTENSIONS: Final = ("html", "ttl", "nt", "rdf", "jsonld", "json")
#: What the pages tell of the documents.
_TOLD: Final = {
    "void": ("sizes", "classes", "properties", "links"),
    "catalog": ("datasets", "files", "service"),
}


@blueprint.get("/.well-known/void")
def well_known() -> Response:
    """Send whoever looks for a description in the agreed place to where it is."""
    return varying(Response(status=303, headers={"Location": rooted("/void")}))


@blueprint.get("/id/void")
def void_thing() -> Response:
    """Send whoever asks for the counts by their IRI to where they are."""
    return varying(Response(status=303, headers={"Location": rooted("/void")}))


@blueprint.get("/id/catalog")
def catalog_thing() -> Response:
    """Send whoever asks for the catalogue by its IRI to where it is."""
    return varying(Response(status=303, headers={"Location": rooted("/catalog")}))


@blueprint.get("/id/questions/<question_id>")
def question(question_id: str) -> Response:
    """Send whoever asks for a saved question by its IRI to where it is answered, or described."""
    known = snapshot().catalogue[question_id].id
    try:
        is_page = negotiated(DOCUMENT).format is None
    except NotAcceptableError:
        # What is no form of a description may be one of the answer.
        is_page = True
    target = f"/questions/{known}" if is_page else f"/doc/questions/{known}"
    return varying(Response(status=303, headers={"Location": rooted(target)}))


@blueprint.get("/doc/questions/<question_id>")
def question_described(question_id: str) -> Response:
    """Send what a saved question is, whether or not it can be answered without parameters."""
    catalogue = snapshot().catalogue
    stem, dot, extension = question_id.rpartition(".")
    by_extension = bool(dot) and extension in _EXTENSIONS
    found = catalogue[stem if by_extension else question_id]
    names = [extension] if by_extension else request.args.getlist("format")
    offer = negotiated(DOCUMENT, names)
    address = rooted(f"/doc/questions/{found.id}")
    if offer.format is None:
        place = rooted(f"/questions/{found.id}")
        return varying(Response(status=303, headers={"Location": place}))
    response = graph(Triples(question_document(found)), offer, DOCUMENT)
    return add_alternates(response, address, forms_by_extension(address, DOCUMENT))


@blueprint.get("/void")
def void() -> Response:
    """Send the counts in the form that the client asks for."""
    return _send("void", negotiated(DOCUMENT, request.args.getlist("format")))


@blueprint.get("/void.<any(html, ttl, nt, rdf, jsonld, json):extension>")
def void_as(extension: str) -> Response:
    """Send the counts in one form."""
    return _send("void", by_name(extension, DOCUMENT))


@blueprint.get("/catalog")
def catalog() -> Response:
    """Send the catalogue in the form that the client asks for."""
    return _send("catalog", negotiated(DOCUMENT, request.args.getlist("format")))


@blueprint.get("/catalog.<any(html, ttl, nt, rdf, jsonld, json):extension>")
def catalog_as(extension: str) -> Response:
    """Send the catalogue in one form."""
    return _send("catalog", by_name(extension, DOCUMENT))


def _send(name: str, offer: Offer) -> Response:
    """Send a document."""
    found = void_document() if name == "void" else catalogue_document()
    address = rooted(f"/{name}")
    forms = forms_by_extension(address, DOCUMENT)
    if offer.format is None:
        downloads = [form for form in forms if form.offer.format is not None]
        response = _page(name, found, downloads)
    else:
        response = graph(Triples(found), offer, DOCUMENT)
    other = rooted("/catalog" if name == "void" else "/void")
    response.headers.add("Link", link(other, "describedby"))
    if name == "catalog" or not is_finished():
        # Files are written, and large views counted, after the generation is published.
        depends_on_more(response)
    return add_alternates(response, address, forms)


def _page(name: str, found: Document, downloads: list[Form]) -> Response:
    """Return the page of a document."""
    rows = {what: told(found, what) for what in _TOLD[name]}
    return page(
        render_template(
            f"{name}.html",
            names=snapshot().names,
            downloads=downloads,
            is_counted=is_counted(),
            **rows,
        )
    )
