"""The grid as its page draws it: each case a link, or each cell where there are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import url_for

from kmgraph.errors import InputError
from kmgraph.figures import Grid, read_grid
from kmgraph.figures.grid_counts import BANDS, CountedCell, CountedGrid
from kmgraph.figures.grid_places import (
    INSET,
    LEFT,
    NUMBERED,
    SINGLE,
    SIZE,
    STRIP,
    STRIP_LEFT,
    WITH_BOUNDS,
    Places,
)
from kmgraph.figures.grid_points import INDETERMINATE, NOT_RATED, GridPoint, Side
from kmgraph.figures.reading_counts import cases_counted, read_counts
from kmgraph.figures.reading_grid import GRID_SCHEMES, read_some
from kmgraph.figures.style import BAND_EDGES, FIT_WORDS
from kmgraph_server.pages.names import Names

if TYPE_CHECKING:
    from kmgraph.stores.base import QuadStore

#: Cases of one cell that are shown where all of them are only counted.
FIRST: Final = 60
#: Units of the drawing in an inch of the figure that is downloaded.
_UNITS: Final = 100
_TOP: Final = 0.4
_NARROWING: Final = {
    "evidence": (*BANDS, NOT_RATED),
    "context": (*BANDS, NOT_RATED),
    "fit": tuple(FIT_WORDS),
}


@dataclass(frozen=True, slots=True)
class Region:
    """Where a case may lie with what is missing, as a rectangle of the drawing."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class GridMark:
    """A case on the drawing.

    :ivar number: its number in the table.
    :ivar href: where it leads.
    :ivar fit: ``fits``, ``misfits`` or ``unknown``.
    :ivar words: its name, scores and fit.
    :ivar region: where it may lie; None where that is one place, or too many cases are shown.
    :ivar is_unsure: whether it is not clear which quadrant it is in.
    """

    number: int
    href: str
    x: float
    y: float
    fit: str
    words: str
    region: Region | None
    is_unsure: bool


@dataclass(frozen=True, slots=True)
class ShownGrid:
    """What the page and its downloads show.

    :ivar picture: the cases, or their numbers.
    :ivar of_total: how many cases the choice has, where only the first are shown; else 0.
    """

    picture: Grid | CountedGrid
    of_total: int = 0

    @property
    def is_counted(self) -> bool:
        """Whether cases are counted and not shown one by one."""
        return isinstance(self.picture, CountedGrid)

    @property
    def total(self) -> int:
        """How many cases it shows or counts."""
        picture = self.picture
        return picture.total if isinstance(picture, CountedGrid) else len(picture.points)


def shown_grid(store: QuadStore, scheme: str, chosen: dict[str, str]) -> ShownGrid:
    """Return the cases of a choice, or their numbers where they are many.

    :param chosen: programme, theme, study, evidence, context and fit; what is empty is any.
    :raises InputError: the framework has no evidence and context, or there is no such band.
    :raises RecordNotFoundError: there is no such programme, theme or study.
    """
    for name, known in _NARROWING.items():
        if chosen.get(name, "") not in ("", *known):
            raise InputError(f"{name} is one of {', '.join(known)}")
    of = {name: chosen.get(name, "") for name in ("programme", "theme", "study")}
    bands = {name: chosen.get(name, "") for name in ("evidence", "context")}
    if scheme in GRID_SCHEMES and not (of["programme"] or of["study"]):
        counted = read_counts(store, scheme, theme=of["theme"])
        if counted is not None and counted.total > SINGLE:
            return _counted(store, scheme, counted, bands)
    found = read_grid(store, scheme, **of)
    return ShownGrid(found.narrowed(**bands, fit=chosen.get("fit", "")))


