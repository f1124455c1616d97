"""Open a bundle, whatever its files."""

from __future__ import annotations

from pathlib import Path

from kmgraph.bundles.csv_folder import CsvFolder
from kmgraph.bundles.json_file import JsonFile
from kmgraph.bundles.sources import Source
from kmgraph.bundles.workbook import Workbook
from kmgraph.errors import BundleError


def open_bundle(path: str | Path, *, encoding: str | None = None) -> Source:
    """Open a bundle: a folder of CSV files, an XLSX workbook or a JSON file.

    :param path: the folder or file.
    :param encoding: encoding of CSV files that are not UTF-8 or UTF-16, such as ``cp1252``.
    :raises BundleError: there is nothing at the path that could be a bundle.

    >>> from kmgraph import artefacts
    >>> open_bundle(artefacts.folder("examples") / "clahrc-ndl").name
    'clahrc-ndl'
    """
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
