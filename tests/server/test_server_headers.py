"""Headers of all answers: OPTIONS, HEAD, other sites, slashes at the end."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

ASK = "/sparql?" + urlencode({"query": "ASK {}"})
PATHS = ["/", "/sparql", ASK, "/ontology", "/ontology.ttl", "/questions", "/questions/cq-031",
         "/framework/parihs-2004/PARIHS.C", "/robots.txt", "/healthz", "/readyz", "/metrics",
         "/static/kmgraph.css", "/static/favicon.svg"]  # fmt: skip
WRONG = ["/nothing", "/doc/none", "/sparql?query=SELECT", "/explain", "/questions/none",
         "/sparql?query=ASK+%7B%7D&timeout=never"]  # fmt: skip


@pytest.mark.parametrize("path", [*PATHS, *WRONG])
def test_062_head_is_get_without_a_body(site, path):
    """Also of errors; ids of requests and lengths of running numbers may differ."""
    get, head = site.get(path), site.get(path, method="HEAD")
    assert (head.status, head.body) == (get.status, b"")
    ignored = {"kmgraph-request-id", "date", "content-length"}
    for name in {*get.headers.keys(), *head.headers.keys()}:
        if name.lower() not in ignored:
            assert head.headers[name] == get.headers[name], name
    assert "Content-Length" in head.headers
    if path != "/metrics":
        assert int(head.headers["Content-Length"]) == len(get.body)


@pytest.mark.parametrize("path", PATHS)
def test_063_options_says_what_can_be_done(site, path):
    """204 without content."""
    answer = site.get(path, method="OPTIONS")
    assert (answer.status, answer.body) == (204, b"")
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))
    assert "Content-Type" not in answer.headers


def test_004_options_of_the_endpoint_lists_the_bodies_it_takes(site):
    """QUERY is a method, and Accept-Query says in what queries are sent."""
    answer = site.get("/sparql", method="OPTIONS")
    assert {"POST", "QUERY"} <= set(answer.headers["Allow"].split(", "))
    for name in ("Accept-Query", "Accept-Post"):
        assert "application/sparql-query" in answer.headers[name].split(", ")
    refused = site.get(ASK, method="PUT")
    assert refused.status == 405
    assert "QUERY" in refused.headers["Allow"]


@pytest.mark.parametrize("path", [*PATHS, *WRONG])
def test_064_any_site_may_ask_and_none_with_the_credentials_of_a_browser(site, path):
    """The origin is not repeated, and errors can be read too."""
    answer = site.get(path, Origin="https://elsewhere.example")
    assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Link", "ETag", "Kmgraph-Request-Id", "Kmgraph-Synthetic"} <= set(exposed)
    own = {name for name in answer.headers.keys() if name.startswith("Kmgraph-")}
    assert own <= set(exposed)


@pytest.mark.parametrize("path", ["/sparql", "/doc/none", "/"])
def test_064_a_browser_may_send_queries_and_tokens_from_another_site(site, path):
    """The preflight request needs no token and allows the headers of the protocols."""
    answer = site.get(
        path,
        method="OPTIONS",
        Origin="https://elsewhere.example",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization, content-type",
    )
    assert answer.status == 204
    allowed = {n.strip().lower() for n in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"content-type", "authorization", "accept", "if-match", "if-none-match"} <= allowed
    assert answer.headers["Access-Control-Allow-Methods"] == answer.headers["Allow"]
    assert int(answer.headers["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize(
    "path",
    ["/sparql", "/ontology", "/questions", "/questions/cq-031", "/doc/dataset/clahrc-ndl",
     "/framework/parihs-2004/PARIHS.C", "/explain", "/grid", "/healthz", "/readyz", "/robots.txt"],
)  # fmt: skip
def test_068_a_slash_at_the_end_says_nothing(site, path):
    """The same is found with it and without."""
    query = "?iri=dataset/clahrc-ndl" if path == "/explain" else ""
    without, with_one = site.get(path + query), site.get(f"{path}/{query}")
    assert without.status == with_one.status == 200
    assert without.media_type == with_one.media_type
    if path == "/sparql":
        # The nodes that describe graphs are named after the endpoint.
        assert with_one.body == without.body


def test_068_relative_iris_do_not_depend_on_the_slash(site):
    """The base of a query is the endpoint."""
    query = urlencode({"query": "SELECT (IRI('a') AS ?a) {}", "format": "csv"})
    found = {site.get(f"/sparql{slash}?{query}").text for slash in ("", "/")}
    assert len(found) == 1
    assert re.search(r"http://127\.0\.0\.1:\d+/a\b", found.pop())
