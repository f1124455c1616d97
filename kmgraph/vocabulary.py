"""The words that cells may hold: codes and constructs, read from the ontology's Turtle files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import FRAMEWORK, KM, OWL, RDF, RDFS, SKOS, compact

_CODE = ox.NamedNode(f"{KM}code")
_TYPE = ox.NamedNode(f"{RDF}type")
_SUBCLASS = ox.NamedNode(f"{RDFS}subClassOf")
_NOTATION = ox.NamedNode(f"{SKOS}notation")
_BROADER = ox.NamedNode(f"{SKOS}broader")
_SCHEME = ox.NamedNode(f"{SKOS}ConceptScheme")
_POLES = ox.NamedNode(f"{KM}poleKind")
_TASK_ENABLING = ox.NamedNode(f"{KM}TaskEnablingPoles")
_SCORING_RULE = ox.NamedNode(f"{KM}scoringRule")
_DIFFERENCE = ox.NamedNode(f"{KM}ItemDifference")
_PROPERTY_CLASSES = tuple(
    ox.NamedNode(f"{OWL}{name}")
    for name in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")
)


@dataclass(frozen=True, slots=True)
class Construct:
    """A construct of a framework.

    :ivar iri: its IRI.
    :ivar notation: its id, such as ``PARIHS.C.culture``.
    :ivar scheme: short name of its framework, such as ``parihs-2004``.
    :ivar top: id of the construct at the top of its branch.
    :ivar task_enabling: whether it runs from task to enabling, so that it has a position and
        neither a band nor a score.
    :ivar raw_only: whether it is a difference of two answers, so that it has a raw score and
        neither a band nor a score.
    """

    iri: str
    notation: str
    scheme: str
    top: str
    task_enabling: bool
    raw_only: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Codes, constructs, frameworks and properties that records may use.

    :ivar codes: prefixed name of a class to its codes, each with the IRI it stands for.
    :ivar constructs: construct id to construct.
    :ivar schemes: short name of a framework to its IRI.
    :ivar properties: prefixed names of the properties of the ontology.
    """

    codes: dict[str, dict[str, str]]
    constructs: dict[str, Construct]
    schemes: dict[str, str]
    properties: frozenset[str]


@cache
def load_vocabulary() -> Vocabulary:
    """Read the vocabulary from the shipped Turtle files, once in a process.

    >>> load_vocabulary().constructs["PARIHS.C.culture"].top
    'PARIHS.C'
    >>> load_vocabulary().codes["km:PostStatus"]["vacant"]
    'https://w3id.org/kmgraph/ontology#Vacant'
    """
    terms = _read(
        [*artefacts.files("ontology", "kmgraph.ttl"), *artefacts.files("ontology", "modules/*.ttl")]
    )
    frameworks = _read(artefacts.files("ontology", "frameworks/*.ttl"))
    return Vocabulary(
        codes=_codes(terms),
        constructs=_constructs(frameworks),
        schemes={
            iri.removeprefix(FRAMEWORK).rstrip("/"): iri for iri in _instances(frameworks, _SCHEME)
        },
        properties=frozenset(
            compact(iri) for kind in _PROPERTY_CLASSES for iri in _instances(terms, kind)
        ),
    )


def _read(paths: Iterable[Path]) -> ox.Store:
    """Return the files merged in one in-memory store."""
    store = ox.Store()
    for path in paths:
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
    return store


def _instances(store: ox.Store, kind: ox.NamedNode) -> list[str]:
    """Return the IRIs of the instances of a class."""
    quads = store.quads_for_pattern(None, _TYPE, kind)
    return sorted(q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode))


def _codes(store: ox.Store) -> dict[str, dict[str, str]]:
    """Return class to code to IRI, for coded individuals and for coded subclasses."""
    codes: dict[str, dict[str, str]] = defaultdict(dict)
    for quad in store.quads_for_pattern(None, _CODE, None):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal):
            for owner in _owners(store, quad.subject):
                codes[compact(owner)][quad.object.value] = quad.subject.value
    return dict(codes)


def _owners(store: ox.Store, member: ox.NamedNode) -> set[str]:
    """Return the classes of an individual, or all superclasses of a class."""
    owners = set(_linked(store, member, _TYPE))
    pending = [member]
    while pending:
        for iri in _linked(store, pending.pop(), _SUBCLASS):
            if iri not in owners:
                owners.add(iri)
                pending.append(ox.NamedNode(iri))
    return {iri for iri in owners if not iri.startswith(OWL)}


def _linked(store: ox.Store, subject: ox.NamedNode, predicate: ox.NamedNode) -> list[str]:
    """Return the IRIs that a subject points to by a property."""
    quads = store.quads_for_pattern(subject, predicate, None)
    return [q.object.value for q in quads if isinstance(q.object, ox.NamedNode)]


def _constructs(store: ox.Store) -> dict[str, Construct]:
    """Return construct id to construct."""
    constructs = {}
    for quad in store.quads_for_pattern(None, _NOTATION, None):
        if not isinstance(quad.subject, ox.NamedNode):
            continue
        iri = top = quad.subject.value
        slug, _, notation = iri.removeprefix(FRAMEWORK).partition("/")
        while parents := _linked(store, ox.NamedNode(top), _BROADER):
            top = parents[0]
        task_enabling = _TASK_ENABLING.value in _linked(store, quad.subject, _POLES)
        raw_only = _DIFFERENCE.value in _linked(store, quad.subject, _SCORING_RULE)
        constructs[notation] = Construct(
            iri, notation, slug, top.rpartition("/")[2], task_enabling, raw_only
        )
    return constructs
