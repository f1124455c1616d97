"""Messages on the socket between a pool and a worker: a length, then JSON."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

_LENGTH: Final = struct.Struct(">I")


class ConnectionEndedError(Exception):
    """The other side closed the socket."""


def send_message(connection: socket.socket, message: dict[str, Any], body: bytes = b"") -> None:
    """Send a message, and bytes that follow it.

    :raises ConnectionEndedError: the other side is gone.
    """
    text = json.dumps(message).encode()
    try:
        connection.sendall(_LENGTH.pack(len(text)) + text + body)
    except OSError as error:
        raise ConnectionEndedError from error


def receive_message(
    connection: socket.socket, wait_s: Callable[[], float] | None = None
) -> dict[str, Any]:
    """Return the next message.

    :param wait_s: called before each wait; returns how many seconds to wait before it is called
        again, or raises to give up. None waits for ever.
    :raises ConnectionEndedError: the other side is gone.
    """
    (length,) = _LENGTH.unpack(receive_bytes(connection, _LENGTH.size, wait_s))
    message: dict[str, Any] = json.loads(receive_bytes(connection, length, wait_s))
    return message


def receive_bytes(
    connection: socket.socket, length: int, wait_s: Callable[[], float] | None = None
) -> bytes:
    """Return the next bytes; see :func:`receive_message`.

    :raises ConnectionEndedError: the other side is gone.
    """
    buffer = bytearray(length)
    rest = memoryview(buffer)
    while rest:
        connection.settimeout(None if wait_s is None else wait_s())
        try:
            received = connection.recv_into(rest)
        except TimeoutError:
            continue
        except OSError as error:
            raise ConnectionEndedError from error
        if not received:
            raise ConnectionEndedError
        rest = rest[received:]
    return bytes(buffer)
