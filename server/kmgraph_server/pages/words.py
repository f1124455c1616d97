"""Plain words for what the vocabulary calls by technical names.

Where a term is not listed here, pages use its label in the ontology.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Final

from kmgraph.namespaces import expand


def _expanded(table: dict[str, str]) -> dict[str, str]:
    """Return a table with its prefixed names expanded."""
    return {expand(name): text for name, text in table.items()}


#: Property to what stands before its values.
PROPERTIES: Final = _expanded(
    {
        "rdf:type": "is a",
        "rdfs:seeAlso": "see also",
        "skos:prefLabel": "name",
        "skos:altLabel": "also called",
        "skos:note": "remark",
        "skos:definition": "definition",
        "skos:editorialNote": "remark of the editors",
        "skos:notation": "short code",
        "skos:inScheme": "framework",
        "skos:topConceptOf": "top concept of",
        "skos:broader": "part of",
        "skos:narrower": "has parts",
        "skos:related": "related to",
        "skos:exactMatch": "same as",
        "skos:closeMatch": "close to",
        "skos:relatedMatch": "related to",
        "skos:hasTopConcept": "main elements",
        "owl:annotatedSource": "maps from",
        "owl:annotatedProperty": "kind of match",
        "owl:annotatedTarget": "maps to",
        "owl:versionInfo": "version",
        "dcterms:identifier": "id",
        "dcterms:description": "description",
        "dcterms:publisher": "publisher",
        "dcterms:language": "language",
        "dcterms:isVersionOf": "published as",
        "dcterms:bibliographicCitation": "how to cite it",
        "dcterms:issued": "issued",
        "dcterms:license": "licence",
        "dcterms:source": "source",
        "dcat:version": "version",
        "foaf:name": "name",
        "km:about": "about",
        "km:activityOf": "part of",
        "km:alignedWith": "works with",
        "km:approximate": "approximate",
        "km:assertionKind": "how it is known",
        "km:between": "claims that do not agree",
        "km:communityOf": "community of",
        "km:construct": "coded to",
        "km:constructLevel": "level of what it is coded to",
        "km:exhibits": "shows these characteristics",
        "km:fullTimeEquivalent": "share of full time",
        "km:graph": "held in graph",
        "km:lineFrom": "first line",
        "km:lineTo": "last line",
        "km:noteObject": "and this record",
        "km:noteProperty": "on the statement",
        "km:noteSubject": "remark on",
        "km:noteValue": "whose value is",
        "km:ofInnovation": "what is put in place",
        "km:ofStudy": "study",
        "km:partOfProgramme": "programme",
        "km:postStatus": "status",
        "km:preExisting": "existed before the study",
        "km:selfSustaining": "goes on by itself",
        "km:sha256": "checksum of the text that was read",
        "km:synthetic": "synthetic data",
        "km:theme": "theme",
        "km:themeOf": "programme",
        "km:valueTo": "up to",
        "oa:hasSource": "document",
        "oa:hasSelector": "quoted words",
        "org:organization": "member of",
        "org:postIn": "post in",
        "org:role": "role",
        "prov:wasDerivedFrom": "rests on",
        "schema:endDate": "ends",
        "schema:identifier": "registry number",
        "schema:startDate": "starts",
    }
)

#: Property to the heading over what points to a record by it.
INCOMING: Final = _expanded(
    {
        "km:about": "What is recorded about it",
        "km:actor": "What they do",
        "km:activityOf": "Activities",
        "km:alignedWith": "Posts that work with it",
        "km:area": "Where this is the area",
        "km:askedBy": "Questions it asks",
        "km:atSite": "Cases at this site",
        "km:between": "Disagreements it is part of",
        "km:buildsOn": "What grew from it",
        "km:communityOf": "Communities of practice",
        "km:condition": "Studies of this condition",
        "km:construct": "What is coded to it",
        "km:constructLevel": "What is coded to this level",
        "km:design": "Studies of this design",
        "km:exhibits": "Communities that show it",
        "km:fundedBy": "What it funds",
        "km:intendedRecipient": "What is meant for them",
        "km:noteObject": "Remarks that name it",
        "km:noteSubject": "Remarks on single statements",
        "km:ofDiagnosis": "What would overturn it",
        "km:fromSummary": "Diagnoses made with it",
        "km:fromConstruct": "Summaries made with it",
        "km:unscoredAssessment": "Summaries that name it as without a score",
        "km:changed": "Where a change of it would overturn a reading",
        "km:ofInnovation": "Cases that put it in place",
        "km:ofStudy": "Cases",
        "km:panelOf": "Panels, committees and boards",
        "km:partOfProgramme": "What belongs to it",
        "km:participantKind": "Where they take part",
        "km:partner": "Partner in",
        "km:reviews": "Who reviews it",
        "km:setting": "Studies in this setting",
        "km:theme": "Studies of this theme",
        "km:themeOf": "Themes",
        "km:usesFramework": "Where it is used",
        "oa:hasSource": "Passages in this document",
        "org:organization": "Members",
        "org:postIn": "Posts",
        "prov:wasDerivedFrom": "What rests on this passage",
        "skos:broader": "Parts",
        "skos:hasTopConcept": "Main element of",
        "skos:narrower": "Belongs to",
        "skos:topConceptOf": "Main elements",
        "skos:inScheme": "Concepts",
    }
)

#: Properties in the order in which people look for them; others follow by name.
ORDER: Final = tuple(
    expand(name)
    for name in (
        "skos:definition",
        "km:statement",
        "km:value",
        "km:valueTo",
        "km:unit",
        "km:approximate",
        "km:quantityKind",
        "km:gist",
        "oa:hasSource",
        "km:section",
        "km:lineFrom",
        "km:lineTo",
        "km:about",
        "km:partOfProgramme",
        "km:theme",
        "km:condition",
        "km:setting",
        "km:design",
        "km:ofStudy",
        "km:postStatus",
        "km:alignedWith",
        "km:communityOf",
        "km:panelOf",
        "km:reviews",
        "km:discrepancyKind",
        "km:between",
        "km:construct",
        "schema:startDate",
        "schema:endDate",
    )
)

#: Kind of assertion to what it means for a reader.
ASSERTIONS: Final = _expanded(
    {
        "km:Stated": "stated in the document",
        "km:DerivedByPosition": "worked out from where it stands in the document",
        "km:Computed": "computed from what the document states",
        "km:Inferred": "inferred: not stated in the document",
    }
)

#: Most digits of a number that a page shows.
LONGEST_NUMBER: Final = 40
_IRREGULAR: Final = {
    "community of practice": "communities of practice",
    "person": "people",
}
_MONTHS: Final = (
    "January February March April May June July August September October November December"
).split()


def is_web(iri: str) -> bool:
    """Say whether an IRI is one that a page may link to; others could run as scripts.

    >>> is_web("https://example.org/"), is_web("javascript:alert(1)")
    (True, False)
    """
    return iri.lower().startswith(("https://", "http://"))


def count(number: int) -> str:
    """Return a whole number as people write it.

    >>> count(12345)
    '12,345'
    """
    return f"{number:,}"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> plural(1, "study"), plural(16, "study"), plural(2, "community of practice")
    ('1 study', '16 studies', '2 communities of practice')
    """
    return f"{count(number)} {noun if number == 1 else plural_of(noun)}"


