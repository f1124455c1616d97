"""Survey instruments: their scales, and from people's answers to rows of a bundle.

The scales are in ``ontology/frameworks`` as facts: number of items, range, rule of scoring, the
constructs that they stand for. No item is worded anywhere.

>>> find_instrument("CAI").scales["CAI"].item_count
37
"""

from __future__ import annotations

from kmgraph.instruments.answers import Answer, Eligible, person_score, to_decimal
from kmgraph.instruments.bundle import assessment_id, to_records, write_scores
from kmgraph.instruments.catalogue import (
    Instrument,
    Scale,
    ScoringRule,
    find_instrument,
    load_instruments,
)
from kmgraph.instruments.responses import RESPONSE_CODES, read_eligible, read_responses
from kmgraph.instruments.scoring import DEFAULT_MINIMUM_N, Cell, Level, ScoringOptions, score

__all__ = [
    "DEFAULT_MINIMUM_N",
    "RESPONSE_CODES",
    "Answer",
    "Cell",
    "Eligible",
    "Instrument",
    "Level",
    "Scale",
    "ScoringOptions",
    "ScoringRule",
    "assessment_id",
    "find_instrument",
    "load_instruments",
    "person_score",
    "read_eligible",
    "read_responses",
    "score",
    "to_decimal",
    "to_records",
    "write_scores",
]
