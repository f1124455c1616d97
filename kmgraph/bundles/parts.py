"""Large files in parts: each part is a run of whole rows that can be read by itself.

What is read here is what is plainly right, a block of rows at a time and column by column. A row
that is not is handed on as :class:`RawRow`, and a file that is not is left to the readers that tell
what is wrong with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from kmgraph.bundles.cells import EXCEL_SERIALS, cell_text, join_items
from kmgraph.bundles.sources import RawRow
from kmgraph.records import TABLES, Kind

#: Bytes of tables below which a bundle is read as a whole.
PARTS_ABOVE_BYTES: Final = 1_000_000
#: Bytes of tables from which on several processes are worth their start.
WORKERS_ABOVE_BYTES: Final = 24_000_000
#: Bytes of a part.
PART_BYTES: Final = 4_000_000
#: A part longer than this is not taken apart: a quotation mark is open, or rows have no end.
LONGEST_PART_BYTES: Final = 64_000_000
#: Rows of a block, few enough to stay in the caches of a processor.
BLOCK_ROWS: Final = 1_024


@dataclass(frozen=True, slots=True)
class Part:
    """A run of rows of one file.

    :ivar form: ``csv``, ``jsonl`` or ``parquet``.
    :ivar names: header of the file.
    :ivar start: first byte, or number of the first row group.
    :ivar end: byte after the last, or number of the row group after the last.
    :ivar first_row: number of the first row.
    :ivar delimiter: what splits the cells of a CSV file.
    """

    path: Path
    sheet: str
    form: str
    names: tuple[str, ...]
    start: int
    end: int
    first_row: int = 0
    delimiter: str = ","

    @property
    def file(self) -> str:
        """Name of the file inside the bundle."""
        return self.path.name

    def read(self) -> str:
        """Return the text of the part.

        :raises UnicodeDecodeError: it is not UTF-8.
        """
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read(self.end - self.start).decode()


@dataclass(slots=True)
class Block:
    """Some rows of a part, column by column.

    :ivar numbers: the numbers of the rows.
    :ivar columns: column to its cells, all as text.
    :ivar raw: gives the row at a place as the file holds it, or None where it is no record.
    :ivar odd: rows that do not fit into the columns.
    :ivar size: how many rows of the file it takes up, empty ones and comments included.
    """

    numbers: Sequence[int]
    columns: Mapping[str, Sequence[str]]
    raw: Callable[[int], RawRow | None]
    odd: list[RawRow]
    size: int


def blocks_of(part: Part, *, ids_only: bool = False) -> Iterator[Block]:
    """Yield the blocks of a part.

    :param ids_only: whether blocks may come without other columns than the ids.
    :raises ValueError: the part is not plainly right.
    """
    from kmgraph.bundles.csv_parts import csv_blocks
    from kmgraph.bundles.jsonl_file import jsonl_blocks
    from kmgraph.bundles.parquet_file import parquet_blocks

    if part.form == "csv":
        return csv_blocks(part, ids_only=ids_only)
    return jsonl_blocks(part) if part.form == "jsonl" else parquet_blocks(part)


def are_many(parts: Iterable[Part]) -> bool:
    """Return whether there is so much to read that several processes are worth their start."""
    return sum(path.stat().st_size for path in {p.path for p in parts}) > WORKERS_ABOVE_BYTES


def byte_ranges(path: Path, start: int, *, quotes: bool) -> list[tuple[int, int]]:
    """Return where a file may be cut: at ends of lines, outside of quotation marks.

    A cut is right if the part before it can be read to its end; nothing else is promised.

    :returns: nothing where the file cannot be cut into parts of a bearable length.
    """
    size, ranges = path.stat().st_size, []
    with path.open("rb") as file:
        file.seek(start)
        while start < size:
            content = file.read(PART_BYTES)
            marks = content.count(b'"') if quotes else 0
            end = start + len(content)
            while content and (marks % 2 or not content.endswith(b"\n")):
                content = file.readline(LONGEST_PART_BYTES)
                marks += content.count(b'"') if quotes else 0
                end += len(content)
                if end - start > LONGEST_PART_BYTES:
                    return []
            ranges.append((start, end))
            start = end
    return ranges


def text_columns(
    sheet: str, columns: Mapping[str, Sequence[Any]]
) -> tuple[dict[str, Sequence[str]], set[int]]:
    """Return typed cells as the text that a person would have typed.

    :returns: the columns, and the places of the rows with a cell that this cannot be said of.

    >>> text_columns("studies", {"id": ["S1", "S2"], "start": [2010, None], "title": ["a", {}]})
    ({'id': ['S1', 'S2'], 'start': ['2010', ''], 'title': ['a', '']}, {1})
    """
    texts: dict[str, Sequence[str]] = {}
    odd: set[int] = set()
    for name, cells in columns.items():
        if set(map(type, cells)) <= {str}:
            texts[name] = cells
            continue
        column = TABLES[sheet].column(name)
        found = [_text(column.kind, column.many, cell) for cell in cells]
        if None in found:
            odd.update(place for place, text in enumerate(found) if text is None)
        texts[name] = [text or "" for text in found]
    return texts, odd


def _text(kind: Kind, many: bool, cell: Any) -> str | None:
    """Return a typed cell as text that reads the same, or None."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return cell_text(cell) if kind is Kind.BOOLEAN else None
    if isinstance(cell, int):
        return None if kind is Kind.DATE and cell in EXCEL_SERIALS else str(cell)
    if isinstance(cell, float | Decimal):
        return None if kind is Kind.DATE else cell_text(cell)
    if isinstance(cell, dt.date):
        return cell_text(cell)
    if isinstance(cell, list) and many and all(_is_plain_item(item) for item in cell):
        return join_items(cell)
    return None


def _is_plain_item(item: Any) -> bool:
    """Return whether an item of a list reads the same between separators."""
    return isinstance(item, str) and bool(item) and item == item.strip() and item[0] != "#"
