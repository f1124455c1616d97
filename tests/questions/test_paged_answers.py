"""An answer page by page is the whole answer, and the listings follow the records."""

import random
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import ParameterError
from kmgraph.listings import ListingChange, build_listings, change_listings, load_listings
from kmgraph.namespaces import expand, graph_iri
from kmgraph.pipeline.in_memory import build_in_memory
from kmgraph.questions import Question, answer, load_catalogue
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.synthetic import generate

Bundles = Mapping[str, EvidenceDataset]
LISTED = [question for question in load_catalogue().values() if question.listing]
NAMES = ("rated", "systems", "km-review", "synthetic")
#: Questions in an order of their own, in which a record may come up more than once.
OTHER_ORDER = {"cq-002", "cq-009", "cq-026", "cq-033", "cq-101", "cq-112"}


def _copy(store: Any) -> MemoryStore:
    """Return a store with the statements of another."""
    copy = MemoryStore(base=store.base)
    quads = [quad for quad in store.quads() if not quad.graph_name.value.endswith("/cube")]
    copy.load_nquads(ox.serialize(quads, format=ox.RdfFormat.N_QUADS))
    return copy


class Stores:
    """Name to a store without listings, and the same with listings; each is built once."""

    def __init__(self, bundles: Bundles, folder: Path) -> None:
        self._bundles = bundles
        self._folder = folder
        self._built: dict[str, tuple[MemoryStore, MemoryStore]] = {}

    def __getitem__(self, name: str) -> tuple[MemoryStore, MemoryStore]:
        if name not in self._built:
            if name == "synthetic":
                generate(self._folder / name, studies=8, seed=6)
                plain = _copy(build_in_memory(self._folder / name).store)
            else:
                plain = _copy(self._bundles[name].store)
            listed = _copy(plain)
            listed.load_nquads(build_listings(plain, self._folder)[0])
            self._built[name] = plain, listed
        return self._built[name]


