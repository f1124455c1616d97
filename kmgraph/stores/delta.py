"""What changes in one graph, and how that is worked out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.stores.loading import load
from kmgraph.stores.triple_files import TripleFile, write_triples

__all__ = ["Delta", "TripleFile", "compare", "whole_graph", "without", "write_triples"]

#: Triples compared in memory; larger graphs are compared on disk.
MEMORY_TRIPLES: Final = 200_000
#: A graph of fewer triples is deleted and written anew where a large one takes its place.
FEW_TRIPLES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Delta:
    """What changes in one graph.

    :ivar iri: the graph.
    :ivar added: files of triples to add; what is there already does no harm.
    :ivar deleted: file of triples to delete, or None.
    """

    iri: str
    added: tuple[TripleFile, ...] = ()
    deleted: TripleFile | None = None


def compare(store: ox.Store, iri: str, wanted: TripleFile, directory: Path) -> Delta:
    """Return what turns a graph of a store into the triples of a file.

    :param store: holds the graph as it is.
    :param directory: where the files of the delta go; each graph needs its own.
    """
    graph = ox.NamedNode(iri)
    held = sum(1 for _ in islice(store.quads_for_pattern(None, None, None, graph), FEW_TRIPLES))
    if not held:
        return Delta(iri, (wanted,))
    in_memory = wanted.count(MEMORY_TRIPLES) < MEMORY_TRIPLES
    if held < FEW_TRIPLES and not in_memory:
        return Delta(iri, (wanted,), whole_graph(store, iri, directory / "deleted.nt"))
    new = ox.Store() if in_memory else ox.Store(str(directory / "wanted"))
    load(new, wanted, ox.DefaultGraph())
    deleted = (
        quad.triple
        for quad in store.quads_for_pattern(None, None, None, graph)
        if ox.Quad(quad.subject, quad.predicate, quad.object) not in new
    )
    deleted_file = write_triples(deleted, directory / "deleted.nt")
    added = (
        triple
        for triple in wanted.triples()
        if ox.Quad(triple.subject, triple.predicate, triple.object, graph) not in store
    )
    return Delta(iri, (write_triples(added, directory / "added.nt"),), deleted_file)


def whole_graph(store: ox.Store, iri: str, path: Path) -> TripleFile:
    """Write a graph of a store to a file."""
    with path.open("wb") as output:
        store.dump(output, ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(iri))
    return TripleFile(path)


def without(content: TripleFile, deleted: TripleFile, path: Path) -> TripleFile:
    """Write the triples of a file that are not in another; both are as the engine writes them."""
    with deleted.open() as lines:
        gone = set(lines)
    with content.open() as lines, path.open("wb") as output:
        output.writelines(line for line in lines if line not in gone)
    return TripleFile(path)
