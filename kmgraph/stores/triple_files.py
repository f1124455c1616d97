"""Triples in files, as the stores read and write them."""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NoReturn

import pyoxigraph as ox

from kmgraph.errors import RdfParseError
from kmgraph.stores.oxigraph import parse_error

_CHUNK_BYTES: Final = 1 << 20
_BLANK_NODE: Final = re.compile(rb"^(?:_:|<[^>]*>[ \t]*<[^>]*>[ \t]*_:)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TripleFile:
    """Triples in a file: N-Triples, or N-Quads that are all in one graph.

    :ivar path: the file.
    :ivar graph: IRI of the graph that each line names; None for N-Triples.
    :ivar statements: number of lines, where whoever wrote the file knows it.
    :ivar is_handed_over: whether the file is removed once every view has loaded it.
    """

    path: Path
    graph: str | None = None
    statements: int | None = None
    is_handed_over: bool = False

    def open(self) -> IO[bytes]:
        """Open the file as N-Triples, whatever it is.

        :raises RdfParseError: while reading, where a line is not in the graph or has a blank node.
        """
        return io.BufferedReader(_Chunks(self), _CHUNK_BYTES)

    def chunks(self, size: int) -> Generator[tuple[int, bytes], None, None]:
        """Yield whole lines as N-Triples, each time with the number of the lines before them.

        :param size: bytes to read at a time, a little more being read to the end of a line.
        :raises RdfParseError: a line is not in the graph or has a blank node.
        """
        before = 0
        with self.path.open("rb") as stream:
            while chunk := stream.read(size):
                chunk += stream.readline()
                if not chunk.endswith(b"\n"):
                    chunk += b"\n"
                yield before, self._stripped(chunk, before)
                before += chunk.count(b"\n")

    def _stripped(self, chunk: bytes, before: int) -> bytes:
        """Return lines without the graph at their ends."""
        if b"_:" in chunk and (match := _BLANK_NODE.search(chunk)):
            place = before + chunk[: match.start()].count(b"\n")
            self._refuse(place, "a blank node, which needs an IRI")
        if self.graph is None:
            return chunk
        # A literal cannot hold a bare newline, so this is the end of a line wherever it is.
        end = f" <{self.graph}> .\n".encode()
        if chunk.count(end) != chunk.count(b"\n"):
            for number, line in enumerate(chunk.splitlines(keepends=True), before):
                if line.strip() and not line.endswith(end) and line[:1] != b"#":
                    self._refuse(number, f"a statement that is not in <{self.graph}>")
        return chunk.replace(end, b" .\n")

    def _refuse(self, before: int, problem: str) -> NoReturn:
        """Raise RdfParseError for the line after so many others."""
        raise RdfParseError(problem, source=str(self.path), line=before + 1)

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
        if self.statements is not None:
            return self.statements if up_to is None else min(self.statements, up_to)
        total = 0
        with self.path.open("rb") as stream:
            while (chunk := stream.read(_CHUNK_BYTES)) and (up_to is None or total < up_to):
                total += chunk.count(b"\n")
        return total if up_to is None else min(total, up_to)


class _Chunks(io.RawIOBase):
    """Reads a file of triples as N-Triples, chunk by chunk."""

    def __init__(self, source: TripleFile) -> None:
        self._chunks = source.chunks(_CHUNK_BYTES)
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with N-Triples."""
        if not self._ready:
            self._ready = memoryview(next(self._chunks, (0, b""))[1])
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        """Close the file."""
        self._chunks.close()
        super().close()


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
