"""The stated model of a synthetic programme: every number of it, once.

A case has latent values between 0 and 1 for its sub-elements of evidence and context. Evidence
belongs to a study and varies between its cases; context belongs to a site and varies between
studies. Facilitation has a position from task (0) to enabling (1); whether it suits the quadrant
of the case follows from that position. Whether the case improves follows from these latent values
and from noise, never from ratings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kmgraph.synthetic.chance import Stream, clamp, logistic

#: Mean of every latent sub-element.
LATENT_MEAN: Final = 0.5
#: Standard deviation of evidence between studies.
EVIDENCE_STUDY_SD: Final = 0.25
#: Standard deviation of evidence between the cases of a study.
EVIDENCE_CASE_SD: Final = 0.08
#: Standard deviation of context between sites, shared by all studies at a site.
CONTEXT_SITE_SD: Final = 0.24
#: Standard deviation of context between studies.
CONTEXT_STUDY_SD: Final = 0.10
#: Standard deviation of context between the cases of a study.
CONTEXT_CASE_SD: Final = 0.08
#: Standard deviation between the sub-elements of one element of a case.
SUB_ELEMENT_SD: Final = 0.11

#: From this latent mean on, evidence or context counts as high in the model.
HIGH_FROM: Final = 0.5
#: Probability that facilitation has a suggested position, in quadrants that suggest one.
SUITS_PROBABILITY: Final = 0.6
#: Positions of facilitation that gives light support to tasks.
TASK_POSITIONS: Final = (0.05, 0.40)
#: Positions of facilitation that enables.
ENABLING_POSITIONS: Final = (0.60, 0.95)
#: Positions below this are nearer to task, others nearer to enabling.
POSITION_MIDDLE: Final = 0.5
#: What facilitation counts (F) with a position that is suggested, and with another.
F_SUGGESTED: Final = 1.0
F_OTHER: Final = 0.0
#: What it counts, whatever its position, for low evidence in a high context: none is suggested.
F_NONE_SUGGESTED: Final = 0.5

#: Standard deviation of one rating around the latent value.
RATER_SD: Final = 0.10
#: What managers add when they rate context.
MANAGER_CONTEXT_BIAS: Final = 0.10
#: What patient representatives add when they rate patient experience.
PATIENT_EXPERIENCE_BIAS: Final = -0.15
#: Mean change of context between a first and a second round of rating.
CONTEXT_DRIFT_MEAN: Final = 0.10
#: Standard deviation of that change.
CONTEXT_DRIFT_SD: Final = 0.12

#: Intercept of the logit of improvement.
B_0: Final = -3.2
#: Coefficient of evidence.
B_E: Final = 1.5
#: Coefficient of context.
B_C: Final = 2.0
#: Coefficient of what facilitation counts.
B_F: Final = 1.2
#: Coefficient of evidence times context.
B_EC: Final = 2.0
#: Standard deviation of the noise of the logit.
OUTCOME_NOISE_SD: Final = 0.5

#: Mean over cases of how far the work of normalising has come when it is first rated.
NPT_MEAN: Final = 0.42
#: Standard deviation of it between cases.
NPT_CASE_SD: Final = 0.20
#: Standard deviation between the components of one case.
NPT_COMPONENT_SD: Final = 0.18
#: Mean change of a component between a first and a second rating.
NPT_DRIFT_MEAN: Final = 0.12
#: Standard deviation of that change.
NPT_DRIFT_SD: Final = 0.15

#: What becomes of an outcome that does not improve.
OTHER_DIRECTIONS: Final = (("unchanged", 0.55), ("worsened", 0.25), ("uncertain", 0.20))

#: The model of the outcome, as the dataset states it.
STATEMENT: Final = (
    f"P(improved) = logistic({B_0} + {B_E} E + {B_C} C + {B_F} F + {B_EC} E C + e), "
    f"where E and C are the latent means of evidence and context (0 to 1, high from {HIGH_FROM}), "
    f"F is {F_SUGGESTED:g} where the latent position of facilitation is on the suggested side of "
    f"{POSITION_MIDDLE} (below it for high E and high C, above it for low C) and {F_OTHER:g} where "
    f"it is on the other, F is {F_NONE_SUGGESTED} for low E and high C, where none is suggested, "
    f"and e is noise of standard deviation {OUTCOME_NOISE_SD}"
)


@dataclass(frozen=True, slots=True)
class LatentStudy:
    """What the cases of a study share, as differences from the mean."""

    evidence: float
    context: float


@dataclass(frozen=True, slots=True)
class LatentCase:
    """The state of a case that nobody sees.

    :ivar evidence: research, clinical experience, patient experience, local data.
    :ivar context: receptive context, culture, leadership, evaluation.
    :ivar position: facilitation from task (0) to enabling (1).
    """

    evidence: tuple[float, ...]
    context: tuple[float, ...]
    position: float

    @property
    def evidence_mean(self) -> float:
        """Mean of the sub-elements of evidence."""
        return mean_of(self.evidence)

    @property
    def context_mean(self) -> float:
        """Mean of the sub-elements of context."""
        return mean_of(self.context)

    @property
    def fit(self) -> float:
        """What facilitation counts: whether its position is the one that is suggested."""
        suggested = task_suggested(self.evidence_mean, self.context_mean)
        if suggested is None:
            return F_NONE_SUGGESTED
        return F_SUGGESTED if (self.position < POSITION_MIDDLE) == suggested else F_OTHER


def task_suggested(evidence: float, context: float) -> bool | None:
    """Return whether task support is suggested, or enabling (False), or neither (None).

    Where evidence and context are high, it is task support; where context is low, enabling.
    For low evidence in a high context no position is suggested.

    >>> task_suggested(0.8, 0.8), task_suggested(0.8, 0.2), task_suggested(0.2, 0.8)
    (True, False, None)
    """
    if context < HIGH_FROM:
        return False
    return True if evidence >= HIGH_FROM else None


def mean_of(values: tuple[float, ...]) -> float:
    """Return the mean of four sub-elements.

    ``sum`` is not used: it rounds differently from one version of Python to the next.

    >>> mean_of((0.0, 0.5, 0.5, 1.0))
    0.5
    """
    first, second, third, fourth = values
    return (first + second + third + fourth) / 4.0


def latent_study(stream: Stream) -> LatentStudy:
    """Draw what the cases of a study share."""
    return LatentStudy(EVIDENCE_STUDY_SD * stream.normal(), CONTEXT_STUDY_SD * stream.normal())


def latent_case(stream: Stream, study: LatentStudy, site_effect: float) -> LatentCase:
    """Draw the latent state of a case.

    :param site_effect: what the site adds to context.

    >>> case = latent_case(Stream(1, "a case"), LatentStudy(0.2, 0.0), -0.1)
    >>> len(case.evidence), len(case.context), 0 <= case.position <= 1
    (4, 4, True)
    """
    evidence = _sub_elements(
        stream, LATENT_MEAN + study.evidence + EVIDENCE_CASE_SD * stream.normal()
    )
    context = _sub_elements(
        stream, LATENT_MEAN + site_effect + study.context + CONTEXT_CASE_SD * stream.normal()
    )
    position = _position(stream, mean_of(evidence), mean_of(context))
    return LatentCase(evidence, context, position)


def _sub_elements(stream: Stream, level: float) -> tuple[float, ...]:
    """Draw four sub-elements around a level."""
    return tuple([clamp(level + SUB_ELEMENT_SD * stream.normal()) for _ in range(4)])


def _position(stream: Stream, evidence: float, context: float) -> float:
    """Draw the position of facilitation: anywhere where none is suggested."""
    suggested = task_suggested(evidence, context)
    if suggested is None:
        return stream.between(0.0, 1.0)
    is_task = suggested == stream.chance(SUITS_PROBABILITY)
    return stream.between(*(TASK_POSITIONS if is_task else ENABLING_POSITIONS))


def improvement_probability(case: LatentCase, noise: float = 0.0) -> float:
    """Return the probability that a case improves.

    :param noise: what is added to the logit.

    >>> good = LatentCase((1.0,) * 4, (1.0,) * 4, 0.2)
    >>> poor = LatentCase((0.0,) * 4, (0.0,) * 4, 0.2)
    >>> round(improvement_probability(good), 3), round(improvement_probability(poor), 3)
    (0.971, 0.039)
    """
    evidence, context = case.evidence_mean, case.context_mean
    logit = B_0 + B_E * evidence + B_C * context + B_F * case.fit + B_EC * evidence * context
    return logistic(logit + noise)


def outcome_direction(stream: Stream, case: LatentCase) -> str:
    """Draw the direction of an outcome of a case: improved, unchanged, worsened or uncertain."""
    noise = OUTCOME_NOISE_SD * stream.normal()
    if stream.chance(improvement_probability(case, noise)):
        return "improved"
    return stream.weighted(OTHER_DIRECTIONS)


def context_drift(stream: Stream) -> float:
    """Draw the change of context between two rounds of rating."""
    return CONTEXT_DRIFT_MEAN + CONTEXT_DRIFT_SD * stream.normal()


def normalising(stream: Stream, components: int) -> list[tuple[float, float]]:
    """Draw how far each component of the work of normalising has come, early and late.

    It is drawn by itself: no outcome follows from it.

    >>> all(0 <= value <= 1 for pair in normalising(Stream(1, "a case"), 16) for value in pair)
    True
    """
    level = NPT_MEAN + NPT_CASE_SD * stream.normal()
    pairs = []
    for _ in range(components):
        early = clamp(level + NPT_COMPONENT_SD * stream.normal())
        pairs.append((early, clamp(early + NPT_DRIFT_MEAN + NPT_DRIFT_SD * stream.normal())))
    return pairs
