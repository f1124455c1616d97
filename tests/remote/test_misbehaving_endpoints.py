"""Endpoints that are busy, broken or hostile: an answer is whole and right, or it is an error."""

from __future__ import annotations

import email.utils
import json
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus

import pyoxigraph as ox
import pytest
from remote.scripted import ROW, answer, chunked, endless, scripted

from kmgraph import errors
from kmgraph.remote.dataset import RemoteDataset, connect
from kmgraph.remote.failures import is_final
from kmgraph.remote.http import Client, Clock
from kmgraph.remote.protocol import Endpoint, addresses
from kmgraph.remote.store import RemoteStore

SELECT = "SELECT ?a { ?a ?b ?c }"
UPDATE = "INSERT DATA { <urn:a> <urn:b> <urn:c> }"
TYPES = "https://w3id.org/kmgraph/problem#"
START = 1_000_000_000.0
#: A number that JSON has and no whole number is.
LARGE = float("inf")


@dataclass
class FakeClock:
    """A clock whose time passes by sleeping alone."""

    time: float = START
    naps: list[float] = field(default_factory=list)

    def sleep(self, seconds):
        """Let time pass."""
        self.naps.append(seconds)
        self.time += seconds

    def clock(self):
        """Return it as the client wants it."""
        return Clock(lambda: self.time, lambda: self.time, self.sleep)


@pytest.fixture
def script():
    """Return a server that does as the test says."""
    with scripted() as found:
        yield found


@pytest.fixture
def clock():
    """Return a clock that nobody waits for."""
    return FakeClock()


def client(url, clock, **options):
    """Return a dataset at an address, with a clock of the test's own."""
    sender = Client(clock=clock.clock(), is_final=is_final, **{"timeout_s": 5.0, **options})
    return RemoteDataset(RemoteStore(Endpoint(addresses(url), sender), base="https://x.org/"))


@pytest.fixture
def dataset(script, clock):
    """Return a dataset at the server."""
    return client(script.url, clock, token="kmg_secret")


def problem(code, status, *headers, **members):
    """Return an answer of one of our own servers that says what is wrong."""
    document = {"type": TYPES + code, "title": "x", "status": status, "detail": "what is wrong"}
    body = json.dumps(document | members).replace("Infinity", "1e400").encode()
    return answer(body, *headers, status=f"{status} No", kind="application/problem+json")


