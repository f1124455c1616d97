"""What is answered before a request is read is what the application would have said."""

from __future__ import annotations

import json
import socket
from contextlib import closing

import pytest
from helpers.serving import asking, make_store, read, serving

from kmgraph.access.tokens import TokenRegister

LOOK_UP = "SELECT ?p ?o WHERE {{ <{}> ?p ?o }}"
#: With this header a request goes all the way.
SLOWLY = {"X-Request-Id": "all-the-way"}
JSON = "application/sparql-results+json"
#: Of an answer, and of no other.
OWN = {"Date", "Kmgraph-Request-Id"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of 3,000 triples."""
    return make_store(tmp_path_factory.mktemp("quick") / "store")


@pytest.fixture(scope="module")
def uncached(store):
    """A server that keeps no answers, and knows the shape of a look-up."""
    with serving("--store", str(store.path), "--cache-bytes", "0", "--access-log") as server:
        with closing(server.connect()) as connection:
            for _ in range(2):
                ask(connection, "urn:s1")
            yield server, connection


def ask(connection, subject, query=LOOK_UP, **headers):
    """Ask for a subject over a connection that stays open."""
    named = {"Accept": JSON} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", asking(query.format(subject)), headers=named)
    return read(connection)


def told(reply):
    """Return what an answer says in its headers, with names in one case."""
    return sorted((n.lower(), v) for n, v in reply.headers.items() if n not in OWN)


def metric(server, name):
    """Return the value of a measurement."""
    lines = server.get("/metrics").body.decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@pytest.mark.parametrize(
    ("options", "coding"), [((), "gzip"), (("--cache-bytes", "0"), "identity")]
)
def test_look_ups_are_what_the_application_says(store, options, coding):
    """Body and headers, the tag included; and they are counted."""
    with serving("--store", str(store.path), *options) as server:
        with closing(server.connect()) as connection:
            ask(connection, "urn:s0", Accept_Encoding=coding)
            for number in range(1, 6):
                quick = ask(connection, f"urn:s{number}", Accept_Encoding=coding)
                again = ask(connection, f"urn:s{number}", Accept_Encoding=coding)
                slow = ask(connection, f"urn:s{number}", Accept_Encoding=coding, **SLOWLY)
                assert quick.status == 200
                assert quick.body == again.body == slow.body
                assert told(quick) == told(again) == told(slow)
                assert quick.headers["Kmgraph-Request-Id"] != again.headers["Kmgraph-Request-Id"]
            rows = ask(connection, "urn:s5").json["results"]["bindings"]
            assert [row["o"]["value"] for row in rows] == ["5"]
        # One that comes right after another may still go the usual way.
        assert metric(server, "kmgraph_look_ups_total") > 0
        assert metric(server, 'kmgraph_requests_total{kind="sparql"') == 17


@pytest.mark.parametrize(
    "subject",
    [
        "urn:s1> ?p ?o } #",
        "urn:s1>?a ?b.?x ?y ?z.<urn:s1",
        "urn:s 1",
        "s1",
        "",
        "urn:s\n1",
        'urn:s"1',
        "urn:s\\u0031",
        "urn:é",
        "urn:s+1",
        "urn:s&format=xml",
        "urn:s#1",
        "urn:s%201",
    ],
)
def test_an_odd_iri_changes_nothing_but_the_iri(uncached, subject):
    """It gets the answer that it gets without what is remembered."""
    _, connection = uncached
    quick, slow = ask(connection, subject), ask(connection, subject, **SLOWLY)
    assert (quick.status, told(quick)) == (slow.status, told(slow))
    if quick.status == 200:
        assert quick.body == slow.body


def test_a_token_is_looked_at_each_time(store):
    """What its holder was told is told to nobody else, and to nobody once it is revoked."""
    register = TokenRegister(store.path)
    secret = register.create("reader", {"read"})
    holder = {"Authorization": f"Bearer {secret}"}
    with serving("--store", str(store.path)) as server, closing(server.connect()) as connection:
        for _ in range(3):
            reply = ask(connection, "urn:s1", **holder)
            assert (reply.status, reply.headers["Cache-Control"]) == (200, "private, no-cache")
        assert ask(connection, "urn:s2", **holder).status == 200
        register.revoke("reader")
        assert ask(connection, "urn:s1", **holder).status == 401
        assert ask(connection, "urn:s3", **holder).status == 401


def test_a_write_is_seen_at_once(tmp_path):
    """By answers that were kept, and by look-ups of a shape that is known."""
    store = make_store(tmp_path / "store", 5)
    token = TokenRegister(store.path).create("writer", {"write"})
    with serving("--store", str(store.path), "--no-validate-writes") as server:
        with closing(server.connect()) as connection:
            for subject in ("urn:s0", "urn:s1", "urn:s1", "urn:s2"):
                assert len(ask(connection, subject).json["results"]["bindings"]) == 1
            reply = server.get(
                "/update",
                method="POST",
                body="INSERT DATA { <urn:s1> <urn:p> 1 . <urn:s3> <urn:p> 2 }",
                Content_Type="application/sparql-update",
                Authorization=f"Bearer {token}",
            )
            assert reply.status == 200
            for subject, number in (("urn:s1", 2), ("urn:s1", 2), ("urn:s3", 2), ("urn:s0", 1)):
                reply = ask(connection, subject)
                assert len(reply.json["results"]["bindings"]) == number
                assert reply.headers["Kmgraph-Generation"] == "2"


def test_requests_are_counted_against_a_limit(store):
    """However alike they are."""
    with serving("--store", str(store.path), "--rate-limit-per-minute", "4") as server:
        with closing(server.connect()) as connection:
            said = [ask(connection, "urn:s1").status for _ in range(6)]
        assert said == [200] * 4 + [429] * 2


def test_each_answer_has_a_line_in_the_log(store):
    """With what the lines of other queries have."""
    with serving("--store", str(store.path), "--access-log") as server:
        with closing(server.connect()) as connection:
            for subject in ("urn:s0", *["urn:s1"] * 4):
                ask(connection, subject)
        server.process.terminate()
        _, errors = server.end()
    lines = [json.loads(line) for line in errors.splitlines()]
    assert (lines[0]["cached"], lines[-1]["cached"], len(lines)) == (False, True, 5)
    for line in lines[1:]:
        assert set(line) == set(lines[0])
        assert (line["rows"], line["status"], line["path"]) == (1, 200, "/sparql")


def test_heads_that_come_in_parts_or_together_are_answered_in_order(store):
    """Two at once, and one in two parts, between such as are known."""
    with serving("--store", str(store.path)) as server:
        heads = [
            (
                f"GET {asking(LOOK_UP.format(f'urn:s{number}'))} HTTP/1.1\r\n"
                f"Host: x\r\nAccept: {JSON}\r\n\r\n"
            ).encode()
            for number in range(4)
        ]
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            for head in (heads[0], heads[1], heads[1]):
                connection.sendall(head)
                assert b'"value":"' in received(connection, 1)
            connection.sendall(heads[1] + heads[2])
            both = received(connection, 2)
            assert both.index(b'"value":"1"') < both.index(b'"value":"2"')
            connection.sendall(heads[3][:20])
            connection.sendall(heads[3][20:])
            assert b'"value":"3"' in received(connection, 1)


def received(connection, number):
    """Return so many answers as they came."""
    data = b""
    while data.count(b"]}}") < number:
        part = connection.recv(65_536)
        assert part, data
        data += part
    return data


def test_a_slow_reader_gets_a_long_kept_answer_whole(store):
    """More than its connection takes at once."""
    path = asking("SELECT * { ?s ?p ?o . ?s ?q ?x }")
    with serving("--store", str(store.path)) as server:
        whole = server.get(path, Accept=JSON).body
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: {JSON}\r\n\r\n".encode()
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.settimeout(60)
            connection.connect(("127.0.0.1", server.port))
            for _ in range(3):
                connection.sendall(head)
                data = b""
                while not data.endswith(whole):
                    data += connection.recv(16_384)
                    assert data.startswith(b"HTTP/1.1 200")
