"""Draw charts. Series differ in shape, hatch or place, and never in colour alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.bars import heading, notes
from kmgraph.figures.sheet import Sheet

#: Ground, ink and hatch of the parts of bars: dark and light in turn.
GROUNDS: Final = (
    ("#0067a0", style.PAPER, ""),
    ("#f0b35c", style.INK, ""),
    ("#00684c", style.PAPER, ""),
    ("#a9c6d6", style.INK, ""),
    ("#8a2f6b", style.PAPER, ""),
    ("#ded27a", style.INK, ""),
    ("#4d4d4d", style.PAPER, ""),
)
#: The same for what is not known, which is never to look like a kind of its own.
_UNKNOWN: Final = (
    ("#f0f0f0", style.INK, "////"),
    ("#e4e4e4", style.INK, "...."),
    ("#f7f7f7", style.INK, "xxxx"),
)
_UNKNOWN_WORDS: Final = ("not ", "no ", "unknown", "untold", "none")
#: Shades of a grid from its least number to its greatest.
_SHADES: Final = ("#f1f6f9", "#cfe1ec", "#9fc5da", "#5f9fc1", "#2a77a5", "#0b4f78")
_DARK_FROM: Final = 4
_MARGIN: Final = 0.3
_LEFT: Final = 3.4
_RIGHT: Final = 1.0
_ROW: Final = 0.4
_THICK: Final = 0.27
_TICKS: Final = 5


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn; see :class:`kmgraph.figures.chart.Chart`."""

    kind: str
    title: str
    shows: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Decimal | None, ...]], ...]
    least: Decimal | None
    greatest: Decimal | None
    notes: tuple[str, ...]


def shown(number: Decimal) -> str:
    """Return a number as charts write it.

    >>> shown(Decimal("1234")), shown(Decimal("0.66667"))
    ('1,234', '0.667')
    """
    return f"{int(number):,}" if number == number.to_integral_value() else style.number(number)


def grounds(series: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return ground, ink and hatch of each series; what is not known is hatched.

    >>> [hatch for _, _, hatch in grounds(["filled", "not reported"])]
    ['', '////']
    """
    known, unknown, found = 0, 0, []
    for name in series:
        if name.lower().startswith(_UNKNOWN_WORDS):
            found.append(_UNKNOWN[unknown % len(_UNKNOWN)])
            unknown += 1
        else:
            found.append(GROUNDS[known % len(GROUNDS)])
            known += 1
    return found


def ticks(least: float, greatest: float) -> list[float]:
    """Return round numbers from at most the least to at least the greatest.

    >>> ticks(0, 7)
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    span = (greatest - least) or 1.0
    rough = span / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * 0.999999)
    first, last = math.floor(least / step + 1e-9), math.ceil(greatest / step - 1e-9)
    return [round(place * step, 10) for place in range(first, max(last, first + 1) + 1)]


def draw_bars(onto: Sheet, drawn: Drawn) -> None:
    """Draw bars whose parts stand one after the other."""
    y = _head(onto, drawn)
    is_stacked = drawn.kind == "stacked"
    looks = grounds(drawn.series) if is_stacked else [GROUNDS[0]] * len(drawn.series)
    totals = [sum(n for n in numbers if n is not None) for _, numbers in drawn.rows]
    longest = float(max([*totals, drawn.greatest or Decimal(0)], default=Decimal(0))) or 1.0
    room = onto.width - _LEFT - _RIGHT
    for (label, numbers), total in zip(drawn.rows, totals, strict=True):
        _label(onto, label, y)
        x = _LEFT
        for number, look in zip(numbers, looks, strict=True):
            long = room * float(number or 0) / longest
            if long > 0:
                _part(onto, (x, y - _THICK / 2, long), shown(number or Decimal(0)), look,
                      is_stacked)  # fmt: skip
                x += long
        if all(number is None for number in numbers):
            onto.text(_LEFT + 0.1, y, "not known", size=9.5, italic=True, colour=style.SOFT)
        else:
            onto.text(x + 0.1, y, shown(Decimal(total)), size=10, bold=True)
        y += _ROW
    onto.line([_LEFT, _LEFT], [y - _ROW * len(drawn.rows) - 0.2, y - 0.2], colour=style.INK)
    if is_stacked:
        y = _key(
            onto, drawn.series, y + 0.05, lambda x, y, place: _swatch(onto, x, y, looks[place])
        )
    _foot(onto, drawn, y)


