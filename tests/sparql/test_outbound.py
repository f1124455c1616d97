"""SERVICE reaches the endpoints that are allowed and nothing else."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv6Address
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph.errors import (
    ConfigError,
    OutboundRequestError,
    QuerySyntaxError,
    RemoteServiceError,
)
from kmgraph.sparql import analyse, check_update, relay
from kmgraph.sparql.addresses import may_be_asked
from kmgraph.sparql.outbound import Services, guarded
from kmgraph.stores.oxigraph import MemoryStore

RESULT = {
    "head": {"vars": ["x"]},
    "results": {"bindings": [{"x": {"type": "literal", "value": "remote"}}]},
}


class Remote(ThreadingHTTPServer):
    """Another endpoint, whose path says how it behaves."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _RemoteHandler)
        self.port = self.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that left."""

    def server_bind(self) -> None:
        """Bind without a look-up of the host's name."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()


class _RemoteHandler(BaseHTTPRequestHandler):
    server: Remote

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers), body))
        path = self.path.partition("?")[0]
        if path == "/slow":
            time.sleep(5)
        if path == "/redirect":
            self.send_response(307)
            self.send_header("Location", f"{self.server.origin}/secret")
            self.end_headers()
            return
        content = json.dumps(RESULT).encode()
        content_type = "application/sparql-results+json; charset=utf-8"
        if path == "/html":
            content, content_type = b"<html>", "text/html"
        if path == "/huge":
            content = b" " * 300_000 + content
        if path == "/boolean":
            content = b'{"head": {}, "boolean": true}'
        if path == "/broken":
            content = content[:20]
        self.send_response(500 if path == "/failing" else 200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content) + (path == "/cut") * 9))
        self.end_headers()
        if path == "/drip":
            for byte in content:
                self.wfile.write(bytes([byte]))
                time.sleep(0.1)
            return
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def remote() -> Iterator[Remote]:
    with Remote() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def seen(remote: Remote) -> list[tuple[str, str, dict[str, str], bytes]]:
    remote.requests.clear()
    return remote.requests


def answers(query: str, services: Services | None, **options: object) -> list[dict[str, str]]:
    """Return the solutions of a query over one triple, as name to text."""
    store = ox.Store()
    store.add(ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("c")))
    facts = analyse(query, allow_service=True)
    rows: list[dict[str, str]] = []
    with guarded(query, facts, services, **options) as text:  # type: ignore[arg-type]
        found = store.query(text)
        try:
            names = [variable.value for variable in found.variables]
            while (row := next(found, None)) is not None:
                rows.append({n: row[n].value for n in names if row[n] is not None})
        finally:
            # An error that is looked at later would keep it, and only this thread may free it.
            del found
    return rows


def test_an_allowed_endpoint_is_asked(remote, seen):
    query = f"SELECT ?o ?x {{ ?s ?p ?o SERVICE <{remote.origin}/sparql?a=b> {{ ?x ?y 'é' }} }}"
    allowed = Services((remote.origin,), allow_private=True)
    assert [{"o": "c", "x": "remote"}] == answers(query, allowed)
    [(method, path, headers, body)] = seen
    assert ("POST", "/sparql?a=b") == (method, path)
    assert f"127.0.0.1:{remote.port}" == headers["Host"]
    assert "application/sparql-query" == headers["Content-Type"]
    assert "é" in body.decode()
    assert {"Host", "Content-Type", "Content-Length", "Accept"} <= set(headers)
    assert not {"Cookie", "Authorization", "Referer"} & set(headers)


def test_one_request_is_sent_however_often_the_engine_asks(remote, seen):
    query = (
        "SELECT ?n { VALUES ?n { 1 2 3 } FILTER EXISTS "
        f"{{ SERVICE <{remote.origin}/> {{ ?x ?y ?z }} }} }}"
    )
    assert 3 == len(answers(query, Services((remote.origin,), allow_private=True)))
    assert 1 == len(seen)


