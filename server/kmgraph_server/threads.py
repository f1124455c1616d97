"""The threads that answer requests: a few at first, more when a request finds none that is free.

Hundreds of threads are for hundreds of requests that wait. Most servers never have them, and where
the system counts threads, as containers do, they would be taken from all that runs beside.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Final

#: Threads at the start.
FIRST_THREADS: Final = 16
#: How long a request waits before threads are started for it, in seconds. Threads that have just
#: started count as busy for a moment, and must not be the reason for more.
_PATIENCE_S: Final = 0.02
#: How long a system that had no thread left is not asked again, in seconds.
_PAUSE_S: Final = 10.0

_LOG: Final = logging.getLogger(__name__)


class Threads:
    """Starts threads when requests want them.

    :param dispatcher: what waitress hands requests to.
    :param most: largest number of threads.
    """

    def __init__(self, dispatcher: Any, most: int) -> None:
        self._dispatcher, self._most = dispatcher, most
        self._short_since: float | None = None
        self._paused_until = 0.0

    @property
    def look_again_s(self) -> float | None:
        """Return after how long to look again; None where nothing waits."""
        return None if self._short_since is None else _PATIENCE_S

    def turn(self) -> None:
        """Double the threads if a request has waited for one."""
        now, number = time.monotonic(), len(self._dispatcher.threads)
        if number >= self._most or now < self._paused_until or not self._is_short():
            self._short_since = None
        elif self._short_since is None:
            self._short_since = now
        elif now - self._short_since >= _PATIENCE_S:
            self._short_since = now  # those that start now may not be enough either
            for wanted in range(number + 1, min(2 * number, self._most) + 1):
                if not self._start(wanted):
                    self._short_since, self._paused_until = None, now + _PAUSE_S
                    break

    def _is_short(self) -> bool:
        """Say whether more requests wait than threads are free."""
        dispatcher = self._dispatcher
        if not dispatcher.queue:
            return False
        # A free thread that was woken has not taken its request yet: only together do they count.
        with dispatcher.lock:
            busy = dispatcher.stop_count + dispatcher.active_count
            return bool(len(dispatcher.queue) > len(dispatcher.threads) - busy)

    def _start(self, wanted: int) -> bool:
        """Start one more; where the system has none left, those there are have to do."""
        before = set(self._dispatcher.threads)
        try:
            self._dispatcher.set_thread_count(wanted)
        except RuntimeError as error:
            _LOG.error("%d threads answer requests, and no more: %s", len(before), error)
            self._dispatcher.threads.intersection_update(before)
            return False
        return True
