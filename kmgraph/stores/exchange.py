"""Put a generation that was written anew in the place of the old one.

Readers that have the old one open go on until they close. After a crash either is in place, or
the new one waits beside the place, complete, and the next writer moves it there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kmgraph.progress import Progress, ProgressEvent
from kmgraph.stores.durable import fsync_path


def exchange_part(part: Path, progress: Progress) -> None:
    """Put ``NNNNNN.part``, all of it on the disk, in the place of the generation ``NNNNNN``."""
    new = part.with_suffix(".new")
    progress(ProgressEvent("exchange", f"rename {part.name} to {new.name}"))
    part.rename(new)
    fsync_path(part.parent)
    _move_in(new, progress)


def finish_exchanges(generations: Path, progress: Progress) -> None:
    """Move in what a writer that did not come to its end left complete beside its place."""
    for new in sorted(generations.glob("*.new")):
        _move_in(new, progress)


def _move_in(new: Path, progress: Progress) -> None:
    """Move a complete generation to its place, and remove what was there."""
    place, trash = new.with_suffix(""), new.with_suffix(".trash")
    if place.exists():
        progress(ProgressEvent("exchange", f"rename {place.name} to {trash.name}"))
        place.rename(trash)
    progress(ProgressEvent("exchange", f"rename {new.name} to {place.name}"))
    new.rename(place)
    fsync_path(new.parent)
    progress(ProgressEvent("exchange", f"remove {trash.name}"))
    if trash.exists():
        shutil.rmtree(trash)
    fsync_path(new.parent)
