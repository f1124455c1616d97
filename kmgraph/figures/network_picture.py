"""A stakeholder network, or the part of it around one record, as a picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.picture import Cell, Picture
from kmgraph.figures.sheet import Sheet
from kmgraph.network import NetworkNode, Tie

#: Shape and colour of each kind of record, and what several of them are called.
KIND_MARKS: Final = {
    "post": ("D", "#b34700", "posts"),
    "study": ("o", "#0067a0", "studies"),
    "community": ("h", "#00684c", "communities of practice"),
    "panel": ("s", "#8a2f6b", "panels"),
    "organisation": ("p", "#6b4f00", "organisations"),
    "agency": ("P", "#5a5a5a", "agencies"),
    "person": ("^", "#332288", "people"),
    "programme": ("*", "#4d4d4d", "programmes"),
    "theme": ("v", "#8c1d18", "themes"),
}
#: Names are written beside so many records at most; the others are in the table.
NAMED: Final = 30
_MARGIN: Final = 0.5
_HEIGHT: Final = 6.6


@dataclass(frozen=True)
class NetworkPicture(Picture):
    """Records and what ties them.

    :ivar subject: what is shown, such as ``The network around Fellow 1``.
    :ivar places: IRI to place, from 0 to 1 to the right and downwards.
    :ivar middle: IRI of the record that it is about; may be empty.
    :ivar notes: what is not shown, in words.
    """

    subject: str
    nodes: tuple[NetworkNode, ...]
    ties: tuple[Tie, ...]
    places: Mapping[str, tuple[float, float]]
    middle: str = ""
    notes: tuple[str, ...] = ()
    is_synthetic: bool = False
    degrees: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What is shown, with how many records and ties."""
        records = style.plural(len(self.nodes), "record")
        return f"{self.subject}: {records}, {style.plural(len(self.ties), 'tie')}"

    @property
    def description(self) -> str:
        """How many records of each kind there are, and who has most ties."""
        counted = Counter(node.kind for node in self.nodes)
        kinds = ", ".join(
            f"{count:,} {kind if count == 1 else KIND_MARKS[kind][2]}"
            for kind, count in sorted(counted.items())
        )
        first = [f"{node.label} ({self.degrees.get(node.iri, 0)})" for node in self.first(3)]
        most = f"Most ties: {'; '.join(first)}." if first else ""
        warnings = [style.SYNTHETIC] if self.is_synthetic else []
        return style.clean(" ".join(filter(None, [*warnings, f"{kinds}.", most, *self.notes])))

    def first(self, count: int) -> list[NetworkNode]:
        """Return the records with most ties."""
        ordered = sorted(self.nodes, key=lambda node: (-self.degrees.get(node.iri, 0), node.iri))
        return ordered[:count]

    def named(self) -> frozenset[str]:
        """Return the IRIs of the records whose names are written beside them."""
        near = {end for tie in self.ties if self.middle in _ends(tie) for end in _ends(tie)}
        ordered = sorted(self.first(len(self.nodes)), key=lambda node: node.iri not in near)
        shown = NAMED if len(self.nodes) <= NAMED or near else NAMED // 2
        return frozenset(node.iri for node in ordered[:shown])

    def to_table(self) -> list[dict[str, Cell]]:
        """Return one row a tie."""
        by_iri = {node.iri: node for node in self.nodes}
        return [
            {
                "first": by_iri[tie.first].label,
                "first kind": by_iri[tie.first].kind,
                "second": by_iri[tie.second].label,
                "second kind": by_iri[tie.second].kind,
                "kinds of tie": " ".join(tie.kinds),
                "basis": tie.basis.replace("_", " ") or "not reported",
            }
            for tie in self.ties
        ]

    def to_text(self, width: int = 100) -> str:
        """Return the ties as text, a line each."""
        lines = [
            f"{row['first']} - {row['second']} ({row['kinds of tie']})" for row in self.to_table()
        ]
        return "\n".join([self.title, *self.notes, "", *lines])

    def _draw(self, onto: Sheet) -> None:
        y = 0.35
        for line in onto.wrap(self.title, onto.width - 2 * _MARGIN, 13, bold=True, lines=2):
            onto.text(_MARGIN, y, line, size=13, bold=True)
            y += 0.28
        for note in ([style.SYNTHETIC] if self.is_synthetic else []) + list(self.notes):
            for line in onto.wrap(note, onto.width - 2 * _MARGIN, 9, lines=2):
                onto.text(_MARGIN, y, line, size=9, colour=style.SOFT)
                y += 0.2
        self._draw_network(onto, y + 0.1)
        end = self._draw_key(onto, y + _HEIGHT + 0.4)
        onto.set_height(end + 0.3)

    def _draw_network(self, onto: Sheet, top: float) -> None:
        """Draw ties, then records, then names."""
        wide = onto.width - 2 * _MARGIN - 0.6
        at = {
            iri: (_MARGIN + 0.3 + x * wide, top + 0.2 + y * (_HEIGHT - 0.4))
            for iri, (x, y) in self.places.items()
        }
        for tie in self.ties:
            (x1, y1), (x2, y2) = at[tie.first], at[tie.second]
            is_inferred = tie.basis == "inferred"
            onto.line([x1, x2], [y1, y2], thickness=0.7, dashed=is_inferred)
        for node in self.nodes:
            shape, colour, _ = KIND_MARKS[node.kind]
            size = 6 + min(6.0, 1.5 * math.sqrt(self.degrees.get(node.iri, 0)))
            onto.mark(*at[node.iri], shape, colour=colour, size=size, filled=not node.is_vacant)
        named = self.named()
        for node in self.nodes:
            if node.iri in named:
                x, y = at[node.iri]
                label = style.shortened(style.clean(node.label), 34)
                onto.text(x, y + 0.16, label, size=7, align="center", bold=node.iri == self.middle)

    def _draw_key(self, onto: Sheet, y: float) -> float:
        """Say what the shapes mean; return where it ends."""
        x = _MARGIN
        for kind, (shape, colour, words) in KIND_MARKS.items():
            if not any(node.kind == kind for node in self.nodes):
                continue
            onto.mark(x, y, shape, colour=colour, size=8)
            onto.text(x + 0.12, y, words, size=8.5)
            x += onto.width_of(words, 8.5) + 0.4
        text = "Hollow: vacant. Dashed: the tie is inferred."
        onto.text(_MARGIN, y + 0.25, text, size=8.5, colour=style.SOFT)
        return y + 0.25


def _ends(tie: Tie) -> tuple[str, str]:
    """Return both ends of a tie."""
    return tie.first, tie.second
