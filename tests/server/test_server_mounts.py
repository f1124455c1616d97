"""Several stores in one process: one prefix each, and nothing of one seen at the other."""

from __future__ import annotations

import html.parser
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from helpers.crawling import kind_of
from werkzeug.test import Client

import kmgraph
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.errors import ConfigError, PublicationError, StoreUnavailableError
from kmgraph.namespaces import KM
from kmgraph.records import Dataset, Study
from kmgraph.stores.generations import GenerationStore
from kmgraph_server import Mount, ServerConfig, create_app, join, serve
from kmgraph_server.cli import serve as command
from kmgraph_server.headers import SYNTHETIC
from kmgraph_server.state import holder

ROOT = Path(__file__).resolve().parents[2]
HTML = {"Accept": "text/html"}
BASE = "https://w3id.org/kmgraph/synthetic/"
BANNER = "Synthetic data: generated, describes nothing real."
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
TIMEOUT_S = 60
START = "from kmgraph_server.cli import serve; serve()"


class Reader(html.parser.HTMLParser):
    """Collects every address that a page names."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note the addresses of an element."""
        self.addresses += [v for k, v in attrs if k in ("href", "src", "action", "formaction")]

    def handle_data(self, data):
        """Note text."""
        self.texts.append(data)

    @property
    def words(self):
        """Return the text with single spaces."""
        return " ".join(" ".join(self.texts).split())


@pytest.fixture
def client(joined):
    """A client that needs no socket."""
    return Client(joined)


def ask(client, endpoint, query, **parameters):
    """Return the rows of a query as tuples of text."""
    response = client.get(f"{endpoint}?{urlencode({'query': query, **parameters})}")
    assert response.status_code == 200, response.text
    names = response.json["head"]["vars"]
    return [tuple(row[n]["value"] for n in names) for row in response.json["results"]["bindings"]]


def crawl(client, start, *, leave, outside=""):
    """Follow the links of pages from one page on; return page to the addresses it names.

    Of addresses that differ only in digits or parameters, a few are followed.

    :param leave: the address of another store, which is not entered.
    """
    pages, pending, seen = {}, [start], {start, leave}
    kinds = {}
    while pending:
        path = pending.pop(0)
        place = f"http://localhost{outside}"
        with client.get(path.removeprefix(outside), base_url=place, headers=HTML) as response:
            assert response.status_code < 400, path
            named = re.findall(r"<([^>]*)>", response.headers.get("Link", ""))
            named += [response.headers["Location"]] if "Location" in response.headers else []
            if response.mimetype == "text/html":
                named += Reader(response.text).addresses
        pages[path] = [a for a in named if not urlsplit(a).scheme]
        for address in pages[path]:
            target = urljoin(path, address).partition("#")[0]
            section = kind_of(target)
            kinds[section] = kinds.get(section, 0) + (target not in seen)
            if target not in seen and kinds[section] <= 2:
                pending.append(target)
            seen.add(target)
    return pages


@pytest.mark.parametrize("outside", ["", "/outer"])
def test_no_link_below_a_mount_leaves_it(client, outside):
    """Pages, redirects, alternates, forms and files all stay, below a proxy's prefix too."""
    home = f"{outside}/synthetic/"
    pages = crawl(client, home, leave=f"{outside}/", outside=outside)
    kinds = {path.removeprefix(home).partition("/")[0].partition("?")[0] for path in pages}
    assert {"", "doc", "questions", "sparql", "ontology", "framework", "static"} <= kinds
    assert len(pages) > 60
    for path, addresses in pages.items():
        allowed = [f"{outside}/"] if path == home else []
        left = [a for a in addresses if not a.startswith((home, "#", "?")) and a not in allowed]
        assert not left, f"{path} leads out to {left}"