BROKEN = {
    "half of the length": answer(ROW[:40], length=len(ROW)),
    "nothing of the length": answer(b"", length=len(ROW)),
    "chunks without an end": chunked(ROW[:40], ended=False),
    "whole rows in chunks without an end": chunked(ROW, ended=False),
    "JSON that ends early in well-formed chunks": chunked(ROW[:-2], ended=True),
    "JSON that ends early with the connection": endless(ROW[:-1]),
    "no JSON": answer(b"<html></html>}"),
    "JSON of another kind": answer(b'{"rows": []}'),
    "an empty body": answer(b""),
    "a page": answer(b"<html></html>", kind="text/html"),
    "no media type": answer(kind=""),
    "a boolean": answer(b'{"head":{},"boolean":true}'),
    "XML that ends early": answer(
        b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="a"/>'
        b"</head><results>",
        kind="application/sparql-results+xml",
    ),
    "a part, as Virtuoso says where its time is up": answer(ROW, "X-SQL-State: S1TAT"),
    "all rows that Virtuoso sends at most": answer(ROW, "X-SPARQL-MaxRows: 1"),
    "no HTTP": b"220 mail.example.org ESMTP\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_never_a_short_one(script, dataset, name):
    script.says(BROKEN[name])
    with pytest.raises(errors.EndpointError):
        list(dataset.query(SELECT))


TRIPLE = b'<urn:a> <urn:b> "c" .\n'
GRAPHS = {
    "N-Triples": ("application/n-triples", TRIPLE[:-4]),
    "Turtle": ("text/turtle", b"<urn:a> <urn:b>"),
    "JSON-LD": ("application/ld+json", b'[{"@id": "urn:a", "urn:b": [{"@value": "c"}]}'),
    "RDF/XML": (
        "application/rdf+xml",
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="urn:a"><rdf:type rdf:resource="urn:b"/></rdf:Description>',
    ),
    "solutions": ("application/sparql-results+json", ROW),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_broken_graph_is_never_a_short_one(script, dataset, name):
    kind, body = GRAPHS[name]
    script.says(answer(body, kind=kind))
    with pytest.raises(errors.EndpointError):
        dataset.query("CONSTRUCT WHERE { ?a ?b ?c }")


def test_a_graph_without_visible_end_is_asked_for_in_a_format_that_has_one(script, dataset):
    closed = b'[{"@id": "urn:a", "urn:b": [{"@value": "c"}]}]'
    script.says(endless(TRIPLE, "application/n-triples"), endless(closed, "application/ld+json"))
    assert 1 == len(list(dataset.query("CONSTRUCT WHERE { ?a ?b ?c }")))
    assert "application/n-triples" not in script.requests[1]
    script.says(*[endless(TRIPLE, "application/n-triples")] * 2)
    with pytest.raises(errors.EndpointError, match="cut short"):
        dataset.query("CONSTRUCT WHERE { ?a ?b ?c }")


@pytest.mark.parametrize("status", ["503 Busy", "429 Too Many"])
@pytest.mark.parametrize(
    ("header", "naps"),
    [
        ("Retry-After: 2", [2.0, 2.0]),
        (f"Retry-After: {email.utils.formatdate(START + 3, usegmt=True)}", [3.0, 0.0]),
        ("Retry-After: soon", [1.0, 2.0]),
        ("X: y", [1.0, 2.0]),
    ],
)
def test_a_busy_endpoint_is_asked_again_when_it_says(script, dataset, clock, status, header, naps):
    busy = answer(b"", header, status=status)
    for ask in (lambda: list(dataset.query(SELECT)), lambda: dataset.update(UPDATE)):
        clock.time = START
        clock.naps.clear()
        script.says(busy, busy, answer())
        ask()
        assert naps == clock.naps
        assert 3 == len(script.requests)


def test_waiting_ends_with_the_repetitions_and_with_the_time(script, dataset, clock):
    busy = answer(b"", "Retry-After: 1", status="503 Busy")
    script.says(*[busy] * 9)
    with pytest.raises(errors.EndpointUnavailableError) as raised:
        dataset.query(SELECT)
    assert ([1.0] * 3, 503) == (clock.naps, raised.value.status)
    clock.naps.clear()
    script.says(answer(b"", "Retry-After: 60", status="503 Busy"))
    with pytest.raises(errors.EndpointUnavailableError, match="60"):
        dataset.query(SELECT)
    assert [] == clock.naps


def test_a_query_that_takes_too_long_is_not_asked_again(script, dataset, clock):
    script.says(problem("query-timeout", 503, "Retry-After: 1", limit_s=2.5))
    with pytest.raises(errors.QueryTimeoutError) as raised:
        dataset.query(SELECT)
    assert (2.5, [], 1) == (raised.value.limit_s, clock.naps, len(script.requests))


def test_a_connection_that_breaks_is_made_again_for_what_only_reads(script, dataset, clock):
    script.says(b"", b"", answer())
    assert 1 == len(list(dataset.query(SELECT)))
    assert [1.0, 2.0] == clock.naps
    script.says(b"", b"", b"", b"")
    with pytest.raises(errors.EndpointUnavailableError):
        dataset.query(SELECT)
    for change in (
        lambda: dataset.update(UPDATE),
        lambda: dataset.put_graph("urn:g", TRIPLE),
        lambda: dataset.delete_graph("urn:g"),
    ):
        script.says(b"", answer())
        with pytest.raises(errors.EndpointUnavailableError):
            change()
        assert 1 == len(script.requests)


def test_an_endpoint_that_does_not_answer_is_given_up(script):
    hasty = client(script.url, FakeClock(), timeout_s=0.3)
    script.says(None)
    with pytest.raises(errors.EndpointUnavailableError, match=r"within 0.3 s"):
        hasty.query(SELECT)


def test_an_answer_that_drips_is_given_up(script):
    times = iter(range(0, 1000, 4))
    sender = Client(timeout_s=5.0, clock=Clock(monotonic=lambda: float(next(times))))
    store = RemoteStore(Endpoint(addresses(script.url), sender), base="https://x.org/")
    script.says(answer(ROW + b" " * 1_000_000))
    with pytest.raises(errors.EndpointUnavailableError, match="no whole answer"):
        store.query(SELECT)


#: Whole answers, each of more than 300 bytes.
DRIPS = {
    "the head": answer(b"", f"X: {'x' * 300}"),
    "heads before the head": b"HTTP/1.1 100 Continue\r\n\r\n" * 13 + answer(b""),
    "the body": answer(ROW + b" " * 300),
    "chunks": chunked(ROW, ended=False) + b"1\r\n \r\n" * 50 + b"0\r\n\r\n",
}


@pytest.mark.parametrize("name", DRIPS)
def test_an_answer_that_comes_byte_by_byte_is_given_up(script, name):
    sender = Client(timeout_s=0.3)
    store = RemoteStore(Endpoint(addresses(script.url), sender), base="https://x.org/")
    script.says(list(DRIPS[name]))
    with pytest.raises(errors.EndpointUnavailableError, match=r"within 0.3 s"):
        store.query(SELECT)


def test_nobody_at_the_address(script, clock):
    url = script.url
    with scripted() as gone:
        url = gone.url
    with pytest.raises(errors.EndpointUnavailableError):
        client(url, clock).query(SELECT)
    assert [] == clock.naps


def test_a_redirect_to_another_place_does_not_get_the_token(script, dataset):
    with scripted() as other:
        script.says(answer(b"", f"Location: {other.url}", status="302 Found"))
        other.says(answer())
        assert 1 == len(list(dataset.query(SELECT)))
        assert "Bearer kmg_secret" in script.requests[0]
        assert "kmg_secret" not in other.requests[0]


def test_a_redirect_within_the_place_keeps_the_token(script, dataset):
    script.says(answer(b"", "Location: /other", status="307 Moved"), answer())
    assert 1 == len(list(dataset.query(SELECT)))
    assert "Bearer kmg_secret" in script.requests[1]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])
