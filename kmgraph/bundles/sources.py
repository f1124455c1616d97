"""Read the rows of a bundle, whatever its files: the contract and the way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from kmgraph.bundles.problems import Problem
from kmgraph.errors import BundleError

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
    :ivar faults: problems with the row as a whole, found while reading.
    """

    sheet: str
    file: str
    number: int
    cells: dict[str, Any]
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


def open_bundle(path: str | Path, *, encoding: str | None = None) -> Source:
    """Open a bundle: a folder of CSV files, an XLSX workbook or a JSON file.

    :param path: the folder or file.
    :param encoding: encoding of CSV files that are not UTF-8 or UTF-16, such as ``cp1252``.
    :raises BundleError: there is nothing at the path that could be a bundle.

    >>> from kmgraph import artefacts
    >>> open_bundle(artefacts.folder("examples") / "clahrc-ndl").name
    'clahrc-ndl'
    """
    from kmgraph.bundles.csv_folder import CsvFolder
    from kmgraph.bundles.json_file import JsonFile
    from kmgraph.bundles.workbook import Workbook

    location = Path(path)
    if location.is_dir():
        return CsvFolder(location, encoding=encoding)
    if not location.is_file():
        raise BundleError(f"there is no bundle at {location}: give a folder, .xlsx or .json file")
    if location.suffix.lower() in (".xlsx", ".xlsm"):
        return Workbook(location)
    if location.suffix.lower() == ".json":
        return JsonFile(location)
    raise BundleError(f"{location.name} is no bundle: give a folder of CSV files, .xlsx or .json")
