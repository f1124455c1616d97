"""Check the header of a sheet, and pair its columns with the cells of a row."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import NOTE_PREFIX, RawRow, Report
from kmgraph.records import TABLES, Table


def near(word: str, words: Sequence[str]) -> str:
    """Return a hint that names the nearest of the legal words.

    >>> near("titel", ["title", "id"])
    "; did you mean 'title'?"
    """
    matches = difflib.get_close_matches(word, words, n=1)
    return f"; did you mean '{matches[0]}'?" if matches else ""


def find_table(sheet: str, file: str, report: Report) -> Table | None:
    """Return the table of this name, or report that there is none."""
    table = TABLES.get(sheet)
    if table is None:
        hint = near(sheet, list(TABLES))
        report(Problem(file, sheet, 0, "", sheet, "unknown-sheet", f"the name of a table{hint}"))
    return table


class Header:
    """The columns of one sheet of one file.

    :ivar usable: whether its rows can be read at all.
    """

    def __init__(self, table: Table, file: str, names: Sequence[str], report: Report) -> None:
        self.table, self.file = table, file
        self.names = [name.strip() for name in names]
        self._unknown: list[int] = []
        self.usable = True
        self._check(report)

    def _check(self, report: Report) -> None:
        """Report what is wrong with the header."""
        legal = [column.name for column in self.table.columns]
        seen: set[str] = set()
        for index, name in enumerate(self.names):
            if not name or name.startswith(NOTE_PREFIX):
                continue
            if name in seen:
                self.usable = False
                report(self._problem(name, name, "duplicate-column", "each column once"))
            elif name not in legal:
                self._unknown.append(index)
                hint = near(name, legal)
                report(self._problem(name, name, "unknown-column", f"a column of the table{hint}"))
            seen.add(name)
        for column in self.table.columns:
            if column.required and column.name not in seen:
                self.usable = False
                report(self._problem(column.name, "", "missing-column", column.doc))

    def _problem(self, column: str, value: str, code: str, expected: str) -> Problem:
        return Problem(self.file, self.table.sheet, 1, column, value, code, expected)

    def row(self, number: int, cells: Sequence[Any]) -> RawRow | None:
        """Return the cells by column, or None for a row without any.

        Cells that no legal column takes make the row faulty, so that nothing is dropped.
        """
        if not any(cell is not None and str(cell).strip() for cell in cells):
            return None
        row = RawRow(self.table.sheet, self.file, number, {})
        extra = [c for c in cells[len(self.names) :] if c is not None and str(c).strip()]
        blank = [
            cells[i]
            for i, name in enumerate(self.names[: len(cells)])
            if not name and cells[i] is not None and str(cells[i]).strip()
        ]
        if extra or blank:
            row.faults.append(
                Problem(
                    self.file,
                    self.table.sheet,
                    number,
                    "",
                    str((extra or blank)[0]),
                    "too-many-cells",
                    f"at most {sum(map(bool, self.names))} cells, as in the header",
                )
            )
        for index, (name, cell) in enumerate(zip(self.names, cells, strict=False)):
            if index in self._unknown or not name or name.startswith(NOTE_PREFIX):
                continue
            row.cells[name] = cell
        return row

    def unknown_cells(self, cells: Sequence[Any]) -> bool:
        """Return whether the row has something in a column that the table does not know."""
        return any(
            i < len(cells) and cells[i] is not None and str(cells[i]).strip() for i in self._unknown
        )
