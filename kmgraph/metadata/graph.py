"""Metadata as a graph that queries are evaluated of, in a folder of its own beside the view."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.metadata.asking import METADATA
from kmgraph.metadata.describing import catalogue_of, examples_of, void_of
from kmgraph.metadata.keeping import AT_ONCE_TRIPLES, counts_of, kept_counts, size_of
from kmgraph.metadata.publishing import publication_of
from kmgraph.namespaces import RDF, graph_iri
from kmgraph.questions import load_catalogue
from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation

_TYPE: Final = ox.NamedNode(f"{RDF}type")


@dataclass(frozen=True, slots=True)
class WrittenMetadata:
    """Metadata in a folder.

    :ivar path: folder of the view that holds them, in their graph and in the default graph.
    :ivar triples: how many there are.
    """

    path: Path
    triples: int


def used_in(view: QuadStore) -> Callable[[str], bool]:
    """Return what says of a property or class whether a view uses it.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> used_in(MemoryStore())("urn:a")
    False
    """

    def is_used(term: str) -> bool:
        """Say whether the view uses a property or a class."""
        node = ox.NamedNode(term)
        as_property = next(view.quads(None, node, None, ox.DefaultGraph()), None)
        as_class = next(view.quads(None, _TYPE, node, ox.DefaultGraph()), None)
        return as_property is not None or as_class is not None

    return is_used


def metadata_at_once(store: GenerationStore, view: str, data: QuadStore) -> set[ox.Triple]:
    """Return what can be said of a view without making anybody wait.

    What is counted already is told, and a small view is counted now. Of a large one that is not
    counted yet, the number of triples of each dataset is told, and no example queries.

    :param view: key of the view.
    :param data: the view itself, of a generation.
    """
    generation: Generation | None = getattr(data, "generation", None)
    publication = publication_of(store, view, generation=generation)
    described = generation or store.generation()
    known = kept_counts(store, described, view)
    if known is None and size_of(described, view) <= AT_ONCE_TRIPLES:
        known = counts_of(data)
    answered = (known and known.questions) or frozenset()
    questions = [one for one in load_catalogue().values() if one.id in answered]
    return {
        *void_of(data, publication, known.counts if known else {}),
        *catalogue_of(data, publication),
        *examples_of(questions, publication),
    }


def write_metadata(triples: Iterable[ox.Triple], base: str, folder: Path) -> WrittenMetadata:
    """Write metadata to a folder, as a view that holds them alone.

    :param base: base IRI of the store that they are of.
    :param folder: an empty folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     write_metadata([], "urn:b/", Path(name)).triples
    0
    """
    name, distinct = ox.NamedNode(graph_iri(base, METADATA)), set(triples)
    store = ox.Store(str(folder / "view"))
    graphs: tuple[ox.NamedNode | ox.DefaultGraph, ...] = (name, ox.DefaultGraph())
    for graph in graphs:
        store.bulk_extend(
            ox.Quad(each.subject, each.predicate, each.object, graph) for each in distinct
        )
    store.flush()
    return WrittenMetadata(folder / "view", len(distinct))