@pytest.mark.parametrize(
    "iri",
    [
        "{origin}/other",
        "{origin}/sparql?x=1",
        "{origin}/sparql/",
        "http://user:word@127.0.0.1:{port}/sparql",
        "http://localhost:{port}/sparql",
        "https://127.0.0.1:{port}/sparql",
        "http://127.0.0.1/sparql",
        "http://127.1:{port}/sparql",
        "file:///etc/passwd",
        "urn:x",
        "ftp://127.0.0.1:{port}/sparql",
        "{origin}/sparql#a",
        "http://127.0.0.1:99999/sparql",
        "//127.0.0.1:{port}/other",
    ],
)
def test_what_is_not_on_the_list_is_refused_even_when_silent(remote, seen, iri):
    allowed = Services((f"{remote.origin}/sparql",), allow_private=True)
    iri = iri.format(origin=remote.origin, port=remote.port)
    for silent in ("", "SILENT "):
        query = f"BASE <http://127.0.0.1/> SELECT * {{ SERVICE {silent}<{iri}> {{ ?s ?p ?o }} }}"
        with pytest.raises(OutboundRequestError, match=r"SERVICE may not ask|no endpoint"):
            answers(query, allowed)
    assert [] == seen


def test_a_variable_endpoint_is_refused(remote, seen):
    query = f"SELECT * {{ VALUES ?g {{ <{remote.origin}/> }} SERVICE SILENT ?g {{ ?s ?p ?o }} }}"
    with pytest.raises(OutboundRequestError, match=r"variable \?g"):
        answers(query, Services((remote.origin,), allow_private=True))
    assert [] == seen


def test_nothing_is_allowed_where_no_list_is_given(remote, seen):
    query = f"SELECT * {{ SERVICE <{remote.origin}/> {{ ?s ?p ?o }} }}"
    for services in (None, Services()):
        with pytest.raises(OutboundRequestError):
            answers(query, services)
    with pytest.raises(OutboundRequestError):
        MemoryStore().query(query)
    assert [] == seen


#: Addresses that mean this machine, a private network, or what is no single host.
SPECIAL = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255",  # noqa: S104
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1",
    "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:0a00:1::1", "2001:0:1::1",
    "2001:db8::1", "100::1", "3fff::1", "5f00::1", "localhost", "",
]  # fmt: skip


@pytest.mark.parametrize("address", SPECIAL)
def test_a_host_with_an_address_that_is_not_public_is_refused(address):
    """Before anything runs, and although another of its addresses is public."""
    assert not may_be_asked(address)

    def connect(address: str, port: int, timeout_s: float) -> socket.socket:
        raise AssertionError("a connection was made")

    query = "SELECT * { SERVICE SILENT <https://data.example/sparql> { ?s ?p ?o } }"
    with pytest.raises(OutboundRequestError, match="private or special"):
        answers(
            query,
            Services(("https://data.example",)),
            resolve=lambda host, port: ["93.184.215.14", address],
            connect=connect,
        )


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f::1", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"]
)
def test_a_public_address_may_be_asked(address):
    assert may_be_asked(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "::ffff:10.0.0.1"])
def test_a_private_address_may_be_asked_where_the_keeper_says_so(address):
    assert may_be_asked(address, allow_private=True)


@pytest.mark.parametrize("address", ["169.254.169.254", "224.0.0.1", "0.0.0.1", "::", "fe80::1"])
def test_some_addresses_are_never_asked(address):
    assert not may_be_asked(address, allow_private=True)


@given(st.ip_addresses())
def test_what_is_private_when_written_plainly_is_so_when_it_is_wrapped(address):
    if address.version == 4:
        wrapped = {f"::ffff:{address}", str(_nat64(int(address)))}
        assert {may_be_asked(str(address))} == {may_be_asked(text) for text in wrapped}
    if may_be_asked(str(address)):
        assert address.is_global
        assert not address.is_multicast


def _nat64(number: int) -> IPv6Address:
    return IPv6Address((0x64FF9B << 96) | number)


def test_a_name_is_resolved_once_and_the_connection_goes_to_that_address(remote, seen):
    """A name that means this machine a moment later changes nothing."""
    resolved: list[str] = []
    connected: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        resolved.append(host)
        return ["93.184.215.14"] if len(resolved) == 1 else ["127.0.0.1"]

    def connect(address: str, port: int, timeout_s: float) -> socket.socket:
        connected.append((address, port))
        return socket.create_connection(("127.0.0.1", remote.port), timeout_s)

    query = (
        "SELECT * { SERVICE <http://data.example:8080/a> { ?x ?y 1 } "
        "SERVICE <http://data.example:8080/a> { ?x ?y 2 } }"
    )
    found = answers(
        query, Services(("http://Data.Example:8080",)), resolve=resolve, connect=connect
    )
    assert [{"x": "remote"}] == found
    assert ["data.example"] == resolved
    assert {("93.184.215.14", 8080)} == set(connected)
    assert {"data.example:8080"} == {headers["Host"] for _, _, headers, _ in seen}


