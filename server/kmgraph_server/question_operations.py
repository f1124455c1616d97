"""An operation of the description for each saved question, made of its header.

Source: https://spec.openapis.org/oas/v3.1.0#operation-object
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kmgraph.assistants import input_schema, tool_name
from kmgraph.questions import GROUPS, Question
from kmgraph_server.negotiation import ANSWER, CHARTS, HTML, Offer

_TEXT: Final = frozenset({"text/html", "text/csv", "image/svg+xml"})
_OBJECTS: Final = frozenset({"application/json", "application/ld+json"})
#: Type in JSON of what a column holds; everything else is text.
_TYPES: Final = {"number": "number", "boolean": "boolean"}


def question_paths(questions: Iterable[Question]) -> dict[str, Any]:
    """Return the paths of questions, each with its operation.

    :param questions: the questions.

    >>> from kmgraph.questions import load_catalogue
    >>> paths = question_paths([load_catalogue()["20"]])
    >>> paths["/questions/cq-020"]["get"]["operationId"]
    'cq_020'
    """
    return {f"/questions/{one.id}": {"get": _operation(one)} for one in questions}


def _operation(question: Question) -> dict[str, Any]:
    """Return the operation that asks a question."""
    offers = (*ANSWER, *CHARTS) if question.chart else ANSWER
    said = [question.question, f"Group: {GROUPS[question.group]}"]
    if question.unverified:
        said.append(f"Not checked: {question.unverified}")
    return {
        "operationId": tool_name(question.id),
        "tags": ["questions"],
        "summary": question.title,
        "description": "\n\n".join(said),
        "parameters": [*_parameters(question), _format(offers)],
        "responses": {
            "200": {
                "description": f"The answer. Order of its rows: {question.order}.",
                "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
                "content": {one.media_type: {"schema": _schema(question, one)} for one in offers},
            },
            "304": {"$ref": "#/components/responses/NotModified"},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }


def _parameters(question: Question) -> list[dict[str, Any]]:
    """Return the parameters of a question, and those that choose a part of its answer."""
    schema = input_schema(question)
    found = []
    for name, told in schema["properties"].items():
        typed = {
            key: value for key, value in told.items() if key not in ("description", "examples")
        }
        one = {
            "name": name,
            "in": "query",
            "description": told["description"],
            "required": name in schema["required"],
            "schema": typed,
        }
        if examples := told.get("examples"):
            one["example"] = examples[0]
        found.append(one)
    # Those of the question come first.
    found.sort(key=lambda one: one["name"] in ("page", "page_size"))
    whole = {
        "name": "whole",
        "in": "query",
        "description": "Whether all rows are wanted, with whole lists; that may take long.",
        "required": False,
        "schema": {"type": "boolean", "default": False},
    }
    return [*found, whole]


def _format(offers: Iterable[Offer]) -> dict[str, Any]:
    """Return the parameter that names a format; the Accept header chooses one too."""
    return {
        "name": "format",
        "in": "query",
        "description": "Format of the answer, where the Accept header does not choose it.",
        "required": False,
        "schema": {"type": "string", "enum": [offer.name for offer in offers]},
    }


def _schema(question: Question, offer: Offer) -> dict[str, Any]:
    """Return the schema of an answer in a media type."""
    if offer.name == "json":
        return _answer(question)
    if offer.media_type in _OBJECTS:
        return {"type": "object"}
    if offer is HTML or offer.media_type in _TEXT:
        return {"type": "string"}
    return {"type": "string", "format": "binary"}


def _answer(question: Question) -> dict[str, Any]:
    """Return the schema of an answer as JSON: its rows, by column."""
    columns: dict[str, Any] = {}
    for one in question.returns:
        said = f"{one.meaning} ({one.unit})" if one.unit else one.meaning
        if one.kind == "passages":
            columns[one.name] = {"type": "array", "items": {"type": "string"}, "description": said}
        else:
            columns[one.name] = {
                "type": [_TYPES.get(one.kind, "string"), "null"],
                "description": said,
            }
    rows = {"type": "array", "items": {"type": "object", "properties": columns}}
    return {"type": "object", "required": ["rows"], "properties": {"rows": rows}}