def test_a_redirect_leads_to_no_other_scheme(script, dataset, target):
    script.says(answer(b"", f"Location: {target}", status="302 Found"))
    with pytest.raises(errors.EndpointError):
        dataset.query(SELECT)


def test_a_change_and_a_long_query_are_not_redirected(script, dataset):
    for status in ("301 Moved", "302 Found", "303 See", "307 Moved", "308 Moved"):
        for ask in (
            lambda: dataset.update(UPDATE),
            lambda: dataset.delete_graph("urn:g"),
            lambda: dataset.query(SELECT + " # " + "x" * 5_000),
        ):
            script.says(answer(b"", "Location: /other", status=status), answer())
            with pytest.raises(errors.EndpointError, match="/other"):
                ask()
            assert 1 == len(script.requests)


OURS = [
    (problem("query-syntax", 400, line=3, column=7), errors.QuerySyntaxError, {"line": 3}),
    (problem("query-memory", 503, limit_bytes=5), errors.QueryMemoryError, {"limit_bytes": 5}),
    (problem("query-stopped", 503), errors.QueryStoppedError, {}),
    (problem("outbound-request", 403), errors.OutboundRequestError, {}),
    (problem("update-forbidden", 403), errors.UpdateForbiddenError, {}),
    (problem("query-evaluation", 500), errors.QueryEvaluationError, {}),
    (problem("remote-service", 504), errors.RemoteServiceError, {"timed_out": True}),
    (problem("token", 401), errors.TokenError, {}),
    (problem("access-denied", 403), errors.AccessDeniedError, {}),
    (problem("graph-not-found", 404), errors.GraphNotFoundError, {}),
    (problem("gone", 410), errors.GoneError, {}),
    (problem("graph-conflict", 409), errors.GraphConflictError, {}),
    (problem("stale-generation", 412), errors.StaleGenerationError, {}),
    (problem("precondition-failed", 412), errors.StaleGenerationError, {}),
    (problem("nonconformance", 422, report={"a": 1}), errors.NonConformanceError, {}),
    (problem("rdf-parse", 400, line=2), errors.RdfParseError, {"line": 2}),
    (problem("internal", 500), errors.EndpointError, {"status": 500}),
    (problem("query-syntax", 400), errors.QueryError, {}),
    (problem("query-syntax", 400, line="1", column=[]), errors.QueryError, {}),
    (problem("result-limit", 400, limit=LARGE, unit="rows"), errors.QueryError, {}),
    (problem("query-memory", 503, limit_bytes=LARGE), errors.QueryError, {}),
    (problem("no-such-code", 418), errors.EndpointError, {"status": 418}),
]


