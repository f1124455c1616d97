"""Hand a connection from one process of the server to another, with what was read of it.

The processes are a server and those that it started. What they tell each other is one message for
each packet, so that a connection comes with the message that tells of it.
"""

from __future__ import annotations

import pickle
import socket
from typing import Any, Final

#: Longest message, in bytes: what came of a request, or the shape of one.
MOST_BYTES: Final = 65_536

Message = tuple[Any, ...]


class LineEndedError(Exception):
    """The other process is gone."""


def open_line() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a new line.

    >>> ours, theirs = open_line()
    >>> with ours, theirs:
    ...     send(ours, "hello", 1), receive(theirs)
    (True, (('hello', 1), None))
    """
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(line: socket.socket, *message: Any, connection: socket.socket | None = None) -> bool:
    """Send a message, and say whether it went; a line that does not wait may be full.

    :param connection: goes with it; whoever sends it still has to close it.
    :raises LineEndedError: the other process is gone.
    """
    data = pickle.dumps(message)
    if len(data) > MOST_BYTES:
        return False
    try:
        if connection is None:
            line.send(data)
        else:
            socket.send_fds(line, [data], [connection.fileno()])
    except (BlockingIOError, TimeoutError):
        return False
    except OSError as error:
        raise LineEndedError from error
    return True


def receive(line: socket.socket) -> tuple[Message, socket.socket | None]:
    """Return the next message and the socket that came with it.

    :raises BlockingIOError: there is none, and the line does not wait.
    :raises LineEndedError: the other process is gone, or has said nothing for as long as the line
        waits.
    """
    try:
        data, numbers, _, _ = socket.recv_fds(line, MOST_BYTES, 1)
    except BlockingIOError:
        raise
    except OSError as error:
        raise LineEndedError from error
    if not data:
        raise LineEndedError
    found: Message = pickle.loads(data)  # noqa: S301 - from a process of ours
    return found, socket.socket(fileno=numbers[0]) if numbers else None
