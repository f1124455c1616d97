"""Map a part of a large bundle, in whichever process: to N-Quads, and to what is left to do.

What is plainly right is mapped and added to files that other processes add to as well. The other
rows are handed back.
"""

from __future__ import annotations

import fcntl
import functools
import os
import pickle
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Final

from kmgraph.bundles.id_index import IdIndex
from kmgraph.bundles.parts import Part, blocks_of
from kmgraph.bundles.sources import RawRow
from kmgraph.errors import BundleError
from kmgraph.mapping.compiled import CompiledTable, MappedBlock
from kmgraph.mapping.mapper import Mapper, Place
from kmgraph.mapping.opaque import NotPlainError
from kmgraph.records import TABLES
from kmgraph.stores.digest import LineSum
from kmgraph.vocabulary import load_vocabulary

#: Words for terms that a process tells of before it forgets which it told of.
_WORDS_KEPT: Final = 50_000


@dataclass(frozen=True, slots=True)
class Job:
    """What a process needs to know to map parts of a bundle.

    :ivar keys: file with the hashes of the ids.
    :ivar asks: whether some ids are to be asked for as they are.
    :ivar quads: file to add statements to, or None where rows are only checked.
    :ivar end: what ends a statement.
    """

    place: Place
    keys: Path
    asks: bool
    quads: Path | None
    rows: Path | None
    end: str


@dataclass(frozen=True, slots=True)
class MappedPart:
    """What became of a part.

    :ivar records: number of records that were mapped.
    :ivar odd: the other rows.
    :ivar words: segment and words of terms that were used.
    """

    records: int
    statements: int
    total: LineSum
    odd: list[RawRow]
    words: frozenset[tuple[str, str]]


class _Tables:
    """The compiled tables of a job."""

    def __init__(self, job: Job) -> None:
        import numpy as np

        self.job = job
        self._index = IdIndex(np.load(job.keys, mmap_mode="r"), asks=job.asks)
        self._mapper = Mapper(job.place, load_vocabulary(), _ask_for_sheet)
        self._tables: dict[str, CompiledTable] = {}
        self._told: set[tuple[str, str]] = set()

    def of(self, sheet: str) -> CompiledTable:
        """Return the mapping of a sheet."""
        if sheet not in self._tables:
            self._tables[sheet] = CompiledTable(
                TABLES[sheet], self._mapper, self._index, self.job.end
            )
        return self._tables[sheet]

    def new_words(self, sheet: str) -> frozenset[tuple[str, str]]:
        """Return the terms of a sheet that were not told of yet."""
        words = self.of(sheet).words
        new = frozenset(words - self._told)
        words.clear()
        if len(self._told) > _WORDS_KEPT:
            self._told.clear()
        self._told |= new
        return new


def _ask_for_sheet(record_id: str) -> str | None:
    """Refuse to look a single id up: who needs it is mapped by itself."""
    raise NotPlainError


@functools.lru_cache(maxsize=1)
def _tables(job: Path) -> _Tables:
    """Return the tables of the job in a file."""
    return _Tables(pickle.loads(job.read_bytes()))  # noqa: S301 - written by who started us


def map_part(job: Path, part: Part) -> MappedPart:
    """Map a part of a bundle, adding to the files of a job.

    :param job: file with the job.
    :raises BundleError: the file changed while it was read.
    """
    tables = _tables(job)
    table, files = tables.of(part.sheet), tables.job
    records, statements, total = 0, 0, LineSum()
    odd: list[RawRow] = []
    try:
        for block in blocks_of(part):
            mapped = table.map(block)
            odd += mapped.odd
            records += len(mapped.ids)
            if files.quads and files.rows and mapped.quads:
                quads = mapped.quads.encode()
                statements += quads.count(b"\n")
                total.merge(sum_of(quads, files.end))
                append(files.quads, quads)
                append(files.rows, _rows_text(files.place, part, mapped).encode())
    except ValueError as error:
        raise BundleError(f"{part.file} changed while it was read: {error}") from None
    return MappedPart(records, statements, total, odd, tables.new_words(part.sheet))


def _rows_text(place: Place, part: Part, mapped: MappedBlock) -> str:
    """Return the lines that say where records come from."""
    start = f"{place.base}{TABLES[part.sheet].segment}/{place.id_prefix}"
    lines = zip(repeat(start), mapped.ids, repeat(f"\t{part.file}\t"), strict=False)
    return "".join(
        f"{before}{record_id}{file}{number}\t{record_id}\n"
        for (before, record_id, file), number in zip(lines, mapped.numbers, strict=True)
    )


def append(path: Path, content: bytes) -> None:
    """Add whole lines to the end of a file that others add to as well."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)


def sum_of(quads: bytes, end: str) -> LineSum:
    r"""Return the sum over the triples of quads of one graph.

    :param end: what ends each line.

    >>> sum_of(b"<a> <b> <c> <g> .\n", " <g> .\n") == sum_of(b"<a> <b> <c> .\n", " .\n")
    True
    """
    total = LineSum()
    total.add(quads.replace(end.encode(), b" .\n").splitlines(keepends=True))
    return total
