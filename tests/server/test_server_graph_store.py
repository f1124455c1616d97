"""Whole graphs over HTTP: named in both ways, read in every form, written with conditions."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pyoxigraph as ox
import pytest
from helpers.writable import EX, Desk, path_of, problem, raw, triples

from kmgraph.errors import QueryStoppedError, ResultLimitError
from kmgraph_server import ServerConfig, create_app, graph_documents, join
from kmgraph_server.graph_documents import write_document
from kmgraph_server.negotiation import RDF

FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
}
NODES = f'[] <{EX}p> [ <{EX}q> "x\\ny" ] . <{EX}a> <{EX}p> "é"@de, 1 .'


@pytest.fixture(scope="module")
def desk(tmp_path_factory, serve_app):
    """A store that is written to."""
    found = Desk(tmp_path_factory.mktemp("graphs"), serve_app, upload_limit_bytes=20_000)
    yield found
    found.close()


def text(value, name="s"):
    """Return a triple in Turtle."""
    return f"<{EX}{name}> <{EX}p> {value} ."


def test_a_graph_is_put_read_and_deleted(desk):
    """It is made once, comes back in every form as it was, and is gone in the end."""
    iri = f"{EX}whole?a=b&c#d"
    reply = desk.put(iri, NODES)
    assert reply.status == 201
    assert json.loads(reply.body)["created"] == [iri]
    assert reply.headers["Location"] == desk.site.url + path_of(iri)
    assert "ETag" not in reply.headers
    for media_type, fmt in FORMATS.items():
        reply = desk.send(path_of(iri), who=None, Accept=media_type)
        assert (reply.status, reply.media_type) == (200, media_type)
        assert triples(reply.body, fmt) == triples(NODES)
        head = desk.send(path_of(iri), "HEAD", who=None, Accept=media_type)
        assert (head.status, head.body) == (200, b"")
        for name in ("ETag", "Content-Type", "Content-Length", "Vary"):
            assert head.headers[name] == reply.headers[name]
    assert desk.send(path_of(iri), who=None).media_type == "text/turtle"
    # They are the same blank nodes as long as the graph is not written to again.
    assert "genid" in desk.ask(f"SELECT ?s {{ ?s <{EX}q> ?o }}").text
    assert desk.put(iri, text(2)).status == 200
    assert triples(desk.send(path_of(iri), who=None).body) == triples(text(2))
    reply = desk.send(path_of(iri), "DELETE", Prefer="return=minimal")
    assert (reply.status, reply.body) == (204, b"")
    for method in ("GET", "HEAD", "DELETE"):
        assert desk.send(path_of(iri), method).status == 404


def test_what_is_posted_is_added(desk):
    """Blank nodes of two documents are never one, also where they have one label."""
    iri = f"{EX}posted"
    node = f"_:same <{EX}p> 1 ."
    assert desk.put(iri, node, "POST").status == 201
    assert desk.put(iri, f"{node} {text(3)}", "POST").status == 200
    reply = desk.put(iri, "", "POST")
    assert (reply.status, json.loads(reply.body)["changed"]) == (200, False)
    found = triples(desk.send(path_of(iri), who=None).body)
    assert found == triples(f"_:a <{EX}p> 1 . _:b <{EX}p> 1 . {text(3)}")


def test_the_files_of_a_form_are_one_write(desk):
    """If one of them cannot be read, none is written."""
    iri = f"{EX}form"

    def post(second):
        """Send a form with two files, the second in N-Triples."""
        parts = [("text/turtle", text(1)), ("application/n-triples", second)]
        body = "".join(
            f'--cut\r\nContent-Disposition: form-data; name="f"; filename="f{n}"\r\n'
            f"Content-Type: {kind}\r\n\r\n{content}\r\n"
            for n, (kind, content) in enumerate(parts)
        )
        kind = "multipart/form-data; boundary=cut"
        return desk.send(path_of(iri), "POST", f"{body}--cut--\r\n", Content_Type=kind)

    before = desk.generation
    reply = post("nonsense")
    assert reply.status == 400
    assert "f1" in problem(reply)["detail"]
    assert desk.generation == before
    assert post(f'<{EX}s> <{EX}p> "two" .').status == 201
    assert desk.generation == before + 1
    assert desk.values(iri) == ["1", "two"]


def test_an_address_is_the_name_of_a_graph(desk):
    """Of the store's own graph where there is one, and of itself otherwise."""
    own = desk.send("/graph-store/open", who=None)
    assert own.status == 200
    named = desk.send(path_of(desk.own("open")), who=None)
    assert (own.body, own.headers["ETag"]) == (named.body, named.headers["ETag"])
    path = "/graph-store/people/Ann%C3%A9%20B%27.ttl"
    reply = desk.send(path, "PUT", text(5), Content_Type="text/turtle")
    assert reply.status == 201
    assert reply.headers["Location"] == desk.site.url + path
    iri = desk.site.url + path
    assert json.loads(reply.body)["created"] == [iri]
    assert desk.values(iri) == ["5"]
    assert desk.send(path_of(iri), who=None).status == 200
    assert desk.send(path, "PUT", text(6), Content_Type="text/turtle").status == 200
    assert desk.send(path, "DELETE").status == 200
    # An own graph is written to under its address too.
    reply = desk.send("/graph-store/open", "POST", text(7), Content_Type="text/turtle")
    assert json.loads(reply.body)["graphs"] == {desk.own("open"): {"added": 1, "deleted": 0}}


