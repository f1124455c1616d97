"""How far pieces of work have come: the parts of a framework, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kmgraph.figures import picture as pictures
from kmgraph.figures import style
from kmgraph.figures.picture import Picture
from kmgraph.figures.progress_cells import MARKS, Drawn, WorkRow, counts
from kmgraph.figures.progress_drawing import draw_progress
from kmgraph.figures.progress_scheme import Column
from kmgraph.figures.progress_text import progress_text
from kmgraph.figures.sheet import Sheet

#: What the rows are, by kind of picture.
_ROWS: Final = {
    "steps": ("piece of work", "pieces of work"),
    "ratings": ("piece of work", "pieces of work"),
    "cycles": ("run of cycles", "runs of cycles"),
}
#: What has to be known to read the picture.
_NOTES: Final = {
    "steps": "No record is not the same as skipped.",
    "ratings": (
        "The latest rating by anyone; a small number says how many there are. Not rated is not "
        "low, and no band says by itself that a practice has taken hold."
    ),
    "cycles": "Columns count the cycles of a run. A decision that is not reported is not a no.",
}
_ORDERED: Final = "The columns are in the order of the authors."
_UNORDERED: Final = "The columns are in the order of the list, which is no order of work."
_GROUPS: Final = (
    "A column for a group of steps, or for the framework as a whole, shows what is recorded of "
    "just that: it says nothing of the steps, and question 113 does not count it."
)
_PHASES: Final = "1/4 to 4/4: how far a step was rolled out, from one site to the whole system."


class Progress(Picture):
    """The picture of how far pieces of work have come by one framework.

    :param rows: pieces of work, in the order in which they are shown.
    :param columns: parts of the framework, or places in a run of cycles.
    :param scheme_label: name of the framework.
    :param kind: ``steps``, ``ratings`` or ``cycles``.
    :param subject: what the work has in common, such as a theme; may be empty.
    :param left_out: how many records of steps a picture of cycles does not show.
    :param has_groups: whether anything is recorded of a group of steps, or of all of them.
    :param is_ordered: whether the authors give the parts an order.

    >>> Progress([], [], "QUERI").title
    '0 pieces of work by QUERI'
    """

    def __init__(
        self,
        rows: Sequence[WorkRow],
        columns: Sequence[Column],
        scheme_label: str,
        *,
        kind: str = "steps",
        subject: str = "",
        left_out: int = 0,
        has_groups: bool = False,
        is_ordered: bool = False,
        is_verified: bool = True,
        is_synthetic: bool = False,
    ) -> None:
        self.rows, self.columns, self.kind = tuple(rows), tuple(columns), kind
        self.scheme_label, self.subject = style.clean(scheme_label), style.clean(subject)
        self.left_out, self.has_groups = left_out, has_groups
        self.is_ordered = is_ordered
        self.is_verified, self.is_synthetic = is_verified, is_synthetic

    @property
    def title(self) -> str:
        """How many pieces of work, of what, by which framework."""
        found = style.plural(len(self.rows), *_ROWS[self.kind])
        return f"{found}{f' of {self.subject}' if self.subject else ''} by {self.scheme_label}"

    @property
    def description(self) -> str:
        """How many pieces of work are in each state of each part, in words."""
        parts = []
        for column in self.columns:
            found = counts(self.rows, column)
            said = [f"{m.state} {found[m.state]}" for m in MARKS[self.kind] if m.state in found]
            parts.append(f"{column.name}: {', '.join(said)}.")
        return " ".join((*self.warnings, *(parts if self.rows else ()), *self.notes))

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known to read the picture."""
        found = [_NOTES[self.kind]]
        if self.kind != "cycles":
            found.append(_ORDERED if self.is_ordered else _UNORDERED)
        tags = (cell.tag for row in self.rows for cell in row.cells.values())
        if self.kind == "steps" and any(tags):
            found.append(_PHASES)
        if self.has_groups:
            found.append(_GROUPS)
        if self.left_out:
            steps = style.plural(self.left_out, "record of a step", "records of steps")
            found.append(f"Left out: {steps}. This work is recorded as cycles; see question 113.")
        return tuple(found)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What qualifies all of it."""
        found = [style.SYNTHETIC] if self.is_synthetic else []
        return (*found, *(() if self.is_verified else (style.UNCHECKED,)))

    def to_table(self) -> list[dict[str, pictures.Cell]]:
        """Return one row a piece of work, and one column a part of the framework."""
        rows: list[dict[str, pictures.Cell]] = []
        for row in self.rows:
            cells: dict[str, pictures.Cell] = {"work": row.label}
            rows.append(cells | {one.name: row.cell(one).words for one in self.columns})
        return rows

    def to_text(self, width: int = 100) -> str:
        """Return the picture as text: a letter for each cell, and what the letters mean."""
        return progress_text(self._drawn, width)

    @property
    def _drawn(self) -> Drawn:
        """What is drawn."""
        shown = (self.rows, self.columns, self.warnings, self.notes)
        return Drawn(self.title, self.kind, *shown)

    def _draw(self, onto: Sheet) -> None:
        draw_progress(onto, self._drawn)
