"""What is read of a piece of work beside its ratings: what was tried, met, done and found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Effects of determinants, as they are told.
BARRIER: Final = "barrier"
ENABLER: Final = "enabler"
EITHER_WAY: Final = "either way"
NOT_REPORTED: Final = "not reported"
#: The four levels of change, the nearest to people first; see :attr:`Finding.level`.
LEVELS: Final = ("FS.1", "FS.2", "FS.3", "FS.4")
MEASURED: Final = "measured"


@dataclass(frozen=True, slots=True)
class Finding:
    """A record about a piece of work.

    :ivar iri: IRI of the record.
    :ivar about: IRI of the case, study or programme that it is recorded for.
    :ivar text: its statement or its name.
    :ivar constructs: IRIs of the constructs that it is coded to.
    :ivar assertion: how it is known, in words; empty where nobody says.
    :ivar passages: IRIs of the passages that it rests on.
    :ivar date: year, month or day as recorded.
    """

    iri: str
    about: str
    text: str
    constructs: tuple[str, ...] = ()
    assertion: str = ""
    passages: tuple[str, ...] = ()
    date: str = ""


@dataclass(frozen=True, slots=True)
class Determinant(Finding):
    """What helped or hindered.

    :ivar effect: ``barrier``, ``enabler``, or ``either way``.
    :ivar level: id of the level of change that it stands at, such as ``FS.3``; empty where none is
        recorded.
    :ivar level_label: what to call the level.
    :ivar informant: role of who told it, in words.
    """

    effect: str = EITHER_WAY
    level: str = ""
    level_label: str = ""
    informant: str = ""


@dataclass(frozen=True, slots=True)
class Strategy(Finding):
    """What was done so that the innovation would take hold; parts not reported are empty."""

    actor: str = ""
    action: str = ""
    target: str = ""
    dose: str = ""
    timing: str = ""
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Outcome(Finding):
    """What came of it.

    :ivar status: ``measured``, or why not, in words.
    :ivar direction: what became of it in words; empty where it was not measured.
    :ivar effect: size of the effect with its measure; empty where none is recorded.
    :ivar certainty: how sure those are who appraised it, in words.
    :ivar months: months after the start.
    """

    status: str = NOT_REPORTED
    direction: str = ""
    effect: str = ""
    comparator: str = ""
    participants: str = ""
    certainty: str = ""
    months: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether it was measured."""
        return self.status == MEASURED

    @property
    def result(self) -> str:
        """What became of it in words, or why that is not known.

        >>> Outcome("urn:o", "urn:c", "Use", status="measured", direction="improved").result
        'improved'
        >>> Outcome("urn:o", "urn:c", "Use").result
        'not reported'
        """
        return (
            (self.direction or "measured, direction not reported")
            if self.is_measured
            else (self.status)
        )


@dataclass(frozen=True, slots=True)
class Cycle(Finding):
    """A cycle of planning, doing, studying and acting; parts not reported are empty.

    :ivar series: name of the run that it belongs to.
    :ivar sequence: its place in the run, from 1.
    :ivar decision: ``adopted``, ``adapted`` or ``abandoned``; empty where none is recorded.
    """

    series: str = ""
    sequence: int = 0
    aim: str = ""
    change: str = ""
    plan: str = ""
    prediction: str = ""
    did: str = ""
    studied: str = ""
    learned: str = ""
    acted: str = ""
    decision: str = ""
    start: str = ""
    end: str = ""

    @property
    def time(self) -> str:
        """When it was, in words.

        >>> Cycle("urn:y", "urn:c", "Letters", start="2014-09").time
        'from 2014-09, end not reported'
        """
        if self.start and self.end:
            return self.start if self.start == self.end else f"{self.start} to {self.end}"
        if self.start:
            return f"from {self.start}, end not reported"
        return f"until {self.end}" if self.end else NOT_REPORTED


@dataclass(frozen=True, slots=True)
class ElementBand:
    """Where an element of a case lies.

    :ivar element: id of the element, such as ``PARIHS.C``.
    :ivar band: ``low``, ``mixed`` or ``high``; empty where none was worked out.
    """

    element: str
    band: str = ""
    score: str = ""
    position: str = ""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case of a study in a line.

    :ivar innovations: IRIs of what was put in place.
    :ivar sites: IRIs of where.
    :ivar bands: by the version of the framework that cases are read by unless another is asked
        for.
    :ivar quadrant: in words; empty without a diagnosis.
    """

    iri: str
    label: str
    innovations: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    bands: tuple[ElementBand, ...] = ()
    quadrant: str = ""
    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What is recorded of a case, of a study with its cases, or of a programme.

    :ivar iri: IRI of the piece of work.
    :ivar study: IRI of the study: of a study itself; empty for what belongs to none.
    :ivar programme: IRI of the programme; empty where there is none.
    :ivar cases: the case itself, or those of the study, in the order of their IRIs.
    :ivar case_count: number of cases, of which ``cases`` may hold fewer.
    :ivar settings: IRIs of the settings of the work and its cases.
    """

    iri: str
    study: str = ""
    programme: str = ""
    cases: tuple[CaseLine, ...] = ()
    case_count: int = 0
    settings: tuple[str, ...] = ()
    determinants: tuple[Determinant, ...] = ()
    strategies: tuple[Strategy, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    cycles: tuple[Cycle, ...] = ()

    @property
    def by_level(self) -> tuple[tuple[str, tuple[Determinant, ...]], ...]:
        """Determinants by their level: from people to the larger system, then those without one.

        >>> Account("urn:c").by_level
        ()
        """
        found: dict[str, list[Determinant]] = {}
        for one in self.determinants:
            found.setdefault(one.level, []).append(one)
        known = [level for level in LEVELS if level in found]
        others = sorted(level for level in found if level and level not in LEVELS)
        last = [""] if "" in found else []
        return tuple(
            (found[level][0].level_label or "Level not reported", tuple(found[level]))
            for level in (*known, *others, *last)
        )

    @property
    def passages(self) -> tuple[str, ...]:
        """IRIs of the passages that its findings rest on, each once."""
        held = (*self.determinants, *self.strategies, *self.outcomes, *self.cycles)
        return tuple(dict.fromkeys(iri for one in held for iri in one.passages))
