"""Read requests of the SPARQL protocol. Pure functions: text and bytes in, a request out.

A query comes in the URL (GET, HEAD), in a form, or as a body of its own (POST, QUERY). What reads
updates and requests of the graph store stands in modules of its own, on the same small parts.

Source: https://www.w3.org/TR/sparql11-protocol/#query-operation,
https://www.w3.org/TR/sparql12-protocol/, https://www.rfc-editor.org/rfc/rfc10008
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import pyoxigraph as ox
from werkzeug.http import parse_options_header

from kmgraph.errors import UpdateForbiddenError
from kmgraph_server.errors import MalformedRequestError, UnsupportedMediaTypeError

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
#: Media types of bodies that are taken, by POST and by QUERY.
ACCEPTED: Final = (FORM, QUERY)

#: Versions of RDF and SPARQL that a request can name, the least first.
VERSIONS: Final = ("1.1", "1.2-basic", "1.2")
#: Parameters that name a format; SPARQLWrapper sends all of them, some twice.
_FORMATS: Final = ("format", "output", "results")
#: What an update says of its dataset, and nothing else does.
_USING: Final = ("using-graph-uri", "using-named-graph-uri")
#: Most parameters of a request.
_MOST_PARAMETERS: Final = 1_000
#: Most characters of a parameter that a message repeats.
_QUOTED: Final = 120
#: Names of the charset of all bodies; ASCII is a part of it.
_CHARSETS: Final = ("utf-8", "utf8", "us-ascii")
_BYTE_ORDER_MARK: Final = "\ufeff"
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_SECONDS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9}", re.ASCII)
_NO_UPDATES: Final = (
    "this address takes queries and no updates: an update is sent with POST to the address "
    "that ends in /update"
)

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ProtocolRequest:
    """What a client asks of the endpoint.

    :ivar query: text of the query; empty where there is none.
    :ivar default_graphs: IRIs of the graphs whose merge is the default graph.
    :ivar named_graphs: IRIs of the graphs that GRAPH can reach.
    :ivar formats: names of the wanted format, best first, where any is given.
    :ivar draft: text of a query to be shown and not asked.
    :ivar timeout_s: the longest that the client wants to wait, where it says so.
    :ivar rdf_version: the newest version of RDF whose terms the client takes; one of
        :data:`VERSIONS`.
    """

    query: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    draft: str = ""
    timeout_s: float | None = None
    rdf_version: str = VERSIONS[0]


@dataclass(frozen=True, slots=True)
class Body:
    """What the Content-Type header says of a body.

    :ivar kind: media type without parameters, in lower case.
    :ivar version: version of RDF or SPARQL that the media type announces, where it does.
    """

    kind: str
    version: str | None = None


def parse_request(
    method: str, query_string: bytes, content_type: str | None, body: bytes
) -> ProtocolRequest:
    """Read a query operation in one of its forms.

    :param method: GET, HEAD, POST or QUERY; HEAD is read as GET.
    :param query_string: what follows the question mark of the URL.
    :param content_type: value of the Content-Type header.
    :raises MalformedRequestError: a parameter is given twice, or something is no UTF-8 or no IRI.
    :raises UnsupportedMediaTypeError: the body is of another kind.
    :raises UpdateForbiddenError: an update is sent.

    >>> parse_request("GET", b"query=ASK%7B%7D&default-graph-uri=urn:g", None, b"").default_graphs
    ('urn:g',)
    >>> parse_request("QUERY", b"timeout=2.5", "application/sparql-query", b"ASK {}").timeout_s
    2.5
    """
    pairs = parse_pairs(query_string)
    if method not in ("POST", "QUERY"):
        if body:
            raise MalformedRequestError(f"a {method} request has no body: send it with POST")
        return _from_pairs(pairs)
    sent = parse_body_type(content_type, ACCEPTED, also=(UPDATE,))
    if sent.kind == UPDATE:
        raise UpdateForbiddenError(_NO_UPDATES)
    if sent.kind == FORM:
        return _from_pairs([*pairs, *parse_pairs(body)])
    return _from_pairs([*pairs, ("query", decoded(body))], sent.version)


def _from_pairs(pairs: Pairs, announced: str | None = None) -> ProtocolRequest:
    """Return what the parameters ask for.

    :param announced: version that the media type of a body announces.
    """
    if any(name == "update" for name, _ in pairs):
        if any(name == "query" for name, _ in pairs):
            raise MalformedRequestError("the request holds a query and an update: send one")
        raise UpdateForbiddenError(_NO_UPDATES)
    refuse(pairs, _USING, "a query names its graphs by default-graph-uri and named-graph-uri")
    return ProtocolRequest(
        single(pairs, "query") or "",
        iris(pairs, "default-graph-uri"),
        iris(pairs, "named-graph-uri"),
        wanted_formats(pairs),
        single(pairs, "draft") or "",
        _timeout(pairs),
        wanted_version(pairs, announced),
    )


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
        text = decoded(data)
    try:
        return parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except UnicodeDecodeError as error:
        raise MalformedRequestError("the parameters are not in UTF-8") from error
    except ValueError as error:
        raise MalformedRequestError(f"the parameters cannot be read: {error}") from error


def decoded(data: bytes) -> str:
    """Return text in UTF-8, without the mark that some editors put before it.

    :raises MalformedRequestError: it is in something else.

    >>> decoded(b"ASK {}")
    'ASK {}'
    """
    try:
        return data.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise MalformedRequestError(
            f"the request is not in UTF-8: byte {error.start + 1} cannot be read"
        ) from error


def parse_body_type(
    content_type: str | None, accepted: Sequence[str], *, also: Sequence[str] = ()
) -> Body:
    """Return the media type of a body, if it is one that is taken.

    :param content_type: value of the Content-Type header.
    :param accepted: media types that are taken, as a refusal lists them.
    :param also: media types that the caller has an answer of its own for.
    :raises UnsupportedMediaTypeError: there is none, or another, or the charset is another.

    >>> parse_body_type('application/sparql-query; charset="UTF-8"; version=1.2', ACCEPTED)
    Body(kind='application/sparql-query', version='1.2')
    """
    if not content_type or not content_type.strip():
        raise UnsupportedMediaTypeError("the request has no Content-Type", accepted)
    kind, parameters = parse_options_header(content_type)
    kind = kind.strip().lower()
    if kind not in (*accepted, *also):
        raise UnsupportedMediaTypeError(
            f"a body of type '{kind[:_QUOTED]}' is not taken here", accepted
        )
    charset = parameters.get("charset", _CHARSETS[0]).strip()
    if charset.lower() not in _CHARSETS:
        raise UnsupportedMediaTypeError(
            f"the charset '{charset[:_QUOTED]}' is not read here, and UTF-8 is", accepted
        )
    return Body(kind, parameters.get("version"))


def single(pairs: Pairs, name: str) -> str | None:
    """Return the value of a parameter that may be given once, or None.

    :raises MalformedRequestError: it is given more often.

    >>> single([("a", "1")], "a"), single([], "a")
    ('1', None)
    """
    values = [value for key, value in pairs if key == name]
    if len(values) > 1:
        raise MalformedRequestError(
            f"the parameter '{name}' is given {len(values)} times: give it once"
        )
    return values[0] if values else None


def refuse(pairs: Pairs, names: Sequence[str], advice: str) -> None:
    """Refuse parameters that belong to another operation.

    They are not passed over, because whoever names graphs does not want all of them.

    :raises MalformedRequestError: one of them is given.

    >>> refuse([("query", "ASK {}")], ["update"], "send it elsewhere")
    """
    for name, _ in pairs:
        if name in names:
            raise MalformedRequestError(f"the parameter '{name}' means nothing here: {advice}")


def iris(pairs: Pairs, name: str) -> tuple[str, ...]:
    """Return the values of a parameter that names graphs.

    :raises MalformedRequestError: one of them is not an absolute IRI.

    >>> iris([("g", "urn:a"), ("g", "urn:b")], "g")
    ('urn:a', 'urn:b')
    """
    values = tuple(value for key, value in pairs if key == name)
    for value in values:
        if not is_iri(value):
            raise MalformedRequestError(f"{name}: '{value[:_QUOTED]}' is not an absolute IRI")
    return values


def is_iri(text: str) -> bool:
    """Say whether a text is an absolute IRI that the engine takes too.

    >>> is_iri("https://example.org/a"), is_iri("a/b")
    (True, False)
    """
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return bool(_IRI.fullmatch(text))


def wanted_formats(pairs: Pairs) -> tuple[str, ...]:
    """Return the names of formats that parameters ask for, best first.

    >>> wanted_formats([("format", "csv"), ("output", " ")])
    ('csv',)
    """
    return tuple(value for key, value in pairs if key in _FORMATS and value.strip())


def wanted_version(pairs: Pairs, announced: str | None = None) -> str:
    """Return the version of RDF and SPARQL that a request names; 1.1 where it names none.

    :param announced: version that the media type of the body announces.
    :raises MalformedRequestError: the version is unknown, given twice, or two are named.

    >>> wanted_version([("version", "1.2")]), wanted_version([])
    ('1.2', '1.1')
    """
    given = (single(pairs, "version") or "").strip()
    if given and announced and given != announced:
        raise MalformedRequestError(
            f"the parameter 'version' says '{given[:_QUOTED]}' and the Content-Type "
            f"'{announced[:_QUOTED]}': name one version"
        )
    version = given or announced or VERSIONS[0]
    if version not in VERSIONS:
        raise MalformedRequestError(
            f"the version '{version[:_QUOTED]}' is not known here: "
            f"name one of {', '.join(VERSIONS)}"
        )
    return version


def _timeout(pairs: Pairs) -> float | None:
    """Return the time limit in seconds that a client sets itself, or None."""
    given = (single(pairs, "timeout") or "").strip()
    if not given:
        return None
    if not _SECONDS.fullmatch(given) or float(given) <= 0:
        raise MalformedRequestError(
            f"timeout: '{given[:_QUOTED]}' is not a number of seconds above 0, such as 2.5"
        )
    return float(given)
