"""The statements that are derived of a network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import RDF, XSD, expand
from kmgraph.network.model import Bridge, Loss, Overlap, Position
from kmgraph.network.network import StakeholderNetwork

#: Betweenness is left out where records times ties are more than this: some seconds of work.
BETWEENNESS_LIMIT: Final = 20_000_000
#: Losses, or pairs of communities, above which they are left out: each is a record of its own.
RECORDS_LIMIT: Final = 100_000
#: Records above which the network is not read at all, and nothing is measured of it.
NETWORK_LIMIT: Final = 20_000
_MEASURES: Final = ("Betweenness", "Loss", "Overlap", "Position", "Bridge")
#: To be raised where the measures or the statements change, so that stores are derived anew.
_VERSION: Final = 2
#: Assertion kinds by their codes.
_BASES: Final = {
    "stated": "km:Stated",
    "by_position": "km:DerivedByPosition",
    "computed": "km:Computed",
    "inferred": "km:Inferred",
}
_TYPE: Final = ox.NamedNode(f"{RDF}type")

Statements = Iterator[ox.Triple]


def network_statements(
    network: StakeholderNetwork,
    base: str,
    *,
    betweenness_limit: int = BETWEENNESS_LIMIT,
    records_limit: int = RECORDS_LIMIT,
) -> Statements:
    """Yield what is derived of a network: positions, bridges, losses and overlaps.

    Records with a tie have a position, and so has every post. Nothing is derived where there is
    neither.

    :param base: base IRI of the store.
    :param betweenness_limit: records times ties above which betweenness is left out.
    :param records_limit: losses, or pairs of communities, above which they are left out.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> list(network_statements(StakeholderNetwork.read(MemoryStore()), "https://x.org/"))
    []
    """
    size = len(network.nodes) * len(network.ties)
    has_betweenness = size <= betweenness_limit
    positions = [
        position
        for position in network.positions(betweenness=has_betweenness)
        if position.ties or position.node.kind == "post"
    ]
    if not network.ties and not positions:
        return
    writer = _Writer(base)
    left_out = [] if has_betweenness else ["BetweennessMeasure"]
    for position in positions:
        yield from writer.position(position, network)
    for bridge in network.bridges():
        yield from writer.bridge(bridge)
    losses = list(_losses(network, records_limit))
    if len(losses) > records_limit:
        left_out.append("LossMeasure")
    else:
        for post, loss in losses:
            yield from writer.loss(post, loss)
    if network.overlap_pairs() > records_limit:
        left_out.append("OverlapMeasure")
    else:
        for overlap in network.communities_overlap():
            yield from writer.overlap(overlap)
    yield from writer.overview(network, betweenness_limit, left_out)


def too_large_statements(records: int, base: str) -> Statements:
    """Yield what is derived of a network that is too large to be read: that nothing is measured.

    :param records: how many records it would hold.

    >>> [triple.object.value for triple in too_large_statements(20_001, "https://x.org/")][1]
    '20001'
    """
    left_out = [expand(f"km:{name}Measure") for name in _MEASURES]
    yield from _Writer(base).unread(records, BETWEENNESS_LIMIT, left_out)


def _losses(network: StakeholderNetwork, limit: int) -> Iterator[tuple[str, Loss]]:
    """Yield the losses of all posts with the post, one more than the limit at most."""
    number = 0
    for node in network.nodes:
        if node.kind == "post":
            for loss in network.if_vacant(node.iri).losses:
                yield node.iri, loss
                number += 1
                if number > limit:
                    return


class _Writer:
    """Writes what was found as statements with IRIs of their own."""

    def __init__(self, base: str) -> None:
        self._base = base

    def position(self, position: Position, network: StakeholderNetwork) -> Statements:
        """Yield the statements of a position."""
        ties = network.ties_of(position.node.iri)
        records = {position.node.iri} | {iri for tie in ties for iri in tie.records}
        facts: dict[str, Any] = {
            "km:positionOf": [position.node.iri],
            "km:nodeKind": [expand(f"km:{position.node.kind.title()}Node")],
            "km:betweenness": position.betweenness,
            "km:tieCount": position.ties,
            "km:isArticulationPoint": position.is_articulation_point,
            "km:partSize": position.part_size,
            "km:inferredTieCount": position.inferred,
            "km:statedTieCount": position.stated,
        }
        if position.node.kind == "post":
            facts["km:cutOffCount"] = network.if_vacant(position.node.iri).cut_off
        yield from self._record("network-position", [position.node.iri], facts, records)

    def bridge(self, bridge: Bridge) -> Statements:
        """Yield the statements of a bridge."""
        ends = [bridge.tie.first, bridge.tie.second]
        facts: dict[str, Any] = {
            "km:tieBetween": ends,
            "km:tieKind": [expand(f"km:{kind.title()}Tie") for kind in bridge.tie.kinds],
            "km:smallerSide": bridge.smaller_side,
            "km:tieBasis": [expand(_BASES[bridge.tie.basis])] if bridge.tie.basis else None,
        }
        yield from self._record("bridge-tie", ends, facts, bridge.tie.records)

    def loss(self, post: str, loss: Loss) -> Statements:
        """Yield the statements of what a record loses with a post."""
        facts: dict[str, Any] = {
            "km:ifVacant": [post],
            "km:loses": [loss.node.iri],
            "km:reachBefore": loss.reach_before,
            "km:reachAfter": loss.reach_after,
        }
        records = {*loss.records, loss.node.iri}
        yield from self._record("bridge-loss", [post, loss.node.iri], facts, records)

    def overlap(self, overlap: Overlap) -> Statements:
        """Yield the statements of two communities that share members."""
        pair = [overlap.first, overlap.second]
        facts: dict[str, Any] = {
            "km:overlapBetween": pair,
            "km:sharedMembers": overlap.shared,
            "km:jaccard": overlap.jaccard,
        }
        yield from self._record("community-overlap", pair, facts, overlap.records)

    def overview(self, network: StakeholderNetwork, limit: int, left_out: list[str]) -> Statements:
        """Yield how large the network is, and what was left out."""
        facts: dict[str, Any] = {
            "km:networkRecordCount": len(network.nodes),
            "km:networkTieCount": len(network.ties),
            "km:betweennessLimit": limit,
            "km:notComputed": [expand(f"km:{name}") for name in left_out],
        }
        yield from self._record("network-overview", [f"{self._base}all"], facts, ())

    def unread(self, records: int, limit: int, left_out: list[str]) -> Statements:
        """Yield how large a network is that was not read."""
        facts: dict[str, Any] = {
            "km:networkRecordCount": records,
            "km:betweennessLimit": limit,
            "km:notComputed": left_out,
        }
        yield from self._record("network-overview", [f"{self._base}all"], facts, ())

    def _record(
        self, segment: str, parts: list[str], facts: dict[str, Any], records: Iterable[str]
    ) -> Statements:
        """Yield the statements of one derived record."""
        subject = ox.NamedNode(self._base + "/".join([segment, *map(self._tail, parts)]))
        kind = "".join(word.title() for word in segment.split("-"))
        yield ox.Triple(subject, _TYPE, ox.NamedNode(expand(f"km:{kind}")))
        facts = facts | {
            "km:assertionKind": [expand("km:Computed")],
            "prov:wasDerivedFrom": sorted(records),
        }
        for name, value in facts.items():
            for term in _terms(value):
                yield ox.Triple(subject, ox.NamedNode(expand(name)), term)

    def _tail(self, iri: str) -> str:
        """Return what stands for a record in the IRI of what is derived of it."""
        if iri.startswith(self._base):
            return iri.removeprefix(self._base).replace("/", "-")
        # The IRI of a record that came as RDF may be anything.
        return hashlib.sha256(iri.encode()).hexdigest()[:20]


def _terms(value: Any) -> list[ox.NamedNode | ox.Literal]:
    """Return the terms of a fact: IRIs where it is a list, else one literal or none."""
    if isinstance(value, list):
        return [ox.NamedNode(iri) for iri in value]
    if value is None:
        return []
    if isinstance(value, bool):
        return [_literal(str(value).lower(), "boolean")]
    if isinstance(value, int):
        return [_literal(str(value), "integer")]
    return [_literal(_decimal(value), "decimal")]


def _literal(text: str, name: str) -> ox.Literal:
    """Return a literal with one of the datatypes of XML Schema."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + name))


def _decimal(value: Decimal) -> str:
    """Return a number without zeros that say nothing.

    >>> _decimal(Decimal("0.250000")), _decimal(Decimal("1.000000"))
    ('0.25', '1.0')
    """
    text = f"{value:f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def rules_text() -> bytes:
    """Return all that what is derived of networks depends on, as bytes to tell changes by.

    >>> b"betweenness" in rules_text()
    True
    """
    paths = artefacts.files("queries", "network/*.rq")
    limits = (
        f"betweenness {BETWEENNESS_LIMIT}, records {RECORDS_LIMIT}, whole {NETWORK_LIMIT}, "
        f"version {_VERSION}"
    )
    return b"".join(path.read_bytes() for path in paths) + limits.encode()
