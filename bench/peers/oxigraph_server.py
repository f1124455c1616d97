"""Native Oxigraph: loaded and served by its own program."""

from __future__ import annotations

import subprocess
from pathlib import Path

from peers.base import Row, program
from peers.http_client import Endpoint, await_port, free_port


class OxigraphServer:
    """``oxigraph load``, ``oxigraph optimize`` and ``oxigraph serve-read-only``."""

    studies_at_most = 10_000_000

    def missing(self) -> str:
        """Return why it cannot be run here."""
        return "" if program("oxigraph") else "not installed: pip install oxigraph"

    def version(self) -> str:
        """Return its version."""
        said = subprocess.run(
            [str(program("oxigraph")), "--version"], capture_output=True, text=True
        )
        return said.stdout.split()[-1]

    def load(self, data: Path, folder: Path) -> None:
        """Load, optimise, and serve."""
        name, place = str(program("oxigraph")), str(folder / "store")
        for command in (
            [name, "load", "--location", place, "--file", str(data)],
            [name, "optimize", "--location", place],
        ):
            subprocess.run(command, check=True, capture_output=True)
        port = free_port()
        self._process = subprocess.Popen(
            [name, "serve-read-only", "--location", place, "--bind", f"127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        await_port(port)
        self._endpoint = Endpoint(port, "/query")

    def query(self, text: str) -> list[Row]:
        """Answer a query."""
        return self._endpoint.query(text)

    def close(self) -> None:
        """End the server."""
        self._endpoint.close()
        self._process.terminate()
        self._process.wait(60)
