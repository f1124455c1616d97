"""Where statements come from: dataset, documents, passages, claims and their discrepancies."""

from __future__ import annotations

from decimal import Decimal

from kmgraph.records import columns as c
from kmgraph.records.base import Record, SourcedRecord, table

#: Sheets whose records a statement may be about.
SUBJECTS = (
    "programmes",
    "themes",
    "organisations",
    "studies",
    "innovations",
    "sites",
    "cases",
    "people",
    "posts",
    "communities",
    "memberships",
    "panels",
    "activities",
    "reviews",
    "plans",
    "steps",
    "cycles",
    "participations",
    "changes",
    "panel_reviews",
    "agencies",
    "approaches",
    "theories",
    "evidence",
    "challenges",
    "assessments",
    "determinants",
    "strategies",
    "outcomes",
    "claims",
    "documents",
)


@table("dataset", "dataset", "km:Dataset", also=("dcat:Dataset",), single=True)
class Dataset(Record):
    """The bundle itself: one row, which becomes one named graph."""

    id: str = c.record_id("Name of the dataset and of its graph.", "clahrc-ndl")
    title: str = c.text("Title of the dataset.", "CLAHRC-NDL", "dcterms:title", required=True)
    description: str | None = c.text(
        "What the dataset holds.", "Studies of one programme.", "dcterms:description"
    )
    publisher: str = c.name("Who publishes the dataset.", "The kmgraph authors", "", required=True)
    licence: str = c.iri(
        "Licence, as an IRI.",
        "https://creativecommons.org/licenses/by/4.0/",
        "dcterms:license",
        required=True,
    )
    version: str = c.name("Version of the dataset.", "1.0", "dcat:version", required=True)
    issued: str | None = c.date("When this version was issued.", "2026-11-22", "dcterms:issued")
    visibility: str | None = c.name(
        "Who may read it: public, or the name of a group.",
        "public",
        "km:visibility",
        default="public",
    )
    synthetic: bool | None = c.boolean(
        "Whether the records were generated rather than observed.",
        "no",
        "km:synthetic",
        default="no",
    )
    id_prefix: str | None = c.name(
        "Put before each id to keep datasets apart.", "ndl-", "km:idPrefix"
    )
    language: str | None = c.name(
        "Language tag of the text columns.", "en", "dcterms:language", default="en"
    )
    extends: tuple[str, ...] = c.name(
        "Ids of the datasets whose records this one may describe further.",
        "clahrc-ndl",
        "",
        many=True,
    )


@table("documents", "document", "km:Document")
class Document(Record):
    """A document that passages point into, in the exact text version that was read."""

    id: str = c.record_id("Id of the document.", "s1")
    title: str = c.text("Title of the document.", "A model at work", "dcterms:title", required=True)
    iri: str | None = c.iri(
        "DOI or other IRI of the published document.",
        "https://doi.org/10.1186/1748-5908-7-40",
        "dcterms:isVersionOf",
    )
    sha256: str | None = c.sha256(
        "SHA-256 of the text version that the line numbers belong to.",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "km:sha256",
    )
    published: str | None = c.date("When it was published.", "2012", "dcterms:issued")
    valid_until: str | None = c.date(
        "After this date it should not be relied on.", "2015-12-31", "schema:expires"
    )
    licence: str | None = c.iri(
        "Licence of the document, as an IRI.",
        "https://creativecommons.org/licenses/by/2.0/",
        "dcterms:license",
    )
    citation: str | None = c.name(
        "How to cite it.", "Implementation Science 2012, 7:40", "dcterms:bibliographicCitation"
    )
    note: str | None = c.text("Remark for readers.", "Text layer of a PDF.", "skos:note")


