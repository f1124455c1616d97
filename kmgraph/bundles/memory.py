"""A bundle made of typed records in memory."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from kmgraph.bundles.sources import RawRow, Report
from kmgraph.records import TABLES, Record


class MemoryBundle:
    """Records handed over from Python, in any order.

    >>> from kmgraph.records import Study
    >>> [row.number for row in MemoryBundle([Study(id="S1", title="One")]).rows(print)]
    [2]
    """

    def __init__(self, records: Iterable[Record], *, name: str = "records") -> None:
        self._records: dict[str, list[Record]] = {sheet: [] for sheet in TABLES}
        self._name = name
        for record in records:
            self._records[record.table.sheet].append(record)

    @property
    def name(self) -> str:
        """Name given to the bundle."""
        return self._name

    @property
    def main_file(self) -> str:
        """Name that problems of the bundle as a whole are reported under."""
        return self._name

    def digest(self) -> str:
        """Return the SHA-256 of the records' representation."""
        text = repr(list(self._records.values()))
        return hashlib.sha256(text.encode()).hexdigest()

    def copy_sheet(self, file: str, sheet: str, directory: Path) -> None:
        """Do nothing: records in memory have no sheet that cannot be read."""

    def rows(self, report: Report) -> Iterator[RawRow]:
        """Yield the records, sheet by sheet, numbered as their CSV file would number them."""
        for sheet, records in self._records.items():
            for number, record in enumerate(records, start=2):
                cells = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
                yield RawRow(sheet, self._name, number, cells)
