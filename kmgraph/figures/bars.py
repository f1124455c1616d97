"""Bars made of parts: how many of each row are of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.picture import Cell, Picture
from kmgraph.figures.sheet import Sheet

#: Ground, ink and hatch of a part, by how it is to be taken; legend and numbers say it too.
TONES: Final = {
    "good": ("#0067a0", style.PAPER, ""),
    "middle": ("#a9c6d6", style.INK, ""),
    "poor": ("#b34700", style.PAPER, ""),
    "unknown": ("#f0f0f0", style.INK, "////"),
}
_MARGIN: Final = 0.3
_LEFT: Final = 3.3
_RIGHT: Final = 1.05
_ROW: Final = 0.36
_THICK: Final = 0.25


@dataclass(frozen=True, slots=True)
class Part:
    """A kind that bars tell apart.

    :ivar name: what it is called.
    :ivar tone: a key of :data:`TONES`.
    """

    name: str
    tone: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: what is counted, and how many are of each part.

    :ivar counts: one number a part, in the order of the parts.
    """

    label: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All that is counted."""
        return sum(self.counts)


@dataclass(frozen=True)
class Bars(Picture):
    """Rows of bars.

    :ivar name: what the picture shows, in one line.
    :ivar unit: what is counted: one, and several.
    :ivar parts: the kinds that are told apart, in the order in which they are drawn.
    :ivar rows: the bars, in the order in which they are drawn.
    :ivar as_shares: whether each bar is as long as any other.
    :ivar notes: sentences below.

    >>> print(Bars("Posts", ("post", "posts"), (Part("filled", "good"),), (Bar("Falls", (2,)),))
    ...     .to_text(40))
    Posts
    Falls  2 posts: filled 2
    """

    name: str
    unit: tuple[str, str]
    parts: tuple[Part, ...]
    rows: tuple[Bar, ...]
    as_shares: bool = False
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the picture shows, in one line."""
        return self.name

    @property
    def description(self) -> str:
        """What is seen, in words."""
        said = [
            f"{style.clean(bar.label)}: {in_words(bar, self.parts, self.unit)}."
            for bar in self.rows
        ]
        return " ".join([*said, *self.notes])

    def to_table(self) -> list[dict[str, Cell]]:
        """Return a row for each bar."""
        return [
            {
                "name": bar.label,
                **{part.name: count for part, count in zip(self.parts, bar.counts, strict=True)},
                "all": bar.total,
            }
            for bar in self.rows
        ]

    def to_text(self, width: int = 100) -> str:
        """Return the bars as lines of text."""
        wide = max((style.column_width(style.clean(bar.label)) for bar in self.rows), default=0)
        wide = min(wide, max(8, width // 3))
        lines = [
            f"{style.padded(style.shortened(style.clean(bar.label), wide), wide)}  "
            f"{in_words(bar, self.parts, self.unit)}"
            for bar in self.rows
        ]
        return "\n".join([self.title, *lines, *self.notes])

    def _draw(self, onto: Sheet) -> None:
        """Draw a row for each bar, and the key."""
        y = heading(onto, self.title, 0.35)
        longest = max((bar.total for bar in self.rows), default=0)
        width = onto.width - _LEFT - _RIGHT
        for bar in self.rows:
            label = onto.fit(bar.label, _LEFT - _MARGIN - 0.15, 10)
            onto.text(_LEFT - 0.12, y, label, size=10, align="right")
            share = 1.0 if self.as_shares else bar.total / longest if longest else 0.0
            draw_bar(onto, self.parts, bar.counts, (_LEFT, y - _THICK / 2, width * share, _THICK))
            end = _LEFT + (width * share if bar.total else 0)
            onto.text(end + 0.1, y, f"{bar.total:,}" if bar.total else "none", size=10, bold=True)
            y += _ROW
        met = [any(bar.counts[place] for bar in self.rows) for place in range(len(self.parts))]
        shown = [part for part, is_met in zip(self.parts, met, strict=True) if is_met]
        y = key(onto, shown, _LEFT, y + 0.1) if len(self.parts) > 1 else y - 0.1
        onto.set_height(notes(onto, self.notes, y) + 0.25)


def in_words(bar: Bar, parts: Sequence[Part], unit: tuple[str, str]) -> str:
    """Return what a bar shows in words.

    >>> parts = (Part("filled", "good"), Part("vacant", "poor"))
    >>> in_words(Bar("A", (2, 0)), parts, ("post", "posts"))
    '2 posts: filled 2, vacant 0'
    """
    each = ", ".join(
        f"{part.name} {count:,}" for part, count in zip(parts, bar.counts, strict=True)
    )
    whole = style.plural(bar.total, *unit)
    return f"{whole}: {each}" if bar.total else f"no {unit[0]}"


def draw_bar(
    onto: Sheet,
    parts: Sequence[Part],
    counts: Sequence[int],
    place: tuple[float, float, float, float],
) -> None:
    """Draw one bar with its numbers where they have room.

    :param place: left, top, width and height in inches.
    """
    x, y, width, height = place
    total = sum(counts)
    for part, count in zip(parts, counts, strict=True):
        if not count:
            continue
        ground, ink, hatch = TONES[part.tone]
        long = width * count / total
        onto.box(x, y, long, height, ground=ground, hatch=hatch)
        onto.box(x, y, long, height, edge=style.RULE)
        said = f"{count:,}"
        if onto.width_of(said, 9) + 0.06 <= long:
            back = ground if hatch else ""
            onto.text(
                x + long / 2, y + height / 2, said, size=9, colour=ink, align="center", ground=back
            )
        x += long


def heading(onto: Sheet, title: str, y: float) -> float:
    """Write the title of a picture, and return where what follows begins."""
    for line in onto.wrap(title, onto.width - 2 * _MARGIN, 14, bold=True, lines=2):
        onto.text(_MARGIN, y, line, size=14, bold=True)
        y += 0.28
    return y + 0.15


def key(onto: Sheet, parts: Sequence[Part], x: float, y: float) -> float:
    """Draw what the parts look like, and return where what follows begins."""
    left = x
    for part in parts:
        ground, _, hatch = TONES[part.tone]
        wide = onto.width_of(part.name, 9.5) + 0.55
        if x > left and x + wide > onto.width - _MARGIN:
            x, y = left, y + 0.26
        onto.box(x, y - 0.08, 0.24, 0.16, ground=ground, hatch=hatch)
        onto.box(x, y - 0.08, 0.24, 0.16, edge=style.RULE)
        onto.text(x + 0.31, y, part.name, size=9.5)
        x += wide
    return y + 0.1


def notes(onto: Sheet, said: Sequence[str], y: float) -> float:
    """Write sentences below a picture, and return where they end."""
    for note in said:
        for line in onto.wrap(note, onto.width - 2 * _MARGIN, 9, lines=3):
            y += 0.2
            onto.text(_MARGIN, y, line, size=9, colour=style.SOFT)
    return y
