"""The saved questions: their list, their forms and their answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from kmgraph.errors import ParameterError
from kmgraph.questions import Answer, Question, answer
from kmgraph.sparql import analyse
from kmgraph_server.addresses import rooted
from kmgraph_server.caching import not_stored, precheck, query_tag, tagged
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.negotiation import ANSWER, HTML, LISTING, Offer
from kmgraph_server.pages.answer_page import lacks_required, pickers, tabulate
from kmgraph_server.pages.entity_page import where
from kmgraph_server.problems import to_problem
from kmgraph_server.protocol import parse_pairs
from kmgraph_server.state import settings, snapshot
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

#: Most characters of a name that a message repeats.
_QUOTED = 60
#: Parameters of the request that choose a page, whatever the question.
_PAGING = ("page", "page_size")
#: More digits than this has no number of a page.
_DIGITS = 10
_BODIES: Final[dict[str, Callable[[Answer], bytes | str]]] = {
    "csv": Answer.to_csv,
    "json": Answer.to_json,
    "jsonld": Answer.to_jsonld,
    "xlsx": Answer.to_xlsx,
}
_EXTENSIONS = tuple(f".{offer.name}" for offer in ANSWER)


@blueprint.get("")
def index() -> Response:
    """List the questions, by what they ask about."""
    questions = list(snapshot().catalogue.values())
    address = rooted("/questions")
    forms = forms_by_parameter(address, LISTING)
    offer = negotiated(LISTING, request.args.getlist("format"))
    if offer is not HTML:
        listed = json.dumps([_described(one) for one in questions], ensure_ascii=False, indent=2)
        return add_alternates(data(f"{listed}\n", offer), address, forms)
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(_subject(question), []).append(question)
    response = page(render_template("questions.html", groups=groups))
    return add_alternates(response, address, forms)


@blueprint.get("/<name>")
def ask(name: str) -> Response:
    """Show the form of a question and its answer, or send the answer as data."""
    question, wanted = _question(name)
    given, named, wanted_page = _given()
    offer = negotiated(ANSWER, [wanted] if wanted else named)
    chosen = {key: value for key, value in given.items() if value}
    is_volatile = analyse(question.query).is_volatile
    tag = query_tag(
        "question", repr(question), str((sorted(given.items()), wanted_page)), offer.content_type
    )
    if not is_volatile and (unchanged := precheck(tag)):
        return unchanged
    response = _answered(question, given, chosen, offer, wanted_page)
    return not_stored(response) if is_volatile else tagged(response, tag)


def _answered(
    question: Question,
    given: dict[str, str],
    chosen: dict[str, str],
    offer: Offer,
    wanted: dict[str, int],
) -> Response:
    """Return the form of a question and its answer, or the answer as data."""
    path = rooted(f"/questions/{question.id}")
    query = _query(chosen, wanted)
    forms = forms_by_extension(path, ANSWER, query)
    if offer is HTML:
        return add_alternates(_form(question, given, forms, wanted), path + query, forms)
    found = _asked(question, given, wanted)
    response = add_alternates(data(_BODIES[offer.name](found), offer), path + query, forms)
    for relation, number in _neighbours(found).items():
        address = f"{path}{_query(chosen, {'page': number, 'page_size': found.page_size or 1})}"
        response.headers.add("Link", f'<{address}>; rel="{relation}"')
    return as_file(response, f"{question.id}.{offer.name}")


def _asked(question: Question, given: dict[str, str], wanted: dict[str, int]) -> Answer:
    """Return the answer to a question, or a page of it."""
    page, size = wanted.get("page"), wanted.get("page_size")
    return answer(question, snapshot().dataset.store, given, page=page, page_size=size)


def _query(chosen: Mapping[str, str], wanted: Mapping[str, int]) -> str:
    """Return the query of the address of an answer."""
    both = {**chosen, **{name: str(number) for name, number in wanted.items()}}
    return f"?{urlencode(both)}" if both else ""


def _neighbours(found: Answer) -> dict[str, int]:
    """Return the pages before and after a page, by their relation to it."""
    if found.page is None or found.pages is None:
        return {}
    near = {"prev": found.page - 1, "next": found.page + 1}
    return {relation: number for relation, number in near.items() if 1 <= number <= found.pages}


def _described(question: Question) -> dict[str, object]:
    """Return a question as plain values, with the address of its answer."""
    return {
        "id": question.id,
        "title": question.title,
        "question": question.question,
        "framework": question.framework,
        "status": question.status,
        "unverified": question.unverified,
        "address": rooted(f"/questions/{question.id}"),
        "parameters": [asdict(parameter) for parameter in question.parameters],
        "returns": [asdict(column) for column in question.returns],
    }


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


def _given() -> tuple[dict[str, str], list[str], dict[str, int]]:
    """Return the parameters that the request gives, the formats it names, and the page."""
    given: dict[str, str] = {}
    formats = []
    for name, value in parse_pairs(request.query_string):
        if name == "format":
            formats.append(value)
        elif name in given:
            raise MalformedRequestError(
                f"the parameter '{name[:_QUOTED]}' is given twice: give it once"
            )
        else:
            given[name] = value
    wanted = {name: _number(name, given.pop(name)) for name in _PAGING if given.get(name)}
    return given, formats, wanted


def _number(name: str, value: str) -> int:
    """Return the number of a page, or the size of one."""
    if not (value.isascii() and value.isdigit() and len(value) < _DIGITS):
        raise MalformedRequestError(f"{name} is '{value[:_QUOTED]}': give a number from 1")
    return int(value)


def _links(question: Question, given: dict[str, str], found: Answer) -> dict[str, str]:
    """Return the addresses of the pages before and after a page, by their relation to it."""
    path = rooted(f"/questions/{question.id}")
    chosen = {key: value for key, value in given.items() if value}
    size = found.page_size or 1
    return {
        relation: path + _query(chosen, {"page": number, "page_size": size})
        for relation, number in _neighbours(found).items()
    }


def _form(
    question: Question, given: dict[str, str], forms: list[Form], wanted: dict[str, int]
) -> Response:
    """Return the page of a question, with its answer unless something is still to be chosen."""
    served = snapshot()
    table, problem, note, found = None, None, "", None
    if not lacks_required(question, given):
        try:
            found = _asked(question, given, wanted)
            table = tabulate(found, served.names, settings().page_row_limit)
            note = found.note
        except ParameterError as error:
            problem = to_problem(error)
    response = page(
        render_template(
            "question.html",
            question=question,
            pickers=pickers(question, served.dataset.store, served.names, given),
            table=table,
            problem=problem,
            note=note,
            found=found,
            neighbours=_links(question, given, found) if found else {},
            downloads=[form for form in forms if form.offer is not HTML],
            where=where,
        )
    )
    response.status_code = problem.status if problem else 200
    return response
