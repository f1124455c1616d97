"""Read what people answered, and how many could have answered."""

from __future__ import annotations

import dataclasses
import difflib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from kmgraph.bundles.cells import CellProblem, read_item
from kmgraph.bundles.problems import sort_problems
from kmgraph.errors import BundleError
from kmgraph.instruments.answers import Answer, Eligible
from kmgraph.instruments.catalogue import Instrument, Scale, ScoringRule
from kmgraph.instruments.sheets import Sheet, table_of
from kmgraph.records import Column, Kind
from kmgraph.records.base import Table
from kmgraph.vocabulary import load_vocabulary

#: Answers, in lower case, that mean do not know and are left out.
DONT_KNOW: Final = frozenset({"", "dk", "na", "n/a", "don't know", "do not know", "not applicable"})
#: Codes of problems that only a file of answers can have, beside those of bundles.
RESPONSE_CODES: Final[dict[str, str]] = {
    "no-rows": "The file has a header and nothing below it.",
    "unknown-scale": "The instrument has no scale of this id.",
    "repeated-row": "The same person, item and round, or the same unit and round, stands twice.",
    "conflicting-value": "In a round, a person has one unit, and a unit one case and facility.",
}
#: What ties a person to a place within a round, and a unit to what lies above it.
_OF_PERSON: Final = ("unit", "case", "facility", "role")
_OF_UNIT: Final = ("case", "facility")

_RESPONSES: Final = table_of(
    "responses",
    "One answer of one respondent to one item.",
    (
        Column("respondent", Kind.ID, "Pseudonym of who answers.", "n17", required=True),
        Column("case", Kind.ID, "Id of the case that is rated.", "ward-3-falls", required=True),
        Column("unit", Kind.ID, "Id of the unit of the respondent.", "ward-3", required=True),
        Column("facility", Kind.ID, "Id of the facility that the unit belongs to.", "st-mary"),
        Column("role", Kind.TEXT, "Role of the respondent.", "nurse"),
        Column("date", Kind.DATE, "Date of the survey round, the same for all in it.", "2011-03"),
        Column("scale", Kind.NAME, "Id of the scale.", "ORCA.C.1", required=True),
        Column("item", Kind.NAME, "Number of the item within its scale.", "1", required=True),
        # Its cells may be empty; a file without the column would be one of do-not-knows alone.
        Column(
            "answer",
            Kind.NAME,
            "The answer; dk, na or nothing for do not know.",
            "4",
            required=True,
        ),
    ),
)
_ELIGIBLE: Final = table_of(
    "eligible",
    "How many people of one unit could have answered.",
    (
        Column("unit", Kind.ID, "Id of the unit.", "ward-3", required=True),
        Column(
            "eligible", Kind.INTEGER, "Number of people.", "20", required=True, minimum=Decimal(0)
        ),
        Column("date", Kind.DATE, "Date of the survey round; empty for every round.", "2011-03"),
        Column("facility", Kind.ID, "Facility, where nobody of the unit answered.", "st-mary"),
        Column("case", Kind.ID, "Case, where nobody of the unit answered.", "ward-3-falls"),
    ),
)


def read_responses(
    path: str | Path,
    instrument: Instrument,
    *,
    with_facility: bool = False,
    encoding: str | None = None,
) -> list[Answer]:
    """Read a CSV file of answers: one row for each respondent and item.

    :param with_facility: whether each row needs a facility, as scores of facilities do.
    :param encoding: encoding of a file that is not UTF-8 or UTF-16, such as ``cp1252``.
    :returns: the answers, in the order of the file.
    :raises BundleError: with everything that is wrong with the file.
    :raises InputError: there is no such encoding.
    :raises OSError: the file cannot be opened.

    >>> import tempfile
    >>> from kmgraph.instruments.catalogue import find_instrument
    >>> path = Path(tempfile.mkdtemp(), "answers.csv")
    >>> _ = path.write_text("respondent,case,unit,scale,item,answer\\nn1,c1,u1,ORCA.C.1,1,9\\n")
    >>> try: read_responses(path, find_instrument("ORCA"))
    ... except BundleError as error: print(error.problems[0])
    answers.csv, row 2, column answer: out-of-range: found '9'; expected a number from 1 to 5
    """
    table = _needing("facility") if with_facility else _RESPONSES
    sheet = Sheet(Path(path), table, encoding=encoding, empty_cells=("answer",))
    answers = [
        (number, answer)
        for number, row in sheet.rows()
        if (answer := _answer(sheet, number, row, instrument)) is not None
    ]
    _check_repeats(sheet, answers, ("respondent", "date", "scale", "item"), "item")
    _check_ties(sheet, answers, "respondent", _OF_PERSON)
    _check_ties(sheet, answers, "unit", _OF_UNIT)
    _raise_for(sheet)
    return [answer for _, answer in answers]


