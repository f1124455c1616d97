"""Read a bundle that is one JSON file: an object with a list of records for each sheet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kmgraph.bundles.headers import find_table, near
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import NOTE_PREFIX, RawRow, Report, SingleFile
from kmgraph.errors import MissingExtraError
from kmgraph.records import TABLES

_SCALARS = frozenset({"null", "boolean", "number", "string"})


class JsonFile(SingleFile):
    """A bundle in one JSON file, read an item at a time."""

    def copy_sheet(self, file: str, sheet: str, directory: Path) -> None:
        """Copy the whole file, because JSON cannot be cut at a fault."""
        shutil.copyfile(self.path, directory / file)

    def rows(self, report: Report) -> Iterator[RawRow]:
        """Yield the items of all lists."""
        try:
            import ijson
        except ImportError:
            raise MissingExtraError("ijson", "files") from None

        with self.path.open("rb") as file:
            if file.read(3) != b"\xef\xbb\xbf":
                file.seek(0)
            try:
                yield from _Reader(self.path.name, ijson.basic_parse(file), report).rows()
            except UnicodeDecodeError as error:
                report(Problem(self.path.name, "", 0, "", str(error), "bad-encoding", "UTF-8"))
            except ijson.JSONError as error:
                message = str(error).strip().splitlines()[0] if str(error).strip() else "cut short"
                report(Problem(self.path.name, "", 0, "", message, "bad-json", "well-formed JSON"))


class _Reader:
    """Turn the events of a JSON parser into rows."""

    def __init__(self, file: str, events: Iterator[tuple[str, Any]], report: Report) -> None:
        self._file, self._events, self._report = file, events, report
        self._seen: set[str] = set()

    def rows(self) -> Iterator[RawRow]:
        """Yield the items of each list of the outer object."""
        event, _ = next(self._events)
        if event != "start_map":
            self._fault("", 0, "", event, "bad-json", "an object with a list for each sheet")
            return
        for event, value in self._events:
            if event == "map_key":
                yield from self._sheet(value)

    def _fault(
        self, sheet: str, row: int, column: str, value: str, code: str, expected: str
    ) -> None:
        self._report(Problem(self._file, sheet, row, column, value, code, expected))

    def _sheet(self, sheet: str) -> Iterator[RawRow]:
        """Yield the items of one list; a single object stands for a list of one."""
        event, value = next(self._events)
        if sheet.startswith((NOTE_PREFIX, "$")):
            self._skip(event)
            return
        if find_table(sheet, self._file, self._report) is None:
            self._skip(event)
            return
        if sheet in self._seen:
            self._fault(sheet, 0, "", "", "duplicate-sheet", "one list for each table")
            self._skip(event)
            return
        self._seen.add(sheet)
        if event == "start_map":
            yield self._item(sheet, 1)
            return
        if event != "start_array":
            self._fault(sheet, 0, "", str(value), "bad-json", "a list of records")
            return
        number = 0
        for event, value in self._events:
            if event == "end_array":
                return
            number += 1
            if event == "start_map":
                yield self._item(sheet, number)
            else:
                found = self._whole(event, value)
                row = RawRow(sheet, self._file, number, {}, [("", found)])
                row.faults.append(
                    Problem(self._file, sheet, number, "", str(found), "bad-value", "a record")
                )
                yield row

    def _item(self, sheet: str, number: int) -> RawRow:
        """Return one record."""
        row = RawRow(sheet, self._file, number, {})
        legal = [column.name for column in TABLES[sheet].columns]
        for event, key in self._events:
            if event == "end_map":
                break
            value = self._value()
            if key.startswith(NOTE_PREFIX):
                continue
            code, expected = "", ""
            if key in row.cells:
                code, expected = "duplicate-column", "each column once"
            elif key not in legal:
                code = "unknown-column"
                expected = f"a column of the table{near(key, legal)}"
            if code:
                row.surplus.append((key, value))
                row.faults.append(Problem(self._file, sheet, number, key, key, code, expected))
            else:
                row.cells[key] = value
        return row

    def _value(self) -> Any:
        """Return the value of a key."""
        return self._whole(*next(self._events))

    def _whole(self, event: str, value: Any) -> Any:
        """Return the value that begins with an event."""
        if event in _SCALARS:
            return value
        if event == "start_array":
            items = []
            for inner, item in self._events:
                if inner == "end_array":
                    break
                items.append(self._whole(inner, item))
            return items
        members = {}
        for inner, key in self._events:
            if inner == "end_map":
                break
            members[key] = self._value()
        return members

    def _skip(self, event: str) -> None:
        """Read past a value whose first event was just read."""
        self._whole(event, None)
