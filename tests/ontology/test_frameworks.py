"""The schemes in ontology/frameworks: whole, well-formed SKOS, true to the published lists."""

from __future__ import annotations

import pyoxigraph
import pytest
from helpers.framework_files import (
    COUNTS,
    FOLDER,
    KINDS,
    UNLISTED,
    concept_iri,
    concepts,
    km,
    load,
    published_list,
    scheme_iri,
)
from rdflib import DCTERMS, OWL, RDF, SKOS, VANN, XSD, BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from kmgraph.namespaces import FRAMEWORK, PREFIXES

#: How a scale of an instrument is mapped to constructs.
MAPPINGS = (km.measures, km.mayMeasure)
#: Verification statuses, the least sure first.
STATUSES = (km.Proposed, km.FromGeneralKnowledge, km.StatedInSource, km.Verified)
every_scheme = pytest.mark.parametrize("slug", sorted(COUNTS))
every_listed_scheme = pytest.mark.parametrize("slug", sorted(COUNTS.keys() - UNLISTED))


def test_every_file_is_an_expected_scheme() -> None:
    """A scheme is neither missing nor unknown to these tests."""
    assert sorted(COUNTS) == sorted(path.stem for path in FOLDER.glob("*.ttl"))


@every_listed_scheme
def test_concepts_are_those_of_the_published_list(slug: str) -> None:
    """Each row of the list is a concept with its id, label and parent, and there is no other."""
    graph = load(slug)
    found = {
        (
            str(graph.value(c, SKOS.notation)),
            str(graph.value(c, SKOS.prefLabel)),
            str(graph.value(parent, SKOS.notation)) if parent else "",
            str(graph.value(scheme_iri(slug), DCTERMS.identifier)),
        )
        for c in concepts(slug)
        for parent in [graph.value(c, SKOS.broader)]
    }
    listed = {
        (row["construct_id"], row["label"], row["parent"], row["framework"])
        for row in published_list(slug)
    }
    assert listed == found


@every_listed_scheme
def test_file_keeps_the_order_of_the_published_list(slug: str) -> None:
    """Concepts stand in the file in the order of the list, so that the two can be compared."""
    text = (FOLDER / f"{slug}.ttl").read_text(encoding="utf-8")
    places = [text.index(f":{row['construct_id']} a skos:Concept") for row in published_list(slug)]
    assert sorted(places) == places


@every_scheme
def test_number_of_concepts(slug: str) -> None:
    """No concept is lost or added unnoticed where the published lists are absent."""
    assert COUNTS[slug] == len(concepts(slug))


@every_scheme
def test_both_parsers_read_the_same_triples(slug: str) -> None:
    """rdflib and pyoxigraph read one graph from the file, and it holds no blank node."""
    parsed = list(pyoxigraph.parse(path=str(FOLDER / f"{slug}.ttl")))
    other = Graph().parse(
        data=pyoxigraph.serialize(
            (quad.triple for quad in parsed), format=pyoxigraph.RdfFormat.N_TRIPLES
        ),
        format="nt",
    )
    assert isomorphic(load(slug), other)
    assert not any(isinstance(term, BNode) for triple in load(slug) for term in triple)


@every_scheme
def test_header(slug: str) -> None:
    """Each module is one ontology with version, title, licence, dates, namespace and source."""
    graph = load(slug)
    (ontology,) = graph.subjects(RDF.type, OWL.Ontology)
    assert URIRef(f"{FRAMEWORK}{slug}") == ontology
    version = str(graph.value(ontology, OWL.versionInfo))
    assert URIRef(f"{FRAMEWORK}{slug}/version/{version}") == graph.value(ontology, OWL.versionIRI)
    licence = graph.value(ontology, DCTERMS.license)
    assert URIRef("https://creativecommons.org/licenses/by/4.0/") == licence
    assert URIRef("https://w3id.org/kmgraph") == graph.value(ontology, DCTERMS.creator)
    for wanted in (DCTERMS.title, DCTERMS.description):
        text = graph.value(ontology, wanted)
        assert isinstance(text, Literal) and text.language == "en"
    created, modified = (graph.value(ontology, p) for p in (DCTERMS.created, DCTERMS.modified))
    assert isinstance(created, Literal) and isinstance(modified, Literal)
    assert (XSD.date, XSD.date) == (created.datatype, modified.datatype)
    assert created.toPython() <= modified.toPython()
    assert list(graph.objects(ontology, DCTERMS.source))
    namespace = str(graph.value(ontology, VANN.preferredNamespaceUri))
    assert str(scheme_iri(slug)) == namespace
    prefix = str(graph.value(ontology, VANN.preferredNamespacePrefix))
    assert namespace == dict(graph.namespaces()).get(prefix, URIRef("")).toPython()


