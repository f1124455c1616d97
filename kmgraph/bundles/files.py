"""Write bundles: exported rows, rejected rows, and the example that ships with kmgraph."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from kmgraph import artefacts
from kmgraph.errors import ArtefactNotFoundError, InputError
from kmgraph.records import TABLES


def write_csv_bundle(
    rows: Iterable[tuple[str, Mapping[str, str]]], directory: Path, *, extra: tuple[str, ...] = ()
) -> dict[str, int]:
    """Write rows as a folder of CSV files, one for each sheet that has any.

    :param rows: sheet and cells, in any order of sheets.
    :param extra: further columns to write, put first.
    :returns: sheet to number of rows.
    """
    directory.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    writers: dict[str, Any] = {}
    with ExitStack() as stack:
        for sheet, cells in rows:
            if sheet not in writers:
                # Bytes that were no text come back as they were.
                file = stack.enter_context(
                    (directory / f"{sheet}.csv").open(
                        "w", encoding="utf-8", errors="surrogateescape", newline=""
                    )
                )
                names = [*extra, *(column.name for column in TABLES[sheet].columns)]
                writers[sheet] = csv.DictWriter(
                    file, names, restval="", lineterminator="\n", extrasaction="ignore"
                )
                writers[sheet].writeheader()
            writers[sheet].writerow(cells)
            counts[sheet] = counts.get(sheet, 0) + 1
    return counts


def write_json_bundle(rows: Iterable[tuple[str, Mapping[str, str]]], path: Path) -> None:
    """Write rows as one JSON file, without the empty cells."""
    sheets: dict[str, list[dict[str, str]]] = {}
    for sheet, cells in rows:
        sheets.setdefault(sheet, []).append({k: v for k, v in cells.items() if v})
    path.write_text(json.dumps(sheets, ensure_ascii=False, indent=1), encoding="utf-8")


def write_xlsx_bundle(rows: Iterable[tuple[str, Mapping[str, str]]], path: Path) -> None:
    """Write rows as one XLSX workbook, all cells as text."""
    from kmgraph.bundles.template import new_workbook

    book, sheets = new_workbook(), {}
    for sheet, cells in rows:
        names = [column.name for column in TABLES[sheet].columns]
        if sheet not in sheets:
            sheets[sheet] = book.create_sheet(sheet)
            sheets[sheet].append(names)
        sheets[sheet].append([cells.get(name, "") for name in names])
    book.save(path)


def examples() -> list[str]:
    """Return the names of the examples that ship with kmgraph.

    >>> examples()
    ['clahrc-ndl']
    """
    return sorted(path.name for path in artefacts.folder("examples").iterdir() if path.is_dir())


def example_path(name: str) -> Path:
    """Return the folder of a shipped example.

    :raises ArtefactNotFoundError: there is no example of this name.
    """
    path = artefacts.folder("examples") / name
    if name not in examples():
        raise ArtefactNotFoundError(f"no example '{name}': there is {', '.join(examples())}")
    return path


def copy_example(name: str, directory: Path) -> list[str]:
    """Write a shipped example out, for people to read and change.

    :returns: the names of the files written.
    :raises InputError: a file of the example is there already.
    """
    source = example_path(name)
    names = sorted(path.name for path in source.iterdir() if path.is_file())
    taken = [file for file in names if (directory / file).exists()]
    if taken:
        raise InputError(f"{directory} has {taken[0]} already: choose another folder")
    directory.mkdir(parents=True, exist_ok=True)
    for file in names:
        shutil.copyfile(source / file, directory / file)
    return names