@pytest.fixture(scope="module")
def stores(bundles: Bundles, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """Return stores with and without listings, by name of the bundle."""
    return Stores(bundles, tmp_path_factory.mktemp("listings"))


def _pages(question: Question, store: MemoryStore, params: dict[str, str]) -> list[dict[str, Any]]:
    """Return the rows of all pages of an answer."""
    total = answer(question, store, params, page=1, page_size=1).total or 0
    size = max(4, total // 3)
    rows: list[dict[str, Any]] = []
    for number in range(1, -(-total // size) + 1):
        rows += answer(question, store, params, page=number, page_size=size).rows
    return rows


def _choices(question: Question, store: MemoryStore) -> Iterator[dict[str, str]]:
    """Yield no parameters, then one of each kind with a value that the store has, at random."""
    yield {}
    random_ = random.Random(question.id)
    for parameter in question.parameters:
        values = list(parameter.choices)
        if not values and parameter.kind == "construct":
            values = ["PARIHS.C", "PARIHS.E.research"]
        for name in () if values else parameter.of:
            found = store.quads(None, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand(name)))
            values += sorted({quad.subject.value for quad in found})
        if values:
            yield {parameter.name: random_.choice(values)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("question", LISTED, ids=lambda question: question.id)
def test_the_pages_of_an_answer_are_the_whole_answer(
    question: Question, name: str, stores: Stores
) -> None:
    plain, listed = stores[name]
    # What parameters change is seen on the small bundles.
    chosen = [{}] if name in ("km-review", "synthetic") else _choices(question, plain)
    for params in chosen:
        whole = answer(question, plain, params).rows
        pages = _pages(question, listed, params)
        if question.id in OTHER_ORDER:
            whole, pages = sorted(whole, key=str), sorted(pages, key=str)
        assert pages == whole, params


@pytest.mark.parametrize("question", ["cq-001", "cq-006", "cq-008", "cq-019", "cq-032", "cq-039"])
def test_the_total_counts_the_records_that_have_rows(question: str, stores: Stores) -> None:
    plain, listed = stores["rated"]
    asked = load_catalogue()[question]
    assert asked.listing is not None
    driver = asked.listing.driver
    whole = {row[driver] for row in answer(asked, plain).rows}
    page = answer(asked, listed, page=1, page_size=5)
    assert (page.total, page.pages) == (len(whole), -(-len(whole) // 5))
    assert len({row[driver] for row in page.rows}) == min(5, len(whole))


@pytest.mark.parametrize("question", LISTED, ids=lambda question: question.id)
def test_a_total_that_counts_more_than_has_rows_says_so(question: Question, stores: Stores) -> None:
    plain, listed = stores["rated"]
    assert question.listing is not None
    have_rows = {row[question.listing.driver] for row in answer(question, plain).rows}
    page = answer(question, listed, page=1, page_size=1)
    says_so = "looked at" in page.to_dict()["listed"]
    assert says_so == question.listing.wider
    assert says_so or page.total == len(have_rows)


def test_a_store_without_listings_gives_the_same_pages(stores: Stores) -> None:
    plain, listed = stores["rated"]
    asked = load_catalogue()["cq-008"]
    assert answer(asked, plain, page=2, page_size=3).rows == (
        answer(asked, listed, page=2, page_size=3).rows
    )


def test_a_question_that_lists_no_records_is_cut_by_rows(stores: Stores) -> None:
    plain, _ = stores["rated"]
    asked = load_catalogue()["cq-015"]
    whole = answer(asked, plain).rows
    page = answer(asked, plain, page=2, page_size=4)
    assert page.rows == whole[4:8]
    assert page.total == len(whole)


def test_the_whole_answer_has_no_pages(stores: Stores) -> None:
    found = answer(load_catalogue()["cq-001"], stores["rated"][1])
    assert (found.page, found.pages, found.total) == (None, None, None)


@pytest.mark.parametrize("wanted", [{"page": 0}, {"page_size": 0}, {"page_size": 1_000}])
def test_a_page_that_cannot_be_is_refused(wanted: dict[str, int], stores: Stores) -> None:
    with pytest.raises(ParameterError, match=r"pages count from 1|is about 1 to"):
        answer(load_catalogue()["cq-001"], stores["rated"][1], **wanted)  # type: ignore[arg-type]


def test_a_passage_of_a_page_says_where_it_stands(stores: Stores) -> None:
    plain, listed = stores["rated"]
    asked = load_catalogue()["cq-008"]
    whole = {passage.iri: passage for passage in answer(asked, plain).passages}
    assert all(whole[one.iri] == one for one in answer(asked, listed, page=1).passages)


def _changed(store: MemoryStore, change: ListingChange) -> set[str]:
    """Return the statements of the graph of listings after a change."""
    graph = ox.NamedNode(graph_iri(store.base, "cube"))
    held = {str(quad.triple) for quad in store.quads(graph_name=graph)}
    return (held - {str(one) for one in change.deleted}) | {str(one) for one in change.added}


def _contents(store: MemoryStore, folder: Path) -> set[str]:
    """Return the statements of listings that are built anew."""
    path, _ = build_listings(store, folder)
    return {str(quad.triple) for quad in ox.parse(path.read_bytes(), ox.RdfFormat.N_QUADS)}


@pytest.mark.parametrize(
    ("sheet", "record", "cells"),
    [
        ("cases", "build", {"label": "Aardvark"}),
        ("studies", "ST12", {"title": "Zebra crossing"}),
    ],
)
def test_a_change_of_listings_is_what_building_anew_gives(
    sheet: str,
    record: str,
    cells: dict[str, str],
    stores: Stores,
    edited_rated: Any,
    tmp_path: Path,
) -> None:
    before = stores["rated"][1]
    now = _copy(edited_rated(sheet, record, **cells).store)
    old = {str(quad): quad for quad in before.quads() if "/cube" not in quad.graph_name.value}
    new = {str(quad): quad for quad in now.quads()}
    changed = {
        quad.subject
        for text, quad in (old | new).items()
        if (text in old) != (text in new) and isinstance(quad.subject, ox.NamedNode)
    }
    assert changed
    assert _changed(before, change_listings(before, now, changed)) == _contents(now, tmp_path)


def test_the_total_of_two_facets_counts_what_has_both(stores: Stores) -> None:
    """Whichever two values are given: no page is empty."""
    seen = 0
    for name, (one, two) in {
        "cq-101": ("kind", "within"),
        "cq-033": ("programme", "theme"),
    }.items():
        plain, listed = stores["systems"]
        asked = load_catalogue()[name]
        assert asked.listing is not None
        kinds = {
            "kind": ["km:Barrier", "km:Enabler"],
            "within": ["PARIHS.C", "CFIR2.II", "PARIHS.E"],
        }
        for parameter in asked.parameters:
            for class_name in parameter.of:
                members = plain.quads(
                    None, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand(class_name))
                )
                kinds.setdefault(parameter.name, sorted({q.subject.value for q in members}))
        for first, second in product(kinds[one], kinds[two]):
            params = {one: first, two: second}
            whole = {row[asked.listing.driver] for row in answer(asked, plain, params).rows}
            page = answer(asked, listed, params, page=1, page_size=3)
            assert page.total == len(whole), params
            assert len({row[asked.listing.driver] for row in page.rows}) == min(3, len(whole))
            seen += bool(whole)
    assert seen > 1


def test_each_pair_of_facets_has_lists() -> None:
    for listing in load_listings().values():
        single = [name for name in listing.facets if " " not in name]
        pairs = [" ".join(pair) for pair in combinations(single, 2)]
        assert [*single, *pairs] == list(listing.facets)
        assert len(single) <= 2
