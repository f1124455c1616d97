"""Which view the workers of a pool have in memory."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Final

from kmgraph.execution.memory import Nursery, available_bytes, has_room
from kmgraph.execution.roster import Roster

_LOG: Final = logging.getLogger(__name__)
#: Processes with the view, beside as many workers as the roster has at most.
_NURSERIES: Final = 1


class Warmth:
    """Has a view loaded in the background, and workers forked that have it.

    :param roster: the workers.
    :param mode: one of :data:`~kmgraph.execution.memory.MODES`.
    :param most_bytes: most memory that any query may take.

    >>> Warmth(Roster(2, 200_000_000), "disk", 200_000_000).mode
    'disk'
    """

    def __init__(self, roster: Roster, mode: str, most_bytes: int) -> None:
        self._roster, self._wanted, self._most_bytes = roster, mode, most_bytes
        self._lock = threading.Lock()
        self._loading: Nursery | None = None
        self._used: Nursery | None = None
        self._is_closed = False

    @property
    def mode(self) -> str:
        """Return ``memory``, ``loading`` or ``disk``."""
        if self._used is not None:
            return "memory"
        return "disk" if self._loading is None else "loading"

    def warm(self, view_path: Path, quads: int) -> None:
        """Load a view in the background, in place of another one, where there is room for it."""
        is_wanted = self._wanted == "memory" or (
            self._wanted == "auto"
            and has_room(quads, self._roster.most + _NURSERIES, available_bytes())
        )
        with self._lock:
            held = self._loading or self._used
            if self._is_closed or (held is not None and held.view_path == view_path):
                return
            self._let_go()
            if not is_wanted:
                return
            nursery = self._loading = Nursery(view_path, self._most_bytes)
        threading.Thread(target=self._take_up, args=(nursery,), daemon=True).start()

    def cool(self) -> None:
        """Let go of what is in memory."""
        with self._lock:
            self._let_go()

    def close(self) -> None:
        """Let go of what is in memory, for good."""
        with self._lock:
            self._is_closed = True
            self._let_go()

    def _let_go(self) -> None:
        """End the processes that hold or read a view; the lock is held."""
        if self._loading is not None:
            self._loading.end()
            self._loading = None
        if self._used is not None:
            self._roster.use(None)
            self._used.end()
            self._used = None

    def _take_up(self, nursery: Nursery) -> None:
        """Wait until a view is loaded, and have workers forked that have it."""
        is_loaded = nursery.await_loaded()
        with self._lock:
            if self._loading is not nursery:
                return  # something else was wanted meanwhile
            self._loading = None
            if not is_loaded:
                _LOG.error("a view cannot be held in memory: %s", nursery.last_words())
                nursery.end()
                return
            self._used = nursery
            self._roster.use(nursery)
