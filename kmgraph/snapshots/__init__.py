"""Snapshots: a view of a generation as files that can be kept, checked and cited.

A snapshot never changes: the same generation and view give the same bytes, whoever makes it.
"""

from kmgraph.snapshots.citing import Cited, CitedPart, cited
from kmgraph.snapshots.keeping import (
    GoneSnapshot,
    gone_snapshots,
    held_by,
    remove_snapshots,
    snapshots_in,
    sweep_snapshots,
)
from kmgraph.snapshots.model import Snapshot, SnapshotFile, read_snapshot
from kmgraph.snapshots.places import snapshot_folder, snapshot_iri
from kmgraph.snapshots.tables import load_tables
from kmgraph.snapshots.writing import Written, write_snapshot

__all__ = [
    "Cited",
    "CitedPart",
    "GoneSnapshot",
    "Snapshot",
    "SnapshotFile",
    "Written",
    "cited",
    "gone_snapshots",
    "held_by",
    "load_tables",
    "read_snapshot",
    "remove_snapshots",
    "snapshot_folder",
    "snapshot_iri",
    "snapshots_in",
    "sweep_snapshots",
    "write_snapshot",
]
