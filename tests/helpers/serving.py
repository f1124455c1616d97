"""A server in a process of its own, as people start it, and plain requests to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

from kmgraph.stores.generations import GenerationStore

ROOT = Path(__file__).resolve().parents[2]
START = "from kmgraph_server.cli import serve; serve()"
TIMEOUT_S = 60
#: A product of everything with everything: as good as endless where there are 3,000 triples.
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != ?f) }"


@dataclass(frozen=True)
class Reply:
    """An answer as it came over the socket."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        """Return what the body says."""
        return json.loads(self.body)


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    port: int
    errors: IO[str]

    def get(
        self, path: str, *, method: str = "GET", body: str | None = None, **headers: str
    ) -> Any:
        """Send one request; header names are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, path, body, named)
            return read(connection)

    def connect(self) -> http.client.HTTPConnection:
        """Return a new connection."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)

    def workers(self) -> list[int]:
        """Return the ids of its child processes."""
        found: list[int] = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            # A thread may end while the others are looked at.
            with contextlib.suppress(FileNotFoundError):
                found += map(int, (task / "children").read_text(encoding="ascii").split())
        return found

    def end(self) -> tuple[int, str]:
        """Wait for its end, and return its exit code and what it wrote to standard error."""
        code = self.process.wait(TIMEOUT_S)
        self.errors.seek(0)
        return code, self.errors.read()


def read(connection: http.client.HTTPConnection) -> Reply:
    """Return the answer that comes over a connection."""
    response = connection.getresponse()
    return Reply(response.status, response.headers, response.read())


def asking(query: str, **more: str) -> str:
    """Return the path of a query."""
    return "/sparql?" + urlencode({"query": query, **more})


def until(is_so: Callable[[], Any]) -> Any:
    """Wait for something, and return it."""
    end = time.monotonic() + TIMEOUT_S
    while not (found := is_so()):
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)
    return found


def make_store(path: Path, number: int = 3_000) -> GenerationStore:
    """Return a store with so many triples."""
    store = GenerationStore.create(path)
    file = path.parent / f"{path.name}.nq"
    lines = (f'<urn:s{n}> <urn:p> "{n}" <{store.base}graph/numbers> .\n' for n in range(number))
    file.write_text("".join(lines), encoding="utf-8")
    with store.begin(reason="test") as writer:
        writer.replace_graph("numbers", file)
        writer.publish()
    return store


@contextlib.contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[Server]:
    """Serve with some options of the command line at a free port, and end it in any case."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "server")])
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", START, "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **environment},
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith("Serving at "):
                errors.seek(0)
                raise AssertionError(line + errors.read())
            port = int(line.split()[2].rstrip("/").rpartition(":")[2])
            yield Server(process, port, errors)
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=TIMEOUT_S)
