"""Queries that are evaluated in worker processes, within limits."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kmgraph.errors import (
    EngineFailedError,
    KmGraphError,
    QueryMemoryError,
    QueryStoppedError,
    QueryTimeoutError,
)
from kmgraph.execution.limits import Limits, require_number, require_seconds
from kmgraph.execution.messages import Job, Outcome, PoolStats, RunningQuery
from kmgraph.execution.process import MEMORY_EXIT, WorkerGoneError, WorkerProcess
from kmgraph.execution.roster import Roster
from kmgraph.execution.turnstile import POLL_S, Place, Turnstile, abandoned_error
from kmgraph.execution.warmth import Warmth
from kmgraph.execution.weights import HEAVY_AFTER_S, Weights, shape_of

_LOG: Final = logging.getLogger(__name__)
#: Longest time that a process may take to start and to accept a job.
_ACCEPT_S: Final = 30.0
#: What a worker's last words hold when memory ran out: Rust's, C++'s and Python's.
_MEMORY_WORDS: Final = ("memory allocation of", "bad_alloc", "MemoryError")
#: How processes that ended during a query are counted, by the error that the asker gets.
_KILLS: Final[dict[type[KmGraphError], str]] = {
    QueryTimeoutError: "timeout",
    QueryMemoryError: "memory",
    QueryStoppedError: "abandoned",
    EngineFailedError: "crashed",
}


class _LaneLeftError(Exception):
    """A query in the lane for short ones is none, and there is no other place for it."""


@dataclass(slots=True)
class _Run:
    """A query that a worker has."""

    id: str
    job: Job
    worker: WorkerProcess
    place: Place
    began: float = field(default_factory=time.monotonic)
    started: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    #: Why it was stopped, where it was.
    stop_reason: str | None = None

    def described(self) -> RunningQuery:
        """Return what those who watch see."""
        return RunningQuery(
            id=self.id,
            label=self.job.label,
            view=self.job.view,
            query=self.job.query,
            started=self.started.isoformat(timespec="milliseconds"),
            seconds=time.monotonic() - self.began,
            pid=self.worker.pid,
            base=self.job.base,
        )


class WorkerPool:
    """Evaluates queries in processes that can be stopped; threads may share it.

    Processes are started when they are needed, and one more than is needed is kept ready, so that
    the query after one that was stopped is answered at once. No process outlives the pool.

    While all workers are busy, one more evaluates what is answered at once. A query that is not,
    by how long the last one of its shape took, waits for a worker; one of which that was not known
    begins again there.

    :param limits: what a query may take.
    :param workers: how many queries run at once, beside a short one.
    :param most_waiting: how many may wait for their turn; more are refused.
    :param wait_s: longest wait in seconds.
    :param mode: one of :data:`~kmgraph.execution.memory.MODES`; see :meth:`warm`.
    :raises ConfigError: a number is out of range; there is at least one worker.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        workers: int = 2,
        most_waiting: int = 100,
        wait_s: float = 20.0,
        mode: str = "disk",
    ) -> None:
        require_number("workers", workers, least=1)
        require_number("most_waiting", most_waiting, least=0)
        require_seconds("wait_s", wait_s, may_be_zero=True)
        self.limits = limits or Limits()
        self._roster = Roster(workers + 1, self.limits.memory_bytes)
        self._warmth = Warmth(self._roster, mode, self.limits.memory_bytes)
        self._turnstile = Turnstile(workers, most_waiting=most_waiting, wait_s=wait_s)
        self._weights = Weights()
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._runs: dict[str, _Run] = {}
        self._queries: Counter[str] = Counter()
        # Each kind is told from the start, so that a watcher sees the first one as a rise.
        self._kills = Counter(dict.fromkeys((*_KILLS.values(), "moved", "stopped"), 0))

    def run(
        self,
        job: Job,
        *,
        limits: Limits | None = None,
        is_abandoned: Callable[[], bool] | None = None,
    ) -> Outcome:
        """Return the result of a query.

        :param limits: limits in place of the pool's; the memory cannot be more than the pool's.
        :param is_abandoned: asked about five times a second whether nobody wants the answer any
            more; the query is stopped then.
        :raises QueryTimeoutError: the query took too long.
        :raises QueryMemoryError: the query took too much memory.
        :raises QueryStoppedError: the query was stopped or abandoned.
        :raises ResultLimitError: the result is larger than it may be.
        :raises EngineFailedError: the process ended for another reason.
        :raises BusyError: too many queries run and wait.
        :raises StoreUnavailableError: the pool is closed, or there is no such view.
        :raises KmGraphError: whatever else the query is refused for.
        """
        try:
            outcome = self._run(job, limits or self.limits, is_abandoned)
        except KmGraphError as error:
            self._count(error.code)
            raise
        self._count("ok")
        return outcome

    def _run(self, job: Job, limits: Limits, is_abandoned: Callable[[], bool] | None) -> Outcome:
        """Return the result of a query, which may have to begin again once."""
        shape, is_back = shape_of(job), False
        while True:
            is_heavy = is_back or self._weights.is_heavy(shape)
            place = self._turnstile.enter(is_abandoned, is_heavy=is_heavy, is_back=is_back)
            try:
                outcome = self._evaluate(job, limits, is_abandoned, place)
            except _LaneLeftError:
                is_back = True
                with self._lock:
                    self._kills["moved"] += 1
                continue
            finally:
                self._turnstile.leave(place)
            if is_heavy and outcome.seconds < HEAVY_AFTER_S:
                self._weights.note(shape, is_heavy=False)
            return outcome

    def running(self) -> list[RunningQuery]:
        """Return the queries that are being evaluated, the oldest first."""
        with self._lock:
            runs = list(self._runs.values())
        return [run.described() for run in runs]

    def stop(self, query_id: str, reason: str = "stopped by the keeper of the server") -> bool:
        """Stop a query.

        :param query_id: the id that :meth:`running` gives it.
        :param reason: what its asker is told.
        :returns: whether it was running.
        """
        with self._lock:
            run = self._runs.get(query_id)
            if run is None:
                return False
            run.stop_reason = reason
            run.worker.kill()
        return True

    def stats(self) -> PoolStats:
        """Return what the pool has done and is doing."""
        workers = self._roster.workers()
        with self._lock:
            return PoolStats(
                workers=len(workers),
                idle=self._roster.idle(),
                running=len(self._runs),
                waiting=self._turnstile.waiting,
                queries=self._queries.copy(),
                kills=self._kills.copy(),
                worker_memory_bytes=sum(worker.memory_bytes() for worker in workers),
                mode=self._warmth.mode,
            )

    def warm(self, view_path: Path, quads: int) -> None:
        """Have workers hold a view in memory, as soon as it is read, where there is room for it.

        Until then, and for all other views, they read from disk.

        :param view_path: directory of the view.
        :param quads: number of its quads, those of the default graph included.
        """
        self._warmth.warm(view_path, quads)

    def renew(self) -> None:
        """Replace the processes, so that none keeps files of a view that was deleted.

        Queries that are running end undisturbed.
        """
        self._warmth.cool()
        self._roster.renew()

    def close(self) -> None:
        """Stop what is running, and end all processes."""
        for run in self.running():
            self.stop(run.id, "the query was stopped because the server stops")
        self._warmth.close()
        self._roster.close()

    def _count(self, code: str) -> None:
        """Count how a query ended."""
        with self._lock:
            self._queries[code] += 1

    def _evaluate(
        self, job: Job, limits: Limits, is_abandoned: Callable[[], bool] | None, place: Place
    ) -> Outcome:
        """Return the result of a query, from another worker where one was dead already."""
        for _ in range(self._roster.most + 1):
            worker = self._roster.take()
            try:
                return self._ask(worker, job, limits, is_abandoned, place)
            except WorkerGoneError:
                _LOG.warning("a process for queries ended while it waited (pid %d)", worker.pid)
        raise EngineFailedError("no process for queries stays alive: the log says more")

    def _ask(
        self,
        worker: WorkerProcess,
        job: Job,
        limits: Limits,
        is_abandoned: Callable[[], bool] | None,
        place: Place,
    ) -> Outcome:
        """Return what a worker answers.

        :raises WorkerGoneError: it ended before it had begun with the query.
        :raises _LaneLeftError: the query has to begin again elsewhere.
        """
        run = _Run(str(next(self._ids)), job, worker, place)
        with self._lock:
            self._runs[run.id] = run
        try:
            return worker.ask(
                job,
                limits,
                waiting=_patience(_ACCEPT_S, WorkerGoneError(is_accepted=False), is_abandoned),
                running=_noting_weight(
                    _patience(limits.timeout_s, QueryTimeoutError(limits.timeout_s), is_abandoned),
                    lambda: self._weigh(run),
                ),
            )
        except WorkerGoneError as error:
            if run.stop_reason is None and not error.is_accepted:
                raise
            raise self._counted(_cause(run, limits), run) from None
        except KmGraphError as error:
            raise self._counted(error, run) from None
        finally:
            with self._lock:
                del self._runs[run.id]
            self._roster.give_back(worker)

    def _weigh(self, run: _Run) -> None:
        """See to a query that is heavy: it leaves the processor, and the lane, to others.

        :raises _LaneLeftError: there is no other place.
        """
        self._weights.note(shape_of(run.job), is_heavy=True)
        if not self._turnstile.settle(run.place):
            raise _LaneLeftError
        run.worker.step_back()

    def _counted(self, error: KmGraphError, run: _Run) -> KmGraphError:
        """Return an error, and count the process that ends because of it."""
        if kind := _KILLS.get(type(error)):
            with self._lock:
                self._kills["stopped" if run.stop_reason else kind] += 1
        if isinstance(error, EngineFailedError):
            words = run.worker.last_words()
            _LOG.error("a process for queries failed, request %s: %s", run.job.label, words)
        return error


