"""Where the parts of a query stand: its groups, its subqueries and what follows them.

Only what substitution and paging need is found, from the tokens of the text. Whether the query is
right is for the endpoint to say.

Source: https://www.w3.org/TR/sparql11-query/#sparqlGrammar
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from kmgraph.errors import QuerySyntaxError, UpdateForbiddenError
from kmgraph.sparql.places import error_at
from kmgraph.sparql.tokens import Token, tokenise

#: Deepest nesting of groups that is followed; Python's own stack ends soon after.
MAX_DEPTH: Final = 200

_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_UPDATES: Final = frozenset(
    {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}
)


@dataclass(slots=True)
class Group:
    """A group graph pattern.

    :ivar start: place after its opening brace.
    :ivar end: place of its closing brace.
    :ivar mentioned: variables that stand in it and in no group or subquery inside it.
    :ivar assigned: those of them that BIND gives a value.
    :ivar groups: the groups directly inside it.
    :ivar select: the subquery that the group consists of, or None.
    """

    start: int
    end: int = 0
    mentioned: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    groups: list[Group] = field(default_factory=list)
    select: Select | None = None

    def visible(self) -> set[str]:
        """Return the variables that stand in it, those that a subquery keeps to itself left out."""
        if self.select is not None:
            return self.select.visible()
        return self.mentioned.union(*(group.visible() for group in self.groups))


@dataclass(slots=True)
class Select:
    """A query or a subquery.

    :ivar form: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``.
    :ivar head_end: place after what comes before its group.
    :ivar is_star: whether it returns every variable.
    :ivar projected: the variables that it names as those to return.
    :ivar assigned: variables that its head or its GROUP BY works out.
    :ivar mentioned: variables of its template and of what follows its group.
    :ivar where: its group; None for a DESCRIBE without one.
    :ivar is_short: whether it is a CONSTRUCT whose pattern is its template.
    :ivar is_ordered: whether it has an ORDER BY.
    :ivar tail: place where LIMIT, OFFSET and VALUES belong.
    :ivar end: place after the last of it.
    :ivar values: place of its VALUES clause, or None.
    :ivar limit: its LIMIT, or None.
    :ivar offset: its OFFSET.
    """

    form: str
    head_end: int = 0
    is_star: bool = False
    projected: list[str] = field(default_factory=list)
    assigned: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    where: Group | None = None
    is_short: bool = False
    is_ordered: bool = False
    tail: int = 0
    end: int = 0
    values: int | None = None
    limit: int | None = None
    offset: int = 0

    def visible(self) -> set[str]:
        """Return the variables that it returns, or could return where it names none."""
        if not self.is_star and self.form in ("SELECT", "DESCRIBE"):
            return set(self.projected)
        inner = self.where.visible() if self.where else set()
        return inner | self.mentioned | self.assigned


def form_of(text: str) -> str:
    """Return the form of a query.

    :raises UpdateForbiddenError: the text is an update.
    :raises QuerySyntaxError: the text is no query.

    >>> form_of("PREFIX select: <urn:x> ASK {}")
    'ASK'
    """
    tokens = tokenise(text)
    return tokens[_form_index(text, tokens)].text.upper()


def _form_index(text: str, tokens: list[Token]) -> int:
    """Return the index of the keyword that says what form a query has."""
    for index, token in enumerate(tokens):
        word = token.text.upper() if token.kind == "word" else ""
        if word in _FORMS:
            return index
        if word in _UPDATES:
            raise UpdateForbiddenError(
                f"{word} changes data, and this asks for data: use update() for changes"
            )
    raise error_at(text, len(text), "the query has no SELECT, ASK, CONSTRUCT or DESCRIBE")


def outline(text: str) -> Select:
    """Return where the parts of a query stand.

    :raises UpdateForbiddenError: the text is an update.
    :raises QuerySyntaxError: the text is no query, or its brackets do not fit together.

    >>> found = outline("SELECT ?a { ?a ?b ?c } LIMIT 3")
    >>> found.projected, sorted(found.where.mentioned), found.limit
    (['a'], ['a', 'b', 'c'], 3)
    """
    return _Reader(text).query()


class _Reader:
    """Reads the tokens of a query from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens = text, tokenise(text)
        self.place = _form_index(text, self.tokens)
        self.depth = 0

    def query(self) -> Select:
        """Return the outline of the whole text."""
        found = self.select()
        if self.place < len(self.tokens):
            raise self.error("this bracket closes what was not opened")
        return found

    def error(self, problem: str) -> QuerySyntaxError:
        """Return an error about the token that comes next."""
        at = self.tokens[self.place].start if self.place < len(self.tokens) else len(self.text)
        return error_at(self.text, at, problem)

    def peek(self, ahead: int = 0) -> str:
        """Return the text of a coming token, a word in capitals; empty after the end."""
        if self.place + ahead >= len(self.tokens):
            return ""
        token = self.tokens[self.place + ahead]
        return token.text.upper() if token.kind == "word" else token.text

    def take(self) -> Token:
        """Return the next token and go on."""
        if self.place >= len(self.tokens):
            raise self.error("a closing bracket is missing")
        self.place += 1
        return self.tokens[self.place - 1]

    def after(self) -> int:
        """Return the place after the token that was taken last."""
        token = self.tokens[self.place - 1]
        return token.start + len(token.text)

    def select(self) -> Select:
        """Read a query, or a subquery up to its closing brace."""
        found = Select(self.take().text.upper())
        if found.form == "CONSTRUCT" and self.peek() == "{":
            template = self.group(is_template=True)
            found.mentioned |= template.visible()
        elif found.form == "CONSTRUCT":
            found.is_short = True
        self.head(found)
        found.head_end = self.after()
        if self.peek() == "WHERE":
            self.take()
        if self.peek() == "{":
            found.where = self.group()
        elif found.form != "DESCRIBE":
            raise self.error("a group in braces is missing")
        self.modifiers(found)
        return found

    def head(self, found: Select) -> None:
        """Read what is returned and the graphs that are named, up to the group."""
        depth = 0
        while (text := self.peek()) and not (depth == 0 and text in ("{", "WHERE", "}")):
            if self.is_modifier(text) and found.form == "DESCRIBE":
                return
            if text == "{":
                found.mentioned |= self.group().visible()
                continue
            token = self.take()
            depth += (text == "(") - (text == ")")
            if text == "*" and depth == 0:
                found.is_star = True
            elif token.kind == "variable":
                self.project(found, token.text[1:], depth)

    def project(self, found: Select, name: str, depth: int) -> None:
        """Note a variable of the head."""
        is_assigned = depth > 0 and self.tokens[self.place - 2].text.upper() == "AS"
        if is_assigned:
            found.assigned.add(name)
        if depth == 0 or is_assigned:
            found.projected.append(name)
        else:
            found.mentioned.add(name)

    @staticmethod
    def is_modifier(text: str) -> bool:
        """Say whether a word begins what follows the group of a query."""
        return text in {"GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"}

    def modifiers(self, found: Select) -> None:
        """Read what follows the group, up to the end or to the brace that ends a subquery."""
        tail: int | None = None
        while (text := self.peek()) not in ("", "}"):
            if text == "{":
                found.mentioned |= self.group().visible()
                continue
            before = self.after()
            token = self.take()
            if token.kind == "word" and text in ("LIMIT", "OFFSET", "VALUES"):
                tail = before if tail is None else tail
                self.cut(found, text, token)
            elif text == "ORDER":
                found.is_ordered = True
            elif token.kind == "variable":
                is_assigned = self.tokens[self.place - 2].text.upper() == "AS"
                (found.assigned if is_assigned else found.mentioned).add(token.text[1:])
        found.end = self.after()
        found.tail = found.end if tail is None else tail

    def cut(self, found: Select, word: str, token: Token) -> None:
        """Note a LIMIT, an OFFSET or a VALUES clause."""
        if word == "VALUES":
            found.values = token.start
            self.data()
            return
        number = self.take()
        if not number.text.isdigit():
            raise error_at(self.text, number.start, f"{word} is followed by no number")
        if word == "LIMIT":
            found.limit = int(number.text)
        else:
            found.offset = int(number.text)

    def data(self) -> None:
        """Read past the variables and rows of VALUES."""
        while self.take().text != "{":
            pass
        while self.take().text != "}":
            pass

    def group(self, *, is_template: bool = False) -> Group:
        """Read a group from its opening to its closing brace."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"groups are nested deeper than {MAX_DEPTH}: simplify the query")
        self.take()
        found = Group(self.after())
        if self.peek() == "SELECT" and not is_template:
            found.select = self.select()
        else:
            self.content(found)
        found.end = self.take().start
        self.depth -= 1
        return found

    def content(self, found: Group) -> None:
        """Read what stands in a group, up to its closing brace."""
        annotations = 0
        while (text := self.peek()) != "}" or annotations:
            if text == "{" and self.peek(1) != "|":
                found.groups.append(self.group())
                continue
            token = self.take()
            if token.kind == "word" and text == "VALUES":
                self.data()
            elif token.kind == "variable":
                found.mentioned.add(token.text[1:])
                if self.tokens[self.place - 2].text.upper() == "AS":
                    found.assigned.add(token.text[1:])
            # RDF 1.2 writes what is said of a statement between {| and |}.
            annotations += (text == "{") - (text == "}")
