"""Rules over several cells, worked out once for each combination of what they look at.

A rule or an extra of the mapping is a function of a row. Here it is called with a row that notes
which columns it looks at; of a column whose texts differ from row to row it sees only whether there
is anything. What it says then holds for every row that agrees in these columns, and is kept. So the
functions themselves stay the only definition, and nobody has to list what they read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from kmgraph.records import LIST_SEPARATOR, Kind

#: Kinds of columns of which functions see whether they are filled, and nothing else.
OPAQUE_KINDS: Final = frozenset(
    {Kind.ID, Kind.TEXT, Kind.NAME, Kind.IRI, Kind.REF, Kind.TERM, Kind.SHA256}
)


class NotPlainError(Exception):
    """A function looks into what it is not shown."""


class UnforeseenColumnError(Exception):
    """A function looks at a further column.

    :ivar column: its name.
    """

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class Filled:
    """What a function sees of a cell that holds anything.

    :param name: column of words of which one may be written as a literal, or empty.

    >>> bool(Filled()), Filled() == None
    (True, False)
    """

    __slots__ = ("_name",)

    def __init__(self, name: str = "") -> None:
        self._name = name

    def translate(self, table: object) -> str:
        """Return what stands for the words, escaped, until the row is known."""
        if not self._name:
            raise NotPlainError
        return words_mark(self._name)

    def __eq__(self, other: object) -> bool:
        if other is None:
            return False
        raise NotPlainError

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        raise NotPlainError

    def __len__(self) -> int:
        raise NotPlainError

    def __iter__(self) -> Iterator[Any]:
        raise NotPlainError

    def __getitem__(self, key: object) -> Any:
        raise NotPlainError

    def __str__(self) -> str:
        raise NotPlainError

    def __format__(self, spec: str) -> str:
        raise NotPlainError


def words_mark(name: str) -> str:
    """Return what stands for the words of a column in a statement.

    >>> words_mark("quote")
    '\\x01quote\\x01'
    """
    return f"\1{name}\1"


def is_filled(cell: str) -> bool:
    """Return whether a cell holds anything but blanks.

    >>> is_filled("  "), is_filled(";")
    (False, True)
    """
    return bool(cell) and bool(cell.strip())


def has_items(cell: str) -> bool:
    """Return whether a cell of a list holds anything but blanks and separators.

    >>> has_items(" ; "), has_items("a;")
    (False, True)
    """
    return bool(cell) and bool(cell.replace(LIST_SEPARATOR, " ").strip())


class SeenRow(Mapping[str, Any]):
    """A row of which only some columns are known.

    :param columns: the names of all columns.
    :param values: those that are known.

    >>> row = SeenRow(frozenset({"start", "end"}), {"start": "2010"})
    >>> row.get("start"), "end" in row
    ('2010', True)
    """

    def __init__(self, columns: frozenset[str], values: Mapping[str, Any]) -> None:
        self._columns, self._values = columns, values

    def __getitem__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        if name in self._columns:
            raise UnforeseenColumnError(name)
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        raise NotPlainError

    def __len__(self) -> int:
        raise NotPlainError


class Kept(dict[Any, Any]):
    """What a function returns, kept for each argument until there are too many.

    >>> squares = Kept(lambda number: number * number)
    >>> squares[3], len(squares)
    (9, 1)
    """

    #: Arguments after which what was kept is forgotten, to bound memory.
    MOST: Final = 50_000

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, argument: Any) -> Any:
        if len(self) >= self.MOST:
            self.clear()
        result = self[argument] = self._function(argument)
        return result
