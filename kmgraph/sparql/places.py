"""Places in a text, and the errors that name them."""

from __future__ import annotations

from typing import Final

from kmgraph.errors import QuerySyntaxError

#: Most characters of a query that a message repeats.
QUOTED: Final = 60


def shortened(text: str, most: int = QUOTED) -> str:
    """Return the beginning of a text that may be of any length.

    >>> shortened("abcdef", 3)
    'abc…'
    """
    return text if len(text) <= most else f"{text[:most]}…"


def error_at(query: str, start: int, problem: str) -> QuerySyntaxError:
    """Return a syntax error that names the line and column of a place in the text.

    >>> print(error_at("ASK {\\n x }", 7, "a term is wrong"))
    line 2, column 2: a term is wrong
    """
    before = query[:start]
    line = before.count("\n") + 1
    column = start - (before.rfind("\n") + 1) + 1
    return QuerySyntaxError(f"line {line}, column {column}: {problem}", line=line, column=column)
