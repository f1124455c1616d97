"""What the page of a preview tells, in the order in which people look at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

_ORDER: Final = {"error": 0, "warning": 1, "remark": 2}
_CHANGES: Final = ("added", "changed", "removed")
#: What people call the parts of a store.
_PARTS: Final = {
    "asserted": "recorded",
    "vocabulary": "shipped with kmgraph",
    "derived": "worked out",
}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is remarked about the rows of one sheet of one file.

    :ivar place: file, and the sheet where that is another name; empty for the whole bundle.
    :ivar rows: the remarks in the order of the rows.
    """

    place: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A saved question that is answered differently.

    :ivar title: its title.
    :ivar first: how the answer differs that has no parameters, or the first that does.
    :ivar others: the same of the answers for some values of its parameters.
    """

    title: str
    first: Row
    others: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows of a preview.

    :ivar errors: mistakes, by file and sheet.
    :ivar others: warnings and remarks, by file and sheet.
    :ivar error_count: number of mistakes.
    :ivar other_count: number of warnings and remarks.
    :ivar kinds: sheet to number of records.
    :ivar numbers: how records changed, to how many did.
    :ivar changes: how the records changed, to those that are told.
    :ivar graphs: the graphs in which triples differ.
    :ivar questions: the questions that are answered differently.
    """

    errors: tuple[Remarks, ...]
    others: tuple[Remarks, ...]
    error_count: int
    other_count: int
    kinds: Mapping[str, int]
    numbers: Mapping[str, int]
    changes: Mapping[str, Sequence[Row]]
    graphs: Sequence[Row]
    questions: tuple[Question, ...]


def shown(told: Mapping[str, Any]) -> Shown:
    """Return what a page shows of what came of an upload.

    :param told: what :mod:`kmgraph.pipeline.preview_process` left.

    >>> shown({"report": [], "comparison": None}).error_count
    0
    """
    report = told["report"]
    errors = [row for row in report if row["severity"] == "error"]
    others = [row for row in report if row["severity"] != "error"]
    comparison = told["comparison"] or {"records": [], "graphs": [], "answers": [], "numbers": {}}
    records = comparison["records"]
    return Shown(
        errors=_by_place(errors),
        others=_by_place(others),
        error_count=len(errors) + told.get("report_left", 0) * bool(errors),
        other_count=len(others),
        kinds=told.get("records", {}),
        numbers={change: comparison["numbers"].get(change, 0) for change in _CHANGES},
        changes={
            change: [one for one in records if one["change"] == change] for change in _CHANGES
        },
        graphs=[
            {**one, "holds": _PARTS.get(one["part"], one["part"])}
            for one in comparison["graphs"]
            if one["added"] or one["removed"]
        ],
        questions=tuple(_questions(comparison["answers"])),
    )


def _questions(answers: Sequence[Row]) -> Iterator[Question]:
    """Yield the questions, each with all of its answers that differ."""
    for _, found in groupby(answers, lambda one: str(one["question"])):
        first, *others = sorted(found, key=lambda one: len(one["parameters"]))
        yield Question(str(first["title"]), first, tuple(others))


def _by_place(rows: Sequence[Row]) -> tuple[Remarks, ...]:
    """Return remarks by file and sheet, each in the order of its rows."""

    def place(row: Row) -> str:
        file, sheet = str(row["file"]), str(row["sheet"])
        is_named_so = not sheet or file.rpartition(".")[0] == sheet
        return file if is_named_so else f"{file}, sheet {sheet}"

    ordered = sorted(
        rows, key=lambda one: (place(one), one["row"], _ORDER[one["severity"]], one["column"])
    )
    return tuple(Remarks(name, tuple(found)) for name, found in groupby(ordered, place))
