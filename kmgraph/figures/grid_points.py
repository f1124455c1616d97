"""Where cases stand by evidence and context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from kmgraph.errors import InputError
from kmgraph.figures import style
from kmgraph.readings.model import CaseReading, ElementReading

QUADRANTS: Final = (
    "low evidence, high context",
    "high evidence, high context",
    "low evidence, low context",
    "high evidence, low context",
)
INDETERMINATE: Final = "indeterminate"
#: Said of cases that the chosen framework says nothing of.
ELSEWHERE: Final = "no rating under this framework"
#: Cases without a rating that are listed by name.
_NAMED: Final = 12
NOT_RATED: Final = "not rated"
_JUDGED: Final = "judged only"


@dataclass(frozen=True, slots=True)
class Side:
    """Evidence or context of a case.

    :ivar score: from the low pole (0) to the high pole (1); None where there is none.
    :ivar bounds: lowest and highest score that what is missing could give.
    :ivar absence: why there is no score, in words.
    """

    score: Decimal | None = None
    band: str = ""
    bounds: tuple[Decimal, Decimal] | None = None
    absence: str = NOT_RATED

    @property
    def words(self) -> str:
        """The score with its band, or why there is none."""
        if self.score is None:
            return self.absence
        return f"{style.number(self.score)} {self.band}".strip()

    @property
    def all_words(self) -> str:
        """The score with its band and its bounds, or why there is none."""
        if self.bounds is None or self.bounds[0] == self.bounds[1]:
            return self.words
        return f"{self.words}, could be {' to '.join(map(style.number, self.bounds))}"


@dataclass(frozen=True, slots=True)
class GridPoint:
    """One case in the plane of evidence and context.

    :ivar iri: IRI of the case.
    :ivar quadrant: in words; empty where the case has no diagnosis.
    :ivar fit: ``fits``, ``does not fit`` or ``unknown``.
    """

    iri: str
    label: str
    evidence: Side = field(default_factory=Side)
    context: Side = field(default_factory=Side)
    quadrant: str = ""
    fit: str = "unknown"
    study: str = ""

    @property
    def is_placed(self) -> bool:
        """Whether both scores are known."""
        return self.evidence.score is not None and self.context.score is not None


def side(
    score: Decimal | None,
    band: str = "",
    lower: Decimal | None = None,
    upper: Decimal | None = None,
    *,
    is_rated: bool = True,
) -> Side:
    """Return evidence or context of a case.

    :param is_rated: whether anything is rated, if only by a judged band.

    >>> side(None, is_rated=True).words, side(None, is_rated=False).words
    ('judged only', 'not rated')
    """
    bounds = None if lower is None or upper is None else (lower, upper)
    return Side(score, band, bounds, _JUDGED if is_rated else NOT_RATED)


def point_of(reading: CaseReading) -> GridPoint:
    """Return where a case stands.

    :raises InputError: the framework it is read under has no evidence and context.

    >>> point_of(CaseReading("urn:c", "C", scheme="i-parihs-2016"))
    Traceback (most recent call last):
    kmgraph.errors.InputError: the case 'C' is read under i-parihs-2016, which has no evidence \
and context: read it under parihs-2004 or parihs-1998
    """
    found = {element.notation.rpartition(".")[2]: element for element in reading.elements}
    if not {"E", "C"} <= found.keys() or reading.scheme.startswith("i-"):
        raise InputError(
            f"the case '{style.clean(reading.label)}' is read under {reading.scheme}, which has "
            "no evidence and context: read it under parihs-2004 or parihs-1998"
        )
    diagnosis = reading.diagnosis
    return GridPoint(
        reading.iri,
        style.clean(reading.label),
        _side_of(found["E"]),
        _side_of(found["C"]),
        diagnosis.quadrant if diagnosis else "",
        diagnosis.fit if diagnosis else "unknown",
        style.clean(reading.study_label),
    )


def is_read(reading: CaseReading) -> bool:
    """Say whether anything of a case is recorded under the framework, rated or not.

    >>> is_read(CaseReading("urn:c", "C"))
    False
    """
    recorded = any(not rating.is_proposed for rating in reading.ratings)
    return recorded or any(element.iri for element in reading.elements)


def elsewhere_in_words(others: Sequence[GridPoint]) -> str:
    """Return how many cases have no rating under the framework, and which; empty for none.

    >>> elsewhere_in_words([GridPoint("urn:a", "Ward A")])
    '1 more case has no rating under this framework: Ward A.'
    """
    if not others:
        return ""
    has = "has" if len(others) == 1 else "have"
    names = "; ".join(style.clean(point.label) for point in others[:_NAMED])
    more = f"; and {len(others) - _NAMED:,} more" if len(others) > _NAMED else ""
    count = style.plural(len(others), "more case")
    return f"{count} {has} {ELSEWHERE}: {names}{more}."


def _side_of(element: ElementReading) -> Side:
    """Return evidence or context from the reading of the element."""
    is_rated = bool(element.iri or element.rated_count)
    bounds = (element.lower_bound, element.upper_bound)
    return side(element.score, element.band, *bounds, is_rated=is_rated)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases are in one quadrant or without one, by fit."""

    name: str
    fits: int
    misfits: int
    unknown: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.fits + self.misfits + self.unknown


def tallies(points: Iterable[GridPoint]) -> list[Tally]:
    """Return how many cases are in each quadrant, and in none, by fit.

    >>> [(tally.name, tally.total) for tally in tallies([GridPoint("urn:a", "A")])][-1]
    ('no diagnosis', 1)
    """
    found: dict[str, dict[str, int]] = {}
    for name in (*QUADRANTS, INDETERMINATE):
        found[name] = {}
    for point in points:
        counts = found.setdefault(point.quadrant or "no diagnosis", {})
        fit = point.fit if point.fit in style.FIT_MARKS else "unknown"
        counts[fit] = counts.get(fit, 0) + 1
    return [
        Tally(name, counts.get("fits", 0), counts.get("does not fit", 0), counts.get("unknown", 0))
        for name, counts in found.items()
    ]


def cell_of(score: Decimal) -> int:
    """Return which of ten cells a score lies in.

    Cells close towards the middle, so that none lies in two bands: 0.4 and 0.6 are mixed.

    >>> [cell_of(Decimal(text)) for text in ("0", "0.4", "0.5", "0.6", "0.61", "1")]
    [0, 4, 5, 5, 6, 9]
    """
    tenth = score * 10
    if score < Decimal("0.5"):
        return int(tenth)
    ceiling = int(tenth) + (tenth != int(tenth))
    return max(ceiling - 1, 5)
