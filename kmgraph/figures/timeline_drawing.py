"""Draw cycles of improvement along time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.sheet import Sheet
from kmgraph.readings.account_model import NOT_REPORTED, Cycle

#: So many cycles are drawn.
DRAWN: Final = 40
#: Shape, colour and whether it is filled, by what was decided after a cycle.
DECISIONS: Final = {
    "adopted": ("o", "#0067a0", True),
    "adapted": ("^", "#b34700", True),
    "abandoned": ("X", "#8c1d18", True),
    NOT_REPORTED: ("s", "#4d4d4d", False),
}
#: Distances in inches.
_MARGIN: Final = 0.3
_LEFT: Final = 3.9
_RIGHT: Final = 8.35
_ROW: Final = 0.44
_BAR: Final = 0.17
_LINE: Final = 0.21
_SHORTEST: Final = 0.09
#: Most years that are named below the bars.
_TICKS: Final = 8

_Span = tuple[float, float]


def spans_of(cycles: Sequence[Cycle]) -> tuple[list[_Span], bool]:
    """Return when cycles began and ended in years, and whether that is known of all.

    Otherwise each takes one step, by its place in its run.

    >>> spans_of([Cycle("urn:y", "urn:c", "Letters", start="2014-07", end="2015")])
    ([(2014.5, 2016.0)], True)
    >>> spans_of([Cycle("urn:y", "urn:c", "Letters", sequence=2)])
    ([(1.0, 2.0)], False)
    """
    starts = [_year(cycle.start) for cycle in cycles]
    if any(start is None for start in starts):
        places = [max(cycle.sequence, 1) for cycle in cycles]
        return [(place - 1.0, float(place)) for place in places], False
    found = []
    for cycle, start in zip(cycles, starts, strict=True):
        begun = start or 0.0
        end = _year(cycle.end, last=True)
        found.append((begun, max(begun, end if end is not None else begun)))
    return found, True


def _year(date: str, *, last: bool = False) -> float | None:
    """Return a year, month or day as a number of years; None where it is none.

    :param last: its last moment, not its first.
    """
    parts = date.split("-")
    if not all(part.isdecimal() for part in parts) or not 1 <= len(parts) <= 3:
        return None
    year, month, day = (*(int(part) for part in parts), 0, 0)[:3]
    if not month:
        return float(year + last)
    if not day:
        return year + (month - 1 + last) / 12
    return year + (month - 1) / 12 + (day - 1 + last) / 366


def draw_timeline(
    sheet: Sheet, title: str, runs: Sequence[tuple[str, Sequence[Cycle]]], notes: Sequence[str]
) -> None:
    """Draw cycles run by run and set the height of the sheet.

    :param notes: lines under the title.
    """
    y = 0.35
    for line in sheet.wrap(title, sheet.width - 2 * _MARGIN, 14, bold=True, lines=2):
        sheet.text(_MARGIN, y, line, size=14, bold=True)
        y += 0.28
    for note in notes:
        for line in sheet.wrap(note, sheet.width - 2 * _MARGIN, 9.5):
            sheet.text(_MARGIN, y, line, size=9.5, colour=style.SOFT)
            y += _LINE
    drawn = [cycle for _, cycles in runs for cycle in cycles][:DRAWN]
    spans, is_dated = spans_of(drawn)
    place = _Scale(spans, is_dated)
    top = y = y + 0.1
    left = dict(zip((cycle.iri for cycle in drawn), spans, strict=True))
    for run, cycles in runs:
        shown = [cycle for cycle in cycles if cycle.iri in left]
        if shown:
            y = _run(sheet, run, shown, left, place, y)
    y = _axis(sheet, place, top, y)
    sheet.set_height(_key(sheet, y + 0.3) + 0.25)


class _Scale:
    """Where times are on the sheet.

    :param spans: beginnings and ends.
    :param is_dated: whether they are years; otherwise they are places in a run.
    """

    def __init__(self, spans: Sequence[_Span], is_dated: bool) -> None:
        self.is_dated = is_dated
        lows, highs = [low for low, _ in spans], [high for _, high in spans]
        self.low = math.floor(min(lows, default=0))
        self.high = max(math.ceil(max(highs, default=1)), self.low + 1)

    def x(self, value: float) -> float:
        """Return where a time is, in inches."""
        share = (value - self.low) / (self.high - self.low)
        return _LEFT + share * (_RIGHT - _LEFT)

    @property
    def ticks(self) -> list[int]:
        """The times that are named."""
        step = max(1, math.ceil((self.high - self.low) / _TICKS))
        return list(range(self.low, self.high + 1, step))


def _run(
    sheet: Sheet,
    name: str,
    cycles: Sequence[Cycle],
    spans: dict[str, _Span],
    place: _Scale,
    y: float,
) -> float:
    """Draw a run; return where it ends."""
    sheet.text(_MARGIN, y + 0.12, sheet.fit(name, _LEFT - 0.5, 9.5, bold=True), size=9.5, bold=True)
    y += 0.28
    for cycle in cycles:
        _cycle(sheet, cycle, spans[cycle.iri], place, y + _ROW / 2)
        y += _ROW
        sheet.line([_MARGIN, sheet.width - _MARGIN], [y, y], thickness=0.4)
    return y + 0.08


def _cycle(sheet: Sheet, cycle: Cycle, span: _Span, place: _Scale, y: float) -> None:
    """Draw one cycle: its number and change, its bar, and what was decided."""
    number = f"{cycle.sequence}  " if cycle.sequence else ""
    lines = sheet.wrap(f"{number}{cycle.change or cycle.text}", _LEFT - 0.6, 8.5, lines=2)
    for index, line in enumerate(lines):
        offset = (index - (len(lines) - 1) / 2) * 0.16
        sheet.text(_MARGIN, y + offset, line, size=8.5)
    decision = cycle.decision or NOT_REPORTED
    shape, colour, filled = DECISIONS.get(decision, DECISIONS[NOT_REPORTED])
    begin, end = place.x(span[0]), place.x(span[1])
    width = max(end - begin, _SHORTEST)
    is_open = place.is_dated and bool(cycle.start) and not cycle.end
    ground = style.BAND_GROUNDS["high"]
    sheet.box(begin, y - _BAR, width, 2 * _BAR, ground=ground, edge=colour)
    if is_open:
        sheet.text(begin + width + 0.06, y, "end not reported", size=7.5, colour=style.SOFT)
    sheet.mark(begin + width / 2, y, shape, colour=colour, size=8, filled=filled)
    sheet.text(_RIGHT + 0.15, y, sheet.fit(decision, sheet.width - _RIGHT - 0.3, 9), size=9)


def _axis(sheet: Sheet, place: _Scale, top: float, bottom: float) -> float:
    """Draw and name the times below the bars; return where that ends."""
    for tick in place.ticks:
        x = place.x(tick)
        sheet.line([x, x], [top, bottom], thickness=0.4, dashed=True)
        if place.is_dated:
            sheet.text(x, bottom + 0.12, str(tick), size=8, colour=style.SOFT, align="center")
    if not place.is_dated:
        middle = (_LEFT + _RIGHT) / 2
        words = "by their order in the run"
        sheet.text(middle, bottom + 0.12, words, size=8, colour=style.SOFT, align="center")
    return bottom + 0.2


def _key(sheet: Sheet, y: float) -> float:
    """Draw what the marks mean; return where that stands."""
    x = _MARGIN
    for decision, (shape, colour, filled) in DECISIONS.items():
        sheet.mark(x + 0.06, y, shape, colour=colour, size=8, filled=filled)
        words = f"decision {decision}" if decision == NOT_REPORTED else decision
        sheet.text(x + 0.2, y, words, size=9)
        x += 0.5 + sheet.width_of(words, 9)
    return y
