"""Read a large CSV file in parts.

A file is cut where a line ends and the quotation marks before it are even in number. If each part
can be split into rows up to its end, each of them began where a row begins. A file of which this
does not hold, that is not UTF-8, or whose header has anything odd, has no parts.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from kmgraph.bundles.headers import Header
from kmgraph.bundles.parts import BLOCK_ROWS, Block, Part, byte_ranges
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import NOTE_PREFIX, RawRow
from kmgraph.records import TABLES

#: Bytes at the start of a file among which its header stands.
_HEAD_BYTES: Final = 256_000


def csv_parts(path: Path, sheet: str, first: int, delimiter: str, lines_before: int) -> list[Part]:
    """Return the parts of a CSV file in UTF-8, or nothing where it is to be read as a whole.

    :param first: byte at which its rows begin, the header among them.
    :param lines_before: rows before that.
    """
    found = _find_header(path, sheet, first, delimiter)
    if found is None:
        return []
    names, start, rows = found
    return [
        Part(path, sheet, "csv", names, begin, end, rows + lines_before, delimiter)
        for begin, end in byte_ranges(path, start, quotes=True)
    ]


def _find_header(
    path: Path, sheet: str, first: int, delimiter: str
) -> tuple[tuple[str, ...], int, int] | None:
    """Return the header, the byte after it and the number of the row after it."""
    with path.open("rb") as file:
        file.seek(first)
        head = file.read(_HEAD_BYTES)
        is_whole = len(head) < _HEAD_BYTES
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head, is_whole)
    except UnicodeDecodeError:
        return None
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        for line in io.StringIO(text, newline=""):
            taken += len(line.encode())
            yield line

    try:
        for number, cells in enumerate(csv.reader(lines(), delimiter=delimiter, strict=True), 1):
            if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                continue
            problems: list[Problem] = []
            header = Header(TABLES[sheet], path.name, cells, problems.append)
            is_plain = not problems and all(header.names) and (is_whole or taken < len(head) // 2)
            return (tuple(header.names), first + taken, number + 1) if is_plain else None
    except csv.Error:
        pass
    return None


def csv_blocks(part: Part, *, ids_only: bool = False) -> Iterator[Block]:
    """Yield the rows of a part.

    :param ids_only: whether blocks may come without other columns than the ids.
    :raises ValueError: it cannot be split into rows up to its end.
    """
    header = Header(TABLES[part.sheet], part.file, part.names, _ignore)
    text, number = part.read(), part.first_row
    if '"' in text or "\r" in text:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=part.delimiter, strict=True)
        try:
            while rows := list(islice(reader, BLOCK_ROWS)):
                yield _block(part, header, number, rows)
                number += len(rows)
        except csv.Error as error:
            raise ValueError(str(error)) from None
        return
    lines = text.removesuffix("\n").split("\n")
    for begin in range(0, len(lines), BLOCK_ROWS):
        run = lines[begin : begin + BLOCK_ROWS]
        block = _ids(part, header, number, run) if ids_only else None
        rows = [] if block else [line.split(part.delimiter) for line in run]
        yield block or _block(part, header, number, rows)
        number += len(run)


def _ids(part: Part, header: Header, first: int, lines: list[str]) -> Block | None:
    """Return the ids of lines without quotation marks, or None where a line is too short."""
    place, delimiter = part.names.index("id"), part.delimiter
    try:
        ids = [line.split(delimiter, place + 1)[place] for line in lines]
    except IndexError:
        return None

    def raw(row: int) -> RawRow | None:
        return header.row(first + row, lines[row].split(delimiter))

    return Block(range(first, first + len(lines)), {"id": ids}, raw, [], len(lines))


def _block(part: Part, header: Header, first: int, rows: list[list[str]]) -> Block:
    """Return rows column by column; a row with too many cells is odd."""
    width, size = len(part.names), len(rows)
    numbers: Sequence[int] = range(first, first + size)
    odd: list[RawRow] = []
    if set(map(len, rows)) != {width}:
        wide = [i for i, row in enumerate(rows) if len(row) > width]
        odd = [found for i in wide if (found := header.row(numbers[i], rows[i]))]
        left_out = set(wide)
        numbers = [n for i, n in enumerate(numbers) if i not in left_out]
        rows = [row + [""] * (width - len(row)) for i, row in enumerate(rows) if i not in left_out]
    cells = list(zip(*rows, strict=True)) or [()] * width
    columns = {
        name: column
        for name, column in zip(part.names, cells, strict=True)
        if not name.startswith(NOTE_PREFIX)
    }

    def raw(place: int) -> RawRow | None:
        return header.row(numbers[place], rows[place])

    return Block(numbers, columns, raw, odd, size)


def _ignore(problem: Problem) -> None:
    """Pass over a problem: a header with one has no parts."""
