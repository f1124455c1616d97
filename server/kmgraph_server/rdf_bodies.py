"""Read what a body with RDF is. Pure functions; the RDF itself is parsed elsewhere.

Source: https://www.w3.org/TR/sparql11-http-rdf-update/, https://www.rfc-editor.org/rfc/rfc7578
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder

from kmgraph.errors import InputError
from kmgraph.formats import Format, format_by_extension, formats_of
from kmgraph_server.errors import MalformedRequestError, UnsupportedMediaTypeError
from kmgraph_server.protocol import parse_body_type

MULTIPART: Final = "multipart/form-data"
_BY_TYPE: Final = {fmt.media_type: fmt for fmt in formats_of("graph")}
#: Media types of RDF that are taken, as Accept-Post and Accept-Put list them.
RDF_TYPES: Final = tuple(_BY_TYPE)
#: Media types of what POST and PUT take: RDF, or a form with files of RDF.
ACCEPTED: Final = (*RDF_TYPES, MULTIPART)
#: What programs say of a file whose type they do not know; its name knows better.
_UNKNOWN: Final = ("application/octet-stream", "text/plain")
#: Most files of one request.
_MOST_PARTS: Final = 100
#: Most characters of a name that a message repeats.
_QUOTED: Final = 120


@dataclass(frozen=True, slots=True)
class RdfPart:
    """A document of RDF that a request brings.

    :ivar format: what it is written in.
    :ivar content: the document.
    :ivar name: name of the file or field; empty where the document is the whole body.
    """

    format: Format
    content: bytes
    name: str = ""


def rdf_format(content_type: str | None) -> Format:
    """Return the format of RDF that a Content-Type header names.

    :raises UnsupportedMediaTypeError: it names none that is read here, or another charset.

    >>> rdf_format("text/turtle; charset=utf-8").name
    'turtle'
    """
    return _BY_TYPE[parse_body_type(content_type, RDF_TYPES).kind]


def rdf_parts(content_type: str | None, body: bytes) -> list[RdfPart]:
    """Return the documents of RDF that a body holds: one, or those of a form with files.

    :param content_type: value of the Content-Type header.
    :raises UnsupportedMediaTypeError: the body or a part of it is of another kind.
    :raises MalformedRequestError: the form cannot be read, or holds nothing.

    >>> [part.format.name for part in rdf_parts("application/n-triples", b"")]
    ['ntriples']
    """
    kind, parameters = parse_options_header(content_type)
    if kind.strip().lower() != MULTIPART:
        return [RdfPart(_BY_TYPE[parse_body_type(content_type, ACCEPTED).kind], body)]
    boundary = parameters.get("boundary", "")
    if not boundary or not boundary.isascii():
        raise MalformedRequestError("the Content-Type of the form names no boundary of its parts")
    parts = [_part(*found) for found in _split(boundary.encode(), body)]
    if not parts:
        raise MalformedRequestError("the form holds no file: send each document as a file")
    return parts


def _split(boundary: bytes, body: bytes) -> Iterator[tuple[str, str | None, bytes]]:
    """Yield name, Content-Type and content of each part of a form."""
    decoder = MultipartDecoder(boundary, max_parts=_MOST_PARTS)
    decoder.receive_data(body)
    decoder.receive_data(None)
    name, kind, content = "", None, bytearray()
    while not isinstance(event := _next(decoder), Epilogue):
        if isinstance(event, File | Field):
            # The name of a field is missing where its header lacks it.
            called = event.filename if isinstance(event, File) else cast("str | None", event.name)
            name, kind, content = called or "", event.headers.get("Content-Type"), bytearray()
        elif isinstance(event, Data):
            content += event.data
            if not event.more_data:
                yield name, kind, bytes(content)


def _next(decoder: MultipartDecoder) -> object:
    """Return what comes next in a form."""
    try:
        return decoder.next_event()
    except RequestEntityTooLarge as error:
        raise MalformedRequestError(
            f"the form has more than {_MOST_PARTS} parts: send them in several requests"
        ) from error
    except ValueError as error:
        raise MalformedRequestError(
            "the form cannot be read: a part of it lacks its headers or its end"
        ) from error


def _part(name: str, content_type: str | None, content: bytes) -> RdfPart:
    """Return a part of a form, in the format of its Content-Type or else of its name."""
    kind = parse_options_header(content_type)[0].strip().lower()
    if kind and kind not in _UNKNOWN:
        return RdfPart(rdf_format(content_type), content, name)
    try:
        return RdfPart(format_by_extension(name, "graph"), content, name)
    except InputError as error:
        raise UnsupportedMediaTypeError(
            f"neither Content-Type nor name of the part '{name[:_QUOTED]}' says what it is",
            RDF_TYPES,
        ) from error
