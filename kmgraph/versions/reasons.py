"""Why a row of an answer is another one: the changed records and passages that it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kmgraph.results import Row
from kmgraph.stores.base import QuadStore
from kmgraph.versions.difference import Difference
from kmgraph.versions.graphs import ASSERTED, VOCABULARY, differs
from kmgraph.versions.reading import Reads

#: Most reasons that are given for a row.
MOST: Final = 20
#: Most links of a record that are followed in each direction.
_LINKS: Final = 500
#: Longest way from what a row names to a record that changed.
_STEPS: Final = 2


class Reasons:
    """Finds the changed records that rows of one question rest on.

    What a row names comes first: its records, and its passages. Then come changed records that
    are linked to these by properties that the query names. Where there are none either, as on a
    row that counts over everything, it is the changed records with a property that the query
    names.

    :param read: what the query reads.
    """

    def __init__(self, difference: Difference, read: Reads) -> None:
        self._difference, self._read = difference, read
        graphs = difference.parts(ASSERTED, VOCABULARY)
        self._graphs = [graph.iri for graph in graphs if not graph.is_same]
        self._known: dict[str, bool] = {}
        self._anywhere: tuple[str, ...] | None = None

    def of(self, rows: Sequence[Row]) -> tuple[str, ...]:
        """Return the IRIs of the changed records that a row rests on, before and after."""
        reached = list(dict.fromkeys(iri for row in rows for iri in _named(row)))
        found = [iri for iri in reached if self._is_changed(iri)]
        seen = set(reached)
        for step in range(_STEPS):
            reached = [iri for iri in self._linked(reached) if iri not in seen]
            seen.update(reached)
            found += [iri for iri in dict.fromkeys(reached) if self._is_changed(iri)]
            if found and step == 0:
                break
        return tuple(found[:MOST]) or self._all()

    def _is_changed(self, iri: str) -> bool:
        """Say whether the generations say different things of an entity."""
        if iri not in self._known:
            stores = self._difference.old_store, self._difference.new_store
            self._known[iri] = differs(*stores, ox.NamedNode(iri), self._graphs)
        return self._known[iri]

    def _linked(self, iris: Iterable[str]) -> Iterator[str]:
        """Yield what is linked to entities, in either generation and direction."""
        for iri in iris:
            node = ox.NamedNode(iri)
            for store in (self._difference.old_store, self._difference.new_store):
                yield from self._ends(store, node)

    def _ends(self, store: QuadStore, node: ox.NamedNode) -> Iterator[str]:
        """Yield the other ends of the links of an entity by properties that the query names."""
        default = ox.DefaultGraph()
        for quad in islice(store.quads(node, None, None, default), _LINKS):
            if isinstance(quad.object, ox.NamedNode) and self._follows(quad):
                yield quad.object.value
        for quad in islice(store.quads(None, None, node, default), _LINKS):
            if isinstance(quad.subject, ox.NamedNode) and self._follows(quad):
                yield quad.subject.value

    def _follows(self, quad: ox.Quad) -> bool:
        """Say whether a link is one that the query names."""
        return quad.predicate.value in self._read.names

    def _all(self) -> tuple[str, ...]:
        """Return changed records with a changed property that the query names."""
        if self._anywhere is None:
            found = (
                record.iri
                for record in self._difference.records(ASSERTED, VOCABULARY)
                if any(one.predicate in self._read.names for one in record.properties)
            )
            self._anywhere = tuple(islice(found, MOST))
        return self._anywhere


def _named(row: Row) -> Iterator[str]:
    """Yield the IRIs that a row names, those of its passages among them."""
    for term in row:
        if isinstance(term, ox.NamedNode):
            yield term.value
        elif isinstance(term, ox.Literal) and "://" in term.value:
            yield from (part for part in term.value.split() if _is_iri(part))


def _is_iri(text: str) -> bool:
    """Say whether a word is an IRI."""
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return "://" in text
