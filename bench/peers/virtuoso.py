"""Virtuoso 7 from Debian: started, loaded and ended here, with its files in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from peers.base import Row
from peers.http_client import Endpoint, await_port, free_port

GRAPH: Final = "http://example.org/bench"
#: A server keeps pages of 8 kB; a quarter of the memory of the machine goes to them.
_PAGE_BYTES: Final = 8_700
_CONFIGURATION: Final = """[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000

[TempDatabase]
DatabaseFile = {folder}/temporary.db
TransactionFile = {folder}/temporary.trx

[Parameters]
ServerPort = 127.0.0.1:{isql_port}
LiteMode = 0
DisableUnixSocket = 1
ServerThreads = 20
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
DirsAllowed = {folder}
ThreadsPerQuery = 2
AsyncQueueMaxThreads = 2
VectorSize = 1000

[HTTPServer]
ServerPort = 127.0.0.1:{http_port}
ServerRoot = {folder}
MaxClientConnections = 10
HTTPThreadSize = 280000

[SPARQL]
ResultSetMaxRows = 100000000
DefaultGraph = {graph}
"""


class Virtuoso:
    """A server of its own, asked over HTTP."""

    studies_at_most = 10_000_000

    def missing(self) -> str:
        """Return why it cannot be run here."""
        if shutil.which("virtuoso-t") and shutil.which("isql-vt"):
            return ""
        return "not installed: apt-get install virtuoso-opensource-7"

    def version(self) -> str:
        """Return its version."""
        said = subprocess.run(["virtuoso-t", "-?"], capture_output=True, text=True, check=False)
        words = (said.stdout + said.stderr).split()
        return words[words.index("Version") + 1] if "Version" in words else "version unknown"

    def load(self, data: Path, folder: Path) -> float:
        """Start a server on a folder, and load the file if it was not loaded there before.

        :returns: seconds of loading, up to the checkpoint; the start is not counted.
        """
        self._start(folder)
        loaded = folder / "loaded"
        if loaded.exists():
            return 0.0
        (folder / "data.nt").symlink_to(data.resolve())
        started = time.perf_counter()
        self._isql(f"ld_dir('{folder}', 'data.nt', '{GRAPH}')")
        self._isql("rdf_loader_run()")
        self._isql("checkpoint")
        loaded_s = time.perf_counter() - started
        loaded.touch()
        return loaded_s

    def _start(self, folder: Path) -> None:
        """Start a server on a folder."""
        http_port, self._isql_port = free_port(), free_port()
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        buffers = memory // 4 // _PAGE_BYTES
        (folder / "virtuoso.ini").write_text(
            _CONFIGURATION.format(
                folder=folder,
                isql_port=self._isql_port,
                http_port=http_port,
                buffers=buffers,
                dirty=buffers * 3 // 4,
                graph=GRAPH,
            )
        )
        # One that ended itself leaves its lock behind.
        (folder / "virtuoso.lck").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            ["virtuoso-t", "+configfile", str(folder / "virtuoso.ini"), "+foreground"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        await_port(http_port, limit_s=120)
        self._endpoint = Endpoint(http_port, "/sparql", **{"default-graph-uri": GRAPH})

    def _isql(self, command: str) -> None:
        """Run a command of the server.

        :raises ValueError: the server refused it.
        """
        place = f"127.0.0.1:{self._isql_port}"
        said = subprocess.run(
            ["isql-vt", place, "dba", "dba", f"EXEC={command};"],
            capture_output=True,
            text=True,
            check=False,
        )
        if said.returncode or "***" in said.stdout + said.stderr:
            raise ValueError(f"isql: {(said.stdout + said.stderr).strip()[-300:]}")

    def query(self, text: str, names: Sequence[str] = ()) -> list[Row]:
        """Answer a query.

        :param names: the variables to return, in order; all of them where there is none.
        """
        return self._endpoint.query(text, names)

    def close(self) -> None:
        """End the server."""
        self._endpoint.close()
        self._process.terminate()
        self._process.wait(120)
