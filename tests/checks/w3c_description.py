"""The three tests of the W3C's service description suite, by their names.

Source: https://github.com/w3c/rdf-tests/tree/main/sparql/sparql11/service-description
"""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox

from checks.discovery import RDF_TYPE, SD, description, objects, sd
from checks.exchange import send
from checks.model import Endpoint, check, wanted
from checks.reading import graph

#: Properties of the vocabulary, and whether their values are resources; names may be literals.
_PROPERTIES: Final = frozenset(
    """endpoint feature defaultEntailmentRegime entailmentRegime defaultSupportedEntailmentProfile
    supportedEntailmentProfile extensionFunction extensionAggregate languageExtension
    supportedLanguage propertyFeature defaultDataset availableGraphs resultFormat inputFormat
    defaultGraph namedGraph name graph""".split()
)
#: Classes of the vocabulary.
_CLASSES: Final = frozenset(
    """Service Language Function Aggregate EntailmentRegime EntailmentProfile GraphCollection
    Dataset Graph NamedGraph Feature""".split()
)


@check("has-endpoint-triple", "the description names the endpoint that it was read from")
def has_endpoint_triple(endpoint: Endpoint) -> None:
    found = objects(description(endpoint), sd("endpoint"))
    assert ox.NamedNode(endpoint.query_url) in found, f"sd:endpoint: {found}"


@check("returns-rdf", "GET of the endpoint returns RDF")
def returns_rdf(endpoint: Endpoint) -> None:
    accept = {"Accept": "text/turtle, application/rdf+xml;q=0.9"}
    reply = wanted(send(endpoint.query_url, headers=accept), 200)
    assert graph(reply), "the description is empty"


@check("conforms-to-schema", "the description is as the vocabulary says")
def conforms_to_schema(endpoint: Endpoint) -> None:
    triples = description(endpoint)
    for triple in triples:
        if triple.predicate.value.startswith(SD):
            name = triple.predicate.value.removeprefix(SD)
            assert name in _PROPERTIES, f"sd:{name} is no property of the vocabulary"
            assert not isinstance(triple.object, ox.Literal), f"sd:{name} has a literal"
        if triple.predicate == RDF_TYPE and str(triple.object).startswith(f"<{SD}"):
            name = str(triple.object)[1:-1].removeprefix(SD)
            assert name in _CLASSES, f"sd:{name} is no class of the vocabulary"
    services = {t.subject for t in triples if t.object == sd("Service")}
    for name in ("endpoint", "defaultDataset", "availableGraphs"):
        subjects = {t.subject for t in triples if t.predicate == sd(name)}
        assert subjects <= services, f"sd:{name} belongs to a service"
    for dataset in objects(triples, sd("defaultDataset")):
        defaults = objects(triples, sd("defaultGraph"), dataset)
        assert len(defaults) <= 1, f"{len(defaults)} default graphs"
    for node in objects(triples, sd("namedGraph")):
        assert len(objects(triples, sd("name"), node)) == 1, "a named graph has one name"
