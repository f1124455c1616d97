"""What tools take, as JSON Schema, made from the headers of the questions.

Source: https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from kmgraph.questions import Question
from kmgraph.questions.parameters import KINDS, Parameter

#: Kind of a parameter to the type of its values in JSON; text is what all others take.
_TYPES: Final = {"integer": "integer", "decimal": "number", "boolean": "boolean"}
#: Parameters of every question that choose a page of its answer.
_PAGING: Final[dict[str, dict[str, Any]]] = {
    "page": {"type": "integer", "minimum": 1, "description": "Page of the answer, from 1."},
    "page_size": {"type": "integer", "minimum": 1, "description": "Records a page is about."},
}


def tool_name(question_id: str) -> str:
    """Return the name of the tool that answers a question.

    >>> tool_name("cq-007")
    'cq_007'
    """
    return question_id.replace("-", "_")


def input_schema(question: Question) -> dict[str, Any]:
    """Return what the tool of a question takes.

    :param question: a question of the catalogue.

    >>> from kmgraph.questions import load_catalogue
    >>> input_schema(load_catalogue()["20"])["properties"]["thin"]["type"]
    'integer'
    """
    properties = {one.name: _property(one) for one in question.parameters}
    return {
        "type": "object",
        "properties": {**_PAGING, **properties},
        "required": [one.name for one in question.parameters if one.required and not one.default],
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, Any]:
    """Return the schema of one parameter."""
    said = [f"{parameter.label}.", parameter.help, f"Takes {KINDS[parameter.kind][0]}."]
    found: dict[str, Any] = {
        "type": _TYPES.get(parameter.kind, "string"),
        "description": " ".join(part for part in said if part.strip(".")),
        "examples": [_typed(parameter, parameter.example)],
    }
    if parameter.choices:
        found["enum"] = [_typed(parameter, choice) for choice in parameter.choices]
    if parameter.default:
        found["default"] = _typed(parameter, parameter.default)
    for key in ("minimum", "maximum"):
        if text := getattr(parameter, key):
            found[key] = _number(text)
    return found


def _typed(parameter: Parameter, text: str) -> Any:
    """Return the text of a value as JSON has it."""
    if parameter.kind in ("integer", "decimal"):
        return _number(text)
    if parameter.kind == "boolean":
        return text.lower() in ("true", "yes", "1")
    return text


def _number(text: str) -> int | float:
    """Return a number as JSON has it."""
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)