def test_no_link_of_the_first_store_enters_a_mount(client):
    """Only the home page leads there, and on purpose."""
    pages = crawl(client, "/", leave="/synthetic/")
    assert len(pages) > 60
    entering = {p for p, found in pages.items() if any(a.startswith("/synthetic") for a in found)}
    assert entering == {"/"}


def test_templates_name_no_address_of_their_own():
    """An address with a bare slash would forget what the application is mounted below."""
    templates = ROOT / "server" / "kmgraph_server" / "templates"
    for path in templates.glob("*.html"):
        assert not re.findall(r"(?:href|src|action)=[\"']/", path.read_text("utf-8")), path.name


def test_things_redirect_to_documents_within_the_mount(client, generated):
    """IRIs do not hold the mount: the store's own base stands for its /id/."""
    study = next(generated.studies()).iri
    tail = study.removeprefix(BASE)
    response = client.get(f"/synthetic/id/{tail}?format=ttl")
    assert (303, f"/synthetic/doc/{tail}?format=ttl") == (
        response.status_code,
        response.headers["Location"],
    )
    assert f"<{study}>" in client.get(response.headers["Location"]).text
    assert client.get(f"/id/{tail}").status_code == 303
    assert client.get(f"/doc/{tail}").status_code == 404
    assert client.get(f"/doc/synthetic/{tail}").status_code == 404


@pytest.mark.parametrize("outside", ["", "/outer"])
def test_encoded_iris_answer_below_a_mount(client, generated, outside):
    """The path is taken as it was sent, without what the application is mounted below."""
    subjects = {q.subject.value for q in generated.store.quads(None, None, None)}
    iri = min(s for s in subjects if s.startswith(BASE) and "%" in s)
    tail = iri.removeprefix(BASE)
    response = client.get(f"/synthetic/doc/{tail}?format=nt", base_url=f"http://localhost{outside}")
    assert response.status_code == 200
    assert f"<{iri}>" in response.text
    mounted = client.get(f"/%73ynthetic/doc/{tail}?format=nt")
    assert mounted.status_code == 200


def test_a_mount_without_its_slash_leads_to_its_home_page(client):
    """The query goes along, and the address is relative to the host."""
    response = client.get("/synthetic?a=%C3%A9")
    assert (308, "/synthetic/?a=%C3%A9") == (response.status_code, response.headers["Location"])
    assert client.get("/syntheticx").status_code == 404


def test_no_query_sees_two_stores(client, evidence, generated):
    """Whatever graphs are named, each endpoint finds what is in its own store."""
    datasets = f"SELECT ?d {{ ?d a <{KM}Dataset> }}"
    assert ask(client, "/sparql", datasets) == [(f"{evidence.base}dataset/clahrc-ndl",)]
    assert ask(client, "/synthetic/sparql", datasets) == [(f"{BASE}dataset/generated",)]
    graphs = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    homes = {"/sparql": evidence.base, "/synthetic/sparql": BASE}
    held = {home: {g for (g,) in ask(client, home, graphs)} for home in homes}
    for home, other in (("/sparql", "/synthetic/sparql"), ("/synthetic/sparql", "/sparql")):
        assert held[home]
        assert all(graph.startswith(homes[home]) for graph in held[home])
        for graph in held[other]:
            everything = "SELECT ?s {clause} {{ ?s ?p ?o }} LIMIT 1"
            assert ask(client, other, everything.format(clause=f"FROM <{graph}>"))
            assert not ask(client, home, everything.format(clause=f"FROM <{graph}>"))
            assert not ask(client, home, f"SELECT ?s {{ GRAPH <{graph}> {{ ?s ?p ?o }} }} LIMIT 1")
            plain = everything.format(clause="")
            assert ask(client, other, plain, **{"default-graph-uri": graph})
            assert not ask(client, home, plain, **{"default-graph-uri": graph})
            named = "SELECT ?s { GRAPH ?g { ?s ?p ?o } } LIMIT 1"
            assert not ask(client, home, named, **{"named-graph-uri": graph})


