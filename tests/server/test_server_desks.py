"""Look-ups that a second process answers are what the one process says, and are seen as quickly."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from helpers.serving import ENDLESS, asking, make_store, serving, until

from kmgraph.access.tokens import TokenRegister

LOOK_UP = "SELECT ?p ?o WHERE {{ <{}> ?p ?o }}"
JSON = "application/sparql-results+json"
CONNECTIONS = 6
TIMEOUT_S = 60


class Asker:
    """A connection that stays open, on which requests are counted."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.file = self.socket.makefile("rb")
        self.number = 0

    def send(self, path, *headers, method="GET", body=b""):
        """Send a request."""
        self.number += 1
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Accept: {JSON}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def read(self):
        """Return the status and the body of the next answer."""
        status = int(self.file.readline().split()[1])
        length = 0
        while (line := self.file.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, self.file.read(length)

    def ask(self, subject, *headers):
        """Return the status and the values of a subject."""
        self.send(asking(LOOK_UP.format(subject)), *headers)
        status, body = self.read()
        if status != 200:
            return status, []
        rows = json.loads(body)["results"]["bindings"]
        return status, sorted(row["o"]["value"] for row in rows)


def _links(folder):
    """Yield what the links of a folder lead to, of those that are still there."""
    for file in folder.iterdir():
        with suppress(FileNotFoundError):
            yield os.readlink(file)


class Busy:
    """A server, and connections of which a second process has some."""

    def __init__(self, server, askers):
        self.server, self.askers = server, askers
        self.others = 0

    def drive(self, *headers):
        """Ask on all connections at once for different subjects, and look at each answer."""
        turn = self.askers[0].number
        for number, asker in enumerate(self.askers):
            subject = (turn * 7 + number) % 3_000
            asker.send(asking(LOOK_UP.format(f"urn:s{subject}")), *headers)
        for number, asker in enumerate(self.askers):
            status, body = asker.read()
            assert (status, f'"value":"{(turn * 7 + number) % 3_000}"'.encode() in body) == (
                200,
                True,
            )

    def desks(self):
        """Return the numbers of the processes beside the server."""
        found = []
        for number in self.server.workers():
            try:
                told = Path(f"/proc/{number}/cmdline").read_bytes()
            except OSError:
                continue
            if b"kmgraph_server.desk" in told:
                found.append(number)
        return found

    def held(self):
        """Return how many connections these processes have, beside those to the server."""
        held = 0
        for number in self.desks():
            folder = Path(f"/proc/{number}/fd")
            held += sum(link.startswith("socket:") for link in _links(folder)) - 2
        return held

    def share(self, *headers):
        """Go on until another process has some of the connections."""

        def is_shared():
            for _ in range(20):
                self.drive(*headers)
            return self.held() >= 2

        until(is_shared)

    def metric(self, name):
        """Return the sum of a measurement."""
        self.others += 1
        lines = self.server.get("/metrics").body.decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def update(self, text, token):
        """Send an update over a connection of its own."""
        reply = self.server.get(
            "/update",
            method="POST",
            body=text,
            Content_Type="application/sparql-update",
            Authorization=f"Bearer {token}",
        )
        assert reply.status == 200


@contextmanager
def busy(store, *options):
    """Serve with two processes, and have both be busy."""
    arguments = ("--store", str(store.path), "--serving-processes", "2", *options)
    with serving(*arguments) as server, ExitStack() as stack:
        askers = [Asker(server.port) for _ in range(CONNECTIONS)]
        for asker in askers:
            stack.callback(asker.socket.close)
            stack.callback(asker.file.close)
        found = Busy(server, askers)
        found.share()
        yield found


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of 3,000 triples."""
    return make_store(tmp_path_factory.mktemp("desks") / "store")


@pytest.fixture(scope="module")
def two(store):
    """A server with two busy processes."""
    with busy(store, "--no-validate-writes") as found:
        yield found


def test_each_request_is_counted_once(two):
    """In the measurements of whichever process they are asked of."""
    two.share()
    for asker in two.askers:
        for _ in range(2):
            asker.send(asking(LOOK_UP.format("urn:s1")))
            asker.read()
    sent = sum(asker.number for asker in two.askers)
    assert two.metric('kmgraph_requests_total{kind="sparql"') == sent
    assert two.metric('kmgraph_request_seconds_count{kind="sparql"') == sent
    assert two.metric('kmgraph_queries_total{form="SELECT"') == sent
    assert two.metric("kmgraph_serving_processes") == 2
    assert two.metric("kmgraph_cache_hits_total") > 0


def test_what_is_no_look_up_is_answered_on_the_same_connection(two):
    """Whatever it is, also in parts; and look-ups go on."""
    two.share()
    long = asking("SELECT * { ?s ?p ?o . ?s ?q ?x }")
    for asker in two.askers:
        asker.send(asking("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))
        assert b'"3000"' in asker.read()[1]
        asker.send("/nothing-here")
        assert asker.read()[0] == 404
        asker.send(
            "/sparql",
            "Content-Type: application/sparql-query",
            method="POST",
            body=b"SELECT ?o { <urn:s7> ?p ?o }",
        )
        assert b'"7"' in asker.read()[1]
        asker.send(long)
        assert asker.read()[1].count(b'"x":') == 3_000
        assert asker.ask("urn:s8") == (200, ["8"])
    two.share()
    for asker in two.askers:
        path = asking(LOOK_UP.format("urn:s9"))
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: {JSON}\r\n\r\n".encode()
        asker.socket.sendall(head[:30])
        asker.socket.sendall(head[30:] + head)
        assert [b'"9"' in asker.read()[1] for _ in range(2)] == [True, True]
        asker.number += 2


def test_a_revoked_token_is_refused_everywhere(store, two):
    """Also where its holder was answered a moment ago."""
    register = TokenRegister(store.path)
    secret = f"Authorization: Bearer {register.create('reader', {'read'})}"
    two.share(secret)
    register.revoke("reader")
    for asker in two.askers:
        assert asker.ask("urn:s1", secret) == (401, [])
        assert asker.ask("urn:s1") == (200, ["1"])


def test_no_answer_is_older_than_the_last_write(store, two):
    """Once a write is answered, every connection sees it, in whichever process it is."""
    token = TokenRegister(store.path).create("writer", {"write"})
    for number in range(2):
        two.share()
        # Such as are kept, and such as are not.
        subjects = [f"urn:w{number}", "urn:w"]
        for asker in two.askers:
            for subject in subjects:
                asker.ask(subject)
        two.update(
            f"INSERT DATA {{ GRAPH <{store.base}graph/numbers> {{ "
            f'<urn:w{number}> <urn:p> "new" . <urn:w> <urn:p> "{number}" }} }}',
            token,
        )
        expected = [str(each) for each in range(number + 1)]
        for asker in two.askers:
            assert asker.ask(f"urn:w{number}") == (200, ["new"])
            assert asker.ask("urn:w") == (200, expected)


def test_views_of_an_older_generation_are_let_go_of(store, two):
    """Without anybody asking, so that what was deleted is gone."""
    token = TokenRegister(store.path).create("another", {"write"})
    two.share()
    text = f"INSERT DATA {{ GRAPH <{store.base}graph/numbers> {{ <urn:v> <urn:p> 1 }} }}"
    two.update(text, token)
    (desk,) = two.desks()

    def opened():
        links = [os.readlink(file) for file in Path(f"/proc/{desk}/fd").iterdir()]
        return [link for link in links if "/generations/" in link]

    until(lambda: not opened())


def test_a_stop_ends_all_processes(store):
    """Those who wait for an answer are told, each answer has its line, nothing else is said."""
    with busy(store, "--access-log", "--shutdown-s", "0.3") as found:
        waiting = found.askers[:2]
        for asker in waiting:
            asker.send(asking(ENDLESS))
        until(lambda: found.metric("kmgraph_queries_running") == 2)
        assert found.held()
        (desk,) = found.desks()
        found.server.process.terminate()
        assert [asker.read()[0] for asker in waiting] == [503, 503]
        code, errors = found.server.end()
        lines = [json.loads(line) for line in errors.splitlines()]
        sent = sum(asker.number for asker in found.askers) + found.others
        assert (code, len(lines)) == (0, sent)
        with pytest.raises(ProcessLookupError):
            os.kill(desk, 0)


def test_one_process_is_enough_where_that_is_said(store):
    """However much is asked."""
    with (
        serving("--store", str(store.path), "--serving-processes", "1") as server,
        ExitStack() as s,
    ):
        askers = [Asker(server.port) for _ in range(3)]
        for asker in askers:
            s.callback(asker.socket.close)
            s.callback(asker.file.close)
        found = Busy(server, askers)
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            found.drive()
        assert (found.desks(), found.metric("kmgraph_serving_processes")) == ([], 1)


def test_the_server_goes_on_when_the_process_dies(two):
    """Connections that it had are closed; others, and what was counted, are not lost."""
    two.share()
    before = two.metric('kmgraph_requests_total{kind="sparql"')
    (desk,) = two.desks()
    held = two.held()
    os.kill(desk, signal.SIGKILL)
    until(lambda: not two.desks())
    lost = 0
    for asker in two.askers:
        try:
            assert asker.ask("urn:s1") == (200, ["1"])
        except (OSError, IndexError):
            lost += 1
    assert 0 < lost <= held
    assert two.metric('kmgraph_requests_total{kind="sparql"') == before + CONNECTIONS - lost
    assert two.metric("kmgraph_serving_processes") == 1
