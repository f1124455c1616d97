"""Results that are read a page at a time.

A page is the query with LIMIT and OFFSET. Pages fit together only where the order of the rows is
the same for each of them, so every variable that the query returns is added to its ORDER BY: value,
then text, language and datatype, which together tell apart all terms but blank nodes.

Source: https://www.w3.org/TR/sparql11-query/#modOffset
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import QueryError, ResultLimitError, StaleGenerationError
from kmgraph.remote.outline import Select, outline
from kmgraph.results import Row, Solutions
from kmgraph.terms import Term

#: What rows are ordered by for each variable. Some engines cannot order by what has no value.
_KEYS: Final = (
    " ?{0} COALESCE(STR(?{0}),'') COALESCE(LANG(?{0}),'') COALESCE(STR(DATATYPE(?{0})),'')"
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a result.

    :ivar variables: names without the question mark.
    :ivar rows: the rows.
    :ivar generation: id of the generation that they were read from; None where the endpoint does
        not say.
    """

    variables: tuple[str, ...]
    rows: tuple[Row, ...]
    generation: int | None = None


def paged(
    text: str, fetch: Callable[[str], Page], page_rows: int, *, joined: bool = False
) -> Solutions:
    """Return the solutions of a query, of which a page at a time is fetched.

    The first page is fetched at once, each of the others when its rows are wanted. A page that the
    endpoint finds too large is asked for in smaller ones. The end is where a page is empty: an
    endpoint may send fewer rows than it is asked for.

    :param text: a SELECT query.
    :param fetch: asks a query and returns its rows.
    :param page_rows: rows of a page.
    :param joined: whether the rows are put together to one graph, in which a blank node on two
        pages would have to be one.
    :raises QueryError: the query is no SELECT, or it has no ORDER BY and the endpoint does not say
        which generation it reads.
    :raises StaleGenerationError: while rows are read: the data changed between two pages.
    """
    query = outline(text)
    if query.form != "SELECT":
        raise QueryError(f"only the result of a SELECT query has pages, not that of {query.form}")
    pages = _Pages(text, query, fetch, page_rows)
    first = pages.next()
    if not query.is_ordered and first.generation is None and first.rows:
        raise QueryError(
            "a result is read in pages only where its order is certain: add ORDER BY to the query"
        )
    return Solutions(first.variables, _rows(pages, first, joined=joined))


def _rows(pages: _Pages, first: Page, *, joined: bool) -> Iterator[Row]:
    """Yield the rows of all pages."""
    page, number = first, 0
    while page.rows:
        for row in page.rows:
            yield _scoped(row, number, joined=joined)
        if pages.is_all_read:
            return
        page, number = pages.next(), number + 1
        # A page without rows may be the end of another state of the data only.
        if page.generation != first.generation:
            raise StaleGenerationError(
                f"the data changed from generation {first.generation} to {page.generation} "
                "while the result was read in pages: ask again"
            )


def _scoped(row: Row, number: int, *, joined: bool) -> Row:
    """Return a row whose blank nodes are those of its page.

    The label of a blank node means something within one answer of an endpoint and no further.
    """
    if not any(isinstance(term, ox.BlankNode | ox.Triple) for term in row):
        return row
    if joined and any(isinstance(term, ox.BlankNode) for term in row):
        raise QueryError(
            "the graph has blank nodes and is too large to be read in one piece, so what its "
            "blank nodes have in common cannot be known: read it from the endpoint's dump"
        )
    return tuple(_renamed(term, number) for term in row)


def _renamed(term: Term | None, number: int) -> Term | None:
    """Return a term with the number of its page in the labels of its blank nodes."""
    if isinstance(term, ox.BlankNode):
        return ox.BlankNode(f"page{number}.{term.value}")
    if isinstance(term, ox.Triple):
        subject, object_ = _renamed(term.subject, number), _renamed(term.object, number)
        return ox.Triple(subject, term.predicate, object_)  # type: ignore[arg-type]
    return term


class _Pages:
    """Where the reading of a result has come to."""

    def __init__(
        self, text: str, query: Select, fetch: Callable[[str], Page], page_rows: int
    ) -> None:
        self._text, self._query, self._fetch = text, query, fetch
        self._page_rows, self._read = page_rows, 0

    @property
    def is_all_read(self) -> bool:
        """Say whether as many rows were read as the query asks for at most."""
        return self._query.limit is not None and self._read >= self._query.limit

    def next(self) -> Page:
        """Return the next page; it is empty after the last."""
        limit = self._query.limit
        while True:
            rows = self._page_rows if limit is None else min(self._page_rows, limit - self._read)
            try:
                page = self._fetch(page_text(self._text, self._query, rows, self._read))
            except ResultLimitError:
                if rows <= 1:
                    raise
                self._page_rows = rows // 2
                continue
            if len(page.rows) > rows:
                raise QueryError("the endpoint heeds no LIMIT, so its results cannot be paged")
            self._read += len(page.rows)
            return page


def page_text(text: str, query: Select, rows: int, skipped: int) -> str:
    """Return the query for one page of a result.

    :param query: the outline of the text.
    :param rows: rows of the page.
    :param skipped: rows of the pages before it.

    >>> text = "SELECT ?a { ?a ?b ?c } OFFSET 5"
    >>> page = page_text(text, outline(text), 10, 20)
    >>> page.split(" COALESCE")[0], page.split(") ")[-1]
    ('SELECT ?a { ?a ?b ?c } ORDER BY ?a', 'LIMIT 10 OFFSET 25')
    """
    returned = sorted(query.visible()) if query.is_star else query.projected
    keys = "".join(map(_KEYS.format, returned))
    order = keys if query.is_ordered else f" ORDER BY{keys}"
    values = "" if query.values is None else f" {text[query.values :]}"
    cut = f" LIMIT {rows} OFFSET {query.offset + skipped}"
    return f"{text[: query.tail]}{order if keys else ''}{cut}{values}"
