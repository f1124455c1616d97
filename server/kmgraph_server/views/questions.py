"""The saved questions: their list, their forms and their answers."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from kmgraph.errors import ParameterError
from kmgraph.questions import Question, answer
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.negotiation import ANSWER, HTML, Offer
from kmgraph_server.pages.answer_page import lacks_required, pickers, tabulate
from kmgraph_server.pages.entity_page import where
from kmgraph_server.problems import to_problem
from kmgraph_server.protocol import parse_pairs
from kmgraph_server.state import settings, snapshot
from kmgraph_server.views.responses import add_alternates, data, negotiated, page

blueprint = Blueprint("questions", __name__, url_prefix="/questions")

_EXTENSIONS = tuple(f".{offer.name}" for offer in ANSWER)


@blueprint.get("")
def index() -> Response:
    """List the questions, by what they ask about."""
    groups: dict[str, list[Question]] = {}
    for question in snapshot().catalogue.values():
        groups.setdefault(_subject(question), []).append(question)
    return page(render_template("questions.html", groups=groups))


@blueprint.get("/<name>")
def ask(name: str) -> Response:
    """Show the form of a question and its answer, or send the answer as data."""
    question, wanted = _question(name)
    given, named = _given()
    offer = negotiated(ANSWER, wanted or named)
    if offer is HTML:
        return add_alternates(_form(question, given), f"/questions/{question.id}", ANSWER)
    found = answer(question, snapshot().dataset.store, given)
    body = found.to_csv() if offer.name == "csv" else found.to_json()
    response = add_alternates(data(body, offer), f"/questions/{question.id}", ANSWER)
    response.headers["Content-Disposition"] = f'inline; filename="{question.id}.{offer.name}"'
    return response


def _subject(question: Question) -> str:
    """Return the heading that a question is listed under."""
    if question.framework in ("", "none"):
        return "About any records"
    return f"About {question.framework}"


def _question(name: str) -> tuple[Question, str | None]:
    """Return the question of a name, and the format that an extension of the name asks for."""
    catalogue = snapshot().catalogue
    stem, dot, extension = name.rpartition(".")
    if dot and f".{extension}" in _EXTENSIONS:
        return catalogue[stem], extension
    return catalogue[name], None


def _given() -> tuple[dict[str, str], str | None]:
    """Return the parameters that the request gives, and the wanted format."""
    given: dict[str, str] = {}
    for name, value in parse_pairs(request.query_string):
        if name in given:
            raise MalformedRequestError(f"the parameter '{name}' is given twice: give it once")
        given[name] = value
    return given, given.pop("format", None)


def _form(question: Question, given: dict[str, str]) -> Response:
    """Return the page of a question, with its answer unless something is still to be chosen."""
    served = snapshot()
    table, problem = None, None
    if not lacks_required(question, given):
        try:
            found = answer(question, served.dataset.store, given)
            table = tabulate(found, served.names, settings().page_row_limit)
        except ParameterError as error:
            problem = to_problem(error)
    response = page(
        render_template(
            "question.html",
            question=question,
            pickers=pickers(question, served.dataset.store, served.names, given),
            given={name: value for name, value in given.items() if value},
            table=table,
            problem=problem,
            downloads=_downloads(),
            where=where,
        )
    )
    response.status_code = problem.status if problem else 200
    return response


def _downloads() -> list[Offer]:
    """Return the forms in which an answer can be downloaded."""
    return [offer for offer in ANSWER if offer is not HTML]
