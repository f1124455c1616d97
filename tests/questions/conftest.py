"""The shipped and the rated bundle, built in memory: as they are, and with cells changed."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kmgraph import artefacts
from kmgraph.dataset import EvidenceDataset
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.pipeline.in_memory import build_in_memory
from kmgraph.stores.oxigraph import MemoryStore

BUNDLE = artefacts.folder("examples") / "clahrc-ndl"
RATED = Path(__file__).parent / "data" / "rated"
Edit = Callable[..., EvidenceDataset]


@pytest.fixture(scope="session")
def dataset() -> EvidenceDataset:
    """Return the shipped bundle as it is."""
    return build_in_memory(BUNDLE)


@pytest.fixture(scope="session")
def rated() -> EvidenceDataset:
    """Return the rated bundle as it is."""
    return build_in_memory(RATED)


@pytest.fixture(scope="session")
def bundles(dataset: EvidenceDataset, rated: EvidenceDataset) -> dict[str, EvidenceDataset]:
    """Return the bundles that expected answers may be on, by name."""
    return {"clahrc-ndl": dataset, "rated": rated}


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a sheet."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _change(path: Path, record_id: str, cells: dict[str, str]) -> None:
    """Change cells of one row of a sheet; a cell of a new column adds the column."""
    rows = _rows(path)
    columns = list(rows[0]) + [name for name in cells if name not in rows[0]]
    changed = [row for row in rows if row["id"] == record_id]
    assert len(changed) == 1, f"{path.stem} has no row {record_id}"
    changed[0].update(cells)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def _editor(bundle: Path, folder: Path) -> Edit:
    """Return a function that changes cells of one row of a copy and builds the copy."""
    shutil.copytree(bundle, folder)

    def edit(sheet: str, record_id: str, **cells: str) -> EvidenceDataset:
        _change(folder / f"{sheet}.csv", record_id, cells)
        return build_in_memory(folder)

    return edit


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Return a function that changes cells of one row of the shipped bundle and builds it."""
    return _editor(BUNDLE, tmp_path / "bundle")


@pytest.fixture
def edited_rated(tmp_path: Path) -> Edit:
    """Return a function that changes cells of one row of the rated bundle and builds it."""
    return _editor(RATED, tmp_path / "rated")


@pytest.fixture(scope="session")
def other_programme() -> MemoryStore:
    """Return a small programme that shares nothing with the shipped one, and the ontology."""
    store = MemoryStore(base=DEFAULT_BASE)
    paths = [
        Path(__file__).parent / "data" / "other-programme.ttl",
        *artefacts.files("ontology", "modules/*.ttl"),
    ]
    for path in paths:
        graph = ox.NamedNode(f"{DEFAULT_BASE}graph/{path.stem}")
        triples = ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE)
        quads = [ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples]
        store.load_nquads(ox.serialize(quads, format=ox.RdfFormat.N_QUADS))
    return store
