"""The facets of a view: which units fit a choice, and how many have each value."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from kmgraph.errors import InputError
from kmgraph.facets.asking import query_of
from kmgraph.facets.building import KINDS as _QUERIES
from kmgraph.facets.building import fill, fold, is_iri, to_bits
from kmgraph.facets.definitions import Facet, load_facets
from kmgraph.facets.model import CountedFacet, CountedValue, Listed, Unit, Value
from kmgraph.namespaces import compact, expand
from kmgraph.stores.base import QuadStore
from kmgraph.stores.view_database import ViewDatabase

#: What can be listed.
KINDS: Final = tuple(_QUERIES)
#: Orders of a list: by name, or what started last first.
ORDERS: Final = ("name", "recent")
#: Code of the value that stands for units without any.
NOT_RECORDED: Final = "none"
_NONE: Final = Value(NOT_RECORDED, "not recorded", NOT_RECORDED)
_UNITS: Final = (
    "SELECT number, iri, name, code, start, study, study_name FROM unit "
    "WHERE kind = ? AND number = ?"
)
#: Bits of a byte that are set.
_SET: Final = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
_ESCAPE: Final = str.maketrans({"%": r"\%", "_": r"\_", "\\": "\\\\"})


@dataclass(frozen=True, slots=True)
class _Held:
    """Which units have a value: as bytes to look at one, as a number to compare many."""

    value: Value
    bits: bytes
    number: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """All that is known of the units of a kind but their names.

    :ivar everything: a number with the bits of all units.
    """

    size: int
    everything: int
    recent: array[int]
    facets: Mapping[str, tuple[_Held, ...]]


class FacetIndex(ViewDatabase):
    """The facets of the studies and cases of a view; safe to use from several threads.

    :param connection: the database.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> with FacetIndex.of(MemoryStore()) as index:
    ...     index.listed("study").total
    0
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._kinds: dict[str, _Kind] = {}

    @staticmethod
    def _fill(connection: sqlite3.Connection, store: QuadStore) -> None:
        fill(connection, store)

    def listed(
        self,
        kind: str,
        chosen: Mapping[str, Collection[str]] | None = None,
        *,
        words: str = "",
        order: str = "name",
        first: int = 0,
        limit: int | None = 50,
    ) -> Listed:
        """Return a page of the units that fit a choice, and how many have each value.

        Values of one facet widen the choice, facets narrow it: a unit fits that has one of the
        values of each facet of which any is chosen. The values of a facet are counted among the
        units that fit what is chosen of the others, so that each tells what choosing it too brings.

        :param kind: ``study`` or ``case``.
        :param chosen: name of a facet to codes or IRIs of its values; :data:`NOT_RECORDED` stands
            for units without any.
        :param words: each of them, or what begins with it, is in the name or the id of a unit, or
            of the study of a case.
        :param order: one of :data:`ORDERS`.
        :param first: how many units to pass over.
        :param limit: most units to return; all of them for None.
        :raises InputError: there is no such kind, facet, value or order.
        """
        _check_kind(kind)
        if order not in ORDERS:
            raise InputError(f"there is no order '{order[:40]}': take {' or '.join(ORDERS)}")
        held = self._kind(kind)
        wanted = self._chosen(held, chosen or {})
        base = self._named(kind, held, words)
        others = _without_each(base, {name: _any(one) for name, one in wanted.items()})
        fitting = others.pop("")
        counted = tuple(
            CountedFacet(
                facet, tuple(self._counted(held, facet, wanted, others.get(facet.name, fitting)))
            )
            for facet in load_facets()
        )
        stop = None if limit is None else first + limit
        units = self._units(kind, held, list(islice(_numbers(fitting, held, order), first, stop)))
        return Listed(kind, units, fitting.bit_count(), held.size, counted)

    def query(self, kind: str, chosen: Mapping[str, Collection[str]] | None = None) -> str:
        """Return a SPARQL query that selects the units that fit a choice.

        Its variable ``?study`` or ``?case`` is the unit. Words are not part of it: SPARQL does not
        compare them as lists do.

        :param chosen: as for :meth:`listed`.
        :raises InputError: there is no such kind, facet or value.

        >>> from kmgraph.stores.oxigraph import MemoryStore
        >>> with FacetIndex.of(MemoryStore()) as index:
        ...     print(index.query("study", {"theme": ["none"]}).splitlines()[7:9])
        ['  ?study a km:Study .', '  # Theme: not recorded']
        """
        _check_kind(kind)
        wanted = self._chosen(self._kind(kind), chosen or {})
        return query_of(
            kind,
            {
                name: [None if one.value is _NONE else one.value for one in held]
                for name, held in wanted.items()
            },
        )

    def _kind(self, kind: str) -> _Kind:
        """Return what is known of the units of a kind, read once."""
        with self._lock:
            if kind not in self._kinds:
                self._kinds[kind] = self._read(kind)
            return self._kinds[kind]

    def _read(self, kind: str) -> _Kind:
        """Read what is known of the units of a kind."""
        ask = self._connection.execute
        size, recent = ask("SELECT size, recent FROM kind WHERE name = ?", (kind,)).fetchone()
        everything = (1 << size) - 1
        facets: dict[str, list[_Held]] = {facet.name: [] for facet in load_facets()}
        rows = ask("SELECT facet, code, label, iri, bits FROM value WHERE kind = ?", (kind,))
        for facet, code, label, iri, bits in rows:
            number = int.from_bytes(bits, "little")
            facets[facet].append(_Held(Value(code, label, iri), bits, number))
        for found in facets.values():
            rest = everything & ~_any(found)
            if rest:
                found.append(_Held(_NONE, rest.to_bytes(-(-size // 8), "little"), rest))
        order = array("I")
        order.frombytes(recent)
        return _Kind(size, everything, order, {name: tuple(one) for name, one in facets.items()})

    def _chosen(self, held: _Kind, chosen: Mapping[str, Collection[str]]) -> dict[str, list[_Held]]:
        """Return the values that are chosen.

        :raises InputError: there is no such facet or value.
        """
        if unknown := sorted(set(chosen) - set(held.facets)):
            raise InputError(
                f"there is no facet '{unknown[0][:40]}': take some of {', '.join(held.facets)}"
            )
        return {
            name: [_find(held.facets[name], name, text) for text in dict.fromkeys(texts)]
            for name, texts in chosen.items()
            if texts
        }

    def _named(self, kind: str, held: _Kind, words: str) -> int:
        """Return the units in whose names and ids all words stand."""
        terms = fold(words).split()
        if not terms:
            return held.everything
        tests = " AND ".join("' ' || folded LIKE ? ESCAPE '\\'" for _ in terms)
        patterns = [f"% {term.translate(_ESCAPE)}%" for term in terms]
        query = f"SELECT number FROM unit WHERE kind = ? AND {tests}"  # noqa: S608 - of marks alone
        with self._lock:
            rows = self._connection.execute(query, (kind, *patterns)).fetchall()
        return int.from_bytes(to_bits((number for (number,) in rows), held.size), "little")

    def _counted(
        self, held: _Kind, facet: Facet, wanted: Mapping[str, Collection[_Held]], among: int
    ) -> Iterator[CountedValue]:
        """Yield the values of a facet that some unit has or that are chosen, in their order."""
        chosen = {one.value for one in wanted.get(facet.name, ())}
        known = dict.fromkeys((*held.facets[facet.name], *wanted.get(facet.name, ())))
        found = [
            CountedValue(one.value, (one.number & among).bit_count(), one.value in chosen)
            for one in known
        ]
        codes: Iterable[str] = facet.order
        if facet.is_newest_first:
            codes = sorted((one.value.code for one in found), reverse=True)
        places = {code: place for place, code in enumerate(codes)}

        def key(one: CountedValue) -> tuple[bool, int, int, str]:
            place = places.get(one.value.code, len(places))
            return one.value is _NONE, place, -one.count, fold(one.value.label)

        yield from sorted((one for one in found if one.count or one.is_chosen), key=key)

    def _units(self, kind: str, held: _Kind, numbers: list[int]) -> tuple[Unit, ...]:
        """Return units with their values, in the order of their numbers."""
        values: dict[int, dict[str, list[Value]]] = {number: {} for number in numbers}
        for name, found in held.facets.items():
            for one in found:
                if one.value is _NONE:
                    continue
                bits = one.bits
                for number in numbers:
                    if bits[number >> 3] >> (number & 7) & 1:
                        values[number].setdefault(name, []).append(one.value)
        with self._lock:
            ask = self._connection.execute
            rows = [ask(_UNITS, (kind, number)).fetchone() for number in numbers]
        return tuple(
            Unit(
                iri=row[1],
                name=row[2],
                code=row[3],
                start=row[4],
                study=row[5],
                study_name=row[6],
                values={name: tuple(values[row[0]].get(name, ())) for name in held.facets},
            )
            for row in rows
        )


def _check_kind(kind: str) -> None:
    """Say that there is no such kind.

    :raises InputError: there is none.
    """
    if kind not in KINDS:
        raise InputError(f"'{kind[:40]}' is not listed: take {' or '.join(KINDS)}")


def _any(values: Iterable[_Held]) -> int:
    """Return the units that have one of some values."""
    found = 0
    for one in values:
        found |= one.number
    return found


def _without_each(base: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """Return the units that fit all facets but one, for each; and under no name those that fit all.

    >>> _without_each(0b1111, {"a": 0b0011, "b": 0b0110})
    {'': 2, 'a': 6, 'b': 3}
    """
    found = {"": base}
    for units in wanted.values():
        found[""] &= units
    for name in wanted:
        rest = base
        for other, units in wanted.items():
            if other != name:
                rest &= units
        found[name] = rest
    return found


def _find(values: Iterable[_Held], facet: str, text: str) -> _Held:
    """Return a value by its code, its IRI, or the end of its code.

    An IRI or a band that no unit has is no mistake: a page of something leads to what is listed of
    it, be it nothing.

    :raises InputError: there is none.
    """
    held = list(values)
    if text == NOT_RECORDED and not any(one.value is _NONE for one in held):
        return _Held(_NONE, b"", 0)
    for one in held:
        if text in (one.value.code, one.value.iri):
            return one
    ends = [one for one in held if one.value.code.rpartition("/")[2] == text]
    if len(ends) == 1:
        return ends[0]
    known = {code for one in load_facets() if one.name == facet for code in one.order}
    iri = expand(f"km:{text}") if text in known else text
    if is_iri(iri):
        return _Held(Value(text, compact(iri), iri), b"", 0)
    raise InputError(f"no unit has the {facet} '{text[:80]}'")


def _numbers(units: int, held: _Kind, order: str) -> Iterator[int]:
    """Yield the numbers of units in an order."""
    bits = units.to_bytes(-(-held.size // 8), "little")
    if order == "name":
        return (at << 3 | bit for at, byte in enumerate(bits) if byte for bit in _SET[byte])
    return (number for number in held.recent if bits[number >> 3] >> (number & 7) & 1)
