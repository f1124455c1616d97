"""rdflib in memory, and rdflib on the engine's store (oxrdflib)."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import rdflib

from peers.base import Row, package_missing, sorted_rows


class Rdflib:
    """A graph in memory, asked by rdflib's own evaluation."""

    studies_at_most = 5_000
    package = "rdflib"

    def missing(self) -> str:
        """Return why it cannot be run here."""
        return package_missing(self.package)

    def version(self) -> str:
        """Return its version."""
        return metadata.version(self.package)

    def load(self, data: Path, folder: Path) -> None:
        """Parse the file."""
        self._graph = rdflib.Graph()
        self._graph.parse(str(data), format="nt")

    def query(self, text: str) -> list[Row]:
        """Answer a query; the text is given, as a parsed query is evaluated in Python."""
        return sorted_rows(self._graph.query(text))

    def close(self) -> None:
        """Let go of the graph."""
        self._graph.close()


class OxRdflib(Rdflib):
    """rdflib's interface in front of the engine's store on disk."""

    studies_at_most = 20_000
    package = "oxrdflib"

    def load(self, data: Path, folder: Path) -> None:
        """Load the file through the plugin's own parser."""
        self._graph = rdflib.Graph(store="Oxigraph")
        self._graph.open(str(folder / "store"), create=True)
        self._graph.parse(str(data), format="ox-nt")
