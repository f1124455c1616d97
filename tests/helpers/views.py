"""Views on disk, written in a moment."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

BASE = "https://example.org/"


def quad(subject: str, predicate: str, value: ox.Literal | ox.BlankNode, graph: str) -> ox.Quad:
    """Return a quad with short names."""
    return ox.Quad(
        ox.NamedNode(BASE + subject),
        ox.NamedNode(BASE + predicate),
        value,
        ox.NamedNode(f"{BASE}graph/{graph}"),
    )


def write_view(path: Path, quads: list[ox.Quad]) -> Path:
    """Write a view as the store does: named graphs, and their merge as default graph."""
    store = ox.Store(str(path))
    store.bulk_extend(quads)
    store.bulk_extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
    store.flush()
    return path
