"""Checks 1 to 12: the query operation and its errors."""

from __future__ import annotations

from urllib.parse import quote, urljoin

from checks.exchange import FORM, Reply, send
from checks.model import EX, G1, JSON, QUERY, SIZE_1, Endpoint, check, wanted
from checks.reading import solutions

PROBLEM = "application/problem+json"
_ROWS = f"SELECT ?s ?p ?o WHERE {{ GRAPH <{G1}> {{ ?s ?p ?o }} }}"
#: Wrong at the second line.
_WRONG = "SELECT *\nWHERE { ?s ?? ?o }"
#: What no answer may hold: it tells how the server is made and where it lives.
_INSIDE = ("Traceback", 'File "', "site-packages", ".py", "/home/", "/tmp/", "panicked")  # noqa: S108


def _right_rows(reply: Reply) -> None:
    """Fail unless a reply holds the triples of the first graph in JSON."""
    wanted(reply, 200)
    assert reply.media_type == JSON, f"not {JSON}: {reply}"
    assert reply.json()["head"]["vars"] == ["s", "p", "o"]
    assert len(solutions(reply)) == SIZE_1, f"{SIZE_1} rows expected: {reply}"


def problem(reply: Reply, *statuses: int) -> dict[str, object]:
    """Return the problem document of a reply."""
    wanted(reply, *statuses)
    assert reply.media_type == PROBLEM, f"no problem document: {reply}"
    found = reply.json()
    assert found["status"] == reply.status
    assert found["title"], "the problem has no title"
    return dict(found)


def _message(reply: Reply) -> str:
    """Return what a reply says went wrong."""
    return str(reply.json().get("detail", "")) if reply.media_type == PROBLEM else reply.text


@check(1, "GET with query= answers in SPARQL JSON")
def get(endpoint: Endpoint) -> None:
    _right_rows(endpoint.query(_ROWS))


@check(2, "POST of a form answers with the same rows")
def post_form(endpoint: Endpoint) -> None:
    _right_rows(endpoint.form({"query": _ROWS}))


@check(3, "POST of the query itself answers with the same rows, with a charset too")
def post_direct(endpoint: Endpoint) -> None:
    for kind in (QUERY, f"{QUERY};charset=utf-8", f'{QUERY}; charset="UTF-8"'):
        headers = {"Content-Type": kind, "Accept": JSON}
        _right_rows(send(endpoint.query_url, "POST", body=_ROWS, headers=headers))


@check("4a", "the method QUERY is answered")
def query_method(endpoint: Endpoint) -> None:
    headers = {"Content-Type": QUERY, "Accept": JSON}
    _right_rows(send(endpoint.query_url, "QUERY", body=_ROWS, headers=headers))


@check("4b", "OPTIONS lists the method QUERY and what it takes")
def query_method_told(endpoint: Endpoint) -> None:
    reply = wanted(send(endpoint.query_url, "OPTIONS"), 200, 204)
    assert "query" in reply.tokens("Allow"), f"Allow: {reply.header('Allow')!r}"
    assert QUERY in reply.header("Accept-Query"), f"Accept-Query: {reply.header('Accept-Query')!r}"


@check(5, "PUT is refused with 405 and Allow")
def put_refused(endpoint: Endpoint) -> None:
    reply = wanted(endpoint.query("ASK {}", method="PUT", headers=endpoint.permit), 405)
    assert {"get", "post"} <= reply.tokens("Allow"), f"Allow: {reply.header('Allow')!r}"


@check(6, "two queries in one request: 400")
def two_queries(endpoint: Endpoint) -> None:
    url = f"{endpoint.query_url}?query={quote('ASK {}')}&query={quote('ASK {}')}"
    wanted(send(url), 400)
    wanted(endpoint.form({"query": ["ASK {}", "SELECT * {}"]}), 400)


