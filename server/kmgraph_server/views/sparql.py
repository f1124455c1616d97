"""The SPARQL endpoint, and the page for people who come to it with a browser.

Source: https://www.w3.org/TR/sparql11-protocol/
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from kmgraph import artefacts
from kmgraph.errors import QueryError
from kmgraph.namespaces import PREFIXES
from kmgraph.sparql import analyse
from kmgraph_server.addresses import rooted
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.negotiation import BOOLEAN, GRAPH, HTML, SOLUTIONS, Offer, forms
from kmgraph_server.pages.results_page import ResultTable, tabulate
from kmgraph_server.problems import Problem, to_problem
from kmgraph_server.protocol import ProtocolRequest, parse_request
from kmgraph_server.state import settings, snapshot
from kmgraph_server.views.responses import negotiated, page, result, varying

blueprint = Blueprint("sparql", __name__)

_OFFERS: Final = {"SELECT": SOLUTIONS, "ASK": BOOLEAN, "CONSTRUCT": GRAPH, "DESCRIBE": GRAPH}
#: Prefixes that the query page declares to begin with.
_SHOWN_PREFIXES: Final = ("km", "rdf", "rdfs", "skos", "dcterms", "prov", "oa", "org")
#: Longest query that is put into the address of a link.
_LINKED_LENGTH: Final = 6_000


@blueprint.route("/sparql", methods=["GET", "POST"])
def sparql() -> Response:
    """Answer a query, or show the page on which one can be written."""
    asked = parse_request(
        request.method,
        request.query_string,
        request.headers.get("Content-Type"),
        request.get_data(cache=False) if request.method == "POST" else b"",
    )
    if not asked.query.strip():
        return _without_query(asked)
    is_page = _wants_page(asked)
    try:
        return _answer(asked)
    except QueryError as error:
        if not is_page:
            raise
        problem = to_problem(error)
        response = _page(asked, problem=problem)
        response.status_code = problem.status
        return response


def _without_query(asked: ProtocolRequest) -> Response:
    """Return the query page to a browser; tell a program what is missing."""
    if request.method != "POST" and _wants_page(asked):
        return _page(asked)
    raise MalformedRequestError(
        "the parameter 'query' is missing: send a SPARQL query as ?query= in the URL, or with "
        "POST as a form or as a body of type application/sparql-query"
    )


def _wants_page(asked: ProtocolRequest) -> bool:
    """Say whether a page is asked for, whatever the query form."""
    offers = (SOLUTIONS[0], *(offer for offer in (*SOLUTIONS, *GRAPH) if offer is not HTML), HTML)
    try:
        return negotiated(offers, asked.formats) is HTML
    except MalformedRequestError:
        return False


def _answer(asked: ProtocolRequest) -> Response:
    """Ask the query and return its result."""
    base = request.base_url
    # The query form decides what is on offer, so what cannot be sent is not worked out.
    form = analyse(asked.query, base_iri=base).form
    offer = negotiated(_OFFERS[form], asked.formats)
    served = snapshot()
    answer = served.dataset.store.query(
        asked.query,
        base_iri=base,
        default_graphs=asked.default_graphs or None,
        named_graphs=asked.named_graphs or None,
    )
    if offer.format is None:
        table = tabulate(answer, served.names, settings().page_row_limit)
        return _page(asked, table=table, offers=_OFFERS[form])
    return result(answer, offer, offer.format, _OFFERS[form])


def _page(
    asked: ProtocolRequest,
    *,
    table: ResultTable | None = None,
    problem: Problem | None = None,
    offers: tuple[Offer, ...] = (),
) -> Response:
    """Return the query page, with a result or a problem where there is one."""
    text = asked.query or asked.draft
    response = page(
        render_template(
            "sparql.html",
            text=text or _example(),
            table=table,
            problem=problem,
            downloads=_downloads(asked, offers),
            offers=forms(offers),
            questions=list(snapshot().catalogue.values()),
            asked=asked,
            prefixes=PREFIXES,
        )
    )
    return varying(response)


def _example() -> str:
    """Return the query that the page begins with, with prefixes."""
    lines = [f"PREFIX {name}: <{PREFIXES[name]}>" for name in _SHOWN_PREFIXES]
    query = artefacts.read_text("queries", "pages/example.rq")
    body = [line for line in query.splitlines() if not line.startswith(("PREFIX", "# "))]
    return "\n".join(lines) + "\n\n" + "\n".join(body).strip() + "\n"


def _downloads(asked: ProtocolRequest, offers: tuple[Offer, ...]) -> dict[str, str]:
    """Return format to address of the whole result; none where the query is too long for one."""
    if len(asked.query) > _LINKED_LENGTH:
        return {}
    graphs = [("default-graph-uri", iri) for iri in asked.default_graphs]
    graphs += [("named-graph-uri", iri) for iri in asked.named_graphs]
    return {
        name: rooted("/sparql?") + urlencode([("query", asked.query), *graphs, ("format", name)])
        for name in (offer.name for offer in forms(offers))
    }
