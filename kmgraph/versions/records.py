"""What changed, record by record and property by property."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.namespaces import RDF, compact, expand
from kmgraph.records import SEGMENTS
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term, display

#: Properties that name a record, best first.
_NAMING: Final = tuple(
    ox.NamedNode(expand(name))
    for name in (
        "skos:prefLabel",
        "dcterms:title",
        "rdfs:label",
        "foaf:name",
        "km:statement",
        "dcterms:identifier",
    )
)
_TYPE: Final = ox.NamedNode(f"{RDF}type")

ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """What a property of a record lost and gained in a graph.

    :ivar graph: short name of the graph.
    :ivar predicate: IRI of the property.
    :ivar removed: the values that are gone.
    :ivar added: the values that are new.
    """

    graph: str
    predicate: str
    removed: tuple[Term, ...]
    added: tuple[Term, ...]

    @property
    def text(self) -> str:
        """Return the change in a line."""
        sides = [", ".join(map(display, side)) or "nothing" for side in (self.removed, self.added)]
        return f"{compact(self.predicate)}: {sides[0]} -> {sides[1]}"

    def to_dict(self) -> dict[str, Any]:
        """Return the change as plain values; terms are as N-Triples have them."""
        return {
            "graph": self.graph,
            "property": self.predicate,
            "removed": [str(term) for term in self.removed],
            "added": [str(term) for term in self.added],
        }


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record, or another named thing, of which two generations say different things.

    :ivar iri: its IRI.
    :ivar change: ``added``, ``removed`` or ``changed``.
    :ivar kind: the sheet that holds such records; the name of its class for other things.
    :ivar label: what to call it; empty where nothing names it.
    :ivar properties: which properties differ, in the order of graphs and properties.
    """

    iri: str
    change: str
    kind: str
    label: str
    properties: tuple[PropertyChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the change as plain values."""
        return {
            "iri": self.iri,
            "change": self.change,
            "kind": self.kind,
            "label": self.label,
            "properties": [one.to_dict() for one in self.properties],
        }


def record_change(
    old: QuadStore, new: QuadStore, subject: ox.NamedNode, graphs: Sequence[tuple[str, str]]
) -> RecordChange:
    """Return what changed of one entity.

    :param graphs: name and IRI of each graph to compare.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> old, new = MemoryStore(), MemoryStore()
    >>> _ = new.load_nquads(b'<urn:a> <urn:p> "2" <urn:g> .')
    >>> change = record_change(old, new, ox.NamedNode("urn:a"), [("g", "urn:g")])
    >>> change.change, [one.text for one in change.properties]
    ('added', ['urn:p: nothing -> 2'])
    """
    found: list[PropertyChange] = []
    has_old = has_new = False
    for name, iri in graphs:
        node = ox.NamedNode(iri)
        before = set(old.quads(subject, None, None, node))
        after = set(new.quads(subject, None, None, node))
        has_old, has_new = has_old or bool(before), has_new or bool(after)
        found += _properties(name, before - after, after - before)
    change = CHANGED if has_old and has_new else ADDED if has_new else REMOVED
    told = new if has_new else old
    return RecordChange(
        subject.value, change, kind_of(told, subject), label_of(told, subject), tuple(found)
    )


def _properties(
    graph: str, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]
) -> list[PropertyChange]:
    """Return what differs in a graph, property by property."""
    values: dict[str, tuple[list[Term], list[Term]]] = {}
    for side, quads in enumerate((removed, added)):
        for quad in quads:
            values.setdefault(quad.predicate.value, ([], []))[side].append(quad.object)
    return [
        PropertyChange(graph, iri, *(tuple(sorted(side, key=str)) for side in values[iri]))
        for iri in sorted(values)
    ]


def kind_of(store: QuadStore, subject: ox.NamedNode) -> str:
    """Return the sheet of a record; for another thing the name of its class, or nothing.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> kind_of(MemoryStore(base="urn:b/"), ox.NamedNode("urn:b/study/x1"))
    'studies'
    """
    if subject.value.startswith(store.base):
        segment, _, rest = subject.value[len(store.base) :].partition("/")
        if segment in SEGMENTS and "/" not in rest:
            return SEGMENTS[segment].sheet
    types = [
        quad.object.value
        for quad in store.quads(subject, _TYPE)
        if isinstance(quad.object, ox.NamedNode)
    ]
    return compact(min(types)) if types else ""


def label_of(store: QuadStore, subject: ox.NamedNode) -> str:
    """Return what to call an entity; nothing where no property names it.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> label_of(MemoryStore(), ox.NamedNode("urn:a"))
    ''
    """
    for naming in _NAMING:
        names = [
            display(quad.object)
            for quad in store.quads(subject, naming)
            if isinstance(quad.object, ox.Literal)
        ]
        if names:
            return min(names)
    return ""
