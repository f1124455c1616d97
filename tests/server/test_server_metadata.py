"""The metadata of a served view: where they are found, in which forms, and that they are true."""

from __future__ import annotations

import gzip
import hashlib
import json
import re

import pyoxigraph as ox
import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, SH, VOID, Graph, Namespace, URIRef

from kmgraph.metadata import validate_metadata
from kmgraph.pipeline import load_rdf
from kmgraph.questions import load_catalogue
from kmgraph.snapshots import write_snapshot
from kmgraph_server import ServerConfig, create_app

SPDX = Namespace("http://spdx.org/rdf/terms#")
VERSION = URIRef("http://www.w3.org/ns/dcat#version")
PREVIOUS = URIRef("http://www.w3.org/ns/dcat#previousVersion")
BASE = "https://w3id.org/kmgraph/id/"
WHOLE = URIRef(f"{BASE}catalog#data")
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


@pytest.fixture(scope="module")
def mixed(example_copy, serve_app, tmp_path_factory):
    """A server of a described dataset beside a graph that no record describes, with a snapshot."""
    folder = tmp_path_factory.mktemp("mixed")
    store = example_copy(folder / "store")
    path = folder / "big.nt"
    path.write_text(f'<{BASE}note/one> <http://www.w3.org/2000/01/rdf-schema#label> "A note" .\n')
    load_rdf(path, "big", store)
    write_snapshot(store)
    with serve_app(create_app(ServerConfig(store=store.path))) as site:
        yield site


def foot(reply):
    """Return what the foot of a page says."""
    return reply.text.partition('<footer class="bottom">')[2]


def test_the_foot_of_a_page_claims_a_licence_for_the_data_that_have_it(mixed):
    """That of a record is of what its graph says; pages of no record tell both."""
    note = foot(mixed.get("/doc/note/one.html"))
    assert "Publisher and licence: not reported" in note and "graph big" in note
    assert "CC BY" not in note and "CLAHRC" not in note
    study = foot(mixed.get("/doc/study/ndl-MH1.html"))
    assert "CC BY 4.0" in study and "graph big" not in study
    search = foot(mixed.get("/catalog", Accept="text/html"))
    assert "CC BY 4.0" in search and "Also data" in search and "graph big" in search


def test_the_catalogue_claims_no_licence_for_a_graph_without_a_record(mixed):
    """As linked data and on its page; the graph is listed with its file."""
    graph = Graph().parse(data=mixed.get("/catalog.ttl").text, format="turtle")
    big, licence = URIRef(f"{BASE}graph/big"), DCTERMS.license
    assert (WHOLE, licence, None) not in graph and (big, licence, None) not in graph
    assert (URIRef(f"{BASE}dataset/clahrc-ndl"), licence, None) in graph
    addresses = {str(one) for file in graph.objects(big, DCAT.distribution)
                 for one in graph.objects(file, DCAT.downloadURL)}  # fmt: skip
    assert addresses == {f"{mixed.url}/snapshots/2/public/datasets/big.ttl.gz"}
    page = mixed.get("/catalog", Accept="text/html").text
    assert page.count("CC BY 4.0") == 2  # of the dataset, and in the foot
    assert "<h2>Graph big</h2>" in page
    void = mixed.get("/void", Accept="text/html")
    assert void.status == 200 and "not counted yet" not in void.text
    cited = json.loads(mixed.get("/questions/cq-031?format=json").text)["cite"]
    assert "publisher not stated" in cited and "1 graph without a description" in cited


@pytest.fixture(scope="module")
def pinned(example_copy, serve_app, tmp_path_factory):
    """A server whose data have changed since a snapshot of them was written."""
    folder = tmp_path_factory.mktemp("pinned")
    store = example_copy(folder / "store")
    first = write_snapshot(store).snapshot
    path = folder / "more.nt"
    path.write_text("<urn:one> <urn:more> <urn:triple> .\n")
    load_rdf(path, "more", store)
    second = write_snapshot(store).snapshot
    with serve_app(create_app(ServerConfig(store=store.path))) as site:
        yield site, first, second


def followed(site, path, **headers):
    """Return the answer to which redirects lead."""
    reply = site.get(path, **headers)
    while reply.status == 303:
        reply = site.get(reply.headers["Location"], **headers)
    return reply


