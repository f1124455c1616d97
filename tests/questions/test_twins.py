"""Questions answered from the cube have the rows that they have when all records are added up."""

import json
import random
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from helpers.cubes import add_cube, apply, copy_of, engine_copy, quads_of

from kmgraph.cube import change_cube
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import ParameterError
from kmgraph.execution import Limits, WorkerPool
from kmgraph.execution.store import PooledStore
from kmgraph.namespaces import KM, expand, graph_iri
from kmgraph.pipeline.in_memory import build_in_memory
from kmgraph.questions import Question, answer, load_catalogue, twins
from kmgraph.questions.parameters import to_text
from kmgraph.questions.twins import load_twins, twin_for
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import MemoryStore, OxigraphStore, OxigraphView
from kmgraph.synthetic import generate

TWINS = load_twins()
NAMES = ("clahrc-ndl", "rated", "systems", "synthetic")
MANY = 10**9
#: Values that are tried of each parameter, and pairs of values of each two parameters.
VALUES, PAIRS = 5, 2
#: Kinds of record that no other record leads to, so that any of them may go.
LEAVES = (
    "Barrier",
    "Enabler",
    "PromptedChange",
    "Strategy",
    "StepRecord",
    "ImprovementCycle",
    "DiffusionFellowPost",
    "CommunityOfPractice",
    "ConstructSummary",
    "Assessment",
)
Bundles = Mapping[str, EvidenceDataset]


@pytest.fixture(scope="module")
def stores(bundles: Bundles, tmp_path_factory: pytest.TempPathFactory) -> dict[str, QuadStore]:
    """Return stores with a cube, by name of the bundle."""
    folder = tmp_path_factory.mktemp("twins")
    generate(folder / "bundle", studies=8, seed=6)
    found = {name: bundles[name].store for name in NAMES[:-1]}
    return {**found, "synthetic": build_in_memory(folder / "bundle").store}


