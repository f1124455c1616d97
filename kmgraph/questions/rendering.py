"""Answers as text, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from kmgraph.listings import load_listings
from kmgraph.questions.model import Returned
from kmgraph.questions.parameters import to_text

if TYPE_CHECKING:
    from kmgraph.questions.answer import Answer

#: Widest column of a table, in characters; longer texts go on below.
_CELL_WIDTH: Final = 32
#: Widest heading of a column, in characters.
_HEAD_WIDTH: Final = 12
#: Widest line of the text around a table, in characters.
_TEXT_WIDTH: Final = 100


def to_table(answer: Answer) -> str:
    """Return an answer as text: the question, a table, and the passages by number.

    An IRI that another column names is left out, and so is a column without a value.
    """
    question = answer.question
    parts = [f"{question.id}  {question.title}", _wrapped(question.question)]
    if answer.parameters:
        parts.append("with " + ", ".join(f"{k}={v}" for k, v in answer.parameters.items()))
    parts += ["", *_table(answer), "", f"{len(answer.terms)} row(s)"]
    if answer.page is not None:
        parts.append(f"page {answer.page} of {answer.pages}: {answer.total} {_listed(answer)}")
    if answer.most_listed is not None:
        parts.append(
            f"counted beforehand; lists tell of {answer.most_listed} records a row at most, "
            "--whole of all"
        )
    if answer.note:
        parts += ["", _wrapped(f"Note: {answer.note}")]
    if question.unverified:
        parts += ["", _wrapped(f"Unverified: {question.unverified}")]
    parts += ["", "Passages" if answer.passages else "No passages"]
    for number, passage in enumerate(answer.passages, 1):
        text = f"[{number}] {passage.place}"
        text += f": {passage.gist}" if passage.gist else ""
        text += f" “{passage.quote}”" if passage.quote else ""
        parts.append(_wrapped(text, indent="    "))
    return "\n".join(parts)


def _listed(answer: Answer) -> str:
    """Return what the pages of an answer are about."""
    listing = answer.question.listing
    if listing is None:
        return "row(s)"
    return load_listings()[listing.of].lists + (" looked at" if listing.wider else "")


def _wrapped(text: str, *, indent: str = "") -> str:
    """Return text in lines of a readable length."""
    return textwrap.fill(text, _TEXT_WIDTH, subsequent_indent=indent, break_long_words=False)


def _table(answer: Answer) -> list[str]:
    """Return the lines of the table."""
    named = {column.of for column in answer.columns if column.of}
    rows = answer.rows
    shown = [
        column
        for column in answer.columns
        if column.name not in named and any(row[column.name] not in (None, []) for row in rows)
    ]
    if not shown:
        return ["(no rows)"]
    numbers = {passage.iri: number for number, passage in enumerate(answer.passages, 1)}
    cells = [
        [_cell(column, row[column.name], numbers, answer.base) for column in shown] for row in rows
    ]
    heads = [_heading(column) for column in shown]
    widths = [
        max(len(line) for row in [heads, *cells] for line in row[index])
        for index in range(len(shown))
    ]
    lines = [*_line(heads, widths, shown), "  ".join("-" * width for width in widths)]
    for row in cells:
        lines += _line(row, widths, shown)
    return lines


def _heading(column: Returned) -> list[str]:
    """Return the lines of a column's heading: its name in words, a label by what it names."""
    words = re.sub("(?<=[a-z])(?=[A-Z])", " ", column.of or column.name).lower()
    return textwrap.wrap(words, _HEAD_WIDTH)


def _cell(column: Returned, value: Any, numbers: dict[str, int], base: str) -> list[str]:
    """Return the lines of one cell."""
    if value is None or value == []:
        return [""]
    if column.kind == "passages":
        text = f"[{_ranges(sorted(numbers[iri] for iri in value))}]"
    else:
        text = to_text(ox.NamedNode(value), base=base) if column.kind == "iri" else _plain(value)
    return textwrap.wrap(text, _CELL_WIDTH) or [""]


def _line(
    row: Sequence[Sequence[str]], widths: Sequence[int], columns: Sequence[Returned]
) -> list[str]:
    """Return one row of a table, as the lines that its highest cell needs."""
    return [
        "  ".join(
            _aligned(cell[level] if level < len(cell) else "", width, column)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ).rstrip()
        for level in range(max(len(cell) for cell in row))
    ]


def _aligned(text: str, width: int, column: Returned) -> str:
    """Return text at its side of a column: numbers to the right."""
    return text.rjust(width) if column.kind == "number" else text.ljust(width)


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers with runs shortened.

    >>> _ranges([1, 2, 3, 5, 8, 9])
    '1-3, 5, 8, 9'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts: Iterable[str] = (
        f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs
    )
    return ", ".join(texts)


def _plain(value: Any) -> str:
    """Return a value as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else str(value)


def to_csv(answer: Answer) -> str:
    """Return the rows as CSV with a header line.

    Passages are given twice: their IRIs, and in a further column their places in words. Where
    something in the answer rests on unchecked knowledge, the last column of each row says what.
    """
    unverified = answer.question.unverified
    places = {passage.iri: passage.place for passage in answer.passages}
    cited = [column.name for column in answer.columns if column.kind == "passages"]
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow([*answer.variables, "places", *(["unverified"] if unverified else [])])
    for row in answer.rows:
        where = "; ".join(places[iri] for name in cited for iri in row[name])
        caution = [unverified] if unverified else []
        writer.writerow([*(_plain(row[name]) for name in answer.variables), where, *caution])
    return output.getvalue()


def to_dict(answer: Answer) -> dict[str, Any]:
    """Return an answer in the structure of its JSON, with values that JSON can hold."""
    question = answer.question
    return {
        "question": {
            "id": question.id,
            "title": question.title,
            "question": question.question,
            "framework": question.framework,
            "status": question.status,
            "source": question.source,
            "unverified": question.unverified or None,
        },
        "parameters": dict(answer.parameters),
        "variables": [
            {key: value for key, value in asdict(column).items() if value}
            for column in answer.columns
        ],
        "rows": [{name: _json_value(value) for name, value in row.items()} for row in answer.rows],
        "passages": [passage.to_dict() for passage in answer.passages],
        "query": answer.query,
        "generation": answer.generation,
        "content_since": answer.content_since,
        "cite": answer.cite,
        "synthetic": answer.is_synthetic,
        "note": answer.note or None,
        **_paging(answer),
        **_counting(answer),
    }


def _paging(answer: Answer) -> dict[str, Any]:
    """Return which page an answer is and of how many; nothing for a whole answer."""
    if answer.page is None:
        return {}
    return {
        "page": answer.page,
        "page_size": answer.page_size,
        "pages": answer.pages,
        "total": answer.total,
        "listed": _listed(answer),
    }


def _counting(answer: Answer) -> dict[str, Any]:
    """Return what an answer was counted by beforehand; nothing where it was not."""
    if answer.twin is None:
        return {}
    return {"cube": list(answer.twin.groupings), "most_listed": answer.most_listed}


def _json_value(value: Any) -> Any:
    """Return a value as JSON holds it: dates in ISO 8601, decimals as numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, bool | int | float | str | list):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def to_json(answer: Answer) -> str:
    """Return an answer as JSON text, indented, in Unicode."""
    return json.dumps(to_dict(answer), ensure_ascii=False, indent=2) + "\n"
