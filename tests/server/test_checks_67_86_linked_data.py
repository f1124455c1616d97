"""Checks 69 to 86 of an endpoint, over a real socket: every IRI answers, and leads further.

The checks of metadata, dumps, the change feed and mementos stand beside those.
"""

from __future__ import annotations

import html.parser
import json
import re
from urllib.parse import quote, urlencode, urljoin, urlsplit
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import OWL, PROV, RDF, RDFS, SKOS, VOID

import kmgraph
from kmgraph.namespaces import DEFAULT_BASE, FRAMEWORK, KM, graph_iri
from kmgraph.ontology_pages import Kind, read_documents
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph_server import ServerConfig, create_app, entity_document, sitemaps

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
STUDY, CASE = "/doc/study/ndl-MH1", "/doc/case/ndl-CYP4-case"
DATASET = "/doc/dataset/clahrc-ndl"
FORMS = {
    "html": ("text/html", None),
    "ttl": ("text/turtle", "turtle"),
    "nt": ("application/n-triples", "nt"),
    "jsonld": ("application/ld+json", "json-ld"),
    "rdf": ("application/rdf+xml", "xml"),
    "json": ("application/ld+json", "json-ld"),
}
ROOT = FRAMEWORK.removesuffix("/framework/")
HYDRA = rdflib.Namespace("http://www.w3.org/ns/hydra/core#")
OTHER_BASE = "https://records.example.org/evidence/"
EVIL = "</script><script>alert(1)</script>&<!--"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
#: Records of one dataset, all about one thing; pages and sitemaps are made small for the tests.
MANY, SMALL = 500, 200


class Head(html.parser.HTMLParser):
    """Links of the head of a page, its ids, and its data blocks."""

    def __init__(self, text):
        super().__init__()
        self.links, self.blocks, self.ids, self.scripts = [], [], set(), []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids |= {found["id"]} if "id" in found else set()
        if tag == "link":
            self.links.append(found)
        # The server's own modules may run; what a record says never becomes one.
        if tag == "script" and not found.get("src", "").startswith("/static/"):
            self.scripts.append(found.get("type"))
            self._inside = True

    def handle_endtag(self, tag):
        self._inside = self._inside and tag != "script"

    def handle_data(self, data):
        if self._inside:
            self.blocks.append(json.loads(data))


def links(reply):
    """Return the links of the headers as relation, target, media type."""
    found = re.findall(
        r'<([^>]*)>; rel="([^"]*)"(?:; type="([^"]*)")?', ", ".join(reply.headers.get_all("Link"))
    )
    return [(relation, target, kind) for target, relation, kind in found]


def targets(reply, relation):
    """Return where the links of one relation lead."""
    return [target for name, target, _ in links(reply) if name == relation]


def addresses(reply):
    """Return the root element of a sitemap, and the addresses that it holds."""
    root = ElementTree.fromstring(reply.text)  # noqa: S314 - our own
    return root, [one.text for one in root.iter(f"{SITEMAP}loc")]


def triples_of(reply):
    """Return the triples of an answer in Turtle, of a graph that is too large for rdflib."""
    return {quad.triple for quad in ox.parse(reply.body, format=ox.RdfFormat.TURTLE)}


def graph_of(reply, fmt="turtle"):
    """Return the graph of an answer."""
    return rdflib.Graph().parse(data=reply.body, format=fmt)


@pytest.fixture(scope="module")
def kept(built_example, serve_app):
    """A server of a store on disk, which has generations."""
    with serve_app(create_app(ServerConfig(store=built_example, read_only=True))) as found:
        yield found


