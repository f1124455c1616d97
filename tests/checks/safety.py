"""Checks 41 to 47: nothing reaches out, nothing gets in, nothing breaks."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from checks.exchange import FORM, Listener, Reply, send
from checks.model import EX, G1, UPDATE, Endpoint, NotApplicableError, check, wanted

#: Addresses that a server must not be sent to; nobody answers at them.
_INWARD = (
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]:9/sparql",
    "http://localhost:9/sparql",
    "http://0.0.0.0:9/sparql",
    "file:///etc/hostname",
)
_HTML = "text/html,application/xhtml+xml,*/*;q=0.1"


@check("41a", "SERVICE to this machine: 400 or 403, and nobody is called")
def service_to_loopback(endpoint: Endpoint) -> None:
    with Listener() as listener:
        escaped = listener.url.replace("http", "ht\\u0074p")
        for text in (
            f"SELECT * {{ SERVICE <{listener.url}> {{ ?s ?p ?o }} }}",
            f"SELECT * {{ SERVICE SILENT <{listener.url}> {{ ?s ?p ?o }} }}",
            f"SELECT * {{ sErViCe <{escaped}> {{ ?s ?p ?o }} }}",
            f"SELECT * {{ BIND(<{listener.url}> AS ?x) SERVICE ?x {{ ?s ?p ?o }} }}",
            f"ASK {{ FILTER EXISTS {{ SERVICE <{listener.url}> {{ ?s ?p ?o }} }} }}",
        ):
            reply = endpoint.query(text, timeout_s=8)
            assert listener.calls == 0, f"the server made a request for {text}"
            wanted(reply, 400, 403)


@check("41b", "SERVICE to other inward addresses, and to files: 400 or 403")
def service_inward(endpoint: Endpoint) -> None:
    for iri in _INWARD:
        reply = endpoint.query(f"SELECT * {{ SERVICE SILENT <{iri}> {{ ?s ?p ?o }} }}", timeout_s=8)
        assert reply.status in (400, 403), f"{iri}: {reply}"


@check("41c", "a redirect from an allowed host is not followed")
def service_redirect(endpoint: Endpoint) -> None:
    with Listener() as inner, Listener(redirect=inner.url) as outer:
        allowed = outer.url.removesuffix("/data.ttl")
        federated = endpoint.other("federated", service_allow=allowed)
        reply = federated.query(f"SELECT * {{ SERVICE <{outer.url}> {{ ?s ?p ?o }} }}")
        assert inner.calls == 0, "the redirect was followed"
        assert reply.status >= 400, f"the failure was not told: {reply}"
        assert outer.calls == 1, f"the allowed host was asked {outer.calls} times: {reply}"
        wanted(federated.query(f"SELECT * {{ SERVICE <{inner.url}> {{ ?s ?p ?o }} }}"), 400, 403)
        assert inner.calls == 0, "a host was asked that is not allowed"


@check("41d", "SERVICE in a string or a comment is none")
def no_service(endpoint: Endpoint) -> None:
    text = 'SELECT ("SERVICE <http://127.0.0.1:9/> { }" AS ?x) { } # SERVICE <urn:x> { ?s ?p ?o }'
    wanted(endpoint.query(text), 200)


@contextlib.contextmanager
def _file() -> Iterator[str]:
    """Give the IRI of a file that holds a triple."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.ttl"
        path.write_text(f"<{EX}fetched> <{EX}p> 1 .\n", encoding="utf-8")
        yield path.as_uri()


@check(42, "FROM and FROM NAMED read neither hosts nor files")
def from_reads_nothing(endpoint: Endpoint) -> None:
    with Listener() as listener, _file() as file:
        for iri in (listener.url, file):
            for text in (
                f"ASK FROM <{iri}> {{ ?s ?p ?o }}",
                f"ASK FROM NAMED <{iri}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
            ):
                reply = endpoint.query(text)
                assert listener.calls == 0, f"the server made a request for {text}"
                assert reply.status in (200, 400, 403), reply
                read = reply.status == 200 and reply.json()["boolean"]
                assert not read, f"the server read {iri}"


@check(43, "LOAD reads neither hosts nor files")
def load_reads_nothing(endpoint: Endpoint) -> None:
    target = f"{EX}loaded"
    with Listener() as listener, _file() as file:
        for iri in (listener.url, file):
            for silent in ("", "SILENT "):
                reply = endpoint.update(f"LOAD {silent}<{iri}> INTO GRAPH <{target}>")
                assert listener.calls == 0, "the server made a request"
                assert reply.status in (400, 403), f"LOAD {silent}<{iri}>: {reply}"
    assert not endpoint.ask(f"ASK {{ GRAPH <{target}> {{ ?s ?p ?o }} }}"), "something was loaded"


@check(44, "GET with update= changes nothing")
def update_by_get(endpoint: Endpoint) -> None:
    text = quote(f"INSERT DATA {{ GRAPH <{EX}by-get> {{ <{EX}s> <{EX}p> 1 }} }}")
    for url in {endpoint.query_url, endpoint.updates}:
        reply = send(f"{url}?update={text}", headers=endpoint.permit)
        assert reply.status not in (201, 204) and reply.status < 500, reply
    assert not endpoint.ask(f"ASK {{ GRAPH <{EX}by-get> {{ ?s ?p ?o }} }}"), "it was executed"


