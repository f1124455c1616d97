"""Read requests of the SPARQL protocol. Pure functions: text and bytes in, a request out.

Source: https://www.w3.org/TR/sparql11-protocol/#query-operation
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import pyoxigraph as ox

from kmgraph.errors import UpdateForbiddenError
from kmgraph_server.errors import MalformedRequestError, UnsupportedMediaTypeError

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
#: Media types of bodies that are taken.
ACCEPTED: Final = (FORM, QUERY)

#: Parameters that name a format; SPARQLWrapper sends all of them, some twice.
_FORMATS: Final = ("format", "output", "results")
#: Most characters of a parameter that a message repeats.
_QUOTED: Final = 120
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_READ_ONLY: Final = "this endpoint is read-only: it takes queries and no updates"

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ProtocolRequest:
    """What a client asks of the endpoint.

    :ivar query: text of the query; empty where there is none.
    :ivar default_graphs: IRIs of the graphs whose merge is the default graph.
    :ivar named_graphs: IRIs of the graphs that GRAPH can reach.
    :ivar formats: names of the wanted format, best first, where any is given.
    :ivar draft: text of a query to be shown and not asked.
    """

    query: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    draft: str = ""


def parse_request(
    method: str, query_string: bytes, content_type: str | None, body: bytes
) -> ProtocolRequest:
    """Read a query operation in one of its three forms.

    :param method: HTTP method; HEAD is read as GET.
    :param query_string: what follows the question mark of the URL.
    :param content_type: value of the Content-Type header.
    :raises MalformedRequestError: a parameter is given twice, or something is no UTF-8 or no IRI.
    :raises UnsupportedMediaTypeError: the body is of another kind.
    :raises UpdateForbiddenError: an update is sent.

    >>> parse_request("GET", b"query=ASK%7B%7D&default-graph-uri=urn:g", None, b"").default_graphs
    ('urn:g',)
    """
    pairs = parse_pairs(query_string)
    if method != "POST":
        return _from_pairs(pairs)
    kind = _kind_of_body(content_type)
    if kind == UPDATE:
        raise UpdateForbiddenError(_READ_ONLY)
    if kind == FORM:
        return _from_pairs([*pairs, *parse_pairs(body)])
    return _from_pairs([*pairs, ("query", _decoded(body))])


def parse_pairs(data: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a form.

    :raises MalformedRequestError: the text is no UTF-8.

    >>> parse_pairs(b"a=1&a=2+3&b=")
    [('a', '1'), ('a', '2 3'), ('b', '')]
    """
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        # Some clients leave characters as they are where they should encode them.
        text = _decoded(data)
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1_000)
    except UnicodeDecodeError as error:
        raise MalformedRequestError("the parameters are not in UTF-8") from error
    except ValueError as error:
        raise MalformedRequestError(f"the parameters cannot be read: {error}") from error


def _decoded(data: bytes) -> str:
    """Return text in UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedRequestError(
            f"the request is not in UTF-8: byte {error.start + 1} cannot be read"
        ) from error


def _kind_of_body(content_type: str | None) -> str:
    """Return the media type of a body that is taken, or of an update."""
    if not content_type:
        raise UnsupportedMediaTypeError("the request has a body and no Content-Type", ACCEPTED)
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            raise UnsupportedMediaTypeError(f"the charset '{value}' is not read here", ACCEPTED)
    if kind not in (*ACCEPTED, UPDATE):
        raise UnsupportedMediaTypeError(f"a body of type '{kind}' is not taken here", ACCEPTED)
    return kind


def _from_pairs(pairs: Pairs) -> ProtocolRequest:
    """Return what the parameters ask for."""
    if any(name == "update" for name, _ in pairs):
        if any(name == "query" for name, _ in pairs):
            raise MalformedRequestError("the request holds a query and an update: send one")
        raise UpdateForbiddenError(_READ_ONLY)
    return ProtocolRequest(
        _single(pairs, "query") or "",
        _iris(pairs, "default-graph-uri"),
        _iris(pairs, "named-graph-uri"),
        tuple(value for key, value in pairs if key in _FORMATS and value.strip()),
        _single(pairs, "draft") or "",
    )


def _single(pairs: Pairs, name: str) -> str | None:
    """Return the value of a parameter that may be given once."""
    values = [value for key, value in pairs if key == name]
    if len(values) > 1:
        raise MalformedRequestError(
            f"the parameter '{name}' is given {len(values)} times: give it once"
        )
    return values[0] if values else None


def _iris(pairs: Pairs, name: str) -> tuple[str, ...]:
    """Return the values of a parameter that names graphs."""
    values = tuple(value for key, value in pairs if key == name)
    for value in values:
        if not _is_iri(value):
            raise MalformedRequestError(f"{name}: '{value[:_QUOTED]}' is not an absolute IRI")
    return values


def _is_iri(text: str) -> bool:
    """Say whether a text is an absolute IRI that the engine takes too."""
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return bool(_IRI.fullmatch(text))
