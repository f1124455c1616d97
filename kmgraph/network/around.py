"""Read the network around some records, so that the time does not grow with the store.

What a tie is, the queries of ``queries/network`` say, as for the whole network. They are asked of
what stands around the records alone: a step is taken from record to record, and the notes between
two records (a case, a site, a membership) are read on the way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import RDF, expand
from kmgraph.network.model import KINDS, Ground, NetworkNode, Tie
from kmgraph.network.reading import (
    Reading,
    chosen,
    describers,
    network_vocabulary,
    recorded,
    ties_between,
)
from kmgraph.stores.base import QuadStore

#: Most things that are looked up through one property of one record.
LOOKED_UP: Final = 40
#: The same of records that are further away.
FEWER: Final = 12
#: Notes that may stand between two records that are tied.
_BETWEEN: Final = 3
_DEFAULT: Final = ox.DefaultGraph()
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_ABOUT: Final = ox.NamedNode(expand("km:about"))
_WORKED: Final = frozenset({expand("km:StepRecord"), expand("km:ImprovementCycle")})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The records around some others, with their ties.

    :ivar reading: the records and ties.
    :ivar open: IRIs of records that may have further ties, which were not read.
    """

    reading: Reading
    open: frozenset[str]


def read_around(
    store: QuadStore,
    starts: Collection[str],
    *,
    kinds: Collection[str] = KINDS,
    steps: int = 2,
    most: int = 40,
) -> Surroundings:
    """Read the records that are no more than some steps away from others.

    :param starts: IRIs of the records to begin with.
    :param kinds: kinds of records that it may hold.
    :param steps: how many ties away records may be.
    :param most: most records whose ties are read; the nearest come first.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_around(MemoryStore(), ["urn:post"]).reading.nodes
    ()
    """
    walk = _Walk(store)
    frontier = list(dict.fromkeys(starts))[:most]
    for _ in range(steps):
        walk.expand(frontier, FEWER if walk.expanded else LOOKED_UP)
        nodes, ties = walk.found(kinds)
        room = most - len(walk.expanded)
        reached = sorted({end for pair in ties for end in pair} - walk.expanded)
        frontier = reached[: max(room, 0)]
        if not frontier:
            break
    # The last records are there for their ties with the others; their own are not all read.
    nodes, ties = walk.found(kinds)
    kept = {end for pair in ties for end in pair} | (set(starts) & nodes.keys())
    label, passages = describers(store)
    reading = Reading(
        tuple(
            NetworkNode(iri, nodes[iri].kind, label(iri), nodes[iri].status) for iri in sorted(kept)
        ),
        tuple(
            Tie(first, second, tuple(grounds), passages(grounds))
            for (first, second), grounds in sorted(ties.items())
        ),
        (),
    )
    return Surroundings(reading, frozenset((kept - walk.expanded) | (walk.cut & kept)))


class _Walk:
    """What was read so far.

    :ivar expanded: records whose ties were read.
    :ivar cut: those of them that have more ties than were looked up.
    """

    def __init__(self, store: QuadStore) -> None:
        self.store, self.work = store, ox.Store()
        self.expanded: set[str] = set()
        self.cut: set[str] = set()
        self._seen: set[str] = set()
        self._kinds: dict[str, bool] = {}
        self._vocabulary = network_vocabulary()
        self._properties = [ox.NamedNode(iri) for iri in sorted(self._vocabulary)]

    def expand(self, records: Iterable[str], most: int) -> None:
        """Read what stands around records, up to the next records.

        Ways lead against the direction of statements, and then along it: from an organisation to
        its site, to the case there, and along to its study. They never turn back again, or each
        case would lead over its site to all others.

        :param most: most things that are looked up through one property.
        """
        for record in records:
            self.expanded.add(record)
            backwards: list[str] = [record]
            along: list[str] = []
            for _ in range(_BETWEEN):
                near = [other for iri in backwards for other in self._pointing(iri, record, most)]
                along = [other for iri in (*backwards, *along) for other in self._pointed_at(iri)]
                backwards = self._notes(near)
                along = self._notes(along)
                if not backwards and not along:
                    break
            for iri in (*backwards, *along):
                self._pointed_at(iri)

    def _notes(self, iris: list[str]) -> list[str]:
        """Return those things that are notes between records."""
        return [iri for iri in dict.fromkeys(iris) if not self._is_record(iri)]

    def found(
        self, kinds: Collection[str]
    ) -> tuple[dict[str, NetworkNode], dict[tuple[str, str], list[Ground]]]:
        """Return the records and the ties of what was read."""
        nodes, same = chosen(self.work, kinds)
        return nodes, ties_between(self.work, nodes, same)

    def _pointed_at(self, iri: str) -> list[str]:
        """Return what a thing points to."""
        found = [
            quad.object
            for quad in self._described(ox.NamedNode(iri))
            if isinstance(quad.object, ox.NamedNode) and quad.predicate != _TYPE
        ]
        for node in found:
            self._describe(node)
        return [node.value for node in found]

    def _pointing(self, iri: str, record: str, most: int) -> list[str]:
        """Return what points to a thing."""
        node, near = ox.NamedNode(iri), []
        for prop in self._properties:
            pointing = list(islice(self.store.quads(None, prop, node, _DEFAULT), most + 1))
            if len(pointing) > most:
                self.cut.add(record)
            for quad in pointing[:most]:
                subject = quad.subject
                if isinstance(subject, ox.NamedNode) and self._is_wanted(prop, subject):
                    self._describe(subject)
                    near.append(subject.value)
        return near

    def _is_wanted(self, prop: ox.NamedNode, subject: ox.NamedNode) -> bool:
        """Say whether what points to a thing may tie it: of all that is about it, steps alone."""
        return prop != _ABOUT or any(
            getattr(quad.object, "value", "") in _WORKED
            for quad in self.store.quads(subject, _TYPE, None, _DEFAULT)
        )

    def _described(self, node: ox.NamedNode) -> Iterator[ox.Quad]:
        """Take over and yield what a thing says of itself in the words of the queries."""
        for quad in self.store.quads(node, None, None, _DEFAULT):
            is_type = quad.predicate == _TYPE
            term = quad.object if is_type else quad.predicate
            if isinstance(term, ox.NamedNode) and term.value in self._vocabulary:
                taken = ox.Quad(quad.subject, quad.predicate, quad.object)
                self.work.add(taken)
                yield taken

    def _describe(self, node: ox.NamedNode) -> None:
        """Take over what a thing says of itself, once."""
        if node.value not in self._seen:
            self._seen.add(node.value)
            for _ in self._described(node):
                pass

    def _is_record(self, iri: str) -> bool:
        """Say whether a thing is a record of a network, and no note between two."""
        if iri not in self._kinds:
            self._kinds[iri] = self._is_of_kind(iri)
        return self._kinds[iri]

    def _is_of_kind(self, iri: str) -> bool:
        """Say whether what a thing says of itself makes it a record of a network."""
        alone = ox.Store()
        alone.extend(self.work.quads_for_pattern(ox.NamedNode(iri), _TYPE, None, None))
        return bool(recorded(alone))
