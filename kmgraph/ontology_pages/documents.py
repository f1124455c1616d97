"""The Turtle files of the ontology, the shapes and the frameworks, as documents with terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import FRAMEWORK, OWL, RDF, SH, compact, expand
from kmgraph.ontology import iter_triples
from kmgraph.ontology.modules import read_module
from kmgraph.ontology_pages.describing import NAMING, Describer, Held, Piece, Value

#: What all our IRIs begin with.
ROOT: Final = "https://w3id.org/kmgraph/"
_TYPE: Final = f"{RDF}type"
_DEFINED_IN: Final = expand("rdfs:isDefinedBy")
_DEFINITIONS: Final = tuple(
    expand(name) for name in ("iao:0000115", "skos:definition", "sh:message", "rdfs:comment")
)
_TITLE, _DESCRIPTION = expand("dcterms:title"), expand("dcterms:description")
_LICENCE = expand("dcterms:license")
_VERSION, _VERSION_INFO = f"{OWL}versionIRI", f"{OWL}versionInfo"
_PROPERTY_SHAPE: Final = f"{SH}property"
#: Shown apart, or said by the page itself.
_SHOWN_APART: Final = frozenset({*NAMING[:3], *_DEFINITIONS[:2], _DEFINED_IN})


class Kind(Enum):
    """A kind of document; the value is the folder that it is in."""

    MODULE = "ontology"
    SHAPES = "shapes"
    FRAMEWORK = "framework"


@dataclass(frozen=True, slots=True)
class Fact:
    """A property with its values, in pieces."""

    property: Piece
    values: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A term that a document defines.

    :ivar anchor: its id on the page.
    :ivar group: heading that it stands under.
    :ivar short: its short IRI.
    """

    iri: str
    anchor: str
    label: str
    short: str
    group: str
    definition: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class TurtleDocument:
    """A Turtle file as a document.

    :ivar iri: IRI of its ``owl:Ontology``.
    :ivar version_iri: IRI of this version of it.
    :ivar name: path of its page below the site, without an extension, such as ``ontology/actor``.
    :ivar path: the file.
    :ivar about: what else its header says.
    """

    iri: str
    version_iri: str
    version: str
    kind: Kind
    name: str
    path: Path
    title: str
    description: str
    licence: str
    about: tuple[Fact, ...]
    terms: tuple[Term, ...]

    @property
    def groups(self) -> dict[str, list[Term]]:
        """Return the terms by heading."""
        found: dict[str, list[Term]] = {}
        for term in self.terms:
            found.setdefault(term.group, []).append(term)
        return found


class Documents:
    """All documents, and where each term is defined.

    :param found: the documents.
    """

    def __init__(self, found: tuple[TurtleDocument, ...]) -> None:
        self.all = found
        self._of_iri = {}
        self.places: dict[str, tuple[str, str]] = {}
        for one in found:
            self._of_iri[one.iri] = self._of_iri[one.version_iri] = one
            self.places |= {one.iri: (one.name, ""), one.version_iri: (one.name, "")}
            for term in one.terms:
                self.places[term.iri] = (one.name, term.anchor)

    def get(self, iri: str) -> TurtleDocument | None:
        """Return the document that an IRI, with or without a version, names.

        >>> read_documents().get("https://w3id.org/kmgraph/ontology/0.1.0/actor").name
        'ontology/actor'
        """
        return self._of_iri.get(iri)

    def of_kind(self, kind: Kind) -> list[TurtleDocument]:
        """Return the documents of a kind, by title.

        >>> read_documents().of_kind(Kind.SHAPES)[0].kind.value
        'shapes'
        """
        found = (one for one in self.all if one.kind is kind)
        return sorted(found, key=lambda one: one.title.casefold())

    def elsewhere(self, document: TurtleDocument) -> list[tuple[TurtleDocument, list[Term]]]:
        """Return the terms whose IRIs lead to a document and that others define, by document.

        What a term's IRI has after ``#`` never reaches a server: whoever looks the term up gets
        the page of what stands before.

        >>> documents = read_documents()
        >>> shapes = documents.get("https://w3id.org/kmgraph/shapes")
        >>> len(documents.elsewhere(shapes)) == len(documents.of_kind(Kind.SHAPES)) - 1
        True
        """
        start = f"{document.iri}#"
        found = []
        for other in self.of_kind(document.kind):
            if other.iri == document.iri:
                continue
            if terms := [one for one in other.terms if one.iri.startswith(start)]:
                found.append((other, terms))
        return found


