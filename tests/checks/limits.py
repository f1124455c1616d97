"""Checks 33 to 40: limits of time, size and number."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from checks.exchange import Reply, half_open, send, send_raw
from checks.model import JSON, Endpoint, MissingSettingError, NotApplicableError, check, wanted
from checks.query import problem

#: What a busy machine may add to a second that is promised.
SLACK_S = 1.0
#: Share of a CPU below which a server is idle; a busy machine leaves a query more than this.
_IDLE = 0.15
_ITEMS = " ".join(map(str, range(40)))
#: Rows that nobody can count in the time: 40 to the power of 8.
_PATTERN = " ".join(f"VALUES ?v{index} {{ {_ITEMS} }}" for index in range(8))
#: A sum that is known in the last step only, so that no filter ends it sooner.
_SUM = " + ".join(f"?v{index}" for index in range(8))
ENDLESS = f"SELECT (COUNT(*) AS ?n) WHERE {{ {_PATTERN} FILTER({_SUM} > 150) }}"
#: The same after 800 long rows that are found at once, so that an answer may have begun.
_STALLING = (
    f'SELECT ?v0 ?v1 ?t WHERE {{ {{ VALUES ?t {{ "{"x" * 250}" }} VALUES ?v0 {{ {_ITEMS} }} '
    f"VALUES ?v1 {{ {' '.join(map(str, range(20)))} }} }} "
    f"UNION {{ {_PATTERN} FILTER({_SUM} < 0) }} }}"
)
#: One row in fifty combinations, for ever.
_TRICKLING = f"SELECT ?v0 ?v7 WHERE {{ {_PATTERN} BIND({_SUM} AS ?sum) "
_TRICKLING += 'FILTER(STRENDS(STR(?sum * ?sum * ?sum), "77")) }'


def rows_query(count: int) -> str:
    """Return a query that has at least this number of rows, none of them from the data."""
    side = int(count**0.5) + 1
    items = " ".join(map(str, range(side)))
    return f"SELECT ?a ?b WHERE {{ VALUES ?a {{ {items} }} VALUES ?b {{ {items} }} }}"


def _cpu_s(pid: int) -> float:
    """Return the CPU time of a process and of all below it, in seconds."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name of a process may hold spaces and brackets.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
            ticks[int(entry.name)] = int(fields[11]) + int(fields[12])
    family, size = {pid}, 0
    while size != len(family):
        size = len(family)
        family |= {child for child, parent in parents.items() if parent in family}
    return sum(ticks.get(member, 0) for member in family) / os.sysconf("SC_CLK_TCK")


def _load(endpoint: Endpoint, seconds: float) -> float:
    """Return the share of a CPU that a server uses during some seconds."""
    if not endpoint.pid or not Path("/proc/self/stat").exists():
        raise NotApplicableError("the CPU time of the server cannot be read")
    before = _cpu_s(endpoint.pid)
    time.sleep(seconds)
    # A worker that was stopped takes its time away with it; what counts is what still runs.
    return max(0.0, _cpu_s(endpoint.pid) - before) / seconds


def is_busy(endpoint: Endpoint) -> bool:
    """Say whether a server goes on computing although nobody waits for an answer."""
    time.sleep(1)
    try:
        return _load(endpoint, 0.5) > _IDLE
    except NotApplicableError:
        return False


def _over_time(reply: Reply, limit_s: float) -> None:
    """Fail unless a query was stopped by a limit and the client is told so."""
    wanted(reply, 503, 504)
    assert reply.seconds <= limit_s + 1 + SLACK_S, f"it took {reply.seconds:.1f} s"


@check("33a", "over the time limit: 503 or 504 within a second, Retry-After, a problem document")
def time_limit(endpoint: Endpoint) -> None:
    reply = endpoint.query(ENDLESS, timeout_s=endpoint.timeout_s + 4)
    _over_time(reply, endpoint.timeout_s)
    assert reply.header("Retry-After").isdigit(), f"Retry-After: {reply.header('Retry-After')!r}"
    problem(reply, 503, 504)


@check("33b", "the next request is served at once and the CPU falls to idle")
def idle_afterwards(endpoint: Endpoint) -> None:
    reply = endpoint.query(ENDLESS, timeout_s=endpoint.timeout_s + 4)
    assert reply.status >= 500, f"the query was not stopped: {reply}"
    following = wanted(endpoint.query("ASK {}", timeout_s=5), 200)
    assert following.seconds < 1 + SLACK_S, f"the next took {following.seconds:.1f} s"
    # A worker that takes the place of the one that was stopped needs a moment to start.
    time.sleep(1)
    load = _load(endpoint, 1)
    assert load < _IDLE, f"{load:.0%} of a CPU is still in use"


@check("34a", "a client that leaves stops its query within a second")
def client_leaves(endpoint: Endpoint) -> None:
    server = endpoint.other("patient")
    with half_open(f"{server.query_url}?query={quote(ENDLESS)}"):
        time.sleep(1)
        load = _load(server, 0.5)
        assert load > _IDLE, f"the query does not run: {load:.0%} of a CPU is in use"
    time.sleep(1 + SLACK_S)
    load = _load(server, 1)
    assert load < _IDLE, f"{load:.0%} of a CPU is in use two seconds after the client left"


def queries_running(endpoint: Endpoint) -> list[dict[str, object]]:
    """Return what ``GET /queries`` lists."""
    found = wanted(send(f"{endpoint.root}queries", headers=endpoint.permit), 200).json()
    return list(found["queries"] if isinstance(found, dict) else found)


@contextlib.contextmanager
def running_query(endpoint: Endpoint) -> Iterator[None]:
    """Have an endless query run for a while."""
    with half_open(f"{endpoint.query_url}?query={quote(ENDLESS)}"):
        time.sleep(0.5)
        yield


