"""The worker processes of a pool: those that wait, and those that are to be replaced."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from typing import Final

from kmgraph.errors import EngineFailedError, StoreUnavailableError
from kmgraph.execution.memory import Nursery
from kmgraph.execution.process import WorkerProcess

_LOG: Final = logging.getLogger(__name__)


class Roster:
    """Keeps worker processes: one ready where there may be one more, none after the end.

    :param most: most processes at once.
    :param memory_bytes: most memory that any query may take.
    """

    def __init__(self, most: int, memory_bytes: int) -> None:
        self.most = most
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._all: set[WorkerProcess] = set()
        self._idle: list[WorkerProcess] = []
        self._rounds: weakref.WeakKeyDictionary[WorkerProcess, int] = weakref.WeakKeyDictionary()
        self._round = 0
        self._starting = 0
        self._is_closed = False
        self._nursery: Nursery | None = None
        self._finalizer = weakref.finalize(self, _end_all, self._all, os.getpid())

    def take(self) -> WorkerProcess:
        """Return a worker that waits, or a new one.

        :raises StoreUnavailableError: the processes were ended.
        :raises EngineFailedError: the system starts no more processes.
        """
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                worker = self._start()
            elif not worker.is_alive:
                self._discard(worker)
                continue
            self._refill_soon()
            return worker

    def give_back(self, worker: WorkerProcess) -> None:
        """Take a worker back, or have it replaced where it can answer no more."""
        with self._lock:
            is_of_use = (
                not worker.is_spent
                and not self._is_closed
                and self._rounds.get(worker) == self._round
                # One may have been started while another was already on its way.
                and len(self._all) <= self.most
            )
            if is_of_use:
                self._idle.append(worker)
        if not is_of_use:
            self._discard(worker)

    def renew(self) -> None:
        """Replace the workers that wait now, and those that are busy when they are done."""
        with self._lock:
            self._round += 1
            idle, self._idle[:] = list(self._idle), []
        for worker in idle:
            self._discard(worker)

    def use(self, nursery: Nursery | None) -> Nursery | None:
        """Replace the workers by such as a nursery forks, and return the one used before.

        :param nursery: None for workers that read from disk.
        """
        before, self._nursery = self._nursery, nursery
        self.renew()
        self._refill_soon()
        return before

    def close(self) -> None:
        """End all processes, busy ones as well."""
        with self._lock:
            self._is_closed = True
            self._idle.clear()
        self._finalizer()

    def idle(self) -> int:
        """Return how many wait."""
        return len(self._idle)

    def workers(self) -> list[WorkerProcess]:
        """Return all workers."""
        with self._lock:
            return list(self._all)

    def _start(self) -> WorkerProcess:
        """Return a new worker."""
        try:
            worker = self._made()
        except OSError as error:
            _LOG.error("no process for queries can be started: %s", error)
            raise EngineFailedError(
                "the system starts no more processes for queries: try again later"
            ) from error
        with self._lock:
            self._all.add(worker)
            self._rounds[worker] = self._round
            is_closed = self._is_closed
        if is_closed:
            worker.end()
            raise StoreUnavailableError("the processes for queries were ended: the server stops")
        return worker

    def _made(self) -> WorkerProcess:
        """Return a new process: with a view in memory where there is a nursery that forks."""
        if (nursery := self._nursery) is not None:
            try:
                return WorkerProcess(self._memory_bytes, nursery)
            except EngineFailedError as error:
                _LOG.error("%s: workers read from disk from now on", error)
                self._nursery = None
        return WorkerProcess(self._memory_bytes)

    def _discard(self, worker: WorkerProcess) -> None:
        """End a worker now, and see to its remains and to another one meanwhile."""
        worker.kill()
        try:
            threading.Thread(target=self._replace, args=(worker,), daemon=True).start()
        except RuntimeError:  # pragma: no cover - the interpreter is ending
            worker.end()

    def _replace(self, worker: WorkerProcess) -> None:
        """Wait for the end of a killed worker, and start another if there should be one."""
        worker.end()
        with self._lock:
            self._all.discard(worker)
        self._refill_soon()

    def _refill_soon(self) -> None:
        """Start another worker in the background where none waits and one more may be."""
        with self._lock:
            is_wanted = (
                not self._is_closed
                and not self._idle
                and not self._starting
                and len(self._all) < self.most
            )
            self._starting += is_wanted
        if is_wanted:
            threading.Thread(target=self._refill, daemon=True).start()

    def _refill(self) -> None:
        """Start a worker that waits."""
        try:
            worker = self._start()
        except (EngineFailedError, StoreUnavailableError):
            return  # whoever needs a worker next tries again, and is told
        finally:
            with self._lock:
                self._starting -= 1
        self.give_back(worker)


def _end_all(workers: set[WorkerProcess], owner: int) -> None:
    """End processes, unless this process is a fork of the one that owns them."""
    if os.getpid() != owner:
        return
    for worker in list(workers):
        worker.kill()
    for worker in list(workers):
        worker.end()
