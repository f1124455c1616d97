"""The rows of a question: all of them, or those of one page.

Where the store keeps the listing of a question, a page is read by look-ups: the records of the
page from the listing, what surrounds them from the store, and the question's own query on that.
Elsewhere the whole answer is worked out and cut into pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kmgraph.derivation import flips_are_stored, flips_of
from kmgraph.errors import ParameterError, QueryEvaluationError
from kmgraph.execution.store import PooledStore
from kmgraph.listings import (
    ALL,
    Blocks,
    Listing,
    facet_key,
    has_listings,
    iri_of,
    listing_iri,
    load_listings,
    named_in,
    narrowed,
    stored_blocks,
)
from kmgraph.namespaces import KM, expand
from kmgraph.questions.model import Listed, Question
from kmgraph.questions.surroundings import surroundings
from kmgraph.results import Row, Solutions
from kmgraph.sparql import QueryFacts, analyse
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.terms import Term

#: How many records a page is about where nobody says.
PAGE_SIZE: Final = 20
#: Most records that a page may be about.
MOST: Final = 200
_FLIP: Final = f"{KM}Flip"
#: Beyond how many listed records an answer comes in pages unasked.
LARGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an answer.

    :ivar number: which, from 1.
    :ivar size: how many records it is about.
    """

    number: int
    size: int

    @property
    def start(self) -> int:
        """Return how many records stand before it."""
        return (self.number - 1) * self.size


def checked_page(page: int | None, page_size: int | None, *, is_large: bool) -> Page | None:
    """Return the page that is asked for; None for the whole answer.

    :param is_large: whether an answer comes in pages even if no page is asked for.
    :raises ParameterError: there can be no such page.

    >>> checked_page(2, None, is_large=False)
    Page(number=2, size=20)
    """
    if page is None and page_size is None and not is_large:
        return None
    if page is not None and page < 1:
        raise ParameterError(f"there is no page {page}: pages count from 1")
    if page_size is not None and not 1 <= page_size <= MOST:
        raise ParameterError(f"a page cannot be about {page_size} records: it is about 1 to {MOST}")
    return Page(page or 1, page_size or PAGE_SIZE)


def is_large(question: Question, store: QuadStore) -> bool:
    """Say whether a store lists so many records for a question that answers come in pages."""
    if question.listing is None:
        return False
    blocks = stored_blocks(store, listing_iri(store.base, question.listing.of, ALL))
    return blocks is not None and blocks.total > LARGE


def find_rows(
    question: Question, store: QuadStore, bindings: Mapping[str, Term], page: Page | None
) -> tuple[list[Row], int | None]:
    """Return the rows of an answer, and of how many records or rows its pages are about.

    :param page: the page; None for the whole answer, which has no total.
    :raises QueryEvaluationError: the query failed, or lacks what the header lists.
    """
    if page is None:
        return _whole(question, store, bindings), None
    if isinstance(store, PooledStore):
        # Not at the top: what a worker does for a page begins here again.
        from kmgraph.questions.pooled import find_rows_in_worker

        return find_rows_in_worker(question, store, bindings, page)
    listed = question.listing
    if listed is None:
        rows = _rows(question, store, bindings)
        return rows[page.start : page.start + page.size], len(rows)
    found = _listed(listed, store, bindings, page)
    if found is None:
        return _cut(question, listed, _whole(question, store, bindings), page)
    records, total = found
    rows = _rows_about(question, listed, store, bindings, records)
    return rows, min(total, len(rows)) if listed.driver in bindings else total


def _whole(question: Question, store: QuadStore, bindings: Mapping[str, Term]) -> list[Row]:
    """Return all rows of a question, also where the store lacks the flips that it reads."""
    listed = question.listing
    if listed is None or not _lacks_flips(question, store):
        return _rows(question, store, bindings)
    one = bindings.get(listed.driver)
    if isinstance(one, ox.NamedNode):
        return _rows_about(question, listed, store, bindings, [one])
    records = _records(_narrowed(load_listings()[listed.of], store, bindings))
    return _rows_about(question, listed, store, bindings, records)


def _lacks_flips(question: Question, store: QuadStore) -> bool:
    """Say whether a question reads flips and the store leaves them to be worked out."""
    return _FLIP in named_in(question.query) and not flips_are_stored(store)


def _rows(question: Question, store: QuadStore, bindings: Mapping[str, Term]) -> list[Row]:
    """Return the rows that a question has in a store, in the order of its columns."""
    return _columns(question, _solutions(question, store, bindings))