@pytest.fixture(scope="module")
def foreign(serve_app):
    """A server of records under the IRIs of another host; one of them is large, one hostile."""
    graph = ox.NamedNode(graph_iri(OTHER_BASE, "records"))
    lines = [
        f'<{OTHER_BASE}study/a> <http://purl.org/dc/terms/title> "Study {EVIL}" {graph} .',
        f"<{OTHER_BASE}study/a> <{RDF.type}> <{KM}Study> {graph} .",
    ]
    for number in range(MANY):
        lines.append(f"<{OTHER_BASE}note/{number}> <{KM}about> <{OTHER_BASE}big> {graph} .")
        lines.append(f'<{OTHER_BASE}note/{number}> <{RDFS.label}> "Note {number}" {graph} .')
        lines.append(f"<{OTHER_BASE}note/{number}> <{RDF.type}> <{KM}Record> {graph} .")
        lines.append(f"<{OTHER_BASE}note/{number}> <{RDF.type}> <{KM}Claim> {graph} .")
    store = MemoryStore(base=OTHER_BASE)
    store.load_nquads("\n".join(lines).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sitemaps, "MOST", SMALL)
        patch.setattr(entity_document, "PAGE_STATEMENTS", SMALL)
        app = create_app(ServerConfig(), dataset=kmgraph.EvidenceDataset(store))
        with serve_app(app) as found:
            yield found


def test_069_the_service_description_names_its_own_address(site):
    """The address that was asked, and the default graph."""
    graph = graph_of(site.get("/sparql", Accept="text/turtle"))
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    assert {rdflib.URIRef(f"{site.url}/sparql")} == set(graph.objects(None, sd.endpoint))
    assert set(graph.objects(None, sd.defaultGraph))


def test_070_the_same_address_shows_a_page_to_people(site):
    """A form for queries."""
    reply = site.get("/sparql", Accept=HTML)
    assert ("text/html", True) == (reply.media_type, "<textarea" in reply.text)


def test_074_robots_read_pages_and_no_queries_and_find_the_sitemap(site):
    """The sitemap is named by its whole address."""
    lines = site.get("/robots.txt").text.splitlines()
    assert {"Disallow: /sparql", "Disallow: /questions/*?", "Disallow: /fragments"} < set(lines)
    assert f"Sitemap: {site.url}/sitemap.xml" in lines
    assert not [line for line in lines if line in ("Disallow: /doc", "Disallow: /")]


def test_074_the_sitemap_lists_the_pages_of_what_the_view_shows(kept, built_example):
    """Each record once, with when its graph last changed; and each address answers."""
    reply = kept.get("/sitemap.xml")
    assert "application/xml" == reply.media_type
    root, found = addresses(reply)
    assert len(found) == len(set(found))
    assert f"{kept.url}{STUDY}" in found
    graph = graph_iri(DEFAULT_BASE, "clahrc-ndl")
    query = (
        f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ GRAPH <{graph}> {{ ?s a ?c }} "
        f'FILTER(STRSTARTS(STR(?s), "{DEFAULT_BASE}")) }}'
    )
    counted = kept.get(f"/sparql?{urlencode({'query': query})}", Accept="text/csv").text.split()[1]
    assert int(counted) == sum("/doc/" in address for address in found)
    shown = next(url for url in root if url.findtext(f"{SITEMAP}loc").endswith(STUDY))
    created = kmgraph.GenerationStore(built_example).generation().created
    assert created == shown.findtext(f"{SITEMAP}lastmod")
    for address in [*found[:3], *found[-3:], f"{kept.url}{CASE}"]:
        assert 200 == kept.get(address.removeprefix(kept.url), Accept=HTML).status, address


def test_074_large_sitemaps_have_an_index(foreign):
    """The parts hold all addresses, each once; there is no part beyond the last."""
    root, index = addresses(foreign.get("/sitemap.xml"))
    assert f"{SITEMAP}sitemapindex" == root.tag
    parts = [address.removeprefix(foreign.url) for address in index]
    found = [addresses(foreign.get(part))[1] for part in parts]
    assert all(0 < len(one) <= SMALL for one in found)
    records = [address for one in found for address in one if "/doc/" in address]
    expected = {"study/a", *(f"note/{number}" for number in range(MANY))}
    assert sorted(f"{foreign.url}/doc/{tail}" for tail in expected) == sorted(records)
    assert 404 == foreign.get(f"/sitemap-{len(parts) + 1}.xml").status
    assert 404 == foreign.get("/sitemap-0.xml").status


