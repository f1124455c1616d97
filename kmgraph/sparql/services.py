"""The SERVICE clauses of a query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kmgraph.errors import OutboundRequestError, QuerySyntaxError
from kmgraph.sparql.places import error_at
from kmgraph.sparql.prologue import Names
from kmgraph.sparql.tokens import Token, decode_escapes, tokenise


@dataclass(frozen=True, slots=True)
class ServiceClause:
    """A SERVICE clause, and where its endpoint stands.

    :ivar endpoint: IRI of the endpoint, or ``?name`` where a variable stands for it.
    :ivar is_silent: whether the query goes on without what the endpoint does not give.
    :ivar keyword_start: where the keyword begins in the text.
    :ivar silent_start: where SILENT begins; that of the keyword where there is none.
    :ivar start: where the endpoint begins.
    :ivar end: where it ends.
    """

    endpoint: str
    is_silent: bool
    keyword_start: int
    silent_start: int
    start: int
    end: int


def refuse_services(text: str, tokens: Sequence[Token]) -> None:
    """Raise an error where a token is, or could be read as, the keyword SERVICE.

    The embedded engine reads escapes in strings and IRIs alone. The grammar of SPARQL 1.1 lets
    them stand for any character, so a keyword that is written with them is one.

    :param text: the text of a query or update.
    :param tokens: its tokens.
    :raises OutboundRequestError: there is a SERVICE clause.
    :raises QuerySyntaxError: an escape stands where the engine reads none.

    >>> refuse_services("ASK {}", tokenise("ASK {}"))
    """
    stray = next((token for token in tokens if token.text == "\\"), None)
    if has_service(tokens) or (stray and has_service(tokenise(decode_escapes(text)))):
        raise OutboundRequestError(
            "SERVICE asks for a request to another host, which is not allowed here: "
            "leave the SERVICE clause out, or run the query where that host is"
        )
    refuse_stray_escapes(text, stray)


def refuse_stray_escapes(text: str, stray: Token | None) -> None:
    """Raise QuerySyntaxError for an escape outside of strings, IRIs and names.

    :param stray: the backslash that begins it; None where there is none.

    >>> refuse_stray_escapes("ASK {}", None)
    """
    if stray:
        problem = "an escape is read in strings, IRIs and names only"
        raise error_at(text, stray.start, problem)


def has_service(tokens: Iterable[Token]) -> bool:
    """Say whether the engine could read one of the tokens as the keyword SERVICE.

    >>> has_service(tokenise("ASK { SERVICE <urn:a> {} }")), has_service(tokenise("ASK {}"))
    (True, False)
    """
    listed = list(tokens)
    return any(map(_may_be_service, listed, [*listed[1:], None]))


def _may_be_service(token: Token, following: Token | None) -> bool:
    """Say whether the engine could read a token as the keyword SERVICE.

    It needs no white space around a keyword: it takes ``SERVICESILENT<...>{}`` and
    ``SERVICEex:a{}``. So any word that holds the keyword counts, and any prefixed name whose
    prefix holds it and which a group follows.
    """
    if token.kind == "word":
        return "SERVICE" in token.text.upper()
    is_before_group = following is not None and following.text == "{"
    return (
        token.kind == "name"
        and is_before_group
        and "SERVICE" in token.text.partition(":")[0].upper()
    )


def find_services(
    query: str, tokens: Sequence[Token], base_iri: str | None
) -> tuple[ServiceClause, ...]:
    """Return the SERVICE clauses of a query.

    :param query: the text.
    :param tokens: its tokens.
    :param base_iri: what relative IRIs are resolved against.
    :raises QuerySyntaxError: a keyword is written together with what is next to it.
    :raises OutboundRequestError: a clause stands in another one, which the first endpoint would
        have to ask.

    >>> text = "ASK { SERVICE SILENT <https://example.org/sparql> { ?s ?p ?o } }"
    >>> find_services(text, tokenise(text), None)[0].endpoint
    'https://example.org/sparql'
    """
    refuse_stray_escapes(query, next((token for token in tokens if token.text == "\\"), None))
    names = Names(base_iri)
    names.declare(query, tokens)
    found: list[ServiceClause] = []
    depth = 0
    ends_at: int | None = None
    for index, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind == "close" and depth == ends_at:
            ends_at = None
        if not _may_be_service(token, tokens[index + 1] if index + 1 < len(tokens) else None):
            continue
        if ends_at is not None:
            raise OutboundRequestError(
                "a SERVICE clause stands in another one: take it out of the other's group"
            )
        found.append(_clause(query, tokens[index : index + 4], names))
        ends_at = depth
    return tuple(found)


def _clause(query: str, tokens: Sequence[Token], names: Names) -> ServiceClause:
    """Return the clause that a keyword begins."""
    is_silent = len(tokens) > 1 and tokens[1].text.upper() == "SILENT"
    rest = tokens[2:] if is_silent else tokens[1:]
    is_whole = tokens[0].text.upper() == "SERVICE" and len(rest) > 1 and rest[1].text == "{"
    if not is_whole or rest[0].kind not in ("iri", "name", "variable"):
        problem = "SERVICE is followed by an endpoint and a group, with spaces between"
        raise error_at(query, tokens[0].start, problem)
    target = rest[0]
    if target.kind == "variable":
        endpoint = f"?{target.text[1:]}"
    else:
        try:
            endpoint = names.resolve_whole(query, target)
        except QuerySyntaxError as error:
            raise OutboundRequestError(f"SERVICE names no endpoint: {error}") from error
    keyword, silent = tokens[0].start, tokens[1 if is_silent else 0].start
    end = target.start + len(target.text)
    return ServiceClause(endpoint, is_silent, keyword, silent, target.start, end)
