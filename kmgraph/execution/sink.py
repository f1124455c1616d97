"""Where a worker writes a result: into memory while it is small, then into a file in no folder."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any, Final, cast

import pyoxigraph as ox

from kmgraph.errors import ResultLimitError, TermError
from kmgraph.execution.counting import Rdf12Finder, row_counter
from kmgraph.execution.limits import Limits
from kmgraph.formats import Format
from kmgraph.results import Row

#: Most bytes that are sent through the socket; of more, the open file is handed over.
INLINE_BYTES: Final = 256 * 1024


class ResultSink(io.RawIOBase):
    """Takes a result as it is written, and refuses more than it may have.

    :param limits: what the result may have.

    >>> with ResultSink(Limits(result_bytes=5)) as sink:
    ...     sink.write(b"more than five")
    Traceback (most recent call last):
    kmgraph.errors.ResultLimitError: the result has more than 5 bytes, which is the most that is ...
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._file: IO[bytes] = io.BytesIO()
        #: Bytes written.
        self.length = 0

    @property
    def is_inline(self) -> bool:
        """Say whether the result is small enough for a message."""
        return isinstance(self._file, io.BytesIO)

    def as_file(self) -> IO[bytes]:
        """Return this sink as what functions that write to files take."""
        return cast("IO[bytes]", self)

    def write(self, data: Any) -> int:
        """Write a part of the result.

        :raises ResultLimitError: the result is longer than it may be.
        """
        size = len(data)
        self.length += size
        if self.length > self._limits.result_bytes:
            raise ResultLimitError(self._limits.result_bytes, "bytes")
        if self.length > INLINE_BYTES and isinstance(held := self._file, io.BytesIO):
            self._file = tempfile.TemporaryFile()
            self._file.write(held.getbuffer())
        self._file.write(data)
        return size

    def inline_bytes(self) -> bytes:
        """Return the result, where it is held in memory."""
        return self._file.getvalue() if isinstance(self._file, io.BytesIO) else b""

    def fileno(self) -> int:
        """Return the descriptor of the file that holds the result, complete, at its beginning."""
        self._file.seek(0)
        return self._file.fileno()

    def close(self) -> None:
        """Let go of the result."""
        self._file.close()
        super().close()


class SolutionsSink(ResultSink):
    """Takes solutions as the engine writes them, and counts them.

    :param fmt: the format they are written in.
    :param refuse_rdf_1_2: whether to refuse what only RDF 1.2 has.
    """

    def __init__(self, limits: Limits, fmt: Format, *, refuse_rdf_1_2: bool) -> None:
        super().__init__(limits)
        self._counter = row_counter(fmt)
        self._finder = Rdf12Finder(fmt) if refuse_rdf_1_2 else None

    @property
    def rows(self) -> int:
        """Return the number of solutions written."""
        return self._counter.rows

    def write(self, data: Any) -> int:
        """Write a part of the result.

        :raises ResultLimitError: there are more solutions or bytes than there may be.
        :raises TermError: a term is one that only RDF 1.2 has.
        """
        part = bytes(data)
        self._counter.feed(part)
        if self._counter.rows > self._limits.rows:
            raise ResultLimitError(self._limits.rows, "rows")
        if self._finder is not None and self._finder.is_in(part):
            raise rdf_1_2_error()
        return super().write(part)


class TripleCounter:
    """Counts triples as they pass, and refuses more than there may be.

    :ivar rows: number of triples that passed.
    """

    def __init__(self, limits: Limits, *, refuse_rdf_1_2: bool) -> None:
        self.rows = 0
        self._most = limits.rows
        self._refuse_rdf_1_2 = refuse_rdf_1_2

    def count(self, triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        """Yield the triples.

        :raises ResultLimitError: there are too many.
        :raises TermError: a term is one that only RDF 1.2 has.
        """
        for triple in triples:
            self.rows += 1
            if self.rows > self._most:
                raise ResultLimitError(self._most, "triples")
            if self._refuse_rdf_1_2 and is_rdf_1_2(triple.object):
                raise rdf_1_2_error()
            yield triple


def plain_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield solutions.

    :raises TermError: a term is one that only RDF 1.2 has.
    """
    for row in rows:
        if any(map(is_rdf_1_2, row)):
            raise rdf_1_2_error()
        yield row


def is_rdf_1_2(term: object) -> bool:
    """Say whether a term is a triple, or a text with a direction.

    >>> is_rdf_1_2(ox.Literal("x", language="ar", direction=ox.BaseDirection.RTL))
    True
    >>> is_rdf_1_2(None)
    False
    """
    if isinstance(term, ox.Literal):
        return term.direction is not None
    return isinstance(term, ox.Triple)


def rdf_1_2_error() -> TermError:
    """Return the error for a result that readers of RDF 1.1 cannot take."""
    return TermError(
        "the result holds what only RDF 1.2 has, a triple as a term or a text with a direction: "
        "ask with version=1.2, or leave it out of the query"
    )
