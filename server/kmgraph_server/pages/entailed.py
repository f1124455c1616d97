"""Which statements of a page were recorded, and which follow from the ontology."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from kmgraph.derivation import is_derived
from kmgraph.entity import Entity, Statement
from kmgraph.namespaces import expand, graph_iri
from kmgraph.stores.base import QuadStore

#: Classes of what was worked out of records.
DERIVED_KINDS: Final = frozenset(
    expand(f"km:{name}") for name in ("ConstructSummary", "ElementSummary", "Diagnosis", "Flip")
)
#: Classes of what was worked out of the network, which touches nearly every record: what points
#: from there to a record is not listed with the record.
NETWORK_KINDS: Final = frozenset(
    expand(f"km:{name}")
    for name in (
        "NetworkPosition",
        "BridgeTie",
        "BridgeLoss",
        "CommunityOverlap",
        "NetworkOverview",
    )
)


def is_derived_record(entity: Entity) -> bool:
    """Say whether an entity is something that was worked out, such as a summary."""
    return not (DERIVED_KINDS | NETWORK_KINDS).isdisjoint(entity.types)


def apart(entity: Entity) -> tuple[list[Statement], list[Statement]]:
    """Return the statements of an entity that were recorded, and those that follow from them.

    What is said of a record that was itself worked out counts as recorded.
    """
    if is_derived_record(entity):
        return entity.outgoing, []
    recorded: list[Statement] = []
    follows: list[Statement] = []
    node = ox.NamedNode(entity.iri)
    for statement in entity.outgoing:
        prop = ox.NamedNode(statement.predicate)
        quads = entity.store.quads(node, prop, statement.term, None)
        (follows if _all_derived(entity.store, quads) else recorded).append(statement)
    return recorded, follows


def recorded_incoming(entity: Entity) -> Iterable[Statement]:
    """Yield what points to an entity, without what follows from the ontology.

    The other direction of such a statement is recorded, and is shown there.
    """
    for statement in entity.incoming:
        if statement.iri and not DERIVED_KINDS.isdisjoint(statement.types):
            yield statement
        elif statement.iri is None or not _points_only_in_derived(entity, statement):
            yield statement


def _points_only_in_derived(entity: Entity, statement: Statement) -> bool:
    """Say whether an incoming statement was derived and not recorded."""
    subject, target = ox.NamedNode(statement.iri or ""), ox.NamedNode(entity.iri)
    prop = ox.NamedNode(statement.predicate)
    return _all_derived(entity.store, entity.store.quads(subject, prop, target, None))


def _all_derived(store: QuadStore, quads: Iterable[ox.Quad]) -> bool:
    """Say whether all graphs that hold a statement are derived ones, and there is one."""
    start = graph_iri(store.base, "")
    names = [
        quad.graph_name.value.removeprefix(start)
        for quad in quads
        if isinstance(quad.graph_name, ox.NamedNode)
    ]
    return bool(names) and all(map(is_derived, names))
