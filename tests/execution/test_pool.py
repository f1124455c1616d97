"""Queries are stopped when they take too much, and the next one is answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kmgraph.errors import (
    BusyError,
    ConfigError,
    EngineFailedError,
    InputError,
    OutboundRequestError,
    ParameterError,
    QueryMemoryError,
    QueryStoppedError,
    QuerySyntaxError,
    QueryTimeoutError,
    StoreUnavailableError,
    UpdateForbiddenError,
)
from kmgraph.execution import Job, Limits, Outcome, WorkerPool
from kmgraph.execution.weights import shape_of

#: Takes longer than anybody waits, and no memory.
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
#: It takes a second or so.
LONG = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"
#: Takes more memory than any limit.
HEAPS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"

Make = Callable[..., Job]


def body_of(outcome: Outcome) -> bytes:
    """Return a result."""
    with outcome.body as body:
        content = body.read()
    assert len(content) == outcome.length
    return content


def is_answered(pool: WorkerPool, job: Make) -> bool:
    """Say whether a simple query is answered."""
    return body_of(pool.run(job("ASK { ?s ?p ?o }", format="json"))).endswith(b"true}")


def await_running(pool: WorkerPool, number: int = 1) -> None:
    """Wait until queries are being evaluated."""
    until = time.monotonic() + 20
    while len(pool.running()) < number:
        assert time.monotonic() < until
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone_within(pids: list[int], seconds: float = 10) -> bool:
    """Say whether processes end in time."""
    until = time.monotonic() + seconds
    while any(map(is_running, pids)):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def own_pool() -> Iterator[WorkerPool]:
    """Return a pool that a test has for itself, with one worker and a short queue."""
    pool = WorkerPool(Limits(timeout_s=20), workers=1, most_waiting=2, wait_s=0.5)
    yield pool
    pool.close()


def test_a_query_that_takes_too_long_is_stopped_and_the_next_is_answered(
    pool: WorkerPool, job: Make
) -> None:
    """The asker is told within a second of the limit, and the process is gone."""
    started = time.monotonic()
    pids: list[int] = []

    def watch() -> None:
        await_running(pool)
        pids.append(pool.running()[0].pid)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(QueryTimeoutError) as caught:
        pool.run(job(ENDLESS), limits=pool.limits.lowered(0.5))
    assert 0.5 <= time.monotonic() - started < 5
    assert caught.value.limit_s == 0.5
    assert is_answered(pool, job)
    watcher.join()
    assert gone_within(pids)
    assert pool.stats().kills["timeout"] == 1


def test_time_before_the_process_accepts_does_not_count(job: Make) -> None:
    """A limit shorter than a process takes to start still lets a quick query through."""
    pool = WorkerPool(Limits(timeout_s=0.05), workers=1)
    try:
        outcome = pool.run(job("SELECT (1 AS ?x) {}"), limits=Limits(timeout_s=5))
        assert outcome.rows == 1
    finally:
        pool.close()


def test_a_query_that_takes_too_much_memory_is_stopped(pool: WorkerPool, job: Make) -> None:
    """The process that has it ends; the one that serves does not."""
    with pytest.raises(QueryMemoryError) as caught:
        pool.run(job(HEAPS))
    assert caught.value.limit_bytes == 150_000_000
    assert is_answered(pool, job)
    assert pool.stats().kills["memory"] == 1


def test_less_memory_may_be_asked_for_and_more_is_not_given(pool: WorkerPool, job: Make) -> None:
    """A query that is answered with the pool's limit is not with a tiny one."""
    sorting = job("SELECT * { ?a ?b ?c } ORDER BY ?c", format="csv")
    answer = body_of(pool.run(sorting))
    assert answer.count(b"\r\n") == 3_002
    with pytest.raises(QueryMemoryError):
        pool.run(sorting, limits=Limits(memory_bytes=1_000))
    with pytest.raises(QueryMemoryError):
        pool.run(job(HEAPS), limits=Limits(memory_bytes=50_000_000_000))
    assert body_of(pool.run(sorting)) == answer