def draw_dots(onto: Sheet, drawn: Drawn) -> None:
    """Draw a lane for each row, with a mark for each number along one scale."""
    y = top = _head(onto, drawn)
    marks, at = _scale(drawn)
    room = onto.width - _LEFT - 1.35

    def x_of(number: float) -> float:
        """Return where a number stands."""
        return _LEFT + 0.15 + (room - 0.15) * at(number)

    foot = top + _ROW * len(drawn.rows) - 0.15
    for mark in marks:
        onto.line([x_of(mark)] * 2, [top - 0.2, foot], colour="#dddddd", thickness=0.7)
        onto.text(x_of(mark), foot + 0.14, shown(Decimal(str(mark))), size=9, align="center",
                  colour=style.SOFT)  # fmt: skip
    for label, numbers in drawn.rows:
        _label(onto, label, y)
        known = [x_of(float(number)) for number in numbers if number is not None]
        onto.line([_LEFT, _LEFT + room], [y, y], colour="#ececec", thickness=0.6)
        if len(known) > 1:
            onto.line([min(known), max(known)], [y, y], colour=style.RULE, thickness=2)
        for place, number in reversed(list(enumerate(numbers))):
            if number is not None:
                shape, colour = style.ROLE_MARKS[place % len(style.ROLE_MARKS)]
                # Marks on one place are told apart: the later ones are larger, open and behind.
                below = numbers[:place].count(number)
                onto.mark(x_of(float(number)), y, shape, colour=colour, size=8 + 6 * below,
                          filled=not below)  # fmt: skip
        said = " · ".join("–" if number is None else shown(number) for number in numbers)
        onto.text(_LEFT + room + 0.15, y, onto.fit(said, 1.15, 9.5), size=9.5)
        y += _ROW
    y += 0.25
    if len(drawn.series) > 1:
        y = _key(onto, drawn.series, y, lambda x, y, place: onto.mark(
            x + 0.12, y, style.ROLE_MARKS[place % len(style.ROLE_MARKS)][0],
            colour=style.ROLE_MARKS[place % len(style.ROLE_MARKS)][1], size=8))  # fmt: skip
    _foot(onto, drawn, y)


def draw_lines(onto: Sheet, drawn: Drawn) -> None:
    """Draw a line for each series from row to row."""
    top = _head(onto, drawn)
    marks, at = _scale(drawn)
    height, left = 3.2, 0.9
    step = (onto.width - left - 0.5) / max(len(drawn.rows), 1)

    def y_of(number: float) -> float:
        """Return how far down a number stands."""
        return top + height * (1 - at(number))

    for mark in marks:
        onto.line([left, onto.width - 0.4], [y_of(mark)] * 2, colour="#dddddd", thickness=0.7)
        onto.text(left - 0.12, y_of(mark), shown(Decimal(str(mark))), size=9, align="right",
                  colour=style.SOFT)  # fmt: skip
    xs = [left + step * (place + 0.5) for place in range(len(drawn.rows))]
    for place in range(len(drawn.series)):
        shape, colour = style.ROLE_MARKS[place % len(style.ROLE_MARKS)]
        points = [(x, numbers[place]) for x, (_, numbers) in zip(xs, drawn.rows, strict=True)]
        for (x, number), (after, following) in pairwise(points):
            # A line leads over no gap: what is not known between two numbers stays open.
            if number is not None and following is not None:
                onto.line([x, after], [y_of(float(number)), y_of(float(following))],
                          colour=colour, thickness=1.6, dashed=place % 2 == 1)  # fmt: skip
        for x, number in points:
            if number is not None:
                onto.mark(x, y_of(float(number)), shape, colour=colour, size=8)
    y = top + height + 0.2
    lines = 1
    for x, (label, _) in zip(xs, drawn.rows, strict=True):
        said = onto.wrap(label, max(step - 0.08, 0.3), 8.5, lines=4)
        lines = max(lines, len(said))
        for place, line in enumerate(said):
            onto.text(x, y + 0.16 * place, line, size=8.5, align="center")
    y += 0.16 * lines + 0.2
    if len(drawn.series) > 1:
        y = _key(onto, drawn.series, y, lambda x, y, place: onto.mark(
            x + 0.12, y, style.ROLE_MARKS[place % len(style.ROLE_MARKS)][0],
            colour=style.ROLE_MARKS[place % len(style.ROLE_MARKS)][1], size=8))  # fmt: skip
    _foot(onto, drawn, y)


