"""Read the facets of a view into an index."""

from __future__ import annotations

import sqlite3
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, cast

from kmgraph import artefacts
from kmgraph.cube.terms import label_of
from kmgraph.facets.definitions import Facet, load_facets
from kmgraph.namespaces import FRAMEWORK, KM
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

#: Version of the layout; an index of another is made anew.
LAYOUT: Final = 3
#: Kind of unit to the query that finds them.
KINDS: Final = {"study": "studies", "case": "cases"}
_NAMED: Final = "SELECT iri, name, code FROM unit WHERE kind = 'study'"
_SCHEMA: Final = Path(__file__).with_name("schema.sql")


def fill(connection: sqlite3.Connection, store: QuadStore) -> None:
    """Write the studies and cases of a view with their facets into an empty index.

    Memory holds a number for each value of each unit of one facet at a time.
    """
    connection.executescript(_SCHEMA.read_text(encoding="utf-8"))
    study_of = {case: study for case, study in _rows(store, "support/cases-of-studies")}  # noqa: C416 - of pairs
    numbers = {"study": _write_units(connection, store, "study", {})}
    names = {iri: (iri, *told) for iri, *told in connection.execute(_NAMED)}
    of = {case: names[study] for case, study in study_of.items() if study in names}
    numbers["case"] = _write_units(connection, store, "case", of)
    cases_of: dict[str, list[str]] = defaultdict(list)
    for case, study in study_of.items():
        cases_of[study].append(case)
    for facet in load_facets():
        found: dict[str, dict[str, set[int]]] = {kind: defaultdict(set) for kind in KINDS}
        for unit, value in _solutions(store, facet.query):
            studies = [unit] if unit in numbers["study"] else [study_of.get(unit, "")]
            cases = [unit] if unit in numbers["case"] else []
            if facet.is_of_study:
                cases = [*cases, *cases_of.get(unit, ())]
            for kind, units in (("study", studies), ("case", cases)):
                held = (numbers[kind][one] for one in units if one in numbers[kind])
                found[kind][value].update(held)
        for kind, values in found.items():
            _write_values(connection, store, kind, facet, values, len(numbers[kind]))
    connection.execute(f"PRAGMA user_version = {LAYOUT}")
    connection.commit()


def fold(text: str) -> str:
    """Return a text without capitals and accents, as words are compared.

    >>> fold("Café ÄRZTE")
    'cafe arzte'
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def to_bits(numbers: Iterable[int], size: int) -> bytes:
    """Return numbers of units as bits.

    >>> to_bits([0, 9], 12).hex()
    '0102'
    """
    bits = bytearray(-(-size // 8))
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return bytes(bits)


def is_iri(value: str) -> bool:
    """Say whether a value is an IRI and not a text, such as a year.

    >>> is_iri("urn:a"), is_iri("2010")
    (True, False)
    """
    return ":" in value


def _write_units(
    connection: sqlite3.Connection,
    store: QuadStore,
    kind: str,
    studies: Mapping[str, tuple[str, str, str]],
) -> dict[str, int]:
    """Write the units of a kind, and return their numbers by IRI.

    :param studies: case to the IRI, the name and the id of its study.
    """
    found: dict[str, tuple[str, str, str]] = {}
    # What has several names or ids is called by the least of them.
    for iri, *told in _rows(store, f"support/{KINDS[kind]}"):
        known = found.get(iri, ("", "", ""))
        pairs = zip(known, told, strict=True)
        found[iri] = cast("tuple[str, str, str]", tuple(_least(*pair) for pair in pairs))
    named = {
        iri: (name or code or _end(iri), code, start) for iri, (name, code, start) in found.items()
    }
    ordered = sorted(named, key=lambda iri: (fold(named[iri][0]), iri))
    numbers = {iri: number for number, iri in enumerate(ordered)}
    rows = (
        (kind, number, iri, *named[iri], *of[:2], fold(" ".join((*named[iri][:2], *of[1:]))))
        for iri, number in numbers.items()
        for of in (studies.get(iri, ("", "", "")),)
    )
    connection.executemany("INSERT INTO unit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    # What started at the same time stays in the order of names; what tells no start comes last.
    recent = sorted(range(len(ordered)), key=lambda number: named[ordered[number]][2], reverse=True)
    blob = array("I", recent).tobytes()
    connection.execute("INSERT INTO kind VALUES (?, ?, ?)", (kind, len(ordered), blob))
    return numbers


def _write_values(
    connection: sqlite3.Connection,
    store: QuadStore,
    kind: str,
    facet: Facet,
    values: dict[str, set[int]],
    size: int,
) -> None:
    """Write the values of a facet."""
    taken: set[str] = set()
    rows = []
    for value, held in sorted(values.items()):
        if held:
            short = _code(value, store.base)
            code = value if short in taken else short
            taken.add(code)
            label = label_of(store, f"<{value}>").value if is_iri(value) else value
            rows.append((kind, facet.name, code, label, value, to_bits(held, size)))
    connection.executemany("INSERT INTO value VALUES (?, ?, ?, ?, ?, ?)", rows)


def _code(value: str, base: str) -> str:
    """Return how addresses name a value: what stands after the namespace, where we know it."""
    for namespace in (base, FRAMEWORK, KM):
        if value.startswith(namespace) and value != namespace:
            return value.removeprefix(namespace).rstrip("/")
    return value


def _end(iri: str) -> str:
    """Return the end of an IRI."""
    return iri.rstrip("/").rpartition("/")[2]


def _least(first: str, second: str) -> str:
    """Return the lesser of two texts that are not empty."""
    return min(filter(None, (first, second)), default="")


def _rows(store: QuadStore, name: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a query of ours as texts."""
    return _solutions(store, artefacts.read_text("queries", f"facets/{name}.rq"))


def _solutions(store: QuadStore, query: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a query as texts."""
    for row in cast(Solutions, store.query(query)):
        yield tuple(getattr(term, "value", "") for term in row)
