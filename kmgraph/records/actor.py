"""Organisations, people, posts, communities of practice, memberships and panels."""

from __future__ import annotations

from decimal import Decimal

from kmgraph.records import columns as c
from kmgraph.records.base import SourcedRecord, table


@table("organisations", "organisation", "org:Organization")
class Organisation(SourcedRecord):
    """A funder, provider, university, network or other body."""

    id: str = c.record_id("Id of the organisation.", "nihr")
    name: str = c.text(
        "Name.", "National Institute for Health Research", "skos:prefLabel", required=True
    )
    alt_names: tuple[str, ...] = c.text("Other names.", "NIHR", "skos:altLabel", many=True)
    kind: str | None = c.code(
        "Kind of organisation.", "funder", "km:organisationKind", "km:OrganisationKind"
    )
    part_of: str | None = c.ref(
        "Organisation it belongs to.", "nhs", "org:subOrganizationOf", ("organisations",)
    )
    area: tuple[str, ...] = c.term("Where it is.", "England", "km:area", "place", many=True)
    iri: str | None = c.iri("ROR or other IRI.", "https://ror.org/0187kwz08", "schema:sameAs")
    description: str | None = c.text("What it does.", "Funds.", "dcterms:description")


@table("people", "person", "foaf:Person")
class Person(SourcedRecord):
    """A person, by name only where a recorded basis allows it."""

    id: str = c.record_id("Id of the person.", "person-1")
    pseudonym: str = c.text(
        "What to call the person in public, by role.",
        "Ward manager A",
        "skos:prefLabel",
        required=True,
    )
    name: str | None = c.name("Name; needs naming_basis and review_date.", "A. Name", "foaf:name")
    orcid: str | None = c.iri(
        "ORCID; needs naming_basis and review_date.",
        "https://orcid.org/0000-0002-1825-0097",
        "km:orcid",
    )
    naming_basis: str | None = c.code(
        "Why the name may be shown.", "published_source", "km:namingBasis", "km:NamingBasis"
    )
    review_date: str | None = c.date(
        "When the basis is to be reviewed.", "2028-01-01", "km:basisReviewDate"
    )
    organisations: tuple[str, ...] = c.ref(
        "Organisations they work for.", "trust-a", "org:memberOf", ("organisations",), many=True
    )


@table("posts", "post", "org:Post")
class Post(SourcedRecord):
    """A post, filled or vacant, such as a diffusion fellow's."""

    id: str = c.record_id("Id of the post.", "MH1-df-1")
    label: str | None = c.text("Name of the post.", "Diffusion fellow 1", "skos:prefLabel")
    kind: str | None = c.record_type("Kind of post.", "diffusion_fellow", "org:Post")
    status: str = c.code(
        "Whether it is filled.", "filled", "km:postStatus", "km:PostStatus", required=True
    )
    aligned_with: tuple[str, ...] = c.ref(
        "Studies it works with.", "MH1", "km:alignedWith", ("studies",), many=True
    )
    programme: str | None = c.ref("Programme it belongs to.", "ndl", "org:postIn", ("programmes",))
    held_by: str | None = c.ref("Who holds it, where known.", "person-1", "org:heldBy", ("people",))
    full_time_equivalent: Decimal | None = c.decimal(
        "Share of a full week; 0.2 is one day.",
        "0.2",
        "km:fullTimeEquivalent",
        minimum="0",
        maximum="1",
    )
    seconded_from: str | None = c.ref(
        "Organisation it is seconded from.", "trust-a", "km:secondedFrom", ("organisations",)
    )
    start: str | None = c.date("When it starts.", "2009", "schema:startDate")
    end: str | None = c.date("When it ends.", "2013", "schema:endDate")


@table("communities", "community", "km:CommunityOfPractice", also=("foaf:Group",))
class Community(SourcedRecord):
    """A community of practice."""

    id: str = c.record_id("Id of the community.", "MH1-cop")
    label: str = c.text("Name.", "MH1 community", "skos:prefLabel", required=True)
    description: str | None = c.text("What it does.", "Meets.", "dcterms:description")
    studies: tuple[str, ...] = c.ref(
        "Studies it is the community of.", "MH1", "km:communityOf", ("studies",), many=True
    )
    pre_existing: bool | None = c.boolean(
        "Whether it existed before the study.", "no", "km:preExisting"
    )
    self_sustaining: bool | None = c.boolean(
        "Whether it goes on without the programme.", "no", "km:selfSustaining"
    )
    exhibits: tuple[str, ...] = c.construct(
        "Characteristics that it shows.", "LICOP.2;LICOP.3", "km:exhibits", many=True
    )
    builds_on: tuple[str, ...] = c.ref(
        "Networks it grew from.",
        "imh-networks",
        "km:buildsOn",
        ("organisations", "communities"),
        many=True,
    )


@table("memberships", "membership", "org:Membership")
class Membership(SourcedRecord):
    """Who belongs to a community, panel or organisation: one member, or a kind of member."""

    id: str = c.record_id("Id of the membership.", "SR1-cop-carers")
    group: str = c.ref(
        "What they belong to.",
        "SR1-cop",
        "org:organization",
        ("communities", "panels", "organisations", "programmes"),
        required=True,
    )
    member: str | None = c.ref(
        "Person, post or organisation that belongs.",
        "person-1",
        "org:member",
        ("people", "posts", "organisations"),
    )
    member_kind: str | None = c.term(
        "Kind of people who belong, where no one is named.",
        "carers",
        "km:participantKind",
        "participant-kind",
    )
    role: str | None = c.term("Role in it.", "associate", "org:role", "role")
    start: str | None = c.date("Since when.", "2009", "schema:startDate")
    end: str | None = c.date("Until when.", "2012", "schema:endDate")


@table("panels", "panel", "km:Panel")
class Panel(SourcedRecord):
    """A panel, committee, board or management group."""

    id: str = c.record_id("Id of the panel.", "scientific-committee")
    label: str = c.text("Name.", "Scientific committee", "skos:prefLabel", required=True)
    alt_labels: tuple[str, ...] = c.text(
        "Other names for it.", "commissioning panel", "skos:altLabel", many=True
    )
    description: str | None = c.text("What it does.", "Reviews.", "dcterms:description")
    kind: str | None = c.code("Kind of panel.", "committee", "km:panelKind", "km:PanelKind")
    panel_of: tuple[str, ...] = c.ref(
        "What it is a panel of.", "ndl", "km:panelOf", ("programmes", "studies"), many=True
    )
    reviews: tuple[str, ...] = c.ref(
        "What it reviews.", "MH1;MH2", "km:reviews", ("studies", "programmes"), many=True
    )
    frequency: str | None = c.code(
        "How often it reviews.", "annual", "km:reviewFrequency", "km:Frequency"
    )
    appointed: str | None = c.code(
        "Who appoints it.", "external", "km:appointment", "km:Appointment"
    )
    expertise: tuple[str, ...] = c.term(
        "Fields it is expert in.", "health economics", "km:expertise", "expertise", many=True
    )
