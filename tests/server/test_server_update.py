"""Updates over HTTP: who may send them, what they answer, and what others see meanwhile."""

from __future__ import annotations

import json
import os
import signal
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from helpers.writable import EX, UPDATE, Desk, problem, wait_until, writing_processes

from kmgraph.access.tokens import TokenRegister
from kmgraph.stores.generations import GenerationStore
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.state import close
from kmgraph_server.writing import close as close_writing

FORM = "application/x-www-form-urlencoded"
STUDY = "https://w3id.org/kmgraph/id/study/untitled"


@pytest.fixture(scope="module")
def desk(tmp_path_factory, serve_app):
    """A store that is written to."""
    found = Desk(tmp_path_factory.mktemp("update"), serve_app, wait_s=5, upload_limit_bytes=20_000)
    yield found
    found.close()


def insertion(graph, value="1"):
    """Return an update that adds a value to a graph."""
    return f"INSERT DATA {{ GRAPH <{EX}{graph}> {{ <{EX}s> <{EX}p> {value} }} }}"


def test_it_is_done_and_told_in_numbers(desk):
    """As a body and as a form; the tag names the generation."""
    before = desk.generation
    reply = desk.update(insertion("direct", '"a", "b"'))
    said = json.loads(reply.body)
    assert reply.status == 200
    assert said["generation"] == desk.generation == before + 1
    assert (said["changed"], said["added"], said["deleted"]) == (True, 2, 0)
    assert said["graphs"] == {f"{EX}direct": {"added": 2, "deleted": 0}}
    assert said["created"] == [f"{EX}direct"]
    assert reply.headers["ETag"].startswith(f'"{desk.generation}-')
    assert reply.headers["Cache-Control"] == "no-store"
    assert desk.values(f"{EX}direct") == ["a", "b"]
    form = urlencode({"update": insertion("direct", '"c+d & e"')})
    reply = desk.send("/update", "POST", form, Content_Type=FORM, Prefer="return=minimal")
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["Preference-Applied"] == "return=minimal"
    assert desk.values(f"{EX}direct") == ["a", "b", "c+d & e"]


def test_what_changes_nothing_publishes_nothing(desk):
    """An update that inserts what is there, and one without operations."""
    desk.update(insertion("same"))
    before = desk.generation
    for text in (insertion("same"), "", f"DELETE DATA {{ GRAPH <{EX}none> {{ <urn:a> a 1 }} }}"):
        reply = desk.update(text)
        assert reply.status == 200
        assert not json.loads(reply.body)["changed"]
    assert desk.generation == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "QUERY"])
def test_only_post_is_taken(desk, method):
    """An update in an address is never done."""
    before = desk.generation
    path = "/update?" + urlencode({"update": insertion("by-address")})
    reply = desk.send(path, method)
    assert reply.status == 405
    assert {word.strip() for word in reply.headers["Allow"].split(",")} == {"POST", "OPTIONS"}
    assert desk.send(path, "POST", "", Content_Type=FORM).status == 400
    assert desk.generation == before


def test_options_say_what_is_taken(desk):
    """Without a token."""
    reply = desk.send("/update", "OPTIONS", who=None)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["Accept-Post"] == f"{FORM}, {UPDATE}"
    assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("kmg_unknown", 401), ("reader", 403), ("writer", 200)]
)
def test_a_token_with_the_right_is_needed(desk, who, status):
    """Whoever may not write learns nothing of whether the update is right."""
    before = desk.generation
    assert desk.update("nonsense", who=who).status == (400 if status == 200 else status)
    reply = desk.update(insertion(f"by-{who}"), who=who)
    assert reply.status == status
    assert ("WWW-Authenticate" in reply.headers) == (status == 401)
    assert desk.generation == before + (status == 200)


