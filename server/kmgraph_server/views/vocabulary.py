"""The files of the vocabulary: modules of the ontology, shapes and frameworks, by IRI and version.

What our IRIs have after ``https://w3id.org/kmgraph`` is the path that stands for them here.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from kmgraph.errors import RecordNotFoundError
from kmgraph.formats import Format
from kmgraph.namespaces import FRAMEWORK, OWL
from kmgraph.ontology import iter_triples
from kmgraph.ontology_pages import Kind, TurtleDocument, read_documents, render_body
from kmgraph.results import Triples
from kmgraph_server.addresses import rooted
from kmgraph_server.headers import link
from kmgraph_server.negotiation import DOCUMENT, Offer, by_name
from kmgraph_server.templating import format_title
from kmgraph_server.views.ontology import send_ontology
from kmgraph_server.views.responses import (
    Form,
    add_alternates,
    data,
    forms_by_extension,
    negotiated,
    page,
)

blueprint = Blueprint("vocabulary", __name__)
#: What all our IRIs begin with; the rest is the path.
_ROOT: Final = FRAMEWORK.removesuffix("/framework/")
_ONTOLOGY: Final = f"{_ROOT}/ontology"
_SHAPES: Final = f"{_ROOT}/shapes"
_EXTENSIONS: Final = ("html", "ttl", "nt", "rdf", "jsonld", "json")


@blueprint.get("/ontology/<path:path>")
def module(path: str) -> Response:
    """Send a module of the ontology, or a version of it or of the whole."""
    return _send(f"/ontology/{path}")


@blueprint.get("/shapes")
def shapes() -> Response:
    """Send all shapes."""
    return _send("/shapes")


@blueprint.get("/shapes.<any(html, ttl, nt, rdf, jsonld, json):extension>")
def shapes_as(extension: str) -> Response:
    """Send all shapes in one form."""
    return _send(f"/shapes.{extension}")


@blueprint.get("/shapes/<path:path>")
def shapes_file(path: str) -> Response:
    """Send a file of shapes, or a version of it or of all."""
    return _send(f"/shapes/{path}")


@blueprint.get("/framework/<slug>/version/<version>")
def framework_version(slug: str, version: str) -> Response:
    """Send a version of a framework with all its constructs."""
    return _send(f"/framework/{slug}/version/{version}")


def path_of(document: TurtleDocument) -> str:
    """Return the path of the page of a file below the application, encoded."""
    whole = document.version_iri if document.kind is Kind.FRAMEWORK else document.iri
    return quote(whole.removeprefix(_ROOT))


def _send(path: str) -> Response:
    """Send the file that a path stands for.

    :raises RecordNotFoundError: there is no such file.
    """
    document, offer, path = _find(path.rstrip("/"))
    chosen = offer or negotiated(DOCUMENT, request.args.getlist("format"))
    address = rooted(quote(path))
    if document.iri == _ONTOLOGY:
        return send_ontology(chosen, address)
    forms = forms_by_extension(address, DOCUMENT)
    if chosen.format is not None:
        response = data(_serialised(document.iri, chosen.format), chosen)
    else:
        response = _page(document, forms)
    response.headers.add("Link", link(document.version_iri, "cite-as"))
    response.headers.add("Link", link(f"{OWL}Ontology", "type"))
    if document.licence:
        response.headers.add("Link", link(document.licence, "license"))
    return add_alternates(response, address, forms)


def _find(path: str) -> tuple[TurtleDocument, Offer | None, str]:
    """Return what a path stands for, the form that its extension asks for, and the path without.

    Versions hold dots, so a path counts as a whole before its end counts as an extension.

    :raises RecordNotFoundError: there is no such file.
    """
    documents = read_documents()
    if found := documents.get(_ROOT + path):
        return found, None, path
    stem, _, extension = path.rpartition(".")
    found = documents.get(_ROOT + stem)
    if found is None or extension not in _EXTENSIONS:
        raise RecordNotFoundError(f"nothing is known of <{_ROOT}{path}>")
    return found, by_name(extension, DOCUMENT), stem


def _page(document: TurtleDocument, forms: Sequence[Form]) -> Response:
    """Return the page of a file."""
    downloads = [
        (format_title(form.offer), form.href, form.offer.media_type)
        for form in forms
        if form.offer.format is not None
    ]
    parts = []
    if document.iri == _SHAPES:
        others = (one for one in read_documents().of_kind(Kind.SHAPES) if one is not document)
        parts = [(one.title, rooted(path_of(one)), one.description) for one in others]
    # It was escaped when it was made of the template.
    body = Markup(render_body(document, _href, downloads))  # noqa: S704
    return page(
        render_template(
            "vocabulary.html",
            title=document.title,
            body=body,
            parts=parts,
            downloads=[form for form in forms if form.offer.format is not None],
        )
    )


def _href(iri: str) -> str:
    """Return the address of the page about an IRI; empty where there is none."""
    documents = read_documents()
    place = documents.places.get(iri)
    if place is None:
        return iri if iri.startswith(("http://", "https://")) else ""
    name, anchor = place
    document = _by_name()[name]
    return rooted(path_of(document)) + (f"#{quote(anchor)}" if anchor else "")


@cache
def _by_name() -> dict[str, TurtleDocument]:
    """Return the files by the names of their pages."""
    return {document.name: document for document in read_documents().all}


@cache
def _serialised(iri: str, fmt: Format) -> bytes:
    """Return a file in a format; that of all shapes holds the others too."""
    documents = read_documents()
    found = [documents.get(iri)]
    if iri == _SHAPES:
        found += [one for one in documents.of_kind(Kind.SHAPES) if one.iri != iri]
    buffer = io.BytesIO()
    triples = [triple for one in found if one for triple in iter_triples(one.path)]
    Triples(triples).write(buffer, fmt)
    return buffer.getvalue()
