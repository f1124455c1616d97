"""Checks 69 and 75: what the endpoint says of itself."""

from __future__ import annotations

import pyoxigraph as ox

from checks.exchange import Reply, send
from checks.model import G1, SIZE_1, Endpoint, check, wanted
from checks.reading import GRAPHS, graph

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


def sd(name: str) -> ox.NamedNode:
    """Return a term of the service description vocabulary."""
    return ox.NamedNode(SD + name)


def description(endpoint: Endpoint, accept: str = "text/turtle") -> set[ox.Triple]:
    """Return the service description."""
    return graph(_described(endpoint, accept))


def _described(endpoint: Endpoint, accept: str) -> Reply:
    """Ask for the service description in a format."""
    reply = wanted(send(endpoint.query_url, headers={"Accept": accept}), 200)
    assert reply.media_type == accept, f"{accept} was asked for: {reply}"
    return reply


def objects(
    triples: set[ox.Triple], predicate: ox.NamedNode, subject: object = None
) -> list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]:
    """Return the objects of a predicate."""
    return [
        triple.object
        for triple in triples
        if triple.predicate == predicate and subject in (None, triple.subject)
    ]


def number(triples: set[ox.Triple], subject: object) -> int:
    """Return the ``void:triples`` of a graph of the description."""
    found = objects(triples, ox.NamedNode(f"{VOID}triples"), subject)
    assert len(found) == 1, f"void:triples of {subject}: {found}"
    assert isinstance(found[0], ox.Literal), f"void:triples of {subject}: {found}"
    return int(found[0].value)


def _service(endpoint: Endpoint, triples: set[ox.Triple]) -> object:
    """Return the service of the query operation, or the only one."""
    services = [t.subject for t in triples if t.object == sd("Service")]
    url = ox.NamedNode(endpoint.query_url)
    asked = [s for s in services if url in objects(triples, sd("endpoint"), s)]
    assert services, "the description has no sd:Service"
    return (asked or services)[0]


@check("69a", "GET without a query is a service description, in each RDF format")
def formats(endpoint: Endpoint) -> None:
    for media_type in GRAPHS:
        triples = description(endpoint, media_type)
        assert _service(endpoint, triples), f"{media_type}: no sd:Service"


@check("69b", "sd:endpoint is the URL that was asked")
def endpoint_iri(endpoint: Endpoint) -> None:
    triples = description(endpoint)
    found = objects(triples, sd("endpoint"), _service(endpoint, triples))
    assert found == [ox.NamedNode(endpoint.query_url)], f"sd:endpoint: {found}"
    # A description may tell of the update operation too, but of no other server.
    away = [iri for iri in objects(triples, sd("endpoint")) if endpoint.root not in str(iri)]
    assert not away, f"endpoints elsewhere: {away}"


@check("69c", "languages, formats of results and features are told")
def abilities(endpoint: Endpoint) -> None:
    triples = description(endpoint)
    assert sd("SPARQL11Query") in objects(triples, sd("supportedLanguage")), "no language"
    formats = {
        str(entry).strip("<>").rpartition("/")[2] for entry in objects(triples, sd("resultFormat"))
    }
    expected = {"SPARQL_Results_JSON", "SPARQL_Results_XML", "Turtle", "N-Triples"}
    assert expected <= formats, f"result formats: {formats}"
    features = objects(triples, sd("feature"))
    assert sd("DereferencesURIs") not in features, "it says that it fetches graphs"
    if endpoint.update_url is not None:
        assert sd("SPARQL11Update") in objects(triples, sd("supportedLanguage")), "no update"


@check("69d", "the counts of the default graph and of each named graph are right")
def counts(endpoint: Endpoint) -> None:
    triples = description(endpoint)
    named = {t.subject: t.object for t in triples if t.predicate == sd("name")}
    assert ox.NamedNode(G1) in named.values(), f"named graphs: {list(named.values())[:5]}"
    for node, name in named.items():
        (found,) = objects(triples, sd("graph"), node)
        actual = endpoint.count(f"SELECT (COUNT(*) AS ?n) {{ GRAPH {name} {{ ?s ?p ?o }} }}")
        assert number(triples, found) == actual, f"{name}: {number(triples, found)} and {actual}"
        assert name != ox.NamedNode(G1) or actual == SIZE_1
    (dataset,) = objects(triples, sd("defaultDataset"), _service(endpoint, triples))
    (default,) = objects(triples, sd("defaultGraph"), dataset)
    actual = endpoint.count("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert number(triples, default) == actual, f"default graph: {actual}"


@check("75a", "an OpenAPI 3.1 description is served")
def open_api(endpoint: Endpoint) -> None:
    document = wanted(send(f"{endpoint.root}openapi.json"), 200).json()
    assert str(document["openapi"]).startswith("3.1"), document["openapi"]
    path = endpoint.query_url.removeprefix(endpoint.root.rstrip("/"))
    assert path in document["paths"], f"{path} is not among {list(document['paths'])}"
    operation = document["paths"][path]["get"]
    names = {parameter.get("name") for parameter in operation["parameters"]}
    assert {"query", "default-graph-uri", "named-graph-uri"} <= names, f"parameters: {names}"
    content = operation["responses"]["200"]["content"]
    assert "application/sparql-results+json" in content, f"answers: {list(content)}"
