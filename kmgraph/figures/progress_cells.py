"""What is said of one part of a framework in one piece of work, and how it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.progress_scheme import Column

#: Said where there is no record at all, and where records of one time differ.
NO_RECORD: Final = "no record"
DIFFER: Final = "records differ"
NOT_RATED: Final = "not rated"
NO_BAND: Final = "rated, no band"
NOT_REPORTED: Final = "not reported"
#: The other states of a step.
DONE: Final = "done"
UNDER_WAY: Final = "under way"
PLANNED: Final = "planned"
SKIPPED: Final = "skipped"


@dataclass(frozen=True, slots=True)
class Mark:
    """How a state is drawn; states of one picture differ in shape and in sign.

    :ivar sign: one character for terminals.
    :ivar shape: as the drawing library names it; empty for no mark.
    """

    state: str
    sign: str
    shape: str
    colour: str
    is_filled: bool = True


_DIFFER: Final = Mark(DIFFER, "!", "*", "#8c1d18")
_NONE: Final = Mark(NO_RECORD, ".", "", style.SOFT)
#: The states of each kind of picture, in the order of the key.
MARKS: Final[Mapping[str, tuple[Mark, ...]]] = {
    "steps": (
        Mark(DONE, "D", "s", "#0067a0"),
        Mark(UNDER_WAY, "W", "^", "#b34700"),
        Mark(PLANNED, "P", "o", "#00684c", is_filled=False),
        Mark(SKIPPED, "S", "X", "#8a2f6b"),
        Mark(NOT_REPORTED, "?", "_", style.SOFT),
        _NONE,
    ),
    "ratings": (
        Mark("high", "H", "^", "#0067a0"),
        Mark("mixed", "M", "D", "#6b4f00"),
        Mark("low", "L", "v", "#b34700"),
        Mark(NO_BAND, "R", "o", "#00684c"),
        Mark(NOT_RATED, "N", "s", style.SOFT, is_filled=False),
        _DIFFER,
        _NONE,
    ),
    "cycles": (
        Mark("adopted", "+", "s", "#0067a0"),
        Mark("adapted", "~", "^", "#b34700"),
        Mark("abandoned", "x", "X", "#8a2f6b"),
        Mark("undecided", "u", "o", "#00684c", is_filled=False),
        Mark(NOT_REPORTED, "?", "_", style.SOFT),
        _DIFFER,
        _NONE,
    ),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What is said of one part in one piece of work.

    :ivar state: one of the states of the picture.
    :ivar tag: a few characters beside the mark: phase of roll-out, or number of ratings.
    :ivar detail: what there is to say beside the state.
    :ivar records: IRIs of the records that say so, each with its passages.
    """

    state: str = NO_RECORD
    tag: str = ""
    detail: str = ""
    records: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """State and detail."""
        return f"{self.state}, {self.detail}" if self.detail else self.state


