"""Time look-ups over HTTP, beside the engine's own server, with every answer checked.

``python bench/load.py --store S`` serves a store that is there, one server after the other and in
turns, and asks each for one study at a time over kept connections: 10,000 keys, of which the
first are asked for most (Zipf). It prints one JSON object with the requests a second of each
server and their ratios, and for queries that aggregate the time beside that of the engine.
``--open`` asks at a fixed rate instead, with a heavy query beside it, and counts each delay from
the moment at which the request was due. wrk asks (Debian's package), and its script checks each
answer against what the engine says when it is asked directly. Clients and server share the
machine. Only what was started here is ended.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import aggregates
import pyoxigraph as ox
from served import serving

ROOT = Path(__file__).resolve().parents[1]
STUDIES = """SELECT ?study ?mark { ?study a <https://w3id.org/kmgraph/ontology#Study> ;
  <http://purl.org/dc/terms/identifier> ?mark } ORDER BY ?study"""
LOOKUP = "SELECT ?property ?value WHERE {{ <{}> ?property ?value }}"
#: Reads every statement and keeps one row: work for as long as the store is large.
HEAVY = "SELECT (SUM(STRLEN(STR(?o))) AS ?n) { ?s ?p ?o }"
ACCEPT = "application/sparql-results+json"
WAIT_S = 60
DRAWS = 200_000
#: Enough for the answers to all keys.
CACHE_BYTES = 256_000_000
#: The engine's own server reads from disk too.
DISK = ("--memory-mode", "disk")
#: Look-ups before the open loop begins, so that no server has yet to start its processes.
WARMING = 200


class Keys:
    """The studies that are asked for, and what the engine answers.

    :param store: folder of the store.
    :param most: number of keys.
    """

    def __init__(self, store: Path, most: int) -> None:
        self.view = max(
            store.glob("generations/*/views/public"), key=lambda p: p.parents[1].name.zfill(9)
        )
        engine = ox.Store.read_only(str(self.view))
        rows = [(row["study"].value, row["mark"].value) for row in engine.query(STUDIES)]
        random.Random(6).shuffle(rows)
        self.rows = rows[:most]
        self.answers = [self._answer(engine, iri) for iri, _ in self.rows]

    @staticmethod
    def _answer(engine: ox.Store, iri: str) -> bytes:
        """Return what the engine says of a study."""
        return bytes(engine.query(LOOKUP.format(iri)).serialize(format=ox.QueryResultsFormat.JSON))

    def target(self, prefix: str, number: int) -> str:
        """Return the target of the request for a key."""
        return f"{prefix}?query={quote(LOOKUP.format(self.rows[number][0]))}"

    def draws(self, number: int, seed: int = 1) -> list[int]:
        """Return keys in the order in which to ask, the first ones most often (Zipf, s = 1)."""
        weights = [1 / rank for rank in range(1, len(self.rows) + 1)]
        return random.Random(seed).choices(range(len(self.rows)), weights, k=number)

    def write(self, folder: Path, prefix: str) -> None:
        """Write what the script of wrk reads."""
        count = range(len(self.rows))
        paths = "\n".join(self.target(prefix, number) for number in count)
        (folder / "paths").write_text(paths)
        (folder / "draws").write_text("\n".join(str(n + 1) for n in self.draws(DRAWS)))
        marks = [f"{mark} {len(self.answers[n])}" for n, (_, mark) in enumerate(self.rows)]
        (folder / "answers").write_text("\n".join(marks))


@contextmanager
def oxigraph(view: Path) -> Iterator[str]:
    """Run the engine's own server on the same files, and give host and port."""
    program = shutil.which("oxigraph", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        raise SystemExit("oxigraph is not installed: pip install oxigraph")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{probe.getsockname()[1]}"
    process = subprocess.Popen(
        [program, "serve-read-only", "--location", str(view), "--bind", place],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_port(place)
        yield place
    finally:
        process.terminate()
        process.wait(WAIT_S)


def await_port(place: str) -> None:
    """Wait until a server takes connections."""
    host, _, port = place.partition(":")
    until = time.monotonic() + WAIT_S
    while True:
        try:
            socket.create_connection((host, int(port)), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def fetch(connection: http.client.HTTPConnection, target: str) -> tuple[int, bytes]:
    """Return the status and the body of an answer."""
    connection.request("GET", target, headers={"Accept": ACCEPT})
    answer = connection.getresponse()
    return answer.status, answer.read()


def check_all(place: str, prefix: str, keys: Keys, most: int | None = None) -> None:
    """Ask for every key once, and compare the rows with what the engine says.

    :param most: number of keys, where not all are asked for.

    :raises SystemExit: an answer differs.
    """
    connection = http.client.HTTPConnection(place, timeout=WAIT_S)
    for number, expected in enumerate(keys.answers[:most]):
        status, body = fetch(connection, keys.target(prefix, number))
        if status != 200 or _rows(body) != _rows(expected):
            raise SystemExit(f"{place}: a wrong answer for {keys.rows[number][0]}: {body[:300]!r}")
    connection.close()


def _rows(body: bytes) -> list[str]:
    """Return the rows of an answer, sorted."""
    return sorted(
        json.dumps(row, sort_keys=True) for row in json.loads(body)["results"]["bindings"]
    )


def closed_loop(
    place: str, prefix: str, keys: Keys, connections: int, seconds: float
) -> dict[str, Any]:
    """Ask as fast as answers come, and return requests a second.

    :raises SystemExit: an answer was wrong.
    """
    with TemporaryDirectory() as name:
        keys.write(Path(name), prefix)
        command = [
            "wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds:g}s",
            "-H", f"Accept: {ACCEPT}", "-s", str(ROOT / "bench" / "load.lua"),
            f"http://{place}/", "--", name,
        ]  # fmt: skip
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = next(line for line in said.splitlines() if line.startswith("RESULT "))
    found = json.loads(line.removeprefix("RESULT "))
    if found["wrong"] or found["errors"] or not found["checked"]:
        raise SystemExit(f"{place}: wrong answers: {found}")
    found["per_s"] = round(found["requests"] / found["seconds"])
    return found


def open_loop(
    place: str, prefix: str, keys: Keys, rate: float, seconds: float, heavy: bool
) -> dict[str, Any]:
    """Ask at a fixed rate whatever the answers take, and return delays from when each was due.

    :param heavy: keep one heavy query running beside the look-ups.
    """
    draws, clients = keys.draws(int(rate * seconds), seed=2), 32
    start, stop = time.perf_counter() + 1.0, threading.Event()
    delays: list[float] = []
    wrong, heavies = [0], [0]
    turn = iter(enumerate(draws))
    lock = threading.Lock()

    def look_up() -> None:
        connection = http.client.HTTPConnection(place, timeout=WAIT_S)
        connection.connect()
        while True:
            with lock:
                number, key = next(turn, (None, 0))
            if number is None:
                connection.close()
                return
            due = start + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            status, body = fetch(connection, keys.target(prefix, key))
            delays.append(time.perf_counter() - due)
            wrong[0] += status != 200 or len(body) != len(keys.answers[key])

    def weigh() -> None:
        connection = http.client.HTTPConnection(place, timeout=WAIT_S)
        while not stop.is_set():
            # Another text each time, so that no answer is one that was kept.
            text = HEAVY.replace("?n", f"?n{heavies[0]}")
            status, _ = fetch(connection, f"{prefix}?query={quote(text)}")
            heavies[0] += status == 200
        connection.close()

    threads = [threading.Thread(target=look_up) for _ in range(clients)]
    beside = [threading.Thread(target=weigh)] if heavy else []
    for thread in threads + beside:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    for thread in beside:
        thread.join()
    if wrong[0]:
        raise SystemExit(f"{place}: {wrong[0]} wrong answers")
    quantiles = statistics.quantiles(delays, n=100)
    return {
        "rate": rate, "requests": len(delays), "heavy_queries": heavies[0],
        "p50_ms": round(quantiles[49] * 1e3, 3), "p99_ms": round(quantiles[98] * 1e3, 3),
        "most_ms": round(max(delays) * 1e3, 3),
    }  # fmt: skip


def compare(keys: Keys, store: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Ask the three servers in turns, and return medians and ratios for each number of clients."""
    plain = ("--cache-bytes", "0")
    with (
        oxigraph(keys.view) as native,
        serving(store, *DISK, "--cache-bytes", str(CACHE_BYTES)) as cached,
        serving(store, *DISK, *plain) as uncached,
    ):
        servers = {
            "oxigraph": (native, "/query"),
            "cached": (cached, "/sparql"),
            "uncached": (uncached, "/sparql"),
        }
        for place, prefix in servers.values():
            check_all(place, prefix, keys)
            closed_loop(place, prefix, keys, options.connections[-1], options.seconds)
        found: dict[str, Any] = {}
        for connections in options.connections:
            runs: dict[str, list[float]] = {name: [] for name in servers}
            for _ in range(options.rounds):
                for name, (place, prefix) in servers.items():
                    run = closed_loop(place, prefix, keys, connections, options.seconds)
                    runs[name].append(run["per_s"])
            middle = {name: statistics.median(each) for name, each in runs.items()}
            found[str(connections)] = {
                "per_s": runs,
                "cached_ratio": round(middle["cached"] / middle["oxigraph"], 2),
                "uncached_ratio": round(middle["uncached"] / middle["oxigraph"], 2),
            }
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, required=True, help="folder of the store to serve")
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--rate", type=float, default=500.0, help="of the open loop")
    parser.add_argument("--open", action="store_true", help="the open loop alone")
    options = parser.parse_args()
    keys = Keys(options.store, options.keys)
    found: dict[str, Any] = {"keys": len(keys.rows)}
    if not options.open:
        found["closed_loop"] = compare(keys, options.store, options)
        found["aggregates"] = aggregates.measure(options.store, keys.view, options.rounds)
    servers: dict[str, Any] = {"oxigraph": (oxigraph(keys.view), "/query")}
    for name, more in (("cached", ()), ("uncached", ("--cache-bytes", "0"))):
        servers[name] = (serving(options.store, *DISK, *more), "/sparql")
    found["open_loop"] = {}
    for name, (server, prefix) in servers.items():
        with server as place:
            check_all(place, prefix, keys, most=WARMING)
            run = open_loop(place, prefix, keys, options.rate, options.seconds, heavy=True)
            found["open_loop"][name] = run
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
