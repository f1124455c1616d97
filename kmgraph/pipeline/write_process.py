"""The process that writes to a store for a server, and that can be ended at any moment.

``python -m kmgraph.pipeline.write_process FD STORE MEMORY_BYTES WAIT_S`` is started by
:class:`Writer`. It does one write after the other, and asks before it publishes: the answer is
the moment up to which a write can be ended without a trace.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import kmgraph
from kmgraph import errors
from kmgraph.errors import (
    BusyError,
    EngineFailedError,
    KmGraphError,
    QueryMemoryError,
    QueryStoppedError,
    QueryTimeoutError,
    StoreLockedError,
    StoreUnavailableError,
)
from kmgraph.execution.worker import MemoryLimit
from kmgraph.execution.worker import memory_bytes as used_bytes
from kmgraph.pipeline.updating import write
from kmgraph.updates import WriteRequest, WriteSummary

#: How long publishing may take. It is not ended before, because it may have taken place.
_PUBLISH_S: Final = 600.0
#: How often a store that another process writes to is looked at.
_LOOK_S: Final = 0.05
_ALLOCATION: Final = "memory allocation of"
#: A process that has kept more memory than this after a write does no other.
_KEEP_BELOW_BYTES: Final = 400_000_000
#: Errors after which a process does no other write.
_FAULTS: Final = frozenset({"EngineFailedError", "QueryMemoryError"})
_LOG: Final = logging.getLogger(__name__)


class Writer:
    """Writes to a store in a process of its own.

    The process is started by the first write, and again after it was ended. One write is done at
    a time; others wait for their turn.

    :param store_path: folder of the store.
    :param timeout_s: longest time of a write up to the moment when it is published.
    :param memory_bytes: most memory that the process may take, besides what it starts with.
    :param wait_s: longest time that a write waits for its turn, and then for another process that
        writes to the store.
    :ivar kills: number of processes that ended during a write, by reason: ``timeout``,
        ``memory`` or ``crashed``.

    It is a context manager that ends the process.
    """

    def __init__(
        self,
        store_path: str | Path,
        timeout_s: float = 60.0,
        memory_bytes: int = 1_500_000_000,
        *,
        wait_s: float = 20.0,
    ) -> None:
        self._store_path = Path(store_path).resolve()
        self._timeout_s, self._memory_bytes, self._wait_s = timeout_s, memory_bytes, wait_s
        self._turn = threading.Lock()
        self._child: _Child | None = None
        self._is_closed = False
        self.kills: Counter[str] = Counter()

    def run(self, request: WriteRequest, *, timeout_s: float | None = None) -> WriteSummary:
        """Do a write; see :func:`kmgraph.pipeline.updating.write`.

        :param timeout_s: a shorter time limit than that of all writes.
        :raises BusyError: other writes took too long to wait for.
        :raises StoreLockedError: another process wrote to the store for too long to wait for.
        :raises QueryTimeoutError: the write took too long; nothing was published.
        :raises QueryMemoryError: the write took too much memory; nothing was published.
        :raises EngineFailedError: the process ended for another reason.
        """
        limit_s = min(self._timeout_s, timeout_s or self._timeout_s)
        if not self._turn.acquire(timeout=self._wait_s):
            raise BusyError("other writes are waiting: try again in a moment", retry_after_s=5)
        try:
            if self._is_closed:
                raise StoreUnavailableError("the server is stopping: try again in a moment")
            try:
                return self._run(self._running(), request, limit_s)
            except _NotTakenError:
                # It was ended from outside before it knew of the write.
                return self._run(self._running(), request, limit_s)
        except _NotTakenError as error:
            raise EngineFailedError(str(error)) from None
        finally:
            self._turn.release()

    def _running(self) -> _Child:
        """Return the process, started where there is none."""
        if self._child is not None and not self._child.is_alive():
            self._child.end()
            self._child = None
        if self._child is None:
            self._child = _Child(self._store_path, self._memory_bytes, self._wait_s)
        return self._child

    def _run(self, child: _Child, request: WriteRequest, limit_s: float) -> WriteSummary:
        """Do a write in the process; whatever ends early ends the process too."""
        try:
            kind, content, is_spent = child.write(request, limit_s)
        except BaseException as error:
            self._child = None
            said = child.end()
            if isinstance(error, _TookTooLongError):
                self.kills["timeout"] += 1
                raise QueryTimeoutError(limit_s) from None
            if not isinstance(error, EOFError | OSError):
                raise
            if self._is_closed and not child.is_publishing:
                raise QueryStoppedError(
                    "the write was stopped because the server stops; nothing of it was done"
                ) from None
            if not child.has_taken:
                _LOG.error("the process that writes ended before it began: %s", said)
                raise _NotTakenError(
                    "the process that writes ended before it began: the log of the server says why"
                ) from None
            is_memory = _ALLOCATION in said
            self.kills["memory" if is_memory else "crashed"] += 1
            if is_memory:
                raise QueryMemoryError(self._memory_bytes) from None
            raise EngineFailedError(
                "the process that writes ended before the write did: look whether the data has "
                "changed, and try again"
            ) from None
        if is_spent:
            self._child = None
            if said := child.end():
                _LOG.error("the process that writes said: %s", said)
        if kind == "error":
            raise content
        summary: WriteSummary = content
        return summary

    def close(self) -> None:
        """End the process, when the write that it is at is done."""
        with self._turn:
            self._is_closed = True
            if self._child is not None:
                self._child.end()
                self._child = None

    def stop(self) -> None:
        """End the process now; of a write that is not being published yet, nothing is done."""
        self._is_closed = True
        if (child := self._child) is not None:
            child.kill()
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _TookTooLongError(Exception):
    """A write came to the end of its time."""


class _NotTakenError(Exception):
    """The process ended before it took the write."""


class _Child:
    """The process, as its parent sees it."""

    def __init__(self, store_path: Path, memory_bytes: int, wait_s: float) -> None:
        ours, theirs = socket.socketpair()
        self._said = tempfile.TemporaryFile()
        here = str(Path(kmgraph.__file__).resolve().parent.parent)
        inherited = os.environ.get("PYTHONPATH")
        module = "kmgraph.pipeline.write_process"
        arguments = [str(theirs.fileno()), str(store_path), str(memory_bytes), str(wait_s)]
        # A session of its own, so that Ctrl+C leaves it alone and that what it starts itself, as
        # the validation, ends with it.
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours, without a shell
            [sys.executable, "-P", "-m", module, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, inherited]))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        self._connection = Connection(ours.detach())
        #: Whether the process knows of the write that it was handed last.
        self.has_taken = False
        #: Whether it was told to publish that write.
        self.is_publishing = False

    def is_alive(self) -> bool:
        """Say whether the process runs."""
        return self._process.poll() is None

    def write(self, request: WriteRequest, limit_s: float) -> tuple[str, Any, bool]:
        """Hand a write over, and return what comes of it.

        :returns: ``done`` and the summary, or ``error`` and the error; then whether the process
            should do no other write.
        :raises EOFError: the process ended.
        """
        deadline = time.monotonic() + limit_s
        self.has_taken = self.is_publishing = False
        self._connection.send(request)
        self._receive(deadline)
        self.has_taken = True
        kind, content, is_spent = self._receive(deadline)
        if kind == "ready":
            self.is_publishing = True
            self._connection.send("publish")
            try:
                kind, content, is_spent = self._receive(time.monotonic() + _PUBLISH_S)
            except _TookTooLongError:
                raise EOFError from None
        if kind == "error":
            content = _error(*content)
        return kind, content, is_spent

    def _receive(self, deadline: float) -> tuple[str, Any, bool]:
        """Return what the process sends next, after writing to the log what it says before that.

        :raises _TookTooLongError: it sends nothing in time.
        """
        while self._connection.poll(max(deadline - time.monotonic(), 0)):
            message: tuple[str, Any, bool] = self._connection.recv()
            if message[0] != "log":
                return message
            _LOG.log(*message[1])
        raise _TookTooLongError

    def kill(self) -> None:
        """Kill the process and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> str:
        """End the process and all that it started, and return the end of what it said."""
        self._connection.close()
        self.kill()
        self._process.wait()
        with self._said:
            size = self._said.seek(0, os.SEEK_END)
            self._said.seek(max(size - 4000, 0))
            return self._said.read().decode(errors="replace")


