"""A limit to how many queries run at once, and a fair queue before it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Event, Lock
from typing import Final

from kmgraph.errors import BusyError, QueryStoppedError

#: How often it is asked whether whoever waits is still there.
POLL_S: Final = 0.2


class Turnstile:
    """Lets a number of queries in, in the order in which they came.

    :param places: how many may be inside.
    :param most_waiting: how many may wait; more are sent away.
    :param wait_s: longest wait in seconds.

    >>> turnstile = Turnstile(1, most_waiting=0, wait_s=1)
    >>> turnstile.enter()
    >>> turnstile.enter()
    Traceback (most recent call last):
    kmgraph.errors.BusyError: too many queries are running and waiting: try again a little later
    """

    def __init__(self, places: int, *, most_waiting: int, wait_s: float) -> None:
        self._lock = Lock()
        self._free = places
        self._queue: deque[Event] = deque()
        self._most_waiting = most_waiting
        self._wait_s = wait_s

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._queue)

    def enter(self, is_abandoned: Callable[[], bool] | None = None) -> None:
        """Wait for a place.

        :param is_abandoned: says whether nobody wants the answer any more.
        :raises BusyError: too many wait, or there was no place in time.
        :raises QueryStoppedError: the wait was abandoned.
        """
        with self._lock:
            if self._free and not self._queue:
                self._free -= 1
                return
            if len(self._queue) >= self._most_waiting:
                raise BusyError(
                    "too many queries are running and waiting: try again a little later"
                )
            turn = Event()
            self._queue.append(turn)
        try:
            self._await(turn, is_abandoned)
        except BaseException:
            self._give_up(turn)
            raise

    def _await(self, turn: Event, is_abandoned: Callable[[], bool] | None) -> None:
        """Wait until it is one's turn."""
        until = time.monotonic() + self._wait_s
        while not turn.wait(max(0.0, min(POLL_S, until - time.monotonic()))):
            if is_abandoned is not None and is_abandoned():
                raise abandoned_error()
            if time.monotonic() >= until:
                raise BusyError(
                    f"the query waited {self._wait_s:g} s for others to end: try again a little "
                    "later"
                )

    def _give_up(self, turn: Event) -> None:
        """Leave the queue, or the place that was given in the meantime."""
        with self._lock:
            if not turn.is_set():
                self._queue.remove(turn)
                return
        self.leave()

    def leave(self) -> None:
        """Give the place to whoever has waited longest."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1


def abandoned_error() -> QueryStoppedError:
    """Return the error for a query that nobody wants answered any more."""
    return QueryStoppedError("the query was stopped because its asker left")
