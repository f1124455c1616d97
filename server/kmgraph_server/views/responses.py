"""Responses in a chosen media type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from flask import Response, request

from kmgraph.errors import TermError
from kmgraph.results import Triples
from kmgraph_server.compression import FileResponse
from kmgraph_server.errors import NotAcceptableError
from kmgraph_server.headers import link
from kmgraph_server.negotiation import HTML, Offer, by_names, choose, forms
from kmgraph_server.state import snapshot


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a document, and the address at which it is always sent in this form."""

    offer: Offer
    href: str


def forms_by_extension(path: str, offers: Sequence[Offer], query: str = "") -> list[Form]:
    """Return the forms of a document whose addresses end in an extension.

    :param path: path of the document, encoded.
    :param query: parameters of the address, with their question mark.

    >>> forms_by_extension("/doc/a", [HTML], "?b=1")[0].href
    '/doc/a.html?b=1'
    """
    return [Form(offer, f"{path}.{offer.name}{query}") for offer in _listed(offers)]


def forms_by_parameter(path: str, offers: Sequence[Offer]) -> list[Form]:
    """Return the forms of a document whose addresses name the format as a parameter.

    >>> forms_by_parameter("/doc/a/", [HTML])[0].href
    '/doc/a/?format=html'
    """
    return [Form(offer, f"{path}?format={offer.name}") for offer in _listed(offers)]


def _listed(offers: Sequence[Offer]) -> list[Offer]:
    """Return the page, where it is on offer, and the forms, each once."""
    return [offer for offer in offers if offer is HTML] + forms(offers)


def negotiated(offers: Sequence[Offer], names: Sequence[str] = (), version: str = "1.1") -> Offer:
    """Return what to send: by short name where one is given that fits, else by the Accept header.

    :param names: values of ``format``, best first.
    :param version: version of RDF that is asked for where neither says one.
    :raises MalformedRequestError: the names are those of no format at all.
    :raises NotAcceptableError: nothing on offer is acceptable.
    """
    given = [name for name in names if name.strip()]
    accept = request.headers.get("Accept")
    return by_names(given, offers, version) or choose(accept, offers, version)


def page(text: str) -> Response:
    """Return a page, which depends on the Accept header."""
    return varying(Response(text, content_type="text/html; charset=utf-8"))


def data(body: bytes | str, offer: Offer) -> Response:
    """Return data in the media type of an offer."""
    return varying(Response(body, content_type=offer.content_type))


def as_file(response: Response, name: str) -> Response:
    """Give a response the name of the file that it is kept as.

    A file that is kept has lost its headers, and should still say what it holds.

    :param name: name without marks of the store, in letters, digits, hyphens and dots.
    """
    stem = f"synthetic-{name}" if snapshot().is_synthetic else name
    response.headers["Content-Disposition"] = f'inline; filename="{stem}"'
    return response


def graph(triples: Triples, offer: Offer, offers: Sequence[Offer]) -> Response:
    """Return a graph in the media type of an offer.

    :param offers: what could be sent instead.
    :raises NotAcceptableError: the format has no way to write the graph.
    """
    if offer.format is None:
        raise NotAcceptableError(_others(offers, offer))
    try:
        return data(triples.serialize(offer.format), offer)
    except TermError as error:
        raise NotAcceptableError(_others(offers, offer), str(error)) from error


def _others(offers: Sequence[Offer], refused: Offer) -> list[str]:
    """Return the media types on offer in other formats than the one that was refused."""
    return [offer.media_type for offer in forms(offers) if offer.format != refused.format]


def from_file(body: IO[bytes], length: int, offer: Offer) -> Response:
    """Return what a file holds, in the media type of an offer.

    It was written whole before the first byte is sent, so a query that fails half way got an error
    and never a short answer that looks complete.

    :param body: file at its beginning, which is closed in the end.
    :param length: number of bytes.
    """
    return varying(FileResponse(body, length, offer.content_type))


def varying(response: Response) -> Response:
    """Say that the answer depends on the Accept header."""
    response.vary.add("Accept")
    return response


def add_alternates(response: Response, address: str, found: Sequence[Form]) -> Response:
    """Add a Link header for each form in which the same thing can be had.

    :param address: address of the document whatever its form, encoded.
    """
    for form in found:
        response.headers.add("Link", link(form.href, "alternate", form.offer.media_type))
    response.headers.add("Link", link(address, "canonical"))
    return response
