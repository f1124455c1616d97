"""What is seen of each request: an id for it, a line in the access log, and measurements.

This is the outermost layer of an application, so that answers from the cache and answers that
break off are seen too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Header that carries the id of a request.
REQUEST_ID: Final = "Kmgraph-Request-Id"
#: Key of the WSGI environment under which an application notes what it did.
NOTES: Final = "kmgraph.notes"
_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,128}")


@dataclass(slots=True)
class Notes:
    """What an application says of a request while it answers it.

    :ivar request_id: id of the request.
    :ivar facts: further members of the line of the access log; never a secret.
    :ivar form: form of the query that was asked, such as ``SELECT``.
    :ivar query_s: seconds that the query took.
    :ivar is_cached: whether the answer was kept from before.
    :ivar problem: code of the problem that the answer tells of; empty for none.
    :ivar is_look_up: whether the query was evaluated by the server itself, as a look-up.
    """

    request_id: str
    facts: dict[str, Any] = field(default_factory=dict)
    form: str = ""
    query_s: float | None = None
    is_cached: bool = False
    problem: str = ""
    is_look_up: bool = False

    @property
    def instance(self) -> str:
        """What stands for the request in a problem document.

        >>> Notes("proxy-1234").instance
        'proxy-1234'
        >>> Notes(new_request_id()).instance.partition("-")[0][:9]
        'urn:uuid:'
        """
        with suppress(ValueError):
            if str(uuid.UUID(self.request_id)) == self.request_id:
                return f"urn:uuid:{self.request_id}"
        return self.request_id


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was answered, or that broke off.

    :ivar method: HTTP method.
    :ivar mount: path that the application is mounted at; empty for none.
    :ivar path: path below it, without parameters, which may hold what is private.
    :ivar status: HTTP status; 500 where the application failed before there was one.
    :ivar seconds: time from the first byte read to the last one handed over.
    :ivar length: bytes of the body that were handed over.
    :ivar is_whole: whether the body was handed over to its end.
    :ivar address: address of the client.
    """

    method: str
    mount: str
    path: str
    status: int
    seconds: float
    length: int
    is_whole: bool
    address: str
    notes: Notes


def notes_of(environ: WSGIEnvironment) -> Notes:
    """Return the notes of a request; where nobody observes, they are lost.

    >>> notes_of({}).form
    ''
    """
    notes: Notes = environ.setdefault(NOTES, Notes(new_request_id()))
    return notes


def hash_of(normal: str) -> str:
    """Return what stands for a query in the log.

    :param normal: the query, normalised, so that white space makes no difference.

    >>> len(hash_of("ASK {}"))
    16
    """
    return hashlib.sha256(normal.encode()).hexdigest()[:16]


def new_request_id() -> str:
    """Return an id that no other request has.

    >>> len(new_request_id())
    36
    """
    # As uuid.uuid4 does, in a third of its time.
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


class Observer:
    """Gives each request an id and tells what became of it.

    :param app: the application.
    :param tell: takes what was seen of a request, when its answer is handed over.
    :param trust_ids: whether an ``X-Request-Id`` is taken over, as from a proxy that is trusted.
    """

    def __init__(
        self, app: WSGIApplication, tell: Callable[[Seen], None], *, trust_ids: bool = False
    ) -> None:
        self._app, self._tell, self._trust_ids = app, tell, trust_ids

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        notes = environ[NOTES] = Notes(self._request_id(environ))
        return _Watched(self._app, environ, start_response, notes, self._tell)

    def _request_id(self, environ: WSGIEnvironment) -> str:
        """Return the id of a request."""
        given = str(environ.get("HTTP_X_REQUEST_ID", ""))
        if self._trust_ids and _GIVEN_ID.fullmatch(given):
            return given
        return new_request_id()


class _Watched:
    """The body of an answer, counted as it is handed over."""

    def __init__(
        self,
        app: WSGIApplication,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        notes: Notes,
        tell: Callable[[Seen], None],
    ) -> None:
        self._environ, self._start_response = environ, start_response
        self._notes, self._tell = notes, tell
        self._start_s = time.perf_counter()
        self._status, self._length, self._is_whole = 500, 0, False
        self._is_told = False
        try:
            self._body = app(environ, self._start)
        except BaseException:
            self._finish()
            raise

    def _start(self, status: str, headers: list[tuple[str, str]], *args: Any) -> Any:
        """Note the status, and add the id to the headers."""
        self._status = int(status[:3])
        return self._start_response(status, [*headers, (REQUEST_ID, self._notes.request_id)], *args)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the parts of the body."""
        for part in self._body:
            self._length += len(part)
            yield part
        self._is_whole = True

    def close(self) -> None:
        """Let go of the body; a server calls this however the answer ended."""
        close = getattr(self._body, "close", None)
        try:
            if close is not None:
                close()
        finally:
            self._finish()

    def _finish(self) -> None:
        """Tell what was seen, once."""
        if self._is_told:
            return
        self._is_told = True
        environ = self._environ
        self._tell(
            Seen(
                method=str(environ.get("REQUEST_METHOD", "")),
                mount=str(environ.get("SCRIPT_NAME", "")),
                path=str(environ.get("PATH_INFO", "")),
                status=self._status,
                seconds=time.perf_counter() - self._start_s,
                length=self._length,
                is_whole=self._is_whole,
                address=str(environ.get("REMOTE_ADDR", "")),
                notes=self._notes,
            )
        )


class AccessLog:
    """Writes a line of JSON for each request.

    :param output: where to; standard error by default.
    :param log_addresses: whether addresses of clients are written.

    >>> import io
    >>> output = io.StringIO()
    >>> log = AccessLog(output)
    >>> log(Seen("GET", "", "/", 200, 0.001, 5, True, "127.0.0.1", Notes("a")))
    >>> sorted(json.loads(output.getvalue()))
    ['bytes', 'cached', 'method', 'ms', 'path', 'request', 'status', 'time', 'whole']
    """

    def __init__(self, output: TextIO | None = None, *, log_addresses: bool = False) -> None:
        self._output, self._log_addresses = output, log_addresses

    def __call__(self, seen: Seen) -> None:
        """Write the line of one request."""
        # WSGI hands paths over as Latin-1.
        path = (seen.mount + seen.path).encode("latin-1", "replace").decode("utf-8", "replace")
        line: dict[str, Any] = {
            "time": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            "request": seen.notes.request_id,
            "method": seen.method,
            "path": path,
            "status": seen.status,
            "ms": round(seen.seconds * 1000, 3),
            "bytes": seen.length,
            "cached": seen.notes.is_cached,
            "whole": seen.is_whole,
            **seen.notes.facts,
        }
        if seen.notes.problem:
            line["problem"] = seen.notes.problem
        if self._log_addresses:
            line["address"] = seen.address
        output = self._output or sys.stderr
        # Whoever read the log may be gone, which is no reason to answer nobody any more.
        with suppress(OSError, ValueError):
            # One write, so that lines of several threads do not mix.
            output.write(json.dumps(line) + "\n")
            output.flush()