@pytest.mark.parametrize(
    "path",
    ["", "/", "?graph=relative", "?graph=", f"?graph={EX}a&graph={EX}b", f"/open?graph={EX}a",
     f"?default&graph={EX}a", "/open?default", f"?graph={EX}a&query=ASK%7B%7D"],
)  # fmt: skip
def test_names_that_name_no_graph(desk, path):
    """For reading and for writing, and nothing is written."""
    before = desk.generation
    assert desk.send(f"/graph-store{path}", who=None).status == 400
    reply = desk.send(f"/graph-store{path}", "PUT", text(1), Content_Type="text/turtle")
    assert reply.status == 400
    assert desk.send(f"/graph-store{path}", "DELETE").status == 400
    assert desk.generation == before


@pytest.mark.parametrize("path", ["/graph-store", "/graph-store/"])
def test_a_post_that_names_no_graph_makes_one(desk, path):
    """Its address is its name."""
    reply = desk.send(path, "POST", text(8), Content_Type="text/turtle")
    assert reply.status == 201
    location = reply.headers["Location"]
    assert json.loads(reply.body)["created"] == [location]
    assert location.startswith(f"{desk.site.url}/graph-store/")
    found = desk.send(location.removeprefix(desk.site.url), who=None)
    assert triples(found.body) == triples(text(8))
    assert desk.values(location) == ["8"]


def test_it_works_below_a_path(desk, evidence, serve_app):
    """The path is a part of the names of graphs that are made there."""
    app, _ = desk.serve()
    with serve_app(join(create_app(ServerConfig(), dataset=evidence), {"/m": app})) as site:
        reply = desk.send("/m/graph-store", "POST", text(9), site=site, Content_Type="text/turtle")
        location = reply.headers["Location"]
        assert location.startswith(f"{site.url}/m/graph-store/")
        found = desk.send(location.removeprefix(site.url), who=None, site=site)
        assert triples(found.body) == triples(text(9))
        assert desk.send("/m/graph-store/open", who=None, site=site).status == 200


def test_the_default_graph_is_the_merge(desk):
    """It is read whole and added to, and is neither replaced nor deleted."""
    reply = desk.put(None, text('"default"', "in-default"), "POST")
    assert reply.status == 200
    assert desk.values(desk.own("default")) == ["default"]
    merged = triples(desk.send(path_of(None), who=None).body)
    assert triples(text('"default"', "in-default")) < merged
    assert {quad.object.value for quad in merged} >= {"open", "default"}
    for method in ("PUT", "DELETE"):
        reply = desk.send(path_of(None), method, text(1), Content_Type="text/turtle")
        assert reply.status == 409
    tag = desk.send(path_of(None), who=None).headers["ETag"]
    desk.put(f"{EX}beside", text(1))
    assert desk.put(None, text(2), "POST", If_Match=tag).status == 412
    tag = desk.send(path_of(None), who=None).headers["ETag"]
    assert desk.put(None, text(2), "POST", If_Match=tag).status == 200


def test_a_default_graph_of_its_own(desk):
    """It is a graph like others that is always there."""
    _, site = desk.serve(union_default_graph=False)

    def send(method, body=None, **headers):
        """Send a request about the default graph."""
        return desk.send(
            path_of(None), method, body, site=site, Content_Type="text/turtle", **headers
        )

    assert send("DELETE").status == 200
    empty = send("GET")
    assert (empty.status, triples(empty.body)) == (200, set())
    assert send("PUT", text(1), If_None_Match="*").status == 412
    assert send("PUT", text(1), If_Match=empty.headers["ETag"]).status == 200
    assert send("PUT", text(2), If_Match=empty.headers["ETag"]).status == 412
    assert triples(send("GET").body) == triples(text(1))
    assert send("DELETE").status == 200


