"""Read a bundle that is a folder of files, one for each sheet: CSV, JSON Lines or Parquet."""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Final, TextIO

from kmgraph.bundles import parts
from kmgraph.bundles.csv_parts import csv_parts
from kmgraph.bundles.headers import Header, find_table
from kmgraph.bundles.jsonl_file import jsonl_parts, jsonl_rows
from kmgraph.bundles.parquet_file import parquet_parts, parquet_rows
from kmgraph.bundles.parts import Part
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import COMMENT, RawRow, Report
from kmgraph.errors import BundleError
from kmgraph.records import TABLES

_DELIMITERS: Final = (",", ";", "\t")
_TOLD_DELIMITER: Final = re.compile(r"sep=(.)")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: The longest cell that is read; the default of the csv module is too short for long texts.
_CELL_LIMIT_CHARACTERS: Final = 10_000_000


#: Endings of the files that hold tables.
_ENDINGS: Final = frozenset({".csv", ".jsonl", ".parquet"})


class CsvFolder:
    """A bundle in a folder of files: ``studies.csv``, ``studies.jsonl`` or ``studies.parquet``."""

    def __init__(self, path: Path, *, encoding: str | None = None) -> None:
        self.path = path
        self._encoding = encoding
        if encoding is not None:
            try:
                "".encode(encoding)
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
        found = (path.name for path in self._files() if path.stem == "dataset")
        return next(found, "dataset.csv")

    def _files(self) -> list[Path]:
        """Return the files, in the order of the documentation, unknown ones last."""
        order = {sheet: index for index, sheet in enumerate(TABLES)}
        found = [path for path in self.path.iterdir() if path.suffix.lower() in _ENDINGS]
        return sorted(found, key=lambda path: (order.get(path.stem, len(order)), path.name))

    def digest(self) -> str:
        """Return the SHA-256 of the names and bytes of all files."""
        digest = hashlib.sha256()
        for path in self._files():
            digest.update(path.name.encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()

    def rows(self, report: Report, *, skip: Container[str] = ()) -> Iterator[RawRow]:
        """Yield the rows of all files.

        :param skip: names of files to pass over.
        """
        seen: set[str] = set()
        for path in self._files():
            if find_table(path.stem, path.name, report) is None:
                continue
            if path.stem in seen:
                expected = "one file for each table"
                report(Problem(path.name, path.stem, 0, "", "", "duplicate-sheet", expected))
                continue
            seen.add(path.stem)
            if path.name in skip:
                continue
            if path.suffix.lower() == ".jsonl":
                yield from jsonl_rows(path, path.stem, report)
            elif path.suffix.lower() == ".parquet":
                yield from parquet_rows(path, path.stem, report)
            else:
                yield from self._file_rows(path, report)

    def parts(self) -> dict[str, list[Part]]:
        """Return file to its parts, of files that can be read so; nothing in a small bundle.

        :raises MissingExtraError: there are Parquet files, and pyarrow is not installed.
        """
        files = [path for path in self._files() if path.stem in TABLES and path.is_file()]
        if sum(path.stat().st_size for path in files) < parts.PARTS_ABOVE_BYTES:
            return {}
        stems = Counter(path.stem for path in files)
        planned = {
            path.name: self._file_parts(path)
            for path in files
            if stems[path.stem] == 1 and path.stem != "dataset"
        }
        return {name: found for name, found in planned.items() if found}

    def _file_parts(self, path: Path) -> list[Part]:
        """Return the parts of a file, or nothing where it is to be read as a whole."""
        if path.suffix.lower() == ".jsonl":
            return jsonl_parts(path, path.stem)
        if path.suffix.lower() == ".parquet":
            return parquet_parts(path, path.stem)
        encoding = codecs.lookup(self._open_encoding(path)).name
        if encoding not in ("utf-8", "utf-8-sig"):
            return []
        start = len(codecs.BOM_UTF8) if encoding == "utf-8-sig" else 0
        with self._open(path) as file:
            line = file.readline()
        if told := _TOLD_DELIMITER.fullmatch(line.strip()):
            start += len(line.encode("utf-8", "surrogateescape"))
            return csv_parts(path, path.stem, start, told[1], 1)
        return csv_parts(path, path.stem, start, find_delimiter(line, path.stem), 0)

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
        sheet, number = path.stem, 0

        def fault(row: int, value: str, code: str, expected: str) -> None:
            report(Problem(path.name, sheet, row, "", value, code, expected))

        header: Header | None = None
        try:
            with self._open(path) as file:
                for number, cells in self._split(file, sheet):
                    if header is None:
                        if not any(cell.strip() for cell in cells) or cells[0].startswith(COMMENT):
                            continue
                        header = Header(TABLES[sheet], path.name, cells, report)
                        if not header.usable:
                            return
                    elif row := header.row(number, cells):
                        yield row
        except csv.Error as error:
            expected = "cells split by the same mark, quotation marks closed"
            fault(number + 1, str(error), "broken-row", expected)
        except UnicodeError as error:
            fault(number + 1, str(error), "bad-encoding", "text in the encoding of the file")
        except OSError as error:
            fault(0, str(error.strerror), "unreadable-file", "a file that can be read")
        else:
            if header is None:
                fault(0, "", "unreadable-file", "a header row")

    def _open(self, path: Path) -> TextIO:
        """Open a file for reading.

        Bytes that are no text survive as surrogates, so that the cell can be named and kept.
        """
        encoding = self._open_encoding(path)
        errors = "strict" if encoding == "utf-16" else "surrogateescape"
        return path.open(encoding=encoding, errors=errors, newline="")

    def _split(self, file: TextIO, sheet: str) -> Iterator[tuple[int, list[str]]]:
        """Yield number and cells of each row."""
        first = file.readline()
        told = _TOLD_DELIMITER.fullmatch(first.strip())
        if told:
            # The line with which spreadsheet programs are told the delimiter.
            rows = csv.reader(file, delimiter=told[1], strict=True)
            yield from enumerate(rows, start=2)
            return
        file.seek(0)
        yield from enumerate(
            csv.reader(file, delimiter=find_delimiter(first, sheet), strict=True), start=1
        )


def find_delimiter(header: str, sheet: str) -> str:
    """Return the mark that splits a header into the most columns that the table has.

    >>> find_delimiter("id;title;a, b, c, d", "studies")
    ';'
    """
    legal = {column.name for column in TABLES[sheet].columns}

    def known(delimiter: str) -> int:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        return sum(cell.strip() in legal for cell in cells)

    return max(_DELIMITERS, key=known)
