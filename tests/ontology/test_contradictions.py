"""Deliberate contradictions: HermiT finds each, and people can read what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox
import pytest

from kmgraph.errors import InconsistentOntologyError
from kmgraph.namespaces import PREFIXES
from kmgraph.ontology import find_contradictions, iter_triples, load_ontology, merged_ntriples

#: A study with a case, a post, a community, a panel and an assessment, all in order.
SOUND = """
ex:MH1 a km:Study ; dcterms:title "MH1" ; km:partOfProgramme ex:ndl ; km:theme ex:mental ;
    prov:wasDerivedFrom ex:p1 ; schema:startDate "2008"^^xsd:gYear .
ex:MH2 a km:Study ; dcterms:title "MH2" ; km:partOfProgramme ex:ndl .
ex:ndl a km:Programme, org:Organization ; skos:prefLabel "NDL"@en ; km:fundedBy ex:nihr .
ex:nihr a org:Organization ; skos:prefLabel "NIHR"@en .
ex:mental a km:Theme ; skos:prefLabel "Mental Health"@en ; km:themeOf ex:ndl .
ex:MH1-case a km:ImplementationCase ; skos:prefLabel "MH1 case"@en ; km:ofStudy ex:MH1 .
ex:MH1-df a km:DiffusionFellowPost ; skos:prefLabel "MH1 fellow"@en ; org:postIn ex:ndl ;
    km:alignedWith ex:MH1 ; km:postStatus km:Filled ; km:fullTimeEquivalent 0.2 .
ex:vacancy a km:DiffusionFellowPost ; skos:prefLabel "CYP3 fellow"@en ; km:postStatus km:Vacant .
ex:MH1-cop a km:CommunityOfPractice, foaf:Group ; skos:prefLabel "MH1 community"@en ;
    km:communityOf ex:MH1 ; foaf:member ex:ann .
ex:ann a foaf:Person ; skos:prefLabel "Ward manager A"@en .
ex:panel a km:Panel ; skos:prefLabel "Scientific committee"@en ; km:reviews ex:MH1 .
ex:member a org:Membership ; org:organization ex:panel ; org:member ex:MH1-df .
ex:a1 a km:Assessment ; skos:prefLabel "Assessment 1"@en ; km:about ex:MH1-case ;
    km:construct parihs2004:PARIHS.C.culture ; km:ratingStatus km:Rated ; km:score 0.75 ;
    km:band km:High ; km:rater ex:ann ; dcterms:date "2011-03-01"^^xsd:date .
ex:s1 a km:Document, foaf:Document ; dcterms:title "The paper"@en .
ex:p1 a km:Passage, oa:SpecificResource ; oa:hasSource ex:s1 ; km:lineFrom 515 .
ex:c1 a km:Claim ; skos:prefLabel "Claim 1"@en ; km:about ex:ndl ; km:value 24.0 .
ex:survey a km:Activity ; skos:prefLabel "Survey"@en ; km:activityOf ex:ndl ;
    prov:wasDerivedFrom ex:p1 .
