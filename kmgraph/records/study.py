"""Studies, innovations, sites and the cases that PARIHS reads."""

from __future__ import annotations

from kmgraph.records import columns as c
from kmgraph.records.base import SourcedRecord, table


@table("studies", "study", "km:Study")
class Study(SourcedRecord):
    """A study or implementation project as recorded."""

    id: str = c.record_id("Id of the study.", "SR1")
    title: str = c.text("Title.", "Return to work after stroke", "dcterms:title", required=True)
    acronym: str | None = c.name("Short name.", "MOSAIC", "skos:altLabel")
    description: str | None = c.text("What it studies.", "Support.", "dcterms:description")
    programme: str | None = c.ref(
        "Programme that it is part of.", "ndl", "km:partOfProgramme", ("programmes",)
    )
    themes: tuple[str, ...] = c.ref(
        "Themes that it belongs to.", "stroke-rehabilitation", "km:theme", ("themes",), many=True
    )
    design: tuple[str, ...] = c.code(
        "Study design.", "feasibility_rct", "km:design", "km:StudyDesign", many=True
    )
    conditions: tuple[str, ...] = c.term(
        "Health conditions or needs.", "stroke", "km:condition", "condition", many=True
    )
    settings: tuple[str, ...] = c.term(
        "Settings in which it works.", "school", "km:setting", "setting", many=True
    )
    lead: str | None = c.ref(
        "Organisation that leads it.", "uon", "km:leadOrganisation", ("organisations",)
    )
    funders: tuple[str, ...] = c.ref(
        "Organisations that fund it.", "nihr", "km:fundedBy", ("organisations",), many=True
    )
    frameworks: tuple[str, ...] = c.scheme(
        "Frameworks that it uses.", "parihs-2004", "km:usesFramework", many=True
    )
    registry_ids: tuple[str, ...] = c.name(
        "Registry numbers.", "ISRCTN00000000", "schema:identifier", many=True
    )
    start: str | None = c.date("When it starts.", "2009-01-01", "schema:startDate")
    end: str | None = c.date("When it ends.", "2012-12-31", "schema:endDate")


@table("innovations", "innovation", "km:Innovation")
class Innovation(SourcedRecord):
    """What is implemented: its components and the people it is for (TIDieR)."""

    id: str = c.record_id("Id of the innovation.", "SR1-innovation")
    label: str = c.text("Name.", "Return-to-work support", "skos:prefLabel", required=True)
    description: str | None = c.text("What it is.", "Support.", "dcterms:description")
    components: tuple[str, ...] = c.text(
        "Its parts.", "work assessment;employer contact", "km:component", many=True
    )
    recipients: tuple[str, ...] = c.term(
        "The people it is for.",
        "stroke survivors",
        "km:intendedRecipient",
        "participant-kind",
        many=True,
    )


@table("sites", "site", "km:Site")
class Site(SourcedRecord):
    """A place where an innovation is implemented."""

    id: str = c.record_id("Id of the site.", "ward-3")
    label: str = c.text("Name.", "Ward 3", "skos:prefLabel", required=True)
    organisation: str | None = c.ref(
        "Organisation that the site belongs to.", "trust-a", "km:siteOf", ("organisations",)
    )
    setting: str | None = c.term("Kind of setting.", "acute ward", "km:setting", "setting")
    area: tuple[str, ...] = c.term("Where it is.", "Nottinghamshire", "km:area", "place", many=True)


@table("cases", "case", "km:ImplementationCase")
class ImplementationCase(SourcedRecord):
    """A study's innovation at a site in a period: the unit that PARIHS reads."""

    id: str = c.record_id("Id of the case.", "SR1-case")
    label: str | None = c.text("Name.", "SR1 as a whole", "skos:prefLabel")
    study: str = c.ref("Its study.", "SR1", "km:ofStudy", ("studies",), required=True)
    innovation: str | None = c.ref(
        "What is implemented.", "SR1-innovation", "km:ofInnovation", ("innovations",)
    )
    site: str | None = c.ref("Where.", "ward-3", "km:atSite", ("sites",))
    start: str | None = c.date("When it starts.", "2010-01", "schema:startDate")
    end: str | None = c.date("When it ends.", "2011-06", "schema:endDate")