@every_scheme
def test_prefix_is_the_one_offered_to_users(slug: str) -> None:
    """Where the table of prefixes has the scheme, the module prefers the same prefix."""
    prefix = str(load(slug).value(URIRef(f"{FRAMEWORK}{slug}"), VANN.preferredNamespacePrefix))
    by_namespace = {namespace: name for name, namespace in PREFIXES.items()}
    assert by_namespace.get(str(scheme_iri(slug)), prefix) == prefix
    assert PREFIXES.get(prefix, str(scheme_iri(slug))) == str(scheme_iri(slug))


@every_scheme
def test_scheme_is_described(slug: str) -> None:
    """Each scheme has one label, definition, kind and source, and names its top concepts."""
    graph, scheme = load(slug), scheme_iri(slug)
    assert [scheme] == list(graph.subjects(RDF.type, SKOS.ConceptScheme))
    assert [KINDS[slug]] == list(graph.objects(scheme, km.frameworkKind))
    for wanted in (SKOS.prefLabel, DCTERMS.title, SKOS.definition, DCTERMS.identifier):
        assert 1 == len(list(graph.objects(scheme, wanted))), wanted
    assert list(graph.objects(scheme, DCTERMS.source))
    tops = set(graph.objects(scheme, SKOS.hasTopConcept))
    assert tops
    assert tops == set(graph.subjects(SKOS.topConceptOf, scheme))
    assert tops == {c for c in concepts(slug) if not list(graph.objects(c, SKOS.broader))}


@every_scheme
def test_concept_belongs_to_its_scheme_by_iri_and_notation(slug: str) -> None:
    """A concept is in one scheme, and its IRI is the scheme's IRI followed by its notation."""
    graph = load(slug)
    for concept in concepts(slug):
        assert [scheme_iri(slug)] == list(graph.objects(concept, SKOS.inScheme))
        (notation,) = graph.objects(concept, SKOS.notation)
        assert concept_iri(slug, str(notation)) == concept


def test_notations_and_iris_are_unique_over_all_schemes() -> None:
    """A construct id names one concept of one scheme."""
    notations = [str(n) for slug in COUNTS for n in load(slug).objects(None, SKOS.notation)]
    assert sum(COUNTS.values()) == len(notations) == len(set(notations))
    assert len(set().union(*(concepts(slug) for slug in COUNTS))) == len(notations)


@every_scheme
def test_labels(slug: str) -> None:
    """One preferred label per language, all texts in English, no alternative that repeats it."""
    graph = load(slug)
    for concept in concepts(slug):
        languages = [getattr(o, "language", None) for o in graph.objects(concept, SKOS.prefLabel)]
        assert ["en"] == languages, concept
        assert not set(graph.objects(concept, SKOS.prefLabel)) & set(
            graph.objects(concept, SKOS.altLabel)
        )
    texts = (SKOS.altLabel, SKOS.definition, SKOS.editorialNote, SKOS.scopeNote)
    for kind in texts:
        for subject, text in graph.subject_objects(kind):
            assert isinstance(text, Literal) and text.language == "en", (subject, kind)


@every_scheme
def test_hierarchy_is_a_forest_within_the_scheme(slug: str) -> None:
    """Broader and narrower are inverse, stay in the scheme, give one parent, and never circle."""
    graph = load(slug)
    up = {(child, parent) for child, parent in graph.subject_objects(SKOS.broader)}
    assert up == {(child, parent) for parent, child in graph.subject_objects(SKOS.narrower)}
    assert {concept for pair in up for concept in pair} <= concepts(slug)
    assert len({child for child, _ in up}) == len(up)
    for concept in concepts(slug):
        parents = list(graph.objects(concept, SKOS.broader))
        above = {a for p in parents for a in graph.transitive_objects(p, SKOS.broader)}
        assert concept not in above


@every_scheme
def test_every_concept_has_a_status_and_a_source(slug: str) -> None:
    """Each concept says how far it was checked and where it comes from."""
    graph = load(slug)
    for concept in concepts(slug):
        (status,) = graph.objects(concept, km.verificationStatus)
        assert status in STATUSES
        assert list(graph.objects(concept, DCTERMS.source)), concept


@every_scheme
def test_scheme_is_no_surer_than_its_top_concepts(slug: str) -> None:
    """The status of a scheme is that of its least sure top concept."""
    graph, scheme = load(slug), scheme_iri(slug)
    (status,) = graph.objects(scheme, km.verificationStatus)
    of_tops = [
        STATUSES.index(graph.value(top, km.verificationStatus))
        for top in graph.objects(scheme, SKOS.hasTopConcept)
    ]
    assert STATUSES[min(of_tops)] == status


def test_schemes_are_not_joined() -> None:
    """No scheme speaks of another's concepts, but for what an instrument is mapped to.

    Versions are joined by mappings, never merged.
    """
    for slug in COUNTS:
        others = tuple(str(scheme_iri(other)) for other in COUNTS if other != slug)
        found = [
            (s, p) for s, p, o in load(slug) if str(o).startswith(others) and p not in MAPPINGS
        ]
        assert not found, slug
