"""Checks 62 to 68: HTTP itself."""

from __future__ import annotations

import datetime as dt
import gzip
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

from checks.exchange import Reply, send, send_raw
from checks.limits import rows_query
from checks.model import EX, G1, JSON, Endpoint, check, wanted

_QUERY = f"SELECT ?o WHERE {{ GRAPH <{G1}> {{ <{EX}one> ?p ?o }} }}"
#: A query whose answer is long enough to be worth compressing.
_LONG = rows_query(800)
_ORIGIN = "https://yasgui.example"
_TURTLE = "text/turtle"


def _urls(endpoint: Endpoint) -> dict[str, str]:
    """Return what can be read, and a media type that each of it is there in."""
    found = {
        f"{endpoint.query_url}?query={quote(_QUERY)}": JSON,
        f"{endpoint.query_url}?query={quote('ASK {')}": JSON,
        endpoint.query_url: _TURTLE,
        endpoint.root: "text/html",
    }
    if endpoint.graph_store_url is not None:
        found[endpoint.graph(G1)] = _TURTLE
    return found


@check(62, "HEAD has the headers of GET, and no body")
def head(endpoint: Endpoint) -> None:
    for url, accept in _urls(endpoint).items():
        got = send(url, headers={"Accept": accept})
        target = url.removeprefix(endpoint.root.rstrip("/")) or "/"
        request = f"HEAD {target} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nAccept: {accept}\r\n"
        received = send_raw(url, f"{request}Connection: close\r\n\r\n".encode(), timeout_s=5)
        top, _, body = received.partition(b"\r\n\r\n")
        assert body == b"", f"HEAD {url} has a body: {body[:60]!r}"
        status, *lines = top.decode("latin-1").split("\r\n")
        assert status.split()[1:2] == [str(got.status)], f"HEAD {url}: {status}, GET: {got.status}"
        fields: dict[str, str] = {}
        for name, _, value in (line.partition(":") for line in lines):
            before = fields.get(name.lower())
            fields[name.lower()] = f"{before}, {value.strip()}" if before else value.strip()
        for name in ("Content-Type", "ETag", "Vary", "Cache-Control", "Link", "Allow"):
            assert fields.get(name.lower(), "") == got.header(name), f"{name} of HEAD {url} differs"
        length = fields.get("content-length")
        assert length in (None, str(len(got.body))), f"Content-Length of HEAD {url}: {length}"


@check(63, "OPTIONS: 204 and Allow")
def options(endpoint: Endpoint) -> None:
    urls = [endpoint.query_url, endpoint.update_url, endpoint.graph_store_url]
    needed = [{"get", "post", "head"}, {"post"}, {"get", "head", "put", "post", "delete"}]
    for url, methods in zip(urls, needed, strict=True):
        if url is not None:
            reply = wanted(send(url, "OPTIONS"), 204)
            assert methods <= reply.tokens("Allow"), f"{url}: Allow {reply.header('Allow')!r}"
            assert reply.body == b""


@check("64a", "every site may read answers, and none is sent credentials")
def cors(endpoint: Endpoint) -> None:
    for reply in (
        endpoint.query(_QUERY, headers={"Origin": _ORIGIN}),
        endpoint.query("ASK {", headers={"Origin": _ORIGIN}),
        send(endpoint.query_url, headers={"Origin": _ORIGIN, "Accept": _TURTLE}),
    ):
        assert reply.header("Access-Control-Allow-Origin") == "*", reply.headers.items()
        assert not reply.header("Access-Control-Allow-Credentials"), "credentials are allowed"


@check("64b", "a preflight allows Content-Type and Authorization")
def preflight(endpoint: Endpoint) -> None:
    asked = {
        "Origin": _ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, authorization",
    }
    for url in filter(None, (endpoint.query_url, endpoint.update_url, endpoint.graph_store_url)):
        reply = wanted(send(url, "OPTIONS", headers=asked), 200, 204)
        assert reply.header("Access-Control-Allow-Origin") == "*", f"{url}: {reply.headers.items()}"
        assert "post" in reply.tokens("Access-Control-Allow-Methods"), f"{url}: methods"
        allowed = reply.tokens("Access-Control-Allow-Headers")
        # A star does not stand for Authorization.
        assert {"content-type", "authorization"} <= allowed, f"{url}: {allowed}"
        assert not reply.header("Access-Control-Allow-Credentials"), f"{url}: credentials"


@check("64c", "scripts of other sites may read Link and ETag")
def exposed(endpoint: Endpoint) -> None:
    reply = endpoint.query(_QUERY, headers={"Origin": _ORIGIN})
    found = reply.tokens("Access-Control-Expose-Headers")
    assert {"link", "etag"} <= found, f"Access-Control-Expose-Headers: {found}"


@check("65a", "each representation has a strong ETag of its own")
def etags(endpoint: Endpoint) -> None:
    tags = set()
    types = (JSON, "application/sparql-results+xml", "text/csv", "text/tab-separated-values")
    for media_type in types:
        tag = wanted(endpoint.query(_QUERY, media_type), 200).header("ETag")
        assert tag.startswith('"'), f"no strong ETag for {media_type}: {tag!r}"
        assert tag == endpoint.query(_QUERY, media_type).header("ETag"), "the ETag is not stable"
        tags.add(tag)
    assert len(tags) == len(types), "two representations have the same ETag"


