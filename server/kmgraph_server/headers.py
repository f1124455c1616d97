"""Headers that every answer carries, and answers to OPTIONS."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from flask import Flask, Response, request

from kmgraph.errors import KmGraphError
from kmgraph_server.protocol import ACCEPTED
from kmgraph_server.state import snapshot

#: Pages run the scripts of this server alone, none that stands in a page, and load nothing from
#: elsewhere.
_POLICY: Final = (
    "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
#: Headers of answers that scripts of other sites may read.
_EXPOSED: Final = ", ".join(
    (
        "Accept-Post", "Accept-Query", "Accept-Ranges", "Allow", "Content-Disposition",
        "Content-Length", "Content-Range", "ETag", "Kmgraph-Generation", "Kmgraph-Request-Id",
        "Kmgraph-Synthetic", "Last-Modified", "Link", "Location", "Memento-Datetime", "RateLimit",
        "RateLimit-Policy", "Repr-Digest", "Retry-After", "Vary", "WWW-Authenticate",
    )
)  # fmt: skip
#: Headers that scripts of other sites may send.
_TAKEN: Final = (
    "Accept, Accept-Datetime, Authorization, Content-Type, If-Match, If-Modified-Since, "
    "If-None-Match, If-Range, If-Unmodified-Since, Prefer, Range, X-Request-Id"
)
#: What an address may hold as it is, beside letters and digits: reserved signs, and encoded ones.
_OF_ADDRESSES: Final = "%:/?#[]@!$&'()*+,;=-._~"
#: Blueprints whose answers say nothing of the data.
_OF_THE_SERVER: Final = frozenset({"health", "operations"})
#: Sent with the value ``true`` by a store whose records were generated.
SYNTHETIC: Final = "Kmgraph-Synthetic"
#: Id of the generation that an answer is from.
GENERATION: Final = "Kmgraph-Generation"


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
    # No cookie is ever read, and a token is sent by those only who have it, so any site may ask.
    response.headers.setdefault("Access-Control-Allow-Origin", "*")
    response.headers.setdefault("Access-Control-Expose-Headers", _EXPOSED)
    # What is asked of the server itself is answered whatever becomes of the data.
    is_of_data = request.endpoint != "static" and request.blueprint not in _OF_THE_SERVER
    if is_of_data:
        _describe_data(response)
    return response


def _describe_data(response: Response) -> None:
    """Say which data the answer is from."""
    try:
        served = snapshot()
    except KmGraphError:
        # The answer says already that the store cannot be read.
        return
    if served.generation is not None:
        response.headers.setdefault(GENERATION, str(served.generation))
    if served.is_synthetic:
        response.headers[SYNTHETIC] = "true"


def _describe_options(response: Response) -> None:
    """Turn Flask's answer to OPTIONS into one without content that browsers take too."""
    response.status_code = 204
    response.set_data(b"")
    response.headers.remove("Content-Type")
    response.headers.remove("Content-Length")
    response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET")
    response.headers["Access-Control-Allow-Headers"] = _TAKEN
    response.headers["Access-Control-Max-Age"] = "86400"
    if request.endpoint == "sparql.sparql":
        response.headers["Accept-Query"] = response.headers["Accept-Post"] = ", ".join(ACCEPTED)


def link(target: str, relation: str, media_type: str | None = None) -> str:
    """Return one value of a Link header.

    :param target: path or IRI; what clients leave bare in a query though no address may hold it,
        such as braces, is encoded.

    Source: https://www.rfc-editor.org/rfc/rfc8288#section-3.1

    >>> link("/doc/study/a.ttl", "alternate", "text/turtle")
    '</doc/study/a.ttl>; rel="alternate"; type="text/turtle"'
    >>> link("/sparql?query=ASK{}", "original")
    '</sparql?query=ASK%7B%7D>; rel="original"'
    """
    text = f'<{quote(target, safe=_OF_ADDRESSES)}>; rel="{relation}"'
    return f'{text}; type="{media_type}"' if media_type else text
