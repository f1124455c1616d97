"""Queries of callers that search by words: what is found stands in them before they run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import current_app, request

from kmgraph.search import SearchIndex, with_searches
from kmgraph_server.access import caller
from kmgraph_server.learning import LEARNING
from kmgraph_server.state import INDEXES, snapshot

if TYPE_CHECKING:
    from kmgraph_server.protocol import ProtocolRequest
    from kmgraph_server.searching import Indexes


def view_index() -> SearchIndex:
    """Return the index of the view that the caller may see.

    :raises NotYetError: it is being made.
    """
    found: Indexes[SearchIndex] = current_app.extensions[INDEXES]
    return found.of(caller().read_view, snapshot().dataset)


def with_found(asked: ProtocolRequest, base_iri: str) -> ProtocolRequest:
    """Return a request in whose query searches are replaced with what they find.

    :param base_iri: what relative IRIs of the query are resolved against.
    :raises QuerySyntaxError: a search is not understood.
    :raises NotYetError: the index is being made.
    """
    query = with_searches(asked.query, view_index, base_iri=base_iri)
    if query is asked.query:
        return asked
    # What was learnt of it would be about another text than the one that was sent.
    request.environ.pop(LEARNING, None)
    return replace(asked, query=query)
