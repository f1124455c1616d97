"""Stores with their cube, for tests that look at numbers."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox

from kmgraph import artefacts, formats
from kmgraph.cube import build_cube
from kmgraph.namespaces import graph_iri
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import MemoryStore

_DATA = Path(__file__).resolve().parents[1] / "questions" / "data"
_EXAMPLES = artefacts.folder("examples")
#: Name to the bundles that are built together.
BUNDLES = {
    "clahrc-ndl": [_EXAMPLES / "clahrc-ndl"],
    "rated": [_DATA / "rated"],
    "systems": [_DATA / "systems"],
    "km-review": [_EXAMPLES / "clahrc-ndl", _EXAMPLES / "km-review"],
}
Cubes = Callable[[str], MemoryStore]


def copy_of(store: MemoryStore) -> MemoryStore:
    """Return a store with the same graphs, except that of the cube."""
    cube = graph_iri(store.base, "cube")
    lines = b"".join(
        f"{quad.triple} {quad.graph_name} .\n".encode()
        for quad in store.quads()
        if quad.graph_name != ox.NamedNode(cube)
    )
    copied = MemoryStore(base=store.base)
    copied.load_nquads(lines)
    return copied


def add_cube(store: MemoryStore, folder: Path) -> MemoryStore:
    """Put the whole cube into a store that has none, and return the store."""
    built = build_cube(store, folder)
    assert built.path is not None
    store.load_nquads(built.path)
    return store


def cube_lines(store: QuadStore) -> set[bytes]:
    """Return the statements of the cube, as lines of N-Triples; its graph holds listings too."""
    graph = ox.NamedNode(graph_iri(store.base, "cube"))
    listings = f"{store.base}listing/"
    return {
        f"{quad.triple} .\n".encode()
        for quad in store.quads(graph_name=graph)
        if not quad.subject.value.startswith(listings)
    }


def new_cube(store: QuadStore, folder: Path) -> set[bytes]:
    """Return the statements of a cube that is made anew, as lines of N-Triples."""
    built = build_cube(store, folder)
    if built.path is None:
        return set()
    return {
        f"{quad.triple} .\n".encode()
        for quad in ox.parse(built.path.read_bytes(), ox.RdfFormat.N_QUADS)
    }


def engine_copy(store: QuadStore) -> ox.Store:
    """Return a copy that can be changed."""
    output = io.BytesIO()
    store.dump(output, formats.NQUADS)
    engine = ox.Store()
    engine.bulk_load(output.getvalue(), ox.RdfFormat.N_QUADS)
    engine.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in list(engine))
    return engine


def apply(engine: ox.Store, gone: Iterable[ox.Quad], come: Iterable[ox.Quad]) -> None:
    """Remove and add statements, and keep the default graph the merge of the named ones."""
    for quad in gone:
        engine.remove(quad)
        held = engine.quads_for_pattern(quad.subject, quad.predicate, quad.object)
        if all(isinstance(other.graph_name, ox.DefaultGraph) for other in held):
            engine.remove(ox.Quad(quad.subject, quad.predicate, quad.object))
    for quad in come:
        engine.extend([quad, ox.Quad(quad.subject, quad.predicate, quad.object)])


def quads_of(lines: Iterable[bytes], graph: ox.NamedNode) -> list[ox.Quad]:
    """Return the statements of lines of N-Triples, in a graph."""
    return [
        ox.Quad(quad.subject, quad.predicate, quad.object, graph)
        for quad in ox.parse(b"".join(lines), ox.RdfFormat.N_TRIPLES)
    ]
