"""The server that is attacked: a process of its own on a store of its own, and how it fares."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from kmgraph.access.tokens import TokenRegister
from kmgraph.bundles.files import example_path
from kmgraph.pipeline import build
from kmgraph.stores.generations import GenerationStore

#: Limits of the server, small enough for attacks to reach them soon.
TIMEOUT_S = 2.0
MEMORY_BYTES = 400_000_000
WORKERS = 2
ROW_LIMIT = 100_000
WAIT_S = 3.0
#: Settings of the server, as variables of its environment.
SETTINGS = {
    "KMGRAPH_QUERY_TIMEOUT_S": str(TIMEOUT_S),
    "KMGRAPH_QUERY_MEMORY_BYTES": str(MEMORY_BYTES),
    "KMGRAPH_WORKERS": str(WORKERS),
    "KMGRAPH_ROW_LIMIT": str(ROW_LIMIT),
    "KMGRAPH_WAIT_S": str(WAIT_S),
    "KMGRAPH_VALIDATE_WRITES": "false",
}
_SERVE = "from kmgraph_server.cli import serve; serve()"
JSON = "application/sparql-results+json"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; one that did not come, or not to its end, has the status 0."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Target:
    """A server on the CLAHRC-NDL example, with tokens.

    :param folder: an empty folder for its store and its log.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, folder / "store"
        GenerationStore.create(self.store)
        build([example_path("clahrc-ndl")], self.store)
        self.token = TokenRegister(self.store).create("attacker", {"read", "write", "admin"})
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start the process, at the port that it had before where there was one."""
        self.log = (self.folder / "server.log").open("ab")
        self.output = (self.folder / "server.out").open("wb")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", _SERVE),
                *("--store", str(self.store), "--port", str(self.port)),
            ],
            stdout=self.output,
            stderr=self.log,
            env={**os.environ, **SETTINGS, "PYTHONUNBUFFERED": "1"},
        )
        line = self._announced()
        if "http://" not in line:
            raise RuntimeError(f"the server did not start: see {self.folder / 'server.log'}")
        address = urlsplit(line.split()[2])
        self.host, self.port = str(address.hostname), int(address.port or 0)

    def stop(self) -> int:
        """Stop the process as its keeper would, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self._let_go()
        return code

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait(30)
        self._let_go()

    def _let_go(self) -> None:
        """Close what the process was heard through."""
        self.output.close()
        self.log.close()

    def _announced(self) -> str:
        """Return what the process says first, or nothing if it ends or says nothing."""
        for _ in range(300):
            lines = (self.folder / "server.out").read_text().splitlines()
            if lines or self.process.poll() is not None:
                return "".join(lines[:1])
            time.sleep(0.1)
        return ""

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30,
    ) -> Reply:
        """Send a request and read the whole answer."""
        start = time.perf_counter()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            content = answer.read()
            return Reply(
                answer.status, dict(answer.getheaders()), content, time.perf_counter() - start
            )
        except (OSError, http.client.HTTPException):
            return Reply(0, {}, b"", time.perf_counter() - start)
        finally:
            connection.close()

    def ask(self, query: str, timeout_s: float = 30, **parameters: str) -> Reply:
        """Ask a query by GET, or by POST where it is long."""
        if len(query) < 4_000:
            text = urlencode({"query": query, **parameters})
            return self.request("GET", f"/sparql?{text}", None, {"Accept": JSON}, timeout_s)
        headers = {"Accept": JSON, "Content-Type": "application/sparql-query"}
        return self.request("POST", "/sparql", query.encode(), headers, timeout_s)

    def update(self, text: str, timeout_s: float = 120) -> Reply:
        """Send an update with the token."""
        headers = {
            "Content-Type": "application/sparql-update",
            "Authorization": f"Bearer {self.token}",
        }
        return self.request("POST", "/update", text.encode(), headers, timeout_s)

    def count(self, query: str) -> int | None:
        """Return the number that a query yields as ``?n``, or None where there is no answer."""
        reply = self.ask(query)
        if reply.status != 200:
            return None
        return int(json.loads(reply.body)["results"]["bindings"][0]["n"]["value"])

    def children(self) -> list[int]:
        """Return the ids of the processes that the server started."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError, IndexError):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    if parent == self.process.pid:
                        found.append(int(entry.name))
        return sorted(found)

    def memory_bytes(self) -> int:
        """Return the resident memory of the server and its processes."""
        total = 0
        for pid in [self.process.pid, *self.children()]:
            with suppress(OSError, IndexError):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                total += pages * os.sysconf("SC_PAGE_SIZE")
        return total

    def busy_s(self, seconds: float) -> float:
        """Return the processor time that the server and its processes take in some seconds."""
        before = self._processor_s()
        time.sleep(seconds)
        return self._processor_s() - before

    def _processor_s(self) -> float:
        """Return the processor time so far."""
        total = 0.0
        for pid in [self.process.pid, *self.children()]:
            with suppress(OSError, IndexError):
                parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")
        return total
