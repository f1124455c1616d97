"""From IRIs to addresses of this server, and back.

A server is given the path of a request decoded, and that loses which characters the IRI held in
encoded form: ``Crohn%27s`` and ``Crohn's`` look the same. So IRIs are built from the path as it
was sent, which servers hand on beside the decoded one.

An application may be mounted below a path, so nothing here or in the views may begin an address
with a bare slash: addresses go through :func:`rooted`, or are made by Flask's ``url_for``.

Source: https://www.rfc-editor.org/rfc/rfc3987#section-3
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, unquote

from flask import Flask, has_request_context, request

from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.protocol import is_iri

#: Characters of an IRI that stay as they are in the path of an address.
_KEPT: Final = "/-._~!$&'()*+,;=:@"
#: What only :func:`to_path` encodes: an IRI holds it as it is, or cannot hold it at all.
_OURS: Final = re.compile("(?:%(?:3F|23|5B|5D|[89A-F][0-9A-F]))+", re.IGNORECASE)
_ORIGIN: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def install(app: Flask) -> None:
    """Have the application refuse requests to what is no host."""
    app.before_request(_refuse_no_host)


def _refuse_no_host() -> None:
    """Raise where a request names no host: addresses that are told to clients begin with it.

    :raises MalformedRequestError: it does not.

    Source: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
    """
    if not request.host:
        raise MalformedRequestError("the Host header of the request is no name of a host")


def rooted(path: str) -> str:
    """Return the address of a path of the running application, wherever that is mounted.

    :param path: path as the application sees it, encoded.

    >>> rooted("/doc/study/a")
    '/doc/study/a'
    """
    return to_path(request.script_root) + path if has_request_context() else path


def absolute(path: str) -> str:
    """Return a rooted address with the host that the running request names.

    :raises MalformedRequestError: the client names a host that no IRI can hold.

    >>> from flask import Flask
    >>> with Flask("x").test_request_context(base_url="http://data.example.org"):
    ...     absolute("/doc/study/a")
    'http://data.example.org/doc/study/a'
    """
    address = request.host_url.rstrip("/") + path
    if not is_iri(address):
        raise MalformedRequestError("the host of the request holds what no IRI can hold")
    return address


def to_path(tail: str) -> str:
    """Return the end of an IRI as the end of an address.

    >>> to_path("condition/Crohn%27s"), to_path("a?b#c")
    ('condition/Crohn%27s', 'a%3Fb%23c')
    """
    return quote(tail, safe=f"{_KEPT}%")


def to_uri(iri: str) -> str:
    """Return an IRI in the characters that a header can hold.

    >>> to_uri("https://example.org/é?a#b")
    'https://example.org/%C3%A9?a#b'
    """
    return quote(iri, safe=f"{_KEPT}%?#[]")


def sent_path(environ: Mapping[str, Any]) -> str:
    """Return the path of a request as the client sent it; empty where the server does not tell.

    What an application is mounted below is no part of it.

    :param environ: the WSGI environment.

    >>> sent_path({"REQUEST_URI": "/doc/Crohn%27s?format=ttl"})
    '/doc/Crohn%27s'
    >>> sent_path({"REQUEST_URI": "http://host/doc/https://example.org/a"})
    '/doc/https://example.org/a'
    >>> sent_path({"REQUEST_URI": "/m/doc/a", "SCRIPT_NAME": "/m"})
    '/doc/a'
    """
    sent = _text(environ.get("RAW_URI") or environ.get("REQUEST_URI"))
    path = _ORIGIN.sub("", sent, count=1).partition("?")[0]
    return _below(path, _text(environ.get("SCRIPT_NAME")).split("/")[1:])


def _below(path: str, root: Sequence[str]) -> str:
    """Return a path without the parts it begins with that an application is mounted below.

    A proxy may have taken the first of them off already.

    >>> _below("/outer/m/doc/a", ["outer", "m"]), _below("/m/doc/a", ["outer", "m"])
    ('/doc/a', '/doc/a')
    """
    parts = path.split("/")[1:]
    for first in range(len(root)):
        head = parts[: len(root) - first]
        if [unquote(part) for part in head] == list(root[first:]):
            return path[len("/" + "/".join(head)) :]
    return path


def _text(value: object) -> str:
    """Return a value of the WSGI environment, where bytes stand as Latin-1."""
    return str(value or "").encode("latin-1", "replace").decode("utf-8", "replace")


def iri_tails(environ: Mapping[str, Any], prefix: str, decoded: str) -> list[str]:
    """Return the ends of IRIs that a request may mean, the likeliest first.

    :param environ: the WSGI environment.
    :param prefix: beginning of the path that stands for the namespace.
    :param decoded: the rest of the path, decoded.

    >>> iri_tails({"REQUEST_URI": "/doc/a%27%3Fb"}, "/doc/", "a'?b")[:2]
    ['a%27%3Fb', 'a%27?b']
    """
    return list(dict.fromkeys(_tails(sent_path(environ), prefix, decoded)))


def _tails(sent: str, prefix: str, decoded: str) -> Iterator[str]:
    """Yield the ends of IRIs, some of them twice."""
    if sent.startswith(prefix):
        tail = to_path(sent.removeprefix(prefix))
        yield tail
        yield _OURS.sub(lambda match: unquote(match[0]), tail)
    # Some clients encode less or more than the IRI has encoded.
    yield quote(decoded, safe=_KEPT)
    yield decoded
    yield quote(decoded, safe="/-._~")
