"""How much is coded to each construct, as the cube has counted it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kmgraph.coded.records import coded_to
from kmgraph.coded.tree import framework_names, read_tree
from kmgraph.cube import CUBE, is_current, load_grouping
from kmgraph.cube.reading import stands_for
from kmgraph.cube.terms import dimension_iri, slice_iri
from kmgraph.namespaces import FRAMEWORK, KM, expand, graph_iri
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

_MEMBER: Final = ox.NamedNode(expand("qb:observation"))
_COUNT: Final = ox.NamedNode(f"{KM}unitCount")
#: Groupings, each with the dimensions that it is read by.
_BARRIERS: Final = ("determinants-by-place", ("effect", "construct"))
_RATED: Final = ("cases-by-rating", ("construct", "standing"))


@dataclass(frozen=True, slots=True)
class ConstructCounts:
    """How much of a view is coded to a construct.

    :ivar codings: records of every kind.
    :ivar barriers: barriers; ``enablers`` enablers; ``strategies`` strategies.
    :ivar rated_cases: cases in which it is rated.
    """

    codings: int = 0
    barriers: int = 0
    enablers: int = 0
    strategies: int = 0
    rated_cases: int = 0


def count_codings(store: QuadStore) -> dict[str, ConstructCounts]:
    """Return IRI of each construct that something is coded to, to how much.

    The numbers are those of the cube of the view. A store without one is counted record by record.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> count_codings(MemoryStore())
    {}
    """
    if not is_current(store):
        return _by_hand(store)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (construct,), number in _level(store, "codings-by-construct", ("construct",)):
        found[_text(construct)]["codings"] = number
    for (effect, construct), number in _level(store, *_BARRIERS):
        if _text(effect) in ("barrier", "enabler"):
            found[_text(construct)][f"{_text(effect)}s"] = number
    for (construct,), number in _level(store, "strategies-by-construct", ("construct",)):
        found[_text(construct)]["strategies"] = number
    for (construct, standing), number in _level(store, *_RATED):
        if _text(standing) == f"{KM}Rated":
            found[_text(construct)]["rated_cases"] = number
    return {
        iri: ConstructCounts(**numbers)
        for iri, numbers in found.items()
        if iri.startswith(FRAMEWORK)
    }


def _level(
    store: QuadStore, grouping_id: str, names: tuple[str, ...]
) -> Iterator[tuple[tuple[Term, ...], int]]:
    """Yield what the observations of a level are counted by, with their numbers."""
    grouping = load_grouping(grouping_id)
    part = ox.NamedNode(slice_iri(store.base, grouping, names))
    graph = ox.NamedNode(graph_iri(store.base, CUBE))
    for member in store.quads(part, _MEMBER, None, graph):
        node = member.object
        if not isinstance(node, ox.NamedNode):
            continue
        dimensions = (ox.NamedNode(dimension_iri(name)) for name in names)
        codes = [next(store.quads(node, one, None, graph)).object for one in dimensions]
        number = next(store.quads(node, _COUNT, None, graph)).object
        terms = tuple(stands_for(store, code) for code in codes if isinstance(code, ox.NamedNode))
        yield terms, int(getattr(number, "value", 0))


def _text(term: Term) -> str:
    """Return a term as text."""
    return str(getattr(term, "value", term))


def _by_hand(store: QuadStore) -> dict[str, ConstructCounts]:
    """Count record by record."""
    found = {}
    for name in framework_names():
        for construct in read_tree(name).constructs:
            coded = {kind: len(nodes) for kind, nodes in coded_to(store, construct.iri).items()}
            if coded:
                found[construct.iri] = ConstructCounts(
                    sum(coded.values()),
                    coded.get("barrier", 0),
                    coded.get("enabler", 0),
                    coded.get("strategy", 0),
                )
    return found
