"""The files of RDF of a snapshot.

The store is read once, into the N-Quads; the other files are made from these. Statements stand in
the order of the engine's index: graph by graph, and all of a subject together. The order depends
on the terms alone, so that the same statements give the same bytes. Nothing is held in memory but
what is being written.
"""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Final, cast

import pyoxigraph as ox

from kmgraph.formats import JSONLD, NQUADS, TRIG, TURTLE, Format, to_rdf_format
from kmgraph.namespaces import PREFIXES
from kmgraph.snapshots.model import SnapshotFile
from kmgraph.stores.base import QuadStore

#: What takes 9 to find is hardly smaller; measured on N-Quads of records.
_GZIP_LEVEL: Final = 6
_CHUNK_BYTES: Final = 1 << 20
GZIP: Final = "gzip"


class _Summed(io.RawIOBase):
    """Writes to a file, and sums and counts its bytes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self.digest = hashlib.sha256()
        self.size_bytes = 0

    def writable(self) -> bool:
        """Say that this can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Write some bytes."""
        self.digest.update(data)
        self.size_bytes += len(data)
        self._file.write(data)
        return len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


@contextmanager
def _packed(path: Path) -> Iterator[tuple[IO[bytes], _Summed]]:
    """Open a gzipped file whose bytes depend on its content alone."""
    with _Summed(path) as summed:
        with gzip.GzipFile("", "wb", _GZIP_LEVEL, cast("IO[bytes]", summed), mtime=0) as packed:
            with io.BufferedWriter(packed, _CHUNK_BYTES) as output:
                yield cast("IO[bytes]", output), summed


class _Counted:
    """Counts what is iterated over."""

    def __init__(self, statements: Iterable[Any]) -> None:
        self._statements = statements
        self.number = 0

    def __iter__(self) -> Iterator[Any]:
        for statement in self._statements:
            self.number += 1
            yield statement


def write_nquads(view: QuadStore, folder: Path) -> SnapshotFile:
    """Write all named graphs of a view as N-Quads.

    :param folder: folder of the snapshot.

    >>> import tempfile
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> store = MemoryStore()
    >>> store.load_nquads(b'<urn:a> <urn:b> "c" <urn:g> .')
    1
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_nquads(store, Path(folder)).statements
    1
    """
    name = f"all{NQUADS.extension}.gz"
    statements = 0
    with _packed(folder / name) as (output, summed):
        for iri in view.graph_names():
            quads = _Counted(view.quads(graph_name=ox.NamedNode(iri)))
            ox.serialize(quads, output, ox.RdfFormat.N_QUADS)
            statements += quads.number
    return _described(name, "all named graphs of the view", NQUADS, summed, statements)


def write_datasets(folder: Path, nquads: SnapshotFile, fmt: Format) -> SnapshotFile:
    """Write the named graphs in another format, from the N-Quads.

    :param fmt: TriG or JSON-LD.
    """
    name = f"all{fmt.extension}.gz"
    with _quads(folder / nquads.name) as quads, _packed(folder / name) as (output, summed):
        counted = _Counted(quads)
        _serialize(counted, output, fmt)
    return _described(name, "all named graphs of the view", fmt, summed, counted.number)


def write_graphs(
    folder: Path, nquads: SnapshotFile, names: Mapping[str, str]
) -> Iterator[SnapshotFile]:
    """Write some graphs as Turtle, one file each, from the N-Quads.

    :param names: IRI of a graph to the name of its file, without an ending.
    """
    with _quads(folder / nquads.name) as quads:
        for node, found in groupby(quads, key=lambda quad: quad.graph_name):
            graph = node.value if isinstance(node, ox.NamedNode) else ""
            if graph not in names:
                continue
            name = f"{names[graph]}{TURTLE.extension}.gz"
            (folder / name).parent.mkdir(exist_ok=True)
            with _packed(folder / name) as (output, summed):
                counted = _Counted(quad.triple for quad in found)
                _serialize(counted, output, TURTLE)
            what = "the graph as it was given, without what is derived from it"
            yield _described(name, what, TURTLE, summed, counted.number, graph)


@contextmanager
def _quads(path: Path) -> Iterator[Iterator[ox.Quad]]:
    """Read gzipped N-Quads."""
    with gzip.open(path, "rb") as file:
        yield iter(ox.parse(cast("IO[bytes]", file), ox.RdfFormat.N_QUADS))


def _serialize(statements: Iterable[Any], output: IO[bytes], fmt: Format) -> None:
    """Write statements with our prefixes."""
    prefixes = None if fmt is JSONLD else PREFIXES
    ox.serialize(statements, output, to_rdf_format(fmt), prefixes=prefixes)


def _described(
    name: str, holds: str, fmt: Format, summed: _Summed, statements: int, graph: str | None = None
) -> SnapshotFile:
    """Return what the manifest says of a file that was written."""
    return SnapshotFile(
        name,
        holds,
        fmt.media_type,
        GZIP,
        summed.size_bytes,
        summed.digest.hexdigest(),
        statements=statements,
        graph=graph,
    )


#: Formats in which the whole view is written, beside N-Quads.
WHOLE: Final = (TRIG, JSONLD)