@pytest.mark.parametrize("endpoint", ["/sparql", "/synthetic/sparql"])
def test_no_endpoint_asks_the_other(client, endpoint):
    """SERVICE is refused, wherever it points."""
    for other in ("http://localhost/sparql", "http://localhost/synthetic/sparql"):
        query = f"SELECT * {{ SERVICE <{other}> {{ ?s ?p ?o }} }}"
        assert client.get(f"{endpoint}?{urlencode({'query': query})}").status_code == 403


@pytest.mark.parametrize(
    "path",
    ["", "questions", "questions/cq-031", "sparql", "ontology", "framework/parihs-2004/PARIHS.C",
     "doc/dataset/generated", "nothing"],
)  # fmt: skip
def test_every_page_of_a_synthetic_store_says_so(client, path):
    """Errors too; and no page of the other store does."""
    response = client.get(f"/synthetic/{path}", headers=HTML)
    assert BANNER in Reader(response.text).words
    assert "<title>Synthetic · " in response.text
    assert BANNER not in client.get(f"/{path}", headers=HTML).text


@pytest.mark.parametrize(
    "path",
    ["questions?format=json", "questions/cq-031.csv", "questions/cq-031.json", "ontology.ttl",
     "sparql?query=ASK+{}", "sparql?query=nonsense", "doc/dataset/generated.ttl",
     "doc/dataset/generated.jsonld", "id/dataset/generated", "nothing"],
)  # fmt: skip
def test_every_answer_of_a_synthetic_store_says_so(client, path):
    """A header goes with data of every form, with redirects and with errors."""
    response = client.get(f"/synthetic/{path}")
    assert response.headers[SYNTHETIC] == "true"
    assert SYNTHETIC in response.headers["Access-Control-Expose-Headers"]
    assert SYNTHETIC not in client.get(f"/{path}").headers


def test_a_saved_answer_keeps_saying_so(client):
    """The name of the file does, when its headers are gone."""
    for path, name in (("/synthetic", "synthetic-cq-031.csv"), ("", "cq-031.csv")):
        disposition = client.get(f"{path}/questions/cq-031.csv").headers["Content-Disposition"]
        assert disposition == f'inline; filename="{name}"'


def test_home_pages_lead_to_each_other(client):
    """By the titles of their datasets, with a mark on what is synthetic."""
    real, made = (Reader(client.get(p, headers=HTML).text) for p in ("/", "/synthetic/"))
    assert "/synthetic/" in real.addresses
    assert "A generated programme synthetic data" in real.words
    assert "/" in made.addresses
    assert "Other stores on this server" in made.words
    alone = create_app(ServerConfig(), dataset=holder_dataset(client)).test_client()
    assert "Other stores" not in alone.get("/", headers=HTML).text


def holder_dataset(client):
    """Return the dataset of the first store."""
    kept = holder(client.application.app)
    snapshot = kept.acquire("public")
    kept.release(snapshot)
    return snapshot.dataset


def test_crawlers_are_kept_from_the_queries_of_every_store(client):
    """Only the host's own robots.txt is read."""
    text = client.get("/robots.txt").text
    assert "Disallow: /sparql\n" in text
    assert "Disallow: /synthetic/sparql\n" in text


def test_addresses_in_data_hold_the_mount(client):
    """The list of questions as JSON, and the example of a command on the home page."""
    listed = client.get("/synthetic/questions?format=json").json
    assert {one["address"].rpartition("/")[0] for one in listed} == {"/synthetic/questions"}
    assert client.get(listed[0]["address"]).status_code == 200
    assert "http://localhost/synthetic/sparql" in client.get("/synthetic/", headers=HTML).text


