"""The dataset that is served, kept up to date without disturbing running requests.

A request leases what is current when it first needs data, and keeps it to its end. When the
store's pointer has moved, the next lease opens the new generation; the old one is closed when
its last request is done.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
from flask import Flask, current_app, g

from kmgraph.dataset import open_store
from kmgraph.errors import ConfigError, KmGraphError, StoreUnavailableError
from kmgraph.namespaces import KM
from kmgraph.stores.generations import GenerationStore
from kmgraph_server.config import ServerConfig
from kmgraph_server.pages.facts import DatasetFacts
from kmgraph_server.pages.names import Names

if TYPE_CHECKING:
    from kmgraph.dataset import DatasetCard, EvidenceDataset
    from kmgraph.questions import Catalogue

_EXTENSION: Final = "kmgraph"
_SYNTHETIC: Final = ox.NamedNode(f"{KM}synthetic")
_LOG = logging.getLogger(__name__)


class Snapshot:
    """A dataset that is open, with what pages need of it more than once.

    :ivar dataset: the dataset.
    :ivar generation: id of its generation, or None for one in memory.
    """

    def __init__(self, dataset: EvidenceDataset) -> None:
        self.dataset = dataset
        self.generation = dataset.generation
        self.users = 0

    @cached_property
    def names(self) -> Names:
        """Names and local links of its terms."""
        return Names(self.dataset.store)

    @cached_property
    def cards(self) -> list[DatasetCard]:
        """What its datasets say of themselves."""
        return self.dataset.datasets()

    @cached_property
    def is_synthetic(self) -> bool:
        """Whether its records were generated, and describe nothing real."""
        marks = self.dataset.store.quads(None, _SYNTHETIC, None, ox.DefaultGraph())
        return any(str(getattr(mark.object, "value", "")) in ("true", "1") for mark in marks)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The saved questions."""
        return self.dataset.questions

    @cached_property
    def facts(self) -> DatasetFacts:
        """What the home page says of it."""
        return DatasetFacts.read(self.dataset)


class Holder:
    """Gives out the current snapshot and takes it back.

    :param open_dataset: opens what is current.
    :param current_id: tells the id of what is current.
    """

    def __init__(
        self, open_dataset: Callable[[], EvidenceDataset], current_id: Callable[[], int | None]
    ) -> None:
        self._open_dataset, self._current_id = open_dataset, current_id
        self._lock = threading.Lock()
        self._current: Snapshot | None = None

    def acquire(self) -> Snapshot:
        """Return the current snapshot; hand it back with :meth:`release`.

        :raises StoreUnavailableError: nothing is published yet.
        """
        with self._lock:
            snapshot = self._up_to_date()
            snapshot.users += 1
            return snapshot

    def release(self, snapshot: Snapshot) -> None:
        """Take a snapshot back; one that is no longer current is closed with its last user."""
        with self._lock:
            snapshot.users -= 1
            if snapshot.users == 0 and snapshot is not self._current:
                snapshot.dataset.close()

    def close(self) -> None:
        """Close what is open, once no request uses it."""
        with self._lock:
            snapshot, self._current = self._current, None
            if snapshot is not None and snapshot.users == 0:
                snapshot.dataset.close()

    def _up_to_date(self) -> Snapshot:
        """Return the current snapshot, opened anew where the pointer has moved."""
        old = self._current
        if old is not None and old.generation == self._current_id():
            return old
        try:
            snapshot = Snapshot(self._open_dataset())
        except KmGraphError:
            if old is None:
                raise
            # An answer from the last good state is worth more than none.
            _LOG.exception("the new generation cannot be opened; still serving the old one")
            return old
        self._current = snapshot
        if old is not None and old.users == 0:
            old.dataset.close()
        return snapshot


def install(app: Flask, config: ServerConfig, dataset: EvidenceDataset | None) -> None:
    """Give the application its settings and its holder.

    :raises ConfigError: there is neither a store nor a dataset.
    """
    app.extensions[_EXTENSION] = (config, _holder(config, dataset))
    app.teardown_appcontext(_release)


def _holder(config: ServerConfig, dataset: EvidenceDataset | None) -> Holder:
    """Return the holder of a store on disk or of a dataset that is open already."""
    if dataset is not None:
        fixed = dataset
        return Holder(lambda: fixed, lambda: fixed.generation)
    if config.store is None:
        raise ConfigError("no store to serve: give its folder, or set KMGRAPH_STORE")
    path, view = config.store, config.view

    def current_id() -> int | None:
        return GenerationStore(path).current_id()

    return Holder(lambda: open_store(path, view=view), current_id)


def settings() -> ServerConfig:
    """Return the settings of the running application."""
    config: ServerConfig = current_app.extensions[_EXTENSION][0]
    return config


def holder(app: Flask) -> Holder:
    """Return the holder of an application."""
    found: Holder = app.extensions[_EXTENSION][1]
    return found


def snapshot() -> Snapshot:
    """Return the snapshot of the running request, the same one until it ends.

    :raises StoreUnavailableError: nothing is published yet.
    """
    if "snapshot" not in g:
        g.snapshot = holder(current_app).acquire()
    found: Snapshot = g.snapshot
    return found


def snapshot_if_any() -> Snapshot | None:
    """Return the snapshot of the running request, or None where there is nothing to serve."""
    try:
        return snapshot()
    except StoreUnavailableError:
        return None


def _release(error: BaseException | None) -> None:
    """Hand back the snapshot of a request."""
    leased: Snapshot | None = g.pop("snapshot", None)
    if leased is not None:
        holder(current_app).release(leased)
