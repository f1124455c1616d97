"""The systems that are measured beside ours: one module each, with one protocol."""

from __future__ import annotations

import importlib
from typing import Final

from peers.base import Peer

#: Name to module and class, in the order of tables.
_PLACES: Final = {
    "kmgraph": ("peers.ours", "Kmgraph"),
    "pyoxigraph-disk": ("peers.oxigraph_engine", "OnDisk"),
    "pyoxigraph-memory": ("peers.oxigraph_engine", "InMemory"),
    "oxigraph-server": ("peers.oxigraph_server", "OxigraphServer"),
    "virtuoso": ("peers.virtuoso", "Virtuoso"),
    "oxrdflib": ("peers.rdflib_graphs", "OxRdflib"),
    "rdflib": ("peers.rdflib_graphs", "Rdflib"),
    "rdflib-endpoint": ("peers.rdflib_endpoint", "RdflibEndpoint"),
    "owlready2": ("peers.owlready", "Owlready"),
}
NAMES: Final = tuple(_PLACES)


def peer(name: str) -> Peer:
    """Return a system by name; its packages are looked for when it is asked for them."""
    module, kind = _PLACES[name]
    made: Peer = getattr(importlib.import_module(module), kind)()
    return made
