"""How long and how deep a query or update may be."""

from __future__ import annotations

from typing import Final

from kmgraph.errors import QuerySyntaxError

#: Deepest nesting of brackets in a query. pyoxigraph 0.5.13 overflows a stack of 8 MiB with
#: 1,000 nested FILTER EXISTS, and threads of some systems have a sixteenth of that.
MAX_NESTING: Final = 64
#: Most tokens in a query, the rows of VALUES not counted. pyoxigraph 0.5.13 overflows its stack
#: with 3,000 BIND in a row (18,000 tokens) and with 10,000 times ``!`` (10,000 tokens).
MAX_TOKENS: Final = 3_000
#: Most characters in a query, the rows of VALUES counted. Nothing is read of a longer one.
MAX_LENGTH: Final = 500_000
#: Most characters in an update. Outside of the blocks of INSERT DATA and DELETE DATA the bounds
#: of queries hold.
MAX_UPDATE_LENGTH: Final = 10_000_000


def check_length(text: str, most: int = MAX_LENGTH, *, what: str = "query") -> None:
    """Raise QuerySyntaxError for a text that is too long to be looked at.

    :param most: the most characters that it may have.
    :param what: what the message calls the text.
    :raises QuerySyntaxError: it has more.

    >>> check_length("ASK {}")
    """
    if len(text) > most:
        raise QuerySyntaxError(
            f"the {what} has {len(text):,} characters, and {most:,} is the most: "
            "ask for less at once"
        )
