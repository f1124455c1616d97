"""Who took part in a study, what they changed, what panels said and what was evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kmgraph.synthetic import system_words, words
from kmgraph.synthetic.chance import Stream
from kmgraph.synthetic.programme import ADVISERS, PROGRAMME, Row

#: Probability that a fellow in post belongs to the community of the study, and of the region.
_IN_COMMUNITY_PROBABILITY: Final = 0.8
_IN_REGION_PROBABILITY: Final = 0.25
_PARTICIPATION_PROBABILITY: Final = 0.3
_INVITED_PROBABILITY: Final = 0.3
_DEGREES: Final = (
    ("informed", 0.10),
    ("consulted", 0.30),
    ("involved", 0.30),
    ("co_produced", 0.25),
    ("led", 0.05),
)
#: Probability that a fellow changes something in the study, and something outside it.
_INWARDS_PROBABILITY: Final = 0.3
_OUTWARDS_PROBABILITY: Final = 0.2
_CHANGE_STATES: Final = (
    ("made", 0.55),
    ("intended", 0.20),
    ("under_way", 0.10),
    ("refused", 0.10),
    ("not_reported", 0.05),
)
_REVIEW_PROBABILITY: Final = 0.15
_VERDICTS: Final = (
    ("supported", 0.40),
    ("supported_with_changes", 0.35),
    ("noted", 0.15),
    ("not_supported", 0.05),
    ("not_reported", 0.05),
)
_EVALUATION_PROBABILITY: Final = 0.12
_REPORTED_PROBABILITY: Final = 0.5
_LEARNING_PROBABILITY: Final = 0.25


@dataclass(frozen=True, slots=True)
class StudyPeople:
    """Who there is in a study.

    :ivar posts: ids of posts that are filled, each with the organisation it is seconded from.
    :ivar community: id of its community of practice; empty where it has none.
    :ivar regional: id of the community of its region.
    :ivar panel: id of its own panel; empty where it has none.
    :ivar outcome: id of an outcome of its first case.
    """

    id: str
    posts: tuple[tuple[str, str], ...]
    community: str
    regional: str
    panel: str
    outcome: str
    start: int
    months: int
    passages: dict[str, str]

    def month(self, share: float) -> str:
        """Return the month after a share of its time."""
        return words.MONTHS[self.start + int(self.months * share)]


def people_of(rows: list[Row]) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return the filled posts among rows, each with where it is seconded from, and the community.

    >>> people_of([("posts", {"id": "p", "status": "vacant"}), ("communities", {"id": "c"})])
    ((), 'c')
    """
    posts = [
        (cells["id"], cells["seconded_from"])
        for sheet, cells in rows
        if sheet == "posts" and cells["status"] == "filled"
    ]
    named = [cells["id"] for sheet, cells in rows if sheet == "communities"]
    return tuple(posts), named[0] if named else ""


def coproduction_rows(stream: Stream, study: StudyPeople) -> Iterator[Row]:
    """Yield memberships, participations, changes, reviews and evaluations of a study."""
    for number, (post, organisation) in enumerate(study.posts, start=1):
        yield from _membership_rows(stream, study, post)
        yield from _fellow_rows(stream, study, post, organisation, number)
    if stream.chance(_INVITED_PROBABILITY):
        yield _participation(
            stream, study, "invited", {"participant_kind": stream.pick(system_words.INVITED)}
        )
    yield from _review_rows(stream, study)
    yield from _evaluation_rows(stream, study)


def _membership_rows(stream: Stream, study: StudyPeople, post: str) -> Iterator[Row]:
    """Yield the communities that a fellow in post belongs to, which is what ties them."""
    groups = (
        (study.community, _IN_COMMUNITY_PROBABILITY),
        (study.regional, _IN_REGION_PROBABILITY),
    )
    for name, (group, probability) in zip(("cop", "region"), groups, strict=True):
        if group and stream.chance(probability):
            row = {"id": f"{post}-{name}", "group": group, "member": post, "role": "facilitator"}
            yield "memberships", row | {"start": study.month(0.0)} | study.passages


