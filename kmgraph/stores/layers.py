"""When the layers that the engine keeps of what was written have made queries dearer."""

from __future__ import annotations

from typing import Final

from kmgraph.stores.meta import Generation

#: Statements that are optimised where they were written if they are much of a view.
OPTIMIZE_TRIPLES: Final = 100_000
#: What part of a view was written since it was last optimised, for optimising to be due.
_PART_AT_ONCE: Final = 4
_PART: Final = 50
#: Statements written below which optimising is never due.
_FEW: Final = 20_000


def is_due_at_once(written: int, size: int) -> bool:
    """Say whether a writer optimises a view itself, before anything is read from it.

    :param written: number of statements written since the view was last optimised.
    :param size: number of triples of the view.

    >>> is_due_at_once(1_000_000, 3_000_000), is_due_at_once(1_000_000, 30_000_000)
    (True, False)
    """
    return written > OPTIMIZE_TRIPLES and written * _PART_AT_ONCE >= size


def is_due(generation: Generation) -> bool:
    """Say whether queries of a generation have become so much dearer that optimising pays.

    That is so where a view has at least 20,000 statements written since it was last optimised, and
    they are a fiftieth of it.

    >>> from dataclasses import replace
    >>> fresh = Generation(1, "", None, "", (), ("public",), {"views": {"public": 900_000}}, "")
    >>> written = replace(fresh, unoptimised={"public": 25_000})
    >>> is_due(fresh), is_due(written)
    (False, True)
    """
    sizes = generation.counts.get("views", {})
    return any(
        written >= max(_FEW, sizes.get(key, 0) // _PART)
        for key, written in generation.unoptimised.items()
    )
