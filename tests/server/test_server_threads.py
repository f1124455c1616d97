"""A server has as many threads as its requests need, and no more than it is told."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import pytest
from helpers.serving import ENDLESS, TIMEOUT_S, asking, make_store, serving, until
from waitress.task import ThreadedTaskDispatcher

from kmgraph_server.threads import FIRST_THREADS, Threads

#: Threads of the server that answer no requests.
OTHERS = 10


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of 3,000 triples."""
    return make_store(tmp_path_factory.mktemp("threads") / "store")


def threads_of(server):
    """Return how many threads a server has."""
    return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))


def test_threads_come_with_the_requests_that_wait(store):
    """Each waits in a thread of its own, and others are answered meanwhile."""
    options = ("--workers", "1", "--threads", "60", "--query-timeout-s", "50")
    with serving("--store", str(store.path), *options) as server, contextlib.ExitStack() as askers:
        assert threads_of(server) <= FIRST_THREADS + OTHERS
        for number in range(30):
            asker = askers.enter_context(contextlib.closing(server.connect()))
            asker.request("GET", asking(f"{ENDLESS} # {number}"))
        until(lambda: threads_of(server) > 30)
        assert server.get("/metrics").status == 200
        assert threads_of(server) <= 60 + OTHERS


class Task:
    """A request that lasts until it is told to end."""

    def __init__(self, end):
        self._end = end
        self.begun = threading.Event()

    def service(self):
        """Last."""
        self.begun.set()
        self._end.wait(TIMEOUT_S)

    def cancel(self):
        """Nothing is to be done."""


@pytest.fixture
def dispatcher():
    """Two threads of waitress."""
    made = ThreadedTaskDispatcher()
    made.set_thread_count(2)
    until(lambda: not made.active_count)
    yield made
    made.shutdown()


def let_turn(threads):
    """Have it look, and look again where a request waits."""
    threads.turn()
    if threads.look_again_s is not None:
        time.sleep(2 * threads.look_again_s)
        threads.turn()


def test_there_are_as_many_as_requests_and_no_more_than_said(dispatcher):
    """They double, up to the largest number."""
    threads, end = Threads(dispatcher, 7), threading.Event()
    tasks = [Task(end) for _ in range(9)]
    numbers = []
    for number, task in enumerate(tasks):
        dispatcher.add_task(task)
        let_turn(threads)
        numbers.append(len(dispatcher.threads))
        assert task.begun.wait(5) if number < 7 else not task.begun.is_set()
        # A thread that has just started counts as busy until it has found nothing to do.
        until(lambda: dispatcher.active_count == min(number + 1, 7))  # noqa: B023 - at once
    assert numbers == [2, 2, 4, 4, 7, 7, 7, 7, 7]
    end.set()
    assert all(task.begun.wait(5) for task in tasks)


def test_many_requests_at_once_get_their_threads_one_doubling_after_the_other(dispatcher):
    """It looks again by itself after each doubling, as the new threads may not be enough."""
    threads, end = Threads(dispatcher, 100), threading.Event()
    tasks = [Task(end) for _ in range(9)]
    for task in tasks:
        dispatcher.add_task(task)
    let_turn(threads)
    assert len(dispatcher.threads) == 4
    for number in (4, 8):
        until(lambda: dispatcher.active_count == number)  # noqa: B023 - at once
        assert threads.look_again_s is not None
        time.sleep(2 * threads.look_again_s)
        threads.turn()
    assert all(task.begun.wait(5) for task in tasks)
    end.set()


def test_a_thread_that_has_just_started_is_no_reason_for_more(dispatcher):
    """It counts as busy until it has found nothing to do."""
    threads, task = Threads(dispatcher, 100), Task(threading.Event())
    with dispatcher.lock:  # so that no thread takes it yet
        dispatcher.active_count += 2
        dispatcher.queue.append(task)
    threads.turn()
    with dispatcher.lock:
        dispatcher.active_count -= 2
        dispatcher.queue.clear()
    let_turn(threads)
    assert len(dispatcher.threads) == 2
    assert threads.look_again_s is None


def test_a_system_without_threads_is_told_of_and_requests_wait(dispatcher, monkeypatch, caplog):
    """What runs goes on, and further threads are tried after a pause only."""
    threads, end = Threads(dispatcher, 100), threading.Event()
    tried = []

    def refuse(*told):
        tried.append(told)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(dispatcher, "start_new_thread", refuse)
    tasks = [Task(end) for _ in range(3)]
    for task in tasks:
        dispatcher.add_task(task)
        let_turn(threads)
    let_turn(threads)
    assert len(tried) == 1
    assert len(dispatcher.threads) == 2
    assert "2 threads answer requests, and no more: can't start new thread" in caplog.text
    monkeypatch.undo()
    let_turn(threads)
    assert len(dispatcher.threads) == 2
    monkeypatch.setattr(time, "monotonic", lambda late=time.monotonic: late() + 11)
    let_turn(threads)
    assert len(dispatcher.threads) == 4
    monkeypatch.undo()
    end.set()
    assert all(task.begun.wait(5) for task in tasks)
