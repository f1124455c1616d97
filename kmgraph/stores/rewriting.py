"""Write a generation from nothing, from files of the triples that it is to hold.

The engine keeps what is deleted in its logs and old files, and a copy of a view shares these
files. So what has to leave no trace needs views that were made from nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox

from kmgraph.progress import Progress, ProgressEvent
from kmgraph.stores.applying import apply_deltas
from kmgraph.stores.base import QuadStore
from kmgraph.stores.delta import Delta, TripleFile
from kmgraph.stores.digest import EMPTY, dataset_digest, graph_digest
from kmgraph.stores.durable import fsync_tree
from kmgraph.stores.meta import Generation, GraphInfo
from kmgraph.stores.oxigraph import OxigraphStore, count_triples
from kmgraph.stores.view_graphs import describe_view_graphs
from kmgraph.stores.views import visible_in

#: Derives what follows from a view, given its key, into a folder: IRI of a graph to its file.
Derive = Callable[[QuadStore, str, Path], Mapping[str, Path]]
#: Gives the sidecar files, by name, once the view that shows everything is written.
Files = Callable[[QuadStore], Mapping[str, bytes]]


def write_generation(
    part: Path,
    work: Path,
    base: str,
    wanted: Generation,
    triples: Mapping[str, Path],
    derive: Sequence[Derive],
    files: Files,
    *,
    swept: str | None = None,
    progress: Progress,
) -> Generation:
    """Write a generation to an empty folder, and sync it to the disk.

    :param part: the empty folder.
    :param work: an empty folder on the same disk, for what is needed meanwhile.
    :param base: base IRI of the store.
    :param wanted: the generation; sizes, digests and what is derived are worked out.
    :param triples: name of a graph to the N-Triples file of its content.
    :param derive: what derives, one after the other; each finds what those before it derived.
    :param swept: what graphs that changed are marked with: when the erasure was, in ISO 8601. None
        for now, once all is written; the generation counts as created then.
    :returns: the generation as it was written down.
    """
    (part / "views").mkdir()
    counts: dict[str, int] = {}
    derived: dict[str, tuple[GraphInfo, ...]] = {}
    shared = {graph.iri for graph in wanted.graphs}
    for key in wanted.views:
        store = ox.Store(str(part / "views" / key))
        shown = [graph for graph in wanted.graphs if graph.visibility in visible_in(key)]
        asserted = {g.iri: TripleFile(triples[g.name]) for g in shown}
        _write_view(store, base, asserted, derive, work / f"derive-{key}", key, progress)
        counts[key] = count_triples(store)
        derived[key] = tuple(describe_view_graphs(store, shared, base, key).values())
    # The last view shows everything.
    measured = [_measured(graph, store) for graph in wanted.graphs]
    contents = dict(files(OxigraphStore(store, base)))
    del store
    if swept is None:
        # Whoever read the old state while this one was written has to see that it is newer.
        swept = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        wanted = replace(wanted, created=swept)
    pairs = zip(wanted.graphs, measured, strict=True)
    graphs = tuple(_marked(before, after, swept) for before, after in pairs)
    described = _described(wanted, graphs, derived[wanted.master], counts)
    described = replace(
        described,
        derived={key: found for key, found in derived.items() if found},
        files={name: wanted.files.get(name) for name in sorted(contents)},
    )
    _write_files(part, described, contents)
    fsync_tree(part, progress=progress)
    return described


def _write_view(
    store: ox.Store,
    base: str,
    asserted: Mapping[str, TripleFile],
    derive: Sequence[Derive],
    folder: Path,
    label: str,
    progress: Progress,
) -> None:
    """Fill a view with graphs and with what is derived of them."""
    loaded = _fill(store, asserted, label, progress)
    folder.mkdir()
    for number, stage in enumerate(derive):
        part = folder / f"{number}"
        part.mkdir()
        found = stage(OxigraphStore(store, base), label, part)
        files = {iri: TripleFile(path, iri) for iri, path in found.items()}
        loaded += _fill(store, files, label, progress)
    if loaded:
        progress(ProgressEvent("optimize", label))
        store.optimize()
    store.flush()


def _fill(store: ox.Store, files: Mapping[str, TripleFile], label: str, progress: Progress) -> int:
    """Load graphs into a view that has none of them, and into its merged default graph.

    :returns: the number of triples that were bulk loaded, which makes optimising worth while.
    """
    deltas = [Delta(iri, (file,)) for iri, file in sorted(files.items())]
    return apply_deltas(store, deltas, is_new=False, label=label, progress=progress).loaded


def _measured(graph: GraphInfo, store: ox.Store) -> GraphInfo:
    """Return a graph with its size and digest."""
    triples = count_triples(store, graph.iri)
    digest = graph_digest(store, graph.iri) if triples else EMPTY
    return replace(graph, triples=triples, digest=digest)


def _marked(before: GraphInfo, after: GraphInfo, swept: str) -> GraphInfo:
    """Return a graph with when something was taken from it, if anything was."""
    return after if after.digest == before.digest else replace(after, swept=swept)


def _described(
    wanted: Generation,
    graphs: tuple[GraphInfo, ...],
    derived: tuple[GraphInfo, ...],
    counts: Mapping[str, int],
) -> Generation:
    """Return the description of a generation with its numbers."""
    held = (*graphs, *derived)
    own = {
        "triples": counts[wanted.master],
        "quads": sum(graph.triples for graph in held),
        "graphs": len(held),
        "views": dict(counts),
    }
    return replace(
        wanted,
        graphs=graphs,
        counts={**wanted.counts, **own},
        digest=dataset_digest({graph.iri: graph.digest for graph in held}),
        unoptimised={},
    )


def _write_files(part: Path, described: Generation, contents: Mapping[str, bytes]) -> None:
    """Write what stands beside the views."""
    (part / "files").mkdir()
    for name, content in contents.items():
        path = part / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (part / "in-use.lock").touch()
    (part / "meta.json").write_bytes(described.to_json())
