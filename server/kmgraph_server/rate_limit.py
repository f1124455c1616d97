"""Hold callers to a number of requests a minute.

Each caller has a bucket of as many requests as a minute allows, which fills up again steadily. A
caller is a token, or else an address; neither is written anywhere.

Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, request

from kmgraph.errors import KmGraphError
from kmgraph_server.access import Caller
from kmgraph_server.errors import RateLimitError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MINUTE_S: Final = 60
#: Callers that are remembered; the one that was not seen for the longest time goes first.
_MOST_CALLERS: Final = 20_000
#: Key of the WSGI environment that tells the application to refuse a request.
_REFUSED: Final = "kmgraph.rate-limit"
#: What load balancers and keepers ask, however busy the server is.
_FREE: Final = frozenset({"/healthz", "/readyz", "/metrics"})
#: One client has at least so many bits of an IPv6 address to itself.
_IPV6_PREFIX: Final = 64


class Buckets:
    """What each caller may still ask.

    Threads may share it.

    :param limit: most requests in a minute.
    :param clock: tells the time, in seconds.

    >>> buckets = Buckets(2)
    >>> [buckets.take("a")[0] for _ in range(3)], buckets.take("b")[0]
    ([True, True, False], True)
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit, self._clock = limit, clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> tuple[bool, int, int]:
        """Count a request of a caller.

        :returns: whether it may be answered, how many more may be, and after how many seconds the
            next one may be, or where there are some left, all of them again.
        """
        with self._lock:
            now = self._clock()
            left, since = self._held.pop(caller, (float(self.limit), now))
            left = min(float(self.limit), left + (now - since) * self.limit / _MINUTE_S)
            is_granted = left >= 1
            left -= is_granted
            self._held[caller] = left, now
            if len(self._held) > _MOST_CALLERS:
                self._held.popitem(last=False)
        missing = self.limit - left if left >= 1 else 1 - left
        return is_granted, int(left), math.ceil(missing * _MINUTE_S / self.limit)


class RateLimit:
    """Counts requests, says what is left, and tells the application which ones to refuse.

    :param app: the application.
    :param limit: most requests of one caller in a minute.
    :param identify: tells who sends a request, by the value of its Authorization header.
    """

    def __init__(
        self, app: WSGIApplication, limit: int, identify: Callable[[str | None], Caller]
    ) -> None:
        self._app, self._identify = app, identify
        self._buckets = Buckets(limit)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        # A browser must be able to learn that it was refused.
        if environ["REQUEST_METHOD"] == "OPTIONS" or environ.get("PATH_INFO") in _FREE:
            return self._app(environ, start_response)
        is_granted, left, seconds = self._buckets.take(self._caller(environ))
        if not is_granted:
            environ[_REFUSED] = self._buckets.limit, seconds
            return self._app(environ, start_response)
        more = [
            ("RateLimit", f'"caller";r={left};t={seconds}'),
            ("RateLimit-Policy", f'"caller";q={self._buckets.limit};w={_MINUTE_S}'),
        ]

        def start(status: str, headers: list[tuple[str, str]], *args: Any) -> Any:
            """Add what is left to the headers."""
            return start_response(status, [*headers, *more], *args)

        return self._app(environ, start)

    def _caller(self, environ: WSGIEnvironment) -> str:
        """Return what stands for the caller: a name of a token, or an address."""
        try:
            name = self._identify(environ.get("HTTP_AUTHORIZATION")).name
        except KmGraphError:
            # Whoever guesses tokens is counted by address.
            name = ""
        return f"token {name}" if name else network(str(environ.get("REMOTE_ADDR", "")))


def network(address: str) -> str:
    """Return the part of an address that stands for one client.

    >>> network("192.0.2.7"), network("2001:db8:1:2:3::4")
    ('192.0.2.7', '2001:db8:1:2::')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False).network_address)


def is_refused(environ: WSGIEnvironment) -> bool:
    """Say whether the application is to refuse a request.

    >>> is_refused({})
    False
    """
    return _REFUSED in environ


def install(app: Flask) -> None:
    """Have the application refuse what is too much."""
    app.before_request(_refuse)


def _refuse() -> None:
    """Refuse a request of a caller who sends too many.

    :raises RateLimitError: this is one.
    """
    refused = request.environ.get(_REFUSED)
    if refused is not None:
        raise RateLimitError(*refused)
