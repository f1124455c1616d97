"""Responses in a chosen media type."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Final, cast

from flask import Response, request

from kmgraph.formats import Format
from kmgraph.results import Boolean, Solutions, Triples
from kmgraph_server.headers import link
from kmgraph_server.negotiation import Offer, by_name, choose

#: Bytes of a result that are held in memory before it goes to a temporary file.
SPOOL_BYTES: Final = 4_000_000


def negotiated(offers: Sequence[Offer], name: str | None = None) -> Offer:
    """Return what to send: by short name where one is given, else by the Accept header.

    :raises MalformedRequestError: nothing on offer has the name.
    :raises NotAcceptableError: nothing on offer is acceptable.
    """
    return by_name(name, offers) if name else choose(request.headers.get("Accept"), offers)


def page(text: str) -> Response:
    """Return a page, which depends on the Accept header."""
    return varying(Response(text, content_type="text/html; charset=utf-8"))


def data(body: bytes | str, offer: Offer) -> Response:
    """Return data in the media type of an offer."""
    return varying(Response(body, content_type=offer.content_type))


def result(answer: Solutions | Boolean | Triples, offer: Offer, fmt: Format) -> Response:
    """Return the result of a query.

    It is written out whole before the first byte is sent, so that a query that fails half way
    gets an error and never a short answer that looks complete.
    """
    buffer = cast("IO[bytes]", SpooledTemporaryFile(max_size=SPOOL_BYTES))
    try:
        answer.write(buffer, fmt)
        length = buffer.tell()
        buffer.seek(0)
    except BaseException:
        buffer.close()
        raise
    finally:
        _let_go(answer)
    response = Response(_chunks(buffer), content_type=offer.content_type)
    response.content_length = length
    if request.method == "HEAD":
        # The body of such an answer is never read, and then nothing closes it either.
        buffer.close()
    else:
        response.call_on_close(buffer.close)
    return varying(response)


def _chunks(buffer: IO[bytes]) -> Iterator[bytes]:
    """Yield the content of a file in parts, and close it at its end."""
    with buffer:
        while part := buffer.read(65_536):
            yield part


def _let_go(answer: Solutions | Boolean | Triples) -> None:
    """Free what the engine holds for an answer that was written out.

    The engine's solutions may be freed by the thread that made them and by no other, so they
    cannot be left to the garbage collector, which runs in any thread.
    """
    rows = iter(answer) if isinstance(answer, Solutions) else None
    if isinstance(rows, Generator):
        rows.close()


def varying(response: Response) -> Response:
    """Say that the answer depends on the Accept header."""
    response.vary.add("Accept")
    return response


def add_alternates(response: Response, path: str, offers: Sequence[Offer]) -> Response:
    """Add a Link header for each form in which the same thing can be had.

    :param path: path of the document without an extension.
    """
    for offer in offers:
        response.headers.add("Link", link(f"{path}.{offer.name}", "alternate", offer.media_type))
    response.headers.add("Link", link(path, "canonical"))
    return response
