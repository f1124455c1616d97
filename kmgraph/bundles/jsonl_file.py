"""Read a table from JSON Lines: one record a line, as an object of its cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NoReturn

from kmgraph.bundles.headers import near
from kmgraph.bundles.parts import BLOCK_ROWS, Block, Part, byte_ranges, text_columns
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import NOTE_PREFIX, RawRow, Report
from kmgraph.records import TABLES

_BOM: Final = b"\xef\xbb\xbf"


class _Pairs(list[tuple[str, Any]]):
    """The members of an object, in order, those of one name too."""


def _refuse_constant(name: str) -> NoReturn:
    """Refuse what Python reads as a number and JSON does not have."""
    raise ValueError(f"{name} is no value of JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_float=Decimal, parse_constant=_refuse_constant
)
#: Returns the value that begins at a place of a text, and where it ends.
_scan: Final[Callable[[str, int], tuple[Any, int]]] = getattr(_DECODER, "scan_once")  # noqa: B009


def jsonl_rows(path: Path, sheet: str, report: Report) -> Iterator[RawRow]:
    """Yield the records of a file; rows are counted as lines.

    What is left of a file after a line that is not JSON is not read.
    """
    number = 0
    try:
        with path.open("rb") as file:
            if file.read(len(_BOM)) != _BOM:
                file.seek(0)
            for number, line in enumerate(file, start=1):
                if text := line.decode().strip():
                    yield _row(path.name, sheet, number, _value(text))
    except UnicodeDecodeError as error:
        report(Problem(path.name, sheet, number, "", str(error), "bad-encoding", "text in UTF-8"))
    except (ValueError, RecursionError) as error:
        expected = "one JSON object a line"
        report(Problem(path.name, sheet, number, "", str(error), "bad-json", expected))
    except OSError as error:
        expected = "a file that can be read"
        report(Problem(path.name, sheet, 0, "", str(error.strerror), "unreadable-file", expected))


def _value(text: str) -> Any:
    """Return the value that a line is.

    :raises ValueError: it is none, or more than one.
    """
    try:
        value, end = _scan(text, 0)
    except StopIteration as error:
        raise ValueError(f"no value at character {error.value}") from None
    if end != len(text):
        raise ValueError(f"more after character {end}")
    return value


def _row(file: str, sheet: str, number: int, value: Any) -> RawRow:
    """Return a record as the line holds it."""
    row = RawRow(sheet, file, number, {})
    if not isinstance(value, _Pairs):
        row.surplus.append(("", value))
        row.faults.append(Problem(file, sheet, number, "", str(value), "bad-value", "a record"))
        return row
    legal = [column.name for column in TABLES[sheet].columns]
    for key, raw in value:
        cell = _plain(raw)
        if key.startswith(NOTE_PREFIX):
            continue
        code, expected = "", ""
        if key in row.cells:
            code, expected = "duplicate-column", "each column once"
        elif key not in legal:
            code, expected = "unknown-column", f"a column of the table{near(key, legal)}"
        if code:
            row.surplus.append((key, cell))
            row.faults.append(Problem(file, sheet, number, key, key, code, expected))
        else:
            row.cells[key] = cell
    return row


def _plain(value: Any) -> Any:
    """Return a value with objects as dictionaries."""
    if isinstance(value, _Pairs):
        return {key: _plain(member) for key, member in value}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def jsonl_parts(path: Path, sheet: str) -> list[Part]:
    """Return the parts of a file."""
    with path.open("rb") as file:
        start = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
    names = tuple(column.name for column in TABLES[sheet].columns)
    return [
        Part(path, sheet, "jsonl", names, begin, end, 1)
        for begin, end in byte_ranges(path, start, quotes=False)
    ]


def jsonl_blocks(part: Part) -> Iterator[Block]:
    """Yield the rows of a part.

    :raises ValueError: a line is not JSON.
    """
    lines = part.read().removesuffix("\n").split("\n")
    for begin in range(0, len(lines), BLOCK_ROWS):
        run = lines[begin : begin + BLOCK_ROWS]
        yield _block(part, part.first_row + begin, run)


def _block(part: Part, first: int, lines: list[str]) -> Block:
    """Return records column by column."""
    legal = frozenset(part.names)
    values = [_value(text) if (text := line.strip()) else None for line in lines]
    odd: list[RawRow] = []
    numbers: list[int] = []
    records: list[dict[str, Any]] = []
    for number, value in enumerate(values, start=first):
        record = dict(value) if isinstance(value, _Pairs) else {}
        if record and len(record) == len(value or ()) and legal.issuperset(record):
            numbers.append(number)
            records.append(record)
        elif value is not None:
            odd.append(_row(part.file, part.sheet, number, value))
    present = set().union(*records)
    cells = {name: [r.get(name, "") for r in records] for name in part.names if name in present}
    columns, strange = text_columns(part.sheet, cells)
    columns.setdefault("id", [""] * len(records))
    if strange:
        odd += [
            _row(part.file, part.sheet, numbers[i], values[numbers[i] - first]) for i in strange
        ]
        keep = [i for i in range(len(numbers)) if i not in strange]
        columns = {name: [column[i] for i in keep] for name, column in columns.items()}
        numbers = [numbers[i] for i in keep]

    def raw(place: int) -> RawRow:
        return _row(part.file, part.sheet, numbers[place], values[numbers[place] - first])

    return Block(numbers, columns, raw, odd, len(lines))
