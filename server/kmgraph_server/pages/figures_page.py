"""The tables beside pictures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from kmgraph.figures import Grid, Profile, Progress
from kmgraph.figures.grid_points import GridPoint
from kmgraph.figures.profile import rating_in_words
from kmgraph.figures.profile_rows import own_parts
from kmgraph.figures.progress_cells import Cell
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.shown import Shown, link

if TYPE_CHECKING:
    from kmgraph.dataset import EvidenceDataset

#: Most programmes that a form offers.
_OFFERED: Final = 200


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """A row of the table beside a profile.

    :ivar is_element: whether it sums up an element.
    :ivar found: score, band and raters in words, or why there is none.
    :ivar ratings: each rating with a link to it.
    """

    construct: Shown
    is_element: bool
    found: str
    more: str
    ratings: tuple[Shown, ...]


def profile_rows(picture: Profile, names: Names) -> list[ProfileLine]:
    """Return the rows of the table beside a profile, in the order of the picture."""
    ratings = {
        (element.notation, construct.notation): construct.ratings
        for element in picture.reading.elements
        for construct in own_parts(element)
    }
    return [
        ProfileLine(
            link(row.concept, names, row.label),
            row.is_summary,
            "; ".join(part for part in (row.absence, row.words) if part),
            row.more,
            ()
            if row.is_summary
            else tuple(
                link(rating.iri, names, rating_in_words(rating))
                for rating in ratings.get((row.element, row.notation), ())
            ),
        )
        for row in picture.rows
    ]


@dataclass(frozen=True, slots=True)
class GridLine:
    """A row of the table beside a grid.

    :ivar evidence: score, band and bounds in words, or why there is none.
    """

    number: int
    iri: str
    label: str
    study: str
    evidence: str
    context: str
    quadrant: str
    fit: str


def grid_rows(picture: Grid, limit: int) -> list[GridLine]:
    """Return the first rows of the table beside a grid, in the order of their numbers.

    :param limit: most rows to return.
    """
    return [_grid_line(*found) for found in islice(enumerate(picture.points, 1), limit)]


def _grid_line(number: int, point: GridPoint) -> GridLine:
    """Return a case as a row."""
    return GridLine(
        number,
        point.iri,
        point.label,
        point.study,
        point.evidence.all_words,
        point.context.all_words,
        point.quadrant or "no diagnosis",
        point.fit,
    )


@dataclass(frozen=True, slots=True)
class ProgressCell:
    """A cell of the table beside progress.

    :ivar words: what is said, where no single record can be linked to.
    :ivar records: the records that say so.
    """

    words: str
    records: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """A row of the table beside progress: a piece of work, or a run of cycles."""

    work: Shown
    cells: tuple[ProgressCell, ...]


def progress_rows(picture: Progress, names: Names, limit: int) -> list[ProgressLine]:
    """Return the first rows of the table beside progress.

    :param limit: most rows to return.
    """
    return [
        ProgressLine(
            link(row.iri, names, row.label),
            tuple(_progress_cell(row.cell(column), names) for column in picture.columns),
        )
        for row in picture.rows[:limit]
    ]


def _progress_cell(cell: Cell, names: Names) -> ProgressCell:
    """Return a cell with links to the records that it rests on."""
    if len(cell.records) == 1:
        return ProgressCell("", (link(cell.records[0], names, cell.words),))
    numbered = enumerate(cell.records, start=1)
    return ProgressCell(
        cell.words, tuple(link(iri, names, f"record {number}") for number, iri in numbered)
    )


def programmes(dataset: EvidenceDataset) -> list[Shown]:
    """Return the programmes that a grid can be narrowed to."""
    found = islice(dataset.records("programmes"), _OFFERED)
    return [Shown(one.label, one.iri) for one in found]