def test_the_banner_can_be_read(client):
    """Its colours differ by 4.5 to 1 and more, by day and by night (WCAG 1.4.3)."""
    with client.get("/synthetic/static/kmgraph.css") as response:
        css = response.text
    assert "background: var(--attention); color: var(--paper)" in css
    grounds, inks = (re.findall(rf"--{n}: (#\w+)", css) for n in ("attention", "paper"))
    themes = list(zip(grounds, inks, strict=True))
    assert len(themes) == 2
    for ground, ink in themes:
        light, dark = sorted((luminance(ground), luminance(ink)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour):
    """Return the relative luminance of a colour such as #8a3b00."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    "path",
    ["synthetic", "/", "", "/a/b", "/Synthetic", "/a b", "/ontology.ttl", "//", "/é", "/-", "/a?"],
)
def test_bad_paths_are_refused(app, path):
    """One name below the root is what is needed."""
    with pytest.raises(ConfigError, match="give a slash and one name"):
        join(app, {path: app})


@pytest.mark.parametrize("path", ["/sparql", "/questions", "/id", "/doc", "/static", "/ontology"])
def test_nothing_is_mounted_over_pages(app, path):
    """What the first store answers at stays reachable."""
    with pytest.raises(ConfigError, match="has pages"):
        join(app, {path: app})


def small_store(path, *, synthetic, base=None):
    """Build a store on disk with one study."""
    store = GenerationStore.create(path, base=base) if base else GenerationStore.create(path)
    kmgraph.build([small_bundle(synthetic=synthetic)], store)
    return path


def small_bundle(*, synthetic):
    """Return a bundle with one study."""
    name = "generated" if synthetic else "real"
    row = Dataset(
        id=name, title=name.title(), publisher="Us", licence=CC0, version="1", synthetic=synthetic
    )
    return MemoryBundle([row, Study(id="S1", title=f"A {name} study")], name=name)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A real store and a synthetic one, on disk."""
    path = tmp_path_factory.mktemp("stores")
    real = small_store(path / "real", synthetic=False)
    return real, small_store(path / "made", synthetic=True, base=BASE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/synthetic"], "write it like /synthetic=FOLDER"),
        (["=x"], "write it like /synthetic=FOLDER"),
        (["synthetic=MADE"], "give a slash"),
        (["/=MADE"], "give a slash"),
        (["/sparql=MADE"], "has pages"),
        (["/a=MADE", "/a=OTHER"], "two stores are mounted at /a"),
        (["/a=MADE", "/b=MADE"], "is served at /a already"),
        (["/a=REAL"], "is served at / already"),
        (["/a=OTHER"], "kmgraph init"),
        (["/a=COPY"], "share the base"),
    ],
)
def test_bad_mounts_are_reported_before_listening(stores, tmp_path, arguments, message):
    """The command ends with what to do instead."""
    real, made = stores
    places = {"MADE": made, "REAL": real, "OTHER": tmp_path / "none", "COPY": tmp_path / "copy"}
    if "COPY" in "".join(arguments):
        shutil.copytree(real, places["COPY"])
    given = [re.sub("[A-Z]{4,}", lambda match: str(places[match[0]]), a) for a in arguments]
    options = [option for text in given for option in ("--mount", text)]
    result = CliRunner().invoke(command, ["--store", str(real), "--port", "0", *options])
    assert result.exit_code == 1
    assert message in result.output


def test_python_reports_them_too(stores, tmp_path):
    """The same checks stand behind the function."""
    real, made = stores
    with pytest.raises(ConfigError, match="give a slash"):
        serve(ServerConfig(store=real, port=0, mounts=(Mount("synthetic", made),)))
    with pytest.raises(StoreUnavailableError):
        serve(ServerConfig(store=real, port=0, mounts=(Mount("/synthetic", tmp_path / "none"),)))


