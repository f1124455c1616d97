"""The page of a saved question: its form, its answer, and what the answer rests on."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from kmgraph.errors import ParameterError
from kmgraph.namespaces import expand
from kmgraph.questions import Answer, Option, Parameter, PassageView, Question, Returned, options
from kmgraph.questions.headings import heading
from kmgraph.vocabulary import load_vocabulary
from kmgraph_server.pages import words
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.shown import Shown

if TYPE_CHECKING:
    from kmgraph_server.snapshots import Snapshot

#: Most choices that a form offers; beyond that a value is typed.
MAX_OPTIONS: Final = 500
#: Columns beyond which those that few rows fill are set below their rows.
MAX_COLUMNS: Final = 8
_Key = tuple[str, tuple[str, ...], tuple[str, ...], str]
_OPTIONS: Final[WeakKeyDictionary[Snapshot, dict[_Key, tuple[tuple[Option, ...], bool]]]] = (
    WeakKeyDictionary()
)
_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picker:
    """A field of a question's form.

    :ivar options: what can be chosen; none where a value is typed.
    :ivar suggestions: values that are offered while one types.
    :ivar kinds: classes whose records are looked for while one types, where they are too many.
    :ivar named: what the record is called that was given.
    """

    parameter: Parameter
    options: tuple[Option, ...]
    value: str
    suggestions: tuple[Option, ...] = ()
    kinds: tuple[str, ...] = ()
    named: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of an answer: a value, or the numbers of the passages that a row rests on."""

    value: Shown
    passages: tuple[int, ...] = ()
    is_passages: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A column with its heading in words."""

    text: str
    column: Returned


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its cells, and what stands below them because few rows have it."""

    cells: tuple[Cell, ...]
    details: tuple[tuple[Heading, Cell], ...]


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """An answer as a page shows it.

    :ivar constants: columns that have the same value in every row, with that value.
    :ivar meanings: all columns, with what they mean.
    :ivar total: number of rows, of which ``rows`` may hold fewer.
    :ivar passages: the passages that the shown rows rest on, by the number they are cited with.
    """

    columns: tuple[Heading, ...]
    rows: tuple[Line, ...]
    constants: tuple[tuple[Heading, Cell], ...]
    meanings: tuple[Heading, ...]
    total: int
    passages: tuple[tuple[int, PassageView], ...]


def pickers(question: Question, served: Snapshot, given: Mapping[str, str]) -> tuple[Picker, ...]:
    """Return the fields of a question's form, filled with what was given."""
    found = []
    for parameter in question.parameters:
        offered, is_many = _offered(parameter, served)
        value = given.get(parameter.name, "").strip()
        base = served.dataset.base
        value = _as_offered(parameter, value, offered, base) or parameter.default
        is_construct = parameter.kind == "construct" and not offered
        found.append(
            Picker(
                parameter,
                offered,
                value,
                _constructs(served.names) if is_construct else (),
                tuple(expand(one) for one in parameter.of) if is_many else (),
                served.names.name(value) if is_many and "://" in value else "",
            )
        )
    return tuple(found)


def _offered(parameter: Parameter, served: Snapshot) -> tuple[tuple[Option, ...], bool]:
    """Return the choices of a form, and whether there are too many to offer them.

    What a view holds stays the same, so it is read once.
    """
    key = (parameter.kind, parameter.of, parameter.choices, parameter.options)
    with _LOCK:
        known = _OPTIONS.setdefault(served, {})
    if key not in known:
        choices = tuple(options(parameter, served.dataset.store))
        is_many = len(choices) > MAX_OPTIONS
        known[key] = ((), True) if is_many else (choices, False)
    return known[key]


def _as_offered(parameter: Parameter, value: str, offered: Sequence[Option], base: str) -> str:
    """Return a value as the form offers it, so that an IRI is found among the short names."""
    if parameter.kind != "iri" or any(option.value == value for option in offered):
        return value
    try:
        term = parameter.to_term(value, base=base)
        same = (one.value for one in offered if parameter.to_term(one.value, base=base) == term)
        return next(same, value)
    except ParameterError:
        return value


