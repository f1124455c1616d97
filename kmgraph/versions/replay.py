"""Replay a change feed: from versions of entities to the dataset that they lead to."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from kmgraph.stores.tombstones import Tombstone, Tombstones
from kmgraph.versions.members import ERASED, Member, read_erased


def replay(members: Iterable[Member], into: ox.Store | None = None) -> ox.Store:
    """Return the dataset that versions of entities lead to.

    Each version takes the place of the one before, in every graph, so a version that comes twice
    does no harm.

    :param members: versions, from the oldest on.
    :param into: a store that holds what older versions led to; an empty one by default.

    >>> old = Member("urn:1", "urn:a", "added", "", {"urn:g": ("<urn:a> <urn:p> <urn:b> .\\n",)})
    >>> len(replay([old])), len(replay([old, Member("urn:2", "urn:a", "removed", "")]))
    (1, 0)
    """
    store = ox.Store() if into is None else into
    for member in members:
        if member.change == ERASED:
            _erase(store, member.entity)
            continue
        entity = ox.NamedNode(member.entity)
        for quad in list(store.quads_for_pattern(entity, None, None, None)):
            store.remove(quad)
        for graph, lines in member.graphs.items():
            parsed = ox.parse("".join(lines), ox.RdfFormat.N_TRIPLES)
            name = ox.NamedNode(graph)
            store.extend(ox.Quad(q.subject, q.predicate, q.object, name) for q in parsed)
    return store


def _erase(store: ox.Store, name: str) -> None:
    """Remove from a store what names an erased entity, which is known by a hash alone."""
    digest, salt = read_erased(name)
    stones = Tombstones(salt, {digest: Tombstone(digest, "")})
    for quad in list(store):
        if any(
            isinstance(term, ox.NamedNode) and stones.is_gone(term.value)
            for term in (quad.subject, quad.predicate, quad.object)
        ):
            store.remove(quad)