def test_a_neighbour_in_trouble_troubles_nobody(stores, tmp_path):
    """The home page stays, and says that nothing can be read there."""
    folder = tmp_path / "store"
    shutil.copytree(stores[1], folder)
    apps = [create_app(ServerConfig(store=store)) for store in (stores[0], folder)]
    client = Client(join(apps[0], {"/synthetic": apps[1]}))
    assert "Generated" in client.get("/", headers=HTML).text
    holder(apps[1]).close()
    shutil.rmtree(folder)
    response = client.get("/", headers=HTML)
    assert response.status_code == 200
    assert "nothing can be read of it at the moment" in response.text
    assert client.get("/synthetic/").status_code == 503
    holder(apps[0]).close()


def test_one_process_serves_both(stores):
    """As people start it: two addresses are told, each store turns to its own generations."""
    real, made = stores
    path = os.pathsep.join([str(ROOT), str(ROOT / "server")])
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", START, "--store", str(real), "--port", "0",
         "--mount", f"/synthetic={made}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        address = process.stdout.readline().split()[2]
        told = process.stdout.readline()
        assert told == f"  and {made} at {address}synthetic/\n"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def answer(where):
            with opener.open(address + where, timeout=TIMEOUT_S) as response:
                return response.headers, response.read().decode()

        query = urlencode(
            {"query": f"SELECT ?t {{ ?s a <{KM}Study> ; ?p ?t . FILTER isLiteral(?t)}}"}
        )
        for place, title in (("", "A real study"), ("synthetic/", "A generated study")):
            headers, body = answer(f"{place}sparql?{query}")
            found = {row["t"]["value"] for row in json.loads(body)["results"]["bindings"]}
            assert title in found
            assert not {"A real study", "A generated study"} - {title} & found
            assert headers.get(SYNTHETIC) == ("true" if place else None)
            assert title in answer(f"{place}id/study/S1")[1]
        kmgraph.build([small_bundle(synthetic=True)], made)
        assert json.loads(answer("synthetic/readyz")[1])["generation"] == 2
        assert json.loads(answer("healthz")[1])["generation"] == 1
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=TIMEOUT_S)
        assert (process.returncode, output, errors) == (0, "", "")
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=TIMEOUT_S)


def test_pooling_is_refused_whatever_way_data_come(tmp_path):
    """Bundles beside bundles, files beside bundles, bundles beside files, and both in a file."""
    made_bundle, real_bundle = small_bundle(synthetic=True), small_bundle(synthetic=False)
    mark = f"<{BASE}dataset/x> a <{KM}Dataset> ; <{KM}synthetic> {{}} .\n"
    files = {}
    for name, text in {
        "made": mark.format("true"),
        "one": mark.format(f'"1"^^<{ox.Literal(True).datatype.value}>'),
        "real": mark.format("false"),
        "unmarked": f"<{BASE}dataset/x> a <{KM}Dataset> .\n",
        "records": f"<{BASE}study/x> a <{KM}Study> .\n",
        "neutral": "<urn:a> <urn:b> <urn:c> .\n",
        "mixed": mark.format("true") + mark.format("false").replace("dataset/x", "dataset/y"),
    }.items():
        files[name] = tmp_path / f"{name}.ttl"
        files[name].write_text(text, encoding="utf-8")
    empty = GenerationStore.create(tmp_path / "empty")
    with pytest.raises(PublicationError, match="never pooled: split it"):
        kmgraph.load_rdf(files["mixed"], "mixed", empty)
    refused = {"real": ("made", "one"), "made": ("real", "unmarked", "records")}
    for kind, bundle, other in (
        ("real", real_bundle, made_bundle),
        ("made", made_bundle, real_bundle),
    ):
        store = GenerationStore.create(tmp_path / kind)
        kmgraph.build([bundle], store)
        with pytest.raises(PublicationError, match="never pooled"):
            kmgraph.build([other], store)
        for name in refused[kind]:
            with pytest.raises(PublicationError, match="never pooled"):
                kmgraph.load_rdf(files[name], "loaded", store)
        kmgraph.load_rdf(files["neutral"], "neutral", store)
        assert store.current_id() == 2
