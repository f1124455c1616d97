# ruff: noqa: S608 - queries with the IRIs of graphs of the tests
"""Each set of groups sees its own data, as if there were no other."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest

import kmgraph
from kmgraph.access import TokenRegister
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.errors import (
    GraphNotFoundError,
    InputError,
    NotFoundError,
    StoreCorruptError,
    StoreLockedError,
)
from kmgraph.namespaces import expand, graph_iri
from kmgraph.pipeline import publication, validating
from kmgraph.pipeline.republishing import create_token, republish, roll_back
from kmgraph.records import (
    Assessment,
    Dataset,
    Document,
    ImplementationCase,
    Passage,
    Person,
    Record,
    Study,
)
from kmgraph.results import Solutions, Triples
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import view_key, views_for
from kmgraph.validation import Report

#: These builds publish few frameworks: what a view shows is the same.
pytestmark = pytest.mark.usefixtures("with_few_frameworks")
BASE = "https://example.org/"
SUMMARY = ox.NamedNode(f"{BASE}case/a-c1/summary/PARIHS.E")
#: What only the data of a group say.
MARKS = {"north": "Nordkapp", "south": "Oamaru", "west": "Malin"}
VIEWS = {
    "public": (),
    "public+north": ("north",),
    "public+south": ("south",),
    "public+north+south": ("north", "south"),
}


def bundle(name: str, score: str, group: str = "public") -> MemoryBundle:
    """Return a dataset that rates the one case, which the dataset 'a' describes."""
    mark = MARKS.get(group, "Everybody")
    records: list[Record] = [
        Dataset(
            id=name,
            id_prefix=f"{name}-",
            title=f"{mark} data",
            publisher=mark,
            licence="https://creativecommons.org/licenses/by/4.0/",
            version="1",
            visibility=group,
            extends=() if name == "a" else ("a",),
        ),
        Document(id="d", title=f"Report of {mark}"),
        Passage(id="p", document="d", page=1, gist=f"what was found at {mark}"),
        Person(id="r", pseudonym=f"rater of {mark}"),
        Assessment(
            id="e",
            about="c1" if name == "a" else "a:c1",
            construct="PARIHS.E.research",
            score=Decimal(score),
            rater="r",
            passages=("p",),
        ),
    ]
    if name == "a":
        records += [
            Study(id="S", title="A study", passages=("p",)),
            ImplementationCase(id="c1", study="S", passages=("p",)),
        ]
    return MemoryBundle(records, name=name)


BUNDLES = {
    "public": bundle("a", "0.9"),
    "north": bundle("b", "0.1", "north"),
    "south": bundle("c", "0.3", "south"),
    "west": bundle("w", "0.6", "west"),
}


@pytest.fixture(autouse=True, scope="module")
def without_shapes() -> Iterator[None]:
    """Leave the shapes out: they take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validating, "validate_quads", lambda *a, **options: Report.of(()))
        yield