@pytest.mark.parametrize(("reply", "kind", "facts"), OURS)
def test_our_own_problems_are_our_own_errors(script, dataset, reply, kind, facts):
    script.says(reply)
    with pytest.raises(kind) as raised:
        dataset.query(SELECT)
    assert kind is type(raised.value)
    assert facts == {name: getattr(raised.value, name) for name in facts}


def test_a_report_of_violations_comes_with_the_error(script, dataset):
    script.says(problem("nonconformance", 422, report={"conforms": False}))
    with pytest.raises(errors.NonConformanceError) as raised:
        dataset.update(UPDATE)
    assert {"conforms": False} == raised.value.report


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("400 Bad", errors.QueryError),
        ("401 Who", errors.TokenError),
        ("403 No", errors.AccessDeniedError),
        ("404 None", errors.EndpointError),
        ("412 Changed", errors.StaleGenerationError),
        ("500 Oh", errors.EndpointError),
        ("504 Late", errors.EndpointError),
    ],
)
def test_the_errors_of_others_are_told_in_few_words(script, dataset, status, kind):
    page = b"<html><script>x</script><h1>The query</h1> is wrong" + b" indeed" * 10_000
    script.says(answer(page, status=status, kind="text/html; charset=utf-8"))
    with pytest.raises(kind, match="The query is wrong") as raised:
        dataset.query(SELECT)
    assert 600 > len(str(raised.value))
    assert "kmg_secret" not in str(raised.value)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b"[]", b"", b"\xff", b"1" * 9999]
)
def test_a_problem_that_cannot_be_read_is_one_all_the_same(script, dataset, body):
    script.says(answer(body, status="500 Oh", kind="application/problem+json"))
    with pytest.raises(errors.EndpointError):
        dataset.query(SELECT)
    script.says(answer(body, kind="application/json"))
    assert {} == dataset.update(UPDATE).summary


def test_a_problem_of_another_kind_of_server_is_not_taken_for_ours(script, dataset):
    body = json.dumps({"type": "https://example.org/problem#token", "detail": "no"}).encode()
    script.says(answer(body, status="400 No", kind="application/problem+json"))
    with pytest.raises(errors.QueryError):
        dataset.query(SELECT)


def test_an_update_is_not_sent_where_queries_are_asked(script, dataset):
    script.says()
    with pytest.raises(errors.UpdateForbiddenError):
        dataset.query(UPDATE)
    assert [] == script.requests


def test_what_is_sent_follows_the_protocols(script, dataset):
    script.says(answer(), answer(), answer(), answer(), answer())
    list(dataset.store.query(SELECT, default_graphs=["urn:g"], named_graphs=["urn:h"]))
    list(dataset.query(SELECT + " # " + "é" * 5_000))
    dataset.update(UPDATE, using_graphs=["urn:g"])
    dataset.put_graph("urn:g?a=1&b", TRIPLE, fmt="nt", if_match='"1"')
    dataset.put_graph(None, TRIPLE, replace=False)
    address = script.requests[0].split()[1].partition("?")
    wanted = [("default-graph-uri", "urn:g"), ("named-graph-uri", "urn:h"), ("query", SELECT)]
    assert ("/sparql", wanted) == (address[0], sorted(parse_qsl(address[2])))
    _, long, update, put, post = (unquote_plus(request) for request in script.requests)
    assert long.startswith("POST /sparql HTTP") and "query=SELECT" in long and "é" in long
    assert update.startswith("POST /update HTTP") and "update=INSERT DATA" in update
    assert "using-graph-uri=urn:g" in update
    assert script.requests[3].startswith("PUT /graph-store?graph=urn%3Ag%3Fa%3D1%26b HTTP")
    assert 'if-match: "1"' in put.lower() and "content-type: application/n-triples" in put.lower()
    assert post.startswith("POST /graph-store?default HTTP") and "text/turtle" in post
    assert all("Bearer kmg_secret" in request for request in script.requests)


