"""kmgraph: the published view of a store, through its Python interface."""

from __future__ import annotations

from pathlib import Path

import kmgraph
from peers.base import Row, sorted_rows


class Kmgraph:
    """A store that was built by ``kmgraph build``, and is only opened here."""

    studies_at_most = 10_000_000

    def missing(self) -> str:
        """Return nothing."""
        return ""

    def version(self) -> str:
        """Return its version."""
        return str(kmgraph.__version__)

    def load(self, data: Path, folder: Path) -> None:
        """Open a store.

        :param data: folder of the store.
        """
        self._dataset = kmgraph.open_store(data)

    def query(self, text: str) -> list[Row]:
        """Answer a query."""
        found = self._dataset.query(text)
        if hasattr(found, "variables"):
            return sorted_rows([getattr(term, "value", None) for term in row] for row in found)
        return sorted_rows(
            [triple.subject.value, triple.predicate.value, getattr(triple.object, "value", "")]
            for triple in found
        )

    def close(self) -> None:
        """Let go of the store."""
        self._dataset.close()
