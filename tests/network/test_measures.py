"""The measures agree with an independent library and with brute force, on any graph."""

from __future__ import annotations

from decimal import Decimal

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmgraph.network.measures import Measures, rounded


@st.composite
def graphs(draw: st.DrawFn) -> nx.Graph:
    """Return a graph of some nodes and edges, mostly sparse, so that it has bridges."""
    size = draw(st.integers(0, 12))
    pairs = [(first, second) for second in range(size) for first in range(second)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=16)) if pairs else []
    graph = nx.Graph()
    graph.add_nodes_from(range(size))
    graph.add_edges_from(edges)
    return graph


def measures(graph: nx.Graph) -> Measures:
    """Return the measures of a graph."""
    return Measures(len(graph), (tuple(sorted(edge)) for edge in graph.edges))


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_measures_agree_with_networkx(graph: nx.Graph) -> None:
    """Betweenness, bridges, articulation points and parts are those of another library."""
    ours = measures(graph)
    theirs = nx.betweenness_centrality(graph, normalized=True)
    assert all(
        abs(float(share) - theirs[node]) <= 0.51e-6 for node, share in enumerate(ours.betweenness())
    )
    assert set(ours.bridges()) == {tuple(sorted(edge)) for edge in nx.bridges(graph)}
    assert ours.articulation_points() == set(nx.articulation_points(graph))
    parts = {node: len(part) for part in nx.connected_components(graph) for node in part}
    assert ours.part_sizes() == [parts[node] for node in range(len(graph))]


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_what_falls_apart_agrees_with_taking_it_away(graph: nx.Graph) -> None:
    """Parts without a node, and sides of a bridge, are those that are left when it is deleted."""
    ours, sizes = measures(graph), measures(graph).part_sizes()
    for node in graph:
        part = nx.node_connected_component(graph, node)
        left = list(nx.connected_components(graph.subgraph(part - {node})))
        found = ours.parts_without(node, sizes[node])
        assert sorted(map(len, left), reverse=True) == [size for size, _ in found]
        for size, nodes in found:
            assert not nodes or (nodes in left and size == len(nodes))
        unnamed = [size for size, nodes in found if not nodes]
        assert unnamed in ([], [max(map(len, left), default=0)])
        assert [] == [size for size in unnamed if sum(len(p) == size for p in left) > 1]
    for bridge in ours.bridges():
        cut = nx.Graph(graph)
        cut.remove_edge(*bridge)
        sides = [len(nx.node_connected_component(cut, end)) for end in bridge]
        assert min(sides) == ours.smaller_side(bridge, sizes[bridge[0]])


@pytest.mark.parametrize(
    ("size", "edges", "expected"),
    [
        (2, [(0, 1)], ["0", "0"]),
        (4, [(0, 1), (0, 2), (0, 3)], ["1", "0", "0", "0"]),
        # A ring of four: each pair of opposite corners has two ways.
        (4, [(0, 1), (1, 2), (2, 3), (0, 3)], ["0.166667"] * 4),
        # A path beside a node without ties: 1 and 2 are each on two pairs' ways of six.
        (5, [(0, 1), (1, 2), (2, 3)], ["0", "0.333333", "0.333333", "0", "0"]),
    ],
)
def test_betweenness_by_hand(size: int, edges: list[tuple[int, int]], expected: list[str]) -> None:
    """Small graphs, counted on paper."""
    assert [Decimal(value) for value in expected] == Measures(size, edges).betweenness()


def test_exact_halves_round_to_even() -> None:
    """Half a millionth is nought, and one and a half is two."""
    # The middle of a star with 4 leaves is on 6 pairs; 6 of 12 million pairs is 0.5 millionths.
    assert Decimal("0.000000") == rounded(Decimal(6) / 12_000_000)
    assert Decimal("0.000002") == rounded(Decimal(18) / 12_000_000)


def test_a_long_chain_is_measured() -> None:
    """Nothing recurses, so that depth has no limit."""
    size = 20_000
    chain = Measures(size, [(node, node + 1) for node in range(size - 1)])
    assert size - 1 == len(chain.bridges())
    assert size - 2 == len(chain.articulation_points())
    assert [size - 11, 10] == [found for found, _ in chain.parts_without(10, size)]
    assert 11 == chain.smaller_side((10, 11), size)
