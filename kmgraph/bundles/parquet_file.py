"""Read a table from a Parquet file: typed columns, a group of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kmgraph.bundles.headers import Header
from kmgraph.bundles.parts import BLOCK_ROWS, Block, Part, text_columns
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import NOTE_PREFIX, RawRow, Report
from kmgraph.errors import MissingExtraError
from kmgraph.records import TABLES


def _pyarrow() -> Any:
    """Return the modules of pyarrow for Parquet files.

    :raises MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "parquet") from None
    return pyarrow


def parquet_rows(path: Path, sheet: str, report: Report) -> Iterator[RawRow]:
    """Yield the records of a file; rows are counted from 1.

    :raises MissingExtraError: pyarrow is not installed.
    """
    arrow = _pyarrow()
    number = 0
    try:
        with arrow.parquet.ParquetFile(path) as file:
            header = Header(TABLES[sheet], path.name, file.schema_arrow.names, report)
            if not header.usable:
                return
            for batch in file.iter_batches(batch_size=BLOCK_ROWS):
                columns = [_cells(column) for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    if row := header.row(number, cells):
                        yield row
    except (arrow.ArrowException, OSError) as error:
        expected = "a whole Parquet file"
        said = str(error).splitlines()[0][:200] if str(error) else ""
        report(Problem(path.name, sheet, 0, "", said, "unreadable-file", expected))


def _cells(column: Any) -> list[Any]:
    """Return the cells of a column; bytes are the text that they hold."""
    cells: list[Any] = column.to_pylist()
    if any(isinstance(cell, bytes) for cell in cells):
        cells = [c.decode("utf-8", "surrogateescape") if isinstance(c, bytes) else c for c in cells]
    return cells


def parquet_parts(path: Path, sheet: str) -> list[Part]:
    """Return the parts of a file: its groups of rows; nothing where its header is odd."""
    arrow = _pyarrow()
    problems: list[Problem] = []
    try:
        with arrow.parquet.ParquetFile(path) as file:
            names = tuple(file.schema_arrow.names)
            header = Header(TABLES[sheet], path.name, names, problems.append)
            if problems or not all(header.names) or tuple(header.names) != names:
                return []
            groups = range(file.num_row_groups)
            sizes = [file.metadata.row_group(group).num_rows for group in groups]
    except (arrow.ArrowException, OSError):
        return []
    return [
        Part(path, sheet, "parquet", names, group, group + 1, 1 + sum(sizes[:group]))
        for group in groups
    ]


def parquet_blocks(part: Part) -> Iterator[Block]:
    """Yield the rows of a group.

    :raises ValueError: it cannot be read.
    """
    arrow = _pyarrow()
    header = Header(TABLES[part.sheet], part.file, part.names, lambda problem: None)
    number = part.first_row
    try:
        with arrow.parquet.ParquetFile(part.path) as file:
            groups = list(range(part.start, part.end))
            for batch in file.iter_batches(batch_size=BLOCK_ROWS, row_groups=groups):
                cells = [_cells(column) for column in batch.columns]
                yield _block(part, header, number, cells)
                number += batch.num_rows
    except (arrow.ArrowException, OSError) as error:
        raise ValueError(str(error)) from None


def _block(part: Part, header: Header, first: int, cells: list[list[Any]]) -> Block:
    """Return rows as text, column by column."""
    named = {
        name: column
        for name, column in zip(part.names, cells, strict=True)
        if not name.startswith(NOTE_PREFIX)
    }
    columns, strange = text_columns(part.sheet, named)

    def raw(row: int) -> RawRow | None:
        return header.row(first + row, [column[row] for column in cells])

    rows = [row for row in range(len(cells[0])) if row not in strange]
    if strange:
        columns = {name: [column[row] for row in rows] for name, column in columns.items()}
    odd = [found for row in sorted(strange) if (found := raw(row))]
    numbers = [first + row for row in rows]
    return Block(numbers, columns, lambda place: raw(rows[place]), odd, len(cells[0]))
