"""Count the units of a store by the groupings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kmgraph.cube.groupings import Grouping
from kmgraph.cube.tally import Combinations, Tally, rows_by_unit
from kmgraph.errors import QueryEvaluationError
from kmgraph.namespaces import RDF
from kmgraph.results import Solutions
from kmgraph.sparql import QueryFacts, analyse
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import OxigraphStore

#: Units that one query is asked for; it bounds what is held beside the cells.
BATCH_UNITS: Final = 1_000
_DEFAULT: Final = ox.DefaultGraph()
_TYPE: Final = ox.NamedNode(f"{RDF}type")


def units_of(store: QuadStore, grouping: Grouping) -> Iterator[str]:
    """Yield the IRIs of the units of a grouping, once each.

    >>> from kmgraph.cube.groupings import load_grouping
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> list(units_of(MemoryStore(), load_grouping("cases-by-place")))
    []
    """
    if grouping.needs and not has_any(store, grouping.needs):
        return
    for number, name in enumerate(grouping.classes):
        for quad in store.quads(None, _TYPE, ox.NamedNode(name), _DEFAULT):
            unit = quad.subject
            if isinstance(unit, ox.NamedNode):
                earlier = grouping.classes[:number]
                if not any(is_a(store, unit, other) for other in earlier):
                    yield unit.value


def is_a(store: QuadStore, unit: ox.NamedNode, name: str) -> bool:
    """Say whether a record is of a class."""
    return next(store.quads(unit, _TYPE, ox.NamedNode(name), _DEFAULT), None) is not None


def has_any(store: QuadStore, name: str) -> bool:
    """Say whether a store has a member of a class."""
    return next(store.quads(None, _TYPE, ox.NamedNode(name), _DEFAULT), None) is not None


def count_all(store: QuadStore, grouping: Grouping, *, workers: int = 1) -> Tally:
    """Count all units of a store.

    :param workers: number of batches that are asked for at once.

    >>> from kmgraph.cube.groupings import load_grouping
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> count_all(MemoryStore(), load_grouping("cases-by-place")).cells
    {}
    """
    tally = Tally()
    batches = batched(units_of(store, grouping), BATCH_UNITS)
    with ThreadPoolExecutor(workers) as pool:
        # The engine lets go of the interpreter while it answers, so threads are enough.
        while round_ := list(islice(batches, 4 * workers)):
            for found in pool.map(lambda batch: _combined(store, grouping, batch), round_):
                for combinations, (units, value) in found.items():
                    tally.add(combinations, value, units)
    tally.settle()
    return tally


def count_some(
    store: QuadStore, grouping: Grouping, units: Collection[str], tally: Tally, *, sign: int = 1
) -> None:
    """Count some units into a tally, or take them out of it.

    :param units: their IRIs; those that are no members of the grouping's classes are passed over.
    :param sign: 1 to count, -1 to take away.
    """
    members = (
        unit
        for unit in units
        if any(is_a(store, ox.NamedNode(unit), name) for name in grouping.classes)
    )
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


def _ask(store: QuadStore, grouping: Grouping, units: list[str]) -> Solutions:
    """Ask a grouping about a batch of units."""
    text = grouping.query_for(units)
    if isinstance(store, OxigraphStore):
        # Reading a text with a thousand IRIs takes longer than answering it.
        answer = store.evaluate(text, _facts(grouping.query))
    else:
        answer = store.query(text)
    if not isinstance(answer, Solutions):
        raise QueryEvaluationError(f"the grouping '{grouping.id}' is no SELECT query")
    return answer
