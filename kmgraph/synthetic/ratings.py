"""Assessments of a case: who rates what, how, when, and what is left unrated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kmgraph.mapping.mapper import BAND_EDGES
from kmgraph.synthetic import model, words
from kmgraph.synthetic.chance import Stream, clamp
from kmgraph.synthetic.programme import Row

#: The role that is never a record of a person.
PATIENT: Final = "patient representative"
#: Roles of the raters of a case in the order in which they are asked.
_ROLE_ORDERS: Final = (
    (("manager", "staff", PATIENT), 0.40),
    (("staff", "manager", PATIENT), 0.35),
    (("staff", PATIENT, "manager"), 0.15),
    ((PATIENT, "staff", "manager"), 0.10),
)
#: How much of a framework the first rater of a case rates: thorough, usual, thin.
_COVERAGES: Final = ((0.85, 0.35), (0.50, 0.45), (0.20, 0.20))
#: What a further rater rates of it, as a share.
_FURTHER_SHARE: Final = 0.6
#: What is rated of facilitation, as a share of what is rated of evidence and context.
_FACILITATION_SHARE: Final = 0.5
#: Probability that what was not rated is listed with a reason.
_LISTED_PROBABILITY: Final = 0.25
#: Probability that an element is rated as a whole instead of by its sub-elements.
_DIRECT_PROBABILITY: Final = 0.08
#: Probability that several raters of a case agree on a reconciled rating.
_RECONCILED_PROBABILITY: Final = 0.12
#: Probability that what was rated in the first round is rated again in the second.
_AGAIN_PROBABILITY: Final = 0.7
#: Whether raters score on a form of five points, on a line, or judge a band.
_FORMS: Final = (("points", 0.45), ("line", 0.30), ("band", 0.25))
#: Parts of a framework that are about facilitation.
_FACILITATION: Final = ("position", "fit")
_FORM_NAME: Final = "five-point form"
_POINTS: Final = 5
_INFORMANT_LEVELS: Final = {"manager": "FS.3", "staff": "FS.2", PATIENT: "FS.1"}
#: The edges of the bands.
LOW_BELOW, HIGH_ABOVE = (float(edge) for edge in BAND_EDGES)
#: Probability of ratings that say on which level they stand.
_LEVEL_PROBABILITY: Final = 0.2
#: Probability of ratings that say whether the outcome was known.
_KNOWN_PROBABILITY: Final = 0.2
#: How well facilitation is said to suit a case, by what it counts in the model.
_APPROPRIATENESS: Final = {
    model.F_SUGGESTED: (
        ("appropriate", 0.70), ("partly_appropriate", 0.25), ("inappropriate", 0.05),
    ),
    model.F_NONE_SUGGESTED: (
        ("appropriate", 0.30), ("partly_appropriate", 0.50), ("inappropriate", 0.20),
    ),
    model.F_OTHER: (
        ("appropriate", 0.10), ("partly_appropriate", 0.35), ("inappropriate", 0.55),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rated:
    """A construct that can be rated.

    :ivar part: ``E`` or ``C`` for a sub-element, ``R`` for recipients, ``position`` for a part of
        facilitation with a position, ``fit`` for facilitation itself, with its appropriateness.
    :ivar index: which latent sub-element it shows.
    :ivar level: level that it belongs to.
    :ivar patients: whether patient representatives are asked about it.
    """

    notation: str
    part: str
    index: int = 0
    level: str = "FS.2"
    patients: bool = False


@dataclass(frozen=True, slots=True)
class Framework:
    """What is rated of a framework.

    :ivar elements: construct of the whole of evidence and of context, and which part it sums up.
    """

    name: str
    constructs: tuple[Rated, ...]
    elements: tuple[tuple[str, str], ...]


def _recipients_and_innovation() -> tuple[Rated, ...]:
    """Return the constructs of i-PARIHS that are rated, each with the latent state it shows."""
    innovation = [Rated(f"iP.I.{n}", "E", (n - 1) % 4, "FS.1") for n in range(1, 8)]
    recipients = [Rated(f"iP.R.{n}", "R", 0, "FS.1", n % 2 == 1) for n in range(1, 11)]
    local = [Rated(f"iP.C.local.{n}", "C", n % 4, "FS.2", n == 2) for n in range(1, 7)]
    wider = [Rated(f"iP.C.org.{n}", "C", n % 4, "FS.3") for n in range(1, 8)]
    outer = [Rated(f"iP.C.outer.{n}", "C", 0, "FS.4") for n in range(1, 6)]
    # A third of the long list is asked about, so that a case has about as many ratings as others.
    return tuple([*innovation, *recipients, *local, *wider, *outer][::3])


FRAMEWORKS: Final = (
    (
        Framework(
            "parihs-2004",
            (
                Rated("PARIHS.E.research", "E", 0, "FS.1"),
                Rated("PARIHS.E.clinical", "E", 1, "FS.1"),
                Rated("PARIHS.E.patient", "E", 2, "FS.1", patients=True),
                Rated("PARIHS.E.local", "E", 3, "FS.3"),
                Rated("PARIHS.C.receptive", "C", 0, "FS.3", patients=True),
                Rated("PARIHS.C.culture", "C", 1, "FS.2", patients=True),
                Rated("PARIHS.C.leadership", "C", 2, "FS.2"),
                Rated("PARIHS.C.evaluation", "C", 3, "FS.3"),
                Rated("PARIHS.F.purpose", "position"),
                Rated("PARIHS.F.role", "position"),
                Rated("PARIHS.F.skills", "position", level="FS.1"),
                Rated("PARIHS.F", "fit", patients=True),
            ),
            (("PARIHS.E", "E"), ("PARIHS.C", "C")),
        ),
        0.82,
    ),
    (
        Framework(
            "parihs-1998",
            (
                Rated("P98.E.research", "E", 0, "FS.1"),
                Rated("P98.E.clinical", "E", 1, "FS.1"),
                Rated("P98.E.patient", "E", 2, "FS.1", patients=True),
                Rated("P98.C.culture", "C", 1, "FS.2", patients=True),
                Rated("P98.C.leadership", "C", 2, "FS.2"),
                Rated("P98.C.measurement", "C", 3, "FS.3"),
                Rated("P98.F", "fit", patients=True),
            ),
            (("P98.E", "E"), ("P98.C", "C")),
        ),
        0.08,
    ),
    (
        Framework("i-parihs-2016", _recipients_and_innovation(), (("iP.I", "E"), ("iP.C", "C"))),
        0.10,
    ),
)


@dataclass(frozen=True, slots=True)
class Rater:
    """How one rater of a case rates.

    :ivar share: how much of a framework the rater rates.
    :ivar form: one of the forms in which ratings are written down.
    :ivar tells_level: whether each rating says which level its construct belongs to.
    :ivar rating_round: ``independent`` where the raters of the case then agree on a rating.
    """

    role: str
    share: float
    form: str
    tells_level: bool
    rating_round: str


@dataclass(frozen=True, slots=True)
class RatedCase:
    """What the ratings of a case need to know of it.

    :ivar id: id of the case.
    :ivar site: id of its site, at which its raters work.
    :ivar organisation: id of the organisation of the site.
    :ivar panel: id of the panel that reconciles ratings.
    :ivar passage: passage that the first ratings stand in.
    :ivar later_passage: passage of a second round; empty where there is none.
    :ivar date: when it is first rated.
    :ivar later_date: when it is rated again.
    :ivar after_outcome: whether raters know the outcome.
    """

    id: str
    latent: model.LatentCase
    framework: Framework
    site: str
    organisation: str
    panel: str
    passage: str
    later_passage: str
    date: str
    later_date: str
    after_outcome: bool


def draw_framework(stream: Stream) -> Framework:
    """Draw the framework that a study is rated by.

    >>> draw_framework(Stream(1, "a study")).name
    'parihs-2004'
    """
    return stream.weighted(FRAMEWORKS)


def rating_rows(stream: Stream, case: RatedCase, mean_raters: float) -> Iterator[Row]:
    """Yield the assessments of a case.

    :param mean_raters: raters of a case on average, from 1 to 3.
    """
    for number, cells in enumerate(_cells(stream, case, mean_raters), start=1):
        cells["id"] = f"{case.id}-a{number}"
        yield "assessments", cells


def _cells(stream: Stream, case: RatedCase, mean_raters: float) -> Iterator[dict[str, str]]:
    """Yield what the raters of a case rate, one after the other, then together, then again."""
    count = 1 + stream.successes(2, mean_raters - 1)
    roles = stream.weighted(_ROLE_ORDERS)
    coverage = stream.weighted(_COVERAGES)
    reconciles = count > 1 and stream.chance(_RECONCILED_PROBABILITY)
    rating_round = "independent" if reconciles else ""
    first = _draw_rater(stream, roles[0], coverage, rating_round)
    seen: dict[str, list[float]] = {}
    yield from _first_cells(stream, case, first, seen)
    rated_first = list(seen)
    for role in roles[1:count]:
        rater = _draw_rater(stream, role, coverage * _FURTHER_SHARE, rating_round)
        yield from _rater_cells(stream, case, rater, {}, seen)
    if reconciles:
        yield from _reconciled_cells(case, seen)
    if case.later_passage:
        yield from _later_cells(stream, case, first, rated_first)


def _draw_rater(stream: Stream, role: str, share: float, rating_round: str) -> Rater:
    """Draw how a rater rates."""
    form = stream.weighted(_FORMS)
    return Rater(role, share, form, stream.chance(_LEVEL_PROBABILITY), rating_round)


def _first_cells(
    stream: Stream, case: RatedCase, rater: Rater, seen: dict[str, list[float]]
) -> Iterator[dict[str, str]]:
    """Yield what the first rater rates, some elements as a whole, and what stays unrated."""
    direct = _direct(stream, case)
    yield from _rater_cells(stream, case, rater, direct, seen)
    shared = _shared_cells(stream, case, rater)
    for part, notation in direct.items():
        whole = case.latent.evidence_mean if part == "E" else case.latent.context_mean
        value = clamp(whole + model.RATER_SD * stream.normal())
        yield {"construct": notation, **shared, **_form_cells(rater.form, value)}
    for construct in case.framework.constructs:
        is_open = construct.part not in direct and construct.part not in _FACILITATION
        if is_open and construct.notation not in seen and stream.chance(_LISTED_PROBABILITY):
            reason = stream.weighted(words.REASONS)
            yield {"construct": construct.notation, **shared, "rating_status": reason}


def _rater_cells(
    stream: Stream,
    case: RatedCase,
    rater: Rater,
    direct: dict[str, str],
    seen: dict[str, list[float]],
) -> Iterator[dict[str, str]]:
    """Yield what one rater rates.

    :param direct: parts that are left out because they are rated as a whole.
    :param seen: takes what is rated of each sub-element.
    """
    shared = _shared_cells(stream, case, rater)
    for construct in case.framework.constructs:
        part = construct.part
        if part in direct or (rater.role == PATIENT and not construct.patients):
            continue
        share = rater.share * _FACILITATION_SHARE if part in _FACILITATION else rater.share
        if not stream.chance(share):
            continue
        cells = {"construct": construct.notation, **shared}
        if rater.tells_level:
            cells["construct_level"] = construct.level
        if part in _FACILITATION:
            yield cells | _facilitation_cells(stream, case, construct)
            continue
        value = _perceived(stream, case.latent, construct, rater.role)
        seen.setdefault(construct.notation, []).append(value)
        yield cells | _form_cells(rater.form, value)


def _direct(stream: Stream, case: RatedCase) -> dict[str, str]:
    """Draw the elements that are rated as a whole: part to construct."""
    return {
        part: notation
        for notation, part in case.framework.elements
        if stream.chance(_DIRECT_PROBABILITY)
    }


def _identity_cells(case: RatedCase, role: str) -> dict[str, str]:
    """Return who rates what; patient representatives are a role and never a person."""
    cells = {"about": case.id, "rater_role": role}
    if role != PATIENT:
        cells["rater"] = f"{case.site}-{role}"
    return cells


def _shared_cells(stream: Stream, case: RatedCase, rater: Rater) -> dict[str, str]:
    """Return what all ratings of a rater have in common."""
    cells = _identity_cells(case, rater.role) | {"date": case.date, "passages": case.passage}
    if rater.rating_round:
        cells["rating_round"] = rater.rating_round
    if case.after_outcome:
        cells["outcome_known"] = "yes"
    elif stream.chance(_KNOWN_PROBABILITY):
        cells["outcome_known"] = "no"
    if stream.chance(_LEVEL_PROBABILITY):
        cells["informant_level"] = _INFORMANT_LEVELS[rater.role]
    return cells


def _perceived(stream: Stream, latent: model.LatentCase, construct: Rated, role: str) -> float:
    """Draw how a rater sees a sub-element."""
    if construct.part == "E":
        value = latent.evidence[construct.index]
        if role == PATIENT and construct.index == 2:
            value += model.PATIENT_EXPERIENCE_BIAS
    elif construct.part == "C":
        value = latent.context[construct.index]
        if role == "manager":
            value += model.MANAGER_CONTEXT_BIAS
    else:
        value = (latent.evidence[1] + latent.context[2]) / 2.0
    return clamp(value + model.RATER_SD * stream.normal())


def _form_cells(form: str, value: float) -> dict[str, str]:
    """Return how a value is written down."""
    if form == "points":
        raw = str(1 + int(value * (_POINTS - 1) + 0.5))
        cells = {"raw_score": raw, "scale_low": "1", "scale_high": str(_POINTS)}
        return cells | {"instrument": _FORM_NAME}
    if form == "line":
        return {"score": two_places(value)}
    return {"band": "low" if value < LOW_BELOW else "high" if value > HIGH_ABOVE else "mixed"}


def two_places(value: float) -> str:
    """Return a number with two decimal places.

    >>> two_places(0.5), two_places(1 / 3), two_places(-0.001)
    ('0.50', '0.33', '0.00')
    """
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text


def _facilitation_cells(stream: Stream, case: RatedCase, construct: Rated) -> dict[str, str]:
    """Draw a rating of facilitation: a position from task to enabling, or how well it suits."""
    if construct.part == "position":
        position = clamp(case.latent.position + model.RATER_SD * stream.normal())
        return {"approach_position": two_places(position)}
    return {"appropriateness": stream.weighted(_APPROPRIATENESS[case.latent.fit])}


def _later_cells(
    stream: Stream, case: RatedCase, rater: Rater, rated: list[str]
) -> Iterator[dict[str, str]]:
    """Yield a second round by the first rater, in the same form, after context has changed.

    :param rated: constructs that the rater rated in the first round.
    """
    drift = model.context_drift(stream)
    shared = _identity_cells(case, rater.role)
    shared |= {"date": case.later_date, "passages": case.later_passage}
    for construct in case.framework.constructs:
        if construct.notation not in rated or not stream.chance(_AGAIN_PROBABILITY):
            continue
        value = _perceived(stream, case.latent, construct, rater.role)
        if construct.part == "C":
            value = clamp(value + drift)
        cells = {"construct": construct.notation, **shared}
        if rater.tells_level:
            cells["construct_level"] = construct.level
        yield cells | _form_cells(rater.form, value)


def _reconciled_cells(case: RatedCase, seen: dict[str, list[float]]) -> Iterator[dict[str, str]]:
    """Yield what a panel made of the sub-elements that several raters rated."""
    shared = {"about": case.id, "rater": case.panel, "rater_role": "rating panel"}
    shared |= {"rating_round": "reconciled", "date": case.date, "passages": case.passage}
    for notation, values in seen.items():
        if len(values) > 1:
            middle = (values[0] + values[1]) / 2.0
            yield {"construct": notation, **shared, "score": two_places(middle)}
