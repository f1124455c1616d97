"""Look-ups: queries about one subject, which cost so little that no process of their own is needed.

A look-up is a SELECT whose patterns all have one IRI as their subject, without paths, filters,
functions or further graphs. What it can cost is bounded by the number of statements about that
subject, which is looked at before it is evaluated; nothing else is ever evaluated outside of the
processes that can be stopped. Queries that differ in their IRIs only have one shape, which is found
once for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, Final, cast

import pyoxigraph as ox

from kmgraph.execution.counting import JsonRows
from kmgraph.execution.limits import Limits
from kmgraph.execution.sink import INLINE_BYTES
from kmgraph.namespaces import RDF
from kmgraph.sparql import Token, tokenise
from kmgraph.stores.oxigraph import OxigraphStore

#: An absolute IRI as a query writes it, without its brackets; one with escapes is none here.
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_BRACKETED: Final = re.compile(r"<([^\x00-\x20<>\"{}|^`\\]*)>")
#: Most characters and patterns of a look-up.
_MOST_LENGTH: Final = 4_000
_MOST_PATTERNS: Final = 16
#: Most solutions that the patterns may have between them, by the statements that match each.
_MOST_PRODUCT: Final = 20_000
_Property = tuple[int | None, str]
#: How JSON has what only RDF 1.2 has; quotes in texts are escaped there.
_RDF_1_2: Final = (b'"type":"triple"', b'"its:dir":')
#: Kinds of tokens that can stand for a property or a value.
_TERMS: Final = frozenset({"iri", "name", "variable"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What look-ups have in common that differ in their IRIs only.

    :ivar pieces: text of the query around its IRIs, one more than there are IRIs.
    :ivar subjects: places among the IRIs of those that are subjects.
    :ivar properties: for each pattern how its property is written: the place among the IRIs of
        what it begins with, if anything, and the rest; None for a variable.
    :ivar is_streamed: whether each statement that matches is a solution, so that a bound on what
        is written is a bound on what is read.
    """

    pieces: tuple[str, ...]
    subjects: tuple[int, ...]
    properties: tuple[_Property | None, ...]
    is_streamed: bool

    def text(self, iris: Sequence[str]) -> str:
        """Return the query with other IRIs, given without their brackets."""
        return joined(self.pieces, iris)


