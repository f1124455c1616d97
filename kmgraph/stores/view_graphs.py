"""Graphs that one view alone has: what is derived from what its readers may see.

Other graphs have the same content in every view that shows them. What is derived depends on all
that a view shows, so each view has its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import graph_iri
from kmgraph.progress import Progress
from kmgraph.stores.delta import Delta, TripleFile, apply_deltas, compare, whole_graph
from kmgraph.stores.digest import EMPTY, graph_digest
from kmgraph.stores.meta import GraphInfo
from kmgraph.stores.oxigraph import count_triples

#: What is said of the kind of these graphs.
KIND: Final = "derived"


def view_graphs(store: ox.Store, shared: Collection[str]) -> list[str]:
    """Return the IRIs of the graphs of a view that are not shared with others, sorted.

    :param shared: IRIs of the graphs that views share.

    >>> view_graphs(ox.Store(), ())
    []
    """
    names = (n.value for n in store.named_graphs() if isinstance(n, ox.NamedNode))
    return sorted(name for name in names if name not in shared)


def replace_view_graphs(
    store: ox.Store,
    shared: Collection[str],
    files: Mapping[str, Path],
    directory: Path,
    *,
    label: str,
    progress: Progress,
) -> int:
    """Give a view the graphs that it alone has, in place of those that it had.

    :param files: IRI of a graph to its N-Quads file.
    :param directory: an empty folder for what is compared.
    :returns: the number of triples loaded.
    """
    deltas = []
    directory.mkdir(parents=True, exist_ok=True)
    for number, (iri, path) in enumerate(sorted(files.items())):
        folder = directory / f"{number}"
        folder.mkdir()
        deltas.append(compare(store, iri, TripleFile(path, iri), folder))
    gone = [iri for iri in view_graphs(store, shared) if iri not in files]
    for number, iri in enumerate(gone):
        content = whole_graph(store, iri, directory / f"gone-{number}.nt")
        deltas.append(Delta(iri, deleted=content))
    loaded = apply_deltas(store, deltas, is_new=False, label=label, progress=progress)
    for iri in gone:
        store.remove_graph(ox.NamedNode(iri))
    return loaded


def describe_view_graphs(
    store: ox.Store, shared: Collection[str], base: str, key: str
) -> tuple[GraphInfo, ...]:
    """Return what the graphs are that a view alone has, with sizes and digests.

    :param key: key of the view, which stands for their visibility.

    >>> describe_view_graphs(ox.Store(), (), "https://x.org/", "public")
    ()
    """
    start = graph_iri(base, "")
    described = []
    for iri in view_graphs(store, shared):
        triples = count_triples(store, iri)
        digest = graph_digest(store, iri) if triples else EMPTY
        name = iri.removeprefix(start)
        described.append(GraphInfo(name, iri, key, triples, kind=KIND, digest=digest))
    return tuple(described)
