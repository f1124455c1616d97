"""What to call the terms of a store, and where their pages are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import DOCUMENTED, KM, RDFS, compact, expand
from kmgraph.questions import find_passages
from kmgraph.stores.base import QuadStore
from kmgraph_server.addresses import rooted, to_path
from kmgraph_server.pages import words

#: Properties that name a thing, best first.
_NAMING: Final = tuple(
    ox.NamedNode(expand(name))
    for name in (
        "skos:prefLabel",
        "dcterms:title",
        "rdfs:label",
        "foaf:name",
        "km:statement",
        "km:participantKind",
    )
)
_IDENTIFIER: Final = ox.NamedNode(expand("dcterms:identifier"))
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_SUBCLASS: Final = ox.NamedNode(f"{RDFS}subClassOf")
_PASSAGE: Final = ox.NamedNode(f"{KM}Passage")
_NOTE_SUBJECT: Final = ox.NamedNode(f"{KM}noteSubject")
_NOTE_PROPERTY: Final = ox.NamedNode(f"{KM}noteProperty")
_NOTE_OBJECT: Final = ox.NamedNode(f"{KM}noteObject")
_NOTE_VALUE: Final = ox.NamedNode(f"{KM}noteValue")
_ABOUT: Final = ox.NamedNode(expand("km:about"))
_CHANGED: Final = ox.NamedNode(expand("km:changed"))
_RATER: Final = ox.NamedNode(expand("km:rater"))
_ROLE: Final = ox.NamedNode(expand("km:raterRole"))
_DATE: Final = ox.NamedNode(expand("dcterms:date"))
#: What a rating, a summary, a flip or a diagnosis is of, the most telling first.
_RATED: Final = tuple(
    ox.NamedNode(expand(f"km:{name}")) for name in ("changeKind", "element", "construct", "scheme")
)
_DEFAULT: Final = ox.DefaultGraph()
#: Most names that are kept in memory.
_KEPT: Final = 50_000


class Names:
    """Names, kinds and local links of the terms of a store.

    :param store: the store; its default graph is read.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> Names(MemoryStore(base="https://x.org/id/")).link("https://x.org/id/study/a")
    '/doc/study/a'
    """

    def __init__(self, store: QuadStore) -> None:
        self.store = store
        self._names: dict[str, str] = {}

    def name(self, iri: str) -> str:
        """Return what to call a thing: its name, else its id, else its short IRI."""
        if iri not in self._names:
            if len(self._names) >= _KEPT:
                self._names.clear()
            self._names[iri] = self._find(iri)
        return self._names[iri]

    def _find(self, iri: str) -> str:
        """Look a name up."""
        node = _node(iri)
        if node is None:
            return iri
        if self._has(node, _TYPE, _PASSAGE):
            return find_passages(self.store, [iri])[0].place
        if subject := self._object(node, _NOTE_SUBJECT):
            statement = self._object(node, _NOTE_PROPERTY)
            what = self.property(statement.value) if isinstance(statement, ox.NamedNode) else ""
            value = self._object(node, _NOTE_OBJECT) or self._object(node, _NOTE_VALUE)
            of = f", {self._text(value)}" if value else ""
            return f"{self.name(subject.value)}: {what or 'remark'}{of}"
        for naming in _NAMING:
            found = self._object(node, naming)
            if isinstance(found, ox.NamedNode):
                return self.name(found.value)
            if found is not None:
                return " ".join(found.value.split())
        identifier = self._object(node, _IDENTIFIER)
        return self._of_case(node) or (identifier.value if identifier else compact(iri))

    def _of_case(self, node: ox.NamedNode) -> str:
        """Return what to call a rating of a case, or what was worked out of it; else nothing."""
        case = self._object(node, _ABOUT)
        what = next((found for one in _RATED if (found := self._object(node, one))), None)
        if not isinstance(case, ox.NamedNode) or not isinstance(what, ox.NamedNode):
            return ""
        parts = [self.name(what.value)]
        if changed := self._object(node, _CHANGED):
            parts.append(self._text(changed))
        if rater := self._object(node, _RATER) or self._object(node, _ROLE):
            parts.append(f"by {self._text(rater)}")
        if date := self._object(node, _DATE):
            parts.append(date.value)
        return f"{self.name(case.value)}: {', '.join(parts)}"

    def _text(self, term: ox.NamedNode | ox.Literal) -> str:
        """Return a term in words."""
        return self.name(term.value) if isinstance(term, ox.NamedNode) else term.value

    def property(self, iri: str) -> str:
        """Return what stands before the values of a property."""
        text = words.PROPERTIES.get(iri) or self.name(iri)
        return text.rpartition(":")[2] if text == compact(iri) else text

    def kinds(self, types: Iterable[str]) -> list[str]:
        """Return the classes of a thing in words, without those that another one implies.

        Of classes that other vocabularies define, only those are named that stand alone.
        """
        classes = list(dict.fromkeys(types))
        own = [iri for iri in classes if iri.startswith(KM)] or classes
        implied = {parent for iri in own for parent in self._above(iri)}
        return [self.name(iri) for iri in own if iri not in implied]

    def types(self, iri: str) -> list[str]:
        """Return the IRIs of the classes of a thing, sorted."""
        node = _node(iri)
        if node is None:
            return []
        quads = self.store.quads(node, _TYPE, None, _DEFAULT)
        return sorted(q.object.value for q in quads if isinstance(q.object, ox.NamedNode))

    def link(self, iri: str) -> str | None:
        """Return where the page of a thing is: here, elsewhere on the web, or nowhere."""
        base = self.store.base
        if iri.startswith(base) and iri != base:
            return rooted(f"/doc/{to_path(iri[len(base) :])}")
        if iri.startswith(KM):
            return rooted(f"/ontology#{to_path(iri[len(KM) :])}")
        for path, namespace in DOCUMENTED.items():
            if iri.startswith(namespace) and iri != namespace:
                return rooted(f"/{path}/{to_path(iri[len(namespace) :])}")
        return iri if words.is_web(iri) else None

    def _object(
        self, node: ox.NamedNode, predicate: ox.NamedNode
    ) -> ox.NamedNode | ox.Literal | None:
        """Return one object of a property, the least of several."""
        found = [
            quad.object
            for quad in self.store.quads(node, predicate, None, _DEFAULT)
            if isinstance(quad.object, ox.NamedNode | ox.Literal)
        ]
        return min(found, key=str) if found else None

    def _has(self, node: ox.NamedNode, predicate: ox.NamedNode, value: ox.NamedNode) -> bool:
        """Say whether the store holds a statement."""
        return next(self.store.quads(node, predicate, value, _DEFAULT), None) is not None

    def _above(self, iri: str) -> set[str]:
        """Return the IRIs of the classes above a class."""
        found: set[str] = set()
        pending = [iri]
        while pending:
            node = _node(pending.pop())
            for quad in self.store.quads(node, _SUBCLASS, None, _DEFAULT) if node else ():
                parent = quad.object
                if isinstance(parent, ox.NamedNode) and parent.value not in found:
                    found.add(parent.value)
                    pending.append(parent.value)
        return found - {iri}


def _node(iri: str) -> ox.NamedNode | None:
    """Return an IRI as a node, or None where the text is no IRI."""
    try:
        return ox.NamedNode(iri)
    except ValueError:
        return None
