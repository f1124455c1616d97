"""Connections of waitress that have answers for what they need not read.

What comes in one piece is first shown to those who may know it by its bytes alone. They answer at
once, in the thread that serves the sockets; all else goes its usual way through waitress.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.task import WSGITask

from kmgraph_server.heads import RECEIVED_BYTES, Quick, known
from kmgraph_server.learning import HEAD


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads a request, and keeps the bytes of one that came in one piece and has no body."""

    head = b""

    def received(self, data: bytes) -> int:
        """Read a part of the request."""
        is_first = not self.header_plus and not self.completed and self.body_rcv is None
        number = int(super().received(data))
        if is_first and self.completed and number == len(data) and self.body_rcv is None:
            self.head = bytes(data) if data.startswith(b"GET ") and not self.error else b""
        return number


class Task(WSGITask):  # type: ignore[misc]
    """Answers a request, and shows the application the bytes of its head."""

    def get_environment(self) -> dict[str, Any]:
        """Return the environment of WSGI."""
        environ: dict[str, Any] = super().get_environment()
        if self.request.head:
            environ[HEAD] = self.request.head
        return environ


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection.

    :ivar quick: those who may know an answer.
    :ivar known: number of answers that they knew since something else was asked, or since somebody
        looked.
    """

    task_class = Task
    parser_class = Parser
    quick: Sequence[Quick] = ()
    known = 0

    @property
    def is_waiting(self) -> bool:
        """Say whether nothing but the next request can come."""
        return not (
            self.requests
            or self.request is not None
            or self.total_outbufs_len
            or self.will_close
            or self.close_when_flushed
        )

    def read(self) -> None:
        """Read what came; see :meth:`handle_read`."""
        try:
            data = self.socket.recv(RECEIVED_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.handle_close()
            return
        if not data:
            # The end, which waitress sees to.
            self.handle_read_event()
            return
        self.last_activity = time.time()
        self.received(data)

    def received(self, data: bytes) -> bool:
        """Answer what is known, and read what is not."""
        if self.is_waiting and (answer := known(self.quick, data, self.addr[0])) is not None:
            self.known += 1
            self._hand_over(answer)
            return True
        self.known = 0
        return bool(super().received(data))

    def _hand_over(self, answer: bytes) -> None:
        """Send an answer, and leave to waitress what the client does not take at once."""
        try:
            sent = self.socket.send(answer)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.handle_close()
            return
        if sent < len(answer):
            rest = answer[sent:]
            with self.outbuf_lock:
                self.outbufs[-1].append(rest)
                self.current_outbuf_count += len(rest)
                self.total_outbufs_len += len(rest)


def install(sockets: dict[int, Any], quick: Sequence[Quick]) -> None:
    """Have the servers of a map of sockets make connections of this kind.

    :param quick: those who may know an answer.
    """
    kind = type("QuickChannel", (Channel,), {"quick": tuple(quick)})
    for found in list(sockets.values()):
        if isinstance(found, BaseWSGIServer):
            found.channel_class = kind
