"""Requests over a real socket, sent by the standard library alone so that nothing is put right."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

#: How long an answer may take where a check says nothing else, in seconds.
TIMEOUT_S = 15.0
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came over the socket.

    :ivar seconds: from the start of the request to the end of the answer.
    """

    status: int
    headers: Message
    body: bytes
    seconds: float

    def header(self, name: str) -> str:
        """Return a header's values joined by commas; empty where it is not sent."""
        return ", ".join(self.headers.get_all(name, []))

    def tokens(self, name: str) -> set[str]:
        """Return the elements of a header that is a list, in lower case."""
        return {part.strip().lower() for part in self.header(name).split(",") if part.strip()}

    @property
    def media_type(self) -> str:
        """The media type without its parameters; empty where none is sent."""
        return self.header("Content-Type").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status} {self.media_type or 'no type'}: {self.body[:160]!r}"


def send(
    url: str,
    method: str = "GET",
    *,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Reply:
    """Send one request on a connection of its own; no header is added but Host and the length.

    :raises AssertionError: the server closes without an answer, or does not answer in time.
    """
    data = body.encode() if isinstance(body, str) else body
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    started = time.monotonic()
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.putrequest(method, target or "/", skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if data is not None:
            connection.putheader("Content-Length", str(len(data)))
        # A server may answer, and hang up, before it has read a long body.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders()
            if data:
                connection.send(data)
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read(), time.monotonic() - started)
    except TimeoutError as error:
        raise AssertionError(f"no answer within {timeout_s:g} s") from error
    except (http.client.HTTPException, OSError) as error:
        raise AssertionError(f"the connection failed: {type(error).__name__} {error}") from error
    finally:
        connection.close()


def send_raw(url: str, request: bytes, *, timeout_s: float = TIMEOUT_S) -> bytes:
    """Send bytes and return what comes back until the server hangs up or the time is over."""
    parts = urlsplit(url)
    received = bytearray()
    deadline = time.monotonic() + timeout_s
    with socket.create_connection((parts.hostname or "", parts.port), timeout_s) as connection:
        connection.sendall(request)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while (left_s := deadline - time.monotonic()) > 0:
                connection.settimeout(left_s)
                block = connection.recv(65_536)
                if not block:
                    break
                received += block
    return bytes(received)


@contextlib.contextmanager
def half_open(url: str, *, headers: Mapping[str, str] | None = None) -> Iterator[socket.socket]:
    """Send a GET and give its connection without reading the answer."""
    parts = urlsplit(url)
    lines = [f"GET {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    with socket.create_connection((parts.hostname or "", parts.port), TIMEOUT_S) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        yield connection


class Listener:
    """A server on the loopback address that notes who calls.

    :param redirect: where callers are sent; without it they get a Turtle document.
    """

    _DOCUMENT = b"<http://example.org/checks/fetched> <http://example.org/checks/p> 1 .\n"

    def __init__(self, redirect: str | None = None) -> None:
        self.calls = 0
        self._redirect = redirect
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/data.ttl"

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that waits in accept() is woken by closing in one direction first.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(TIMEOUT_S)

    def _listen(self) -> None:
        """Answer calls until the socket is closed."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.calls += 1
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(2)
                    connection.recv(65_536)
                    connection.sendall(self._answer())

    def _answer(self) -> bytes:
        """Return the bytes of an answer."""
        if self._redirect:
            head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {self._redirect}\r\n"
            return f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
        size = len(self._DOCUMENT)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/turtle\r\nContent-Length: {size}\r\n"
        return f"{head}Connection: close\r\n\r\n".encode() + self._DOCUMENT
