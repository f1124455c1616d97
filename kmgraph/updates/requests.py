"""A write as it is asked for, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kmgraph.stores.meta import Generation


@dataclass(frozen=True, slots=True)
class Document:
    """An RDF document that is written into a graph.

    :ivar content: the document.
    :ivar format: name of its format in :mod:`kmgraph.formats`.
    :ivar source: what messages call it.
    """

    content: bytes
    format: str
    source: str = "the request"


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """One write: an update, or a graph that is put, added to or deleted.

    :ivar kind: ``update``; ``put`` replaces a graph, ``post`` adds to it, ``delete`` removes it.
    :ivar text: the update.
    :ivar documents: what is put or added; blank nodes of different documents are different.
    :ivar graph: IRI of the graph; None for the default graph.
    :ivar using_graphs: default graph of the patterns of an update, as the protocol gives it.
    :ivar using_named: named graphs of its patterns, as the protocol gives them.
    :ivar base_iri: what relative IRIs are resolved against; by default the IRI of the graph.
    :ivar view: key of the view that the writer sees.
    :ivar visibility: visibility of graphs that are made; None for what the view suggests.
    :ivar validate: whether the shapes are run before anything is published.
    :ivar expected_generation: id of the generation that must be current; 0 for none yet.
    :ivar expected_digests: IRI of a graph to the digest that it must have; an empty text for a
        graph that must not be there.
    :ivar union_default_graph: whether patterns see the merge of all graphs as default graph.
    """

    kind: Literal["update", "put", "post", "delete"]
    text: str = ""
    documents: tuple[Document, ...] = ()
    graph: str | None = None
    using_graphs: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    base_iri: str | None = None
    view: str = "public"
    visibility: str | None = None
    validate: bool = True
    expected_generation: int | None = None
    expected_digests: Mapping[str, str] = field(default_factory=dict)
    union_default_graph: bool = True


@dataclass(frozen=True, slots=True)
class WriteSummary:
    """What a write did.

    :ivar generation: the current generation afterwards; None in a store without any.
    :ivar changed: whether a generation was published.
    :ivar created: IRIs of the graphs that were made.
    :ivar removed: IRIs of the graphs that are gone.
    :ivar graphs: IRI of each graph that changed to the numbers of added and deleted triples.
    :ivar seconds: phase to its duration in seconds.
    """

    generation: Generation | None
    changed: bool
    created: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    graphs: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def added(self) -> int:
        """Number of triples that were added to graphs."""
        return sum(added for added, _ in self.graphs.values())

    @property
    def deleted(self) -> int:
        """Number of triples that were deleted from graphs."""
        return sum(deleted for _, deleted in self.graphs.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain values, for machine-readable output.

        >>> WriteSummary(None, False).to_dict()["changed"]
        False
        """
        return {
            "generation": self.generation.id if self.generation else None,
            "changed": self.changed,
            "added": self.added,
            "deleted": self.deleted,
            "created": list(self.created),
            "removed": list(self.removed),
            "graphs": {
                iri: {"added": added, "deleted": deleted}
                for iri, (added, deleted) in self.graphs.items()
            },
            "seconds": {phase: round(s, 4) for phase, s in self.seconds.items()},
        }
