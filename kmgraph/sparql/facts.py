"""What a query asks for, found before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from kmgraph.errors import UpdateForbiddenError
from kmgraph.sparql.limits import check_length
from kmgraph.sparql.messages import first_undeclared
from kmgraph.sparql.places import error_at, shortened
from kmgraph.sparql.prologue import Names
from kmgraph.sparql.services import ServiceClause, find_services, refuse_services
from kmgraph.sparql.size import checked_size
from kmgraph.sparql.tokens import Token, iter_tokens, tokenise, without_mark

_FORMS: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_UPDATES: Final = frozenset(
    {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}
)
#: Functions whose value is another each time; STRUUID ends in UUID.
_VOLATILE: Final = ("NOW", "RAND", "UUID", "BNODE")
#: Functions that only RDF 1.2 has. Keywords may be glued, so words that end in these count.
_RDF_1_2_FUNCTIONS: Final = (
    "TRIPLE", "SUBJECT", "PREDICATE", "OBJECT", "LANGDIR", "HASLANG",
)  # fmt: skip
#: Two tokens that are one sign where no space is between them.
_PAIRS: Final = frozenset({"{|", "{||", "|}", "||}", "<<(", ")>>"})
_RDF_1_2_SIGNS: Final = frozenset({"<<", ">>", "~"})


@dataclass(frozen=True, slots=True)
class QueryFacts:
    """What a query asks for.

    :ivar form: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``.
    :ivar from_graphs: IRIs of its FROM clauses, in order.
    :ivar from_named: IRIs of its FROM NAMED clauses, in order.
    :ivar service_clauses: its requests to other hosts, in order.
    :ivar is_volatile: whether the same query over the same data may have another answer: it uses
        NOW, RAND, UUID, STRUUID or BNODE, or asks another host.
    :ivar uses_rdf_1_2: whether it has terms, patterns or functions that RDF 1.2 added.
    :ivar base_iri: what its relative IRIs are resolved against where it declares no base.
    """

    form: str
    from_graphs: tuple[str, ...] = ()
    from_named: tuple[str, ...] = ()
    service_clauses: tuple[ServiceClause, ...] = ()
    is_volatile: bool = False
    uses_rdf_1_2: bool = False
    base_iri: str | None = None

    @property
    def has_dataset(self) -> bool:
        """Say whether the query names the graphs to read."""
        return bool(self.from_graphs or self.from_named)

    @property
    def has_service(self) -> bool:
        """Say whether the query asks for a request to another host."""
        return bool(self.service_clauses)

    @property
    def services(self) -> tuple[str, ...]:
        """Return the IRIs of the endpoints it asks, each once; ``?name`` for a variable."""
        return tuple(dict.fromkeys(clause.endpoint for clause in self.service_clauses))


def analyse(query: str, *, base_iri: str | None = None, allow_service: bool = False) -> QueryFacts:
    """Return what a query asks for, or refuse it.

    :param query: a SPARQL query.
    :param base_iri: what relative IRIs in FROM and SERVICE are resolved against.
    :param allow_service: return SERVICE clauses instead of refusing them. Such a query may only
        run under :func:`kmgraph.sparql.outbound.guarded`.
    :raises OutboundRequestError: the query has a SERVICE clause that is not allowed.
    :raises UpdateForbiddenError: the text is an update.
    :raises QuerySyntaxError: the text is no query, or it is nested deeper than
        :data:`~kmgraph.sparql.limits.MAX_NESTING`, has more words than
        :data:`~kmgraph.sparql.limits.MAX_TOKENS` or more characters than
        :data:`~kmgraph.sparql.limits.MAX_LENGTH`.

    >>> analyse("SELECT * FROM <https://example.org/g> { ?s ?p ?o }").from_graphs
    ('https://example.org/g',)
    >>> analyse("SELECT (NOW() AS ?now) {}").is_volatile
    True
    """
    query = without_mark(query)
    check_length(query)
    # Checked while it is read, so that a hostile text costs no more than its beginning.
    tokens = list(checked_size(query, iter_tokens(query)))
    if not allow_service:
        refuse_services(query, tokens)
    form = _form(query, tokens)
    if undeclared := first_undeclared(query, tokens):
        raise undeclared
    plain, named = _dataset(query, tokens, base_iri, form)
    services = find_services(query, tokens, base_iri) if allow_service else ()
    return QueryFacts(
        form,
        from_graphs=plain,
        from_named=named,
        service_clauses=services,
        is_volatile=bool(services)
        or any(f.endswith(_VOLATILE) for f in _functions(tokens))
        or (form == "CONSTRUCT" and _makes_blank_nodes(tokens)),
        uses_rdf_1_2=_uses_rdf_1_2(tokens),
        base_iri=base_iri,
    )


def normalise(query: str) -> str:
    """Return a text that is the same for queries that differ in white space and comments only.

    Queries that mean different things have different texts. The text is a key, not a query: it
    is not for the engine.

    :param query: a SPARQL query.
    :raises QuerySyntaxError: the text is too long, or cannot be told into words and signs.

    >>> normalise("ASK{ ?s a ?o } # is there any?") == normalise("ASK { ?s  a ?o }")
    True
    """
    query = without_mark(query)
    check_length(query)
    parts: list[str] = []
    end = 0
    before: Token | None = None
    for token in tokenise(query):
        if before and not (token.start == end and _belong_together(before, token)):
            parts.append(" ")
        parts.append(token.text)
        before, end = token, token.start + len(token.text)
    return "".join(parts)


def _makes_blank_nodes(tokens: Sequence[Token]) -> bool:
    """Say whether the template of a CONSTRUCT makes blank nodes, whose names differ each time."""
    start = next(i for i, token in enumerate(tokens) if token.text.upper() == "CONSTRUCT") + 1
    depth = 0
    for number, token in enumerate(tokens[start:]):
        if token.text in ("[", "(") or token.text.startswith("_:"):
            return True
        depth += (token.text == "{") - (token.text == "}")
        # Without a template of its own, what WHERE asks for is the template.
        if depth == 0 and token.text == "}" and tokens[start].text == "{" and number:
            return False
    return False


def _belong_together(first: Token, second: Token) -> bool:
    """Say whether a space between two tokens could change how they are read.

    So it is with ``{|``, ``<<(``, ``-01`` and ``'a'@en``.
    """
    return (
        (first.text + second.text) in _PAIRS
        or (first.text in ("+", "-") and second.kind == "number")
        or second.kind == "language"
    )


def _functions(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the keywords that are used as functions, in upper case."""
    for token, following in pairwise(tokens):
        if token.kind == "word" and following.text == "(":
            yield token.text.upper()


def _uses_rdf_1_2(tokens: Sequence[Token]) -> bool:
    """Say whether there are terms, patterns or functions that RDF 1.2 added."""
    return (
        any(name.endswith(_RDF_1_2_FUNCTIONS) for name in _functions(tokens))
        or any(token.kind == "language" and "--" in token.text for token in tokens)
        or any(token.kind == "other" and token.text in _RDF_1_2_SIGNS for token in tokens)
        or any(one.text == "{" and two.text in ("|", "||") for one, two in pairwise(tokens))
    )


def _form(query: str, tokens: Sequence[Token]) -> str:
    """Return the query form; it is the first keyword after the prologue."""
    for token in tokens:
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
            shown = shortened(token.text)
            raise error_at(query, token.start, f"'{shown}' cannot begin a query")
    raise error_at(query, len(query), "the query has no SELECT, ASK, CONSTRUCT or DESCRIBE")


def _dataset(
    query: str, tokens: Sequence[Token], base_iri: str | None, form: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the IRIs of the FROM and the FROM NAMED clauses."""
    plain: list[str] = []
    named: list[str] = []
    names = Names(base_iri)
    names.declare(query, tokens)
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        word = token.text.upper()
        if token.kind not in ("word", "name") or not word.startswith("FROM"):
            continue
        following = tokens[index + 1 : index + 3]
        if word == "FROM":
            is_named = bool(following) and following[0].text.upper() == "NAMED"
            target = following[1:] if is_named else following
            if not target:
                raise error_at(query, len(query), "FROM is followed by no graph")
            (named if is_named else plain).append(names.resolve_whole(query, target[0]))
        elif token.kind == "word" or (depth == 0 and _is_glued(tokens, index, form)):
            raise error_at(query, token.start, "put a space after FROM")
    return tuple(dict.fromkeys(plain)), tuple(dict.fromkeys(named))


def _is_glued(tokens: Sequence[Token], index: int, form: str) -> bool:
    """Say whether the engine would read a name outside of all brackets as FROM and a name."""
    before, following = tokens[index - 1], tokens[index + 1 : index + 2]
    is_declared = before.text.upper() == "PREFIX"
    is_called = bool(following) and following[0].text == "("
    return form != "DESCRIBE" and not is_declared and not is_called
