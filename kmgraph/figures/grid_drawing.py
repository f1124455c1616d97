"""Draw many cases by evidence and context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.grid_places import (
    LEFT,
    MARGIN,
    NUMBERED,
    SINGLE,
    SIZE,
    STRIP,
    STRIP_LEFT,
    WITH_BOUNDS,
    Places,
)
from kmgraph.figures.grid_points import QUADRANTS, GridPoint, Side, cell_of, tallies
from kmgraph.figures.sheet import Sheet

_KEY_LEFT: Final = LEFT + SIZE + 0.35
#: Colour of cells by how full they are, with the colour of the number on it.
_SHADES: Final = (
    ("#deebf3", style.INK),
    ("#b5d3e5", style.INK),
    ("#7fb2d0", style.INK),
    ("#27749f", style.PAPER),
    ("#005582", style.PAPER),
)


def draw_grid(
    sheet: Sheet,
    title: str,
    points: Sequence[GridPoint],
    warnings: Sequence[str],
    note: str = "",
) -> None:
    """Draw a grid and set the height of the sheet.

    :param warnings: lines under the title.
    :param note: what is said at the foot, such as which cases are not shown.
    """
    y = 0.35
    for line in sheet.wrap(title, sheet.width - 2 * MARGIN, 14, bold=True, lines=2):
        sheet.text(MARGIN, y, line, size=14, bold=True)
        y += 0.28
    for warning in warnings:
        sheet.text(MARGIN, y, warning, size=9.5, colour=style.SOFT, bold=True)
        y += 0.21
    _Plane(sheet, y + 0.35, note).draw(points)


class _Plane(Places):
    """The plane, its strips for what has no score, and what explains it.

    :param top: where the plane begins.
    :param note: what is said at the foot.
    """

    def __init__(self, sheet: Sheet, top: float, note: str = "") -> None:
        super().__init__(top)
        self.sheet, self.note = sheet, note

    def draw(self, points: Sequence[GridPoint]) -> None:
        """Draw everything and set the height of the sheet."""
        self._ground()
        self._strips(points)
        if len(points) > SINGLE:
            self._cells(points)
        else:
            self._bounds(points)
            self._marks(points)
        end = self.strip_top + STRIP + 0.55
        key_end = self._key(points) if len(points) <= NUMBERED else self._tallies(points)
        self._foot(points, max(end, key_end + 0.2))

    def _ground(self) -> None:
        """Draw quadrants, mixed bands and axes."""
        sheet, wide = self.sheet, self.x(0.6) - self.x(0.4)
        ground = style.BAND_GROUNDS["mixed"]
        sheet.box(self.x(0.4), self.top, wide, SIZE, ground=ground, hatch="///")
        sheet.box(LEFT, self.y(0.6), SIZE, wide, ground=ground, hatch="///")
        sheet.box(LEFT, self.top, SIZE, SIZE, edge=style.RULE)
        for edge in (0.4, 0.6):
            sheet.line([self.x(edge)] * 2, [self.top, self.bottom])
            sheet.line([LEFT, LEFT + SIZE], [self.y(edge)] * 2)
        for place, text in ((0, "0"), (0.4, "0.4"), (0.6, "0.6"), (1, "1")):
            sheet.text(self.x(place), self.bottom + 0.12, text, size=8, align="center")
            sheet.text(LEFT - 0.08, self.y(place), text, size=8, align="right")
        soft = style.SOFT
        sheet.text(self.x(0.5), self.bottom + 0.12, "mixed", size=8, colour=soft, align="center")
        sheet.text(
            LEFT - 0.13, self.y(0.5), "mixed", size=8, colour=soft, align="center", rotation=90
        )
        for number, name in enumerate(QUADRANTS):
            height = self.top - 0.13 if number < 2 else self.bottom + 0.33
            place = self.x(0.2 if number % 2 == 0 else 0.8)
            sheet.text(place, height, name, size=8.5, italic=True, align="center")

    def _strips(self, points: Sequence[GridPoint]) -> None:
        """Draw the strips for cases without one of the scores, and the corner for both."""
        sheet, soft = self.sheet, style.SOFT
        sheet.box(LEFT, self.strip_top, SIZE, STRIP, edge=style.RULE)
        sheet.box(STRIP_LEFT, self.top, STRIP, SIZE, edge=style.RULE)
        sheet.box(STRIP_LEFT, self.strip_top, STRIP, STRIP, edge=style.RULE)
        middle = self.strip_top + STRIP / 2
        for number, text in enumerate(("context has", "no score")):
            place = middle + (number - 0.5) * 0.15
            sheet.text(LEFT + SIZE + 0.08, place, text, size=8, colour=soft)
        for number, text in enumerate(("evidence has", "no score")):
            place = self.top - 0.26 + number * 0.14
            sheet.text(STRIP_LEFT + STRIP / 2, place, text, size=8, colour=soft, align="center")
        neither = sum(p.evidence.score is None and p.context.score is None for p in points)
        for number, text in enumerate(("neither:", style.plural(neither, "case"))):
            place = middle + (number - 0.5) * 0.15
            sheet.text(STRIP_LEFT + STRIP / 2, place, text, size=8, align="center")
        end = self.strip_top + STRIP + 0.17
        sheet.text(self.x(0.5), end, "Evidence, low to high", size=10, bold=True, align="center")
        sheet.text(
            STRIP_LEFT - 0.2,
            self.y(0.5),
            "Context, low to high",
            size=10,
            bold=True,
            align="center",
            rotation=90,
        )

    def _bounds(self, points: Sequence[GridPoint]) -> None:
        """Draw what the scores could be with what is missing."""
        if len(points) > WITH_BOUNDS:
            return
        places = self.of(points)
        for point in points:
            x, y = places.get(point.iri, (0, 0))
            if point.iri not in places:
                continue
            for low, high in _ranges(point.evidence):
                self.sheet.line([self.x(low), self.x(high)], [y, y], thickness=0.7)
            for low, high in _ranges(point.context):
                self.sheet.line([x, x], [self.y(low), self.y(high)], thickness=0.7)

    def _marks(self, points: Sequence[GridPoint]) -> None:
        """Draw one mark a case, with its number where there is room."""
        places = self.of(points)
        for number, point in enumerate(points, 1):
            if point.iri in places:
                shown = number if len(points) <= NUMBERED else None
                fit_mark(self.sheet, *places[point.iri], point.fit, shown)

    def _cells(self, points: Sequence[GridPoint]) -> None:
        """Draw how many cases there are in each tenth of the plane and of the strips."""
        counts: Counter[tuple[int | None, int | None]] = Counter()
        for point in points:
            counts[_cell(point.evidence), _cell(point.context)] += 1
        most = max((n for key, n in counts.items() if key != (None, None)), default=1)
        size = self.x(0.1) - self.x(0)
        for (column, row), count in sorted(counts.items(), key=str):
            if column is None and row is None:
                continue
            x = STRIP_LEFT if column is None else self.x(column / 10)
            y = self.strip_top if row is None else self.y((row + 1) / 10)
            wide, high = (STRIP if column is None else size), (STRIP if row is None else size)
            shade, ink = _SHADES[min(len(_SHADES) - 1, len(_SHADES) * count // (most + 1))]
            self.sheet.box(x, y, wide, high, ground=shade, edge=style.PAPER)
            middle = (x + wide / 2, y + high / 2)
            self.sheet.text(*middle, f"{count:,}", size=8, colour=ink, align="center")

    def _key(self, points: Sequence[GridPoint]) -> float:
        """Write which number is which case; return where the list ends."""
        y = self.top - 0.13
        room = self.sheet.width - _KEY_LEFT - 0.35
        for number, point in enumerate(points, 1):
            fit_mark(self.sheet, _KEY_LEFT + 0.1, y, point.fit, number)
            label = self.sheet.fit(point.label, room, 8.5)
            self.sheet.text(_KEY_LEFT + 0.28, y, label, size=8.5)
            y += 0.225
        return y

    def _tallies(self, points: Sequence[GridPoint]) -> float:
        """Write how many cases are in each quadrant, by fit; return where the list ends."""
        y = self.top
        for tally in tallies(points):
            count = style.plural(tally.total, "case")
            self.sheet.text(_KEY_LEFT, y, tally.name, size=9, bold=True)
            self.sheet.text(_KEY_LEFT, y + 0.19, count, size=9)
            counted = (("fits", tally.fits), ("does not fit", tally.misfits))
            for number, (fit, n) in enumerate((*counted, ("unknown", tally.unknown))):
                x = _KEY_LEFT + 0.1 + number * 0.75
                fit_mark(self.sheet, x, y + 0.4, fit)
                self.sheet.text(x + 0.13, y + 0.4, f"{n:,}", size=9)
            y += 0.72
        return y

    def _foot(self, points: Sequence[GridPoint], y: float) -> None:
        """Explain the marks, and say how far they can be trusted."""
        x = MARGIN
        for fit, words in style.FIT_WORDS.items():
            fit_mark(self.sheet, x + 0.1, y, fit)
            self.sheet.text(x + 0.25, y, words, size=9)
            x += self.sheet.width_of(words, 9) + 0.55
        for line in _notes(len(points)):
            y += 0.22
            self.sheet.text(MARGIN, y, line, size=9, colour=style.SOFT)
        for line in self.sheet.wrap(self.note, self.sheet.width - 2 * MARGIN, 9, lines=6):
            y += 0.22
            self.sheet.text(MARGIN, y, line, size=9)
        self.sheet.text(MARGIN, y + 0.24, style.HYPOTHESIS, size=9.5)
        self.sheet.set_height(y + 0.45)


def fit_mark(sheet: Sheet, x: float, y: float, fit: str, number: int | None = None) -> None:
    """Draw the mark of a fit, with a number on it where one is given."""
    shape, colour, filled = style.FIT_MARKS.get(fit, style.FIT_MARKS["unknown"])
    size = 6.0 if number is None else 13.5 if shape != "D" else 11.5
    sheet.mark(x, y, shape, colour=colour, size=size, filled=filled)
    if number is not None:
        ink = style.PAPER if filled else colour
        sheet.text(x, y, str(number), size=7, colour=ink, bold=True, align="center")


def _ranges(found: Side) -> list[tuple[Decimal, Decimal]]:
    """Return the bounds of a score where they leave anything open."""
    if found.score is None or found.bounds is None or found.bounds[0] == found.bounds[1]:
        return []
    return [found.bounds]


def _cell(found: Side) -> int | None:
    """Return the tenth that a score lies in, or None."""
    return None if found.score is None else cell_of(found.score)


def _notes(count: int) -> list[str]:
    """Return how to read the marks of so many cases."""
    if count > SINGLE:
        return ["Each number says how many cases lie in that tenth; 0.4 and 0.6 count as mixed."]
    lines = ["Cases at one place stand around it."]
    if count <= WITH_BOUNDS:
        lines[0] += " Thin lines: what the scores could be with what is missing."
    else:
        lines[0] += f" What the scores could be is drawn for up to {WITH_BOUNDS} cases."
    return lines
