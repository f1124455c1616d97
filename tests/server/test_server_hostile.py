"""Hostile callers, for a short while; ``bench/hostile/run.py`` goes on for longer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_S = 240


def test_nothing_that_a_caller_does_brings_the_service_down():
    """Each attack is met as it should be, and after it the service answers rightly and is small."""
    done = subprocess.run(
        [sys.executable, ROOT / "bench/hostile/run.py", "--json"],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )
    rows = json.loads(done.stdout)
    assert len(rows) == 13
    assert {row["attack"]: row["faults"] for row in rows if row["faults"]} == {}
    assert done.returncode == 0, done.stderr
