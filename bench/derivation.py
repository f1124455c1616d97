"""Time derivation on synthetic programmes and check what it yields.

``python bench/derivation.py 200 2000`` prints one JSON object: for each number of studies the
sizes, the seconds of each step and of each rule, and what each check found (nothing is right);
and how the seconds of derivation grow. Memory is the peak of the process after that size.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kmgraph import artefacts
from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.opening import open_bundle
from kmgraph.derivation import derive
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.pipeline.staging import stage
from kmgraph.pipeline.vocabulary_graphs import write_vocabulary_graph
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.synthetic import generate

SEED = 1


class Steps:
    """Seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def done(self, name: str) -> None:
        """Note the end of a step."""
        now = time.perf_counter()
        self.seconds[name], self._last = round(now - self._last, 3), now


def measure(studies: int) -> dict[str, Any]:
    """Generate, load, derive and check one programme."""
    with TemporaryDirectory() as name, MemoryStore() as store:
        folder, steps = Path(name), Steps()
        generate(folder / "bundle", studies=studies, seed=SEED)
        steps.done("generate")
        elsewhere = StoreElsewhere(None, {})
        check = BundleCheck(open_bundle(folder / "bundle"), elsewhere=elsewhere)
        staged = stage(check, elsewhere, store.base, folder)
        steps.done("check and map")
        for graph in ("ontology", "frameworks"):
            write_vocabulary_graph(graph, store.base, folder / f"{graph}.nq")
            store.load_nquads(folder / f"{graph}.nq")
        store.load_nquads(staged.quads)
        asserted = staged.statements
        steps.done("load")
        derived = derive(store, folder)
        steps.done("derive")
        before = store.count()
        for path in derived.files.values():
            store.load_nquads(path)
        steps.done("load what was derived")
        found = {
            path.stem: sum(1 for _ in store.query(path.read_text(encoding="utf-8")))
            for path in artefacts.files("queries", "checks/readings/*.rq")
        }
        steps.done("checks")
        return {
            "studies": studies,
            "cases": derived.cases,
            "asserted_triples": asserted,
            "derived_triples": store.count() - before,
            "seconds": steps.seconds,
            "rule_seconds": {rule: round(s, 3) for rule, s in derived.seconds.items()},
            "found_by_checks": found,
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


def main(arguments: list[str]) -> None:
    """Measure each size and print the results."""
    sizes = [int(argument) for argument in arguments] or [50, 200]
    runs = [measure(size) for size in sizes]
    first, last = runs[0], runs[-1]
    growth = {
        "studies": round(last["studies"] / first["studies"], 2),
        "cases": round(last["cases"] / first["cases"], 2),
        "derive_seconds": round(last["seconds"]["derive"] / first["seconds"]["derive"], 2),
    }
    machine = {"python": platform.python_version(), "cpus": os.cpu_count()}
    print(json.dumps({"machine": machine, "runs": runs, "growth": growth}, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
