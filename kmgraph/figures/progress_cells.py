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
        Mark("done", "D", "s", "#0067a0"),
        Mark("under way", "W", "^", "#b34700"),
        Mark("planned", "P", "o", "#00684c", is_filled=False),
        Mark("skipped", "S", "X", "#8a2f6b"),
        Mark(NOT_REPORTED, "?", "_", style.SOFT),
        _DIFFER,
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

    >>> latest([Found("urn:a", "done", ("2010",)), Found("urn:b", "planned", ("2009",))]).words
    'done, 2 records'
    >>> latest([Found("urn:a", "done"), Found("urn:b", "skipped")]).words
    'records differ, done and skipped'
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


def rated(found: Sequence[Found]) -> Cell:
    """Return the latest rating of a construct, or why it is not rated.

    :param found: ratings by date; those that were not rated have the reason as their detail.

    >>> ratings = [Found("urn:a", "low", ("2010",)), Found("urn:b", "high", ("2011",))]
    >>> rated(ratings).words, rated([Found("urn:c", NOT_RATED, detail="not measured")]).words
    ('high, 2 ratings', 'not rated, not measured')
    """
    given = [one for one in found if one.state != NOT_RATED]
    if not given:
        reasons = sorted({one.detail for one in found if one.detail})
        return Cell(NOT_RATED, "", " and ".join(reasons), tuple(sorted(one.iri for one in found)))
    banded = [one for one in given if one.state != NO_BAND] or given
    cell = latest([Found(one.iri, one.state, one.rank) for one in banded])
    count = style.plural(len(given), "rating")
    detail = f"{cell.detail}, {count}" if cell.state == DIFFER else count
    tag = str(len(given)) if len(given) > 1 else ""
    return Cell(cell.state, tag, detail, tuple(sorted(one.iri for one in given)))


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
