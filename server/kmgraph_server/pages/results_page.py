"""Results of queries as pages show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from kmgraph.results import Boolean, Row, Solutions, Triples
from kmgraph.stores.base import Answer
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.shown import Shown, show


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A result: a table, or a yes or no.

    :ivar total: number of rows, of which ``rows`` may hold fewer.
    :ivar verdict: answer to ASK; None for every other query form.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Shown, ...], ...] = ()
    total: int = 0
    verdict: bool | None = None


def tabulate(answer: Answer, names: Names, limit: int, total: int | None = None) -> ResultTable:
    """Return a result as a page shows it.

    :param limit: most rows that are shown.
    :param total: number of rows of the whole result, of which these are the first; None where
        these are all.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> tabulate(Boolean(True), Names(MemoryStore()), 10).verdict
    True
    """
    if isinstance(answer, Boolean):
        return ResultTable(verdict=answer.value)
    columns: tuple[str, ...] = ("subject", "predicate", "object")
    if isinstance(answer, Solutions):
        columns = tuple(answer.variables)
    rows = [
        tuple(show(term, names, short=True) for term in row) for row in islice(_rows(answer), limit)
    ]
    return ResultTable(columns, tuple(rows), len(rows) if total is None else total)


def _rows(answer: Solutions | Triples) -> Iterator[Row]:
    """Yield the rows of a result; those of a graph are its triples."""
    if isinstance(answer, Solutions):
        yield from answer
    else:
        for triple in answer:
            yield (triple.subject, triple.predicate, triple.object)
