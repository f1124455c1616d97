"""Search files outside a store for what was erased from it.

Bundles, exports and notes belong to people: they are searched and left as they are.
"""

from __future__ import annotations

import gzip
import json
import mmap
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

from kmgraph.errors import InputError, MissingExtraError
from kmgraph.snapshots.tables import arrow_modules

#: Encodings that tables are saved in.
_ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "cp1252")
#: What may stand before and after a cell that holds an id, in tables, JSON and workbooks.
_BEFORE: Final = rb"(?:^|[\",;\t|>])[ ]*(?:[A-Za-z0-9._-]+:)?"
_AFTER: Final = rb"[ ]*(?:$|[\",;\t|<\r])"
_WHAT: Final = ("the IRI", "the id as a cell", "an erased text")


class _NotReadError(Exception):
    """A Parquet file is damaged, or pyarrow is not installed."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file that still holds what was erased.

    :ivar file: the file.
    :ivar holds: ``the IRI``, ``the id as a cell``, ``an erased text`` or ``could not be read``.
    """

    file: Path
    holds: str


def search(
    folders: Sequence[str | Path], iris: Sequence[str], ids: Sequence[str], texts: Sequence[str]
) -> list[Leftover]:
    """Return the files below folders that hold an IRI, an id as a whole cell, or a text.

    Workbooks, ZIP archives, gzipped files and Parquet are looked into.

    :param ids: ids of the record in bundles.
    :raises InputError: a folder does not exist, or belongs to a store, which is purged itself.

    >>> search([], ["https://x.org/person/P1"], ["P1"], [])
    []
    """
    patterns = (
        _pattern([form for iri in iris for form in _forms(iri)]),
        _cell_pattern(ids),
        _pattern([form for text in texts for form in _forms(text)]),
    )
    found: list[Leftover] = []
    for folder in map(Path, folders):
        if not folder.exists():
            raise InputError(f"{folder} cannot be searched: there is nothing there")
        files = [folder] if folder.is_file() else sorted(p for p in folder.rglob("*"))
        for path in files:
            if path.name == "store.json" and (path.parent / "generations").is_dir():
                raise InputError(f"{path.parent} is a store: run 'kmgraph purge' on it")
            if path.is_file():
                found += _in_file(path, patterns)
    return found


def _forms(text: str) -> set[str]:
    """Return the ways in which files write a text: plain, and escaped as formats do."""
    numbered = "".join(c if ord(c) < 128 else f"\\u{ord(c):04X}" for c in text)
    as_json = json.dumps(text)[1:-1]
    return {text, escape(text), numbered, as_json, quote(text), quote(text, safe=":/#")}


def _pattern(forms: Sequence[str]) -> re.Pattern[bytes] | None:
    """Return a pattern that finds any of some texts in any encoding; None for no text.

    A longer word or id that begins with one of them is another.
    """
    variants = set()
    for form in forms:
        for encoding in _ENCODINGS:
            try:
                variants.add(form.encode(encoding))
            except UnicodeEncodeError:
                continue
    if not variants:
        return None
    joined = b"|".join(re.escape(v) for v in sorted(variants, key=len, reverse=True))
    return re.compile(rb"(?:" + joined + rb")(?![A-Za-z0-9_-])")


def _cell_pattern(ids: Sequence[str]) -> re.Pattern[bytes] | None:
    """Return a pattern that finds an id where it is a whole cell or item."""
    if not ids:
        return None
    joined = b"|".join(re.escape(i.encode()) for i in ids)
    return re.compile(_BEFORE + rb"(?:" + joined + rb")" + _AFTER, re.MULTILINE)


def _in_file(path: Path, patterns: Sequence[re.Pattern[bytes] | None]) -> Iterator[Leftover]:
    """Yield what a file holds still."""
    try:
        for number, pattern in enumerate(patterns):
            if pattern and any(pattern.search(part) for part in _contents(path)):
                yield Leftover(path, _WHAT[number])
    except (OSError, zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, _NotReadError):
        yield Leftover(path, "could not be read")


def _contents(path: Path) -> Iterator[bytes | mmap.mmap]:
    """Yield the content of a file, or of each member of an archive."""
    if path.stat().st_size == 0:
        return
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)
        return
    with path.open("rb") as file:
        start = file.read(4)
        if start == b"PAR1":
            yield from _groups(path)
            return
        if start[:2] == b"\x1f\x8b":
            with gzip.open(path) as unpacked:
                yield unpacked.read()
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield content


def _groups(path: Path) -> Iterator[bytes]:
    """Yield the rows of a Parquet file as JSON, a group at a time."""
    try:
        _, parquet = arrow_modules()
        with parquet.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                rows = file.read_row_group(number).to_pylist()
                yield json.dumps(rows, ensure_ascii=False, default=str).encode()
    except (MissingExtraError, ValueError) as error:
        raise _NotReadError from error
