"""Read one cell: from what a file holds to a typed value, or to what is wrong with it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.records import LIST_SEPARATOR, Column, Kind
from kmgraph.vocabulary import Vocabulary

#: Letters, digits and the marks that need no escape in an IRI; a colon names another dataset.
ID_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
#: Schemes that name or locate things; what only runs in a browser is none of them.
_SCHEMES: Final = "https?|urn|info|doi|ark|tag|mailto"
_IRI: Final = re.compile(rf"(?i:{_SCHEMES}):" r"[^\x00-\x20<>\"{}|\\^`]+")
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?\d{1,18}(?:\.0+)?", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_ITEM: Final = re.compile(rf"(?:[^\\{LIST_SEPARATOR}]|\\.|\\$)+", re.DOTALL)
_ESCAPED: Final = re.compile(rf"\\([\\{LIST_SEPARATOR}])")
_BOOLEANS: Final = {
    "yes": True, "true": True, "1": True, "y": True,
    "no": False, "false": False, "0": False, "n": False,
}  # fmt: skip
_EXCEL_ERRORS: Final = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)
#: Day 0 of the spreadsheet calendar that counts 1900 as a leap year.
_EXCEL_EPOCH: Final = dt.date(1899, 12, 30)
#: Numbers that a date cell may hold as days of that calendar; smaller ones are years.
EXCEL_SERIALS: Final = range(10_000, 2_958_466)


class UncachedFormula(str):
    """A formula whose value the spreadsheet program did not save."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with a cell: a code, what was found, what was expected."""

    code: str
    found: str
    expected: str


def is_excel_error(value: object) -> bool:
    """Return whether a spreadsheet wrote an error instead of a value."""
    return isinstance(value, str) and value.strip() in _EXCEL_ERRORS


def printable(text: str) -> str:
    """Return a text with the bytes that are no text written out.

    >>> printable("caf\\udce9")
    'caf\\\\udce9'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def cell_text(value: object) -> str:
    """Return a raw cell as text, as a person would have typed it.

    >>> cell_text(3.0), cell_text(True), cell_text("  a "), cell_text(dt.date(2010, 5, 1))
    ('3', 'yes', 'a', '2010-05-01')
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return join_items([cell_text(item) for item in value])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return str(value)
    if isinstance(value, float):
        # Spreadsheets show 15 significant digits; the rest is the noise of binary fractions.
        decimal = Decimal(f"{value:.15g}")
        return format(decimal.normalize() + 0, "f")
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) < 40 else str(value)
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def split_items(text: str) -> list[str]:
    r"""Return the items of a cell; ``\;`` stands for a semicolon inside an item, ``\\`` for ``\``.

    >>> split_items(r"one; two\;half ;")
    ['one', 'two;half']
    """
    items = (_ESCAPED.sub(r"\1", part.strip()) for part in _ITEM.findall(text))
    return [item for item in items if item]


def join_items(items: list[str]) -> str:
    r"""Return one cell that holds the items.

    >>> join_items(["one", "two;half"])
    'one;two\\;half'
    """
    escaped = (
        i.replace("\\", "\\\\").replace(LIST_SEPARATOR, rf"\{LIST_SEPARATOR}") for i in items
    )
    return LIST_SEPARATOR.join(escaped)


def read_cell(column: Column, raw: object, vocabulary: Vocabulary) -> tuple[Any, list[CellProblem]]:
    """Read a cell.

    :param raw: what the file holds: text, a number, a date, a boolean, a list of these, or None.
    :returns: the value and the problems. The value is None for an empty cell, a tuple for a
        column that may hold several, otherwise a str, int, Decimal or bool.
    """
    if isinstance(raw, list | tuple):
        if any(isinstance(item, list | tuple | dict) for item in raw):
            return None, [CellProblem("bad-value", str(raw), "a list of plain values")]
        items = [item for item in map(cell_text, raw) if item]
        if not column.many and len(items) > 1:
            return None, [CellProblem("too-many-values", cell_text(raw), "one value")]
    elif isinstance(raw, dict):
        return None, [CellProblem("bad-value", str(raw), "a plain value")]
    elif isinstance(raw, UncachedFormula):
        expected = "the value of the formula, saved with the workbook"
        return None, [CellProblem("excel-error", str(raw), expected)]
    elif is_excel_error(raw):
        return None, [CellProblem("excel-error", str(raw), column.doc)]
    elif isinstance(raw, bool) and column.kind is not Kind.BOOLEAN:
        return None, [CellProblem("bad-value", cell_text(raw), column.doc)]
    else:
        text = cell_text(_date_of_serial(raw) if column.kind is Kind.DATE else raw)
        items = split_items(text) if column.many else [text] if text else []
    return _read_items(column, items, vocabulary)


