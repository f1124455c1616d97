"""The words of a synthetic programme: plain, and plainly made up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme and what its studies are about.

    :ivar innovations: name, components and recipients of what is implemented.
    """

    id: str
    label: str
    conditions: tuple[str, ...]
    settings: tuple[str, ...]
    innovations: tuple[tuple[str, tuple[str, ...], str], ...]


THEMES: Final = (
    Theme(
        "mental-health",
        "Mental health",
        ("depression", "psychosis", "anxiety"),
        ("community mental health team", "acute ward", "general practice"),
        (
            ("Joint care planning", ("planning meeting", "shared record"), "service users"),
            ("Group programme", ("weekly group", "workbook"), "people with low mood"),
        ),
    ),
    Theme(
        "stroke",
        "Stroke rehabilitation",
        ("stroke", "aphasia"),
        ("stroke unit", "community rehabilitation team", "home"),
        (
            ("Return-to-work support", ("work assessment", "visits to employers"), "survivors"),
            ("Early supported discharge", ("home visits", "named therapist"), "survivors"),
        ),
    ),
    Theme(
        "children",
        "Children and young people",
        ("asthma", "attention deficit", "self-harm"),
        ("school", "children's ward", "community clinic"),
        (
            ("School nurse review", ("yearly review", "letter to parents"), "pupils"),
            ("Online assessment", ("web form", "call back"), "young people"),
        ),
    ),
    Theme(
        "primary-care",
        "Primary care",
        ("cardiovascular risk", "gout", "osteoporosis"),
        ("general practice", "pharmacy"),
        (
            ("Structured review", ("recall list", "nurse appointment"), "registered patients"),
            ("Prescribing prompts", ("alert on screen", "monthly feedback"), "patients at risk"),
        ),
    ),
    Theme(
        "diabetes",
        "Diabetes",
        ("type 2 diabetes", "foot ulcer"),
        ("general practice", "outpatient clinic"),
        (
            ("Foot check pathway", ("foot check", "fast referral"), "people with diabetes"),
            ("Education course", ("six sessions", "follow-up call"), "people with diabetes"),
        ),
    ),
    Theme(
        "older-people",
        "Older people",
        ("falls", "frailty", "delirium"),
        ("care home", "acute ward", "home"),
        (
            ("Falls checklist", ("checklist", "staff training"), "residents"),
            ("Medicines review", ("pharmacist visit", "letter to the doctor"), "older people"),
        ),
    ),
)
IMPLEMENTATION_THEME: Final = ("implementation", "Implementation")

DESIGNS: Final = (
    ("cluster_rct", 0.12),
    ("rct", 0.13),
    ("feasibility_rct", 0.15),
    ("quasi_experimental", 0.15),
    ("cohort", 0.10),
    ("mixed_methods", 0.15),
    ("qualitative", 0.10),
    ("case_study", 0.10),
)

#: For each sub-element: what staff say where it helps, and where it hinders.
EVIDENCE_TALK: Final = (
    ("Staff trusted the trials behind it.", "Staff found the trials too far from practice."),
    ("It agreed with what clinicians had seen.", "Clinicians disagreed on what works."),
    ("Patients had helped to shape it.", "What patients want was not asked."),
    ("Local audit showed the need.", "There were no local figures to go by."),
)
CONTEXT_TALK: Final = (
    ("Time and rooms were set aside.", "There was no time and no room for it."),
    ("The team was used to learning together.", "New ways were seen as a burden."),
    ("The manager stood behind it.", "Managers changed and nobody took it on."),
    ("Figures were fed back each month.", "Nobody looked at how it was going."),
)
FACILITATION_TALK: Final = (
    "The facilitator knew when to step back.",
    "What the facilitator did was not what the team needed.",
)

#: Name, action, actor, target and construct of strategies.
STRATEGIES: Final = (
    ("Audit and feedback", "Show teams their own figures.", "audit staff", "teams",
     "PARIHS.C.evaluation"),
    ("Training day", "Teach the new steps.", "trainers", "ward staff", "PARIHS.E.clinical"),
    ("Local champion", "Speak for it in the team.", "champions", "ward staff",
     "PARIHS.C.leadership"),
    ("Secondment", "Bring practice into the study.", "diffusion fellows", "clinical teams",
     "PARIHS.F.role"),
    ("Facilitated meetings", "Help the team to find its own way.", "facilitators",
     "clinical teams", "PARIHS.F.purpose"),
    ("Patient advisers", "Ask patients how it should be done.", "patient advisers",
     "managers", "PARIHS.E.patient"),
)  # fmt: skip
DOSES: Final = ("once", "one day a week", "monthly", "half a day each quarter")
TIMINGS: Final = ("before the start", "in the first half", "throughout")

#: Name and direction of benefit of service and client outcomes.
OUTCOMES: Final = (
    ("Uptake of the innovation", "higher"),
    ("Days in hospital", "lower"),
    ("Symptom score", "lower"),
    ("Quality of life", "higher"),
    ("Staff confidence", "higher"),
)

ACTIVITIES: Final = (
    ("Workshop", "workshop"),
    ("Interviews with staff", "interviews"),
    ("Survey of staff", "survey"),
    ("Training session", "training"),
    ("Steering meeting", "meeting"),
)
QUESTIONS: Final = (
    "Does it help the people it is meant for?",
    "What does it take to keep it going?",
    "Where does it fit, and where does it not?",
)
MEMBER_KINDS: Final = ("nurses", "therapists", "managers", "researchers", "carers", "doctors")
COUNTIES: Final = ("Northshire", "Eastshire", "Midshire", "Westshire", "Southshire")

#: What most often keeps a construct from being rated.
REASONS: Final = (
    ("not_reported", 0.50),
    ("not_measured", 0.28),
    ("unclear", 0.14),
    ("not_applicable", 0.08),
)
MONTHS: Final = tuple(f"{year}-{month:02d}" for year in range(2008, 2031) for month in range(1, 13))