def test_a_read_only_server_refuses_everyone(desk, evidence, serve_app):
    """And so does one that serves a dataset in memory."""
    before = desk.generation
    _, site = desk.serve(read_only=True)
    for who in (None, "reader", "writer"):
        assert desk.update(insertion("locked"), who=who, site=site).status == 403
    assert desk.generation == before
    with serve_app(create_app(ServerConfig(), dataset=evidence)) as memory:
        for who in (None, "writer"):
            assert desk.update(insertion("locked"), who=who, site=memory).status in (401, 403)


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("INSERT DATA {\n  ?x a 1 }", 400, "query-syntax"),
        ("DROP GRAPH <urn:none>", 404, "graph-not-found"),
        ("LOAD <http://127.0.0.1:1/>", 403, "outbound-request"),
        ("CLEAR DEFAULT", 409, "graph-conflict"),
        ("INSERT DATA { GRAPH <{own}ontology> { <urn:a> a <urn:b> } }", 409, "graph-conflict"),
        ("INSERT DATA { GRAPH <{own}north-only> { <urn:a> a <urn:b> } }", 409, "graph-conflict"),
    ],
)
def test_an_operation_that_fails_takes_back_those_before_it(desk, text, status, code):
    """The problem has a name, and nothing is left behind."""
    before = desk.generation
    whole = f"{insertion('atomic')} ;\n{text.replace('{own}', desk.own(''))}"
    reply = desk.update(whole)
    assert reply.status == status
    assert problem(reply)["type"].endswith(f"#{code}")
    if code == "query-syntax":
        assert problem(reply)["line"] == 3
    assert desk.generation == before


def test_bodies_that_are_not_taken(desk):
    """Of another kind, in another charset, compressed, too long: each has its status."""
    text = insertion("bodies")
    for headers, body, status in (
        ({"Content_Type": "text/plain"}, text, 415),
        ({"Content_Type": f"{UPDATE}; charset=utf-16"}, text.encode("utf-16"), 415),
        ({}, text.encode("utf-16"), 400),
        ({"Content_Encoding": "gzip"}, text, 415),
        ({}, text + " " * 20_000, 413),
    ):
        assert desk.update(body, **headers).status == status
    assert desk.update(text, "using-graph-uri=relative").status == 400
    with_using = f"WITH <{EX}w> INSERT {{ <urn:a> a <urn:b> }} WHERE {{ }}"
    assert desk.update(with_using, f"using-graph-uri={EX}g").status == 400
    assert desk.values(f"{EX}bodies") == []


def test_the_dataset_of_the_protocol_and_relative_names(desk):
    """WHERE sees the graphs that are named; names are resolved as in queries."""
    desk.update(f"{insertion('one', '1')} ; {insertion('two', '2')}")
    text = "INSERT { GRAPH <used> { ?s ?p ?o } } WHERE { ?s ?p ?o }"
    assert desk.update(text, urlencode({"using-graph-uri": f"{EX}two"})).status == 200
    assert desk.values(f"{desk.site.url}/used") == ["2"]
    reply = desk.ask("SELECT (COUNT(*) AS ?n) { GRAPH <used> { ?s ?p ?o } }")
    assert '"1"' in reply.text


def test_if_match_guards_an_update(desk):
    """Tags of queries and of updates are good for it until something is written."""
    query = f"SELECT * {{ GRAPH <{EX}guarded> {{ ?s ?p ?o }} }}"
    read = desk.ask(query).headers["ETag"]
    written = desk.update(insertion("guarded", "1"), If_Match=f'"other", {read}').headers["ETag"]
    for stale in (read, f"W/{written}", '"nonsense"', "nonsense", ""):
        reply = desk.update(insertion("guarded", "2"), If_Match=stale)
        assert reply.status == 412
        assert problem(reply)["type"].endswith("#precondition-failed")
    assert desk.update(insertion("guarded", "3"), If_Match=written).status == 200
    assert desk.update(insertion("guarded", "4"), If_Match="*").status == 200
    fresh = desk.ask(query).headers["ETag"]
    assert desk.update(insertion("guarded", "5"), If_None_Match=fresh).status == 412
    old = "Thu, 01 Jan 2015 00:00:00 GMT"
    assert desk.update(insertion("guarded", "5"), If_Unmodified_Since=old).status == 412
    assert desk.values(f"{EX}guarded") == ["1", "3", "4"]


def test_of_writers_with_one_tag_one_wins(desk):
    """The others are told that the data have changed."""
    desk.update(insertion("won", "0"))
    tag = desk.ask("ASK {}").headers["ETag"]
    with ThreadPoolExecutor(6) as pool:
        replies = pool.map(lambda n: desk.update(insertion("won", n), If_Match=tag), range(1, 7))
        statuses = sorted(reply.status for reply in replies)
    assert statuses == [200] + [412] * 5
    assert len(desk.values(f"{EX}won")) == 2