def test_a_tag_is_of_content_and_form(desk):
    """Other writes leave it as it is, the same content gets it again, and forms differ."""
    iri = f"{EX}tagged"
    document = f"{text(1)} {text(2)} {text(3)}"
    desk.put(iri, document)
    first = {kind: desk.send(path_of(iri), who=None, Accept=kind) for kind in FORMATS}
    tags = {reply.headers["ETag"] for reply in first.values()}
    assert len(tags) == len(FORMATS)
    desk.put(f"{EX}another", text(1))
    desk.send(path_of(iri), "DELETE")
    desk.put(iri, document)
    for kind, reply in first.items():
        again = desk.send(path_of(iri), who=None, Accept=kind)
        assert (again.headers["ETag"], again.body) == (reply.headers["ETag"], reply.body)
        tag = reply.headers["ETag"]
        known = desk.send(path_of(iri), who=None, Accept=kind, If_None_Match=tag)
        assert (known.status, known.body) == (304, b"")
    desk.put(iri, text(4))
    for kind, reply in first.items():
        tag = reply.headers["ETag"]
        changed = desk.send(path_of(iri), who=None, Accept=kind, If_None_Match=tag)
        assert changed.status == 200
        assert changed.headers["ETag"] not in tags


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_conditions_guard_a_graph(desk, method):
    """A tag of any form and coding will do, as long as the graph is as it was."""
    iri = f"{EX}guarded"
    desk.put(iri, " ".join(text(n) for n in range(200)))

    def send(body="", **headers):
        """Write to the graph what it did not hold before."""
        body = body or text(999)
        return desk.send(path_of(iri), method, body, Content_Type="text/turtle", **headers).status

    packed = desk.send(path_of(iri), who=None, Accept="application/ld+json", Accept_Encoding="gzip")
    assert gzip.decompress(packed.body)
    tag = packed.headers["ETag"]
    assert send(If_Match=f"W/{tag}") == 412
    assert send(If_Match='"other"') == 412
    assert send(If_None_Match="*") == 412
    assert send(If_None_Match=f'"other", W/{tag}') == 412
    assert send(If_Unmodified_Since="Thu, 01 Jan 2015 00:00:00 GMT") == 412
    desk.put(f"{EX}beside", text(desk.generation))
    assert send(If_Match=f'"other", {tag}') == 200
    if method == "DELETE":
        assert send(If_Match="*") == 412
        return
    # A document of fresh content, so that it is written.
    assert send(text(300), If_Match=tag) == 412
    generation = desk.ask("ASK {}").headers["ETag"]
    assert send(text(301), If_Match=generation) == 200
    assert send(text(302), If_Match=generation) == 412
    assert send(text(303), If_Match="*") == 200


def test_a_graph_is_made_once(desk):
    """Of all who ask that it be new, one makes it."""
    iri = f"{EX}once"
    assert desk.put(iri, text(1), If_Match="*").status == 412
    with ThreadPoolExecutor(4) as pool:
        replies = pool.map(lambda n: desk.put(iri, text(n), If_None_Match="*"), range(4))
        assert sorted(reply.status for reply in replies) == [201, 412, 412, 412]
    assert len(desk.values(iri)) == 1


def test_documents_that_cannot_be_read(desk):
    """The message names the line; nothing is written."""
    before = desk.generation
    wrong = f"{EX}wrong"
    reply = desk.put(wrong, f"{text(1)}\n<{EX}s> <{EX}p> .\n")
    assert reply.status == 400
    assert "line 2" in problem(reply)["detail"]
    for body, headers, status in (
        (text(1), {"Content_Type": "application/rdf+xml"}, 400),
        (text(1), {"Content_Type": "image/png"}, 415),
        (text(1), {"Content_Type": "text/turtle; charset=latin-1"}, 415),
        (text(1), {"Content_Encoding": "gzip"}, 415),
        (text(1), {"Content_Range": "bytes 0-9/100"}, 400),
        (text(1) + " " * 20_000, {}, 413),
        (f"<urn:g> {{ {text(1)} }}", {"Content_Type": "application/trig"}, 400),
        (f"<< {text(1)[:-2]} >> <{EX}p> 1 .", {}, 400),
    ):
        assert desk.put(wrong, body, **headers).status == status
    assert desk.generation == before
    reply = desk.put(wrong, f"{text(1)} {{ {text(2)} }}", Content_Type="application/trig")
    assert reply.status == 201


