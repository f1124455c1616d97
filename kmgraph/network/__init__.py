"""The stakeholder network: who bridges, how communities overlap, and what a vacancy cuts off.

The queries of ``queries/network`` say what ties records; the measures are those of rustworkx.
"""

from __future__ import annotations

from kmgraph.network.model import (
    KINDS,
    WIDE_KINDS,
    Bridge,
    BridgeLoss,
    Ground,
    Loss,
    NetworkNode,
    Overlap,
    Position,
    Tie,
)
from kmgraph.network.network import StakeholderNetwork
from kmgraph.network.reading import Reading, read_network

__all__ = [
    "KINDS",
    "WIDE_KINDS",
    "Bridge",
    "BridgeLoss",
    "Ground",
    "Loss",
    "NetworkNode",
    "Overlap",
    "Position",
    "Reading",
    "StakeholderNetwork",
    "Tie",
    "read_network",
]
