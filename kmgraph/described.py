"""What the dataset records of a view describe, and which of its data no record describes.

A licence or a publisher may be claimed for everything only where it is true of each part. A graph
that was loaded, or that updates made, has no record of a dataset unless somebody wrote one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import RESERVED_GRAPHS, graph_iri
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

#: Graphs of what was worked out end in this.
_DERIVED: Final = "/derived"


@dataclass(frozen=True, slots=True)
class Described:
    """How far the dataset records of a view go.

    :ivar undescribed: name of each graph of data that no record describes, to its IRI.
    :ivar licence: the licence that all data have; empty where they have none in common.
    :ivar is_published: whether it is known of all data who publishes them.
    """

    undescribed: Mapping[str, str]
    licence: str
    is_published: bool


def described(view: QuadStore) -> Described:
    """Return how far the dataset records of a view go.

    :param view: a view, or data in memory.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> store = MemoryStore()
    >>> store.load_nquads(b'<urn:a> <urn:b> "c" <urn:g> .')
    1
    >>> dict(described(store).undescribed)
    {'urn:g': 'urn:g'}
    """
    text = artefacts.read_text("queries", "support/described-graphs.rq")
    found = cast(Solutions, view.query(text))
    rows = [
        dict(zip(found.variables, (getattr(term, "value", "") for term in row), strict=True))
        for row in found
    ]
    undescribed = dict(_undescribed(view, {row["graph"] for row in rows}))
    licences = _each(rows, "licence")
    is_one = not undescribed and len(set(licences)) == 1 and len(licences[0]) == 1
    return Described(
        undescribed,
        next(iter(licences[0])) if is_one else "",
        not undescribed and all(_each(rows, "publisher")),
    )


def _each(rows: Iterable[Mapping[str, str]], name: str) -> list[frozenset[str]]:
    """Return the values of a column for each dataset."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["dataset"], set()).update({row[name]} - {""})
    return [frozenset(values) for values in found.values()]


def _undescribed(view: QuadStore, known: set[str]) -> Iterator[tuple[str, str]]:
    """Yield name and IRI of each graph that holds data and is not among the known ones."""
    start = graph_iri(view.base, "")
    for iri in view.graph_names():
        name = iri.removeprefix(start)
        is_own = name != iri and (name in RESERVED_GRAPHS or name.endswith(_DERIVED))
        if is_own or iri in known:
            continue
        if next(view.quads(graph_name=ox.NamedNode(iri)), None) is not None:
            yield name, iri
