"""The attacks: each does its harm for a while and returns what it saw that should not be."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from target import TIMEOUT_S, WAIT_S, Reply, Target

#: Seconds beyond the time limit within which a query is stopped and its asker told.
GRACE_S = 1.0
#: What an answer may take beyond that where many wait for a few workers on two cores, in seconds.
QUEUE_S = 4.0
TRIPLES = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@dataclass(slots=True)
class Seen:
    """What an attack saw.

    :ivar statuses: how often each status came; 0 is no whole answer.
    :ivar faults: what should not be.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    longest_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    def note(self, reply: Reply, allowed: Iterable[int], what: str) -> None:
        """Note an answer, and that its status was not one that may come."""
        self.statuses[reply.status] += 1
        self.longest_s = max(self.longest_s, reply.seconds)
        if reply.status not in set(allowed):
            self.faults.append(f"{what}: status {reply.status}: {reply.body[:120]!r}")
        if reply.status >= 400 and b"Traceback" in reply.body:
            self.faults.append(f"{what}: the answer shows a stack trace")


Attack = Callable[[Target, int, random.Random], Seen]


def _together(work: Callable[[int], None], times: int, threads: int = 8) -> None:
    """Do something many times in several threads."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(times)))


def _queries(
    target: Target, texts: list[str], allowed: Iterable[int], what: str, threads: int = 4
) -> Seen:
    """Ask queries in several threads; each has to be answered in time."""
    seen = Seen()
    _together(lambda i: seen.note(target.ask(texts[i]), allowed, what), len(texts), threads)
    most = TIMEOUT_S + WAIT_S + GRACE_S + QUEUE_S
    if seen.longest_s > most:
        seen.faults.append(f"{what}: an answer took {seen.longest_s:.1f} s, more than {most:g} s")
    return seen


def products(target: Target, scale: int, rng: random.Random) -> Seen:
    """Cartesian products: stopped in time, the processor idle after it."""
    alone = target.ask(PRODUCT)
    seen = _queries(target, [PRODUCT] * 3 * scale, {503}, "product")
    seen.note(alone, {503}, "a product alone")
    if alone.seconds > TIMEOUT_S + GRACE_S:
        seen.faults.append(f"a product alone was stopped after {alone.seconds:.2f} s")
    if (busy := target.busy_s(1.0)) > 0.5:
        seen.faults.append(f"the processes took {busy:.2f} s of the next second")
    return seen


def brackets(target: Target, scale: int, rng: random.Random) -> Seen:
    """Ten thousand nested brackets, of each kind."""
    texts = [
        "SELECT * { FILTER " + "(" * 10_000 + "1" + ")" * 10_000 + " }",
        "SELECT * " + "{" * 10_000 + "}" * 10_000,
        "SELECT * { ?s " + "(" * 10_000 + "<urn:p>" + ")*" * 10_000 + " ?o }",
        "SELECT * { ?s ?p " + "[ ?p " * 10_000 + "1" + " ]" * 10_000 + " }",
        "SELECT * { FILTER " + "!" * 100_000 + "true }",
        "SELECT * { ?s ?p " + "<<( " * 10_000 + " }",
        "ASK { FILTER EXISTS " * 10_000,
    ]
    return _queries(target, texts * scale, {400}, "brackets")


def patterns(target: Target, scale: int, rng: random.Random) -> Seen:
    """Regular expressions that make bad engines run for ever, or compile to gigabytes."""
    expressions = ["(a+)+$", "(a|a)*$", "(.*a){30}", "((a{1,1000}){1,1000}){1,1000}", "(?=a)", "["]
    texts = [
        f'SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o FILTER(REGEX(CONCAT(STR(?o), "{"a" * 200}!"), '
        f'"{expression}")) }}'
        for expression in expressions
    ]
    return _queries(target, texts * scale, {200, 400, 503}, "pattern")


def memory(target: Target, scale: int, rng: random.Random) -> Seen:
    """Queries that want more memory than they may have."""
    doubling = " ".join(f"BIND(CONCAT(?x{i}, ?x{i}) AS ?x{i + 1})" for i in range(34))
    texts = [
        "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f",
        "SELECT (GROUP_CONCAT(?c) AS ?all) { ?a ?b ?c . ?d ?e ?f }",
        "SELECT DISTINCT ?a ?c ?d ?f { ?a ?b ?c . ?d ?e ?f }",
        f'SELECT (STRLEN(?x34) AS ?n) {{ BIND("0123456789" AS ?x0) {doubling} }}',
    ]
    return _queries(target, texts * scale, {503, 400}, "memory", threads=2)


def values(target: Target, scale: int, rng: random.Random) -> Seen:
    """Huge lists of values, within what a query may hold and beyond it."""
    fitting = "SELECT (COUNT(*) AS ?n) { VALUES ?x { " + "1 " * 200_000 + "} }"
    beyond = "SELECT (COUNT(*) AS ?n) { VALUES ?x { " + "1 " * 800_000 + "} }"
    seen = _queries(target, [fitting] * scale, {200, 503}, "values")
    further = _queries(target, [beyond] * scale, {400, 413}, "too many values")
    seen.statuses += further.statuses
    seen.faults += further.faults
    return seen


def paths(target: Target, scale: int, rng: random.Random) -> Seen:
    """Deep and wide property paths."""
    texts = [
        "SELECT (COUNT(*) AS ?n) { ?s (!<urn:x>|^!<urn:x>)* ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s " + "/".join(["!<urn:x>"] * 60) + " ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s ((!<urn:x>)+/(!<urn:x>)*)* ?o . ?o (!<urn:y>)* ?z }",
        "SELECT * { ?s " + "(" * 40 + "!<urn:x>" + "*)" * 40 + " ?o }",
    ]
    return _queries(target, texts * scale, {200, 400, 503}, "path")


def bodies(target: Target, scale: int, rng: random.Random) -> Seen:
    """Bodies of 50 MB and of lengths that are not true."""
    seen = Seen()
    big = b"x" * 50_000_000
    for path, kind, allowed in (
        ("/sparql", "application/sparql-query", {413}),
        ("/sparql", "application/x-www-form-urlencoded", {413}),
        ("/update", "application/sparql-update", {401, 413}),
        ("/graph-store?default", "text/turtle", {401, 413}),
    ):
        for _ in range(scale):
            reply = target.request("POST", path, big, {"Content-Type": kind}, 60)
            # A server may close before it has read all of a body that it refuses.
            seen.note(reply, {*allowed, 0}, f"50 MB to {path}")
    for head in (
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"
        b"\r\n\r\n0\r\n\r\n",
        b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 30_000 + b"\r\n",
        bytes(rng.randrange(256) for _ in range(5_000)) + b"\r\n\r\n",
    ):
        status = _raw(target, head)
        seen.statuses[status] += 1
        if status not in {0, 400, 411, 413, 414, 415, 431, 501}:
            seen.faults.append(f"{head[:40]!r} was answered with {status}")
    return seen


def _raw(target: Target, sent: bytes) -> int:
    """Send bytes and return the status of the answer, or 0 for none."""
    with suppress(OSError), socket.create_connection((target.host, target.port), 5) as client:
        client.sendall(sent)
        start = client.recv(100)
        if start.startswith(b"HTTP/1."):
            return int(start.split()[1])
    return 0


def slow(target: Target, scale: int, rng: random.Random) -> Seen:
    """Clients that send, or read, a byte at a time, while others want answers."""
    seen = Seen()
    clients = []
    for number in range(min(100 * scale, 600)):
        client = socket.create_connection((target.host, target.port), 5)
        client.sendall(b"GET /sparql?query=ASK" if number % 2 else b"POST /sparql HTTP/1.1\r\nHost")
        clients.append(client)
    for _ in range(3):
        for client in clients:
            with suppress(OSError):
                client.sendall(b"x")
        seen.note(target.ask("ASK { ?s ?p ?o }"), {200}, "a query beside slow clients")
        time.sleep(0.3)
    for client in clients:
        client.close()
    return seen


def vanishing(target: Target, scale: int, rng: random.Random) -> Seen:
    """Clients that ask for much and leave."""
    seen = Seen()
    path = "/sparql?query=" + PRODUCT.replace(" ", "%20").replace("?", "%3F")
    sent = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    for _ in range(10 * scale):
        with suppress(OSError), socket.create_connection((target.host, target.port), 5) as client:
            client.sendall(sent)
            time.sleep(rng.uniform(0, 0.2))
    time.sleep(1.2)
    reply = target.ask("ASK { ?s ?p ?o }")
    seen.note(reply, {200}, "a query after those who left")
    if reply.seconds > GRACE_S:
        seen.faults.append(f"the next query took {reply.seconds:.2f} s")
    if (busy := target.busy_s(1.0)) > 0.5:
        seen.faults.append(f"the processes took {busy:.2f} s of the next second")
    return seen


def many(target: Target, scale: int, rng: random.Random) -> Seen:
    """Thousands of requests at once; each answer is right."""
    seen = Seen()
    right = target.count(TRIPLES)

    def one(number: int) -> None:
        # Each query differs, so that no kept answer is sent.
        reply = target.ask(f"{TRIPLES} #{rng.random()}\nVALUES ?v {{ {number} }}")
        seen.note(reply, {200}, "one of many")
        if reply.status == 200:
            found = json.loads(reply.body)["results"]["bindings"][0]["n"]["value"]
            if int(found) != right:
                seen.faults.append(f"one of many answered {found}, not {right}")

    _together(one, 250 * scale, 32)
    return seen


def writers(target: Target, scale: int, rng: random.Random) -> Seen:
    """Writers and readers at once: nobody sees a half write, nothing acknowledged is lost."""
    seen = Seen()
    graph = f"urn:hostile:{rng.randrange(10**9)}"
    pairs = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s <urn:a> ?x }} }}"
    halves = (
        f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s <urn:a> ?x }} "
        f"FILTER NOT EXISTS {{ GRAPH <{graph}> {{ ?s <urn:b> ?x }} }} }}"
    )
    done = threading.Event()
    acknowledged: list[int] = []

    def read() -> None:
        last = 0
        while not done.is_set():
            if (found := target.count(pairs)) is not None:
                if found < last:
                    seen.faults.append(f"a reader saw {found} after {last}")
                last = found
            if target.count(halves):
                seen.faults.append("a reader saw half of a write")

    def write(number: int) -> None:
        text = (
            f"INSERT DATA {{ GRAPH <{graph}> {{ <urn:{number}> <urn:a> {number} }} }} ; "
            f"INSERT DATA {{ GRAPH <{graph}> {{ <urn:{number}> <urn:b> {number} }} }}"
        )
        reply = target.update(text)
        seen.note(reply, {200, 204, 503}, "a write")
        if reply.status in (200, 204):
            acknowledged.append(number)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    _together(write, 3 * scale, 2)
    done.set()
    for reader in readers:
        reader.join()
    if (found := target.count(pairs)) != len(acknowledged):
        seen.faults.append(f"{len(acknowledged)} writes were acknowledged, and {found} are there")
    return seen


def dying_workers(target: Target, scale: int, rng: random.Random) -> Seen:
    """Workers killed while they work: an answer is right or an error, and the service stays up."""
    seen = Seen()
    right = target.count(TRIPLES)
    done = threading.Event()

    def kill() -> None:
        while not done.wait(rng.uniform(0.05, 0.3)):
            if children := target.children():
                with suppress(ProcessLookupError):
                    os.kill(rng.choice(children), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()

    def one(number: int) -> None:
        reply = target.ask(f"{TRIPLES} VALUES ?v {{ {number} }}")
        seen.note(reply, {200, 500, 503}, "a query whose worker may die")
        if reply.status == 200:
            found = json.loads(reply.body)["results"]["bindings"][0]["n"]["value"]
            if int(found) != right:
                seen.faults.append(f"a dying worker answered {found}, not {right}")

    _together(one, 40 * scale, 4)
    done.set()
    killer.join()
    return seen


def dying_server(target: Target, scale: int, rng: random.Random) -> Seen:
    """The server killed while it writes: after a start all that was acknowledged is there."""
    seen = Seen()
    graph = f"urn:killed:{rng.randrange(10**9)}"
    query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    acknowledged = sent = 0

    def write(done: threading.Event) -> None:
        nonlocal acknowledged, sent
        while not done.is_set():
            sent += 1
            reply = target.update(
                f"INSERT DATA {{ GRAPH <{graph}> {{ <urn:{sent}> <urn:p> {sent} }} }}"
            )
            acknowledged += reply.status in (200, 204)
            seen.statuses[reply.status] += 1

    for _ in range(scale):
        done = threading.Event()
        writer = threading.Thread(target=write, args=(done,))
        writer.start()
        time.sleep(rng.uniform(0.5, 3.0))
        done.set()
        left = target.children()
        target.kill()
        writer.join()
        time.sleep(1.0)
        if alive := [pid for pid in left if _is_alive(pid)]:
            seen.faults.append(f"{len(alive)} processes of the killed server still run")
        target.start()
        found = target.count(query)
        if found is None or not acknowledged <= found <= sent:
            seen.faults.append(f"{acknowledged} of {sent} acknowledged, and {found} are there")
    return seen


def _is_alive(pid: int) -> bool:
    """Say whether a process runs."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


#: Name to attack, in the order in which they are made.
ATTACKS: dict[str, Attack] = {
    "cartesian products": products,
    "10,000 nested brackets": brackets,
    "regular expressions": patterns,
    "memory": memory,
    "huge VALUES": values,
    "deep paths": paths,
    "50 MB bodies and broken requests": bodies,
    "slow clients": slow,
    "vanishing clients": vanishing,
    "thousands of requests": many,
    "writers and readers": writers,
    "kill -9 of workers": dying_workers,
    "kill -9 of the server": dying_server,
}
