"""The endpoint over a real socket: protocol, formats, dataset, safety."""

from __future__ import annotations

import csv
import gc
import io
import json
import re
import socket
import threading
from urllib.parse import quote, urlencode

import pytest
import rdflib
from rdflib.compare import isomorphic
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)

from kmgraph.dataset import EvidenceDataset
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph_server import ServerConfig, create_app

KM = "PREFIX km: <https://w3id.org/kmgraph/ontology#> PREFIX dct: <http://purl.org/dc/terms/> "
STUDIES = KM + "SELECT ?study ?title { ?study a km:Study ; dct:title ?title } ORDER BY ?study"
ASK = KM + "ASK { ?study a km:Study }"
CONSTRUCT = KM + "CONSTRUCT { ?s dct:title ?t } { ?s a km:Study ; dct:title ?t }"
JSON_TYPE = "application/sparql-results+json"


def at(query, **more):
    """Return the address of a query."""
    return "/sparql?" + urlencode([("query", query), *more.items()])


def rows(reply):
    """Return the rows of a reply in JSON as sets of variable and value."""
    bindings = json.loads(reply.body)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def library_rows(evidence, query):
    """Return the rows that the library gives."""
    solutions = evidence.query(query)
    return [
        {n: t.value for n, t in zip(solutions.variables, row, strict=True) if t is not None}
        for row in solutions
    ]


def test_the_three_forms_of_a_query_give_what_the_library_gives(site, evidence):
    """GET, a form and a direct body are one operation."""
    expected = library_rows(evidence, STUDIES)
    form = urlencode({"query": STUDIES}).encode()
    replies = [
        site.get(at(STUDIES), Accept=JSON_TYPE),
        site.get("/sparql", method="POST", data=form),
        site.get(
            "/sparql",
            method="POST",
            data=STUDIES.encode(),
            Content_Type="application/sparql-query;charset=utf-8",
        ),
    ]
    assert len(expected) == 16
    for reply in replies:
        assert (reply.status, reply.media_type) == (200, JSON_TYPE)
        assert rows(reply) == expected


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        (STUDIES, JSON_TYPE, JSON_TYPE),
        (STUDIES, "application/sparql-results+xml", "application/sparql-results+xml"),
        (STUDIES, "text/csv", "text/csv"),
        (STUDIES, "text/tab-separated-values", "text/tab-separated-values"),
        (STUDIES, "text/csv;q=.2, application/sparql-results+xml;q=0.9",
         "application/sparql-results+xml"),
        (STUDIES, "*/*", JSON_TYPE),
        (ASK, "application/sparql-results+xml", "application/sparql-results+xml"),
        (ASK, "*/*", JSON_TYPE),
        (CONSTRUCT, "*/*", "text/turtle"),
        (CONSTRUCT, "application/n-triples", "application/n-triples"),
        (CONSTRUCT, "application/rdf+xml", "application/rdf+xml"),
        (CONSTRUCT, "application/ld+json", "application/ld+json"),
        (CONSTRUCT, "application/*", "application/n-triples"),
        (CONSTRUCT, "text/html", "text/html"),
        (CONSTRUCT, "application/json", "application/ld+json"),
        (CONSTRUCT, "application/xml", "application/rdf+xml"),
        (CONSTRUCT, 'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"',
         "application/ld+json"),
    ],
)  # fmt: skip
def test_media_types_are_exact_and_depend_on_accept(site, query, accept, expected):
    """Each result comes in the type that was asked for, and says so."""
    reply = site.get(at(query), Accept=accept)
    assert (reply.status, reply.media_type) == (200, expected)
    assert "Accept" in reply.headers["Vary"]


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("csv", STUDIES, "text/csv"),
        ("xml", STUDIES, "application/sparql-results+xml"),
        ("tsv", STUDIES, "text/tab-separated-values"),
        ("ttl", CONSTRUCT, "text/turtle"),
        ("nt", CONSTRUCT, "application/n-triples"),
        ("rdf", CONSTRUCT, "application/rdf+xml"),
        ("jsonld", CONSTRUCT, "application/ld+json"),
    ],
)
def test_format_overrides_accept(site, name, query, expected):
    """``?format=`` is for people who cannot set a header."""
    assert site.get(at(query, format=name), Accept="text/html").media_type == expected


