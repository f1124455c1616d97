"""The listings of a store on disk are written with a generation, and again without a difference."""

from pathlib import Path

from kmgraph.bundles.files import example_path
from kmgraph.listings import ALL, list_in_memory, listing_iri, stored_blocks
from kmgraph.pipeline.in_memory import build_in_memory
from kmgraph.stores.oxigraph import MemoryStore


def test_a_store_in_memory_lists_its_cases_by_name(tmp_path: Path) -> None:
    dataset = build_in_memory(example_path("clahrc-ndl"))
    store = dataset.store
    assert isinstance(store, MemoryStore)
    list_in_memory(store, tmp_path)
    blocks = stored_blocks(store, listing_iri(store.base, "cases", ALL))
    assert blocks is not None
    names = [line.split("\t")[0] for line in blocks.page(0, 100)]
    assert len(names) == 16
    assert names == sorted(names)
