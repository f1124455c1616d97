"""Answers as workbooks of spreadsheets."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from kmgraph.errors import MissingExtraError

if TYPE_CHECKING:
    from kmgraph.questions.answer import Answer

Value = str | int | float | bool | None

#: Most characters of a cell, by the format; what is longer is cut and says so.
_LONGEST: Final = 32_767
_CUT: Final = " [cut]"
#: The time that the parts of the file bear, so that the same answer gives the same bytes.
_TIME: Final = (1980, 1, 1, 0, 0, 0)
#: Characters that XML cannot hold.
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: When it was made and changed, which openpyxl always writes.
_STAMPS: Final = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")


def to_xlsx(answer: Answer) -> bytes:
    """Return an answer as a workbook; the same answer gives the same bytes.

    Its sheets are the answer, the passages, and what is needed to check it: the question, its
    parameters, the version, what is unverified and the query. Numbers are numbers; a text is
    never a formula, whatever it begins with.

    :raises MissingExtraError: openpyxl is not installed.

    Source: https://ecma-international.org/publications-and-standards/standards/ecma-376/
    """
    return to_book(
        (
            ("answer", _answer_rows(answer)),
            ("passages", _passage_rows(answer)),
            ("about", _about_rows(answer)),
        )
    )


def to_book(sheets: Iterable[tuple[str, Iterable[Sequence[Value]]]]) -> bytes:
    """Return rows as a workbook; the same rows give the same bytes.

    :param sheets: title and rows of each sheet, the heading first.
    :raises MissingExtraError: openpyxl is not installed.

    >>> to_book([("ratings", [["case", "score"], ["Ward 1", 0.5]])])[:2]
    b'PK'
    """
    try:
        import openpyxl
    except ImportError:
        raise MissingExtraError("openpyxl", "files") from None
    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_times(buffer.getvalue())


def _answer_rows(answer: Answer) -> Iterable[Sequence[Value]]:
    """Yield the heading and the rows; passages are named by their numbers in the next sheet."""
    numbers = {passage.iri: number for number, passage in enumerate(answer.passages, 1)}
    unverified = answer.question.unverified
    yield [*answer.variables, *(["unverified"] if unverified else [])]
    for row in answer.rows:
        found = [
            ", ".join(str(numbers[iri]) for iri in row[column.name])
            if column.kind == "passages"
            else _plain(row[column.name])
            for column in answer.columns
        ]
        yield [*found, *([unverified] if unverified else [])]


def _passage_rows(answer: Answer) -> Iterable[Sequence[Value]]:
    """Yield the passages with their numbers."""
    yield ["number", "place", "gist", "quote", "iri"]
    for number, one in enumerate(answer.passages, 1):
        yield [number, one.place, one.gist, one.quote, one.iri]


def _about_rows(answer: Answer) -> Iterable[Sequence[Value]]:
    """Yield what is needed to check the answer."""
    question = answer.question
    yield ["id", question.id]
    yield ["title", question.title]
    yield ["question", question.question]
    yield from (["parameter", f"{name}={value}"] for name, value in answer.parameters.items())
    yield from (["column", f"{column.name}: {column.meaning}"] for column in answer.columns)
    yield ["generation", answer.generation]
    yield ["synthetic", "yes" if answer.is_synthetic else "no"]
    yield ["unverified", question.unverified or "nothing is noted"]
    if answer.note:
        yield ["note", answer.note]
    if answer.page is not None:
        yield ["page", f"{answer.page} of {answer.pages}"]
    if answer.most_listed is not None:
        yield ["lists", f"of {answer.most_listed} records a row at most"]
    yield ["cite", answer.cite]
    yield ["query", answer.query]


def _plain(value: Any) -> Value:
    """Return a value as a cell holds it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, str | int | float):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _cell(sheet: Any, value: Value) -> Any:
    """Return a cell; a text is kept from being read as a formula or as an error."""
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell

    text = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", value)
    if len(text) > _LONGEST:
        text = text[: _LONGEST - len(_CUT)] + _CUT
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    # A program that saves the sheet in another format goes on taking it for text.
    cell.quotePrefix = text[:1] in tuple("=+-@\t\r")
    return cell


def _without_times(content: bytes) -> bytes:
    """Return a workbook without the times at which it was made."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as read,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for name in sorted(read.namelist()):
            body = read.read(name)
            if name == "docProps/core.xml":
                body = _STAMPS.sub(b"", body)
            part = zipfile.ZipInfo(name, _TIME)
            part.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(part, body)
    return buffer.getvalue()