def test_graphs_are_the_same_graph_in_every_format(site, evidence):
    """Turtle, N-Triples, RDF/XML and JSON-LD parse back to what the library constructs."""
    nt = evidence.query(CONSTRUCT).serialize("nt")
    expected = rdflib.Graph().parse(data=nt, format="nt")
    for name, parser in {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}.items():
        body = site.get(at(CONSTRUCT, format=name)).body
        assert isomorphic(rdflib.Graph().parse(data=body, format=parser), expected), name


def test_csv_has_a_header_and_crlf(site):
    """RFC 4180, and empty cells for what is unbound."""
    reply = site.get(at('SELECT ?a ?b { BIND("x, \\"y\\"" AS ?a) }', format="csv"))
    assert reply.body == b'a,b\r\n"x, ""y""",\r\n'


def test_sparqlwrapper_gets_what_the_library_gives(site, evidence):
    """A client that many people use."""
    client = SPARQLWrapper(f"{site.url}/sparql")
    for method in ("GET", POST):
        client.setMethod(method)
        client.setReturnFormat(JSON)
        client.setQuery(STUDIES)
        found = client.queryAndConvert()["results"]["bindings"]
        plain = [{name: term["value"] for name, term in row.items()} for row in found]
        assert plain == library_rows(evidence, STUDIES)
        client.setQuery(ASK)
        assert client.queryAndConvert()["boolean"] is bool(evidence.query(ASK)) is True
    client.setReturnFormat(TURTLE)
    client.setQuery(CONSTRUCT)
    graph = rdflib.Graph().parse(data=client.queryAndConvert(), format="turtle")
    nt = evidence.query(CONSTRUCT).serialize("nt")
    assert isomorphic(graph, rdflib.Graph().parse(data=nt, format="nt"))


@pytest.mark.parametrize(
    ("method", "how"), [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)]
)
@pytest.mark.parametrize(
    ("query", "wanted", "media_type"),
    [
        (STUDIES, JSON, JSON_TYPE),
        (STUDIES, XML, "application/sparql-results+xml"),
        (STUDIES, CSV, "text/csv"),
        (STUDIES, TSV, "text/tab-separated-values"),
        (ASK, JSON, JSON_TYPE),
        (ASK, XML, "application/sparql-results+xml"),
        (CONSTRUCT, TURTLE, "text/turtle"),
        (CONSTRUCT, N3, "text/turtle"),
        (CONSTRUCT, RDFXML, "application/rdf+xml"),
        (CONSTRUCT, XML, "application/rdf+xml"),
        (CONSTRUCT, JSONLD, "application/ld+json"),
    ],
)
def test_sparqlwrapper_gets_each_of_its_formats(site, query, wanted, media_type, method, how):
    """It sends the format under three names, some of them twice."""
    client = SPARQLWrapper(f"{site.url}/sparql", returnFormat=wanted)
    client.setMethod(method)
    client.setRequestMethod(how)
    client.setQuery(query)
    answer = client.query()
    assert answer.info()["content-type"].partition(";")[0] == media_type
    with answer.response as response:
        body = response.read()
    assert len(body) > 20
    parsers = {"text/turtle": "turtle", "application/rdf+xml": "xml",
               "application/ld+json": "json-ld"}  # fmt: skip
    if media_type in parsers:
        assert len(rdflib.Graph().parse(data=body, format=parsers[media_type])) == 16


@pytest.mark.parametrize(
    ("parameters", "accept", "media_type"),
    [
        ("format=nonsense&format=csv", "*/*", "text/csv"),
        ("format=ttl", "text/csv", "text/csv"),
        ("output=xml", "*/*", "application/sparql-results+xml"),
        ("results=text/csv", "*/*", "text/csv"),
        ("format=application/sparql-results+xml", "*/*", "application/sparql-results+xml"),
        ("format=", "text/csv", "text/csv"),
    ],
)
def test_the_first_name_of_a_format_that_fits_is_taken(site, parameters, accept, media_type):
    """Where none fits this kind of result, the header decides."""
    reply = site.get(f"{at(STUDIES)}&{parameters}", Accept=accept)
    assert (reply.status, reply.media_type) == (200, media_type)


def test_rdflib_gets_what_the_library_gives(site, evidence):
    """rdflib's store for remote endpoints."""
    graph = rdflib.Graph(SPARQLStore(f"{site.url}/sparql", method="POST"))
    found = [{"study": str(row.study), "title": str(row.title)} for row in graph.query(STUDIES)]
    assert found == library_rows(evidence, STUDIES)
    assert graph.query(ASK).askAnswer is True
    built = graph.query(CONSTRUCT).graph
    nt = evidence.query(CONSTRUCT).serialize("nt")
    assert isomorphic(built, rdflib.Graph().parse(data=nt, format="nt"))


