"""Which queries are heavy, told by how long others of the same shape took."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from typing import Final

from kmgraph.execution.messages import Job

#: A query that runs for longer is heavy, in seconds.
HEAVY_AFTER_S: Final = 0.3
#: Most shapes that are remembered.
_MOST: Final = 1_000
#: Of longer queries the text itself stands for the shape.
_MOST_LENGTH: Final = 20_000
#: What queries of one shape may differ in: IRIs, texts and numbers.
_VALUE: Final = re.compile(r"""<[^<>\s]*>|"[^"\\\n]*"|'[^'\\\n]*'|\b\d+\b""")


def shape_of(job: Job) -> int:
    """Return what stands for the shape of a query, and for the store that it is asked of.

    >>> from pathlib import Path
    >>> jobs = [Job(Path("v"), "urn:b", f"ASK {{ ?s ?p {value} }}") for value in (1, 23, "?o")]
    >>> one, other, third = map(shape_of, jobs)
    >>> one == other, one == third
    (True, False)
    """
    text = job.query if len(job.query) > _MOST_LENGTH else _VALUE.sub("?", job.query)
    return hash((job.base, job.program, text))


class Weights:
    """Remembers which shapes of queries were heavy when they were asked last.

    Threads may share it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heavy: OrderedDict[int, None] = OrderedDict()

    def is_heavy(self, shape: int) -> bool:
        """Say whether the last query of a shape was heavy."""
        return shape in self._heavy

    def note(self, shape: int, *, is_heavy: bool) -> None:
        """Remember whether a query of a shape was heavy."""
        with self._lock:
            self._heavy.pop(shape, None)
            if is_heavy:
                self._heavy[shape] = None
                if len(self._heavy) > _MOST:
                    self._heavy.popitem(last=False)
