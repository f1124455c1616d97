"""The files of a generated bundle: one a sheet, as CSV, JSON Lines or Parquet."""

from __future__ import annotations

import csv
import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from kmgraph.errors import MissingExtraError

#: Takes the cells of a row.
_Write = Callable[[Mapping[str, str]], None]

#: Rows of a row group of a Parquet file: what is held in memory of a sheet.
_GROUP_ROWS: Final = 20_000


class Sheets:
    """The files of a bundle, each opened when its first row comes.

    :param directory: an empty folder.
    :param columns: sheet to its columns, in the order of the file.
    :param file_format: one of ``csv``, ``jsonl`` and ``parquet``.
    :ivar counts: sheet to rows written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Sheets(Path(folder), {"themes": ("id", "label")}, "jsonl") as sheets:
    ...         sheets.write("themes", {"id": "a", "label": "A"})
    ...     (Path(folder) / "themes.jsonl").read_text()
    '{"id": "a", "label": "A"}\\n'
    """

    def __init__(
        self, directory: Path, columns: Mapping[str, Sequence[str]], file_format: str
    ) -> None:
        self.counts = dict.fromkeys(columns, 0)
        self._directory = directory
        self._columns = columns
        self._format = file_format
        self._stack = ExitStack()
        self._writers: dict[str, _Write] = {}

    def __enter__(self) -> Sheets:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, sheet: str, cells: Mapping[str, str]) -> None:
        """Write one row."""
        write = self._writers.get(sheet)
        if write is None:
            path = self._directory / f"{sheet}.{self._format}"
            opened = _OPENERS[self._format](path, self._columns[sheet])
            write = self._writers[sheet] = self._stack.enter_context(opened)
        write(cells)
        self.counts[sheet] += 1


@contextmanager
def _csv(path: Path, names: Sequence[str]) -> Iterator[_Write]:
    """Open a CSV file and write its header."""
    with path.open("w", encoding="utf-8", newline="") as file:
        write_row = csv.writer(file, lineterminator="\n").writerow
        write_row(names)
        yield lambda cells: write_row(map(cells.get, names))


@contextmanager
def _jsonl(path: Path, names: Sequence[str]) -> Iterator[_Write]:
    """Open a file of JSON Lines; a row holds the cells that are not empty."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    with path.open("w", encoding="utf-8", newline="\n") as file:

        def write(cells: Mapping[str, str]) -> None:
            file.write(encode({name: cells[name] for name in names if cells.get(name)}) + "\n")

        yield write


@contextmanager
def _parquet(path: Path, names: Sequence[str]) -> Iterator[_Write]:
    """Open a Parquet file of texts, written in groups of rows.

    :raises MissingExtraError: pyarrow is not installed.
    """
    try:
        arrow: Any = importlib.import_module("pyarrow")
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet") from error
    schema = arrow.schema([(name, arrow.string()) for name in names])
    rows: list[tuple[str | None, ...]] = []
    with parquet.ParquetWriter(path, schema) as file:

        def flush() -> None:
            columns = [list(column) for column in zip(*rows, strict=True)]
            file.write_table(arrow.table(columns, schema=schema))
            rows.clear()

        def write(cells: Mapping[str, str]) -> None:
            rows.append(tuple(map(cells.get, names)))
            if len(rows) >= _GROUP_ROWS:
                flush()

        yield write
        if rows:
            flush()


_OPENERS: Final = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
#: The formats that a bundle can be generated in.
FORMATS: Final = tuple(_OPENERS)
