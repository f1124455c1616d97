"""Graphs that one view alone has: what is derived from what its readers may see.

Other graphs have the same content in every view that shows them. What is derived depends on all
that a view shows, so each view has its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import graph_iri
from kmgraph.progress import Progress
from kmgraph.stores.applying import Applied, GraphStep, apply_deltas
from kmgraph.stores.delta import Delta, TripleFile, compare, whole_graph
from kmgraph.stores.digest import EMPTY, graph_sum, is_line_sum
from kmgraph.stores.meta import GraphInfo

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
) -> Applied:
    """Give a view the graphs that it alone has, in place of those that it had.

    :param files: IRI of a graph to its N-Quads file.
    :param directory: an empty folder for what is compared.
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
    done = apply_deltas(store, deltas, is_new=False, label=label, progress=progress)
    for iri in gone:
        store.remove_graph(ox.NamedNode(iri))
    return done


def describe_view_graphs(
    store: ox.Store,
    shared: Collection[str],
    base: str,
    key: str,
    *,
    before: Mapping[str, GraphInfo] | None = None,
    steps: Mapping[str, GraphStep | None] | None = None,
) -> dict[str, GraphInfo]:
    """Return what the graphs are that a view alone has, by IRI, with sizes and digests.

    :param key: key of the view, which stands for their visibility.
    :param before: what they were, where that is known.
    :param steps: what was done to them since; graphs that are not named were left alone.

    >>> describe_view_graphs(ox.Store(), (), "https://x.org/", "public")
    {}
    """
    start = graph_iri(base, "")
    described = {}
    for iri in view_graphs(store, shared):
        made = GraphInfo(iri.removeprefix(start), iri, key, kind=KIND, digest=EMPTY)
        old = None if before is None else before.get(iri, made)
        if old is not None and steps is not None and iri not in steps:
            described[iri] = old
        else:
            step = steps.get(iri) if steps is not None else None
            described[iri] = measured(store, made, old, step)
    return described


def measured(
    store: ox.Store, graph: GraphInfo, before: GraphInfo | None, step: GraphStep | None
) -> GraphInfo:
    """Return a graph with its size and digest.

    :param before: what it was; None where that is not known.
    :param step: what was done to it since; None where that was not counted, so that all of the
        graph has to be read.
    """
    if before is not None and step is not None and is_line_sum(before.digest):
        size, digest = before.triples + step.triples, step.digest(before.digest)
    else:
        total, size = graph_sum(store, ox.NamedNode(graph.iri))
        digest = total.hexdigest()
    return replace(graph, triples=size, digest=digest)
