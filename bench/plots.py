"""Plots as SVG, written by hand: small, and readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

#: Colours that people with any colour vision tell apart, each with a mark of its own.
_COLOURS: Final = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#b8860b",
    "#56b4e9",
    "#666666",
    "#8b4513",
    "#7b68ee",
)
_MARKS: Final = "●■▲◆▼★✚⬟✖"
_TEXT: Final = 'font-family="sans-serif" font-size="12" fill="#777"'


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic axis.

    :ivar least: figure at the beginning of the axis, a power of ten.
    :ivar greatest: figure at its end.
    :ivar start: place of the least figure, in pixels.
    :ivar end: place of the greatest.
    """

    least: float
    greatest: float
    start: float
    end: float

    @classmethod
    def over(cls, figures: Sequence[float], start: float, end: float) -> Scale:
        """Return an axis that holds all figures, from one power of ten to another.

        >>> axis = Scale.over([0.3, 40], 0, 100)
        >>> axis.least, axis.greatest
        (0.1, 100.0)
        """
        some = [figure for figure in figures if figure > 0] or [1.0]
        low = math.floor(math.log10(min(some)))
        high = max(math.ceil(math.log10(max(some))), low + 1)
        return cls(10.0**low, 10.0**high, start, end)

    def place(self, figure: float) -> float:
        """Return the place of a figure, in pixels."""
        inside = max(figure, self.least)
        part = math.log10(inside / self.least) / math.log10(self.greatest / self.least)
        return round(self.start + part * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Return the powers of ten of the axis."""
        low, high = round(math.log10(self.least)), round(math.log10(self.greatest))
        return [10.0**power for power in range(low, high + 1)]


def dots(title: str, rows: Mapping[str, Mapping[str, float]], unit: str) -> str:
    """Draw figures as dots on one logarithmic axis: a row for each thing that was measured.

    :param title: what a screen reader says.
    :param rows: label of a row to its figures by series.
    :param unit: unit of the axis.

    >>> "<svg" in dots("Times", {"count": {"a": 3.0, "b": 40.0}}, "ms")
    True
    """
    series = list(dict.fromkeys(name for row in rows.values() for name in row))
    left, width, line = 190, 720, 18
    top = 20 + 18 * (len(series) // 4 + 1)
    axis = Scale.over([f for row in rows.values() for f in row.values()], left, width - 45)
    height = top + line * len(rows) + 30
    parts = _legend(series, left)
    for tick in axis.ticks():
        x = axis.place(tick)
        parts.append(_line(x, top - 8, x, height - 24))
        parts.append(_text(x, height - 8, _tick(tick, unit), "middle"))
    for number, (label, row) in enumerate(rows.items()):
        y = top + line * number + 6
        parts.append(_text(left - 10, y + 4, label, "end"))
        for name, figure in row.items():
            parts.append(_mark(axis.place(figure), y + 4, series.index(name)))
    return _svg(title, width, height, parts)


def lines(
    title: str, sizes: Sequence[int], series: Mapping[str, Sequence[float]], unit: str
) -> str:
    """Draw how figures grow with the number of studies, both axes logarithmic.

    >>> "polyline" in lines("Growth", [1, 2], {"load": [1.0, 2.0]}, "s")
    True
    """
    left, width, height, names = 70, 720, 360, list(series)
    top = 20 + 18 * (len(names) // 4 + 1)
    up = Scale.over([f for each in series.values() for f in each], height - 40, top)
    step = (width - left - 90) / max(1, math.log(sizes[-1] / sizes[0]))
    xs = [round(left + 30 + step * math.log(size / sizes[0]), 1) for size in sizes]
    parts = _legend(names, left)
    for tick in up.ticks():
        parts.append(_line(left, up.place(tick), width - 20, up.place(tick)))
        parts.append(_text(left - 8, up.place(tick) + 4, _tick(tick, unit), "end"))
    for x, size in zip(xs, sizes, strict=True):
        parts.append(_text(x, height - 18, f"{size:,} studies", "middle"))
    for number, each in enumerate(series.values()):
        places = [(x, up.place(figure)) for x, figure in zip(xs, each, strict=True)]
        path = " ".join(f"{x},{y}" for x, y in places)
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}"/>')
        parts += [_mark(x, y + 4, number) for x, y in places]
    return _svg(title, width, height, parts)


def _tick(figure: float, unit: str) -> str:
    """Return the text of a power of ten."""
    return f"{figure:,.0f} {unit}" if figure >= 1 else f"{figure:g} {unit}"


def _legend(names: Sequence[str], left: float) -> list[str]:
    """Return the names of the series, four in a row."""
    parts = []
    for number, name in enumerate(names):
        x, y = left + 128 * (number % 4), 16 + 18 * (number // 4)
        parts += [_mark(x, y, number), _text(x + 10, y, name, "start")]
    return parts


def _mark(x: float, y: float, number: int) -> str:
    """Return the mark of a series."""
    colour, mark = _COLOURS[number % len(_COLOURS)], _MARKS[number % len(_MARKS)]
    return (
        f'<text x="{x}" y="{y}" font-size="11" text-anchor="middle" fill="{colour}">{mark}</text>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    """Return a text."""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" {_TEXT}>{escape(text)}</text>'


def _line(x_1: float, y_1: float, x_2: float, y_2: float) -> str:
    """Return a thin line."""
    return f'<line x1="{x_1}" y1="{y_1}" x2="{x_2}" y2="{y_2}" stroke="#8884"/>'


def _svg(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    """Return a picture."""
    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    return "\n".join([start, f"<title>{escape(title)}</title>", *parts, "</svg>"]) + "\n"
