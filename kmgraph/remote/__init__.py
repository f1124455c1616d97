"""Evidence behind a SPARQL endpoint, with the interface of a store of one's own."""

from __future__ import annotations

from kmgraph.remote.dataset import RemoteDataset, WriteOutcome, connect
from kmgraph.remote.store import RemoteStore

__all__ = ["RemoteDataset", "RemoteStore", "WriteOutcome", "connect"]