@pytest.mark.parametrize(
    ("path", "kind"), [("/", "DataCatalog"), (DATASET, "Dataset"), (STUDY, "WebPage")]
)
def test_074_pages_hold_schema_org(site, path, kind):
    """As a block of data, which the policy of the page need not allow, with nothing beside it."""
    head = Head(site.get(path, Accept=HTML).text)
    assert ["application/ld+json"] == head.scripts
    (block,) = head.blocks
    assert ("https://schema.org/", kind) == (block["@context"], block["@type"])
    sets = {"DataCatalog": block.get("dataset"), "Dataset": [block]}.get(
        kind, block.get("isPartOf")
    )
    (dataset,) = sets
    assert "clahrc-ndl" == dataset["identifier"]
    assert "https://creativecommons.org/licenses/by/4.0/" == dataset["license"]
    if kind == "Dataset":
        assert (
            200
            == site.get(
                block["distribution"][0]["contentUrl"].removeprefix(site.url), Accept="*/*"
            ).status
        )


def test_074_what_records_say_cannot_end_the_block(foreign):
    """The words of a record stay in it, as they are."""
    head = Head(foreign.get("/doc/study/a", Accept=HTML).text)
    assert ["application/ld+json"] == head.scripts
    assert f"Study {EVIL}" == head.blocks[0]["name"]


@pytest.mark.parametrize("server", ["site", "foreign"])
def test_076_a_thing_leads_to_its_document(server, request):
    """By 303, whatever the base of the records is; the document is sent as asked for."""
    site = request.getfixturevalue(server)
    tail = "study/a" if server == "foreign" else "study/ndl-MH1"
    base = OTHER_BASE if server == "foreign" else DEFAULT_BASE
    for accept, media_type in (("text/turtle", "text/turtle"), (HTML, "text/html")):
        reply = site.get(f"/id/{tail}", Accept=accept)
        assert (303, f"/doc/{tail}") == (reply.status, reply.headers["Location"])
        assert media_type == site.get(f"/doc/{tail}", Accept=accept).media_type
    graph = graph_of(site.get(f"/doc/{tail}.ttl"))
    assert (rdflib.URIRef(base + tail), RDF.type, rdflib.URIRef(f"{KM}Study")) in graph


@pytest.mark.parametrize("extension", FORMS)
def test_077_each_extension_has_its_type(site, extension):
    """And what is sent can be read as that."""
    reply = site.get(f"{STUDY}.{extension}", Accept="image/png")
    media_type, fmt = FORMS[extension]
    assert (200, media_type) == (reply.status, reply.media_type)
    if fmt:
        assert (rdflib.URIRef(f"{DEFAULT_BASE}study/ndl-MH1"), None, None) in graph_of(reply, fmt)


def test_077_labels_come_with_the_data(site):
    """What a record leads to is named in the same document."""
    graph = graph_of(site.get(f"{STUDY}.ttl"))
    study = rdflib.URIRef(f"{DEFAULT_BASE}study/ndl-MH1")
    theme = graph.value(study, rdflib.URIRef(f"{KM}theme"))
    assert graph.value(theme, SKOS.prefLabel)
    assert (theme, RDF.type, None) in graph


@pytest.mark.parametrize("path", [STUDY, CASE, DATASET, "/framework/parihs-2004/PARIHS.C"])
def test_078_headers_and_head_name_the_other_forms(site, path):
    """Each is there, of the type that is said, and the canonical address is the page's."""
    reply = site.get(path, Accept=HTML)
    head = Head(reply.text)
    named = [
        (one["rel"], one["href"], one["type"]) for one in head.links if one["rel"] == "alternate"
    ]
    listed = [one for one in links(reply) if one[0] == "alternate"]
    assert set(named) <= set(listed)
    assert {"text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"} \
        == {kind for _, _, kind in named}  # fmt: skip
    for _, target, kind in listed:
        assert kind == site.get(target).media_type
    assert [path] == targets(reply, "canonical")
    assert [path] == [one["href"] for one in head.links if one["rel"] == "canonical"]


