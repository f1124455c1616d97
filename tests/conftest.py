"""Fixtures that several test modules share."""

from __future__ import annotations

import sys
from pathlib import Path

# Tests are imported one by one; what they share is found from here.
sys.path.insert(0, str(Path(__file__).resolve().parent))
