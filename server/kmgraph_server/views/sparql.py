"""The SPARQL endpoint, and the page for people who come to it with a browser.

Source: https://www.w3.org/TR/sparql11-protocol/
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from kmgraph.errors import QueryError
from kmgraph.namespaces import PREFIXES
from kmgraph.sparql import QueryFacts, analyse, normalise
from kmgraph_server.addresses import rooted
from kmgraph_server.caching import not_stored, precheck, query_tag, tagged
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.negotiation import BOOLEAN, GRAPH, HTML, SOLUTIONS, Offer, forms
from kmgraph_server.observing import hash_of, notes_of
from kmgraph_server.pages.query_page import (
    beginning,
    first_queries,
    grouped,
    question_text,
)
from kmgraph_server.pages.query_terms import terms_document
from kmgraph_server.pages.results_page import ResultTable, tabulate
from kmgraph_server.problems import Problem, to_problem
from kmgraph_server.protocol import ProtocolRequest, parse_pairs, parse_request
from kmgraph_server.searched import with_found
from kmgraph_server.service_description import describe
from kmgraph_server.state import services, settings, snapshot
from kmgraph_server.ui import has_ui
from kmgraph_server.views.answering import (
    answered,
    ask_for_page,
    body_of_query,
    endpoint,
    service_facts,
    tag_of,
)
from kmgraph_server.views.responses import graph, negotiated, page, varying

blueprint = Blueprint("sparql", __name__)
blueprint.add_app_template_global(has_ui)

_OFFERS: Final = {"SELECT": SOLUTIONS, "ASK": BOOLEAN, "CONSTRUCT": GRAPH, "DESCRIBE": GRAPH}
#: Longest query that is put into the address of a link.
_LINKED_LENGTH: Final = 6_000
#: Parameters of the address that say nothing of a saved question.
_OF_THE_PAGE: Final = frozenset(
    "question query draft format output results version timeout default-graph-uri "
    "named-graph-uri".split()
)


@blueprint.route("/sparql", methods=["GET", "POST", "QUERY"])
def sparql() -> Response:
    """Answer a query; without one describe the endpoint, or show the page to write one."""
    asked = parse_request(
        request.method, request.query_string, request.headers.get("Content-Type"), body_of_query()
    )
    if not asked.query.strip():
        return _without_query(asked)
    is_page = _wants_page(asked)
    try:
        return _page_with_answer(asked) if is_page else _answer(asked)
    except QueryError as error:
        if not is_page:
            raise
        problem = to_problem(error)
        notes_of(request.environ).problem = problem.code
        response = _page(asked, problem=problem)
        response.status_code = problem.status
        response.headers.extend(problem.headers)
        return response


@blueprint.get("/sparql/vocabulary.json")
def vocabulary() -> Response:
    """Send what the editor offers while a person types: terms of the view, and prefixes."""
    tag = query_tag("query terms")
    if unchanged := precheck(tag):
        return unchanged
    body = terms_document(snapshot())
    return tagged(Response(body, content_type="application/json; charset=utf-8"), tag)


def _without_query(asked: ProtocolRequest) -> Response:
    """Describe the endpoint to a program, and return the query page to a browser.

    Source: https://www.w3.org/TR/sparql11-service-description/#accessing
    """
    if request.method not in ("GET", "HEAD"):
        raise MalformedRequestError(
            "the query is missing: send one as query= in the URL, or with POST as a form or as a "
            "body of type application/sparql-query"
        )
    offer = negotiated(GRAPH, asked.formats)
    if offer is HTML:
        return _page(asked)
    return graph(describe(service_facts()), offer, GRAPH)


def _wants_page(asked: ProtocolRequest) -> bool:
    """Say whether a page is asked for, whatever the query form."""
    offers = (SOLUTIONS[0], *(offer for offer in (*SOLUTIONS, *GRAPH) if offer is not HTML), HTML)
    try:
        return negotiated(offers, asked.formats) is HTML
    except MalformedRequestError:
        return False


def _answer(asked: ProtocolRequest) -> Response:
    """Ask the query and return its result."""
    found = with_found(asked, endpoint())
    # The query form decides what is on offer, so what cannot be sent is not worked out.
    facts = _facts(found)
    offers = _OFFERS[facts.form]
    offer = negotiated(offers, asked.formats, asked.rdf_version)
    if offer.format is None:
        return _page_with_answer(asked)
    return answered(found, offer, offers, facts)


def _page_with_answer(asked: ProtocolRequest) -> Response:
    """Return the query page with the first rows of the result."""
    found = with_found(asked, endpoint())
    facts = _facts(found)
    normal = normalise(found.query)
    notes = notes_of(request.environ)
    notes.form, notes.facts["query"] = facts.form, hash_of(normal)
    tag = tag_of(asked, normal, f"page of {asked.query}")
    if not facts.is_volatile and (unchanged := precheck(tag)):
        return unchanged
    answer, total = ask_for_page(found)
    table = tabulate(answer, snapshot().names, settings().page_row_limit, total)
    response = _page(asked, table=table, offers=_OFFERS[facts.form])
    return not_stored(response) if facts.is_volatile else tagged(response, tag)


def _facts(asked: ProtocolRequest) -> QueryFacts:
    """Return what a query asks for.

    :raises QueryError: it is none, or it asks for what is not allowed.
    """
    allow_service = bool(services().allowed)
    return analyse(asked.query, base_iri=endpoint(), allow_service=allow_service)


def _page(
    asked: ProtocolRequest,
    *,
    table: ResultTable | None = None,
    problem: Problem | None = None,
    offers: tuple[Offer, ...] = (),
) -> Response:
    """Return the query page, with a result or a problem where there is one."""
    text, name = _begun(asked)
    response = page(
        render_template(
            "sparql.html",
            text=text,
            name=name,
            table=table,
            problem=problem,
            downloads=_downloads(asked, offers),
            offers=forms(offers),
            first=first_queries(),
            groups=grouped(snapshot().catalogue.values()),
            asked=asked,
            prefixes=PREFIXES,
        )
    )
    return varying(response)


def _begun(asked: ProtocolRequest) -> tuple[str, str]:
    """Return the query that the editor holds, and what to call it; no name for the usual one.

    :raises QuestionNotFoundError: the address names a saved question that there is none of.
    :raises ParameterError: it gives a parameter that the question does not take.
    """
    if text := asked.query or asked.draft:
        return text, next((one.title for one in first_queries() if one.text == text), "From a link")
    given = dict(parse_pairs(request.query_string)) if request.method in ("GET", "HEAD") else {}
    if not (name := given.get("question", "")):
        return beginning(), ""
    seen = snapshot()
    question = seen.catalogue[name]
    values = {key: value for key, value in given.items() if key not in _OF_THE_PAGE}
    return question_text(question, values, base=seen.dataset.base), question.id


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
