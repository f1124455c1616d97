"""Requests to an endpoint: sent, sent again where that is safe, and read to their end.

A token goes to the origin that it was given for and to no other, wherever an answer redirects to.
An answer is whole or it is an error.

Source: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
"""

from __future__ import annotations

import email.utils
import http.client
import io
import socket
import ssl
import time
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from functools import cache
from typing import IO, Any, Final
from urllib.parse import urljoin, urlsplit
from urllib.request import (
    AbstractHTTPHandler,
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from kmgraph.errors import EndpointError, EndpointUnavailableError, InputError

#: Statuses after which the same request may be sent again.
_BUSY: Final = (429, 503)
#: Wait before the first repetition where the endpoint names none, in seconds; it is doubled then.
_FIRST_WAIT_S: Final = 1.0
#: Bytes that are read at a time.
_PART_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Clock:
    """What tells the time and lets it pass.

    :ivar now: seconds since 1970.
    :ivar monotonic: seconds that never go back.
    :ivar sleep: waits.
    """

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end.

    :ivar status: HTTP status.
    :ivar headers: its headers.
    :ivar body: its content.
    :ivar url: where it came from, after redirects.
    :ivar has_length: whether its end was marked, so that one cut short would have been noticed.
    """

    status: int
    headers: Message
    body: bytes
    url: str
    has_length: bool

    @property
    def media_type(self) -> str:
        """Return its media type without parameters."""
        return self.headers.get_content_type() if self.headers.get("Content-Type") else ""

    @property
    def generation(self) -> int | None:
        """Return the id of the generation that it was made from, where the endpoint says it."""
        text = self.headers.get("Kmgraph-Generation", "")
        return int(text) if text.isascii() and text.isdigit() else None


class Client:
    """Sends requests to an endpoint.

    :param token: sent as ``Authorization: Bearer``; None for none.
    :param timeout_s: longest time for one answer, and for all waits between repetitions.
    :param retries: most repetitions of a request.
    :param is_final: whether an answer of status 503 is no matter of waiting.
    :param clock: tells the time.
    """

    def __init__(
        self,
        *,
        token: str | None = None,
        timeout_s: float = 60.0,
        retries: int = 3,
        is_final: Callable[[Reply], bool] = lambda reply: False,
        clock: Clock | None = None,
    ) -> None:
        self._token, self._timeout_s, self._retries = token, timeout_s, retries
        self._is_final, self._clock = is_final, clock or Clock()

    def send(self, request: Request, *, is_repeatable: bool) -> Reply:
        """Send a request and return the answer, whatever its status.

        A request that the endpoint is too busy for is sent again after the time that it names.

        :param is_repeatable: whether the request changes nothing, so that it may be sent again
            after a connection that broke.
        :raises EndpointUnavailableError: there is no connection, or no answer in time.
        :raises EndpointError: the answer is cut short.
        """
        if self._token is not None:
            request.add_header("Authorization", f"Bearer {self._token}")
        waited, pause = 0.0, _FIRST_WAIT_S
        for attempt in range(self._retries + 1):
            is_last = attempt == self._retries
            try:
                reply = self._once(request)
            except ConnectionError as error:
                if is_last or not is_repeatable or waited + pause > self._timeout_s:
                    raise self._unavailable(request, "the connection broke") from error
                wait = pause
            else:
                if reply.status not in _BUSY or is_last or self._is_final(reply):
                    break
                told = retry_after_s(reply.headers.get("Retry-After"), self._clock.now())
                wait = pause if told is None else told
                if waited + wait > self._timeout_s:
                    break
            self._clock.sleep(wait)
            waited, pause = waited + wait, pause * 2
        return reply

    def _once(self, request: Request) -> Reply:
        """Send a request once.

        :raises ConnectionError: the connection broke before an answer came.
        """
        ends = self._clock.monotonic() + self._timeout_s
        try:
            with self._opened(request, lambda: ends - self._clock.monotonic()) as response:
                return self._read(response, has_body=request.get_method() != "HEAD")
        except TimeoutError as error:
            raise self._too_slow(request) from error
        except urllib.error.URLError as error:
            raise self._not_connected(request, error.reason) from error
        except ConnectionError:
            raise
        except (http.client.HTTPException, OSError) as error:
            raise EndpointError("the answer is no HTTP", url=shown(request.full_url)) from error
        except ValueError as error:
            raise InputError(
                f"{shown(request.full_url)}: the request cannot be sent: is a line break or a "
                "letter beyond Latin-1 in the token or in an ETag?"
            ) from error

    def _opened(self, request: Request, left_s: Callable[[], float]) -> Any:
        """Return the answer to a request, whatever its status, still to be read."""
        try:
            return _opener(left_s).open(request, timeout=self._timeout_s)
        except urllib.error.HTTPError as error:
            return error
        except urllib.error.URLError as error:
            if isinstance(error.reason, ConnectionResetError | BrokenPipeError | TimeoutError):
                raise error.reason from error
            raise

    def _not_connected(
        self, request: Request, reason: str | BaseException
    ) -> EndpointUnavailableError:
        """Return the error for a connection that cannot be made."""
        told = getattr(reason, "strerror", None) or str(reason)
        return self._unavailable(request, f"no connection: {told}")

    def _read(self, response: Any, *, has_body: bool) -> Reply:
        """Read an answer to its end."""
        parts: list[bytes] = []
        url, status = shown(response.url), response.status
        try:
            while part := response.read1(_PART_BYTES):
                parts.append(part)
        except (http.client.IncompleteRead, ConnectionError) as error:
            raise _cut_short(url, status) from error
        body = b"".join(parts)
        length = response.headers.get("Content-Length", "")
        is_chunked = response.headers.get("Transfer-Encoding", "").lower() == "chunked"
        if has_body and length.isdigit() and not is_chunked and len(body) < int(length):
            raise _cut_short(url, status)
        return Reply(status, response.headers, body, url, is_chunked or length.isdigit())

    def _unavailable(self, request: Request, problem: str) -> EndpointUnavailableError:
        """Return the error for an endpoint that does not answer."""
        return EndpointUnavailableError(problem, url=shown(request.full_url))

    def _too_slow(self, request: Request) -> EndpointUnavailableError:
        """Return the error for an answer that does not come."""
        return self._unavailable(request, f"no whole answer within {self._timeout_s:g} s")


def _cut_short(url: str, status: int) -> EndpointError:
    """Return the error for an answer that ends before its end."""
    return EndpointError("the answer was cut short: ask again", url=url, status=status)


def shown(url: str) -> str:
    """Return an address as messages show it: without parameters.

    >>> shown("https://example.org/sparql?query=ASK%7B%7D")
    'https://example.org/sparql'
    """
    return url.partition("?")[0].partition("#")[0]


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of an address.

    >>> origin("https://Example.org/sparql") == origin("https://example.org:443/other")
    True
    """
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def retry_after_s(value: str | None, now: float) -> float | None:
    """Return how long an endpoint asks to wait, in seconds.

    :param value: a Retry-After header: seconds, or a date.
    :param now: seconds since 1970.
    :returns: None where the header is missing or says nothing.

    >>> retry_after_s("3", 0.0), retry_after_s("Thu, 01 Jan 1970 00:01:00 GMT", 20.0)
    (3.0, 40.0)
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


class _Redirects(HTTPRedirectHandler):
    """Follows the redirects of requests that only read, and keeps the token at home."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        """Return the request to send in place of one that was redirected."""
        target = urljoin(req.full_url, newurl)
        if req.get_method() not in ("GET", "HEAD"):
            problem = f"the endpoint is now at {shown(target)}: give that address"
            raise EndpointError(problem, url=shown(req.full_url), status=code)
        if urlsplit(target).scheme not in ("http", "https"):
            raise EndpointError("redirects to no web address", url=shown(req.full_url), status=code)
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None and origin(target) != origin(req.full_url):
            following.remove_header("Authorization")
        return following


def _opener(left_s: Callable[[], float]) -> OpenerDirector:
    """Return what opens web addresses, and no others.

    :param left_s: says how much time is left, in seconds.
    """
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        UnknownHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
        _Redirects(),
        _Transport(left_s),
    ):
        opener.add_handler(handler)
    return opener


@cache
def _tls() -> ssl.SSLContext:
    """Return how servers are known by their certificates."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Transport(AbstractHTTPHandler):
    """Sends requests over connections on which all answers have come when a time is over.

    :param left_s: says how much time is left, in seconds.
    """

    http_request = https_request = AbstractHTTPHandler.do_request_

    def __init__(self, left_s: Callable[[], float]) -> None:
        super().__init__()
        self._left_s = left_s

    def http_open(self, request: Request) -> http.client.HTTPResponse:
        """Send a request without encryption."""
        return self.do_open(self._plain, request)

    def https_open(self, request: Request) -> http.client.HTTPResponse:
        """Send a request encrypted."""
        return self.do_open(self._encrypted, request)

    def _plain(self, host: str, **options: Any) -> http.client.HTTPConnection:
        return self._bounded(http.client.HTTPConnection(host, timeout=self._left()))

    def _encrypted(self, host: str, **options: Any) -> http.client.HTTPConnection:
        left_s = self._left()
        return self._bounded(http.client.HTTPSConnection(host, timeout=left_s, context=_tls()))

    def _bounded(self, connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
        """Return a connection whose answers come in time."""

        def answer(sock: socket.socket, *args: Any, **options: Any) -> http.client.HTTPResponse:
            found = http.client.HTTPResponse(sock, *args, **options)
            raw = sock.makefile("rb", buffering=0)
            found.fp.close()
            found.fp = io.BufferedReader(_Arriving(sock, raw, self._left))
            return found

        connection.response_class = answer  # type: ignore[assignment]
        return connection

    def _left(self) -> float:
        """Return how much time is left.

        :raises TimeoutError: none is.
        """
        left_s = self._left_s()
        if left_s <= 0:
            raise TimeoutError
        return left_s


class _Arriving(io.RawIOBase):
    """What arrives at a socket, as long as there is time for it.

    A socket's own timeout begins anew with every byte, so that an answer could drip for ever.
    """

    def __init__(
        self, sock: socket.socket, raw: socket.SocketIO, left_s: Callable[[], float]
    ) -> None:
        self._socket, self._raw, self._left_s = sock, raw, left_s

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what has arrived, after waiting for some of it."""
        self._socket.settimeout(self._left_s())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()
