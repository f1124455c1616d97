"""Count the rows of a result in the bytes that the engine writes.

The engine writes a result several times faster than Python could row by row, but it does not
count. So the rows are counted in what it has written: exactly, whatever the literals hold.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Final

from kmgraph import formats
from kmgraph.formats import Format

#: How each format writes what only RDF 1.2 has. Quotes and ``<`` in the text of a literal are
#: escaped, so none of these can stand there.
_RDF_1_2: Final = {
    formats.JSON: (b'"type":"triple"', b'"its:dir":'),
    formats.XML: (b"<triple>", b' its:dir="'),
}
#: The same in TSV, where tabs and line ends in literals are escaped.
_RDF_1_2_TSV: Final = re.compile(rb'[\t\n]<<\(|"@[A-Za-z0-9-]+--(?:ltr|rtl)(?=[\t\n])')
#: Bytes of the last part that are looked at again with the next one.
_OVERLAP: Final = 300


class RowCounter(ABC):
    """Counts the rows in a result that comes in parts; they may be cut anywhere."""

    #: Rows that began in the parts given so far.
    rows: int = 0

    @abstractmethod
    def feed(self, part: bytes) -> None:
        """Count the rows that begin in the next part."""


class JsonRows(RowCounter):
    r"""Counts solutions in the SPARQL results format in JSON.

    Outside of strings, ``{`` follows ``[`` or ``,`` only where a solution begins.

    >>> counter = JsonRows()
    >>> counter.feed(b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"lit')
    >>> counter.feed(b'eral","value":"\\"},{\\""}},{}]}}')
    >>> counter.rows
    2
    """

    def __init__(self) -> None:
        self._is_in_string = False
        self._held = b""
        self._last = b""

    def feed(self, part: bytes) -> None:
        """Count the solutions that begin in the next part."""
        part = self._held + part
        self._held = b""
        if b"\\" in part:
            if (len(part) - len(part.rstrip(b"\\"))) % 2:
                # What the backslash escapes comes with the next part.
                part, self._held = part[:-1], b"\\"
            part = part.replace(b"\\\\", b"").replace(b'\\"', b"")
        pieces = part.split(b'"')
        outside = self._last + b'"'.join(pieces[self._is_in_string :: 2])
        self.rows += outside.count(b",{") + outside.count(b"[{")
        self._is_in_string ^= len(pieces) % 2 == 0
        self._last = b'"' if self._is_in_string else outside[-1:]


class XmlRows(RowCounter):
    """Counts solutions in the SPARQL results format in XML, where text holds no ``<``.

    >>> counter = XmlRows()
    >>> counter.feed(b"<results><result></result><res"), counter.feed(b"ult></result></results>")
    (None, None)
    >>> counter.rows
    2
    """

    _TAG: Final = b"<result>"

    def __init__(self) -> None:
        self._last = b""

    def feed(self, part: bytes) -> None:
        """Count the solutions that begin in the next part."""
        part = self._last + part
        self.rows += part.count(self._TAG)
        self._last = part[1 - len(self._TAG) :]


class CsvRows(RowCounter):
    r"""Counts rows in CSV, where quoted text may hold line ends; the header is no row.

    >>> counter = CsvRows()
    >>> counter.feed(b'a\r\n"two\r\nlines"" quoted"\r\n')
    >>> counter.rows
    1
    """

    rows = -1

    def __init__(self) -> None:
        self._is_quoted = False

    def feed(self, part: bytes) -> None:
        """Count the line ends outside of quotes."""
        if b'"' not in part:
            self.rows += 0 if self._is_quoted else part.count(b"\n")
            return
        pieces = part.split(b'"')
        self.rows += sum(piece.count(b"\n") for piece in pieces[self._is_quoted :: 2])
        self._is_quoted ^= len(pieces) % 2 == 0


class TsvRows(RowCounter):
    r"""Counts rows in TSV, where line ends in text are escaped; the header is no row.

    >>> counter = TsvRows()
    >>> counter.feed(b'?a\n"two\\nlines"\n')
    >>> counter.rows
    1
    """

    rows = -1

    def feed(self, part: bytes) -> None:
        """Count the line ends."""
        self.rows += part.count(b"\n")


_COUNTERS: Final[dict[Format, type[RowCounter]]] = {
    formats.JSON: JsonRows,
    formats.XML: XmlRows,
    formats.CSV: CsvRows,
    formats.TSV: TsvRows,
}


def row_counter(fmt: Format) -> RowCounter:
    """Return a counter for a format of solutions.

    >>> type(row_counter(formats.CSV)).__name__
    'CsvRows'
    """
    return _COUNTERS[fmt]()


class Rdf12Finder:
    """Finds triples as terms and texts with a direction in a result that comes in parts.

    CSV shows neither as what it is, so nothing is found in it.

    >>> finder = Rdf12Finder(formats.JSON)
    >>> finder.is_in(b'"value":"x","its:'), finder.is_in(b'dir":"ltr"')
    (False, True)
    """

    def __init__(self, fmt: Format) -> None:
        self._marks = _RDF_1_2.get(fmt, ())
        self._is_tsv = fmt is formats.TSV
        self._last = b""

    def is_in(self, part: bytes) -> bool:
        """Say whether the next part, or where it meets the last, holds any."""
        part = self._last + part
        self._last = part[-_OVERLAP:]
        if self._is_tsv:
            return _RDF_1_2_TSV.search(part) is not None
        return any(mark in part for mark in self._marks)
