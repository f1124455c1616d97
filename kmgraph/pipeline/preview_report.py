"""What a preview is told by: rows with mistakes, what differs, and which answers do, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.bundles.problems import CODES, Problem
from kmgraph.namespaces import compact
from kmgraph.questions import Question, load_catalogue
from kmgraph.records import TABLES
from kmgraph.terms import Term, display
from kmgraph.validation import Location, Report, Result, Severity
from kmgraph.versions import AnswerChange, AnswerReport, Difference, RecordChange, answer_changes
from kmgraph.versions.answers import row_text
from kmgraph.versions.records import CHANGED

#: The columns of a report, in order.
COLUMNS: Final = (
    "severity", "file", "sheet", "row", "column", "found", "problem", "expected", "code", "record",
)  # fmt: skip
_WORDS: Final = {
    Severity.VIOLATION: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "remark",
}
#: Longest text of a cell, a value or a row that is told.
_MOST_CHARACTERS: Final = 500
#: Rows of an answer that are told.
_MOST_ROWS: Final = 50
#: Rows of a report, and records that differ, that are told; more are counted.
MOST_REMARKS: Final = 50_000
_MOST_RECORDS: Final = 20_000

Row = dict[str, Any]


def rows_of_problems(problems: Iterable[Problem]) -> list[Row]:
    """Return the problems of bundles as rows of a report, each with what it means.

    >>> problem = Problem("studies.csv", "studies", 5, "end", "2009", "end-before-start", "a date")
    >>> row = rows_of_problems([problem])[0]
    >>> row["sheet"], row["row"], row["column"], row["problem"]
    ('studies', 5, 'end', 'The end lies before the start.')
    """
    return [
        _row(
            severity="error",
            file=one.file,
            sheet=one.sheet,
            row=one.row,
            column=one.column,
            found=_cut(one.value),
            problem=CODES[one.code],
            expected=_cut(one.expected),
            code=one.code,
        )
        for one in problems
    ]


def rows_of_report(report: Report) -> list[Row]:
    """Return what the shapes found as rows of a report, the gravest first.

    >>> rows_of_report(Report.of([]))
    []
    """
    found = sorted(report.results, key=lambda one: one.severity.rank)
    return [_row_of_result(one) for one in found]


def _row_of_result(result: Result) -> Row:
    """Return one result of validation as a row, with the column that holds its property."""
    place = result.location or Location("", 0, "", "")
    path = result.path.value if isinstance(result.path, ox.NamedNode) else ""
    # A shape that is about the record as a whole gives the record as its value.
    is_told = result.value is not None and result.value != result.focus_node
    return _row(
        severity=_WORDS[result.severity],
        file=place.file,
        sheet=place.sheet,
        row=place.row,
        column=_column(place.sheet, path),
        found=_cut(display(result.value)) if is_told and result.value is not None else "",
        problem=result.message,
        code="shape",
        record=str(getattr(result.focus_node, "value", "")),
    )


def _row(**cells: Any) -> Row:
    """Return a row with all of its columns."""
    return {name: cells.get(name, "") for name in COLUMNS}


def _column(sheet: str, path: str) -> str:
    """Return the column of a sheet that becomes a property, or the property where none does."""
    if not path:
        return ""
    name = compact(path)
    columns = TABLES[sheet].columns if sheet in TABLES else ()
    return next((column.name for column in columns if column.predicate == name), name)


def _cut(text: str) -> str:
    """Return a text that is not too long to be told."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def comparison(difference: Difference) -> dict[str, Any]:
    """Return what differs between two generations in triples and in records.

    Of the answers to saved questions nothing is told yet; see :func:`compare_answers`.
    """
    counts = difference.touched().counts
    graphs = [
        {
            "name": graph.name,
            "part": graph.part,
            "added": counts.get(graph.iri, (0, 0))[0],
            "removed": counts.get(graph.iri, (0, 0))[1],
        }
        for graph in difference.graphs
    ]
    base, numbers = difference.new_store.base, Counter[str]()
    records: list[dict[str, Any]] = []
    for change in difference.records():
        numbers[change.change] += 1
        if len(records) < _MOST_RECORDS:
            records.append(_record(change, base))
    return {
        "before": difference.old.id,
        "graphs": graphs,
        "numbers": dict(numbers),
        "records": sorted(records, key=lambda one: (str(one["kind"]), str(one["iri"]))),
        **_answers([], AnswerReport(), is_done=True),
    }


