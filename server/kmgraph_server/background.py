"""What a server does beside answering: snapshots, the change feed, indexes, counts.

A thread looks at the pointer of the store. When there is something to do it starts a process of
its own at low priority, so that no request waits; the process ends with the server.
"""

from __future__ import annotations

import logging
import os
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Final

from kmgraph.errors import KmGraphError
from kmgraph.metadata import AT_ONCE_TRIPLES, size_of
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import TOMBSTONES_FILE
from kmgraph_server.comparing import end, start
from kmgraph_server.config import ServerConfig

#: How often it is looked whether there is something to do, in seconds.
_LOOK_S: Final = 0.5
#: Most of what a process says of errors that is told to the log.
_MOST_SAID_BYTES: Final = 1_000
#: How often something is tried of one generation.
_TRIES: Final = 3
#: By how much the processes give way to others: as much as can be.
_NICENESS: Final = 19
_LOG = logging.getLogger(__name__)
#: What is done, and the command that does it.
_COMMANDS: Final = {
    "feed": ("feed",),
    "snapshot": ("export", "--all"),
    "indexes": ("index",),
    "counts": ("validate", "--metadata"),
}
#: How long a generation is current before a large view of it is read anew, in seconds. People
#: search and list; what is counted is for machines, and takes longer.
_LARGE_AFTER_S: Final = {"indexes": 2.0, "counts": 5.0}


class Background:
    """Does for one store what no request waits for.

    :param store: folder of the store.
    :param config: says what is to be done, and for which view.
    """

    def __init__(self, store: Path, config: ServerConfig) -> None:
        self._store, self._view = store, config.view
        self._delays = {"feed": 0.0} if config.feed else {}
        self._delays |= _LARGE_AFTER_S
        if config.snapshots_after_s:
            self._delays["snapshot"] = config.snapshots_after_s
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._tries: Counter[tuple[str, object]] = Counter()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="background", daemon=True)

    def done(self) -> dict[tuple[str, str], int]:
        """Return what was done, and how it went, to how often."""
        return dict(self._outcomes)

    def begin(self) -> None:
        """Begin to look for something to do."""
        self._thread.start()

    def close(self) -> None:
        """End what runs, and do nothing more; what is half done is done by the next server."""
        with self._lock:
            self._stopping.set()
            if self._process is not None:
                end(self._process)
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        """Look for something to do until the server stops."""
        state, since, finished = self._state(), time.monotonic(), set[str]()
        while not self._stopping.wait(_LOOK_S):
            if (now := self._state()) != state:
                state, since, finished = now, time.monotonic(), set()
            for name, delay in self._delays.items():
                is_due = name not in finished and time.monotonic() - since >= delay
                if is_due and state[0] and self._do(name, state):
                    finished.add(name)

    def _state(self) -> tuple[int, int]:
        """Return the id of the current generation, and what changes when something is erased."""
        try:
            current = GenerationStore(self._store).current_id() or 0
        except KmGraphError:
            current = 0
        try:
            return current, (self._store / TOMBSTONES_FILE).stat().st_mtime_ns
        except FileNotFoundError:
            return current, 0

    def _is_large(self, generation_id: int) -> bool:
        """Say whether the view is too large to be read while somebody waits.

        Where nothing can be written, there is no use in it.
        """
        if not os.access(self._store, os.W_OK):
            return False
        try:
            generation = GenerationStore(self._store).generation(generation_id)
        except KmGraphError:
            return False
        return size_of(generation, self._view) > AT_ONCE_TRIPLES

    def _do(self, name: str, state: tuple[int, int]) -> bool:
        """Do something; say whether that is over for this generation."""
        if name in _LARGE_AFTER_S and not self._is_large(state[0]):
            return True
        began = time.monotonic()
        arguments = [*_COMMANDS[name], "--store", str(self._store), "--view", self._view, "--quiet"]
        if name == "snapshot":
            arguments += ["--generation", str(state[0])]
        with tempfile.TemporaryFile() as said:
            with self._lock:
                if self._stopping.is_set():
                    return True
                self._process = start(arguments, errors=said.fileno(), niceness=_NICENESS)
            is_done = self._process.wait() == 0
            said.seek(0)
            reason = said.read(_MOST_SAID_BYTES).decode(errors="replace").strip()
        if self._stopping.is_set():
            return True
        self._outcomes[name, "done" if is_done else "failed"] += 1
        told = f"{name} of generation {state[0]}, view {self._view}"
        if is_done:
            _LOG.info("%s: written in %.1f s", told, time.monotonic() - began)
            return True
        self._tries[name, state] += 1
        is_last = self._tries[name, state] >= _TRIES
        later = "" if is_last else ", and is tried again"
        _LOG.warning("%s: could not be written%s: %s", told, later, reason)
        return is_last
