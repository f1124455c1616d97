"""What a network consists of, and what is found in it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kmgraph.network.basis import best

#: Kinds of records that a network holds where none are chosen.
KINDS: Final = ("person", "post", "community", "panel", "organisation", "agency", "study")
#: Kinds that tie nearly everything to everything, and are left out unless chosen.
WIDE_KINDS: Final = ("programme", "theme")
#: Kinds that lose a bridge where a post falls vacant; the others are only ways there.
LOSING_KINDS: Final = frozenset({"study", "community", "organisation", "agency"})


@dataclass(frozen=True, slots=True)
class NetworkNode:
    """A record of a network.

    :ivar kind: one of :data:`KINDS` or :data:`WIDE_KINDS`.
    :ivar label: its name as the view has it; its IRI where it has none.
    :ivar status: of a post: ``filled``, ``vacant`` or ``unknown``; else empty.
    """

    iri: str
    kind: str
    label: str = ""
    status: str = ""

    @property
    def is_vacant(self) -> bool:
        """Whether it is a post that nobody fills, which ties nothing."""
        return self.status == "vacant"


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason why two records are tied.

    :ivar kind: code of the kind of tie, such as ``alignment``.
    :ivar records: IRIs of the records that say so.
    :ivar basis: code of the assertion kind of the statement, such as ``stated`` or ``inferred``;
        empty where the records say none.
    """

    kind: str
    records: tuple[str, ...]
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Tie:
    """Two records that are tied, in no direction, for one reason or several.

    :ivar first: IRI of the one that comes first in the order of IRIs.
    :ivar passages: IRIs of the passages that the records of the grounds rest on; empty in what is
        only read to derive from it.
    """

    first: str
    second: str
    grounds: tuple[Ground, ...]
    passages: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Codes of the kinds of tie, sorted."""
        return tuple(sorted({ground.kind for ground in self.grounds}))

    @property
    def basis(self) -> str:
        """Code of the assertion kind of its best ground; empty where none is recorded."""
        return best(ground.basis for ground in self.grounds)

    @property
    def records(self) -> tuple[str, ...]:
        """IRIs of the records that the tie rests on, sorted."""
        return tuple(sorted({iri for ground in self.grounds for iri in ground.records}))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record stands in a network.

    :ivar betweenness: share of the pairs of other records whose shortest ways lead over it, from
        0 to 1; None where it was not computed.
    :ivar ties: number of records that it is tied to.
    :ivar is_articulation_point: whether a part of the network falls apart without it.
    :ivar part_size: number of records of the part that it is in, itself included.
    :ivar inferred: how many of its ties are inferred, for whatever reason they are there.
    :ivar stated: how many of its ties a document states.
    """

    node: NetworkNode
    betweenness: Decimal | None
    ties: int
    is_articulation_point: bool
    part_size: int
    inferred: int = 0
    stated: int = 0

    @property
    def basis(self) -> str:
        """What of its ties rests on inference, in words."""
        if not self.ties:
            return "no ties"
        if self.inferred:
            return f"{self.inferred} of {self.ties} ties inferred"
        if self.stated == self.ties:
            return "all ties stated"
        return f"no tie inferred, {self.stated} of {self.ties} ties stated"


@dataclass(frozen=True, slots=True)
class Bridge:
    """A tie without which its two ends are in different parts.

    :ivar smaller_side: number of records on the smaller of its two sides; 1 where it is the only
        tie of a record.
    """

    tie: Tie
    smaller_side: int


@dataclass(frozen=True, slots=True)
class Loss:
    """A record that loses its bridge.

    :ivar reach_before: number of other records that it could reach, the one that goes left out.
    :ivar reach_after: number of other records that it can reach then.
    :ivar records: IRIs of the records that its way to the one that goes began with.
    """

    node: NetworkNode
    reach_before: int
    reach_after: int
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BridgeLoss:
    """What is cut off where one record goes.

    :ivar gone: the record that goes.
    :ivar parts: sizes of the parts that its own part falls into, the largest first; one part means
        that nothing is cut off, and none that it is tied to nothing.
    :ivar losses: studies, communities and organisations that are cut off from the largest part.
        Where several parts are largest, all of them are cut off.
    """

    gone: NetworkNode
    parts: tuple[int, ...]
    losses: tuple[Loss, ...]

    @property
    def cut_off(self) -> int:
        """Number of records of any kind that are cut off from the largest part."""
        is_largest_alone = len(self.parts) < 2 or self.parts[0] > self.parts[1]
        return sum(self.parts[1:] if is_largest_alone else self.parts)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two communities that share members.

    :ivar members: IRIs of the members that both have.
    :ivar jaccard: shared members as a share of all members that are recorded of either, to six
        places.
    :ivar records: IRIs of the records of the shared memberships.
    """

    first: str
    second: str
    members: tuple[str, ...]
    jaccard: Decimal
    records: tuple[str, ...]

    @property
    def shared(self) -> int:
        """Number of members that both have."""
        return len(self.members)