NOTHING: Final = Cell()


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A piece of work, or a run of cycles in one.

    :ivar iri: IRI of the case, study or programme.
    :ivar cells: what is said of each column, by its key; a column without a record is left out.
    """

    iri: str
    label: str
    cells: Mapping[str, Cell] = field(default_factory=dict)

    def cell(self, column: Column) -> Cell:
        """Return what is said of a column."""
        return self.cells.get(column.key, NOTHING)


@dataclass(frozen=True, slots=True)
class Found:
    """One record that says something of a part.

    :ivar rank: what decides between several records: the highest ones count.
    :ivar detail: what there is to say beside the state.
    """

    iri: str
    state: str
    rank: tuple[str, ...] = ()
    tag: str = ""
    detail: str = ""


def latest(found: Sequence[Found]) -> Cell:
    """Return what the records of the highest rank say, or that they differ.

    >>> latest([Found("urn:a", "low", ("2010",)), Found("urn:b", "high", ("2009",))]).words
    'low, 2 records'
    >>> latest([Found("urn:a", "low"), Found("urn:b", "high")]).words
    'records differ, high and low'
    """
    highest = max(one.rank for one in found)
    top = sorted((one for one in found if one.rank == highest), key=lambda one: one.iri)
    states = sorted({one.state for one in top})
    records = tuple(sorted({one.iri for one in found}))
    if len(states) > 1:
        return Cell(DIFFER, "", " and ".join(states), records)
    said = [top[0].detail] if top[0].detail else []
    said += [style.plural(len(records), "record")] if len(records) > 1 else []
    return Cell(states[0], top[0].tag, ", ".join(said), records)


def stepped(found: Sequence[Found]) -> Cell:
    """Return what all records of one step say together, by the rule of question 113.

    A step is done where a record says so and none says that more of it is under way or planned;
    what was done of it counts before what was skipped of it. Of the records that decide, those of
    the highest rank give dates and phase.

    >>> stepped([Found("urn:a", "done"), Found("urn:b", "skipped")]).words
    'done, 2 records: done and skipped'
    >>> stepped([Found("urn:a", "done"), Found("urn:b", "planned")]).state
    'under way'
    """
    states = {one.state for one in found}
    is_partly = UNDER_WAY in states or {DONE, PLANNED} <= states
    ordered = (DONE, PLANNED, SKIPPED, NOT_REPORTED)
    state = UNDER_WAY if is_partly else next(one for one in ordered if one in states)
    deciding = {DONE, UNDER_WAY} if state in (DONE, UNDER_WAY) else {state}
    top = max((one for one in found if one.state in deciding), key=lambda one: (one.rank, one.iri))
    records = tuple(sorted({one.iri for one in found}))
    said = [top.detail] if top.detail else []
    if len(records) > 1:
        differ = f": {' and '.join(sorted(states))}" if len(states) > 1 else ""
        said.append(f"{style.plural(len(records), 'record')}{differ}")
    return Cell(state, top.tag, ", ".join(said), records)


def rated(found: Sequence[Found]) -> Cell:
    """Return the latest rating of a construct, or why it is not rated.

    Where one date holds the other, as 2011 holds June 2011, nobody can tell which is later.

    :param found: ratings by date; those that were not rated have the reason as their detail.

    >>> ratings = [Found("urn:a", "low", ("2010",)), Found("urn:b", "high", ("2011-06",))]
    >>> rated(ratings).words, rated([Found("urn:c", NOT_RATED, detail="not measured")]).words
    ('high, 2 ratings', 'not rated, not measured')
    >>> rated([*ratings, Found("urn:d", "low", ("2011",))]).words
    'records differ, high and low, 3 ratings'
    """
    given = [one for one in found if one.state != NOT_RATED]
    if not given:
        reasons = sorted({one.detail for one in found if one.detail})
        return Cell(NOT_RATED, "", " and ".join(reasons), tuple(sorted(one.iri for one in found)))
    banded = [one for one in given if one.state != NO_BAND] or given
    last = max(one.rank for one in banded)
    cell = latest([Found(one.iri, one.state, last) for one in banded if _may_be(one.rank, last)])
    count = style.plural(len(given), "rating")
    detail = f"{cell.detail}, {count}" if cell.state == DIFFER else count
    tag = str(len(given)) if len(given) > 1 else ""
    return Cell(cell.state, tag, detail, tuple(sorted(one.iri for one in given)))


def _may_be(rank: tuple[str, ...], last: tuple[str, ...]) -> bool:
    """Say whether a date is the last one, or holds it and may so be as late."""
    return rank == last or any(a and b.startswith(a) for a, b in zip(rank, last, strict=False))


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn, as a picture or as text.

    :ivar kind: ``steps``, ``ratings`` or ``cycles``.
    :ivar warnings: lines under the title.
    :ivar notes: what has to be known to read it.
    """

    title: str
    kind: str
    rows: Sequence[WorkRow]
    columns: Sequence[Column]
    warnings: Sequence[str]
    notes: Sequence[str]

    def blocks(self, most: int) -> list[Sequence[Column]]:
        """Return the columns in blocks of about the same size.

        :param most: most columns of a block.

        >>> columns = [Column(str(number), "", "") for number in range(5)]
        >>> [len(block) for block in Drawn("", "steps", [], columns, [], []).blocks(4)]
        [3, 2]
        """
        if not self.columns:
            return []
        number = -(-len(self.columns) // most)
        size = -(-len(self.columns) // number)
        return [self.columns[at : at + size] for at in range(0, len(self.columns), size)]

    @property
    def has_tags(self) -> bool:
        """Whether any cell has something beside its mark."""
        return any(cell.tag for row in self.rows for cell in row.cells.values())


def counts(rows: Iterable[WorkRow], column: Column) -> dict[str, int]:
    """Return how many pieces of work are in each state of a column.

    >>> counts([WorkRow("urn:w", "W")], Column("1", "1", "First"))
    {'no record': 1}
    """
    found: dict[str, int] = {}
    for row in rows:
        state = row.cell(column).state
        found[state] = found.get(state, 0) + 1
    return found
