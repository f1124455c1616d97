"""Attack a server of our own and see whether it stays up, right and small.

``python bench/hostile/run.py --scale 10`` starts a server at a free port of this machine on a
store in a temporary folder, makes each attack, looks after each one whether the service answers
rightly, how much memory it holds and how many processes it has, and prints a table, or JSON with
``--json``. It ends with 1 if anything was wrong. ``--scale 1`` takes about a minute.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attacks import ATTACKS, TRIPLES
from target import MEMORY_BYTES, WORKERS, Target

#: Memory of the server itself and what its idle workers may keep, in bytes.
SERVER_BYTES = 900_000_000
MOST_BYTES = SERVER_BYTES + (WORKERS + 1) * MEMORY_BYTES
#: Workers, a spare one, one that is being replaced, a writer, and what only starts.
MOST_PROCESSES = 2 * WORKERS + 4


def main(arguments: list[str] | None = None) -> int:
    """Make the attacks and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: run.py --scale 10")
    parser.add_argument("--scale", type=int, default=1, help="how much of each attack")
    parser.add_argument("--seed", type=int, default=1, help="seed of what is random")
    parser.add_argument("--json", action="store_true", help="write JSON")
    parser.add_argument("--only", action="append", help="make only attacks whose name holds this")
    chosen = parser.parse_args(arguments)
    with TemporaryDirectory() as name:
        target = Target(Path(name))
        try:
            rows = _attack(target, chosen)
        finally:
            code = target.stop() if target.process.poll() is None else None
    if code != 0:
        rows.append({"attack": "stop", "faults": [f"the server ended with {code}"]})
    faults = sum(len(row["faults"]) for row in rows)
    print(json.dumps(rows, indent=2) if chosen.json else _table(rows))
    return 1 if faults else 0


def _attack(target: Target, chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """Make the attacks, and look at the service after each."""
    right = target.count(TRIPLES)
    rows = []
    for name, attack in ATTACKS.items():
        if chosen.only and not any(part in name for part in chosen.only):
            continue
        print(f"{name} ...", file=sys.stderr, flush=True)
        start = time.perf_counter()
        seen = attack(target, chosen.scale, random.Random(chosen.seed))
        if name.startswith(("writers", "kill -9 of the server")):
            right = target.count(TRIPLES)
        faults = [*seen.faults, *_after(target, right)]
        rows.append(
            {
                "attack": name,
                "seconds": round(time.perf_counter() - start, 1),
                "statuses": {str(k): v for k, v in sorted(seen.statuses.items())},
                "longest_s": round(seen.longest_s, 2),
                "memory_mb": round(target.memory_bytes() / 1e6),
                "processes": len(target.children()),
                "faults": faults[:20],
            }
        )
    return rows


def _after(target: Target, right: int | None) -> list[str]:
    """Return what is wrong with the service after an attack."""
    faults = []
    start = time.perf_counter()
    found = target.count(TRIPLES)
    if found is None or found != right:
        faults.append(f"afterwards the store counts {found} triples, not {right}")
    if (took := time.perf_counter() - start) > 3:
        faults.append(f"afterwards a count took {took:.1f} s")
    if target.request("GET", "/healthz").status != 200:
        faults.append("afterwards the server does not say that it is well")
    if (memory := target.memory_bytes()) > MOST_BYTES:
        faults.append(f"afterwards {memory / 1e6:,.0f} MB of memory are held")
    if (number := len(target.children())) > MOST_PROCESSES:
        faults.append(f"afterwards there are {number} processes")
    return faults


def _table(rows: list[dict[str, Any]]) -> str:
    """Return the outcome as a Markdown table."""
    lines = [
        "| attack | answers | longest s | memory MB | processes | faults |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        answers = ", ".join(f"{n} x {s}" for s, n in row.get("statuses", {}).items())
        faults = "; ".join(row["faults"]) or "none"
        lines.append(
            f"| {row['attack']} | {answers} | {row.get('longest_s', '')} "
            f"| {row.get('memory_mb', '')} | {row.get('processes', '')} | {faults} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
