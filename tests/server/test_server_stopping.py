"""A server that is told to stop lets go of nobody's answer without need."""

from __future__ import annotations

import os
import signal
from contextlib import closing

import pytest
from helpers.serving import ENDLESS, asking, make_store, read, serving, until

from kmgraph.access.tokens import TokenRegister

#: It takes a second or so.
LONG = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of 3,000 triples."""
    return make_store(tmp_path_factory.mktemp("stopping") / "store")


@pytest.fixture(scope="module")
def keeper(store):
    """The header of somebody who may look at running queries."""
    return f"Bearer {TokenRegister(store.path).create('keeper', {'admin'})}"


def start(server, keeper, query):
    """Send a query that takes a while, and return its connection when it is being evaluated."""
    connection = server.connect()
    connection.request("GET", asking(query))
    until(lambda: server.get("/queries", Authorization=keeper).json["queries"])
    return connection


def is_refused(server):
    """Say whether no new connection is taken."""
    try:
        server.get("/healthz")
    except ConnectionError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_query_ends_first(store, keeper, number):
    """New connections are refused, an open one hears of the stop, the query is answered."""
    with serving("--store", str(store.path), "--shutdown-s", "50") as server:
        with closing(server.connect()) as watch:
            watch.request("GET", "/readyz")
            assert read(watch).json == {"generation": 1, "status": "ready"}
            with closing(start(server, keeper, LONG)) as asker:
                workers = server.workers()
                server.process.send_signal(number)
                until(lambda: is_refused(server))
                watch.request("GET", "/readyz")
                said = read(watch)
                assert (said.status, said.json["type"].partition("#")[2]) == (503, "stopping")
                assert said.headers["Retry-After"]
                assert said.headers["Cache-Control"] == "no-store"
                watch.request("GET", "/healthz")
                assert read(watch).status == 200
                reply = read(asker)
        assert reply.status == 200
        assert reply.json["results"]["bindings"][0]["n"]["value"] == "9000000"
        assert server.end() == (0, "")
    assert workers
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


@pytest.mark.parametrize(("shutdown_s", "signals"), [("0.3", 1), ("600", 2)])
def test_what_takes_too_long_is_stopped_and_its_asker_told(store, keeper, shutdown_s, signals):
    """At the end of the time, or at once after a second signal."""
    with serving("--store", str(store.path), "--shutdown-s", shutdown_s) as server:
        with closing(start(server, keeper, ENDLESS)) as asker:
            server.process.send_signal(signal.SIGTERM)
            if signals == 2:
                until(lambda: is_refused(server))
                server.process.send_signal(signal.SIGTERM)
            reply = read(asker)
        assert reply.status == 503
        assert reply.json["type"].endswith("#query-stopped")
        assert "server stops" in reply.json["detail"]
        assert server.end() == (0, "")


def test_the_process_that_writes_ends_too(tmp_path):
    """It is started by the first write, and its generation stays."""
    store = make_store(tmp_path / "store", 3)
    token = TokenRegister(store.path).create("writer", {"write"})
    options = ("--no-validate-writes", "--shutdown-s", "50")
    with serving("--store", str(store.path), *options) as server:
        reply = server.get(
            "/update",
            method="POST",
            body="INSERT DATA { <urn:new> <urn:p> 1 }",
            Content_Type="application/sparql-update",
            Authorization=f"Bearer {token}",
        )
        assert (reply.status, reply.json["generation"]) == (200, 2)
        children = server.workers()
        assert children
        server.process.send_signal(signal.SIGTERM)
        assert server.end() == (0, "")
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
    assert store.current_id() == 2


def test_idle_connections_do_not_hold_it_up(store):
    """Clients keep connections; a stop does not wait for them."""
    with serving("--store", str(store.path), "--shutdown-s", "600") as server:
        with closing(server.connect()) as idle:
            idle.request("GET", "/healthz")
            assert read(idle).status == 200
            server.process.send_signal(signal.SIGTERM)
            assert server.end() == (0, "")
