"""Co-production: who took part in what, what they changed, and what panels said."""

from __future__ import annotations

from kmgraph.records import columns as c
from kmgraph.records.base import SourcedRecord, table


@table("participations", "participation", "km:Participation")
class Participation(SourcedRecord):
    """That someone, or a kind of people, took part in something, and how."""

    id: str = c.record_id("Id of the participation.", "SR1-carers-design")
    who: str | None = c.ref(
        "Who took part, where they are a record.",
        "SR1-df-1",
        "km:participant",
        ("people", "posts", "organisations", "panels", "communities", "agencies"),
    )
    participant_kind: str | None = c.term(
        "Kind of people who took part, where no one is named.",
        "carers",
        "km:participantKind",
        "participant-kind",
    )
    part_in: str = c.ref(
        "What they took part in.",
        "SR1",
        "km:tookPartIn",
        ("activities", "studies", "programmes", "cases", "steps", "cycles", "changes", "reviews"),
        required=True,
    )
    stage: str | None = c.code(
        "Stage of the research.", "design", "km:researchStage", "km:ResearchStage"
    )
    degree: str | None = c.code(
        "How much of a say they had.",
        "co_produced",
        "km:participationDegree",
        "km:ParticipationDegree",
    )
    role: str | None = c.term(
        "Role in which they took part.", "associate", "km:participationRole", "role"
    )
    contribution: str | None = c.text(
        "What they brought in.", "Chose the outcome.", "km:contribution"
    )
    start: str | None = c.date("Since when.", "2009", "schema:startDate")
    end: str | None = c.date("Until when.", "2012", "schema:endDate")


@table("changes", "change", "km:PromptedChange")
class Change(SourcedRecord):
    """A change in research, in an intervention or in practice that someone prompted."""

    id: str = c.record_id("Id of the change.", "SR1-change-1")
    statement: str = c.text(
        "What changed, in your own words.",
        "Visits were moved to the evening.",
        "km:statement",
        required=True,
    )
    kind: str = c.code(
        "What sort of thing changed.",
        "study_design",
        "km:promptedChangeKind",
        "km:PromptedChangeKind",
        required=True,
    )
    direction: str | None = c.code(
        "Inwards, from practice into the research, or outwards.",
        "inwards",
        "km:workingDirection",
        "km:WorkingDirection",
    )
    prompted_by: tuple[str, ...] = c.ref(
        "Who or what prompted it.",
        "SR1-df-1",
        "km:promptedBy",
        (
            "posts",
            "people",
            "panels",
            "communities",
            "organisations",
            "activities",
            "cycles",
            "participations",
        ),
        many=True,
    )
    changed: tuple[str, ...] = c.ref(
        "What was changed.",
        "SR1",
        "km:changedRecord",
        ("studies", "cases", "innovations", "programmes", "organisations", "sites"),
        many=True,
    )
    levels: tuple[str, ...] = c.construct(
        "Levels at which it took place.", "FS.2;FS.3", "km:changeLevel", many=True
    )
    status: str | None = c.code(
        "How it stands; what is only hoped for is 'intended'.",
        "made",
        "km:changeStatus",
        "km:ChangeStatus",
        default="not_reported",
    )
    date: str | None = c.date("When it was made.", "2010-05", "dcterms:date")


@table("panel_reviews", "panel-review", "km:PanelReview")
class PanelReview(SourcedRecord):
    """One time that a panel, committee or board reviewed something."""

    id: str = c.record_id("Id of the review by a panel.", "SR1-review-2010")
    panel: str = c.ref(
        "Panel that made it.",
        "scientific-committee",
        "km:reviewPanel",
        ("panels",),
        required=True,
    )
    reviewed: str = c.ref(
        "What was reviewed.",
        "SR1",
        "km:reviewedRecord",
        ("studies", "cases", "programmes", "reviews"),
        required=True,
    )
    stage: str | None = c.code(
        "Stage of the research.", "design", "km:researchStage", "km:ResearchStage"
    )
    verdict: str | None = c.code(
        "What the panel concluded.",
        "supported_with_changes",
        "km:verdict",
        "km:ReviewVerdict",
        default="not_reported",
    )
    statement: str | None = c.text(
        "What it said, in your own words.", "Asked for a second site.", "km:statement"
    )
    led_to: tuple[str, ...] = c.ref(
        "Changes that it led to.", "SR1-change-1", "km:ledTo", ("changes",), many=True
    )
    date: str | None = c.date("When it was made.", "2010-03", "dcterms:date")
