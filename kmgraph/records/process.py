"""Work through the steps of a process framework, and improvement cycles."""

from __future__ import annotations

from kmgraph.records import columns as c
from kmgraph.records.base import SourcedRecord, table

#: Whose work a step or cycle is part of.
WORK = ("cases", "studies", "programmes")


@table("steps", "step", "km:StepRecord")
class Step(SourcedRecord):
    """What became of one step or component of a process framework in a piece of work."""

    id: str = c.record_id("Id of the step.", "SR1-step-3")
    label: str | None = c.text("Name.", "SR1: analysis of context", "skos:prefLabel")
    about: str = c.ref("Whose work it is part of.", "SR1", "km:about", WORK, required=True)
    construct: str = c.construct(
        "Step or component of the framework.", "WARD.3", "km:construct", required=True
    )
    status: str = c.code(
        "What became of it; what the documents do not say is 'not_reported', never 'skipped'.",
        "done",
        "km:stepStatus",
        "km:StepStatus",
        required=True,
    )
    phase: str | None = c.code(
        "How widely it was implemented (QUERI's fourth step).",
        "single_site",
        "km:rollOutPhase",
        "km:RollOutPhase",
    )
    statement: str | None = c.text(
        "What was done, or why it was left out.", "Managers were asked.", "km:statement"
    )
    activities: tuple[str, ...] = c.ref(
        "Activities by which it was done.",
        "scoping-survey",
        "km:stepActivity",
        ("activities",),
        many=True,
    )
    start: str | None = c.date("When it starts.", "2010-01", "schema:startDate")
    end: str | None = c.date("When it ends.", "2010-06", "schema:endDate")


@table("cycles", "cycle", "km:ImprovementCycle")
class Cycle(SourcedRecord):
    """One round of planning a change, trying it out, studying what came of it, and acting."""

    id: str = c.record_id("Id of the cycle.", "SR1-cycle-1")
    label: str | None = c.text("Name.", "First cycle", "skos:prefLabel")
    about: str = c.ref("Whose work it is part of.", "SR1-case", "km:about", WORK, required=True)
    series: str | None = c.name(
        "Run of cycles it belongs to, where a piece of work has several.", "visits", "km:series"
    )
    sequence: int = c.integer(
        "Number in its run, from 1.", "1", "km:sequence", minimum=1, required=True
    )
    aim: str | None = c.text("What it sets out to achieve.", "Visit sooner.", "km:aim")
    change: str | None = c.text(
        "What is done otherwise.", "Visits are booked at discharge.", "km:changeTested"
    )
    plan: str | None = c.text("Plan: how to try it out.", "One ward, two weeks.", "km:plan")
    prediction: str | None = c.text(
        "What is expected to come of it.", "Half the wait.", "km:prediction"
    )
    did: str | None = c.text("Do: what was carried out.", "Twelve visits were booked.", "km:did")
    studied: str | None = c.text(
        "Study: what was looked at, and what it showed.", "The wait fell.", "km:studied"
    )
    learned: str | None = c.text("What was learned.", "Carers want a say.", "km:learned")
    act: str | None = c.text("Act: what was decided.", "Ask carers first.", "km:acted")
    decision: str | None = c.code(
        "What became of the change.",
        "adapted",
        "km:cycleDecision",
        "km:CycleDecision",
        default="not_reported",
    )
    follows: str | None = c.ref(
        "Cycle that it goes on from.", "SR1-cycle-1", "km:followsCycle", ("cycles",)
    )
    outcomes: tuple[str, ...] = c.ref(
        "Outcomes that it measured.", "o-1", "km:cycleOutcome", ("outcomes",), many=True
    )
    start: str | None = c.date("When it starts.", "2010-01", "schema:startDate")
    end: str | None = c.date("When it ends.", "2010-02", "schema:endDate")