def read_eligible(
    path: str | Path, answers: Iterable[Answer], *, encoding: str | None = None
) -> list[Eligible]:
    """Read a CSV file of how many people of each unit could have answered.

    :param answers: the answers, of which a unit cannot have more than people.
    :param encoding: encoding of a file that is not UTF-8 or UTF-16, such as ``cp1252``.
    :raises BundleError: with everything that is wrong with the file.
    :raises InputError: there is no such encoding.
    :raises OSError: the file cannot be opened.
    """
    sheet = Sheet(Path(path), _ELIGIBLE, encoding=encoding)
    names = {column.name for column in _ELIGIBLE.columns}
    units = [
        (number, Eligible(**{"count": row.pop("eligible"), **row}))
        for number, row in sheet.rows()
        if row.keys() == names
    ]
    _check_repeats(sheet, units, ("unit", "date"), "unit")
    people: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    rounds: dict[str, set[str | None]] = defaultdict(set)
    for answer in answers:
        people[answer.unit, answer.date].add(answer.respondent)
        rounds[answer.unit].add(answer.date)
    for number, unit in units:
        dates = rounds[unit.unit] if unit.date is None else {unit.date}
        most = max((len(people[unit.unit, date]) for date in dates), default=0)
        if unit.count < most:
            expected = f"a number not below the {most} people who answered"
            sheet.fault(number, "eligible", unit.count, "out-of-range", expected)
    _raise_for(sheet)
    return [unit for _, unit in units]


def _needing(name: str) -> Table:
    """Return the columns of answers with one more that is needed."""
    return dataclasses.replace(
        _RESPONSES,
        columns=tuple(
            dataclasses.replace(column, required=column.required or column.name == name)
            for column in _RESPONSES.columns
        ),
    )


def _answer(
    sheet: Sheet, number: int, row: dict[str, Any], instrument: Instrument
) -> Answer | None:
    """Return the answer of a row, or None where a cell of it is wrong."""
    scale = _scale(sheet, number, row.get("scale"), instrument)
    if scale is None:
        return None
    before = len(sheet.problems)
    item = _number(sheet, number, "item", row.get("item"), 1, scale.item_count)
    value = _answer_value(sheet, number, row.get("answer"), scale)
    whole = {column.name for column in sheet.table.columns} == row.keys()
    if not whole or item is None or len(sheet.problems) > before:
        return None
    cells = {name: cell for name, cell in row.items() if name != "answer"}
    return Answer(**{**cells, "item": int(item), "value": value})


def _scale(sheet: Sheet, number: int, name: str | None, instrument: Instrument) -> Scale | None:
    """Return the scale of a row; an unknown one is a problem."""
    if name is not None and name not in instrument.scales:
        near = difflib.get_close_matches(name, instrument.scales, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        expected = f"a scale of {instrument.name}: {', '.join(instrument.scales)}{hint}"
        sheet.fault(number, "scale", name, "unknown-scale", expected)
    return instrument.scales.get(name or "")


def _answer_value(sheet: Sheet, number: int, text: str | None, scale: Scale) -> Decimal | None:
    """Return an answer as a number, or None for do not know."""
    if text is None or text.casefold() in DONT_KNOW:
        return None
    low, high = scale.answer_minimum, scale.answer_maximum
    if scale.dont_know is not None and text == str(int(scale.dont_know)):
        return None
    recoded = scale.rule is ScoringRule.COUNT
    return _number(sheet, number, "answer", text, low, high, whole=not recoded)


def _number(
    sheet: Sheet,
    number: int,
    name: str,
    text: str | None,
    low: Decimal | int,
    high: Decimal | int,
    *,
    whole: bool = True,
) -> Decimal | None:
    """Return a number of a range; another is a problem."""
    if text is None:
        return None
    kind = Kind.INTEGER if whole else Kind.DECIMAL
    column = Column(name, kind, "", "", minimum=Decimal(low), maximum=Decimal(high))
    value = read_item(column, text, load_vocabulary())
    if isinstance(value, CellProblem):
        sheet.fault(number, name, value.found, value.code, value.expected)
        return None
    return Decimal(value)


_Rows = Sequence[tuple[int, Answer]] | Sequence[tuple[int, Eligible]]


def _check_repeats(sheet: Sheet, rows: _Rows, names: tuple[str, ...], column: str) -> None:
    """Report rows that say the same twice."""
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in rows:
        key = tuple(getattr(row, name) for name in names)
        first = seen.setdefault(key, number)
        if first != number:
            expected = f"one row; row {first} has it already"
            sheet.fault(number, column, getattr(row, column), "repeated-row", expected)


def _check_ties(
    sheet: Sheet, rows: Sequence[tuple[int, Answer]], owner: str, columns: tuple[str, ...]
) -> None:
    """Report who or what is in two places within one round, once each."""
    first: dict[tuple[str, str | None], tuple[int, Answer]] = {}
    told: set[tuple[str, str | None, str]] = set()
    for number, row in rows:
        key = (getattr(row, owner), row.date)
        line, known = first.setdefault(key, (number, row))
        for column in columns:
            value, wanted = getattr(row, column), getattr(known, column)
            if value != wanted and (*key, column) not in told:
                told.add((*key, column))
                expected = f"{wanted or 'nothing'}, as {owner} {key[0]} has it in row {line}"
                sheet.fault(number, column, value, "conflicting-value", expected)


def _raise_for(sheet: Sheet) -> None:
    """Raise where the file has problems.

    :raises BundleError: with all of them.
    """
    if sheet.problems:
        count = len(sheet.problems)
        raise BundleError(
            f"{sheet.path.name} has {count} problem{'s' if count != 1 else ''}; nothing was "
            "scored. Correct them and score again",
            sort_problems(sheet.problems),
        )
