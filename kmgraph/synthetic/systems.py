"""Steps, cycles and normalising of a study: the systems that its work is recorded by.

What is drawn here comes from a stream of its own, so that the rest of a study is as it would be
without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kmgraph.synthetic import model, system_words, words
from kmgraph.synthetic.chance import Stream
from kmgraph.synthetic.programme import Row
from kmgraph.synthetic.ratings import HIGH_ABOVE, LOW_BELOW, two_places

#: Probabilities that a study is recorded by each of the systems.
_KTA_PROBABILITY: Final = 0.15
_QUERI_PROBABILITY: Final = 0.10
_NPT_PROBABILITY: Final = 0.10
_CYCLES_PROBABILITY: Final = 0.12
_KTA: Final = ("ward-kta-2009", tuple(f"WARD.{number}" for number in range(1, 6)))
_QUERI: Final = ("queri", tuple(f"QUERI.{number}" for number in range(1, 7)))
_NPT: Final = (
    "npt",
    tuple(f"NPT.{number}.{part}" for number in range(1, 5) for part in range(1, 5)),
)
#: The step that is taken in phases, and these.
_PHASED: Final = 4
_PHASES: Final = ("single_site", "small_multi_site", "large_multi_region", "system_wide")
#: What becomes of a component that can be taken up in any order; nothing is recorded of some.
_KTA_STATES: Final = (
    ("done", 0.50),
    ("under_way", 0.15),
    ("planned", 0.10),
    ("skipped", 0.10),
    ("not_reported", 0.10),
    ("", 0.05),
)
#: Probability that a step before the one that was reached was skipped.
_SKIPPED_PROBABILITY: Final = 0.08
#: Probability that a step after it is recorded as planned.
_PLANNED_PROBABILITY: Final = 0.4
#: Probability that a component of normalising is rated, and that what is not has a reason.
_NPT_RATED_PROBABILITY: Final = 0.85
_NPT_LISTED_PROBABILITY: Final = 0.5
#: Probability that what was rated early is rated again late.
_NPT_AGAIN_PROBABILITY: Final = 0.75
#: Probability that bands are judged, and not scores given.
_NPT_BAND_PROBABILITY: Final = 0.6
#: Most cycles of a run, which has two at least, and what ends it.
_MOST_CYCLES: Final = 4
_ENDS: Final = (("adopted", 0.5), ("abandoned", 0.25), ("undecided", 0.15), ("adapted", 0.10))
#: Probability that a part of a cycle was written down.
_WRITTEN_PROBABILITY: Final = 0.85
_MEASURED_PROBABILITY: Final = 0.3


@dataclass(frozen=True, slots=True)
class Systems:
    """Which systems a study is recorded by.

    :ivar cycles: how many improvement cycles it has; none or two at least.
    """

    kta: bool
    queri: bool
    npt: bool
    cycles: int

    @property
    def frameworks(self) -> tuple[str, ...]:
        """Short names of their frameworks."""
        used = ((self.kta, _KTA), (self.queri, _QUERI), (self.npt, _NPT))
        named = [framework[0] for is_used, framework in used if is_used]
        return (*named, "pdsa") if self.cycles else tuple(named)


@dataclass(frozen=True, slots=True)
class RecordedStudy:
    """What the systems need to know of a study.

    :ivar cases: ids of its cases.
    :ivar site: id of the site of the first case.
    :ivar activity: id of an activity of the study; empty where it has none.
    :ivar start: month of its start, counted from January 2008.
    :ivar passages: cell that points to what its report says of how far it has come.
    """

    id: str
    cases: tuple[str, ...]
    site: str
    activity: str
    start: int
    months: int
    passages: dict[str, str]

    def month(self, share: float) -> str:
        """Return the month after a share of its time."""
        return words.MONTHS[self.start + int(self.months * share)]


def draw_systems(stream: Stream) -> Systems:
    """Draw which systems a study is recorded by.

    >>> draw_systems(Stream(1, "a study")).frameworks
    ('ward-kta-2009',)
    """
    kta, queri = stream.chance(_KTA_PROBABILITY), stream.chance(_QUERI_PROBABILITY)
    npt = stream.chance(_NPT_PROBABILITY)
    has_cycles = stream.chance(_CYCLES_PROBABILITY)
    return Systems(kta, queri, npt, 2 + stream.below(_MOST_CYCLES - 1) if has_cycles else 0)


def system_rows(stream: Stream, systems: Systems, study: RecordedStudy) -> Iterator[Row]:
    """Yield the steps, ratings of normalising and cycles of a study, where it has them."""
    if systems.kta:
        yield from _component_rows(stream, study)
    if systems.queri:
        yield from _step_rows(stream, study)
    if systems.npt:
        yield from _npt_rows(stream, study)
    if systems.cycles:
        yield from _cycle_rows(stream, study, systems.cycles)


def _component_rows(stream: Stream, study: RecordedStudy) -> Iterator[Row]:
    """Yield what became of each component of knowledge to action, in no order."""
    for index, construct in enumerate(_KTA[1]):
        status = stream.weighted(_KTA_STATES)
        begun, length = stream.between(0.0, 0.6), stream.between(0.1, 0.4)
        if status:
            cells = {"id": f"{study.id}-kta{index + 1}", "construct": construct, "status": status}
            cells |= _dates(study, status, begun, begun + length)
            cells |= _said(stream, status, system_words.KTA_DONE[index])
            if index == 0 and status == "done" and study.activity:
                cells["activities"] = study.activity
            yield "steps", cells | {"about": study.id} | study.passages


def _step_rows(stream: Stream, study: RecordedStudy) -> Iterator[Row]:
    """Yield the steps of the improvement process in order, up to the one that was reached."""
    steps = _QUERI[1]
    reached = 1 + stream.below(len(steps))
    for number, construct in enumerate(steps, start=1):
        begun = (number - 1) / len(steps)
        cells = {"about": study.id, "construct": construct} | study.passages
        if number > reached:
            if stream.chance(_PLANNED_PROBABILITY):
                planned = {"id": f"{study.id}-queri{number}", "status": "planned"}
                yield "steps", cells | planned
            continue
        status = "under_way" if number == reached else "done"
        if number == _PHASED:
            yield from _phase_rows(stream, study, cells, status)
            continue
        if status == "done" and stream.chance(_SKIPPED_PROBABILITY):
            status = "skipped"
        cells |= {"id": f"{study.id}-queri{number}", "status": status}
        cells |= _dates(study, status, begun, begun + 1 / len(steps))
        yield "steps", cells | _said(stream, status, system_words.QUERI_DONE[number - 1])


def _phase_rows(
    stream: Stream, study: RecordedStudy, shared: dict[str, str], status: str
) -> Iterator[Row]:
    """Yield the step that is taken in phases, once for each phase it has come to."""
    phases = 1 + stream.below(len(_PHASES))
    for number, phase in enumerate(_PHASES[:phases], start=1):
        stands = status if number == phases else "done"
        cells = {"id": f"{study.id}-queri{_PHASED}-{number}", "status": stands, "phase": phase}
        begun = 0.5 + (number - 1) / phases / 6
        cells |= _dates(study, stands, begun, begun + 1 / phases / 6)
        yield "steps", shared | cells | _said(stream, stands, system_words.QUERI_DONE[3])


def _dates(study: RecordedStudy, status: str, begun: float, ended: float) -> dict[str, str]:
    """Return when a step was taken, as far as it was."""
    if status not in ("done", "under_way"):
        return {}
    cells = {"start": study.month(begun)}
    return cells | {"end": study.month(ended)} if status == "done" else cells


def _said(stream: Stream, status: str, done: str) -> dict[str, str]:
    """Return what the report says of a step: what was done, or why it was not."""
    if status == "skipped":
        return {"statement": stream.pick(system_words.SKIPPED)}
    return {"statement": done} if status in ("done", "under_way") else {}


def _npt_rows(stream: Stream, study: RecordedStudy) -> Iterator[Row]:
    """Yield ratings of the first case by its staff, early and late."""
    constructs = _NPT[1]
    is_band = stream.chance(_NPT_BAND_PROBABILITY)
    shared = {"about": study.cases[0], "rater": f"{study.site}-staff", "rater_role": "staff"}
    shared |= study.passages
    early, late = [], []
    values = model.normalising(stream, len(constructs))
    for construct, (first, second) in zip(constructs, values, strict=True):
        cells = {"construct": construct, "date": study.month(0.3)}
        if stream.chance(_NPT_RATED_PROBABILITY):
            early.append(cells | _rating(first, is_band))
            if stream.chance(_NPT_AGAIN_PROBABILITY):
                later = {"construct": construct, "date": study.month(0.9)}
                late.append(later | _rating(second, is_band))
        elif stream.chance(_NPT_LISTED_PROBABILITY):
            early.append(cells | {"rating_status": stream.weighted(words.REASONS)})
    for number, cells in enumerate((*early, *late), start=1):
        yield "assessments", {"id": f"{study.cases[0]}-npt{number}"} | shared | cells


def _rating(value: float, is_band: bool) -> dict[str, str]:
    """Return how a value is written down: as a judged band, or as a score."""
    if is_band:
        return {"band": "low" if value < LOW_BELOW else "high" if value > HIGH_ABOVE else "mixed"}
    return {"score": two_places(value)}


def _cycle_rows(stream: Stream, study: RecordedStudy, cycles: int) -> Iterator[Row]:
    """Yield cycles of one run, each going on from the one before."""
    series, aim, changes = stream.pick(system_words.CYCLE_RUNS)
    case = study.cases[0]
    for number in range(1, cycles + 1):
        cells = {"id": f"{case}-cycle{number}", "label": f"Cycle {number}: {series}"}
        cells |= {"about": case, "series": series, "sequence": str(number)}
        cells |= {"aim": aim, "change": changes[number - 1]}
        if number > 1:
            cells["follows"] = f"{case}-cycle{number - 1}"
        cells |= _tried(stream, "adapted" if number < cycles else stream.weighted(_ENDS))
        if stream.chance(_MEASURED_PROBABILITY):
            cells["outcomes"] = f"{case}-o1"
        cells["start"] = study.month(0.2 + 0.15 * (number - 1))
        cells["end"] = study.month(0.2 + 0.15 * number)
        yield "cycles", cells | study.passages


def _tried(stream: Stream, decision: str) -> dict[str, str]:
    """Draw what was written down of a cycle; nothing is decided where nothing was studied."""
    found = {}
    for name, texts in (
        ("plan", system_words.CYCLE_PLANS),
        ("prediction", system_words.PREDICTIONS),
        ("did", system_words.DID),
        ("studied", system_words.STUDIED),
        ("learned", system_words.LEARNED),
    ):
        text = stream.pick(texts)
        if stream.chance(_WRITTEN_PROBABILITY):
            found[name] = text
    if "studied" not in found:
        return found | {"decision": "not_reported"}
    return found | {"decision": decision, "act": system_words.ACTED[decision]}
