"""What follows from the data: entailments, summaries, diagnoses, and what would change them.

The rules are the SPARQL files of ``queries/construct``; this package runs them.
"""

from __future__ import annotations

from kmgraph.derivation.changes import Difference, derive_changes
from kmgraph.derivation.deriving import DERIVED, Derived, derive, is_derived
from kmgraph.derivation.flips import (
    FLIPS_STORED_CASES,
    flips_are_stored,
    flips_of,
    with_flips,
)
from kmgraph.derivation.rules import Rule, load_rules, run_rules

__all__ = [
    "DERIVED",
    "FLIPS_STORED_CASES",
    "Derived",
    "Difference",
    "Rule",
    "derive",
    "derive_changes",
    "flips_are_stored",
    "flips_of",
    "is_derived",
    "load_rules",
    "run_rules",
    "with_flips",
]
