"""Changes of one graph, and how they are made to a view and its merged default graph."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import pyoxigraph as ox

from kmgraph.errors import RdfParseError
from kmgraph.progress import Progress, ProgressEvent
from kmgraph.stores.oxigraph import parse_error, remove_unheld

#: Additions above this number of triples are bulk loaded: below, a transaction is quicker and
#: leaves fewer files behind.
BULK_TRIPLES: Final = 20_000
#: Bulk loads above this number of triples are followed by optimize().
OPTIMIZE_TRIPLES: Final = 100_000
#: Triples compared in memory; larger graphs are compared on disk.
MEMORY_TRIPLES: Final = 200_000
_CHUNK_BYTES: Final = 1 << 20
_BATCH: Final = 50_000
_BLANK_NODE: Final = re.compile(rb"^(?:_:|<[^>]*>[ \t]*<[^>]*>[ \t]*_:)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TripleFile:
    """Triples in a file: N-Triples, or N-Quads that are all in one graph.

    :ivar path: the file.
    :ivar graph: IRI of the graph that each line names; None for N-Triples.
    """

    path: Path
    graph: str | None = None

    def open(self) -> IO[bytes]:
        """Open the file as N-Triples, whatever it is.

        :raises RdfParseError: while reading, where a line is not in the graph or has a blank node.
        """
        stream = self.path.open("rb")
        return io.BufferedReader(_Stripper(stream, self), _CHUNK_BYTES)

    def triples(self) -> Iterator[ox.Triple]:
        """Yield the triples of the file."""
        with self.open() as stream:
            try:
                for quad in ox.parse(stream, ox.RdfFormat.N_TRIPLES):
                    yield quad.triple
            except SyntaxError as error:
                raise parse_error(error, str(self.path)) from error

    def count(self, up_to: int | None = None) -> int:
        """Return the number of lines, or ``up_to`` if there are at least so many."""
        total = 0
        with self.path.open("rb") as stream:
            while (chunk := stream.read(_CHUNK_BYTES)) and (up_to is None or total < up_to):
                total += chunk.count(b"\n")
        return total if up_to is None else min(total, up_to)


class _Stripper(io.RawIOBase):
    """Reads N-Quads of one graph as N-Triples: the graph is cut off the end of each line."""

    def __init__(self, stream: IO[bytes], source: TripleFile) -> None:
        self._stream, self._source = stream, source
        self._end = f" <{source.graph}> .\n".encode()
        self._ready = memoryview(b"")
        self._line = 0

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with N-Triples."""
        if not self._ready:
            self._ready = memoryview(self._next())
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()

    def _next(self) -> bytes:
        """Return the next whole lines as N-Triples."""
        chunk = self._stream.read(_CHUNK_BYTES)
        chunk += self._stream.readline()
        if not chunk:
            return b""
        if not chunk.endswith(b"\n"):
            chunk += b"\n"
        if match := _BLANK_NODE.search(chunk):
            self._refuse(chunk[: match.start()].count(b"\n"), "a blank node, which needs an IRI")
        stripped = chunk
        if self._source.graph is not None:
            # A literal cannot hold a bare newline, so this is the end of a line wherever it is.
            stripped = chunk.replace(self._end, b" .\n")
            if chunk.count(self._end) != chunk.count(b"\n"):
                for number, line in enumerate(chunk.splitlines(keepends=True)):
                    if line.strip() and not line.endswith(self._end) and line[:1] != b"#":
                        self._refuse(number, f"a statement that is not in <{self._source.graph}>")
        self._line += chunk.count(b"\n")
        return stripped

    def _refuse(self, offset: int, problem: str) -> None:
        """Raise RdfParseError for a line."""
        raise RdfParseError(problem, source=str(self._source.path), line=self._line + offset + 1)


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
    if not any(True for _ in islice(store.quads_for_pattern(None, None, None, graph), 1)):
        return Delta(iri, (wanted,))
    in_memory = wanted.count(MEMORY_TRIPLES) < MEMORY_TRIPLES
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


def write_triples(triples: Iterable[ox.Triple], path: Path) -> TripleFile:
    """Write triples to a file.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_triples([], Path(folder) / "none.nt").count()
    0
    """
    with path.open("wb") as output:
        ox.serialize(triples, output, ox.RdfFormat.N_TRIPLES)
    return TripleFile(path)


def load(store: ox.Store, source: TripleFile, graph: ox.NamedNode | ox.DefaultGraph) -> None:
    """Bulk load a file into a graph.

    :raises RdfParseError: the file is not as it should be.
    """
    try:
        with source.open() as stream:
            store.bulk_load(stream, ox.RdfFormat.N_TRIPLES, to_graph=graph)
    except SyntaxError as error:
        raise parse_error(error, str(source.path)) from error


def apply_deltas(
    store: ox.Store, deltas: Iterable[Delta], *, is_new: bool, label: str, progress: Progress
) -> int:
    """Make changes to a view, and keep its default graph the merge of its named graphs.

    :param is_new: whether the view was made from nothing, so that bulk loading is right for any
        size.
    :param label: what the view is called in progress events.
    :returns: the number of triples that were bulk loaded.
    """
    changes = list(deltas)
    loaded = 0
    for change in changes:
        graph = ox.NamedNode(change.iri)
        step = f"{label}: {change.iri}"
        progress(ProgressEvent("bulk_load", step))
        store.add_graph(graph)
        if change.deleted is not None:
            _transact(store, change.deleted, graph)
        for source in change.added:
            number = source.count()
            if is_new or number > BULK_TRIPLES:
                load(store, source, graph)
                progress(ProgressEvent("bulk_load", step, number, number))
                load(store, source, ox.DefaultGraph())
                loaded += number
            else:
                triples = source.triples()
                while batch := list(islice(triples, _BATCH)):
                    store.extend(_in_both(batch, graph))
        progress(ProgressEvent("bulk_load", f"{step}: done"))
    # Only now is it known which graphs hold a deleted triple still.
    for change in changes:
        if change.deleted is not None:
            progress(ProgressEvent("bulk_load", f"{label}: default graph"))
            for triple in change.deleted.triples():
                remove_unheld(store, triple)
    return loaded


def _transact(store: ox.Store, deleted: TripleFile, graph: ox.NamedNode) -> None:
    """Remove triples from a named graph."""
    for triple in deleted.triples():
        store.remove(ox.Quad(triple.subject, triple.predicate, triple.object, graph))


def _in_both(triples: Iterable[ox.Triple], graph: ox.NamedNode) -> Iterator[ox.Quad]:
    """Yield each triple in a named graph and in the default graph."""
    for triple in triples:
        yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)
        yield ox.Quad(triple.subject, triple.predicate, triple.object)
