"""Read one CSV file whose columns are known, and list everything that is wrong with it."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from kmgraph.bundles.cells import cell_text, read_cell
from kmgraph.bundles.headers import Header
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import RawRow, Report
from kmgraph.records import Column, Record, Table
from kmgraph.vocabulary import load_vocabulary

_DELIMITERS: Final = (",", ";", "\t")
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def table_of(name: str, doc: str, columns: Sequence[Column]) -> Table:
    """Return the description of a file, as the checks of a bundle take it."""
    return Table(name, "", "", (), doc, tuple(columns), Record)


class Sheet:
    """One CSV file.

    :ivar problems: what was found to be wrong so far.
    """

    def __init__(self, path: Path, table: Table) -> None:
        self.path, self.table = path, table
        self.problems: list[Problem] = []

    def fault(self, row: int, column: str, value: object, code: str, expected: str) -> None:
        """Note a problem."""
        self.problems.append(
            Problem(self.path.name, self.table.sheet, row, column, cell_text(value), code, expected)
        )

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the number and the typed values of each row; a bad cell has no value."""
        for raw in _raw_rows(self.path, self.table, self.problems.append):
            self.problems += raw.faults
            yield raw.number, dict(self._values(raw))

    def _values(self, raw: RawRow) -> Iterator[tuple[str, Any]]:
        """Yield the cells of a row that could be read."""
        for column in self.table.columns:
            cell = raw.cells.get(column.name)
            value, faults = read_cell(column, cell, load_vocabulary())
            for fault in faults:
                self.fault(raw.number, column.name, fault.found, fault.code, fault.expected)
            if not faults and column.required and value is None:
                self.fault(raw.number, column.name, "", "missing-value", column.doc)
            elif not faults:
                yield column.name, value


def _raw_rows(path: Path, table: Table, report: Report) -> Iterator[RawRow]:
    """Yield the rows of a file as it holds them; what cannot be read goes to ``report``."""
    number, header = 0, None

    def fault(row: int, value: str, code: str, expected: str) -> None:
        report(Problem(path.name, table.sheet, row, "", value, code, expected))

    try:
        with path.open("rb") as start:
            wide = start.read(2) in _UTF16_MARKS
        encoding, errors = ("utf-16", "strict") if wide else ("utf-8-sig", "surrogateescape")
        with path.open(encoding=encoding, errors=errors, newline="") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(_DELIMITERS, key=first.count)
            for number, cells in enumerate(csv.reader(file, delimiter=delimiter, strict=True), 1):
                if header is None:
                    header = Header(table, path.name, cells, report)
                    if not header.usable:
                        return
                elif row := header.row(number, cells):
                    yield row
    except csv.Error as error:
        fault(number + 1, str(error), "broken-row", "cells split by the same mark")
    except UnicodeError as error:
        fault(number + 1, str(error), "bad-encoding", "text in UTF-8 or UTF-16")
    else:
        if header is None:
            fault(0, "", "unreadable-file", "a header row")
