"""A harvest: from the address of the home page, by links and metadata alone, to the same data.

The client below knows the vocabularies of the web (link relations, DCAT, LDES, sitemaps) and the
one address that it begins with. It knows no path of this server.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import html.parser
import re
import shutil
import subprocess
from urllib.parse import urljoin
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from rdflib import DCAT, DCTERMS, RDF, Graph, Namespace, URIRef

import kmgraph
from kmgraph.namespaces import RESERVED_GRAPHS, graph_iri
from kmgraph.snapshots import write_snapshot
from kmgraph.stores.digest import store_digest
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.versions import update_feed
from kmgraph_server import ServerConfig, create_app

SPDX = Namespace("http://spdx.org/rdf/terms#")
TREE = "https://w3id.org/tree#"
LDES = "https://w3id.org/ldes/specification"
N_QUADS = URIRef("https://www.iana.org/assignments/media-types/application/n-quads")
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
#: What says that the links of a page lead to descriptions of it, or to all its addresses.
DESCRIBED, ALL_ADDRESSES = "describedby", "sitemap"

FILL = """
PREFIX km: <https://w3id.org/kmgraph/ontology#>
DELETE { GRAPH ?graph { ?post km:postStatus km:Vacant } }
INSERT { GRAPH ?graph { ?post km:postStatus km:Filled } }
WHERE { GRAPH ?graph { ?post km:postStatus km:Vacant } }
"""


class Links(html.parser.HTMLParser):
    """The links in the head of a page, as relation and target."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        if tag == "link":
            self.found.append((held["rel"], held["href"]))


class Harvester:
    """A client that has one address to begin with."""

    def __init__(self, site):
        self._site = site
        self.home = f"{site.url}/"

    def get(self, address, accept="*/*"):
        """Return what is at an address of the one server, redirects followed."""
        while True:
            assert address.startswith(self._site.url), address
            reply = self._site.get(address.removeprefix(self._site.url), Accept=accept)
            if reply.status not in (302, 303, 307):
                assert reply.status == 200, (address, reply.status)
                return reply
            address = urljoin(address, reply.headers["Location"])

    def links(self, address, accept="text/html"):
        """Return the links of a page, in its headers and in its head."""
        reply = self.get(address, accept)
        named = re.findall(r'<([^>]*)>; rel="([^"]*)"', ", ".join(reply.headers.get_all("Link")))
        headers = {(relation, urljoin(address, target)) for target, relation in named}
        head = {(one, urljoin(address, target)) for one, target in Links(reply.text).found}
        for relation in (DESCRIBED, ALL_ADDRESSES):
            assert {h for h in headers if h[0] == relation} == {h for h in head if h[0] == relation}
        return headers

    @functools.cached_property
    def catalogue(self):
        """The first description of the home page that holds a catalogue."""
        for relation, target in sorted(self.links(self.home)):
            if relation == DESCRIBED:
                reply = self.get(target, "application/n-triples")
                if f"<{DCAT.Catalog}>" in reply.text:
                    return Graph().parse(data=reply.body, format="nt")
        raise AssertionError("no catalogue was found")

    def document(self, address):
        """Return the things that a document is about, and what it and its further pages say.

        What has no form in RDF, as a question, is about nothing.
        """
        things, triples = set(), set()
        while address:
            reply = self._site.get(address.removeprefix(self._site.url), Accept="text/turtle")
            if reply.status != 200 or reply.media_type != "text/turtle":
                break
            triples |= {quad.triple for quad in ox.parse(reply.body, format=ox.RdfFormat.TURTLE)}
            links = re.findall(
                r'<([^>]*)>; rel="([^"]*)"', ", ".join(reply.headers.get_all("Link"))
            )
            things |= {target for target, relation in links if relation == "cite-as"}
            address = next((urljoin(address, one) for one, name in links if name == "next"), None)
        return things, triples


@pytest.fixture(scope="module")
def store(example_copy, tmp_path_factory):
    """A store with a snapshot and a change feed."""
    store = example_copy(tmp_path_factory.mktemp("harvest") / "store")
    write_snapshot(store)
    update_feed(store)
    return store


@pytest.fixture(scope="module")
def harvester(store, serve_app):
    """A client of a running server, and the server."""
    config = ServerConfig(store=store.path, contact="data@example.org")
    with serve_app(create_app(config)) as site:
        yield Harvester(site)


