"""Time queries that count and average over HTTP, in turns with the engine in the same mode."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

import pyoxigraph as ox
from measuring import MeasurementError, summary
from served import serving

QUERIES: Final = ("count", "averages", "co-occurrence")
_FOLDER: Final = Path(__file__).resolve().parent / "queries"
_ACCEPT: Final = "application/sparql-results+json"
_LIMIT_S: Final = 600
#: No answer may come from the cache, and no limit may cut a long one.
_OPTIONS: Final = (
    "--memory-mode",
    "disk",
    "--cache-bytes",
    "0",
    "--query-timeout-s",
    str(_LIMIT_S),
)


def measure(store: Path, view: Path, runs: int) -> dict[str, Any]:
    """Ask our server and the engine for the same answers in turns, both reading from disk.

    :param view: the files of the published view, which both read.
    :returns: for each query the milliseconds of both until the JSON was read, and the ratio of
        their medians.
    :raises MeasurementError: the two answers differ.
    """
    engine = ox.Store.read_only(str(view))
    found: dict[str, Any] = {}
    with serving(store, *_OPTIONS) as place:
        for name in QUERIES:
            text = (_FOLDER / f"{name}.rq").read_text(encoding="utf-8")
            ours, bare = _ours(place, text), _bare(engine, text)
            if ours[1] != bare[1]:
                raise MeasurementError(f"{name}: the server's answer differs from the engine's")
            pairs = [(_ours(place, text)[0], _bare(engine, text)[0]) for _ in range(runs)]
            server, direct = (summary([pair[side] for pair in pairs]) for side in (0, 1))
            ratio = round(server["median"] / direct["median"], 2)
            found[name] = {"server_ms": server, "engine_ms": direct, "ratio": ratio}
    return found


def _ours(place: str, text: str) -> tuple[float, list[str]]:
    """Return the milliseconds until the server's answer was read, and its rows."""
    connection = http.client.HTTPConnection(place, timeout=_LIMIT_S)
    started = time.perf_counter()
    connection.request("GET", f"/sparql?query={quote(text)}", headers={"Accept": _ACCEPT})
    answer = connection.getresponse()
    body = answer.read()
    took_ms = 1000 * (time.perf_counter() - started)
    connection.close()
    if answer.status != 200:
        raise MeasurementError(f"the server answered {answer.status}: {body[:200]!r}")
    return took_ms, _rows(body)


def _bare(engine: ox.Store, text: str) -> tuple[float, list[str]]:
    """Return the milliseconds until the engine's answer was written, and its rows."""
    started = time.perf_counter()
    solutions = cast("ox.QuerySolutions", engine.query(text))
    body = solutions.serialize(format=ox.QueryResultsFormat.JSON)
    took_ms = 1000 * (time.perf_counter() - started)
    return took_ms, _rows(bytes(body or b""))


def _rows(body: bytes) -> list[str]:
    """Return the rows of an answer, sorted."""
    rows = json.loads(body)["results"]["bindings"]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)
