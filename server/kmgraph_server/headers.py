"""Headers that every answer carries, and answers to OPTIONS."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from kmgraph.errors import KmGraphError
from kmgraph_server.state import snapshot

#: Pages run no scripts and load nothing from elsewhere.
_POLICY: Final = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
#: Headers of answers that scripts of other sites may read.
_EXPOSED: Final = "Allow, Content-Disposition, Kmgraph-Synthetic, Link, Location, Vary"
#: Sent with the value ``true`` by a store whose records were generated.
SYNTHETIC: Final = "Kmgraph-Synthetic"


def install(app: Flask) -> None:
    """Have the application finish every response."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    """Add what every answer carries."""
    if request.method == "OPTIONS" and response.status_code == 200:
        _describe_options(response)
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    # The data are public and no cookie is ever read, so any site may ask.
    response.headers.setdefault("Access-Control-Allow-Origin", "*")
    response.headers.setdefault("Access-Control-Expose-Headers", _EXPOSED)
    if request.endpoint != "static" and _is_synthetic():
        response.headers[SYNTHETIC] = "true"
    return response


def _is_synthetic() -> bool:
    """Say whether the store is known to hold generated records."""
    try:
        return snapshot().is_synthetic
    except KmGraphError:
        # The answer says already that the store cannot be read.
        return False


def _describe_options(response: Response) -> None:
    """Turn Flask's answer to OPTIONS into one without content that browsers take too."""
    response.status_code = 204
    response.set_data(b"")
    response.headers.remove("Content-Type")
    response.headers.remove("Content-Length")
    response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET")
    response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type"
    response.headers["Access-Control-Max-Age"] = "86400"


def link(target: str, relation: str, media_type: str | None = None) -> str:
    """Return one value of a Link header.

    :param target: path or IRI; already encoded.

    >>> link("/doc/study/a.ttl", "alternate", "text/turtle")
    '</doc/study/a.ttl>; rel="alternate"; type="text/turtle"'
    """
    text = f'<{target}>; rel="{relation}"'
    return f'{text}; type="{media_type}"' if media_type else text