def plural_of(noun: str) -> str:
    """Return the plural of a noun.

    >>> plural_of("passage"), plural_of("discrepancy"), plural_of("survey"), plural_of("diagnosis")
    ('passages', 'discrepancies', 'surveys', 'diagnoses')
    >>> plural_of("set of mappings")
    'sets of mappings'
    """
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    head, of, rest = noun.partition(" of ")
    if of:
        return f"{plural_of(head)}{of}{rest}"
    if noun.endswith("sis"):
        return f"{noun.removesuffix('is')}es"
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def sentence(text: str) -> str:
    """Return text with its first letter large; an address stays as it is.

    >>> sentence("quantity claim")
    'Quantity claim'
    """
    if "://" in text or text.startswith("urn:"):
        return text
    return text[:1].upper() + text[1:]


def _number_in_words(value: float | Decimal) -> str:
    """Return a number as people write it; one of very many digits with a power of ten."""
    exact = value if isinstance(value, float) else Decimal(value)
    if exact != exact:
        return "not a number"
    if exact in (math.inf, -math.inf):
        return "minus infinity" if exact < 0 else "infinity"
    if not isinstance(exact, Decimal):
        return str(value)
    if abs(exact.adjusted()) >= LONGEST_NUMBER or len(exact.as_tuple().digits) > LONGEST_NUMBER:
        return f"{exact:.6E}"
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def value_in_words(value: object) -> str:
    """Return a Python value as people write it.

    >>> value_in_words(True), value_in_words(dt.date(2012, 5, 29)), value_in_words(Decimal("0.20"))
    ('yes', '29 May 2012', '0.2')
    >>> value_in_words(Decimal("1E5000")), value_in_words(float("-inf"))
    ('1.000000E+5000', 'minus infinity')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return _number_in_words(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, dt.date):
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
    return str(value)
