"""From answers to scores of persons, units and facilities.

A unit's score is the mean of its persons' scores, and a facility's the mean of its units' scores,
so that a large unit does not drown a small one.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, TypeVar

from kmgraph.errors import InputError
from kmgraph.instruments.answers import Answer, Eligible, mean_of, person_score
from kmgraph.instruments.catalogue import Instrument

#: Cells that rest on fewer people are suppressed.
DEFAULT_MINIMUM_N: Final = 5

_T = TypeVar("_T")


class Level(StrEnum):
    """Whose score a score is."""

    PERSON = "person"
    UNIT = "unit"
    FACILITY = "facility"


@dataclass(frozen=True, slots=True)
class ScoringOptions:
    """How answers are scored and which scores are shown.

    :ivar levels: which levels are returned.
    :ivar minimum_n: cells that rest on fewer people are suppressed.
    :ivar minimum_answered: share of the items of a scale, 0 to 1, that a person has to have
        answered; 0 asks for one answer.
    :ivar by_role: whether each role of a unit or facility is scored by itself.
    """

    levels: frozenset[Level] = frozenset({Level.UNIT})
    minimum_n: int = DEFAULT_MINIMUM_N
    minimum_answered: Decimal = Decimal(0)
    by_role: bool = False

    def __post_init__(self) -> None:
        if not self.levels:
            raise InputError("choose a level: person, unit or facility")
        if self.minimum_n < 1:
            raise InputError(f"the minimum number of people is 1 or more, not {self.minimum_n}")
        # What is no number cannot be compared.
        share = Decimal(self.minimum_answered)
        if not share.is_finite() or not 0 <= share <= 1:
            raise InputError(
                f"the share of items answered is from 0 to 1, not {self.minimum_answered}"
            )
        if Level.PERSON in self.levels and self.minimum_n > 1:
            raise InputError(
                "a person's score rests on one person, so a minimum of "
                f"{self.minimum_n} people would suppress all of them: set the minimum to 1, and "
                "keep the dataset to a group (column visibility)"
            )


@dataclass(frozen=True, slots=True)
class Cell:
    """The score of one scale at one level in one round.

    :ivar level: whose score it is.
    :ivar scale: id of the scale.
    :ivar case: id of the case that is rated.
    :ivar name: id of the facility or unit, or pseudonym of the respondent.
    :ivar unit: unit that it is or belongs to; None for a facility.
    :ivar facility: facility that it is or belongs to, or None.
    :ivar role: the role that all people behind it have, or None.
    :ivar date: date of the survey round, or None.
    :ivar score: the exact score, in the units of the instrument; None where it is suppressed.
    :ivar eligible: people who could have answered; None where unknown or suppressed.
    :ivar responding: people whose answers it rests on; None where it is suppressed.
    :ivar parts: the finer cells that it sums up and that are returned too.
    :ivar by_role: whether people of the unit or facility in other roles were left out.
    """

    level: Level
    scale: str
    case: str
    name: str
    unit: str | None
    facility: str | None
    role: str | None
    date: str | None
    score: Fraction | None
    eligible: int | None
    responding: int | None
    parts: tuple[Cell, ...] = ()
    by_role: bool = False

    @property
    def is_suppressed(self) -> bool:
        """Whether the score is withheld."""
        return self.responding is None


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit: its cell before anything is withheld, and the people behind it."""

    cell: Cell
    people: tuple[Cell, ...]
    role: str | None


def score(
    answers: Iterable[Answer],
    instrument: Instrument,
    options: ScoringOptions | None = None,
    *,
    eligible: Sequence[Eligible] = (),
) -> list[Cell]:
    """Score answers at the levels asked for.

    A cell that rests on too few people is suppressed together with its numbers. So is the cell of
    a facility whose units are shown too, where the units withheld hold too few people, because
    their score could be worked out from the others.

    :param eligible: how many people of each unit could have answered.
    :returns: the cells scale by scale in the order of the instrument, within a scale persons,
        units and facilities.

    >>> from kmgraph.instruments.catalogue import find_instrument
    >>> answers = [Answer(f"n{n}", "c", "u", None, None, None, "ORCA.C.1", 1, Decimal(4))
    ...            for n in range(5)]
    >>> [(c.level.value, c.score, c.responding) for c in score(answers, find_instrument("ORCA"))]
    [('unit', Fraction(4, 1), 5)]
    """
    scoring = _Scoring(options or ScoringOptions(), eligible)
    asked: dict[str, dict[tuple[str, str | None], list[Answer]]] = {
        notation: defaultdict(list) for notation in instrument.scales
    }
    for answer in answers:
        scoring.note_unit(answer)
        asked[answer.scale][answer.respondent, answer.date].append(answer)
    cells: list[Cell] = []
    for notation, scale in instrument.scales.items():
        persons = []
        for own in asked[notation].values():
            given = {answer.item: answer.value for answer in own}
            least = scoring.options.minimum_answered
            value = person_score(scale, given, minimum_answered=least)
            persons.append(_person(own[0], value))
        cells += scoring.cells(persons)
    return cells


def _person(answer: Answer, value: Fraction | None) -> Cell:
    """Return the cell of one person, who counts only where there is a score."""
    return Cell(
        Level.PERSON, answer.scale, answer.case, answer.respondent, answer.unit, answer.facility,
        answer.role, answer.date, value, None, int(value is not None),
    )  # fmt: skip


