"""The vocabulary: a page for people, RDF for programs."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from kmgraph_server.addresses import rooted
from kmgraph_server.negotiation import DOCUMENT, Offer, by_name
from kmgraph_server.pages import ontology_page
from kmgraph_server.views.responses import (
    add_alternates,
    data,
    forms_by_extension,
    negotiated,
    page,
)

blueprint = Blueprint("ontology", __name__)


@blueprint.get("/ontology")
def ontology() -> Response:
    """Send the ontology in the form that the client asks for."""
    return send_ontology(negotiated(DOCUMENT, request.args.getlist("format")), rooted("/ontology"))


@blueprint.get("/ontology.<any(html, ttl, nt, rdf, jsonld, json):extension>")
def ontology_as(extension: str) -> Response:
    """Send the ontology in one form."""
    return send_ontology(by_name(extension, DOCUMENT), rooted("/ontology"))


def send_ontology(offer: Offer, address: str) -> Response:
    """Send the whole ontology.

    :param address: address of the page, which may be that of a version.
    """
    forms = forms_by_extension(address, DOCUMENT)
    if offer.format is not None:
        response = data(ontology_page.serialised(offer.format), offer)
    else:
        response = page(
            render_template(
                "ontology.html",
                modules=ontology_page.read_modules(),
                kinds=ontology_page.KINDS,
                frameworks=ontology_page.frameworks(),
                downloads=[form for form in forms if form.offer.format is not None],
            )
        )
    return add_alternates(response, address, forms)
