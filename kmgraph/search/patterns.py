"""Searches within SPARQL: a SERVICE clause that asks the index of the view.

The clause is replaced with the VALUES that the index gives before the query is evaluated, so the
query means what SPARQL says of a join with a table, and no request leaves the machine.

Source: https://www.w3.org/TR/sparql11-query/#inline-data
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import InputError
from kmgraph.namespaces import XSD
from kmgraph.search.index import MOST_HITS, Hit, SearchIndex, plain
from kmgraph.sparql import analyse, tokenise, without_mark
from kmgraph.sparql.limits import check_length
from kmgraph.sparql.places import error_at, shortened
from kmgraph.sparql.prologue import Names
from kmgraph.sparql.services import find_services
from kmgraph.sparql.tokens import Token

#: What SERVICE names to search the view.
SEARCH: Final = "https://w3id.org/kmgraph/search"
#: Namespace of the properties of a search.
SEARCH_TERMS: Final = f"{SEARCH}#"
#: What each property of a search says, by its name.
MEANINGS: Final = {
    "text": "The words to look for, as a text; each search has one.",
    "score": "How well a record fits, as a decimal number; more is better.",
    "snippet": "The place where the words stand in what is said of a record.",
    "label": "What a record is called.",
    "kind": "The most specific class of a record; a class or its name keeps records of that kind.",
    "limit": "How many records are found at most: 100 if nothing is said, and at most 1000.",
}
#: Records that a search gives where it says no number, and those it gives at most.
USUAL_HITS: Final = 100
MOST_RECORDS: Final = 1_000
#: A query may search so often.
MOST_SEARCHES: Final = 8
_NAMED: Final = re.compile(r"search", re.IGNORECASE)
_ASKED: Final = re.compile(r"service", re.IGNORECASE)
_FORM: Final = (
    "a search is written SERVICE <https://w3id.org/kmgraph/search> "
    '{ ?thing km-search:text "words" ; km-search:score ?score }'
)


@dataclass(slots=True)
class _Search:
    """A search as a query asks for it.

    :ivar start: where its clause begins in the text; ``end`` is where it ends.
    :ivar columns: variables that it binds, with what each is bound to.
    :ivar kinds: classes or names of them that it is narrowed to, with their places.
    """

    start: int
    end: int
    text: str = ""
    limit: int = USUAL_HITS
    columns: dict[str, str] = field(default_factory=dict)
    kinds: list[tuple[str, int]] = field(default_factory=list)


def with_searches(
    query: str, index: Callable[[], SearchIndex], *, base_iri: str | None = None
) -> str:
    """Return a query with what its searches find in their place.

    A query that searches nothing is returned as it is. Lines keep their numbers, for the messages
    of the engine.

    :param query: a SPARQL query.
    :param index: gives the index of the view that the query is about; called if it searches.
    :param base_iri: what relative IRIs are resolved against.
    :raises QuerySyntaxError: a search is not understood, or looks for what cannot be.
    :raises KmGraphError: what the index, or the analysis of the query, is refused for.

    >>> with_searches("SELECT * { ?s ?p ?o }", SearchIndex)
    'SELECT * { ?s ?p ?o }'
    """
    query = without_mark(query)
    if not (_NAMED.search(query) and _ASKED.search(query)):
        return query
    # What is no query, or too long for one, is refused before it is looked at further.
    facts = analyse(query, base_iri=base_iri, allow_service=True)
    if SEARCH not in facts.services:
        return query
    parts, end = [], 0
    for search in _searches(query, base_iri):
        lines = query.count("\n", search.start, search.end)
        table = _table(search, _hits(query, search, index()))
        parts += [query[end : search.start], table, "\n" * lines]
        end = search.end
    whole = "".join([*parts, query[end:]])
    check_length(whole, what="query, with what its searches find,")
    return whole


def _searches(query: str, base_iri: str | None) -> list[_Search]:
    """Return the searches of a query, in order."""
    tokens = tokenise(query)
    names = Names(base_iri)
    names.declare(query, tokens)
    clauses = [one for one in find_services(query, tokens, base_iri) if one.endpoint == SEARCH]
    if len(clauses) > MOST_SEARCHES:
        problem = f"a query may search {MOST_SEARCHES} times"
        raise error_at(query, clauses[MOST_SEARCHES].keyword_start, problem)
    found = []
    for clause in clauses:
        if clause.is_silent:
            problem = "a search is not SILENT, since nothing found is an answer: leave SILENT out"
            raise error_at(query, clause.silent_start, problem)
        first = next(i for i, token in enumerate(tokens) if token.start >= clause.end)
        last = _closing(tokens, first)
        search = _Search(clause.keyword_start, tokens[last].start + 1)
        _Reader(query, tokens[first + 1 : last], names, search).read()
        if not search.text:
            problem = f"the search does not say what to look for: {_FORM}"
            raise error_at(query, clause.keyword_start, problem)
        found.append(search)
    return found


def _closing(tokens: Sequence[Token], first: int) -> int:
    """Return the place of the bracket that closes the one at a place."""
    depth = 0
    for place in range(first, len(tokens)):
        depth += (tokens[place].kind == "open") - (tokens[place].kind == "close")
        if depth == 0:
            return place
    return len(tokens) - 1


class _Reader:
    """Reads the patterns of one search.

    :param query: the whole text, for messages.
    :param tokens: what stands between the brackets.
    :param names: the prologue.
    :param search: is filled.
    """

    def __init__(self, query: str, tokens: Sequence[Token], names: Names, search: _Search) -> None:
        self._query, self._names, self._search = query, names, search
        self._tokens = list(tokens)
        self._place = 0
        self._end = search.end - 1

    def read(self) -> None:
        """Read all patterns."""
        about = ""
        while self._more():
            thing = self._next("the record that is looked for, a variable")
            if thing.kind != "variable" or (about and thing.text[1:] != about):
                raise self._wrong(thing, "only patterns about one variable are a search")
            about = thing.text[1:]
            self._search.columns[about] = "iri"
            self._properties()

    def _properties(self) -> None:
        """Read the properties of the record, up to a full stop or the end."""
        while self._more():
            token = self._next("a property of the search")
            name = ""
            if token.kind in ("iri", "name"):
                name = self._names.resolve(self._query, token).removeprefix(SEARCH_TERMS)
            if name not in MEANINGS:
                known = ", ".join(f"km-search:{one}" for one in MEANINGS)
                raise self._wrong(token, f"the search knows {known}; put other patterns after it")
            self._value(name, self._next(f"the value of km-search:{name}"))
            while self._more() and self._tokens[self._place].text == ";":
                self._place += 1
            if self._more() and self._tokens[self._place].text == ".":
                self._place += 1
                return
            if self._more() and self._tokens[self._place - 1].text != ";":
                raise self._wrong(self._tokens[self._place], "';' or '.' is expected")

    def _value(self, name: str, token: Token) -> None:
        """Take in the value of a property."""
        if name == "text":
            self._search.text = self._text(token)
        elif name == "limit":
            if not (token.text.isascii() and token.text.isdigit() and token.text.strip("0")):
                raise self._wrong(token, f"the limit is a whole number from 1 to {MOST_RECORDS}")
            if len(token.text) > len(str(MOST_RECORDS)) or int(token.text) > MOST_RECORDS:
                raise self._wrong(token, f"the limit is a whole number from 1 to {MOST_RECORDS}")
            self._search.limit = int(token.text)
        elif token.kind == "variable":
            if token.text[1:] in self._search.columns:
                raise self._wrong(token, f"{token.text} stands twice in the search")
            self._search.columns[token.text[1:]] = name
        elif name == "kind" and token.kind in ("iri", "name"):
            kind = self._names.resolve_whole(self._query, token)
            self._search.kinds.append((kind, token.start))
        elif name == "kind" and token.kind == "string":
            self._search.kinds.append((self._text(token), token.start))
        else:
            raise self._wrong(token, f"km-search:{name} is followed by a variable")

    def _text(self, token: Token) -> str:
        """Return what a text says."""
        if token.kind != "string":
            raise self._wrong(token, 'a text in quotes is expected, such as "hospital discharge"')
        if self._more() and self._tokens[self._place].kind == "language":
            self._place += 1
        line = f"<x:s> <x:p> {token.text} ."
        value = next(iter(ox.parse(line.encode(), format=ox.RdfFormat.TURTLE))).object
        return str(getattr(value, "value", ""))

    def _more(self) -> bool:
        """Say whether there is another token."""
        return self._place < len(self._tokens)

    def _next(self, what: str) -> Token:
        """Return the next token."""
        if not self._more():
            raise error_at(self._query, self._end, f"{what} is missing: {_FORM}")
        self._place += 1
        return self._tokens[self._place - 1]

    def _wrong(self, token: Token, problem: str) -> Exception:
        """Return the error for a token that is not understood."""
        return error_at(self._query, token.start, f"'{shortened(token.text)}': {problem}")


def _hits(query: str, search: _Search, index: SearchIndex) -> Iterator[Hit]:
    """Yield the records that a search finds, the best first."""
    place = search.start
    try:
        kinds = []
        for name, place in search.kinds:  # noqa: B007 - told in the message
            kinds.append(index.kind(name))
        place = search.start
        given = 0
        while given < search.limit:
            most = min(MOST_HITS, search.limit - given)
            page = index.search(search.text, kinds=kinds, limit=most, offset=given).hits
            yield from page
            given += most
            if len(page) < most:
                return
    except InputError as error:
        raise error_at(query, place, str(error)) from error


def _table(search: _Search, hits: Iterator[Hit]) -> str:
    """Return the table of what was found, as VALUES."""
    variables = " ".join(f"?{name}" for name in search.columns)
    rows = (
        "(" + " ".join(_term(hit, column) for column in search.columns.values()) + ")"
        for hit in hits
    )
    return f"VALUES ({variables}) {{ {' '.join(rows)} }}"


def _term(hit: Hit, column: str) -> str:
    """Return what a column says of a record, as SPARQL writes it."""
    if column == "iri":
        return str(ox.NamedNode(hit.iri))
    if column == "kind":
        return str(ox.NamedNode(hit.kind))
    if column == "score":
        return str(ox.Literal(f"{hit.score:.4f}", datatype=ox.NamedNode(f"{XSD}decimal")))
    return str(ox.Literal(hit.label if column == "label" else plain(hit.excerpt)))
