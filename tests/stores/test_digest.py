"""Digests: sums over lines, which do not depend on the order in which things were written."""

from __future__ import annotations

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from kmgraph.stores.digest import (
    EMPTY,
    LineSum,
    dataset_digest,
    graph_digest,
    is_line_sum,
    line_of,
    store_digest,
)

LINES = st.lists(st.binary(min_size=1, max_size=300), unique=True, max_size=12)
NAMES = st.sampled_from(["urn:a", "urn:b", "urn:c"]).map(ox.NamedNode)
TERMS = NAMES | st.builds(ox.Literal, st.text(max_size=20))
TRIPLES = st.builds(ox.Triple, NAMES, NAMES, TERMS)


def total(lines) -> LineSum:
    """Return the sum of lines."""
    made = LineSum()
    made.add(lines)
    return made


@given(LINES, st.randoms())
def test_order_does_not_matter(lines, random):
    mixed = random.sample(lines, len(lines))
    assert total(lines).hexdigest() == total(mixed).hexdigest()


@given(LINES, st.integers(0, 12))
def test_parts_add_up_and_are_taken_away_again(lines, at):
    first, second = lines[:at], lines[at:]
    whole = total(lines)
    assert whole == total(first).merge(total(second))
    assert total(second) == LineSum(whole.hexdigest()).without(total(first))
    whole.remove(second)
    assert total(first) == whole


@given(LINES, LINES)
def test_different_lines_have_different_sums(one, two):
    assert (set(one) == set(two)) == (total(one).hexdigest() == total(two).hexdigest())


def test_the_digest_of_a_line_is_the_documented_one():
    import hashlib

    line = b"<urn:a> <urn:b> <urn:c> .\n"
    expected = int.from_bytes(hashlib.sha256(line).digest(), "little")
    assert f"{expected:080x}" == total([line]).hexdigest()
    doubled = total([line]).merge(total([line])).hexdigest()
    assert f"{2 * expected:080x}" == doubled


@given(st.lists(TRIPLES, max_size=20))
def test_the_digest_of_a_graph_is_the_sum_of_its_lines(triples):
    store, graph = ox.Store(), ox.NamedNode("urn:g")
    store.extend(ox.Quad(*triple, graph) for triple in triples)
    assert total({line_of(triple) for triple in triples}).hexdigest() == graph_digest(
        store, graph.value
    )


@given(st.lists(st.tuples(TRIPLES, st.sampled_from(["urn:g", "urn:h", "urn:i"])), max_size=20))
def test_a_default_graph_is_known_to_be_the_merge_or_not(quads):
    store = ox.Store()
    for triple, graph in quads:
        store.add(ox.Quad(*triple, ox.NamedNode(graph)))
        store.add(ox.Quad(*triple))
    assert store_digest(store)[1]
    extra = ox.Triple(ox.NamedNode("urn:x"), ox.NamedNode("urn:x"), ox.NamedNode("urn:x"))
    store.add(ox.Quad(*extra))
    assert not store_digest(store)[1]
    store.remove(ox.Quad(*extra))
    for triple, _ in quads[:1]:
        store.remove(ox.Quad(*triple))
        assert not store_digest(store)[1]


def test_an_empty_graph_counts_for_nothing_and_old_digests_are_told_apart():
    held = total([b"a\n"]).hexdigest()
    assert dataset_digest({"urn:g": held}) == dataset_digest({"urn:g": held, "urn:h": EMPTY})
    assert dataset_digest({"urn:g": held}) != dataset_digest({"urn:h": held})
    assert is_line_sum(held)
    assert not is_line_sum("a" * 64) and not is_line_sum("a" * 128)
