"""Read a bundle that is a folder of CSV files, one for each sheet."""

from __future__ import annotations

import codecs
import csv
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kmgraph.bundles.cells import is_excel_error
from kmgraph.bundles.headers import Header, find_table
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import COMMENT, RawRow, Report
from kmgraph.errors import BundleError
from kmgraph.records import TABLES

_DELIMITERS: Final = (",", ";", "\t")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: The longest cell that is read; the default of the csv module is too short for long texts.
_CELL_LIMIT_CHARACTERS: Final = 10_000_000


class CsvFolder:
    """A bundle in a folder of CSV files; the files of one sheet are ``studies.csv`` and so on."""

    def __init__(self, path: Path, *, encoding: str | None = None) -> None:
        self.path = path
        self._encoding = encoding
        if encoding is not None:
            try:
                codecs.lookup(encoding)
            except LookupError:
                raise BundleError(
                    f"there is no encoding '{encoding}': try utf-8 or cp1252"
                ) from None

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.resolve().name

    @property
    def main_file(self) -> str:
        """File that holds the dataset row."""
        return "dataset.csv"

    def _files(self) -> list[Path]:
        """Return the CSV files, in the order of the documentation, unknown ones last."""
        order = {sheet: index for index, sheet in enumerate(TABLES)}
        found = [path for path in self.path.iterdir() if path.suffix.lower() == ".csv"]
        return sorted(found, key=lambda path: (order.get(path.stem, len(order)), path.name))

    def digest(self) -> str:
        """Return the SHA-256 of the names and bytes of all files."""
        digest = hashlib.sha256()
        for path in self._files():
            digest.update(path.name.encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()

    def rows(self, report: Report) -> Iterator[RawRow]:
        """Yield the rows of all files."""
        for path in self._files():
            if find_table(path.stem, path.name, report) is not None:
                yield from self._file_rows(path, report)

    def copy_sheet(self, file: str, sheet: str, directory: Path) -> None:
        """Copy a file as it is."""
        shutil.copyfile(self.path / file, directory / file)

    def _open_encoding(self, path: Path) -> str:
        """Return the encoding of a file: by its byte-order mark, or as told, or UTF-8."""
        with path.open("rb") as file:
            start = file.read(4)
        for mark, encoding in _BOMS:
            if start.startswith(mark):
                return encoding
        return self._encoding or "utf-8"

    def _file_rows(self, path: Path, report: Report) -> Iterator[RawRow]:
        """Yield the rows of one file."""
        csv.field_size_limit(_CELL_LIMIT_CHARACTERS)
        encoding = self._open_encoding(path)
        # Bytes that are no text survive as surrogates, so that the cell can be named and kept.
        errors = "surrogateescape" if encoding.startswith("utf-8") else "strict"
        number = 0
        header: Header | None = None
        try:
            with path.open(encoding=encoding, errors=errors, newline="") as file:
                first = file.readline()
                file.seek(0)
                reader = csv.reader(file, delimiter=_delimiter(first), strict=True)
                for number, cells in enumerate(reader, start=1):
                    if header is None:
                        header = Header(TABLES[path.stem], path.name, cells, report)
                        if not header.usable:
                            return
                        continue
                    if cells and cells[0].startswith(COMMENT) and not is_excel_error(cells[0]):
                        continue
                    yield from self._row(header, number, cells, report)
        except csv.Error as error:
            report(
                Problem(
                    path.name,
                    path.stem,
                    number + 1,
                    "",
                    str(error),
                    "broken-row",
                    "cells split by the same mark, quotation marks closed",
                )
            )
        except UnicodeError as error:
            report(
                Problem(
                    path.name,
                    path.stem,
                    number + 1,
                    "",
                    str(error),
                    "bad-encoding",
                    f"text in {encoding}",
                )
            )
        if header is None:
            report(Problem(path.name, path.stem, 0, "", "", "unreadable-file", "a header row"))

    def _row(
        self, header: Header, number: int, cells: list[str], report: Report
    ) -> Iterator[RawRow]:
        """Yield one row, or nothing for an empty one."""
        row = header.row(number, cells)
        if row is None:
            return
        if header.unknown_cells(cells):
            row.cells["_unread"] = True
        yield row


def _delimiter(header: str) -> str:
    """Return the mark that splits the header, because spreadsheets write , or ; or tab.

    >>> _delimiter("id;title")
    ';'
    """
    return max(_DELIMITERS, key=header.count)