def built(path: Path, groups: tuple[str, ...]) -> GenerationStore:
    """Return a store with the public dataset and those of some groups."""
    store = GenerationStore.create(path, base=BASE)
    kmgraph.build([BUNDLES["public"], *(BUNDLES[group] for group in groups)], store)
    return store


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> GenerationStore:
    """Return a store with the data of three groups and a token for two of them."""
    store = built(tmp_path_factory.mktemp("full") / "store", ("north", "south", "west"))
    create_token(store, "both", ["read"], ["north", "south"])
    return store


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, GenerationStore]:
    """Return for each view a store that holds what it shows and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    return {key: built(folder / key, groups) for key, groups in VIEWS.items()}


@pytest.fixture
def copy(full: GenerationStore, tmp_path: Path) -> GenerationStore:
    """Return a copy of the store, to be changed."""
    shutil.copytree(full.path, tmp_path / "store")
    return GenerationStore(tmp_path / "store")


def test_views_are_of_the_sets_in_use_and_the_last_shows_everything() -> None:
    sets = [{"b", "a"}, {"c", "d"}, {"a", "b", "c", "d"}, {"a"}, {"x", "c"}, {"x"}, ()]
    keys = views_for(["public", "a", "b", "c", "d"], sets)
    assert keys[:5] == ("public", "public+a", "public+b", "public+c", "public+d")
    assert keys[5:] == ("public+a+b", "public+c+d", "public+a+b+c+d")


@pytest.mark.parametrize("key", VIEWS)
def test_a_view_is_that_of_a_store_without_the_rest(
    full: GenerationStore, alone: dict[str, GenerationStore], key: str
) -> None:
    """Every quad, derived ones too, and so whatever is asked: graphs, counts, paths, sums."""
    with full.open_view(key) as view, alone[key].open_view(key) as other:
        assert view.graph_names() == other.graph_names()
        assert view.count() == other.count()
        mine, theirs = (sorted(map(str, store.quads())) for store in (view, other))
        assert mine == theirs
        default = ox.DefaultGraph()
        mine, theirs = (sorted(map(str, s.quads(graph_name=default))) for s in (view, other))
        assert mine == theirs
    assert full.digest(key) == alone[key].digest(key)


@pytest.mark.parametrize(
    ("key", "score"),
    [("public", 0.9), ("public+north", 0.5), ("public+south", 0.6), ("public+north+south", 0.433)],
)
def test_a_summary_is_made_of_what_its_reader_may_see(
    full: GenerationStore, key: str, score: float
) -> None:
    with full.open_view(key) as view:
        (found,) = view.quads(SUMMARY, ox.NamedNode(expand("km:score")), None, ox.DefaultGraph())
    assert float(found.object.value) == pytest.approx(score, abs=0.001)


CASE = f"<{BASE}case/a-c1>"
#: Ways to come by what is hidden. Each that gives rows or triples gives some in every view.
ROUTES = {
    "all": "SELECT * { ?s ?p ?o }",
    "graphs": "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "graph names": "SELECT DISTINCT ?g { GRAPH ?g { } }",
    "path": f"SELECT * {{ {CASE} (!<urn:x>|^!<urn:x>)+ ?o }}",
    "long path": f"SELECT * {{ {CASE} (!<urn:x>|^!<urn:x>)/(!<urn:x>|^!<urn:x>) ?o }}",
    "subquery": "SELECT * { { SELECT ?s (GROUP_CONCAT(STR(?o)) AS ?all) { ?s ?p ?o } "
    "GROUP BY ?s } }",
    "optional": "SELECT * { ?s ?p ?o OPTIONAL { GRAPH ?g { ?x ?y ?o } } FILTER(isLiteral(?o)) }",
    "describe": f"DESCRIBE {CASE} <{BASE}dataset/b> <{BASE}dataset/c> <{BASE}person/b-r>",
    "describe all": "DESCRIBE * { ?s ?p ?o }",
    "construct": "CONSTRUCT { ?s ?p ?o } { GRAPH ?g { ?s ?p ?o } }",
    "search": "SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), 'n', 'i')) }",
    "minus": "SELECT * { GRAPH ?g { ?s ?p ?o } MINUS { GRAPH <urn:none> { ?s ?p ?o } } }",
}
#: Numbers that would tell of what is hidden.
COUNTS = (
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { } }",
    "SELECT (COUNT(*) AS ?n) { ?a <https://w3id.org/kmgraph/ontology#about> ?c }",
    "SELECT (SUM(?v) AS ?n) { ?a <https://w3id.org/kmgraph/ontology#score> ?v }",
    "SELECT (COUNT(*) AS ?n) { { SELECT DISTINCT ?p { ?s ?p ?o } } }",
    f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{BASE}graph/b> {{ ?s ?p ?o }} }}",
    f"SELECT (COUNT(*) AS ?n) FROM <{BASE}graph/c> FROM <{BASE}graph/a> {{ ?s ?p ?o }}",
)
#: Questions about ratings, raters, sources and what is derived.
QUESTIONS = ("1", "5", "37", "39")


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("key", VIEWS)
def test_no_query_finds_what_is_hidden(full: GenerationStore, key: str, route: str) -> None:
    hidden = [re.escape(mark) for group, mark in MARKS.items() if group not in VIEWS[key]]
    hidden += [rf"graph/{name}\b" for name, group in zip("bcw", MARKS, strict=True)
               if group not in VIEWS[key]]  # fmt: skip
    with full.open_view(key) as view:
        answer = view.query(ROUTES[route])
        assert isinstance(answer, Solutions | Triples)
        text = answer.serialize("nt" if isinstance(answer, Triples) else "json").decode()
    assert "example.org" in text
    assert [mark for mark in hidden if re.search(mark, text)] == []
    if route == "all":  # the marks are there to be found
        assert all(MARKS[group] in text for group in VIEWS[key])


@pytest.mark.parametrize("key", VIEWS)
def test_counts_and_questions_are_those_of_a_store_without_the_rest(
    full: GenerationStore, alone: dict[str, GenerationStore], key: str
) -> None:
    given = []
    for path in (full.path, alone[key].path):
        with kmgraph.open_store(path, view=key) as evidence:
            counts = [evidence.query(text).to_dicts() for text in COUNTS]
            answers = {number: evidence.ask(number).to_csv() for number in QUESTIONS}
            answers["102"] = evidence.ask("102", record="case/a-c1").to_csv()
            given.append((counts, answers, evidence.entity("case/a-c1").label))
    assert given[0] == given[1]
    assert "PARIHS" in str(given[0][1])


def test_a_graph_that_is_hidden_is_unknown(full: GenerationStore, tmp_path: Path) -> None:
    from kmgraph.formats import NTRIPLES

    messages = []
    with full.open_view("public+south") as view, (tmp_path / "out.nt").open("wb") as output:
        for name in ("b", "none"):
            with pytest.raises(GraphNotFoundError) as caught:
                view.dump(output, NTRIPLES, graph_name=graph_iri(BASE, name))
            messages.append(str(caught.value).replace(graph_iri(BASE, name), "X"))
    assert messages[0] == messages[1]


def test_a_token_of_several_groups_has_its_view_at_once(copy: GenerationStore) -> None:
    """A generation is published for it, and nothing but the view is new."""
    before = copy.generation()
    held = {key: copy.digest(key) for key in before.views}
    made = create_token(copy, "edge", ["read"], ["west", "north"])
    after = copy.generation()
    assert made.generation == after and after.parent == before.id
    assert set(after.views) == {*before.views, "public+north+west"}
    assert after.master == before.master == "public+north+south+west"
    assert held == {key: copy.digest(key) for key in before.views}
    assert (before.digest, before.graphs, before.files, before.extra) == (
        after.digest,
        after.graphs,
        after.files,
        after.extra,
    )
    assert before.counts["records"] == after.counts["records"]
    assert {**before.derived, "public+north+west": after.derived["public+north+west"]} == (
        after.derived
    )
    assert copy.read_file(None, publication.REPORT_FILE)
    with copy.open_view(TokenRegister(copy.path).find(made.secret).view) as view:
        (found,) = view.quads(SUMMARY, ox.NamedNode(expand("km:score")), None, ox.DefaultGraph())
        assert float(found.object.value) == pytest.approx((0.9 + 0.1 + 0.6) / 3, abs=0.001)
        assert not list(view.quads(graph_name=ox.NamedNode(graph_iri(BASE, "c"))))


def test_no_generation_is_published_where_the_view_is_there(copy: GenerationStore) -> None:
    before = copy.current_id()
    for name, groups in {
        "none": (),
        "one": ("west",),
        "again": ("south", "north"),
        "all": ("north", "south", "west"),
        "beyond": ("north", "south", "nobody"),
    }.items():
        assert create_token(copy, name, ["read"], groups).generation is None
    assert copy.current_id() == before
    with copy.open_view(view_key(["north", "south", "nobody"])) as view:
        assert graph_iri(BASE, "b") in view.graph_names()


def test_a_later_group_joins_the_views_of_its_tokens(copy: GenerationStore) -> None:
    """A token may be made before the first graph of one of its groups."""
    create_token(copy, "early", ["read"], ["north", "east"])
    MARKS["east"] = "Lowestoft"
    kmgraph.build([bundle("z", "0.2", "east")], copy)
    with copy.open_view("public+east+north") as view:
        names = view.graph_names()
    assert {graph_iri(BASE, name) for name in "abz"} < set(names)
    assert graph_iri(BASE, "c") not in names
    # Both views stay whatever is built.
    assert {"public+east+north", "public+north+south"} < set(copy.generation().views)


def test_no_token_is_made_where_its_view_cannot_be(copy: GenerationStore) -> None:
    register = TokenRegister(copy.path)
    with copy.begin(reason="another writer"):
        with pytest.raises(StoreLockedError, match=r"No token was made"):
            create_token(copy, "edge", ["read"], ["west", "north"])
        # These need no new view.
        create_token(copy, "one", ["read"], ["west"])
        create_token(copy, "again", ["read"], ["north", "south"])
    before = copy.current_id()
    for arguments in (("both", ["read"]), ("x", ["root"]), ("x", ["read"], (), "2001-01-01")):
        with pytest.raises(InputError):
            create_token(copy, *arguments[:2], ["west", "north"], *arguments[3:])  # type: ignore[misc]
    assert copy.current_id() == before
    assert [token.name for token in register.list()] == ["again", "both", "one"]


def test_a_view_without_tokens_goes_with_the_next_generation(copy: GenerationStore) -> None:
    register = TokenRegister(copy.path)
    register.revoke("both")
    assert "public+north+south" in copy.generation().views
    generation = republish(copy)
    assert generation is not None and "public+north+south" not in generation.views
    assert not (copy.generation_dir() / "views" / "public+north+south").exists()
    assert republish(copy) is None


def test_a_missing_view_is_never_replaced_by_a_wider_one(copy: GenerationStore) -> None:
    """As where the file of the tokens comes from elsewhere."""
    secret = TokenRegister(copy.path).create("edge", ["read"], ["west", "north"])
    view = TokenRegister(copy.path).find(secret).view
    with pytest.raises(NotFoundError, match="kmgraph token refresh") as caught:
        copy.open_view(view)
    assert "south" not in str(caught.value)
    assert republish(copy) is not None
    with copy.open_view(view) as opened:
        assert graph_iri(BASE, "w") in opened.graph_names()
        assert graph_iri(BASE, "c") not in opened.graph_names()


def test_an_old_generation_comes_back_with_the_views_of_today(
    full: GenerationStore, copy: GenerationStore
) -> None:
    """Generation 1 was published before there was a token."""
    assert "public+north+south" not in copy.generation(1).views
    generation = roll_back(copy, 1)
    assert generation.views == full.generation().views
    assert generation.derived == full.generation().derived
    assert generation.counts["views"].keys() == set(generation.views)
    for key in generation.views:
        assert full.digest(key) == copy.digest(key)
    # Whoever rolls back without deriving gets the old views, and no summary that is wrong.
    assert copy.rollback(1).views == copy.generation(1).views


def test_nothing_is_published_without_knowing_the_tokens(copy: GenerationStore) -> None:
    (copy.path / "tokens.json").write_text("{")
    with pytest.raises(StoreCorruptError, match=r"tokens\.json"):
        republish(copy)
    assert copy.current_id() == 2
