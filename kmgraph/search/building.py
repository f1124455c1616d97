"""Make the index of a view."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, cast

from kmgraph import artefacts
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

#: Version of the layout; an index of another is made anew.
LAYOUT: Final = 1
_PARTS: Final = ("name", "code", "said")
#: Characters that are nobody's words; excerpts use two of them as marks.
_CONTROLS: Final = {number: " " for number in range(32) if chr(number) not in "\t\n"}
#: Words that spelling may lead to; numbers and codes are not misspelt but wrong.
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_SCHEMA: Final = Path(__file__).with_name("schema.sql")
_GATHER: Final = Path(__file__).with_name("gather.sql")


def fill(connection: sqlite3.Connection, store: QuadStore) -> None:
    """Write all that a view says in words into an empty index.

    Memory is bounded but for the words that differ: rows go through the file.
    """
    connection.executescript(_SCHEMA.read_text(encoding="utf-8"))
    words: Counter[str] = Counter()
    _many(connection, "INSERT INTO raw VALUES (?, ?, ?)", _texts(store, words))
    classes = {row[0]: row for row in _rows(store, "classes")}
    _many(connection, "INSERT INTO class VALUES (?, ?, ?, ?, ?)", classes.values())
    kinds = (row for row in _rows(store, "kinds") if row[1] in classes)
    _many(connection, "INSERT INTO raw_kind VALUES (?, ?)", kinds)
    connection.executescript(_GATHER.read_text(encoding="utf-8"))
    _many(connection, "INSERT INTO word VALUES (?, ?)", words.items())
    connection.execute(f"PRAGMA user_version = {LAYOUT}")
    connection.commit()
    connection.execute("VACUUM")


def _texts(store: QuadStore, words: Counter[str]) -> Iterator[tuple[str, int, str]]:
    """Yield record, part and text, and count the words on the way."""
    for record, part, written in _rows(store, "texts"):
        text = written.translate(_CONTROLS)
        words.update(_WORD.findall(text.lower()))
        yield record, _PARTS.index(part), text


def _rows(store: QuadStore, name: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a query of ours as texts."""
    query = artefacts.read_text("queries", f"search/{name}.rq")
    for row in cast(Solutions, store.query(query)):
        yield tuple(getattr(term, "value", "") for term in row)


def _many(
    connection: sqlite3.Connection, statement: str, rows: Iterable[tuple[str | int, ...]]
) -> None:
    """Write rows."""
    connection.executemany(statement, rows)
