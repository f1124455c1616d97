"""The process in which pySHACL works, kept between one validation and the next.

Starting Python, reading the shapes and parsing their queries takes pySHACL two seconds, which is
more than it takes to check a small graph. So whoever validates again finds the process ready.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import kmgraph
from kmgraph.errors import ShapesError

#: A process that has grown larger than this does no other validation.
_KEEP_BELOW_BYTES: Final = 400_000_000
_TAIL_BYTES: Final = 4_000


#: Folder in which this very kmgraph is found.
_HOME: Final = Path(kmgraph.__file__).resolve().parent.parent


class _GoneError(Exception):
    """The process ended before it answered."""


class ValidationProcess:
    """A process that validates, one graph after the other; threads take turns.

    It is started by the first validation, and again after it was ended or has grown large. It
    ends with the process that started it.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._said: Any = None
        #: Process that started it; after a fork it is not ours to use.
        self._owner = 0

    @property
    def pid(self) -> int | None:
        """Id of the process, or None where none is running."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def validate(self, data: Path, report: Path, shapes: Sequence[Path], timeout_s: float) -> None:
        """Validate a graph and write the report.

        :param data: N-Triples file.
        :param report: N-Triples file to write.
        :param shapes: Turtle files.
        :param timeout_s: longest time, the wait for others included.
        :raises ShapesError: the shapes are wrong, or it failed or took too long.
        """
        until = time.monotonic() + timeout_s
        if not self._turn.acquire(timeout=timeout_s):
            raise _too_long(timeout_s)
        try:
            asked = [str(path.resolve()) for path in (data, report, *shapes)]
            is_kept = self.pid is not None
            try:
                answer = self._ask(self._running(), asked, until, timeout_s)
            except _GoneError:
                if not is_kept:
                    raise
                # It may have ended before it was asked, and asking again does no harm.
                answer = self._ask(self._running(), asked, until, timeout_s)
            if answer["bytes"] > _KEEP_BELOW_BYTES:
                self._end()
            if answer["problem"]:
                raise ShapesError(f"validation failed: {answer['problem']}")
        except _GoneError as error:
            raise ShapesError(f"validation failed: {error}") from None
        finally:
            self._turn.release()

    def _running(self) -> subprocess.Popen[bytes]:
        """Return the process, started where there is none."""
        if self._owner != os.getpid():
            self._process, self._owner = None, os.getpid()
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._said = tempfile.TemporaryFile()
            self._process = subprocess.Popen(
                # -P keeps modules of the current folder from standing in for real ones.
                [sys.executable, "-P", "-m", "kmgraph.validation.worker"],
                env=_environment(),
                # The folder that this process works in may be removed while the other is kept.
                cwd=_HOME,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
            )
        return self._process

    def _ask(
        self, process: subprocess.Popen[bytes], asked: list[str], until: float, timeout_s: float
    ) -> dict[str, Any]:
        """Return the answer of the process, which is ended where it gives none.

        :raises _GoneError: it ended by itself.
        """
        try:
            assert process.stdin and process.stdout  # noqa: S101 - for the type checker
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            process.stdin.flush()
            line = _line(process.stdout.fileno(), until)
        except (TimeoutError, KeyboardInterrupt) as error:
            self._end()
            if isinstance(error, KeyboardInterrupt):
                raise
            raise _too_long(timeout_s) from None
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            raise _GoneError(self._end())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> str:
        """End the process, and return why it may have ended by itself."""
        process, self._process = self._process, None
        if process is None:
            return "it was ended"
        with suppress(OSError):
            if process.stdin:
                process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            # A process that ended by itself has a reason, which a signal would hide.
            process.wait(0.2)
        process.kill()
        code = process.wait()
        if process.stdout:
            process.stdout.close()
        with self._said as said:
            said.seek(max(said.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
            return _reason(code, said.read().decode(errors="replace"))

    def close(self) -> None:
        """End the process, unless another thread is at it."""
        if self._owner == os.getpid() and self._turn.acquire(blocking=False):
            try:
                if self._process is not None:
                    self._process.kill()
                self._end()
            finally:
                self._turn.release()


def _line(descriptor: int, until: float) -> bytes:
    """Return what can be read up to the end of a line, or to the end.

    :raises TimeoutError: there is no end in time.
    """
    parts = b""
    while not parts.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(until - time.monotonic(), 0))
        if not ready:
            raise TimeoutError
        part = os.read(descriptor, 65_536)
        if not part:
            break
        parts += part
    return parts


def _too_long(timeout_s: float) -> ShapesError:
    """Return the error for a validation that takes too long."""
    return ShapesError(
        f"validation took longer than {timeout_s:g} s and was stopped: "
        "validate fewer datasets at once, or allow more time"
    )


def _environment() -> dict[str, str]:
    """Return the environment of the worker, in which this very kmgraph is found."""
    here = str(_HOME)
    inherited = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, inherited]))}


def _reason(returncode: int, stderr: str) -> str:
    """Return why the worker failed: the last thing it said, or what ended it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    said = lines[-1] if lines else "it said nothing"
    if returncode < 0:
        return f"the process was ended by {signal.Signals(-returncode).name}; last line: {said}"
    return said


#: The process that this one validates with.
PROCESS: Final = ValidationProcess()
atexit.register(PROCESS.close)
