"""What metadata say, as rows for a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import pyoxigraph as ox

from kmgraph.metadata.rows import query


def told(triples: Iterable[ox.Triple], name: str) -> list[dict[str, str]]:
    """Return what a query finds in metadata: variable to text, empty where it has no value.

    :param triples: the metadata.
    :param name: name of a query in ``queries/metadata/pages``, without its ending.

    >>> told([], "classes")
    []
    """
    store = ox.Store()
    store.extend(ox.Quad(each.subject, each.predicate, each.object) for each in triples)
    found = cast(ox.QuerySolutions, store.query(query(f"pages/{name}.rq")))
    names = [variable.value for variable in found.variables]
    return [{name: _text(value) for name, value in zip(names, row, strict=True)} for row in found]


def _text(term: object) -> str:
    """Return the value of a term as text; empty where there is none."""
    return "" if term is None else str(getattr(term, "value", term))
