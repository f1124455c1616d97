"""The cube of each view, made with a generation and changed with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.cube.building import CUBE, build_cube
from kmgraph.cube.changing import change_cube
from kmgraph.cube.statements import head_lines
from kmgraph.namespaces import QB, graph_iri
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.base import QuadStore
from kmgraph.stores.graph_parts import difference, line_of, write_lines
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.stores.triple_files import TripleFile
from kmgraph.stores.writer import GenerationWriter

#: Changed records above which everything is counted anew: that is quicker then.
CHANGED_RECORDS: Final = 20_000
_CODE_LIST: Final = f"{QB}codeList"


def cube_views(
    writer: GenerationWriter,
    directory: Path,
    progress: Progress = silent,
    *,
    keys: Collection[str] | None = None,
    changed: Collection[ox.NamedNode] | None = None,
    before: Callable[[str], QuadStore | None] = lambda key: None,
    workers: int = 1,
) -> dict[str, float]:
    """Count for each view what it shows, and put that there.

    A view counts what its readers may see and nothing else, so no number is more visible than
    what it counts. It is done after everything else was derived, because that is counted too.

    :param writer: has prepared its views.
    :param directory: a folder to work in.
    :param keys: the views to count for; None for all.
    :param changed: subjects of all statements that were added or deleted since; None to count
        everything.
    :param before: gives a view as it was, by its key, for what changed to be told; None where the
        view is new.
    :param workers: number of queries that run at once.
    :returns: grouping to the seconds that it took in all views; of changes, their sum alone.
    """
    seconds: Counter[str] = Counter()
    for key in writer.views if keys is None else keys:
        folder = directory / f"cube-{key}"
        folder.mkdir()
        now = writer.view(key)
        was = before(key) if changed is not None and len(changed) <= CHANGED_RECORDS else None
        if changed is not None and was is not None and is_current(was):
            progress(ProgressEvent("cube", f"{key}: {len(changed)} changed records"))
            change = change_cube(was, now, changed)
            added = write_lines(change.added, folder / "added.nt")
            deleted = write_lines(change.deleted, folder / "deleted.nt")
        else:
            built = build_cube(now, folder, workers=workers, progress=progress)
            seconds.update(built.seconds)
            wanted = None if built.path is None else TripleFile(built.path, _graph(now))
            is_ours = partial(_is_ours, f"{now.base}cube")
            added, deleted = difference(now, _graph(now), is_ours, wanted, folder)
        if added or deleted:
            writer.change_derived(key, {CUBE: (added, deleted)})
    return dict(seconds.most_common())


def is_current(store: QuadStore) -> bool:
    """Say whether a store has a cube that was made by the groupings that there are now.

    >>> is_current(MemoryStore())
    False
    """
    graph = ox.NamedNode(_graph(store))
    wanted = set(head_lines(store.base))
    held = store.quads(ox.NamedNode(f"{store.base}cube"), None, None, graph)
    return wanted == {line_of(quad) for quad in held}


def cube_in_memory(store: MemoryStore, directory: Path, progress: Progress = silent) -> None:
    """Count what a store in memory holds, and put that there.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     cube_in_memory(MemoryStore(), Path(folder))
    """
    built = build_cube(store, directory, progress=progress)
    if built.path is not None:
        store.load_nquads(built.path)


def _graph(store: QuadStore) -> str:
    """Return the IRI of the graph of the cube."""
    return graph_iri(store.base, CUBE)


def _is_ours(start: str, quad: ox.Quad) -> bool:
    """Say whether a statement is of the cube, and not of the listings that share its graph."""
    term = quad.subject
    named = term.value if isinstance(term, ox.NamedNode) else ""
    return named == start or named.startswith(f"{start}/") or quad.predicate.value == _CODE_LIST
