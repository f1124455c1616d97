"""What follows from the data: entailments, summaries, diagnoses, and what would change them.

The rules are the SPARQL files of ``queries/construct``; this package runs them.
"""

from __future__ import annotations

from kmgraph.derivation.deriving import DERIVED, Derived, derive, is_derived
from kmgraph.derivation.rules import Rule, load_rules, run_rules

__all__ = ["DERIVED", "Derived", "Rule", "derive", "is_derived", "load_rules", "run_rules"]
