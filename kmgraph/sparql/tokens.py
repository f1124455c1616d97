"""The tokens of a SPARQL query or update, as the embedded engine reads them.

The engine's parser has no tokens of its own: it reads characters where its grammar stands. One
sign means two things there. In ``?a <b#c> ?d`` the ``<`` begins an IRI; in ``FILTER(?a <b#c>`` it
compares, and ``#`` begins a comment. So brackets are followed here as well, and what cannot be
decided is refused: whoever looks for ``SERVICE`` in the tokens must not be led past it.

Source: https://www.w3.org/TR/sparql12-query/#sparqlGrammar
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from kmgraph.sparql.limits import MAX_NESTING
from kmgraph.sparql.places import error_at

#: A character of a string by its number; the surrogates stand for none.
_NUMBER: Final = (
    r"u(?:[0-9A-CE-Fa-ce-f][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2})"
    r"|U(?:0000(?:[0-9A-CE-Fa-ce-f][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2})"
    r"|000[1-9A-Fa-f][0-9A-Fa-f]{4}|0010[0-9A-Fa-f]{4})"
)
# The engine reads a long string with a wrong escape as an empty string and what follows it, so
# escapes have to be right here.
_CHARACTER: Final = rf"\\(?:[tbnrf\"'\\]|{_NUMBER})"
_IRI: Final = r"<[^\x00-\x20<>\"{}|^`]*>"
_STRING: Final = (
    rf"'''(?:'{{0,2}}(?:[^'\\]++|{_CHARACTER}))*'''"
    rf'|"""(?:"{{0,2}}(?:[^"\\]++|{_CHARACTER}))*"""'
    rf"|'(?:[^'\\\r\n]++|{_CHARACTER})*'(?!')"
    rf'|"(?:[^"\\\r\n]++|{_CHARACTER})*"(?!")'
)
_TOKEN: Final = re.compile(
    rf"""
    (?P<space>[ \t\r\n]+ | \#[^\r\n]*)
  | (?P<iri>{_IRI})
  | (?P<string>{_STRING})
  | (?P<variable>[?$]\w+)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)
  | (?P<name>(?:[^\W\d_][\w.\-\u00b7]{{0,250}}+(?<!\.)|_)?:
      (?:(?:[\w:]|%[0-9A-Fa-f]{{2}}|\\[_~.\-!$&'()*+,;=/?\#@%])
         (?:(?:[\w:\u00b7\-.]|%[0-9A-Fa-f]{{2}}|\\[_~.\-!$&'()*+,;=/?\#@%])*
            (?:[\w:\u00b7\-]|%[0-9A-Fa-f]{{2}}|\\[_~.\-!$&'()*+,;=/?\#@%]))?)?)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d_]\w*)
  | (?P<open>[({{\[])
  | (?P<close>[)}}\]])
  | (?P<other>\^\^|&&|\|\||[<>!]=|<<|>>|.)
    """,
    re.VERBOSE | re.DOTALL,
)
#: A run of a block of data up to its next bracket. Its parts do not overlap, so that the time
#: taken grows with the length and no faster.
_DATA_RUN: Final = re.compile(
    rf"(?:[^<\"'\#(){{}}\[\]\\]++|<<|{_IRI}|{_STRING}|\#[^\r\n]*+|\\.|<)*+", re.DOTALL
)
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_OPERANDS: Final = frozenset({"variable", "string", "language", "number", "name", "iri", "close"})


class Token(NamedTuple):
    """A token of a query: its kind, its text, and where it starts in the text."""

    kind: str
    text: str
    start: int


_NOTHING: Final = Token("", "", 0)


def without_mark(query: str) -> str:
    """Return a query without the byte order mark that some editors begin files with.

    >>> without_mark("\\ufeffASK {}")
    'ASK {}'
    """
    return query.removeprefix("\ufeff")


def tokenise(text: str, *, whole_data: bool = False) -> list[Token]:
    """Return the tokens of a query or update without white space and comments.

    What belongs to no token of the grammar is a token of kind ``other``, one character long.

    :param text: a SPARQL query or update.
    :param whole_data: give each block of INSERT DATA and DELETE DATA, from its ``{`` to its
        ``}``, as one token of the kind ``data``, which is many times faster.
    :returns: the tokens in order; their kinds are ``iri``, ``string``, ``variable``,
        ``language``, ``name``, ``number``, ``word``, ``open``, ``close``, ``other`` and ``data``.
    :raises QuerySyntaxError: a string has no end or a wrong escape, or a sign can be read as the
        beginning of an IRI or as a comparison.

    >>> [token.text for token in tokenise("ASK { ?s a <urn:x> } # comment")]
    ['ASK', '{', '?s', 'a', '<urn:x>', '}']
    >>> [token.text for token in tokenise("ASK { FILTER(1<2&&3>2) }")][4:8]
    ['1', '<', '2', '&&']
    """
    return list(iter_tokens(text, whole_data=whole_data))


def iter_tokens(text: str, *, whole_data: bool = False) -> Iterator[Token]:
    """Yield the tokens of a query or update; see :func:`tokenise`.

    >>> next(iter_tokens("ASK {")).text
    'ASK'
    """
    return _Reader(text).tokens(whole_data)


class _Reader:
    """Reads tokens, and follows the brackets that are open.

    Each open bracket has a kind: ``group`` for triples and filters, ``subquery`` for a group that
    is one, ``data`` where there are only terms and paths, ``expression`` where ``<`` can compare,
    and ``unsure``. ``top`` stands for the text outside of all brackets.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._open = ["top"]
        self._before = self._last = _NOTHING
        self._awaits_rows = False

    def tokens(self, whole_data: bool) -> Iterator[Token]:
        """Yield the tokens of the text."""
        position = 0
        while position < len(self._text):
            for match in _TOKEN.finditer(self._text, position):
                position = match.end()
                if match.lastgroup == "space":
                    continue
                found = Token(match.lastgroup or "", match.group(), match.start())
                token = self._taken(found, whole_data)
                yield token
                self._before, self._last = self._last, token
                if token is not found:
                    position = token.start + len(token.text)
                    break

    def _taken(self, token: Token, whole_data: bool) -> Token:
        """Return a token as the grammar takes it where it stands."""
        kind, text = token.kind, token.text
        if kind == "word":
            word = text.upper()
            self._awaits_rows = word.endswith("VALUES")
            if "SELECT" in word and self._open[-1] == "group":
                self._open[-1] = "subquery"
        elif kind == "open":
            if whole_data and len(self._open) == 1 and text == "{" and self._follows("DATA"):
                return Token(
                    "data", self._text[token.start : self._end_of_data(token)], token.start
                )
            self._open.append(self._opened(text))
            self._awaits_rows = self._awaits_rows and text == "("
        elif kind == "close":
            self._open = self._open[:-1] or ["top"]
            self._awaits_rows = self._awaits_rows and text == ")"
        elif kind != "variable":
            self._awaits_rows = False
            if text in ("'", '"'):
                # Reading on from each quote of an unclosed string would take quadratic time.
                problem = "the string that begins here has no end, or a wrong escape in it"
                raise error_at(self._text, token.start, problem)
            if text[0] == "<":
                return self._less_or_iri(token)
        return token

    def _follows(self, word: str) -> bool:
        """Say whether the last token is a keyword, which may be glued to the one before."""
        return self._last.kind == "word" and self._last.text.upper().endswith(word)

    def _opened(self, bracket: str) -> str:
        """Return the kind of a bracket that opens here.

        Brackets of a group hold a list or a path, unless a word or FILTER and the name of a
        function stand before. The engine also takes ``FILTERex:f(...)`` for such a call.
        """
        outer, last = self._open[-1], self._last
        if bracket != "(":
            return "data" if self._awaits_rows and bracket == "{" else "group"
        if outer == "data" or last.text == "<<":
            return "data"
        if outer != "group":
            return "unsure" if outer == "unsure" else "expression"
        if last.kind == "word":
            return "data" if last.text == "a" else "expression"
        if last.kind in ("iri", "name"):
            if self._before.kind == "word" and self._before.text.upper().endswith("FILTER"):
                return "expression"
            if last.kind == "name" and "FILTER" in last.text.partition(":")[0].upper():
                return "unsure"
        return "data"

    def _less_or_iri(self, token: Token) -> Token:
        """Return the comparison that a token holds, if what stands before can be compared."""
        last, kind = self._last, self._open[-1]
        follows_operand = last.kind in _OPERANDS or (
            last.kind == "word" and last.text.upper() != "DISTINCT"
        )
        if kind not in ("expression", "unsure") or not follows_operand or token.text in ("<", "<="):
            return token
        if kind == "unsure":
            raise error_at(
                self._text, token.start, "'<' could compare or begin an IRI: put spaces around it"
            )
        sign = "<=" if token.text.startswith("<=") else "<"
        return Token("other", sign, token.start)

    def _end_of_data(self, token: Token) -> int:
        """Return where a block of data ends that a bracket opens."""
        position, depth = token.start + 1, 1
        while depth:
            run = _DATA_RUN.match(self._text, position)
            position = run.end() if run else position
            sign = self._text[position : position + 1]
            if sign in ("'", '"', ""):
                problem = "what begins here has no end, or a wrong escape in it"
                raise error_at(self._text, position if sign else token.start, problem)
            depth += 1 if sign in "({[" else -1
            if depth + len(self._open) - 1 > MAX_NESTING:
                problem = f"brackets are nested deeper than {MAX_NESTING}: simplify the data"
                raise error_at(self._text, position, problem)
            position += 1
        return position


def decode_escapes(query: str) -> str:
    r"""Return the text with ``\uXXXX`` and ``\UXXXXXXXX`` replaced by what they stand for.

    >>> decode_escapes(r"caf\u00e9")
    'café'
    """

    def character(match: re.Match[str]) -> str:
        number = int(match[1] or match[2], 16)
        return chr(number) if number <= 0x10FFFF else match[0]

    return _ESCAPE.sub(character, query)