TRIPLE = '<urn:s> <urn:p> "v"'
COUNT = "SELECT (COUNT(*) AS ?n) {0} {{ ?s ?p ?o }}"
GRAPHS = ("urn:g1", "urn:g2", "urn:g3")


@pytest.fixture(scope="module")
def tripled(serve_app):
    """A site whose one triple stands in three graphs."""
    store = MemoryStore()
    store.load_nquads("".join(f"{TRIPLE} <{graph}> .\n" for graph in GRAPHS).encode())
    store.load_nquads(b'<urn:other> <urn:p> "w" <urn:g3> .')
    with serve_app(create_app(dataset=EvidenceDataset(store))) as found:
        yield found


FROM = " ".join(f"FROM <{graph}>" for graph in GRAPHS[:2])
PATTERN = "{ <urn:s> ?p ?o }"


@pytest.mark.parametrize("source", ["", FROM, "default-graph-uri"])
def test_one_triple_in_three_graphs_counts_once_in_each_format(tripled, source):
    """The default graph is a merged set, by every route and in every format."""
    clause = source if source.startswith("FROM") else ""
    query = f"SELECT (COUNT(*) AS ?n) {clause} {PATTERN}"
    graphs = "".join(f"&default-graph-uri={g}" for g in GRAPHS) if "uri" in source else ""

    def body(name, text=query):
        return tripled.get(f"{at(text, format=name)}{graphs}").body

    assert rows(tripled.get(at(query) + graphs)) == [{"n": "1"}]
    assert body("csv") == b"n\r\n1\r\n"
    assert body("tsv").splitlines()[1].startswith(b"1")
    assert re.search(rb"<literal[^>]*>1</literal>", body("xml"))
    assert '<td class="number">1</td>' in body("html").decode()
    construct = f"CONSTRUCT {{ ?s ?p ?o }} {clause} {{ ?s ?p ?o FILTER (?s = <urn:s>) }}"
    for name, parser in {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}.items():
        if name != "rdf":  # RDF/XML cannot write the property <urn:p>
            assert len(rdflib.Graph().parse(data=body(name, construct), format=parser)) == 1
    listed = rows(tripled.get(at(f"SELECT ?o {clause} {PATTERN}") + graphs))
    assert listed == [{"o": "v"}]


def test_parameters_name_the_dataset_and_win_over_the_query(tripled):
    """SPARQL 1.1 Protocol, section 2.1.4."""
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    named = "SELECT ?g { GRAPH ?g { ?s ?p ?o } }"
    one = {"default-graph-uri": "urn:g1"}
    assert rows(tripled.get(at(count, **one))) == [{"n": "1"}]
    assert rows(tripled.get(at(count))) == [{"n": "2"}]
    assert rows(tripled.get(at(named, **{"named-graph-uri": "urn:g2"}))) == [{"g": "urn:g2"}]
    from_other = "SELECT (COUNT(*) AS ?n) FROM <urn:g3> { ?s ?p ?o }"
    assert rows(tripled.get(at(from_other))) == [{"n": "2"}]
    assert rows(tripled.get(at(from_other, **one))) == [{"n": "1"}]
    direct = tripled.get(
        "/sparql?default-graph-uri=urn:g1",
        method="POST",
        data=count.encode(),
        Content_Type="application/sparql-query",
    )
    assert rows(direct) == [{"n": "1"}]
    assert rows(tripled.get(at(count, **{"default-graph-uri": "urn:absent"}))) == [{"n": "0"}]