def test_an_abandoned_query_is_stopped(pool: WorkerPool, job: Make) -> None:
    """An asker who leaves does not keep a process busy."""
    asked = time.monotonic()
    with pytest.raises(QueryStoppedError, match="left"):
        pool.run(job(ENDLESS), is_abandoned=lambda: time.monotonic() > asked + 0.5)
    assert time.monotonic() - asked < 5
    assert pool.running() == []
    assert pool.stats().kills["abandoned"] == 1


def test_what_runs_is_listed_and_can_be_stopped(pool: WorkerPool, job: Make) -> None:
    """Its asker is told why."""
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(pool.run, job(ENDLESS, label="r-1", view="public+north"))
        await_running(pool)
        (running,) = pool.running()
        assert (running.label, running.view, running.query) == ("r-1", "public+north", ENDLESS)
        assert running.seconds >= 0 and running.started.endswith("+00:00")
        assert pool.stop(running.id, "the machine is needed")
        with pytest.raises(QueryStoppedError, match="the machine is needed"):
            asked.result(20)
    assert not pool.stop(running.id)
    assert pool.stats().kills["stopped"] == 1


def test_a_process_killed_while_it_waits_costs_no_query(own_pool: WorkerPool, job: Make) -> None:
    """Whatever ends it, the next query finds another."""
    for _ in range(3):
        assert is_answered(own_pool, job)
        for worker in own_pool._roster.workers():
            os.kill(worker.pid, signal.SIGKILL)
        assert is_answered(own_pool, job)
    assert own_pool.stats().queries == {"ok": 6}


def test_a_process_killed_while_it_answers_is_told_of(own_pool: WorkerPool, job: Make) -> None:
    """The asker gets an error that is not his, and the next query an answer."""
    assert is_answered(own_pool, job)  # so that a process has started
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(own_pool.run, job(ENDLESS))
        await_running(own_pool)
        time.sleep(0.5)  # so that it has accepted the query
        os.kill(own_pool.running()[0].pid, signal.SIGKILL)
        with pytest.raises(EngineFailedError):
            asked.result(20)
    assert is_answered(own_pool, job)
    assert own_pool.stats().kills == Counter(crashed=1)


def test_queries_wait_their_turn_and_too_many_are_sent_away(
    own_pool: WorkerPool, job: Make
) -> None:
    """One runs, two wait and give up in time, the fourth is refused at once; a short one is not."""
    with ThreadPoolExecutor() as threads:
        busy = threads.submit(own_pool.run, job(ENDLESS))
        # It is not known to be long before it was.
        while not own_pool._weights.is_heavy(shape_of(job(ENDLESS))):
            time.sleep(0.01)
        waiting = [threads.submit(own_pool.run, job(ENDLESS)) for _ in range(2)]
        while own_pool.stats().waiting < 2:
            time.sleep(0.01)
        assert is_answered(own_pool, job)
        with pytest.raises(BusyError, match="running and waiting") as refused:
            own_pool.run(job(ENDLESS))
        assert refused.value.retry_after_s > 0
        for future in waiting:
            with pytest.raises(BusyError, match=r"waited 0\.5 s"):
                future.result(20)
        with pytest.raises(QueryStoppedError):
            own_pool.run(job(ENDLESS), is_abandoned=lambda: True)
        assert own_pool.stats().waiting == 0
        own_pool.stop(own_pool.running()[0].id)
        with pytest.raises(QueryStoppedError):
            busy.result(20)
    assert is_answered(own_pool, job)


