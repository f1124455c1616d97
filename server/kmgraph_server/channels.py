"""Connections of waitress that have answers for what they need not read.

What comes in one piece is first shown to those who may know it by its bytes alone. They answer at
once, in the thread that serves the sockets; all else goes its usual way through waitress.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.task import WSGITask

from kmgraph_server.learning import HEAD

#: Answers the head of a request from an address, or returns None.
Quick = Callable[[bytes, str], bytes | None]

_LOG: Final = logging.getLogger(__name__)
_RECEIVED_BYTES: Final = 8_192
_END: Final = b"\r\n\r\n"
_METHOD: Final = b"GET "


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads a request, and keeps the bytes of one that came in one piece and has no body."""

    head = b""

    def received(self, data: bytes) -> int:
        """Read a part of the request."""
        is_first = not self.header_plus and not self.completed and self.body_rcv is None
        number = int(super().received(data))
        if is_first and self.completed and number == len(data) and self.body_rcv is None:
            self.head = bytes(data) if data.startswith(_METHOD) and not self.error else b""
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
    """

    task_class = Task
    parser_class = Parser
    quick: Sequence[Quick] = ()

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
            data = self.socket.recv(_RECEIVED_BYTES)
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
        if self.is_waiting and data.endswith(_END) and data.startswith(_METHOD):
            answer = self._known(data)
            if answer is not None:
                self._hand_over(answer)
                return True
        return bool(super().received(data))

    def _known(self, head: bytes) -> bytes | None:
        """Return the answer to a request, where somebody knows it by its bytes."""
        for quick in self.quick:
            try:
                answer = quick(head, self.addr[0])
            except Exception:
                # All connections depend on this thread; the application may do better.
                _LOG.exception("a request could not be answered before it was read")
                continue
            if answer is not None:
                return answer
        return None

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
