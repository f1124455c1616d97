"""Every saved question beside Virtuoso, which runs the plain query on the same triples.

The triples are those of the published view without the cube. Parameters are drawn anew for each
run. Virtuoso ends itself over some queries: it is then started again on what it had loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from hosting import Answer, Hosted, empty_folder
from measuring import MeasurementError
from peers.base import Row
from peers.virtuoso import Virtuoso
from questions import SENSITIVITY, Asked, as_asked, is_enough, is_held, summaries, tidy
from workspace import Workspace

#: A query that takes longer is given up. It is hundreds of times what a question is to take.
LIMIT_S: Final = 20
_LOAD_LIMIT_S: Final = 3 * 3600
#: Comparing is ours, and is not counted against it.
_COMPARE_LIMIT_S: Final = 600
_ANYTHING: Final = "SELECT ?s WHERE { ?s ?p ?o } LIMIT 1"


class VirtuosoPlain:
    """Virtuoso, asked the plain queries."""

    def __init__(self, _: object = None) -> None:
        self._peer = Virtuoso()
        self._last: set[Row] = set()

    def load(self, data: Path, folder: Path) -> float | None:
        """Start it, and load the triples where the folder does not have them yet."""
        return self._peer.load(data, folder)

    def plain(self, text: str, names: Sequence[str]) -> list[Row]:
        """Answer a query, and return some of its variables."""
        self._last = {tuple(map(tidy, row)) for row in self._peer.query(text, names)}
        return sorted(self._last)

    def holds(self, question_id: str, rows: list[Row]) -> bool:
        """Say whether the last answer has all of some rows of ours."""
        import kmgraph

        return is_held(kmgraph.load_catalogue()[question_id].returns, rows, self._last)

    def close(self) -> None:
        """End it."""
        self._peer.close()


def measure(work: Workspace, studies: int, runs: int) -> dict[str, Any]:
    """Ask each saved question without a budget of its own of both."""
    import kmgraph

    if why := Virtuoso().missing():
        return {"skipped": why}
    store, triples = work.store(studies), work.triples(studies)
    folder = empty_folder(work.scratch(), "virtuoso")
    asked = Hosted(Asked, store)
    try:
        remote, load_s = _started(triples, folder)
        found: dict[str, Any] = {
            "studies": studies, "load_s": load_s, "limit_s": LIMIT_S, "questions": {}
        }  # fmt: skip
        for name in [name for name in kmgraph.load_catalogue() if name not in SENSITIVITY]:
            work.tell(f"question {name}")
            if not asked.is_alive:
                asked = Hosted(Asked, store)
            found["questions"][name] = told = _question(name, runs, asked, remote)
            if not remote.is_alive or ("virtuoso_failed" in told and not _answers(remote)):
                told["virtuoso_ended"] = "virtuoso_failed" in told
                remote.close()
                remote, _ = _started(triples, folder)
        remote.close()
    finally:
        asked.close()
    return found


def _started(triples: Path, folder: Path) -> tuple[Hosted, float]:
    """Start Virtuoso on a folder, loading what it does not have; return it and the seconds."""
    hosted = Hosted(VirtuosoPlain, None)
    try:
        return hosted, hosted.call("load", triples, folder, limit_s=_LOAD_LIMIT_S).said
    except MeasurementError:
        hosted.close()
        raise


def _answers(remote: Hosted) -> bool:
    """Say whether it still answers the least of queries."""
    try:
        return remote.call("plain", _ANYTHING, ["s"], limit_s=LIMIT_S).rows == 1
    except MeasurementError:
        return False


def _is_same(name: str, fast: Answer, remote: Hosted) -> list[bool]:
    """Say whether its last answer has what ours has; nothing where that could not be told."""
    try:
        return [remote.call("holds", name, fast.first, limit_s=_COMPARE_LIMIT_S).said]
    except MeasurementError:
        return []


def _question(name: str, runs: int, asked: Hosted, remote: Hosted) -> dict[str, Any]:
    """Ask one question of both, each as often as time allows."""
    told: dict[str, Any] = {}
    times: dict[str, list[float]] = {"fast": [], "virtuoso": []}
    rows: dict[str, list[int]] = {"fast": [], "virtuoso": []}
    same = []
    for seed in range(runs + 1):
        if is_enough(times["fast"]):
            break
        try:
            drawn, fast = as_asked(asked, name, seed)
        except MeasurementError as error:
            return told | {"failed": str(error)}
        answers = {"fast": fast}
        if "virtuoso_failed" not in told and not is_enough(times["virtuoso"]):
            try:
                query = (drawn["text"], drawn["names"])
                answers["virtuoso"] = remote.call("plain", *query, limit_s=LIMIT_S)
            except MeasurementError as error:
                told["virtuoso_failed"] = str(error)
                if str(error).startswith("no answer"):
                    told["virtuoso_over_ms"] = 1000 * LIMIT_S
            else:
                same += _is_same(name, fast, remote)
        for who, answer in answers.items():
            if seed:  # the first run warms up
                times[who].append(1000 * answer.wall_s)
                rows[who].append(answer.rows)
    return told | summaries(times, rows) | {"virtuoso_same": [sum(same), len(same)]}
