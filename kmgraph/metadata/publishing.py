"""Where and as what a view of a store on disk is published."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Final

from kmgraph.errors import KmGraphError
from kmgraph.metadata.model import Publication
from kmgraph.snapshots import Snapshot, snapshots_in
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.views import PUBLIC

#: Generations that are looked back for the last change.
_LOOKED_BACK: Final = 50


def publication_of(
    store: GenerationStore,
    view: str = PUBLIC,
    *,
    generation: Generation | None = None,
    mail: str = "",
) -> Publication:
    """Return where and as what a view of a store is published.

    The version of the data is the number of the generation that brought them; work on how they lie
    on the disk makes no new version.

    :param store: the store.
    :param view: key of the view.
    :param generation: the generation; the current one by default.
    :param mail: address of whoever answers for the data.
    :raises StoreUnavailableError: nothing is published yet.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     with store.begin(reason="first build") as writer:
    ...         _ = writer.publish()
    ...     publication_of(store).version
    '1'
    """
    current = store.generation() if generation is None else generation
    number, created = current.content_since
    written = [one for one in snapshots_in(store) if one.view == view and one.is_whole()]
    before = [one for one in written if one.generation < number]
    same = [one for one in written if number <= one.generation <= current.id]
    return Publication(
        base=store.base,
        version=str(number),
        previous=_newest(before).iri if before else "",
        issued=_first_published(store),
        modified=created,
        changed=changes_of_graphs(store, current),
        mail=mail,
        snapshot=_newest(same) if same else None,
        is_open=view == PUBLIC,
    )


def changes_of_graphs(store: GenerationStore, generation: Generation) -> dict[str, str]:
    """Return when each graph of a generation last changed, as far as kept generations tell.

    An erasure takes from older generations what it takes from the newest one, so that these are
    alike afterwards; what it took something from changed then all the same.

    :param store: the store.
    :param generation: one of its generations.
    :returns: IRI of a graph to a time in ISO 8601.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     with store.begin(reason="first build") as writer:
    ...         changes_of_graphs(store, writer.publish())
    {}
    """
    return dict(_changes(store.path, generation.id))


@lru_cache(maxsize=8)
def _changes(folder: Path, generation_id: int) -> dict[str, str]:
    """Return when each graph of a generation last changed."""
    store = GenerationStore(folder)
    generation = store.generation(generation_id)
    changed = {graph.iri: generation.created for graph in generation.graphs}
    swept = {graph.iri: graph.swept for graph in generation.graphs if graph.swept}
    digests = {graph.iri: graph.digest for graph in generation.graphs if graph.digest}
    parent = generation.parent
    for _ in range(_LOOKED_BACK):
        if parent is None or not digests:
            break
        try:
            older = store.generation(parent)
        except KmGraphError:
            break
        there = {graph.iri: graph.digest for graph in older.graphs}
        digests = {iri: digest for iri, digest in digests.items() if there.get(iri) == digest}
        changed |= dict.fromkeys(digests, older.created)
        marks = {graph.iri: graph.swept for graph in older.graphs if graph.swept}
        swept = {**{iri: mark for iri, mark in marks.items() if iri in digests}, **swept}
        parent = older.parent
    moments = {iri: [one for one in (at, swept.get(iri)) if one] for iri, at in changed.items()}
    return {iri: max(found, key=dt.datetime.fromisoformat) for iri, found in moments.items()}


def _newest(snapshots: list[Snapshot]) -> Snapshot:
    """Return the newest of some snapshots."""
    return max(snapshots, key=lambda one: (one.generation, one.revision))


def _first_published(store: GenerationStore) -> str:
    """Return when the store published its first generation; empty where that is not kept."""
    return next((one.created for one in store.generations() if one.id == 1), "")