def test_dumps_lead_to_the_whole_dataset(harvester, store):
    """Home page, catalogue, distribution, file: the same canonical hash as the public view."""
    found = harvester.catalogue
    (catalogue,) = found.subjects(RDF.type, DCAT.Catalog)
    assert URIRef(harvester.home) in set(found.objects(catalogue, None))
    loaded = ox.Store()
    parts = set()
    for dataset in found.objects(catalogue, DCAT.dataset):
        for file in found.objects(dataset, DCAT.distribution):
            if (file, DCAT.mediaType, N_QUADS) not in found:
                continue
            body = harvester.get(str(found.value(file, DCAT.downloadURL))).body
            checksum = found.value(found.value(file, SPDX.checksum), SPDX.checksumValue)
            assert hashlib.sha256(body).hexdigest() == str(checksum)
            parts.add(dataset)
            loaded.bulk_load(gzip.decompress(body), ox.RdfFormat.N_QUADS)
    assert parts
    assert store_digest(loaded)[0] == store.digest("public")


def test_the_feed_leads_to_what_was_recorded(harvester, store):
    """Home page, catalogue, service, stream, pages: each version in its graph, as it is there."""
    found = harvester.catalogue
    (service,) = found.subjects(DCTERMS.conformsTo, URIRef(LDES))
    to_read, read, quads = [str(found.value(service, DCAT.endpointURL))], set(), set()
    while to_read:
        address = to_read.pop()
        read.add(address)
        body = harvester.get(address, "application/n-quads").body
        page = set(ox.parse(body, format=ox.RdfFormat.N_QUADS))
        quads |= page
        nodes = {q.object.value for q in page if q.predicate.value == f"{TREE}node"}
        to_read += sorted(nodes - read)
    said = {(q.subject, q.predicate.value): q.object for q in quads}
    members = {q.object for q in quads if q.predicate.value == f"{TREE}member"}
    # Each entity has one version here, so the statements of all of them are the dataset.
    graphs = {said[one, str(DCTERMS.isPartOf)] for one in members}
    replayed = {
        ox.Quad(q.subject, q.predicate, q.object, said[q.graph_name, str(DCTERMS.isPartOf)])
        for q in quads
        if q.graph_name in members
    }
    with store.open_view() as view:
        held = {q for graph in graphs for q in view.quads(None, None, None, graph)}
        names = {graph_iri(store.base, name) for name in RESERVED_GRAPHS}
        recorded = {n for n in view.graph_names() if n not in names and "/derived" not in n}
    assert {graph.value for graph in graphs} == recorded
    assert replayed == held


def test_the_sitemap_leads_to_a_document_of_everything(example, serve_app):
    """Home page, sitemap, documents: what these say of their things is the whole view."""
    kept = tuple(f"{example.base}{kind}/" for kind in ("dataset", "study", "community"))
    shown = [quad for quad in example.store.quads() if quad.subject.value.startswith(kept)]
    shown = [quad for quad in shown if "/derived" not in quad.graph_name.value]
    small = MemoryStore(base=example.base)
    small.load_nquads("".join(f"{quad} .\n" for quad in shown).encode())
    app = create_app(ServerConfig(), dataset=kmgraph.EvidenceDataset(small))
    told, things = set(), set()
    with serve_app(app) as site:
        harvester = Harvester(site)
        links = harvester.links(harvester.home)
        (target,) = (address for relation, address in links if relation == ALL_ADDRESSES)
        robots = harvester.get(urljoin(harvester.home, "robots.txt")).text
        assert f"Sitemap: {target}" in robots.splitlines()
        root = ElementTree.fromstring(harvester.get(target).text)  # noqa: S314 - our own
        for address in [one.text for one in root.iter(f"{SITEMAP}loc")]:
            found, said = harvester.document(address)
            things |= found
            told |= said
    assert len(things) > 30
    assert {t for t in told if t.subject.value in things} == {quad.triple for quad in shown}


@pytest.mark.skipif(
    shutil.which("rapper") is None, reason="rapper (raptor2-utils) is not installed"
)
@pytest.mark.parametrize("path", ["catalog", "doc/study/ndl-MH1", "doc/dataset/clahrc-ndl"])
def test_an_independent_toolkit_reads_each_form_of_a_document(harvester, path):
    """rapper finds as many triples in N-Triples, Turtle and RDF/XML."""
    counted = {}
    for extension, syntax in (("nt", "ntriples"), ("ttl", "turtle"), ("rdf", "rdfxml")):
        body = harvester.get(f"{harvester.home}{path}.{extension}").body
        done = subprocess.run(
            ["rapper", "-c", "-i", syntax, "-", harvester.home],
            input=body, capture_output=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        counted[syntax] = int(re.search(rb"returned (\d+) triples", done.stderr)[1])
    assert set(counted.values()) == {body_lines(harvester.get(f"{harvester.home}{path}.nt").body)}


def body_lines(body):
    """Return how many triples N-Triples hold."""
    return len({line for line in body.splitlines() if line})
