"""Read a bundle that is an XLSX workbook with one worksheet for each sheet."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from kmgraph.bundles.cells import UncachedFormula, cell_text
from kmgraph.bundles.headers import Header, find_table
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import COMMENT, NOTE_PREFIX, RawRow, Report, SingleFile
from kmgraph.errors import MissingExtraError
from kmgraph.records import TABLES

#: What the zip, XML and workbook readers raise on a damaged file.
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    KeyError,
    ValueError,
    EOFError,
    OSError,
)
#: Worksheets for people, which are not read.
_READ_ME: Final = frozenset({"readme", "read me"})


class Workbook(SingleFile):
    """A bundle in one XLSX file, read a row at a time."""

    def rows(self, report: Report) -> Iterator[RawRow]:
        """Yield the rows of all worksheets."""
        try:
            import openpyxl
            from openpyxl.utils.exceptions import InvalidFileException
        except ImportError:
            raise MissingExtraError("openpyxl", "files") from None

        try:
            book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
            formulas = None
            if self._has_formulas():
                formulas = openpyxl.load_workbook(self.path, read_only=True)
        except (*_DAMAGED, InvalidFileException) as error:
            report(self._unreadable("", error))
            return
        try:
            yield from self._book_rows(book, formulas, report)
        finally:
            book.close()
            if formulas is not None:
                formulas.close()

    def _has_formulas(self) -> bool:
        """Return whether any worksheet holds a formula."""
        with zipfile.ZipFile(self.path) as archive:
            for name in archive.namelist():
                if name.startswith("xl/worksheets/"):
                    with archive.open(name) as part:
                        # A formula is an element named f; the end of a part may split its tag.
                        tail = b""
                        while chunk := part.read(1 << 20):
                            if b"<f>" in tail + chunk or b"<f " in tail + chunk:
                                return True
                            tail = chunk[-2:]
        return False

    def _book_rows(self, book: Any, formulas: Any, report: Report) -> Iterator[RawRow]:
        """Yield the rows of the worksheets that are tables."""
        seen: set[str] = set()
        for worksheet in book.worksheets:
            sheet = worksheet.title.strip().lower()
            if sheet in _READ_ME or sheet.startswith(NOTE_PREFIX):
                continue
            if find_table(sheet, self.path.name, report) is None:
                continue
            if sheet in seen:
                expected = "one sheet for each table"
                report(Problem(self.path.name, sheet, 0, "", "", "duplicate-sheet", expected))
                continue
            seen.add(sheet)
            twin = formulas[worksheet.title] if formulas is not None else None
            yield from self._sheet_rows(sheet, worksheet, twin, report)

    def copy_sheet(self, file: str, sheet: str, directory: Path) -> None:
        """Write a worksheet's cells as they stand as a CSV file, or copy an unreadable workbook."""
        import openpyxl

        try:
            book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
            titles = {w.title.strip().lower(): w for w in book.worksheets}
            with (directory / f"{sheet}.csv").open("w", encoding="utf-8", newline="") as output:
                writer = csv.writer(output, lineterminator="\n")
                for values in titles[sheet].iter_rows(values_only=True):
                    writer.writerow([cell_text(_plain(value)) for value in values])
            book.close()
        except _DAMAGED:
            shutil.copyfile(self.path, directory / file)

    def _sheet_rows(
        self, sheet: str, worksheet: Any, formulas: Any, report: Report
    ) -> Iterator[RawRow]:
        """Yield the rows of one worksheet."""
        header: Header | None = None
        try:
            for number, cells in enumerate(_cells(worksheet, formulas), start=1):
                if header is None:
                    names = ["" if c is None else str(c) for c in cells]
                    if not any(names) or names[0].startswith(COMMENT):
                        continue
                    header = Header(TABLES[sheet], self.path.name, names, report)
                    if not header.usable:
                        return
                elif row := header.row(number, cells):
                    yield row
        except _DAMAGED as error:
            report(self._unreadable(sheet, error))

    def _unreadable(self, sheet: str, error: Exception) -> Problem:
        return Problem(
            self.path.name,
            sheet,
            0,
            "",
            str(error)[:200],
            "unreadable-workbook",
            "a whole XLSX workbook",
        )


def _cells(worksheet: Any, formulas: Any) -> Iterator[list[Any]]:
    """Yield the cells of each row; a formula without a saved value stands for itself."""
    values = worksheet.iter_rows(values_only=True)
    if formulas is None:
        yield from ([_plain(value) for value in row] for row in values)
        return
    for row, twin in zip(values, formulas.iter_rows(values_only=True), strict=True):
        yield [
            UncachedFormula(source)
            if value is None and isinstance(source, str) and source.startswith("=")
            else _plain(value)
            for value, source in zip(row, twin, strict=True)
        ]


def _plain(value: Any) -> Any:
    """Return a cell's value; a moment at midnight is the day that was typed."""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value
