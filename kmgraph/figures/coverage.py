"""What is recorded of cases and studies, and of how many; read from the cube where it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kmgraph.figures.asking import solutions
from kmgraph.figures.bars import Bar, Bars, Part
from kmgraph.namespaces import FRAMEWORK, KM
from kmgraph.readings.facts import Solution, text_of
from kmgraph.stores.base import QuadStore

#: The framework whose elements are looked at.
SCHEME: Final = "PARIHS, version of 2004 and 2008"
_ELEMENT: Final = f"{FRAMEWORK}parihs-2004/PARIHS."
_NOT_REPORTED: Final = f"{KM}ValueNotReported"
_PARTS: Final = (Part("recorded", "good"), Part("not recorded", "unknown"))
#: What is counted of cases and of studies: what the query calls it, what it is in words, and what
#: is said where it is lacking.
_OF_CASES: Final = (
    ("E", "evidence is rated", "evidence is not rated"),
    ("C", "context is rated", "context is not rated"),
    ("F", "facilitation is rated", "facilitation is not rated"),
    ("outcome", "an outcome is measured", "no outcome is measured"),
    ("barrier", "a barrier is recorded", "no barrier is recorded"),
)
_OF_STUDIES: Final = (
    ("passage", "a passage is given", "no passage is given"),
    ("theme", "the theme is reported", "the theme is not reported"),
    ("setting", "the setting is reported", "the setting is not reported"),
    ("design", "the design is reported", "the design is not reported"),
)


@dataclass(frozen=True, slots=True)
class Covered:
    """Of how many records something is recorded.

    :ivar unit: ``case`` or ``study``.
    :ivar what: what is recorded, in words; ``otherwise`` says that it is not.
    :ivar have: number of records of which it is.
    :ivar of: number of all records.
    """

    unit: str
    what: str
    otherwise: str
    have: int
    of: int

    @property
    def lacking(self) -> int:
        """Of how many it is not recorded."""
        return self.of - self.have

    @property
    def share(self) -> str:
        """The share in words, never rounded to all or to none.

        >>> Covered("case", "x", "no x", 999, 1000).share, Covered("case", "x", "no x", 1, 3).share
        ('99%', '33%')
        """
        if not self.of:
            return "none there"
        if not self.have:
            return "0%"
        return f"{min(99 if self.lacking else 100, max(1, round(100 * self.have / self.of)))}%"


@dataclass(frozen=True, slots=True)
class ThemeCoverage:
    """What is recorded of the cases of a theme.

    :ivar rated: numbers of cases whose evidence, context and facilitation is rated.
    """

    iri: str
    label: str
    programme: str
    studies: int
    cases: int
    rated: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is recorded, as a whole and by theme.

    :ivar parts: cases before studies, each in the order in which work goes on.
    """

    parts: tuple[Covered, ...]
    themes: tuple[ThemeCoverage, ...]

    @property
    def picture(self) -> Bars:
        """The parts as bars of one length."""
        rows = tuple(
            Bar(f"{_plural(one.unit)}: {one.what}", (one.have, one.lacking)) for one in self.parts
        )
        notes = (f"Evidence, context and facilitation are those of {SCHEME}.",)
        return Bars(
            "What is recorded, and what is not yet",
            ("record", "records"),
            _PARTS,
            rows,
            as_shares=True,
            notes=notes if any(one.unit == "case" for one in self.parts) else (),
        )


def read_coverage(store: QuadStore) -> Coverage:
    """Return what is recorded of cases and studies.

    :param store: a view whose records are counted in its cube.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_coverage(MemoryStore()).parts
    ()
    """
    counted: dict[str, int] = {}
    not_reported: dict[str, int] = {}
    for row in solutions(store, "coverage"):
        what, value, number = text_of(row, "what"), text_of(row, "value"), _number(row, "have")
        if value == _NOT_REPORTED:
            not_reported[what] = number
        elif what == "element":
            counted[value.removeprefix(_ELEMENT)] = number
        else:
            counted[what] = number
    studies, cases = counted.get("studies", 0), counted.get("cases", 0)
    for what in ("theme", "setting", "design"):
        counted[what] = studies - not_reported.get(what, 0)
    parts = [
        Covered(unit, said, otherwise, counted.get(what, 0), of)
        for unit, of, looked_at in (("case", cases, _OF_CASES), ("study", studies, _OF_STUDIES))
        for what, said, otherwise in looked_at
    ]
    return Coverage(tuple(one for one in parts if one.of), tuple(_themes(store)))


def _themes(store: QuadStore) -> list[ThemeCoverage]:
    """Return what is recorded of each theme."""
    return [
        ThemeCoverage(
            text_of(row, "theme"),
            text_of(row, "label"),
            text_of(row, "programme"),
            _number(row, "studies"),
            _number(row, "cases"),
            (_number(row, "evidence"), _number(row, "context"), _number(row, "facilitation")),
        )
        for row in solutions(store, "coverage-by-theme")
    ]


def _number(row: Solution, name: str) -> int:
    """Return a number of a solution; 0 where it is unbound."""
    return int(text_of(row, name) or 0)


def _plural(unit: str) -> str:
    """Return the name of a unit at the beginning of a label."""
    return "Cases" if unit == "case" else "Studies"
