"""Agencies and approaches of a synthetic programme: theory, evidence, challenges, plans.

There is a fixed set of them for the programme, and an agency in each region that follows one of
the approaches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kmgraph.synthetic.chance import Stream
from kmgraph.synthetic.programme import ADVISERS, BOARD, PROGRAMME, REVIEW, Row

Rows = tuple[dict[str, str], ...]

_APPROACHES: Final[Rows] = (
    {
        "id": "approach-guides",
        "label": "Short guides",
        "description": "What is known is put onto two pages.",
        "sectors": "health_care;social_care",
        "countries": "Northland",
        "archetypes": "KM.arch.C",
        "domains": "KM.dom.2",
        "audience": "clinicians;managers",
    },
    {
        "id": "approach-fellows",
        "label": "Seconded fellows",
        "description": "Staff work in the study for some days a week.",
        "sectors": "health_care",
        "archetypes": "KM.arch.B;KM.arch.G",
        "domains": "KM.dom.3;KM.dom.4",
        "audience": "clinicians",
        "frameworks": "parihs-2004",
    },
    {
        "id": "approach-circles",
        "label": "Learning circles",
        "description": "People of several services meet each month.",
        "sectors": "health_care;social_care;education",
        "archetypes": "KM.arch.G",
        "domains": "KM.dom.3",
        "audience": "teachers;social workers;nurses",
        "frameworks": "li-cop-2009",
    },
    {
        "id": "approach-prompts",
        "label": "Prompts on screen",
        "description": "A line of advice comes up where it is needed.",
        "sectors": "health_care",
        "archetypes": "KM.arch.C",
        "domains": "KM.dom.5",
        "audience": "doctors",
    },
)
_AGENCIES: Final[Rows] = (
    {
        "id": "agency-guides",
        "name": "Synthetic institute of guides",
        "alt_names": "Guides institute",
        "kind": "government",
        "countries": "Northland",
        "sectors": "health_care;social_care",
        "types": "KM.type.3",
        "archetypes": "KM.arch.C;KM.arch.E",
        "roles": "KM.role.1",
        "approaches": "approach-guides;approach-prompts",
        "since": "2001",
    },
    {
        "id": "agency-partnership",
        "name": "Synthetic partnership for care",
        "kind": "research_collaboration",
        "sectors": "health_care",
        "types": "KM.type.2",
        "archetypes": "KM.arch.B;KM.arch.G",
        "roles": "KM.role.2;KM.role.3",
        "approaches": "approach-fellows;approach-circles",
        "recorded_as": PROGRAMME,
        "since": "2008",
    },
    {
        "id": "agency-schools",
        "name": "Synthetic schools trust",
        "kind": "charity",
        "sectors": "education",
        "types": "KM.type.3",
        "archetypes": "KM.arch.F",
        "roles": "KM.role.3",
        "approaches": "approach-circles",
    },
)
_THEORIES: Final[Rows] = (
    {
        "id": "theory-trust",
        "statement": "People use what they had a hand in making.",
        "rationale_of": "approach-fellows;approach-circles",
        "mechanism": "Trust grows between those who meet.",
        "expected": "Findings are used sooner.",
        "held_by": "agency-partnership",
        "constructs": "PARIHS.F.role",
    },
    {
        "id": "theory-short",
        "statement": "What is short is read.",
        "rationale_of": "approach-guides;approach-prompts",
        "expected": "More people act on what is known.",
        "held_by": "agency-guides",
    },
)
_EVIDENCE: Final[Rows] = (
    {
        "id": "evidence-guides",
        "evidence_for": "approach-guides",
        "kind": "randomised_trial",
        "statement": "Teams with the guide did no better than teams without.",
        "direction": "unchanged",
        "certainty": "moderate",
        "date": "2010",
    },
    {
        "id": "evidence-fellows",
        "evidence_for": "approach-fellows",
        "kind": "qualitative",
        "statement": "Teams said that the fellow made it theirs.",
        "direction": "improved",
        "certainty": "low",
        "date": "2012",
    },
    {
        "id": "evidence-trust",
        "evidence_for": "theory-trust",
        "kind": "survey",
        "statement": "Those who had met more often used more.",
        "direction": "improved",
        "certainty": "very_low",
    },
    {"id": "evidence-prompts", "evidence_for": "approach-prompts", "kind": "none_found"},
    {"id": "evidence-schools", "evidence_for": "agency-schools", "kind": "not_reported"},
)
_CHALLENGES: Final[Rows] = (
    {
        "id": "challenge-time",
        "statement": "Staff have no time for it.",
        "challenge_to": "approach-circles;approach-fellows",
        "kind": "challenge",
        "topics": "lack of time",
        "sectors": "health_care",
        "constructs": "PARIHS.C.receptive",
        "lesson": "Agree on the hours before the start.",
    },
    {
        "id": "challenge-terms",
        "statement": "Teachers have no lesson free for it.",
        "challenge_to": "agency-schools",
        "kind": "challenge",
        "topics": "lack of time",
        "sectors": "education",
        "countries": "Southland",
    },
    {
        "id": "challenge-turnover",
        "statement": "Those who knew it had left.",
        "challenge_to": "approach-guides",
        "kind": "challenge",
        "topics": "staff turnover",
        "sectors": "social_care",
    },
    {
        "id": "challenge-noise",
        "statement": "Too many prompts, and all of them are clicked away.",
        "challenge_to": "approach-prompts",
        "kind": "pitfall",
        "topics": "too much of it",
        "sectors": "health_care",
        "lesson": "Keep those that change what is done.",
    },
)
_PLANS: Final[Rows] = (
    {
        "id": "plan-search",
        "kind": "method",
        "statement": "Search five databases.",
        "fulfilment": "as_planned",
        "done": "Five were searched.",
    },
    {
        "id": "plan-interviews",
        "kind": "sample",
        "statement": "Interview forty people.",
        "fulfilment": "differently",
        "done": "Thirty-one were interviewed.",
        "planned_claims": "claim-interviews-planned",
        "done_claims": "claim-interviews-done",
    },
    {
        "id": "plan-workshop",
        "kind": "output",
        "statement": "Hold a workshop in each county.",
        "fulfilment": "not_done",
    },
    {"id": "plan-schools", "kind": "scope", "statement": "Cover education too."},
)
_REVIEWS: Final[Rows] = (
    {
        "id": "board-said",
        "panel": BOARD,
        "stage": "conduct",
        "verdict": "noted",
        "date": "2010",
    },
    {
        "id": "advisers-said",
        "panel": ADVISERS,
        "stage": "design",
        "verdict": "supported_with_changes",
        "statement": "Asked for more say for patients.",
        "led_to": "change-advisers",
        "date": "2009",
    },
)
_CHANGE: Final = {
    "id": "change-advisers",
    "statement": "Each study was asked to have patients on its steering group.",
    "kind": "study_design",
    "prompted_by": ADVISERS,
    "changed": PROGRAMME,
    "levels": "FS.3",
    "status": "made",
    "date": "2010",
}
_EVALUATIONS: Final[Rows] = (
    {
        "id": "evaluation-approach",
        "label": "Interviews about the programme",
        "kind": "evaluation",
        "evaluates": PROGRAMME,
        "participants": "researchers;managers",
    },
    {
        "id": "evaluation-cost",
        "label": "Costs of the fellows",
        "kind": "economic_analysis",
        "evaluates": PROGRAMME,
    },
)
_CLAIMS: Final[Rows] = (
    {
        "id": "claim-limit",
        "claim_kind": "limit",
        "about": PROGRAMME,
        "statement": "The plan says that small teams may have nobody to spare.",
    },
    {
        "id": "claim-scope",
        "claim_kind": "scope",
        "about": PROGRAMME,
        "statement": "The plan leaves out services that are paid for privately.",
    },
    {
        "id": "claim-interviews-planned",
        "about": REVIEW,
        "statement": "The review was to interview forty people.",
        "quantity_kind": "interviewees",
        "value": "40",
        "unit": "people",
    },
    {
        "id": "claim-interviews-done",
        "about": REVIEW,
        "statement": "The review interviewed thirty-one people.",
        "quantity_kind": "interviewees",
        "value": "31",
        "unit": "people",
    },
)
#: Approaches that the agency of a region may follow.
_REGIONAL: Final = ("approach-circles", "approach-fellows", "approach-guides")
_EVIDENCE_FOUND: Final = (("improved", 0.5), ("unchanged", 0.3), ("uncertain", 0.2))


def mobilisation_rows(rests: dict[str, str]) -> Iterator[Row]:
    """Yield what there is of knowledge mobilisation once in a programme.

    :param rests: cell that points to the passage it stands in.

    >>> sheets = [sheet for sheet, _ in mobilisation_rows({})]
    >>> sheets.count("approaches"), sheets.count("plans")
    (4, 4)
    """
    shared: tuple[tuple[str, Rows, dict[str, str]], ...] = (
        ("approaches", _APPROACHES, {}),
        ("agencies", _AGENCIES, {}),
        ("theories", _THEORIES, {}),
        ("evidence", _EVIDENCE, {}),
        ("challenges", _CHALLENGES, {}),
        ("plans", _PLANS, {"plan_of": REVIEW}),
        ("changes", (_CHANGE,), {}),
        ("panel_reviews", _REVIEWS, {"reviewed": PROGRAMME}),
        ("activities", _EVALUATIONS, {"part_of": PROGRAMME}),
        ("claims", _CLAIMS, {}),
    )
    for sheet, rows, more in shared:
        for cells in rows:
            yield sheet, cells | more | rests


def regional_rows(stream: Stream, region: str, number: int, rests: dict[str, str]) -> Iterator[Row]:
    """Yield the agency of a region, what it found, and what stands in its way.

    :param region: first part of the ids of its records.

    >>> rows = dict(regional_rows(Stream(1, "a region"), "R1", 1, {}))
    >>> rows["evidence"]["evidence_for"]
    'R1-agency'
    """
    agency = f"{region}-agency"
    cells = {"id": agency, "name": f"Synthetic network for care {number}", "kind": "network"}
    cells |= {"sectors": stream.pick(("health_care", "social_care"))}
    cells |= {"archetypes": "KM.arch.G", "approaches": stream.pick(_REGIONAL)}
    yield "agencies", cells | rests
    found = {"id": f"{region}-evidence", "evidence_for": agency, "kind": "case_study"}
    found |= {"direction": stream.weighted(_EVIDENCE_FOUND), "certainty": "very_low"}
    yield "evidence", found | rests
    met = {"id": f"{region}-challenge", "challenge_to": agency, "kind": "challenge"}
    met |= {"statement": "There is no money beyond the year.", "topics": "short funding"}
    yield "challenges", met | {"sectors": cells["sectors"]} | rests
