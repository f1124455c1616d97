"""Where records come from is found in lists of any length."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.bundles.opening import open_bundle
from kmgraph.pipeline import locations
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.pipeline.locations import RowLocations
from kmgraph.pipeline.staging import stage
from kmgraph.records import Dataset, Study
from kmgraph.stores.oxigraph import MemoryStore

BASE = "https://x.org/"


def line(name: str, row: int) -> str:
    """Return the line of a record."""
    return f"{BASE}study/{name}\tstudies.csv\t{row}\t{name}\n"


@pytest.mark.parametrize("is_file", [True, False], ids=["file", "content"])
@pytest.mark.parametrize("asked", [3, 300])
def test_records_are_found_however_many_are_asked_for(
    is_file: bool, asked: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line of a record counts, wherever it stands; ids may begin alike."""
    monkeypatch.setattr(locations, "_LINES", 2)
    names = [f"S{number}" for number in range(200)]
    generator = random.Random(asked)
    older = "".join(line(name, row) for row, name in enumerate(names[:150]))
    newer = "".join(line(name, 1000 + row) for row, name in enumerate(names[100:] + names[100:103]))
    expected = {name: row for row, name in enumerate(names[:150])}
    expected |= {name: 1000 + row for row, name in enumerate(names[100:] + names[100:103])}
    lists: list[bytes | Path] = [older.encode(), newer.encode(), b""]
    if is_file:
        paths = [tmp_path / str(number) for number in range(3)]
        for path, content in zip(paths, lists, strict=True):
            path.write_bytes(content)  # type: ignore[arg-type]
        lists = list(paths)
    find = RowLocations(BASE, lists)
    for name in generator.choices([*names, "S", "S2000", "nobody"], k=asked):
        found = find(f"{BASE}study/{name}")
        assert expected.get(name) == (found.row if found else None), name
        assert found is None or ("studies.csv", "studies", name) == (
            found.file, found.sheet, found.record_id,
        )  # fmt: skip
    assert find(f"{BASE}study/S0") and find(f"{BASE}study/S199")
    assert find("https://elsewhere.org/study/S0") is None


def test_records_of_the_store_are_found_by_their_ids(tmp_path: Path) -> None:
    """With the prefix of their dataset, and each with its sheet."""
    facts = {"title": "T", "publisher": "P", "licence": "https://x.org/l", "version": "1"}
    dataset = Dataset(id="old", id_prefix="o-", **facts)
    bundle = MemoryBundle([dataset, Study(id="S1", title="One"), Study(id="dataset", title="Two")])
    staged = stage(BundleCheck(bundle), StoreElsewhere(None, {}), BASE, tmp_path)
    with MemoryStore(base=BASE) as store:
        store.load_nquads(staged.quads)
        elsewhere = StoreElsewhere(store, {}, appended="old")
        assert "o-" == elsewhere.prefix_of("old")
        found = [elsewhere.existing_sheet(name) for name in ("S1", "dataset", "old", "o-S1", "S2")]
        assert ["studies", "studies", None, None, None] == found
        assert "studies" == elsewhere.sheet_of("old", "S1")
        folder = tmp_path / "more"
        folder.mkdir()
        (folder / "dataset.csv").write_text(
            "id,title,publisher,licence,version,id_prefix\nold,T,P,https://x.org/l,1,o-\n"
        )
        (folder / "studies.csv").write_text("id,title\nS1,One\nS3,Three\n")
        check = BundleCheck(open_bundle(folder), elsewhere=elsewhere)
        assert ["duplicate-id"] == [problem.code for problem in check.problems()]
