"""owlready2: its quadstore in SQLite, with the SPARQL that it translates to SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peers.base import Row, package_missing, sorted_rows


class Owlready:
    """A world in a file. It has no CONSTRUCT."""

    studies_at_most = 20_000

    def missing(self) -> str:
        """Return why it cannot be run here."""
        return package_missing("owlready2")

    def version(self) -> str:
        """Return its version."""
        from importlib import metadata

        return metadata.version("owlready2")

    def load(self, data: Path, folder: Path) -> None:
        """Load the file into the quadstore."""
        import owlready2

        self._world: Any = owlready2.World(filename=str(folder / "quads.sqlite3"))
        with data.open("rb") as file:
            self._world.get_ontology("http://example.org/bench#").load(
                fileobj=file, format="ntriples"
            )
        self._world.save()

    def query(self, text: str) -> list[Row]:
        """Answer a query."""
        return sorted_rows(
            [getattr(value, "iri", value) for value in row]
            for row in self._world.sparql(text, error_on_undefined_entities=False)
        )

    def close(self) -> None:
        """Let go of the file."""
        self._world.close()
