"""Describe the endpoint in RDF: what it speaks, what it holds, and how its default graph is made.

Pure functions: facts in, triples out. The nodes of a description are fragments of the address of
the endpoint, so that they can be looked up, and stay the same from one answer to the next.

Source: https://www.w3.org/TR/sparql11-service-description/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox

from kmgraph import formats
from kmgraph.formats import Format, formats_of
from kmgraph.namespaces import DCTERMS, RDF, RDFS, SD, VOID, XSD
from kmgraph.results import Triples
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.protocol import is_iri

_FORMAT: Final = "http://www.w3.org/ns/formats/"
_SIMPLE: Final = "http://www.w3.org/ns/entailment/Simple"
_FORMAT_NAMES: Final[dict[Format, str]] = {
    formats.TURTLE: "Turtle",
    formats.NTRIPLES: "N-Triples",
    formats.NQUADS: "N-Quads",
    formats.TRIG: "TriG",
    formats.JSONLD: "JSON-LD",
    formats.RDFXML: "RDF_XML",
    formats.JSON: "SPARQL_Results_JSON",
    formats.XML: "SPARQL_Results_XML",
    formats.CSV: "SPARQL_Results_CSV",
    formats.TSV: "SPARQL_Results_TSV",
}
#: Characters of an IRI that stay as they are in a fragment.
_KEPT: Final = ":/?@!$&'()*+,;=-._~"
_MERGED: Final = (
    "The default graph is the merge of all named graphs: a set, in which a triple that several "
    "graphs hold counts once."
)
_OWN: Final = (
    "The default graph is a graph of its own: the other graphs are reached by GRAPH, or by FROM "
    "and FROM NAMED."
)
_CHOSEN: Final = (
    "A query that names its dataset, by FROM, FROM NAMED or the parameters of the protocol, sees "
    "the graphs that it names and no others; a graph that is not here is empty, and none is "
    "fetched from elsewhere."
)


def _terms(namespace: str) -> Callable[[str], ox.NamedNode]:
    """Return what makes terms of a vocabulary by their names."""
    return lambda name: ox.NamedNode(namespace + name)


_sd, _rdf, _rdfs = _terms(SD), _terms(RDF), _terms(RDFS)
_void, _dcterms = _terms(VOID), _terms(DCTERMS)
_Statements = Iterator[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]]


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """A named graph.

    :ivar iri: its IRI.
    :ivar triples: number of its triples, in the view of the caller.
    """

    iri: str
    triples: int


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What an endpoint offers to a caller.

    :ivar endpoint: address of the query operation, as the client asked for it.
    :ivar default_triples: number of triples of the default graph.
    :ivar graphs: the named graphs of the view of the caller.
    :ivar union_default_graph: whether the default graph is the merge of the named graphs.
    :ivar update_endpoint: address of the update operation; None where no updates are taken.
    :ivar federated: whether SERVICE may ask some endpoints.
    :ivar functions: IRIs of the functions beyond those of SPARQL.
    :ivar properties: IRIs of the properties that do more than match, with what each says.
    :ivar title: name of what is served; empty where it has none.
    :ivar modified: when the data were last changed, as an xsd:dateTime; empty where unknown.
    """

    endpoint: str
    default_triples: int
    graphs: tuple[GraphFacts, ...] = ()
    union_default_graph: bool = True
    update_endpoint: str | None = None
    federated: bool = False
    functions: tuple[str, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    title: str = ""
    modified: str = ""


def describe(facts: ServiceFacts) -> Triples:
    """Return the description of an endpoint.

    :raises MalformedRequestError: the address that was asked for is no IRI.

    >>> found = describe(ServiceFacts("https://example.org/sparql", 3))
    >>> f"<{SD}endpoint> <https://example.org/sparql>" in found.serialize("nt").decode()
    True
    """
    for address in (facts.endpoint, facts.update_endpoint):
        if address is not None and not is_iri(address):
            raise MalformedRequestError("the address of the endpoint holds what no IRI can hold")
    return Triples(
        ox.Triple(subject, predicate, value)
        for part in (_query_service, _update_service, _dataset, _graphs)
        for subject, predicate, value in part(facts)
    )


def _query_service(facts: ServiceFacts) -> _Statements:
    """Yield what the endpoint speaks."""
    service = _node(facts, "service")
    yield service, _rdf("type"), _sd("Service")
    yield service, _sd("endpoint"), ox.NamedNode(facts.endpoint)
    yield service, _sd("supportedLanguage"), _sd("SPARQL11Query")
    if facts.update_endpoint == facts.endpoint:
        yield service, _sd("supportedLanguage"), _sd("SPARQL11Update")
    for name in _FORMAT_NAMES.values():
        yield service, _sd("resultFormat"), ox.NamedNode(_FORMAT + name)
    if facts.update_endpoint is not None:
        yield from _inputs(service)
    if facts.union_default_graph:
        yield service, _sd("feature"), _sd("UnionDefaultGraph")
    if facts.federated:
        yield service, _sd("feature"), _sd("BasicFederatedQuery")
    for iri in facts.functions:
        yield service, _sd("extensionFunction"), ox.NamedNode(iri)
        yield ox.NamedNode(iri), _rdf("type"), _sd("Function")
    for iri, meaning in facts.properties:
        yield service, _sd("propertyFeature"), ox.NamedNode(iri)
        yield ox.NamedNode(iri), _rdf("type"), _sd("Feature")
        yield ox.NamedNode(iri), _rdfs("comment"), _words(meaning)
    yield service, _sd("defaultEntailmentRegime"), ox.NamedNode(_SIMPLE)
    yield service, _sd("defaultDataset"), _node(facts, "dataset")
    yield service, _rdfs("comment"), _words(_CHOSEN)


def _update_service(facts: ServiceFacts) -> _Statements:
    """Yield the service that takes updates, where it has an address of its own."""
    if facts.update_endpoint is None or facts.update_endpoint == facts.endpoint:
        return
    service = _node(facts, "update-service")
    yield service, _rdf("type"), _sd("Service")
    yield service, _sd("endpoint"), ox.NamedNode(facts.update_endpoint)
    yield service, _sd("supportedLanguage"), _sd("SPARQL11Update")
    yield from _inputs(service)
    if facts.union_default_graph:
        yield service, _sd("feature"), _sd("UnionDefaultGraph")
    yield service, _sd("defaultDataset"), _node(facts, "dataset")


def _inputs(service: ox.NamedNode) -> _Statements:
    """Yield the formats of RDF that are read."""
    for fmt in formats_of("graph"):
        yield service, _sd("inputFormat"), ox.NamedNode(_FORMAT + _FORMAT_NAMES[fmt])


def _dataset(facts: ServiceFacts) -> _Statements:
    """Yield the dataset and its default graph."""
    dataset, default = _node(facts, "dataset"), _node(facts, "default-graph")
    yield dataset, _rdf("type"), _sd("Dataset")
    yield dataset, _rdf("type"), _void("Dataset")
    yield dataset, _void("sparqlEndpoint"), ox.NamedNode(facts.endpoint)
    if facts.title:
        yield dataset, _dcterms("title"), ox.Literal(facts.title)
    if facts.modified:
        moment = ox.Literal(facts.modified, datatype=ox.NamedNode(f"{XSD}dateTime"))
        yield dataset, _dcterms("modified"), moment
    yield dataset, _sd("defaultGraph"), default
    yield default, _rdf("type"), _sd("Graph")
    yield default, _void("triples"), ox.Literal(facts.default_triples)
    yield default, _rdfs("comment"), _words(_MERGED if facts.union_default_graph else _OWN)


def _graphs(facts: ServiceFacts) -> _Statements:
    """Yield the named graphs."""
    for found in facts.graphs:
        named, graph = _node(facts, f"named:{found.iri}"), _node(facts, f"graph:{found.iri}")
        yield _node(facts, "dataset"), _sd("namedGraph"), named
        yield named, _rdf("type"), _sd("NamedGraph")
        yield named, _sd("name"), ox.NamedNode(found.iri)
        yield named, _sd("graph"), graph
        yield graph, _rdf("type"), _sd("Graph")
        yield graph, _void("triples"), ox.Literal(found.triples)


def _node(facts: ServiceFacts, name: str) -> ox.NamedNode:
    """Return a node of the description."""
    return ox.NamedNode(f"{facts.endpoint}#{quote(name, safe=_KEPT)}")


def _words(text: str) -> ox.Literal:
    """Return a sentence in English."""
    return ox.Literal(text, language="en")
