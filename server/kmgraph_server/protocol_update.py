"""Read the update operation of the SPARQL protocol. Pure functions.

Source: https://www.w3.org/TR/sparql11-protocol/#update-operation
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.protocol import (
    FORM,
    UPDATE,
    VERSIONS,
    decoded,
    iris,
    parse_body_type,
    parse_pairs,
    refuse,
    single,
    wanted_formats,
    wanted_version,
)

#: Media types of bodies that are taken.
ACCEPTED: Final = (FORM, UPDATE)
#: What a query says of its dataset, and nothing else does.
_QUERY_GRAPHS: Final = ("default-graph-uri", "named-graph-uri")


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """An update that a client sends.

    :ivar update: text of the update; an empty one changes nothing, and is legal.
    :ivar using_graphs: IRIs of the graphs whose merge WHERE sees as default graph.
    :ivar using_named: IRIs of the graphs that GRAPH can reach in WHERE.
    :ivar visibility: who may see the graphs that the update makes, where it is said.
    :ivar formats: names of the wanted format of a report, best first, where any is given.
    :ivar rdf_version: version of SPARQL that the update is written in.
    """

    update: str
    using_graphs: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    visibility: str | None = None
    formats: tuple[str, ...] = ()
    rdf_version: str = VERSIONS[0]


def parse_update(query_string: bytes, content_type: str | None, body: bytes) -> UpdateRequest:
    """Read an update that was sent with POST, as a form or as a body of its own.

    The text of the update is taken from the body alone: URLs are kept in logs and histories, and
    followed by whoever is given them.

    :param query_string: what follows the question mark of the URL.
    :param content_type: value of the Content-Type header.
    :raises MalformedRequestError: the update is missing or not alone, a parameter is given twice,
        or something is no UTF-8 or no IRI.
    :raises UnsupportedMediaTypeError: the body is of another kind.

    >>> parse_update(b"using-graph-uri=urn:g", "application/sparql-update", b"CLEAR ALL")
    ... # doctest: +ELLIPSIS
    UpdateRequest(update='CLEAR ALL', using_graphs=('urn:g',), ...)
    """
    in_url = parse_pairs(query_string)
    refuse(in_url, ("update",), "an update is sent in the body of a POST request")
    sent = parse_body_type(content_type, ACCEPTED)
    if sent.kind == UPDATE:
        text, pairs = decoded(body), in_url
    else:
        in_body = parse_pairs(body)
        pairs, found = [*in_url, *in_body], single(in_body, "update")
        if found is None and not any(name == "query" for name, _ in pairs):
            raise MalformedRequestError(
                "the parameter 'update' is missing: send an update with POST as a form or as a "
                f"body of type {UPDATE}"
            )
        text = found or ""
    refuse(pairs, ("query",), "queries are sent to the address that ends in /sparql")
    refuse(pairs, _QUERY_GRAPHS, "an update names its graphs by using-graph-uri")
    return UpdateRequest(
        text,
        iris(pairs, "using-graph-uri"),
        iris(pairs, "using-named-graph-uri"),
        single(pairs, "visibility") or None,
        wanted_formats(pairs),
        wanted_version(pairs, sent.version),
    )
