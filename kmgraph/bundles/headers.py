"""Check the header of a sheet, and pair its columns with the cells of a row."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from kmgraph.bundles.cells import is_excel_error, printable
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import COMMENT, NOTE_PREFIX, RawRow, Report
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
                report(self._unknown_column(name, legal))
            seen.add(name)
        for column in self.table.columns:
            if column.required and column.name not in seen:
                self.usable = False
                report(self._problem(column.name, "", "missing-column", column.doc))

    def _unknown_column(self, name: str, legal: list[str]) -> Problem:
        """Return what is wrong with a header that no column has."""
        shown = printable(name)
        if shown != name:
            return self._problem(shown, shown, "bad-encoding", "text in UTF-8")
        hint = near(name, legal)
        return self._problem(name, name, "unknown-column", f"a column of the table{hint}")

    def _problem(self, column: str, value: str, code: str, expected: str) -> Problem:
        return Problem(self.file, self.table.sheet, 1, column, value, code, expected)

    def is_comment(self, cells: Sequence[Any]) -> bool:
        """Return whether a row is for people: it begins with ``#`` where an id would stand."""
        first = cells[0] if cells else None
        return (
            self.names[0] == "id"
            and isinstance(first, str)
            and first.startswith(COMMENT)
            and not is_excel_error(first)
        )

    def row(self, number: int, cells: Sequence[Any]) -> RawRow | None:
        """Return the cells by column, or None for a row without any.

        What no legal column takes is kept apart, so that nothing is dropped.
        """
        if not any(_is_filled(cell) for cell in cells) or self.is_comment(cells):
            return None
        row = RawRow(self.table.sheet, self.file, number, {})
        unnamed = []
        for index, cell in enumerate(cells):
            name = self.names[index] if index < len(self.names) else ""
            if not name:
                unnamed += [cell] if _is_filled(cell) else []
            elif index in self._unknown:
                row.surplus += [(name, cell)] if _is_filled(cell) else []
            elif not name.startswith(NOTE_PREFIX):
                row.cells[name] = cell
        if unnamed:
            row.surplus += [("", cell) for cell in unnamed]
            expected = f"at most {sum(map(bool, self.names))} cells, as in the header"
            row.faults.append(
                Problem(
                    self.file,
                    self.table.sheet,
                    number,
                    "",
                    str(unnamed[0]),
                    "too-many-cells",
                    expected,
                )
            )
        return row


def _is_filled(cell: Any) -> bool:
    """Return whether a cell holds anything."""
    return cell is not None and bool(str(cell).strip())
