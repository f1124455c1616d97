"""What servers say, and what they let a client change."""

from __future__ import annotations

import sys

import pyoxigraph as ox
import pytest
from remote import places

import kmgraph
from kmgraph import errors
from kmgraph.access.tokens import TokenRegister
from kmgraph.stores.generations import GenerationStore

SYNTAX = "SELECT *\n{ ?s ?p }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER (?c != ?f) }"
NUMBERS = "SELECT ?n { VALUES ?x { 1 2 3 4 5 6 7 8 9 } VALUES ?y { 0 10 20 } BIND (?x + ?y AS ?n) }"
TRIPLE = b"<urn:s> <urn:p> <urn:o> .\n"


@pytest.fixture(scope="module")
def limited(folder):
    """Return the example behind our own server, with little time and few rows."""
    limits = {"query_timeout_s": 1.0, "row_limit": 10}
    with (
        places.kmgraph_server(folder, folder / "store", **limits) as url,
        kmgraph.connect(url, base="https://w3id.org/kmgraph/id/") as dataset,
    ):
        yield dataset


def test_our_server_names_the_place_of_a_mistake(limited):
    with pytest.raises(errors.QuerySyntaxError) as raised:
        limited.query(SYNTAX)
    assert 2 == raised.value.line
    with pytest.raises(errors.QuerySyntaxError, match="PREFIX prov:"):
        limited.query("ASK { ?a prov:agent ?b }")
    with pytest.raises(errors.OutboundRequestError):
        limited.query("SELECT * { SERVICE <http://127.0.0.1:1/> { ?a ?b ?c } }")


def test_our_server_stops_a_query(limited):
    with pytest.raises(errors.QueryTimeoutError) as raised:
        limited.query(ENDLESS)
    assert 1.0 == raised.value.limit_s


def test_a_result_that_our_server_finds_too_large_comes_in_pages(limited):
    expected = sorted(x + y for x in range(1, 10) for y in (0, 10, 20))
    assert expected == sorted(int(row[0].value) for row in limited.query(NUMBERS))
    ordered = [int(row[0].value) for row in limited.query(f"{NUMBERS} ORDER BY DESC(?n)")]
    assert expected[::-1] == ordered
    assert 27 == len(limited.query(NUMBERS).to_dicts())


def test_a_graph_that_our_server_finds_too_large_is_refused(limited):
    with pytest.raises(errors.ResultLimitError) as raised:
        limited.query("CONSTRUCT WHERE { ?s ?p ?o }")
    assert 10 == raised.value.limit


def test_our_server_says_what_generation_it_reads(limited):
    assert limited.query("ASK {}")
    assert 1 == limited.generation


def test_a_token_that_is_not_known(limited):
    url = limited.store.endpoint.where.query
    with pytest.raises(errors.TokenError):
        kmgraph.connect(url, token="kmg_" + "x" * 43)


def test_oxigraph_takes_changes(folder, tmp_path):
    with places.oxigraph(tmp_path, folder / "named.nq") as url, kmgraph.connect(url) as dataset:
        dataset.update("INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1, 2 } }")
        assert 2 == dataset.store.count("urn:g")
        assert 201 == dataset.put_graph("urn:new", TRIPLE).status
        extra = ox.Triple(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal("x"))
        dataset.put_graph("urn:new", [extra], replace=False)
        assert 2 == dataset.store.count("urn:new")
        dataset.put_graph("urn:new", TRIPLE)
        assert 1 == dataset.store.count("urn:new")
        dataset.put_graph(None, TRIPLE)
        assert 1 == len(dataset)
        dataset.delete_graph("urn:new")
        assert "urn:new" not in dataset.store.graph_names()
        with pytest.raises(errors.EndpointError) as raised:
            dataset.delete_graph("urn:new")
        assert 404 == raised.value.status
        with pytest.raises(errors.QueryError):
            dataset.put_graph("urn:new", b"<urn:s> <urn:p>")
        with pytest.raises(errors.QueryError):
            dataset.update("INSERT nonsense")


def test_rdflib_endpoint_takes_changes(tmp_path):
    (tmp_path / "data.nq").write_bytes(TRIPLE.replace(b" .", b" <urn:g> ."))
    with places.rdflib_endpoint(tmp_path, tmp_path / "data.nq") as url:
        dataset = kmgraph.connect(url, update_url=url)
        dataset.update("INSERT DATA { GRAPH <urn:h> { <urn:a> <urn:b> 1 } }")
        assert ["urn:g", "urn:h"] == dataset.store.graph_names()


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """Return the address of our own server over an empty store, and tokens to read and write."""
    folder = tmp_path_factory.mktemp("ours")
    store = GenerationStore.create(folder / "store")
    with store.begin(reason="empty") as writer:
        writer.publish()
    register = TokenRegister(store.path)
    tokens = {scope: register.create(scope, [scope]) for scope in ("read", "write")}
    with places.kmgraph_server(folder, store.path, validate_writes=False) as url:
        yield url, tokens


def test_our_server_takes_changes_from_those_who_may(ours):
    url, tokens = ours
    with kmgraph.connect(url, token=tokens["write"]) as dataset:
        done = dataset.update("INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1, 2 } }")
        assert done.generation == dataset.generation
        assert 2 == dataset.store.count("urn:g") == len(dataset)
        assert 201 == dataset.put_graph("urn:new", TRIPLE).status
        dataset.put_graph("urn:new", TRIPLE.replace(b"urn:o", b"urn:x"), replace=False)
        assert 2 == dataset.store.count("urn:new")
        dataset.delete_graph("urn:new")
        assert ["urn:g"] == dataset.store.graph_names()
        with pytest.raises(errors.GraphNotFoundError):
            dataset.delete_graph("urn:new")
        with pytest.raises(errors.RdfParseError):
            dataset.put_graph("urn:new", b"<urn:s> <urn:p>")
        with pytest.raises(errors.QuerySyntaxError):
            dataset.update("INSERT nonsense")
        with pytest.raises(errors.StaleGenerationError):
            dataset.put_graph("urn:g", TRIPLE, if_match='"old"')


def test_our_server_takes_no_changes_from_others(ours):
    url, tokens = ours
    for token, kind in ((None, errors.TokenError), (tokens["read"], errors.AccessDeniedError)):
        with kmgraph.connect(url, token=token) as dataset:
            for change in (
                lambda: dataset.update("CLEAR ALL"),
                lambda: dataset.put_graph("urn:g", TRIPLE),
                lambda: dataset.delete_graph("urn:g"),
            ):
                with pytest.raises(kind):
                    change()


def test_without_sparqlwrapper_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "SPARQLWrapper", None)
    with pytest.raises(errors.MissingExtraError, match=r"kmgraph\[client\]"):
        kmgraph.connect("https://example.org/sparql")
