"""Content codings: what is sent is the same, shorter, and never half."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from importlib import import_module
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph_server import ServerConfig, compression, create_app
from kmgraph_server.compression import (
    SHORTEST_BYTES,
    compress,
    compress_file,
    is_compressible,
    offered,
)

STUDIES = "SELECT * { ?s ?p ?o } LIMIT 300"
DECODERS = {"gzip": gzip.decompress}
if "zstd" in offered():
    DECODERS["zstd"] = import_module(compression._zstd_module()).decompress
codings = pytest.mark.parametrize("coding", DECODERS)


def at(query=STUDIES, **more):
    """Return the address of a query."""
    return "/sparql?" + urlencode({"query": query, **more})


#: A page, a document, answers of several forms, a picture and a file.
PATHS = ["/", "/ontology.ttl", "/questions/cq-031?format=csv", at(), at(format="html"),
         "/static/kmgraph.css"]  # fmt: skip


@codings
@given(st.binary(max_size=5_000))
def test_what_is_compressed_comes_back(coding, data):
    """In one piece or through a file."""
    assert DECODERS[coding](compress(data, coding)) == data
    made, length = compress_file(io.BytesIO(data), coding)
    with made:
        sent = made.read()
    assert (DECODERS[coding](sent), len(sent)) == (data, length)


@codings
def test_equal_bodies_have_equal_bytes(coding):
    """So that a strong tag is true: no time is written into them."""
    data = b"abc" * 1_000
    assert compress(data, coding) == compress(data, coding)


def test_a_file_is_compressed_from_disk():
    """A body that does not fit into memory is not read into it at once."""
    piece = os.urandom(1_000_000)
    data = io.BytesIO(piece * 3)
    made, length = compress_file(data, "gzip")
    with made:
        assert made._rolled
        assert (DECODERS["gzip"](made.read()), length > 1_000_000) == (piece * 3, True)


def test_pictures_are_left_as_they_are():
    """As is what is compressed already."""
    kinds = ["text/html; charset=utf-8", "application/sparql-results+json", "image/svg+xml",
             "application/rdf+xml", "application/n-triples", "application/problem+json",
             "application/ld+json"]  # fmt: skip
    assert all(map(is_compressible, kinds))
    assert not any(map(is_compressible, ["image/png", "application/zip", "application/gzip", ""]))


@codings
@pytest.mark.parametrize("path", PATHS)
def test_066_a_client_that_takes_a_coding_gets_it(site, path, coding):
    """With a tag of its own and a length that is right, over a socket; HEAD says the same."""
    plain = site.get(path)
    coded = site.get(path, Accept_Encoding=coding)
    assert "Content-Encoding" not in plain.headers
    assert coded.headers["Content-Encoding"] == coding
    assert DECODERS[coding](coded.body) == plain.body
    assert len(coded.body) < len(plain.body)
    assert int(coded.headers["Content-Length"]) == len(coded.body)
    for reply in (plain, coded):
        assert "Accept-Encoding" in reply.headers["Vary"]
    assert coded.headers["ETag"] == f'{plain.headers["ETag"][:-1]}-{coding}"'
    head = site.get(path, method="HEAD", Accept_Encoding=coding)
    for name in ("Content-Length", "Content-Encoding", "ETag", "Content-Type"):
        assert head.headers[name] == coded.headers[name]
    known = {"If_None_Match": coded.headers["ETag"], "Accept_Encoding": coding}
    again = site.get(path, **known)
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == coded.headers["ETag"]
    other = site.get(path, If_None_Match=coded.headers["ETag"])
    assert (other.status, other.body) == (200, plain.body)


@codings
@pytest.mark.parametrize("method", ["POST", "QUERY"])
def test_answers_to_queries_in_bodies_are_compressed(client, method, coding):
    """They are as long as others."""
    headers = {"Content-Type": "application/sparql-query", "Accept-Encoding": coding}
    answer = client.open("/sparql", method=method, data=STUDIES, headers=headers)
    assert answer.headers["Content-Encoding"] == coding
    assert len(json.loads(DECODERS[coding](answer.data))["results"]["bindings"]) == 300


def test_small_answers_and_pictures_are_sent_as_they_are(client):
    """Unless the client refuses that."""
    answer = client.get(at("ASK {}"), headers={"Accept-Encoding": "gzip, zstd"})
    assert len(answer.data) < SHORTEST_BYTES
    assert "Content-Encoding" not in answer.headers
    strict = client.get(at("ASK {}"), headers={"Accept-Encoding": "gzip, identity;q=0"})
    assert strict.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(strict.data))["boolean"] is True


def test_a_client_that_takes_no_coding_that_there_is_is_told(client):
    """406 lists them; the error itself is sent as it is."""
    answer = client.get("/ontology.ttl", headers={"Accept-Encoding": "br, identity;q=0"})
    assert answer.status_code == 406
    assert set(answer.json["available"]) == {*offered(), "identity"}
    for value in ("br", "*;q=0, identity", "gzip;q=0", "", "nonsense;q=9"):
        answer = client.get("/ontology.ttl", headers={"Accept-Encoding": value})
        assert "Content-Encoding" not in answer.headers, value
        assert answer.status_code == 200


def test_without_zstd_there_is_gzip(evidence, monkeypatch):
    """The package is optional."""
    cached = (compression.offered, compression._zstd_module)
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    try:
        for function in cached:
            function.cache_clear()
        app = create_app(ServerConfig(cache_bytes=0), dataset=evidence)
        answer = app.test_client().get("/ontology.ttl", headers={"Accept-Encoding": "zstd, gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
    finally:
        for function in cached:
            function.cache_clear()


def test_parts_are_of_the_file_as_it_is(site):
    """And have its tag, so that they are never mixed with parts of another coding."""
    plain = site.get("/static/kmgraph.css")
    part = site.get("/static/kmgraph.css", Range="bytes=0-9", Accept_Encoding="gzip")
    assert (part.status, part.body) == (206, plain.body[:10])
    assert part.headers["ETag"] == plain.headers["ETag"]
    assert "Content-Encoding" not in part.headers
