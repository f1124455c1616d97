"""Draw how far pieces of work have come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.progress_cells import MARKS, NO_RECORD, Drawn, Mark, WorkRow, counts
from kmgraph.figures.progress_scheme import Column
from kmgraph.figures.sheet import Sheet

#: So many pieces of work have a row each; more are counted by state.
ROWS_DRAWN: Final = 40
#: Most columns side by side; others follow below.
_ABREAST: Final = 16
#: Distances in inches.
_MARGIN: Final = 0.3
_LEFT: Final = 3.2
_WIDEST: Final = 0.85
_ROW: Final = 0.27
_LINE: Final = 0.2
#: From this share of the rows on, a number stands on a darker ground.
_SHADES: Final = ((0.75, "#7fb2d0"), (0.5, "#b5d3e5"), (0.25, "#deebf3"))


def draw_progress(sheet: Sheet, drawn: Drawn) -> None:
    """Draw pieces of work by the parts of a framework, and set the height of the sheet."""
    y = 0.35
    for line in sheet.wrap(drawn.title, sheet.width - 2 * _MARGIN, 14, bold=True, lines=2):
        sheet.text(_MARGIN, y, line, size=14, bold=True)
        y += 0.28
    for warning in drawn.warnings:
        sheet.text(_MARGIN, y, warning, size=9.5, colour=style.SOFT, bold=True)
        y += 0.21
    y += 0.1
    for columns in drawn.blocks(_ABREAST):
        y = _Block(sheet, drawn, columns).draw(y) + 0.3
    y = _marks_key(sheet, drawn, y)
    y = _columns_key(sheet, drawn.columns, y + 0.3) + 0.07
    for note in drawn.notes:
        for line in sheet.wrap(note, sheet.width - 2 * _MARGIN, 9, lines=3):
            y += _LINE
            sheet.text(_MARGIN, y, line, size=9, colour=style.SOFT)
    sheet.set_height(y + 0.3)


class _Block:
    """Columns that stand side by side.

    :param columns: those of this block.
    """

    def __init__(self, sheet: Sheet, drawn: Drawn, columns: Sequence[Column]) -> None:
        self.sheet, self.drawn, self.columns = sheet, drawn, columns
        self.width = min(_WIDEST, (sheet.width - _LEFT - _MARGIN) / len(columns))
        self.right = _LEFT + self.width * len(columns)

    def middle(self, index: int) -> float:
        """Return the middle of a column."""
        return _LEFT + (index + 0.5) * self.width

    def draw(self, y: float) -> float:
        """Draw headings and rows; return where they end."""
        y = self._groups(y) if any(column.group for column in self.columns) else y
        for index, column in enumerate(self.columns):
            heading = self.sheet.fit(column.heading, self.width, 8.5, bold=True)
            self.sheet.text(self.middle(index), y, heading, size=8.5, bold=True, align="center")
        y += _ROW / 2
        self.sheet.line([_MARGIN, self.right], [y, y])
        rows = self.drawn.rows
        if len(rows) > ROWS_DRAWN:
            return self._tallies(y, rows)
        for row in rows:
            self._row(row, y + _ROW / 2)
            y += _ROW
            self.sheet.line([_MARGIN, self.right], [y, y], thickness=0.4)
        return y

    def _groups(self, y: float) -> float:
        """Write what neighbouring columns belong to; return where the headings stand."""
        starts = [
            index
            for index, column in enumerate(self.columns)
            if index == 0 or column.group != self.columns[index - 1].group
        ]
        for start, end in zip(starts, [*starts[1:], len(self.columns)], strict=True):
            left, right = _LEFT + start * self.width, _LEFT + end * self.width
            label = self.sheet.fit(self.columns[start].group, right - left - 0.06, 8)
            self.sheet.text((left + right) / 2, y, label, size=8, italic=True, align="center")
            self.sheet.line([left + 0.04, right - 0.04], [y + 0.1, y + 0.1], thickness=0.6)
        return y + 0.24

    def _row(self, row: WorkRow, y: float) -> None:
        """Draw one piece of work."""
        label = self.sheet.fit(row.label, _LEFT - _MARGIN - 0.15, 8.5)
        self.sheet.text(_MARGIN, y, label, size=8.5)
        for index, column in enumerate(self.columns):
            cell = row.cell(column)
            draw_mark(self.sheet, self.middle(index), y, mark_of(self.drawn.kind, cell.state))
            if cell.tag:
                x = self.middle(index) + 0.11
                self.sheet.text(x, y, cell.tag, size=6.5)

    def _tallies(self, y: float, rows: Sequence[WorkRow]) -> float:
        """Write how many pieces of work are in each state; return where that ends."""
        found = [counts(rows, column) for column in self.columns]
        for mark in MARKS[self.drawn.kind]:
            middle = y + _ROW / 2
            draw_mark(self.sheet, _MARGIN + 0.1, middle, mark)
            self.sheet.text(_MARGIN + 0.28, middle, mark.state, size=8.5)
            for index, count in enumerate(one.get(mark.state, 0) for one in found):
                left = _LEFT + index * self.width
                if ground := _shade(count / len(rows)):
                    self.sheet.box(left, y, self.width, _ROW, ground=ground)
                x = self.middle(index)
                self.sheet.text(x, middle, f"{count:,}", size=8, align="center")
            y += _ROW
            self.sheet.line([_MARGIN, self.right], [y, y], thickness=0.4)
        return y


def mark_of(kind: str, state: str) -> Mark:
    """Return the mark of a state.

    >>> mark_of("steps", "done").sign
    'D'
    """
    marks = {mark.state: mark for mark in MARKS[kind]}
    return marks.get(state, marks[NO_RECORD])


def draw_mark(sheet: Sheet, x: float, y: float, mark: Mark) -> None:
    """Draw a mark; nothing where there is no record."""
    if mark.shape:
        size = 9.5 if mark.shape == "*" else 7.5
        sheet.mark(x, y, mark.shape, colour=mark.colour, size=size, filled=mark.is_filled)


def _shade(share: float) -> str:
    """Return the ground of a number by its share of the rows; empty for a small one."""
    return next((colour for least, colour in _SHADES if share >= least), "")


def _marks_key(sheet: Sheet, drawn: Drawn, y: float) -> float:
    """Explain the marks; return where that ends."""
    x = _MARGIN
    for mark in MARKS[drawn.kind]:
        words = f"no mark: {mark.state}" if mark.state == NO_RECORD else mark.state
        room = sheet.width_of(words, 9) + 0.5
        if x + room > sheet.width - _MARGIN:
            x, y = _MARGIN, y + _LINE
        draw_mark(sheet, x + 0.1, y, mark)
        sheet.text(x + (0.25 if mark.shape else 0.05), y, words, size=9)
        x += room
    return y


def _columns_key(sheet: Sheet, columns: Sequence[Column], y: float) -> float:
    """Say what the columns are, in two lists where names are short; return where that ends."""
    whole = sheet.width - 2 * _MARGIN
    names = [column.name for column in columns if column.label]
    lists = 2 if all(sheet.width_of(name, 8.5) < whole / 2 - 0.2 for name in names) else 1
    longest = -(-len(names) // lists)
    for number, name in enumerate(names):
        x = _MARGIN + number // longest * whole / 2
        text = sheet.fit(name, whole / lists - 0.2, 8.5)
        sheet.text(x, y + number % longest * _LINE, text, size=8.5)
    return y + max(longest - 1, 0) * _LINE if names else y - 0.3