def _counted(
    store: QuadStore, scheme: str, counted: CountedGrid, bands: dict[str, str]
) -> ShownGrid:
    """Return the numbers of cases, or the first cases of one cell."""
    narrowed = counted.narrowed(**bands)
    if not all(bands.values()):
        return ShownGrid(narrowed)
    cell = counted.cell(bands["evidence"], bands["context"])
    iris = cases_counted(store, cell.observation, FIRST) if cell.observation else []
    found = read_some(store, scheme, iris, subject=narrowed.subject)
    return ShownGrid(found, cell.cases if cell.cases > len(iris) else 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the template draws.

    :ivar marks: the cases; empty where there are too many to tell apart.
    :ivar edges: where bands begin and end, as name, x and y of the score.
    """

    marks: tuple[GridMark, ...]
    edges: tuple[tuple[str, float, float], ...]
    left: float = LEFT * _UNITS
    top: float = _TOP * _UNITS
    size: float = SIZE * _UNITS
    strip: float = STRIP * _UNITS
    strip_left: float = STRIP_LEFT * _UNITS
    strip_top: float = (_TOP + SIZE + 0.5) * _UNITS
    width: float = (LEFT + SIZE + 0.8) * _UNITS
    height: float = (_TOP + SIZE + 0.5 + STRIP + 0.35) * _UNITS
    inset: float = INSET * _UNITS
    is_numbered: bool = True


def plan(picture: Grid, names: Names) -> Plan:
    """Return where the cases of a grid are drawn, each with what it leads to."""
    places = Places(_TOP)
    at = places.of(picture.points) if len(picture.points) <= SINGLE else {}
    has_regions = len(picture.points) <= WITH_BOUNDS
    marks = tuple(
        GridMark(
            number,
            names.link(point.iri) or "",
            round(at[point.iri][0] * _UNITS, 1),
            round(at[point.iri][1] * _UNITS, 1),
            point.fit.replace("does not fit", "misfits"),
            in_words(point),
            _region(point, places) if has_regions else None,
            point.quadrant in ("", INDETERMINATE),
        )
        for number, point in enumerate(picture.points, 1)
        if point.iri in at
    )
    edges = tuple(
        (text, round(places.x(score) * _UNITS, 1), round(places.y(score) * _UNITS, 1))
        for text, score in (("0", 0.0), ("0.4", 0.4), ("0.6", 0.6), ("1", 1.0))
    )
    return Plan(marks, edges, is_numbered=len(picture.points) <= NUMBERED)


def in_words(point: GridPoint) -> str:
    """Return the name of a case, its scores and its fit in words.

    >>> in_words(GridPoint("urn:a", "Ward A"))
    'Ward A: evidence not rated; context not rated; no diagnosis; fit not known'
    """
    return (
        f"{point.label}: evidence {point.evidence.all_words}; context {point.context.all_words}; "
        f"{point.quadrant or 'no diagnosis'}; {FIT_WORDS.get(point.fit, point.fit)}"
    )


def _region(point: GridPoint, places: Places) -> Region | None:
    """Return where a case may lie; None where everything that counts is known."""
    evidence, context = _reach(point.evidence), _reach(point.context)
    if evidence[0] == evidence[1] and context[0] == context[1]:
        return None
    left, right = (places.x(score) * _UNITS for score in evidence)
    bottom, top = (places.y(score) * _UNITS for score in context)
    # A side that is known leaves a band of a few units, which can still be seen.
    wide, high = max(right - left, 4.0), max(bottom - top, 4.0)
    x, y = (left + right - wide) / 2, (bottom + top - high) / 2
    return Region(round(x, 1), round(y, 1), round(wide, 1), round(high, 1))


def _reach(found: Side) -> tuple[float, float]:
    """Return the lowest and the highest score that a side may have."""
    if found.bounds is not None:
        return float(found.bounds[0]), float(found.bounds[1])
    if found.score is not None:
        return float(found.score), float(found.score)
    return BAND_EDGES.get(found.band, (0.0, 1.0))


def cell_href(cell: CountedCell, scheme: str, chosen: dict[str, str]) -> str:
    """Return where a cell of counts leads: to the first of its cases."""
    bands = {"evidence": cell.evidence, "context": cell.context}
    parameters: dict[str, Any] = {"scheme": scheme, **chosen, **bands}
    return url_for("figures.grid_page", **parameters)


def list_href(chosen: dict[str, str]) -> str:
    """Return where the cases of a choice are listed.

    :param chosen: bands and theme; a band that is not rated is one of which nothing is recorded.
    """
    bands: dict[str, Any] = {
        name: "none" if chosen[name] == NOT_RATED else chosen[name].capitalize()
        for name in ("evidence", "context")
        if chosen.get(name)
    }
    theme = {"theme": chosen["theme"]} if chosen.get("theme") else {}
    return url_for("lists.cases", **(bands | theme))