def _date_of_serial(raw: object) -> object:
    """Return the date that a number stands for in a spreadsheet; other cells as they are."""
    if isinstance(raw, int | float | Decimal) and raw == int(raw) and int(raw) in EXCEL_SERIALS:
        return _EXCEL_EPOCH + dt.timedelta(days=int(raw))
    return raw


def _read_items(
    column: Column, items: list[str], vocabulary: Vocabulary
) -> tuple[Any, list[CellProblem]]:
    """Read the items of a cell."""
    values: list[Any] = []
    problems: list[CellProblem] = []
    for item in items:
        if _SURROGATE.search(item):
            problems.append(CellProblem("bad-encoding", ascii(item)[1:-1], "text in UTF-8"))
            continue
        if _CONTROL.search(item):
            problems.append(CellProblem("bad-character", ascii(item)[1:-1], "printable text"))
            continue
        value = read_item(column, item, vocabulary)
        if isinstance(value, CellProblem):
            problems.append(value)
        elif value in values:
            problems.append(CellProblem("repeated-item", item, "each item once"))
        else:
            values.append(value)
    if column.many:
        return tuple(values), problems
    return (values[0] if values else None), problems


def read_item(column: Column, item: str, vocabulary: Vocabulary) -> Any:
    """Return the typed value of one item, or the :class:`CellProblem` it has."""
    kind = column.kind
    if kind in (Kind.TEXT, Kind.NAME, Kind.TERM, Kind.REF):
        return item
    if kind is Kind.ID:
        ok = all(ID_PATTERN.fullmatch(part) for part in item.split(":", 1))
        return item if ok else CellProblem("bad-id", item, "letters, digits and . - _ ~ only")
    if kind is Kind.DATE:
        return _read_date(item)
    if kind in (Kind.INTEGER, Kind.DECIMAL):
        return _read_number(column, item)
    if kind is Kind.BOOLEAN:
        value = _BOOLEANS.get(item.lower())
        return CellProblem("bad-boolean", item, "yes or no") if value is None else value
    if kind is Kind.IRI:
        return item if is_iri(item) else CellProblem("bad-iri", item, "an absolute IRI")
    if kind is Kind.SHA256:
        ok = bool(_SHA256.fullmatch(item))
        return item.lower() if ok else CellProblem("bad-sha256", item, "64 hexadecimal digits")
    return _read_word(column, item, vocabulary)


def is_iri(text: str) -> bool:
    """Return whether a text is an absolute IRI that the store takes.

    >>> is_iri("https://x.org/a"), is_iri("https://x.org/100%"), is_iri("a b")
    (True, False, False)
    """
    if not _IRI.fullmatch(text):
        return False
    try:
        next(iter(ox.parse(f"<{text}> <{text}> <{text}> .", ox.RdfFormat.N_TRIPLES)))
    except SyntaxError:
        return False
    return True


def _read_date(item: str) -> str | CellProblem:
    """Return an ISO date."""
    expected = "a date as 2010, 2010-05 or 2010-05-31"
    text = item[:10] if re.fullmatch(r"\d{4}-\d{2}-\d{2}[T ]00:00(:00(\.0+)?)?Z?", item) else item
    match = _DATE.fullmatch(text)
    if not match:
        return CellProblem("bad-date", item, expected)
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        dt.date(year, month, day)
    except ValueError as error:
        return CellProblem("bad-date", item, f"{expected} ({error})")
    return text


def _read_number(column: Column, item: str) -> int | Decimal | CellProblem:
    """Return a number inside its range."""
    whole = column.kind is Kind.INTEGER
    if not (_INTEGER if whole else _DECIMAL).fullmatch(item):
        if whole:
            return CellProblem("bad-integer", item, "a whole number such as 12")
        return CellProblem("bad-decimal", item, "a number with a decimal point such as 0.5")
    value = Decimal(item)
    low, high = column.minimum, column.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        between = f"{'…' if low is None else low} to {'…' if high is None else high}"
        return CellProblem("out-of-range", item, f"a number from {between}")
    return int(value) if whole else value


def _read_word(column: Column, item: str, vocabulary: Vocabulary) -> str | CellProblem:
    """Return a word of a fixed list."""
    if column.kind in (Kind.CODE, Kind.TYPE):
        codes = vocabulary.codes.get(column.codes, {})
        word = item.lower().replace(" ", "_").replace("-", "_")
        if word in codes:
            return word
        return CellProblem("unknown-code", item, "one of " + ", ".join(codes))
    if column.kind is Kind.CONSTRUCT:
        if item in vocabulary.constructs:
            return item
        return CellProblem("unknown-construct", item, "an id such as PARIHS.C.culture")
    if column.kind is Kind.SCHEME:
        if item in vocabulary.schemes:
            return item
        return CellProblem(
            "unknown-framework", item, "one of " + ", ".join(sorted(vocabulary.schemes))
        )
    if item in vocabulary.properties:
        return item
    return CellProblem("unknown-property", item, "a property such as km:theme")
