"""Where snapshots are, on the disk and on the web."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import quote

#: Folder of the snapshots in that of a store.
FOLDER: Final = "snapshots"
#: How the name of a folder ends in which a snapshot is being written; no view has a ``~``.
PART: Final = "~part"
#: How the name of a file ends that stands where snapshots were removed.
GONE: Final = "~gone"
#: How the name of a folder ends that is being removed.
TRASH: Final = "~trash"


def snapshot_folder(store_path: str | Path, generation: int, view: str) -> Path:
    """Return where a store keeps the snapshot of a view.

    >>> snapshot_folder("store", 4, "public+north").as_posix()
    'store/snapshots/000004/public+north'
    """
    return Path(store_path) / FOLDER / f"{generation:06}" / view


def snapshot_iri(base: str, generation: int, view: str, revision: int = 1) -> str:
    """Return the IRI of a snapshot; no two different ones of a store have the same.

    >>> snapshot_iri("https://example.org/id/", 4, "public")
    'https://example.org/id/snapshot/4/public'
    >>> snapshot_iri("https://example.org/id/", 4, "public", 2)
    'https://example.org/id/snapshot/4/public/2'
    """
    iri = f"{base}snapshot/{generation}/{quote(view, safe='+-._~')}"
    return iri if revision == 1 else f"{iri}/{revision}"
