"""The vocabulary as a page and as RDF."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import pyoxigraph as ox

from kmgraph.formats import Format
from kmgraph.namespaces import FRAMEWORK, KM, OWL, RDFS, compact, expand
from kmgraph.ontology import import_closure, iter_triples, merged_ntriples, module_files
from kmgraph.ontology.modules import read_module
from kmgraph.results import Triples
from kmgraph_server.pages import words

_DEFINITION: Final = expand("iao:0000115")
_DESCRIPTION: Final = expand("dcterms:description")
_SOURCE: Final = expand("dcterms:source")
_TYPE: Final = expand("rdf:type")
#: Kinds of terms, in the order of the page.
KINDS: Final = ("class", "property", "value")


@dataclass(frozen=True, slots=True)
class Term:
    """A class, property or value of the vocabulary.

    :ivar name: what follows ``km:``, which is its anchor on the page.
    :ivar above: prefixed names of what it is a kind of; for a value, its classes.
    :ivar domain: prefixed names of the classes that the property is said of.
    :ivar range: prefixed names of the classes or datatypes of its values.
    """

    name: str
    iri: str
    kind: str
    label: str
    definition: str
    sources: tuple[str, ...]
    above: tuple[str, ...]
    domain: tuple[str, ...]
    range: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModulePage:
    """A module with its own terms."""

    slug: str
    title: str
    description: str
    terms: tuple[Term, ...]

    def of_kind(self, kind: str) -> list[Term]:
        """Return the terms of one kind."""
        return [term for term in self.terms if term.kind == kind]


@cache
def read_modules() -> tuple[ModulePage, ...]:
    """Return the modules that have terms, by title; the files are read once in a process.

    >>> any(term.name == "Study" for module in read_modules() for term in module.terms)
    True
    """
    pages = []
    for module in import_closure():
        triples: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = {}
        for triple in iter_triples(module.path):
            subject, value = triple.subject, triple.object
            if isinstance(subject, ox.NamedNode) and isinstance(value, ox.NamedNode | ox.Literal):
                held = triples.setdefault(subject.value, {})
                held.setdefault(triple.predicate.value, []).append(value)
        terms = tuple(_terms(triples))
        if terms:
            description = _texts(triples.get(module.iri, {}), _DESCRIPTION)
            slug = module.iri.rpartition("/")[2]
            pages.append(ModulePage(slug, module.title, " ".join(description), terms))
    return tuple(sorted(pages, key=lambda page: page.title.casefold()))


@cache
def definitions() -> dict[str, str]:
    """Return the definitions of the terms of the vocabulary, by IRI."""
    return {term.iri: term.definition for module in read_modules() for term in module.terms}


@cache
def frameworks() -> tuple[tuple[str, str], ...]:
    """Return the short name and the title of each framework, by title.

    >>> dict(frameworks())["parihs-2004"]
    'PARIHS, version of 2004 and 2008'
    """
    found = []
    for path in module_files(with_alignments=False):
        if path.parent.name == "frameworks":
            module = read_module(path)
            found.append((module.iri.removeprefix(FRAMEWORK).strip("/"), module.title))
    return tuple(sorted(found, key=lambda entry: entry[1].casefold()))


@cache
def serialised(fmt: Format) -> bytes:
    """Return the whole ontology, without the frameworks, in a format of graphs."""
    buffer = io.BytesIO()
    Triples(iter_triples(merged_ntriples(with_frameworks=False))).write(buffer, fmt)
    return buffer.getvalue()


def _terms(triples: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]]) -> Iterator[Term]:
    """Yield the terms of a module that are of our own vocabulary, by name."""
    for iri, held in sorted(triples.items(), key=lambda item: item[0].casefold()):
        types = [value.value for value in held.get(_TYPE, [])]
        if not iri.startswith(KM) or not types:
            continue
        kind = _kind(types)
        above = held.get(f"{RDFS}subClassOf", []) + held.get(f"{RDFS}subPropertyOf", [])
        classes = [iri for iri in types if not iri.startswith(OWL)]
        name = iri.removeprefix(KM)
        labels = _texts(held, f"{RDFS}label")
        yield Term(
            name,
            iri,
            kind,
            words.sentence(labels[0] if labels else name),
            " ".join(_texts(held, _DEFINITION)),
            tuple(_texts(held, _SOURCE)),
            tuple(compact(one) for one in (classes if kind == "value" else _iris(above))),
            tuple(compact(one) for one in _iris(held.get(f"{RDFS}domain", []))),
            tuple(compact(one) for one in _iris(held.get(f"{RDFS}range", []))),
        )


def _kind(types: Iterable[str]) -> str:
    """Return which kind of term the types make it."""
    if any(iri.endswith("Property") and iri.startswith(OWL) for iri in types):
        return "property"
    return "class" if f"{OWL}Class" in types else "value"


def _texts(held: dict[str, list[ox.NamedNode | ox.Literal]], prop: str) -> list[str]:
    """Return the values of a property as text."""
    return [value.value for value in held.get(prop, [])]


def _iris(values: Iterable[ox.NamedNode | ox.Literal]) -> list[str]:
    """Return those values that are IRIs."""
    return [value.value for value in values if isinstance(value, ox.NamedNode)]
