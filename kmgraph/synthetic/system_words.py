"""The words of steps, cycles, co-production and knowledge mobilisation: all of it made up."""

from __future__ import annotations

from typing import Final

#: What was done for each component of the knowledge-to-action list.
KTA_DONE: Final = (
    "Staff and managers said what got in their way.",
    "The team read trials and asked clinicians what they had seen.",
    "Each site looked at its rooms, rota and leadership.",
    "The team met every week and kept a list of what to try next.",
    "Wards took it up one after the other.",
)
#: What was done for each step of the improvement process.
QUERI_DONE: Final = (
    "The condition was chosen with commissioners.",
    "Guidelines were read and put in order.",
    "Notes were audited against the guideline.",
    "The programme was tried out.",
    "Uptake was counted from the records.",
    "Patients were asked how they fared.",
)
#: Why a step was left out.
SKIPPED: Final = (
    "The funder had settled it before the study began.",
    "There was no time for it.",
    "An earlier study had done it.",
)

#: Runs of cycles: name, aim, and what is tried in turn.
CYCLE_RUNS: Final = (
    (
        "first visits",
        "See people sooner after they are referred.",
        (
            "Visits are booked on the day of referral.",
            "Visits are booked by phone within two days.",
            "Visits are booked with the family present.",
            "Visits are booked by the ward clerk.",
        ),
    ),
    (
        "checklists",
        "Have the checklist filled in for everyone.",
        (
            "The checklist is put into each folder.",
            "The checklist is cut to one page.",
            "The checklist is filled in at handover.",
            "The checklist is part of the record.",
        ),
    ),
    (
        "letters",
        "Have letters read and answered.",
        (
            "Letters are written in plain words.",
            "Letters come with a number to ring.",
            "Letters are sent in the week of the visit.",
            "Letters are read out at the visit.",
        ),
    ),
)
CYCLE_PLANS: Final = ("One team, two weeks.", "Two teams, one month.", "One site, six weeks.")
PREDICTIONS: Final = ("Half of the wait is gone.", "Nine in ten are done.", "Staff keep to it.")
DID: Final = ("It was done as planned.", "It was done in one team only.", "It began a week late.")
STUDIED: Final = (
    "The wait fell by a third.",
    "Nothing changed that could be seen.",
    "It worked by day and failed by night.",
)
LEARNED: Final = (
    "Carers want a say.",
    "Night staff need their own way of doing it.",
    "It takes one person who minds.",
    "A shorter form is filled in more often.",
)
ACTED: Final = {
    "adopted": "It became the usual way.",
    "adapted": "It was altered and tried again.",
    "abandoned": "It was given up.",
    "undecided": "The team waits for more figures.",
}

#: What someone brought into a study, by the stage of the research.
CONTRIBUTIONS: Final = (
    ("priority_setting", "Said what mattered most."),
    ("design", "Chose what was measured."),
    ("recruitment", "Found the people to ask."),
    ("conduct", "Kept the team in touch with the ward."),
    ("interpretation", "Said what the figures mean in practice."),
    ("dissemination", "Told other services."),
)
INVITED: Final = ("service users", "carers", "commissioners", "clinicians")
#: What changed, or is to change, within the research: kind, statement and level. They are worded
#: so that they hold for what is made, intended or refused alike.
INWARD_CHANGES: Final = (
    ("study_design", "Follow-up at nine months instead of six.", "FS.2"),
    ("recruitment", "Asking people at the clinic instead of by letter.", "FS.2"),
    ("intervention", "Shorter sessions.", "FS.1"),
)
#: What changed, or is to change, outside it.
OUTWARD_CHANGES: Final = (
    ("practice", "The new handover as the usual way of the ward.", "FS.2"),
    ("commissioning", "The service as part of the contract.", "FS.4"),
    ("policy", "A new rule of the trust on visits.", "FS.3"),
)
LESSONS_AT_WORK: Final = (
    "Those who took part learned how the other service keeps its notes.",
    "Those who took part learned whom to ring.",
)
EVALUATIONS: Final = ("Interviews about the community", "Review of the fellow's role")
REQUESTS: Final = ("Asked for a second site.", "Asked for a clearer outcome.")