def _grouped(items: Iterable[_T], key_of: Callable[[_T], tuple[str | None, ...]]) -> list[list[_T]]:
    """Return items that share a key together, in the order of the keys."""
    groups: dict[tuple[str | None, ...], list[_T]] = defaultdict(list)
    for item in items:
        groups[key_of(item)].append(item)
    return [groups[key] for key in sorted(groups, key=lambda key: [part or "" for part in key])]


class _Scoring:
    """Sums persons up to units and facilities, by one set of options."""

    def __init__(self, options: ScoringOptions, eligible: Sequence[Eligible]) -> None:
        self.options = options
        self._eligible = {(one.unit, one.date): one for one in eligible}
        self._units: dict[tuple[str, str | None, str | None], set[str]] = defaultdict(set)

    def note_unit(self, answer: Answer) -> None:
        """Note which unit of which facility took part in a round, on whatever scale."""
        self._units[answer.case, answer.facility, answer.date].add(answer.unit)

    def cells(self, persons: Iterable[Cell]) -> Iterator[Cell]:
        """Yield the cells of one scale, persons first."""
        levels = self.options.levels
        units = [
            self._unit(people)
            for people in _grouped(
                persons, lambda one: (one.case, one.facility, one.unit, self._role(one), one.date)
            )
        ]
        if Level.PERSON in levels:
            yield from (person for unit in units for person in unit.people)
        if Level.UNIT in levels:
            yield from (self._shown(unit.cell) for unit in units)
        if Level.FACILITY in levels:
            for parts in _grouped(
                units, lambda one: (one.cell.case, one.cell.facility, one.role, one.cell.date)
            ):
                yield self._facility(parts)

    def _role(self, person: Cell) -> str | None:
        """Return the role by which a person is told from others of the unit."""
        return person.role if self.options.by_role else None

    def _unit(self, people: list[Cell]) -> _Unit:
        """Return a unit with the mean of its people's scores."""
        one = people[0]
        scored = tuple(
            sorted((p for p in people if p.score is not None), key=lambda person: person.name)
        )
        shows_people = Level.PERSON in self.options.levels
        cell = dataclasses.replace(
            one,
            level=Level.UNIT,
            name=str(one.unit),
            role=_shared({person.role for person in people}),
            score=_mean(scored),
            eligible=self._of_unit(str(one.unit), one.date),
            responding=len(scored),
            parts=scored if shows_people else (),
            by_role=self.options.by_role,
        )
        return _Unit(cell, scored, self._role(one))

    def _facility(self, units: list[_Unit]) -> Cell:
        """Return a facility with the mean of its units' scores, or suppressed."""
        one = units[0].cell
        scored = [unit.cell for unit in units if unit.people]
        parts: list[Cell] = []
        if Level.UNIT in self.options.levels:
            parts = [self._shown(unit.cell) for unit in units]
        elif Level.PERSON in self.options.levels:
            parts = [person for unit in units for person in unit.people]
        cell = dataclasses.replace(
            one,
            level=Level.FACILITY,
            name=str(one.facility),
            unit=None,
            role=_shared({unit.cell.role for unit in units}),
            score=_mean(scored),
            eligible=self._of_facility(one),
            responding=sum(len(unit.people) for unit in units),
            parts=tuple(parts),
        )
        return self._shown(cell, hidden=self._hidden(units))

    def _hidden(self, units: list[_Unit]) -> int:
        """Return how many people are in the units that are withheld beside others shown."""
        if Level.UNIT not in self.options.levels:
            return 0
        counts = [len(unit.people) for unit in units]
        return sum(count for count in counts if count < self.options.minimum_n)

    def _shown(self, cell: Cell, *, hidden: int = 0) -> Cell:
        """Return a cell, without its numbers where it rests on too few people."""
        least = self.options.minimum_n
        if int(cell.responding or 0) >= least and not 0 < hidden < least:
            return cell
        # The role that few people share may tell who they are.
        role = cell.role if cell.by_role else None
        return dataclasses.replace(
            cell, role=role, score=None, eligible=None, responding=None, parts=()
        )

    def _of_unit(self, unit: str, date: str | None) -> int | None:
        """Return how many people of a unit could have answered, where it is known."""
        if self.options.by_role:
            return None
        found = self._eligible.get((unit, date)) or self._eligible.get((unit, None))
        return found.count if found else None

    def _of_facility(self, cell: Cell) -> int | None:
        """Return how many people of a facility could have answered, units without answers too."""
        units = self._units[cell.case, cell.facility, cell.date]
        silent = {
            one.unit
            for one in self._eligible.values()
            if one.facility is not None
            and one.facility == cell.facility
            and one.case in (None, cell.case)
            and one.date in (None, cell.date)
        }
        counts = [self._of_unit(unit, cell.date) for unit in units | silent]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None


def _mean(cells: Sequence[Cell]) -> Fraction | None:
    """Return the mean of the scores, or None where there is none."""
    scores = [cell.score for cell in cells if cell.score is not None]
    return mean_of(scores) if scores else None


def _shared(values: set[str | None]) -> str | None:
    """Return the one value, or None where there are several."""
    return next(iter(values)) if len(values) == 1 else None
