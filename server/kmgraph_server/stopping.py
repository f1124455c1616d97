"""Run waitress until a signal comes, and let the requests that run have their time to end."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

from kmgraph_server.desks import Desks
from kmgraph_server.threads import Threads
from kmgraph_server.turning import Loop

#: How often it is looked whether a signal came or requests have ended, in seconds.
_LOOK_S: Final = 0.2
#: Time to hand over what is said to those whose time is over, in seconds.
_LAST_WORDS_S: Final = 3.0
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stopper:
    """Runs the loop of a server until a signal, and for a while after it.

    The first signal closes the listening sockets, so that new connections are refused, and lets
    what runs come to its end. After a second one, or at the end of the time, what still runs is
    stopped, and its askers are told so.

    :param sockets: the map that waitress made the server with.
    :param shutdown_s: time for requests to end.
    :param on_stop: called at the first signal.
    :param on_end: called when no request runs any more or their time is over.
    :param threads: those that answer requests.
    :param desks: processes that answer beside this one; None for none.
    """

    def __init__(
        self,
        sockets: dict[int, Any],
        shutdown_s: float,
        on_stop: Callable[[], None],
        on_end: Callable[[], None],
        threads: Threads,
        desks: Desks | None = None,
    ) -> None:
        self._sockets, self._shutdown_s = sockets, shutdown_s
        self._on_stop, self._on_end = on_stop, on_end
        self._threads, self._desks = threads, desks
        self._signals = 0
        self._loop = Loop(sockets)

    def run(self) -> None:
        """Run until told to stop; only the main thread can, since it takes signals."""
        with self._taking_signals():
            while not self._signals:
                self._turn()
            self._close_listeners()
            self._on_stop()
            if self._desks is not None:
                self._desks.stop()
            self._linger(self._shutdown_s, lambda: self._signals > 1)
            self._on_end()
            if self._desks is not None:
                self._desks.end()
            self._linger(_LAST_WORDS_S)
        self._loop.close()

    @contextmanager
    def _taking_signals(self) -> Iterator[None]:
        """Take the signals that mean a stop."""
        previous = {number: signal.signal(number, self._take) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        """Count a signal; raising would be of no use, as waitress catches everything."""
        self._signals += 1

    def _turn(self) -> None:
        """Wait for sockets once, and serve those that are ready."""
        self._loop.turn(self._threads.look_again_s or _LOOK_S)
        self._threads.turn()
        if self._desks is not None:
            self._desks.turn(self._sockets, self._loop)

    def _linger(self, limit_s: float, is_enough: Callable[[], bool] = lambda: False) -> None:
        """Go on while requests run, for some time at most."""
        until = time.monotonic() + limit_s
        while self._is_busy() and time.monotonic() < until and not is_enough():
            self._turn()

    def _close_listeners(self) -> None:
        """Take no more connections."""
        for number, found in list(self._sockets.items()):
            if isinstance(found, BaseWSGIServer):
                del self._sockets[number]
                found.socket.close()

    def _is_busy(self) -> bool:
        """Say whether a request comes in or runs, or an answer is not handed over yet."""
        if self._desks is not None and self._desks.is_busy:
            return True
        channels = [c for c in self._sockets.values() if isinstance(c, HTTPChannel)]
        return any(c.requests or c.request or c.total_outbufs_len for c in channels)
