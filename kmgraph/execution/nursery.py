"""A process that holds a view in memory and forks workers that have it from the start.

It runs no thread but its own, so that what it forks is whole. The view comes through a pipe from a
child that reads it from disk and ends. It is started by :mod:`kmgraph.execution.memory`.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path
from typing import IO, Final, cast

import pyoxigraph as ox

from kmgraph.execution.evaluating import OpenViews
from kmgraph.execution.framing import ConnectionEndedError, receive_message, send_message
from kmgraph.execution.worker import MemoryLimit, memory_bytes, serve
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.stores.oxigraph import OxigraphStore

#: What a fork is given: its socket, and the file for its last words.
_DESCRIPTORS: Final = 2
#: How much of the processor reading from disk leaves to others, as nice(1) counts.
_NICENESS: Final = 10
#: Rest after each moment of loading, as a part of it, and the shortest one, in seconds.
_RESTING: Final = 0.5
_SHORTEST_REST_S: Final = 0.002


def main(descriptor: int, most_bytes: int, view_path: str) -> None:
    """Load a view, and fork workers for as long as the pool wants some.

    :param descriptor: number of the socket to the pool.
    :param most_bytes: most memory that any query may take.
    :param view_path: directory of the view.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with socket.socket(fileno=descriptor) as connection:
        views = OpenViews()
        views.adopt(Path(view_path), lambda: load(view_path))
        gc.collect()
        # What is here stays, and the collectors of forks need not touch it.
        gc.freeze()
        if (threads := len(os.listdir("/proc/self/task"))) != 1:
            raise RuntimeError(f"{threads} threads run, and only one can be forked")
        try:
            send_message(connection, {"bytes": memory_bytes()})
            while True:
                _obey(connection, views, most_bytes)
        except ConnectionEndedError:
            return


def load(view_path: str) -> OxigraphStore:
    """Return a view as a store in memory.

    :param view_path: directory of the view.
    :raises RuntimeError: the view cannot be read.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _pour(view_path, writing)
    os.close(writing)
    store = ox.Store()
    with os.fdopen(reading, "rb") as quads:
        store.bulk_load(cast("IO[bytes]", _Unhurried(quads)), format=ox.RdfFormat.N_QUADS)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError(f"{view_path}: the view cannot be read")
    return OxigraphStore(store, DEFAULT_BASE)


class _Unhurried:
    """A file whose reader rests for a part of the time, so that others are answered meanwhile.

    Its priority cannot be lowered: what it forks would keep that.

    :param file: the file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._since = time.monotonic()
        self._rest_s = 0.0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        self._rest_s += (time.monotonic() - self._since) * _RESTING
        if self._rest_s > _SHORTEST_REST_S:
            time.sleep(self._rest_s)
            self._rest_s = 0.0
        data = self._file.read(size)
        self._since = time.monotonic()
        return data


def _pour(view_path: str, writing: int) -> None:
    """Write all quads of a view to a pipe, and end this process."""
    code = 1
    try:
        os.nice(_NICENESS)
        with os.fdopen(writing, "wb") as quads:
            ox.Store.read_only(view_path).dump(quads, format=ox.RdfFormat.N_QUADS)
        code = 0
    finally:
        os._exit(code)


def _obey(connection: socket.socket, views: OpenViews, most_bytes: int) -> None:
    """Do what the pool asks for next.

    :raises ConnectionEndedError: the pool is gone.
    """
    asked = receive_message(connection)
    if "exit" in asked:
        send_message(connection, {"code": _exit_code(int(asked["exit"]))})
        return
    _, descriptors, _, _ = socket.recv_fds(connection, 1, _DESCRIPTORS)
    if len(descriptors) != _DESCRIPTORS:
        raise ConnectionEndedError
    child = os.fork()
    if not child:
        connection.close()
        _work(descriptors, views, most_bytes)
    for number in descriptors:
        os.close(number)
    handle = os.pidfd_open(child)
    try:
        send_message(connection, {"pid": child})
        socket.send_fds(connection, [b"p"], [handle])
    finally:
        os.close(handle)


def _work(descriptors: list[int], views: OpenViews, most_bytes: int) -> None:
    """Be a worker until the pool is gone, and end this process."""
    code = 1
    try:
        theirs, errors = descriptors
        os.dup2(errors, 2)
        os.close(errors)
        with socket.socket(fileno=theirs) as connection:
            serve(connection, views, MemoryLimit(most_bytes))
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _exit_code(child: int) -> int | None:
    """Return how a fork ended, which is waited for; None where there is none."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except ChildProcessError:
        return None
