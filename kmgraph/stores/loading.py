"""Load files of triples into a named graph and into the merged default graph.

Files are read once, in pieces of a size that bounds the memory of the engine, which sorts what it
is given as a whole. Each piece goes into both graphs, side by side where it is large.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import RdfParseError
from kmgraph.stores.triple_files import TripleFile

#: Bytes loaded at a time; the engine takes some fourteen times as much memory for them.
PIECE_BYTES: Final = 32 << 20
#: Below this number of bytes a second thread is dearer than what it saves.
_SIDE_BY_SIDE_BYTES: Final = 1 << 20

_Graph = ox.NamedNode | ox.DefaultGraph


def load(store: ox.Store, source: TripleFile, *graphs: _Graph) -> int:
    """Bulk load a file into graphs, one or two.

    :returns: the number of lines.
    :raises RdfParseError: the file is not as it should be.

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> store = ox.Store()
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.nt"
    ...     _ = path.write_text("<urn:a> <urn:b> <urn:c> .\\n")
    ...     load(store, TripleFile(path), ox.NamedNode("urn:g"), ox.DefaultGraph())
    1
    >>> len(store)
    2
    """
    before, piece = 0, b""
    with ThreadPoolExecutor(max_workers=1) as beside:
        for before, piece in source.chunks(PIECE_BYTES):
            if len(graphs) == 1 or len(piece) < _SIDE_BY_SIDE_BYTES:
                for graph in graphs:
                    _load_piece(store, piece, graph, source, before)
                continue
            other = beside.submit(_load_piece, store, piece, graphs[1], source, before)
            try:
                _load_piece(store, piece, graphs[0], source, before)
            finally:
                other.result()
    return before + piece.count(b"\n")


def _load_piece(
    store: ox.Store, piece: bytes, graph: _Graph, source: TripleFile, before: int
) -> None:
    """Bulk load some lines of a file.

    :param before: number of the lines before them.
    """
    try:
        store.bulk_load(piece, ox.RdfFormat.N_TRIPLES, to_graph=graph)
    except SyntaxError as error:
        line = None if error.lineno is None else before + error.lineno
        raise RdfParseError(
            error.msg, source=str(source.path), line=line, column=error.offset
        ) from error
