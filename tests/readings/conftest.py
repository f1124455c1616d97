"""What the tests of readings share: the rated fixture, whose README works the answers out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import kmgraph
from kmgraph.dataset import EvidenceDataset

RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"


@pytest.fixture(scope="session")
def rated() -> Iterator[EvidenceDataset]:
    """Return the rated fixture, built in memory."""
    with kmgraph.build_in_memory(RATED) as dataset:
        yield dataset
