"""Let an erasure reach the snapshots of a store.

A snapshot of a kept generation is judged by what its view says now, one of a generation that was
collected by its own statements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyoxigraph as ox

from kmgraph.namespaces import graph_iri
from kmgraph.pipeline.sweeping import Matcher
from kmgraph.pipeline.vocabulary_graphs import VOCABULARY
from kmgraph.snapshots import Snapshot, held_by, sweep_snapshots
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import PUBLIC, visible_in


def holding(target: GenerationStore, matcher: Matcher) -> list[Snapshot]:
    """Return the snapshots of generations no longer kept that hold what is erased."""
    return held_by(target, _names(target, matcher))


def remove_holding(target: GenerationStore, matcher: Matcher) -> tuple[str, ...]:
    """Remove the snapshots that hold what was erased; return their IRIs."""
    gone = sweep_snapshots(target, _names(target, matcher))
    return tuple(snapshot.iri for snapshot in gone)


def seen_in(snapshots: list[Snapshot]) -> set[str]:
    """Return who could see what snapshots hold, as visibilities.

    >>> seen_in([])
    set()
    """
    views = [visible_in(snapshot.view) for snapshot in snapshots]
    if frozenset({PUBLIC}) in views:
        return {PUBLIC}
    return set().union(*views) - {PUBLIC}


def _names(target: GenerationStore, matcher: Matcher) -> Callable[[ox.Quad], bool]:
    """Return what says of a statement whether it names something erased."""
    vocabulary = {graph_iri(target.base, name) for name in VOCABULARY}

    def term(value: Any) -> bool:
        if isinstance(value, ox.NamedNode):
            return matcher.node(value.value)
        if isinstance(value, ox.Literal):
            return matcher.text(value.value) or matcher.iri(value.datatype.value)
        return False

    def names(quad: ox.Quad) -> bool:
        graph = getattr(quad.graph_name, "value", "")
        if graph in vocabulary:
            return False
        return (
            term(quad.subject)
            or matcher.iri(quad.predicate.value)
            or term(quad.object)
            or (matcher.iri(graph))
        )

    return names
