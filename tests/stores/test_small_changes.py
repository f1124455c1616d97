"""Small changes: as exact as building at once, and without reading what does not change."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmgraph import errors
from kmgraph.namespaces import graph_iri
from kmgraph.stores.digest import graph_sum
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import GraphInfo
from kmgraph.stores.triple_files import TripleFile, write_triples

P = ox.NamedNode("urn:p")


def triple(number: int) -> ox.Triple:
    """Return a numbered triple."""
    return ox.Triple(ox.NamedNode(f"urn:s{number}"), P, ox.Literal(str(number)))


@pytest.fixture
def file(tmp_path):
    """Return a function that writes numbered triples to a file."""
    made = []

    def write(numbers) -> TripleFile:
        path = tmp_path / f"{len(made)}.nt"
        made.append(path)
        return write_triples(map(triple, numbers), path)

    return write


@pytest.fixture
def store(tmp_path, file):
    """Return a store with a graph of 3,000 triples and a derived one of 1,000 in each view."""
    made = GenerationStore.create(tmp_path / "store")
    with made.begin(reason="first") as writer:
        for name, numbers, visibility in [("a", range(3000), "public"), ("h", [1, 9001], "north")]:
            info = GraphInfo(name, graph_iri(made.base, name), visibility)
            writer.change_graph(info, added=file(numbers))
        writer.prepare()
        for key in writer.views:
            writer.change_derived(key, {"derived": (file(range(5000, 6000)), None)})
        writer.publish()
    return made


def change(store, file, *, added=(), deleted=(), derived=((), ())):
    """Publish a change of graph a, and of what is derived."""
    with store.begin(reason="change") as writer:
        info = next(graph for graph in writer.graphs if graph.name == "a")
        writer.change_graph(info, added=file(added), deleted=file(deleted))
        writer.prepare()
        for key in writer.views:
            writer.change_derived(key, {"derived": (file(derived[0]), file(derived[1]))})
        return writer.publish()


def check_all(store):
    """Assert that what is written down is what the disk holds."""
    generation = store.generation()
    assert generation.digest == store.digest(None)
    for key in generation.views:
        with store.open_view(key) as view:
            assert generation.counts["views"][key] == view.count()
            shown = set(key.split("+"))
            graphs = [g for g in generation.graphs if g.visibility in shown]
            for graph in (*graphs, *generation.derived.get(key, ())):
                total, size = graph_sum(view._store, ox.NamedNode(graph.iri))
                assert (graph.triples, graph.digest) == (size, total.hexdigest()), graph.iri


NUMBERS = st.lists(st.integers(0, 30), max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=3))
def test_changes_lead_to_the_same_store_as_one_build(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("changes")
    names = iter(range(10_000))

    def file(numbers):
        return write_triples(map(triple, numbers), folder / f"{next(names)}.nt")

    store = GenerationStore.create(folder / "store")
    with store.begin(reason="first") as writer:
        writer.change_graph(GraphInfo("a", graph_iri(store.base, "a")), added=file(range(10)))
        writer.prepare()
        writer.change_derived("public", {"derived": (file(range(5, 15)), None)})
        writer.publish()
    held, derived = set(range(10)), set(range(5, 15))
    for added, deleted, more, less in steps:
        deleted, less = sorted(set(deleted) - set(added)), sorted(set(less) - set(more))
        change(store, file, added=added, deleted=deleted, derived=(more, less))
        held = (held - set(deleted)) | set(added)
        derived = (derived - set(less)) | set(more)
    check_all(store)
    at_once = GenerationStore.create(folder / "at-once")
    with at_once.begin(reason="first") as writer:
        writer.change_graph(GraphInfo("a", graph_iri(store.base, "a")), added=file(sorted(held)))
        writer.prepare()
        path = folder / "derived.nq"
        graph = ox.NamedNode(graph_iri(store.base, "derived"))
        ox.serialize((ox.Quad(*triple(n), graph) for n in derived), path, ox.RdfFormat.N_QUADS)
        writer.put_derived("public", {"derived": path})
        writer.publish()
    assert at_once.generation().digest == store.generation().digest
    assert at_once.generation().counts == store.generation().counts


def test_a_small_change_reads_no_graph_as_a_whole(store, file, monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a whole graph was read")

    with monkeypatch.context() as patch:
        patch.setattr("kmgraph.stores.view_graphs.graph_sum", refuse)
        patch.setattr("kmgraph.stores.writer.count_triples", refuse)
        patch.setattr("kmgraph.stores.prepared.count_triples", refuse)
        change(store, file, added=[7000, 7001, 5], deleted=[0, 9999], derived=([8000], [5000, 1]))
    check_all(store)
    graph = store.generation().graphs[0]
    assert 3001 == graph.triples
    # A triple that another graph holds stays in the merge: 1 is hidden, and was not derived.
    change(store, file, deleted=[1])
    check_all(store)


class CountingStore:
    """Passes on what is asked of a store, and counts the quads that it was asked for."""

    def __init__(self, store: ox.Store) -> None:
        self._store, self.asked = store, 0

    def __contains__(self, quad: ox.Quad) -> bool:
        self.asked += 1
        return quad in self._store

    def quads_for_pattern(self, *pattern):
        for quad in self._store.quads_for_pattern(*pattern):
            self.asked += 1
            yield quad

    def __getattr__(self, name):
        assert name in {"add_graph", "extend", "remove"}, f"{name} reads more than was asked for"
        return getattr(self._store, name)


@pytest.mark.parametrize("size", [10, 5000])
def test_what_a_change_asks_of_the_store_does_not_grow_with_it(size, file):
    from kmgraph.progress import silent
    from kmgraph.stores.applying import apply_deltas
    from kmgraph.stores.delta import Delta

    store = ox.Store()
    for graph in (ox.NamedNode("urn:g"), ox.DefaultGraph()):
        store.extend(ox.Quad(*triple(number), graph) for number in range(size))
    counting = CountingStore(store)
    delta = Delta("urn:g", (file([20_000, 20_001]),), file([0, 1, 2]))
    done = apply_deltas(counting, [delta], is_new=False, label="x", progress=silent)
    assert (-1, -1) == (done.graphs["urn:g"].triples, done.merged)
    assert counting.asked <= 16


def test_a_digest_that_is_told_is_believed_only_if_the_count_is_right(tmp_path, store, file):
    iri = graph_iri(store.base, "b")
    path = tmp_path / "b.nq"
    path.write_text(f"<urn:a> <urn:p> <urn:b> <{iri}> .\n" * 2, encoding="utf-8")
    told = "1" * 80
    for statements, expected in [(2, False), (1, True)]:
        with store.begin(reason="b", from_scratch=True) as writer:
            writer.replace_graph("b", path, statements=statements, digest=told)
            generation = writer.publish()
        assert expected == (generation.graphs[0].digest == told)
        assert 1 == generation.graphs[0].triples


@pytest.mark.parametrize("digits", [64, 128])
def test_a_generation_with_digests_of_an_earlier_kind_is_read_and_written_on(store, file, digits):
    path = store.generation_dir() / "meta.json"
    meta = json.loads(path.read_bytes())
    del meta["unoptimised"]
    for graph in (*meta["graphs"], *(g for graphs in meta["derived"].values() for g in graphs)):
        graph["digest"] = "e" * digits
    path.write_text(json.dumps(meta), encoding="utf-8")
    assert {} == store.generation().unoptimised
    change(store, file, added=[7000])
    check_all(store)


def test_most_of_a_store_is_replaced_as_exactly_as_little_of_it(tmp_path, store, file, monkeypatch):
    monkeypatch.setattr("kmgraph.stores.writer.MEMORY_TRIPLES", 100)
    for name, visibility in [("a", "public"), ("a", "north"), ("a", "public")]:
        path = tmp_path / f"{name}.nq"
        graph = ox.NamedNode(graph_iri(store.base, name))
        quads = (ox.Quad(*triple(number), graph) for number in range(2000, 5100))
        ox.serialize(quads, path, ox.RdfFormat.N_QUADS)
        with store.begin(reason="replace") as writer:
            writer.replace_graph(name, path, visibility=visibility)
            writer.prepare()
            for key in writer.views:
                writer.change_derived(key, {"derived": (file(range(10)), None)})
            writer.publish()
        check_all(store)
    with store.begin(reason="remove") as writer:
        writer.remove_graph("a")
        writer.publish()
    check_all(store)
    assert ["h"] == [graph.name for graph in store.generation().graphs]


@pytest.mark.parametrize(
    "wrong", ["<urn:a> <urn:b> <no iri> <{}> .\n", "<urn:a> <urn:b> <urn:c> .\n"]
)
def test_a_fault_is_told_with_its_line_in_whatever_piece_it_is(tmp_path, store, monkeypatch, wrong):
    monkeypatch.setattr("kmgraph.stores.loading.PIECE_BYTES", 200)
    monkeypatch.setattr("kmgraph.stores.loading._SIDE_BY_SIDE_BYTES", 100)
    iri = graph_iri(store.base, "b")
    lines = [f'<urn:s{n}> <urn:p> "{n}" <{iri}> .\n' for n in range(100)]
    path = tmp_path / "b.nq"
    path.write_text("".join(lines), encoding="utf-8")
    with store.begin(reason="b", from_scratch=True) as writer:
        writer.replace_graph("b", path)
        assert 100 == writer.publish().graphs[0].triples
    check_all(store)
    path.write_text("".join([*lines[:70], wrong.format(iri), *lines[70:]]), encoding="utf-8")
    with (
        store.begin(reason="b", from_scratch=True) as writer,
        pytest.raises(errors.RdfParseError, match="line 71"),
    ):
        writer.replace_graph("b", path)
        writer.prepare()
