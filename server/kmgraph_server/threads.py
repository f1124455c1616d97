"""The threads that answer requests: a few at first, more when a request finds none that is free.

Hundreds of threads are for hundreds of requests that wait. Most servers never have them, and where
the system counts threads, as containers do, they would be taken from all that runs beside.
"""

from __future__ import annotations

import logging
from typing import Any, Final

#: Threads at the start.
FIRST_THREADS: Final = 16

_LOG: Final = logging.getLogger(__name__)


class Threads:
    """Starts threads when requests want them.

    :param dispatcher: what waitress hands requests to.
    :param most: largest number of threads.
    """

    def __init__(self, dispatcher: Any, most: int) -> None:
        self._dispatcher, self._most = dispatcher, most

    def turn(self) -> None:
        """Double the threads if a request waits for one."""
        number = len(self._dispatcher.threads)
        if number < self._most and self._is_short():
            for wanted in range(number + 1, min(2 * number, self._most) + 1):
                self._start(wanted)

    def _is_short(self) -> bool:
        """Say whether more requests wait than threads are free."""
        dispatcher = self._dispatcher
        if not dispatcher.queue:
            return False
        # A free thread that was woken has not taken its request yet: only together do they count.
        with dispatcher.lock:
            busy = dispatcher.stop_count + dispatcher.active_count
            return bool(len(dispatcher.queue) > len(dispatcher.threads) - busy)

    def _start(self, wanted: int) -> None:
        """Start one more; where the system has none left, those there are have to do."""
        if wanted > self._most:
            return
        before = set(self._dispatcher.threads)
        try:
            self._dispatcher.set_thread_count(wanted)
        except RuntimeError as error:
            _LOG.error("%d threads answer requests, and no more: %s", len(before), error)
            self._dispatcher.threads.intersection_update(before)
            self._most = len(before)
