"""Pages about planned items and about the cover of studies, and answers that a view keeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from helpers.cubes import copy_of, engine_copy

from kmgraph.dataset import EvidenceDataset
from kmgraph.listings import build_listings, change_listings
from kmgraph.namespaces import expand, graph_iri
from kmgraph.questions import answer, load_catalogue, twins
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import MemoryStore, OxigraphView

Bundles = Mapping[str, EvidenceDataset]
PLANS, COVER = load_catalogue()["36"], load_catalogue()["20"]


def _listed(store: MemoryStore, folder: Path) -> MemoryStore:
    """Return a store with the statements of another, but for its cube, and with listings."""
    listed = copy_of(store)
    listed.load_nquads(build_listings(listed, folder)[0])
    return listed


@pytest.fixture(scope="module")
def review(bundles: Bundles, tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    """Return the shipped review with listings."""
    store: Any = bundles["km-review"].store
    return _listed(store, tmp_path_factory.mktemp("plans"))


@pytest.fixture(scope="module")
def posts(bundles: Bundles, tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    """Return the shipped programme with two further vacancies that no study is named for."""
    store: Any = copy_of(bundles["clahrc-ndl"].store)  # type: ignore[arg-type]
    programme = f"{store.base}programme/ndl-ndl"
    facts = {"a": "org:Post", "km:postStatus": "km:Vacant", "org:postIn": f"<{programme}>"}
    lines = []
    for name, kept in (("one", 3), ("two", 2)):
        for number, (link, value) in enumerate(facts.items()):
            term = value if value.startswith("<") else f"<{expand(value)}>"
            link_iri = expand("rdf:type" if link == "a" else link)
            line = f"<{store.base}post/{name}> <{link_iri}> {term}"
            if number < kept:
                lines.append(f"{line} <{graph_iri(store.base, 'dataset/posts')}> .\n".encode())
    store.load_nquads(b"".join(lines))
    return _listed(store, tmp_path_factory.mktemp("posts"))


def _pages(store: QuadStore, question: Any, params: dict[str, str], size: int) -> list[Any]:
    """Return the rows of all pages."""
    first = answer(question, store, params, page=1, page_size=size)
    rows = list(first.rows)
    for number in range(2, (first.pages or 0) + 1):
        rows += answer(question, store, params, page=number, page_size=size).rows
    return rows


@pytest.mark.parametrize(
    "params",
    [
        {"planOf": "review/ndl-km-review"},
        {"fulfilment": "km:DoneAsPlanned"},
        {"planOf": "review/ndl-km-review", "fulfilment": "km:FulfilmentNotReported"},
        {"planOf": "study/ndl-MH1"},
    ],
)
def test_plans_of_one_owner_or_of_one_end_come_in_pages(
    review: MemoryStore, params: dict[str, str]
) -> None:
    """Claims, their documents and what they disagree with come along with each item."""
    whole = answer(PLANS, review, params)
    assert whole.page is None
    assert bool(whole.rows) == ("study" not in params.get("planOf", ""))
    assert _pages(review, PLANS, params, 3) == whole.rows
    assert answer(PLANS, review, params, page=1, page_size=3).total == len(whole.rows)


@pytest.mark.parametrize("thin", ["0", "1", "2"])
@pytest.mark.parametrize("programme", ["", "programme/ndl-ndl", "programme/none"])
def test_vacancies_and_thin_cover_come_in_pages(
    posts: MemoryStore, thin: str, programme: str
) -> None:
    """Each vacancy that no study is named for is a row, also on a page."""
    params = {"thin": thin} | ({"programme": programme} if programme else {})
    whole = answer(COVER, posts, params).rows
    assert _pages(posts, COVER, params, 4) == whole
    alone = [row["record"] for row in whole if row["study"] is None]
    names = {"": ["one", "two"], "programme/ndl-ndl": ["one"]}.get(programme, [])
    assert [f"{posts.base}post/{name}" for name in names] == alone
    assert all(row["record"] == row["study"] for row in whole if row["study"])


def test_a_page_about_one_study_counts_no_case_of_another_programme(review: MemoryStore) -> None:
    """A study and a programme that are given together narrow together."""
    asked, study = load_catalogue()["19"], {"study": "study/ndl-MH1"}
    for programme, total in (("programme/ndl-ndl", 1), ("programme/none", 0)):
        page = answer(asked, review, {**study, "programme": programme}, page=1, page_size=5)
        assert (page.total, len(page.rows)) == (total, total)
    assert answer(asked, review, study, page=1, page_size=5).total == 1


def test_a_post_that_falls_vacant_moves_its_study_in_the_listing(
    posts: MemoryStore, tmp_path: Path
) -> None:
    """What is changed for the post and its study is what listing anew gives."""
    status = ox.NamedNode(expand("km:postStatus"))
    filled, vacant = ox.NamedNode(expand("km:Filled")), ox.NamedNode(expand("km:Vacant"))
    held = next(quad for quad in posts.quads(None, status, filled) if "graph" in str(quad))
    lines = [
        str(quad).replace(str(filled), str(vacant)) if quad == held else str(quad)
        for quad in copy_of(posts).quads()
    ]
    now = MemoryStore(base=posts.base)
    now.load_nquads("".join(f"{line} .\n" for line in lines).encode())
    assert isinstance(held.subject, ox.NamedNode)
    change = change_listings(posts, now, {held.subject})
    graph = ox.NamedNode(graph_iri(posts.base, "cube"))
    before = {str(quad.triple) for quad in posts.quads(graph_name=graph)}
    after = before - {str(one) for one in change.deleted} | {str(one) for one in change.added}
    path, _ = build_listings(now, tmp_path)
    anew = {str(quad.triple) for quad in ox.parse(path.read_bytes(), ox.RdfFormat.N_QUADS)}
    assert before != after == anew


def test_a_kept_answer_is_the_answer_of_its_view(
    bundles: Bundles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view keeps what was counted for each choice; another view has its own."""
    monkeypatch.setattr(twins, "LARGE", 0)
    question, views = load_catalogue()["15"], []
    for name in ("rated", "systems"):
        path = tmp_path / name
        engine = ox.Store(str(path))
        engine.bulk_extend(engine_copy(bundles[name].store))
        engine.flush()
        del engine
        views.append(OxigraphView(path, base=bundles[name].store.base))
    for view in views:
        for params in ({}, {"within": "PARIHS.C.culture"}):
            first = answer(question, view, params, page=1, page_size=4)
            again = answer(question, view, params, page=1, page_size=4)
            assert first.twin is not None
            assert first.rows == again.rows
            assert _pages(view, question, params, 9) == _pages(view, question, params, 50)
            whole = answer(question, view, params, whole=True).rows
            numbers = [(row["condition"], row["construct"], row["barriers"]) for row in whole]
            assert numbers == [
                (row["condition"], row["construct"], row["barriers"])
                for row in _pages(view, question, params, 9)
            ]
    for view in views:
        view.close()
