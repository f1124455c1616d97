"""Count the units of a store by the groupings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from functools import cache
from itertools import islice
from tempfile import TemporaryFile
from typing import Final

import pyoxigraph as ox

from kmgraph.cube.groupings import Grouping
from kmgraph.cube.tally import Combinations, Tally, count_rows, rows_by_unit
from kmgraph.errors import QueryEvaluationError
from kmgraph.namespaces import RDF
from kmgraph.results import Solutions
from kmgraph.sparql import QueryFacts, analyse
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import OxigraphStore

#: Units that one query is asked for where not all are counted.
BATCH_UNITS: Final = 1_000
_DEFAULT: Final = ox.DefaultGraph()
_TYPE: Final = ox.NamedNode(f"{RDF}type")


def has_any(store: QuadStore, name: str) -> bool:
    """Say whether a store has a member of a class."""
    return next(store.quads(None, _TYPE, ox.NamedNode(name), _DEFAULT), None) is not None


def count_all(store: QuadStore, grouping: Grouping) -> Tally:
    """Count all units of a store.

    The grouping is asked for everything at once. Its rows go through a file, and of a unit only
    the number of its set of combinations is held.

    >>> from kmgraph.cube.groupings import load_grouping
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> count_all(MemoryStore(), load_grouping("cases-by-place")).cells
    {}
    """
    tally = Tally()
    if not any(has_any(store, name) for name in grouping.classes):
        return tally
    if grouping.needs and not has_any(store, grouping.needs):
        return tally
    with TemporaryFile() as table:
        _ask(store, grouping, None).write(table, "tsv")
        if table.tell():
            table.seek(0)
            members = _members(store, grouping)
            count_rows(table, members, tally, has_values=grouping.has_values)
    tally.settle()
    return tally


def _members(store: QuadStore, grouping: Grouping) -> set[bytes]:
    """Return the members of a grouping's classes, as tables spell them."""
    members: set[bytes] = set()
    for name in grouping.classes:
        answer = store.query(f"SELECT ?unit WHERE {{ ?unit a <{name}> }}")
        if isinstance(answer, Solutions):
            lines = answer.serialize("tsv").split(b"\n")
            members.update(line for line in lines if line.startswith(b"<"))
    return members


class Kinds:
    """The classes of records, each read once however many groupings ask for them.

    :param store: what to read.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> Kinds(MemoryStore()).of("urn:a")
    frozenset()
    """

    def __init__(self, store: QuadStore) -> None:
        self.store = store
        self._known: dict[str, frozenset[str]] = {}

    def of(self, unit: str) -> frozenset[str]:
        """Return the IRIs of the classes of a record."""
        known = self._known.get(unit)
        if known is None:
            found = self.store.quads(ox.NamedNode(unit), _TYPE, None, _DEFAULT)
            classes = (quad.object for quad in found)
            known = frozenset(kind.value for kind in classes if isinstance(kind, ox.NamedNode))
            self._known[unit] = known
        return known


def count_some(
    kinds: Kinds, grouping: Grouping, units: Collection[str], tally: Tally, *, sign: int = 1
) -> None:
    """Count some units into a tally, or take them out of it.

    :param kinds: of the store that holds the units.
    :param units: their IRIs; those that are no members of the grouping's classes are passed over.
    :param sign: 1 to count, -1 to take away.
    """
    store, classes = kinds.store, frozenset(grouping.classes)
    members = (unit for unit in units if classes & kinds.of(unit))
    for batch in batched(members, BATCH_UNITS):
        for combinations, (number, value) in _combined(store, grouping, batch).items():
            tally.add(combinations, sign * value, sign * number)


def batched(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield items in lists of a size, the last perhaps shorter.

    >>> list(batched("abc", 2))
    [['a', 'b'], ['c']]
    """
    pending = iter(items)
    while batch := list(islice(pending, size)):
        yield batch


def _combined(
    store: QuadStore, grouping: Grouping, units: list[str]
) -> dict[Combinations, tuple[int, Decimal]]:
    """Return what a batch of units adds, units that are alike together."""
    table = _ask(store, grouping, units).serialize("tsv")
    alike: dict[Combinations, tuple[int, Decimal]] = {}
    for combinations, value in rows_by_unit(table, has_values=grouping.has_values).values():
        number, total = alike.get(combinations, (0, Decimal()))
        alike[combinations] = (number + 1, total + value)
    return alike


@cache
def _facts(query: str) -> QueryFacts:
    """Return what is known of a grouping's query; choosing units does not change it."""
    return analyse(query)


def _ask(store: QuadStore, grouping: Grouping, units: list[str] | None) -> Solutions:
    """Ask a grouping about a batch of units, or about all of them."""
    text = grouping.query if units is None else grouping.query_for(units)
    if isinstance(store, OxigraphStore):
        # Reading a text with a thousand IRIs takes longer than answering it.
        answer = store.evaluate(text, _facts(grouping.query))
    else:
        answer = store.query(text)
    if not isinstance(answer, Solutions):
        raise QueryEvaluationError(f"the grouping '{grouping.id}' is no SELECT query")
    return answer
