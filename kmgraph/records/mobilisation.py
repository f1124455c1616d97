"""Agencies and approaches of knowledge mobilisation: theory, evidence, challenges, plans."""

from __future__ import annotations

from kmgraph.records import columns as c
from kmgraph.records.base import SourcedRecord, table

#: What a rationale, a piece of evidence or a challenge may be of.
COLLATED = ("approaches", "agencies")


@table("agencies", "agency", "km:Agency", also=("org:Organization",))
class Agency(SourcedRecord):
    """An organisation that sets out to bring knowledge into use."""

    id: str = c.record_id("Id of the agency.", "agency-nice")
    name: str = c.text(
        "Name.",
        "National Institute for Health and Clinical Excellence",
        "skos:prefLabel",
        required=True,
    )
    alt_names: tuple[str, ...] = c.text("Other names.", "NICE", "skos:altLabel", many=True)
    description: str | None = c.text("What it does.", "Issues guidelines.", "dcterms:description")
    kind: str | None = c.code(
        "Kind of organisation.", "government", "km:organisationKind", "km:OrganisationKind"
    )
    sectors: tuple[str, ...] = c.code(
        "Sectors that it works in.", "health_care", "km:sector", "km:Sector", many=True
    )
    countries: tuple[str, ...] = c.term(
        "Countries that it works in.", "England;Wales", "km:country", "place", many=True
    )
    types: tuple[str, ...] = c.construct(
        "Whether it funds, produces or passes on research.", "KM.type.3", "km:agencyType", many=True
    )
    archetypes: tuple[str, ...] = c.construct(
        "Archetypes that it is counted among; agencies mix several.",
        "KM.arch.A;KM.arch.E",
        "km:archetype",
        many=True,
    )
    roles: tuple[str, ...] = c.construct(
        "Broad roles that it plays.", "KM.role.1", "km:agencyRole", many=True
    )
    approaches: tuple[str, ...] = c.ref(
        "Approaches that it follows.", "guidelines", "km:usesApproach", ("approaches",), many=True
    )
    part_of: str | None = c.ref(
        "Organisation it belongs to.",
        "nhs",
        "org:subOrganizationOf",
        ("organisations", "agencies"),
    )
    recorded_as: str | None = c.ref(
        "Organisation or programme that it is, where that is a record of its own.",
        "nice",
        "km:recordedAs",
        ("organisations", "programmes"),
    )
    since: str | None = c.date("When it was set up.", "1999", "schema:startDate")
    iri: str | None = c.iri("ROR or other IRI.", "https://ror.org/015ah0c92", "schema:sameAs")


@table("approaches", "approach", "km:KnowledgeMobilisationApproach")
class Approach(SourcedRecord):
    """A way in which agencies bring knowledge into use."""

    id: str = c.record_id("Id of the approach.", "guidelines")
    label: str = c.text("Name.", "Guidelines", "skos:prefLabel", required=True)
    alt_labels: tuple[str, ...] = c.text("Other names.", "Guidance", "skos:altLabel", many=True)
    description: str | None = c.text(
        "What is done.", "Evidence is brought together and issued.", "dcterms:description"
    )
    sectors: tuple[str, ...] = c.code(
        "Sectors that it is used in.", "health_care", "km:sector", "km:Sector", many=True
    )
    countries: tuple[str, ...] = c.term(
        "Countries that it is used in.", "England", "km:country", "place", many=True
    )
    archetypes: tuple[str, ...] = c.construct(
        "Archetypes that it belongs to.", "KM.arch.A", "km:archetype", many=True
    )
    domains: tuple[str, ...] = c.construct(
        "Domains of the conceptual map that it attends to.", "KM.dom.3", "km:mapDomain", many=True
    )
    audience: tuple[str, ...] = c.term(
        "Whom it is meant to reach.", "clinicians", "km:audience", "participant-kind", many=True
    )
    frameworks: tuple[str, ...] = c.scheme(
        "Frameworks that it draws on.", "parihs-2004", "km:usesFramework", many=True
    )
    since: str | None = c.date("Since when it is used.", "2008", "schema:startDate")