def _patience(
    limit_s: float, error: Exception, is_abandoned: Callable[[], bool] | None
) -> Callable[[], float]:
    """Return a function that says how long to wait before it is called again.

    It raises the error when the time, counted from its first call, has passed, and
    QueryStoppedError when nobody wants the answer any more.
    """
    until: float | None = None
    next_poll = 0.0

    def wait_s() -> float:
        nonlocal until, next_poll
        now = time.monotonic()
        if until is None:
            until = now + limit_s
        if now >= until:
            raise error
        if is_abandoned is None:
            return until - now
        if now >= next_poll:
            if is_abandoned():
                raise abandoned_error()
            next_poll = now + POLL_S
        return min(next_poll, until) - now

    return wait_s


def _noting_weight(wait_s: Callable[[], float], weigh: Callable[[], None]) -> Callable[[], float]:
    """Return a function that says how long to wait, and calls another when a query is heavy."""
    until: float | None = None
    is_noted = False

    def wait() -> float:
        nonlocal until, is_noted
        patience_s = wait_s()
        now = time.monotonic()
        if until is None:
            until = now + HEAVY_AFTER_S
        if is_noted:
            return patience_s
        if now >= until:
            is_noted = True
            weigh()
            return patience_s
        return min(patience_s, until - now)

    return wait


def _cause(run: _Run, limits: Limits) -> KmGraphError:
    """Return why a worker ended during a query."""
    if run.stop_reason is not None:
        return QueryStoppedError(run.stop_reason)
    code, words = run.worker.exit_code(), run.worker.last_words()
    if code == MEMORY_EXIT or any(mark in words for mark in _MEMORY_WORDS):
        return QueryMemoryError(limits.memory_bytes)
    return EngineFailedError(
        f"the process that evaluated the query ended before the query did (exit code {code}): if "
        "it happens again, ask something simpler and tell the keeper of the server"
    )
