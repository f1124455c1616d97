"""Adding rows to a dataset leaves the lists of where its records come from as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

import kmgraph
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.errors import PublicationError
from kmgraph.pipeline.locations import RowLocations
from kmgraph.pipeline.publication import refuse_described_twice, rows_lists
from kmgraph.records import Dataset, Study
from kmgraph.stores.generations import GenerationStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GenerationStore:
    """Return a store with a dataset to which rows were added twice."""
    made = GenerationStore.create(tmp_path_factory.mktemp("lists") / "store")
    kmgraph.build([bundle("S1")], made)
    for number in (2, 3):
        kmgraph.build([bundle(f"S{number}")], made, kmgraph.BuildOptions(append=True))
    return made


def bundle(study: str) -> MemoryBundle:
    """Return a bundle of one study."""
    facts = {"publisher": "P", "licence": "https://creativecommons.org/publicdomain/zero/1.0/"}
    dataset = Dataset(id="a", title="A", id_prefix="a-", version="1", **facts)
    return MemoryBundle([dataset, Study(id=study, title=study)], name="a")


def test_each_addition_has_a_list_of_its_own(store: GenerationStore) -> None:
    lists = rows_lists(store, "a")
    assert ["a.tsv", "000002.tsv", "000003.tsv"] == [path.name for path in lists]
    find = RowLocations(store.base, lists)
    found = [find(f"{store.base}study/a-S{number}") for number in (1, 2, 3)]
    assert ["S1", "S2", "S3"] == [place.record_id for place in found if place]
    first = store.generation_dir(1) / "files/rows/a.tsv"
    assert first.samefile(lists[0])
    assert store.generation_dir(2) / "files/rows/a/000002.tsv" != lists[1]
    assert (store.generation_dir(2) / "files/rows/a/000002.tsv").samefile(lists[1])


def test_a_dataset_that_is_built_anew_has_one_list(store: GenerationStore, tmp_path: Path) -> None:
    other = GenerationStore.create(tmp_path / "store")
    kmgraph.build([bundle("S1")], other)
    kmgraph.build([bundle("S2")], other, kmgraph.BuildOptions(append=True))
    kmgraph.build([bundle("S3")], other, kmgraph.BuildOptions(discard_edits=True))
    assert ["a.tsv"] == [path.name for path in rows_lists(other, "a")]


@pytest.mark.parametrize("is_appended", [False, True])
def test_what_another_dataset_describes_is_found_in_what_is_new(
    store: GenerationStore, tmp_path: Path, is_appended: bool
) -> None:
    study = f"{store.base}study/a-S1"
    graph = f"{store.base}graph/b"
    path = tmp_path / "b.nq"
    line = '<{}> <http://purl.org/dc/terms/identifier> "S" <' + graph + "> .\n"
    path.write_text(line.format(study) + line.format("urn:other"), encoding="utf-8")
    nothing = tmp_path / "nothing.nq"
    nothing.write_text(line.format("urn:other"), encoding="utf-8")
    with store.begin(reason="b") as writer:
        writer.replace_graph("b", path)
        writer.prepare()
        with pytest.raises(PublicationError, match="describes 1 record"):
            refuse_described_twice(store, writer, "b", appended=path if is_appended else None)
        refuse_described_twice(store, writer, "b", appended=nothing)
