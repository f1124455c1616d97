"""Tell requests that a page of another site has a browser send from those of our own pages.

Source: https://www.w3.org/TR/fetch-metadata/, https://www.rfc-editor.org/rfc/rfc6454
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import request

from kmgraph.errors import AccessDeniedError

#: Sent by a form of our own, and where a person or a program asks by itself.
_OWN: Final = frozenset({"same-origin", "none"})


def is_foreign(site: str | None, origin: str | None, host: str) -> bool:
    """Say whether a page of another site has a request sent.

    :param site: value of ``Sec-Fetch-Site``, which no script can set.
    :param origin: value of ``Origin``, for browsers that do not send the other.
    :param host: value of ``Host``.

    >>> is_foreign("cross-site", None, "e.org"), is_foreign(None, None, "e.org")
    (True, False)
    >>> is_foreign(None, "https://e.org", "e.org"), is_foreign(None, "https://x.org", "e.org")
    (False, True)
    """
    if site is not None:
        return site not in _OWN
    return origin is not None and urlsplit(origin).netloc != host


def refuse_foreign() -> None:
    """Raise where a page of another site has the running request sent.

    :raises AccessDeniedError: says why.
    """
    headers = request.headers
    if is_foreign(headers.get("Sec-Fetch-Site"), headers.get("Origin"), request.host):
        raise AccessDeniedError(
            "a page of another site had your browser send this: records are taken from the pages "
            "of this server, and from programs"
        )
