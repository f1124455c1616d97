"""Replace one part of a graph that several makers share, by what changes in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox

from kmgraph.stores.base import QuadStore
from kmgraph.stores.triple_files import TripleFile


def line_of(statement: ox.Quad | ox.Triple) -> bytes:
    """Return a statement as a line of N-Triples.

    >>> node = ox.NamedNode("urn:a")
    >>> line_of(ox.Triple(node, node, node))
    b'<urn:a> <urn:a> <urn:a> .\\n'
    """
    triple = statement.triple if isinstance(statement, ox.Quad) else statement
    return f"{triple} .\n".encode()


def write_lines(lines: Iterable[bytes], path: Path) -> TripleFile | None:
    """Write lines in order, so that the same change is the same file; None where there is none.

    >>> write_lines([], Path("/dev/null")) is None
    True
    """
    with path.open("wb") as output:
        output.writelines(sorted(lines))
    return TripleFile(path) if path.stat().st_size else None


def difference(
    store: QuadStore,
    graph: str,
    is_ours: Callable[[ox.Quad], bool],
    wanted: TripleFile | None,
    folder: Path,
) -> tuple[TripleFile | None, TripleFile | None]:
    """Return what is missing in a part of a graph, and what is too much; None for nothing.

    :param graph: IRI of the graph; what others put there stays.
    :param is_ours: says of a statement of the graph whether it belongs to the part.
    :param wanted: what the part is to be; None for nothing.
    :param folder: where the files go.
    """
    quads = store.quads(graph_name=ox.NamedNode(graph))
    held = {line_of(quad) for quad in quads if is_ours(quad)}
    if not held:
        return wanted, None
    lines: set[bytes] = set()
    if wanted is not None:
        with wanted.open() as stream:
            lines = set(stream)
    return (
        write_lines(lines - held, folder / "added.nt"),
        write_lines(held - lines, folder / "deleted.nt"),
    )
