"""A process beside the server that answers look-ups and what was kept.

It is handed connections on which nothing else was asked for a while, and the shapes of look-ups
that the server has learnt. Each request is looked at as the server would: the state of the store,
and the token where there is one. What it cannot answer it hands back, with the connection. Nothing
is decided here that has to be one for all processes: no write, no limit to requests.

It is started by :mod:`kmgraph_server.desks`, and ends with its end of the line.
"""

from __future__ import annotations

import select
import signal
import socket
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from kmgraph.access.tokens import TokenRegister
from kmgraph.errors import KmGraphError, StoreUnavailableError
from kmgraph.execution.messages import Job, Outcome, PoolStats
from kmgraph_server.access import Caller, caller_of
from kmgraph_server.config import ServerConfig
from kmgraph_server.handover import LineEndedError, receive, send
from kmgraph_server.heads import RECEIVED_BYTES, known
from kmgraph_server.layers import quick_answers_of
from kmgraph_server.metrics import Metrics
from kmgraph_server.response_cache import Pointer, ResponseCache
from kmgraph_server.snapshots import holder_of_store

#: How often it tells how busy it is, and looks whether the store has moved on, in seconds.
ROUND_S: Final = 0.5
#: Answers in a round from which on a connection counts as busy.
BUSY_ANSWERS: Final = 3
#: A connection on which nothing comes for so long is handed back, and the server sees to it.
_IDLE_S: Final = 60.0
#: One that does not take its answer for so long is closed.
_STUCK_S: Final = 120.0


def main(descriptor: int, memory_bytes: int) -> None:
    """Serve the connections that come through a line, until it ends.

    :param descriptor: number of the line.
    :param memory_bytes: of no use here; nothing is evaluated that needs a limit.
    """
    # The server is told to stop, and says what that means here.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as line, suppress(LineEndedError):
        Desk(line).run()


class StoreAtDesk:
    """A store, with what answers look-ups of it.

    :param config: settings of the server, with the folder of this store.
    """

    def __init__(self, config: ServerConfig) -> None:
        if config.store is None:
            raise StoreUnavailableError("a desk serves stores on disk only")
        self._holder = holder_of_store(
            config.store,
            _refuse,
            lambda: None,
            lambda path, key, quads: None,
            union_default_graph=config.union_default_graph,
        )
        self._cache = ResponseCache(config.cache_bytes)
        self._pointer = Pointer(config.store / "current", self._holder.current_id)
        register = TokenRegister(config.store)

        def identify(authorization: str | None) -> Caller:
            """Return who sends a request."""
            return caller_of(authorization, register, config.view)

        self.metrics = Metrics(_no_workers, lambda: self._holder.generation, self._cache.stats)
        self.quick = quick_answers_of(
            config, self._cache, self._holder, identify, self._pointer, self.metrics
        )

    def look(self) -> None:
        """Let go of what is of an older state of the store."""
        with suppress(KmGraphError):
            self._cache.enter(self._pointer()[1])
        self._holder.refresh()


@dataclass(slots=True, eq=False)
class _Visitor:
    """A connection.

    :ivar server: which of the server's sockets took it.
    :ivar address: address of the client.
    :ivar rest: what the client has not taken yet of an answer.
    :ivar answers: number of answers in this round.
    """

    socket: socket.socket
    server: int
    address: Any
    since: float
    rest: memoryview = field(default_factory=lambda: memoryview(b""))
    answers: int = 0


