"""Read the text of an update as its operations.

The text is taken apart at its tokens, and the engine reads each operation with the declarations
before it. Only braces, semicolons outside of them and the keywords of an operation's frame are
looked at here. pyoxigraph 0.5.13 does not take a whole text that declares a prefix between two
operations, as the grammar has it.

Source: https://www.w3.org/TR/sparql11-update/#updateLanguage
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pyoxigraph as ox

from kmgraph.errors import QuerySyntaxError
from kmgraph.sparql import Token, check_update, engine_syntax_error, tokenise, without_mark
from kmgraph.sparql.places import error_at, shortened
from kmgraph.updates.operations import (
    Clearing,
    Creation,
    Modification,
    Operation,
    Target,
    Transfer,
)
from kmgraph.updates.templates import NOTHING, Template, read_quads, read_template

#: Number of tokens of each declaration of a prologue.
_DECLARATIONS: Final = {"BASE": 2, "PREFIX": 3, "VERSION": 2}
#: Words that begin an operation.
_FORMS: Final = frozenset(
    {"INSERT", "DELETE", "WITH", "CLEAR", "DROP", "CREATE", "ADD", "COPY", "MOVE"}
)
#: What the engine raises for an operation that it could read.
_FAILED: Final = (RuntimeError, ValueError, OSError)
_TRANSFERS: Final[dict[str, Literal["ADD", "COPY", "MOVE"]]] = {
    "ADD": "ADD",
    "COPY": "COPY",
    "MOVE": "MOVE",
}


def parse_update(text: str, *, base_iri: str | None = None) -> list[Operation]:
    """Return the operations of an update, in order.

    :param text: a SPARQL 1.1 update.
    :param base_iri: what relative IRIs are resolved against.
    :raises QuerySyntaxError: the text does not follow the grammar, or is too long or too deep.
    :raises OutboundRequestError: it asks for a request to another host.
    :raises InputError: it holds terms that only RDF 1.2 has.

    >>> [type(o).__name__ for o in parse_update("CREATE GRAPH <urn:g> ; CLEAR DEFAULT")]
    ['Creation', 'Clearing']
    """
    text = without_mark(text)
    check_update(text)
    operations = []
    labels: set[str] = set()
    for part in split_update(text):
        _check(part, text, base_iri)
        if not part.tokens:
            continue
        own = {t.text for t in part.tokens if t.kind == "name" and t.text.startswith("_:")}
        if shared := sorted(labels & own):
            problem = f"the blank node {shared[0]} belongs to an operation before this one"
            raise error_at(text, part.tokens[0].start, f"{problem}: use another label")
        labels |= own
        operations.append(_Reader(part, text, base_iri).operation())
    return operations


def _check(part: OperationText, text: str, base_iri: str | None) -> None:
    """Let the engine read an operation, on an empty store.

    :raises QuerySyntaxError: it does not follow the grammar; the place is that in the whole text.
    """
    if part.tokens and part.tokens[0].text.upper() not in _FORMS:
        # The engine is shown nothing that could be a form unknown here.
        raise _unexpected(text, part.tokens[0])
    try:
        ox.Store().update(f"{part.prologue}\n{part.body(text)}", base_iri=base_iri)
    except SyntaxError:
        alone = part.alone(text)
        try:
            ox.Store().update(alone, base_iri=base_iri)
        except SyntaxError as error:
            raise engine_syntax_error(alone, error) from error
        except _FAILED:
            pass
    except _FAILED:
        # It was read, and then failed on an empty store: a graph is missing there.
        pass


@dataclass(frozen=True, slots=True)
class OperationText:
    """One operation of an update, or the declarations after the last one.

    :ivar declarations: all tokens of declarations before it, those of former operations too.
    :ivar tokens: its own tokens without its declarations.
    """

    declarations: tuple[Token, ...]
    tokens: tuple[Token, ...]

    @property
    def prologue(self) -> str:
        """The text of all declarations before the operation."""
        return " ".join(token.text for token in self.declarations)

    def body(self, text: str) -> str:
        """Return the text of the operation without its declarations.

        :param text: the whole text.
        """
        if not self.tokens:
            return ""
        last = self.tokens[-1]
        return text[self.tokens[0].start : last.start + len(last.text)]

    def alone(self, text: str) -> str:
        """Return the whole text with white space in place of all that is not of this operation."""
        pieces: list[str] = []
        position = 0
        for token in (*self.declarations, *self.tokens):
            pieces += [_blank(text[position : token.start]), token.text]
            position = token.start + len(token.text)
        return "".join(pieces)


def _blank(text: str) -> str:
    """Return white space of the same length and lines."""
    return re.sub(r"[^\r\n]", " ", text)


def split_update(text: str) -> list[OperationText]:
    """Return the operations of a text, in order; each has to be read by the engine yet.

    :raises QuerySyntaxError: there is no operation before a semicolon.

    >>> text = "PREFIX : <urn:x> INSERT DATA { :a :b ';' } ; CLEAR ALL"
    >>> [part.body(text) for part in split_update(text)]
    ["INSERT DATA { :a :b ';' }", 'CLEAR ALL']
    """
    tokens = tokenise(text)
    parts: list[OperationText] = []
    declared: list[Token] = []
    position = is_last = 0
    while position < len(tokens):
        size = _DECLARATIONS.get(tokens[position].text.upper(), 0)
        if size and tokens[position].kind == "word":
            declared += tokens[position : position + size]
            position += size
            is_last = position >= len(tokens)
            continue
        end = _end(tokens, position)
        if end == position:
            raise _unexpected(text, tokens[position])
        parts.append(OperationText(tuple(declared), tuple(tokens[position:end])))
        position = end + 1
    if is_last:
        parts.append(OperationText(tuple(declared), ()))
    return parts


def _end(tokens: Sequence[Token], start: int) -> int:
    """Return the index of the semicolon that ends an operation, or that after the last token."""
    depth = 0
    for index in range(start, len(tokens)):
        text = tokens[index].text
        depth += (text == "{") - (text == "}")
        if text == ";" and depth == 0:
            return index
    return len(tokens)


class _Reader:
    """Reads one operation."""

    def __init__(self, part: OperationText, text: str, base_iri: str | None) -> None:
        self._prologue, self._tokens = part.prologue, part.tokens
        self._text, self._base_iri = text, base_iri
        self._position = 0

    def operation(self) -> Operation:
        """Return the operation.

        :raises QuerySyntaxError: its words are not where the grammar has them.
        """
        word = self._word()
        if word in ("CLEAR", "DROP"):
            is_silent = self._takes("SILENT")
            found: Operation = Clearing(self._target(), word == "DROP", is_silent)
        elif word == "CREATE":
            is_silent = self._takes("SILENT")
            self._expect("GRAPH")
            found = Creation(self._iri(), is_silent)
        elif word in _TRANSFERS:
            is_silent = self._takes("SILENT")
            source = self._graph()
            self._expect("TO")
            found = Transfer(_TRANSFERS[word], source, self._graph(), is_silent)
        else:
            self._position = 0
            found = self._modification()
        if self._position != len(self._tokens):
            raise self._error()
        return found

    def _modification(self) -> Modification:
        """Return an operation that inserts or deletes."""
        with_graph = self._iri() if self._takes("WITH") else None
        if with_graph is None and self._takes("INSERT", "DATA"):
            return Modification(NOTHING, self._template(self._block()))
        if with_graph is None and self._takes("DELETE", "DATA"):
            return Modification(self._template(self._block()), NOTHING)
        if with_graph is None and self._takes("DELETE", "WHERE"):
            block = self._block()
            template = self._template(block)
            return Modification(template, NOTHING, self._select(block, template))
        delete = insert = NOTHING
        is_either = False
        if self._takes("DELETE"):
            delete, is_either = self._template(self._block()), True
        if self._takes("INSERT"):
            insert, is_either = self._template(self._block()), True
        if not is_either:
            raise self._error()
        using, using_named = self._using()
        self._expect("WHERE")
        query = self._select(self._block(), delete, insert)
        return Modification(delete, insert, query, with_graph, using, using_named)

    def _using(self) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        """Return the graphs of the USING and of the USING NAMED clauses."""
        plain: list[str] = []
        named: list[str] = []
        while self._takes("USING"):
            target = named if self._takes("NAMED") else plain
            target.append(self._iri())
        is_any = bool(plain or named)
        return (tuple(plain) if is_any else None), tuple(named)

    def _select(self, block: Sequence[Token], *templates: Template) -> str:
        """Return the query whose solutions fill templates."""
        names = {name for t in templates for name in (t.variables or {}).values()}
        wanted = " ".join(f"?{name}" for name in sorted(names)) or "*"
        pattern = self._text[block[0].start : block[-1].start + 1]
        return f"{self._prologue}\nSELECT {wanted} WHERE {pattern}"

    def _template(self, block: Sequence[Token]) -> Template:
        """Return the template that a block is."""
        return read_template(self._prologue, self._text, block, self._base_iri)

    def _block(self) -> Sequence[Token]:
        """Take the tokens from an opening brace to the one that closes it."""
        start, depth = self._position, 0
        for index in range(start, len(self._tokens)):
            text = self._tokens[index].text
            depth += (text == "{") - (text == "}")
            if depth == 0:
                self._position = index + 1
                break
        else:
            raise self._error()
        if self._tokens[start].text != "{":
            raise self._error(start)
        return self._tokens[start : self._position]

    def _target(self) -> str | Target:
        """Take what CLEAR and DROP are about."""
        for target in Target:
            if self._takes(target):
                return target
        self._expect("GRAPH")
        return self._iri()

    def _graph(self) -> str | Target:
        """Take one end of a transfer."""
        if self._takes(Target.DEFAULT):
            return Target.DEFAULT
        self._takes("GRAPH")
        return self._iri()

    def _iri(self) -> str:
        """Take an IRI, and let the engine resolve it."""
        if self._position == len(self._tokens):
            raise self._error()
        token = self._tokens[self._position]
        if token.kind not in ("iri", "name"):
            raise self._error()
        self._position += 1
        text = f"{self._prologue}\nINSERT DATA {{ GRAPH {token.text} {{ <urn:a> a <urn:a> }} }}"
        (quad,) = read_quads(text, self._base_iri)
        return str(getattr(quad.graph_name, "value", ""))

    def _word(self) -> str:
        """Take a word, in capital letters."""
        token = self._tokens[self._position]
        self._position += 1
        return token.text.upper() if token.kind == "word" else ""

    def _takes(self, *words: str) -> bool:
        """Take words if they come next, and say whether they do."""
        following = self._tokens[self._position : self._position + len(words)]
        found = tuple(token.text.upper() for token in following if token.kind == "word")
        if found == words:
            self._position += len(words)
        return found == words

    def _expect(self, word: str) -> None:
        """Take a word that must come next."""
        if not self._takes(word):
            raise self._error()

    def _error(self, position: int | None = None) -> QuerySyntaxError:
        """Return the error for a token that the frame of an operation does not have there."""
        index = min(self._position if position is None else position, len(self._tokens) - 1)
        return _unexpected(self._text, self._tokens[index])


def _unexpected(text: str, token: Token) -> QuerySyntaxError:
    """Return the error for a token that the frame of an update does not have there."""
    problem = f"'{shortened(token.text)}' is not expected here: is a keyword, a space or a brace"
    return error_at(text, token.start, f"{problem} missing?")
