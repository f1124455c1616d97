"""The metadata of the view that a caller sees, as a graph that the endpoint answers from.

The graph is written to a folder of its own when it is first asked, for each generation, view and
address, so queries of it are evaluated by the same processes and within the same limits as all.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from flask import g

from kmgraph.execution.store import PooledStore
from kmgraph.metadata import METADATA, is_about_metadata, used_in, write_metadata
from kmgraph.namespaces import graph_iri
from kmgraph.stores.oxigraph import OxigraphView
from kmgraph_server.metadata_documents import Document, catalogue_document, void_document
from kmgraph_server.protocol import ProtocolRequest
from kmgraph_server.snapshots import Snapshot
from kmgraph_server.state import evaluate, served, snapshot

#: Graphs of one view that are kept: a server may have several names, and files are written late.
_MOST: Final = 4
_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class MetadataGraph:
    """Metadata in a folder.

    :ivar path: folder of the store.
    :ivar digest: tells them from all others.
    :ivar store: answers queries about them.
    """

    path: Path
    digest: str
    store: PooledStore


_KEPT: Final[WeakKeyDictionary[Snapshot, dict[str, MetadataGraph]]] = WeakKeyDictionary()


def metadata_for(asked: ProtocolRequest) -> MetadataGraph | None:
    """Return the metadata where a query is to be asked of them; None where it is one of data."""
    known: dict[ProtocolRequest, MetadataGraph | None] = g.setdefault("metadata_for", {})
    if asked not in known:
        known[asked] = _graph() if _is_asked(asked) else None
    return known[asked]


def _is_asked(asked: ProtocolRequest) -> bool:
    """Say whether a query is to be asked of metadata."""
    base = snapshot().dataset.base
    if chosen := {*asked.default_graphs, *asked.named_graphs}:
        return graph_iri(base, METADATA) in chosen
    return is_about_metadata(asked.query, base=base, is_used=used_in(snapshot().dataset.store))


def _graph() -> MetadataGraph:
    """Return the metadata of the view that the caller sees, written where they are not yet."""
    seen = snapshot()
    counts, catalogue = void_document(), catalogue_document()
    digest = hashlib.sha256()
    for triple in catalogue:
        digest.update(str(triple).encode())
    key = f"{len(counts)} {digest.hexdigest()}"
    with _LOCK:
        kept = _KEPT.setdefault(seen, {})
        if key not in kept:
            if len(kept) >= _MOST:
                del kept[next(iter(kept))]
            kept[key] = _written(seen, [*counts, *catalogue], key)
        return kept[key]


def _written(seen: Snapshot, triples: Document, key: str) -> MetadataGraph:
    """Write metadata to a folder, which goes when nobody has them any more."""
    folder = Path(tempfile.mkdtemp(prefix="kmgraph-metadata-"))
    written = write_metadata(triples, seen.dataset.base, folder).path
    view = OxigraphView(written, base=seen.dataset.base)
    pool = served().pool
    pooled = PooledStore(view, written, lambda job: evaluate(pool, job), view_key=seen.key)
    weakref.finalize(pooled, shutil.rmtree, folder, ignore_errors=True)
    return MetadataGraph(written, hashlib.sha256(key.encode()).hexdigest(), pooled)
