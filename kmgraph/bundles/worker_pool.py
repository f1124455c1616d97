"""Processes that work beside this one, without a fork and without running anyone's script again.

A fork would copy the threads' locks of whoever calls, and the usual way of starting processes anew
runs the main script a second time. So each process is started as a module of its own; it takes
pickled calls on its standard input and answers on its standard output.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import kmgraph
from kmgraph.errors import KmGraphError

_MODULE: Final = "kmgraph.bundles.worker_pool"
#: How many calls are under way or waiting to be taken, for each process.
_AHEAD: Final = 2


class WorkerPool:
    """Processes that each do one call at a time.

    :param size: number of processes; they are started when there is work for them.

    >>> with WorkerPool(1) as pool:
    ...     list(pool.run(max, [(1, 2), (4, 3)]))
    [2, 4]
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="kmgraph-worker")
        self._own = threading.local()
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            if error is not None:
                process.kill()
            with suppress(OSError):
                if process.stdin:
                    process.stdin.close()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.wait()
            if process.stdout:
                process.stdout.close()

    def run(
        self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]
    ) -> Iterator[Any]:
        """Call a function with each of the arguments, and yield the results in order.

        :param function: a function of a module of kmgraph.
        :raises KmGraphError: a process ended before it answered.
        """
        waiting: deque[Future[Any]] = deque()
        for given in arguments:
            waiting.append(self._threads.submit(self._call, function, given))
            if len(waiting) >= self._size * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _call(self, function: Callable[..., Any], given: tuple[Any, ...]) -> Any:
        """Return the result of a call, made by the process of this thread."""
        process = getattr(self._own, "process", None)
        if process is None:
            process = self._own.process = _start()
            self._processes.append(process)
        assert process.stdin and process.stdout  # noqa: S101 - for the type checker
        try:
            pickle.dump((function, given), process.stdin)
            process.stdin.flush()
            is_result, answer = pickle.load(process.stdout)  # noqa: S301 - of our own process
        except (OSError, EOFError, pickle.UnpicklingError):
            raise KmGraphError(
                "a process that read a part of the bundle ended before its time: "
                "free some memory, or set KMGRAPH_BUILD_WORKERS=1"
            ) from None
        if not is_result:
            raise answer
        return answer


def _start() -> subprocess.Popen[bytes]:
    """Start a process that finds the same package as this one."""
    root = str(Path(kmgraph.__file__).resolve().parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(  # noqa: S603 - the command is ours, without a shell
        # -P keeps modules of the current folder from standing in for real ones.
        [sys.executable, "-P", "-m", _MODULE],
        # Each is to keep one processor busy.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def serve(calls: IO[bytes], answers: IO[bytes]) -> None:
    """Make the calls that come in, until there are no more."""
    while True:
        try:
            function, given = pickle.load(calls)  # noqa: S301 - from the process that started us
        except EOFError:
            return
        try:
            answer = (True, function(*given))
        except Exception as error:
            answer = (False, error)
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    _answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr
    with suppress(KeyboardInterrupt, BrokenPipeError):
        serve(sys.stdin.buffer, _answers)