@check("7a", "a body of another type: 415")
def wrong_type(endpoint: Endpoint) -> None:
    headers = {"Content-Type": "text/plain"}
    wanted(send(endpoint.query_url, "POST", body="ASK {}", headers=headers), 415)


@check("7b", "a body of no type: 400 or 415")
def no_type(endpoint: Endpoint) -> None:
    wanted(send(endpoint.query_url, "POST", body="ASK {}"), 400, 415)
    wanted(send(endpoint.query_url, "POST", body="query=ASK%20%7B%7D"), 400, 415)


@check(8, "a body that is not UTF-8 is refused and breaks nothing")
def not_utf_8(endpoint: Endpoint) -> None:
    bodies = [
        (f"{QUERY}; charset=UTF-16", "ASK {}".encode("utf-16")),
        (QUERY, "ASK {}".encode("utf-16")),
        (QUERY, b'ASK { ?s ?p "\xff\xfe" }'),
        (FORM, b"query=ASK%20%7B%20%3Fs%20%3Fp%20%22%FF%22%20%7D"),
    ]
    for kind, body in bodies:
        reply = send(endpoint.query_url, "POST", body=body, headers={"Content-Type": kind})
        assert 400 <= reply.status < 500, f"{kind} with {body!r}: {reply}"


@check("9a", "a syntax error: 400, a problem document with line, column and message")
def syntax_error(endpoint: Endpoint) -> None:
    found = problem(endpoint.query(_WRONG), 400)
    assert found["line"] == 2, f"the error is at line 2, not {found['line']}"
    assert isinstance(found["column"], int)
    assert found["detail"], "the problem has no message"


@check("9b", "an error tells nothing of the inside of the server")
def nothing_of_the_inside(endpoint: Endpoint) -> None:
    for reply in (
        endpoint.query(_WRONG),
        endpoint.query("SELECT (1/0 AS ?x) (<urn:f>(1) AS ?y) {}"),
        endpoint.query("ASK {}", params={"default-graph-uri": "not an IRI"}),
        send(f"{endpoint.root}no-such-page"),
    ):
        told = [word for word in _INSIDE if word in reply.text]
        assert not told, f"the answer holds {told}: {reply}"


@check("10a", "an undeclared prefix: 400, and the answer names it")
def unknown_prefix(endpoint: Endpoint) -> None:
    for text in ("ASK { ?s nosuch:p ?o }", "SELECT (nosuch:f(1) AS ?x) {}"):
        reply = wanted(endpoint.query(text), 400)
        assert "nosuch" in _message(reply).replace(text, ""), f"the prefix is not named: {reply}"


@check("10b", "an unknown function: 400, and the answer names it")
def unknown_function(endpoint: Endpoint) -> None:
    function = f"{EX}no-such-function"
    reply = wanted(endpoint.query(f"SELECT (<{function}>(1) AS ?x) {{}}"), 400)
    assert "no-such-function" in _message(reply), f"not named: {reply}"


@check(11, "a query and an update in one request: 400")
def query_and_update(endpoint: Endpoint) -> None:
    # What it would write is looked for afterwards, so that it must not have run either.
    update = f"INSERT DATA {{ GRAPH <{EX}both> {{ <{EX}s> <{EX}p> 1 }} }}"
    headers = {"Content-Type": FORM, **endpoint.permit}
    body = f"query={quote('ASK {}')}&update={quote(update)}"
    for url in {endpoint.query_url, endpoint.update_url or endpoint.query_url}:
        wanted(send(url, "POST", body=body, headers=headers), 400)
    assert not endpoint.ask(f"ASK {{ GRAPH <{EX}both> {{ ?s ?p ?o }} }}"), "the update was run"


@check(12, "relative IRIs of a query are resolved against the endpoint")
def base(endpoint: Endpoint) -> None:
    reply = wanted(endpoint.query("SELECT (<x> AS ?i) {}"), 200)
    (row,) = solutions(reply)
    assert row["i"][1] == urljoin(endpoint.query_url, "x"), f"<x> became {row['i'][1]}"
