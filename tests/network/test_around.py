"""What hangs on a record, and the network that is read around some records alone."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import RecordNotFoundError
from kmgraph.network import StakeholderNetwork
from kmgraph.network.around import read_around
from kmgraph.network.hanging import CUT_OFF, NOT_FOUND, STAYS, WhatHangs, what_hangs
from tests.network.conftest import as_networkx


@pytest.fixture(scope="module", params=["drawn", "example"])
def dataset(request: pytest.FixtureRequest) -> EvidenceDataset:
    """Return each of two datasets: one that is drawn on paper, one of real records."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, EvidenceDataset)
    return found


def test_what_hangs_on_a_record_is_what_another_library_finds(dataset: EvidenceDataset) -> None:
    """Who keeps a way to the most of the others, how many ties each keeps, and which pairs part."""
    network = dataset.network(people=True)
    graph = as_networkx(network)
    fates = set()
    for node in network.nodes:
        hangs = what_hangs(network, node.iri)
        near = set(graph[node.iri])
        without = graph.copy()
        without.remove_node(node.iri)
        parts = [near & part for part in nx.connected_components(without) if near & part]
        assert {one.node.iri for one in hangs.hangings} == near
        for one in hangs.hangings:
            assert one.keeps == without.degree(one.node.iri)
            assert {post.iri for post in one.posts} == {
                other.iri
                for other in network.nodes
                if other.kind == "post" and without.has_edge(other.iri, one.node.iri)
            }
        apart = {
            frozenset(pair)
            for pair in combinations(near, 2)
            if pair[1] not in nx.single_source_shortest_path(without, pair[0], cutoff=2)
        }
        assert hangs.all_pairs == len(apart)
        assert {frozenset((a.iri, b.iri)) for a, b in hangs.pairs} <= apart
        assert len(hangs.left_alone) == _left(without, parts)
        fates |= {one.fate for one in hangs.hangings}
    assert fates == {STAYS, CUT_OFF}


def _left(without: nx.Graph, parts: list[set[str]]) -> int:
    """Return how many are not in the one largest part of what is left."""
    whole = [nx.node_connected_component(without, next(iter(part))) for part in parts]
    sizes = sorted(map(len, whole))
    if len(parts) <= 1:
        return 0
    largest = sizes[-1] if sizes[-1] > sizes[-2] else None
    return sum(len(part) for part, one in zip(parts, whole, strict=True) if len(one) != largest)


def test_what_is_read_around_a_record_is_its_part_of_the_whole(dataset: EvidenceDataset) -> None:
    """Its ties, with kinds and passages; and what may have more ties is told apart."""
    whole = dataset.network(people=True)
    cut_off = 0
    for node in whole.nodes:
        around = read_around(dataset.store, [node.iri], steps=2)
        near = StakeholderNetwork(around.reading, people=True, base=dataset.base)
        assert node.iri not in around.open
        assert near.ties_of(node.iri) == whole.ties_of(node.iri)
        assert {(one.iri, one.kind, one.label) for one in near.nodes} <= {
            (one.iri, one.kind, one.label) for one in whole.nodes
        }
        assert set(near.ties) <= set(whole.ties)
        here, there = what_hangs(near, node.iri, unread=around.open), what_hangs(whole, node.iri)
        _agree(here, there)
        cut_off += len(there.left_alone)
    assert cut_off


def _agree(here: WhatHangs, there: WhatHangs) -> None:
    """Hold that nothing is said to be cut off that is not, and the rest not to be known."""
    known = {one.node.iri: one.fate for one in there.hangings}
    for one in here.hangings:
        assert one.fate in {STAYS, CUT_OFF, NOT_FOUND}
        if one.fate == CUT_OFF:
            assert known[one.node.iri] == CUT_OFF


def test_so_many_records_are_read_and_no_more(example: EvidenceDataset) -> None:
    """Those beyond are there for their ties to the others, and are said to be open."""
    whole = example.network(people=True)
    start = max(whole.nodes, key=lambda node: len(whole.ties_of(node.iri)))
    around = read_around(example.store, [start.iri], most=1)
    assert {node.iri for node in around.reading.nodes} - around.open == {start.iri}
    assert {end for tie in around.reading.ties for end in (tie.first, tie.second)} == {
        node.iri for node in around.reading.nodes
    }


def test_a_record_that_is_not_there_has_nothing_around_it(example: EvidenceDataset) -> None:
    """And nothing hangs on it."""
    around = read_around(example.store, ["urn:nix"])
    assert around.reading.nodes == ()
    with pytest.raises(RecordNotFoundError, match="no record 'urn:nix'"):
        what_hangs(example.network(), "urn:nix")
