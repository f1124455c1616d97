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

from kmgraph.bundles.cells import cell_text, is_excel_error
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
        except (*_DAMAGED, InvalidFileException) as error:
            report(self._unreadable("", error))
            return
        try:
            for worksheet in book.worksheets:
                yield from self._sheet_rows(worksheet, report)
        finally:
            book.close()

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

    def _sheet_rows(self, worksheet: Any, report: Report) -> Iterator[RawRow]:
        """Yield the rows of one worksheet."""
        sheet = worksheet.title.strip().lower()
        if sheet in _READ_ME or sheet.startswith(NOTE_PREFIX):
            return
        if find_table(sheet, self.path.name, report) is None:
            return
        header: Header | None = None
        try:
            for number, values in enumerate(worksheet.iter_rows(values_only=True), start=1):
                cells = [_plain(value) for value in values]
                if header is None:
                    names = ["" if c is None else str(c) for c in cells]
                    header = Header(TABLES[sheet], self.path.name, names, report)
                    if not header.usable:
                        return
                    continue
                first = cells[0] if cells else None
                if (
                    isinstance(first, str)
                    and first.startswith(COMMENT)
                    and not is_excel_error(first)
                ):
                    continue
                row = header.row(number, cells)
                if row is None:
                    continue
                if header.unknown_cells(cells):
                    row.cells["_unread"] = True
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


def _plain(value: Any) -> Any:
    """Return a cell's value; a moment at midnight is the day that was typed."""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value
