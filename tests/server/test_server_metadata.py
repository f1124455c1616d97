"""The metadata of a served view: where they are found, in which forms, and that they are true."""

from __future__ import annotations

import gzip
import hashlib
import re

import pytest
from rdflib import DCAT, RDF, VOID, Graph, Namespace, URIRef

from kmgraph.pipeline import load_rdf
from kmgraph.snapshots import write_snapshot
from kmgraph_server import ServerConfig, create_app

SPDX = Namespace("http://spdx.org/rdf/terms#")
VERSION = URIRef("http://www.w3.org/ns/dcat#version")
PREVIOUS = URIRef("http://www.w3.org/ns/dcat#previousVersion")
WHOLE = URIRef("https://w3id.org/kmgraph/id/catalog#data")
TYPES = {
    "ttl": ("text/turtle", "turtle"),
    "nt": ("application/n-triples", "nt"),
    "rdf": ("application/rdf+xml", "xml"),
    "jsonld": ("application/ld+json", "json-ld"),
}


@pytest.fixture(scope="module")
def store(example_copy, tmp_path_factory):
    """A store with a snapshot."""
    store = example_copy(tmp_path_factory.mktemp("metadata") / "store")
    write_snapshot(store)
    return store


@pytest.fixture(scope="module")
def served(store, serve_app):
    """A running server of it."""
    with serve_app(create_app(ServerConfig(store=store.path))) as site:
        yield site


def test_071_a_harvester_finds_the_counts_in_the_agreed_place(served):
    """It is led to the document, whose number of triples is what the endpoint counts."""
    links = served.get("/").headers.get_all("Link")
    assert {'</catalog>; rel="describedby"', '</void>; rel="describedby"'} <= set(links)
    reply = served.get("/.well-known/void")
    assert (reply.status, reply.headers["Location"]) == (303, "/void")
    found = served.get("/void", Accept="text/turtle")
    assert found.media_type == "text/turtle"
    graph = Graph().parse(data=found.text, format="turtle")
    endpoint = str(graph.value(WHOLE, VOID.sparqlEndpoint))
    assert endpoint == f"{served.url}/sparql"
    query = "/sparql?query=SELECT%20(COUNT(*)%20AS%20%3Fn)%20WHERE%20%7B%3Fs%20%3Fp%20%3Fo%7D"
    counted = served.get(query, Accept="text/csv").text.split()[1]
    assert str(graph.value(WHOLE, VOID.triples)) == counted


@pytest.mark.parametrize("name", ["void", "catalog"])
def test_each_form_says_the_same(served, name):
    """By ending and by Accept; the page has words in place of IRIs."""
    sizes = set()
    # The counts are long, and are written in the same way.
    extensions = list(TYPES) if name == "catalog" else ["nt"]
    for extension in extensions:
        media_type, parser = TYPES[extension]
        reply = served.get(f"/{name}.{extension}")
        assert reply.media_type == media_type
        assert served.get(f"/{name}", Accept=media_type).body == reply.body
        sizes.add(len(Graph().parse(data=reply.body, format=parser)))
    assert len(sizes) == 1
    page = served.get(f"/{name}", Accept="text/html")
    assert page.media_type == "text/html"
    links = page.headers.get_all("Link")
    assert sum('rel="alternate"' in link for link in links) == 5
    assert any(f'</{name}>; rel="canonical"' in link for link in links)
    assert page.headers["ETag"]
    again = served.get(f"/{name}", Accept="text/html", If_None_Match=page.headers["ETag"])
    assert again.status == 304
    if name == "void":
        assert re.search(r"(?i)>study</th><td>[0-9]+<", page.text)
    else:
        assert "CLAHRC-NDL and the knowledge mobilisation review" in page.text


def test_072_each_file_of_the_catalogue_is_there_as_it_is_described(served):
    """Its bytes have the size and the checksum, and what is in it has the triples."""
    catalogue = Graph().parse(data=served.get("/catalog.ttl").text, format="turtle")
    files = list(catalogue.subjects(DCAT.downloadURL))
    assert files
    for file in files:
        address = str(catalogue.value(file, DCAT.downloadURL))
        assert address.startswith(served.url)
        body = served.get(address.removeprefix(served.url)).body
        checksum = catalogue.value(catalogue.value(file, SPDX.checksum), SPDX.checksumValue)
        assert len(body) == int(catalogue.value(file, DCAT.byteSize))
        assert hashlib.sha256(body).hexdigest() == str(checksum)
        if address.endswith("/datasets/clahrc-ndl.ttl.gz"):
            counts = Graph().parse(data=served.get("/void.nt").text, format="nt")
            dataset = catalogue.value(None, DCAT.distribution, file)
            held = Graph().parse(data=gzip.decompress(body), format="turtle")
            assert len(held) == int(counts.value(dataset, VOID.triples))
    service = catalogue.value(None, RDF.type, DCAT.DataService)
    assert WHOLE in set(catalogue.objects(service, DCAT.servesDataset))


def test_their_iris_lead_to_them(served):
    """The catalogue, the counts and each saved question by IRI; unknown questions are not found."""
    places = {"/id/catalog": "/catalog", "/id/void": "/void"}
    places["/id/questions/cq-031"] = "/questions/cq-031"
    for iri, place in places.items():
        reply = served.get(iri)
        assert (reply.status, reply.headers["Location"]) == (303, place)
    assert served.get("/id/questions/cq-999").status == 404


def test_the_address_is_the_one_by_which_the_caller_came(served):
    """A client is never told the name by which another one came."""
    before = served.get("/void.nt").text
    other = served.get("/void.nt", Host="data.example.org").text
    assert "<http://data.example.org/sparql>" in other
    assert served.url not in other
    assert served.get("/void.nt").text == before


def test_a_new_generation_is_counted_anew(served, store, tmp_path):
    """The numbers are those of now, and the version before is the one that can still be had."""
    before = Graph().parse(data=served.get("/void.nt").text, format="nt")
    path = tmp_path / "more.nt"
    path.write_text("<urn:one> <urn:more> <urn:triple> .\n")
    load_rdf(path, "more", store)
    after = Graph().parse(data=served.get("/void.nt").text, format="nt")
    more = int(after.value(WHOLE, VOID.triples)) - int(before.value(WHOLE, VOID.triples))
    assert more == 1
    assert after.value(None, VOID.property, URIRef("urn:more"))
    catalogue = Graph().parse(data=served.get("/catalog.nt").text, format="nt")
    assert str(catalogue.value(WHOLE, VERSION)) == "2"
    assert str(catalogue.value(WHOLE, PREVIOUS)).endswith("/snapshot/1/public")
    assert not list(catalogue.subjects(DCAT.downloadURL))
