"""What follows from the graphs of a generation: derived statements, the cube and the listings.

They are made in this order, because what is derived is counted, and listed, too. A small change
is followed by what depends on it alone.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.cube import cube_in_memory, cube_views, groupings_digest, properties_counted
from kmgraph.listings import (
    list_in_memory,
    list_views,
    listings_digest,
    load_listings,
    named_in,
)
from kmgraph.pipeline import workers
from kmgraph.pipeline.bearing import changed_nodes
from kmgraph.pipeline.derived_graphs import derive_in_memory, derive_views, rules_digest
from kmgraph.progress import Progress
from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.stores.triple_files import TripleFile
from kmgraph.stores.writer import GenerationWriter

#: Key under which a generation notes what its views were derived, counted and listed by.
RULES: Final = "rules"
#: Changed triples above which everything is made anew: that is quicker then.
MOST_CHANGED: Final = 20_000


@dataclass(slots=True)
class Followed:
    """What was made of the views of a generation.

    :ivar seconds: rule or grouping to the seconds that it took in all views.
    :ivar changes: view to the triples that a small change added to it or deleted from it, derived
        ones too. A view that was made anew is not listed.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    changes: dict[str, list[ox.Triple]] = field(default_factory=dict)


def following_digest() -> str:
    """Return the SHA-256 of the rules, groupings and listings by which views are made.

    >>> len(following_digest())
    64
    """
    parts = (rules_digest(), groupings_digest(), listings_digest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_followed(store: GenerationStore) -> bool:
    """Say whether the current generation was made by the rules that there are now."""
    if store.current_id() is None:
        return False
    return bool(store.generation().extra.get(RULES) == following_digest())


def follow(
    store: GenerationStore,
    writer: GenerationWriter,
    directory: Path,
    progress: Progress,
    *,
    keys: Collection[str] | None = None,
    change: Iterable[TripleFile] | None = None,
    flips: bool | None = None,
) -> Followed:
    """Derive, count and list for each view what follows from what it shows.

    :param store: the store, to whose current generation the change was made.
    :param writer: has prepared its views.
    :param directory: a folder to work in.
    :param keys: the views to do it for; None for all.
    :param change: the triples that were added or deleted since the current generation, where
        nothing else has changed: only what depends on them is made again, in views that there
        were. None makes everything anew.
    :param flips: whether flips are stored where all is derived; None decides by the number of
        cases.
    :raises QueryEvaluationError: a rule or a grouping failed.
    """
    triples = None if change is None or not is_followed(store) else _triples(store, change)
    followed = Followed()
    seconds: Counter[str] = Counter()
    for number, key in enumerate(writer.views if keys is None else keys):
        folder = directory / f"following-{number}"
        folder.mkdir()
        if triples is None or key in writer.new_views:
            seconds.update(_make(writer, key, folder, progress, flips=flips))
            continue
        followed.changes[key] = changes = list(triples)
        with store.open_view(key) as before:
            seconds.update(_change(writer, key, folder, progress, before, changes))
    followed.seconds = dict(seconds.most_common())
    return followed


def _make(
    writer: GenerationWriter, key: str, folder: Path, progress: Progress, *, flips: bool | None
) -> dict[str, float]:
    """Make anew what follows in one view."""
    number = workers.count()
    seconds: Counter[str] = Counter()
    for make in (partial(derive_views, flips=flips), cube_views, list_views):
        seconds.update(make(writer, folder, progress, keys=[key], workers=number))
        # What is in the view is not needed in files: they take as much of the disk as the view.
        shutil.rmtree(folder)
        folder.mkdir()
    return dict(seconds)


def _change(
    writer: GenerationWriter,
    key: str,
    folder: Path,
    progress: Progress,
    before: QuadStore,
    changes: list[ox.Triple],
) -> dict[str, float]:
    """Change what follows in one view, and note what was changed."""
    seconds: Counter[str] = Counter()
    seconds.update(
        derive_views(
            writer,
            folder,
            progress,
            keys=[key],
            changed=changed_nodes(writer.view(key), changes),
            on_changed=lambda file: changes.extend(file.triples()),
        )
    )
    told = list(_told_otherwise(changes, before, writer.view(key)))
    # A theme that is said to have one more study is not counted or listed otherwise for it.
    counted = {subject for subject, name in told if name in properties_counted()}
    read = named_in("\n".join(listing.query for listing in load_listings().values()))
    listed = {subject for subject, name in told if name in read}
    for make, changed in ((cube_views, counted), (list_views, listed)):
        seconds.update(
            make(writer, folder, progress, keys=[key], changed=changed, before=lambda _: before)
        )
    return dict(seconds)


def _told_otherwise(
    changes: Iterable[ox.Triple], before: QuadStore, now: QuadStore
) -> Iterator[tuple[ox.NamedNode, str]]:
    """Yield subject and property of what is said now and was not before, or the other way.

    What other graphs say too makes no difference to what is counted and listed.
    """
    merged = ox.DefaultGraph()
    for triple in changes:
        if isinstance(triple.subject, ox.NamedNode):
            if _says(before, triple, merged) != _says(now, triple, merged):
                yield triple.subject, triple.predicate.value


def _says(store: QuadStore, triple: ox.Triple, graph: ox.NamedNode | ox.DefaultGraph) -> bool:
    """Say whether a graph has a triple."""
    found = store.quads(triple.subject, triple.predicate, triple.object, graph)
    return next(found, None) is not None


def _triples(store: GenerationStore, change: Iterable[TripleFile]) -> list[ox.Triple] | None:
    """Return the triples of a change, or None where they are too many to be followed.

    Rows that are appended say again of their dataset what it is: that changes nothing, and all
    its records would be looked at for it.
    """
    found: list[ox.Triple] = []
    with store.open_view(store.generation().master) as before:
        for file in change:
            if len(found) + file.count(MOST_CHANGED) >= MOST_CHANGED:
                return None
            graph = None if file.graph is None else ox.NamedNode(file.graph)
            for triple in file.triples():
                if graph is None or not _says(before, triple, graph):
                    found.append(triple)
    return found


def follow_in_memory(store: MemoryStore, directory: Path, progress: Progress) -> None:
    """Derive, count and list what follows from a store in memory, and put it there."""
    derive_in_memory(store, directory, progress)
    cube_in_memory(store, directory, progress)
    list_in_memory(store, directory, progress)