def test_who_sees_a_new_graph(desk):
    """A graph of the group's writer is the group's, unless it is said to be public."""
    assert desk.update(insertion("ours"), who="north").status == 200
    assert desk.values(f"{EX}ours") == []
    assert desk.values(f"{EX}ours", who="north") == ["1"]
    assert desk.update(insertion("all"), "visibility=public", who="north").status == 200
    assert desk.values(f"{EX}all") == ["1"]
    assert desk.update(insertion("theirs"), "visibility=south", who="north").status in (400, 403)
    # A public writer neither sees it nor learns that it is there.
    for text in (f"DROP GRAPH <{EX}ours>", f"COPY <{EX}ours> TO <{EX}mine>"):
        hidden = problem(desk.update(text))
        missing = problem(desk.update(text.replace("ours", "none")))
        assert hidden["detail"].replace("ours", "none") == missing["detail"]
        assert hidden["status"] == missing["status"] == 404


def test_what_violates_the_shapes_is_refused_with_a_report(desk):
    """As RDF where that is asked for, and otherwise in the problem."""
    _, site = desk.serve(validate_writes=True)
    before = desk.generation
    text = f"INSERT DATA {{ <{STUDY}> a <https://w3id.org/kmgraph/ontology#Study> }}"
    reply = desk.update(text, site=site, Accept="application/ld+json;q=0.5, text/turtle")
    assert (reply.status, reply.media_type) == (422, "text/turtle")
    assert "ValidationReport" in reply.text
    assert STUDY in reply.text
    told = problem(desk.update(text, site=site, Accept="application/json"))
    assert told["status"] == 422
    assert told["report"]["results"]
    assert desk.generation == before


def test_readers_see_the_state_before_or_after_and_none_between(desk):
    """Each write moves all values to the next number, in two operations."""
    values = " ".join(f"<{EX}v{n}>" for n in range(20))
    first = f"INSERT DATA {{ GRAPH <{EX}moved> {{ {values.replace('>', f'> <{EX}is> 0 .')} }} }}"
    assert desk.update(first).status == 200
    seen, wrong = set(), []
    done = threading.Event()

    def read():
        """Read until told to stop."""
        while not done.is_set():
            numbers = desk.values(f"{EX}moved")
            seen.add(numbers[0])
            if len(numbers) != 20 or len(set(numbers)) != 1:
                wrong.append(numbers)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for number in range(4):
            clear = f"DELETE WHERE {{ GRAPH <{EX}moved> {{ ?s ?p {number} }} }}"
            moved = f"GRAPH <{EX}moved> {{ ?s <{EX}is> {number + 1} }}"
            fill = f"INSERT {{ {moved} }} WHERE {{ VALUES ?s {{ {values} }} }}"  # noqa: S608
            assert desk.update(f"{clear} ; {fill}").status == 200
            # Who has written sees what was written.
            assert set(desk.values(f"{EX}moved")) == {str(number + 1)}
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert not wrong
    assert len(seen) > 1


def test_writers_at_the_same_time_are_put_in_a_row(desk):
    """None of six increments is lost."""
    assert desk.update(insertion("counter", "0")).status == 200
    graph = f"{EX}counter"
    text = (
        f"DELETE {{ GRAPH <{graph}> {{ ?s ?p ?n }} }} INSERT {{ GRAPH <{graph}> {{ ?s ?p ?m }} }} "
        f"WHERE {{ GRAPH <{graph}> {{ ?s ?p ?n }} BIND(?n + 1 AS ?m) }}"
    )
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: desk.update(text), range(6)))
    assert {reply.status for reply in replies} == {200}
    assert len({json.loads(reply.body)["generation"] for reply in replies}) == 6
    assert desk.values(graph) == ["6"]


def test_a_process_that_is_killed_leaves_nothing(desk):
    """The asker is told, the data are as before, and the next write is done."""
    others = set(writing_processes(desk.store))
    _, site = desk.serve()
    desk.update(insertion("warm"), site=site)
    (pid,) = set(writing_processes(desk.store)) - others
    before = desk.generation
    with ThreadPoolExecutor(1) as pool:
        # While somebody else writes to the store, the process waits in the middle of its work.
        with desk.store.begin(reason="test"):
            waiting = pool.submit(desk.update, insertion("killed"), site=site)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            os.kill(pid, signal.SIGKILL)
            reply = waiting.result(timeout=20)
        assert reply.status in (500, 503)
        assert str(desk.store.path) not in reply.text
    assert desk.generation == before
    assert desk.values(f"{EX}killed") == []
    assert desk.update(insertion("killed"), site=site).status == 200
    assert desk.values(f"{EX}killed") == ["1"]
    assert pid not in writing_processes(desk.store)


