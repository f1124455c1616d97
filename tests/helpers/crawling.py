"""Addresses of pages by kind, so that a crawl looks at some of each kind and not at thousands."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_NAMED = re.compile(r"(/doc/[^/]*/|/questions/|/framework/|/frameworks/).*?(\.\w+)?$")


def kind_of(address: str) -> tuple[str, bool]:
    """Return what addresses have in common that differ only in digits, names and parameters.

    >>> kind_of("/doc/study/ndl-CYP3?page=2") == kind_of("/doc/study/ndl-PC1?page=3")
    True
    """
    parts = urlsplit(address)
    path = _NAMED.sub(r"\1\2", re.sub(r"[^/]*\d[^/.]*", "N", parts.path))
    return path, bool(parts.query)
