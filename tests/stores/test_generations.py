# ruff: noqa: S608 - queries with the IRIs of graphs of the tests
"""Generations: what a reader can rely on while others write, roll back, collect and crash."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmgraph import errors, formats
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.progress import ProgressEvent
from kmgraph.results import Boolean, Solutions, Triples
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.layers import OPTIMIZE_TRIPLES
from kmgraph.stores.oxigraph import MemoryStore, OxigraphView

ALL = "SELECT ?s ?p ?o { ?s ?p ?o }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def iri(name: str) -> str:
    """Return the IRI of a graph."""
    return f"{DEFAULT_BASE}graph/{name}"


def nquads(folder: Path, graph: str, numbers) -> Path:
    """Write an N-Quads file of numbered triples in a graph."""
    path = folder / f"{graph}-{time.monotonic_ns()}.nq"
    lines = (f'<urn:s{n}> <urn:p> "{n} <{iri("a")}> ." <{iri(graph)}> .\n' for n in numbers)
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path):
    """Return an empty store."""
    return GenerationStore.create(tmp_path / "store")


@pytest.fixture
def files(tmp_path):
    """Return a folder for input files."""
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


def put(store, files, **graphs):
    """Publish a generation with graphs replaced; a value is numbers or (numbers, visibility)."""
    with store.begin(reason="put") as writer:
        for name, value in graphs.items():
            numbers, visibility = value if isinstance(value, tuple) else (value, "public")
            writer.replace_graph(name, nquads(files, name, numbers), visibility=visibility)
        return writer.publish()


def number(store, text=COUNT, **options):
    """Return the one number that a query gives."""
    return store.query(text, **options).to_dicts()[0]["n"]


def numbers(view, graph=None):
    """Return the numbers of the triples in a graph, or in the default graph."""
    name = ox.DefaultGraph() if graph is None else ox.NamedNode(iri(graph))
    return {int(q.subject.value.removeprefix("urn:s")) for q in view.quads(graph_name=name)}


def test_a_triple_in_three_graphs_counts_once_by_every_route(store, files):
    put(store, files, a=[1, 2], b=[1], c=[1], d=[9])
    memory = MemoryStore()
    for name, values in {"a": [1, 2], "b": [1], "c": [1], "d": [9]}.items():
        memory.load_nquads(nquads(files, name, values))
    three = [iri(name) for name in "abc"]
    everything = [iri(name) for name in "abcd"]
    clauses = "".join(f"FROM <{g}> " for g in three)
    only = "SELECT (COUNT(*) AS ?n) {} {{ <urn:s1> ?p ?o }}"
    with store.open_view() as view:
        for reader in (view, memory):
            assert 1 == number(reader, only.format(""))
            assert 1 == number(reader, only.format(clauses))
            assert 1 == number(reader, only.format(""), default_graphs=three)
            assert 1 == number(reader, only.format(""), default_graphs=everything)
            assert 2 == number(reader, default_graphs=three)
            bound = {"s": ox.NamedNode("urn:s1")}
            text = f"SELECT ?s (COUNT(*) AS ?n) {clauses} {{ ?s ?p ?o }} GROUP BY ?s"
            assert 1 == number(reader, text, bindings=bound)
            assert 3 == reader.count()
            rows = reader.query(ALL).serialize("csv").splitlines()
            assert 4 == len(rows)
            with_named = f"SELECT (COUNT(*) AS ?n) {clauses} FROM NAMED <{iri('d')}> "
            assert 1 == number(reader, with_named + "{ GRAPH ?g { ?s ?p ?o } }")


def test_graphs_that_are_named_bound_what_a_query_sees(store, files):
    put(store, files, a=[1], b=[2])
    with store.open_view() as view:
        assert 1 == number(view, f"SELECT (COUNT(*) AS ?n) FROM <{iri('a')}> {{ ?s ?p ?o }}")
        inside = "SELECT (COUNT(*) AS ?n) {} {{ GRAPH ?g {{ ?s ?p ?o }} }}"
        assert 0 == number(view, inside.format(f"FROM <{iri('a')}>"))
        assert 1 == number(view, inside.format(f"FROM NAMED <{iri('a')}>"))
        plain = f"SELECT (COUNT(*) AS ?n) FROM NAMED <{iri('a')}> {{ ?s ?p ?o }}"
        assert 0 == number(view, plain)
        assert 0 == number(view, default_graphs=["file:///etc/hostname"])
        assert 0 == number(view, "SELECT (COUNT(*) AS ?n) FROM <http://127.0.0.1:9/> {?s ?p ?o}")
        # The arguments of the protocol win over the query.
        text = f"SELECT (COUNT(*) AS ?n) FROM <{iri('b')}> {{ <urn:s1> ?p ?o }}"
        assert 1 == number(view, text, default_graphs=[iri("a")])
        assert 1 == number(view, inside.format(""), named_graphs=[iri("b"), "urn:none"])


def test_replacing_a_graph_leaves_the_others_and_what_they_share(store, files):
    put(store, files, a=[1, 2, 3], b=[3, 4])
    generation = put(store, files, a=[2, 5])
    with store.open_view() as view:
        assert {2, 3, 4, 5} == numbers(view)
        assert {2, 5} == numbers(view, "a")
        assert {3, 4} == numbers(view, "b")
    assert {"a": 2, "b": 2} == {graph.name: graph.triples for graph in generation.graphs}
    with store.begin(reason="empty and drop") as writer:
        writer.replace_graph("a", None)
        writer.remove_graph("b")
        generation = writer.publish()
    assert [("a", 0)] == [(graph.name, graph.triples) for graph in generation.graphs]
    with store.open_view() as view:
        assert set() == numbers(view)


def test_a_large_graph_is_replaced_as_exactly_as_a_small_one(store, files, monkeypatch):
    monkeypatch.setattr("kmgraph.stores.delta.MEMORY_TRIPLES", 100)
    monkeypatch.setattr("kmgraph.stores.applying.BULK_TRIPLES", 50)
    put(store, files, a=range(500), b=range(450, 600))
    put(store, files, a=range(200, 700))
    with store.open_view() as view:
        assert set(range(200, 700)) == numbers(view, "a")
        assert set(range(200, 700)) == numbers(view)
    assert store.digest() == store.generation().digest


def test_what_is_hidden_is_in_no_public_answer(store, files):
    put(store, files, a=[1], h=([1, 7], "north"), k=([8], "south"))
    secret = iri("h")
    expected = {
        "public": {1},
        "public+north": {1, 7},
        "public+south": {1, 8},
        "public+north+south": {1, 7, 8},
    }
    assert tuple(expected) == store.generation().views
    for key, values in expected.items():
        with store.open_view(key) as view:
            assert values == numbers(view)
            assert len(values) == view.count()
    with store.open_view() as view:
        assert [iri("a")] == view.graph_names()
        for text, options in [
            ("SELECT * { GRAPH ?g { <urn:s7> ?p ?o } }", {}),
            (f"SELECT * FROM <{secret}> {{ ?s ?p ?o }}", {}),
            (f"SELECT * FROM NAMED <{secret}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", {}),
            (ALL, {"default_graphs": [secret]}),
            ("SELECT * { GRAPH ?g {} FILTER(?g = <%s>) }" % secret, {}),  # noqa: UP031
            ("DESCRIBE <urn:s7>", {}),
        ]:
            assert [] == list(view.query(text, **options))
    # A view is as strict again once a graph is opened up or closed.
    put(store, files, k=([8], "public"), a=([1], "north"))
    with store.open_view() as view:
        assert {8} == numbers(view)
    assert store.digest("public+north") == store.generation().digest


def test_changes_can_follow_a_preparation(store, files):
    put(store, files, a=[1, 2])
    with store.begin(reason="derive") as writer:
        writer.replace_graph("a", nquads(files, "a", [2, 3]))
        writer.prepare()
        assert {2, 3} == numbers(writer.master_view())
        writer.replace_graph("a/derived", nquads(files, "a/derived".replace("/", "_"), []))
        writer.append_to_graph("a", nquads(files, "a", [4]), info={"rows": 3})
        writer.prepare()
        assert {2, 3, 4} == numbers(writer.master_view())
        generation = writer.publish(counts={"studies": 3})
    assert {"rows": 3} == generation.graphs[0].info
    assert 3 == store.generation().counts["studies"]
    assert store.digest() == generation.digest


def test_files_that_are_handed_over_leave_their_room_to_the_views(store, files):
    """They are gone before any view is optimised, and every view has loaded them."""
    seen = []

    def look(event):
        if event.phase == "optimize" and not event.step.endswith("done"):
            seen.append(sorted(path.name.split("-")[0] for path in files.iterdir()))

    numbered = range(OPTIMIZE_TRIPLES, 2 * OPTIMIZE_TRIPLES + 1)
    derived = nquads(files, "derived", numbered)
    kept, public, secret = (nquads(files, name, [n]) for n, name in enumerate("khs"))
    with store.begin(reason="first", progress=look) as writer:
        writer.replace_graph("k", kept)
        writer.replace_graph("h", public, takes_file=True)
        writer.replace_graph("s", secret, visibility="north", takes_file=True)
        writer.prepare()
        writer.put_derived("public", {"derived": derived}, takes_files=True)
        writer.publish()
    assert seen == [["derived", "k"], ["derived", "k"], ["k"]]
    for key, shown in (("public", {0, 1, *numbered}), ("public+north", {0, 1, 2})):
        with store.open_view(key) as view:
            assert shown == numbers(view)


def test_only_the_file_that_was_handed_over_is_removed(store, files):
    given, kept = nquads(files, "a", [1]), nquads(files, "a", [2])
    with store.begin(reason="first") as writer:
        writer.replace_graph("a", given, takes_file=True)
        writer.append_to_graph("a", kept)
        writer.publish()
    assert (given.exists(), kept.exists()) == (False, True)
    with store.open_view() as view:
        assert numbers(view) == {1, 2}


def test_an_abandoned_writer_changes_nothing(store, files):
    put(store, files, a=[1])
    before = store.digest()
    with pytest.raises(RuntimeError), store.begin(reason="fails") as writer:
        writer.replace_graph("a", nquads(files, "a", [2]))
        writer.prepare()
        raise RuntimeError
    assert (1, before) == (store.current_id(), store.digest())
    assert ["000001"] == [path.name for path in (store.path / "generations").iterdir()]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("<urn:a> <urn:b> <urn:c> <urn:other> .\n", 1),
        (f"<urn:a> <urn:b> <urn:c> <{iri('a')}> .\n_:b <urn:b> <urn:c> <{iri('a')}> .\n", 2),
        (f"<urn:a> <urn:b> _:c <{iri('a')}> .\n", 1),
        (f"<urn:a> <urn:b> <urn:c> <{iri('a')}> .\n<urn:a> broken <{iri('a')}> .\n", 2),
    ],
)
def test_wrong_input_is_refused_with_its_line(store, files, content, line):
    path = files / "wrong.nq"
    path.write_text(content)
    with pytest.raises(errors.RdfParseError, match=r"wrong\.nq") as caught:
        with store.begin(reason="wrong") as writer:
            writer.replace_graph("a", path)
            writer.publish()
    assert line == caught.value.line
    assert store.current_id() is None


def test_rollback_publishes_the_old_content_anew(store, files):
    with store.begin(reason="one") as writer:
        writer.replace_graph("a", nquads(files, "a", [1]))
        writer.put_file("report.json", b"{}")
        writer.put_file("rows/a.csv", b"row", graph="a")
        writer.put_file("rows/b.csv", b"row b", graph="b")
        writer.publish()
    first = store.digest()
    second = put(store, files, b=[2])
    assert {"rows/a.csv"} == set(second.files)
    assert b"row" == store.read_file(2, "rows/a.csv")
    assert {} == put(store, files, a=[1, 9]).files
    generation = store.rollback(1)
    assert (4, 3, "roll back to generation 1") == (
        generation.id,
        generation.parent,
        generation.reason,
    )
    assert first == store.digest()
    assert b"{}" == store.read_file(4, "report.json")
    assert [1, 2, 3, 4] == [published.id for published in store.generations()]
    with pytest.raises(errors.GenerationNotFoundError):
        store.rollback(9)


def test_collection_skips_what_a_reader_holds_and_ids_only_grow(store, files):
    for value in range(4):
        put(store, files, a=[value])
    view = store.open_view(generation_id=2)
    outcome = store.gc(1)
    assert ((1, 3), (2,)) == (outcome.removed, outcome.in_use)
    assert {1} == numbers(view)
    view.close()
    assert (2,) == store.gc(1).removed
    assert [4] == [published.id for published in store.generations()]
    assert 5 == put(store, files, a=[1]).id
    with pytest.raises(errors.GenerationNotFoundError, match="there are: 4, 5"):
        store.open_view(generation_id=1)


def test_a_reader_keeps_the_generation_it_opened(store, files):
    put(store, files, a=[1])
    with store.open_view() as view:
        published = {p: p.stat().st_mtime_ns for p in store.generation_dir(1).rglob("*")}
        put(store, files, a=[2])
        assert {1} == numbers(view)
        assert 1 == view.generation.id
        with store.open_view() as later:
            assert {2} == numbers(later)
        after = {p: p.stat().st_mtime_ns for p in store.generation_dir(1).rglob("*")}
    assert published == after


def test_a_second_process_is_told_who_is_writing(store):
    code = "import sys; from kmgraph.stores.generations import GenerationStore as G\n"
    code += "w = G(sys.argv[1]).begin(reason='x'); print('locked', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(store.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as other:
        assert b"locked\n" == other.stdout.readline()
        with pytest.raises(errors.StoreLockedError, match=f"process {other.pid}"):
            store.begin(reason="mine")
        with pytest.raises(errors.StoreLockedError):
            store.gc(1)
        other.kill()
    with store.begin(reason="mine") as writer:
        assert 1 == writer.publish().id


def test_a_store_that_is_not_there_says_so(tmp_path):
    with pytest.raises(errors.StoreUnavailableError, match="kmgraph init"):
        GenerationStore(tmp_path / "none")
    with pytest.raises(errors.InputError):
        GenerationStore.create(tmp_path / "x", base="no iri")
    store = GenerationStore.create(tmp_path / "y")
    with pytest.raises(errors.StoreUnavailableError, match="nothing is published"):
        store.open_view()
    with pytest.raises(errors.StoreError, match="already"):
        GenerationStore.create(tmp_path / "y")


def test_the_digest_is_of_the_content_alone(store, files, tmp_path):
    put(store, files, a=[1, 2], b=[3])
    put(store, files, a=[2, 5])
    put(store, files, a=[2, 1])
    other = GenerationStore.create(tmp_path / "other")
    generation = put(other, files, b=[3], a=[2, 1, 1])
    assert store.digest() == other.digest() == generation.digest == store.generation().digest
    assert store.digest(generation_id=2) != store.digest()


def test_a_default_graph_that_is_not_the_merge_is_found(store, files):
    put(store, files, a=[1, 2])
    damaged = ox.Store(str(store.generation_dir() / "views" / "public"))
    damaged.remove(next(damaged.quads_for_pattern(None, None, None, ox.DefaultGraph())))
    damaged.flush()
    del damaged
    with pytest.raises(errors.StoreCorruptError, match="not the merge"):
        store.digest()


def test_a_view_takes_no_writes(store, files):
    put(store, files, a=[1])
    with store.open_view() as view:
        with pytest.raises(errors.UpdateForbiddenError):
            view.query("DELETE WHERE { ?s ?p ?o }")
        assert isinstance(view, OxigraphView)
    with pytest.raises(errors.StoreUnavailableError, match="closed"):
        view.count()


def test_query_forms_and_bindings(store, files):
    put(store, files, a=[1, 2])
    with store.open_view() as view:
        bound = {"s": ox.NamedNode("urn:s2")}
        assert isinstance(view.query(ALL), Solutions)
        assert [("urn:s2",)] == [(r[0].value,) for r in view.query(ALL, bindings=bound)]
        answer = view.query("ASK { ?s <urn:q> ?o }", bindings=bound)
        assert isinstance(answer, Boolean)
        assert not answer
        graph = view.query("CONSTRUCT { <urn:x> a <urn:Y> } WHERE { ?s ?p ?o }")
        assert isinstance(graph, Triples)
        assert 1 == len(list(graph))
        with pytest.raises(errors.ParameterError, match=r"\?s"):
            view.query("SELECT ?o { ?s ?p ?o }", bindings=bound)
        with pytest.raises(errors.QuerySyntaxError, match="line 2, column 4"):
            view.query("SELECT * {\n  }} ")


@pytest.mark.parametrize("name", ["nquads", "trig", "jsonld"])
def test_a_dump_of_the_dataset_reads_back(store, files, tmp_path, name):
    put(store, files, a=[1, 2], b=[1])
    fmt = formats.format_by_name(name)
    with store.open_view() as view, (tmp_path / "out").open("wb") as output:
        view.dump(output, fmt)
        expected = set(view.quads())
    read = ox.parse(path=str(tmp_path / "out"), format=formats.to_rdf_format(fmt))
    assert expected == set(read)


GRAPH_NAMES = st.sampled_from(["a", "b", "c"])
STEP = st.one_of(
    st.tuples(
        st.just("replace"),
        GRAPH_NAMES,
        st.frozensets(st.integers(0, 6), max_size=5),
        st.sampled_from(["public", "north", "south"]),
    ),
    st.tuples(st.just("append"), GRAPH_NAMES, st.frozensets(st.integers(0, 6), max_size=3)),
    st.tuples(st.just("remove"), GRAPH_NAMES),
    st.tuples(st.just("prepare")),
    st.tuples(st.just("publish")),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=10))
def test_each_default_graph_is_the_union_of_its_graphs(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("model")
    store = GenerationStore.create(folder / "store")
    model: dict[str, tuple[set[int], str]] = {}
    writer = store.begin(reason="model")
    for action, *rest in [*steps, ("publish",)]:
        if action == "replace":
            name, values, visibility = rest
            writer.replace_graph(name, nquads(folder, name, values), visibility=visibility)
            model[name] = (set(values), visibility)
        elif action in {"append", "remove"} and rest[0] not in model:
            with pytest.raises(errors.GraphNotFoundError):
                writer.remove_graph(rest[0])
        elif action == "append":
            writer.append_to_graph(rest[0], nquads(folder, rest[0], rest[1]))
            model[rest[0]][0].update(rest[1])
        elif action == "remove":
            writer.remove_graph(rest[0])
            del model[rest[0]]
        elif action == "prepare":
            writer.prepare()
        else:
            with writer:
                generation = writer.publish()
            for key in generation.views:
                shown = {n: v for n, (v, vis) in model.items() if vis in key.split("+")}
                with store.open_view(key) as view:
                    assert set().union(*shown.values()) == numbers(view), key
                    for name, values in shown.items():
                        assert values == numbers(view, name), (key, name)
                    hidden = {iri(n) for n in model if n not in shown}
                    assert not hidden & set(view.graph_names())
            assert store.digest(None) == generation.digest
            writer = store.begin(reason="model")
    with writer:
        pass


CHILD = """
import os, signal, sys
from kmgraph.stores.generations import GenerationStore
stop, path, source = int(sys.argv[1]), sys.argv[2], sys.argv[3]
seen = 0
def progress(event):
    global seen
    seen += 1
    if seen == stop:
        os.kill(os.getpid(), signal.SIGKILL)
