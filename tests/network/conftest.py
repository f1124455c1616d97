"""The network that is drawn in the README of its bundle."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.network import StakeholderNetwork
from kmgraph.pipeline.in_memory import build_in_memory

DRAWN = Path(__file__).parents[1] / "questions" / "data" / "network"


@pytest.fixture(scope="session")
def drawn() -> EvidenceDataset:
    """Return the drawn bundle."""
    return build_in_memory(DRAWN)


def as_networkx(network: StakeholderNetwork) -> nx.Graph:
    """Return a network as a graph of another library."""
    graph = nx.Graph()
    graph.add_nodes_from(node.iri for node in network.nodes)
    graph.add_edges_from((tie.first, tie.second) for tie in network.ties)
    return graph
