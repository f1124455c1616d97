"""rdflib-endpoint: rdflib behind an HTTP server."""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path

from peers.base import Row, package_missing, program
from peers.http_client import Endpoint, await_port, free_port


class RdflibEndpoint:
    """``rdflib-endpoint serve FILE``: the server parses the file when it starts."""

    studies_at_most = 5_000

    def missing(self) -> str:
        """Return why it cannot be run here."""
        return package_missing("rdflib-endpoint") or package_missing("uvicorn")

    def version(self) -> str:
        """Return its version."""
        return metadata.version("rdflib-endpoint")

    def load(self, data: Path, folder: Path) -> None:
        """Serve the file, and wait until it is parsed."""
        port = free_port()
        name = str(program("rdflib-endpoint"))
        self._process = subprocess.Popen(
            [name, "serve", "--host", "127.0.0.1", "--port", str(port), str(data)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        await_port(port, limit_s=1800)
        self._endpoint = Endpoint(port, "/")

    def query(self, text: str) -> list[Row]:
        """Answer a query."""
        return self._endpoint.query(text)

    def close(self) -> None:
        """End the server."""
        self._endpoint.close()
        self._process.terminate()
        self._process.wait(60)