def draw_heat(onto: Sheet, drawn: Drawn) -> None:
    """Draw a grid of cells, each with its number, shaded by it."""
    y = _head(onto, drawn)
    wide = min((onto.width - _LEFT - _MARGIN) / max(len(drawn.series), 1), 1.5)
    heads = [onto.wrap(name, wide - 0.08, 9, lines=3) for name in drawn.series]
    deep = max(map(len, heads), default=1)
    for place, lines in enumerate(heads):
        for line, text in enumerate(lines):
            x = _LEFT + wide * (place + 0.5)
            onto.text(x, y + 0.17 * (line + deep - len(lines)), text, size=9, align="center")
    y += 0.17 * deep + 0.16
    _, at = _scale(drawn)
    for label, numbers in drawn.rows:
        _label(onto, label, y)
        for place, number in enumerate(numbers):
            x = _LEFT + wide * place
            box = (x + 0.02, y - _ROW / 2 + 0.02, wide - 0.04, _ROW - 0.04)
            if number is None:
                onto.box(*box, ground="#f4f4f4", hatch="////")
                onto.text(x + wide / 2, y, "–", size=9.5, align="center", colour=style.SOFT,
                          ground="#f4f4f4")  # fmt: skip
                continue
            shade = min(int(at(float(number)) * len(_SHADES)), len(_SHADES) - 1)
            onto.box(*box, ground=_SHADES[shade], edge=style.RULE)
            ink = style.PAPER if shade >= _DARK_FROM else style.INK
            onto.text(x + wide / 2, y, shown(number), size=9.5, align="center", colour=ink)
        y += _ROW
    _foot(onto, drawn, y - 0.1)


def _head(onto: Sheet, drawn: Drawn) -> float:
    """Write title and subtitle, and return where the first row stands."""
    y = heading(onto, drawn.title, 0.35) - 0.12
    for line in onto.wrap(drawn.shows, onto.width - 2 * _MARGIN, 10, lines=2):
        onto.text(_MARGIN, y, line, size=10, colour=style.SOFT)
        y += 0.2
    return y + 0.3


def _foot(onto: Sheet, drawn: Drawn, y: float) -> None:
    """Write the notes, and end the sheet."""
    onto.set_height(notes(onto, drawn.notes, y) + 0.25)


def _label(onto: Sheet, label: str, y: float) -> None:
    """Write the label of a row, in two lines where it is long."""
    lines = onto.wrap(label, _LEFT - _MARGIN - 0.15, 9.5, lines=2)
    for place, line in enumerate(lines):
        onto.text(_LEFT - 0.12, y + 0.16 * (place - (len(lines) - 1) / 2), line, size=9.5,
                  align="right")  # fmt: skip


def _part(
    onto: Sheet,
    place: tuple[float, float, float],
    said: str,
    look: tuple[str, str, str],
    is_numbered: bool,
) -> None:
    """Draw one part of a bar, with its number where it has room.

    :param place: left, top and width in inches.
    """
    (x, y, long), (ground, ink, hatch) = place, look
    onto.box(x, y, long, _THICK, ground=ground, hatch=hatch)
    onto.box(x, y, long, _THICK, edge=style.RULE)
    if is_numbered and onto.width_of(said, 9) + 0.06 <= long:
        onto.text(x + long / 2, y + _THICK / 2, said, size=9, colour=ink, align="center",
                  ground=ground if hatch else "")  # fmt: skip


def _swatch(onto: Sheet, x: float, y: float, look: tuple[str, str, str]) -> None:
    """Draw what a part looks like."""
    ground, _, hatch = look
    onto.box(x, y - 0.08, 0.24, 0.16, ground=ground, hatch=hatch)
    onto.box(x, y - 0.08, 0.24, 0.16, edge=style.RULE)


def _key(
    onto: Sheet, names: Sequence[str], y: float, draw: Callable[[float, float, int], None]
) -> float:
    """Draw what the series look like, and return where what follows begins."""
    x = _MARGIN
    for place, name in enumerate(names):
        said = onto.fit(name, onto.width - 2 * _MARGIN - 0.6, 9.5)
        wide = onto.width_of(said, 9.5) + 0.6
        if x > _MARGIN and x + wide > onto.width - _MARGIN:
            x, y = _MARGIN, y + 0.26
        draw(x, y, place)
        onto.text(x + 0.31, y, said, size=9.5)
        x += wide
    return y + 0.1


def _scale(drawn: Drawn) -> tuple[list[float], Callable[[float], float]]:
    """Return the marks of the scale, and what says how far along it a number stands."""
    known = [float(n) for _, numbers in drawn.rows for n in numbers if n is not None] or [0.0]
    least = min(known) if drawn.least is None else float(drawn.least)
    greatest = max(known) if drawn.greatest is None else float(drawn.greatest)
    marks = ticks(min(least, 0.0 if drawn.least is None else least), max(greatest, least))

    def at(number: float) -> float:
        """Return how far along the scale a number stands, from 0 to 1."""
        return min(max((number - marks[0]) / (marks[-1] - marks[0]), 0.0), 1.0)

    return marks, at


#: Kind of a chart to what draws it.
DRAW: Final[dict[str, Callable[[Sheet, Drawn], None]]] = {
    "bar": draw_bars,
    "stacked": draw_bars,
    "dot": draw_dots,
    "line": draw_lines,
    "heat": draw_heat,
}