class Listener:
    """A socket that counts who knocks."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.port = self.socket.getsockname()[1]
        self.visits = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while not self._stop.is_set():
            try:
                visitor, _ = self.socket.accept()
            except TimeoutError:
                continue
            with visitor:
                self.visits += 1

    def close(self):
        """Stop listening."""
        self._stop.set()
        self._thread.join(5)
        self.socket.close()


@pytest.fixture
def listener():
    """Something that must not be reached."""
    found = Listener()
    yield found
    found.close()


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ("SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}", {403}),
        ("SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}", {403}),
        ("SELECT * {{ sErViCe<{url}>{{ ?s ?p ?o }} }}", {403}),
        ("SELECT * {{ SERVICE <file:///etc/passwd> {{ ?s ?p ?o }} }}", {403}),
        ("SELECT * FROM <{url}> {{ ?s ?p ?o }}", {200}),
        ("SELECT * FROM NAMED <{url}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", {200}),
        ("SELECT * FROM <file:///etc/passwd> {{ ?s ?p ?o }}", {200}),
        ("LOAD <{url}>", {403}),
    ],
)
def test_nothing_is_ever_fetched(site, listener, query, statuses):
    """Neither SERVICE nor FROM nor LOAD sends a request anywhere."""
    text = query.format(url=f"http://127.0.0.1:{listener.port}/x")
    reply = site.get(at(text))
    assert reply.status in statuses
    if reply.status == 200:
        assert rows(reply) == []
    graphs = {"default-graph-uri": f"http://127.0.0.1:{listener.port}/y"}
    assert rows(site.get(at("SELECT * { ?s ?p ?o }", **graphs))) == []
    assert listener.visits == 0


def test_a_syntax_error_names_its_line_and_column(site):
    """RFC 9457, with nothing of the inside of the server."""
    reply = site.get(at("SELECT *\nWHERE { ?s ?p }"))
    problem = json.loads(reply.body)
    assert (reply.status, reply.media_type) == (400, "application/problem+json")
    assert problem["status"] == 400
    assert (problem["line"], problem["column"]) == (2, 16)
    assert {"type", "title", "detail"} <= set(problem)
    assert not any(word in reply.text for word in ("Traceback", ".py", "/site-packages"))
    assert reply.headers["Cache-Control"] == "no-store"


def test_an_unknown_prefix_is_named(site):
    """The message says which, and what to put first where we know it."""
    detail = json.loads(site.get(at("SELECT * { ?s prov:wasDerivedFrom ?o }")).body)["detail"]
    assert "PREFIX prov: <http://www.w3.org/ns/prov#>" in detail


@pytest.mark.parametrize(
    ("path", "options", "status", "code"),
    [
        ("/sparql", {"method": "POST", "data": b"",
                     "Content_Type": "application/x-www-form-urlencoded"}, 400,
         "malformed-request"),
        ("/sparql?query=ASK{}&query=ASK{}", {}, 400, "malformed-request"),
        ("/sparql?query=ASK{}&update=DROP", {}, 400, "malformed-request"),
        ("/sparql?update=DROP+ALL", {}, 403, "update-forbidden"),
        ("/sparql?query=DROP+ALL", {}, 403, "update-forbidden"),
        ("/sparql?query=ASK{}&format=png", {}, 400, "malformed-request"),
        ("/sparql?query=ASK{}", {"Accept": "image/png"}, 406, "not-acceptable"),
        ("/sparql", {"method": "POST", "data": b"ASK {}", "Content_Type": "text/plain"}, 415,
         "unsupported-media-type"),
        ("/sparql", {"method": "POST", "data": "ASK {}".encode("utf-16"),
                     "Content_Type": "application/sparql-query"}, 400, "malformed-request"),
        ("/sparql", {"method": "POST", "data": b"x" * 1_100_000,
                     "Content_Type": "application/sparql-query"}, 413, "content-too-large"),
        ("/sparql?query=ASK{}&default-graph-uri=http://%5B", {}, 400, "malformed-request"),
        ("/sparql?query=ASK{}&named-graph-uri=http://a%25zz", {}, 400, "malformed-request"),
        (at("SELECT * FROM <http://[> { ?s ?p ?o }"), {}, 400, "query-syntax"),
        (at("BASE <http://[> SELECT * { ?s ?p ?o }"), {}, 400, "query-syntax"),
        (at("PREFIX a: <http://[> SELECT * { ?s ?p ?o }"), {}, 400, "query-syntax"),
        (at("SELECT (<urn:ef>(1) AS ?x) {}"), {}, 400, "query"),
        ("/sparql", {"method": "POST", "data": b"SELECT * {" + b"a." * 400_000 + b"}",
                     "Content_Type": "application/sparql-query"}, 400, "query-syntax"),
        ("/sparql?query=ASK" + quote("{" * 10_000 + "}" * 10_000), {}, 400, "query-syntax"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_faults_have_their_status(site, path, options, status, code):
    """Each fault is a problem document with its status and its code."""
    reply = site.get(path, **options)
    assert (reply.status, reply.media_type) == (status, "application/problem+json")
    assert json.loads(reply.body)["type"].endswith(f"#{code}")
    assert site.get(at("ASK {}")).status == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT *\nFROM <http://[> { ?s ?p ?o }", ("line 2, column 6", "<http://[>")),
        ("\nBASE <http://[> SELECT * { ?s ?p ?o }", ("line 2, column 6", "<http://[>")),
        ("SELECT * { FILTER(<urn:ef>(1)) }", ("function <urn:ef>",)),
    ],
)
def test_a_mistake_in_a_query_is_named(site, query, words):
    """What is wrong, and where."""
    reply = site.get(at(query))
    assert reply.status == 400
    assert all(word in json.loads(reply.body)["detail"] for word in words)


def test_a_wrong_graph_parameter_is_named(site):
    """The message says which parameter it is."""
    for name in ("default-graph-uri", "named-graph-uri"):
        reply = site.get(at("ASK {}", **{name: "http://["}))
        assert json.loads(reply.body)["detail"].startswith(f"{name}: ")


def test_a_byte_order_mark_is_no_part_of_a_query(site):
    """Some editors begin files with one."""
    body = b"\xef\xbb\xbf" + STUDIES.encode()
    reply = site.get("/sparql", method="POST", data=body, Content_Type="application/sparql-query")
    assert len(rows(reply)) == 16
    assert len(rows(site.get(at(f"\ufeff{STUDIES}")))) == 16


@pytest.mark.parametrize(
    "query",
    ["z" * 400_000, "SELECT * { " + "z" * 400_000 + ":a ?p ?o }", "z" * 900_000,
     "SELECT * { ?s ?p ?" + "z" * 300_000],
    ids=range(4),
)  # fmt: skip
def test_an_error_repeats_little_of_the_query(site, query):
    """However long the query is, the answer is short."""
    reply = site.get("/sparql", method="POST", data=urlencode({"query": query}).encode())
    assert reply.status == 400
    assert reply.text.count("z") <= 200


@pytest.mark.parametrize(
    ("query", "name", "missing"),
    [
        ('CONSTRUCT { <urn:a> <urn:b:c> ?o } { BIND("\\u0007" AS ?o) }', "rdf", "rdf+xml"),
        ("CONSTRUCT { <urn:a> <urn:1> 1 } {}", "rdf", "rdf+xml"),
        ('SELECT ?o { BIND("\\u0007" AS ?o) }', "xml", "results+xml"),
    ],
)
def test_what_xml_cannot_hold_is_refused_with_the_other_formats(site, query, name, missing):
    """406 names those that can hold it."""
    reply = site.get(at(query, format=name))
    assert reply.status == 406
    available = json.loads(reply.body)["available"]
    assert available
    assert not any(missing in media_type for media_type in available)
    assert site.get(at(query), Accept=available[0]).status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (at(STUDIES) + "&format=nonsense&format=csv", 200),
        (at(STUDIES) + "&format=ttl&format=html", 200),
        (at('SELECT ?o { BIND("\\u0007" AS ?o) }', format="xml"), 406),
        (at('CONSTRUCT { <urn:a> <urn:b> ?o } { BIND("\\u0007" AS ?o) }', format="rdf"), 406),
        (at("SELECT (<urn:ef>(1) AS ?x) {}"), 400),
        (at(STUDIES, format="png"), 400),
    ],
)
def test_nothing_of_the_engine_is_left_to_the_garbage_collector(client, path, status):
    """It may be freed only by the thread that made it; pytest fails where another one does."""
    statuses = []
    gc.collect()
    gc.disable()
    try:
        thread = threading.Thread(target=lambda: statuses.append(client.get(path).status_code))
        thread.start()
        thread.join(20)
    finally:
        gc.enable()
    gc.collect()
    assert statuses == [status]


def test_what_is_on_offer_is_listed(site):
    """406 lists the types, 415 the bodies, 405 the methods."""
    refused = site.get(at(STUDIES), Accept="image/png")
    assert "text/csv" in json.loads(refused.body)["available"]
    wrong = site.get("/sparql", method="POST", data=b"x", Content_Type="text/plain")
    assert "application/sparql-query" in wrong.headers["Accept-Post"]
    put = site.get(at(STUDIES), method="PUT")
    assert put.status == 405
    assert set(put.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST", "QUERY"}


@pytest.mark.parametrize(
    "path", [at(STUDIES), "/", "/questions/cq-031", "/healthz", "/ontology.ttl"]
)
def test_head_is_get_without_a_body(site, path):
    """The headers are the same."""
    got, head = site.get(path), site.get(path, method="HEAD")
    assert (head.status, head.body) == (got.status, b"")
    for name in ("Content-Type", "Content-Length", "Vary"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize("path", ["/sparql", "/", "/doc/study/ndl-MH1"])
def test_options_says_what_is_allowed(site, path):
    """204, and what a browser's preflight needs; never credentials."""
    reply = site.get(path, method="OPTIONS", Origin="https://example.org")
    assert (reply.status, reply.body) == (204, b"")
    assert "GET" in reply.headers["Allow"]
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" in reply.headers["Access-Control-Allow-Headers"]
    assert reply.headers["Access-Control-Allow-Credentials"] is None


