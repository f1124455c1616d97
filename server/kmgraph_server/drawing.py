"""Pictures drawn one at a time, and kept.

Drawing takes most of a second of the processor and makes the threads that do it wait for each
other, so many at once would only keep every thread busy. Those who ask for the same picture
share one drawing; others wait for their turn for a while, and only so many of them.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

from kmgraph.errors import BusyError
from kmgraph_server.snapshots import Snapshot

#: Pictures of a generation that are kept, so that a page that is often seen is drawn once.
KEPT: Final = 64
#: Requests that may draw or wait at one time; the other threads answer everything else.
MOST_WAITING: Final = 4
#: Longest wait for a turn or for a drawing of somebody else.
WAIT_S: Final = 10.0

Key = tuple[str, ...]


class Drawings:
    """Draws pictures one at a time and keeps the last ones of each generation.

    :param kept: most pictures of a generation.
    :param most_waiting: most requests that draw or wait.
    :param wait_s: longest wait.
    """

    def __init__(
        self, kept: int = KEPT, most_waiting: int = MOST_WAITING, wait_s: float = WAIT_S
    ) -> None:
        self.kept, self.most_waiting, self.wait_s = kept, most_waiting, wait_s
        self._pictures: WeakKeyDictionary[Snapshot, OrderedDict[Key, bytes]] = WeakKeyDictionary()
        self._drawing = False
        self._busy = 0
        self._turn = threading.Condition()

    def get(self, served: Snapshot, key: Key, draw: Callable[[], bytes]) -> bytes:
        """Return a picture, kept from before or drawn now.

        :param key: the same for requests of the same picture.
        :raises BusyError: too many wait already, or the wait is over.
        """
        with self._turn:
            if (found := self._find(served, key)) is not None:
                return found
            if self._busy >= self.most_waiting:
                raise BusyError("too many pictures are being drawn: ask again in a moment")
            self._busy += 1
            try:
                found = self._wait(served, key)
                if found is None:
                    self._drawing = True
            except BaseException:
                self._busy -= 1
                raise
            if found is not None:
                self._busy -= 1
                return found
        return self._draw(served, key, draw)

    def _wait(self, served: Snapshot, key: Key) -> bytes | None:
        """Wait for a turn; return the picture if somebody else draws it meanwhile."""
        until = time.monotonic() + self.wait_s
        while self._drawing:
            if not self._turn.wait(until - time.monotonic()) and self._drawing:
                raise BusyError("another picture takes long to draw: ask again in a moment")
            if (found := self._find(served, key)) is not None:
                return found
        return None

    def _draw(self, served: Snapshot, key: Key, draw: Callable[[], bytes]) -> bytes:
        """Draw a picture and keep it; whatever happens, the next one has its turn."""
        try:
            body = draw()
            with self._turn:
                self._keep(served, key, body)
            return body
        finally:
            with self._turn:
                self._drawing = False
                self._busy -= 1
                self._turn.notify_all()

    def count(self, served: Snapshot) -> int:
        """Return how many pictures of a generation are kept."""
        with self._turn:
            return len(self._pictures.get(served, ()))

    def forget(self, served: Snapshot) -> None:
        """Let go of the pictures of a generation."""
        with self._turn:
            self._pictures.pop(served, None)

    def _find(self, served: Snapshot, key: Key) -> bytes | None:
        """Return a picture that was drawn before."""
        drawn = self._pictures.get(served)
        if drawn is None or key not in drawn:
            return None
        drawn.move_to_end(key)
        return drawn[key]

    def _keep(self, served: Snapshot, key: Key, body: bytes) -> None:
        """Keep a picture, and let go of the one that was longest not asked for."""
        drawn = self._pictures.setdefault(served, OrderedDict())
        drawn[key] = body
        while len(drawn) > self.kept:
            drawn.popitem(last=False)
