"""Read one CSV file whose columns are known, and list everything that is wrong with it."""

from __future__ import annotations

import codecs
import csv
import dataclasses
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from kmgraph.bundles.cells import cell_text, read_cell
from kmgraph.bundles.headers import Header
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import RawRow, Report
from kmgraph.errors import InputError
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

    def __init__(
        self,
        path: Path,
        table: Table,
        *,
        encoding: str | None = None,
        empty_cells: Collection[str] = (),
    ) -> None:
        """Describe a file, which is not opened yet.

        :param encoding: encoding of a file that is not UTF-8 or UTF-16, such as ``cp1252``.
        :param empty_cells: columns that have to be there and may have empty cells.
        :raises InputError: there is no such encoding.
        """
        self.path, self.table = path, table
        self.problems: list[Problem] = []
        self._encoding, self._empty_cells = encoding, empty_cells
        try:
            "".encode(encoding or "utf-8")
        except LookupError:
            raise InputError(f"there is no encoding '{encoding}': try utf-8 or cp1252") from None

    def fault(self, row: int, column: str, value: object, code: str, expected: str) -> None:
        """Note a problem."""
        self.problems.append(
            Problem(self.path.name, self.table.sheet, row, column, cell_text(value), code, expected)
        )

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the number and the typed values of each row; a bad cell has no value."""
        for raw in _raw_rows(self.path, self.table, self._encoding, self._report):
            self.problems += raw.faults
            yield raw.number, dict(self._values(raw))

    def _report(self, problem: Problem) -> None:
        """Note a problem; a column that differs from one of ours in its capitals gets a hint."""
        name = problem.value.lower()
        if problem.code == "unknown-column" and name in {c.name for c in self.table.columns}:
            expected = f"the name in small letters: '{name}'"
            problem = dataclasses.replace(problem, expected=expected)
        self.problems.append(problem)

    def _values(self, raw: RawRow) -> Iterator[tuple[str, Any]]:
        """Yield the cells of a row that could be read."""
        for column in self.table.columns:
            cell = raw.cells.get(column.name)
            value, faults = read_cell(column, cell, load_vocabulary())
            for fault in faults:
                self.fault(raw.number, column.name, fault.found, fault.code, fault.expected)
            needed = column.required and column.name not in self._empty_cells
            if not faults and needed and value is None:
                self.fault(raw.number, column.name, "", "missing-value", column.doc)
            elif not faults:
                yield column.name, value


def _raw_rows(path: Path, table: Table, encoding: str | None, report: Report) -> Iterator[RawRow]:
    """Yield the rows of a file as it holds them; what cannot be read goes to ``report``."""
    number, header, has_rows = 0, None, False

    def fault(row: int, value: str, code: str, expected: str) -> None:
        report(Problem(path.name, table.sheet, row, "", value, code, expected))

    try:
        with _open(path, encoding) as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(_DELIMITERS, key=first.count)
            for number, cells in enumerate(csv.reader(file, delimiter=delimiter, strict=True), 1):
                if header is None:
                    header = Header(table, path.name, cells, report)
                    if not header.usable:
                        return
                elif row := header.row(number, cells):
                    has_rows = True
                    yield row
    except csv.Error as error:
        fault(number + 1, str(error), "broken-row", "cells split by the same mark")
    except UnicodeError as error:
        expected = f"text in {encoding or 'UTF-8 or UTF-16'}"
        fault(number + 1, str(error), "bad-encoding", expected)
    else:
        if header is None:
            fault(0, "", "unreadable-file", "a header row")
        elif not has_rows:
            fault(1, "", "no-rows", "rows below the header")


def _open(path: Path, encoding: str | None) -> TextIO:
    """Open a file: as its byte-order mark says, or as told, or as UTF-8.

    Bytes that are no text survive as surrogates, so that the cell can be named.
    """
    with path.open("rb") as file:
        start = file.read(len(codecs.BOM_UTF8))
    if start.startswith(_UTF16_MARKS):
        return path.open(encoding="utf-16", newline="")
    if start == codecs.BOM_UTF8 or encoding is None:
        encoding = "utf-8-sig"
    return path.open(encoding=encoding, errors="surrogateescape", newline="")
