"""From bundles to a published generation: read, check, map, load, validate, publish."""

from __future__ import annotations

from kmgraph.pipeline.building import build
from kmgraph.pipeline.in_memory import DatasetBuilder, build_in_memory
from kmgraph.pipeline.load import load_rdf
from kmgraph.pipeline.options import BuildOptions, BuildSummary
from kmgraph.pipeline.updating import delete_graph, put_graph, update

__all__ = [
    "BuildOptions",
    "BuildSummary",
    "DatasetBuilder",
    "build",
    "build_in_memory",
    "delete_graph",
    "load_rdf",
    "put_graph",
    "update",
]