def split(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the text around the IRIs in brackets, and the IRIs.

    >>> split("SELECT * { <urn:a> ?p ?o }")
    (('SELECT * { ', ' ?p ?o }'), ('urn:a',))
    """
    parts = _BRACKETED.split(text)
    return tuple(parts[::2]), tuple(parts[1::2])


def joined(pieces: Sequence[str], iris: Sequence[str]) -> str:
    """Return a text of pieces with IRIs in brackets between them.

    >>> joined(("a ", " b"), ("urn:x",))
    'a <urn:x> b'
    """
    parts = [pieces[0]]
    for iri, piece in zip(iris, pieces[1:], strict=True):
        parts += "<", iri, ">", piece
    return "".join(parts)


def is_absolute(iri: str) -> bool:
    """Say whether an IRI means the same in every query.

    >>> is_absolute("urn:a"), is_absolute("a"), is_absolute("urn:a>"), is_absolute("urn:\\\\u0041")
    (True, False, False, False)
    """
    return _ABSOLUTE.fullmatch(iri) is not None


def shape_of(query: str) -> Shape | None:
    """Return the shape of a query that is a look-up, or None.

    :param query: a query that :func:`kmgraph.sparql.analyse` takes.

    >>> shape_of("SELECT * { <urn:a> ?p ?o ; a ?class OPTIONAL { <urn:a> <urn:b> ?b } }").subjects
    (0, 1)
    >>> shape_of("SELECT * { ?s ?p <urn:a> }") is None
    True
    """
    pieces, iris = split(query)
    # Without strings and comments, every IRI in brackets is one, whatever stands in it.
    if len(query) > _MOST_LENGTH or any(mark in piece for piece in pieces for mark in "\"'#\\"):
        return None
    try:
        found = _Reading(tokenise(query)).shape()
    except _OtherError:
        return None
    if len(iris) != found.iris or not found.properties or not all(map(is_absolute, iris)):
        return None
    if len({iris[place] for place in found.subjects}) != 1:
        return None
    return Shape(
        pieces,
        tuple(found.subjects),
        tuple(found.properties),
        is_streamed=len(found.properties) == 1 and not found.skips,
    )


class _OtherError(Exception):
    """The query is no look-up."""


@dataclass(slots=True)
class _Found:
    """What was read of a query so far.

    :ivar iris: number of its IRIs.
    :ivar skips: whether statements that match may lead to no solution of their own.
    """

    iris: int
    subjects: list[int]
    properties: list[_Property | None]
    prefixes: dict[str, int]
    skips: bool = False


class _Reading:
    """Reads the tokens of a query for as long as they are those of a look-up."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._place = tokens, 0
        self._found = _Found(0, [], [], {})

    def shape(self) -> _Found:
        """Return what was found.

        :raises _OtherError: the query is no look-up.
        """
        while self._takes("PREFIX"):
            name, place = self._text(), self._found.iris
            self._need("name")
            self._need("iri")
            self._found.prefixes[name] = place
        if not self._takes("SELECT"):
            raise _OtherError
        self._found.skips = self._takes("DISTINCT")
        if not self._takes("*"):
            self._need("variable")
            while self._kind() == "variable":
                self._next()
        self._takes("WHERE")
        self._group(is_outer=True)
        while self._text() in ("LIMIT", "OFFSET"):
            self._found.skips |= self._takes("OFFSET")
            self._takes("LIMIT")
            self._need("number")
        if self._place < len(self._tokens):
            raise _OtherError
        return self._found

    def _group(self, *, is_outer: bool) -> None:
        """Read patterns in braces; those that may be missing stand in braces of their own."""
        self._need_text("{")
        while not self._takes("}"):
            if self._takes("."):
                continue
            if is_outer and self._takes("OPTIONAL"):
                self._group(is_outer=False)
            else:
                self._about_one_subject()

    def _about_one_subject(self) -> None:
        """Read the patterns of a subject."""
        self._found.subjects.append(self._found.iris)
        self._need("iri")
        while True:
            named, wanted = self._text(), self._property()
            if not self._takes("a"):
                self._term()
            while True:
                self._found.properties.append(wanted)
                if len(self._found.properties) > _MOST_PATTERNS:
                    raise _OtherError
                self._found.skips |= self._text() == named
                self._term()
                if not self._takes(","):
                    break
            if not self._takes(";"):
                break
            if self._text() in (".", "}"):
                break
        if self._text() not in (".", "}", "OPTIONAL"):
            raise _OtherError

    def _property(self) -> _Property | None:
        """Return how the property that comes next is written."""
        kind, text = self._kind(), self._text()
        if kind == "iri":
            return self._found.iris, ""
        if kind == "name":
            prefix, _, local = text.partition(":")
            place = self._found.prefixes.get(f"{prefix}:")
            if place is None:
                raise _OtherError
            return place, local
        return (None, f"{RDF}type") if text == "a" else None

    def _term(self) -> None:
        """Read a property or a value."""
        if self._kind() not in _TERMS or self._text().startswith("_:"):
            raise _OtherError
        self._next()

    def _kind(self) -> str:
        """Return the kind of the next token."""
        return self._tokens[self._place].kind if self._place < len(self._tokens) else ""

    def _text(self) -> str:
        """Return the next token, in upper case where it is a word; ``a`` is a word of its own."""
        if self._place >= len(self._tokens):
            return ""
        token = self._tokens[self._place]
        return token.text.upper() if token.kind == "word" and token.text != "a" else token.text

    def _next(self) -> None:
        """Go on to the next token."""
        self._found.iris += self._kind() == "iri"
        self._place += 1

    def _takes(self, text: str) -> bool:
        """Go on if the next token is a given one, and say whether it was."""
        is_it = self._text() == text and self._kind() not in _TERMS
        if is_it:
            self._next()
        return is_it

    def _need(self, kind: str) -> None:
        """Go on, if the next token is of a kind."""
        if self._kind() != kind:
            raise _OtherError
        self._next()

    def _need_text(self, text: str) -> None:
        """Go on, if the next token is a given one."""
        if not self._takes(text):
            raise _OtherError


def look_up(
    view: OxigraphStore,
    shape: Shape,
    iris: Sequence[str],
    base_iri: str | None,
    limits: Limits,
    *,
    is_counted: bool = False,
) -> tuple[bytes, int | None] | None:
    """Return the answer to a look-up in JSON, and the number of its rows.

    The default graph is the merge of the named graphs.

    :param iris: the IRIs of the query, in order.
    :param base_iri: what relative IRIs are resolved against, of which a look-up has none.
    :param limits: what an answer may have; see :func:`small`.
    :param is_counted: whether the number of rows is wanted, which takes a moment.
    :returns: None where the answer is too long, or the query is not for here after all.
    """
    try:
        if not shape.is_streamed and _product(view, shape, iris) > _MOST_PRODUCT:
            return None
    except ValueError:
        # What is no IRI for the engine.
        return None
    sink = _Sink(limits.result_bytes)
    try:
        # Not by the view's own method: what it looks at is known, and takes as long as the engine.
        answer = view._store.query(shape.text(iris), base_iri=base_iri)
        rows = cast("ox.QuerySolutions", answer)
        rows.serialize(cast("IO[bytes]", sink), format=ox.QueryResultsFormat.JSON)
    except (_OtherError, SyntaxError, RuntimeError, ValueError, OSError):
        return None
    body = sink.body
    if any(mark in body for mark in _RDF_1_2):
        return None
    if not (is_counted or limits.rows < limits.result_bytes):
        return body, None
    counter = JsonRows()
    counter.feed(body)
    return None if counter.rows > limits.rows else (body, counter.rows)


class _Sink:
    """Takes an answer, and refuses more than it may have."""

    __slots__ = ("_most", "body")

    def __init__(self, most_bytes: int) -> None:
        self._most, self.body = most_bytes, b""

    def write(self, data: bytes) -> int:
        """Take a part, which for a short answer is all of it."""
        self.body += data
        if len(self.body) > self._most:
            raise _OtherError
        return len(data)

    def flush(self) -> None:
        """Do nothing more."""


def small(limits: Limits) -> Limits:
    """Return limits with what an answer may have that is given at once.

    >>> small(Limits()).result_bytes
    262144
    """
    return replace(limits, result_bytes=min(limits.result_bytes, INLINE_BYTES))


def _product(view: OxigraphStore, shape: Shape, iris: Sequence[str]) -> int:
    """Return how many solutions the patterns could have between them, or a larger number."""
    subject = ox.NamedNode(iris[shape.subjects[0]])
    product = 1
    for written in shape.properties:
        found: Iterator[ox.Quad] = view.quads(
            subject, _named(written, iris), None, ox.DefaultGraph()
        )
        product *= max(1, sum(1 for _ in islice(found, _MOST_PRODUCT + 1)))
        if product > _MOST_PRODUCT:
            break
    return product


def _named(written: _Property | None, iris: Sequence[str]) -> ox.NamedNode | None:
    """Return a property; None for a variable."""
    if written is None:
        return None
    place, rest = written
    return ox.NamedNode(rest if place is None else iris[place] + rest)
