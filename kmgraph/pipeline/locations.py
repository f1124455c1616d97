"""Find the file and row that a record was read from."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kmgraph.mapping.mapper import split_record_iri
from kmgraph.validation import Location

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Number of records that are searched for from one end of a list to the other.
_SEARCHED: Final = 8
#: Lines of which the places are noted at a time.
_LINES: Final = 50_000


class RowLocations:
    """Looks record IRIs up in the lists that builds leave beside a generation.

    A list may have a line for each of millions of records, and mostly few are asked for. So a list
    is searched for the first of them, and the places of its lines are noted only for more: in
    sixteen bytes a line.

    :param base: base IRI of the store.
    :param lists: the lists, as files or as what they hold: one line a record, with IRI, file, row
        and id between tabs. Where a record stands in several lines, the last counts.

    >>> find = RowLocations("https://x.org/", [b"https://x.org/study/S1\\tstudies.csv\\t2\\tS1\\n"])
    >>> find("https://x.org/study/S1")
    Location(file='studies.csv', row=2, sheet='studies', record_id='S1')
    """

    def __init__(self, base: str, lists: Sequence[bytes | Path]) -> None:
        self._base = base
        self._lists = [_RowList(content) for content in lists]

    def __call__(self, iri: str) -> Location | None:
        """Return where the record of an IRI stands, or None where no list names it."""
        split = split_record_iri(self._base, iri)
        if split is None:
            return None
        for content in reversed(self._lists):
            if line := content.line(iri.encode()):
                _, file, row, record_id = line.decode().split("\t")
                return Location(file, int(row), split[0], record_id)
        return None


class _RowList:
    """One list.

    :param content: the list, or the file that holds it.
    """

    def __init__(self, content: bytes | Path) -> None:
        self._content: bytes | mmap.mmap = b""
        if isinstance(content, bytes):
            self._content = content
        elif content.stat().st_size:
            with content.open("rb") as file:
                self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._asked = 0
        self._places: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def line(self, iri: bytes) -> bytes:
        """Return the last line of an IRI without its end, or nothing."""
        self._asked += 1
        start = self._searched(iri) if self._asked <= _SEARCHED else self._looked_up(iri)
        if start < 0:
            return b""
        end = self._content.find(b"\n", start)
        return self._content[start : end if end >= 0 else len(self._content)]

    def _searched(self, iri: bytes) -> int:
        """Return where the last line of an IRI begins, or -1; read the list for it."""
        found = self._content.rfind(b"\n" + iri + b"\t")
        if found >= 0:
            return found + 1
        return 0 if self._begins(iri, 0) else -1

    def _begins(self, iri: bytes, start: int) -> bool:
        """Return whether the line that begins at a place is that of an IRI."""
        return self._content[start : start + len(iri) + 1] == iri + b"\t"

    def _looked_up(self, iri: bytes) -> int:
        """Return where the last line of an IRI begins, or -1; find it by its hash."""
        import numpy as np

        if self._places is None:
            self._places = self._noted()
        hashes, starts = self._places
        wanted: Any = np.int64(hash(iri))
        first, end = np.searchsorted(hashes, wanted), np.searchsorted(hashes, wanted, "right")
        found = [start for start in starts[first:end].tolist() if self._begins(iri, start)]
        return max(found, default=-1)

    def _noted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the hashes of the IRIs in order, and where the line of each begins."""
        import numpy as np

        hashes, starts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        place = 0
        while place < len(self._content):
            lines = self._lines(place)
            own = [hash(line.partition(b"\t")[0]) for line in lines]
            sizes = np.array([len(line) + 1 for line in lines], dtype=np.int64)
            hashes.append(np.array(own, dtype=np.int64))
            starts.append(place + np.cumsum(sizes) - sizes)
            place += int(sizes.sum())
        found = np.concatenate(hashes)
        order = np.argsort(found)
        return found[order], np.concatenate(starts)[order]

    def _lines(self, place: int) -> list[bytes]:
        """Return some of the lines from a place on, without their ends."""
        end = min(place + 100 * _LINES, len(self._content))
        last = self._content.rfind(b"\n", place, end)
        return self._content[place : last if last >= 0 else end].split(b"\n")
