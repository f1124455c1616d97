"""A valid bundle that fills every column of every table, and the ways to break it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from kmgraph.records import TABLES, Column, Kind, Table
from kmgraph.vocabulary import load_vocabulary

Row = dict[str, str]
Sheets = dict[str, list[Row]]

#: Rows of a sheet.
ROWS = 6
#: The first of them that no other row points to, counted from 0: it and those after it may be
#: broken without consequences elsewhere.
FREE = 2

#: Cells that the rules about several columns want otherwise than the example has them.
OVERRIDES: dict[str, Row] = {
    "assessments": {"score": "0.75", "band": "", "approach_position": "", "appropriateness": ""},
    "statement_notes": {"value": ""},
    "discrepancies": {"claims": "claims-1;claims-2"},
    "determinants": {"mixed_valence": "no"},
    "activities": {"kind": "evaluation"},
    "steps": {"construct": "QUERI.4"},
}


def full_bundle() -> Sheets:
    """Return the rows of the valid bundle."""
    sheets = {
        table.sheet: [_row(table, n) for n in range(1, (1 if table.single else ROWS) + 1)]
        for table in TABLES.values()
    }
    sheets["dataset"][0] |= {"id": "full", "extends": ""}
    return sheets


def enough_for(sheet: str) -> Sheets:
    """Return what of the valid bundle a sheet needs: itself, and what its rows lead to.

    Of the others there are the rows that references may point to.
    """
    everything = full_bundle()
    # The sheet before is there for an id that it has already.
    before = list(TABLES)[max(list(TABLES).index(sheet) - 1, 0)]
    needed, pending = {"dataset"}, [sheet, before]
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            pending += [target for c in TABLES[name].columns for target in c.targets]
    return {
        name: rows if name == sheet else rows[:FREE]
        for name, rows in everything.items()
        if name in needed
    }


def _row(table: Table, number: int) -> Row:
    """Return a valid row."""
    row = {column.name: _cell(column) for column in table.columns}
    row["id"] = f"{table.sheet}-{number}"
    if "aggregates" in row:
        row["aggregates"] = "" if number == 2 else f"{table.sheet}-2"
    if "follows" in row:
        row |= {"follows": f"{table.sheet}-2", "sequence": f"{number + 1}"}
        if number == 2:
            row |= {"follows": "", "sequence": "1"}
    if "part_of" in row and table.column("part_of").targets == (table.sheet,) and number == 1:
        row["part_of"] = ""
    return row | OVERRIDES.get(table.sheet, {})


def _cell(column: Column) -> str:
    """Return a valid cell."""
    if column.kind is Kind.REF:
        ids = [f"{target}-1" for target in column.targets]
        return ";".join(ids) if column.many else ids[0]
    return column.example


@dataclass(frozen=True)
class Break:
    """One way to break a row.

    :ivar sheet: the sheet.
    :ivar column: the column under which the problem is reported.
    :ivar code: the code that is reported.
    :ivar cells: what is put into the row.
    :ivar whole_row: whether it touches other columns, so that it stands alone in its row.
    """

    sheet: str
    column: str
    code: str
    cells: tuple[tuple[str, str], ...]
    whole_row: bool = False

    def __str__(self) -> str:
        return f"{self.sheet}.{self.column}:{self.code}:{dict(self.cells)}"


#: Kind of column to what breaks it: code and cell.
KIND_BREAKS: dict[Kind, list[tuple[str, str]]] = {
    Kind.ID: [("bad-id", "two words"), ("bad-id", "-dash"), ("bad-id", "é")],
    Kind.IRI: [("bad-iri", "not an iri"), ("bad-iri", "https://x.org/<a>")],
    Kind.DATE: [
        ("bad-date", "31/12/2010"),
        ("bad-date", "2010-13"),
        ("bad-date", "2010-02-30"),
        ("bad-date", "May 2008"),
    ],
    Kind.INTEGER: [("bad-integer", "1.5"), ("bad-integer", "many")],
    Kind.DECIMAL: [("bad-decimal", "0,5"), ("bad-decimal", "1e3"), ("bad-decimal", "n/a")],
    Kind.BOOLEAN: [("bad-boolean", "perhaps")],
    Kind.CODE: [("unknown-code", "nonsense")],
    Kind.TYPE: [("unknown-code", "nonsense")],
    Kind.CONSTRUCT: [("unknown-construct", "PARIHS.Z")],
    Kind.SCHEME: [("unknown-framework", "nonsense")],
    Kind.PROPERTY: [("unknown-property", "km:nonsense")],
    Kind.SHA256: [("bad-sha256", "abc"), ("bad-sha256", "g" * 64)],
    Kind.REF: [("dangling-reference", "nobody")],
}

#: Sheet, column, code and cells of the rules that look at several cells.
RULE_BREAKS: list[tuple[str, str, str, Row]] = [
    *(
        (sheet, "end", "end-before-start", {"start": "2010-05", "end": "2010-04"})
        for sheet in (
            "programmes studies cases posts memberships activities strategies steps cycles "
            "participations".split()
        )
    ),
    ("passages", "line_to", "out-of-order", {"line_from": "9", "line_to": "8"}),
    ("passages", "quote_basis", "missing-basis", {"quote_basis": ""}),
    ("people", "naming_basis", "missing-basis", {"naming_basis": ""}),
    ("people", "naming_basis", "missing-basis", {"naming_basis": "", "orcid": ""}),
    ("people", "review_date", "missing-value", {"review_date": ""}),
    ("posts", "held_by", "vacant-with-holder", {"status": "vacant"}),
    ("memberships", "member", "missing-value", {"member": "", "member_kind": ""}),
    ("participations", "who", "missing-value", {"who": "", "participant_kind": ""}),
    ("cycles", "follows", "wrong-reference", {"id": "cycles-x", "follows": "cycles-x"}),
    *(
        ("evidence", column, "unmeasured-with-result",
         {"kind": kind, "direction": "", "certainty": "", column: value})
        for kind in ("none_found", "not_reported")
        for column, value in (("direction", "improved"), ("certainty", "low"))
    ),
    *(
        ("plans", column, "unmeasured-with-result",
         {"fulfilment": "", "done": "", "done_claims": "", column: value})
        for column, value in (("done", "Both were held."), ("done_claims", "claims-1"))
    ),
    ("claims", "value_to", "out-of-order", {"value": "5", "value_to": "4"}),
    ("claims", "quantity_kind", "missing-value", {"quantity_kind": ""}),
    ("claims", "value", "missing-value", {"value": "", "value_to": ""}),
    ("claims", "passages", "missing-value", {"passages": ""}),
    ("discrepancies", "claims", "too-few-values", {"claims": "claims-1"}),
    ("statement_notes", "object", "missing-value", {"object": ""}),
    ("statement_notes", "value", "too-many-values", {"value": "2"}),
    ("determinants", "valence", "wrong-sign", {"kind": "barrier", "valence": "1"}),
    ("determinants", "valence", "wrong-sign", {"kind": "enabler", "valence": "-2"}),
    ("outcomes", "interval_high", "out-of-order", {"interval_low": "2", "interval_high": "1"}),
    *(
        (
            "outcomes",
            column,
            "unmeasured-with-result",
            {
                "measurement": "not_measured", "direction": "", "estimate": "",
                "standard_error": "", "interval_low": "", "interval_high": "", column: value,
            },
        )
        for column, value in {
            "direction": "improved", "estimate": "1", "standard_error": "1",
            "interval_low": "1", "interval_high": "1",
        }.items()
    ),
    *(
        (
            "assessments",
            column,
            "unrated-with-rating",
            {
                "rating_status": "not_reported", "score": "", "raw_score": "", "aggregates": "",
                column: value,
            },
        )
        for column, value in {
            "score": "0.5", "raw_score": "3", "band": "low", "approach_position": "0.5",
            "appropriateness": "appropriate", "aggregates": "assessments-1",
        }.items()
    ),
    (
        "assessments", "responding", "unrated-with-rating",
        {"rating_status": "suppressed", "score": "", "raw_score": "", "aggregates": ""},
    ),
    ("assessments", "responding", "out-of-order", {"eligible": "3", "responding": "4"}),
    (
        "assessments", "score", "raw-score-only",
        {"construct": "ORCA.E.1", "raw_score": "-1", "scale_low": "-4", "scale_high": "4"},
    ),
    (
        "assessments", "band", "raw-score-only",
        {"construct": "ORCA.E.1", "score": "", "band": "low"},
    ),
    ("assessments", "score", "rated-without-rating", {"score": "", "raw_score": ""}),
    ("assessments", "band", "score-and-band", {"band": "high"}),
    ("assessments", "raw_score", "out-of-range", {"raw_score": "6", "score": ""}),
    ("assessments", "raw_score", "out-of-range", {"raw_score": "0", "score": ""}),
    ("assessments", "scale_high", "out-of-order", {"scale_low": "5", "scale_high": "1"}),
    ("assessments", "score", "score-mismatch", {"score": "0.7"}),
    ("assessments", "scale_low", "missing-value", {"scale_low": "", "score": ""}),
    ("assessments", "scale_high", "missing-value", {"scale_high": "", "score": ""}),
    (
        "assessments", "score", "not-for-facilitation",
        {"construct": "PARIHS.F.role", "raw_score": "", "approach_position": "0.2"},
    ),
    (
        "assessments", "band", "not-for-facilitation",
        {"construct": "PARIHS.F.role", "raw_score": "", "score": "", "band": "low"},
    ),
    (
        "assessments", "raw_score", "not-for-facilitation",
        {"construct": "PARIHS.F.role", "score": "", "approach_position": "0.2"},
    ),
    (
        "assessments", "score", "not-for-facilitation",
        {"construct": "P98.F.role", "raw_score": ""},
    ),
    (
        "assessments", "approach_position", "only-for-facilitation",
        {"construct": "P98.F.role", "raw_score": "", "score": "", "approach_position": "0.2"},
    ),
    ("assessments", "approach_position", "only-for-facilitation", {"approach_position": "0.5"}),
    (
        "assessments", "appropriateness", "only-for-facilitation",
        {"appropriateness": "inappropriate"},
    ),
    (
        "assessments", "appropriateness", "only-for-facilitation",
        {"construct": "P98.F.role", "raw_score": "", "score": "", "appropriateness": "appropriate"},
    ),
    ("dataset", "id", "bad-name", {"id": "Full_Set"}),
    ("dataset", "id", "reserved-name", {"id": "ontology"}),
    ("dataset", "visibility", "bad-name", {"visibility": "Group A"}),
    ("dataset", "language", "bad-language", {"language": "e n"}),
    ("dataset", "id_prefix", "bad-id", {"id_prefix": "a b"}),
]  # fmt: skip


def all_breaks() -> list[Break]:
    """Return every way in which every rule of every column can be broken."""
    found = []
    for table in TABLES.values():
        for column in table.columns:
            found += list(_column_breaks(table, column))
    found += [
        Break(sheet, column, code, tuple(cells.items()), whole_row=True)
        for sheet, column, code, cells in RULE_BREAKS
    ]
    return found


def _column_breaks(table: Table, column: Column) -> Iterator[Break]:
    """Yield the ways to break one column."""
    sheet, name = table.sheet, column.name
    if column.required:
        code = "missing-id" if column.kind is Kind.ID else "missing-value"
        yield Break(sheet, name, code, ((name, ""),))
        yield Break(sheet, name, code, ((name, "   "),))
    for code, cell in KIND_BREAKS.get(column.kind, []):
        yield Break(sheet, name, code, ((name, cell),))
    if column.kind is Kind.ID and not table.single:
        yield Break(sheet, name, "duplicate-id", ((name, f"{sheet}-1"),))
        earlier = list(TABLES)[: list(TABLES).index(sheet)]
        for other in earlier[1:][-1:]:
            yield Break(sheet, name, "duplicate-id", ((name, f"{other}-1"),))
        # A row that describes another dataset's record may leave needed cells empty.
        foreign = ((name, "other:X{row}"),)
        yield Break(sheet, name, "dangling-reference", foreign, whole_row=True)
    if column.kind is Kind.REF:
        wrong = next(t for t in ("documents", "passages") if t not in column.targets)
        yield Break(sheet, name, "wrong-reference", ((name, f"{wrong}-1"),))
        yield Break(sheet, name, "dangling-reference", ((name, "other:X1"),))
    if column.many:
        item = _cell(column).split(";")[0]
        yield Break(sheet, name, "repeated-item", ((name, f"{item};{item}"),))
    if column.minimum is not None:
        yield Break(sheet, name, "out-of-range", ((name, str(column.minimum - 1)),))
    if column.maximum is not None:
        yield Break(sheet, name, "out-of-range", ((name, str(column.maximum + 1)),))
    yield Break(sheet, name, "bad-character", ((name, "bell\x07"),))
    yield Break(sheet, name, "bad-encoding", ((name, "caf\udce9"),))
    yield Break(sheet, name, "excel-error", ((name, "#REF!"),))


#: Columns that rules about several cells look at: broken alone in their row.
def rule_columns() -> dict[str, set[str]]:
    """Return sheet to the columns that take part in a rule about several cells."""
    columns: dict[str, set[str]] = {}
    for sheet, column, _, cells in RULE_BREAKS:
        columns.setdefault(sheet, set()).update({column, *cells})
    columns["assessments"] |= {"construct", "rating_status", "scale_low", "scale_high"}
    columns["people"] |= {"name", "orcid"}
    columns["passages"] |= {"quote"}
    columns["posts"] |= {"held_by"}
    return columns


def apply(sheets: Sheets, row: int, fault: Break) -> None:
    """Break a row of a bundle; rows are counted from 0."""
    cells = {name: cell.replace("{row}", f"{fault.sheet}{row}") for name, cell in fault.cells}
    sheets[fault.sheet][row].update(cells)


def write_csv(sheets: Sheets, directory: Path) -> Path:
    """Write a bundle as a folder of CSV files."""
    directory.mkdir(parents=True, exist_ok=True)
    for sheet, rows in sheets.items():
        path = directory / f"{sheet}.csv"
        with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return directory


def write_xlsx(sheets: Sheets, directory: Path) -> Path:
    """Write a bundle as a workbook."""
    directory.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet, rows in sheets.items():
        page = book.create_sheet(sheet)
        page.append(list(rows[0]))
        for row in rows:
            page.append(list(row.values()))
    path = directory / "full.xlsx"
    book.save(path)
    return path


def write_json(sheets: Sheets, directory: Path) -> Path:
    """Write a bundle as a JSON file."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "full.json"
    path.write_text(json.dumps(sheets), encoding="utf-8")
    return path


WRITERS: dict[str, Callable[[Sheets, Path], Path]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "json": write_json,
}


def place(form: str, sheet: str, row: int) -> tuple[str, int]:
    """Return file and row number under which a row, counted from 0, is reported."""
    files = {"csv": f"{sheet}.csv", "xlsx": "full.xlsx", "json": "full.json"}
    return files[form], row + (1 if form == "json" else 2)


def writable(form: str, fault: Break) -> bool:
    """Return whether a format can hold the broken cell at all."""
    if fault.code == "bad-encoding":
        return form == "csv"
    return not (fault.code == "bad-character" and form == "xlsx")


assert load_vocabulary().codes, "the code lists are needed to break them"
