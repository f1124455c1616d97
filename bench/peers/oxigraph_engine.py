"""The engine itself, from Python: on disk after optimize(), and in memory."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from peers.base import Row, sorted_rows


class _Engine:
    """What both kinds share."""

    studies_at_most = 10_000_000
    _store: ox.Store

    def missing(self) -> str:
        """Return nothing: kmgraph needs it."""
        return ""

    def version(self) -> str:
        """Return its version."""
        return metadata.version("pyoxigraph")

    def query(self, text: str) -> list[Row]:
        """Answer a query."""
        return rows_of(self._store.query(text))

    def close(self) -> None:
        """Let go of the store."""
        del self._store


class OnDisk(_Engine):
    """A store in a folder."""

    def load(self, data: Path, folder: Path) -> None:
        """Load in bulk, and optimise."""
        self._store = ox.Store(str(folder / "store"))
        self._store.bulk_load(path=str(data), format=ox.RdfFormat.N_TRIPLES)
        self._store.optimize()


class InMemory(_Engine):
    """A store in memory; a study takes some 90 kB of it."""

    studies_at_most = 100_000

    def load(self, data: Path, folder: Path) -> None:
        """Load in bulk."""
        self._store = ox.Store()
        self._store.bulk_load(path=str(data), format=ox.RdfFormat.N_TRIPLES)


def rows_of(answer: Any) -> list[Row]:
    """Return the rows of an answer of the engine, or its triples."""
    if isinstance(answer, ox.QuerySolutions):
        size = len(answer.variables)
        found = ([row[place] for place in range(size)] for row in answer)
    else:
        found = ([triple.subject, triple.predicate, triple.object] for triple in answer)
    return sorted_rows([getattr(term, "value", None) for term in row] for row in found)
