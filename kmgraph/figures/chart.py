"""Charts of numbers by category: bars, stacked bars, dots, lines and a grid of shaded cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kmgraph.figures import chart_drawing, style
from kmgraph.figures.picture import Cell, Picture
from kmgraph.figures.sheet import Sheet

#: Kinds of charts.
CHART_KINDS: Final = ("bar", "stacked", "dot", "line", "heat")
#: Most rows that are drawn, so that a chart can be read; the table has all.
MOST_DRAWN: Final = 40
#: Most rows that are told in words.
_MOST_TOLD: Final = 20
_UNKNOWN: Final = "not known"


@dataclass(frozen=True, slots=True)
class ChartRow:
    """What stands in one row of a chart.

    :ivar label: what the row is about.
    :ivar numbers: one for each series; None where it is not known.
    """

    label: str
    numbers: tuple[Decimal | None, ...]


@dataclass(frozen=True)
class Chart(Picture):
    """A chart.

    :ivar kind: one of :data:`CHART_KINDS`.
    :ivar name: what it shows, in one line.
    :ivar shows: what the numbers are, in words.
    :ivar series: what the numbers of a row are told apart by; one name at least.
    :ivar rows: the rows, in the order in which they are drawn.
    :ivar least: number at which the scale begins; None where the numbers decide.
    :ivar greatest: number at which the scale ends; None where the numbers decide.
    :ivar notes: sentences below.

    >>> row = ChartRow("Falls", (Decimal(2), None))
    >>> print(Chart("stacked", "Posts", "Posts", ("filled", "vacant"), (row,)).to_text(40))
    Posts
    Posts, by filled and vacant.
    Falls  filled 2, vacant not known
    """

    kind: str
    name: str
    shows: str
    series: tuple[str, ...]
    rows: tuple[ChartRow, ...]
    least: Decimal | None = None
    greatest: Decimal | None = None
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the chart shows, in one line."""
        return self.name

    @property
    def told(self) -> str:
        """What the numbers are and what they are told apart by, as a sentence."""
        if self.kind != "stacked" and len(self.series) == 1:
            return f"{self.shows}."
        if len(self.series) == 1:
            return f"{self.shows}, all of them: {self.series[0]}."
        return f"{self.shows}, by {', '.join(self.series[:-1])} and {self.series[-1]}."

    @property
    def said(self) -> tuple[str, ...]:
        """Sentences below the chart, with one on what is not drawn."""
        if len(self.rows) <= MOST_DRAWN:
            return self.notes
        first = f"The first {MOST_DRAWN} of {len(self.rows):,} rows are drawn; the table has all."
        return (first, *self.notes)

    @property
    def description(self) -> str:
        """What is seen, in words."""
        lines = [f"{style.clean(row.label)}: {self._in_words(row)}." for row in self._told_rows]
        left = len(self.rows) - len(lines)
        more = [f"And {style.plural(left, 'row')} more, in the table."] if left else []
        return " ".join([self.told, *lines, *more, *self.said])

    @property
    def _told_rows(self) -> Sequence[ChartRow]:
        return self.rows[:_MOST_TOLD]

    def _in_words(self, row: ChartRow) -> str:
        """Return the numbers of a row in words."""
        return ", ".join(
            f"{name} {said}" if len(self.series) > 1 else said
            for name, said in zip(self.series, map(number_in_words, row.numbers), strict=True)
        )

    def to_table(self) -> list[dict[str, Cell]]:
        """Return a row for each row of the chart."""
        return [
            {"name": row.label, **dict(zip(self.series, row.numbers, strict=True))}
            for row in self.rows
        ]

    def to_text(self, width: int = 100) -> str:
        """Return the rows as lines of text."""
        labels = [style.clean(row.label) for row in self.rows]
        wide = max(map(style.column_width, labels), default=0)
        wide = min(wide, max(8, width // 3))
        lines = [
            f"{style.padded(style.shortened(label, wide), wide)}  {self._in_words(row)}"
            for label, row in zip(labels, self.rows, strict=True)
        ]
        return "\n".join([self.title, self.told, *lines, *self.notes])

    def _draw(self, onto: Sheet) -> None:
        """Draw the chart."""
        drawn = chart_drawing.Drawn(
            self.kind,
            self.title,
            f"{self.shows}.",
            self.series,
            tuple((row.label, row.numbers) for row in self.rows[:MOST_DRAWN]),
            self.least,
            self.greatest,
            self.said,
        )
        chart_drawing.DRAW[self.kind](onto, drawn)


def number_in_words(number: Decimal | None) -> str:
    """Return a number as a chart says it.

    >>> number_in_words(Decimal("1200")), number_in_words(None)
    ('1,200', 'not known')
    """
    return _UNKNOWN if number is None else chart_drawing.shown(number)
