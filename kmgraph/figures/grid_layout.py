"""Where the marks of a grid go, so that cases at one place can be told apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

from kmgraph.figures.grid_points import GridPoint
from kmgraph.mapping.mapper import BAND_EDGES

#: The angle that spreads points around a place most evenly, in radians.
_GOLDEN = math.pi * (3 - math.sqrt(5))


def fanned(points: Sequence[GridPoint], apart: float) -> dict[str, tuple[float, float]]:
    """Return how far each mark is moved, so that cases at one place stand around it.

    The order of the cases decides, so the same cases always stand the same way.

    :param points: cases with both scores.
    :param apart: distance between neighbours.
    :returns: IRI to the distance to the right and downwards.

    >>> from decimal import Decimal
    >>> from kmgraph.figures.grid_points import Side
    >>> place = Side(Decimal("0.5"))
    >>> [right for right, _ in fanned([GridPoint(i, i, place, place) for i in "ab"], 0.1).values()]
    [0.05, -0.05]
    """
    places: dict[tuple[float, float], list[str]] = {}
    for point in points:
        if point.evidence.score is not None and point.context.score is not None:
            place = (round(float(point.evidence.score), 2), round(float(point.context.score), 2))
            places.setdefault(place, []).append(point.iri)
    moved: dict[str, tuple[float, float]] = {}
    for iris in places.values():
        if len(iris) == 2:
            moved |= {iris[0]: (apart / 2, 0.0), iris[1]: (-apart / 2, 0.0)}
            continue
        for number, iri in enumerate(iris):
            radius = apart * math.sqrt(number) * _narrowing(len(iris))
            angle = number * _GOLDEN
            moved[iri] = (radius * math.cos(angle), radius * math.sin(angle))
    return moved


def band_edges(score: Decimal | float) -> tuple[float, float]:
    """Return where the band of a score begins and ends.

    >>> band_edges(0.39), band_edges(0.4), band_edges(0.61)
    ((0.0, 0.4), (0.4, 0.6), (0.6, 1.0))
    """
    low, high = map(float, BAND_EDGES)
    if score < BAND_EDGES[0]:
        return 0.0, low
    return (high, 1.0) if score > BAND_EDGES[1] else (low, high)


def _narrowing(count: int) -> float:
    """Return how much closer together many cases at one place stand."""
    return min(1.0, 5 / math.sqrt(count))


def lanes(places: Iterable[tuple[str, float]], apart: float, count: int) -> dict[str, int]:
    """Return a lane for each mark of a strip, so that marks in a lane do not touch.

    :param places: IRI and place along the strip.
    :param apart: least distance between marks of one lane.
    :param count: number of lanes; where all are taken marks begin again in the first.

    >>> lanes([("a", 0.5), ("b", 0.5), ("c", 0.9)], 0.1, 5)
    {'a': 0, 'b': 1, 'c': 0}
    """
    last = [-math.inf] * count
    found = {}
    for iri, place in sorted(places, key=lambda one: (one[1], one[0])):
        free = [lane for lane in range(count) if place - last[lane] >= apart]
        lane = free[0] if free else min(range(count), key=lambda one: last[one])
        last[lane] = place
        found[iri] = lane
    return found
