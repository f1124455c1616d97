"""Count units by cell, with bounded memory: cells are held, units are not.

A cell has a value, or :data:`ALL`, for each dimension. A unit counts once in a cell, whatever its
several values; so numbers of units are never summed from cell to cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Context, Decimal
from functools import lru_cache
from itertools import islice, product
from typing import Final

#: Stands in a cell for all values of a dimension; no term of RDF is spelt so.
ALL: Final = "*"
#: Combinations of values that are held before they are counted into their cells.
HELD_COMBINATIONS: Final = 50_000
#: Sums are exact: this is more digits than a decimal of the engine has.
_EXACT: Final = Context(prec=60)
_NOUGHT: Final = Decimal()

#: Values of one cell or unit, one a dimension, as N-Triples spells them; empty for no value.
Cell = tuple[str, ...]
#: What units have in common: the set of combinations of values of each.
Combinations = frozenset[Cell]


class Tally:
    """Numbers of units by cell, and the sums of their values.

    :ivar cells: cell to the number of units and the sum of their values; read it after
        :meth:`settle`.

    >>> tally = Tally()
    >>> tally.add(frozenset({("a",), ("b",)}), Decimal(1))
    >>> tally.settle()
    >>> sorted((cell, count) for cell, (count, _) in tally.cells.items())
    [(('*',), 1), (('a',), 1), (('b',), 1)]
    """

    def __init__(self) -> None:
        self.cells: dict[Cell, tuple[int, Decimal]] = {}
        self._held: dict[Combinations, tuple[int, Decimal]] = {}

    def add(self, combinations: Combinations, value: Decimal, units: int = 1) -> None:
        """Count units that have the same combinations of values.

        :param value: sum of the values of these units.
        :param units: their number; below nought to take units away, as is the value then.
        """
        count, total = self._held.get(combinations, (0, Decimal()))
        self._held[combinations] = (count + units, _EXACT.add(total, value))
        if len(self._held) >= HELD_COMBINATIONS:
            self.settle()

    def settle(self) -> None:
        """Count what is held into its cells."""
        for combinations, (units, value) in self._held.items():
            for cell in cells_of(combinations):
                count, total = self.cells.get(cell, (0, Decimal()))
                self.cells[cell] = (count + units, _EXACT.add(total, value))
        self._held.clear()

    def merge(self, other: Tally) -> None:
        """Add what another tally counted of other units."""
        other.settle()
        self.settle()
        for cell, (units, value) in other.cells.items():
            count, total = self.cells.get(cell, (0, Decimal()))
            self.cells[cell] = (count + units, _EXACT.add(total, value))

    def changes(self) -> Iterator[tuple[Cell, int, Decimal]]:
        """Yield the cells in which anything changed, with by how much.

        >>> tally = Tally()
        >>> tally.add(frozenset({("a",)}), Decimal(-1), -1)
        >>> tally.add(frozenset({("b",)}), Decimal(1))
        >>> [(cell, units) for cell, units, _ in tally.changes()]
        [(('a',), -1), (('b',), 1)]
        """
        self.settle()
        for cell, (units, value) in sorted(self.cells.items()):
            if units or value:
                yield cell, units, value


def cells_of(combinations: Iterable[Cell]) -> set[Cell]:
    """Return the cells in which units with these combinations of values count.

    >>> sorted(cells_of([("a", "x")]))
    [('*', '*'), ('*', 'x'), ('a', '*'), ('a', 'x')]
    """
    return {cell for values in combinations for cell in product(*((v, ALL) for v in values))}


def rows_by_unit(table: bytes, *, has_values: bool) -> Mapping[str, tuple[Combinations, Decimal]]:
    """Read the rows that a grouping gives, unit by unit.

    :param table: solutions as tab-separated values, the unit first and the value, if any, last.
    :returns: unit to its combinations of values and its own value; where a unit has several
        values of its own, the greatest.

    >>> rows_by_unit(b"?unit\\t?place\\n<urn:u>\\t<urn:p>\\n<urn:u>\\t\\n", has_values=False)[
    ...     "<urn:u>"][0] == {("<urn:p>",), ("",)}
    True
    """
    units: dict[str, tuple[set[Cell], Decimal]] = {}
    for line in table.decode().split("\n")[1:-1]:
        unit, *values = line.split("\t")
        number = _number(values.pop()) if has_values else Decimal()
        known = units.get(unit)
        if known is None:
            units[unit] = ({tuple(values)}, number)
        else:
            known[0].add(tuple(values))
            if number > known[1]:
                units[unit] = (known[0], number)
    return {unit: (frozenset(cells), number) for unit, (cells, number) in units.items()}


def count_rows(
    table: Iterable[bytes], members: Collection[bytes], tally: Tally, *, has_values: bool
) -> None:
    """Count the rows that a grouping gives of all units.

    :param table: lines of solutions as tab-separated values, with their heading, as
        :func:`rows_by_unit` takes them; the rows of a unit may be apart.
    :param members: the units that count; the rows of others are passed over.
    :param tally: what to count them into.

    >>> tally = Tally()
    >>> rows = [b"?unit\\t?place\\n", b"<urn:u>\\t<urn:p>\\n", b"<urn:u>\\t<urn:q>\\n"]
    >>> count_rows(rows, {b"<urn:u>"}, tally, has_values=False)
    >>> tally.settle()
    >>> sorted((cell, count) for cell, (count, _) in tally.cells.items())
    [(('*',), 1), (('<urn:p>',), 1), (('<urn:q>',), 1)]
    """
    # A set of combinations is held as a number, which leads with a further row to another.
    sets: list[frozenset[bytes]] = [frozenset()]
    numbers: dict[frozenset[bytes], int] = {sets[0]: 0}
    onwards: dict[tuple[int, bytes], int] = {}
    held: dict[bytes, int] = {}
    values: dict[bytes, Decimal] = {}
    for line in islice(table, 1, None):
        unit, _, row = line[:-1].partition(b"\t")
        if unit not in members:
            continue
        if has_values:
            row, _, spelled = row.rpartition(b"\t")
            value = _number(spelled.decode())
            values[unit] = max(values.get(unit, value), value)
        step = held.get(unit, 0), row
        number = onwards.get(step)
        if number is None:
            grown = sets[step[0]] | {row}
            number = onwards[step] = numbers.setdefault(grown, len(sets))
            if number == len(sets):
                sets.append(grown)
        held[unit] = number
    sums: dict[int, Decimal] = {}
    for unit, value in values.items():
        sums[held[unit]] = _EXACT.add(sums.get(held[unit], _NOUGHT), value)
    for number, units in Counter(held.values()).items():
        cells = frozenset(tuple(row.decode().split("\t")) for row in sets[number])
        tally.add(cells, sums.get(number, _NOUGHT), units)


@lru_cache(maxsize=4096)
def _number(spelled: str) -> Decimal:
    """Return the number that a cell of a table spells, bare or as a typed literal."""
    return Decimal(spelled.split('"')[1] if spelled.startswith('"') else spelled)
