"""Progress of long work, told in events.

Long work takes a :data:`Progress` and calls it before and after each small step, so that a
progress bar can be drawn and a test can stop the process at any of these points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: The phases of a build, in the order in which they come.
PHASES: Final = (
    "read",
    "check",
    "mapping",
    "checkpoint",
    "bulk_load",
    "optimize",
    "validation",
    "derivation",
    "sync",
    "pointer",
    "cleanup",
)


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """One step of long work.

    :ivar phase: one of :data:`PHASES`.
    :ivar step: what is done, in a few words.
    :ivar done: how many units are done, where they are counted.
    :ivar total: how many units there are, where this is known.

    >>> ProgressEvent("sync", "fsync meta.json").phase
    'sync'
    """

    phase: str
    step: str
    done: int | None = None
    total: int | None = None


#: What takes progress events. It must not raise.
Progress = Callable[[ProgressEvent], None]


def silent(event: ProgressEvent) -> None:
    """Ignore a progress event.

    >>> silent(ProgressEvent("read", "studies.csv"))
    """
