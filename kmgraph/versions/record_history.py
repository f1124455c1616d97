"""When a record changed, over the generations that are kept, and what changed of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.namespaces import expand
from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.views import PUBLIC
from kmgraph.versions.difference import Difference
from kmgraph.versions.graphs import ASSERTED
from kmgraph.versions.records import RecordChange, record_change

#: Most states that are compared, the latest ones.
STATES_COMPARED: Final = 12
#: Most records about a record that are compared.
_MOST_ABOUT: Final = 1000
_DEFAULT: Final = ox.DefaultGraph()
#: Properties by which records belong to another one.
_BELONGING: Final = tuple(
    ox.NamedNode(expand(f"km:{name}"))
    for name in ("about", "ofStudy", "alignedWith", "communityOf", "noteSubject")
)


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """A state of the data in which a record, or what is recorded about it, changed.

    :ivar generation: id of the first kept generation with this state.
    :ivar before: id of the generation that it is compared with.
    :ivar created: when it was published.
    :ivar changes: the record itself first, then the records about it.
    """

    generation: int
    before: int
    created: str
    changes: tuple[RecordChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the version as plain values."""
        return {
            "generation": self.generation,
            "before": self.before,
            "created": self.created,
            "changes": [one.to_dict() for one in self.changes],
        }


def states(generations: Sequence[Generation]) -> list[Generation]:
    """Return the first generation of each content, the oldest first.

    >>> one = Generation(3, "2026-01-02T00:00:00+00:00", None, "", (), ("public",), {}, "")
    >>> [state.id for state in states([one, one])]
    [3]
    """
    found: dict[int, Generation] = {}
    for one in generations:
        found.setdefault(one.content_since[0], one)
    return list(found.values())


def record_history(
    store: GenerationStore, iri: str, generations: Sequence[Generation], *, view: str = PUBLIC
) -> list[RecordVersion]:
    """Return when a record changed, the latest first.

    Only what was recorded counts, not what was worked out of it. The latest states are compared.

    :param iri: IRI of the record.
    :param generations: those that are kept and have the view, the oldest first.
    :param view: key of the view.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record_history(GenerationStore.create(folder), "urn:a", [])
    []
    """
    found = []
    for old, new in pairwise(states(generations)[-STATES_COMPARED - 1 :]):
        with Difference(store, old.id, new.id, view=view) as between:
            graphs = [one for one in between.parts(ASSERTED) if not one.is_same]
            named = [(graph.name, graph.iri) for graph in graphs]
            changes = tuple(_changes(between, iri, named)) if named else ()
        if changes:
            _, created = new.content_since
            found.append(RecordVersion(new.id, old.id, created, changes))
    return found[::-1]


def _changes(
    between: Difference, iri: str, graphs: Sequence[tuple[str, str]]
) -> list[RecordChange]:
    """Return what changed of a record and of what is recorded about it."""
    own = ox.NamedNode(iri)
    others = _about(between.old_store, own) | _about(between.new_store, own)
    ordered = [own, *sorted(others - {own}, key=str)[:_MOST_ABOUT]]
    compared = (record_change(between.old_store, between.new_store, one, graphs) for one in ordered)
    return [change for change in compared if change.properties]


def _about(store: QuadStore, own: ox.NamedNode) -> set[ox.NamedNode]:
    """Return what belongs to a record in a view."""
    return {
        quad.subject
        for prop in _BELONGING
        for quad in store.quads(None, prop, own, _DEFAULT)
        if isinstance(quad.subject, ox.NamedNode)
    }