class Desk:
    """Serves connections; see the head of this module.

    :param line: where connections and shapes of look-ups come from.
    :raises LineEndedError: the server is gone.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        (_, configs), asks = receive(line)
        if asks is None:
            raise LineEndedError
        self._asks = asks
        self._stores = [StoreAtDesk(config) for config in configs]
        self._quick = [store.quick.answer for store in self._stores]
        self._visitors: dict[int, _Visitor] = {}
        self._epoll = select.epoll()
        self._next_round = 0.0
        self._is_stopping = False

    def run(self) -> None:
        """Serve until the line ends, or the last visitor is gone after a stop.

        :raises LineEndedError: the server is gone.
        """
        for each in (self._line, self._asks):
            self._epoll.register(each, select.EPOLLIN)
        send(self._line, "ready")
        while self._visitors or not self._is_stopping:
            self._turn(ROUND_S)
            now = time.monotonic()
            if now >= self._next_round:
                self._next_round = now + ROUND_S
                self._end_round(now)

    def _turn(self, limit_s: float) -> None:
        """Wait once, and serve what is ready."""
        for number, flags in self._epoll.poll(limit_s):
            if (visitor := self._visitors.get(number)) is not None:
                self._attend(visitor, flags)
            elif number == self._line.fileno():
                self._obey()
            elif number == self._asks.fileno():
                (number_of_ask,), _ = receive(self._asks)
                told = [store.metrics.counted() for store in self._stores]
                send(self._asks, number_of_ask, told)

    def _obey(self) -> None:
        """Do what the server says next."""
        (kind, *told), connection = receive(self._line)
        if kind == "take" and connection is not None:
            connection.setblocking(False)
            number, (server, address) = connection.fileno(), told
            self._visitors[number] = _Visitor(connection, server, address, time.monotonic())
            self._epoll.register(number, select.EPOLLIN)
        elif kind == "learn":
            number, key, pattern = told
            self._stores[number].quick.know(key, pattern)
        elif kind == "return":
            free = [visitor for visitor in self._visitors.values() if not visitor.rest]
            busy = sorted(free, key=lambda visitor: visitor.answers)
            for visitor in busy[-told[0] :]:
                self._hand_back(visitor, b"")
        elif kind == "stop":
            self._stop()

    def _stop(self) -> None:
        """Answer what has come already, and let go of those who wait for nothing."""
        if not self._is_stopping:
            self._is_stopping = True
            self._turn(0)
            for visitor in list(self._visitors.values()):
                if not visitor.rest:
                    self._close(visitor)

    def _attend(self, visitor: _Visitor, flags: int) -> None:
        """Read a request of a visitor and answer it, or hand over more of an answer."""
        if visitor.rest:
            # One that hangs up is no more told to be ready for writing than that.
            self._send(visitor, visitor.rest)
            return
        try:
            data = visitor.socket.recv(RECEIVED_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._close(visitor)
            return
        answer = known(self._quick, data, visitor.address[0])
        if answer is None:
            self._hand_back(visitor, data)
            return
        visitor.answers += 1
        self._send(visitor, memoryview(answer))

    def _send(self, visitor: _Visitor, answer: memoryview) -> None:
        """Send what a client takes of an answer, and keep the rest."""
        is_late = bool(visitor.rest)
        try:
            sent = visitor.socket.send(answer)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._close(visitor)
            return
        if sent:
            visitor.since = time.monotonic()
        visitor.rest = answer[sent:]
        if bool(visitor.rest) != is_late:
            wanted = select.EPOLLOUT if visitor.rest else select.EPOLLIN
            self._epoll.modify(visitor.socket.fileno(), wanted)
        if self._is_stopping and not visitor.rest:
            self._close(visitor)

    def _hand_back(self, visitor: _Visitor, data: bytes) -> None:
        """Give a connection back to the server, with what was read of a request."""
        # It may wait: the server always reads.
        send(self._line, "back", visitor.server, visitor.address, data, connection=visitor.socket)
        self._close(visitor)

    def _close(self, visitor: _Visitor) -> None:
        """Let go of a connection, which stays open where another process has it."""
        number = visitor.socket.fileno()
        del self._visitors[number]
        # By hand: the system waits for as long as any process has it.
        self._epoll.unregister(number)
        visitor.socket.close()

    def _end_round(self, now: float) -> None:
        """Tell how busy it was, and let go of what is not needed any more."""
        busy = 0
        for visitor in list(self._visitors.values()):
            busy += visitor.answers >= BUSY_ANSWERS
            visitor.answers = 0
            if visitor.rest:
                if now - visitor.since > _STUCK_S:
                    self._close(visitor)
            elif now - visitor.since > _IDLE_S:
                self._hand_back(visitor, b"")
        for store in self._stores:
            store.look()
        send(self._line, "busy", busy)


def _refuse(job: Job) -> Outcome:
    """Refuse to evaluate anything in another process.

    :raises StoreUnavailableError: always; the server does better.
    """
    raise StoreUnavailableError("a desk has no workers")


def _no_workers() -> PoolStats:
    """Return what a pool without workers has done."""
    return PoolStats(0, 0, 0, 0, Counter(), Counter(), 0)
