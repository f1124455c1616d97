"""From bundles to a published generation: read, check, map, load, validate, publish."""

from __future__ import annotations

from kmgraph.pipeline.building import build
from kmgraph.pipeline.in_memory import DatasetBuilder, build_in_memory
from kmgraph.pipeline.load import load_rdf
from kmgraph.pipeline.options import BuildOptions, BuildSummary
from kmgraph.pipeline.previewing import Preview, build_preview, publish_preview
from kmgraph.pipeline.updating import delete_graph, put_graph, update

__all__ = [
    "BuildOptions",
    "BuildSummary",
    "DatasetBuilder",
    "Preview",
    "build",
    "build_in_memory",
    "build_preview",
    "delete_graph",
    "load_rdf",
    "publish_preview",
    "put_graph",
    "update",
]
