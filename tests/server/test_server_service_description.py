"""What the endpoint says of itself in RDF."""

from __future__ import annotations

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, RDFS, URIRef

from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.negotiation import GRAPH, SOLUTIONS
from kmgraph_server.service_description import SD as NAMESPACE
from kmgraph_server.service_description import GraphFacts, ServiceFacts, describe

SD = rdflib.Namespace(NAMESPACE)
VOID = rdflib.Namespace("http://rdfs.org/ns/void#")
FORMATS = "http://www.w3.org/ns/formats/"
ENDPOINT = "https://example.org/m/sparql"
UPDATE = "https://example.org/m/update"
GRAPHS = (GraphFacts("urn:a", 2), GraphFacts("https://example.org/g?x#é", 0))


def described(**more):
    """Return the description as rdflib reads it from Turtle."""
    facts = ServiceFacts(**{"endpoint": ENDPOINT, "default_triples": 7, **more})
    return rdflib.Graph().parse(data=describe(facts).serialize("turtle"), format="turtle")


def service(graph, endpoint=ENDPOINT):
    """Return the node of the service at an address."""
    return graph.value(predicate=SD.endpoint, object=URIRef(endpoint), any=False)


def test_a_service_has_its_endpoint_and_dataset():
    """Each node is of the class that the vocabulary gives it."""
    graph = described(graphs=GRAPHS)
    found = service(graph)
    dataset = graph.value(found, SD.defaultDataset, any=False)
    assert (found, RDF.type, SD.Service) in graph
    assert (dataset, RDF.type, SD.Dataset) in graph
    assert (dataset, VOID.sparqlEndpoint, URIRef(ENDPOINT)) in graph
    assert (graph.value(dataset, SD.defaultGraph, any=False), RDF.type, SD.Graph) in graph
    for named in graph.objects(dataset, SD.namedGraph):
        assert (named, RDF.type, SD.NamedGraph) in graph
        assert (graph.value(named, SD.graph, any=False), RDF.type, SD.Graph) in graph
    regime = URIRef("http://www.w3.org/ns/entailment/Simple")
    assert (found, SD.defaultEntailmentRegime, regime) in graph


def test_counts_are_those_of_the_facts():
    """Of the default graph and of each named graph, an empty one too."""
    graph = described(graphs=GRAPHS)
    dataset = graph.value(service(graph), SD.defaultDataset)
    default = graph.value(dataset, SD.defaultGraph)
    assert graph.value(default, VOID.triples, any=False).toPython() == 7
    found = {
        str(graph.value(named, SD.name, any=False)):
        graph.value(graph.value(named, SD.graph), VOID.triples, any=False).toPython()
        for named in graph.objects(dataset, SD.namedGraph)
    }  # fmt: skip
    assert found == {one.iri: one.triples for one in GRAPHS}


@given(st.sets(st.sampled_from(["urn:a", "urn:A", "urn:a#b", "urn:a%23b", "urn:é", "urn:%C3%A9"])))
def test_graphs_are_kept_apart(names):
    """However alike their IRIs are."""
    graph = described(graphs=tuple(GraphFacts(name, 1) for name in names))
    assert {str(name) for name in graph.objects(predicate=SD.name)} == names
    assert len(set(graph.objects(predicate=SD.namedGraph))) == len(names)
    assert len(set(graph.objects(predicate=SD.graph))) == len(names)


@pytest.mark.parametrize("is_merged", [True, False])
def test_the_rule_of_the_default_graph_is_stated(is_merged):
    """For programs by a feature, and for people in words."""
    graph = described(union_default_graph=is_merged)
    found = service(graph)
    default = graph.value(graph.value(found, SD.defaultDataset), SD.defaultGraph)
    assert ((found, SD.feature, SD.UnionDefaultGraph) in graph) is is_merged
    words = str(graph.value(default, RDFS.comment, any=False))
    assert ("merge of all named graphs" if is_merged else "graph of its own") in words


def test_what_is_not_done_is_not_said():
    """A read-only endpoint that asks no others and fetches nothing."""
    graph = described()
    found = service(graph)
    assert set(graph.objects(found, SD.supportedLanguage)) == {SD.SPARQL11Query}
    assert set(graph.objects(found, SD.feature)) == {SD.UnionDefaultGraph}
    assert set(graph.subjects(RDF.type, SD.Service)) == {found}
    assert not set(graph.objects(predicate=SD.inputFormat))
    assert not set(graph.objects(predicate=SD.extensionFunction))


def test_services_and_functions_are_said_where_there_are_some():
    """An allow-list for SERVICE is a feature."""
    graph = described(federated=True, functions=("urn:f",))
    found = service(graph)
    assert (found, SD.feature, SD.BasicFederatedQuery) in graph
    assert (found, SD.extensionFunction, URIRef("urn:f")) in graph
    assert (found, SD.feature, SD.DereferencesURIs) not in graph


@pytest.mark.parametrize("address", [ENDPOINT, UPDATE])
def test_updates_are_said_at_the_address_that_takes_them(address):
    """At that of queries, or at one of their own."""
    graph = described(update_endpoint=address)
    takes = graph.subjects(SD.supportedLanguage, SD.SPARQL11Update)
    assert list(takes) == [service(graph, address)]
    assert (service(graph, address), SD.inputFormat, URIRef(f"{FORMATS}Turtle")) in graph
    assert (service(graph), SD.supportedLanguage, SD.SPARQL11Query) in graph


def test_every_format_that_is_sent_is_listed():
    """By the IRI that W3C gave it."""
    graph = described()
    listed = set(graph.objects(service(graph), SD.resultFormat))
    sent = {offer.format for offer in (*SOLUTIONS, *GRAPH) if offer.format}
    assert len(sent) == len(listed) == 10
    assert {URIRef(FORMATS + name) for name in ("SPARQL_Results_JSON", "RDF_XML")} <= listed


def test_title_and_time_are_said_where_they_are_known():
    """And left out otherwise."""
    terms = rdflib.DCTERMS
    graph = described(title="Studies", modified="2026-01-31T10:00:00Z")
    dataset = graph.value(service(graph), SD.defaultDataset)
    assert str(graph.value(dataset, terms.title)) == "Studies"
    assert graph.value(dataset, terms.modified).toPython().year == 2026
    assert not set(described().objects(predicate=terms.title))


def test_the_description_is_the_same_each_time():
    """So it can be cached by what it says."""
    facts = ServiceFacts(ENDPOINT, 7, GRAPHS)
    assert describe(facts).serialize("nt") == describe(facts).serialize("nt")
    assert b"_:" not in describe(facts).serialize("nt")


def test_an_address_that_is_no_iri_is_a_fault_of_the_request():
    """Some clients send a Host header that is none."""
    with pytest.raises(MalformedRequestError):
        describe(ServiceFacts("http://a b/sparql", 0))