def _fellow_rows(
    stream: Stream, study: StudyPeople, post: str, organisation: str, number: int
) -> Iterator[Row]:
    """Yield what a fellow took part in, and changed in the study and outside it."""
    if stream.chance(_PARTICIPATION_PROBABILITY):
        who = {"who": post, "role": "facilitator", "start": study.month(0.0)}
        yield _participation(stream, study, f"df{number}", who)
    if stream.chance(_INWARDS_PROBABILITY):
        change = stream.pick(system_words.INWARD_CHANGES)
        changed = f"{study.id}-innovation" if change[0] == "intervention" else study.id
        yield _change(stream, study, f"in{number}", change, post, changed)
    if stream.chance(_OUTWARDS_PROBABILITY):
        change = stream.pick(system_words.OUTWARD_CHANGES)
        yield _change(stream, study, f"out{number}", change, post, organisation)


def _participation(stream: Stream, study: StudyPeople, name: str, who: dict[str, str]) -> Row:
    """Draw how someone took part in a study."""
    stage, contribution = stream.pick(system_words.CONTRIBUTIONS)
    cells = {"id": f"{study.id}-part-{name}", "part_in": study.id, "stage": stage}
    cells["degree"] = stream.weighted(_DEGREES)
    if cells["degree"] != "informed":
        cells["contribution"] = contribution
    return "participations", cells | who | study.passages


def _change(
    stream: Stream,
    study: StudyPeople,
    name: str,
    change: tuple[str, str, str],
    post: str,
    changed: str,
) -> Row:
    """Draw how a change stands that a fellow prompted; what is only intended has no date."""
    kind, statement, level = change
    status = stream.weighted(_CHANGE_STATES)
    cells = {"id": f"{study.id}-change-{name}", "statement": statement, "kind": kind}
    cells["direction"] = "inwards" if name.startswith("in") else "outwards"
    cells |= {"prompted_by": post, "changed": changed, "levels": level, "status": status}
    if status in ("made", "under_way"):
        cells["date"] = study.month(stream.between(0.2, 0.9))
    return "changes", cells | study.passages


def _review_rows(stream: Stream, study: StudyPeople) -> Iterator[Row]:
    """Yield what panels said of a study, and the change that they asked for."""
    panels = [study.panel] if study.panel else []
    if stream.chance(_REVIEW_PROBABILITY):
        panels.append(ADVISERS)
    for number, panel in enumerate(panels, start=1):
        verdict = stream.weighted(_VERDICTS)
        cells = {"id": f"{study.id}-said{number}", "panel": panel, "reviewed": study.id}
        cells |= {"stage": "design", "verdict": verdict, "date": study.month(0.1)}
        if verdict == "supported_with_changes":
            asked = f"{study.id}-change-asked{number}"
            cells |= {"statement": stream.pick(system_words.REQUESTS), "led_to": asked}
            change = {"id": asked, "kind": "study_design", "changed": study.id, "levels": "FS.2"}
            change |= {"statement": "The design was changed as the panel asked."}
            change |= {"prompted_by": panel, "status": "made", "date": study.month(0.2)}
            yield "changes", change | study.passages
        yield "panel_reviews", cells | study.passages


def _evaluation_rows(stream: Stream, study: StudyPeople) -> Iterator[Row]:
    """Yield an evaluation of the community or of a fellow, and what was learned at work."""
    evaluated = study.community or (study.posts[0][0] if study.posts else "")
    if not evaluated:
        return
    if stream.chance(_EVALUATION_PROBABILITY):
        label = system_words.EVALUATIONS[0 if study.community else 1]
        row = {"id": f"{study.id}-evaluation", "label": label, "kind": "evaluation"}
        row |= {"part_of": PROGRAMME, "evaluates": evaluated, "start": study.month(0.8)}
        if stream.chance(_REPORTED_PROBABILITY):
            row["reports"] = study.outcome
        yield "activities", row | study.passages
    if study.community and stream.chance(_LEARNING_PROBABILITY):
        row = {"id": f"{study.id}-learning", "label": "Visits to each other's work"}
        row |= {"kind": "situated_learning", "part_of": study.community}
        row |= {"constructs": "LICOP.2", "learned": stream.pick(system_words.LESSONS_AT_WORK)}
        yield "activities", row | study.passages
