"""Views in memory: the side of the pool, and whether there is room for one."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from kmgraph.errors import EngineFailedError
from kmgraph.execution.framing import ConnectionEndedError, receive_message, send_message
from kmgraph.execution.starting import start

#: Where queries are evaluated: on disk, in memory, or by what there is room for.
MODES: Final = ("auto", "disk", "memory")
#: Smaller views are read from disk as quickly, once the system has read them.
LEAST_QUADS: Final = 200_000
#: Memory of a quad in the engine's own store, in bytes, as measured with long and short texts.
QUAD_BYTES: Final = 420
#: Part of the free memory that all processes with a view in memory may take together.
_SHARE: Final = 0.6
#: Longest time for a fork, in seconds.
_FORK_S: Final = 5.0


def has_room(quads: int, processes: int, available_bytes: int | None) -> bool:
    """Say whether a view may be held in memory.

    A fork comes to own nearly all of the memory that it begins with, since it counts references
    there; so each process counts for a whole view.

    :param quads: number of quads of the view, its default graph included.
    :param processes: number of processes that would hold it.
    :param available_bytes: memory that is free; None where the system does not tell.

    >>> has_room(1_000_000, 4, 24_000_000_000), has_room(20_000_000, 4, 24_000_000_000)
    (True, False)
    >>> has_room(1_000, 4, 24_000_000_000), has_room(1_000_000, 4, None)
    (False, False)
    """
    if available_bytes is None or quads < LEAST_QUADS:
        return False
    return quads * QUAD_BYTES * processes <= _SHARE * available_bytes


def available_bytes() -> int | None:
    """Return the memory that is free for new processes; None where the system does not tell.

    >>> (available_bytes() or 1) > 0
    True
    """
    found: list[int] = []
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        found.append(int(line.split()[1]) * 1024)
    group = Path("/sys/fs/cgroup")
    with suppress(OSError, ValueError):
        most = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
        found.append(max(0, most - used))
    return min(found, default=None)


class Nursery:
    """A process that loads a view into memory and forks workers that have it.

    :param view_path: directory of the view.
    :param most_bytes: most memory that any query may take.
    """

    def __init__(self, view_path: Path, most_bytes: int) -> None:
        self.view_path = view_path
        #: Memory of the process with its view, in bytes; 0 until it is loaded.
        self.bytes = 0
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        self._connection, theirs = socket.socketpair()
        self._asking = threading.Lock()
        with theirs:
            self._process = start(
                "kmgraph.execution.nursery", theirs, most_bytes, self._errors, str(view_path)
            )

    def await_loaded(self) -> bool:
        """Wait until the view is in memory, and say whether it is."""
        with self._asking:
            try:
                self.bytes = int(receive_message(self._connection)["bytes"])
            except (ConnectionEndedError, OSError):
                return False
        return True

    def fork(self, theirs: socket.socket, errors: IO[bytes]) -> ForkedProcess:
        """Return a new worker that has the view.

        :param theirs: its end of the socket.
        :param errors: where its error output goes.
        :raises EngineFailedError: the process forks no more.
        """
        with self._asking:
            try:
                self._connection.settimeout(_FORK_S)
                send_message(self._connection, {"fork": True})
                socket.send_fds(self._connection, [b"f"], [theirs.fileno(), errors.fileno()])
                pid = int(receive_message(self._connection, lambda: _FORK_S)["pid"])
                self._connection.settimeout(_FORK_S)
                _, descriptors, _, _ = socket.recv_fds(self._connection, 1, 1)
                if not descriptors:  # it ended once it had forked
                    raise ConnectionEndedError
            except (ConnectionEndedError, OSError) as error:
                raise EngineFailedError("no worker with the view in memory was forked") from error
        return ForkedProcess(pid, descriptors[0], self)

    def exit_code(self, pid: int) -> int | None:
        """Return how a fork that has ended did so, or None where nobody knows."""
        with self._asking, suppress(ConnectionEndedError, OSError):
            send_message(self._connection, {"exit": pid})
            code: int | None = receive_message(self._connection, lambda: _FORK_S)["code"]
            return code
        return None

    def last_words(self) -> str:
        """Return what the process wrote to its error output."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")[-1_000:]

    def end(self) -> None:
        """End the process; workers that it forked go on until their pool ends them."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_FORK_S)
        # Whoever waits for it sees its end.
        with self._asking:
            self._connection.close()
            self._errors.close()


class ForkedProcess:
    """A worker that is not a child of this process, with what is used of a child.

    :param pid: its number.
    :param handle: what the system knows it by, whatever becomes of its number.
    :param nursery: its parent.
    """

    def __init__(self, pid: int, handle: int, nursery: Nursery) -> None:
        self.pid = pid
        self._handle, self._nursery = handle, nursery
        self._code: int | None = None
        self._is_ended = False
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Return how it ended, or None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it at once."""
        with self._lock, suppress(ProcessLookupError):
            # Once it has ended, its handle may stand for another file.
            if not self._is_ended:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def wait(self, timeout_s: float) -> int | None:
        """Return how it ended: its exit code, or a signal as a negative number.

        :raises subprocess.TimeoutExpired: it is still running.
        """
        if self._is_ended:
            return self._code
        waiting = select.poll()
        waiting.register(self._handle, select.POLLIN)
        if not waiting.poll(timeout_s * 1000):
            raise subprocess.TimeoutExpired("worker", timeout_s)
        with self._lock:
            if not self._is_ended:
                code = self._nursery.exit_code(self.pid)
                # Nobody is left to tell where the parent is gone.
                self._code = -signal.SIGKILL if code is None else code
                self._is_ended = True
                os.close(self._handle)
        return self._code
