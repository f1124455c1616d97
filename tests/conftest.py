"""Fixtures that several test modules share."""

from __future__ import annotations

import sys
from pathlib import Path

import hypothesis

# Tests are imported one by one; what they share is found from here.
sys.path.insert(0, str(Path(__file__).resolve().parent))

# A busy machine is no reason to fail: speed is measured elsewhere.
hypothesis.settings.register_profile("kmgraph", deadline=None)
hypothesis.settings.load_profile("kmgraph")
