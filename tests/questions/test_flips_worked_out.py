"""A store that leaves flips to be worked out answers as one that holds them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.derivation import derive, flips_are_stored
from kmgraph.explanation import explain
from kmgraph.listings import build_listings
from kmgraph.questions import answer, load_catalogue
from kmgraph.readings import flips_frame
from kmgraph.stores.oxigraph import MemoryStore

QUESTIONS = ("cq-005", "cq-103")
FLIP = "/flip/"


def _derived(recorded: bytes, folder: Path, *, base: str, flips: bool) -> MemoryStore:
    """Return a store with what follows from what is recorded, and with listings."""
    folder.mkdir()
    store = MemoryStore(base=base)
    store.load_nquads(recorded)
    for path in derive(store, folder, flips=flips).files.values():
        store.load_nquads(path)
    store.load_nquads(build_listings(store, folder)[0])
    return store


@pytest.fixture(scope="module")
def stores(
    bundles: Mapping[str, EvidenceDataset], tmp_path_factory: pytest.TempPathFactory
) -> tuple[MemoryStore, MemoryStore]:
    """Return a store with its flips and one without."""
    store = bundles["rated"].store
    left_out = ("/derived", "/cube", "/quality")
    quads = [quad for quad in store.quads() if not quad.graph_name.value.endswith(left_out)]
    recorded = ox.serialize(quads, format=ox.RdfFormat.N_QUADS)
    folder = tmp_path_factory.mktemp("flips")
    with_them = _derived(recorded, folder / "with", base=store.base, flips=True)
    without = _derived(recorded, folder / "without", base=store.base, flips=False)
    return with_them, without


def _flips(store: MemoryStore) -> set[str]:
    """Return the flips that a store holds."""
    return {quad.subject.value for quad in store.quads() if FLIP in str(quad.subject)}


def test_only_one_of_the_stores_holds_flips(stores: tuple[MemoryStore, MemoryStore]) -> None:
    held, lacking = stores
    assert flips_are_stored(held)
    assert _flips(held)
    assert not flips_are_stored(lacking)
    assert not _flips(lacking)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("params", [{}, {"scheme": "parihs1998:"}], ids=["all", "1998"])
def test_whole_answers_are_the_same(
    question: str, params: dict[str, str], stores: tuple[MemoryStore, MemoryStore]
) -> None:
    asked = load_catalogue()[question]
    wanted = answer(asked, stores[0], params)
    assert wanted.rows
    assert answer(asked, stores[1], params).rows == wanted.rows


def test_a_query_run_by_itself_does_not_take_what_is_not_stored_for_nothing(
    stores: tuple[MemoryStore, MemoryStore],
) -> None:
    """As at an endpoint, where nobody works out flips: it is not known how firm a reading is."""

    def run(question: str, store: MemoryStore, column: str) -> list[str | None]:
        found: Any = store.query(load_catalogue()[question].query)
        place = found.variables.index(column)
        read = [row for row in found if row[found.variables.index("diagnosis")] is not None]
        return [getattr(row[place], "value", None) for row in read]

    held, lacking = stores
    assert {"0", "2"} < set(run("cq-005", held, "changes"))
    assert set(run("cq-005", lacking, "changes")) == {None}
    assert "nothing: robust to any single change" in run("cq-103", held, "next")
    assert set(run("cq-103", lacking, "next")) == {"not known: single changes are not stored here"}
    assert set(run("cq-103", lacking, "change")) == {"not stored"}


@pytest.mark.parametrize("question", QUESTIONS)
def test_pages_and_single_cases_are_the_same(
    question: str, stores: tuple[MemoryStore, MemoryStore]
) -> None:
    asked = load_catalogue()[question]
    pages = answer(asked, stores[0], page=1, page_size=5).pages or 0
    assert pages > 1
    rows: list[dict[str, Any]] = []
    for number in range(1, pages + 1):
        rows += answer(asked, stores[1], page=number, page_size=5).rows
    assert rows == answer(asked, stores[0]).rows
    case = rows[-1]["case"]
    wanted = [row for row in rows if row["case"] == case]
    assert answer(asked, stores[1], {"case": case}).rows == wanted


def test_explanations_and_tables_are_the_same(stores: tuple[MemoryStore, MemoryStore]) -> None:
    held, lacking = stores
    flips = sorted(_flips(held))
    assert explain(lacking, flips[0]) == explain(held, flips[0])
    diagnosis = flips[0].partition(FLIP)[0]
    assert explain(lacking, diagnosis) == explain(held, diagnosis)
    wanted = flips_frame(held)
    assert len(wanted) == len(flips)
    assert flips_frame(lacking).equals(wanted)
