"""Five analytic queries on every system, with their answers compared."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Final

from hosting import Hosted, empty_folder
from measuring import MeasurementError, summary
from peers import NAMES, peer
from workspace import BASE, PREFIX, Workspace

FOLDER: Final = Path(__file__).resolve().parent / "queries"
QUERIES: Final = ("look-up", "construct", "count", "averages", "co-occurrence")
#: A query that takes longer ends the system that it was asked of.
LIMIT_S: Final = 60
LOAD_LIMIT_S: Final = 3 * 3600
_RUNS: Final = {"look-up": 200, "construct": 50}
#: Aggregates are asked again until so many seconds are spent: 3 times at least, but slow ones once.
_ENOUGH_S: Final = 5.0
_SLOW_S: Final = 15.0
_MOST_RUNS: Final = 15


def measure(work: Workspace, studies: int, names: tuple[str, ...] = NAMES) -> dict[str, Any]:
    """Load the same triples into each system, and ask each the same queries.

    :returns: for each system what loading took and what each query took; for each query whether
        the answers are equal to those of the engine on disk.
    """
    data = work.triples(studies)
    found: dict[str, Any] = {"studies": studies, "bytes": data.stat().st_size, "systems": {}}
    for name in names:
        work.tell(f"analytic queries: {name}")
        source = work.store(studies) if name == "kmgraph" else data
        found["systems"][name] = _system(name, source, work, studies)
    _compare(found["systems"])
    return found


def _system(name: str, data: Path, work: Workspace, studies: int) -> dict[str, Any]:
    """Measure one system, or say why not."""
    made = peer(name)
    if why := made.missing():
        return {"skipped": why}
    told: dict[str, Any] = {"version": made.version()}
    if studies > made.studies_at_most:
        return told | {"skipped": f"not tried above {made.studies_at_most:,} studies"}
    hosted = Hosted(peer, name)
    try:
        folder = empty_folder(work.scratch(), name)
        loaded = hosted.call("load", data, folder, limit_s=LOAD_LIMIT_S)
        told["load_s"] = round(loaded.said or loaded.wall_s, 3)
        told["queries"] = {}
        for query in QUERIES:
            told["queries"][query] = _query(hosted, query, studies)
            if not hosted.is_alive:
                break
        told["peak_mb"] = round(hosted.watch.peak_mb)
    except MeasurementError as error:
        told["failed"] = str(error)
    finally:
        hosted.close()
    return told


def _query(hosted: Hosted, query: str, studies: int) -> dict[str, Any]:
    """Ask a query again and again, and return median, spread and what was answered."""
    text = (FOLDER / f"{query}.rq").read_text(encoding="utf-8")
    chance = random.Random(7)
    times: list[float] = []
    answers: list[list[Any]] = []
    most = _RUNS.get(query, _MOST_RUNS)
    try:
        hosted.call("query", _asked(text, chance, studies), limit_s=LIMIT_S)
        while len(times) < most and sum(times) < (_ENOUGH_S if len(times) >= 3 else _SLOW_S):
            answer = hosted.call("query", _asked(text, chance, studies), limit_s=LIMIT_S)
            times.append(answer.wall_s)
            answers.append([answer.rows, answer.digest])
    except MeasurementError as error:
        return {"failed": str(error)}
    return {"wall_ms": summary([1000 * time for time in times]), "answers": answers}


def _asked(text: str, chance: random.Random, studies: int) -> str:
    """Return a query about a random study."""
    return text.replace("STUDY", f"{BASE}study/{PREFIX}S{chance.randint(1, studies)}")


def _compare(systems: dict[str, Any]) -> None:
    """Note for each answer whether it is that of the engine on disk, run by run."""
    truth = systems.get("pyoxigraph-disk", {}).get("queries", {})
    expected = {query: one["answers"] for query, one in truth.items() if "answers" in one}
    for told in systems.values():
        for query, one in told.get("queries", {}).items():
            answers = one.pop("answers", [])
            both = min(len(answers), len(expected.get(query, [])))
            if both:
                one["rows"] = answers[0][0]
                one["compared"] = both
                one["equal"] = answers[:both] == expected[query][:both]