def _solutions(question: Question, store: QuadStore, bindings: Mapping[str, Term]) -> Solutions:
    """Return what the query of a question finds in a store."""
    if isinstance(store, OxigraphStore):
        # To analyse a long query takes longer than to answer it on a small store.
        facts = _facts(question.query)
        solutions = store.evaluate(question.query, facts, bindings=bindings)
    else:
        solutions = store.query(question.query, bindings=bindings)
    if not isinstance(solutions, Solutions):
        raise QueryEvaluationError(f"question {question.id} is not a SELECT query")
    missing = {column.name for column in question.returns} - set(solutions.variables)
    if missing:
        raise QueryEvaluationError(
            f"question {question.id} does not return {', '.join(sorted(missing))}, "
            "which its header lists"
        )
    return solutions


def _columns(question: Question, solutions: Solutions) -> list[Row]:
    """Return the columns of a question, without what its query selects besides."""
    places = [solutions.variables.index(column.name) for column in question.returns]
    return [tuple(row[place] for place in places) for row in solutions]


@lru_cache(maxsize=256)
def _facts(query: str) -> QueryFacts:
    """Return what is to be known of a question's query before it is asked."""
    return analyse(query)


def _listed(
    listed: Listed, store: QuadStore, bindings: Mapping[str, Term], page: Page
) -> tuple[list[ox.NamedNode], int] | None:
    """Return the records of a page and how many there are; None without a listing."""
    listing = load_listings()[listed.of]
    whole = stored_blocks(store, listing_iri(store.base, listing.name, ALL))
    if whole is None:
        return ([], 0) if has_listings(store) else None
    one = bindings.get(listed.driver)
    if isinstance(one, ox.NamedNode):
        return [one] if page.number == 1 else [], 1
    if any(name in bindings for name in listing.narrowed_by):
        lines = _narrowed(listing, store, bindings)
        return _records(lines[page.start : page.start + page.size]), len(lines)
    blocks: Blocks | None = whole
    given = [name for name in listing.facets if name in bindings]
    if given:
        key = facet_key(" ".join(given), *(bindings[name] for name in given))
        blocks = stored_blocks(store, listing_iri(store.base, listing.name, key))
    if blocks is None:
        return [], 0
    return _records(blocks.page(page.start, page.size)), blocks.total


def _narrowed(listing: Listing, store: QuadStore, bindings: Mapping[str, Term]) -> list[str]:
    """Return the entries that the values of parameters leave, found by the listing's own query."""
    names = (*listing.facets, *listing.narrowed_by)
    return narrowed(store, listing, {name: bindings[name] for name in names if name in bindings})


def _records(lines: list[str]) -> list[ox.NamedNode]:
    """Return the records of entries."""
    return [ox.NamedNode(iri_of(line)) for line in lines]


def _rows_about(
    question: Question,
    listed: Listed,
    store: QuadStore,
    bindings: Mapping[str, Term],
    records: list[ox.NamedNode],
) -> list[Row]:
    """Return the rows about some records."""
    # Questions that read flips list cases.
    flips = list(flips_of(store, records)) if _lacks_flips(question, store) else []
    with surroundings(
        store,
        question.query,
        records,
        beside=[term for term in bindings.values() if isinstance(term, ox.NamedNode)],
        through=[expand(name) for name in listed.through],
        led_by=[expand(name) for name in listed.led_by],
        reads=[expand(name) for name in listed.reads],
        more=flips,
    ) as small:
        solutions = _solutions(question, small, bindings)
        rows = _columns(question, _counted(listed, store, solutions))
    place = _place(question, listed)
    wanted = set(records)
    return [row for row in rows if row[place] in wanted]


def _counted(listed: Listed, store: QuadStore, solutions: Solutions) -> Solutions:
    """Return solutions with the numbers that the listing has of the whole store.

    What surrounds the records of a page holds only some of what is counted.
    """
    if not listed.counted:
        return solutions
    rows = [list(row) for row in solutions]
    for column, variable in listed.counted:
        place, by = solutions.variables.index(column), solutions.variables.index(variable)
        for row in rows:
            value = row[by]
            if value is not None:
                key = facet_key(variable, value)
                blocks = stored_blocks(store, listing_iri(store.base, listed.of, key))
                row[place] = ox.Literal(0 if blocks is None else blocks.total)
    return Solutions(solutions.variables, [tuple(row) for row in rows])


def _cut(question: Question, listed: Listed, rows: list[Row], page: Page) -> tuple[list[Row], int]:
    """Return the rows about the records of a page, and how many records there are."""
    place = _place(question, listed)
    records = list(dict.fromkeys(row[place] for row in rows))
    wanted = set(records[page.start : page.start + page.size])
    return [row for row in rows if row[place] in wanted], len(records)


def _place(question: Question, listed: Listed) -> int:
    """Return where the records that a question lists stand in its rows."""
    return [column.name for column in question.returns].index(listed.driver)
