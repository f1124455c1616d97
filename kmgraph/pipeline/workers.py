"""How many processes a stage of the pipeline works with."""

from __future__ import annotations

import os
from typing import Final

from kmgraph.errors import InputError

#: Environment variable that sets the number of processes.
VARIABLE: Final = "KMGRAPH_BUILD_WORKERS"


def count() -> int:
    """Return the number of processes for work that can be split: one for each processor.

    The environment variable ``KMGRAPH_BUILD_WORKERS`` sets another number.

    :raises InputError: the variable does not hold a whole number above 0.

    >>> count() >= 1
    True
    """
    said = os.environ.get(VARIABLE, "").strip()
    if not said:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if not (said.isascii() and said.isdigit() and int(said) > 0):
        raise InputError(f"{VARIABLE} holds '{said}', not a whole number above 0")
    return int(said)