@cache
def read_documents() -> Documents:
    """Read the shipped Turtle files, once in a process.

    >>> read_documents().places["https://w3id.org/kmgraph/ontology#VacantPost"]
    ('ontology/actor', 'VacantPost')
    """
    files = list(_files())
    triples: dict[str, dict[str, list[Value]]] = {}
    own: list[tuple[Kind, Path, dict[str, dict[str, list[Value]]]]] = []
    for kind, path in files:
        held = _read(path)
        own.append((kind, path, held))
        for subject, properties in held.items():
            into = triples.setdefault(subject, {})
            for prop, values in properties.items():
                known = into.setdefault(prop, [])
                known += [value for value in values if value not in known]
    describer = Describer(triples)
    return Documents(tuple(_document(kind, path, held, describer) for kind, path, held in own))


def _files() -> Iterator[tuple[Kind, Path]]:
    """Yield the files with their kinds."""
    for pattern in ("kmgraph.ttl", "modules/*.ttl", "alignments.ttl"):
        for path in artefacts.files("ontology", pattern):
            yield Kind.MODULE, path
    for path in artefacts.files("shapes", "**/*.ttl"):
        yield Kind.SHAPES, path
    for path in artefacts.files("ontology", "frameworks/*.ttl"):
        yield Kind.FRAMEWORK, path


def _read(path: Path) -> dict[str, dict[str, list[Value]]]:
    """Return what a file says, by subject and property, in its order."""
    found: dict[str, dict[str, list[Value]]] = {}
    for triple in iter_triples(path):
        if isinstance(triple.object, ox.Triple):
            continue
        values = found.setdefault(str(triple.subject), {})
        values.setdefault(triple.predicate.value, []).append(triple.object)
    return found


def _document(
    kind: Kind, path: Path, held: dict[str, dict[str, list[Value]]], describer: Describer
) -> TurtleDocument:
    """Return a file as a document."""
    iri = read_module(path).iri
    header = held[f"<{iri}>"]
    shown = {_TYPE, _TITLE, _DESCRIPTION, _LICENCE, _VERSION, _VERSION_INFO}
    subjects = (subject[1:-1] for subject in held if subject.startswith("<"))
    # A term has its axioms in one file, and what it excludes and is aligned with in others.
    terms = [
        _term(one, describer.triples[f"<{one}>"], iri, describer)
        for one in subjects
        if _is_own(one, iri, describer.triples[f"<{one}>"])
    ]
    order = {name: number for number, name in enumerate(_GROUPS.values())}
    terms.sort(key=lambda term: order.get(term.group, len(order)))
    return TurtleDocument(
        iri,
        _text(header, _VERSION),
        _text(header, _VERSION_INFO),
        kind,
        _name(iri, kind),
        path,
        _text(header, _TITLE),
        _text(header, _DESCRIPTION),
        _text(header, _LICENCE),
        _facts(header, shown, describer),
        tuple(terms),
    )


def _name(iri: str, kind: Kind) -> str:
    """Return the path of a page below the site."""
    name = iri.removeprefix(ROOT)
    return f"{name}/index" if name == kind.value else name


def _is_own(iri: str, document: str, held: Held) -> bool:
    """Say whether a term is one that a document defines, and not one that it only mentions."""
    if iri == document or not iri.startswith(ROOT):
        return False
    if iri.startswith(FRAMEWORK):
        return iri.startswith(f"{document}/")
    return "#" in iri and _text(held, _DEFINED_IN) in ("", document)


#: Class of a term to the heading that it stands under, the most telling first.
_GROUPS: Final = {
    expand("skos:ConceptScheme"): "The framework",
    expand("skos:Concept"): "Constructs",
    f"{OWL}Class": "Kinds of things",
    f"{OWL}ObjectProperty": "What can be said of them",
    f"{OWL}DatatypeProperty": "What can be said of them",
    f"{OWL}AnnotationProperty": "What can be said of them",
    f"{SH}NodeShape": "Shapes of records",
    f"{SH}PropertyShape": "Shapes of single properties",
    f"{SH}SPARQLConstraint": "Queries that shapes ask",
    f"{SH}PrefixDeclaration": "Prefixes of the queries",
    f"{OWL}NamedIndividual": "Fixed values",
}
_OTHERS: Final = "Other terms"


