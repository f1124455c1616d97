"""A process that evaluates queries, one after the other, until its pool is gone.

It is started by :mod:`kmgraph.execution.process` with the number of an open socket. What it is
sent and what it answers is in :mod:`kmgraph.execution.messages`.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from kmgraph.errors import EngineFailedError, KmGraphError, QueryMemoryError
from kmgraph.execution.evaluating import OpenViews, Written, evaluate
from kmgraph.execution.framing import ConnectionEndedError, receive_message, send_message
from kmgraph.execution.limits import Limits
from kmgraph.execution.messages import error_to_json, job_from_json

#: Exit code after which the pool says that memory ran out; see :mod:`kmgraph.execution.process`.
_MEMORY_EXIT: Final = 86
#: A worker that has kept more memory than this after a query, beside what it began with, is
#: replaced.
_KEEP_BELOW_BYTES: Final = 300_000_000
#: How often memory is looked at where the system sets no limit to it.
_WATCH_S: Final = 0.1


def main(descriptor: int, memory_bytes: int) -> None:
    """Answer what comes through a socket.

    :param descriptor: number of the socket.
    :param memory_bytes: most memory that any query may take.
    """
    # Ctrl+C is for the process that serves: it stops its workers when it has answered.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A core file of an aborted query would hold all of its memory.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    memory = MemoryLimit(memory_bytes)
    with socket.socket(fileno=descriptor) as connection:
        serve(connection, OpenViews(), memory)


def serve(connection: socket.socket, views: OpenViews, memory: MemoryLimit) -> None:
    """Answer what comes through a socket, until its other end is closed.

    Queries are evaluated by a thread that is not the main one, and that another takes the place of
    once the pool has lowered its priority: the system never lets it be raised again.
    """
    with memory.lifted():
        threading.Thread(target=_watch, args=(connection, memory), daemon=True).start()
    while True:
        ended: list[bool] = []
        with memory.lifted():
            seat = threading.Thread(target=_sit, args=(connection, views, memory, ended))
            seat.start()
        seat.join()
        if ended:
            return


def _sit(
    connection: socket.socket, views: OpenViews, memory: MemoryLimit, ended: list[bool]
) -> None:
    """Answer jobs until nobody asks any more, or until the priority of this thread is lowered.

    :param ended: gets a member when nobody asks any more.
    """
    usual = _niceness()
    try:
        while _niceness() == usual:
            _answer_next(connection, views, memory)
    except ConnectionEndedError:
        ended.append(True)
    except BaseException:
        ended.append(True)
        raise


def _niceness() -> int:
    """Return how much of the processor this thread leaves to others; the same for all on macOS."""
    return os.getpriority(os.PRIO_PROCESS, 0)


def _answer_next(connection: socket.socket, views: OpenViews, memory: MemoryLimit) -> None:
    """Answer the next job."""
    job, limits = job_from_json(receive_message(connection))
    send_message(connection, {"accepted": True, "thread": threading.get_native_id()})
    started = time.perf_counter()
    try:
        with memory.lifted():
            view = views.view(job)
        memory.set(limits.memory_bytes)
        written = evaluate(job, limits, view)
    except BaseException as error:
        message = error_to_json(_known(error, limits))
        # What is neither ours nor MemoryError is a fault, perhaps of native code that is now in
        # no known state.
        is_spent = not isinstance(error, KmGraphError)
        send_message(connection, message | {"is_spent": is_spent or memory.is_exceeded()})
        return
    with written.sink:
        _send(connection, written, time.perf_counter() - started, is_large=memory.is_exceeded())


def _send(connection: socket.socket, written: Written, seconds: float, *, is_large: bool) -> None:
    """Send a result: its bytes, or the open file that holds them."""
    sink = written.sink
    header: dict[str, Any] = {
        "form": written.form,
        "rows": written.rows,
        "length": sink.length,
        "seconds": seconds,
        "is_inline": sink.is_inline,
        "is_spent": is_large,
    }
    send_message(connection, header, sink.inline_bytes())
    if not sink.is_inline:
        socket.send_fds(connection, [b"f"], [sink.fileno()])


def _known(error: BaseException, limits: Limits) -> KmGraphError:
    """Return an error as one that the asker can be told."""
    if isinstance(error, KmGraphError):
        return error
    if isinstance(error, MemoryError):
        return QueryMemoryError(limits.memory_bytes)
    traceback.print_exception(error, file=sys.stderr)
    return EngineFailedError(
        f"the query failed for a reason that is not its own ({type(error).__name__}): the log "
        "says more"
    )


class MemoryLimit:
    """The limit to the memory that a query may take, kept by the system where it can.

    Linux counts private memory that can be written to (``RLIMIT_DATA``); macOS takes the limit
    and does not keep it, so there the process watches itself.

    :param most_bytes: what no query may go above.
    """

    def __init__(self, most_bytes: int) -> None:
        self.is_kept_by_system = sys.platform == "linux"
        self._most_bytes = most_bytes
        self._own_bytes = self._counted_bytes()
        #: More than this a worker should not keep.
        self.keep_below_bytes = memory_bytes() + _KEEP_BELOW_BYTES
        #: Memory that the process may have, in bytes.
        self.limit_bytes = self._own_bytes + most_bytes

    def set(self, query_bytes: int) -> None:
        """Set the limit for the next query."""
        self._limit_to(self._own_bytes + min(query_bytes, self._most_bytes))

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Set no limit for a while; the memory that is taken meanwhile counts for no query.

        To open a view the engine starts threads, some for a moment, and all of their stacks
        count; it ends the process when it gets none.
        """
        self._limit_to(sys.maxsize)
        before = self._counted_bytes()
        try:
            yield
        finally:
            self._own_bytes += max(0, self._counted_bytes() - before)

    def is_exceeded(self) -> bool:
        """Say whether so much memory was kept that a new process should take the place of this."""
        return memory_bytes() > self.keep_below_bytes

    def _limit_to(self, limit_bytes: int) -> None:
        """Set the limit."""
        self.limit_bytes = limit_bytes
        if self.is_kept_by_system:
            resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, resource.RLIM_INFINITY))

    def _counted_bytes(self) -> int:
        """Return the memory that the limit counts."""
        return _data_bytes() if self.is_kept_by_system else memory_bytes()


def _data_bytes() -> int:
    """Return the size of what RLIMIT_DATA counts of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[5]) * resource.getpagesize()


def memory_bytes() -> int:
    """Return the memory of this process; where the system does not say, the most it ever had.

    >>> memory_bytes() > 1_000_000
    True
    """
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _watch(connection: socket.socket, memory: MemoryLimit) -> None:
    """End this process when its pool is gone or, where nobody else does, for its memory.

    The pool closes its end of the socket by ending, however it ends; a query that is running then
    has nobody left to answer.
    """
    poll = select.poll()
    poll.register(connection.fileno(), 0)
    timeout_ms = None if memory.is_kept_by_system else _WATCH_S * 1000
    while not poll.poll(timeout_ms):
        if memory_bytes() > memory.limit_bytes:
            os._exit(_MEMORY_EXIT)
    os._exit(0)