@pytest.mark.parametrize("extension", TYPES)
def test_the_version_before_is_described_at_its_iri(pinned, extension):
    """The catalogue names it; there are its files, as they are, its licence and its citation."""
    site, first, _ = pinned
    catalogue = Graph().parse(data=site.get("/catalog.ttl").text, format="turtle")
    snapshot = catalogue.value(WHOLE, PREVIOUS)
    assert str(snapshot) == first.iri
    media_type, parser = TYPES[extension]
    reply = followed(site, f"/id/{str(snapshot).removeprefix(BASE)}", Accept=media_type)
    assert (reply.status, reply.media_type) == (200, media_type)
    graph = Graph().parse(data=reply.text, format=parser)
    assert (snapshot, RDF.type, DCAT.Dataset) in graph
    assert str(graph.value(snapshot, DCTERMS.license)).endswith("/by/4.0/")
    assert str(graph.value(snapshot, DCTERMS.bibliographicCitation)) == first.citation
    assert str(graph.value(snapshot, VERSION)) == "1"
    name = graph.value(graph.value(snapshot, DCTERMS.publisher), FOAF.name)
    assert str(name) == "The kmgraph authors"
    files = {}
    for file in graph.objects(None, DCAT.distribution):
        address = str(graph.value(file, DCAT.downloadURL))
        checksum = graph.value(graph.value(file, SPDX.checksum), SPDX.checksumValue)
        size = int(graph.value(file, DCAT.byteSize))
        files[address.removeprefix(f"{site.url}/snapshots/1/public/")] = size, str(checksum)
    assert files == {one.name: (one.size_bytes, one.sha256) for one in first.files}
    assert len(site.get("/snapshots/1/public/all.nq.gz").body) == files["all.nq.gz"][0]
    (part,) = graph.objects(snapshot, DCTERMS.hasPart)
    assert graph.value(part, DCAT.distribution)
    triples = {
        quad.triple for quad in ox.parse(graph.serialize(format="nt"), ox.RdfFormat.N_TRIPLES)
    }
    assert validate_metadata(triples).conforms


def test_a_snapshot_with_a_graph_without_a_record_has_no_licence_of_its_own(pinned):
    """That of the part that has one is given there; and it names the snapshot before."""
    site, first, second = pinned
    reply = followed(site, "/id/snapshot/2/public", Accept="text/turtle")
    graph = Graph().parse(data=reply.text, format="turtle")
    snapshot = URIRef(second.iri)
    assert str(graph.value(snapshot, PREVIOUS)) == first.iri
    assert (snapshot, DCTERMS.license, None) not in graph
    assert (snapshot, DCTERMS.publisher, None) not in graph
    parts = {str(graph.value(one, DCTERMS.title)): graph.value(one, DCTERMS.license)
             for one in graph.objects(snapshot, DCTERMS.hasPart)}  # fmt: skip
    assert parts.pop("Graph more") is None
    assert [str(one) for one in parts.values()] == ["https://creativecommons.org/licenses/by/4.0/"]
    (whole,) = [file for file in graph.objects(snapshot, DCAT.distribution)
                if str(graph.value(file, DCAT.downloadURL)).endswith("/all.nq.gz")]  # fmt: skip
    assert graph.value(whole, DCTERMS.license) is None


def test_people_and_programs_get_a_snapshot_as_before(pinned):
    """A page by default, JSON by name; the page names the other forms, and each is there."""
    site, _, _ = pinned
    page = followed(site, "/id/snapshot/1/public")
    assert page.media_type == "text/html"
    listed = site.get("/snapshots/1/public", Accept="application/json")
    assert listed.media_type == "application/json"
    assert json.loads(listed.text)["generation"] == 1
    forms = re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', page.text)
    assert len(forms) == 4
    for media_type, address in forms:
        assert site.get(address).media_type == media_type
    assert site.get("/snapshots/1/public", Accept="image/png").status == 406


@pytest.mark.parametrize("question", ["cq-020", "cq-102"])
@pytest.mark.parametrize("accept", ["text/turtle", "application/ld+json", "application/json"])
def test_a_question_is_described_at_its_iri(served, question, accept):
    """With its text, also where it cannot be answered without parameters."""
    reply = followed(served, f"/id/questions/{question}", Accept=accept)
    assert reply.status == 200
    parser = "turtle" if accept == "text/turtle" else "json-ld"
    graph = Graph().parse(data=reply.text, format=parser)
    node = URIRef(f"{BASE}questions/{question}")
    assert (node, RDF.type, SH.SPARQLExecutable) in graph
    text = load_catalogue()[question].query
    assert str(graph.value(node, SH.select)).split() == text.split()
    assert list(graph.objects(graph.value(node, SH.prefixes), SH.declare))


def test_the_description_of_a_question_is_that_of_the_metadata(served):
    """Statement by statement; people go to its page, and spreadsheets to its answer."""
    counts = Graph().parse(data=served.get("/void.nt").text, format="nt")
    node = URIRef(f"{BASE}questions/cq-020")
    own = Graph().parse(data=served.get("/doc/questions/cq-020.nt").text, format="nt")
    assert set(own.predicate_objects(node)) == set(counts.predicate_objects(node)) != set()
    assert followed(served, "/id/questions/cq-020", Accept="text/html").media_type == "text/html"
    assert followed(served, "/id/questions/cq-020", Accept="text/csv").media_type == "text/csv"
    links = served.get("/questions/cq-020").headers.get_all("Link")
    assert '</doc/questions/cq-020>; rel="describedby"' in links
    assert served.get("/doc/questions/cq-999.ttl").status == 404


def test_the_list_of_checksums_is_served_and_named(pinned):
    """On the page of the snapshot, in its manifest, and as a file of text."""
    site, first, _ = pinned
    reply = site.get("/snapshots/1/public/SHA256SUMS")
    assert (reply.status, reply.media_type) == (200, "text/plain")
    listed = dict(reversed(line.split("  ")) for line in reply.text.splitlines())
    assert listed == {one.name: one.sha256 for one in first.files if one.name != "SHA256SUMS"}
    assert 'href="/snapshots/1/public/SHA256SUMS"' in site.get("/snapshots/1/public").text
