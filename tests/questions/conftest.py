"""The bundles that answers are worked out on, built in memory: as they are, and changed."""

import csv
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

import pyoxigraph as ox
import pytest

from kmgraph import artefacts
from kmgraph.dataset import EvidenceDataset
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.pipeline import following, vocabulary_graphs
from kmgraph.pipeline.in_memory import build_in_memory
from kmgraph.stores.oxigraph import MemoryStore

BUNDLE = artefacts.folder("examples") / "clahrc-ndl"
DATA = Path(__file__).parent / "data"
RATED = DATA / "rated"
#: Name of a set of bundles that are built together to the bundles.
SETS = {
    "clahrc-ndl": [BUNDLE],
    "rated": [RATED],
    "systems": [DATA / "systems"],
    "network": [DATA / "network"],
    "km-review": [BUNDLE, artefacts.folder("examples") / "km-review"],
}
#: Name of a set to the frameworks and mappings that it goes by, where these are few.
CODED_IN = {
    "rated": {
        "frameworks": tuple(
            f"frameworks/{name}.ttl"
            for name in ("ferlie-shortell-2001", "orca-2009", "parihs-1998", "parihs-2004")
        ),
        "mappings": (),
    },
}
Edit = Callable[..., "Later"]


class Bundles(Mapping[str, EvidenceDataset]):
    """Name to dataset; each is built when it is first asked for."""

    def __init__(self) -> None:
        self._built: dict[str, EvidenceDataset] = {}

    def __getitem__(self, name: str) -> EvidenceDataset:
        if name not in self._built:
            self._built[name] = build_in_memory(SETS[name])
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(SETS)

    def __len__(self) -> int:
        return len(SETS)


@pytest.fixture(scope="session")
def bundles() -> Bundles:
    """Return the bundles that expected answers may be on, by name."""
    return Bundles()


@pytest.fixture(scope="session")
def dataset(bundles: Bundles) -> EvidenceDataset:
    """Return the shipped bundle as it is."""
    return bundles["clahrc-ndl"]


@pytest.fixture(scope="session")
def rated(bundles: Bundles) -> EvidenceDataset:
    """Return the rated bundle as it is."""
    return bundles["rated"]


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


class Later:
    """A dataset that is built when something is asked of it: most changes are one of several.

    What is asked after a further change would be built of that as well, so it is refused.
    """

    def __init__(self, build: Callable[[], EvidenceDataset], is_last: Callable[[], bool]) -> None:
        self._build, self._is_last = build, is_last

    @cached_property
    def _dataset(self) -> EvidenceDataset:
        assert self._is_last(), "ask for what an earlier change gives before the next is made"
        return self._build()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dataset, name)


def _built_plainly(name: str, bundles: list[Path]) -> EvidenceDataset:
    """Build a changed set without what the questions asked of it do not read: half of the work.

    Cube and listings are for twins and pages, which are compared with questions elsewhere.
    """

    def leave_out(*_: object) -> None:
        """Do nothing."""

    files = CODED_IN.get(name, {})
    with (
        mock.patch.dict(vocabulary_graphs._FILES, files),  # type: ignore[arg-type]
        mock.patch.object(following, "cube_in_memory", leave_out),
        mock.patch.object(following, "list_in_memory", leave_out),
    ):
        return build_in_memory(bundles)


def _editor(name: str, folder: Path) -> Edit:
    """Return a function that changes cells of one row of a copy and builds the copy.

    Of bundles that are built together the last one is changed.
    """
    *others, last = SETS[name]
    shutil.copytree(last, folder)
    edits = 0

    def edit(sheet: str, record_id: str, **cells: str) -> Later:
        nonlocal edits
        _change(folder / f"{sheet}.csv", record_id, cells)
        edits += 1
        number = edits
        return Later(lambda: _built_plainly(name, [*others, folder]), lambda: edits == number)

    return edit


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Return a function that changes cells of one row of the shipped bundle and builds it."""
    return _editor("clahrc-ndl", tmp_path / "bundle")


@pytest.fixture
def edited_rated(tmp_path: Path) -> Edit:
    """Return a function that changes cells of one row of the rated bundle and builds it."""
    return _editor("rated", tmp_path / "rated")


@pytest.fixture
def edited_systems(tmp_path: Path) -> Edit:
    """Return a function that changes cells of one row of the systems' bundle and builds it."""
    return _editor("systems", tmp_path / "systems")


@pytest.fixture
def edited_network(tmp_path: Path) -> Edit:
    """Return a function that changes cells of one row of the drawn network and builds it."""
    return _editor("network", tmp_path / "network")


@pytest.fixture
def edited_review(tmp_path: Path) -> Edit:
    """Return a function that changes cells of one row of the review's bundle and builds it."""
    return _editor("km-review", tmp_path / "km-review")


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