def _record(change: RecordChange, base: str) -> dict[str, Any]:
    """Return a record that changed as plain values.

    Of one that is new or gone all properties differ, and none is told.
    """
    properties = change.properties if change.change == CHANGED else ()
    return {
        "iri": change.iri,
        "change": change.change,
        "kind": change.kind,
        "label": _cut(change.label),
        "properties": [
            {
                "property": compact(one.predicate),
                "before": _texts(one.removed, base),
                "after": _texts(one.added, base),
            }
            for one in properties
        ],
    }


def _texts(terms: Iterable[Term], base: str) -> list[str]:
    """Return terms as short texts; records of the store without its base."""
    return [_cut(_short(display(term), base)) for term in terms]


def compare_answers(difference: Difference, tell: Callable[[dict[str, Any]], None]) -> None:
    """Ask the saved questions of both generations, and tell which are answered differently.

    A question may take minutes, so what is known so far is told after each.

    :param tell: takes ``answers``; ``asked`` and ``unaffected``, as numbers of questions; the ids
        of questions that were ``not_asked``; and whether it goes on, as ``comparing``.
    """
    report, found = AnswerReport(), list[dict[str, Any]]()

    def telling() -> Iterator[Question]:
        """Yield the questions, and tell before each what came of those before it."""
        for question in load_catalogue().values():
            tell(_answers(found, report, is_done=False))
            yield question

    for change in answer_changes(difference, questions=telling(), report=report):
        found.append(_answer(difference, change))
    tell(_answers(found, report, is_done=True))


def _answers(found: list[dict[str, Any]], report: AnswerReport, *, is_done: bool) -> dict[str, Any]:
    """Return what is told of answers."""
    known = {*report.asked, *report.unaffected} - set(report.failed)
    return {
        "answers": found,
        "asked": len(report.asked),
        "unaffected": len(report.unaffected),
        "not_asked": [name for name in load_catalogue() if name not in known],
        "comparing": not is_done,
    }


def _answer(difference: Difference, change: AnswerChange) -> dict[str, Any]:
    """Return one question whose answer differs as plain values."""
    base = difference.new_store.base
    return {
        "question": change.question.id,
        "title": change.question.title,
        "parameters": {name: _short(value, base) for name, value in change.parameters.items()},
        "before": change.rows_before,
        "after": change.rows_after,
        "differ": len(change.rows),
        "rows": [
            {
                "change": row.change,
                "text": _cut(row_text(change.question, row, base)),
                "because_of": list(row.because_of),
            }
            for row in change.rows[:_MOST_ROWS]
        ],
    }


def _short(value: str, base: str) -> str:
    """Return a value without the base of the store."""
    return value.removeprefix(base)


def table_rows(outcome: Mapping[str, Any], part: str) -> list[Row]:
    """Return a part of what is told of a preview as the rows of a table.

    :param part: ``report``, ``changes`` or ``answers``.

    >>> table_rows({"report": [], "comparison": None}, "changes")
    []
    """
    if part == "report":
        return list(outcome["report"])
    told = outcome.get("comparison") or {"records": [], "answers": []}
    return list(_changes(told["records"]) if part == "changes" else _differing(told["answers"]))


def _changes(records: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Yield a row for each property of each record that differs; one for a record that is new."""
    nothing = {"property": "", "before": [], "after": []}
    for record in records:
        head = {name: record[name] for name in ("change", "kind", "iri", "label")}
        for one in record["properties"] or [nothing]:
            yield {
                **head,
                "property": one["property"],
                "before": "; ".join(one["before"]),
                "after": "; ".join(one["after"]),
            }


def _differing(answers: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Yield a row for each row of an answer that differs."""
    for answer in answers:
        given = ", ".join(f"{name}={value}" for name, value in answer["parameters"].items())
        for row in answer["rows"]:
            yield {
                "question": answer["question"],
                "title": answer["title"],
                "parameters": given,
                "change": row["change"],
                "row": row["text"],
                "because_of": " ".join(row["because_of"]),
            }
