"""Checks 13 to 18: the dataset that a request names."""

from __future__ import annotations

from urllib.parse import quote

from checks.exchange import Listener
from checks.model import EX, G1, G2, SIZE_1, SIZE_2, SIZE_BOTH, Endpoint, check, wanted

_COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
_NAMED = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"


def _same(expected: int, found: int, what: str) -> None:
    """Fail unless two counts agree."""
    assert found == expected, f"{what}: {expected} triples expected, {found} found"


@check(13, "default-graph-uri makes one graph the default graph")
def one_default_graph(endpoint: Endpoint) -> None:
    _same(SIZE_1, endpoint.count(_COUNT, params={"default-graph-uri": G1}), "g1")
    _same(SIZE_2, endpoint.count(_COUNT, params={"default-graph-uri": G2}), "g2")
    _same(0, endpoint.count(_NAMED, params={"default-graph-uri": G1}), "GRAPH without named graphs")


@check(14, "two of them are merged as a set")
def merge(endpoint: Endpoint) -> None:
    found = endpoint.count(_COUNT, params={"default-graph-uri": [G1, G2]})
    _same(SIZE_BOTH, found, "the merge of two graphs that share a triple")
    both = _COUNT.replace("WHERE", f"FROM <{G1}> FROM <{G2}> WHERE")
    _same(SIZE_BOTH, endpoint.count(both), "the same by FROM")


@check(15, "named-graph-uri is what GRAPH reaches, and nothing else")
def named_graph(endpoint: Endpoint) -> None:
    params = {"named-graph-uri": G2}
    _same(SIZE_2, endpoint.count(_NAMED, params=params), "GRAPH ?g")
    _same(0, endpoint.count(_COUNT, params=params), "the default graph, which is empty then")
    hidden = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{G1}> {{ ?s ?p ?o }} }}"
    _same(0, endpoint.count(hidden, params=params), "GRAPH of another graph")


@check(16, "the parameters replace the FROM and FROM NAMED of the query")
def parameters_win(endpoint: Endpoint) -> None:
    clauses = f"FROM <{G1}> FROM NAMED <{G1}> WHERE"
    default, named = (text.replace("WHERE", clauses) for text in (_COUNT, _NAMED))
    _same(SIZE_2, endpoint.count(default, params={"default-graph-uri": G2}), "default graph")
    _same(SIZE_2, endpoint.count(named, params={"named-graph-uri": G2}), "named graph")
    # One parameter replaces the whole dataset, so that the query's own named graph is gone.
    _same(0, endpoint.count(named, params={"default-graph-uri": G2}), "FROM NAMED left over")


@check(17, "they work in the URL of a direct POST, and in a form")
def in_the_url(endpoint: Endpoint) -> None:
    reply = wanted(endpoint.post(_COUNT, params=f"default-graph-uri={quote(G2, safe='')}"), 200)
    found = reply.json()["results"]["bindings"][0]["n"]["value"]
    _same(SIZE_2, int(found), "direct POST")
    reply = wanted(endpoint.form({"query": _COUNT, "default-graph-uri": G2}), 200)
    found = reply.json()["results"]["bindings"][0]["n"]["value"]
    _same(SIZE_2, int(found), "form")


@check(18, "an unknown graph is empty, and nobody is asked for it")
def unknown_graph(endpoint: Endpoint) -> None:
    _same(0, endpoint.count(_COUNT, params={"default-graph-uri": f"{EX}no-such-graph"}), "unknown")
    with Listener() as listener:
        for name in ("default-graph-uri", "named-graph-uri"):
            reply = endpoint.query(_COUNT, params={name: listener.url})
            assert listener.calls == 0, f"{name} made the server fetch the graph"
            wanted(reply, 200)
            _same(0, int(reply.json()["results"]["bindings"][0]["n"]["value"]), name)
