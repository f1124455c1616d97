"""SPARQL updates: what a request asks for, what it changes, and who may change what.

An update is read and evaluated here, on a scratch copy of what its writer sees; nothing of it
reaches the store before all of it has succeeded. :mod:`kmgraph.pipeline.updating` publishes the
outcome.

Source: https://www.w3.org/TR/sparql11-update/
"""

from __future__ import annotations

from kmgraph.updates.evaluation import Changes, GraphChange, Using, evaluate, quad_of
from kmgraph.updates.graphs import GraphRights, graph_name
from kmgraph.updates.operations import Operation
from kmgraph.updates.parsing import parse_update
from kmgraph.updates.requests import Document, WriteRequest, WriteSummary

__all__ = [
    "Changes",
    "Document",
    "GraphChange",
    "GraphRights",
    "Operation",
    "Using",
    "WriteRequest",
    "WriteSummary",
    "evaluate",
    "graph_name",
    "parse_update",
    "quad_of",
]
