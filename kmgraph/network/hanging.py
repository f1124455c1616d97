"""What hangs on a record: what it ties, what it alone bridges, and what is left without it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from kmgraph.network.model import NetworkNode, Tie
from kmgraph.network.network import StakeholderNetwork

#: What becomes of a record without another.
STAYS, CUT_OFF, NOT_FOUND = "stays connected", "is cut off", "no other way found near by"
#: Most pairs that are listed one by one.
PAIRS: Final = 60


@dataclass(frozen=True, slots=True)
class Hanging:
    """A record that is tied to the one that goes.

    :ivar tie: the tie that falls away.
    :ivar keeps: number of its ties that remain.
    :ivar posts: other posts that work with it or are members of it.
    :ivar fate: whether it stays connected with the others that hang on it: one of
        :data:`STAYS`, :data:`CUT_OFF` and :data:`NOT_FOUND`.
    """

    node: NetworkNode
    tie: Tie
    keeps: int
    posts: tuple[NetworkNode, ...]
    fate: str


@dataclass(frozen=True, slots=True)
class WhatHangs:
    """What hangs on a record.

    :ivar hangings: what it is tied to.
    :ivar pairs: pairs of these that are tied neither to each other nor through anything else that
        both are tied to.
    :ivar all_pairs: how many such pairs there are.
    """

    gone: NetworkNode
    hangings: tuple[Hanging, ...]
    pairs: tuple[tuple[NetworkNode, NetworkNode], ...]
    all_pairs: int

    @property
    def left_alone(self) -> tuple[Hanging, ...]:
        """What keeps no way to the others, as far as is known."""
        return tuple(one for one in self.hangings if one.fate != STAYS)

    @property
    def without_post(self) -> tuple[Hanging, ...]:
        """Studies and communities that no other post works with."""
        return tuple(
            one
            for one in self.hangings
            if one.node.kind in ("study", "community") and not one.posts
        )


def what_hangs(
    network: StakeholderNetwork, name: str, *, unread: Collection[str] = ()
) -> WhatHangs:
    """Return what hangs on a record.

    :param network: a whole network, or what was read around the record.
    :param name: its IRI, or what stands after the base.
    :param unread: IRIs of records that may have further ties; see
        :func:`~kmgraph.network.around.read_around`.
    :raises RecordNotFoundError: the network holds no such record.
    """
    node = network.node(name)
    ties = network.ties_of(node.iri)
    by_iri = {one.iri: one for one in network.nodes}
    ends = {tie: tie.second if tie.first == node.iri else tie.first for tie in ties}
    around = {one: _neighbours(network, one) for one in ends.values()}
    parts = _parts(network, node.iri, list(around))
    largest = max((len(part) for part in parts), default=0)
    hangings = tuple(
        Hanging(
            by_iri[end],
            tie,
            len(around[end]) - 1,
            tuple(
                by_iri[iri] for iri in sorted(around[end]) if _is_other_post(by_iri[iri], node.iri)
            ),
            _fate(next(part for part in parts if end in part), parts, largest, set(unread)),
        )
        for tie, end in ends.items()
    )
    pairs = [
        (by_iri[first], by_iri[second])
        for first, second in combinations(sorted(around), 2)
        if second not in around[first] and not (around[first] & around[second]) - {node.iri}
    ]
    return WhatHangs(node, hangings, tuple(pairs[:PAIRS]), len(pairs))


def _is_other_post(node: NetworkNode, gone: str) -> bool:
    """Say whether a record is another post than the one that goes."""
    return node.kind == "post" and node.iri != gone


def _neighbours(network: StakeholderNetwork, iri: str) -> set[str]:
    """Return what a record is tied to."""
    return {tie.second if tie.first == iri else tie.first for tie in network.ties_of(iri)}


def _parts(network: StakeholderNetwork, gone: str, starts: list[str]) -> list[set[str]]:
    """Return the parts that some records are in without the one that goes."""
    parts: list[set[str]] = []
    for start in starts:
        if any(start in part for part in parts):
            continue
        part, pending = {start}, [start]
        while pending:
            for other in _neighbours(network, pending.pop()) - part - {gone}:
                part.add(other)
                pending.append(other)
        parts.append(part)
    return parts


def _fate(part: set[str], parts: list[set[str]], largest: int, unread: set[str]) -> str:
    """Return what becomes of the records of a part."""
    is_largest_alone = sum(len(one) == largest for one in parts) == 1
    if len(parts) == 1 or (len(part) == largest and is_largest_alone):
        return STAYS
    return NOT_FOUND if part & unread else CUT_OFF
