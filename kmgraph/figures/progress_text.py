"""How far pieces of work have come, as text: plain characters, so that every terminal shows it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.progress_cells import MARKS, Drawn, WorkRow, counts
from kmgraph.figures.progress_drawing import ROWS_DRAWN, mark_of
from kmgraph.figures.progress_scheme import Column

#: Columns of a terminal for the names of pieces of work, at most and at least.
_NAME: Final = (34, 12)
_NARROWEST: Final = 48


def progress_text(drawn: Drawn, width: int) -> str:
    """Return pieces of work by the parts of a framework as text.

    :param width: columns of the terminal.

    >>> drawn = Drawn("Work", "steps", [WorkRow("urn:w", "W")], [Column("c", "1", "Ask")], [], [])
    >>> print(progress_text(drawn, 60).splitlines()[3])
    W  .
    """
    width = max(width, _NARROWEST)
    lines = [part for text in (drawn.title, *drawn.warnings) for part in textwrap.wrap(text, width)]
    is_tallied = len(drawn.rows) > ROWS_DRAWN
    names = [mark.state for mark in MARKS[drawn.kind]] if is_tallied else _labels(drawn)
    name = min(_NAME[0], max(map(style.column_width, names), default=_NAME[1]))
    cell = _cell_width(drawn, is_tallied)
    for columns in drawn.blocks(max(1, (width - name) // (cell + 2))):
        lines += ["", f"{'':{name}}{_cells([column.heading for column in columns], cell)}"]
        lines += _tallied(drawn, columns, name, cell) if is_tallied else []
        lines += [] if is_tallied else _rows(drawn, columns, name, cell)
    key = [f"{mark.sign} {mark.state}" for mark in MARKS[drawn.kind]]
    lines += ["", *textwrap.wrap(", ".join(key), width), ""]
    for column in drawn.columns:
        if column.label:
            lines += textwrap.wrap(style.clean(column.name), width, subsequent_indent="    ")
    for note in drawn.notes:
        lines += textwrap.wrap(note, width)
    return "\n".join(line.rstrip() for line in lines)


def _labels(drawn: Drawn) -> list[str]:
    """Return the names of the pieces of work."""
    return [style.clean(row.label) for row in drawn.rows]


def _cell_width(drawn: Drawn, is_tallied: bool) -> int:
    """Return how wide the widest cell is."""
    widest = max((len(column.heading) for column in drawn.columns), default=1)
    if is_tallied:
        return max(widest, len(f"{len(drawn.rows):,}"))
    tags = (len(cell.tag) for row in drawn.rows for cell in row.cells.values())
    return max(widest, 1 + max(tags, default=0))


def _cells(texts: Sequence[str], wide: int) -> str:
    """Return cells side by side."""
    return "".join(f"  {text:>{wide}}" for text in texts)


def _rows(drawn: Drawn, columns: Sequence[Column], name: int, wide: int) -> Iterator[str]:
    """Yield one line a piece of work."""
    for row, label in zip(drawn.rows, _labels(drawn), strict=True):
        signs = [_sign(drawn.kind, row, column) for column in columns]
        yield f"{style.padded(style.shortened(label, name), name)}{_cells(signs, wide)}"


def _sign(kind: str, row: WorkRow, column: Column) -> str:
    """Return the sign of a cell, with its tag."""
    cell = row.cell(column)
    return f"{mark_of(kind, cell.state).sign}{cell.tag}"


def _tallied(drawn: Drawn, columns: Sequence[Column], name: int, wide: int) -> Iterator[str]:
    """Yield how many pieces of work are in each state."""
    found = [counts(drawn.rows, column) for column in columns]
    for mark in MARKS[drawn.kind]:
        numbers = [f"{one.get(mark.state, 0):,}" for one in found]
        yield f"{mark.state:{name}}{_cells(numbers, wide)}"
