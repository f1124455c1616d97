"""What is read of a case: ratings, summaries, diagnosis and what would change it.

The objects hold what stands in the graph; nothing is computed here that derivation did not
publish. What is not rated has an entry too, with no score and the reason in words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from kmgraph.errors import ConstructNotFoundError
from kmgraph.readings.naming import HasConstructs

#: Statuses of what has no summary.
NO_RECORD: Final = "no record"
NOT_USED: Final = "rated, not used"
SUITABILITY: Final = "rated for appropriateness"
NOT_RATED: Final = "not rated"
TASK_TO_ENABLING: Final = "task to enabling"
#: Said of a score of facilitation as a whole, which has no place from task to enabling.
AMOUNT_ONLY: Final = "how much facilitation, not how well it fits"


@dataclass(frozen=True, slots=True)
class Rating:
    """One assessment of one construct.

    :ivar iri: IRI of the assessment.
    :ivar construct: notation of the construct that was rated, as recorded.
    :ivar status: ``rated``, or why it was not, in words.
    :ivar score: from the low pole (0) to the high pole (1).
    :ivar position: from task (0) to enabling (1), for parts of facilitation.
    :ivar band: ``low``, ``mixed`` or ``high``; empty where there is none.
    :ivar band_kind: ``stated`` by the rater or ``computed`` from the score.
    :ivar appropriateness: how well facilitation suits the case, in words.
    :ivar rater: IRI of the rater; empty where none is named.
    :ivar rater_label: what to call the rater: a name, else the role, else ``not named``.
    :ivar role: role of the rater in words; empty where none is given.
    :ivar date: year, month or day as recorded.
    :ivar is_used: whether the summaries were made with it.
    :ivar is_proposed: whether it is proposed and not published that the scale which was rated
        measures the construct that this is listed under; then it is not used.
    :ivar passages: IRIs of the passages that it rests on.
    :ivar descriptor: what the rating rests on, in a few words.
    :ivar aggregates: IRIs of the finer assessments that it sums up.
    :ivar eligible: people who could have answered; ``responding`` those who did.
    """

    iri: str
    construct: str
    status: str = "rated"
    score: Decimal | None = None
    raw_score: Decimal | None = None
    position: Decimal | None = None
    band: str = ""
    band_kind: str = ""
    appropriateness: str = ""
    rater: str = ""
    rater_label: str = "not named"
    role: str = ""
    round: str = ""
    instrument: str = ""
    construct_level: str = ""
    informant_level: str = ""
    date: str = ""
    outcome_known: bool | None = None
    is_used: bool = False
    passages: tuple[str, ...] = ()
    scale_low: Decimal | None = None
    scale_high: Decimal | None = None
    descriptor: str = ""
    aggregates: tuple[str, ...] = ()
    eligible: int | None = None
    responding: int | None = None
    is_proposed: bool = False

    def __repr__(self) -> str:
        what = self.status if self.status != "rated" else value_in_words(self) or "rated"
        when = f", {self.date}" if self.date else ""
        return f"<Rating {self.construct}: {what} ({self.rater_label}{when})>"


@dataclass(frozen=True, slots=True)
class ConstructReading:
    """One construct of one case: a sub-element, or an element that was rated directly.

    :ivar iri: IRI of the construct summary; empty where nothing is rated.
    :ivar concept: IRI of the construct.
    :ivar notation: its id, such as ``PARIHS.C.culture``.
    :ivar runs: ``low to high`` or ``task to enabling``.
    :ivar status: ``rated``; ``judged`` where there are bands only; ``rated for appropriateness``
        where raters say only how well facilitation suits the case; ``rated, not used`` where no
        rating counts; or why it is not rated, such as ``not reported``, or ``no record``.
    :ivar judged_bands: bands that raters judged without a score.
    :ivar rater_spread: largest difference between two different raters at one date and level,
        ratings without a date being of one time; None where no two can be compared.
    :ivar is_verified: whether the construct was checked against a published source.
    """

    iri: str
    concept: str
    notation: str
    label: str
    runs: str = "low to high"
    status: str = NO_RECORD
    score: Decimal | None = None
    position: Decimal | None = None
    band: str = ""
    judged_bands: tuple[str, ...] = ()
    rater_count: int = 0
    rater_spread: Decimal | None = None
    ratings: tuple[Rating, ...] = ()
    is_verified: bool = True

    def __repr__(self) -> str:
        return f"<ConstructReading {self.notation}: {value_in_words(self) or self.status}>"


@dataclass(frozen=True, slots=True)
class ElementReading(HasConstructs):
    """One element of one case.

    :ivar iri: IRI of the element summary; empty where nothing is rated.
    :ivar coverage: share of its sub-elements that are rated.
    :ivar lower_bound: the score if everything without a score were 0.
    :ivar upper_bound: the score if everything without a score were 1.
    :ivar is_direct: whether the score is that of ratings of the element itself.
    :ivar constructs: its sub-elements in the order of the framework, rated or not; the element
        itself comes first where it was rated directly.
    :ivar above: id of the element that it is part of; empty at the top.
    :ivar parts: the elements that it is made of, as the levels of context in i-PARIHS.

    Its parts are attributes by the last part of their id or by their label
    (``evidence.clinical``), and items by their id (``evidence["PARIHS.E.clinical"]``).
    """

    iri: str
    concept: str
    notation: str
    label: str
    runs: str = "low to high"
    score: Decimal | None = None
    position: Decimal | None = None
    band: str = ""
    coverage: Decimal | None = None
    rated_count: int = 0
    sub_element_count: int = 0
    lower_bound: Decimal | None = None
    upper_bound: Decimal | None = None
    rater_count: int = 0
    rater_spread: Decimal | None = None
    profile_spread: Decimal | None = None
    is_direct: bool = False
    constructs: tuple[ConstructReading, ...] = ()
    is_verified: bool = True
    above: str = ""
    parts: tuple[ElementReading, ...] = ()

    @property
    def direct(self) -> ConstructReading | None:
        """Return the ratings of the element itself, or None where it was not rated directly."""
        return next((one for one in self.constructs if one.concept == self.concept), None)

    @property
    def status(self) -> str:
        """Return ``rated``, ``judged`` where there are bands only, or ``not rated``.

        Where nothing counts though there are ratings: ``rated for appropriateness`` of the
        element itself, or ``rated, not used``.
        """
        if not self.iri:
            own = self.direct.status if self.direct else ""
            if SUITABILITY in own:
                return own
            return NOT_USED if any(one.status == NOT_USED for one in self.constructs) else NOT_RATED
        values = (self.score, self.position)
        return "rated" if any(value is not None for value in values) else "judged"

    def __repr__(self) -> str:
        known = value_in_words(self) or self.status
        share = f", {self.rated_count} of {self.sub_element_count} rated" if self.iri else ""
        return f"<ElementReading {self.notation} {self.label}: {known}{share}>"

    def _named(self) -> list[Any]:
        below = [one for one in self.constructs if one.concept != self.concept]
        return [*self.parts, *below]

    def _deep(self) -> list[Any]:
        return [*self.constructs, *self.parts]

    def _called(self) -> str:
        return f"{self.label} ({self.notation})"


@dataclass(frozen=True, slots=True)
class FlipReading:
    """One single change that would put the case into another quadrant.

    :ivar kind: kind of change in words.
    :ivar changed: IRI of what is changed.
    :ivar changed_label: what to call it.
    :ivar quadrant: quadrant after the change, in words.
    """

    iri: str
    kind: str
    changed: str
    changed_label: str
    quadrant: str
    evidence_band: str = ""
    context_band: str = ""
    edge: Decimal | None = None

    def __repr__(self) -> str:
        to = f" to {plain(self.edge)}" if self.edge is not None else ""
        return f"<FlipReading {self.kind}: {self.changed_label}{to} -> {self.quadrant}>"


@dataclass(frozen=True, slots=True)
class DiagnosisReading:
    """The reading of a case: where it stands and what that suggests.

    :ivar quadrant: in words; ``indeterminate`` where a band is mixed or missing.
    :ivar possible_quadrants: what is still possible, where it is indeterminate.
    :ivar weakest: labels of the weaker of evidence and context; both where they are equal.
    :ivar suggested_facilitation: in words; empty where the quadrant is indeterminate.
    :ivar fit: ``fits``, ``does not fit`` or ``unknown``.
    :ivar appropriateness: what raters found of how well facilitation suits the case.
    :ivar rule: label of the rule that was applied.
    :ivar status: how far the rule was checked, in words.
    :ivar flips: single changes that would give another quadrant; none where it is robust.
    """

    iri: str
    quadrant: str
    evidence_band: str = ""
    context_band: str = ""
    possible_quadrants: tuple[str, ...] = ()
    weakest: tuple[str, ...] = ()
    suggested_facilitation: str = ""
    fit: str = "unknown"
    appropriateness: tuple[str, ...] = ()
    rule: str = ""
    status: str = ""
    flips: tuple[FlipReading, ...] = ()

    def __repr__(self) -> str:
        return f"<DiagnosisReading {self.quadrant}; suggests {self.suggestion}>"

    @property
    def suggestion(self) -> str:
        """Return what is suggested, and how far that can be relied on; for print and screen."""
        what = self.suggested_facilitation or "nothing while the quadrant is indeterminate"
        return f"{what} ({HYPOTHESIS})"


@dataclass(frozen=True, slots=True)
class CaseReading(HasConstructs):
    """The reading of one case under one version of the framework.

    :ivar iri: IRI of the case.
    :ivar scheme: short name of the framework, such as ``parihs-2004``.
    :ivar elements: its elements in the order of the framework, rated or not.
    :ivar diagnosis: None where neither evidence nor context is rated.
    :ivar is_verified: whether the framework was checked against a published source.

    Its elements are attributes by label (``reading.evidence``) and items by id.
    """

    iri: str
    label: str
    study: str = ""
    study_label: str = ""
    scheme: str = "parihs-2004"
    scheme_label: str = ""
    elements: tuple[ElementReading, ...] = ()
    diagnosis: DiagnosisReading | None = None
    is_verified: bool = True
    is_synthetic: bool = False
    identifier: str = ""
    read_by: Callable[[str], CaseReading] | None = field(default=None, repr=False, compare=False)

    def by(self, scheme: str) -> CaseReading:
        """Return the reading of the case under another version of the framework.

        :param scheme: short name, such as ``parihs-1998`` or ``i-parihs-2016``.
        :raises NotFoundError: cases are not read under a framework of this name.
        """
        if scheme == self.scheme:
            return self
        if self.read_by is None:
            raise ConstructNotFoundError(
                f"this reading of {self.identifier or self.iri} was made without a store: "
                "take it from the cases of a dataset"
            )
        return self.read_by(scheme)

    @property
    def ratings(self) -> tuple[Rating, ...]:
        """Return the ratings of all its constructs, each once."""
        found: dict[str, Rating] = {}
        for element in self.elements:
            for rating in (one for construct in element.constructs for one in construct.ratings):
                held = found.setdefault(rating.iri, rating)
                # What counts for one construct may be proposed for another.
                if held.is_proposed and not rating.is_proposed:
                    found[rating.iri] = rating
        return tuple(found.values())

    def __repr__(self) -> str:
        known = self.diagnosis.quadrant if self.diagnosis else "no diagnosis"
        return f"<CaseReading {self.identifier or self.iri} by {self.scheme}: {known}>"

    def _named(self) -> list[Any]:
        return [element for element in self.elements if not element.above]

    def _deep(self) -> list[Any]:
        constructs = [one for element in self.elements for one in element.constructs]
        return [*self.elements, *constructs]

    def _called(self) -> str:
        return f"the reading by {self.scheme}"


#: Said wherever a suggested approach to facilitation is shown.
HYPOTHESIS = "our reading of a hypothesis, unverified"


def plain(number: Decimal | None) -> str:
    """Return a number without trailing zeros; empty for None.

    >>> plain(Decimal("0.750000")), plain(Decimal("1.0")), plain(Decimal("100"))
    ('0.75', '1', '100')
    """
    if number is None:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def value_in_words(reading: Rating | ConstructReading | ElementReading) -> str:
    """Return score, position or band in words; empty where there is none.

    >>> value_in_words(Rating("urn:a", "PARIHS.E", score=Decimal("0.75"), band="high"))
    '0.75 high'
    """
    if reading.score is not None:
        return f"{plain(reading.score)} {reading.band}".strip()
    if reading.position is not None:
        return f"{plain(reading.position)} from task to enabling"
    if reading.band:
        return f"judged {reading.band}"
    judged = getattr(reading, "judged_bands", ())
    return f"judged {', '.join(judged)}" if judged else getattr(reading, "appropriateness", "")
