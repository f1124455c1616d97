"""Programmes, themes, reviews, activities and the questions they ask."""

from __future__ import annotations

from kmgraph.records import columns as c
from kmgraph.records.base import SourcedRecord, table


@table("programmes", "programme", "km:Programme", also=("org:Organization",))
class Programme(SourcedRecord):
    """A funded collaboration that runs studies."""

    id: str = c.record_id("Id of the programme.", "ndl")
    label: str = c.text("Name of the programme.", "CLAHRC-NDL", "skos:prefLabel", required=True)
    alt_labels: tuple[str, ...] = c.text(
        "Other names.", "NIHR CLAHRC-NDL", "skos:altLabel", many=True
    )
    description: str | None = c.text("What it is.", "A collaboration.", "dcterms:description")
    part_of: str | None = c.ref(
        "Larger programme that it belongs to.", "clahrc", "km:partOfProgramme", ("programmes",)
    )
    funders: tuple[str, ...] = c.ref(
        "Organisations that fund it.", "nihr", "km:fundedBy", ("organisations",), many=True
    )
    partners: tuple[str, ...] = c.ref(
        "Organisations that take part.", "imh", "km:partner", ("organisations",), many=True
    )
    area: tuple[str, ...] = c.term(
        "Places that it serves.", "Nottinghamshire;Derbyshire", "km:area", "place", many=True
    )
    start: str | None = c.date("When it starts.", "2008", "schema:startDate")
    end: str | None = c.date("When it ends.", "2013", "schema:endDate")
    frameworks: tuple[str, ...] = c.scheme(
        "Frameworks that it uses.", "li-cop-2009", "km:usesFramework", many=True
    )
    approach: str | None = c.text(
        "The approach it takes, in a few words.", "Organisational learning", "km:approach"
    )


@table("themes", "theme", "km:Theme", also=("skos:Concept",))
class Theme(SourcedRecord):
    """A research or implementation theme of a programme."""

    id: str = c.record_id("Id of the theme.", "mental-health")
    label: str = c.text("Name of the theme.", "Mental Health", "skos:prefLabel", required=True)
    programme: str = c.ref(
        "Programme that the theme belongs to.", "ndl", "km:themeOf", ("programmes",), required=True
    )
    kind: str | None = c.code("Kind of theme.", "research", "km:themeKind", "km:ThemeKind")
    description: str | None = c.text("What it does.", "Runs studies.", "dcterms:description")


@table("reviews", "review", "km:Review")
class Review(SourcedRecord):
    """A review of evidence or of approaches, as planned or as done."""

    id: str = c.record_id("Id of the review.", "km-review")
    title: str = c.text("Title of the review.", "A review", "dcterms:title", required=True)
    description: str | None = c.text("What it does.", "Collates.", "dcterms:description")
    identifiers: tuple[str, ...] = c.name(
        "Grant or registry numbers.", "11/2004/10", "schema:identifier", many=True
    )
    commissioner: str | None = c.ref(
        "Organisation that commissions it.", "nihr", "km:fundedBy", ("organisations",)
    )
    duration_months: int | None = c.integer(
        "Planned length in months.", "18", "km:durationMonths", minimum=1
    )
    methods: tuple[str, ...] = c.term(
        "Methods.", "desk research;interviews", "km:method", "method", many=True
    )
    sectors: tuple[str, ...] = c.code(
        "Sectors that it covers.", "health_care;education", "km:sector", "km:Sector", many=True
    )
    area: tuple[str, ...] = c.term("Places that it covers.", "UK", "km:area", "place", many=True)


@table("activities", "activity", "km:Activity")
class Activity(SourcedRecord):
    """Something done by a programme, review, study or community."""

    id: str = c.record_id("Id of the activity.", "scoping-survey")
    label: str = c.text("Name of the activity.", "Scoping survey", "skos:prefLabel", required=True)
    description: str | None = c.text("What is done.", "Asks whether.", "dcterms:description")
    kind: str | None = c.code("Kind of activity.", "survey", "km:activityKind", "km:ActivityKind")
    part_of: tuple[str, ...] = c.ref(
        "What the activity is part of.",
        "ndl",
        "km:activityOf",
        ("programmes", "themes", "reviews", "studies", "communities", "panels"),
        many=True,
    )
    start: str | None = c.date("When it starts.", "2008-05", "schema:startDate")
    end: str | None = c.date("When it ends.", "2008-05", "schema:endDate")
    project_month: int | None = c.integer(
        "Month of the project in which it takes place.", "6", "km:projectMonth", minimum=1
    )
    participants: tuple[str, ...] = c.term(
        "Kinds of people who take part.",
        "commissioners;clinicians",
        "km:participantKind",
        "participant-kind",
        many=True,
    )
    constructs: tuple[str, ...] = c.construct(
        "Constructs it is coded to.", "LICOP.2", "km:construct", many=True
    )
    learned: str | None = c.text(
        "What those who took part learned.", "Carers want a say.", "km:learned"
    )
    evaluates: tuple[str, ...] = c.ref(
        "What it evaluates, where it is an evaluation.",
        "SR1-cop",
        "km:evaluates",
        (
            "programmes",
            "themes",
            "studies",
            "posts",
            "communities",
            "panels",
            "strategies",
            "activities",
        ),
        many=True,
    )
    reports: tuple[str, ...] = c.ref(
        "Outcomes that it reports.", "o-1", "km:reportsOutcome", ("outcomes",), many=True
    )


@table("questions", "question", "km:ResearchQuestion")
class Question(SourcedRecord):
    """A question that a programme, review or study sets out to answer."""

    id: str = c.record_id("Id of the question.", "q-approaches")
    text: str = c.text(
        "The question.", "Which approaches are in use?", "km:statement", required=True
    )
    asked_by: str = c.ref(
        "Who asks it.",
        "km-review",
        "km:askedBy",
        ("programmes", "themes", "reviews", "studies"),
        required=True,
    )
