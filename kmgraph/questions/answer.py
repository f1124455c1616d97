"""Answers to saved questions, with the passages they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from kmgraph.errors import NoChartError, ParameterError
from kmgraph.namespaces import expand
from kmgraph.questions import linked, rendering, workbook
from kmgraph.questions.citing import citation, origin
from kmgraph.questions.fitting import unfitting
from kmgraph.questions.model import Question, Returned
from kmgraph.questions.paging import Page, checked_page, find_rows, is_large
from kmgraph.questions.parameters import to_text
from kmgraph.questions.passages import PassageView, find_passages
from kmgraph.questions.twins import MOST_LISTED, Twin, twin_for, twin_rows
from kmgraph.questions.written import written
from kmgraph.results import Row, Solutions
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term, python_value

if TYPE_CHECKING:
    import pandas as pd

    from kmgraph.figures.chart import Chart

_SYNTHETIC: Final = ox.NamedNode(expand("km:synthetic"))


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a saved question.

    :ivar question: the question.
    :ivar parameters: name to text of the parameters that had a value, defaults included.
    :ivar terms: the rows as tuples of terms, in the order of ``variables``.
    :ivar passages: the passages that the rows rest on, by document and line.
    :ivar base: base IRI of the store's records.
    :ivar generation: id of the generation that was asked, or None for a store without any.
    :ivar is_synthetic: whether a dataset of the store says that its records describe nothing real.
    :ivar note: what is wrong with a parameter that names no fitting record; empty where all fit.
    :ivar total: of an answer in pages, how many records the pages are about, or rows where the
        question lists no records; None for a whole answer.
    :ivar asked_page: which page it is; None for a whole answer.
    :ivar twin: what answered from the cube, so that the lists of a row tell of a few records only;
        None where the question itself was asked.
    :ivar cite: how the answer is cited.
    :ivar content_since: id of the generation that brought the content that was asked.
    """

    question: Question
    parameters: Mapping[str, str]
    terms: tuple[Row, ...]
    passages: tuple[PassageView, ...]
    base: str
    generation: int | None = None
    is_synthetic: bool = False
    note: str = ""
    total: int | None = None
    asked_page: Page | None = None
    twin: Twin | None = None
    cite: str = ""
    content_since: int | None = None

    @property
    def columns(self) -> tuple[Returned, ...]:
        """Return the returned variables with their kinds and meanings."""
        return self.question.returns

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the names of the returned variables, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def query(self) -> str:
        """Return a query that finds the rows, with the parameters written into it.

        Of an answer from the cube it is the query of the cube, which takes them as variables; the
        one of the question finds the same, slower.
        """
        if self.twin:
            return self.twin.query
        return written(self.question, self.question.bindings(self.parameters, base=self.base))

    @property
    def most_listed(self) -> int | None:
        """Return of how many records the lists of a row tell at most; None where of all."""
        return MOST_LISTED if self.twin else None

    @property
    def page(self) -> int | None:
        """Return the number of the page, from 1; None for a whole answer."""
        return self.asked_page.number if self.asked_page else None

    @property
    def page_size(self) -> int | None:
        """Return how many records a page is about; None for a whole answer."""
        return self.asked_page.size if self.asked_page else None

    @property
    def pages(self) -> int | None:
        """Return how many pages there are, at least one; None for a whole answer."""
        if self.asked_page is None or self.total is None:
            return None
        return max(1, -(-self.total // self.asked_page.size))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries of Python values.

        An IRI is its text, a number an int or Decimal, passages a list of IRIs; what has no value
        is None.
        """
        return [
            {
                column.name: _value(column, term)
                for column, term in zip(self.columns, row, strict=True)
            }
            for row in self.terms
        ]

    @property
    def solutions(self) -> Solutions:
        """Return the rows as SPARQL solutions, afresh at each call."""
        return Solutions(self.variables, self.terms)

    def to_table(self) -> str:
        """Return the answer as text for a terminal, with its list of passages."""
        return rendering.to_table(self)

    def to_csv(self) -> str:
        """Return the rows as CSV, with the places of each row's passages in words.

        Source: https://www.rfc-editor.org/rfc/rfc4180
        """
        return rendering.to_csv(self)

    def to_json(self) -> str:
        """Return the answer as JSON; ``queries/README.md`` describes its structure."""
        return rendering.to_json(self)

    def to_dict(self) -> dict[str, Any]:
        """Return what :meth:`to_json` writes, as Python values."""
        return rendering.to_dict(self)

    def to_jsonld(self) -> str:
        """Return the answer as linked data."""
        return linked.to_jsonld(self)

    def to_xlsx(self) -> bytes:
        """Return the answer as a workbook, with its passages and its query.

        :raises MissingExtraError: openpyxl is not installed.
        """
        return workbook.to_xlsx(self)

    def to_chart(self) -> Chart | None:
        """Return the chart of the answer, which turns into a picture, text or a table.

        :returns: None where the question has none, or nothing in the answer can be drawn.
        """
        # Pictures are read of more than questions are; most answers are asked without one.
        from kmgraph.questions.charting import chart_of

        return chart_of(self)

    def to_svg(self) -> str:
        """Return the chart of the answer as an SVG document.

        :raises NoChartError: there is none.
        :raises MissingExtraError: matplotlib is not installed.
        """
        return self._chart().to_svg()

    def to_png(self, dpi: int = 150) -> bytes:
        """Return the chart of the answer as a PNG file.

        :param dpi: dots per inch, from 30 to 600.
        :raises NoChartError: there is none.
        :raises MissingExtraError: matplotlib is not installed.
        """
        return self._chart().to_png(dpi)

    def _chart(self) -> Chart:
        """Return the chart."""
        if chart := self.to_chart():
            return chart
        if self.question.chart is None:
            raise NoChartError(f"the question {self.question.id} has no chart: take its table")
        raise NoChartError(f"nothing in this answer to {self.question.id} can be drawn")

    def to_dataframe(self) -> pd.DataFrame:
        """Return the rows as a pandas DataFrame, typed by column.

        :raises MissingExtraError: pandas is not installed.
        """
        return self.solutions.to_dataframe()


def answer(
    question: Question,
    store: QuadStore,
    params: Mapping[str, Any] | None = None,
    *,
    page: int | None = None,
    page_size: int | None = None,
    whole: bool = False,
) -> Answer:
    """Ask a saved question.

    A question that counts is answered from the cube where the store counts more than a thousand
    records for it: its numbers are the same, and its lists tell of a few records of each row.

    :param question: a question of the catalogue.
    :param store: what to ask; the query reads its default graph.
    :param params: parameter name to value as text; what is not given takes its default.
    :param page: which page of the answer to give, from 1; None for the whole answer, or, where
        the store lists more than a thousand records for the question, for the first page.
    :param page_size: how many records a page is about; 20 where none is given.
    :param whole: whether all rows are wanted with whole lists, however long that takes.
    :returns: rows in the order that the question's header states.
    :raises ParameterError: a parameter is unknown, missing or of the wrong kind, or there is no
        such page size.
    :raises QueryEvaluationError: the query failed.

    >>> from kmgraph.questions import load_catalogue
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> answer(load_catalogue()["31"], MemoryStore()).rows
    []
    """
    bindings = question.bindings(params, base=store.base)
    if whole and (page is not None or page_size is not None):
        raise ParameterError("a page and the whole answer are asked for: ask for one of them")
    wanted = checked_page(page, page_size, is_large=not whole and is_large(question, store))
    twin = None if whole else twin_for(question, store, bindings)
    if twin is None:
        rows, total = find_rows(question, store, bindings, wanted)
    else:
        rows, total, wanted = twin_rows(twin, question, store, bindings, wanted)
    passages = find_passages(store, _cited(question, rows))
    rank = {passage.iri: number for number, passage in enumerate(passages)}
    given = {name: to_text(term, base=store.base) for name, term in bindings.items()}
    data = origin(store)
    return Answer(
        question,
        given,
        tuple(_tidied(question, row, rank) for row in rows),
        passages,
        store.base,
        data.generation,
        _is_synthetic(store),
        "; ".join(unfitting(question, bindings, store, has_rows=bool(rows))),
        total,
        wanted,
        twin,
        citation(data, question, given),
        data.content_since,
    )


def _is_synthetic(store: QuadStore) -> bool:
    """Say whether a dataset of the store is marked as synthetic."""
    marks = store.quads(None, _SYNTHETIC, None, ox.DefaultGraph())
    return any(str(getattr(mark.object, "value", "")) in ("true", "1") for mark in marks)


def _cited(question: Question, rows: list[Row]) -> set[str]:
    """Return the IRIs of all passages of the rows."""
    return {
        iri
        for row in rows
        for column, term in zip(question.returns, row, strict=True)
        if column.kind == "passages" and isinstance(term, ox.Literal)
        for iri in term.value.split()
    }


def _tidied(question: Question, row: Row, rank: Mapping[str, int]) -> Row:
    """Return a row whose lists are in order, which SPARQL leaves open, and without empty texts."""
    return tuple(
        _tidy(column, term, rank) for column, term in zip(question.returns, row, strict=True)
    )


def _tidy(column: Returned, term: Term | None, rank: Mapping[str, int]) -> Term | None:
    """Return one term of a row."""
    if not isinstance(term, ox.Literal):
        return term
    if column.kind == "passages":
        return ox.Literal(" ".join(sorted(set(term.value.split()), key=rank.__getitem__)))
    if column.kind == "texts":
        texts = sorted({text.strip() for text in term.value.split("\n")} - {""})
        return ox.Literal("; ".join(texts)) if texts else None
    return term


def _value(column: Returned, term: Term | None) -> Any:
    """Return a term as a Python value."""
    if column.kind == "passages":
        return term.value.split() if isinstance(term, ox.Literal) else []
    return None if term is None else python_value(term)
