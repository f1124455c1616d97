"""Queries of the metadata of a view: its counts, its catalogue and the saved questions."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from kmgraph.execution import PooledStore
from kmgraph.execution.messages import Job, Outcome
from kmgraph.metadata import is_about_metadata, metadata_at_once, used_in, write_metadata
from kmgraph.stores.base import Answer
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.oxigraph import OxigraphView


class MetadataQueries:
    """Answers the queries that are about the metadata of a view, as the endpoint does.

    The metadata are made when they are first asked, into a folder that goes with this.

    :param store: the store.
    :param view: key of the view.
    :param data: the view itself.
    :param run: evaluates a job within limits.
    """

    def __init__(
        self,
        store: GenerationStore,
        view: str,
        data: OxigraphView,
        run: Callable[[Job], Outcome],
    ) -> None:
        self._store, self._view, self._data, self._run = store, view, data, run
        self._folder = tempfile.TemporaryDirectory(prefix="kmgraph-metadata-")

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()

    def takes(self, text: str) -> bool:
        """Say whether a query is to be asked of the metadata."""
        return is_about_metadata(text, base=self._data.base, is_used=used_in(self._data))

    def query(self, text: str) -> Answer:
        """Answer a query of the metadata."""
        return self._graph.query(text)

    @cached_property
    def _graph(self) -> PooledStore:
        """Return the metadata, written down."""
        said = metadata_at_once(self._store, self._view, self._data)
        path = write_metadata(said, self._data.base, Path(self._folder.name)).path
        opened = OxigraphView(path, base=self._data.base)
        return PooledStore(opened, path, self._run, view_key=self._view)
