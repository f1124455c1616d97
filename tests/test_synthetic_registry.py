"""Synthetic registries: the same from the same seed, valid, small, and in three formats."""

from __future__ import annotations

import csv
import hashlib
import json
import tracemalloc
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from kmgraph.cli import cli
from kmgraph.errors import InputError
from kmgraph.quality import validate_bundle
from kmgraph.records import TABLES
from kmgraph.synthetic import SyntheticRegistry, generate
from kmgraph.synthetic.registry import COLUMNS

#: SHA-256 of the rows of seed 1: another version of Python or machine has to give it too.
#: A change to the generator changes it; then the new one is put here.
ROWS_OF_SEED_1 = "cb4033b96ebd20d948610c40b35edc93e527594d1f40ccd2077729cca5c34f05"

Cells = dict[str, str]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a registry of 60 studies as CSV."""
    path = tmp_path_factory.mktemp("registry") / "bundle"
    generate(path, studies=60, seed=11, depth="registry")
    return path


@pytest.fixture(scope="module")
def large() -> dict[str, list[Cells]]:
    """Return the rows of 5,000 studies by sheet."""
    sheets: dict[str, list[Cells]] = defaultdict(list)
    for sheet, cells in SyntheticRegistry(seed=5).rows(5_000):
        sheets[sheet].append(cells)
    return sheets


def read(bundle: Path, sheet: str) -> list[Cells]:
    """Return the rows of a sheet."""
    with (bundle / f"{sheet}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_rows_of_a_seed_are_those_of_every_machine() -> None:
    """Nothing depends on how a machine rounds or on a version of Python."""
    rows = json.dumps(list(SyntheticRegistry(seed=1).rows(60)))
    assert hashlib.sha256(rows.encode()).hexdigest() == ROWS_OF_SEED_1


def test_a_larger_registry_begins_with_the_same_studies(tmp_path: Path, bundle: Path) -> None:
    """A study has a random stream of its own: how many there are does not matter."""
    generate(tmp_path / "more", studies=90, seed=11, depth="registry")
    for sheet in COLUMNS:
        rows = read(bundle, sheet)
        assert read(tmp_path / "more", sheet)[: len(rows)] == rows


def test_a_study_alone_is_as_in_the_whole(bundle: Path) -> None:
    """A study can be made without the others."""
    for sheet, cells in SyntheticRegistry(seed=11).study(37):
        assert cells in [{k: v for k, v in row.items() if v} for row in read(bundle, sheet)]


def test_another_seed_gives_another_registry() -> None:
    """The findings of the first study differ."""
    one, two = (list(SyntheticRegistry(seed).study(1)) for seed in (1, 2))
    assert one != two


def test_what_is_generated_passes_every_check(bundle: Path) -> None:
    """The records are right and the shapes have not even a warning."""
    assert not validate_bundle(bundle).results


@pytest.mark.parametrize("file_format", ["jsonl", "parquet"])
def test_each_format_holds_the_same_rows(tmp_path: Path, bundle: Path, file_format: str) -> None:
    """JSON Lines and Parquet have what CSV has."""
    generate(tmp_path / "b", studies=60, seed=11, depth="registry", file_format=file_format)
    for sheet in ("dataset", *COLUMNS):
        path = tmp_path / "b" / f"{sheet}.{file_format}"
        if file_format == "jsonl":
            found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        else:
            found = pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist()
        kept = [{name: cell for name, cell in row.items() if cell} for row in found]
        assert kept == [{k: v for k, v in row.items() if v} for row in read(bundle, sheet)]


def test_columns_are_those_of_bundles() -> None:
    """No sheet has a column that a bundle does not know."""
    for sheet, names in COLUMNS.items():
        assert set(names) <= {column.name for column in TABLES[sheet].columns}


def test_a_study_has_eight_to_ten_records(large: dict[str, list[Cells]]) -> None:
    """One case, report, passage and outcome; two or three ratings, one or two determinants."""
    records = Counter(
        cells["id"].partition("-")[0]
        for rows in large.values()
        for cells in rows
        if cells["id"].startswith("S")
    )
    assert set(records.values()) == {8, 9, 10}
    assert {len(large[sheet]) for sheet in ("studies", "cases", "outcomes")} == {5_000}


def test_outcomes_follow_the_stated_model(large: dict[str, list[Cells]]) -> None:
    """P(improved) = 0.1 + 0.3 E + 0.5 C: the mean of what is predicted is what is seen."""
    first = {cells["id"]: float(cells["score"]) for cells in large["assessments"]}
    gaps = {True: [0.0, 0], False: [0.0, 0]}
    for outcome in large["outcomes"]:
        study = outcome["id"].removesuffix("-o1")
        evidence, context = first[f"{study}-a1"], first[f"{study}-a2"]
        gap = gaps[context >= 0.5]
        gap[0] += (outcome["direction"] == "improved") - (0.1 + 0.3 * evidence + 0.5 * context)
        gap[1] += 1
    for difference, cases in gaps.values():
        assert cases > 1_000 and abs(difference / cases) < 0.04


def test_memory_does_not_grow_with_the_studies(tmp_path: Path) -> None:
    """Ten times the studies need no more memory."""
    peaks = []
    for studies in (200, 2_000):
        tracemalloc.start()
        generate(tmp_path / str(studies), studies=studies, seed=1, depth="registry")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"depth": "deep"}, "depth is 'deep': it takes one of programme, registry"),
        ({"file_format": "xml"}, "format is 'xml': it takes one of csv, jsonl, parquet"),
        ({"depth": "registry", "cases": 2}, "a registry has one case a study"),
    ],
)
def test_what_cannot_be_generated_is_refused(
    tmp_path: Path, said: dict[str, str], message: str
) -> None:
    """The folder is not made."""
    with pytest.raises(InputError, match=message):
        generate(tmp_path / "b", studies=3, seed=1, **said)  # type: ignore[arg-type]
    assert not (tmp_path / "b").exists()


def test_the_command_writes_a_registry(tmp_path: Path, bundle: Path) -> None:
    """Depth and format are options of the command."""
    args = ["--studies", "60", "--seed", "11", "--depth", "registry", "--json"]
    done = CliRunner().invoke(cli, ["generate", str(tmp_path / "b"), *args])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.output)
    assert summary["dataset"] == "synthetic-registry" and summary["records"]["studies"] == 60
    for path in bundle.iterdir():
        assert (tmp_path / "b" / path.name).read_bytes() == path.read_bytes()
