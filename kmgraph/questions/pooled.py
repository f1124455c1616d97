"""Pages of saved questions, worked out where queries are: in a process that can be stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kmgraph.errors import QueryEvaluationError
from kmgraph.execution.messages import term_from_text, term_to_text
from kmgraph.execution.store import PooledStore
from kmgraph.questions.model import Listed, Question, Returned
from kmgraph.questions.paging import Page, find_rows
from kmgraph.results import Row, Solutions
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term


def find_rows_in_worker(
    question: Question, store: PooledStore, bindings: Mapping[str, Term], page: Page
) -> tuple[list[Row], int]:
    """Return the rows of a page, and of how many records or rows the pages are about.

    :raises QueryTimeoutError: the page took too long; and what else the limits of queries lead to.
    """
    told = {
        "id": question.id,
        "returns": [column.name for column in question.returns],
        "listing": question.listing and asdict(question.listing),
        "bindings": {name: term_to_text(term) for name, term in bindings.items()},
        "page": [page.number, page.size],
    }
    answer, total = store.work(__name__, question.query, told)
    if not isinstance(answer, Solutions) or total is None:
        raise QueryEvaluationError(f"question {question.id} is not a SELECT query")
    return list(answer), total


def main(store: QuadStore, query: str, told: Mapping[str, Any]) -> tuple[Solutions, int]:
    """Return a page and its total; a worker calls this.

    :param store: the view that is asked.
    :param query: query of the question.
    :param told: what :func:`find_rows_in_worker` tells of the question and of the page.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> told = {"id": "x", "returns": ["s"], "listing": None, "bindings": {}, "page": [1, 20]}
    >>> main(MemoryStore(), "SELECT ?s { ?s ?p ?o }", told)[1]
    0
    """
    listing = told["listing"]
    question = Question(
        id=told["id"],
        title="",
        question="",
        framework="",
        status="",
        since="",
        graphs=(),
        entailment="",
        parameters=(),
        returns=tuple(Returned(name, "text", "") for name in told["returns"]),
        order="",
        listing=Listed(**{**listing, "through": tuple(listing["through"]),
                          "led_by": tuple(listing["led_by"])}) if listing else None,
        source="",
        tags=(),
        unverified="",
        query=query,
        path=Path(),
    )  # fmt: skip
    bindings = {name: term_from_text(text) for name, text in told["bindings"].items()}
    rows, total = find_rows(question, store, bindings, Page(*told["page"]))
    return Solutions(told["returns"], rows), total or 0
