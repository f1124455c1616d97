"""Believe what reverse proxies say of a request: its address, its host, its scheme and its path.

A header of this kind can be sent by anyone, so it is believed only where the keeper of the server
says how many proxies stand before it; each of them must set all four headers, or take away what
the client sent.

Source: https://werkzeug.palletsprojects.com/en/stable/middleware/proxy_fix/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PREFIX: Final = "HTTP_X_FORWARDED_PREFIX"
_SEGMENTS: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


class TrustedProxies:
    """Has an application see a request as the outermost trusted proxy saw it.

    :param app: the application.
    :param number: how many proxies stand before the server.

    >>> def app(environ, start_response):
    ...     return [environ["wsgi.url_scheme"].encode(), environ["SCRIPT_NAME"].encode()]
    >>> sent = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_PREFIX": "/evidence"}
    >>> inner = {"wsgi.url_scheme": "http", "SCRIPT_NAME": "/synthetic"}
    >>> TrustedProxies(app, 1)(sent | inner, print)
    [b'https', b'/evidence/synthetic']
    """

    def __init__(self, app: WSGIApplication, number: int) -> None:
        self._app = app
        self._fix = ProxyFix(
            self._below, x_for=number, x_proto=number, x_host=number, x_prefix=number
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        prefixes = environ.get(_PREFIX)
        if prefixes is not None:
            environ[_PREFIX] = ",".join(_path(part) for part in prefixes.split(","))
        return self._fix(environ, start_response)

    def _below(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Put the path that the application is mounted at below the prefix of the proxies."""
        original = environ["werkzeug.proxy_fix.orig"]["SCRIPT_NAME"] or ""
        if environ.get("SCRIPT_NAME", "") != original:
            environ["SCRIPT_NAME"] = environ["SCRIPT_NAME"] + original
        return self._app(environ, start_response)


def _path(text: str) -> str:
    """Return a prefix as a path, or nothing for what could lead to another host.

    >>> _path("/evidence/"), _path("//elsewhere.example")
    ('/evidence', '')
    """
    path = text.strip().rstrip("/")
    return path if _SEGMENTS.fullmatch(path) else ""
