"""Where the marks of a grid stand, in inches from the upper left corner of its sheet."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from kmgraph.figures.grid_layout import band_edges, fanned, lanes
from kmgraph.figures.grid_points import GridPoint

#: So many cases have a number each, and bounds; more are counted in cells.
NUMBERED: Final = 25
WITH_BOUNDS: Final = 60
SINGLE: Final = 300
#: Distances in inches.
MARGIN: Final = 0.3
LEFT: Final = 1.75
SIZE: Final = 5.2
#: Room between the frame and the scores 0 and 1, for marks that stand there.
INSET: Final = 0.2
STRIP: Final = 0.66
STRIP_LEFT: Final = 0.62
#: How far inside its bands the middle of a mark that was moved stays.
_EDGE: Final = 0.03


class Places:
    """The places of scores and marks in the plane and in its strips.

    :param top: where the plane begins.

    >>> plane = Places(1.0)
    >>> round(plane.x(0.5), 2), round(plane.y(0.5), 2)
    (4.35, 3.6)
    """

    def __init__(self, top: float) -> None:
        self.top = top
        self.bottom = top + SIZE
        self.strip_top = self.bottom + 0.5

    def x(self, score: Decimal | float) -> float:
        """Return the place of a score of evidence."""
        return LEFT + INSET + float(score) * (SIZE - 2 * INSET)

    def y(self, score: Decimal | float) -> float:
        """Return the place of a score of context."""
        return self.bottom - INSET - float(score) * (SIZE - 2 * INSET)

    def of(self, points: Sequence[GridPoint]) -> dict[str, tuple[float, float]]:
        """Return where the mark of each case is; none for a case without any score."""
        apart = 0.2 if len(points) <= NUMBERED else 0.085
        rows = 3 if len(points) <= NUMBERED else 5
        found = {}
        for point in points:
            if point.evidence.score is not None and point.context.score is not None:
                found[point.iri] = (self.x(point.evidence.score), self.y(point.context.score))
        shown = {point.iri: point for point in points}
        for iri, (right, down) in fanned(points, apart).items():
            x, y = found[iri]
            found[iri] = self._within_bands(shown[iri], x + right, y + down)
        step = STRIP / rows
        below = [
            (p.iri, self.x(p.evidence.score))
            for p in points
            if p.context.score is None and p.evidence.score is not None
        ]
        for iri, lane in lanes(below, apart, rows).items():
            found[iri] = (dict(below)[iri], self.strip_top + (lane + 0.5) * step)
        aside = [
            (p.iri, self.y(p.context.score))
            for p in points
            if p.evidence.score is None and p.context.score is not None
        ]
        for iri, lane in lanes(aside, apart, rows).items():
            found[iri] = (STRIP_LEFT + STRIP - (lane + 0.5) * step, dict(aside)[iri])
        return found

    def _within_bands(self, point: GridPoint, x: float, y: float) -> tuple[float, float]:
        """Return a place that was moved, kept within the bands that the case is in."""
        left, right = (self.x(edge) for edge in band_edges(point.evidence.score or 0))
        bottom, top = (self.y(edge) for edge in band_edges(point.context.score or 0))
        return (
            min(max(x, left + _EDGE), right - _EDGE),
            min(max(y, top + _EDGE), bottom - _EDGE),
        )
