"""The indexes that a server looks things up in, made beside it when a view is first asked."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from kmgraph.facets import FACETED, FacetIndex
from kmgraph.search import SearchIndex
from kmgraph.search.places import INDEXED
from kmgraph.stores.beside import Beside
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.view_database import ViewDatabase
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
    "import sys; from importlib import import_module; "
    "from kmgraph.stores.generations import GenerationStore; "
    "kind = getattr(import_module(sys.argv[3]), sys.argv[4]); "
    "kind.open(GenerationStore(sys.argv[1]), sys.argv[2]).close()"
)
Made = TypeVar("Made", bound=ViewDatabase)


@dataclass(slots=True)
class _Kept(Generic[Made]):
    """An index that is open, and what it is of."""

    content: object
    index: Made


@dataclass(slots=True)
class Indexes(Generic[Made]):
    """The indexes of one kind of what one application serves.

    :ivar store: folder of the store; None where a dataset in memory is served.
    :ivar beside: how they are made and opened.
    :ivar name: module and name of that, for the process that makes them.
    :ivar said: what they are, for those who have to wait.
    """

    store: Path | None
    beside: Beside[Made]
    name: tuple[str, str]
    said: str
    _kept: dict[str, _Kept[Made]] = field(default_factory=dict)
    _making: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, view: str, dataset: EvidenceDataset) -> Made:
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

    def _made(self, view: str, dataset: EvidenceDataset, target: GenerationStore | None) -> Made:
        """Return an index that was not open."""
        if target is None:
            return self.beside.of(dataset.store, None)
        path = self.beside.path(target, view)
        if os.access(target.path, os.W_OK) and not self.beside.is_current(path):
            self._make(view, target)
        return self.beside.open(target, view)

    def _make(self, view: str, target: GenerationStore) -> None:
        """Have a process of its own make an index, and wait for it for a while.

        :raises NotYetError: it takes longer.
        """
        process = self._making.get(view)
        if process is None:
            command = [sys.executable, "-c", _PROGRAM, str(target.path), view, *self.name]
            process = self._making[view] = subprocess.Popen(command)  # noqa: S603 - of our own
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        try:
            code = process.wait(_WAIT_S)
        except subprocess.TimeoutExpired:
            raise NotYetError(f"{self.said} is being made: try again soon") from None
        del self._making[view]
        if code:
            _LOG.error("the process that makes %s of %s ended with %s", self.said, view, code)


def search_indexes(store: Path | None) -> Indexes[SearchIndex]:
    """Return the indexes that are searched by words.

    :param store: folder of the store; None where a dataset in memory is served.
    """
    return Indexes(store, INDEXED, ("kmgraph.search.places", "INDEXED"), "the index of this search")


def facet_indexes(store: Path | None) -> Indexes[FacetIndex]:
    """Return the facets that lists are narrowed by.

    :param store: folder of the store; None where a dataset in memory is served.
    """
    return Indexes(store, FACETED, ("kmgraph.facets.places", "FACETED"), "this list")
