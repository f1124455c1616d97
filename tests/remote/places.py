"""Servers that the tests of endpoints start, each a process of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

START_S = 60
ROOT = Path(__file__).resolve().parents[2]
#: Programs of a package stand beside the Python that runs the tests.
PROGRAMS = Path(sys.executable).parent
KINDS = ("kmgraph", "oxigraph", "rdflib-endpoint")


def free_port() -> int:
    """Return a port of the loopback address that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """Run a server until it is not needed; give control back when it listens."""
    log = folder / f"server-{port}.log"
    with log.open("wb") as output:
        paths = os.pathsep.join([str(ROOT), str(ROOT / "server")])
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            deadline = time.monotonic() + START_S
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(START_S)


def _listens(port: int) -> bool:
    """Say whether somebody listens to a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def oxigraph(folder: Path, *files: Path) -> Iterator[str]:
    """Serve files with Oxigraph's own server; give the address of its endpoint."""
    program = PROGRAMS / "oxigraph"
    if not program.is_file():
        pytest.skip("oxigraph is not installed")
    port, data = free_port(), folder / f"oxigraph-{free_port()}"
    data.mkdir()
    for file in files:
        load = [str(program), "load", "--location", str(data), "--file", str(file)]
        subprocess.run(load, check=True, capture_output=True, timeout=START_S)
    address = f"127.0.0.1:{port}"
    command = [str(program), "serve", "--location", str(data), "--bind", address]
    with running(command, port, folder):
        yield f"http://{address}/query"
    shutil.rmtree(data)


@contextlib.contextmanager
def rdflib_endpoint(folder: Path, file: Path) -> Iterator[str]:
    """Serve a file with rdflib-endpoint; give the address of its endpoint."""
    if importlib.util.find_spec("rdflib_endpoint") is None:
        pytest.skip("rdflib-endpoint is not installed")
    port = free_port()
    program = [str(PROGRAMS / "rdflib-endpoint"), "serve", str(file)]
    command = [*program, "--host", "127.0.0.1", "--port", str(port), "--enable-update"]
    with running(command, port, folder):
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def kmgraph_server(folder: Path, store: Path, **settings: object) -> Iterator[str]:
    """Serve a store with our own server; give the address of its endpoint."""
    port = free_port()
    given = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    code = (
        "from pathlib import Path; from kmgraph_server import ServerConfig, serve; "
        f"serve(ServerConfig(store=Path({str(store)!r}), host='127.0.0.1', port={port}, {given}))"
    )
    with running([sys.executable, "-c", code], port, folder):
        yield f"http://127.0.0.1:{port}/sparql"
