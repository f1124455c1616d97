"""What came of cases, by the strength of their evidence and the readiness of their context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.bars import Part, draw_bar, heading, key, notes
from kmgraph.figures.picture import Cell, Picture
from kmgraph.figures.sheet import Sheet

#: How a measured outcome went, in the order in which it is drawn.
DIRECTIONS: Final = (
    Part("improved", "good"),
    Part("unchanged", "middle"),
    Part("worsened", "poor"),
    Part("uncertain", "unknown"),
)
_LEFT: Final = 1.15
_GAP: Final = 0.18
_PANEL: Final = 1.5
_NAMES: Final = {
    "high evidence, low context": (0, 0),
    "high evidence, high context": (1, 0),
    "low evidence, low context": (0, 1),
    "low evidence, high context": (1, 1),
}
#: What cases are called whose place is not clear.
UNCLEAR: Final = "indeterminate"


@dataclass(frozen=True, slots=True)
class Corner:
    """Cases of one quadrant, and how their measured outcomes went.

    :ivar name: name of the quadrant.
    :ivar cases: how many cases stand there.
    :ivar counts: measured outcomes by direction, in the order of :data:`DIRECTIONS`.
    """

    name: str
    cases: int
    counts: tuple[int, ...]

    @property
    def measured(self) -> int:
        """All measured outcomes of these cases."""
        return sum(self.counts)

    @property
    def share(self) -> str:
        """How many of the measured outcomes improved, in words.

        >>> Corner("x", 3, (2, 1, 0, 0)).share, Corner("x", 3, (0, 0, 0, 0)).share
        ('67% improved', 'no outcome measured')
        """
        if not self.measured:
            return "no outcome measured"
        return f"{100 * self.counts[0] / self.measured:.0f}% improved"

    @property
    def title(self) -> str:
        """Its name as a heading."""
        if self.name == UNCLEAR:
            return "Not clear which: evidence or context is mixed, or not rated"
        return self.name[:1].upper() + self.name[1:]


@dataclass(frozen=True)
class Overview(Picture):
    """The four corners of evidence and context, and the cases between them.

    :ivar framework: name of the framework that cases are read by.
    :ivar corners: the quadrants that have cases.
    """

    framework: str
    corners: tuple[Corner, ...]

    @property
    def title(self) -> str:
        """What the picture shows, in one line."""
        return "What came of cases, by evidence and context"

    @property
    def description(self) -> str:
        """What is seen, in words."""
        said = [
            f"{one.title}: {style.plural(one.cases, 'case')}; "
            + style.plural(one.measured, "measured outcome")
            + f", {one.share}."
            for one in self.corners
        ]
        return " ".join([*said, *self.notes])

    @property
    def message(self) -> str:
        """What the picture says in a sentence; empty where an end of it has no measured outcome."""
        ends = {one.name: one for one in self.corners if one.measured}
        names = ("high evidence, high context", "low evidence, low context")
        if not all(name in ends for name in names):
            return ""
        both, neither = (ends[name].share.removesuffix(" improved") for name in names)
        return (
            f"Where evidence and context were both high, {both} of the measured outcomes improved; "
            f"where both were low, {neither}."
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know about the numbers."""
        return (
            "Bars count outcomes that were measured; what is not reported is left out. "
            f"Cases are read by {self.framework}.",
        )

    def to_table(self) -> list[dict[str, Cell]]:
        """Return a row for each corner."""
        return [
            {
                "evidence and context": one.title,
                "cases": one.cases,
                "measured outcomes": one.measured,
                **{part.name: count for part, count in zip(DIRECTIONS, one.counts, strict=True)},
            }
            for one in self.corners
        ]

    def to_text(self, width: int = 100) -> str:
        """Return a line for each corner."""
        lines = [
            f"{one.title}: {style.plural(one.cases, 'case')}, "
            f"{style.plural(one.measured, 'measured outcome')}, {one.share}"
            for one in self.corners
        ]
        return "\n".join(style.shortened(line, width) for line in [self.title, *lines])

    def _draw(self, onto: Sheet) -> None:
        """Draw the four corners as a plane, and the others below."""
        top = heading(onto, self.title, 0.35)
        wide = (onto.width - _LEFT - 0.3 - _GAP) / 2
        found = {one.name: one for one in self.corners}
        for name, (across, down) in _NAMES.items():
            one = found.get(name, Corner(name, 0, (0,) * len(DIRECTIONS)))
            x, y = _LEFT + across * (wide + _GAP), top + down * (_PANEL + _GAP)
            ground = style.BAND_GROUNDS["high" if across else "low"]
            _panel(onto, one, (x, y, wide, _PANEL), ground)
        for down, said in enumerate(("high", "low")):
            middle = top + down * (_PANEL + _GAP) + _PANEL / 2
            onto.text(_LEFT - 0.14, middle - 0.1, said, size=11, bold=True, align="right")
            onto.text(_LEFT - 0.14, middle + 0.12, "evidence", size=10, align="right")
        y = top + 2 * _PANEL + _GAP + 0.2
        for across, said in enumerate(("low context", "high context")):
            onto.text(
                _LEFT + across * (wide + _GAP) + wide / 2,
                y,
                said,
                size=11,
                bold=True,
                align="center",
            )
        y += 0.25
        if UNCLEAR in found:
            _panel(
                onto, found[UNCLEAR], (_LEFT, y, 2 * wide + _GAP, 1.15), style.BAND_GROUNDS["mixed"]
            )
            y += 1.15
        y = key(onto, DIRECTIONS, _LEFT, y + 0.28)
        onto.set_height(notes(onto, self.notes, y) + 0.25)


def _panel(onto: Sheet, one: Corner, place: tuple[float, float, float, float], ground: str) -> None:
    """Draw one corner: how many cases, how many outcomes improved, and the bar."""
    x, y, width, height = place
    onto.box(x, y, width, height, ground=ground, edge=style.RULE)
    inner = width - 0.4
    if one.name == UNCLEAR:
        onto.text(x + 0.2, y + 0.24, onto.fit(one.title, inner, 10), size=10, colour=style.SOFT)
        line = y + 0.52
    else:
        line = y + 0.36
    cases = style.plural(one.cases, "case")
    onto.text(x + 0.2, line, cases if one.cases else "no case", size=15, bold=True)
    if one.cases:
        onto.text(x + width - 0.2, line, one.share, size=13, bold=True, align="right")
    if one.measured:
        if one.name != UNCLEAR:
            said = style.plural(one.measured, "measured outcome")
            onto.text(x + 0.2, y + 0.68, said, size=10, colour=style.SOFT)
        draw_bar(onto, DIRECTIONS, one.counts, (x + 0.2, y + height - 0.43, inner, 0.27))