def test_a_long_query_leaves_the_lane_for_short_ones(job: Make) -> None:
    """One of which nobody knew begins again when a worker is free, and has its whole answer."""
    pool = WorkerPool(Limits(timeout_s=60), workers=1, most_waiting=0)
    try:
        with ThreadPoolExecutor() as threads:
            first = threads.submit(pool.run, job(ENDLESS))
            while not pool._weights.is_heavy(shape_of(job(ENDLESS))):
                time.sleep(0.01)
            second = threads.submit(pool.run, job(LONG, format="csv"))
            while not pool.stats().kills["moved"]:
                assert not second.done()
                time.sleep(0.01)
            assert is_answered(pool, job)
            pool.stop(pool.running()[0].id)
            with pytest.raises(QueryStoppedError):
                first.result(60)
            outcome = second.result(60)
            assert outcome.seconds > 0.3
            assert body_of(outcome).split() == [b"n", b"9006001"]
            assert is_answered(pool, job)
        # Once one of its shape was quick, it may use the lane again.
        shape = shape_of(job(LONG))
        assert pool._weights.is_heavy(shape)
        short = LONG.replace("?a ?b ?c", "?a <https://example.org/none> ?c")
        pool._weights.note(shape_of(job(short)), is_heavy=True)
        body_of(pool.run(job(short, format="csv")))
        assert not pool._weights.is_heavy(shape_of(job(short)))
    finally:
        pool.close()


def test_fifty_threads_are_all_answered(pool: WorkerPool, job: Make) -> None:
    """Each gets its own answer, with two processes and one for the lane."""

    def ask(number: int) -> bytes:
        query = f"SELECT ?o {{ <https://example.org/s/{number}> ?p ?o }}"
        return body_of(pool.run(job(query, format="csv")))

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(ask, range(300)))
    assert answers == [f"o\r\ntext {number}\r\n".encode() for number in range(300)]
    until = time.monotonic() + 20
    while pool.stats().workers > 3:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("query", "fields", "kind"),
    [
        ("SELECT * {\n ?s ?p }", {}, QuerySyntaxError),
        ("SELECT * { ?s foaf:name ?o }", {}, QuerySyntaxError),
        ("ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", {}, OutboundRequestError),
        ("DROP ALL", {}, UpdateForbiddenError),
        ("SELECT ?s { ?s ?p ?o }", {"bindings": {"x": "<urn:x>"}}, ParameterError),
        ("SELECT ?s { ?s ?p ?o }", {"bindings": {"s": "no term"}}, ParameterError),
        ("ASK {}", {"format": "csv"}, InputError),
        ("ASK {}", {"view_path": Path("no/such/view")}, StoreUnavailableError),
    ],
)
def test_errors_come_back_as_they_are_in_process(
    pool: WorkerPool, job: Make, query: str, fields: dict[str, object], kind: type[Exception]
) -> None:
    """Of the same class, with the same attributes; and the process goes on."""
    pids = {worker.pid for worker in pool._roster.workers()}
    with pytest.raises(kind) as caught:
        pool.run(job(query, **fields))
    if isinstance(caught.value, QuerySyntaxError):
        assert caught.value.line and caught.value.column
        assert f"line {caught.value.line}" in str(caught.value)
    assert "no/such/view" not in str(caught.value)
    assert pids <= {worker.pid for worker in pool._roster.workers()}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rows", 0),
        ("rows", True),
        ("result_bytes", 1.5),
        ("memory_bytes", 2**63),
        ("timeout_s", 0),
        ("timeout_s", "5"),
        ("timeout_s", float("nan")),
        ("timeout_s", 1e10),
    ],
)
def test_limits_are_numbers_above_zero(name: str, value: Any) -> None:
    """A limit of nothing would refuse everything, and one that is no number fail much later."""
    with pytest.raises(ConfigError, match=f"^{name} is {value!r}: give "):
        Limits(**{name: value})


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan"), "5", True])
def test_a_shorter_time_is_a_number_above_zero(timeout_s: Any) -> None:
    """It comes from whoever asks."""
    with pytest.raises(ParameterError, match="number above zero"):
        Limits().lowered(timeout_s)


@pytest.mark.parametrize(
    ("name", "value"),
    [("workers", 0), ("workers", 1.5), ("workers", "2"), ("most_waiting", -1), ("wait_s", -0.1)],
)
def test_a_pool_has_workers_and_an_end_of_waiting(name: str, value: Any) -> None:
    """Nobody would ever be answered by no worker."""
    with pytest.raises(ConfigError, match=f"^{name} is {value!r}: give "):
        WorkerPool(**{name: value})


