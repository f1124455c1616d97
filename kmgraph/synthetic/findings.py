"""Determinants, strategies and outcomes of a case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Final

from kmgraph.synthetic import model, words
from kmgraph.synthetic.chance import Stream
from kmgraph.synthetic.programme import Row
from kmgraph.synthetic.ratings import HIGH_ABOVE, LOW_BELOW, two_places

_EVIDENCE: Final = ("PARIHS.E.research", "PARIHS.E.clinical", "PARIHS.E.patient", "PARIHS.E.local")
_CONTEXT: Final = (
    "PARIHS.C.receptive",
    "PARIHS.C.culture",
    "PARIHS.C.leadership",
    "PARIHS.C.evaluation",
)
#: How facilitation looks to those who talk of it, by what it counts in the model.
_FIT_VALUES: Final = {model.F_SUGGESTED: 0.8, model.F_NONE_SUGGESTED: 0.5, model.F_OTHER: 0.2}
_DETERMINANTS_MEAN: Final = 1.3
_STRATEGIES_MEAN: Final = 0.7
#: Probability of an outcome beside that of implementation.
_SECOND_OUTCOME_PROBABILITY: Final = 0.25
_MEASUREMENTS: Final = (
    ("measured", 0.84),
    ("not_measured", 0.09),
    ("not_reported", 0.05),
    ("planned", 0.02),
)
#: Probability that a measured outcome comes with an estimate.
_ESTIMATE_PROBABILITY: Final = 0.5
_CERTAINTIES: Final = (("very_low", 0.25), ("low", 0.40), ("moderate", 0.25), ("high", 0.10))
#: Size of an estimate in standard errors, by direction.
_ESTIMATES: Final = {
    "improved": (2.1, 4.0),
    "worsened": (-4.0, -2.1),
    "unchanged": (-0.5, 0.5),
    "uncertain": (-1.6, 1.6),
}
#: Half the width of an interval of 95 per cent, in standard errors.
_INTERVAL: Final = 1.96


@dataclass(frozen=True, slots=True)
class FoundCase:
    """What the findings of a case need to know of it.

    :ivar passage: passage that its findings stand in.
    :ivar start: when it starts.
    :ivar end: when it ends, and its outcome is measured.
    :ivar months: months from its start to its end.
    """

    id: str
    latent: model.LatentCase
    passage: str
    start: str
    end: str
    months: int


def finding_rows(stream: Stream, case: FoundCase) -> Iterator[Row]:
    """Yield what hindered or helped a case, what was done, and what came of it."""
    for number in range(1, 1 + stream.successes(3, _DETERMINANTS_MEAN)):
        yield "determinants", _determinant(stream, case, number)
    for number in range(1, 1 + stream.successes(2, _STRATEGIES_MEAN)):
        yield "strategies", _strategy(stream, case, number)
    yield "outcomes", _outcome(stream, case, 1, "Implementation as planned", "higher")
    if stream.chance(_SECOND_OUTCOME_PROBABILITY):
        label, benefit = stream.pick(words.OUTCOMES)
        yield "outcomes", _outcome(stream, case, 2, label, benefit)


def _determinant(stream: Stream, case: FoundCase, number: int) -> dict[str, str]:
    """Draw a barrier or an enabler, as the latent state has it."""
    cells = {"id": f"{case.id}-d{number}", "about": case.id, "passages": case.passage}
    cells["informant_role"] = stream.pick(("manager", "staff"))
    index = stream.below(9)
    if index == 8:
        cells["constructs"], value = "PARIHS.F", _FIT_VALUES[case.latent.fit]
        helping, hindering = words.FACILITATION_TALK
    else:
        is_evidence = index < 4
        values = case.latent.evidence if is_evidence else case.latent.context
        talk = words.EVIDENCE_TALK if is_evidence else words.CONTEXT_TALK
        value = values[index % 4]
        cells["constructs"] = (_EVIDENCE if is_evidence else _CONTEXT)[index % 4]
        helping, hindering = talk[index % 4]
    if value > HIGH_ABOVE:
        cells["statement"] = helping
    elif value < LOW_BELOW:
        cells["statement"] = hindering
    else:
        cells["statement"] = f"{helping} Some said otherwise."
    return cells | _valence(value)


def _valence(value: float) -> dict[str, str]:
    """Return kind and valence of a determinant that shows a latent value."""
    if value > HIGH_ABOVE:
        return {"kind": "enabler", "valence": "2" if value > 0.8 else "1"}
    if value < LOW_BELOW:
        return {"kind": "barrier", "valence": "-2" if value < 0.2 else "-1"}
    return {"mixed_valence": "yes"}


def _strategy(stream: Stream, case: FoundCase, number: int) -> dict[str, str]:
    """Draw a strategy."""
    label, action, actor, target, construct = stream.pick(words.STRATEGIES)
    cells = {"id": f"{case.id}-s{number}", "label": label, "about": case.id, "action": action}
    cells |= {"actor": actor, "target": target, "constructs": construct}
    if stream.chance(0.5):
        cells["dose"] = stream.pick(words.DOSES)
    if stream.chance(0.3):
        cells["timing"] = stream.pick(words.TIMINGS)
    if stream.chance(0.1):
        cells["cost"] = f"{1 + stream.below(40)} thousand pounds, from the programme"
    return cells | {"start": case.start, "passages": case.passage}


def _outcome(
    stream: Stream, case: FoundCase, number: int, label: str, benefit: str
) -> dict[str, str]:
    """Draw an outcome; the first is that of implementation."""
    cells = {"id": f"{case.id}-o{number}", "label": label, "about": case.id, "benefit": benefit}
    cells["passages"] = case.passage
    if number == 1:
        cells["constructs"] = "PARIHS.SI"
    measurement = stream.weighted(_MEASUREMENTS)
    cells["measurement"] = measurement
    if measurement != "measured":
        return cells
    direction = model.outcome_direction(stream, case.latent)
    cells |= {"direction": direction, "date": case.end, "timepoint_months": str(case.months)}
    if stream.chance(_ESTIMATE_PROBABILITY):
        cells |= _estimate(stream, direction, benefit)
    return cells


def _estimate(stream: Stream, direction: str, benefit: str) -> dict[str, str]:
    """Draw an estimate that goes with a direction, with its standard error and interval."""
    people = 10 + stream.below(30) if direction == "uncertain" else 40 + stream.below(400)
    error = 2.0 / sqrt(people)
    effect = error * stream.between(*_ESTIMATES[direction])
    if benefit == "lower":
        effect = -effect
    cells = {"effect_measure": "standardised mean difference", "estimate": two_places(effect)}
    cells["standard_error"] = f"{error:.3f}"
    cells["interval_low"] = two_places(effect - _INTERVAL * error)
    cells["interval_high"] = two_places(effect + _INTERVAL * error)
    cells |= {"comparator": "usual care", "participants": str(people)}
    if stream.chance(0.3):
        cells["clusters"] = str(4 + stream.below(24))
    return cells | {"certainty": stream.weighted(_CERTAINTIES)}
