"""What servers say, and what they let a client change."""

from __future__ import annotations

import shutil
import sys
from itertools import islice

import pyoxigraph as ox
import pytest
from remote import places

import kmgraph
from kmgraph import errors
from kmgraph.access.tokens import TokenRegister

SYNTAX = "SELECT *\n{ ?s ?p }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER (?c != ?f) }"
NUMBERS = "SELECT ?n { VALUES ?x { 1 2 3 4 5 6 7 8 9 } VALUES ?y { 0 10 20 } BIND (?x + ?y AS ?n) }"
TRIPLE = b"<urn:s> <urn:p> <urn:o> .\n"


@pytest.fixture(scope="module")
def ours(folder, tmp_path_factory):
    """Return the address of our own server over a copy of the example, and tokens for it.

    It has little time for a query and sends few rows.
    """
    path = tmp_path_factory.mktemp("ours")
    shutil.copytree(folder / "store", path / "store")
    register = TokenRegister(path / "store")
    tokens = {scope: register.create(scope, [scope]) for scope in ("read", "write")}
    limits = {"query_timeout_s": 1.0, "row_limit": 10, "validate_writes": False}
    with places.kmgraph_server(path, path / "store", **limits) as url:
        yield url, tokens


@pytest.fixture(scope="module")
def limited(ours):
    """Return the example behind our own server, with little time and few rows."""
    with kmgraph.connect(ours[0], base="https://w3id.org/kmgraph/id/") as dataset:
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
    assert limited.generation >= 1


def test_a_token_that_is_not_known(limited):
    url = limited.store.endpoint.where.query
    with pytest.raises(errors.TokenError):
        kmgraph.connect(url, token="kmg_" + "x" * 43)


def test_oxigraph_takes_changes(tmp_path):
    with places.oxigraph(tmp_path) as url, kmgraph.connect(url) as dataset:
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
        assert dataset.graph_tag("urn:g") is None
        with pytest.raises(errors.GraphNotFoundError):
            dataset.graph_tag("urn:new")
        with pytest.raises(errors.QueryError):
            dataset.update("INSERT nonsense")


def test_rdflib_endpoint_takes_changes(endpoint):
    url = endpoint("rdflib-endpoint")
    dataset = kmgraph.connect(url, update_url=url)
    before = dataset.store.graph_names()
    dataset.update("INSERT DATA { GRAPH <urn:h> { <urn:a> <urn:b> 1 } }")
    assert {*before, "urn:h"} == set(dataset.store.graph_names())
    dataset.update("DROP GRAPH <urn:h>")
    assert before == dataset.store.graph_names()


def test_our_server_takes_changes_from_those_who_may(ours):
    url, tokens = ours
    with kmgraph.connect(url, token=tokens["write"]) as dataset:
        done = dataset.update("INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1, 2 } }")
        assert done.generation == dataset.generation
        assert 2 == dataset.store.count("urn:g")
        assert 201 == dataset.put_graph("urn:new", bytearray(TRIPLE)).status
        dataset.put_graph("urn:new", TRIPLE.replace(b"urn:o", b"urn:x"), replace=False)
        assert 2 == dataset.store.count("urn:new")
        dataset.delete_graph("urn:new")
        assert ["urn:g"] == [name for name in dataset.store.graph_names() if "urn:" in name]
        with pytest.raises(errors.GraphNotFoundError):
            dataset.delete_graph("urn:new")
        with pytest.raises(errors.RdfParseError):
            dataset.put_graph("urn:new", b"<urn:s> <urn:p>")
        with pytest.raises(errors.QuerySyntaxError):
            dataset.update("INSERT nonsense")


def test_a_change_is_bound_to_what_a_graph_holds(ours):
    url, tokens = ours
    with kmgraph.connect(url, token=tokens["write"]) as dataset:
        with pytest.raises(errors.GraphNotFoundError):
            dataset.graph_tag("urn:bound")
        dataset.put_graph("urn:bound", TRIPLE)
        tag = dataset.graph_tag("urn:bound")
        dataset.put_graph("urn:bound", TRIPLE.replace(b"urn:o", b"urn:x"), if_match=tag)
        for change in (
            lambda: dataset.put_graph("urn:bound", TRIPLE, if_match=tag),
            lambda: dataset.delete_graph("urn:bound", if_match=tag),
        ):
            with pytest.raises(errors.StaleGenerationError):
                change()
        assert 1 == dataset.store.count("urn:bound")
        dataset.delete_graph("urn:bound", if_match=dataset.graph_tag("urn:bound"))


def test_pages_of_our_server_that_a_write_cuts_short(ours):
    url, tokens = ours
    ten = b"".join(b"<urn:s%d> <urn:p> <urn:o> .\n" % number for number in range(10))
    with kmgraph.connect(url, token=tokens["write"]) as dataset:
        dataset.put_graph("urn:pages", ten)
        rows = iter(dataset.query("SELECT ?s { GRAPH <urn:pages> { ?s ?p ?o } }", page_rows=5))
        assert 5 == len(list(islice(rows, 5)))
        dataset.put_graph("urn:pages", TRIPLE)
        with pytest.raises(errors.StaleGenerationError):
            next(rows)


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