def test_methods_and_types(desk):
    """What is not there is refused, with what is there instead."""
    path = path_of(desk.own("open"))
    reply = desk.send(path, "PATCH", "CLEAR ALL", Content_Type="application/sparql-update")
    assert reply.status == 405
    allowed = {word.strip() for word in reply.headers["Allow"].split(",")}
    assert allowed == {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}
    reply = desk.send(path, "OPTIONS", who=None)
    assert reply.status == 204
    assert "text/turtle" in reply.headers["Accept-Post"]
    reply = desk.send(path, who=None, Accept="text/html")
    assert reply.status == 406
    reply = desk.send(path, who=None, Accept="image/png")
    assert set(FORMATS) <= set(problem(reply)["available"])
    assert desk.send(f"{path}&format=nt", who=None).media_type == "application/n-triples"
    missing = (
        f"HEAD {path_of(f'{EX}none')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    head, _, body = raw(desk.site, missing).partition(b"\r\n\r\n")
    assert head.split()[1] == b"404"
    assert body == b""


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_writing_needs_a_token_with_the_right(desk, method):
    """Reading does not."""
    before = desk.generation
    path = path_of(desk.own("open"))
    _, locked = desk.serve(read_only=True)
    for who, site, status in ((None, None, 401), ("reader", None, 403), ("writer", locked, 403)):
        reply = desk.send(path, method, text(0), who=who, site=site, Content_Type="text/turtle")
        assert reply.status == status
    assert desk.generation == before
    assert desk.send(path, who=None).status == 200


def test_graphs_that_are_not_the_writers(desk):
    """What is hidden reads as missing; a name that is taken is refused like one of the store."""
    hidden, taken, missing = (desk.own(name) for name in ("north-only", "ontology", "nothing"))
    assert desk.send(path_of(hidden), who="north").status == 200
    for method in ("GET", "DELETE"):
        for who in ("writer", "reader", None) if method == "GET" else ("writer",):
            said = []
            for iri in (hidden, missing):
                reply = desk.send(path_of(iri), method, who=who, Accept="application/json")
                told = problem(reply)
                said.append((reply.status, told["detail"].replace(iri, "IRI")))
            assert said[0] == said[1]
            assert said[0][0] == 404
    refused = [problem(desk.put(iri, text(1))) for iri in (hidden, taken)]
    assert {told["status"] for told in refused} == {409}
    assert len({told["detail"].split("> ")[1] for told in refused}) == 1
    assert desk.values(hidden, who="north") == ["north-only"]
    # Of the conditions of a write, too, nothing is learned of a graph that is hidden.
    for iri in (hidden, missing):
        assert desk.put(iri, text(1), If_Match="*").status == 412
    tag = desk.send(path_of(hidden), who="north").headers["ETag"]
    assert desk.send(path_of(hidden), who="writer", If_None_Match=tag).status == 404
    reply = desk.put(f"{EX}norths", text(1), who="north")
    assert reply.status == 201
    assert desk.send(path_of(f"{EX}norths"), who=None).status == 404


def test_an_empty_graph_is_a_graph(desk):
    """It is there until it is deleted."""
    iri = f"{EX}empty"
    assert desk.put(iri, "").status == 201
    reply = desk.send(path_of(iri), who=None)
    assert (reply.status, triples(reply.body)) == (200, set())
    assert desk.put(iri, "").status == 200
    assert desk.send(path_of(iri), "DELETE").status == 200
    assert desk.send(path_of(iri), who=None).status == 404


def test_a_graph_is_sent_whole_or_not_at_all(desk, monkeypatch):
    """One that is large is written as it is read, and one that is too large is refused."""
    iri = f"{EX}large"
    document = " ".join(text(n) for n in range(50))
    desk.put(iri, document)
    _, site = desk.serve(result_limit_bytes=1_000)
    reply = desk.send(path_of(iri), who=None, site=site, Accept="application/n-triples")
    assert reply.status == 400
    assert problem(reply)["limit"] == 1_000
    monkeypatch.setattr(graph_documents, "LARGE_TRIPLES", 10)
    _, site = desk.serve()
    for kind, fmt in FORMATS.items():
        reply = desk.send(path_of(iri), who=None, site=site, Accept=kind)
        if kind == "application/rdf+xml":
            assert reply.status == 406
            assert "too large" in problem(reply)["detail"]
        else:
            assert triples(reply.body, fmt) == triples(document)


def test_a_document_is_given_up_early():
    """When its reader has left, and when it is too long already."""
    asked = []

    def endless():
        """Yield more triples than could be written."""
        node = ox.NamedNode("urn:a")
        while len(asked) < 1_000_000:
            asked.append(1)
            yield ox.Triple(node, node, ox.Literal(len(asked)))

    given = {"base": "urn:x:", "wait_s": 1, "limit_bytes": 10_000_000}
    with pytest.raises(QueryStoppedError):
        write_document(endless(), RDF[1], **given, is_abandoned=lambda: len(asked) > 5_000)
    assert len(asked) < 7_000
    with pytest.raises(ResultLimitError):
        write_document(endless(), RDF[1], **given)
    assert len(asked) < 900_000
