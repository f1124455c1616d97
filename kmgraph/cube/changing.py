"""Change a cube as far as changed records bear on it.

What the units that are touched gave before is taken away, and what they give now is added; only
the observations in which that makes a difference are written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kmgraph.cube.counting import Kinds, batched, count_some
from kmgraph.cube.groupings import Grouping, load_groupings
from kmgraph.cube.statements import (
    code_lines,
    dataset_lines,
    head_lines,
    line,
    list_lines,
    measure_lines,
    observation_lines,
    slice_lines,
)
from kmgraph.cube.tally import ALL, Cell, Tally
from kmgraph.cube.terms import (
    NAMING,
    code_iri,
    cube_iri,
    dimension_iri,
    label_of,
    level_of,
    observation_iri,
    slice_iri,
)
from kmgraph.listings.names import named_in
from kmgraph.namespaces import KM, expand
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

_DEFAULT: Final = ox.DefaultGraph()
_CODE_OF: Final = ox.NamedNode(f"{KM}codeOf")
_LABEL: Final = ox.NamedNode(expand("skos:prefLabel"))
_COUNT: Final = ox.NamedNode(f"{KM}unitCount")
_SUM: Final = ox.NamedNode(f"{KM}valueSum")
_MEMBER: Final = ox.NamedNode(expand("qb:observation"))
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_DATA_SET: Final = expand("qb:DataSet")
_DATASET: Final = ox.NamedNode(expand("qb:dataSet"))
#: Changed records that one query is asked about.
_BATCH: Final = 500


@dataclass(slots=True)
class CubeChange:
    """What changes in the graph of a cube; no line is in both.

    :ivar added: lines of N-Triples.
    :ivar deleted: lines of N-Triples.
    """

    added: set[bytes] = field(default_factory=set)
    deleted: set[bytes] = field(default_factory=set)


def change_cube(before: QuadStore, now: QuadStore, changed: Collection[ox.NamedNode]) -> CubeChange:
    """Return what changes in a cube because some records changed.

    :param before: the store as it was, with its cube.
    :param now: the store as it is, whose cube is still the one from before.
    :param changed: subjects of all statements that were added or deleted, except in the cube; those
        whose property is not among :func:`properties_counted` can be left out.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> change_cube(MemoryStore(), MemoryStore(), []).added
    set()
    """
    change = _Change(now)
    were, are = Kinds(before), Kinds(now)
    reaches = Reach(before, changed), Reach(now, changed)
    for grouping in load_groupings():
        units = {unit for reach in reaches for unit in reach.units(grouping)}
        tally = Tally()
        count_some(were, grouping, units, tally, sign=-1)
        count_some(are, grouping, units, tally)
        change.count(grouping, tally)
    change.settle_codes()
    change.rename(changed)
    change.settle_head()
    both = change.added & change.deleted
    return CubeChange(change.added - both, change.deleted - both)


@lru_cache(maxsize=1)
def properties_counted() -> frozenset[str]:
    """Return the IRIs of the properties on which it depends what a cube says.

    Those are what groupings read, and what names their values. That a theme is said to have one
    more study, as entailment does, changes nothing that is counted: the study says so itself.

    >>> [expand(name) in properties_counted() for name in ("km:theme", "km:hasThemeMember")]
    [True, False]
    """
    queries = "\n".join(grouping.query for grouping in load_groupings())
    return named_in(queries) | {name.value for name in NAMING}


class Reach:
    """Finds what may count differently because records changed.

    :param store: the store as it was, or as it is.
    :param changed: the records.

    >>> from kmgraph.cube.groupings import load_grouping
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> Reach(MemoryStore(), [ox.NamedNode("urn:x")]).units(load_grouping("cases-by-place"))
    {'urn:x'}
    """

    def __init__(self, store: QuadStore, changed: Iterable[ox.NamedNode]) -> None:
        self._store = store
        self._records = sorted({node.value for node in changed})
        #: Groupings share most of their paths.
        self._found: dict[str, set[str]] = {"": set(self._records)}

    def units(self, grouping: Grouping) -> set[str]:
        """Return the IRIs of what may be units of a grouping."""
        return {unit for path in grouping.reach for unit in self._along(path)}

    def _along(self, path: str) -> set[str]:
        """Return where a path leads from the records."""
        if path not in self._found:
            found: set[str] = set()
            for batch in batched(self._records, _BATCH):
                values = " ".join(f"<{iri}>" for iri in batch)
                pattern = f"VALUES ?changed {{ {values} }} ?changed {path} ?unit"
                text = f"{_PREFIXES}SELECT DISTINCT ?unit WHERE {{ {pattern} }}"
                answer = self._store.query(text)
                if isinstance(answer, Solutions):
                    found |= {term.value for (term,) in answer if isinstance(term, ox.NamedNode)}
            self._found[path] = found
        return self._found[path]


_PREFIXES: Final = "".join(
    f"PREFIX {prefix}: <{expand(f'{prefix}:')}> " for prefix in ("km", "org", "skos")
)


class _Change:
    """Gathers what changes in the cube of a store."""

    def __init__(self, store: QuadStore) -> None:
        self._store, self._base = store, store.base
        self.added: set[bytes] = set()
        self.deleted: set[bytes] = set()
        #: Dimension and value to whether observations that use it came, or went.
        self._came: set[tuple[str, str]] = set()
        self._went: set[tuple[str, str]] = set()
        self._gone: set[str] = set()

    def count(self, grouping: Grouping, tally: Tally) -> None:
        """Change the observations of one grouping."""
        came: list[Cell] = []
        went: list[Cell] = []
        for cell, units, value in tally.changes():
            held, total = self._measured(observation_iri(self._base, grouping, cell))
            if held:
                self.deleted.update(measure_lines(self._base, grouping, cell, held, total))
            if held + units:
                left = held + units, total + value
                self.added.update(measure_lines(self._base, grouping, cell, *left))
            if not held:
                came.append(cell)
            elif not held + units:
                went.append(cell)
        self._come(grouping, came)
        self._go(grouping, went)

    def _measured(self, observation: str) -> tuple[int, Decimal]:
        """Return the number of units of an observation, and the sum of their values."""
        node = ox.NamedNode(observation)
        held = [_number(self._store, node, prop) for prop in (_COUNT, _SUM)]
        return int(held[0]), held[1]

    def _come(self, grouping: Grouping, cells: list[Cell]) -> None:
        """Add observations, and the slices and the dataset that they are the first of."""
        for cell in cells:
            self.added.update(observation_lines(self._base, grouping, cell))
            self._came.update(zip(grouping.dimensions, cell, strict=True))
        for level in {level_of(grouping, cell) for cell in cells}:
            if not self._has_part(grouping, level):
                self.added.update(slice_lines(self._base, grouping, level))
        if cells and not self._holds(None, _DATASET, cube_iri(self._base, grouping.id)):
            self.added.update(dataset_lines(self._base, grouping))

    def _go(self, grouping: Grouping, cells: list[Cell]) -> None:
        """Remove observations, and the slices and the dataset that are empty without them."""
        gone = {observation_iri(self._base, grouping, cell) for cell in cells}
        self._gone |= gone
        for cell in cells:
            self.deleted.update(observation_lines(self._base, grouping, cell))
            self._went.update(zip(grouping.dimensions, cell, strict=True))
        for level in {level_of(grouping, cell) for cell in cells}:
            if not self._has_part(grouping, level, but=gone) and not self._comes(grouping, level):
                self.deleted.update(slice_lines(self._base, grouping, level))
        if () in {level_of(grouping, cell) for cell in cells}:
            # Whatever is counted at all counts in the grand total.
            self.deleted.update(dataset_lines(self._base, grouping))

    def _has_part(
        self, grouping: Grouping, level: tuple[str, ...], but: Collection[str] = ()
    ) -> bool:
        """Say whether a slice has an observation, beside some."""
        part = ox.NamedNode(slice_iri(self._base, grouping, level))
        members = self._store.quads(part, _MEMBER, None, _DEFAULT)
        return any(_iri(quad.object) not in but for quad in islice(members, len(but) + 1))

    def _comes(self, grouping: Grouping, level: tuple[str, ...]) -> bool:
        """Say whether an observation is added to a slice."""
        start = f"<{slice_iri(self._base, grouping, level)}> <{_MEMBER.value}> ".encode()
        return any(text.startswith(start) for text in self.added)

    def settle_codes(self) -> None:
        """Add the codes that came into use, and remove those that are used no more."""
        for name, value in sorted(self._came):
            code = code_iri(self._base, name, value)
            if not self._holds(None, ox.NamedNode(dimension_iri(name)), code):
                label = label_of(self._store, value)
                self.added.update(code_lines(self._base, name, value, label))
            if not self._has_list(name):
                self.added.update(list_lines(self._base, name))
                label = label_of(self._store, ALL)
                self.added.update(code_lines(self._base, name, ALL, label))
        for name, value in sorted(self._went - self._came):
            if not self._is_used(name, value):
                self._remove_code(name, value)
                if value == ALL:
                    self.deleted.update(list_lines(self._base, name))

    def _has_list(self, name: str) -> bool:
        """Say whether there is a code list of a dimension."""
        code = code_iri(self._base, name, ALL)
        return self._holds(ox.NamedNode(code), None, None)

    def _is_used(self, name: str, value: str) -> bool:
        """Say whether an observation, beside those that go, has a value."""
        prop, code = (
            ox.NamedNode(dimension_iri(name)),
            ox.NamedNode(code_iri(self._base, name, value)),
        )
        users = (quad.subject for quad in self._store.quads(None, prop, code, _DEFAULT))
        return any(self._is_observation(user) for user in users)

    def _is_observation(self, user: object) -> bool:
        """Say whether what has a value is an observation that stays."""
        return (
            isinstance(user, ox.NamedNode)
            and user.value not in self._gone
            and self._holds(user, _DATASET, None)
        )

    def _remove_code(self, name: str, value: str) -> None:
        """Remove a code as it stands."""
        code = ox.NamedNode(code_iri(self._base, name, value))
        for quad in self._store.quads(code, _LABEL, None, _DEFAULT):
            if isinstance(quad.object, ox.Literal):
                self.deleted.update(code_lines(self._base, name, value, quad.object))

    def rename(self, changed: Iterable[ox.NamedNode]) -> None:
        """Give the codes of changed records the names that these have now."""
        for record in changed:
            for link in self._store.quads(None, _CODE_OF, record, _DEFAULT):
                code = link.subject
                label = label_of(self._store, str(record))
                if not isinstance(code, ox.NamedNode) or self._is_removed(code):
                    continue
                for quad in self._store.quads(code, _LABEL, None, _DEFAULT):
                    if quad.object != label:
                        self.deleted.add(_spelled(quad.subject, quad.object))
                        self.added.add(_spelled(quad.subject, label))

    def settle_head(self) -> None:
        """Say of the cube what it is, where it got its first dataset, or nothing more."""
        datasets = {cube_iri(self._base, grouping.id) for grouping in load_groupings()}
        statements = {iri: line(iri, _TYPE.value, _DATA_SET) for iri in datasets}
        held = {iri for iri in datasets if self._holds(ox.NamedNode(iri), _TYPE, _DATA_SET)}
        come = {iri for iri, statement in statements.items() if statement in self.added}
        gone = {iri for iri, statement in statements.items() if statement in self.deleted}
        if come and not held:
            self.added.update(head_lines(self._base))
        if held and not (held | come) - gone:
            self.deleted.update(head_lines(self._base))

    def _is_removed(self, code: ox.NamedNode) -> bool:
        """Say whether a code goes."""
        start = f"{code} <{_CODE_OF.value}> ".encode()
        return any(text.startswith(start) for text in self.deleted)

    def _holds(
        self, subject: ox.NamedNode | None, prop: ox.NamedNode | None, value: str | None
    ) -> bool:
        """Say whether the store has a statement."""
        wanted = None if value is None else ox.NamedNode(value)
        return next(self._store.quads(subject, prop, wanted, _DEFAULT), None) is not None


def _number(store: QuadStore, node: ox.NamedNode, prop: ox.NamedNode) -> Decimal:
    """Return a measure of an observation, or nought."""
    quad = next(store.quads(node, prop, None, _DEFAULT), None)
    return Decimal(quad.object.value) if quad and isinstance(quad.object, ox.Literal) else Decimal()


def _iri(term: object) -> str:
    """Return the IRI of a node."""
    return term.value if isinstance(term, ox.NamedNode) else ""


def _spelled(code: object, label: object) -> bytes:
    """Return the statement of the label of a code."""
    return f"{code} {_LABEL} {label} .\n".encode()
