"""The reference engine, pySHACL, in a process of its own.

pySHACL switches global settings of rdflib while it works, so it must not share a process with
threads that use rdflib.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import kmgraph
from kmgraph.errors import MissingExtraError, ShapesError
from kmgraph.validation.reading import read_report
from kmgraph.validation.report import Report


class PySHACLEngine:
    """Runs pySHACL on files.

    >>> PySHACLEngine().name
    'pySHACL'
    """

    name = "pySHACL"

    def validate(self, data: Path, shapes: Sequence[Path] | Path, *, timeout_s: float) -> Report:
        """Return what pySHACL finds; see :class:`kmgraph.validation.ShaclEngine`.

        :raises ShapesError: the shapes are wrong, or pySHACL failed or took too long.
        :raises MissingExtraError: pySHACL is not installed.
        """
        if importlib.util.find_spec("pyshacl") is None:
            raise MissingExtraError("pyshacl", "validate")
        files = [shapes] if isinstance(shapes, Path) else list(shapes)
        with tempfile.TemporaryDirectory(prefix="kmgraph-validation-") as folder:
            report = Path(folder) / "report.nt"
            _run([str(path.resolve()) for path in (data, report, *files)], timeout_s)
            return read_report(report)


def _run(arguments: list[str], timeout_s: float) -> None:
    """Run the worker and raise if it fails."""
    # -P keeps modules of the current folder from standing in for real ones.
    command = [sys.executable, "-P", "-m", "kmgraph.validation.worker", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours, without a shell
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ShapesError(
            f"validation took longer than {timeout_s:g} s and was stopped: "
            "validate fewer datasets at once, or allow more time"
        ) from None
    if done.returncode != 0:
        raise ShapesError(f"validation failed: {_reason(done.returncode, done.stderr)}")


def _environment() -> dict[str, str]:
    """Return the environment of the worker, in which this very kmgraph is found."""
    here = str(Path(kmgraph.__file__).resolve().parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, inherited]))}


def _reason(returncode: int, stderr: str) -> str:
    """Return why the worker failed: the last thing it said, or what ended it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    said = lines[-1] if lines else "it said nothing"
    if returncode < 0:
        return f"the process was ended by {signal.Signals(-returncode).name}; last line: {said}"
    return said
