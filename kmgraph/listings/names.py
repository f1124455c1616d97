"""The names in a query, which say by which links it can go."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from kmgraph.namespaces import RDF

_PREFIX: Final = re.compile(r"PREFIX\s+([A-Za-z0-9.-]*):\s*<([^>]*)>", re.IGNORECASE)
_NAME: Final = re.compile(r"(?<![?\w<])([A-Za-z][\w-]*):([\w.-]*\w)")
_IRI: Final = re.compile(r"<([^<>\s]+)>")
_COMMENT: Final = re.compile(r"^\s*#.*$", re.MULTILINE)


@lru_cache(maxsize=256)
def named_in(query: str) -> frozenset[str]:
    """Return the IRIs that a query names, the property ``a`` stands for among them.

    >>> sorted(named_in("PREFIX k: <urn:k#> SELECT ?s { ?s a k:A ; <urn:p>/k:b ?o }"))[1:]
    ['urn:k#', 'urn:k#A', 'urn:k#b', 'urn:p']
    """
    text = _COMMENT.sub("", query)
    prefixes = dict(_PREFIX.findall(text))
    names = {
        prefixes[prefix] + local for prefix, local in _NAME.findall(text) if prefix in prefixes
    }
    return frozenset(names | set(_IRI.findall(text)) | {f"{RDF}type"})
