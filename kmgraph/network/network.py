"""The stakeholder network: who is tied to whom, who bridges, and what is lost without them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from decimal import Decimal
from functools import cached_property
from itertools import combinations

from kmgraph.errors import AccessDeniedError, InputError, RecordNotFoundError
from kmgraph.network.measures import Measures, rounded
from kmgraph.network.model import (
    KINDS,
    LOSING_KINDS,
    Bridge,
    BridgeLoss,
    Loss,
    NetworkNode,
    Overlap,
    Position,
    Tie,
)
from kmgraph.network.reading import Reading, read_network
from kmgraph.stores.base import QuadStore


class StakeholderNetwork:
    """People, posts, communities, panels, organisations and studies, and what ties them.

    The graph has no direction, and all that ties two records is one tie. A vacant post is in it
    and ties nothing. Nothing is left out for its date: who was a member once counts as one.

    :param reading: records and ties.
    :param people: whether measures may be of people. Without it people still tie others, and no
        measure has one as its subject.
    :ivar nodes: the records, in the order of their IRIs.
    :ivar ties: the ties, in the order of their ends.
    """

    def __init__(self, reading: Reading, *, people: bool = False, base: str = "") -> None:
        self.nodes, self.ties = reading.nodes, reading.ties
        self.datasets = reading.datasets
        self._people, self._base = people, base
        self._same = dict(reading.same)
        self._number = {node.iri: number for number, node in enumerate(self.nodes)}
        self._by_ends = {(tie.first, tie.second): tie for tie in self.ties}

    @classmethod
    def read(
        cls,
        store: QuadStore,
        *,
        kinds: Collection[str] = KINDS,
        programme: str | None = None,
        people: bool = False,
        described: bool = True,
    ) -> StakeholderNetwork:
        """Read the network of a store or view; see :func:`~kmgraph.network.read_network`.

        >>> from kmgraph.stores.oxigraph import MemoryStore
        >>> StakeholderNetwork.read(MemoryStore()).ties
        ()
        """
        name = None if programme is None else _iri(programme, store.base)
        reading = read_network(store, kinds=kinds, programme=name, described=described)
        return cls(reading, people=people, base=store.base)

    @cached_property
    def measures(self) -> Measures:
        """The graph by the numbers of its nodes."""
        edges = ((self._number[tie.first], self._number[tie.second]) for tie in self.ties)
        return Measures(len(self.nodes), edges)

    @cached_property
    def _articulation_points(self) -> set[int]:
        return self.measures.articulation_points()

    @cached_property
    def _part_sizes(self) -> list[int]:
        return self.measures.part_sizes()

    def node(self, name: str) -> NetworkNode:
        """Return a record of the network.

        :param name: its IRI, or what stands after the base, such as ``post/ndl-MH1-df-1``.
        :raises RecordNotFoundError: the network holds no such record.
        """
        iri = _iri(name, self._base)
        number = self._number.get(self._same.get(iri, iri))
        if number is None:
            raise RecordNotFoundError(
                f"the network holds no record '{name}': it is not in this view, or not of a kind "
                "that was chosen"
            )
        return self.nodes[number]

    def ties_of(self, name: str) -> tuple[Tie, ...]:
        """Return the ties of a record.

        :raises RecordNotFoundError: the network holds no such record.
        """
        return tuple(self._ties_of(self._number[self.node(name).iri]))

    def _ties_of(self, number: int) -> Iterator[Tie]:
        """Yield the ties of a node, in the order of the other ends."""
        own = self.nodes[number].iri
        for other in sorted(self.measures.neighbours[number]):
            iri = self.nodes[other].iri
            yield self._by_ends[min(own, iri), max(own, iri)]

    def _supported(self, number: int) -> tuple[int, int]:
        """Return how many ties of a node are inferred, and how many are stated."""
        bases = [tie.basis for tie in self._ties_of(number)]
        return bases.count("inferred"), bases.count("stated")

    def is_shown(self, node: NetworkNode) -> bool:
        """Return whether measures of a record may be shown."""
        return self._people or node.kind != "person"

    def positions(self, *, betweenness: bool = True) -> list[Position]:
        """Return where each record stands, the one that most ways lead over first.

        :param betweenness: whether betweenness is computed, which takes time that grows with
            records times ties.
        """
        shares = self.measures.betweenness() if betweenness else [None] * len(self.nodes)
        found = [
            Position(
                node,
                share,
                len(self.measures.neighbours[number]),
                number in self._articulation_points,
                self._part_sizes[number],
                *self._supported(number),
            )
            for number, (node, share) in enumerate(zip(self.nodes, shares, strict=True))
            if self.is_shown(node)
        ]
        return sorted(found, key=lambda item: (-(item.betweenness or 0), -item.ties, item.node.iri))

    def betweenness(self) -> dict[str, Decimal]:
        """Return the betweenness of each record, by IRI.

        It is the share of all pairs of other records whose shortest ways lead over the record; a
        pair with several shortest ways counts by the share of them. It is 0 where no way does and
        1 in the middle of a star, is rounded half to even to six places, and is computed exactly.

        Source: Brandes 2001, https://doi.org/10.1080/0022250X.2001.9990249
        """
        shares = zip(self.nodes, self.measures.betweenness(), strict=True)
        return {node.iri: share for node, share in shares if self.is_shown(node)}

    def articulation_points(self) -> list[NetworkNode]:
        """Return the records without which a part of the network falls apart."""
        nodes = (self.nodes[number] for number in sorted(self._articulation_points))
        return [node for node in nodes if self.is_shown(node)]

    def bridges(self) -> list[Bridge]:
        """Return the ties without which a part falls apart, those with most behind them first."""
        found = []
        for first, second in self.measures.bridges():
            ends = self.nodes[first], self.nodes[second]
            if all(map(self.is_shown, ends)):
                iris = sorted(node.iri for node in ends)
                side = self.measures.smaller_side((first, second), self._part_sizes[first])
                found.append(Bridge(self._by_ends[iris[0], iris[1]], side))
        return sorted(found, key=lambda item: (-item.smaller_side, item.tie.first, item.tie.second))

    def communities_overlap(self) -> list[Overlap]:
        """Return the pairs of communities that share members, the most alike first.

        Members are people, posts and organisations that are recorded by themselves. A membership
        of a kind of people names nobody, so that it is never shared.
        """
        members = self._members()
        groups: dict[str, list[str]] = defaultdict(list)
        for community in sorted(members):
            for member in members[community]:
                groups[member].append(community)
        pairs = {pair for found in groups.values() for pair in combinations(found, 2)}
        overlaps = [self._overlap(first, second, members) for first, second in sorted(pairs)]
        return sorted(overlaps, key=lambda item: (-item.jaccard, item.first, item.second))

    def overlap_pairs(self) -> int:
        """Return how many pairs of communities are compared at most, counted by member."""
        counts: dict[str, int] = defaultdict(int)
        for found in self._members().values():
            for member in found:
                counts[member] += 1
        return sum(count * (count - 1) // 2 for count in counts.values())

    def _members(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Return the members of each community, with the records of their memberships."""
        members: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for tie in self.ties:
            grounds = [ground for ground in tie.grounds if ground.kind == "membership"]
            for group, member in ((tie.first, tie.second), (tie.second, tie.first)):
                if grounds and self.nodes[self._number[group]].kind == "community":
                    records = {iri for ground in grounds for iri in ground.records}
                    members[group][member] = tuple(sorted(records))
        return members

    def _overlap(
        self, first: str, second: str, members: dict[str, dict[str, tuple[str, ...]]]
    ) -> Overlap:
        """Return how two communities overlap."""
        shared = sorted(members[first].keys() & members[second].keys())
        of_either = members[first].keys() | members[second].keys()
        records = {iri for m in shared for g in (first, second) for iri in members[g][m]}
        jaccard = rounded(Decimal(len(shared)) / len(of_either))
        return Overlap(first, second, tuple(shared), jaccard, tuple(sorted(records)))

    def if_vacant(self, post: str) -> BridgeLoss:
        """Return what loses its bridge where a post falls vacant.

        :param post: its IRI, or what stands after the base.
        :raises RecordNotFoundError: the network holds no such record.
        :raises InputError: it is no post.
        """
        node = self.node(post)
        if node.kind != "post":
            raise InputError(
                f"'{post}' is no post but of the kind '{node.kind}', and cannot fall vacant: "
                "ask what is lost if it is gone"
            )
        return self._if_gone(node)

    def if_gone(self, name: str) -> BridgeLoss:
        """Return what is cut off where a record of any kind goes.

        :raises RecordNotFoundError: the network holds no such record.
        :raises AccessDeniedError: it is a person, and this view shows no measures of people.
        """
        node = self.node(name)
        if not self.is_shown(node):
            raise AccessDeniedError(
                f"'{name}' is a person, of whom this view shows no measures: open the view of a "
                "group"
            )
        return self._if_gone(node)

    def _if_gone(self, node: NetworkNode) -> BridgeLoss:
        """Return what is cut off where a record goes."""
        number = self._number[node.iri]
        size = self._part_sizes[number]
        parts = self.measures.parts_without(number, size)
        sizes = tuple(part_size for part_size, _ in parts)
        is_largest_alone = len(sizes) < 2 or sizes[0] > sizes[1]
        losses: list[Loss] = []
        for part_size, part in parts[1 if is_largest_alone else 0 :]:
            near = part.intersection(self.measures.neighbours[number])
            records = self._records_between(node.iri, near)
            losses.extend(
                Loss(self.nodes[other], size - 2, part_size - 1, records)
                for other in sorted(part)
                if self.nodes[other].kind in LOSING_KINDS
            )
        return BridgeLoss(node, sizes, tuple(losses))

    def _records_between(self, iri: str, others: frozenset[int]) -> tuple[str, ...]:
        """Return the records that the ties between a record and some others rest on."""
        iris = (self.nodes[other].iri for other in others)
        ties = (self._by_ends[min(iri, other), max(iri, other)] for other in iris)
        return tuple(sorted({record for tie in ties for record in tie.records}))


def _iri(name: str, base: str) -> str:
    """Return the IRI of a record that is given whole or from the base on."""
    return name if "://" in name or name.startswith("urn:") else base + name