def test_relative_iris_are_resolved_against_the_endpoint(site):
    """The base IRI of a query without BASE is the address of the endpoint."""
    reply = site.get(at("SELECT (<x> AS ?iri) {}"))
    assert rows(reply) == [{"iri": f"{site.url}/x"}]


def test_the_page_shows_so_many_rows_and_says_how_many_there_are(evidence):
    """A page that shows a part says so, and links to all of it."""
    client = create_app(ServerConfig(page_row_limit=5), dataset=evidence).test_client()
    html = client.get(at(STUDIES), headers={"Accept": "text/html"}).text
    assert "first 5 of 16 rows" in html
    assert html.count('href="/doc/study/') == 5
    link = html.split('type="text/csv"')[0].rpartition('href="')[2].split('"')[0]
    whole = client.get(link.replace("&amp;", "&"))
    assert len(list(csv.reader(io.StringIO(whole.text)))) == 17


def test_a_browser_gets_a_form_and_its_errors_on_the_page(client):
    """Without a query a text area with prefixes; with a broken one also what is wrong."""
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = client.get("/sparql", headers=browser)
    assert page.status_code == 200
    assert "<textarea" in page.text
    assert "PREFIX km:" in page.text
    broken = client.get(at("SELECT * { <b>"), headers=browser)
    assert broken.status_code == 400
    assert "&lt;b&gt;" in broken.text
    assert "line 1" in broken.text


