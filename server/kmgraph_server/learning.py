"""What a view says of a query that it answered, so that the next one like it is answered sooner."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from kmgraph.execution.limits import Limits
from kmgraph.sparql import QueryFacts

#: Key of the WSGI environment with the bytes of the head, where it came in one piece.
HEAD: Final = "kmgraph.head"
#: Key of the WSGI environment under which a view says what it answered.
LEARNING: Final = "kmgraph.learning"
_DIGEST_LENGTH: Final = 32


class TagMaker:
    """Makes the tags of answers that agree in all but one thing.

    :param generation: id of the generation that they are of; None for a dataset in memory.
    :param parts: what they agree in.

    >>> maker = TagMaker(3, "a")
    >>> maker.of("b") == TagMaker(3, "a").of("b"), maker.of("b") == maker.of("c")
    (True, False)
    """

    def __init__(self, generation: int | None, *parts: str) -> None:
        self.generation, self._parts = generation, parts
        self._digest = hashlib.sha256()
        for part in parts:
            _feed(self._digest, part)

    def __reduce__(self) -> tuple[type[TagMaker], tuple[Any, ...]]:
        """Return how another process makes the same tags."""
        return TagMaker, (self.generation, *self._parts)

    def of(self, *parts: str) -> str:
        """Return the tag, in quotes, of what has some further parts."""
        digest = self._digest.copy()
        for part in parts:
            _feed(digest, part)
        return f'"{self.generation or 0}-{digest.hexdigest()[:_DIGEST_LENGTH]}"'


def _feed(digest: Any, part: str) -> None:
    """Add a part so that two lists of parts never look the same."""
    encoded = part.encode("utf-8", "surrogatepass")
    digest.update(b"%d:%b" % (len(encoded), encoded))


@dataclass(slots=True)
class Learning:
    """What a view says of the query that it answered.

    :ivar query: its text; empty where the answer depends on more than the query and the view, or is
        not in JSON.
    :ivar normal: its text, normalised.
    :ivar facts: what its analysis found.
    :ivar tags: makes the tags of answers to queries that are asked in the same way.
    :ivar limits: what the answer may have.
    :ivar coding: content coding that the client wants, where the answer is long enough for one.
    :ivar view: key of the view that was asked.
    :ivar generation: id of its generation.
    """

    query: str = ""
    normal: str = ""
    facts: QueryFacts | None = None
    tags: TagMaker | None = None
    limits: Limits | None = None
    coding: str | None = None
    view: str = ""
    generation: int | None = None