"""


@dataclass(frozen=True, slots=True)
class Variant:
    """A contradiction, and the sentence that has to explain it."""

    name: str
    turtle: str
    explanation: str


VARIANTS = [
    Variant(
        "a case that is a person",
        "ex:MH1-case a foaf:Person .",
        "'MH1 case' is both an implementation case and a person, and no one thing can be both.",
    ),
    Variant(
        "a vacant post with a holder",
        "ex:vacancy org:heldBy ex:ann .",
        "'CYP3 fellow' is a vacant post, which can have no 'held by', yet it has 'Ward manager A'.",
    ),
    Variant(
        "a post with two statuses",
        "ex:MH1-df km:postStatus km:Vacant .",
        "'MH1 fellow' may have only one 'status of the post' and has two: 'filled' and 'vacant'.",
    ),
    Variant(
        "a case of two studies",
        "ex:MH1-case km:ofStudy ex:MH2 .",
        "'MH1 case' may have only one 'of study' and has two: 'MH1' and 'MH2'.",
    ),
    Variant(
        "an evidence assessment of a context construct",
        "ex:a1 a km:EvidenceAssessment .",
        "'Assessment 1' is both an evidence assessment and a context assessment, and no one thing "
        "can be both.",
    ),
    Variant(
        "an unrated assessment with a score",
        "ex:a2 a km:Assessment ; skos:prefLabel 'Assessment 2' ; km:ratingStatus km:NotReported ;"
        " km:score 0.0 .",
        "'Assessment 2' is an unrated assessment, which can have no 'score', yet it has 0.",
    ),
    Variant(
        "a facilitation approach with a band",
        "ex:a3 a km:Assessment ; skos:prefLabel 'Assessment 3' ; km:approachPosition 0.5 ;"
        " km:construct parihs2004:PARIHS.F.role ; km:band km:High .",
        "'Assessment 3' is an assessment of the approach, which can have no 'band', yet it has "
        "'high'.",
    ),
    Variant(
        "two scores in one assessment",
        "ex:a1 km:score 0.25 .",
        "'Assessment 1' may have only one 'score' and has two: 0.25 and 0.75.",
    ),
    Variant(
        "a score out of bounds",
        "ex:a4 a km:Assessment ; skos:prefLabel 'Assessment 4' ; km:score 4.0 .",
        "'Assessment 4' has 'score' 4, which must lie between 0 and 1.",
    ),
    Variant(
        "a score that is text",
        "ex:a4 a km:Assessment ; skos:prefLabel 'Assessment 4' ; km:score 'high' .",
        "'Assessment 4' has 'score' high, which is plain text and not a decimal number.",
    ),
    Variant(
        "a study with a score",
        "ex:MH2 km:score 0.5 .",
        "'MH2' is a study and has 'score', which only a construct summary or an assessment "
        "or an element summary can have.",
    ),
    Variant(
        "a programme that is part of itself",
        "ex:ndl km:partOfProgramme ex:ndl .",
        "'NDL' stands to itself as 'part of programme', which nothing can.",
    ),
    Variant(
        "two programmes that are parts of each other",
        "ex:ndl km:partOfProgramme ex:clahrc . ex:clahrc a km:Programme ;"
        " skos:prefLabel 'CLAHRCs' ; km:partOfProgramme ex:ndl .",
        "'CLAHRCs' and 'NDL' stand to each other as 'part of programme', which can hold one way "
        "only.",
    ),
    Variant(
        "an activity that is derived from a passage",
        "ex:survey a prov:Activity .",
        "'Survey' is both an activity and an activity carried out, and no one thing can be both.",
    ),
    Variant(
        "a membership of a study",
        "ex:member org:organization ex:MH2 .",
        "'MH2' is both a study and an agent, and no one thing can be both; it counts as an agent "
        "because 'member' has it as 'organisation of the membership'.",
    ),
    Variant(
        "a passage of two documents",
        "ex:p1 oa:hasSource ex:s2 . ex:s2 a km:Document ; dcterms:title 'The review' .",
        "'p1' may have only one 'has source' and has two: 'The paper' and 'The review'.",
    ),
    Variant(
        "a document that is a person",
        "ex:s1 a foaf:Person .",
        "'The paper' is both a document and a person, and no one thing can be both.",
    ),
    Variant(
        "a rating that is about a construct of the wrong kind",
        "ex:a5 a km:Assessment ; skos:prefLabel 'Assessment 5' ; km:construct ex:p1 .",
        "'p1' is both a passage and a concept, and no one thing can be both; it counts as a "
        "concept because 'Assessment 5' has it as 'construct'.",
    ),
    Variant(
        "a planned outcome with a result",
        "ex:o1 a km:Outcome ; skos:prefLabel 'Return to work' ;"
        " km:measurementStatus km:MeasurementPlanned ; km:direction km:Improved .",
        "'Return to work' is an unmeasured outcome, which can have no 'direction of change', yet "
        "it has 'improved'.",
    ),
]


def ntriples(turtle: str) -> bytes:
    """Return Turtle without prefixes as N-Triples."""
    prefixes = "".join(f"@prefix {p}: <{iri}> .\n" for p, iri in PREFIXES.items())
    text = f"{prefixes}@prefix ex: <https://example.org/id/> .\n{turtle}"
    quads = ox.parse(text, format=ox.RdfFormat.TURTLE)
    return "".join(f"{quad.triple} .\n" for quad in quads).encode()


@pytest.fixture(scope="module")
def ontology_text() -> bytes:
    """Return ontology, frameworks, alignments and foreign axioms."""
    return merged_ntriples(with_axioms=True)


def explain(ontology_text: bytes, turtle: str) -> list[str]:
    """Return the sentences that the patterns find."""
    triples = list(iter_triples(ontology_text + ntriples(turtle)))
    return [found.sentence for found in find_contradictions(triples)]


def test_sound_data_has_no_contradiction(ontology_text: bytes) -> None:
    """No pattern matches data that is in order."""
    assert explain(ontology_text, SOUND) == []


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_contradiction_is_explained(ontology_text: bytes, variant: Variant) -> None:
    """The sentence names the records and what is wrong; no other record is accused."""
    found = explain(ontology_text, SOUND + variant.turtle)
    assert variant.explanation in found
    assert len(found) <= 3


@pytest.mark.owl
@pytest.mark.usefixtures("java")
def test_hermit_finds_sound_data_consistent() -> None:
    """HermiT agrees that the data is in order, and infers what it should."""
    ontology = load_ontology(data=[ntriples(SOUND)])
    result = ontology.classify()
    assert result.consistent
    assert result.unsatisfiable == ()
    assert result.ignored_literals >= 2
    types = {name.rpartition("/")[2]: set(found) for name, found in result.inferred_types.items()}
    assert "km:VacantPost" in types["vacancy"]
    assert "km:ContextAssessment" in types["a1"] or "km:HighContextAssessment" in types["a1"]
    assert "km:QuantityClaim" in types["c1"]
    assert ontology.entity("https://example.org/id/vacancy") in ontology.km.VacantPost.instances()


@pytest.mark.owl
@pytest.mark.usefixtures("java")
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_hermit_finds_the_contradiction(variant: Variant) -> None:
    """HermiT, which knows no patterns, finds each variant inconsistent; the error tells why."""
    ontology = load_ontology(data=[ntriples(SOUND + variant.turtle)])
    with pytest.raises(InconsistentOntologyError) as caught:
        ontology.classify()
    assert variant.explanation in caught.value.explanations
    assert variant.explanation in str(caught.value)
