"""Write bundles: exported rows, rejected rows, and the example that ships with kmgraph."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kmgraph import artefacts
from kmgraph.errors import ArtefactNotFoundError, InputError
from kmgraph.records import TABLES

#: Header of the column that says why a row was not built.
REASON_COLUMN: Final = "_problem"
#: The longest text that a cell of a workbook can hold.
_XLSX_CELL_CHARACTERS: Final = 32_767


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not built.

    :ivar reason: why; empty for a row that stands there because every bundle needs it.
    :ivar cells: column to cell.
    :ivar surplus: header and cell of what no column of the table takes.
    """

    sheet: str
    reason: str
    cells: Mapping[str, str]
    surplus: Sequence[tuple[str, str]]


def write_csv_bundle(
    rows: Iterable[tuple[str, Mapping[str, str]]], directory: Path
) -> dict[str, int]:
    """Write rows as a folder of CSV files, one for each sheet that has any.

    :param rows: sheet and cells, in any order of sheets.
    :returns: sheet to number of rows.
    """
    directory.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    writers: dict[str, Any] = {}
    with ExitStack() as stack:
        for sheet, cells in rows:
            names = [column.name for column in TABLES[sheet].columns]
            if sheet not in writers:
                path = directory / f"{sheet}.csv"
                file = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
                writers[sheet] = csv.writer(file, lineterminator="\n")
                writers[sheet].writerow(names)
            writers[sheet].writerow([cells.get(name, "") for name in names])
            counts[sheet] = counts.get(sheet, 0) + 1
    return counts


def write_rejects(rows: Iterable[RejectedRow], directory: Path) -> int:
    """Write rejected rows as a bundle that can be corrected; its first column gives the reasons.

    Cells that no column of the table takes keep their header, or stand beyond it, so that the
    bundle is accepted only after they were dealt with.

    :returns: number of rejected rows.
    """
    directory.mkdir(parents=True, exist_ok=True)
    sheets: dict[str, list[RejectedRow]] = {}
    for row in rows:
        sheets.setdefault(row.sheet, []).append(row)
    for sheet, rejected in sheets.items():
        extra = list(dict.fromkeys(n for row in rejected for n, _ in row.surplus if n))
        names = [column.name for column in TABLES[sheet].columns]
        names += [name for name in extra if name not in names]
        # Bytes that were no text come back as they were.
        with (directory / f"{sheet}.csv").open(
            "w", encoding="utf-8", errors="surrogateescape", newline=""
        ) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([REASON_COLUMN, *names])
            for row in rejected:
                cells = {**dict(row.surplus), **row.cells}
                beyond = [cell for name, cell in row.surplus if not name or name in row.cells]
                writer.writerow([row.reason, *(cells.get(n, "") for n in names), *beyond])
    return sum(bool(row.reason) for rejected in sheets.values() for row in rejected)


def write_json_bundle(rows: Iterable[tuple[str, Mapping[str, str]]], path: Path) -> None:
    """Write rows as one JSON file, without the empty cells."""
    sheets: dict[str, list[dict[str, str]]] = {}
    for sheet, cells in rows:
        sheets.setdefault(sheet, []).append({k: v for k, v in cells.items() if v})
    path.write_text(json.dumps(sheets, ensure_ascii=False, indent=1), encoding="utf-8")


def write_xlsx_bundle(rows: Iterable[tuple[str, Mapping[str, str]]], path: Path) -> None:
    """Write rows as one XLSX workbook, all cells as text.

    :raises InputError: a text is longer than a cell of a workbook can be.
    """
    from kmgraph.bundles.template import new_workbook

    book, sheets = new_workbook(), {}
    for sheet, cells in rows:
        names = [column.name for column in TABLES[sheet].columns]
        if sheet not in sheets:
            sheets[sheet] = book.create_sheet(sheet)
            sheets[sheet].append(names)
        texts = [cells.get(name, "") for name in names]
        longest = max(map(len, texts))
        if longest > _XLSX_CELL_CHARACTERS:
            raise InputError(
                f"{sheet}, {cells.get('id')}: a text of {longest:,} characters does not fit into "
                "a cell of a workbook: write a folder or a JSON file"
            )
        sheets[sheet].append(texts)
        for cell in sheets[sheet][sheets[sheet].max_row]:
            # What begins with = is text here, and no formula.
            cell.data_type = "s"
    book.save(path)


def examples() -> list[str]:
    """Return the names of the examples that ship with kmgraph.

    >>> examples()
    ['clahrc-ndl', 'km-review']
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
