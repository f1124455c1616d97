"""Keep a measured system in a process of its own, and end it when it takes too long.

What is timed is timed in that process; the answer stays there, and only its size, a digest and
its first rows come back.
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from measuring import MeasurementError, Watch
from peers.base import Row

#: Rows that come back with an answer.
_SHOWN_ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it comes back.

    :ivar wall_s: seconds until the whole answer was consumed.
    :ivar cpu_s: seconds of the processor in the hosting process.
    :ivar rows: number of rows.
    :ivar digest: equal for equal answers, whatever the order of their rows.
    :ivar first: the first rows.
    :ivar said: what else the system says of the answer.
    """

    wall_s: float
    cpu_s: float
    rows: int
    digest: str
    first: list[Row]
    said: Any = None


class Hosted:
    """A system in a process of its own.

    :param maker: makes the system there; a function of a module.
    :param argument: what the maker is given.

    A call that takes longer than its limit ends the process, and with it the system.
    """

    def __init__(self, maker: Callable[[Any], Any], argument: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(maker, argument, theirs))
        self._process.start()
        theirs.close()
        if self._process.pid is None:
            raise MeasurementError("no process could be started")
        self._pid = self._process.pid
        self.watch = Watch(self._pid)
        self.watch.__enter__()

    def call(self, method: str, *arguments: Any, limit_s: float) -> Answer:
        """Call a method of the system.

        :raises MeasurementError: it failed, or took too long; then the process is ended.
        """
        try:
            self._pipe.send((method, arguments))
            if not self._pipe.poll(limit_s):
                self.end()
                raise MeasurementError(f"no answer in {limit_s:g} s")
            done, found = self._pipe.recv()
        except (EOFError, OSError):
            self.end()
            raise MeasurementError("the process ended") from None
        if not done:
            raise MeasurementError(found)
        answer: Answer = found
        return answer

    @property
    def is_alive(self) -> bool:
        """Whether it can be called."""
        return self._process.is_alive()

    def end(self) -> None:
        """End the process, and whatever it started."""
        self.watch.__exit__()
        with contextlib.suppress(ProcessLookupError):
            # It leads a session of its own, which holds the servers that it started.
            os.killpg(self._pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()

    def close(self) -> None:
        """Let the system close itself, then end the process."""
        if self._process.is_alive():
            with contextlib.suppress(MeasurementError):
                self.call("close", limit_s=180)
        self.end()


def _serve(maker: Callable[[Any], Any], argument: Any, pipe: Connection) -> None:
    """Answer calls until the pipe is closed."""
    os.setsid()
    try:
        system = maker(argument)
        while True:
            method, arguments = pipe.recv()
            try:
                pipe.send((True, _timed(getattr(system, method), arguments)))
            except Exception as error:  # whatever it is, it is told
                pipe.send((False, f"{type(error).__name__}: {' '.join(str(error).split())[:240]}"))
    except EOFError:
        # The measuring process is gone: so is, with this one, every server that it started.
        os.killpg(os.getpid(), signal.SIGKILL)


def _timed(method: Callable[..., Any], arguments: tuple[Any, ...]) -> Answer:
    """Call a method and return what came of it."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    found = method(*arguments)
    wall_s = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if not isinstance(found, list):
        return Answer(wall_s, cpu_s, 0, "", [], found)
    return Answer(wall_s, cpu_s, len(found), digest_of(found), found[:_SHOWN_ROWS])


def digest_of(rows: list[Row]) -> str:
    """Return a text that is equal for equal rows.

    >>> digest_of([("a",), ("b",)]) == digest_of([("b",), ("a",)])
    True
    """
    found = hashlib.sha256()
    for row in sorted(rows):
        found.update(("\t".join(row) + "\n").encode())
    return found.hexdigest()[:16]


def empty_folder(parent: Path, name: str) -> Path:
    """Make an empty folder of a name that is not taken yet."""
    number = 1
    while (parent / f"{name}-{number}").exists():
        number += 1
    made = parent / f"{name}-{number}"
    made.mkdir(parents=True)
    return made
