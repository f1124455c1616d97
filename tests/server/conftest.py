"""Fixtures of the server's tests: the shipped example, an application, a real socket."""

from __future__ import annotations

import contextlib
import csv
import shutil
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass

import pytest
from helpers.browsing import CHROMIUM, visiting
from werkzeug.serving import make_server

import kmgraph
from kmgraph.bundles.files import example_path
from kmgraph_server import ServerConfig, create_app, join

TIMEOUT_S = 20
SYNTHETIC_BASE = "https://w3id.org/kmgraph/synthetic/"


@dataclass(frozen=True)
class Reply:
    """An answer as it came over the socket."""

    status: int
    headers: object
    body: bytes

    @property
    def text(self):
        """Return the body as text."""
        return self.body.decode()

    @property
    def media_type(self):
        """Return the media type without parameters."""
        return self.headers.get_content_type()


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the test."""

    def redirect_request(self, *args):
        """Follow none."""
        return None


class Site:
    """A running server."""

    def __init__(self, url):
        self.url = url
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects())

    def get(self, path, *, method="GET", data=None, **headers):
        """Send one request; header names are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, data, named, method=method)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                return Reply(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read())


@contextlib.contextmanager
def running(app):
    """Serve an application at a free port of the loopback address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.log_level = 0
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join(TIMEOUT_S)
        server.server_close()


@pytest.fixture(scope="session")
def evidence(example):
    """The shipped example, built in memory."""
    return example


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """A synthetic dataset with records of every kind that pages show."""
    path = tmp_path_factory.mktemp("mounts") / "bundle"
    shutil.copytree(example_path("clahrc-ndl"), path)
    with (path / "dataset.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    row |= {"id": "generated", "title": "A generated programme", "synthetic": "yes"}
    row |= {"id_prefix": "syn-"}
    with (path / "dataset.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    with kmgraph.build_in_memory(path, base=SYNTHETIC_BASE) as dataset:
        yield dataset


@pytest.fixture(scope="session")
def joined(evidence, generated):
    """The real store at / and the synthetic one at /synthetic/."""
    apps = [create_app(ServerConfig(), dataset=dataset) for dataset in (evidence, generated)]
    return join(apps[0], {"/synthetic": apps[1]})


@pytest.fixture(scope="session")
def app(evidence):
    """An application that serves the example."""
    return create_app(ServerConfig(), dataset=evidence)


@pytest.fixture
def client(app):
    """A client that needs no socket."""
    return app.test_client()


@pytest.fixture(scope="session")
def site(app):
    """The application behind a real socket."""
    with running(app) as found:
        yield found


@pytest.fixture(scope="session")
def serve_app():
    """What serves another application for a while."""
    return running


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests of a process."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def visit(browser):
    """What opens a page of a server, and fails where a visit has troubles."""

    def visit(url, **options):
        return visiting(browser, url, **options)

    return visit
