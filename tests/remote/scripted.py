"""A server that answers as a script says, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

TIMEOUT_S = 20
PAUSE_S = 0.005
JSON = "application/sparql-results+json"
ROW = b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"literal","value":"1"}}]}}'


def answer(
    body: bytes = ROW, *headers: str, status: str = "200 OK", kind: str = JSON, length: int = -1
) -> bytes:
    """Return an answer; a length below zero is the true one."""
    lines = [f"HTTP/1.1 {status}", *headers, "Connection: close"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"Content-Length: {len(body) if length < 0 else length}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def endless(body: bytes, kind: str = JSON) -> bytes:
    """Return an answer that ends where the connection does, as old servers send them."""
    return f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode() + body


def chunked(body: bytes, *, ended: bool) -> bytes:
    """Return an answer in chunks, with or without the chunk that ends it."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
    last = b"0\r\n\r\n" if ended else b""
    return head.encode() + f"{len(body):x}\r\n".encode() + body + b"\r\n" + last


@dataclass
class Script:
    """What a scripted server sends and has got.

    :ivar answers: the answers, one a connection; an empty one resets the connection, None waits,
        and the bytes of a list come one after another, with pauses.
    :ivar requests: the requests that came.
    """

    url: str = ""
    answers: list[bytes | list[int] | None] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def says(self, *answers: bytes | list[int] | None) -> Script:
        """Set the coming answers."""
        self.answers[:] = answers
        self.requests.clear()
        return self


def _request(connection: socket.socket) -> str:
    """Return one request, with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65_536)
        if not part:
            return data.decode()
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.decode().split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            while len(body) < int(value):
                body += connection.recv(65_536)
    return f"{head.decode()}\r\n\r\n{body.decode()}"


def _serve(listener: socket.socket, script: Script, stopped: threading.Event) -> None:
    """Answer connections one after another until the listener is closed."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(TIMEOUT_S)
            script.requests.append(_request(connection))
            reply = script.answers.pop(0) if script.answers else answer(status="500 No Script")
            if reply is None:
                stopped.wait(TIMEOUT_S)
            elif isinstance(reply, list):
                with contextlib.suppress(OSError):
                    for byte in reply:
                        connection.sendall(bytes([byte]))
                        stopped.wait(PAUSE_S)
            elif not reply:
                # Closing with a linger time of zero resets the connection.
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            else:
                with contextlib.suppress(OSError):
                    connection.sendall(reply)


@contextlib.contextmanager
def scripted() -> Iterator[Script]:
    """Run a scripted server at a free port of the loopback address."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script = Script(f"http://127.0.0.1:{listener.getsockname()[1]}/sparql")
        thread = threading.Thread(target=_serve, args=(listener, script, stopped), daemon=True)
        thread.start()
        try:
            yield script
        finally:
            stopped.set()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
    thread.join(TIMEOUT_S)
