"""The answer to a write after which the data would not fit the shapes.

Source: https://www.w3.org/TR/shacl/#validation-report
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyoxigraph as ox
from flask import Response

from kmgraph.errors import NonConformanceError
from kmgraph.results import Triples
from kmgraph_server.errors import RequestFaultError
from kmgraph_server.negotiation import HTML, RDF, Offer, forms
from kmgraph_server.problems import PROBLEM
from kmgraph_server.views.responses import graph, negotiated

_STATUS: Final = 422
#: A problem that holds the report for those who want JSON or do not say, RDF for others.
_OFFERS: Final = (
    Offer("json", PROBLEM, None),
    Offer("json", "application/json", None),
    HTML,
    *forms(RDF),
)


def report(error: NonConformanceError, names: Sequence[str]) -> Response:
    """Return the report of what is wrong, as RDF where that is asked for.

    :param names: values of ``format``, best first.
    :raises NonConformanceError: anything else is asked for, so that a problem is told of.
    """
    try:
        offer = negotiated(_OFFERS, names)
        if offer.format is None:
            raise error
        quads = ox.parse(error.report.to_turtle(), ox.RdfFormat.TURTLE)
        response = graph(Triples(quad.triple for quad in quads), offer, _OFFERS)
    except RequestFaultError:
        raise error from None
    response.status_code = _STATUS
    return response