class _Forwarding(logging.Handler):
    """Hands what is logged to the parent, whose log the keeper of the server reads."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(logging.WARNING)
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        """Send what is logged as a text; it is lost where the parent has gone."""
        with suppress(OSError):
            self._connection.send(("log", (record.levelno, "%s", record.getMessage()), False))


def _described(error: KmGraphError) -> tuple[str, str, dict[str, Any]]:
    """Return what an error is made anew from."""
    return type(error).__name__, str(error), vars(error)


def _error(name: str, message: str, attributes: dict[str, Any]) -> KmGraphError:
    """Return an error of the same class and with the same attributes.

    >>> error = _error(*_described(QueryTimeoutError(3)))
    >>> type(error).__name__, error.limit_s
    ('QueryTimeoutError', 3)
    """
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, KmGraphError)):
        return EngineFailedError(message)
    error = kind.__new__(kind)
    # Not by its own __init__, which would put the message together again.
    Exception.__init__(error, message)
    vars(error).update(attributes)
    return error


def main(arguments: list[str]) -> None:
    """Do the writes that come through a socket, until it is closed.

    :param arguments: number of the socket, folder of the store, most memory in bytes and longest
        time to wait for another process that writes.
    """
    descriptor, store_path, memory_bytes, wait_s = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    memory = MemoryLimit(int(memory_bytes))
    memory.set(int(memory_bytes))
    connection = Connection(int(descriptor))
    logging.getLogger("kmgraph").addHandler(_Forwarding(connection))
    try:
        while True:
            request: WriteRequest = connection.recv()
            connection.send(("taken", None, False))
            kind, content = _answer(
                connection, Path(store_path), request, int(memory_bytes), float(wait_s)
            )
            is_fault = kind == "error" and content[0] in _FAULTS
            is_spent = is_fault or used_bytes() > _KEEP_BELOW_BYTES
            connection.send((kind, content, is_spent))
    except (EOFError, BrokenPipeError):
        return


def _answer(
    connection: Connection, store: Path, request: WriteRequest, memory_bytes: int, wait_s: float
) -> tuple[str, Any]:
    """Do a write and return what is to be sent."""

    def ask() -> None:
        """Ask whether to publish; nothing is published for a parent that has gone."""
        connection.send(("ready", None, False))
        connection.recv()

    deadline = time.monotonic() + wait_s
    while True:
        try:
            summary = write(store, request, before_publish=ask)
            return "done", summary
        except StoreLockedError as error:
            if time.monotonic() >= deadline:
                return "error", _described(error)
            time.sleep(_LOOK_S)
        except KmGraphError as error:
            return "error", _described(error)
        except MemoryError:
            return "error", _described(QueryMemoryError(memory_bytes))
        except (EOFError, BrokenPipeError):
            raise
        except Exception as error:
            traceback.print_exception(error, file=sys.stderr)
            kind = type(error).__name__
            message = f"the write failed for a reason that is not its own ({kind}): see the log"
            return "error", _described(EngineFailedError(message))


if __name__ == "__main__":
    main(sys.argv[1:])
