"""The contract of bundles: rows that can be read any number of times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from kmgraph.bundles.problems import Problem

#: Takes each problem as it is found.
Report = Callable[[Problem], None]
#: Headers that begin with this are notes for people and are not read.
NOTE_PREFIX = "_"
#: A row whose first cell begins with this is a comment.
COMMENT = "#"


@dataclass(slots=True)
class RawRow:
    """One row as the file holds it.

    :ivar sheet: name of its table.
    :ivar file: name of the file inside the bundle.
    :ivar number: row as a spreadsheet counts it; in JSON, the number of the item from 1.
    :ivar cells: column to raw cell; only columns that stand in the file.
    :ivar surplus: header and raw cell of what no column of the table takes.
    :ivar faults: problems with the row as a whole, found while reading.
    """

    sheet: str
    file: str
    number: int
    cells: dict[str, Any]
    surplus: list[tuple[str, Any]] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)


class Source(Protocol):
    """A bundle that can be read any number of times, a row at a time."""

    @property
    def name(self) -> str:
        """Name of the bundle, for messages."""

    @property
    def main_file(self) -> str:
        """File that problems of the bundle as a whole are reported in."""

    def rows(self, report: Report) -> Iterator[RawRow]:
        """Yield all rows, sheet by sheet; problems with files and headers go to ``report``."""

    def digest(self) -> str:
        """Return the SHA-256 of the bundle's content, to tell whether it changed."""

    def copy_sheet(self, file: str, sheet: str, directory: Path) -> None:
        """Write a sheet that could not be read to its end, as it stands, as a CSV file."""


class SingleFile:
    """What the bundles that are one file have in common."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        """Name of the file without its ending."""
        return self.path.stem

    @property
    def main_file(self) -> str:
        """The file itself."""
        return self.path.name

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
