"""What the ontology entails is stated: each flagged term, against owlrl and by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from kmgraph import artefacts
from kmgraph.dataset import EvidenceDataset
from kmgraph.derivation.rules import PUBLISHED, load_rules, run_rules
from kmgraph.namespaces import (
    DEFAULT_BASE,
    KM,
    OWL,
    PREFIXES,
    RDF,
    RDFS,
    compact,
    expand,
    graph_iri,
)
from kmgraph.ontology import merged_ntriples

FILES = artefacts.files("queries", "construct/entailment/*.rq")
RULES = load_rules("entailment")
DOCS = Path(__file__).parents[2] / "docs"
ENTAILED = ox.NamedNode(f"{KM}entailed")
EX = "https://example.org/"

#: Flagged term to what is stated and what follows from it for flagged terms, all of it.
EXAMPLES: dict[str, tuple[str, str]] = {
    "km:Assessment": (
        "ex:a a km:ContextAssessment . ex:b a km:Assessment, km:EvidenceAssessment .",
        "ex:a a km:Assessment .",
    ),
    "km:Claim": ("ex:c a km:QuantityClaim .", "ex:c a km:Claim ."),
    "km:Determinant": (
        "ex:d a km:Barrier . ex:e a km:Barrier, km:Enabler .",
        "ex:d a km:Determinant . ex:e a km:Determinant .",
    ),
    "km:KnowledgeBrokerPost": (
        "ex:p a km:DiffusionFellowPost, org:Post .",
        "ex:p a km:KnowledgeBrokerPost .",
    ),
    "km:Outcome": ("ex:o a km:UnmeasuredOutcome .", "ex:o a km:Outcome ."),
    "km:Term": ("ex:t a km:Setting . ex:u a org:Role .", "ex:t a km:Term ."),
    "foaf:Group": (
        "ex:g a km:Panel, org:Organization . ex:f a km:CommunityOfPractice .",
        "ex:g a foaf:Group . ex:f a foaf:Group, org:Organization .",
    ),
    "org:Organization": (
        "ex:n a km:Agency . ex:m a km:Programme . ex:l a foaf:Group .",
        "ex:n a org:Organization . ex:m a org:Organization .",
    ),
    "org:Post": (
        "ex:p a km:VacantPost . ex:q a km:DiffusionFellowPost .",
        "ex:p a org:Post . ex:q a org:Post, km:KnowledgeBrokerPost .",
    ),
    "km:hasCase": (
        "ex:c a km:ImplementationCase ; km:ofStudy ex:s . ex:s a km:Study .",
        "ex:s km:hasCase ex:c .",
    ),
    "km:hasCommunity": (
        """ex:f a km:CommunityOfPractice, foaf:Group, org:Organization ; km:communityOf ex:s .
        ex:s a km:Study .""",
        "ex:s km:hasCommunity ex:f .",
    ),
    "km:hasPanel": (
        """ex:g a km:Panel, foaf:Group, org:Organization ; km:panelOf ex:m, ex:n .
        ex:m a km:Programme, org:Organization ; km:hasPanel ex:g .
        ex:n a km:Programme, org:Organization .""",
        "ex:n km:hasPanel ex:g .",
    ),
    "km:hasPost": (
        "ex:p a org:Post ; km:alignedWith ex:s . ex:s a km:Study .",
        "ex:s km:hasPost ex:p .",
    ),
    "km:hasThemeMember": (
        """ex:s a km:Study ; km:theme ex:t, ex:u . ex:t a km:Theme, skos:Concept .
        ex:u a km:Theme, skos:Concept .""",
        "ex:t km:hasThemeMember ex:s . ex:u km:hasThemeMember ex:s .",
    ),
    "km:approachOf": (
        """ex:n a km:Agency, org:Organization ; km:usesApproach ex:a, ex:b .
        ex:a a km:KnowledgeMobilisationApproach . ex:b a km:KnowledgeMobilisationApproach .""",
        "ex:a km:approachOf ex:n . ex:b km:approachOf ex:n .",
    ),
    "km:challenge": (
        """ex:c a km:ReportedChallenge ; km:challengeTo ex:a, ex:n .
        ex:a a km:KnowledgeMobilisationApproach . ex:n a km:Agency, org:Organization .""",
        "ex:a km:challenge ex:c . ex:n km:challenge ex:c .",
    ),
    "km:rationale": (
        """ex:t a km:ProgrammeTheory ; km:rationaleOf ex:a, ex:b .
        ex:a a km:KnowledgeMobilisationApproach . ex:b a km:KnowledgeMobilisationApproach .""",
        "ex:a km:rationale ex:t . ex:b km:rationale ex:t .",
    ),
    "km:reportedEvidence": (
        """ex:e a km:ApproachEvidence ; km:evidenceFor ex:a, ex:t .
        ex:a a km:KnowledgeMobilisationApproach . ex:t a km:ProgrammeTheory .""",
        "ex:a km:reportedEvidence ex:e . ex:t km:reportedEvidence ex:e .",
    ),
    "km:implementedIn": (
        """ex:c a km:ImplementationCase ; km:ofInnovation ex:i .
        ex:d a km:ImplementationCase ; km:ofInnovation ex:i . ex:i a km:Innovation .""",
        "ex:i km:implementedIn ex:c, ex:d .",
    ),
    "km:reviewedBy": (
        "ex:g a km:Panel, foaf:Group, org:Organization ; km:reviews ex:s . ex:s a km:Study .",
        "ex:s km:reviewedBy ex:g .",
    ),
    "km:siteOfCase": (
        "ex:c a km:ImplementationCase ; km:atSite ex:x . ex:x a km:Site .",
        "ex:x km:siteOfCase ex:c .",
    ),
    "org:siteOf": (
        "ex:x a km:Site ; km:siteOf ex:n . ex:n a org:Organization .",
        "ex:x org:siteOf ex:n .",
    ),
    "schema:funder": (
        "ex:s a km:Study ; km:fundedBy ex:n, ex:m ; schema:funder ex:m . "
        "ex:n a org:Organization . ex:m a org:Organization .",
        "ex:s schema:funder ex:n .",
    ),
    "km:aboutStudy": (
        """ex:d a km:Determinant, km:Barrier ; km:about ex:c . ex:k a km:Claim ; km:about ex:s .
        ex:c a km:ImplementationCase ; km:ofStudy ex:s . ex:s a km:Study ; km:hasCase ex:c .""",
        "ex:d km:aboutStudy ex:s .",
    ),
    "km:bridges": (
        """ex:p a org:Post ; km:alignedWith ex:s . ex:s a km:Study .
        ex:f a km:CommunityOfPractice, foaf:Group, org:Organization ; km:communityOf ex:s .""",
        "ex:s km:hasPost ex:p ; km:hasCommunity ex:f . ex:p km:bridges ex:f .",
    ),
    "km:hostOrganisation": (
        """ex:c a km:ImplementationCase ; km:atSite ex:x . ex:x a km:Site ; km:siteOf ex:n .
        ex:n a org:Organization .""",
        """ex:x km:siteOfCase ex:c ; org:siteOf ex:n . ex:c km:hostOrganisation ex:n .""",
    ),
    "km:setting": (
        """ex:c a km:ImplementationCase ; km:atSite ex:x . ex:s a km:Study ; km:setting ex:u .
        ex:x a km:Site ; km:setting ex:t . ex:t a km:Setting, km:Term .
        ex:u a km:Setting, km:Term .""",
        "ex:x km:siteOfCase ex:c . ex:c km:setting ex:t .",
    ),
    "km:withinProgramme": (
        """ex:c a km:ImplementationCase ; km:ofStudy ex:s . ex:s a km:Study ; km:theme ex:t ;
            km:partOfProgramme ex:m . ex:t a km:Theme, skos:Concept ; km:themeOf ex:n .
        ex:m a km:Programme, org:Organization ; km:partOfProgramme ex:o .
        ex:o a km:Programme, org:Organization ; km:partOfProgramme ex:w .
        ex:w a km:Programme, org:Organization . ex:n a km:Programme, org:Organization .""",
        """ex:s km:hasCase ex:c . ex:t km:hasThemeMember ex:s .
        ex:c km:withinProgramme ex:m, ex:o, ex:w . ex:s km:withinProgramme ex:m, ex:n, ex:o, ex:w .
        ex:m km:withinProgramme ex:o, ex:w . ex:o km:withinProgramme ex:w .""",
    ),
}


@pytest.fixture(scope="session")
def vocabulary() -> ox.Store:
    """Return the ontology and the frameworks in a store."""
    store = ox.Store()
    store.bulk_load(merged_ntriples(), format=ox.RdfFormat.N_TRIPLES)
    return store


@pytest.fixture(scope="session")
def flagged(vocabulary: ox.Store) -> set[str]:
    """Return the terms that are stated in full, as prefixed names."""
    quads = vocabulary.quads_for_pattern(None, ENTAILED, None)
    return {compact(quad.subject.value) for quad in quads}


@pytest.fixture(scope="session")
def programme(example: EvidenceDataset) -> set[ox.Triple]:
    """Return what the shipped programme states."""
    graph = ox.NamedNode(graph_iri(DEFAULT_BASE, "clahrc-ndl"))
    return {quad.triple for quad in example.store.quads(graph_name=graph)}


@pytest.fixture(scope="session")
def closure(programme: set[ox.Triple]) -> set[str]:
    """Return what owlrl finds of the programme, of all examples, and the ontology, in one run.

    Each example has names of its own, so that none bears on another.
    """
    owlrl = pytest.importorskip("owlrl", reason="owlrl is not installed")
    graph = rdflib.Graph().parse(data=merged_ntriples(with_frameworks=False), format="nt")
    graph.parse(data="".join(f"{triple} .\n" for triple in programme), format="nt")
    for term in EXAMPLES:
        graph.parse(data=turtle(term, EXAMPLES[term][0]), format="turtle")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    return {
        " ".join(node.n3() for node in triple)
        for triple in graph
        if isinstance(triple[0], rdflib.URIRef) and str(triple[0]).startswith((EX, DEFAULT_BASE))
    }


def namespace(term: str) -> str:
    """Return the namespace of the records of an example."""
    return f"{EX}{term.replace(':', '-')}/"


def turtle(term: str, body: str) -> str:
    """Return an example as Turtle."""
    prefixes = {**PREFIXES, "ex": namespace(term)}
    return "".join(f"@prefix {p}: <{iri}> .\n" for p, iri in prefixes.items()) + body


def triples(term: str, body: str) -> set[ox.Triple]:
    """Return the triples of an example."""
    parsed = ox.parse(turtle(term, body), format=ox.RdfFormat.TURTLE)
    return {quad.triple for quad in parsed}


def entail(store: ox.Store) -> set[ox.Triple]:
    """Add what follows by the rules; return what of it is published."""
    stated = {quad.triple for quad in store}
    run_rules(store, RULES)
    published = {quad.triple for quad in store.quads_for_pattern(None, None, None, PUBLISHED)}
    assert not published & stated, "a stated triple is derived again"
    return published


def with_vocabulary(vocabulary: ox.Store, stated: set[ox.Triple]) -> ox.Store:
    """Return a store with the vocabulary and some statements."""
    store = ox.Store()
    store.extend(vocabulary)
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in stated)
    return store


def lines(found: set[ox.Triple]) -> list[str]:
    """Return triples as sorted lines, which show well when they differ."""
    return sorted(str(triple) for triple in found)


def test_every_flagged_term_has_an_example(flagged: set[str]) -> None:
    """No flag goes untested, and no example outlives its flag."""
    assert set(EXAMPLES) == flagged


@pytest.mark.parametrize("term", EXAMPLES)
def test_rules_state_what_follows_and_no_more(term: str, vocabulary: ox.Store) -> None:
    """From an example follows exactly what stands beside it, the flagged term among it."""
    stated, expected = (triples(term, body) for body in EXAMPLES[term])
    store = with_vocabulary(vocabulary, stated)
    found = entail(store)
    assert lines(expected) == lines(found)
    assert any(expand(term) in str(triple) for triple in found)
    assert 0 == run_rules(store, RULES)


def of_flagged(closure: set[str], flagged: set[str], start: str) -> set[str]:
    """Return what owlrl found with flagged terms about subjects that begin in a certain way."""
    iris = {f"<{expand(name)}>" for name in flagged}
    rows = (line.split(" ", 2) for line in closure if line.startswith(f"<{start}"))
    return {" ".join(r) for r in rows if r[1] in iris or (r[1] == f"<{RDF}type>" and r[2] in iris)}


@pytest.mark.parametrize("term", EXAMPLES)
def test_owlrl_finds_the_same(term: str, closure: set[str], flagged: set[str]) -> None:
    """Of the flagged terms, an independent OWL 2 RL reasoner finds what the rules find."""
    stated, expected = (triples(term, body) for body in EXAMPLES[term])
    theirs = of_flagged(closure, flagged, namespace(term))
    assert lines(expected) == sorted(theirs - set(lines(stated)))


def test_owlrl_finds_the_same_of_the_shipped_programme(
    vocabulary: ox.Store, programme: set[ox.Triple], closure: set[str], flagged: set[str]
) -> None:
    """On a whole dataset, too, rules and reasoner agree to the triple."""
    found = entail(with_vocabulary(vocabulary, programme))
    theirs = of_flagged(closure, flagged, DEFAULT_BASE)
    assert len(found) > 300
    assert lines(found) == sorted(theirs - set(lines(programme)))


def test_nothing_follows_about_the_vocabulary_itself(vocabulary: ox.Store) -> None:
    """Without records nothing is derived, so that no dataset seems to say it."""
    assert set() == entail(with_vocabulary(vocabulary, set()))


def test_a_literal_is_never_a_subject(vocabulary: ox.Store) -> None:
    """A name where a record is expected has no way back."""
    stated = triples("km:hasCase", 'ex:c km:ofStudy "MH1" .')
    assert set() == entail(with_vocabulary(vocabulary, stated))


def test_statements_that_go_round_come_to_an_end(vocabulary: ox.Store) -> None:
    """Programmes that are parts of each other yield each pair once."""
    body = "ex:m km:partOfProgramme ex:n . ex:n km:partOfProgramme ex:o . "
    body += "ex:o km:partOfProgramme ex:m ."
    found = entail(with_vocabulary(vocabulary, triples("km:withinProgramme", body)))
    assert 9 == len(found)


def test_every_flagged_property_is_met_by_a_rule(vocabulary: ox.Store, flagged: set[str]) -> None:
    """A flagged property has an axiom that a rule reads; its chains are of two properties."""
    chain, first, rest = (
        ox.NamedNode(iri) for iri in (f"{OWL}propertyChainAxiom", f"{RDF}first", f"{RDF}rest")
    )
    axioms = (f"{OWL}inverseOf", f"{OWL}propertyChainAxiom", f"{RDFS}subPropertyOf")
    kind = ox.NamedNode(f"{OWL}ObjectProperty")
    for name in flagged:
        term = ox.NamedNode(expand(name))
        if ox.Quad(term, ox.NamedNode(f"{RDF}type"), kind) not in vocabulary:
            assert any(vocabulary.quads_for_pattern(None, ox.NamedNode(f"{RDFS}subClassOf"), term))
            continue
        both = [(term, None), (None, term)]
        assert any(
            any(vocabulary.quads_for_pattern(s, ox.NamedNode(axiom), o))
            for axiom in axioms
            for s, o in both
        ), name
        for quad in vocabulary.quads_for_pattern(term, chain, None):
            node, length = quad.object, 0
            while any(vocabulary.quads_for_pattern(node, first, None)):
                (link,) = vocabulary.quads_for_pattern(node, rest, None)
                node, length = link.object, length + 1
            assert 2 == length, name


def test_headers_of_the_rules() -> None:
    """A rule is called as its file and comes at an order of its own; what it finds is published."""
    assert {path.stem for path in FILES} == {rule.id for rule in RULES}
    assert len({rule.order for rule in RULES}) == len(RULES)
    assert all(rule.publishes and rule.summary for rule in RULES)
    assert ["superclass"] == [rule.id for rule in RULES if not rule.repeats]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_prefixes_are_those_of_the_table(path: Path) -> None:
    """A rule declares the prefixes that it uses, as the table has them."""
    text = path.read_text(encoding="utf-8")
    declared = dict(re.findall(r"^PREFIX (\w+): <(.+)>$", text, re.MULTILINE))
    body = re.sub(r"^(#.*|PREFIX .*)$", "", text, flags=re.MULTILINE)
    assert {prefix: PREFIXES[prefix] for prefix in declared} == declared
    assert set(declared) == {prefix for prefix in PREFIXES if re.search(rf"\b{prefix}:\w", body)}


def test_the_table_of_the_documentation_is_complete(flagged: set[str]) -> None:
    """Each flagged term has a row in the table, with the rule that its axiom needs."""
    page = (DOCS / "derivation.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `(\w+:\w+)` \| (\w+)[^|]* \| `([a-z-]+)` \| [^|]+ \|$", page, re.MULTILINE
    )
    assert sorted(flagged) == sorted({term for term, _, _ in rows})
    assert {(axiom, rule) for _, axiom, rule in rows} == {
        ("class", "superclass"),
        ("property", "superproperty"),
        ("inverse", "inverse-property"),
        ("chain", "property-chain"),
        ("transitive", "transitive-property"),
    }
    assert {path.stem for path in FILES} == {rule for _, _, rule in rows}
