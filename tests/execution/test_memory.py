"""Workers that have a view in memory, forked from a process that loaded it."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kmgraph.errors import EngineFailedError, QueryMemoryError, QueryTimeoutError
from kmgraph.execution import Job, Limits, WorkerPool
from kmgraph.execution.framing import receive_message, send_message
from kmgraph.execution.memory import Nursery

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
HEAPS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
TIMEOUT_S = 60

Make = Callable[..., Job]


def count(pool: WorkerPool, job: Make) -> bytes:
    """Return the number of statements in named graphs, as CSV."""
    with pool.run(job(COUNT, format="csv")).body as body:
        return body.read()


def await_mode(pool: WorkerPool, mode: str) -> None:
    """Wait until queries are evaluated where they should be."""
    until = time.monotonic() + TIMEOUT_S
    while pool.stats().mode != mode:
        assert time.monotonic() < until, pool.stats()
        time.sleep(0.01)


@pytest.fixture(scope="module")
def warm(view_path: Path) -> Iterator[WorkerPool]:
    """Return a pool whose workers have the view in memory."""
    pool = WorkerPool(Limits(timeout_s=20, memory_bytes=150_000_000), workers=1, mode="memory")
    pool.warm(view_path, 6_000)
    await_mode(pool, "memory")
    yield pool
    pool.close()


def is_fork(pid: int, of: int) -> bool:
    """Say whether a process is a child of another."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return int(stat.rpartition(")")[2].split()[1]) == of


def test_workers_are_forked_and_answer_the_same(
    warm: WorkerPool, pool: WorkerPool, job: Make
) -> None:
    """What a pool on disk says."""
    assert count(warm, job) == count(pool, job) == b"n\r\n3001\r\n"
    assert warm._warmth._used is not None
    parent = warm._warmth._used._process.pid
    assert all(is_fork(worker.pid, parent) for worker in warm._roster.workers())
    assert warm.stats().worker_memory_bytes > 0


def test_a_worker_that_is_ended_is_forked_again(warm: WorkerPool, job: Make) -> None:
    """After too long a time, too much memory, and a kill from outside."""
    with pytest.raises(QueryTimeoutError):
        warm.run(job(ENDLESS), limits=warm.limits.lowered(0.3))
    with pytest.raises(QueryMemoryError):
        warm.run(job(HEAPS))
    assert count(warm, job) == b"n\r\n3001\r\n"
    for worker in warm._roster.workers():
        os.kill(worker.pid, signal.SIGKILL)
    assert count(warm, job) == b"n\r\n3001\r\n"
    assert warm.stats().mode == "memory"


def test_what_was_deleted_is_let_go_of(view_path: Path, job: Make) -> None:
    """The processes that held it end, and those that answer next read from disk."""
    pool = WorkerPool(Limits(timeout_s=20), workers=1, mode="memory")
    try:
        pool.warm(view_path, 6_000)
        await_mode(pool, "memory")
        assert pool._warmth._used is not None
        nursery = pool._warmth._used._process
        pool.renew()
        assert pool.stats().mode == "disk"
        assert nursery.poll() is not None
        assert count(pool, job) == b"n\r\n3001\r\n"
    finally:
        pool.close()


def test_a_view_that_cannot_be_loaded_is_read_from_disk(
    tmp_path: Path, job: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """The keeper is told, and queries are answered as before."""
    pool = WorkerPool(Limits(timeout_s=20), workers=1, mode="memory")
    try:
        (tmp_path / "view").mkdir()
        pool.warm(tmp_path / "view", 6_000)
        await_mode(pool, "disk")
        assert count(pool, job) == b"n\r\n3001\r\n"
    finally:
        pool.close()
    assert "cannot be held in memory" in caplog.text


def test_a_parent_that_ends_while_it_forks_forks_no_worker(view_path: Path) -> None:
    """It told the number of the worker, and ended before it sent what the worker is known by."""
    nursery = Nursery(view_path, 100_000_000)
    real = nursery._connection
    nursery._connection, parent = socket.socketpair()
    ours, theirs = socket.socketpair()

    def fork_and_end() -> None:
        receive_message(parent)
        for descriptor in socket.recv_fds(parent, 1, 2)[1]:
            os.close(descriptor)
        send_message(parent, {"pid": 1})
        parent.close()

    ending = threading.Thread(target=fork_and_end)
    ending.start()
    try:
        with tempfile.TemporaryFile() as errors, pytest.raises(EngineFailedError, match="forked"):
            nursery.fork(theirs, errors)
    finally:
        ending.join()
        nursery.end()
        for one in (real, ours, theirs):
            one.close()


def test_small_views_stay_on_disk_unless_told(view_path: Path, job: Make) -> None:
    """Left to itself a pool starts no process for what is read at once anyway."""
    pool = WorkerPool(Limits(timeout_s=20), workers=1, mode="auto")
    try:
        pool.warm(view_path, 6_000)
        assert pool.stats().mode == "disk"
    finally:
        pool.close()


def test_a_long_query_leaves_the_processor_to_others(pool: WorkerPool, job: Make) -> None:
    """The thread that evaluates it steps back, and the next query is not held up by that."""
    with pytest.raises(QueryTimeoutError):
        pool.run(job(ENDLESS), limits=pool.limits.lowered(0.3))
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(?c != ?f) }"
    with pool.run(job(slow)).body as body:
        assert body.read()
    assert count(pool, job) == b"n\r\n3001\r\n"
