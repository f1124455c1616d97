"""The shipped bundle, built in memory: as it is, and with chosen cells changed."""

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
Edit = Callable[..., EvidenceDataset]


@pytest.fixture(scope="session")
def dataset() -> EvidenceDataset:
    """Return the shipped bundle as it is."""
    return build_in_memory(BUNDLE)


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Return a function that changes cells of one row and builds the bundle with them."""
    folder = tmp_path / "bundle"
    shutil.copytree(BUNDLE, folder)

    def edit(sheet: str, record_id: str, **cells: str) -> EvidenceDataset:
        path = folder / f"{sheet}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = list(rows[0]) + [name for name in cells if name not in rows[0]]
        changed = [row for row in rows if row["id"] == record_id]
        assert len(changed) == 1, f"{sheet} has no row {record_id}"
        changed[0].update(cells)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
            writer.writeheader()
            writer.writerows(rows)
        return build_in_memory(folder)

    return edit


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
