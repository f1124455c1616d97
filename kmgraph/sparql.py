"""What a SPARQL query asks for, found before it runs.

The embedded engine would answer ``SERVICE`` with a request to another host, and a query that is
nested or long enough would overflow its native stack, which ends the process. It has no switch
for either, so both are refused here.

Decisions rest on the tokens of the grammar, not on words found in the text: ``FROM`` in a string,
a comment, an IRI or a prefixed name such as ``prov:wasDerivedFrom`` is not a keyword.

Source: https://www.w3.org/TR/sparql11-query/#sparqlGrammar
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import urljoin

import pyoxigraph as ox

from kmgraph.errors import OutboundRequestError, QuerySyntaxError, UpdateForbiddenError
from kmgraph.namespaces import PREFIXES

#: Deepest nesting of brackets in a query. pyoxigraph 0.5.13 overflows a stack of 8 MiB with
#: 1,000 nested FILTER EXISTS, and threads of some systems have a sixteenth of that.
MAX_NESTING: Final = 64
#: Most tokens in a query, the rows of VALUES not counted. pyoxigraph 0.5.13 overflows its stack
#: with 3,000 BIND in a row (18,000 tokens) and with 10,000 times ``!`` (10,000 tokens).
MAX_TOKENS: Final = 3_000
#: Most characters in a query, the rows of VALUES counted. Nothing is read of a longer one.
MAX_LENGTH: Final = 500_000

#: Most characters of a query that a message repeats.
_QUOTED: Final = 60

_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_UPDATES: Final = frozenset(
    {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}
)
_TOKEN: Final = re.compile(
    r"""
    (?P<space>[ \t\r\n]+ | \#[^\r\n]*)
  | (?P<iri><[^\x00-\x20<>"{}|^`]*>)
  | (?P<string>'''(?:'{0,2}(?:[^'\\]|\\.))*''' | \"{3}(?:"{0,2}(?:[^"\\]|\\.))*\"{3}
      | '(?:[^'\\\r\n]|\\.)*' | "(?:[^"\\\r\n]|\\.)*")
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[a-z]+)?)
  | (?P<name>(?:[^\W\d_][\w.\-\u00b7]{0,250}+(?<!\.)|_)?:
      (?:(?:[\w:\u00b7\-.]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])*
         (?:[\w:\u00b7\-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]))?)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d_]\w*)
  | (?P<open>[({\[])
  | (?P<close>[)}\]])
  | (?P<other>\^\^|&&|\|\||[<>!]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_ENGINE_ERROR: Final = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


class Token(NamedTuple):
    """A token of a query: its kind, its text, and where it starts in the text."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class QueryFacts:
    """What a query asks for.

    :ivar form: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``.
    :ivar has_service: whether it asks for a request to another host. Always False in what
        :func:`analyse` returns, which refuses such queries.
    :ivar from_graphs: IRIs of its FROM clauses, in order.
    :ivar from_named: IRIs of its FROM NAMED clauses, in order.
    """

    form: str
    has_service: bool = False
    from_graphs: tuple[str, ...] = ()
    from_named: tuple[str, ...] = ()

    @property
    def has_dataset(self) -> bool:
        """Say whether the query names the graphs to read."""
        return bool(self.from_graphs or self.from_named)


def analyse(query: str, *, base_iri: str | None = None) -> QueryFacts:
    """Return what a query asks for, or refuse it.

    :param query: a SPARQL query.
    :param base_iri: what relative IRIs in FROM are resolved against.
    :raises OutboundRequestError: the query has a SERVICE clause.
    :raises UpdateForbiddenError: the text is an update.
    :raises QuerySyntaxError: the text is no query, or it is nested deeper than
        :data:`MAX_NESTING`, has more words than :data:`MAX_TOKENS` or more characters than
        :data:`MAX_LENGTH`.

    >>> analyse("SELECT * FROM <https://example.org/g> { ?s ?p ?o }").from_graphs
    ('https://example.org/g',)
    """
    query = without_mark(query)
    _check_length(query)
    tokens = list(_tokens(query))
    _refuse_service(query, tokens)
    form = _form(query, tokens)
    _check_size(query, tokens)
    if undeclared := _first_undeclared(query, tokens):
        raise undeclared
    plain, named = _dataset(query, tokens, base_iri)
    return QueryFacts(form, from_graphs=plain, from_named=named)


def without_mark(query: str) -> str:
    """Return a query without the byte order mark that some editors begin files with.

    >>> without_mark("\\ufeffASK {}")
    'ASK {}'
    """
    return query.removeprefix("\ufeff")


def _check_length(query: str) -> None:
    """Raise QuerySyntaxError for a text that is too long to be looked at."""
    if len(query) > MAX_LENGTH:
        raise QuerySyntaxError(
            f"the query has {len(query):,} characters, and {MAX_LENGTH:,} is the most: "
            "ask for less at once"
        )


def _shortened(text: str, most: int = _QUOTED) -> str:
    """Return the beginning of a text that may be of any length."""
    return text if len(text) <= most else f"{text[:most]}…"


def _tokens(query: str) -> Iterator[Token]:
    """Yield the tokens of a query without white space and comments."""
    for match in _TOKEN.finditer(query):
        if match.group() in "'\"":
            # Reading on from each quote of an unclosed string would take quadratic time.
            raise _error(query, match.start(), "the string that begins here has no end")
        if match.lastgroup and match.lastgroup != "space":
            yield Token(match.lastgroup, match.group(), match.start())


def _decode_escapes(query: str) -> str:
    r"""Return the text with ``\uXXXX`` and ``\UXXXXXXXX`` replaced by what they stand for."""

    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        return chr(number) if number <= 0x10FFFF else match[0]

    return _ESCAPE.sub(character, query)


def _refuse_service(query: str, tokens: Sequence[Token]) -> None:
    """Raise OutboundRequestError where a token is, or could be read as, the keyword SERVICE.

    The engine's parser needs no white space around a keyword: it takes ``SERVICESILENT<...>{}``
    and ``SERVICEex:a{}``. So any word that holds the keyword counts, and any prefixed name whose
    prefix holds it and which a group follows.

    The grammar lets escapes stand for any character of a query, keywords too. The embedded engine
    does not, but another one might, so the decoded text is looked at as well.
    """
    texts = [tokens]
    if _ESCAPE.search(query):
        texts.append(list(_tokens(_decode_escapes(query))))
    for candidates in texts:
        if any(map(_may_be_service, candidates, [*candidates[1:], None])):
            raise OutboundRequestError(
                "SERVICE asks for a request to another host, which is not allowed here: "
                "leave the SERVICE clause out, or run the query where that host is"
            )


def _may_be_service(token: Token, following: Token | None) -> bool:
    """Say whether the engine could read a token as the keyword SERVICE."""
    if token.kind == "word":
        return "SERVICE" in token.text.upper()
    is_before_group = following is not None and following.text == "{"
    return (
        token.kind == "name"
        and is_before_group
        and "SERVICE" in token.text.partition(":")[0].upper()
    )


def _form(query: str, tokens: Sequence[Token]) -> str:
    """Return the query form; it is the first keyword after the prologue."""
    for index, token in enumerate(tokens):
        if token.kind != "word":
            continue
        word = token.text.upper()
        if word in _FORMS:
            return word
        if word in _UPDATES:
            raise UpdateForbiddenError(
                f"{word} changes data, and only queries are taken here: "
                "begin with SELECT, ASK, CONSTRUCT or DESCRIBE"
            )
        if word not in {"PREFIX", "BASE", "VERSION"}:
            shown = _shortened(token.text)
            raise _error(query, tokens[index].start, f"'{shown}' cannot begin a query")
    raise _error(query, len(query), "the query has no SELECT, ASK, CONSTRUCT or DESCRIBE")


def _check_size(query: str, tokens: Sequence[Token]) -> None:
    """Raise QuerySyntaxError for unmatched, too deep or too many brackets and words."""
    depth = count = 0
    rows_depth: int | None = None
    values = False
    for token in tokens:
        if token.kind == "word":
            values = token.text.upper() == "VALUES" or (values and rows_depth is not None)
        if token.kind == "open":
            if values and token.text == "{" and rows_depth is None:
                rows_depth = depth
            depth += 1
            if depth > MAX_NESTING:
                problem = f"brackets are nested deeper than {MAX_NESTING}: simplify the query"
                raise _error(query, token.start, problem)
        elif token.kind == "close":
            depth -= 1
            if depth < 0:
                raise _error(query, token.start, f"'{token.text}' closes what was not opened")
            if depth == rows_depth:
                rows_depth, values = None, False
        count += rows_depth is None
        if count > MAX_TOKENS:
            problem = (
                f"the query has more than {MAX_TOKENS} words and signs: "
                "shorten it, or give long lists in VALUES"
            )
            raise _error(query, token.start, problem)


def _dataset(
    query: str, tokens: Sequence[Token], base_iri: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the IRIs of the FROM and the FROM NAMED clauses."""
    plain: list[str] = []
    named: list[str] = []
    names = _Names(base_iri)
    for index, token in enumerate(tokens):
        if token.kind != "word":
            continue
        word = token.text.upper()
        following = tokens[index + 1 : index + 3]
        if word == "BASE" and following:
            names.base = names.resolve_whole(query, following[0])
        elif word == "PREFIX" and len(following) == 2:
            names.prefixes[following[0].text] = names.resolve(query, following[1])
        elif word == "FROM":
            is_named = bool(following) and following[0].text.upper() == "NAMED"
            target = following[1:] if is_named else following
            if not target:
                raise _error(query, len(query), "FROM is followed by no graph")
            (named if is_named else plain).append(names.resolve_whole(query, target[0]))
        elif word.startswith("FROM"):
            raise _error(query, token.start, "put a space after FROM")
    return tuple(dict.fromkeys(plain)), tuple(dict.fromkeys(named))


class _Names:
    """The prologue of a query: its base and its prefixes."""

    def __init__(self, base_iri: str | None) -> None:
        self.base = base_iri or ""
        self.prefixes: dict[str, str] = {}

    def resolve(self, query: str, token: Token) -> str:
        """Return the IRI that a token names."""
        if token.kind == "iri":
            iri = _decode_escapes(token.text[1:-1])
            try:
                resolved = urljoin(self.base, iri) if self.base else iri
            except ValueError as error:
                raise _no_iri(query, token) from error
            # urljoin drops an empty fragment, and namespaces end in one.
            return resolved + "#" if iri.endswith("#") and not resolved.endswith("#") else resolved
        if token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if f"{prefix}:" not in self.prefixes:
                raise _undeclared(query, token.start, prefix)
            return self.prefixes[f"{prefix}:"] + re.sub(r"\\(.)", r"\1", local)
        raise _error(query, token.start, f"an IRI is expected, not '{_shortened(token.text)}'")

    def resolve_whole(self, query: str, token: Token) -> str:
        """Return the IRI that a token names; it must be a whole one."""
        iri = self.resolve(query, token)
        try:
            return ox.NamedNode(iri).value
        except ValueError as error:
            raise _no_iri(query, token) from error


def _no_iri(query: str, token: Token) -> QuerySyntaxError:
    """Return the error for a token that looks like an IRI and is none."""
    return _error(query, token.start, f"'{_shortened(token.text)}' is not a whole IRI")


def engine_syntax_error(query: str, error: SyntaxError) -> QuerySyntaxError:
    """Return our error for one of the engine's parser.

    The engine lists what it would have taken at the furthest place it came to; where that says
    nothing to a reader, the message names the place and what stands there.

    >>> text = "SELECT * { ?s prov:agent ?o }"
    >>> print(engine_syntax_error(text, SyntaxError("error at 1:24: expected one of Prefix ...")))
    line 1, column 15: the prefix 'prov' is not declared: put this line first:
    PREFIX prov: <http://www.w3.org/ns/prov#>
    """
    query = without_mark(query)
    if undeclared := _first_undeclared(query, list(_tokens(query))):
        return undeclared
    match = _ENGINE_ERROR.match(str(error))
    if match is None:
        return QuerySyntaxError(_shortened(str(error), 3 * _QUOTED))
    line, column, details = int(match[1]), int(match[2]), match[3]
    for phrase in ("Duplicated variable name", "overrides an existing", "not authorized", "scope"):
        found = re.search(rf"[^,]*{phrase}[^,]*", details)
        if found:
            problem = found.group().strip().removeprefix("expected one of ")
            problem = _shortened(problem, 3 * _QUOTED)
            return QuerySyntaxError(
                f"line {line}, column {column}: {problem}", line=line, column=column
            )
    lines = re.split(r"\r\n|\n|\r", query)
    rest = lines[line - 1][column - 1 :].strip() if line <= len(lines) else ""
    problem = f"the query cannot be read from here: '{rest[:40]}'" if rest else "the query ends"
    if not rest:
        problem += " too early, or its last word is wrong: is a bracket, a '.' or a term missing?"
    return QuerySyntaxError(f"line {line}, column {column}: {problem}", line=line, column=column)


def _first_undeclared(query: str, tokens: Sequence[Token]) -> QuerySyntaxError | None:
    """Return an error for the first prefix that is used and not declared."""
    declared: set[str] = {"_"}
    previous = ""
    for token in tokens:
        if token.kind == "name":
            prefix = token.text.partition(":")[0]
            if previous == "PREFIX":
                declared.add(prefix)
            elif prefix not in declared:
                return _undeclared(query, token.start, prefix)
        previous = token.text.upper()
    return None


def _undeclared(query: str, start: int, prefix: str) -> QuerySyntaxError:
    """Return the error for a prefix that is not declared."""
    problem = f"the prefix '{_shortened(prefix)}' is not declared"
    if prefix in PREFIXES:
        problem += f": put this line first:\nPREFIX {prefix}: <{PREFIXES[prefix]}>"
    else:
        problem += f": put a line 'PREFIX {_shortened(prefix)}: <...>' with its namespace first"
    return _error(query, start, problem)


def _error(query: str, start: int, problem: str) -> QuerySyntaxError:
    """Return a syntax error that names the line and column of a place in the text."""
    before = query[:start]
    line = before.count("\n") + 1
    column = start - (before.rfind("\n") + 1) + 1
    return QuerySyntaxError(f"line {line}, column {column}: {problem}", line=line, column=column)
