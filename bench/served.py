"""Run our own server beside a measurement."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from measuring import ROOT

START: Final = "from kmgraph_server.cli import serve; serve()"
#: How long the server may take to end.
_WAIT_S: Final = 60


@contextmanager
def serving(store: Path, *options: str) -> Iterator[str]:
    """Serve a store on a free port of the loopback, and give host and port."""
    process = subprocess.Popen(
        [sys.executable, "-c", START, "--store", str(store), "--port", "0", *options],
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'server'}",
            "PYTHONUNBUFFERED": "1",
        },
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield urlsplit(line.split()[2]).netloc
    finally:
        process.terminate()
        process.wait(_WAIT_S)
