"""Saved questions as queries that stand by themselves, with what was chosen written into them.

The endpoint and the pages bind parameters to terms and put no text into a query. What is written
here is for people, who read the query and change it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import QuerySyntaxError
from kmgraph.namespaces import PREFIXES, XSD, compact
from kmgraph.questions.model import Question
from kmgraph.sparql import analyse
from kmgraph.sparql.tokens import Token, tokenise
from kmgraph.terms import Term

#: Names that need no brackets and no escapes.
_SIMPLE_NAME: Final = re.compile(r"[a-z][a-z0-9]*:[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
#: Words that end a list of keys.
_AFTER_KEYS: Final = frozenset({"HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES", "SELECT", "WHERE"})


@dataclass(slots=True)
class _Listed:
    """A projection or a list of keys that is being read.

    :ivar kind: ``SELECT``, ``GROUP`` or ``ORDER``.
    :ivar depth: number of brackets that were open where it began.
    :ivar is_outermost: whether it belongs to the query itself and to none inside it.
    :ivar kept: number of its entries that stay.
    :ivar dropped: the entries that go.
    """

    kind: str
    depth: int
    is_outermost: bool
    kept: int = 0
    dropped: list[Token] = field(default_factory=list)


class _NotWritableError(Exception):
    """The query uses a parameter where no value can stand."""


def written(question: Question, bindings: Mapping[str, Term]) -> str:
    """Return the query of a question with values in place of its parameters.

    A comment before it says which question it is, and what was chosen. A query that cannot hold
    the values is returned as it is saved, and the comment says so.

    :param bindings: parameter name to its term, as :meth:`Question.bindings` gives them.

    >>> from kmgraph.questions import load_catalogue
    >>> question = load_catalogue()["cq-020"]
    >>> text = written(question, question.bindings({"thin": "2"}))
    >>> "COALESCE(2, 1)" in text
    True
    """
    try:
        query = _with_values(question.query, bindings)
        analyse(query)
    except (_NotWritableError, QuerySyntaxError):
        query, bindings = question.query, {}
    return "\n".join([*_introduction(question, bindings), query.strip(), ""])


def _introduction(question: Question, bindings: Mapping[str, Term]) -> Iterator[str]:
    """Yield the comment that stands before a query."""
    yield f"# {question.id}: {_line(question.question)}"
    for parameter in question.parameters:
        term = bindings.get(parameter.name)
        chosen = _line(_text(term)) if term is not None else "any"
        yield f"# {parameter.label}: {chosen}"


def _line(text: str) -> str:
    """Return a text as one line, so that it stays within a comment."""
    return " ".join(text.split())


def _text(term: Term) -> str:
    """Return a term as queries name it."""
    if isinstance(term, ox.NamedNode):
        short = compact(term.value)
        return short if _SIMPLE_NAME.fullmatch(short) else str(term)
    if isinstance(term, ox.Literal):
        is_integer = term.datatype.value == f"{XSD}integer"
        if is_integer and _INTEGER.fullmatch(term.value):
            return term.value
    return str(term)


def _with_values(query: str, bindings: Mapping[str, Term]) -> str:
    """Return a query with values in place of variables.

    :raises _NotWritableError: a variable stands where no value can.
    """
    texts = {name: _text(term) for name, term in bindings.items()}
    edits = sorted(_Writer(tokenise(query), texts).edits())
    parts, position = [], 0
    for start, end, text in edits:
        parts += [query[position:start], text]
        position = end
    whole = "".join([*parts, query[position:]])
    return _with_prefixes(whole, texts.values())


def _with_prefixes(query: str, texts: Iterable[str]) -> str:
    """Return a query that declares the prefixes of the values."""
    lines = []
    for text in sorted(set(texts)):
        prefix = text.partition(":")[0]
        declared = re.search(rf"^PREFIX\s+{re.escape(prefix)}:", query, re.MULTILINE)
        if _SIMPLE_NAME.fullmatch(text) and not declared:
            lines.append(f"PREFIX {prefix}: <{PREFIXES[prefix]}>")
    return "\n".join([*dict.fromkeys(lines), query])


class _Writer:
    """Finds what to change in a query.

    :param tokens: tokens of the query.
    :param texts: name of a variable to what is written in its place.
    """

    def __init__(self, tokens: list[Token], texts: Mapping[str, str]) -> None:
        self._tokens, self._texts = tokens, texts
        self._depth = 0
        self._open: list[_Listed] = []

    def edits(self) -> Iterator[tuple[int, int, str]]:
        """Yield what is changed: start, end, and the new text.

        :raises _NotWritableError: a variable stands where no value can.
        """
        skipped_to = 0
        for at, token in enumerate(self._tokens):
            yield from self._ended(token)
            self._follow(at, token)
            if self._word(at) == "MINUS" and self._takes_away(at + 1):
                # A value is no variable that both sides have, and without one nothing is taken.
                yield token.start, self._end(at), "FILTER NOT EXISTS"
            elif at < skipped_to or token.kind != "variable":
                self._count(token)
            elif token.text[1:] not in self._texts:
                self._count(token)
            elif self._word(at - 2) == "BOUND":
                yield self._tokens[at - 2].start, self._end(at + 1), "true"
                skipped_to = at + 2
            else:
                yield from self._value(at, token)
        yield from self._closed(0)

    def _value(self, at: int, token: Token) -> Iterator[tuple[int, int, str]]:
        """Yield the change of one variable."""
        text = self._texts[token.text[1:]]
        if self._word(at - 1) in ("AS", "VALUES"):
            raise _NotWritableError
        listed = self._open[-1] if self._open else None
        if listed is None or listed.depth != self._depth:
            yield token.start, self._end(at), text
        elif listed.kind == "ORDER":
            yield token.start, self._end(at), f"({text})"
        elif listed.kind == "SELECT" and listed.is_outermost:
            listed.kept += 1
            yield token.start, self._end(at), f"({text} AS {token.text})"
        else:
            listed.dropped.append(token)

    def _takes_away(self, at: int) -> bool:
        """Say whether a group, which begins at a place, holds a variable that is replaced."""
        depth = 0
        for token in self._tokens[at:]:
            depth += (token.kind == "open") - (token.kind == "close")
            if depth <= 0:
                break
            if token.kind == "variable" and token.text[1:] in self._texts:
                return True
        return False

    def _follow(self, at: int, token: Token) -> None:
        """Note where brackets and lists begin and end."""
        if token.kind == "open":
            self._depth += 1
        elif token.kind == "close":
            self._depth -= 1
        word = self._word(at)
        is_list = word == "SELECT" or (word in ("GROUP", "ORDER") and self._word(at + 1) == "BY")
        if is_list:
            self._open.append(_Listed(word, self._depth, is_outermost=self._depth == 0))

    def _count(self, token: Token) -> None:
        """Count an entry of a list that stays."""
        listed = self._open[-1] if self._open else None
        is_entry = token.kind in ("variable", "close") or token.text == "*"
        if listed and is_entry and listed.depth == self._depth:
            listed.kept += 1

    def _ended(self, token: Token) -> Iterator[tuple[int, int, str]]:
        """Yield the changes of a list that a token ends."""
        if not self._open or self._open[-1].depth != self._depth:
            return
        word = token.text.upper() if token.kind == "word" else ""
        is_group = token.text == "{" or (token.kind == "close" and token.text == "}")
        if is_group or word in _AFTER_KEYS:
            yield from self._closed(len(self._open) - 1)

    def _closed(self, number: int) -> Iterator[tuple[int, int, str]]:
        """Yield the changes of the lists from a number on, which end here."""
        for listed in self._open[number:]:
            for count, token in enumerate(listed.dropped):
                # A list is never empty: the name differs, so that no other variable is meant.
                is_needed = listed.kept == 0 and count == 0
                name = token.text[1:]
                text = f"({self._texts[name]} AS ?{name}Given)" if is_needed else ""
                yield token.start, token.start + len(token.text), text
        del self._open[number:]

    def _word(self, at: int) -> str:
        """Return the word of a place in capitals; empty where there is none."""
        if not 0 <= at < len(self._tokens) or self._tokens[at].kind != "word":
            return ""
        return self._tokens[at].text.upper()

    def _end(self, at: int) -> int:
        """Return where a token ends."""
        token = self._tokens[at]
        return token.start + len(token.text)
