"""Results of queries as pages show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import XSD
from kmgraph.results import Boolean, Row, Solutions, Triples
from kmgraph.stores.base import Answer
from kmgraph.terms import Term
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.shown import Shown, show

#: Datatypes whose values can be drawn; what is derived from integers goes by the same names.
_NUMBERS: Final = frozenset(
    XSD + name
    for name in (
        "integer decimal double float int long short nonNegativeInteger positiveInteger"
    ).split()
)
#: Longest number that scripts are given.
_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a result, for people and for what draws it.

    :ivar shown: the value as it is read.
    :ivar iri: the IRI, where it is one.
    :ivar name: what the thing is called, where no other value of the row says so.
    :ivar number: the number as it is written, where it is one.
    """

    shown: Shown
    iri: str = ""
    name: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A result: a table, or a yes or no.

    :ivar total: number of rows, of which ``rows`` may hold fewer.
    :ivar verdict: answer to ASK; None for every other query form.
    :ivar is_graph: whether the rows are the statements of a graph.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    total: int = 0
    verdict: bool | None = None
    is_graph: bool = False


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
    rows = tuple(_cells(row, names) for row in islice(_rows(answer), limit))
    whole = len(rows) if total is None else total
    return ResultTable(columns, rows, whole, is_graph=isinstance(answer, Triples))


def _cells(row: Row, names: Names) -> tuple[Cell, ...]:
    """Return a row; what another value of it says is not said again as a name."""
    cells = [_cell(term, names) for term in row]
    said = {cell.shown.text for cell in cells}
    return tuple(replace(cell, name="") if cell.name in said else cell for cell in cells)


def _cell(term: Term | None, names: Names) -> Cell:
    """Return a value of a result."""
    shown = show(term, names, short=True)
    if isinstance(term, ox.NamedNode):
        return Cell(shown, iri=term.value, name=names.name(term.value))
    if isinstance(term, ox.Literal) and term.datatype.value in _NUMBERS:
        return Cell(shown, number=term.value if len(term.value) <= _LONGEST else "")
    return Cell(shown)


def _rows(answer: Solutions | Triples) -> Iterator[Row]:
    """Yield the rows of a result; those of a graph are its triples."""
    if isinstance(answer, Solutions):
        yield from answer
    else:
        for triple in answer:
            yield (triple.subject, triple.predicate, triple.object)
