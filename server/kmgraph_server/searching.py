"""The indexes that a server searches, made beside it when somebody first searches a view."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kmgraph.search import SearchIndex, index_path, open_index
from kmgraph.stores.generations import GenerationStore
from kmgraph_server.errors import NotYetError

if TYPE_CHECKING:
    from kmgraph.dataset import EvidenceDataset

_LOG: Final = logging.getLogger(__name__)
#: A request waits so long for an index that is being made; then the client asks again.
_WAIT_S: Final = 10.0
_LIMIT_S: Final = 3_600
#: Making an index must not slow down answers.
_NICENESS: Final = 10
_PROGRAM: Final = (
    "import sys; from kmgraph.search import open_index; "
    "from kmgraph.stores.generations import GenerationStore; "
    "open_index(GenerationStore(sys.argv[1]), sys.argv[2]).close()"
)


@dataclass(slots=True)
class _Kept:
    """An index that is open, and what it is of."""

    content: object
    index: SearchIndex


@dataclass(slots=True)
class Indexes:
    """The indexes of what one application serves.

    :ivar store: folder of the store; None where a dataset in memory is served.
    """

    store: Path | None
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _making: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, view: str, dataset: EvidenceDataset) -> SearchIndex:
        """Return the index of a view as it is now.

        :param dataset: what is served in memory, where that is so.
        :raises NotYetError: the index is being made, and takes longer.
        """
        target = None if self.store is None else GenerationStore(self.store)
        content = None if target is None else target.generation().content_since
        with self._lock:
            kept = self._kept.get(view)
            if kept is None or kept.content != content:
                index = self._made(view, dataset, target)
                self._kept[view] = kept = _Kept(content, index)
            return kept.index

    def close(self) -> None:
        """End what is being made. What is open is let go of with the application."""
        for process in self._making.values():
            if process.poll() is None:
                process.terminate()
                process.wait()
        self._making.clear()

    def _made(
        self, view: str, dataset: EvidenceDataset, target: GenerationStore | None
    ) -> SearchIndex:
        """Return an index that was not open."""
        if target is None:
            return SearchIndex.of(dataset.store)
        if not os.access(target.path, os.W_OK):
            return open_index(target, view)
        if not index_path(target, view).exists():
            self._make(view, target)
        return open_index(target, view)

    def _make(self, view: str, target: GenerationStore) -> None:
        """Have a process of its own make an index, and wait for it for a while.

        :raises NotYetError: it takes longer.
        """
        process = self._making.get(view)
        if process is None:
            command = [sys.executable, "-c", _PROGRAM, str(target.path), view]
            process = self._making[view] = subprocess.Popen(command)  # noqa: S603 - of our own
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        try:
            code = process.wait(_WAIT_S)
        except subprocess.TimeoutExpired:
            raise NotYetError("the index of this search is being made: try again soon") from None
        del self._making[view]
        if code:
            _LOG.error("the process that makes the index of %s ended with %s", view, code)
