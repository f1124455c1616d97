"""What a SPARQL update may ask for.

Source: https://www.w3.org/TR/sparql11-update/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kmgraph.errors import OutboundRequestError
from kmgraph.sparql.limits import MAX_UPDATE_LENGTH, check_length
from kmgraph.sparql.messages import first_undeclared
from kmgraph.sparql.places import error_at
from kmgraph.sparql.services import refuse_services
from kmgraph.sparql.size import checked_size
from kmgraph.sparql.tokens import Token, iter_tokens, without_mark

_QUERIES: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_PROLOGUE: Final = frozenset({"PREFIX", "BASE", "VERSION"})


def check_update(text: str) -> None:
    """Refuse an update that asks for a request to another host, or is too long or too deep.

    Blocks of INSERT DATA and DELETE DATA may be long; their names are left to the engine, whose
    error :func:`~kmgraph.sparql.messages.engine_syntax_error` puts into words.

    :param text: a SPARQL update.
    :raises OutboundRequestError: it has LOAD or a SERVICE clause.
    :raises QuerySyntaxError: it is a query, has a prefix that is not declared, is nested deeper
        than :data:`~kmgraph.sparql.limits.MAX_NESTING`, has more words outside of blocks of data
        than :data:`~kmgraph.sparql.limits.MAX_TOKENS` or more characters than
        :data:`~kmgraph.sparql.limits.MAX_UPDATE_LENGTH`.

    >>> check_update("INSERT DATA { <urn:a> <urn:b> 'LOAD <urn:c>' }")
    """
    text = without_mark(text)
    check_length(text, MAX_UPDATE_LENGTH, what="update")
    tokens = list(checked_size(text, iter_tokens(text, whole_data=True)))
    refuse_services(text, tokens)
    _refuse_load(tokens)
    first = next((t for t in tokens if t.kind == "word" and t.text.upper() not in _PROLOGUE), None)
    if first and first.text.upper() in _QUERIES:
        problem = f"{first.text.upper()} asks and changes nothing: send it as a query"
        raise error_at(text, first.start, problem)
    if undeclared := first_undeclared(text, tokens):
        raise undeclared


def _refuse_load(tokens: Sequence[Token]) -> None:
    """Raise OutboundRequestError where the engine could read the keyword LOAD.

    It takes ``LOADSILENT<...>`` and ``LOADex:a``. No other keyword holds it, and a prefixed name
    begins no operation.
    """
    depth = 0
    before: Token | None = None
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        follows = before.text.upper() if before and before.kind == "word" else ""
        begins = depth == 0 and (not follows or follows.endswith(("ALL", "DEFAULT")))
        written = token.text.partition(":")[0].upper()
        if "LOAD" in written and (token.kind == "word" or (token.kind == "name" and begins)):
            raise OutboundRequestError(
                "LOAD asks for a request to another host or for a file, which is not allowed "
                "here: send the content of the file with INSERT DATA or to the graph store"
            )
        before = token