@check("65b", "If-None-Match: 304 without a body")
def not_modified(endpoint: Endpoint) -> None:
    tag = endpoint.query(_QUERY).header("ETag")
    assert tag, "no ETag"
    for value in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        reply = wanted(endpoint.query(_QUERY, headers={"If-None-Match": value}), 304)
        assert reply.body == b"", "304 with a body"
        assert reply.header("ETag") == tag, "304 without the ETag"
        assert "accept" in reply.tokens("Vary"), "304 without Vary"
    wanted(endpoint.query(_QUERY, headers={"If-None-Match": '"other"'}), 200)
    wanted(endpoint.query(_QUERY, "text/csv", headers={"If-None-Match": tag}), 200)


@check("65c", "Last-Modified is the time of the last change")
def last_modified(endpoint: Endpoint) -> None:
    stamp = wanted(endpoint.query(_QUERY), 200).header("Last-Modified")
    assert stamp.endswith(" GMT"), f"Last-Modified: {stamp!r}"
    assert parsedate_to_datetime(stamp) <= dt.datetime.now(dt.UTC), f"in the future: {stamp}"
    again = endpoint.query(_QUERY, "text/csv").header("Last-Modified")
    assert again == stamp, f"it changed from {stamp} to {again} without a write"


@check("65d", "Cache-Control: public for reads, no-store for errors and for what never repeats")
def cache_control(endpoint: Endpoint) -> None:
    assert "public" in endpoint.query(_QUERY).tokens("Cache-Control"), "a read is not public"
    for text in ("ASK {", "SELECT (NOW() AS ?x) {}", "SELECT (RAND() AS ?x) {}"):
        reply = endpoint.query(text)
        assert "no-store" in reply.tokens("Cache-Control"), (
            f"{text}: {reply.header('Cache-Control')!r}"
        )
        assert reply.status != 200 or not reply.header("ETag"), f"{text} has an ETag"
    private = endpoint.query(_QUERY, headers=endpoint.permit)
    if endpoint.token:
        assert "public" not in private.tokens("Cache-Control"), "what a token opens is public"


def _coded(endpoint: Endpoint, coding: str) -> Reply:
    """Return the long answer as a client gets it that takes a coding."""
    reply = endpoint.query(_LONG, headers={"Accept-Encoding": coding})
    return wanted(reply, 200)


@check("66a", "gzip where it is asked for, with an ETag of its own and Vary")
def compression(endpoint: Endpoint) -> None:
    plain, packed = _coded(endpoint, "identity"), _coded(endpoint, "gzip")
    assert packed.header("Content-Encoding") == "gzip", packed.headers.items()
    assert gzip.decompress(packed.body) == plain.body, "another answer came out of it"
    assert len(packed.body) < len(plain.body)
    assert not plain.header("Content-Encoding"), "coded without being asked for"
    for reply in (plain, packed):
        assert "accept-encoding" in reply.tokens("Vary"), f"Vary: {reply.header('Vary')!r}"
        assert reply.header("ETag"), "no ETag"
    weak = packed.header("ETag").startswith("W/")
    assert weak or packed.header("ETag") != plain.header("ETag"), "one ETag for both"


@check("66b", "weights of Accept-Encoding are respected")
def coding_weights(endpoint: Endpoint) -> None:
    assert not _coded(endpoint, "gzip;q=0").header("Content-Encoding"), "gzip;q=0"
    found = _coded(endpoint, "gzip;q=0.5, identity;q=0").header("Content-Encoding")
    assert found == "gzip", f"identity;q=0: {found!r}"
    unknown = _coded(endpoint, "nonsense").header("Content-Encoding")
    assert not unknown, f"nonsense: {unknown!r}"


@check("68a", "a slash at the end makes no difference")
def trailing_slash(endpoint: Endpoint) -> None:
    for url in (endpoint.query_url, f"{endpoint.query_url}/"):
        reply = send(f"{url}?query={quote('ASK {}')}", headers={"Accept": JSON})
        wanted(reply, 200)
        assert reply.json()["boolean"] is True


def _description(endpoint: Endpoint, forwarded: dict[str, str]) -> str:
    """Return the service description that a proxy is given, in N-Triples or Turtle."""
    headers = {"Accept": "application/n-triples, text/turtle;q=0.5", **forwarded}
    return wanted(send(endpoint.query_url, headers=headers), 200).text


@check("68b", "X-Forwarded headers are believed only of proxies that are trusted")
def forwarded_headers(endpoint: Endpoint) -> None:
    forwarded = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evidence.example",
        "X-Forwarded-Prefix": "/kg",
    }
    assert "evidence.example" not in _description(endpoint, forwarded), "believed of anyone"
    server = endpoint.other("behind a proxy", trusted_proxies="1")
    found = _description(server, forwarded)
    path = urlsplit(server.query_url).path
    expected = f"https://evidence.example/kg{path}"
    assert expected in found, f"sd:endpoint is not <{expected}> behind a proxy"
    page = send(server.root, headers={**forwarded, "Accept": "text/html"})
    assert 'href="/kg/' in page.text, "links of pages lack the prefix"
