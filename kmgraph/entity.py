"""One entity of a graph: what it is, what is said of it, what points to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.errors import RecordNotFoundError
from kmgraph.namespaces import RDF, compact, expand
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term, display, python_value

_TYPE = f"{RDF}type"
#: Properties that name an entity, best first.
_NAMING = ("skos:prefLabel", "dcterms:title", "rdfs:label", "foaf:name", "dcterms:identifier")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement about an entity, seen from the entity.

    :ivar direction: ``out`` where the entity is the subject, ``in`` where it is the object.
    :ivar predicate: IRI of the property.
    :ivar term: the other end.
    :ivar label: what to call the other end.
    :ivar types: IRIs of the classes of the other end.
    """

    direction: str
    predicate: str
    term: Term
    label: str
    types: tuple[str, ...]

    @property
    def iri(self) -> str | None:
        """IRI of the other end, or None for a literal."""
        return self.term.value if isinstance(self.term, ox.NamedNode) else None


class Entity:
    """An entity of a store, read when it is first looked into.

    :param store: the store or view.
    :param iri: IRI of the entity.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> store = MemoryStore(base="https://x.org/")
    >>> line = f'<https://x.org/a> <{expand("dcterms:title")}> "One" <https://x.org/g> .'
    >>> _ = store.load_nquads(line.encode())
    >>> Entity(store, "https://x.org/a").label
    'One'
    """

    def __init__(self, store: QuadStore, iri: str) -> None:
        self.store, self.iri = store, iri

    def __repr__(self) -> str:
        return f"Entity({compact(self.iri)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and self.iri == other.iri and self.store is other.store

    def __hash__(self) -> int:
        return hash(self.iri)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """All statements about the entity, by direction, property and label.

        :raises RecordNotFoundError: the store says nothing of the entity.
        """
        found = (*self._incoming, *self._outgoing)
        if not found:
            raise RecordNotFoundError(f"nothing is known of <{self.iri}>")
        return found

    # What points to an entity can be all of a large store, so it is read only where it is wanted.
    @cached_property
    def _outgoing(self) -> tuple[Statement, ...]:
        """What it says of itself, by property and label."""
        return self._read("out", "support/entity-outgoing.rq")

    @cached_property
    def _incoming(self) -> tuple[Statement, ...]:
        """What points to it, by property and label."""
        return self._read("in", "support/entity-incoming.rq")

    def _read(self, direction: str, query: str) -> tuple[Statement, ...]:
        """Return the statements of one direction."""
        text = artefacts.read_text("queries", query)
        answer = self.store.query(text, bindings={"entity": ox.NamedNode(self.iri)})
        return tuple(_merge_types(direction, answer)) if isinstance(answer, Solutions) else ()

    def __bool__(self) -> bool:
        """Whether the store says anything of the entity."""
        try:
            return bool(self._outgoing or self.statements)
        except RecordNotFoundError:
            return False

    def values(self, curie: str) -> list[Term]:
        """Return the objects of a property.

        :param curie: prefixed name, such as ``km:theme``.
        """
        iri = expand(curie)
        return [s.term for s in self.outgoing if s.predicate == iri]

    def value(self, curie: str) -> object:
        """Return the first value of a property as a Python value, or None."""
        terms = self.values(curie)
        return python_value(terms[0]) if terms else None

    def linked(self, curie: str) -> list[Entity]:
        """Return the entities that a property points to."""
        return [
            Entity(self.store, term.value)
            for term in self.values(curie)
            if isinstance(term, ox.NamedNode)
        ]

    def linking(self, curie: str) -> list[Entity]:
        """Return the entities that point to this one by a property."""
        iri = expand(curie)
        return [Entity(self.store, s.iri) for s in self.incoming if s.predicate == iri and s.iri]

    @property
    def types(self) -> list[str]:
        """IRIs of its classes."""
        return [s.iri for s in self.outgoing if s.predicate == _TYPE and s.iri]

    @property
    def label(self) -> str:
        """What to call it."""
        for curie in _NAMING:
            terms = self.values(curie)
            if terms:
                return display(terms[0])
        return compact(self.iri).removeprefix(self.store.base) or self.iri

    @property
    def outgoing(self) -> list[Statement]:
        """Statements whose subject it is.

        :raises RecordNotFoundError: the store says nothing of the entity.
        """
        return list(self._outgoing or self.statements[:0])

    @property
    def incoming(self) -> list[Statement]:
        """Statements whose object it is.

        :raises RecordNotFoundError: the store says nothing of the entity.
        """
        return list(self._incoming or self.statements[:0])

    def triples(self) -> Iterator[ox.Triple]:
        """Yield its statements, with the labels and types of what they point to.

        A linked-data client that fetches this has what it needs to show the entity.
        """
        node = ox.NamedNode(self.iri)
        for statement in self.statements:
            predicate = ox.NamedNode(statement.predicate)
            if statement.direction == "out":
                yield ox.Triple(node, predicate, statement.term)
            elif isinstance(statement.term, ox.NamedNode | ox.BlankNode):
                yield ox.Triple(statement.term, predicate, node)
            if isinstance(statement.term, ox.NamedNode):
                yield from self._naming(statement.term)

    def _naming(self, node: ox.NamedNode) -> Iterator[ox.Triple]:
        """Yield the statements that name and class another entity."""
        seen = set()
        for curie in (*_NAMING, "rdf:type"):
            for quad in self.store.quads(node, ox.NamedNode(expand(curie)), None, None):
                triple = ox.Triple(quad.subject, quad.predicate, quad.object)
                if triple not in seen:
                    seen.add(triple)
                    yield triple


def _merge_types(direction: str, rows: Iterable[tuple[Term | None, ...]]) -> Iterator[Statement]:
    """Yield one statement for each property and other end, whatever types and labels that has."""
    found: dict[tuple[str, str], tuple[Term, str, list[str]]] = {}
    for _, prop, other, label, kind in rows:
        if prop is None or other is None:
            continue
        key = (prop.value, str(other))  # type: ignore[union-attr]
        entry = found.setdefault(key, (other, display(label) if label else display(other), []))
        if kind is not None and kind.value not in entry[2]:  # type: ignore[union-attr]
            entry[2].append(kind.value)  # type: ignore[union-attr]
    for (prop_iri, _), (term, text, types) in found.items():
        yield Statement(direction, prop_iri, term, text, tuple(types))
