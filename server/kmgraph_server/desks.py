"""The server's side of the processes that answer look-ups beside it.

Connections come to the server alone. Once several of them ask for nothing but look-ups, and often,
a process is started for them (see :mod:`kmgraph_server.desk`) and some are handed over, so that
each process has as many busy ones. What comes back is served here as if it had never been away.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from waitress.server import BaseWSGIServer
from waitress.wasyncore import dispatcher

from kmgraph.errors import ConfigError
from kmgraph.execution.starting import start
from kmgraph_server.adding import Counted, add, totals
from kmgraph_server.channels import Channel
from kmgraph_server.config import ServerConfig
from kmgraph_server.desk import BUSY_ANSWERS, ROUND_S
from kmgraph_server.handover import LineEndedError, open_line, receive, send
from kmgraph_server.metrics import Metrics
from kmgraph_server.quick_answers import QuickAnswers

if TYPE_CHECKING:
    from kmgraph_server.turning import Loop

#: What answers quickly for a store, with its settings and its measurements.
QuickStore = tuple[QuickAnswers, ServerConfig, Metrics]

_LOG: Final = logging.getLogger(__name__)
#: Answers of all busy connections in a round from which on a further process is of use.
_WORTHWHILE: Final = 100
#: Rounds after connections were handed over in which nothing is: the next counts are mixed.
_REST_ROUNDS: Final = 2
#: By how many busy connections processes may differ.
_SLACK: Final = 3
#: Rest before a process is started in the place of one that ended, in seconds.
_AGAIN_AFTER_S: Final = 30.0
#: Most processes where nobody says how many.
_MOST_BY_CORES: Final = 4
#: Longest wait for what a process has counted, and for its end, in seconds.
_COUNT_S: Final = 1.0
_END_S: Final = 5.0


class DeskLine(dispatcher):  # type: ignore[misc]
    """A process that answers look-ups, and the line to it.

    :param desks: told what comes back.
    :param configs: settings of the server for each store.
    :param sockets: the map that waitress made the server with.
    :raises ConfigError: the system cannot hand sockets to processes.
    :raises OSError: the system starts no more processes.
    """

    def __init__(
        self, desks: Desks, configs: tuple[ServerConfig, ...], sockets: dict[int, Any]
    ) -> None:
        self._desks = desks
        #: Number of connections on which much is asked; None until it can take any.
        self.busy: int | None = None
        self.shapes: dict[Any, Any] = {}
        #: What it had counted when it was asked last.
        self.counted: list[Counted] = []
        self._asked = 0
        self._asking = threading.Lock()
        ours, theirs = open_line()
        self._asks, answers = open_line()
        self._asks.settimeout(_COUNT_S)
        with theirs, answers:
            self.process = start("kmgraph_server.desk", theirs, 0, None)
            send(ours, "open", configs, connection=answers)
        super().__init__(ours, map=sockets)
        self.connected = True

    def readable(self) -> bool:
        """Say that whatever comes is read."""
        return True

    def writable(self) -> bool:
        """Say that nothing waits to be sent."""
        return False

    def handle_read(self) -> None:
        """Take what it says."""
        try:
            while True:
                (kind, *told), connection = receive(self.socket)
                if connection is not None:
                    self._desks.take_back(connection, *told)
                elif kind == "busy":
                    self.busy = told[0]
                elif kind == "ready":
                    self.busy = 0
        except BlockingIOError:
            return
        except LineEndedError:
            self.handle_close()

    def handle_close(self) -> None:
        """See to a process that has ended."""
        self._desks.let_go(self)
        self.close()
        self._asks.close()

    def tell(self, *message: Any, connection: socket.socket | None = None) -> bool:
        """Send a message, and say whether it went."""
        try:
            return send(self.socket, *message, connection=connection)
        except LineEndedError:
            # It is seen to when its end is read.
            return False

    def count(self) -> list[Counted]:
        """Return what it has counted for each store; what it said last where it does not answer."""
        with self._asking, suppress(LineEndedError):
            self._asked += 1
            send(self._asks, self._asked)
            number = 0
            # What comes first may be a late answer to an earlier question.
            while number != self._asked:
                (number, self.counted), _ = receive(self._asks)
        return self.counted


def processes_of(config: ServerConfig) -> int:
    """Return how many processes may serve.

    >>> processes_of(ServerConfig(serving_processes=3))
    3
    """
    if not hasattr(select, "epoll"):  # pragma: no cover - not on Linux
        return 1
    cores = len(os.sched_getaffinity(0))
    return config.serving_processes or min(cores, _MOST_BY_CORES)


class Desks:
    """The processes that answer look-ups beside a server.

    :param most: most processes.
    :param stores: what answers quickly, with its settings and its measurements, for each store.
    """

    def __init__(self, most: int, stores: Sequence[QuickStore]) -> None:
        self._most = most
        self._quick = [quick for quick, _, _ in stores]
        self._configs = tuple(config for _, config, _ in stores)
        self._desks: list[DeskLine] = []
        #: What those have counted that have ended.
        self._past: list[Counted] = [{} for _ in stores]
        self._servers: list[BaseWSGIServer] = []
        self._next_round = self._next_start = 0.0
        self._rest = 0
        self._is_stopping = False
        for number, (_, _, metrics) in enumerate(stores):
            metrics.beside = partial(self._counted, number)

    def turn(self, sockets: dict[int, Any], loop: Loop) -> None:
        """Look, now and then, whether connections should be elsewhere.

        :param sockets: the map that waitress made the server with.
        :param loop: waits for them.
        """
        now = time.monotonic()
        if now < self._next_round or self._is_stopping or not self._most:
            return
        self._next_round = now + ROUND_S
        busy: list[Channel] = []
        answers = 0
        for found in list(sockets.values()):
            if isinstance(found, Channel):
                if found.known >= BUSY_ANSWERS:
                    busy.append(found)
                    answers += found.known
                found.known = 0
        if len(busy) > 1 and answers >= _WORTHWHILE and len(self._desks) < self._most:
            self._start(now, sockets)
        self._rest = max(0, self._rest - 1)
        if not self._rest:
            self._balance(busy, loop)

    def take_back(self, connection: socket.socket, server: int, address: Any, data: bytes) -> None:
        """Serve a connection that comes back.

        :param data: what was read of a request.
        """
        waiting = self._servers[server]
        channel = waiting.channel_class(waiting, connection, address, waiting.adj, map=waiting._map)
        if data:
            channel.received(data)

    def let_go(self, desk: DeskLine) -> None:
        """Note that a process has ended."""
        if desk not in self._desks:
            return
        self._desks.remove(desk)
        desk.process.kill()
        for past, last in zip(self._past, desk.counted, strict=False):
            add(past, totals(last))
        with suppress(subprocess.TimeoutExpired):
            desk.process.wait(_END_S)
        if not self._is_stopping:
            _LOG.warning("a process for look-ups ended (pid %d)", desk.process.pid)

    def stop(self) -> None:
        """Have them finish what they send and end."""
        self._is_stopping = True
        for desk in self._desks:
            desk.tell("stop")

    @property
    def is_busy(self) -> bool:
        """Say whether any of them still runs."""
        return bool(self._desks)

    def end(self) -> None:
        """End them at once."""
        self._is_stopping = True
        for desk in list(self._desks):
            desk.process.kill()
            desk.handle_close()

    def _start(self, now: float, sockets: dict[int, Any]) -> None:
        """Start one more."""
        if now < self._next_start:
            return
        self._next_start = now + _AGAIN_AFTER_S
        try:
            self._desks.append(DeskLine(self, self._configs, sockets))
        except (OSError, ConfigError, LineEndedError) as error:
            _LOG.error("no process for look-ups can be started: %s", error)

    def _balance(self, busy: list[Channel], loop: Loop) -> None:
        """Hand over connections to those who have less to do, or ask for some."""
        ready = [desk for desk in self._desks if desk.busy is not None]
        if not ready:
            return
        least = min(ready, key=lambda desk: desk.busy or 0)
        most = max(ready, key=lambda desk: desk.busy or 0)
        while busy and len(busy) - (least.busy or 0) >= _SLACK - 1:
            if not self._teach(least) or not self._hand_over(busy.pop(), least, loop):
                return
            least.busy = (least.busy or 0) + 1
            self._rest = _REST_ROUNDS + 1
            least = min(ready, key=lambda desk: desk.busy or 0)
        if (more := (most.busy or 0) - len(busy)) > _SLACK and not self._rest:
            most.tell("return", more // 2)
            self._rest = _REST_ROUNDS + 1

    def _teach(self, desk: DeskLine) -> bool:
        """Tell a process the shapes that it does not know, and say whether all of them went."""
        told: dict[Any, Any] = {}
        for number, quick in enumerate(self._quick):
            for key, pattern in quick.patterns().items():
                if desk.shapes.get((number, key)) is not pattern:
                    if not desk.tell("learn", number, key, pattern):
                        return False
                told[number, key] = pattern
        desk.shapes = told
        return True

    def _hand_over(self, channel: Channel, desk: DeskLine, loop: Loop) -> bool:
        """Hand over a connection, and say whether it went."""
        if not channel.is_waiting:
            return True
        if channel.server not in self._servers:
            self._servers.append(channel.server)
        told = ("take", self._servers.index(channel.server), channel.addr)
        if not desk.tell(*told, connection=channel.socket):
            return False
        loop.let_go(channel)
        channel.handle_close()
        return True

    def _counted(self, number: int) -> list[Counted]:
        """Return what was counted elsewhere for a store."""
        running = [counted for desk in list(self._desks) if (counted := desk.count())]
        return [self._past[number], *(counted[number] for counted in running)]