@table("passages", "passage", "km:Passage", also=("oa:SpecificResource",))
class Passage(Record):
    """A place in a document: lines, a page, or a row and column of a table."""

    id: str = c.record_id("Id of the passage.", "p-l515")
    document: str = c.ref(
        "Document that the passage is in.", "s1", "oa:hasSource", ("documents",), required=True
    )
    section: str | None = c.text(
        "Section of the article that the passage stands in.", "Situated learning", "km:section"
    )
    line_from: int | None = c.integer("First line.", "515", "km:lineFrom", minimum=1)
    line_to: int | None = c.integer("Last line.", "517", "km:lineTo", minimum=1)
    page: int | None = c.integer("Page.", "6", "km:page", minimum=1)
    row: int | None = c.integer("Row of a table or data file.", "12", "km:row", minimum=1)
    column: str | None = c.name("Column of a table or data file.", "Title", "km:column")
    gist: str | None = c.text(
        "What the passage says, in your own words.", "Fellows are seconded staff.", "km:gist"
    )
    quote: str | None = c.text("The words of the passage, where they may be shown.", "…", "")
    quote_basis: str | None = c.code(
        "Why the quote may be shown.", "published", "km:quoteBasis", "km:QuoteBasis"
    )


@table("claims", "claim", "km:Claim")
class Claim(SourcedRecord):
    """Something that a document says, as it says it: a statement, or a number of something."""

    id: str = c.record_id("Id of the claim.", "c-fellows-text")
    about: tuple[str, ...] = c.ref(
        "Records that the claim is about.", "ndl", "km:about", SUBJECTS, many=True
    )
    about_construct: tuple[str, ...] = c.construct(
        "Framework constructs that the claim is about.", "PARIHS.SI", "km:about", many=True
    )
    about_framework: tuple[str, ...] = c.scheme(
        "Frameworks that the claim is about.", "parihs-2004", "km:about", many=True
    )
    statement: str = c.text(
        "What is claimed, in your own words.",
        "24 people are seconded as fellows.",
        "km:statement",
        required=True,
    )
    claim_kind: str | None = c.code(
        "What sort of claim it is.", "limit", "km:claimKind", "km:ClaimKind"
    )
    quantity_kind: str | None = c.code(
        "What the number counts or measures.",
        "fellows_in_post",
        "km:quantityKind",
        "km:QuantityKind",
    )
    value: Decimal | None = c.decimal("The number.", "24", "km:value")
    value_to: Decimal | None = c.decimal(
        "Upper end, where the document gives a range.", "30", "km:valueTo"
    )
    unit: str | None = c.text("Unit of the number.", "people", "km:unit")
    approximate: bool | None = c.boolean(
        "Whether the document calls the number approximate.", "no", "km:approximate"
    )
    date: str | None = c.date("When it was so.", "2012", "dcterms:date")


@table("statement_notes", "statement-note", "km:StatementNote")
class StatementNote(SourcedRecord):
    """A single statement whose kind or passage differs from that of its record."""

    id: str = c.record_id("Id of the note.", "n-mh1-theme")
    subject: str = c.ref(
        "Record that the statement is about.", "MH1", "km:noteSubject", SUBJECTS, required=True
    )
    property: str = c.property_name(
        "Property of the statement, as a prefixed name.",
        "km:theme",
        "km:noteProperty",
        required=True,
    )
    object: str | None = c.ref(
        "Record that the statement points to.", "mental-health", "km:noteObject", SUBJECTS
    )
    value: str | None = c.name("Literal value of the statement.", "2", "km:noteValue")


@table("discrepancies", "discrepancy", "km:Discrepancy")
class Discrepancy(SourcedRecord):
    """Claims that do not agree, kept side by side, with the kind of their disagreement."""

    id: str = c.record_id("Id of the discrepancy.", "d-fellows")
    label: str = c.text(
        "Name of the discrepancy.", "Number of fellows", "skos:prefLabel", required=True
    )
    kind: str = c.code(
        "Kind of disagreement.",
        "contradictory",
        "km:discrepancyKind",
        "km:DiscrepancyKind",
        required=True,
    )
    claims: tuple[str, ...] = c.ref(
        "The claims that disagree.",
        "c-fellows-text;c-fellows-table",
        "km:between",
        ("claims",),
        required=True,
        many=True,
    )
    explanation: str | None = c.text(
        "What a reader should know about it.",
        "One counts people, one posts.",
        "dcterms:description",
    )