def test_the_example_on_the_page_has_an_answer(client):
    """What people press first works."""
    page = client.get("/sparql", headers={"Accept": "text/html"}).text
    text = page.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]
    query = text.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')
    assert len(client.get(at(query)).json["results"]["bindings"]) == 21


def test_a_page_of_a_large_result_stays_small(site):
    """The page is made in the server's own process, so what it is made from is limited."""
    doubling = " ".join(f"BIND(CONCAT(?a{i}, ?a{i}) AS ?a{i + 1})" for i in range(16))
    values = " ".join(map(str, range(32)))
    large = f'SELECT ?r ?a16 {{ VALUES ?r {{ {values} }} BIND("{"<" * 100}" AS ?a0) {doubling} }}'
    page = site.get(at(large), Accept="text/html")
    assert page.status == 400
    assert "more than 4,000,000 bytes" in page.text
    many = "SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 30000"
    page = site.get(at(many), Accept="text/html")
    assert page.status == 200
    assert "first 1,000 of 30,000 rows" in page.text
    assert len(page.body) < 3_000_000


def test_a_page_gives_up_when_its_reader_wants_it_to(site):
    """The parameter lowers the time limit of pages too."""
    product = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    page = site.get(at(product) + "&timeout=0.3", Accept="text/html")
    assert page.status == 503
    assert "0.3 s" in page.text


@pytest.mark.parametrize(
    ("query", "is_kept"),
    [
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?p != (?o)) } LIMIT 3", True),
        ("CONSTRUCT { [] <urn:p> ?o } WHERE { ?s ?p ?o } LIMIT 1", False),
        ("CONSTRUCT { _:b <urn:p> ?o } WHERE { ?s ?p ?o } LIMIT 1", False),
        ("CONSTRUCT { ?s <urn:p> (?o) } WHERE { ?s ?p ?o } LIMIT 1", False),
    ],
)
def test_what_differs_each_time_has_no_tag(site, query, is_kept):
    """Blank nodes of a template are new ones in every answer."""
    reply = site.get(at(query), Accept="text/turtle")
    assert reply.status == 200
    assert is_kept == bool(reply.headers["ETag"])
    assert is_kept == ("no-store" not in reply.headers["Cache-Control"])