@pytest.fixture(autouse=True)
def _always_from_the_cube(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let twins answer however few records there are, with whole lists and on one page."""
    monkeypatch.setattr(twins, "LARGE", 0)
    monkeypatch.setattr(twins, "MOST_LISTED", MANY)
    monkeypatch.setattr(twins, "MOST_ROWS", MANY)


def _values(question: Question, store: QuadStore) -> dict[str, list[str]]:
    """Return values that occur of each parameter, at random, and one that does not occur."""
    chosen = random.Random(question.id)
    found: dict[str, list[str]] = {}
    for parameter in question.parameters:
        values = list(parameter.choices)
        if parameter.kind == "construct":
            values = ["PARIHS.C", "PARIHS.C.culture", "PARIHS.E", "FS.2", "FS.3", "QUERI.4"]
        elif "skos:ConceptScheme" in parameter.of:
            values = ["parihs-2004", "cfir-2009", "cfir-2022", "eric-2015"]
        elif not values:
            values = ["study/none"]
            for name in parameter.of:
                kind = ox.NamedNode(expand(name))
                subjects = {quad.subject for quad in store.quads(None, None, kind)}
                own = sorted(to_text(one, base=store.base) for one in subjects)  # type: ignore[arg-type]
                values += chosen.sample(own, min(VALUES, len(own)))
        found[parameter.name] = values
    return found


def _choices(question: Question, store: QuadStore) -> Iterator[dict[str, str]]:
    """Yield no parameters, each value of each, and pairs."""
    yield {}
    found = _values(question, store)
    for name, values in found.items():
        yield from ({name: value} for value in values)
    chosen = random.Random(question.id)
    for one, other in combinations(found, 2):
        for _ in range(PAIRS):
            yield {one: chosen.choice(found[one]), other: chosen.choice(found[other])}


def _assert_same(store: QuadStore, question: Question, params: Mapping[str, str]) -> bool:
    """Compare an answer from the cube with the plain one; say whether it was from the cube."""
    found = answer(question, store, params)
    plain = answer(question, store, params, whole=True)
    assert plain.twin is None
    assert found.rows == plain.rows, params
    assert found.passages == plain.passages
    assert found.note == plain.note
    return found.twin is not None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("question_id", TWINS)
def test_the_twin_has_the_rows_of_the_question(
    stores: dict[str, QuadStore], question_id: str, name: str
) -> None:
    """Values, order, texts and passages are the same, whatever the parameters."""
    question, store = load_catalogue()[question_id], stores[name]
    served = {_assert_same(store, question, params) for params in _choices(question, store)}
    counted = {quad.subject.value for quad in store.quads()}  # type: ignore[union-attr]
    has_cube = f"{store.base}cube/{TWINS[question_id].groupings[0]}" in counted
    assert (True in served) == has_cube


@pytest.mark.parametrize("question_id", TWINS)
def test_each_twin_answers_something(stores: dict[str, QuadStore], question_id: str) -> None:
    """Equal rows say something only where there are rows."""
    question = load_catalogue()[question_id]
    sizes = [len(answer(question, store).rows) for store in stores.values()]
    assert max(sizes) > 1


@pytest.mark.parametrize("name", ["rated", "systems"])
def test_answers_stay_the_same_as_records_go_and_come(
    stores: dict[str, QuadStore], name: str
) -> None:
    """Half of the records of some kinds go, with the cube changed by them, and come back."""
    full = stores[name]
    chosen = random.Random(f"twins of {name}")
    leaves = {KM + kind for kind in LEAVES}
    typed = [quad for quad in full.quads() if getattr(quad.object, "value", "") in leaves]
    going = {one for one in {quad.subject for quad in typed} if chosen.random() < 0.5}
    graph = ox.NamedNode(graph_iri(full.base, "cube"))
    named = [quad for quad in full.quads() if quad.graph_name not in (graph, ox.DefaultGraph())]
    gone = [quad for quad in named if quad.subject in going or quad.object in going]
    assert len(gone) > 20
    engine = engine_copy(full)
    now = OxigraphStore(engine, full.base)
    for away, back in ((gone, []), ([], gone)):
        before = OxigraphStore(engine_copy(now), full.base)
        apply(engine, away, back)
        nodes = {quad.subject for quad in gone if isinstance(quad.subject, ox.NamedNode)}
        change = change_cube(before, now, nodes)
        apply(engine, quads_of(change.deleted, graph), quads_of(change.added, graph))
        for question_id in TWINS:
            _assert_same(now, load_catalogue()[question_id], {})


@pytest.mark.parametrize("question_id", TWINS)
def test_long_lists_are_cut_and_numbers_are_not(
    stores: dict[str, QuadStore], question_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one record a row in its lists, all else is the same, and no passage is made up."""
    monkeypatch.setattr(twins, "MOST_LISTED", 1)
    question = load_catalogue()[question_id]
    cut = 0
    for name in NAMES:
        found = answer(question, stores[name])
        plain = answer(question, stores[name], whole=True)
        for one, other in zip(found.rows, plain.rows, strict=True):
            for column in question.returns:
                value, whole = one[column.name], other[column.name]
                if column.kind == "passages":
                    assert bool(value) == bool(whole)
                    # Where a row names one place for many, any of them will do.
                    assert set(value) <= set(whole) or one.get("cases") == 0
                    cut += len(value) < len(whole)
                elif column.kind == "texts":
                    assert not value or set(value.split("; ")) <= set(whole.split("; "))
                else:
                    assert value == whole
    assert cut


def test_pages_joined_are_the_whole_answer(stores: dict[str, QuadStore]) -> None:
    """Pages are of rows, with their total."""
    question, store = load_catalogue()["15"], stores["rated"]
    rows: list[dict[str, Any]] = []
    pages = answer(question, store, page=1, page_size=4).pages
    assert pages is not None
    for number in range(1, pages + 1):
        found = answer(question, store, page=number, page_size=4)
        assert found.twin is not None
        rows += found.rows
    plain = answer(question, store, whole=True)
    assert rows == plain.rows
    assert found.total == len(plain.rows)


def test_many_rows_come_in_pages_unasked(
    stores: dict[str, QuadStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists are looked up row by row, so what is not shown is not looked up."""
    monkeypatch.setattr(twins, "MOST_ROWS", 3)
    found = answer(load_catalogue()["15"], stores["rated"])
    assert (found.page, found.page_size, len(found.rows)) == (1, 3, 3)
    assert found.total == len(answer(load_catalogue()["15"], stores["rated"], whole=True).rows)


def test_few_records_are_added_up(
    stores: dict[str, QuadStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small store gives whole lists, as ever."""
    monkeypatch.setattr(twins, "LARGE", 1_000)
    found = answer(load_catalogue()["31"], stores["clahrc-ndl"])
    assert found.twin is None
    assert found.most_listed is None
    assert load_catalogue()["31"].query.strip() in found.query
    assert "cube" not in json.loads(found.to_json())


def test_what_the_cube_cannot_tell_is_added_up(stores: dict[str, QuadStore]) -> None:
    """The cube counts cycles by decision, not by piece of work."""
    store, question = stores["systems"], load_catalogue()["122"]
    bound = question.bindings({"study": "study/none"}, base=store.base)
    assert twin_for(question, store, bound) is None
    assert twin_for(question, store, {}) is not None


def test_a_cube_of_other_groupings_is_not_read(bundles: Bundles, tmp_path: Path) -> None:
    """A store that was built before a grouping was added is asked the plain question."""
    store = add_cube(copy_of(bundles["clahrc-ndl"].store), tmp_path)  # type: ignore[arg-type]
    question = load_catalogue()["31"]
    assert twin_for(question, store, {}) is not None
    lines = [
        f"{quad} .\n".encode()
        for quad in store.quads()
        if quad.subject != ox.NamedNode(f"{store.base}cube")
        and quad.graph_name != ox.DefaultGraph()
    ]
    older = MemoryStore(base=store.base)
    older.load_nquads(b"".join(lines))
    assert twin_for(question, older, {}) is None
    assert answer(question, older).rows == answer(question, store).rows


def test_an_answer_says_that_it_was_counted_beforehand(stores: dict[str, QuadStore]) -> None:
    """Readers of the table and of the JSON know that lists are not whole."""
    found = answer(load_catalogue()["31"], stores["clahrc-ndl"])
    assert found.query == TWINS["cq-031"].query != found.question.query
    assert "counted beforehand; lists tell of" in found.to_table()
    told = json.loads(found.to_json())
    assert told["cube"] == list(TWINS["cq-031"].groupings)
    assert told["most_listed"] == found.most_listed


def test_a_page_of_the_whole_answer_is_refused(stores: dict[str, QuadStore]) -> None:
    """One or the other is wanted."""
    with pytest.raises(ParameterError, match="ask for one of them"):
        answer(load_catalogue()["31"], stores["rated"], page=1, whole=True)


def test_a_worker_finds_the_same_rows(
    stores: dict[str, QuadStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where queries are evaluated in other processes, lists are looked up there too."""
    # A worker is a process of its own, with the limits that are shipped.
    monkeypatch.undo()
    monkeypatch.setattr(twins, "LARGE", 0)
    store, path = stores["rated"], tmp_path / "view"
    engine = ox.Store(str(path))
    engine.bulk_extend(engine_copy(store))
    engine.flush()
    del engine
    pool = WorkerPool(Limits(timeout_s=60, memory_bytes=400_000_000), workers=1)
    question = load_catalogue()["15"]
    with PooledStore(OxigraphView(path, base=store.base), path, pool.run) as pooled:
        for params, page in (({}, None), ({}, 2), ({"within": "PARIHS.C"}, 1)):
            found = answer(question, pooled, params, page=page)
            here = answer(question, pooled.view, params, page=page)
            assert found.twin is not None
            assert (found.rows, found.total, found.page) == (here.rows, here.total, here.page)
            assert found.rows
    pool.close()