def test_too_many_that_wait_are_sent_away(desk):
    """With a hint when to come again, while queries are answered."""
    app, site = desk.serve(most_waiting=0, wait_s=10)
    assert desk.update(insertion("queue", "0"), site=site).status == 200
    with ThreadPoolExecutor(1) as pool, desk.store.begin(reason="test"):
        first = pool.submit(desk.update, insertion("queue", "1"), site=site)
        with pytest.raises(TimeoutError):
            first.result(timeout=0.3)
        reply = desk.update(insertion("queue", "2"), site=site)
        assert reply.status == 503
        assert int(reply.headers["Retry-After"]) > 0
        assert problem(reply)["type"].endswith("#busy")
        assert desk.ask("ASK {}", site=site).status == 200
    assert first.result().status == 200
    assert desk.values(f"{EX}queue") == ["0", "1"]
    close_writing(app)


def test_the_process_ends_with_the_application(desk):
    """And it is not there before the first write."""
    before = set(writing_processes(desk.store))
    app, site = desk.serve()
    assert set(writing_processes(desk.store)) == before
    assert desk.update(insertion("last"), site=site).status == 200
    (pid,) = set(writing_processes(desk.store)) - before
    close_writing(app)
    wait_until(lambda: pid not in writing_processes(desk.store))


def test_other_peoples_clients(desk):
    """SPARQLWrapper and rdflib write with a token in a header of their own."""
    from rdflib import Literal, URIRef
    from rdflib.plugins.stores.sparqlstore import SPARQLUpdateStore
    from SPARQLWrapper import POST, POSTDIRECTLY, SPARQLWrapper

    permit = {"Authorization": f"Bearer {desk.tokens['writer']}"}
    for number, method in enumerate((POSTDIRECTLY, "urlencoded")):
        wrapper = SPARQLWrapper(f"{desk.site.url}/sparql", f"{desk.site.url}/update")
        wrapper.addCustomHttpHeader("Authorization", permit["Authorization"])
        wrapper.setMethod(POST)
        wrapper.setRequestMethod(method)
        wrapper.setQuery(insertion("wrapped", str(number)))
        assert wrapper.query().response.status == 200
    assert desk.values(f"{EX}wrapped") == ["0", "1"]
    store = SPARQLUpdateStore(
        f"{desk.site.url}/sparql", f"{desk.site.url}/update", headers=permit, autocommit=True
    )
    graph = URIRef(f"{EX}rdflib")
    with warnings.catch_warnings():
        # rdflib deprecates parts of itself that its own store uses.
        warnings.simplefilter("ignore", DeprecationWarning)
        from rdflib import Graph

        written = Graph(store, identifier=graph)
        written.add((URIRef(f"{EX}s"), URIRef(f"{EX}p"), Literal("by rdflib", lang="en")))
        assert len(written) == 1
        written.remove((None, None, None))
        assert len(written) == 0
    store.close()


def test_the_first_write_to_a_store_makes_its_first_generation(tmp_path, serve_app):
    """Before it there is nothing to read, and nothing that a condition could match."""
    store = GenerationStore.create(tmp_path / "store")
    secret = TokenRegister(store.path).create("first", {"read", "write"})
    app = create_app(ServerConfig(store=store.path, validate_writes=False))
    permit = {"Authorization": f"Bearer {secret}", "Content_Type": "text/turtle"}
    path = f"/graph-store?graph={EX}first"
    try:
        with serve_app(app) as site:
            assert site.get(path).status == 503
            body = b"<urn:a> <urn:b> <urn:c> ."
            refused = site.get(path, method="PUT", data=body, If_Match="*", **permit)
            assert refused.status == 412
            made = site.get(path, method="PUT", data=body, If_None_Match="*", **permit)
            assert made.status == 201
            assert site.get(path).status == 200
    finally:
        close_writing(app)
        close(app)
