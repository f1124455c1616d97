"""Generations made of nothing but statements, for tests of what changes between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pyoxigraph as ox

from kmgraph.namespaces import graph_iri
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation


def publish(
    store: GenerationStore,
    graphs: Mapping[str, Iterable[ox.Triple]],
    visibility: Mapping[str, str] | None = None,
) -> Generation:
    """Publish a generation that has these graphs and no others."""
    with TemporaryDirectory() as folder, store.begin(reason="test") as writer:
        for name in {graph.name for graph in writer.graphs} - set(graphs):
            writer.remove_graph(name)
        for name, triples in graphs.items():
            node = ox.NamedNode(graph_iri(store.base, name))
            path = Path(folder) / f"{name}.nq"
            quads = [ox.Quad(t.subject, t.predicate, t.object, node) for t in triples]
            path.write_bytes(ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"")
            writer.replace_graph(name, path, visibility=(visibility or {}).get(name, "public"))
        return writer.publish()
