"""Short queries are answered while all workers have long ones."""

from __future__ import annotations

from contextlib import ExitStack, closing

from helpers.serving import ENDLESS, asking, make_store, serving, until

AGGREGATE = "SELECT (COUNT(DISTINCT ?p) AS ?n) {{ ?s ?p ?o FILTER (?s != <urn:x{}>) }}"


def metric(server, name):
    """Return the value of a measurement."""
    lines = server.get("/metrics").body.decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


def test_short_queries_are_answered_beside_long_ones(tmp_path):
    """Two run, more wait, some of which nobody knew to be long; what is short does not wait."""
    store = make_store(tmp_path / "store")
    options = ("--workers", "2", "--query-timeout-s", "60", "--wait-s", "60", "--shutdown-s", "0")
    with serving("--store", str(store.path), *options) as server, ExitStack() as stack:

        def start(query):
            connection = stack.enter_context(closing(server.connect()))
            connection.request("GET", asking(query))

        for number in range(2):
            # Of one shape, since they differ in a value only.
            start(ENDLESS.replace("?c != ?f", f'?c != ?f && ?f != "{number}"'))
        until(lambda: metric(server, "kmgraph_queries_running") == 2)
        start(ENDLESS.replace("?c != ?f", '?c != ?f && ?f != "another"'))
        start(ENDLESS.replace("COUNT(*)", "COUNT(?a)"))
        until(lambda: metric(server, "kmgraph_queries_waiting") == 2)
        for number in range(5):
            reply = server.get(asking(AGGREGATE.format(number)))
            assert (reply.status, reply.json["results"]["bindings"][0]["n"]["value"]) == (200, "1")
        assert metric(server, "kmgraph_queries_running") == 2
        assert metric(server, "kmgraph_queries_waiting") == 2
        server.process.terminate()
        assert server.end()[0] == 0