def test_no_process_is_left_when_a_pool_is_closed(view_path: Path, job: Make) -> None:
    """Not even a busy one; its asker is told."""
    pool = WorkerPool(workers=2)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(pool.run, job(ENDLESS))
        await_running(pool)
        assert is_answered(pool, job)
        pids = [worker.pid for worker in pool._roster.workers()]
        pool.close()
        with pytest.raises(QueryStoppedError, match="server stops"):
            asked.result(20)
    assert pids and gone_within(pids)
    with pytest.raises(StoreUnavailableError):
        pool.run(job("ASK {}"))
    pool.close()


PARENT = """
    import contextlib, os, signal, sys, threading, time
    from pathlib import Path
    from kmgraph.errors import KmGraphError
    from kmgraph.execution import Job, WorkerPool

    pool = WorkerPool()
    job = Job(Path(sys.argv[1]), "https://example.org/", sys.argv[2])

    def ask():
        with contextlib.suppress(KmGraphError):
            pool.run(job)

    threading.Thread(target=ask, daemon=True).start()
    while not pool.running():
        time.sleep(0.01)
    time.sleep(0.3)
    print(*[worker.pid for worker in pool._roster.workers()], flush=True)
    {end}
"""


@pytest.mark.parametrize(
    "end",
    ["pass", "os.kill(os.getpid(), signal.SIGKILL)", "del pool; sys.exit(3)"],
    ids=["returns", "is killed", "exits"],
)
def test_no_process_outlives_the_one_that_started_it(view_path: Path, end: str) -> None:
    """However that ends, and although a query is being evaluated."""
    code = textwrap.dedent(PARENT).format(end=end)
    done = subprocess.run(
        [sys.executable, "-c", code, str(view_path), ENDLESS],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert pids, done.stderr
    assert gone_within(pids)
    assert "Traceback" not in done.stderr


def test_an_interrupt_reaches_the_server_and_not_its_workers(
    own_pool: WorkerPool, job: Make
) -> None:
    """Workers are in a process group of their own, and ignore Ctrl+C besides."""
    assert is_answered(own_pool, job)
    for worker in own_pool._roster.workers():
        assert os.getpgid(worker.pid) != os.getpgid(0)
    time.sleep(0.5)  # a process that just started has not come to ignoring it
    before = {worker.pid for worker in own_pool._roster.workers()}
    for pid in before:
        os.kill(pid, signal.SIGINT)
    assert is_answered(own_pool, job)
    assert {worker.pid for worker in own_pool._roster.workers()} == before


def test_renewed_processes_answer(own_pool: WorkerPool, job: Make) -> None:
    """Those that waited are gone, so that none holds files of a deleted view."""
    assert is_answered(own_pool, job)
    before = [worker.pid for worker in own_pool._roster.workers()]
    own_pool.renew()
    assert gone_within(before)
    assert is_answered(own_pool, job)


def test_workers_see_no_secrets_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, own_pool: WorkerPool, job: Make
) -> None:
    """What evaluates the queries of strangers is told nothing that it does not need."""
    monkeypatch.setenv("KMGRAPH_TEST_SECRET", "kmg_secret")
    assert is_answered(own_pool, job)
    for worker in own_pool._roster.workers():
        assert b"kmg_secret" not in Path(f"/proc/{worker.pid}/environ").read_bytes()


WATCHED = """
    import socket, sys, threading, time
    from kmgraph.execution import worker

    sys.platform = "a system that keeps no limit"
    memory = worker.MemoryLimit(60_000_000)
    memory.set(60_000_000)
    ours, theirs = socket.socketpair()
    threading.Thread(target=worker._watch, args=(theirs, memory), daemon=True).start()
    # The most that a process ever had begins, on Linux, with what its parent had.
    heap = b"x" * int(sys.argv[1]) * (2 + worker.memory_bytes() // 100_000_000)
    time.sleep(float(sys.argv[2]))
    sys.exit(5)
"""


@pytest.mark.parametrize(("size", "sleep_s", "code"), [(100_000_000, 30, 86), (1_000, 0.5, 5)])
def test_where_the_system_keeps_no_limit_the_process_does(
    size: int, sleep_s: float, code: int
) -> None:
    """It ends itself soon after it has too much, and lives while it has not."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WATCHED), str(size), str(sleep_s)],
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == code
