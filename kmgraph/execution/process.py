"""The side of a worker process that a pool holds."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

from kmgraph.execution.framing import (
    ConnectionEndedError,
    receive_bytes,
    receive_message,
    send_message,
)
from kmgraph.execution.limits import Limits
from kmgraph.execution.memory import ForkedProcess, Nursery
from kmgraph.execution.messages import Job, Outcome, error_from_json, job_to_json
from kmgraph.execution.starting import start

#: Longest time that sending a job may take; workers that wait read at once.
_SEND_S: Final = 10.0
#: Longest time that an ended process takes to be gone.
_END_S: Final = 10.0
#: Exit code of a worker that found that it has more memory than it may.
MEMORY_EXIT: Final = 86
#: How much of the processor a long query leaves to others, as nice(1) counts.
HEAVY_NICENESS: Final = 5
#: Most bytes that are read of what a worker wrote to its error output, from the end.
_LAST_WORDS_BYTES: Final = 4_000


class WorkerGoneError(Exception):
    """The process ended before it answered.

    :ivar is_accepted: whether it had begun with the job.
    """

    def __init__(self, *, is_accepted: bool) -> None:
        super().__init__("the worker process ended")
        self.is_accepted = is_accepted


class WorkerProcess:
    """A worker process and the socket to it; one thread at a time may ask it.

    :param memory_bytes: most memory that any query may take.
    :param nursery: forks it, with a view in memory; None to start it anew.
    :raises EngineFailedError: the nursery forks no more.
    :raises ConfigError: the system cannot hand sockets to processes.
    """

    def __init__(self, memory_bytes: int, nursery: Nursery | None = None) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        self._connection, theirs = socket.socketpair()
        self._asking = threading.Lock()
        #: Number of the thread that evaluates, as the system counts.
        self._seat = 0
        #: Whether the process can or should answer no more.
        self.is_spent = False
        self._process: subprocess.Popen[bytes] | ForkedProcess
        try:
            with theirs:
                if nursery is None:
                    self._process = start(
                        "kmgraph.execution.worker", theirs, memory_bytes, self._errors
                    )
                else:
                    self._process = nursery.fork(theirs, self._errors)
        except BaseException:
            self._connection.close()
            self._errors.close()
            raise
        self.pid = self._process.pid

    @property
    def is_alive(self) -> bool:
        """Say whether the process is running."""
        return self._process.poll() is None

    def ask(
        self,
        job: Job,
        limits: Limits,
        *,
        waiting: Callable[[], float],
        running: Callable[[], float],
    ) -> Outcome:
        """Return the result of a job.

        :param waiting: called before each wait until the process accepts the job; see
            :func:`~kmgraph.execution.framing.receive_message`.
        :param running: the same, until it answers.
        :raises WorkerGoneError: the process ended first.
        :raises KmGraphError: what the process raised.
        """
        # Until the whole answer is here, there is no other use for the process than to be ended.
        self.is_spent = True
        with self._asking:
            reply = self._reply(job, limits, waiting, running)
            if "error" in reply:
                self.is_spent = reply["is_spent"]
                raise error_from_json(reply)
            try:
                outcome = self._outcome(reply, running)
            except ConnectionEndedError as error:
                raise WorkerGoneError(is_accepted=True) from error
        self.is_spent = reply["is_spent"]
        return outcome

    def _reply(
        self,
        job: Job,
        limits: Limits,
        waiting: Callable[[], float],
        running: Callable[[], float],
    ) -> dict[str, Any]:
        """Send a job and return the reply, which a result may follow."""
        is_accepted = False
        try:
            self._connection.settimeout(_SEND_S)
            send_message(self._connection, job_to_json(job, limits))
            accepted = receive_message(self._connection, waiting)
            is_accepted, self._seat = True, int(accepted["thread"])
            return receive_message(self._connection, running)
        except ConnectionEndedError as error:
            raise WorkerGoneError(is_accepted=is_accepted) from error

    def _outcome(self, reply: dict[str, Any], running: Callable[[], float]) -> Outcome:
        """Return the result that follows a reply."""
        body: IO[bytes]
        if reply["is_inline"]:
            body = BytesIO(receive_bytes(self._connection, reply["length"], running))
        else:
            self._connection.settimeout(_SEND_S)
            _, descriptors, _, _ = socket.recv_fds(self._connection, 1, 1)
            if not descriptors:
                raise ConnectionEndedError
            body = os.fdopen(descriptors[0], "rb")
        return Outcome(reply["form"], body, reply["length"], reply["rows"], reply["seconds"])

    def step_back(self) -> None:
        """Have the query that runs leave the processor to others, for as long as it runs."""
        if sys.platform != "linux":  # pragma: no cover - elsewhere threads have no priority
            return
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._seat, HEAVY_NICENESS)

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        self._process.kill()

    def exit_code(self) -> int | None:
        """Return how the process ended: its exit code, or a signal as a negative number."""
        try:
            return self._process.wait(_END_S)
        except subprocess.TimeoutExpired:  # pragma: no cover - the kernel keeps it
            return None

    def last_words(self) -> str:
        """Return the end of what the process wrote to its error output."""
        if self._errors.closed:
            return ""
        length = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, length - _LAST_WORDS_BYTES))
        return self._errors.read().decode(errors="replace")

    def memory_bytes(self) -> int:
        """Return the memory of the process, or 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()
        except OSError:
            return 0
        return int(fields[1]) * resource.getpagesize() if len(fields) > 1 else 0

    def end(self) -> None:
        """End the process and let go of it."""
        self.kill()
        self.exit_code()
        # Whoever still reads from the socket sees its end now. Until then its number must not be
        # given to another file.
        is_free = self._asking.acquire(timeout=1)
        self._connection.close()
        self._errors.close()
        if is_free:
            self._asking.release()