@pytest.mark.parametrize(
    ("path", "problem", "timed_out"),
    [
        ("/redirect", "redirect", False),
        ("/failing", "status 500", False),
        ("/html", "did not answer with the result", False),
        ("/huge", "more than 200,000 bytes", False),
        ("/cut", "broke off", False),
        ("/broken", "can be read", False),
        ("/boolean", "with solutions", False),
        ("/slow", "in time", True),
        ("/drip", "in time", True),
    ],
)
def test_an_endpoint_that_fails_is_named(remote, seen, monkeypatch, path, problem, timed_out):
    monkeypatch.setattr(relay, "MAX_ANSWER_BYTES", 200_000)
    allowed = Services((remote.origin,), allow_private=True)
    query = f"SELECT * {{ SERVICE <{remote.origin}{path}> {{ ?x ?y ?z }} }}"
    start = time.monotonic()
    with pytest.raises(RemoteServiceError, match=problem) as caught:
        answers(query, allowed, timeout_s=1.0)
    assert timed_out == caught.value.timed_out
    assert remote.origin in str(caught.value)
    assert time.monotonic() - start < 3
    assert [path] == [asked for _, asked, _, _ in seen]


@pytest.mark.parametrize("path", ["/redirect", "/failing", "/html", "/broken", "/cut"])
def test_a_silent_clause_goes_without_what_fails(remote, seen, path):
    query = f"SELECT * {{ ?s ?p ?o SERVICE SILENT <{remote.origin}{path}> {{ ?x ?y ?z }} }}"
    found = answers(query, Services((remote.origin,), allow_private=True))
    assert [{"s": "urn:a", "p": "urn:b", "o": "c"}] == found
    assert [path] == [asked for _, asked, _, _ in seen]


def test_a_failure_is_told_where_the_engine_would_take_it_for_no_solution(remote):
    query = (
        "SELECT * { ?s ?p ?o FILTER NOT EXISTS "
        f"{{ SERVICE <{remote.origin}/failing> {{ ?x ?y ?z }} }} }}"
    )
    with pytest.raises(RemoteServiceError):
        answers(query, Services((remote.origin,), allow_private=True))


def test_a_host_that_nobody_knows_or_that_does_not_listen_is_a_failure():
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("unknown")

    def closed(address: str, port: int, timeout_s: float) -> socket.socket:
        raise ConnectionRefusedError

    query = "SELECT * { SERVICE <https://data.example/> { ?x ?y ?z } }"
    services = Services(("https://data.example",))
    with pytest.raises(RemoteServiceError, match="cannot be found"):
        answers(query, services, resolve=unknown)
    with pytest.raises(RemoteServiceError, match="cannot be reached"):
        answers(query, services, resolve=lambda host, port: ["93.184.215.14"], connect=closed)
    with pytest.raises(RemoteServiceError, match="could not be found in time") as caught:
        answers(query, services, resolve=lambda host, port: time.sleep(1) or [], timeout_s=0.3)
    assert caught.value.timed_out
    silent = query.replace("SERVICE", "SERVICE SILENT")
    assert [{}] == answers(silent, services, resolve=unknown)


def test_a_syntax_error_is_told_at_its_place_in_the_text_as_it_was_sent(remote, seen):
    query = f"SELECT * {{ SERVICE SILENT <{remote.origin}/> {{ ?s ?p ?o }} ?s ?p }}"
    with pytest.raises(QuerySyntaxError) as caught:
        answers(query, Services((remote.origin,), allow_private=True))
    with pytest.raises(QuerySyntaxError) as local:
        MemoryStore().query(query.replace("SERVICE SILENT", "GRAPH         "))
    assert local.value.column is not None
    assert (local.value.line, local.value.column) == (caught.value.line, caught.value.column)
    assert str(local.value) == str(caught.value)
    relative = f"SELECT * {{ SERVICE <{remote.origin}/> {{ ?x <relative> ?z }} }}"
    facts = analyse(relative, base_iri="http://example.org/", allow_service=True)
    with guarded(relative, facts, Services((remote.origin,), allow_private=True)) as text:
        assert list(ox.Store().query(text, base_iri="http://example.org/"))


