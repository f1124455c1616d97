"""What a query reads: by which properties it goes, and of which classes it asks.

What is not sure counts as read, so a query that could give another answer is never passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from kmgraph.namespaces import RDF
from kmgraph.sparql import Token, tokenise
from kmgraph.versions.difference import Touched

_TYPE: Final = f"{RDF}type"
#: Words after which the answer can depend on more than triples of named properties: GRAPH on the
#: names of graphs, DESCRIBE on all that is said, the others on chance and on the clock.
_UNSURE: Final = frozenset({"GRAPH", "DESCRIBE", "NOW", "RAND", "UUID", "STRUUID", "SERVICE"})
_TERMS: Final = frozenset({"variable", "string", "number", "name", "iri"})
_PATH_SIGNS: Final = frozenset({"/", "|", "^"})
#: Words that begin a list of variables, and those that may stand within one.
_LISTING: Final = frozenset({"SELECT", "GROUP", "ORDER", "HAVING", "VALUES"})
_WITHIN: Final = frozenset({"DISTINCT", "REDUCED", "BY", "ASC", "DESC"})
#: What is expected next in a block of triples.
_SUBJECT, _VERB, _OBJECT, _AFTER = range(4)


@dataclass(frozen=True, slots=True)
class Reads:
    """What an answer can depend on.

    :ivar everything: whether it can depend on any triple.
    :ivar names: the IRIs that are named; all properties that are followed are among them.
    :ivar classes: IRIs of the classes whose members are asked for; None where it may be any.
    """

    everything: bool
    names: frozenset[str]
    classes: frozenset[str] | None

    def bears_on(self, touched: Touched) -> bool:
        """Say whether triples that differ can make the answer another one."""
        if self.everything:
            return bool(touched.properties)
        if (touched.properties - {_TYPE}) & self.names:
            return True
        if _TYPE not in touched.properties or _TYPE not in self.names:
            return False
        return self.classes is None or bool(self.classes & touched.classes)


@lru_cache(maxsize=256)
def reads(query: str) -> Reads:
    """Return what the answer to a SELECT query can depend on.

    >>> found = reads("PREFIX k: <urn:k#> SELECT ?s { ?s a k:A ; k:p/k:q+ ?o }")
    >>> found.everything, sorted(found.classes), "urn:k#q" in found.names
    (False, ['urn:k#A'], True)
    >>> reads("SELECT ?s { ?s ?p ?o }").everything
    True
    """
    tokens = tokenise(query)
    prefixes = _prefixes(tokens)
    names = {_iri(token, prefixes) for token in tokens if token.kind in ("iri", "name")}
    is_unsure = any(token.kind == "word" and token.text.upper() in _UNSURE for token in tokens)
    scan = _Scan(tokens, prefixes)
    scan.run()
    everything = is_unsure or scan.has_any_property
    classes = None if scan.has_any_class or _TYPE in names else frozenset(scan.classes)
    return Reads(everything, frozenset({*names, *scan.verbs_a}), classes)


def _prefixes(tokens: Sequence[Token]) -> dict[str, str]:
    """Return the prefixes that a query declares."""
    return {
        tokens[place + 1].text: tokens[place + 2].text[1:-1]
        for place, token in enumerate(tokens[:-2])
        if token.kind == "word" and token.text.upper() == "PREFIX"
    }


def _iri(token: Token, prefixes: dict[str, str]) -> str:
    """Return the IRI of a token, without the escapes that some names need."""
    if token.kind == "iri":
        return token.text[1:-1]
    prefix, _, local = token.text.partition(":")
    return prefixes.get(f"{prefix}:", "") + local.replace("\\", "")


class _Scan:
    """Goes through the blocks of triples of a query, and notes what stands for a property.

    What stands in round brackets are expressions, lists of variables and parts of paths; only
    groups in them, as after EXISTS, hold triples.
    """

    def __init__(self, tokens: Sequence[Token], prefixes: dict[str, str]) -> None:
        self._tokens, self._prefixes = tokens, prefixes
        self.has_any_property = self.has_any_class = False
        self.classes: set[str] = set()
        self.verbs_a: set[str] = set()
        self._expected = _SUBJECT
        self._is_type = False
        #: Open brackets; for each what to expect once it is closed.
        self._open: list[tuple[str, int]] = []
        self._skips = True

    def run(self) -> None:
        """Go through all tokens."""
        for place, token in enumerate(self._tokens):
            if token.kind == "open":
                self._opened(token.text)
            elif token.kind == "close":
                self._closed()
            elif token.kind == "word":
                self._word(token.text)
            elif self._skips or (self._open and self._open[-1][0] == "("):
                self._in_expression(place, token)
            elif token.kind in _TERMS:
                self._term(token)
            elif token.kind == "other":
                self._sign(token.text)

    def _opened(self, bracket: str) -> None:
        """Take an opening bracket."""
        after = self._expected
        if bracket == "{":
            after, self._expected, self._skips = _SUBJECT, _SUBJECT, False
        elif bracket == "[":
            after = _VERB if after in (_SUBJECT, _AFTER) else _AFTER
            self._expected = _VERB
        elif after == _VERB:
            after = _OBJECT
        elif after == _OBJECT:
            # A collection hides its members behind properties of its own.
            self.has_any_property, after = True, _AFTER
        self._open.append((bracket, after))

    def _closed(self) -> None:
        """Take a closing bracket."""
        if self._open:
            bracket, self._expected = self._open.pop()
            if bracket == "{":
                self._skips = False

    def _word(self, word: str) -> None:
        """Take a word: a property, a truth value, or the beginning of something else."""
        if word == "a" and self._expected == _VERB and not self._skips:
            self._is_type, self._expected = True, _OBJECT
            self.verbs_a.add(_TYPE)
        elif word.lower() in ("true", "false"):
            self._expected = _AFTER
        elif word == "a":
            # Within brackets of a path, or after a sign of one.
            self.has_any_class = True
            self.verbs_a.add(_TYPE)
        elif not (self._open and self._open[-1][0] == "("):
            # Lists of variables follow some words, and end where a group begins or ends.
            self._skips = word.upper() in _LISTING or (self._skips and word.upper() in _WITHIN)
            self._expected = _SUBJECT

    def _in_expression(self, place: int, token: Token) -> None:
        """Take a part of an expression, or of a path in brackets."""
        before = self._tokens[place - 1].kind if place else ""
        after = [one for one in self._tokens[place + 1 : place + 3] if one.text != "("]
        is_path = before in ("iri", "name", "close")
        if token.text in ("*", "?") and is_path:
            self.has_any_property = True
        elif (
            token.text == "!"
            and after
            and (after[0].kind in ("iri", "name") or after[0].text in ("a", "^"))
        ):
            self.has_any_property = True

    def _term(self, token: Token) -> None:
        """Take a term or a variable of a triple."""
        if self._expected == _SUBJECT:
            self._expected = _VERB
        elif self._expected == _VERB:
            self.has_any_property |= token.kind == "variable"
            self._is_type, self._expected = False, _OBJECT
        elif self._expected == _OBJECT:
            if self._is_type and token.kind in ("iri", "name"):
                self.classes.add(_iri(token, self._prefixes))
            elif self._is_type:
                self.has_any_class = True
            self._expected = _AFTER

    def _sign(self, sign: str) -> None:
        """Take a sign: one between triples, or one of a path."""
        if sign in _PATH_SIGNS:
            self.has_any_class |= self._is_type
            self._is_type, self._expected = False, _VERB
        elif sign == ".":
            self._expected = _SUBJECT
        elif sign == ";":
            self._expected = _VERB
        elif sign == ",":
            self._expected = _OBJECT
        elif sign in ("*", "?", "!", "<<"):
            # A path of no step at all leads from everything there is to itself.
            self.has_any_property = True