def _constructs(names: Names) -> tuple[Option, ...]:
    """Return the constructs of all frameworks, by id."""
    known = load_vocabulary().constructs.values()
    listed = [Option(one.notation, names.name(one.iri)) for one in known]
    return tuple(sorted(listed, key=lambda option: option.value))


def lacks_required(question: Question, given: Mapping[str, str]) -> bool:
    """Say whether a parameter without which there is no answer was not given."""
    return any(
        parameter.required and not parameter.default and not given.get(parameter.name, "").strip()
        for parameter in question.parameters
    )


def tabulate(answer: Answer, names: Names, limit: int) -> AnswerTable:
    """Return an answer as a table whose cells link to the pages of what they name.

    :param limit: most rows that are shown.
    """
    rows = answer.rows
    named = {column.of for column in answer.columns if column.of}
    columns = [
        column
        for column in answer.columns
        if column.name not in named and any(row[column.name] not in (None, []) for row in rows)
    ]
    constant = [column for column in columns if _is_constant(column, rows)]
    varying = [column for column in columns if column not in constant]
    sparse = _sparse(varying, rows)
    numbers = {passage.iri: number for number, passage in enumerate(answer.passages, 1)}

    def cells(row: Mapping[str, Any], chosen: Sequence[Returned]) -> list[Cell]:
        return [_cell(column, row, numbers, names) for column in chosen]

    full = [column for column in varying if column not in sparse]
    heads = {column.name: Heading(heading(column), column) for column in columns}
    shown = rows[:limit]
    cited = {
        numbers[iri]
        for row in shown
        for column in columns
        if column.kind == "passages"
        for iri in row[column.name]
    }
    return AnswerTable(
        tuple(heads[column.name] for column in full),
        tuple(
            Line(
                tuple(cells(row, full)),
                tuple(
                    (heads[column.name], cell)
                    for column, cell in zip(sparse, cells(row, sparse), strict=True)
                    if cell.value.text
                ),
            )
            for row in shown
        ),
        tuple(
            (heads[column.name], cell)
            for row in rows[:1]
            for column, cell in zip(constant, cells(row, constant), strict=True)
        ),
        tuple(heads.values()),
        len(rows),
        tuple((n, p) for n, p in enumerate(answer.passages, 1) if n in cited),
    )


def _is_constant(column: Returned, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a column names the same record or gives the same text in every row."""
    if len(rows) < 3 or column.kind in ("number", "passages"):
        return False
    keys = (column.name, column.of) if column.of else (column.name,)
    return all(row[key] == rows[0][key] for row in rows for key in keys)


def _sparse(columns: Sequence[Returned], rows: Sequence[Mapping[str, Any]]) -> list[Returned]:
    """Return the columns of a wide table that stay empty in most rows."""
    if len(columns) <= MAX_COLUMNS or len(rows) < 3:
        return []
    return [
        column
        for column in columns
        if column.kind != "passages"
        and sum(row[column.name] is not None for row in rows) * 2 < len(rows)
    ]


def _cell(
    column: Returned, row: Mapping[str, Any], numbers: Mapping[str, int], names: Names
) -> Cell:
    """Return one cell."""
    value = row[column.name]
    if column.kind == "passages":
        return Cell(Shown(""), tuple(sorted(numbers[iri] for iri in value)), is_passages=True)
    if value is None:
        return Cell(Shown(""))
    if column.kind == "iri":
        return Cell(Shown(names.name(value), names.link(value), title=value))
    target = row.get(column.of) if column.of else None
    href = names.link(str(target)) if target else None
    text = words.value_in_words(value)
    return Cell(Shown(text, href, is_number=column.kind == "number", title=str(target or "")))
