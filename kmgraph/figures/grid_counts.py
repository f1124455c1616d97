"""So many cases by evidence and context that they are counted and not drawn one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.grid_points import NOT_RATED
from kmgraph.figures.picture import Cell, Picture
from kmgraph.figures.sheet import Sheet

#: Bands as columns and rows have them; cases without a band stand beside the others.
BANDS: Final = ("low", "mixed", "high")
_MARGIN: Final = 0.3
_LEFT: Final = 1.7
_WIDE: Final = 1.75
_HIGH: Final = 1.0
_SHADES: Final = ("#ffffff", "#deebf3", "#c6deec", "#a6cbe1")


@dataclass(frozen=True, slots=True)
class CountedCell:
    """How many cases have a band of evidence and a band of context.

    :ivar evidence: ``low``, ``mixed``, ``high`` or ``not rated``.
    :ivar observation: IRI of the observation of the cube that counts them; may be empty.
    """

    evidence: str
    context: str
    cases: int
    observation: str = ""


@dataclass(frozen=True, slots=True)
class FitCount:
    """How many cases of a quadrant have facilitation that fits, does not fit, or is not known."""

    quadrant: str
    fit: str
    cases: int


@dataclass(frozen=True)
class CountedGrid(Picture):
    """Cases counted by the bands of their evidence and their context.

    :ivar scheme_label: name of the framework that they are read under.
    :ivar cells: the cells that have cases.
    :ivar fits: how their facilitation fits, by quadrant.
    :ivar subject: what the cases have in common, such as a theme; may be empty.

    >>> CountedGrid("PARIHS", (CountedCell("low", "high", 400),), ()).title
    '400 cases by evidence and context, PARIHS'
    """

    scheme_label: str
    cells: tuple[CountedCell, ...]
    fits: tuple[FitCount, ...]
    subject: str = ""
    is_verified: bool = True
    is_synthetic: bool = False

    @property
    def total(self) -> int:
        """All cases that are counted."""
        return sum(cell.cases for cell in self.cells)

    @property
    def title(self) -> str:
        """How many cases, of what, under which framework."""
        of = f" of {self.subject}" if self.subject else ""
        cases = style.plural(self.total, "case")
        return f"{cases}{of} by evidence and context, {self.scheme_label}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What qualifies all of it."""
        found = [style.SYNTHETIC] if self.is_synthetic else []
        return (*found, *(() if self.is_verified else (style.UNCHECKED,)))

    @property
    def description(self) -> str:
        """How many cases are where, in words."""
        parts = [
            f"Evidence {cell.evidence}, context {cell.context}: {style.plural(cell.cases, 'case')}."
            for cell in self.cells
        ]
        return " ".join([*self.warnings, *parts, style.HYPOTHESIS])

    def cell(self, evidence: str, context: str) -> CountedCell:
        """Return the cell of two bands; one without cases where there are none."""
        for cell in self.cells:
            if (cell.evidence, cell.context) == (evidence, context):
                return cell
        return CountedCell(evidence, context, 0)

    @property
    def columns(self) -> tuple[str, ...]:
        """Bands of evidence, from low to high; those not rated first where there are any."""
        has_none = any(cell.evidence == NOT_RATED for cell in self.cells)
        return (*((NOT_RATED,) if has_none else ()), *BANDS)

    @property
    def rows(self) -> tuple[str, ...]:
        """Bands of context, from high to low; those not rated last where there are any."""
        has_none = any(cell.context == NOT_RATED for cell in self.cells)
        return (*reversed(BANDS), *((NOT_RATED,) if has_none else ()))

    def narrowed(self, evidence: str = "", context: str = "") -> CountedGrid:
        """Return the counts of one band of evidence or of context.

        :param evidence: a band; any where it is empty.
        :param context: likewise.
        """
        said = [
            f"{name} {band}"
            for name, band in (("evidence", evidence), ("context", context))
            if band
        ]
        if not said:
            return self
        cells = tuple(
            cell
            for cell in self.cells
            if evidence in ("", cell.evidence) and context in ("", cell.context)
        )
        subject = ", ".join(filter(None, [self.subject, *said]))
        # How facilitation fits is counted by quadrant, not by band.
        return replace(self, cells=cells, fits=(), subject=subject)

    def shade(self, cell: CountedCell) -> int:
        """Return how full a cell is, from 0 for empty to 3."""
        if not cell.cases:
            return 0
        most = max(one.cases for one in self.cells)
        return min(3, 1 + 3 * (cell.cases - 1) // max(most, 1))

    def to_table(self) -> list[dict[str, Cell]]:
        """Return one row a cell."""
        return [
            {"evidence band": cell.evidence, "context band": cell.context, "cases": cell.cases}
            for cell in (self.cell(column, row) for row in self.rows for column in self.columns)
        ]

    def to_text(self, width: int = 100) -> str:
        """Return the counts as text."""
        head = f"{'context / evidence':20}" + "".join(f"{name:>12}" for name in self.columns)
        lines = [
            f"{row:20}" + "".join(f"{self.cell(column, row).cases:>12,}" for column in self.columns)
            for row in self.rows
        ]
        return "\n".join([self.title, *self.warnings, "", head, *lines, "", style.HYPOTHESIS])

    def _draw(self, onto: Sheet) -> None:
        y = 0.35
        for line in onto.wrap(self.title, onto.width - 2 * _MARGIN, 14, bold=True, lines=2):
            onto.text(_MARGIN, y, line, size=14, bold=True)
            y += 0.28
        for warning in self.warnings:
            onto.text(_MARGIN, y, warning, size=9.5, colour=style.SOFT, bold=True)
            y += 0.21
        y = self._draw_cells(onto, y + 0.15)
        onto.text(_LEFT, y + 0.1, "Evidence, low to high", size=10, bold=True)
        onto.text(_MARGIN, y + 0.1, "Context upwards", size=10, bold=True)
        onto.text(_MARGIN, y + 0.4, style.HYPOTHESIS, size=9.5)
        onto.set_height(y + 0.65)

    def _draw_cells(self, onto: Sheet, top: float) -> float:
        """Draw the cells with their numbers; return where they end."""
        for number, column in enumerate(self.columns):
            middle = _LEFT + (number + 0.5) * _WIDE
            onto.text(middle, top, f"evidence {column}", size=9, align="center")
        for line, row in enumerate(self.rows):
            y = top + 0.2 + line * _HIGH
            onto.text(_LEFT - 0.12, y + _HIGH / 2, f"context {row}", size=9, align="right")
            for number, column in enumerate(self.columns):
                cell, x = self.cell(column, row), _LEFT + number * _WIDE
                ground = _SHADES[self.shade(cell)]
                onto.box(x, y, _WIDE, _HIGH, ground=ground, edge=style.RULE)
                count = f"{cell.cases:,}"
                onto.text(x + _WIDE / 2, y + _HIGH / 2, count, size=14, bold=True, align="center")
        return top + 0.4 + len(self.rows) * _HIGH
