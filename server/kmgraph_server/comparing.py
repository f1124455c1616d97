"""Compare two generations in a process of its own, which is stopped when it takes too long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Final

from kmgraph.errors import BusyError, EngineFailedError, QueryTimeoutError, ResultLimitError
from kmgraph.stores.tombstones import TOMBSTONES_FILE

#: Where an application keeps what compares for it.
COMPARING: Final = "kmgraph-comparisons"
#: Comparisons that are remembered, and the longest that is, in bytes.
_MOST_KEPT: Final = 16
_LONGEST_KEPT_BYTES: Final = 1_000_000
#: By how much the process gives way to others.
_NICENESS: Final = 10


class Comparisons:
    """Compares generations of one store, one after the other.

    :param store: folder of the store.
    :param limit_s: longest time of a comparison, in seconds.
    :param limit_bytes: longest outcome.
    """

    def __init__(self, store: Path, limit_s: float, limit_bytes: int) -> None:
        self._store, self._limit_s, self._limit_bytes = store, limit_s, limit_bytes
        self._turn = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._process: subprocess.Popen[bytes] | None = None

    def compare(self, old: int, new: int, view: str, *, answers: bool) -> bytes:
        """Return what ``kmgraph diff --json`` says.

        :param answers: whether the answers to the saved questions are compared too.
        :raises BusyError: another comparison is going on.
        :raises QueryTimeoutError: it takes too long.
        :raises ResultLimitError: the outcome is too long.
        """
        key = (old, new, view, answers, self._stamp())
        if (known := self._kept.get(key)) is not None:
            return known
        if not self._turn.acquire(timeout=1):
            raise BusyError("generations are being compared already: try again", retry_after_s=10)
        try:
            found = self._run(old, new, view, answers=answers)
        finally:
            self._turn.release()
        # Nothing may stay here of what was erased meanwhile.
        if len(found) <= _LONGEST_KEPT_BYTES and key[-1] == self._stamp():
            self._kept[key] = found
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def close(self) -> None:
        """End what runs."""
        if (process := self._process) is not None:
            end(process)

    def _stamp(self) -> int:
        """Return what changes when something is erased."""
        try:
            return (self._store / TOMBSTONES_FILE).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _run(self, old: int, new: int, view: str, *, answers: bool) -> bytes:
        """Have a process compare, and return what it says."""
        arguments = ["diff", str(old), str(new), "--json", "--view", view]
        arguments += ["--store", str(self._store), *(["--answers"] if answers else [])]
        with tempfile.TemporaryFile() as said:
            process = self._process = start(arguments, said.fileno(), niceness=_NICENESS)
            try:
                code = process.wait(self._limit_s)
            except subprocess.TimeoutExpired:
                raise QueryTimeoutError(self._limit_s) from None
            finally:
                end(process)
            if code:
                raise EngineFailedError("two generations could not be compared")
            if said.seek(0, os.SEEK_END) > self._limit_bytes:
                raise ResultLimitError(self._limit_bytes, "bytes")
            said.seek(0)
            return said.read()


def start(
    arguments: list[str],
    output: int = subprocess.DEVNULL,
    errors: int = subprocess.DEVNULL,
    *,
    niceness: int = 0,
) -> subprocess.Popen[bytes]:
    """Start a command of kmgraph in a session of its own, so that Ctrl+C leaves it alone.

    :param arguments: what stands after ``kmgraph``.
    :param output: number of the file that takes what it writes.
    :param errors: number of the file that takes what it says of errors.
    """
    import kmgraph

    here = str(Path(kmgraph.__file__).resolve().parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    process = subprocess.Popen(  # noqa: S603 - the command is ours, without a shell
        [sys.executable, "-P", "-m", "kmgraph", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, inherited]))},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        start_new_session=True,
    )
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, niceness)
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started, if it still runs."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
