"""Time answers over HTTP, with the cache and without, from the production server.

``python bench/throughput.py`` builds a store of a synthetic programme, starts ``kmgraph serve``
on it once with the cache and once without, asks the same addresses over kept connections, and
prints one JSON object: requests a second, the median and the 99th percentile in milliseconds.
Clients and server share the machine. Only what was started here is ended.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "server")]

from served import serving  # noqa: E402

import kmgraph  # noqa: E402 - it is found by the line above
from kmgraph.synthetic import generate  # noqa: E402

BASE = "https://example.org/bench/"
TIMEOUT_S = 60
MANY = "SELECT * { ?s ?p ?o } LIMIT 10000"


def measure(
    place: str, path: str, headers: dict[str, str], seconds: float, clients: int
) -> dict[str, Any]:
    """Ask for one address over and over, and return what it took."""
    times: list[float] = []
    seen: set[tuple[int, int]] = set()
    until = time.perf_counter() + seconds

    def ask() -> None:
        connection = http.client.HTTPConnection(place, timeout=TIMEOUT_S)
        while (start := time.perf_counter()) < until:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            seen.add((answer.status, len(answer.read())))
            times.append(time.perf_counter() - start)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(times)
    return {
        "requests_per_s": round(len(times) / seconds),
        "median_ms": round(statistics.median(ordered) * 1000, 3),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 3),
        "answers": [f"{status}: {length:,} bytes" for status, length in sorted(seen)],
    }


def addresses(store: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """Return what is asked for: name to path and headers."""
    with kmgraph.open_store(store) as dataset:
        study = next(iter(dataset.studies())).iri
    page = f"/doc/{quote(study.removeprefix(BASE), safe='/')}"
    ask = "/sparql?" + urlencode({"query": f"ASK {{ <{study}> ?p ?o }}"})
    many = "/sparql?" + urlencode({"query": MANY})
    return {
        "page of a study": (page, {"Accept": "text/html"}),
        "page of a study, gzip": (page, {"Accept": "text/html", "Accept-Encoding": "gzip"}),
        "ASK": (ask, {}),
        "10,000 rows, gzip": (many, {"Accept-Encoding": "gzip"}),
        "health": ("/healthz", {}),
    }


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=20, help="size of the store")
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each address")
    parser.add_argument("--clients", type=int, default=4, help="connections at the same time")
    given = parser.parse_args()
    found: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        kmgraph.GenerationStore.create(store, base=BASE)
        bundle = Path(folder) / "bundle"
        generate(bundle, studies=given.studies, seed=1)
        kmgraph.build([bundle], store)
        asked = addresses(store)
        for name, options in (("cached", ()), ("uncached", ("--cache-bytes", "0"))):
            with serving(store, *options) as place:
                for title, (path, headers) in asked.items():
                    measure(place, path, headers, 1.2, 1)
                    took = measure(place, path, headers, given.seconds, given.clients)
                    found.setdefault(title, {})[name] = took
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
