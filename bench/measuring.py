"""Measure programs: wall and processor seconds, and the most memory of a whole tree of processes.

What is measured runs in a process of its own, so that one measurement leaves nothing to the next.
Figures of several runs are told as median and spread (least and greatest).
"""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
#: How often the memory of a tree of processes is looked at.
_LOOK_EVERY_S: Final = 0.1
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """What one run took.

    :ivar wall_s: seconds by the clock.
    :ivar cpu_s: seconds of the processor, user and system, of the process and its children.
    :ivar peak_mb: most memory of the tree of processes at one moment; pages that processes share
        are counted once for each.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float


class MeasurementError(Exception):
    """A program failed, or took longer than it may."""


def environment(**more: str) -> dict[str, str]:
    """Return the environment of programs: this checkout is imported from."""
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "server", ROOT / "bench")))
    return {**os.environ, "PYTHONPATH": paths, **more}


def run(
    command: Sequence[str | Path], *, limit_s: float = 3600, env: Mapping[str, str] | None = None
) -> tuple[Usage, str]:
    """Run a program to its end.

    :param command: the program and its arguments.
    :param limit_s: it is ended after so many seconds.
    :returns: what it took, and what it printed.
    :raises MeasurementError: it failed, or reached the limit.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(env or environment()),
        start_new_session=True,
    )
    watch = Watch(process.pid)
    with watch:
        try:
            printed, complaints = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise MeasurementError(f"stopped after {limit_s:g} s") from None
    wall_s = time.perf_counter() - started
    if process.returncode:
        last = (complaints.strip() or printed.strip() or "said nothing").splitlines()[-1]
        raise MeasurementError(
            f"{Path(str(command[0])).name} ended with {process.returncode}: {last[:300]}"
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Usage(round(wall_s, 4), round(cpu_s, 3), round(watch.peak_mb, 1)), printed


def kmgraph_command(*arguments: str | Path, limit_s: float = 7200, **env: str) -> tuple[Usage, str]:
    """Run a command of kmgraph from this checkout; see :func:`run`."""
    command = [sys.executable, "-m", "kmgraph", *arguments]
    return run(command, limit_s=limit_s, env=environment(**env))


class Watch:
    """Follows a process and its descendants: their memory, and their processor seconds.

    :ivar peak_mb: most memory that was seen at one moment.
    :ivar cpu_s: processor seconds, as far as they were seen.
    """

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self._seen: dict[int, float] = {}
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def cpu_s(self) -> float:
        """Processor seconds of all processes that were seen."""
        return sum(self._seen.values())

    def _follow(self) -> None:
        """Look again and again until told to stop."""
        while True:
            self.look()
            if self._stop.wait(_LOOK_EVERY_S):
                return

    def look(self) -> None:
        """Note what the processes hold and took by now."""
        held = 0
        for pid in descendants(self._pid):
            try:
                stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            # Children that have ended are in what their parent waited for.
            self._seen[pid] = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
            held += int(stat[21]) * _PAGE_BYTES
        self.peak_mb = max(self.peak_mb, held / 1e6)


def descendants(pid: int) -> list[int]:
    """Return a process and all that it started, and these in turn."""
    found, waiting = [], [pid]
    while waiting:
        process = waiting.pop()
        found.append(process)
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                waiting += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def in_turns(
    makers: Mapping[str, Callable[[], Usage]], *, runs: int, warm_up: bool = True
) -> dict[str, list[Usage]]:
    """Run several things in turns (A B A B), so that what disturbs one disturbs all.

    :param makers: name to what makes one run.
    :param runs: runs of each that are kept.
    :param warm_up: whether each is run once before, and that run not kept.
    """
    kept: dict[str, list[Usage]] = {name: [] for name in makers}
    for number in range(runs + warm_up):
        for name, make in makers.items():
            usage = make()
            if number >= warm_up:
                kept[name].append(usage)
    return kept


def summary(values: Sequence[float]) -> dict[str, float | int]:
    """Return median, least and greatest of some figures.

    >>> summary([3.0, 1.0, 2.0])
    {'median': 2.0, 'least': 1.0, 'greatest': 3.0, 'runs': 3}
    """
    return {
        "median": round(statistics.median(values), 6),
        "least": round(min(values), 6),
        "greatest": round(max(values), 6),
        "runs": len(values),
    }


def summaries(usages: Sequence[Usage]) -> dict[str, Any]:
    """Return the figures of some runs by kind."""
    rows = [asdict(usage) for usage in usages]
    return {kind: summary([row[kind] for row in rows]) for kind in rows[0]}


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in info.splitlines() if "model name" in line]
    memory = os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": cores,
        "memory_gb": round(memory / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def write_json(path: Path, value: object) -> None:
    """Write results so that a run that is stopped leaves the last whole file."""
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(value, indent=1, sort_keys=False) + "\n", encoding="utf-8")
    beside.replace(path)