@pytest.mark.parametrize("path", [STUDY, CASE, DATASET])
def test_079_pages_carry_signposts_of_level_1(site, path):
    """What to cite, where metadata and content are, the kind, the licence and the author."""
    reply = site.get(path, Accept=HTML)
    assert [DEFAULT_BASE + path.removeprefix("/doc/")] == targets(reply, "cite-as")
    assert "https://schema.org/AboutPage" in targets(reply, "type")
    assert ["https://creativecommons.org/licenses/by/4.0/"] == targets(reply, "license")
    (author,) = targets(reply, "author")
    assert 303 == site.get(f"/id/{author.removeprefix(DEFAULT_BASE)}").status
    for relation in ("describedby", "item"):
        typed = [(target, kind) for name, target, kind in links(reply) if name == relation]
        assert typed
        for target, kind in typed:
            found = site.get(target)
            assert (200, kind) == (found.status, found.media_type)
    held = {(one["rel"], one["href"]) for one in Head(reply.text).links if one["rel"] == "item"}
    assert held == {("item", target) for target in targets(reply, "item")}


def test_079_the_items_of_a_dataset_are_its_records(site):
    """All of them, and the page says so of the data and not of itself."""
    first = targets(site.get(DATASET, Accept=HTML), "item")[0]
    triples = triples_of(site.get(first))
    name = graph_iri(DEFAULT_BASE, "clahrc-ndl")
    query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"
    counted = site.get(f"/sparql?{urlencode({'query': query})}", Accept="text/csv").text.split()[1]
    assert int(counted) == len(triples)


def test_079_level_2_is_the_same_links_in_one_document(site):
    """With the links back from data to page."""
    page = site.get(STUDY, Accept=HTML)
    (target,) = targets(page, "linkset")
    reply = site.get(target)
    assert "application/linkset+json" == reply.media_type
    first, *others = json.loads(reply.text)["linkset"]
    assert site.url + STUDY == first.pop("anchor")
    told = {(relation, one["href"]) for relation, found in first.items() for one in found}
    both = {"cite-as", "describedby", "type", "item", "license", "author", "collection", "linkset"}
    assert told == {(r, urljoin(site.url, t)) for r, t, _ in links(page) if r in both}
    turtle = next(one for one in others if one["anchor"].endswith(".ttl"))
    assert site.url + STUDY == turtle["describes"][0]["href"]
    assert 404 == site.get("/linkset/doc/study/nothing").status


