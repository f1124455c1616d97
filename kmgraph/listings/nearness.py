"""Which records a change may bear on, as a query sees it."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from kmgraph.listings.names import named_in
from kmgraph.stores.base import QuadStore

_DEFAULT = ox.DefaultGraph()


def around(store: QuadStore, query: str, changed: Iterable[ox.NamedNode]) -> set[ox.NamedNode]:
    """Return the changed records, what leads to them, and what all these lead to.

    Only links by properties that the query names are followed.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> around(MemoryStore(), "SELECT ?s { ?s <urn:p> ?o }", [ox.NamedNode("urn:a")])
    {<NamedNode value=urn:a>}
    """
    names = named_in(query)
    reached = set(changed)
    waiting = list(reached)
    while waiting:
        node = waiting.pop()
        for quad in store.quads(None, None, node, _DEFAULT):
            subject = quad.subject
            if quad.predicate.value in names and isinstance(subject, ox.NamedNode):
                if subject not in reached:
                    reached.add(subject)
                    waiting.append(subject)
    waiting = list(reached)
    while waiting:
        node = waiting.pop()
        for quad in store.quads(node, None, None, _DEFAULT):
            value = quad.object
            if quad.predicate.value in names and isinstance(value, ox.NamedNode):
                if value not in reached:
                    reached.add(value)
                    waiting.append(value)
    return reached
