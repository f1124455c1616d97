"""Measure every stage, every saved question and the other systems on the same data.

``python bench/run.py --scale 2000`` works in a temporary folder and writes ``bench-2000.json``;
``python bench/page.py bench-2000.json`` makes a page of it. What is not installed is skipped and
the results say so. Only what was started here is ended.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

BENCH: Final = Path(__file__).resolve().parent
ROOT: Final = BENCH.parent
sys.path[:0] = [str(ROOT), str(ROOT / "server"), str(BENCH)]

import analytic  # noqa: E402 - it is found by the lines above
import beside_virtuoso  # noqa: E402
import change  # noqa: E402
import growth  # noqa: E402
import pages  # noqa: E402
import questions  # noqa: E402
import stages  # noqa: E402
from measuring import MeasurementError, machine, run, versions, write_json  # noqa: E402
from workspace import SEED, Workspace  # noqa: E402

SCALES: Final = (500, 2_000, 20_000, 200_000, 1_000_000)
PACKAGES: Final = (
    "pyoxigraph", "rdflib", "pyshacl", "owlready2", "oxigraph", "oxrdflib", "rdflib-endpoint",
)  # fmt: skip
#: From this many studies on, what takes minutes is done once.
_ONCE_FROM: Final = 20_000
_LOAD_LIMIT_S: Final = 3_600


def parts(work: Workspace, studies: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return what can be measured, in the order in which it is."""
    once = 1 if studies >= _ONCE_FROM else 3
    return {
        "generate": lambda: stages.generating(work, studies, once),
        "staging": lambda: stages.staging(work, studies, once),
        "build": lambda: stages.building(work, studies, once),
        "open": lambda: stages.opening(work, studies, 5),
        "validation": lambda: stages.validating(work, studies, once),
        "change": lambda: change.measure(work, studies, 5),
        "analytic": lambda: analytic.measure(work, studies),
        "questions": lambda: questions.measure(work, studies, 5),
        "virtuoso": lambda: beside_virtuoso.measure(work, studies, 3),
        "http": lambda: serving(work, studies),
        "pages": lambda: pages.measure(work, studies),
        "growth": lambda: growth.measure(work, studies),
    }


def serving(work: Workspace, studies: int) -> dict[str, Any]:
    """Measure look-ups over HTTP beside the engine's own server, by ``load.py``."""
    if shutil.which("wrk") is None:
        return {"skipped": "wrk is not installed: apt-get install wrk"}
    command = [sys.executable, BENCH / "load.py", "--store", work.store(studies)]
    found: dict[str, Any] = json.loads(run(command, limit_s=_LOAD_LIMIT_S)[1])
    return found


def main() -> int:
    """Measure what the command line asks for."""
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    out = given.out or Path(f"bench-{given.scale}.json")
    results = json.loads(out.read_text(encoding="utf-8")) if out.exists() and given.only else {}
    results |= _heading(given.scale)
    with TemporaryDirectory(prefix="kmgraph-bench-") as name:
        folder = given.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        work = Workspace(folder, tell=_tell)
        chosen = parts(work, given.scale)
        names = given.only.split(",") if given.only else list(chosen)
        if unknown := set(names) - set(chosen):
            raise SystemExit(f"no part {', '.join(unknown)}: there are {', '.join(chosen)}")
        for part in names:
            _tell(f"== {part}")
            results[part] = _measured(chosen[part])
            write_json(out, results)
            shutil.rmtree(work.scratch(), ignore_errors=True)
    _tell(f"wrote {out}: python bench/page.py {out} makes a page of it")
    failed = [part for part in names if "failed" in results[part]]
    for part in failed:
        _tell(f"{part} failed: {results[part]['failed']}")
    return 1 if failed else 0


def _measured(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the results of a part, or what kept it from having any."""
    started = time.perf_counter()
    try:
        found = measure()
    except (MeasurementError, OSError, ValueError, KeyError) as error:
        found = {"failed": f"{type(error).__name__}: {error}"}
    return found | {"took_s": round(time.perf_counter() - started, 1)}


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, default=SCALES[1], help="how many studies")
    parser.add_argument("--only", default="", metavar="PART,...", help="measure these parts alone")
    parser.add_argument("--out", type=Path, help="file of the results; parts of it are kept")
    parser.add_argument("--folder", type=Path, help="folder of the data, which is then kept")
    return parser.parse_args()


def _heading(scale: int) -> dict[str, Any]:
    """Return what the results depend on."""
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    said = subprocess.run(git, capture_output=True, text=True, check=False)
    return {
        "scale": scale,
        "seed": SEED,
        "date": time.strftime("%Y-%m-%d"),
        "revision": said.stdout.strip(),
        "machine": machine(),
        "versions": versions(PACKAGES),
    }


def _tell(text: str) -> None:
    """Tell the person who waits."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
