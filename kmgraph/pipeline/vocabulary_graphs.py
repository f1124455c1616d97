"""The graphs of the ontology, the frameworks and the mappings, which every generation carries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.crosswalks import mapping_triples, read_mapping_set
from kmgraph.namespaces import graph_iri
from kmgraph.pipeline.skolem import skolemised_lines

#: Name of a reserved graph to the files that it holds.
_FILES: Final = {
    "ontology": ("kmgraph.ttl", "alignments.ttl", "modules/*.ttl"),
    "frameworks": ("frameworks/*.ttl",),
    "mappings": ("mappings/*.sssom.tsv",),
}
#: Names of the reserved graphs that are written from shipped files.
VOCABULARY: Final = tuple(_FILES)


def vocabulary_files(name: str) -> list[Path]:
    """Return the files of a reserved graph: Turtle, or SSSOM tables for the mappings.

    >>> any(path.name == "parihs-2004.ttl" for path in vocabulary_files("frameworks"))
    True
    """
    return [path for pattern in _FILES[name] for path in artefacts.files("ontology", pattern)]


def vocabulary_digest(name: str) -> str:
    """Return the SHA-256 of the files of a reserved graph."""
    digest = hashlib.sha256()
    for path in vocabulary_files(name):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def write_vocabulary_graph(name: str, base: str, target: Path) -> None:
    """Write a reserved graph as N-Quads."""
    target.write_bytes(_vocabulary_nquads(name, base, vocabulary_digest(name)))


@lru_cache(maxsize=2 * len(VOCABULARY))
def _vocabulary_nquads(name: str, base: str, digest: str) -> bytes:
    """Return a reserved graph as N-Quads: the same for every build while its files are the same.

    :param digest: SHA-256 of the files, so that changed files are read anew.
    """
    lines = skolemised_lines(_triples(vocabulary_files(name)), base, graph_iri(base, name))
    return "".join(lines).encode()


def _triples(paths: Iterable[Path]) -> Iterable[ox.Triple]:
    """Yield the triples of the files, blank nodes kept apart."""
    for path in paths:
        if path.suffix == ".tsv":
            yield from mapping_triples(read_mapping_set(path))
            continue
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True):
            yield quad.triple
