"""The process that writes: it can be ended at any moment, and nothing is lost or half done."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time

import pytest

from kmgraph import errors
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.pipeline.updating import update
from kmgraph.pipeline.write_process import Writer
from kmgraph.stores.generations import GenerationStore
from kmgraph.updates import Document, WriteRequest

RUNAWAY = (
    "INSERT { <urn:a> <urn:b> ?n } WHERE { SELECT (COUNT(*) AS ?n) "
    "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } }"
)
GREEDY = (
    "INSERT { <urn:a> <urn:b> ?x } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i "
    "BIND(CONCAT(STR(?a), STR(?d), STR(?h)) AS ?x) }"
)


def ask(text, **fields):
    """Return a request that does not run the shapes."""
    return WriteRequest("update", text=text, validate=False, **fields)


def insertion(number):
    """Return a request that adds one triple."""
    return ask(f"INSERT DATA {{ GRAPH <urn:g> {{ <urn:n{number}> <urn:p> {number} }} }}")


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    """Return a store that was written to."""
    store = GenerationStore.create(tmp_path_factory.mktemp("seed") / "store")
    update(store, insertion(0).text, validate=False)
    return store


@pytest.fixture
def store(seed, tmp_path):
    """Return a copy of the store."""
    shutil.copytree(seed.path, tmp_path / "store")
    return GenerationStore(tmp_path / "store")


def pid_of(writer):
    """Return the process of a writer."""
    return writer._child._process.pid


def is_running(pid):
    """Return whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_writes_are_done_one_after_the_other(store):
    outcomes = []
    with Writer(store.path) as writer:
        threads = [
            threading.Thread(target=lambda n=n: outcomes.append(writer.run(insertion(n))))
            for n in range(1, 5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pid = pid_of(writer)
    assert [2, 3, 4, 5] == sorted(outcome.generation.id for outcome in outcomes)
    assert all(outcome.graphs == {"urn:g": (1, 0)} for outcome in outcomes)
    assert not is_running(pid)
    assert store.digest() == store.generation().digest
    with pytest.raises(errors.StoreUnavailableError):
        writer.run(insertion(9))


def test_errors_come_back_as_they_are(store):
    document = Document(b"<urn:a> <urn:b> 1 .\n<urn:a> broken", "turtle", "part 2")
    with Writer(store.path) as writer:
        with pytest.raises(errors.QuerySyntaxError) as syntax:
            writer.run(ask("INSERT DATA {\n <urn:a> <urn:b> }"))
        assert (2, 18) == (syntax.value.line, syntax.value.column)
        with pytest.raises(errors.RdfParseError, match=r"^part 2, line 2") as parsing:
            writer.run(WriteRequest("put", graph="urn:g", documents=(document,)))
        assert 2 == parsing.value.line
        with pytest.raises(errors.StaleGenerationError):
            writer.run(ask("CLEAR ALL", expected_generation=7))
        text = (
            f"INSERT DATA {{ <{DEFAULT_BASE}study/S> a <https://w3id.org/kmgraph/ontology#Study> }}"
        )
        with pytest.raises(errors.NonConformanceError) as shapes:
            writer.run(WriteRequest("update", text=text))
        report = shapes.value.report
        assert "sh:ValidationReport" in report.to_turtle()
        assert f"{DEFAULT_BASE}study/S" == report.violations[0].focus_node.value
        assert not writer.kills
    assert 1 == store.current_id()


def test_a_write_that_takes_too_long_or_too_much_is_ended(store):
    with Writer(store.path, memory_bytes=200_000_000) as writer:
        writer.run(insertion(1))
        first = pid_of(writer)
        started = time.monotonic()
        with pytest.raises(errors.QueryTimeoutError, match="1 s"):
            writer.run(ask(RUNAWAY), timeout_s=1)
        assert time.monotonic() - started < 10
        assert not is_running(first)
        with pytest.raises(errors.QueryMemoryError):
            writer.run(ask(GREEDY))
        assert {"timeout", "memory"} >= set(writer.kills)
        assert 2 == store.current_id()
        assert 3 == writer.run(insertion(2)).generation.id
    assert store.digest() == store.generation().digest


def test_a_process_that_was_ended_from_outside_is_replaced(store):
    with Writer(store.path) as writer:
        writer.run(insertion(1))
        os.kill(pid_of(writer), signal.SIGKILL)
        assert 3 == writer.run(insertion(2)).generation.id
        killer = threading.Timer(0.7, lambda: os.kill(pid_of(writer), signal.SIGKILL))
        killer.start()
        with pytest.raises(errors.EngineFailedError):
            writer.run(ask(RUNAWAY))
        killer.join()
        assert {"crashed": 1} == dict(writer.kills)


def test_another_writer_is_waited_for(store):
    with Writer(store.path, wait_s=15) as patient, Writer(store.path, wait_s=0.2) as hasty:
        patient.run(insertion(1))
        hasty.run(insertion(2))
        with store.begin(reason="another") as other:
            with pytest.raises(errors.StoreLockedError, match=str(os.getpid())):
                hasty.run(insertion(3))
            release = threading.Timer(0.5, other.__exit__, (None, None, None))
            release.start()
            assert 4 == patient.run(insertion(3)).generation.id
            release.join()


def test_a_kill_at_any_moment_leaves_the_old_or_the_new(store):
    chance = random.Random(7)
    with Writer(store.path) as writer:
        done = 0
        for number in range(1, 9):
            writer.run(ask(f"INSERT DATA {{ GRAPH <urn:warm> {{ <urn:w> <urn:p> {number} }} }}"))
            before = store.current_id(), store.digest()
            pid = pid_of(writer)
            killer = threading.Timer(chance.uniform(0, 0.3), os.kill, (pid, signal.SIGKILL))
            killer.start()
            try:
                done += writer.run(insertion(number)).changed
            except errors.EngineFailedError:
                pass
            killer.join()
            current = store.generation()
            assert current.id - before[0] in (0, 1)
            # Whole, and with a default graph that is the merge.
            assert current.digest == store.digest()
            assert (store.digest() == before[1]) == (current.id == before[0])
        assert writer.run(insertion(100)).changed
