"""The PARIHS reading of cases, as Python objects and as tables."""

from __future__ import annotations

from kmgraph.readings.cases import Cases
from kmgraph.readings.frames import (
    diagnoses_frame,
    flips_frame,
    ratings_frame,
    summaries_frame,
)
from kmgraph.readings.model import (
    HYPOTHESIS,
    CaseReading,
    ConstructReading,
    DiagnosisReading,
    ElementReading,
    FlipReading,
    Rating,
)

__all__ = [
    "HYPOTHESIS",
    "CaseReading",
    "Cases",
    "ConstructReading",
    "DiagnosisReading",
    "ElementReading",
    "FlipReading",
    "Rating",
    "diagnoses_frame",
    "flips_frame",
    "ratings_frame",
    "summaries_frame",
]