def _term(iri: str, held: Held, document: str, describer: Describer) -> Term:
    """Return a term of a document."""
    types = [value.value for value in held.get(_TYPE, ()) if isinstance(value, ox.NamedNode)]
    group = next((name for kind, name in _GROUPS.items() if kind in types), _OTHERS)
    anchor = iri.rpartition("#")[2] if "#" in iri else iri.removeprefix(f"{document}/")
    definition = next((text for one in _DEFINITIONS if (text := _text(held, one))), "")
    shown = set(_SHOWN_APART)
    if _text(held, _DEFINITIONS[2]) == definition:
        shown.add(_DEFINITIONS[2])
    return Term(
        iri,
        anchor or "framework",
        describer.name(iri),
        compact(iri) if "#" in iri else iri,
        group,
        definition,
        _facts(held, shown, describer),
    )


def _facts(held: Held, shown: set[str], describer: Describer) -> tuple[Fact, ...]:
    """Return the properties of a term but for those that are shown already."""
    return tuple(
        Fact(
            Piece(_WORDS.get(prop) or describer.name(prop), prop),
            tuple(describer.pieces(value) for value in values),
        )
        for prop, values in held.items()
        if prop not in shown
    )


def _text(held: Held, prop: str) -> str:
    """Return the first value of a property as text; empty where there is none."""
    return next((v.value for v in held.get(prop, ()) if not isinstance(v, ox.BlankNode)), "")


#: Properties of other vocabularies in words; those without a label in our files.
_WORDS: Final = {
    expand(name): words
    for name, words in {
        "rdf:type": "is",
        "rdfs:subClassOf": "kind of",
        "rdfs:subPropertyOf": "special case of",
        "rdfs:domain": "said of",
        "rdfs:range": "values are",
        "rdfs:seeAlso": "see also",
        "rdfs:comment": "remark",
        "owl:equivalentClass": "the same as",
        "owl:equivalentProperty": "the same as",
        "owl:disjointWith": "excludes",
        "owl:inverseOf": "the other way round",
        "owl:imports": "builds on",
        "owl:propertyChainAxiom": "follows from the chain",
        "dcterms:source": "source",
        "dcterms:creator": "made by",
        "dcterms:created": "created",
        "dcterms:modified": "last changed",
        "vann:preferredNamespacePrefix": "prefix",
        "vann:preferredNamespaceUri": "namespace",
        "skos:broader": "part of",
        "skos:narrower": "parts",
        "skos:inScheme": "framework",
        "skos:topConceptOf": "at the top of",
        "skos:hasTopConcept": "at the top",
        "skos:notation": "id",
        "skos:altLabel": "also called",
        "skos:editorialNote": "remark of the editors",
        "skos:scopeNote": "how it is used",
        "skos:example": "example",
        "skos:note": "remark",
        "sh:targetClass": "applies to",
        "sh:targetSubjectsOf": "applies to what has",
        "sh:targetObjectsOf": "applies to the values of",
        "sh:property": "asks of properties",
        "sh:path": "property",
        "sh:message": "message",
        "sh:severity": "severity",
        "sh:class": "values are of the kind",
        "sh:datatype": "datatype",
        "sh:minCount": "at least",
        "sh:maxCount": "at most",
        "sh:in": "one of",
        "sh:or": "either",
        "sh:sparql": "is checked by the query",
        "sh:select": "query",
        "sh:prefixes": "prefixes of",
        "sh:prefix": "prefix",
        "sh:namespace": "namespace",
        "sh:nodeKind": "values are",
        "sh:minInclusive": "not below",
        "sh:maxInclusive": "not above",
        "sh:lessThan": "before",
        "sh:lessThanOrEquals": "not after",
        "sh:disjoint": "differs from",
        "sh:pattern": "pattern",
        "sh:uniqueLang": "each language once",
    }.items()
}
