"""Checks 87 to 90: running it."""

from __future__ import annotations

import json
import re
import tempfile
import threading
import time
from pathlib import Path

from checks.exchange import Reply, send
from checks.limits import ENDLESS
from checks.model import EX, G1, SIZE_1, Endpoint, MissingSettingError, check, wanted
from checks.update import insert

_HASH = re.compile("[0-9a-f]{12,64}")
_SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(\{[^}]*\})? ([0-9eE+.-]+|[+-]Inf|NaN)")


@check("87a", "/healthz and /readyz: 200")
def health(endpoint: Endpoint) -> None:
    for name in ("healthz", "readyz"):
        reply = wanted(send(f"{endpoint.root}{name}"), 200)
        assert reply.seconds < 2, f"{name} took {reply.seconds:.1f} s"


@check("87b", "/readyz: 503 while there is nothing to serve")
def not_ready(endpoint: Endpoint) -> None:
    server = endpoint.other("empty")
    wanted(send(f"{server.root}readyz"), 503)
    wanted(send(f"{server.root}healthz"), 200)


def _metrics(endpoint: Endpoint) -> dict[str, float]:
    """Return the samples of ``/metrics``; those of one name are added up."""
    reply = wanted(send(f"{endpoint.root}metrics", headers=endpoint.permit), 200)
    assert reply.media_type == "text/plain", reply
    found: dict[str, float] = {}
    for line in reply.text.splitlines():
        if line and not line.startswith("#"):
            match = _SAMPLE.match(line)
            assert match, f"no sample: {line!r}"
            found[match[1]] = found.get(match[1], 0) + float(match[3])
    return found


def _total(samples: dict[str, float], *words: str) -> float:
    """Return the sum of the samples whose name holds all the words."""
    names = [name for name in samples if all(word in name for word in words)]
    assert names, f"no metric of {words} among {sorted(samples)}"
    return sum(samples[name] for name in names)


@check(88, "/metrics: queries, their times, and the ones that were stopped")
def metrics(endpoint: Endpoint) -> None:
    before = _metrics(endpoint)
    wanted(endpoint.query(f"ASK {{ FILTER({time.time_ns()} > 0) }}"), 200)
    wanted(endpoint.query(ENDLESS, timeout_s=endpoint.timeout_s + 4), 503, 504)
    after = _metrics(endpoint)
    for words in (("quer", "total"), ("seconds_count",), ("seconds_bucket",), ("kill",)):
        assert _total(after, *words) > _total(before, *words), f"{words} did not grow"


@check("89a", "every answer has a request id of its own")
def request_id(endpoint: Endpoint) -> None:
    replies = [
        endpoint.query("ASK {}"),
        endpoint.query("ASK {}"),
        endpoint.query("ASK {"),
        send(endpoint.root),
        send(f"{endpoint.root}no-such-page"),
        send(endpoint.query_url, "OPTIONS"),
        send(endpoint.query_url, "PUT"),
    ]
    ids = [_request_id(reply) for reply in replies]
    assert len(set(ids)) == len(ids), f"an id came twice: {ids}"


def _request_id(reply: Reply) -> str:
    """Return the request id of an answer."""
    names = [name for name in reply.headers if "request-id" in name.lower()]
    assert names, f"no request id: {reply}"
    return reply.header(names[0])


@check("89b", "one line of JSON for each request, with id, status, time, rows and hash, no secret")
def access_log(endpoint: Endpoint) -> None:
    if endpoint.log is None:
        raise MissingSettingError("log")
    secret = f"secret{time.time_ns()}"
    reply = endpoint.query(f'SELECT ("{secret}" AS ?x) {{}}', headers=endpoint.permit)
    expected = _request_id(reply)
    deadline = time.monotonic() + 5
    while True:
        text = endpoint.log.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if expected in line]
        if lines or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    assert len(lines) == 1, f"{len(lines)} lines of the request in the log"
    entry = json.loads(lines[0])
    assert 200 in entry.values(), f"no status: {entry}"
    assert {"rows", "ms"} <= set(entry), f"no rows or no time: {entry}"
    hashes = [value for value in entry.values() if _HASH.fullmatch(str(value))]
    assert set(hashes) - {expected}, f"no hash of the query: {entry}"
    assert secret not in text, "the query is in the log"
    assert not endpoint.token or endpoint.token not in text, "the token is in the log"
    assert "127.0.0.1" not in lines[0], "the address of the client is in the log"


@check(90, "a backup that is taken while serving and writing is whole and can be restored")
def backup(endpoint: Endpoint) -> None:
    if endpoint.backup is None:
        raise MissingSettingError("backup")
    stop = threading.Event()
    failed: list[str] = []

    def write() -> None:
        """Write until told to stop; two triples at a time, so that half of it would be seen."""
        index = 0
        while not stop.is_set():
            index += 1
            reply = endpoint.update(
                insert("backup", f"<urn:a{index}> <urn:p> 1 . <urn:b{index}> <urn:p> 1")
            )
            if reply.status not in (200, 204):
                failed.append(str(reply))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            assert endpoint.backup(Path(folder) / "one", G1) == SIZE_1, "g1 is not whole"
            written = endpoint.backup(Path(folder) / "two", f"{EX}backup")
    finally:
        stop.set()
        writer.join()
    assert not failed, f"writes failed: {failed[:2]}"
    assert written % 2 == 0, f"half of an update is in the backup: {written} triples"
