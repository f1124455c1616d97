"""A small change to a large store: one study is added, by the command and from Python."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any, Final

from measuring import kmgraph_command, run, summaries, summary
from stages import phases, program
from workspace import BASE, PREFIX, SEED, Workspace

#: Numbers of the studies that are added begin here: none of them is in a registry of this size.
_FIRST: Final = 9_000_001


def measure(work: Workspace, studies: int, runs: int) -> dict[str, Any]:
    """Append one study after the other to a copy of a store."""
    store = work.scratch() / "changed"
    shutil.rmtree(store, ignore_errors=True)
    # Generations share files by hard links, and so does the copy.
    run(["cp", "-a", work.store(studies), store])
    usages, said = [], []
    for number in range(runs):
        bundle = _one_study(work, studies, _FIRST + number)
        options = ["--append", "--store", store, "--json"]
        usage, printed = kmgraph_command("build", bundle, *options)
        usages.append(usage)
        said.append(json.loads(printed))
    bundles = [_one_study(work, studies, _FIRST + 100 + number) for number in range(runs + 1)]
    warm = program("append", store, *bundles)[1]
    last = f"{BASE}study/{PREFIX}S{_FIRST + 100 + runs}"
    found = {
        "studies": studies,
        "command": summaries(usages) | {"phases": phases(said)},
        "python": {"seconds": summary(warm["seconds"][1:])},
        "is_there": program("holds", store, last)[1]["holds"],
        "generations": said[-1]["generation"],
    }
    shutil.rmtree(store)
    return found


def _one_study(work: Workspace, studies: int, number: int) -> Path:
    """Write a bundle that holds one study more."""
    from kmgraph.synthetic import SyntheticRegistry
    from kmgraph.synthetic.registry import COLUMNS

    folder = work.scratch() / f"study-{number}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(work.bundle(studies) / "dataset.csv", folder)
    rows: dict[str, list[dict[str, str]]] = {}
    for sheet, cells in SyntheticRegistry(SEED).study(number):
        rows.setdefault(sheet, []).append(cells)
    for sheet, each in rows.items():
        with (folder / f"{sheet}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[sheet])
            writer.writeheader()
            writer.writerows(each)
    return folder
