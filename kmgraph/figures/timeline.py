"""Cycles of improvement in their order: when each was, and what was decided after it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from kmgraph.errors import RecordNotFoundError
from kmgraph.figures import style
from kmgraph.figures.picture import Cell, Picture
from kmgraph.figures.sheet import Sheet
from kmgraph.figures.timeline_drawing import DRAWN, draw_timeline, spans_of
from kmgraph.readings.account_model import NOT_REPORTED, Cycle
from kmgraph.readings.accounts import read_account
from kmgraph.stores.base import QuadStore

_UNDATED: Final = "Not every cycle has a start date, so they stand in their order, not to scale."


class Timeline(Picture):
    """The picture of the cycles of improvement of a case or a study.

    :param label: what to call the case or the study.
    :param cycles: cycles in the order of runs and of their places in them.
    :param is_synthetic: whether the cycles are made up.

    >>> Timeline("Ward 1", [Cycle("urn:y", "urn:c", "Letters", sequence=1)]).description
    'Run 1: cycle 1, Letters, not reported: decision not reported.'
    """

    def __init__(self, label: str, cycles: Sequence[Cycle], *, is_synthetic: bool = False) -> None:
        self.label = style.clean(label)
        self.cycles = tuple(cycles)
        self.is_synthetic = is_synthetic

    @property
    def title(self) -> str:
        """Whose cycles they are, and how many."""
        return f"{self.label}: {style.plural(len(self.cycles), 'cycle')} of improvement"

    @property
    def description(self) -> str:
        """Every cycle in words, run by run."""
        return " ".join(
            f"{run}: " + "; ".join(_in_words(cycle) for cycle in cycles) + "."
            for run, cycles in self.runs
        )

    @property
    def runs(self) -> list[tuple[str, list[Cycle]]]:
        """Cycles by run; a run without a name gets a number."""
        grouped = [list(group) for _, group in groupby(self.cycles, lambda c: (c.about, c.series))]
        return [
            (style.clean(cycles[0].series) or f"Run {number}", cycles)
            for number, cycles in enumerate(grouped, 1)
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known to read the picture."""
        notes = [style.SYNTHETIC] if self.is_synthetic else []
        if self.cycles and not spans_of(self.cycles)[1]:
            notes.append(_UNDATED)
        if len(self.cycles) > DRAWN:
            left = len(self.cycles) - DRAWN
            notes.append(f"The first {DRAWN} are drawn; the table has the other {left} too.")
        return tuple(notes)

    def to_table(self) -> list[dict[str, Cell]]:
        """Return one row a cycle; what is not reported says so."""
        return [
            {
                "run": run,
                "cycle": cycle.sequence or None,
                "name": cycle.text,
                "time": cycle.time,
                "aim": cycle.aim or NOT_REPORTED,
                "change tested": cycle.change or NOT_REPORTED,
                "plan": cycle.plan or NOT_REPORTED,
                "prediction": cycle.prediction or NOT_REPORTED,
                "do": cycle.did or NOT_REPORTED,
                "study": cycle.studied or NOT_REPORTED,
                "learned": cycle.learned or NOT_REPORTED,
                "act": cycle.acted or NOT_REPORTED,
                "decision": cycle.decision or NOT_REPORTED,
                "record": cycle.iri,
            }
            for run, cycles in self.runs
            for cycle in cycles
        ]

    def to_text(self, width: int = 100) -> str:
        """Return the cycles as text, one line each."""
        lines = textwrap.wrap(self.title, width)
        for run, cycles in self.runs:
            lines += ["", *textwrap.wrap(run, width)]
            for cycle in cycles:
                lines += textwrap.wrap(
                    _in_words(cycle), width, initial_indent="  ", subsequent_indent="    "
                )
        notes = [line for note in self.notes for line in textwrap.wrap(note, width)]
        return "\n".join([*lines, *([""] if notes else []), *notes])

    def _draw(self, onto: Sheet) -> None:
        draw_timeline(onto, self.title, self.runs, self.notes)


def _in_words(cycle: Cycle) -> str:
    """Return a cycle in words."""
    number = f"cycle {cycle.sequence}, " if cycle.sequence else ""
    what = style.clean(cycle.change or cycle.text)
    decision = cycle.decision or f"decision {NOT_REPORTED}"
    return f"{number}{what.rstrip('.')}, {cycle.time}: {decision}"


def read_timeline(store: QuadStore, work: str, label: str, *, is_synthetic: bool) -> Timeline:
    """Return the cycles of improvement of a case or a study as a picture.

    :param work: IRI of the case or the study; a study has the cycles of its cases too.
    :param label: what to call it.
    :param is_synthetic: whether its records are made up.
    :raises RecordNotFoundError: no cycle is recorded for it.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_timeline(MemoryStore(), "urn:c", "Ward 1", is_synthetic=False)
    Traceback (most recent call last):
        ...
    kmgraph.errors.RecordNotFoundError: no cycle of improvement is recorded for 'Ward 1'
    """
    cycles = read_account(store, work).cycles
    if not cycles:
        raise RecordNotFoundError(f"no cycle of improvement is recorded for '{label}'")
    return Timeline(label, cycles, is_synthetic=is_synthetic)
