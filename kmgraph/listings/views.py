"""The listings of each view, made with a generation and changed with it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.listings.building import GRAPH, build_listings, change_listings
from kmgraph.namespaces import graph_iri
from kmgraph.progress import Progress, silent
from kmgraph.stores.base import QuadStore
from kmgraph.stores.graph_parts import difference, line_of, write_lines
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.stores.triple_files import TripleFile
from kmgraph.stores.writer import GenerationWriter

#: Changed records above which everything is listed anew: that is quicker then.
CHANGED_RECORDS: Final = 20_000
_STAGE: Final = "listings"


def listings_digest() -> str:
    """Return the SHA-256 of the queries by which records are listed.

    >>> len(listings_digest())
    64
    """
    digest = hashlib.sha256()
    for path in artefacts.files("queries", "listings/*.rq"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def list_views(
    writer: GenerationWriter,
    directory: Path,
    progress: Progress = silent,
    *,
    keys: Collection[str] | None = None,
    changed: Collection[ox.NamedNode] | None = None,
    before: Callable[[str], QuadStore | None] = lambda key: None,
    workers: int = 1,
) -> dict[str, float]:
    """List for each view what it shows, and put that there.

    A view lists what its readers may see and nothing else. It is done after everything else was
    derived, because that is listed too.

    :param writer: has prepared its views.
    :param directory: a folder to work in.
    :param keys: the views to list for; None for all.
    :param changed: subjects of all statements that were added or deleted since; None to list
        everything.
    :param before: gives a view as it was, by its key; None where the view is new.
    :param workers: number of queries that run at once.
    :returns: the seconds that it took in all views.
    """
    started = time.perf_counter()
    for key in writer.views if keys is None else keys:
        folder = directory / f"listings-{key}"
        folder.mkdir()
        now = writer.view(key)
        was = before(key) if changed is not None and len(changed) <= CHANGED_RECORDS else None
        if changed is not None and was is not None:
            change = change_listings(was, now, changed)
            added = write_lines(map(line_of, change.added), folder / "added.nt")
            deleted = write_lines(map(line_of, change.deleted), folder / "deleted.nt")
        else:
            added, deleted = _anew(now, folder, workers, progress)
        if added or deleted:
            writer.change_derived(key, {GRAPH: (added, deleted)})
    return {_STAGE: time.perf_counter() - started}


def list_in_memory(store: MemoryStore, directory: Path, progress: Progress = silent) -> None:
    """List what a store in memory holds, and put that there.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     list_in_memory(MemoryStore(), Path(folder))
    """
    path, statements = build_listings(store, directory, progress=progress)
    if statements:
        store.load_nquads(path)


def _anew(
    now: QuadStore, folder: Path, workers: int, progress: Progress
) -> tuple[TripleFile | None, TripleFile | None]:
    """Return what is missing in the listings of a view, and what is too much."""
    path, statements = build_listings(now, folder, workers=workers, progress=progress)
    graph = graph_iri(now.base, GRAPH)
    wanted = TripleFile(path, graph) if statements else None
    start = f"<{now.base}listing/"
    return difference(now, graph, lambda quad: str(quad.subject).startswith(start), wanted, folder)
