"""A preview changes nothing until it is published, and is published only as it was looked at."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

import kmgraph
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.bundles.sources import Source
from kmgraph.cli import cli
from kmgraph.errors import BundleError, GenerationNotFoundError, StaleGenerationError, StoreError
from kmgraph.namespaces import DCTERMS, SH
from kmgraph.pipeline.preview_report import compare_answers, comparison, rows_of_report
from kmgraph.pipeline.previewing import build_preview, publish_preview
from kmgraph.pipeline.purging import purge
from kmgraph.pipeline.republishing import create_token
from kmgraph.records import Dataset, Record, Study
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.previews import PREVIEWS_FOLDER, copy_current
from kmgraph.validation import Location, Report, Result, Severity
from kmgraph.versions import diff

pytestmark = pytest.mark.usefixtures("with_few_frameworks")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def bundle(*records: Record, **facts: object) -> Source:
    """Return a bundle of records in memory."""
    row = {"title": "Ours", "publisher": "Us", "licence": LICENCE, "version": "1"} | facts
    return MemoryBundle([Dataset(id="ours", **row), *records], name="ours")  # type: ignore[arg-type]


def of_group(name: str) -> Source:
    """Return a bundle of no record that belongs to a group."""
    row = Dataset(
        id=name, title=name, publisher="Us", licence=LICENCE, version="1", visibility=name
    )
    return MemoryBundle([row], name=name)


ONE = Study(id="S1", title="One")
TWO = Study(id="S2", title="Two")


@pytest.fixture
def store(tmp_path: Path) -> GenerationStore:
    """Return a store with one study."""
    made = GenerationStore.create(tmp_path / "store")
    kmgraph.build([bundle(ONE)], made)
    return made


def files(store: GenerationStore) -> dict[str, bytes]:
    """Return what lies in the folder of a store, but for its previews and locks."""
    return {
        str(path.relative_to(store.path)): path.read_bytes()
        for path in store.path.rglob("*")
        if path.is_file() and PREVIEWS_FOLDER not in path.parts and path.suffix != ".lock"
    }


def test_what_was_looked_at_is_what_is_published(store: GenerationStore) -> None:
    """Until then no file of the store differs; then it is as a build would have made it."""
    before = files(store)
    preview = build_preview([bundle(ONE, TWO)], store, store.path / PREVIEWS_FOLDER / "a")
    assert preview.before == 1
    assert files(store) == before
    digest = preview.store.digest(None)
    generation = publish_preview(store, preview.store.path)
    assert (generation.id, store.digest(None)) == (2, digest)
    with kmgraph.open_store(store.path) as evidence:
        assert sorted(study.label for study in evidence.studies()) == ["One", "Two"]
    # It is a generation like any other: what is built next goes on from it.
    assert kmgraph.build([bundle(TWO)], store).generation.id == 3
    assert store.rollback(1).id == 4


def test_a_preview_is_not_published_twice(store: GenerationStore) -> None:
    """It is gone afterwards."""
    preview = build_preview([bundle(TWO)], store, store.path / PREVIEWS_FOLDER / "a")
    publish_preview(store, preview.store.path)
    assert not preview.store.path.exists()
    with pytest.raises(StoreError):
        publish_preview(store, preview.store.path)
    assert store.current_id() == 2


def _build_more(store: GenerationStore) -> None:
    """Publish something else."""
    kmgraph.build([bundle(ONE, TWO)], store)


def _erase(store: GenerationStore) -> None:
    """Erase what the preview still has."""
    purge(store, f"{store.base}study/S1")


@pytest.mark.parametrize("change", [_build_more, _erase])
def test_where_the_store_has_moved_on_nothing_is_published(
    store: GenerationStore, tmp_path: Path, change: Callable[[GenerationStore], None]
) -> None:
    """What was erased meanwhile cannot come back by a preview."""
    preview = build_preview([bundle(ONE, TWO)], store, tmp_path / "preview")
    change(store)
    current, digest = store.current_id(), store.digest(None)
    with pytest.raises(StaleGenerationError):
        publish_preview(store, preview.store.path)
    assert (store.current_id(), store.digest(None)) == (current, digest)


def test_a_view_that_tokens_need_by_now_has_to_be_there(
    store: GenerationStore, tmp_path: Path
) -> None:
    """A token of two groups was made, one of which had no graph, so nothing was published."""
    kmgraph.build([of_group("south")], store)
    north, west = of_group("north"), of_group("west")
    preview = build_preview([north, west], store, tmp_path / "preview")
    assert create_token(store, "both", ["read"], ["north", "south"]).generation is None
    with pytest.raises(StaleGenerationError, match="tokens"):
        publish_preview(store, preview.store.path)


def test_an_erasure_removes_previews(store: GenerationStore) -> None:
    """What was uploaded may name what is erased."""
    preview = build_preview([bundle(ONE, TWO)], store, store.path / PREVIEWS_FOLDER / "a")
    _erase(store)
    assert not preview.store.path.exists()


def test_what_was_erased_stays_erased(store: GenerationStore) -> None:
    """The rows of erased records are left out of a preview, as of any build."""
    _erase(store)
    preview = build_preview([bundle(ONE, TWO)], store, store.path / PREVIEWS_FOLDER / "a")
    assert preview.summary.left_out == 1
    publish_preview(store, preview.store.path)
    with kmgraph.open_store(store.path) as evidence:
        assert [study.label for study in evidence.studies()] == ["Two"]


def test_a_bundle_with_problems_gives_no_preview(store: GenerationStore, tmp_path: Path) -> None:
    """And the copy of the store cannot be published."""
    with pytest.raises(BundleError):
        build_preview([bundle(Study(id="S3", title=""))], store, tmp_path / "preview")
    with pytest.raises(StoreError):
        publish_preview(store, tmp_path / "preview")
    assert store.current_id() == 1


def test_the_command_line_previews_and_publishes(store: GenerationStore, tmp_path: Path) -> None:
    """What is built stays in a folder until it is published, and is refused a second time."""
    place, shown, folder = str(tmp_path / "preview"), CliRunner(), tmp_path / "bundle"
    folder.mkdir()
    head = "id,title,publisher,licence,version,id_prefix"
    (folder / "dataset.csv").write_text(f"{head}\nmine,Mine,Us,{LICENCE},1,mine-\n")
    (folder / "studies.csv").write_text("id,title\nS1,One more\n")
    arguments = ["build", str(folder), "--store", str(store.path), "--quiet"]
    first = shown.invoke(cli, [*arguments, "--preview", place])
    assert first.exit_code == 0, first.output
    assert first.output.startswith(f"nothing is published: {place} holds what generation 2 would")
    assert store.current_id() == 1
    again = shown.invoke(cli, [*arguments, "--preview", place])
    assert again.exit_code != 0
    assert "is there already" in again.output
    differing = shown.invoke(cli, ["diff", "1", "2", "--store", place])
    assert "added" in differing.output
    told = shown.invoke(cli, ["publish", place, "--store", str(store.path), "--quiet"])
    assert told.output == "generation 2 is published\n"
    assert not Path(place).exists()
    assert store.current_id() == 2


def test_a_copy_has_the_current_generation_alone(store: GenerationStore, tmp_path: Path) -> None:
    """Older ones are not shown by it."""
    _build_more(store)
    made = copy_current(store, tmp_path / "copy")
    assert (made.current_id(), made.digest(None)) == (2, store.digest(None))
    with pytest.raises(GenerationNotFoundError):
        made.generation(1)


def test_the_first_records_of_a_store_can_be_looked_at(tmp_path: Path) -> None:
    """Where nothing is published yet, there is nothing to compare with."""
    empty = GenerationStore.create(tmp_path / "empty")
    preview = build_preview([bundle(ONE)], empty, tmp_path / "preview")
    assert preview.before is None
    assert publish_preview(empty, preview.store.path).id == 1


def test_the_comparison_tells_records_and_answers(store: GenerationStore, tmp_path: Path) -> None:
    """One record more and one with another title; of questions it is told after each."""
    changed = Study(id="S1", title="One anew")
    preview = build_preview([bundle(changed, TWO)], store, tmp_path / "preview")
    with diff(preview.store, 1) as difference:
        told = comparison(difference)
        assert told["numbers"] == {"changed": 1, "added": 1}
        by_iri = {one["iri"].rpartition("/")[2]: one for one in told["records"]}
        assert by_iri["S2"]["change"] == "added"
        (title,) = by_iri["S1"]["properties"]
        assert (title["before"], title["after"]) == (["One"], ["One anew"])
        assert (told["answers"], told["asked"], told["comparing"]) == ([], 0, False)
        assert "cq-031" in told["not_asked"]
        steps: list[dict[str, Any]] = []
        compare_answers(difference, lambda found: steps.append(copy.deepcopy(found)))
    assert [one["comparing"] for one in steps] == [True] * (len(steps) - 1) + [False]
    left = [len(one["not_asked"]) for one in steps]
    assert left == list(range(len(left) - 1, -1, -1))
    assert all(one["rows"] for one in steps[-1]["answers"])


def test_results_of_shapes_are_told_by_sheet_row_and_column() -> None:
    """The column is the one that becomes the property."""
    node = ox.NamedNode("https://x.org/study/S1")
    result = Result(
        node,
        Severity.VIOLATION,
        f"{SH}MinCountConstraintComponent",
        node,
        ("A study has a title.",),
        path=ox.NamedNode(f"{DCTERMS}title"),
        location=Location("book.xlsx", 4, "studies", "S1"),
    )
    (row,) = rows_of_report(Report.of([result]))
    assert (row["severity"], row["sheet"], row["row"], row["column"]) == (
        "error", "studies", 4, "title",
    )  # fmt: skip
    assert row["problem"] == "A study has a title."
