"""The passages that an answer rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.questions.surroundings import surroundings
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore
from kmgraph.terms import python_value


@dataclass(frozen=True, slots=True)
class PassageView:
    """A place in a document, as answers show it.

    :ivar iri: IRI of the passage.
    :ivar document_iri: IRI of the document, or None where the store describes none.
    :ivar document_title: its title.
    :ivar section: section of the document.
    :ivar line_from: first line; ``line_to`` the last.
    :ivar page: page.
    :ivar row: row of a table or data file; ``column`` its column.
    :ivar gist: what the passage says, in the words of whoever recorded it.
    :ivar quote: the words of the passage, where they are recorded.
    """

    iri: str
    document_iri: str | None = None
    document_title: str | None = None
    section: str | None = None
    line_from: int | None = None
    line_to: int | None = None
    page: int | None = None
    row: int | None = None
    column: str | None = None
    gist: str | None = None
    quote: str | None = None

    @property
    def place(self) -> str:
        """Return where the passage is, as text.

        >>> PassageView("urn:p", document_title="A report", line_from=3, line_to=5).place
        'A report, lines 3-5'
        """
        parts = [self.document_title or self.document_iri or self.iri]
        if self.section:
            parts.append(self.section)
        if self.page is not None:
            parts.append(f"page {self.page}")
        if self.line_from is not None:
            single = self.line_to in (None, self.line_from)
            parts.append(
                f"line {self.line_from}" if single else f"lines {self.line_from}-{self.line_to}"
            )
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column:
            parts.append(f"column {self.column}")
        return ", ".join(parts)

    @property
    def sort_key(self) -> tuple[str, int, int, int, int, str]:
        """Return what passages are ordered by: document, page, lines, row, IRI."""
        numbers = (self.page, self.line_from, self.line_to, self.row)
        page, first, last, row = (number or 0 for number in numbers)
        return (self.document_title or self.document_iri or "", page, first, last, row, self.iri)

    def to_dict(self) -> dict[str, Any]:
        """Return the passage as JSON shows it, with its place as text."""
        return {**asdict(self), "place": self.place}


_FIELDS = {
    "document": "document_iri",
    "documentTitle": "document_title",
    "lineFrom": "line_from",
    "lineTo": "line_to",
}


def find_passages(store: QuadStore, iris: Iterable[str]) -> tuple[PassageView, ...]:
    """Return passages in the order of their documents and lines.

    A passage that the store does not describe comes with its IRI alone.

    :param iris: IRIs of the passages; repeats count once.
    """
    query = artefacts.read_text("queries", "support/passages.rq")
    wanted = sorted(set(iris))
    facts: dict[str, dict[str, Any]] = {}
    places = [ox.NamedNode(iri) for iri in wanted]
    with surroundings(store, query, [], beside=places, with_vocabulary=False) as small:
        answer = small.query(query)
        if isinstance(answer, Solutions):
            rows = [dict(zip(answer.variables, row, strict=True)) for row in answer]
            # Two descriptions of one passage give several rows; the least is the same every time.
            for row in sorted(rows, key=str, reverse=True):
                facts[str(getattr(row["passage"], "value", ""))] = {
                    _FIELDS.get(name, name): python_value(term)
                    for name, term in row.items()
                    if term is not None and name != "passage"
                }
    found = [PassageView(iri, **facts.get(iri, {})) for iri in wanted]
    return tuple(sorted(found, key=lambda passage: passage.sort_key))
