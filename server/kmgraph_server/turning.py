"""Wait for many sockets, and look anew only at those of which something may have changed.

The loop of waitress asks every connection each time whether it reads or writes. Most of them wait
for their next request, and nothing but that request changes this; so they are left to the system.
"""

from __future__ import annotations

import errno
import select
import time
from typing import Any, Final

from waitress import wasyncore
from waitress.server import BaseWSGIServer

from kmgraph_server.channels import Channel
from kmgraph_server.desks import DeskLine

_READ: Final = 1
_READ_URGENT: Final = 2
_WRITE: Final = 4
#: How often every connection is looked at, whatever came, in seconds.
_ROUND_S: Final = 1.0


class Loop:
    """Serves the sockets of a map of waitress.

    :param sockets: the map that waitress made the server with.
    """

    def __init__(self, sockets: dict[int, Any]) -> None:
        self._sockets = sockets
        self._epoll = select.epoll() if hasattr(select, "epoll") else None
        self._known: dict[int, Any] = {}
        self._flags: dict[int, int] = {}
        #: Sockets of which more than the next request may come.
        self._lively: set[int] = set()
        self._next_round = 0.0

    def turn(self, limit_s: float) -> None:
        """Wait for sockets once, and serve those that are ready.

        :param limit_s: longest wait in seconds.
        """
        if self._epoll is None:  # pragma: no cover - not on Linux
            wasyncore.loop(limit_s, use_poll=True, map=self._sockets, count=1)
            return
        now = time.monotonic()
        if now >= self._next_round:
            self._next_round = now + _ROUND_S
            self._look_at_all()
        for number in list(self._lively):
            self._look_at(number)
        for number, flags in self._epoll.poll(limit_s):
            found = self._sockets.get(number)
            if found is None:
                continue
            if flags == _READ and isinstance(found, Channel):
                try:
                    found.read()
                except Exception:
                    # As waitress does: it is told in the log, and the connection is closed.
                    found.handle_error()
                if not found.is_waiting:
                    self._lively.add(number)
                continue
            wasyncore.readwrite(found, flags)
            self._lively.add(number)
            if isinstance(found, BaseWSGIServer | DeskLine):
                self._look_at_all()

    def let_go(self, channel: Channel) -> None:
        """Wait no more for a connection that another process has too.

        Closing it would not do: the system waits for as long as any process has it open.
        """
        self._forget(channel.socket.fileno())

    def _look_at_all(self) -> None:
        """Take up new sockets, and look at all of them."""
        for number in [n for n, found in self._known.items() if self._sockets.get(n) is not found]:
            self._forget(number)
        for number, found in list(self._sockets.items()):
            self._known[number] = found
            self._lively.add(number)

    def _look_at(self, number: int) -> None:
        """Have the system wait for what a socket waits for."""
        if number not in self._known or self._sockets.get(number) is not self._known[number]:
            self._forget(number)
            return
        found = self._known[number]
        # Looked at first: a thread that answers may change what follows, but nothing of one that
        # waits.
        is_waiting = not isinstance(found, Channel) or found.is_waiting
        flags = _READ | _READ_URGENT if found.readable() else 0
        # Sockets that listen are never written to.
        if found.writable() and not found.accepting:
            flags |= _WRITE
        if flags != self._flags.get(number):
            self._wait_for(number, flags)
        if is_waiting:
            self._lively.discard(number)

    def _wait_for(self, number: int, flags: int) -> None:
        """Tell the system what to wait for."""
        assert self._epoll is not None  # noqa: S101 - for the type checker
        try:
            if number in self._flags:
                self._epoll.modify(number, flags)
            else:
                self._epoll.register(number, flags)
            self._flags[number] = flags
        except OSError as error:
            # A number that was closed, and may be that of another socket by now.
            self._flags.pop(number, None)
            if error.errno not in (errno.ENOENT, errno.EBADF, errno.EEXIST):
                raise

    def _forget(self, number: int) -> None:
        """Let go of a socket that is closed."""
        self._lively.discard(number)
        self._known.pop(number, None)
        if self._flags.pop(number, None) is not None and self._epoll is not None:
            try:
                self._epoll.unregister(number)
            except (OSError, ValueError):
                return

    def close(self) -> None:
        """Let go of what the system holds."""
        if self._epoll is not None:
            self._epoll.close()
