"""The production server, started as people start it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from kmgraph.errors import StoreError, StoreUnavailableError
from kmgraph_server import ServerConfig, serve
from kmgraph_server.cli import serve as command

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 60
START = "from kmgraph_server.cli import serve; serve()"


@pytest.fixture(scope="module")
def store(tmp_path_factory, example_copy):
    """A store on disk with the shipped example."""
    return example_copy(tmp_path_factory.mktemp("serving") / "store").path


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_answers_and_stops_cleanly(store, stop):
    """It says where it is, listens at the loopback address, and ends with 0 when told to stop."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "server")])
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", START, "--store", str(store), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
    )
    try:
        line = process.stdout.readline()
        address = line.split()[2]
        assert address.startswith("http://127.0.0.1:"), line
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{address}healthz", timeout=TIMEOUT_S) as response:
            assert response.read() == b'{"generation":1,"status":"ok"}\n'
            assert "werkzeug" not in response.headers["Server"].lower()
        with opener.open(f"{address}questions/cq-031.csv", timeout=TIMEOUT_S) as response:
            assert b"Mental Health" in response.read()
        too_long = urllib.request.Request(f"{address}sparql", b"x" * 1_000_001)
        with pytest.raises(urllib.error.HTTPError) as refused:
            opener.open(too_long, timeout=TIMEOUT_S)
        with refused.value as answer:
            assert answer.code == 413
            assert answer.headers.get_content_type() == "application/problem+json"
            assert json.loads(answer.read())["status"] == 413
        process.send_signal(stop)
        output, errors = process.communicate(timeout=TIMEOUT_S)
        assert (process.returncode, output, errors) == (0, "", "")
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=TIMEOUT_S)


def test_a_store_that_is_not_there_is_reported_before_listening(tmp_path):
    """The error says what to run."""
    with pytest.raises(StoreUnavailableError, match="kmgraph init"):
        serve(ServerConfig(store=tmp_path / "none", port=0))
    result = CliRunner().invoke(command, ["--store", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert "kmgraph init" in result.output


def test_a_port_in_use_is_reported(store):
    """The error says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StoreError, match="choose another port"):
            serve(ServerConfig(store=store, port=port), announce=list)