@table("theories", "theory", "km:ProgrammeTheory")
class Theory(SourcedRecord):
    """Why those who promote an approach expect it to work."""

    id: str = c.record_id("Id of the theory.", "t-distance")
    statement: str = c.text(
        "Why it is expected to work, in your own words.",
        "Those who produce knowledge with others use it.",
        "km:statement",
        required=True,
    )
    rationale_of: tuple[str, ...] = c.ref(
        "Approaches or agencies that it is held for; several may share one.",
        "guidelines",
        "km:rationaleOf",
        COLLATED,
        required=True,
        many=True,
    )
    mechanism: str | None = c.text(
        "What is held to bring the effect about.", "Trust grows.", "km:mechanism"
    )
    expected: str | None = c.text(
        "What is expected to come of it.", "Findings are used sooner.", "km:expectedResult"
    )
    held_by: tuple[str, ...] = c.ref(
        "Who holds it.",
        "agency-nice",
        "km:heldBy",
        ("agencies", "organisations", "programmes"),
        many=True,
    )
    constructs: tuple[str, ...] = c.construct(
        "Constructs it is coded to.", "PARIHS.F.role", "km:construct", many=True
    )


@table("evidence", "evidence", "km:ApproachEvidence")
class Evidence(SourcedRecord):
    """What is reported about whether an approach, agency or theory does what is hoped of it."""

    id: str = c.record_id("Id of the evidence.", "e-guidelines-1")
    evidence_for: tuple[str, ...] = c.ref(
        "What it is about, whichever way it points.",
        "guidelines",
        "km:evidenceFor",
        (*COLLATED, "theories"),
        required=True,
        many=True,
    )
    kind: str = c.code(
        "How it came about; 'none_found' where someone looked, 'not_reported' where nobody says.",
        "survey",
        "km:evidenceKind",
        "km:EvidenceKind",
        required=True,
    )
    statement: str | None = c.text(
        "What it says, in your own words.", "Half of them used it.", "km:statement"
    )
    direction: str | None = c.code(
        "What it found of the effect.", "improved", "km:direction", "km:Direction"
    )
    certainty: str | None = c.code(
        "Certainty of the finding (GRADE).", "low", "km:certainty", "km:Certainty"
    )
    date: str | None = c.date("When it was found.", "2012", "dcterms:date")


@table("challenges", "challenge", "km:ReportedChallenge")
class Challenge(SourcedRecord):
    """What is reported to stand in the way of an approach or agency, or to go wrong with it."""

    id: str = c.record_id("Id of the challenge.", "ch-time")
    statement: str = c.text(
        "What it is, in your own words.", "Staff lack time.", "km:statement", required=True
    )
    challenge_to: tuple[str, ...] = c.ref(
        "Approaches or agencies that meet it.",
        "guidelines",
        "km:challengeTo",
        COLLATED,
        required=True,
        many=True,
    )
    kind: str = c.code(
        "Whether it stands in the way or goes wrong.",
        "challenge",
        "km:challengeKind",
        "km:ChallengeKind",
        required=True,
    )
    topics: tuple[str, ...] = c.term(
        "What it is about, in words that others share.",
        "lack of time",
        "km:challengeTopic",
        "challenge-topic",
        many=True,
    )
    sectors: tuple[str, ...] = c.code(
        "Sectors in which it is met.", "social_care", "km:sector", "km:Sector", many=True
    )
    countries: tuple[str, ...] = c.term(
        "Countries in which it is met.", "England", "km:country", "place", many=True
    )
    constructs: tuple[str, ...] = c.construct(
        "Constructs it is coded to.", "PARIHS.C.receptive", "km:construct", many=True
    )
    lesson: str | None = c.text("What can be learned from it.", "Ask early.", "km:lesson")


@table("plans", "plan", "km:PlannedItem")
class Plan(SourcedRecord):
    """One thing that a review, study or programme planned, and what became of it."""

    id: str = c.record_id("Id of the planned item.", "plan-workshops")
    plan_of: str = c.ref(
        "Whose plan it is.",
        "km-review",
        "km:planOf",
        ("reviews", "studies", "programmes"),
        required=True,
    )
    kind: str = c.code(
        "What sort of thing was planned.",
        "method",
        "km:plannedItemKind",
        "km:PlannedItemKind",
        required=True,
    )
    statement: str = c.text(
        "What was planned, in your own words.",
        "Two workshops, in months 6 and 16.",
        "km:statement",
        required=True,
    )
    planned_claims: tuple[str, ...] = c.ref(
        "Claims of what was planned.", "c-1", "km:plannedClaim", ("claims",), many=True
    )
    fulfilment: str | None = c.code(
        "What became of it; what nobody reports is 'not_reported', never 'not_done'.",
        "as_planned",
        "km:fulfilment",
        "km:Fulfilment",
        default="not_reported",
    )
    done: str | None = c.text("What was done.", "Both were held.", "km:doneStatement")
    done_claims: tuple[str, ...] = c.ref(
        "Claims of what was done.", "c-2", "km:doneClaim", ("claims",), many=True
    )
