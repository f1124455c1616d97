"""Synthetic rated programmes and registries, for tests, demonstrations and measurements.

>>> SyntheticProgramme(seed=1).cases
1.5
"""

from __future__ import annotations

from kmgraph.synthetic.registry import SyntheticRegistry
from kmgraph.synthetic.writing import GenerateSummary, SyntheticProgramme, generate

__all__ = ["GenerateSummary", "SyntheticProgramme", "SyntheticRegistry", "generate"]
