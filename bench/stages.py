"""The stages of a build, each beside the bare engine or the reference that does the same."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from measuring import (
    ROOT,
    MeasurementError,
    Usage,
    environment,
    in_turns,
    kmgraph_command,
    machine,
    run,
    summaries,
    summary,
)
from workspace import DATASET, Workspace, generate

#: Phases of a build that make what the records do not say, or check it.
BEYOND_POPULATION: Final = frozenset({"derive", "validate", "cube", "listings"})
#: Sizes at which pySHACL is tried, at most; it is given the same triples as ours.
PYSHACL_STUDIES: Final = 1_000


def program(name: str, *arguments: str | Path, **env: str) -> tuple[Usage, dict[str, Any]]:
    """Run one of the programs of ``programs.py``."""
    command = [sys.executable, ROOT / "bench" / "programs.py", name, *arguments]
    usage, said = run(command, limit_s=6 * 3600, env=environment(**env))
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return usage, found


def generating(work: Workspace, studies: int, runs: int) -> dict[str, Any]:
    """Measure ``kmgraph generate``."""

    def once() -> Usage:
        path = work.scratch() / "bundle"
        shutil.rmtree(path, ignore_errors=True)
        return generate(path, studies)

    found = in_turns({"generate": once}, runs=runs, warm_up=False)["generate"]
    shutil.rmtree(work.scratch() / "bundle")
    return summaries(found)


def staging(work: Workspace, studies: int, runs: int) -> dict[str, Any]:
    """Measure records to N-Quads, in one process and on every core."""
    bundle, cores = work.bundle(studies), str(machine()["cores"])
    said: dict[str, list[dict[str, Any]]] = {"1": [], cores: []}

    def with_workers(workers: str) -> Callable[[], Usage]:
        def once() -> Usage:
            usage, found = program("stage", bundle, KMGRAPH_BUILD_WORKERS=workers)
            said[workers].append(found)
            return usage

        return once

    turns = in_turns({workers: with_workers(workers) for workers in said}, runs=runs)
    return {
        workers: summaries(usages)
        | {
            "seconds": summary([each["seconds"] for each in said[workers][1:]]),
            "statements": said[workers][0]["statements"],
            "records": said[workers][0]["records"],
        }
        for workers, usages in turns.items()
    }


def building(work: Workspace, studies: int, runs: int) -> dict[str, Any]:
    """Measure whole builds, in turns with the bare engine on the same N-Quads."""
    said: dict[str, list[dict[str, Any]]] = {"build": [], "bare": [], "bare-default": []}

    def build() -> Usage:
        usage, summarised = work.build(studies)
        said["build"].append(summarised)
        return usage

    def bare(name: str, ending: str) -> Callable[[], Usage]:
        def once() -> Usage:
            usage, found = program("bare", f"{_quads(work, studies)}{ending}")
            said[name].append(found)
            return usage

        return once

    makers = {
        "build": build,
        "bare": bare("bare", ".nq"),
        "bare-default": bare("bare-default", "-default.nq"),
    }
    usages = in_turns(makers, runs=runs, warm_up=False)
    store = work.store(studies)
    graph = next(name for name in _graphs(store) if name.endswith(f"/{DATASET}"))
    same = program("same", f"{_quads(work, studies)}.nq", store, graph)[1]
    return _told(usages, said) | {"same_content": same["equal"]}


def _quads(work: Workspace, studies: int) -> Path:
    """Return where the N-Quads of the published view are, written by the first who asks."""
    quads = work.folder / f"quads-{studies}"
    if not quads.with_suffix(".nq").exists():
        program("quads", work.store(studies), quads)
    return quads


def _told(
    usages: Mapping[str, list[Usage]], said: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """Return what builds and bare loads took, and the ratios of each turn."""
    builds = said["build"]
    population = [population_s(each) for each in builds]
    found: dict[str, Any] = {name: summaries(each) for name, each in usages.items()}
    found["build"]["phases"] = phases(builds)
    found["build"]["rules"] = builds[-1]["rule_seconds"]
    found["build"]["triples"] = builds[-1]["triples"]
    found["build"]["derived"] = builds[-1]["derived"]
    found["build"]["population_s"] = summary(population)
    for name in ("bare", "bare-default"):
        seconds = [each["seconds"] for each in said[name]]
        ratios = [ours / theirs for ours, theirs in zip(population, seconds, strict=True)]
        found[name] |= {
            "seconds": summary(seconds),
            "quads": said[name][-1]["quads"],
            "population_ratio": summary(ratios),
        }
    return found


def population_s(build: Mapping[str, Any]) -> float:
    """Return the seconds of a build without derivation and validation.

    >>> population_s({"seconds": {"map": 1.0, "load": 2.0, "validate": 9.0}})
    3.0
    """
    seconds: Mapping[str, float] = build["seconds"]
    return sum(s for phase, s in seconds.items() if phase not in BEYOND_POPULATION)


def phases(builds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the seconds of each phase of some builds."""
    return {
        phase: summary([each["seconds"].get(phase, 0.0) for each in builds])
        for phase in builds[-1]["seconds"]
    }


def _graphs(store: Path) -> list[str]:
    """Return the graphs of the published view."""
    import kmgraph

    with kmgraph.open_store(store) as dataset:
        return dataset.store.graph_names()


def opening(work: Workspace, studies: int, runs: int) -> dict[str, Any]:
    """Measure opening the published view up to a first answer."""
    store = work.store(studies)
    seconds = [program("open", store)[1]["seconds"] for _ in range(runs + 1)][1:]
    return {"seconds": summary(seconds)}


def validating(work: Workspace, studies: int, runs: int) -> dict[str, Any]:
    """Measure validation of a whole store, and beside pySHACL on fewer studies with faults."""
    store, few = work.store(studies), max(20, min(PYSHACL_STUDIES, studies // 10))
    found: dict[str, Any] = {"studies": studies, "pyshacl_studies": few}

    def whole() -> Usage:
        return kmgraph_command("validate", "--store", store, "--quiet", limit_s=6 * 3600)[0]

    found["store"] = summaries(in_turns({"store": whole}, runs=runs, warm_up=False)["store"])
    spoilt = work.folder / f"spoilt-{few}.nt"
    found["faults"] = program("spoil", work.triples(few), spoilt)[1]["spoilt"]
    said: dict[str, list[dict[str, Any]]] = {"ours": [], "pyshacl": []}

    def with_engine(engine: str) -> Callable[[], Usage]:
        def once() -> Usage:
            usage, each = program("shapes", engine, spoilt)
            said[engine].append(each)
            return usage

        return once

    try:
        makers = {engine: with_engine(engine) for engine in said}
        usages = in_turns(makers, runs=1 if few > 300 else min(runs, 2), warm_up=False)
    except MeasurementError as error:
        return found | {"failed": str(error)}
    for engine, each in usages.items():
        found[engine] = summaries(each) | {
            "seconds": summary([one["seconds"] for one in said[engine]]),
            "results": said[engine][-1]["results"],
        }
    ratios = [b["seconds"] / a["seconds"] for a, b in zip(*said.values(), strict=True)]
    found["times_faster"] = summary(ratios)
    # What people check is mostly in a store already; pySHACL has no store of its own.
    found["in_store_s"] = program("check", work.store(few))[1]["seconds"]
    found["times_faster_in_store"] = (
        min(each["seconds"] for each in said["pyshacl"]) / found["in_store_s"]
    )
    found["equal"] = len({one["digest"] for each in said.values() for one in each}) == 1
    return found
