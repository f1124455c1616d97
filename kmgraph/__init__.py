"""kmgraph: implementation evidence as a knowledge graph.

Open a store, or build records in memory, and ask::

    with kmgraph.open_store("store") as evidence:
        print(evidence.ask("31").to_table())

Names are loaded when they are first used, so that ``import kmgraph`` is quick and needs rdflib and
pyoxigraph alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kmgraph.bundles.opening import open_bundle
    from kmgraph.crosswalks import crosswalk
    from kmgraph.dataset import EvidenceDataset, open_store
    from kmgraph.entity import Entity
    from kmgraph.errors import KmGraphError
    from kmgraph.exports import export, export_bundle
    from kmgraph.ontology import load_ontology
    from kmgraph.pipeline import (
        BuildOptions,
        BuildSummary,
        DatasetBuilder,
        build,
        build_in_memory,
        delete_graph,
        load_rdf,
        put_graph,
        update,
    )
    from kmgraph.quality import validate
    from kmgraph.questions import load_catalogue
    from kmgraph.remote import connect
    from kmgraph.stores.generations import GenerationStore
    from kmgraph.synthetic import generate
    from kmgraph.versions import diff

    __version__: str

#: Public name to the module that defines it.
_MODULES = {
    "BuildOptions": "kmgraph.pipeline",
    "BuildSummary": "kmgraph.pipeline",
    "DatasetBuilder": "kmgraph.pipeline",
    "Entity": "kmgraph.entity",
    "EvidenceDataset": "kmgraph.dataset",
    "GenerationStore": "kmgraph.stores.generations",
    "KmGraphError": "kmgraph.errors",
    "build": "kmgraph.pipeline",
    "build_in_memory": "kmgraph.pipeline",
    "connect": "kmgraph.remote",
    "crosswalk": "kmgraph.crosswalks",
    "delete_graph": "kmgraph.pipeline",
    "diff": "kmgraph.versions",
    "export": "kmgraph.exports",
    "export_bundle": "kmgraph.exports",
    "generate": "kmgraph.synthetic",
    "load_catalogue": "kmgraph.questions",
    "load_ontology": "kmgraph.ontology",
    "load_rdf": "kmgraph.pipeline",
    "open_bundle": "kmgraph.bundles.opening",
    "open_store": "kmgraph.dataset",
    "put_graph": "kmgraph.pipeline",
    "update": "kmgraph.pipeline",
    "validate": "kmgraph.quality",
}

__all__ = [
    "BuildOptions",
    "BuildSummary",
    "DatasetBuilder",
    "Entity",
    "EvidenceDataset",
    "GenerationStore",
    "KmGraphError",
    "__version__",
    "build",
    "build_in_memory",
    "connect",
    "crosswalk",
    "delete_graph",
    "diff",
    "export",
    "export_bundle",
    "generate",
    "load_catalogue",
    "load_ontology",
    "load_rdf",
    "open_bundle",
    "open_store",
    "put_graph",
    "update",
    "validate",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name == "__version__":
        globals()[name] = _version()
        return globals()[name]
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'kmgraph' has no attribute '{name}'")


def _version() -> str:
    """Return the version that is installed."""
    # Not at the top: it takes longer than all else that a worker process imports from here.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("kmgraph")
    except PackageNotFoundError:  # a checkout that was not installed
        return "0+unknown"


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