@pytest.mark.parametrize(
    "path",
    [
        "/doc/study/none",
        "/ontology/none",
        "/shapes/none",
        "/framework/none/version/1",
        "/framework/x",
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/json"])
def test_080_what_is_not_there_is_said_in_the_type_that_was_asked_for(site, path, accept):
    """404, as a page, a graph or a problem document."""
    reply = site.get(path, Accept=accept)
    wanted = "application/problem+json" if accept == "application/json" else accept
    assert (404, wanted) == (reply.status, reply.media_type)


@pytest.mark.parametrize("path", ["/doc/study/nope", "/shapes/nope", "/framework/x/y"])
@pytest.mark.parametrize("extension", FORMS)
@pytest.mark.parametrize("accept", [None, "*/*"])
def test_080_an_ending_says_which_type_is_wanted(site, path, extension, accept):
    """Where the client names none, as at the address of something that is there."""
    headers = {} if accept is None else {"Accept": accept}
    wanted = "application/problem+json" if extension == "json" else FORMS[extension][0]
    reply = site.get(f"{path}.{extension}", **headers)
    assert (404, wanted) == (reply.status, reply.media_type)
    named = site.get(f"{path}.{extension}", Accept="text/html")
    assert (404, "text/html") == (named.status, named.media_type)
    if wanted == "text/turtle":
        assert "404" in reply.text and graph_of(reply)


def test_081_each_term_of_the_vocabulary_is_where_its_iri_leads(site):
    """Hash IRIs lead to the whole ontology, as a page with an anchor for each, and as RDF."""
    path = urlsplit(KM).path.removeprefix("/kmgraph")
    ids = Head(site.get(path, Accept=HTML).text).ids
    described = {t.subject.value for t in triples_of(site.get(path, Accept="text/turtle"))}
    documents = read_documents().of_kind(Kind.MODULE)
    terms = {t.iri for one in documents for t in one.terms if t.iri.startswith(KM)}
    assert len(terms) > 300
    assert terms <= described
    assert {term.removeprefix(KM) for term in terms} <= ids


def test_081_files_and_versions_of_the_vocabulary_resolve(site):
    """The IRI and the version IRI of each file, to a page and to RDF that says the same."""
    found = [one for one in read_documents().all if not one.name.endswith("/index")]
    versions = {one.iri: one.version_iri for one in [*found[::8], found[-1]]}
    versions |= {ROOT + name: f"{ROOT}{name}/0.1.0" for name in ("/ontology", "/shapes")}
    for iri, version in versions.items():
        triples = triples_of(site.get(version.removeprefix(ROOT), Accept="text/turtle"))
        wanted = map(ox.NamedNode, (iri, str(OWL.versionIRI), version))
        assert ox.Triple(*wanted) in triples, version
    for path in (
        "/ontology/actor",
        "/shapes/study",
        "/shapes",
        "/framework/parihs-2004/version/0.1.0",
    ):
        reply = site.get(path, Accept=HTML)
        assert (200, "text/html") == (reply.status, reply.media_type)
        assert [] == Head(reply.text).scripts
    assert "VacantPost" in Head(site.get("/ontology/actor", Accept=HTML).text).ids


def test_081_links_of_a_page_of_terms_lead_somewhere(site):
    """To anchors that are there."""
    text = site.get("/shapes/study", Accept=HTML).text
    found = set(re.findall(r'href="(/(?:ontology|shapes|framework)[^"#]*)#([^"]+)"', text))
    assert ("/ontology/study", "Study") in found
    pages = {path: Head(site.get(path, Accept=HTML).text).ids for path, _ in found}
    assert {(path, anchor) for path, anchor in found if anchor not in pages[path]} == set()


def test_081_each_shape_is_where_its_iri_leads(site):
    """The page of all shapes has an id for each, which leads on to where it is told."""
    text = site.get("/shapes", Accept=HTML).text
    ids = Head(text).ids
    shapes = [one.iri for doc in read_documents().of_kind(Kind.SHAPES) for one in doc.terms]
    assert len(shapes) > 800
    assert [] == [iri for iri in shapes if iri.partition("#")[2] not in ids]
    assert '<li id="StudyShape"><a href="/shapes/study#StudyShape">' in text
    assert "StudyShape" in Head(site.get("/shapes/study", Accept=HTML).text).ids


def test_081_a_construct_of_a_framework_is_where_its_iri_leads(site):
    """Slash IRIs lead to the construct, with a licence."""
    path = f"/framework/{'parihs-2004/PARIHS.C'}"
    graph = graph_of(site.get(path, Accept="text/turtle"))
    assert (rdflib.URIRef(f"{FRAMEWORK}parihs-2004/PARIHS.C"), RDF.type, SKOS.Concept) in graph
    reply = site.get(path, Accept=HTML)
    assert ["https://creativecommons.org/licenses/by/4.0/"] == targets(reply, "license")


def test_081_mappings_between_frameworks_and_graphs_answer(site):
    """Each IRI that the data give them leads to a document, or to the graph itself."""
    query = "SELECT ?m { ?m a ?kind FILTER(CONTAINS(STR(?kind), 'sssom/Mapping')) }"
    reply = site.get(f"/sparql?{urlencode({'query': query})}", Accept="text/csv")
    found = [iri.removeprefix(f"{ROOT}/mapping/") for iri in reply.text.split()[1:]]
    assert len(found) > 100
    for tail in [*found[::20], "parihs-2004-to-cfir-2022"]:
        path = f"/mapping/{tail}"
        graph = graph_of(site.get(path, Accept="text/turtle"))
        assert (rdflib.URIRef(f"{ROOT}/mapping/{tail}"), RDF.type, None) in graph
        page = site.get(path, Accept=HTML)
        assert (200, "text/html") == (page.status, page.media_type)
        linkset = next(iter(targets(page, "linkset")))
        assert 200 == site.get(linkset).status
    _, listed = addresses(site.get("/sitemap.xml"))
    parts = [one.removeprefix(site.url) for one in listed if "/sitemap-" in one]
    listed += [one for part in parts for one in addresses(site.get(part))[1]]
    assert f"{site.url}/mapping/parihs-2004-to-cfir-2022" in listed
    assert 404 == site.get("/mapping/nix").status
    query = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    reply = site.get(f"/sparql?{urlencode({'query': query})}", Accept="text/csv")
    for iri in reply.text.split()[1:]:
        first = site.get(f"/id/{iri.removeprefix(DEFAULT_BASE)}", Accept="text/turtle")
        assert 303 == first.status
        graph = site.get(first.headers["Location"], Accept="text/turtle")
        assert (200, "text/turtle") == (graph.status, graph.media_type), iri


def test_079_nothing_is_built_on_what_is_no_host(site):
    """Addresses that clients are told begin with the host that they name."""
    assert 400 == site.get("/sitemap.xml", Host='a"b<c').status


def test_large_documents_come_in_pages(foreign):
    """A client that follows the links has every statement once, by Link or by Hydra."""
    path, found, seen = "/doc/big.ttl", rdflib.Graph(), []
    big = rdflib.URIRef(f"{OTHER_BASE}big")
    while path:
        reply = foreign.get(path)
        graph = graph_of(reply)
        found += graph
        seen.append(path)
        assert len(set(graph.subjects(None, big))) <= SMALL
        subject = next(graph.subjects(RDF.type, HYDRA.PartialCollectionView))
        following = graph.value(subject, HYDRA.next)
        path = next(iter(targets(reply, "next")), "")
        assert bool(path) == bool(following)
        assert urljoin(foreign.url, path) == str(following) if path else following is None
    assert MANY == len(set(found.subjects(rdflib.URIRef(f"{KM}about"), big)))
    assert MANY == len({str(o) for o in found.objects(None, RDFS.label)})
    assert -(-MANY // SMALL) == len(seen)
    assert 404 == foreign.get(f"/doc/big.ttl?page={len(seen) + 1}").status
    assert 400 == foreign.get("/doc/big.ttl?page=none").status


def test_086_fragments_tell_how_much_there_is_and_how_to_ask(site):
    """The count is that of SPARQL, and a client that follows the pages has all triples."""
    predicate = f"{PROV.wasDerivedFrom}"
    address = f"/fragments?{urlencode({'predicate': predicate})}"
    query = f"SELECT (COUNT(*) AS ?n) {{ ?s <{predicate}> ?o }}"
    counted = int(
        site.get(f"/sparql?{urlencode({'query': query})}", Accept="text/csv").text.split()[1]
    )
    assert counted > 100
    whole, found, path = rdflib.URIRef(site.url + address), rdflib.Graph(), address
    while path:
        reply = site.get(path, Accept="text/turtle")
        graph = graph_of(reply)
        assert counted == int(graph.value(whole, VOID.triples))
        found += graph
        path = next(iter(targets(reply, "next")), "").removeprefix(site.url)
    assert counted == len(list(found.triples((None, rdflib.URIRef(predicate), None))))
    templates = {str(template) for template in found.objects(None, HYDRA.template)}
    assert {f"{site.url}/fragments{{?subject,predicate,object}}"} == templates
    mapped = {str(found.value(one, HYDRA.variable)): found.value(one, HYDRA.property)
              for one in found.objects(None, HYDRA.mapping)}  # fmt: skip
    assert {"subject": RDF.subject, "predicate": RDF.predicate, "object": RDF.object} == mapped


@pytest.mark.parametrize(
    ("given", "status", "triples"),
    [
        ({"subject": f"{DEFAULT_BASE}study/ndl-CYP4", "object": '"CYP4"'}, 200, 1),
        (
            {"object": '"Steps to Active Kids - a school-based activity programme (STAK)"@en'},
            200,
            1,
        ),
        ({"object": '"Steps to Active Kids - a school-based activity programme (STAK)"'}, 200, 0),
        ({"subject": "?s", "predicate": "urn:nothing"}, 200, 0),
        ({"subject": '"words"'}, 400, None),
        ({"subject": "not an IRI"}, 400, None),
        ({"object": '"a" . <urn:a> <urn:b> "c"'}, 400, None),
        ({"page": "0"}, 400, None),
    ],
)
def test_086_patterns_may_hold_literals(site, given, status, triples):
    """As N-Triples have them; what cannot be read is said."""
    reply = site.get(f"/fragments?{urlencode(given, quote_via=quote)}", Accept="text/turtle")
    assert status == reply.status
    if triples is not None:
        counts = {int(count) for count in graph_of(reply).objects(None, VOID.triples)}
        assert {triples} == counts