print("ready", flush=True)
with GenerationStore(path).begin(reason="new", progress=progress) as writer:
    writer.replace_graph("a", source)
    writer.replace_graph("h", source.replace("a.nq", "h.nq"), visibility="north")
    writer.publish()
"""


def crash(store: GenerationStore, source: Path, stop: int, delay_s: float | None = None) -> int:
    """Run a build in another process that is killed at an event or after a delay."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(stop), str(store.path), str(source)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as child:
        child.stdout.readline()
        if delay_s is not None:
            time.sleep(delay_s)
            child.kill()
        return child.wait(60)


@pytest.mark.crash
@pytest.mark.timeout(300)
def test_a_kill_at_any_event_leaves_the_old_or_the_new_generation(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    source = nquads(folder, "a", range(100, 300)).rename(folder / "a.nq")
    nquads(folder, "h", [1, 2]).rename(folder / "h.nq")

    def fresh(label: str) -> GenerationStore:
        made = GenerationStore.create(tmp_path / label)
        put(made, folder, a=range(200), b=[1])
        return made

    events: list[ProgressEvent] = []
    reference = fresh("reference")
    old = reference.digest()
    with reference.begin(reason="new", progress=events.append) as writer:
        writer.replace_graph("a", source)
        writer.replace_graph("h", folder / "h.nq", visibility="north")
        writer.publish()
    new = reference.digest()
    assert {"checkpoint", "bulk_load", "sync", "pointer"} <= {e.phase for e in events}
    moved = next(i for i, e in enumerate(events, 1) if e.step.startswith("fsync the directory"))
    store = fresh("killed")
    draw = random.Random(2012)
    delays = [(0, draw.uniform(0, 0.15)) for _ in range(6)]
    outcomes = set()
    for stop, delay_s in [*((n, None) for n in range(1, len(events) + 1)), *delays]:
        code = crash(store, source, stop, delay_s)
        assert code == -signal.SIGKILL or delay_s is not None
        found = store.digest()
        if delay_s is None:
            assert found == (new if stop >= moved else old), events[stop - 1]
        assert found in {old, new}
        outcomes.add(found)
        # The next build works, and brings the old content back for the next crash.
        with store.begin(reason="again", from_scratch=True) as writer:
            writer.replace_graph("a", nquads(folder, "a", range(200)))
            writer.replace_graph("b", nquads(folder, "b", [1]))
            writer.publish()
        assert old == store.digest()
        assert not list((store.path / "generations").glob("*.part"))
    ids = [generation.id for generation in store.generations()]
    assert ids == list(range(1, len(ids) + 1))
    assert {old, new} == outcomes
