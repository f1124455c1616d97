"""Answers as linked data: each row a node, each column a property of the question."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from kmgraph.namespaces import PREFIXES

if TYPE_CHECKING:
    from kmgraph.questions.answer import Answer
    from kmgraph.questions.model import Returned

_PROV: Final = PREFIXES["prov"]
_XSD: Final = PREFIXES["xsd"]


def to_jsonld(answer: Answer) -> str:
    """Return an answer as JSON-LD 1.1.

    The answer is a ``prov:Entity`` with the query, the citation and the rows in order. A column is
    the property ``BASEquestions/ID#NAME``; the passages of a row are what it was derived from.

    Source: https://www.w3.org/TR/json-ld11/, https://www.w3.org/TR/prov-o/
    """
    question = answer.question
    at = f"{answer.base}questions/{question.id}"
    context: dict[str, Any] = {
        "@version": 1.1,
        "prov": _PROV,
        "dcterms": PREFIXES["dcterms"],
        "rows": {"@id": f"{at}#rows", "@container": "@list"},
        "cite": "dcterms:bibliographicCitation",
        "unverified": "dcterms:provenance",
        "question": {"@id": "dcterms:source", "@type": "@id"},
        "query": f"{PREFIXES['sh']}select",
        "total": {"@id": f"{at}#total", "@type": f"{_XSD}integer"},
    }
    names = {column.name: f"row_{column.name}" for column in answer.columns}
    for column in answer.columns:
        context[names[column.name]] = _property(column, f"{at}#{column.name}")
    told: dict[str, Any] = {
        "@context": context,
        "@type": "prov:Entity",
        "question": at,
        "query": answer.query,
        "cite": answer.cite,
    }
    if question.unverified:
        told["unverified"] = question.unverified
    if answer.total is not None:
        told["total"] = answer.total
    told["rows"] = [
        {names[name]: _value(value) for name, value in row.items() if value not in (None, [])}
        for row in answer.rows
    ]
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _property(column: Returned, iri: str) -> dict[str, Any]:
    """Return how a column is read."""
    if column.kind == "passages":
        return {"@id": "prov:wasDerivedFrom", "@type": "@id", "@container": "@set"}
    if column.kind == "iri":
        return {"@id": iri, "@type": "@id"}
    return {"@id": iri}


def _value(value: Any) -> Any:
    """Return a value as JSON-LD has it; decimals keep all their digits."""
    if isinstance(value, Decimal):
        return {"@value": str(value), "@type": f"{_XSD}decimal"}
    if isinstance(value, bool | int | list):
        return value
    return str(value)
