"""Answers of an endpoint as results.

An answer that ends before its end is an error and never a short result. What the connection does
not show is seen from the document: the formats that are asked for first end in a bracket.

Source: https://www.w3.org/TR/sparql11-results-json/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import EndpointError
from kmgraph.remote.http import Reply
from kmgraph.results import Boolean, Row, Solutions, Triples

#: Formats of graphs whose documents look whole wherever they are cut between two lines.
_OPEN_ENDED: Final = (
    ox.RdfFormat.N_TRIPLES,
    ox.RdfFormat.N_QUADS,
    ox.RdfFormat.TURTLE,
    ox.RdfFormat.TRIG,
    ox.RdfFormat.N3,
)
#: What a whole document ends in.
_ENDS: Final = {
    ox.QueryResultsFormat.JSON: b"}",
    ox.QueryResultsFormat.XML: b"sparql>",
    ox.RdfFormat.RDF_XML: b"RDF>",
}


def solutions_of(reply: Reply) -> Solutions | Boolean:
    """Return the solutions or the boolean of an answer.

    :raises EndpointError: the answer is no result, or it is cut short or incomplete.
    """
    fmt = ox.QueryResultsFormat.from_media_type(reply.media_type)
    if fmt not in (ox.QueryResultsFormat.JSON, ox.QueryResultsFormat.XML):
        raise _not_asked_for(reply, "solutions")
    _check_whole(reply, fmt)
    try:
        parsed = ox.parse_query_results(reply.body, fmt)
    except (SyntaxError, ValueError, OSError) as error:
        raise _unreadable(reply, error) from error
    if isinstance(parsed, ox.QueryBoolean):
        return Boolean(bool(parsed))
    return Solutions([variable.value for variable in parsed.variables], _rows(reply, parsed))


def _rows(reply: Reply, parsed: ox.QuerySolutions) -> Iterator[Row]:
    """Yield the rows of an answer."""
    most = reply.headers.get("X-SPARQL-MaxRows", "")
    count = 0
    try:
        for row in parsed:
            yield tuple(row)
            count += 1
    except (SyntaxError, ValueError, OSError) as error:
        raise _unreadable(reply, error) from error
    if most.isdigit() and count >= int(most):
        raise EndpointError(
            f"the endpoint sends {count:,} rows of a result and no more: read it in pages, "
            "with ORDER BY and page_rows",
            url=reply.url,
            status=reply.status,
        )


def triples_of(reply: Reply) -> Triples:
    """Return the graph of an answer.

    :raises EndpointError: the answer is no graph, or it is cut short or incomplete.
    """
    fmt = _graph_format(reply)
    if fmt is None:
        raise _not_asked_for(reply, "a graph")
    _check_whole(reply, fmt)
    try:
        quads = list(ox.parse(reply.body, fmt, base_iri=reply.url))
    except (SyntaxError, ValueError, OSError) as error:
        raise _unreadable(reply, error) from error
    return Triples([quad.triple for quad in quads])


def may_be_short(reply: Reply) -> bool:
    """Say whether the graph of an answer could be cut short unseen."""
    return not reply.has_length and _graph_format(reply) in _OPEN_ENDED


def _graph_format(reply: Reply) -> ox.RdfFormat | None:
    """Return the format of a graph; text without more is what servers call N-Triples of old."""
    return ox.RdfFormat.from_media_type(reply.media_type) if reply.media_type else None


def _check_whole(reply: Reply, fmt: ox.QueryResultsFormat | ox.RdfFormat) -> None:
    """Raise EndpointError for an answer that is not whole."""
    if reply.headers.get("X-SQL-State"):
        # Virtuoso says so where it stopped a query and sends what it had.
        raise EndpointError(
            "the endpoint stopped the query and sent a part of the result: ask for less",
            url=reply.url,
            status=reply.status,
        )
    if not reply.body.rstrip().endswith(_ENDS.get(fmt, b"")):
        raise EndpointError(
            "the answer was cut short: ask again", url=reply.url, status=reply.status
        )


def _not_asked_for(reply: Reply, wanted: str) -> EndpointError:
    """Return the error for an answer in a format that was not asked for."""
    kind = f"of the type {reply.media_type}" if reply.media_type else "without a Content-Type"
    return EndpointError(
        f"the answer is {kind}, which holds not {wanted}: is this the address of a SPARQL "
        "endpoint? it often ends in /sparql",
        url=reply.url,
        status=reply.status,
    )


def _unreadable(reply: Reply, error: Exception) -> EndpointError:
    """Return the error for an answer that does not follow its format."""
    problem = str(getattr(error, "msg", error))[:200]
    return EndpointError(
        f"the answer cannot be read as {reply.media_type}: {problem}",
        url=reply.url,
        status=reply.status,
    )
