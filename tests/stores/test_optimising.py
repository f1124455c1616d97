"""Optimising beside readers and writers: the content stays, and whoever writes goes first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from kmgraph.namespaces import graph_iri
from kmgraph.stores.durable import FileLock
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.optimising import optimise, optimise_in_background


def lines(store, numbers, folder):
    """Return a file of numbered triples in graph a."""
    path = folder / "a.nq"
    graph = graph_iri(store.base, "a")
    path.write_text("".join(f"<urn:s{n}> <urn:p> <urn:o{n}> <{graph}> .\n" for n in numbers))
    return path


def write(store, numbers, folder):
    """Publish more triples of graph a."""
    with store.begin(reason="more") as writer:
        if writer.graphs:
            writer.append_to_graph("a", lines(store, numbers, folder))
        else:
            writer.replace_graph("a", lines(store, numbers, folder))
        writer.put_file("rows/a.tsv", b"x", graph="a")
        return writer.publish()


@pytest.fixture
def store(tmp_path):
    """Return a store that was written to since it was optimised."""
    made = GenerationStore.create(tmp_path / "store")
    write(made, range(300), tmp_path)
    write(made, range(300, 350), tmp_path)
    return made


def test_an_optimised_copy_has_the_same_content(store):
    before = store.generation()
    assert {"public": 50} == before.unoptimised
    after = optimise(store)
    assert (3, 2, "optimise", {}) == (after.id, after.parent, after.reason, after.unoptimised)
    assert (before.graphs, before.counts, before.files) == (after.graphs, after.counts, after.files)
    assert before.digest == after.digest == store.digest()
    assert ((2, before.created), (2, before.created)) == (before.content_since, after.content_since)
    assert b"x" == store.read_file(3, "rows/a.tsv")
    store.gc(1)
    assert before.digest == store.digest()
    assert ["000003"] == [path.name for path in (store.path / "generations").iterdir()]


def test_whoever_writes_meanwhile_goes_first(store, tmp_path):
    ended = []

    def progress(event):
        if event.phase == "optimize" and event.step == "public" and not ended:
            ended.append(write(store, [900], tmp_path))

    assert optimise(store, progress=progress) is None
    assert (3, "more") == (store.current_id(), store.generation().reason)
    assert store.generation().digest == store.digest()
    assert ["000001", "000002", "000003"] == sorted(
        path.name for path in (store.path / "generations").iterdir()
    )


def test_a_writer_at_work_is_not_disturbed(store):
    begun = []

    def progress(event):
        if event.step.startswith("rename to 000003"):
            raise AssertionError("published while somebody writes")
        if event.phase == "sync" and not begun:
            begun.append(FileLock(store.path / "writer.lock"))

    assert optimise(store, progress=progress) is None
    begun[0].release()
    assert 2 == store.current_id()


def test_two_processes_do_not_optimise_at_once(store):
    inner = []

    def progress(event):
        if event.step == "public" and not inner:
            inner.append(optimise(store))

    assert 3 == optimise(store, progress=progress).id
    assert [None] == inner


def test_it_runs_in_a_process_of_its_own_where_it_is_due(store, tmp_path, monkeypatch):
    assert optimise_in_background(store.path) is None
    monkeypatch.setattr("kmgraph.stores.layers._FEW", 40)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    assert 0 == optimise_in_background(store.path).wait(60)
    assert "optimise" == store.generation().reason


CHILD = """
import os, signal, sys
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.optimising import optimise
seen = 0
def progress(event):
    global seen
    seen += 1
    if seen == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
optimise(GenerationStore(sys.argv[1]), progress=progress)
"""


@pytest.mark.crash
@pytest.mark.timeout(300)
def test_a_kill_at_any_event_leaves_a_whole_store(store, tmp_path):
    digest, events = store.digest(), []
    optimise(store, progress=events.append)
    outcomes = set()
    for stop in range(1, len(events) + 1, 2):
        before = write(store, [1000 + stop], tmp_path)
        child = subprocess.run(
            [sys.executable, "-c", CHILD, str(store.path), str(stop)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            timeout=60,
        )
        assert -signal.SIGKILL == child.returncode
        outcomes.add(store.generation().reason)
        assert before.digest == store.digest() != digest
        # What was left does not stand in the way of the next one, or of a writer.
        assert "optimise" == (optimise(store) or store.generation()).reason
        assert before.digest == store.digest()
    write(store, [999], tmp_path)
    assert not [p for p in (store.path / "generations").iterdir() if not p.name.isdigit()]
    assert {"more", "optimise"} == outcomes
