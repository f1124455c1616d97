"""Whether the brackets of a query match, and are not too deep or too many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kmgraph.sparql.limits import MAX_LENGTH, MAX_NESTING, MAX_TOKENS
from kmgraph.sparql.places import error_at
from kmgraph.sparql.tokens import Token


def checked_size(query: str, tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield tokens for as long as there are not too many, and their brackets match.

    What stands in rows of VALUES and in blocks of data counts for depth and not for number.

    :param query: the text, for the messages.
    :param tokens: its tokens; they may be read while they are checked.
    :raises QuerySyntaxError: brackets do not match or are too deep, or the text is too long.

    >>> from kmgraph.sparql.tokens import tokenise
    >>> len(list(checked_size("ASK {}", tokenise("ASK {}"))))
    3
    """
    depth = count = data_length = 0
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
                raise error_at(query, token.start, problem)
        elif token.kind == "close":
            depth -= 1
            if depth < 0:
                raise error_at(query, token.start, f"'{token.text}' closes what was not opened")
            if depth == rows_depth:
                rows_depth, values = None, False
        elif token.kind == "data":
            data_length += len(token.text)
        count += rows_depth is None
        if count > MAX_TOKENS or token.start - data_length > MAX_LENGTH:
            problem = (
                f"there are more than {MAX_TOKENS} words and signs: "
                "shorten it, or give long lists in VALUES"
            )
            raise error_at(query, token.start, problem)
        yield token
