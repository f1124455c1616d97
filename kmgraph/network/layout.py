"""Where the records of a network are drawn; the same network always looks the same."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from kmgraph.network.model import KINDS, WIDE_KINDS, NetworkNode, Tie

Place = tuple[float, float]
#: Where chance begins, so that it always goes the same way.
_SEED: Final = 7
_ORDER: Final = {kind: number for number, kind in enumerate((*KINDS, *WIDE_KINDS))}


def ringed(nodes: Sequence[NetworkNode], ties: Iterable[Tie], middle: str) -> dict[str, Place]:
    """Return places around one record: what it is tied to on a ring, and further ones outside.

    :param middle: IRI of the record in the middle.
    :returns: IRI to place, from 0 to 1 to the right and downwards.

    >>> places = ringed([NetworkNode("urn:a", "post"), NetworkNode("urn:b", "study")], [], "urn:a")
    >>> places["urn:a"]
    (0.5, 0.5)
    """
    by_iri = {node.iri: node for node in nodes}
    around = _neighbours(ties)
    ring = sorted(around[middle] & by_iri.keys(), key=lambda iri: _key(by_iri[iri]))
    outside: dict[str, list[str]] = defaultdict(list)
    for iri in sorted(by_iri.keys() - {middle, *ring}, key=lambda iri: _key(by_iri[iri])):
        nearest = [one for one in ring if one in around[iri]]
        outside[nearest[0] if nearest else ""].append(iri)
    # A record of the ring has as much room as what hangs on it.
    shares = [max(1.0, len(outside[one])) for one in ring]
    total, angle = sum(shares) + len(outside[""]) or 1.0, -math.pi / 2
    places = {middle: (0.5, 0.5)}
    for one, share in zip(ring, shares, strict=True):
        wide = 2 * math.pi * share / total
        places[one] = _at(angle + wide / 2, 0.24)
        places |= _spread(outside[one], angle, wide)
        angle += wide
    return places | _spread(outside[""], angle, 2 * math.pi * len(outside[""]) / total)


def sprung(nodes: Sequence[NetworkNode], ties: Iterable[Tie]) -> dict[str, Place]:
    """Return places at which tied records stand near each other.

    :returns: IRI to place, from 0 to 1 to the right and downwards.

    >>> sprung([], [])
    {}
    """
    if not nodes:
        return {}
    import rustworkx as rx

    ordered = sorted(nodes, key=_key)
    number = {node.iri: place for place, node in enumerate(ordered)}
    graph = rx.PyGraph()
    graph.add_nodes_from(range(len(ordered)))
    edges = [(number[tie.first], number[tie.second]) for tie in ties]
    graph.add_edges_from_no_data(edges)
    start = {place: _at(2 * math.pi * place / len(ordered), 0.45) for place in range(len(ordered))}
    tied = {end for edge in edges for end in edge}
    room = 2.2 / math.sqrt(len(ordered))
    found = rx.spring_layout(graph, pos=start, k=room, num_iter=150, seed=_SEED)
    inside = _scaled({place: (found[place][0], found[place][1]) for place in sorted(tied)})
    return _with_untied({ordered[place].iri: at for place, at in inside.items()}, ordered)


def _with_untied(places: dict[str, Place], nodes: Sequence[NetworkNode]) -> dict[str, Place]:
    """Return places with those of records without a tie, which stand in rows below."""
    alone = [node.iri for node in nodes if node.iri not in places]
    if not alone:
        return places
    rows = -(-len(alone) // 25)
    height = min(0.3, 0.06 * rows)
    above = {iri: (x, y * (1 - height - 0.03)) for iri, (x, y) in places.items()}
    for number, iri in enumerate(alone):
        row, column = divmod(number, 25)
        above[iri] = (0.02 + 0.96 * column / 24, 1 - height + height * (row + 0.8) / rows)
    return above


def _scaled(places: dict[int, Place]) -> dict[int, Place]:
    """Return places so that they fill the square from 0 to 1."""
    if not places:
        return {}
    lows = [min(place[axis] for place in places.values()) for axis in (0, 1)]
    highs = [max(place[axis] for place in places.values()) for axis in (0, 1)]
    spans = [(high - low) or 1.0 for low, high in zip(lows, highs, strict=True)]
    return {
        number: ((x - lows[0]) / spans[0], (y - lows[1]) / spans[1])
        for number, (x, y) in places.items()
    }


def _spread(iris: Sequence[str], angle: float, wide: float) -> dict[str, Place]:
    """Return places on the outer ring; every second one stands further in."""
    return {
        iri: _at(angle + wide * (place + 0.5) / len(iris), 0.46 if place % 2 else 0.39)
        for place, iri in enumerate(iris)
    }


def _at(angle: float, radius: float) -> Place:
    """Return a place on a ring around the middle."""
    return round(0.5 + radius * math.cos(angle), 4), round(0.5 + radius * math.sin(angle), 4)


def _key(node: NetworkNode) -> tuple[int, str, str]:
    """Return what records are sorted by: kind, name, IRI."""
    return _ORDER.get(node.kind, len(_ORDER)), node.label, node.iri


def _neighbours(ties: Iterable[Tie]) -> dict[str, set[str]]:
    """Return what each record is tied to."""
    found: dict[str, set[str]] = defaultdict(set)
    for tie in ties:
        found[tie.first].add(tie.second)
        found[tie.second].add(tie.first)
    return found
