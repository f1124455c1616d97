"""Which records a change may bear on, as a query sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

import pyoxigraph as ox

from kmgraph.listings.definitions import load_listings
from kmgraph.listings.names import named_in
from kmgraph.stores.base import QuadStore

_DEFAULT: Final = ox.DefaultGraph()
#: A property, and what is at the other end of it.
_Link = tuple[str, ox.NamedNode]


class Links:
    """The links between the records of a store, each read once however many queries go by it.

    :param store: what to read.
    """

    def __init__(self, store: QuadStore) -> None:
        self._store = store
        self._into: dict[ox.NamedNode, list[_Link]] = {}
        self._out: dict[ox.NamedNode, list[_Link]] = {}

    def around(self, query: str, changed: Iterable[ox.NamedNode]) -> set[ox.NamedNode]:
        """Return the changed records, what leads to them, and what all these lead to.

        Only links by properties that the query names are followed.

        :param query: one of the listings.

        >>> from kmgraph.stores.oxigraph import MemoryStore
        >>> Links(MemoryStore()).around("SELECT ?s { ?s <urn:p> ?o }", [ox.NamedNode("urn:a")])
        {<NamedNode value=urn:a>}
        """
        names = named_in(query)
        reached = set(changed)
        _follow(reached, names, self._links_into)
        _follow(reached, names, self._links_out)
        return reached

    def _links_into(self, node: ox.NamedNode) -> list[_Link]:
        """Return the links to a record: by name, as a vocabulary leads to a great many others."""
        found = self._into.get(node)
        if found is None:
            found = self._into[node] = [
                (prop.value, quad.subject)
                for prop in _properties()
                for quad in self._store.quads(None, prop, node, _DEFAULT)
                if isinstance(quad.subject, ox.NamedNode)
            ]
        return found

    def _links_out(self, node: ox.NamedNode) -> list[_Link]:
        """Return the links from a record."""
        found = self._out.get(node)
        if found is None:
            found = self._out[node] = [
                (quad.predicate.value, quad.object)
                for quad in self._store.quads(node, None, None, _DEFAULT)
                if isinstance(quad.object, ox.NamedNode)
            ]
        return found


def _follow(
    reached: set[ox.NamedNode],
    names: frozenset[str],
    links: Callable[[ox.NamedNode], Iterable[_Link]],
) -> None:
    """Add all that links by some properties reach."""
    waiting = list(reached)
    while waiting:
        for name, other in links(waiting.pop()):
            if name in names and other not in reached:
                reached.add(other)
                waiting.append(other)


@cache
def _properties() -> tuple[ox.NamedNode, ...]:
    """Return whatever the listings name: the properties that they go by are among it."""
    names = named_in("\n".join(listing.query for listing in load_listings().values()))
    return tuple(ox.NamedNode(name) for name in sorted(names) if not name.endswith(("#", "/")))
