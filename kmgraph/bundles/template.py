"""Empty bundles with explained headers, the JSON Schema and the documentation of the tables."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

from kmgraph.bundles.sources import COMMENT
from kmgraph.errors import InputError, MissingExtraError
from kmgraph.records import LIST_SEPARATOR, TABLES, Column, Kind, Table
from kmgraph.vocabulary import load_vocabulary

_PATTERNS: Final = {
    Kind.ID: r"^[A-Za-z0-9][A-Za-z0-9._~:-]*$",
    Kind.DATE: r"^\d{4}(-\d{2}(-\d{2})?)?$",
    Kind.SHA256: r"^[0-9a-fA-F]{64}$",
}


def explain(column: Column) -> str:
    """Return one sentence on what a column takes.

    >>> explain(TABLES["studies"].column("themes"))
    'Themes that it belongs to. Ids of themes, separated by ;. Example: stroke-rehabilitation'
    """
    parts = [column.doc, _takes(column)]
    if column.required:
        parts.append("Needed.")
    if column.default:
        parts.append(f"Empty means {column.default}.")
    parts.append(f"Example: {column.example}")
    return " ".join(part for part in parts if part)


def _takes(column: Column) -> str:
    """Return what kind of cell a column takes."""
    kind = column.kind
    if kind in (Kind.CODE, Kind.TYPE):
        words = "One of: " + ", ".join(load_vocabulary().codes.get(column.codes, {}))
    elif kind is Kind.REF:
        words = f"{'Ids' if column.many else 'Id'} of {' or '.join(column.targets)}"
    elif column.minimum is not None and column.maximum is not None:
        words = f"A number from {column.minimum} to {column.maximum}"
    else:
        words = {
            Kind.DATE: "A year, year-month or date (ISO 8601)",
            Kind.INTEGER: "A whole number",
            Kind.DECIMAL: "A number",
            Kind.BOOLEAN: "yes or no",
            Kind.IRI: "An IRI",
            Kind.CONSTRUCT: "A construct id",
            Kind.SCHEME: "A framework's short name",
        }.get(kind, "")
    if column.many:
        words = f"{words or 'Items'}, separated by {LIST_SEPARATOR}"
    return f"{words}." if words else ""


def write_template(directory: Path) -> list[str]:
    """Write an empty bundle: one CSV file a sheet, with a comment row that explains the header.

    :returns: the names of the files written.
    :raises InputError: the folder has a bundle already.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.glob("*.csv")):
        raise InputError(f"{directory} has CSV files already: choose an empty folder")
    for table in TABLES.values():
        with (directory / f"{table.sheet}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([column.name for column in table.columns])
            texts = [explain(column) for column in table.columns]
            writer.writerow([f"{COMMENT} {texts[0]}", *texts[1:]])
    (directory / "README.md").write_text(tables_markdown(), encoding="utf-8")
    return sorted(path.name for path in directory.iterdir())


def write_workbook_template(path: Path) -> None:
    """Write an empty bundle as an XLSX workbook, with an explaining comment row in each sheet.

    :raises InputError: the file is there already.
    """
    if path.exists():
        raise InputError(f"{path} is there already: choose another name")
    book = new_workbook()
    for table in TABLES.values():
        sheet = book.create_sheet(table.sheet)
        sheet.append([column.name for column in table.columns])
        texts = [explain(column) for column in table.columns]
        sheet.append([f"{COMMENT} {texts[0]}", *texts[1:]])
        sheet.freeze_panes = "B2"
    book.save(path)


def new_workbook() -> Any:
    """Return an empty XLSX workbook without sheets.

    :raises MissingExtraError: openpyxl is not installed.
    """
    try:
        import openpyxl
    except ImportError:
        raise MissingExtraError("openpyxl", "files") from None
    book = openpyxl.Workbook()
    book.remove(book.active)
    return book


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a bundle in one JSON file.

    Cells may be text in all cases, as in a CSV file; lists may be JSON arrays.

    >>> json_schema()["properties"]["studies"]["items"]["required"]
    ['id', 'title']
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://w3id.org/kmgraph/schema/bundle.json",
        "title": "kmgraph bundle",
        "type": "object",
        "required": ["dataset"],
        "additionalProperties": False,
        "patternProperties": {r"^[_$]": {}},
        "properties": {table.sheet: _sheet_schema(table) for table in TABLES.values()},
    }


def _sheet_schema(table: Table) -> dict[str, Any]:
    """Return the schema of the list of one sheet."""
    items = {
        "type": "object",
        "required": [column.name for column in table.columns if column.required],
        "additionalProperties": False,
        "patternProperties": {r"^_": {}},
        "properties": {column.name: _column_schema(column) for column in table.columns},
    }
    schema: dict[str, Any] = {"type": "array", "description": table.doc, "items": items}
    if table.single:
        schema |= {"minItems": 1, "maxItems": 1}
    return schema


def _column_schema(column: Column) -> dict[str, Any]:
    """Return the schema of one cell."""
    value: dict[str, Any]
    if column.kind in (Kind.INTEGER, Kind.DECIMAL):
        number: dict[str, Any] = {
            "type": "integer" if column.kind is Kind.INTEGER else "number",
        }
        if column.minimum is not None:
            number["minimum"] = float(column.minimum)
        if column.maximum is not None:
            number["maximum"] = float(column.maximum)
        value = {"anyOf": [number, {"type": "string"}]}
    elif column.kind is Kind.BOOLEAN:
        value = {"enum": [True, False, "yes", "no", ""]}
    elif column.kind in (Kind.CODE, Kind.TYPE) and not column.many:
        value = {"enum": [*load_vocabulary().codes.get(column.codes, {}), ""]}
    elif column.kind in _PATTERNS and column.required:
        value = {"type": "string", "pattern": _PATTERNS[column.kind]}
    else:
        value = {"type": ["string", "number"]}
    if column.many:
        value = {"anyOf": [{"type": "string"}, {"type": "array", "items": value}]}
    if not column.required:
        value = {"anyOf": [value, {"type": "null"}]}
    return {"description": explain(column), **value}


def tables_markdown() -> str:
    """Return the documentation of all sheets and columns, as Markdown."""
    parts = [
        "# Record tables",
        "",
        "A bundle is a folder of CSV files (`studies.csv` and so on), an XLSX workbook with the",
        "same sheets, or one JSON file with a list for each sheet. `dataset` is needed; every",
        "other sheet and every column without a mark may be left out.",
        "Ids are unique over all sheets. Several items in a cell are separated by `;`",
        r"(`\;` for a semicolon inside an item, `\\` for a backslash before one).",
        "Rows that begin with `#` where the id would stand are notes, and so are columns whose",
        "name begins with `_`.",
        "",
    ]
    for table in TABLES.values():
        parts += [f"## {table.sheet}", "", table.doc, ""]
        parts += ["| column | needed | becomes | what it takes |", "|---|---|---|---|"]
        for column in table.columns:
            needed = "yes" if column.required else ""
            becomes = f"`{column.predicate}`" if column.predicate else ""
            text = explain(column).replace("|", "\\|")
            parts.append(f"| `{column.name}` | {needed} | {becomes} | {text} |")
        parts.append("")
    return "\n".join(parts)