def test_only_the_engine_of_the_process_can_use_the_relay(remote, seen):
    query = f"SELECT * {{ SERVICE <{remote.origin}/> {{ ?x ?y ?z }} }}"
    facts = analyse(query, allow_service=True)
    with guarded(query, facts, Services((remote.origin,), allow_private=True)) as text:
        address = text.partition("<http://")[2].partition("/")[0]
        host, _, port = address.partition(":")
        for path in ("/", "/wrong/0", "/0"):
            with socket.create_connection((host, int(port)), 5) as connection:
                connection.sendall(
                    f"POST {path} HTTP/1.0\r\nContent-Length: 1\r\n\r\nx".encode(),
                )
                assert b"502" in connection.recv(1000)
    assert [] == seen
    with pytest.raises(OSError, match=r"refused|reset"):
        socket.create_connection((host, int(port)), 5).close()


@pytest.mark.parametrize(
    "entry", ["example.org", "file:///etc", "https://u:p@example.org", "", "*"]
)
def test_an_entry_that_could_allow_nothing_is_refused(entry):
    with pytest.raises(ConfigError):
        Services((entry,))


@given(st.text(alphabet="htps:/.@?#[]%\\ab1é.", max_size=25))
def test_no_text_is_permitted_by_chance(text):
    """Whatever is permitted begins with the origin that is allowed."""
    services = Services(("https://a.b",))
    assert services.permits(f"https://a.b/{text}") or set(text) & set("#\\[]")
    for iri in (text, f"https://a.b{text}", f"https://{text}a.b/"):
        if services.permits(iri):
            rest = iri.lower().removeprefix("https://a.b")
            assert rest != iri.lower()
            assert rest.lstrip(".")[:1] in ("", "/", "?", ":")


@contextmanager
def tls_server(folder: Path) -> Iterator[tuple[int, Path]]:
    """Serve over TLS with a certificate for data.example that nobody but us signed."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = f"req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {key} -out {certificate}"
    command += " -subj /CN=data.example -addext subjectAltName=DNS:data.example"
    subprocess.run(["openssl", *command.split()], check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Remote() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.port, certificate
        server.shutdown()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_the_certificate_must_be_the_hosts_although_the_address_is_fixed(tmp_path, monkeypatch):
    query = "SELECT * { SERVICE <https://data.example/> { ?x ?y ?z } }"
    with tls_server(tmp_path) as (port, certificate):

        def connect(address: str, _: int, timeout_s: float) -> socket.socket:
            return socket.create_connection(("127.0.0.1", port), timeout_s)

        def ask(host: str) -> list[dict[str, str]]:
            return answers(
                query.replace("data.example", host),
                Services((f"https://{host}",)),
                resolve=lambda host, port: ["93.184.215.14"],
                connect=connect,
            )

        with pytest.raises(RemoteServiceError, match="no certificate that is trusted"):
            ask("data.example")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert [{"x": "remote"}] == ask("data.example")
        with pytest.raises(RemoteServiceError, match="no certificate that is trusted"):
            ask("other.example")


def test_graphs_that_are_named_are_never_fetched(remote, seen):
    """Neither from the web nor from files."""
    store = MemoryStore()
    store.load_nquads(b"<urn:a> <urn:b> <urn:c> <urn:g> .")
    places = [f"{remote.origin}/data.ttl", "file:///etc/hostname"]
    for place in places:
        for clause in (f"FROM <{place}>", f"FROM NAMED <{place}>", f"FROM <urn:g> FROM <{place}>"):
            rows = list(store.query(f"SELECT * {clause} {{ GRAPH ?g {{ ?s ?p ?o }} }}"))
            assert [] == rows
        assert [] == list(store.query(f"SELECT * {{ GRAPH <{place}> {{ ?s ?p ?o }} }}"))
        for graphs in ({"default_graphs": [place]}, {"named_graphs": [place]}):
            assert [] == list(store.query("SELECT * { ?s ?p ?o }", **graphs))
        for text in (
            f"LOAD <{place}>",
            f"LOAD SILENT <{place}> INTO GRAPH <urn:h>",
            f"CLEAR ALL ; LOAD <{place}>",
        ):
            with pytest.raises(OutboundRequestError):
                check_update(text)
        allowed = (
            f"DELETE {{ ?s ?p ?o }} USING <{place}> USING NAMED <{place}> WHERE {{ ?s ?p ?o }}"
        )
        check_update(allowed)
        ox.Store().update(allowed)
    assert [] == seen