def _writes(endpoint: Endpoint, permit: dict[str, str]) -> Iterator[tuple[str, Reply]]:
    """Try every kind of write and yield what came back."""
    text = f"INSERT DATA {{ GRAPH <{EX}forbidden> {{ <{EX}s> <{EX}p> 1 }} }}"
    url = endpoint.updates
    yield "update", send(url, "POST", body=text, headers={"Content-Type": UPDATE, **permit})
    form = {"Content-Type": FORM, **permit}
    yield "form", send(url, "POST", body=f"update={quote(text)}", headers=form)
    if endpoint.graph_store_url is not None:
        turtle = {"Content-Type": "text/turtle", **permit}
        for method in ("PUT", "POST"):
            target = endpoint.graph(f"{EX}forbidden")
            yield method, send(target, method, body="<urn:s> <urn:p> 1 .", headers=turtle)
        yield "DELETE", send(endpoint.graph(G1), "DELETE", headers=permit)


def _refused(endpoint: Endpoint, permit: dict[str, str]) -> None:
    """Fail unless every kind of write is refused and changes nothing."""
    for kind, reply in _writes(endpoint, permit):
        assert reply.status in (401, 403), f"{kind}: {reply}"
        if reply.status == 401:
            assert reply.header("WWW-Authenticate"), f"{kind}: 401 without WWW-Authenticate"
    assert not endpoint.ask(f"ASK {{ GRAPH <{EX}forbidden> {{ ?s ?p ?o }} }}"), "it was written"
    assert endpoint.ask(f"ASK {{ GRAPH <{G1}> {{ ?s ?p ?o }} }}"), "it was deleted"


@check("45a", "read-only mode refuses every write, a token or not")
def read_only(endpoint: Endpoint) -> None:
    server = endpoint.other("read-only")
    _refused(server, server.permit)


@check("45b", "a writable server refuses writes without a token")
def no_token(endpoint: Endpoint) -> None:
    if not endpoint.token:
        raise NotApplicableError("the server knows no tokens")
    _refused(endpoint, {})
    _refused(endpoint, {"Authorization": "Bearer kmg_wrong"})


class _Page(HTMLParser):
    """Collects what a page loads and the scripts that it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.alerts = 0
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element loads."""
        found = dict(attrs)
        # A block of data is no script: no browser runs what it holds.
        self._in_script = tag == "script" and found.get("type") != "application/ld+json"
        loading = tag in ("script", "img", "iframe", "source", "embed", "object")
        if tag == "link" and set((found.get("rel") or "").split()) & {
            "stylesheet",
            "icon",
            "preload",
        }:
            self.loads.append(found.get("href") or "")
        elif loading and (target := found.get("src") or found.get("data")):
            self.loads.append(target)

    def handle_data(self, data: str) -> None:
        """Note a script that came from the data."""
        self.alerts += self._in_script and "alert(1)" in data

    def handle_endtag(self, tag: str) -> None:
        """Leave a script."""
        self._in_script = False


@check(
    46, "pages escape what data and requests hold, have a policy and load nothing from elsewhere"
)
def pages(endpoint: Endpoint) -> None:
    query = f"SELECT ?o WHERE {{ GRAPH <{G1}> {{ ?s <{EX}html> ?o }} }}"
    hostile = "<script>alert(1)</script>"
    # Pages that show it: of results, of a draft, of an error, and of an address that is unknown.
    urls = [
        endpoint.root,
        endpoint.query_url,
        f"{endpoint.query_url}?query={quote(query)}",
        f"{endpoint.query_url}?query={quote(f'SELECT * {{ {hostile} }}')}",
        f"{endpoint.query_url}?draft={quote(hostile)}",
        f"{endpoint.root}{quote(hostile)}",
        f"{endpoint.root}search?q={quote(hostile)}",
    ]
    shown = 0
    for url in urls:
        reply = send(url, headers={"Accept": _HTML})
        if reply.media_type not in ("text/html", "application/xhtml+xml"):
            continue
        shown += 1
        page = _Page()
        page.feed(reply.text)
        assert not page.alerts, f"{url} holds a script from outside"
        away = [load for load in page.loads if _is_away(urljoin(url, load), url)]
        assert not away, f"{url} loads {away}"
        assert reply.header("Content-Security-Policy"), f"{url} has no Content-Security-Policy"
    assert shown, "there are no pages"


def _is_away(target: str, page: str) -> bool:
    """Say whether what a page loads is on another host."""
    parts = urlsplit(target)
    return parts.scheme in ("http", "https") and parts.netloc != urlsplit(page).netloc


@check(47, "deep nesting: 400, and the process lives")
def nesting(endpoint: Endpoint) -> None:
    deep = 10_000
    for text in (
        f"ASK {{ FILTER({'(' * deep}1{')' * deep}) }}",
        f"ASK {'{' * deep}{'}' * deep}",
        f"ASK {{ ?s {'(' * deep}<{EX}p>{')' * deep} ?o }}",
        f"SELECT ({'!' * deep}true AS ?x) {{}}",
    ):
        reply = endpoint.post(text)
        assert reply.status == 400, f"{text[:20]}...: {reply}"
    assert endpoint.ask("ASK {}")
