"""A limit to how many queries run at once, a fair queue before it, and a lane for short ones.

Beside the places for all there is one for short queries only. Whoever turns out to be none has to
leave it for another place, or to begin again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Final

from kmgraph.errors import BusyError, QueryStoppedError

#: How often it is asked whether whoever waits is still there.
POLL_S: Final = 0.2


@dataclass(slots=True)
class Place:
    """A place inside.

    :ivar is_lane: whether it is the one for short queries.
    """

    is_lane: bool = False


@dataclass(slots=True, eq=False)
class _Turn:
    """Somebody who waits.

    :ivar place: the place that was given, once it is.
    """

    is_heavy: bool
    given: Event = field(default_factory=Event)
    place: Place = field(default_factory=Place)


class Turnstile:
    """Lets a number of queries in, in the order in which they came, and a short one beside them.

    :param places: how many may be inside, beside the one in the lane.
    :param most_waiting: how many may wait; more are sent away.
    :param wait_s: longest wait in seconds.

    >>> turnstile = Turnstile(1, most_waiting=0, wait_s=1)
    >>> turnstile.enter(), turnstile.enter()
    (Place(is_lane=False), Place(is_lane=True))
    >>> turnstile.enter()
    Traceback (most recent call last):
    kmgraph.errors.BusyError: too many queries are running and waiting: try again a little later
    """

    def __init__(self, places: int, *, most_waiting: int, wait_s: float) -> None:
        self._lock = Lock()
        self._free = places
        self._is_lane_free = True
        self._queue: deque[_Turn] = deque()
        self._most_waiting = most_waiting
        self._wait_s = wait_s

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._queue)

    def enter(
        self,
        is_abandoned: Callable[[], bool] | None = None,
        *,
        is_heavy: bool = False,
        is_back: bool = False,
    ) -> Place:
        """Wait for a place and return it.

        :param is_abandoned: says whether nobody wants the answer any more.
        :param is_heavy: whether the query is known to be none for the lane.
        :param is_back: whether it had to leave the lane; it is the next, and not sent away.
        :raises BusyError: too many wait, or there was no place in time.
        :raises QueryStoppedError: the wait was abandoned.
        """
        with self._lock:
            if self._free and not self._queue:
                self._free -= 1
                return Place()
            if self._is_lane_free and not is_heavy:
                self._is_lane_free = False
                return Place(is_lane=True)
            if len(self._queue) >= self._most_waiting and not is_back:
                raise BusyError(
                    "too many queries are running and waiting: try again a little later"
                )
            turn = _Turn(is_heavy)
            if is_back:
                self._queue.appendleft(turn)
            else:
                self._queue.append(turn)
        try:
            self._await(turn.given, is_abandoned)
        except BaseException:
            self._give_up(turn)
            raise
        return turn.place

    def settle(self, place: Place) -> bool:
        """Have a query that turns out to be heavy leave the lane, and say whether it may go on."""
        with self._lock:
            if not place.is_lane:
                return True
            if not self._free:
                return False
            # Nobody waits where there are free places.
            self._free -= 1
            self._is_lane_free, place.is_lane = True, False
            return True

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

    def _give_up(self, turn: _Turn) -> None:
        """Leave the queue, or the place that was given in the meantime."""
        with self._lock:
            if not turn.given.is_set():
                self._queue.remove(turn)
                return
        self.leave(turn.place)

    def leave(self, place: Place) -> None:
        """Give a place to whoever has waited longest of those who may have it."""
        with self._lock:
            found = (turn for turn in self._queue if not (place.is_lane and turn.is_heavy))
            turn = next(found, None)
            if turn is not None:
                self._queue.remove(turn)
                turn.place.is_lane = place.is_lane
                turn.given.set()
            elif place.is_lane:
                self._is_lane_free = True
            else:
                self._free += 1


def abandoned_error() -> QueryStoppedError:
    """Return the error for a query that nobody wants answered any more."""
    return QueryStoppedError("the query was stopped because its asker left")