@check("34b", "running queries are listed, and one can be stopped")
def running_queries(endpoint: Endpoint) -> None:
    server = endpoint.other("patient")
    with running_query(server):
        (entry,) = queries_running(server)
        url = f"{server.root}queries/{entry['id']}"
        assert send(url, "DELETE").status in (401, 403), "stopped without a token"
        wanted(send(url, "DELETE", headers=server.permit), 200, 202, 204)
        deadline = time.monotonic() + 3
        while queries_running(server) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not queries_running(server), "it still runs"


@check(35, "more rows than the limit: told or refused, and never a short answer that looks whole")
def row_limit(endpoint: Endpoint) -> None:
    if endpoint.row_limit is None:
        raise MissingSettingError("rows")
    exact = " ".join(map(str, range(endpoint.row_limit)))
    within = wanted(endpoint.post(f"SELECT ?a {{ VALUES ?a {{ {exact} }} }}"), 200)
    assert len(within.json()["results"]["bindings"]) == endpoint.row_limit
    query = rows_query(2 * endpoint.row_limit)
    for accept in ("application/sparql-results+json", "text/csv"):
        reply = endpoint.post(query, accept)
        if reply.status == 200:
            assert 'rel="next"' in reply.header("Link"), f"cut, and not told: {reply}"
        else:
            problem(reply, 400, 403, 413, 422, 500, 503, 507)
    items = " ".join(map(str, range(endpoint.row_limit + 1)))
    text = f"CONSTRUCT {{ <urn:s> <urn:p> ?a }} WHERE {{ VALUES ?a {{ {items} }} }}"
    reply = endpoint.post(text, "application/n-triples")
    assert reply.status != 200 or 'rel="next"' in reply.header("Link"), f"{reply}"


def _raw_answer(endpoint: Endpoint, query: str, accept: str) -> tuple[bytes, bytes]:
    """Return the head and the body of an answer as they came over the socket."""
    target = f"{endpoint.query_url}?query={quote(query)}"
    request = f"GET {target.removeprefix(endpoint.root.rstrip('/'))} HTTP/1.1\r\n"
    request += f"Host: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    received = send_raw(endpoint.root, request.encode(), timeout_s=endpoint.timeout_s + 4)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head, "no answer at all within the limit"
    return head, body


@check(36, "a failure after the first rows does not end as a well-formed answer")
def no_false_end(endpoint: Endpoint) -> None:
    for query, accept in ((_STALLING, "text/csv"), (_TRICKLING, JSON)):
        head, body = _raw_answer(endpoint, query, accept)
        if head.split()[1].startswith(b"2"):
            is_chunked = b"chunked" in head.lower()
            has_ended = body.endswith(b"0\r\n\r\n") if is_chunked else True
            assert not has_ended, f"200 with {len(body):,} bytes that end as if they were all"


@check(37, "timeout= may lower the limit and not raise it")
def timeout_parameter(endpoint: Endpoint) -> None:
    limit_s = endpoint.timeout_s
    lower = endpoint.query(ENDLESS, params={"timeout": "0.3"}, timeout_s=limit_s + 4)
    wanted(lower, 503, 504)
    assert lower.seconds < limit_s, f"0.3 s were asked for, it took {lower.seconds:.1f} s"
    _over_time(endpoint.query(ENDLESS, params={"timeout": "1000"}, timeout_s=limit_s + 4), limit_s)
    for wrong in ("soon", "-1", "0", "nan"):
        wanted(endpoint.query("ASK {}", params={"timeout": wrong}), 400)


@check(38, "a body that is too long: 413")
def long_body(endpoint: Endpoint) -> None:
    size = endpoint.body_limit_bytes + 1 if endpoint.body_limit_bytes else 64_000_000
    wanted(endpoint.post("ASK {}\n#" + "x" * size), 413)
    assert endpoint.ask("ASK {}")


@check("39a", "too many queries at a time: 503 or 429 with Retry-After, while the others run on")
def too_many_queries(endpoint: Endpoint) -> None:
    server = endpoint.other("narrow")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        running = [
            pool.submit(server.query, ENDLESS, timeout_s=server.timeout_s + 12) for _ in range(8)
        ]
        replies = [future.result() for future in running]
    refused = [reply for reply in replies if reply.seconds < server.timeout_s]
    assert refused, f"all were taken: {Counter(reply.status for reply in replies)}"
    for reply in refused:
        wanted(reply, 429, 503)
        assert reply.header("Retry-After").isdigit(), "no Retry-After"


@check("39b", "a caller that asks too often: 429 with Retry-After and RateLimit headers")
def rate_limit(endpoint: Endpoint) -> None:
    server = endpoint.other("rationed", rate_limit_per_minute="5")
    replies = [server.query("ASK {}") for _ in range(8)]
    statuses = [reply.status for reply in replies]
    assert statuses[0] == 200 and 429 in statuses, f"{statuses} with 5 a minute"
    refused = replies[statuses.index(429)]
    assert refused.header("Retry-After").isdigit(), "no Retry-After"
    names = {name.lower() for name in refused.headers}
    assert any(name.startswith("ratelimit") for name in names), f"no RateLimit header: {names}"


@check(40, "100 ASKs at a time are all answered")
def many_at_a_time(endpoint: Endpoint) -> None:
    def ask(index: int) -> int:
        # Each is another query, so that no cache answers them.
        return endpoint.query(f"ASK {{ FILTER({index} >= 0) }}").status

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        statuses = Counter(pool.map(ask, range(100)))
    assert statuses == {200: 100}, f"statuses: {dict(statuses)}"
