"""Behind a proxy: its headers count where it is trusted, and callers are held to a rate."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pyoxigraph as ox
import pytest

from kmgraph.access.tokens import TokenRegister
from kmgraph.stores.generations import GenerationStore
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.rate_limit import Buckets, network
from kmgraph_server.state import close

ROOT = Path(__file__).resolve().parents[2]
START = "from kmgraph_server.cli import serve; serve()"
TIMEOUT_S = 60
OTHER_BASE = "https://example.org/other/"
FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "data.example.org",
    "X-Forwarded-Prefix": "/evidence",
}
ENDPOINT = ox.NamedNode("http://www.w3.org/ns/sparql-service-description#endpoint")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the test."""

    def redirect_request(self, *args):
        """Follow none."""
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects())


def get(address, **headers):
    """Return status, headers and text."""
    request = urllib.request.Request(address, headers=headers)
    try:
        with OPENER.open(request, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def publish(folder, base):
    """Return a store with one statement."""
    store = GenerationStore.create(folder / "store", base=base)
    path = folder / "open.nq"
    path.write_text(f'<{base}study/a> <urn:p> "x" <{base}graph/open> .\n')
    with store.begin(reason="test") as writer:
        writer.replace_graph("open", path, kind="updates")
        writer.publish()
    return store


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Two stores."""
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    return [publish(folders[0], "https://example.org/"), publish(folders[1], OTHER_BASE)]


@contextlib.contextmanager
def serving(stores, *options):
    """Run the production server, and give its address."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "server")])
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", START, "--store", str(stores[0].path),
         "--mount", f"/other={stores[1].path}", "--port", "0", *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        yield process.stdout.readline().split()[2]
    finally:
        process.terminate()
        try:
            process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate(timeout=TIMEOUT_S)


@pytest.fixture(scope="module")
def trusting(stores):
    """A server that trusts one proxy."""
    with serving(stores, "--trusted-proxies", "1") as address:
        yield address


@pytest.fixture(scope="module")
def wary(stores):
    """A server that trusts none."""
    with serving(stores) as address:
        yield address


def endpoint(text):
    """Return the address of the query operation that a description of an endpoint names."""
    quads = ox.parse(text, ox.RdfFormat.TURTLE)
    named = [quad.object.value for quad in quads if quad.predicate == ENDPOINT]
    (found,) = (iri for iri in named if iri.endswith("/sparql"))
    assert all(urljoin(found, ".") == urljoin(iri, ".") for iri in named)
    return found


@pytest.mark.parametrize("mount", ["", "other/"])
def test_068_addresses_are_those_of_the_proxy(trusting, mount):
    """Links, redirects, the description of the endpoint and the base of queries."""
    outside = f"https://data.example.org/evidence/{mount}"
    address, root = trusting + mount, f"/evidence/{mount}"
    for _ in range(2):
        _, _, text = get(f"{address}sparql", Accept="text/turtle", **FORWARDED)
        assert endpoint(text) == f"{outside}sparql"
        query = urlencode({"query": "SELECT (IRI('a') AS ?a) {}", "format": "csv"})
        assert f"{outside}a" in get(f"{address}sparql?{query}", **FORWARDED)[2]
        status, headers, _ = get(f"{address}id/study/a", **FORWARDED)
        assert (status, headers["Location"]) == (303, f"{root}doc/study/a")
        _, headers, page = get(f"{address}doc/study/a", Accept="text/html", **FORWARDED)
        targets = re.findall(r'(?:href|src|action)="([^"#:]+)"', page)
        targets += re.findall(r"<(/[^>]*)>", ", ".join(headers.get_all("Link")))
        assert len(targets) > 5
        for target in targets:
            assert urljoin(f"{root}doc/study/a", target).startswith(root), target
    if mount:
        status, headers, _ = get(address.rstrip("/"), **FORWARDED)
        assert (status, headers["Location"]) == (308, root)


def test_068_the_server_still_answers_without_the_proxy(trusting):
    """And what was kept for the one is not sent to the other."""
    assert endpoint(get(f"{trusting}sparql", Accept="text/turtle")[2]) == f"{trusting}sparql"
    _, _, text = get(f"{trusting}sparql", Accept="text/turtle", **FORWARDED)
    assert endpoint(text) == "https://data.example.org/evidence/sparql"


def test_068_what_is_said_of_a_request_is_believed_of_trusted_proxies_only(wary):
    """Anyone can send such headers."""
    spoofed = {**FORWARDED, "Forwarded": "host=evil.example;proto=https"}
    for _ in range(2):
        assert endpoint(get(f"{wary}sparql", Accept="text/turtle", **spoofed)[2]) == f"{wary}sparql"
    _, headers, _ = get(f"{wary}id/study/a", **spoofed)
    assert headers["Location"] == "/doc/study/a"


@pytest.mark.parametrize("prefix", ["//evil.example", "https://evil.example", "/a b", "/%0d", "/"])
def test_a_prefix_leads_to_no_other_host(trusting, prefix):
    """What is no path counts as none."""
    headers = {**FORWARDED, "X-Forwarded-Prefix": prefix}
    _, answered, page = get(f"{trusting}id/study/a", **headers)
    assert answered["Location"] == "/doc/study/a"
    assert "evil" not in get(f"{trusting}doc/study/a", Accept="text/html", **headers)[2] + page


# --- rates --------------------------------------------------------------------------------------


def test_a_bucket_fills_again():
    """Steadily, and never above its brim."""
    now = [0.0]
    buckets = Buckets(60, lambda: now[0])
    assert [buckets.take("a")[0] for _ in range(61)] == [True] * 60 + [False]
    assert buckets.take("a") == (False, 0, 1)
    now[0] = 1.0
    assert [buckets.take("a")[0] for _ in range(2)] == [True, False]
    now[0] = 10_000.0
    assert [buckets.take("a")[0] for _ in range(61)] == [True] * 60 + [False]


def test_the_memory_of_callers_is_bounded():
    """Those who were not seen for the longest time are forgotten."""
    buckets = Buckets(1)
    for number in range(30_000):
        buckets.take(str(number))
    assert len(buckets._held) == 20_000


def test_one_client_has_many_addresses_of_version_6():
    """They count as one; what is no address counts as it stands."""
    assert network("2001:db8::1") == network("2001:db8::ffff:1") != network("2001:db8:0:1::1")
    assert network("fe80::1%eth0") == "fe80::"
    assert network("unix") == "unix"


@pytest.fixture
def limited(stores):
    """A client of an application that takes three requests a minute."""
    app = create_app(ServerConfig(store=stores[0].path, rate_limit_per_minute=3, trusted_proxies=1))
    yield app.test_client()
    close(app)


def test_039_a_caller_that_asks_too_much_is_told_when_to_come_again(limited):
    """Answers that were kept count as well; others are not held up."""
    answers = [limited.get("/sparql?query=ASK+%7B%7D") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [a.headers["RateLimit"].partition(";t")[0] for a in answers] == [
        f'"caller";r={left}' for left in (2, 1, 0, 0)
    ]
    for answer in answers:
        assert answer.headers.getlist("RateLimit-Policy") == ['"caller";q=3;w=60']
        assert len(answer.headers.getlist("RateLimit")) == 1
    refused = answers[-1]
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.content_type == "application/problem+json"
    assert refused.json["type"].endswith("#rate-limit")
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "127.0.0.1" not in json.dumps(refused.json)
    other = limited.get("/", headers={"X-Forwarded-For": "203.0.113.9"})
    assert other.status_code == 200
    # Two proxies' worth of headers, of which the client wrote the first.
    spoofed = limited.get("/", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})
    assert spoofed.headers["RateLimit"].startswith('"caller";r=1;')


def test_039_keepers_and_browsers_that_ask_first_are_not_counted(limited):
    """A load balancer must learn that a server is well, however busy it is."""
    for _ in range(5):
        for path in ("/healthz", "/readyz", "/metrics"):
            assert limited.get(path).status_code == 200
        assert limited.options("/sparql").status_code == 204
    assert limited.get("/").status_code == 200


def test_039_a_token_is_a_caller_wherever_it_is_used(limited, stores):
    """And one that is not valid counts for the address."""
    register = TokenRegister(stores[0].path)
    headers = {"Authorization": f"Bearer {register.create('counted', {'read'})}"}
    for number, address in enumerate(["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"]):
        answer = limited.get("/", headers={**headers, "X-Forwarded-For": address})
        assert answer.status_code == (200 if number < 3 else 429)
    assert limited.get("/").status_code == 200
    wrong = {"Authorization": "Bearer kmg_wrong"}
    assert [limited.get("/", headers=wrong).status_code for _ in range(3)] == [401, 401, 429]