@pytest.mark.parametrize(
    "url",
    ["", "example.org/sparql", "file:///etc/passwd", "ftp://x.org/", "http://", "http://x.org:x/",
     "http://user:secret@x.org/", "http://x.org/a b", "http://x.org/\r\nX: y", None, 5],
)  # fmt: skip
def test_what_is_no_address_is_refused(url):
    with pytest.raises(errors.InputError) as raised:
        connect(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("host", ["a" * 64 + ".org", "a..org", "ä" * 60 + ".org", "x\ud800.org"])
def test_what_names_no_server_is_said_to(host):
    with pytest.raises(errors.InputError, match="names no server"):
        connect(f"http://{host}/sparql")


def test_letters_beyond_ascii_in_an_address_are_sent_as_the_web_has_them():
    found = addresses("http://b\xfccher.example:81/\xe9/sparql?a=%20")
    assert "http://xn--bcher-kva.example:81/%C3%A9/sparql?a=%20" == found.query
    assert "http://xn--bcher-kva.example:81/%C3%A9/update" == found.update


@pytest.mark.parametrize(
    "option",
    [{"page_rows": 0}, {"page_rows": 1.5}, {"page_rows": True}, {"retries": -1}, {"retries": "1"},
     {"timeout_s": 0}, {"timeout_s": "5"}, {"timeout_s": None}, {"timeout_s": 1e300},
     {"timeout_s": float("nan")}, {"timeout_s": float("inf")}, {"timeout_s": True}],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(option):
    with pytest.raises(errors.InputError, match=next(iter(option))):
        connect("https://example.org/sparql", base="https://x.org/", **option)


def test_the_longest_time_is_one_that_can_be_waited_for(script):
    script.says(answer())
    dataset = connect(script.url, base="https://x.org/", timeout_s=1e6)
    assert 1 == len(list(dataset.query(SELECT)))


def test_half_a_character_is_not_sent(script, dataset):
    script.says()
    with pytest.raises(errors.QuerySyntaxError) as raised:
        dataset.query("ASK {\n ?a ?b '\ud800' }")
    assert (2, 9) == (raised.value.line, raised.value.column)
    with pytest.raises(errors.QuerySyntaxError):
        dataset.update("INSERT DATA { <urn:a> <urn:b> '\udfff' }")
    for name in ("urn:\ud800", "rel", "", "urn:a b", 5):
        for ask in (
            lambda name=name: dataset.put_graph(name, TRIPLE),
            lambda name=name: dataset.delete_graph(name),
            lambda name=name: dataset.graph_tag(name),
            lambda name=name: dataset.store.query(SELECT, default_graphs=[name]),
        ):
            with pytest.raises(errors.TermError):
                ask()
    assert [] == script.requests


def test_what_is_no_content_of_a_graph_is_not_sent(script, dataset):
    script.says(answer(), answer())
    quad = ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal(1))
    for content in (TRIPLE.decode(), 5, None, [quad], ["<urn:a>"]):
        with pytest.raises(errors.InputError):
            dataset.put_graph("urn:g", content)
    assert [] == script.requests
    dataset.put_graph("urn:g", bytearray(TRIPLE))
    dataset.put_graph("urn:g", [quad.triple])
    assert script.requests[0].endswith(TRIPLE.decode())


def test_the_tag_of_a_graph_is_asked_for_by_its_head_alone(script, dataset):
    head = answer(b"", 'ETag: "a"', length=1_000)
    script.says(head, answer(b"", 'ETag: W/"a"'), answer(b""), answer(b"", status="404 None"))
    assert '"a"' == dataset.graph_tag("urn:g")
    assert script.requests[0].startswith("HEAD /graph-store?graph=urn%3Ag HTTP")
    assert dataset.graph_tag("urn:g") is None
    assert dataset.graph_tag(None) is None
    with pytest.raises(errors.GraphNotFoundError):
        dataset.graph_tag("urn:g")


def test_a_token_with_a_line_break_is_refused(script, clock):
    with pytest.raises(errors.InputError) as raised:
        client(script.url, clock, token="kmg_secret\r\nX: y").query(SELECT)
    assert "kmg_secret" not in str(raised.value)


def test_an_endpoint_without_known_addresses_takes_no_changes(script, clock):
    elsewhere = client(script.url.removesuffix("sparql") + "other", clock)
    with pytest.raises(errors.EndpointError, match="update_url"):
        elsewhere.update(UPDATE)
    with pytest.raises(errors.EndpointError, match="graph_store_url"):
        elsewhere.delete_graph("urn:g")


def test_a_closed_connection_says_so(dataset):
    dataset.close()
    with pytest.raises(errors.StoreUnavailableError):
        dataset.query(SELECT)
