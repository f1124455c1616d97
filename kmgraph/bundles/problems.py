"""Problems of a bundle: what is wrong, where, and what was expected."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

#: Code to what it means and what to do; each is a heading of the documentation.
CODES: Final[dict[str, str]] = {
    "unreadable-file": "The file cannot be opened or is cut short. Save it again and retry.",
    "unreadable-workbook": "The workbook is not a whole XLSX file. Save it again from its program.",
    "bad-json": "The JSON is not well-formed. Mend it at the place given.",
    "bad-encoding": "The bytes are not text in the file's encoding. Save the file as UTF-8.",
    "broken-row": "The row cannot be split into cells. Look for an unclosed quotation mark.",
    "unknown-sheet": "No table has this name. Rename or remove the file or sheet.",
    "duplicate-sheet": "Two files or sheets hold the same table. Merge them.",
    "missing-sheet": "A sheet that every bundle needs is not there.",
    "unknown-column": "The table has no such column. Rename or remove it.",
    "missing-column": "A column that the table needs is not there.",
    "duplicate-column": "Two columns have the same header. Merge them.",
    "too-many-cells": "The row has more cells than the header has columns.",
    "too-many-rows": "The sheet may have one row only.",
    "missing-id": "The record has no id.",
    "bad-id": "The id has characters that ids may not have.",
    "duplicate-id": "Another record of the bundle has the same id.",
    "reserved-name": "The store uses this name for a graph of its own.",
    "missing-value": "A cell that is needed is empty.",
    "too-many-values": "The cell holds several values where one is allowed.",
    "too-few-values": "The cell holds fewer values than are needed.",
    "repeated-item": "The cell holds the same item twice.",
    "bad-value": "The cell holds something that is not a plain value.",
    "bad-character": "The text has a control character. Delete it.",
    "excel-error": "The cell holds a spreadsheet error. Mend the formula.",
    "bad-name": "The name may have lower-case letters, digits and hyphens only.",
    "bad-language": "This is not a language tag, such as en or de-AT.",
    "bad-iri": "This is not an absolute IRI.",
    "bad-date": "This is not a date in ISO 8601: year, year-month or year-month-day.",
    "bad-integer": "This is not a whole number.",
    "bad-decimal": "This is not a decimal number with a point.",
    "bad-boolean": "This is neither yes nor no.",
    "bad-sha256": "This is not a SHA-256: 64 hexadecimal digits.",
    "out-of-range": "The number lies outside its scale.",
    "out-of-order": "The upper end lies below the lower end.",
    "end-before-start": "The end lies before the start.",
    "unknown-code": "The word is not in the list for this column.",
    "unknown-construct": "No framework that ships with kmgraph has this construct.",
    "unknown-framework": "No framework of this name ships with kmgraph.",
    "unknown-property": "The ontology has no property of this name.",
    "dangling-reference": "No record of the bundle has this id.",
    "wrong-reference": "The record referred to is of a kind that this column cannot point to.",
    "rated-without-rating": "The assessment says it is rated and holds no rating.",
    "unrated-with-rating": "The assessment says it is not rated and holds a rating.",
    "score-and-band": "A scored assessment has its band computed: leave the band empty.",
    "score-mismatch": "The score differs from what raw score and scale give.",
    "raw-score-only": "A difference of two answers has a raw score, no score and no band.",
    "not-for-facilitation": "Purpose, role and skills of facilitation have a position, no band.",
    "only-for-facilitation": "Only facilitation has a position and an appropriateness.",
    "missing-basis": "A name or quote needs a recorded basis for showing it.",
    "vacant-with-holder": "A vacant post has no holder.",
    "wrong-sign": "A barrier cannot help and an enabler cannot hinder.",
    "unmeasured-with-result": "An outcome that was not measured has no result.",
    "depends-on-rejected": "The record points to one that was rejected.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a bundle.

    :ivar file: name of the file inside the bundle.
    :ivar sheet: sheet, or empty where the whole file is concerned.
    :ivar row: row as a spreadsheet counts it (the header is row 1); in JSON, the number of the
        item counted from 1; 0 where the whole file is concerned.
    :ivar column: column, or empty where the whole row is concerned.
    :ivar value: what stands there.
    :ivar code: a key of :data:`CODES`.
    :ivar expected: what should stand there.
    """

    file: str
    sheet: str
    row: int
    column: str
    value: str
    code: str
    expected: str

    def __str__(self) -> str:
        where = self.file
        if self.row:
            where += f", row {self.row}"
        if self.column:
            where += f", column {self.column}"
        found = f": found {self.value!r}" if self.value else ""
        return f"{where}: {self.code}{found}; expected {self.expected}"


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems in the order of file, row and column."""
    return sorted(problems, key=lambda p: (p.file, p.sheet, p.row, p.column, p.code, p.value))


def problems_to_text(problems: Sequence[Problem]) -> str:
    """Return one line a problem, and how often each code occurs.

    >>> print(problems_to_text([Problem("a.csv", "a", 2, "x", "7", "unknown-code", "low or high")]))
    a.csv, row 2, column x: unknown-code: found '7'; expected low or high
    1 problem: 1 unknown-code
    """
    counts = Counter(problem.code for problem in problems)
    total = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
    summary = ", ".join(f"{n} {code}" for code, n in sorted(counts.items()))
    lines = [str(problem) for problem in problems]
    return "\n".join([*lines, f"{total}: {summary}" if problems else "no problems"])


def problems_to_json(problems: Sequence[Problem]) -> str:
    """Return the problems as a JSON list of objects."""
    return json.dumps([asdict(problem) for problem in problems], ensure_ascii=False, indent=2)
