"""The index of a view: searched by words, ranked, forgiving of slips."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from kmgraph.errors import InputError
from kmgraph.search.asking import Term, asked, expression
from kmgraph.search.building import fill
from kmgraph.search.spelling import alike
from kmgraph.stores.base import QuadStore
from kmgraph.stores.view_database import ViewDatabase

#: A word in a name counts for ten in what is said, one that is a code for eight.
_RANK: Final = "bm25(texts, 10.0, 8.0, 1.0) * weight"
#: Records that one page of a search has at most.
MOST_HITS: Final = 200
#: What stands around a word that was looked for, in an excerpt; texts are cleared of both.
MARKS: Final = ("\x02", "\x03")
_EXCERPT_WORDS: Final = 24
_FROM: Final = "FROM texts JOIN record ON record.id = texts.rowid WHERE texts MATCH ?"


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that a search found.

    :ivar iri: its IRI.
    :ivar label: what it is called.
    :ivar kind: IRI of its most specific class.
    :ivar excerpt: where the words stand, each between the two characters of :data:`MARKS`.
    :ivar score: how well it fits; more is better.
    """

    iri: str
    label: str
    kind: str
    excerpt: str
    score: float


@dataclass(frozen=True, slots=True)
class Kind:
    """How many records of a kind a search found."""

    iri: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    :ivar hits: the records of this page, the best first.
    :ivar total: how many there are of the kinds that were asked for.
    :ivar kinds: how many there are of each kind, whatever kinds were asked for; most first.
    :ivar instead: for each word that nobody wrote, the words that were looked for too.
    :ivar has_every_word: False where no record has all of the words, so that any of them counted.
    """

    hits: tuple[Hit, ...]
    total: int
    kinds: tuple[Kind, ...]
    instead: dict[str, tuple[str, ...]]
    has_every_word: bool


class SearchIndex(ViewDatabase):
    """An index, in a file or in memory; safe to use from several threads.

    :param connection: the database.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> store, concept = MemoryStore(), "http://www.w3.org/2004/02/skos/core#Concept"
    >>> naming = "<http://www.w3.org/2000/01/rdf-schema#label>"
    >>> of_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    >>> lines = [
    ...     f'<https://x.org/a> {naming} "Falls on wards" <https://x.org/g> .',
    ...     f"<https://x.org/a> {of_type} <{concept}> <https://x.org/g> .",
    ... ]
    >>> _ = store.load_nquads(chr(10).join(lines).encode())
    >>> with SearchIndex.of(store) as index:
    ...     [hit.label for hit in index.search("wrads").hits]
    ['Falls on wards']
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._words: dict[str, int] | None = None

    @staticmethod
    def _fill(connection: sqlite3.Connection, store: QuadStore) -> None:
        fill(connection, store)

    def kind(self, name: str) -> str:
        """Return the IRI of a kind, given by its IRI or by what it is called.

        :raises InputError: no kind is called so.
        """
        with self._lock:
            rows = self._connection.execute("SELECT DISTINCT kind, label FROM class").fetchall()
        for iri, label in rows:
            if name in (iri, label):
                return str(iri)
        near = difflib.get_close_matches(name, [label for _, label in rows], n=3, cutoff=0.5)
        hint = f": did you mean {' or '.join(near)}?" if near else ""
        raise InputError(f"no kind of record is called {name!r}{hint}")

    def search(
        self, text: str, *, kinds: Collection[str] = (), limit: int = 20, offset: int = 0
    ) -> Found:
        """Return the records that have the words, the best first.

        Words are looked for in names, codes and what is said, in any form of theirs in English; the
        last one may be a beginning. Words in quotes stand one after the other. For a word that
        nobody wrote, those that look like it are looked for. Where no record has all words, those
        that have some are given. Ranked by Okapi BM25
        (Robertson and Zaragoza 2009), weighted by kind, then by IRI.

        :param kinds: IRIs of classes; records of these kinds alone.
        :param limit: records at most, 1 to 200.
        :param offset: records to leave out at the beginning.
        :raises InputError: no word, too long, or a limit that cannot be.
        """
        if not 1 <= limit <= MOST_HITS or offset < 0:
            raise InputError(f"a page of a search has 1 to {MOST_HITS} records, from 0 on")
        terms = asked(text)
        with self._lock:
            instead = self._instead(terms)
            for every in (True, False):
                wanted = expression(terms, lambda word: instead.get(word, ()), every=every)
                counted = self._counted(wanted)
                total = sum(kind.count for kind in counted if not kinds or kind.iri in kinds)
                if total:
                    break
            hits = self._hits(wanted, kinds, limit, offset) if total else ()
        return Found(hits, total, counted, instead, has_every_word=every or not total)

    def _instead(self, terms: Sequence[Term]) -> dict[str, tuple[str, ...]]:
        """Return words that look like those that nobody wrote."""
        if self._words is None:
            self._words = dict(self._connection.execute("SELECT word, times FROM word"))
        found = {}
        for number, term in enumerate(terms):
            word = term.words[0]
            if term.is_phrase or (number == len(terms) - 1 and self._begins(word)):
                continue
            if near := tuple(alike(word, self._words)):
                found[word] = near
        return found

    def _begins(self, word: str) -> bool:
        """Say whether a word that somebody wrote begins so."""
        query = "SELECT 1 FROM word WHERE word >= ? AND word < ? LIMIT 1"
        return self._connection.execute(query, (word, f"{word}\U0010ffff")).fetchone() is not None

    def _counted(self, wanted: str) -> tuple[Kind, ...]:
        """Return how many records of each kind there are."""
        query = f"SELECT kind, COUNT(*) {_FROM} GROUP BY kind"
        counts = dict(self._connection.execute(query, (wanted,)))
        labels = dict(self._connection.execute("SELECT kind, label FROM class"))
        found = [Kind(iri, labels[iri], count) for iri, count in counts.items()]
        return tuple(sorted(found, key=lambda kind: (-kind.count, kind.label, kind.iri)))

    def _hits(
        self, wanted: str, kinds: Collection[str], limit: int, offset: int
    ) -> tuple[Hit, ...]:
        """Return a page of records."""
        places = f"AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        excerpt = f"snippet(texts, -1, ?, ?, '…', {_EXCERPT_WORDS})"
        order = f"ORDER BY {_RANK}, iri LIMIT ? OFFSET ?"
        # The engine ranks the best lowest.
        score = f"ROUND(-({_RANK}), 4)"
        query = f"SELECT iri, label, kind, {excerpt}, {score} {_FROM} {places} {order}"
        given = (*MARKS, wanted, *kinds, limit, offset)
        return tuple(Hit(*row) for row in self._connection.execute(query, given))


def plain(excerpt: str) -> str:
    """Return an excerpt on one line, without its marks.

    >>> plain(f"on {MARKS[0]}wards{MARKS[1]}" + chr(10) + "and after")
    'on wards and after'
    """
    for mark in MARKS:
        excerpt = excerpt.replace(mark, "")
    return " ".join(excerpt.split())
