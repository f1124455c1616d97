"""The saved questions: their list, their forms, their answers and charts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from flask import Blueprint, Response, render_template, request

from kmgraph.errors import BusyError, NoChartError, ParameterError
from kmgraph.figures import Picture, can_draw
from kmgraph.figures.chart import number_in_words
from kmgraph.questions import GROUPS, Answer, Question, answer
from kmgraph.sparql import analyse
from kmgraph_server.addresses import rooted
from kmgraph_server.caching import not_stored, precheck, query_tag, tagged
from kmgraph_server.headers import link
from kmgraph_server.negotiation import ANSWER, CHARTS, HTML, LISTING, Offer
from kmgraph_server.pages.answer_page import lacks_required, pickers, tabulate
from kmgraph_server.pages.entity_page import where
from kmgraph_server.pages.question_list import groups_of, ways
from kmgraph_server.problems import to_problem
from kmgraph_server.state import settings, snapshot
from kmgraph_server.views.asked import Asked, asked_of_request, query_of
from kmgraph_server.views.figures import picture_response
from kmgraph_server.views.responses import (
    Form,
    add_alternates,
    as_file,
    data,
    forms_by_extension,
    forms_by_parameter,
    negotiated,
    page,
)

blueprint = Blueprint("questions", __name__, url_prefix="/questions")

#: Whole answers of a large store take long, and would keep every thread busy.
_WHOLE: Final = threading.BoundedSemaphore(2)
#: Longest text that the list is searched for.
_LONGEST_SEARCH: Final = 300
_BODIES: Final[dict[str, Callable[[Answer], bytes | str]]] = {
    "csv": Answer.to_csv,
    "json": Answer.to_json,
    "jsonld": Answer.to_jsonld,
    "xlsx": Answer.to_xlsx,
}
_EXTENSIONS: Final = {offer.name for offer in (*ANSWER, *CHARTS)}


blueprint.add_app_template_filter(number_in_words, "charted")


@blueprint.get("")
def index() -> Response:
    """List the questions, by what people want to know."""
    questions = list(snapshot().catalogue.values())
    address = rooted("/questions")
    forms = forms_by_parameter(address, LISTING)
    offer = negotiated(LISTING, request.args.getlist("format"))
    if offer is not HTML:
        listed = json.dumps([_described(one) for one in questions], ensure_ascii=False, indent=2)
        return add_alternates(data(f"{listed}\n", offer), address, forms)
    words = request.args.get("q", "")[:_LONGEST_SEARCH].strip()
    groups = groups_of(questions, words)
    response = page(
        render_template("questions.html", groups=groups, words=words, total=len(questions))
    )
    return add_alternates(response, address, forms)


@blueprint.get("/<name>")
def ask(name: str) -> Response:
    """Show the form of a question and its answer, or send the answer or its chart."""
    question, extension = _question(name)
    asked = asked_of_request()
    offers = (*ANSWER, *CHARTS) if question.chart else ANSWER
    if extension in {offer.name for offer in CHARTS} and not question.chart:
        raise NoChartError(f"the question {question.id} has no chart: take its table")
    offer = negotiated(offers, [extension] if extension else asked.formats)
    is_volatile = analyse(question.query).is_volatile
    tag = query_tag(
        "question",
        repr(question),
        str((sorted(asked.given.items()), asked.part)),
        offer.content_type,
    )
    if not is_volatile and (unchanged := precheck(tag)):
        return unchanged
    response = _answered(question, asked, offer)
    response.headers.add("Link", link(rooted(f"/doc/questions/{question.id}"), "describedby"))
    return not_stored(response) if is_volatile else tagged(response, tag)


def _answered(question: Question, asked: Asked, offer: Offer) -> Response:
    """Return the form of a question and its answer, or the answer as data or as a chart."""
    path = rooted(f"/questions/{question.id}")
    forms = forms_by_extension(path, ANSWER, asked.query)
    if offer in CHARTS:
        return add_alternates(_drawn(question, asked, offer), path + asked.query, forms)
    if offer is HTML:
        return add_alternates(_form(question, asked, forms), path + asked.query, forms)
    found = _found(question, asked)
    response = add_alternates(data(_BODIES[offer.name](found), offer), path + asked.query, forms)
    for relation, address in _neighbours(question, asked, found).items():
        response.headers.add("Link", f'<{address}>; rel="{relation}"')
    return as_file(response, f"{question.id}.{offer.name}")


def _drawn(question: Question, asked: Asked, offer: Offer) -> Response:
    """Return the chart of an answer.

    :raises NoChartError: nothing in the answer can be drawn.
    """

    def make() -> Picture:
        """Ask the question, and make a chart of the answer."""
        if chart := _found(question, asked).to_chart():
            return chart
        raise NoChartError(f"nothing in this answer to {question.id} can be drawn")

    key = ("question", question.id, repr(sorted(asked.chosen.items())), repr(asked.part))
    return as_file(picture_response(offer.name, key, make), f"{question.id}.{offer.name}")


def _found(question: Question, asked: Asked) -> Answer:
    """Return the answer to a question, or a page of it.

    :raises BusyError: whole answers are being made already, as many as may be at one time.
    """
    if asked.whole and not _WHOLE.acquire(blocking=False):
        raise BusyError("other whole answers are being made: ask again in a moment, or for a page")
    try:
        return _answer(question, asked)
    finally:
        if asked.whole:
            _WHOLE.release()


def _answer(question: Question, asked: Asked) -> Answer:
    """Return the answer to a question, or a page of it."""
    return answer(
        question,
        snapshot().dataset.store,
        asked.given,
        page=asked.page,
        page_size=asked.page_size,
        whole=asked.whole,
    )


def _neighbours(question: Question, asked: Asked, found: Answer) -> dict[str, str]:
    """Return the addresses of the pages before and after a page, by their relation to it."""
    if found.page is None or found.pages is None:
        return {}
    path = rooted(f"/questions/{question.id}")
    size = str(found.page_size or 1)
    near = {"prev": found.page - 1, "next": found.page + 1}
    return {
        relation: path + query_of({**asked.chosen, "page": str(number), "page_size": size})
        for relation, number in near.items()
        if 1 <= number <= found.pages
    }


def _described(question: Question) -> dict[str, object]:
    """Return a question as plain values, with the address of its answer."""
    return {
        "id": question.id,
        "title": question.title,
        "question": question.question,
        "group": question.group,
        "framework": question.framework,
        "status": question.status,
        "unverified": question.unverified,
        "address": rooted(f"/questions/{question.id}"),
        "chart": question.chart and asdict(question.chart),
        "parameters": [asdict(parameter) for parameter in question.parameters],
        "returns": [asdict(column) for column in question.returns],
    }


def _question(name: str) -> tuple[Question, str | None]:
    """Return the question of a name, and the format that an extension of the name asks for."""
    catalogue = snapshot().catalogue
    stem, dot, extension = name.rpartition(".")
    if dot and extension in _EXTENSIONS:
        return catalogue[stem], extension
    return catalogue[name], None


def _form(question: Question, asked: Asked, forms: list[Form]) -> Response:
    """Return the page of a question, with its answer unless something is still to be chosen."""
    served = snapshot()
    table, problem, found, chart = None, None, None, None
    if not lacks_required(question, asked.given):
        try:
            found = _found(question, asked)
            table = tabulate(found, served.names, settings().page_row_limit)
            chart = found.to_chart()
        except ParameterError as error:
            problem = to_problem(error)
    path = rooted(f"/questions/{question.id}")
    response = page(
        render_template(
            "question.html",
            question=question,
            group=GROUPS[question.group],
            ways=ways(question, asked.chosen, f"{path}.json"),
            limit=settings().page_row_limit,
            pickers=pickers(question, served, asked.given),
            table=table,
            chart=chart,
            pictures=forms_by_extension(path, CHARTS, asked.query) if chart else [],
            can_draw=can_draw(),
            problem=problem,
            found=found,
            asked=asked,
            whole=path + query_of({**asked.chosen, "whole": "true"}),
            neighbours=_neighbours(question, asked, found) if found else {},
            downloads=[form for form in forms if form.offer is not HTML],
            where=where,
        )
    )
    response.status_code = problem.status if problem else 200
    return response
