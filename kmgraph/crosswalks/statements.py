"""A set of mappings as RDF: SSSOM for each mapping, and beside it what the mapping states.

Source: https://mapping-commons.github.io/sssom/spec-formats-owl/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from kmgraph.crosswalks.model import Mapping, MappingSet
from kmgraph.crosswalks.sssom import NO_TERM, STATUS_WORDS
from kmgraph.namespaces import XSD, expand

_STATUS_IRIS: Final = {word: iri for iri, word in STATUS_WORDS.items()}
_TYPE: Final = ox.NamedNode(expand("rdf:type"))


def mapping_triples(found: MappingSet) -> Iterator[ox.Triple]:
    """Yield the statements of a set of mappings and of its mappings.

    A mapping is a thing with an IRI, where SSSOM has a blank node. What it states is stated
    beside it, unless the other framework has no construct.

    :param found: the set.

    >>> from kmgraph.crosswalks import load_mapping_sets
    >>> len(list(mapping_triples(load_mapping_sets()[0]))) > 300
    True
    """
    node = ox.NamedNode(found.iri)
    yield ox.Triple(node, _TYPE, ox.NamedNode(expand("sssom:MappingSet")))
    texts = {"dcterms:title": found.title, "dcterms:description": found.description}
    for name, text in texts.items():
        if text:
            yield ox.Triple(node, _named(name), ox.Literal(text, language="en"))
    yield ox.Triple(node, _named("owl:versionInfo"), ox.Literal(found.version))
    yield ox.Triple(node, _named("dcterms:license"), ox.NamedNode(found.licence))
    day = ox.Literal(found.date, datatype=ox.NamedNode(f"{XSD}date"))
    yield ox.Triple(node, _named("dcterms:created"), day)
    for creator in found.creators:
        yield ox.Triple(node, _named("sssom:creator_label"), ox.Literal(creator))
    for source in found.sources:
        yield ox.Triple(node, _named("dcterms:source"), ox.NamedNode(source))
    yield ox.Triple(node, _named("sssom:subject_source"), ox.NamedNode(found.source))
    yield ox.Triple(node, _named("sssom:object_source"), ox.NamedNode(found.target))
    for mapping in found.mappings:
        yield ox.Triple(node, _named("sssom:mappings"), ox.NamedNode(mapping.iri))
        yield from _of_mapping(mapping)


def _of_mapping(mapping: Mapping) -> Iterator[ox.Triple]:
    """Yield the statements of one mapping."""
    node = ox.NamedNode(mapping.iri)
    source, predicate = ox.NamedNode(mapping.source), _named(mapping.predicate)
    target = ox.NamedNode(mapping.target or NO_TERM)
    decimal = ox.NamedNode(f"{XSD}decimal")
    label = f"{mapping.source_label} to {mapping.target_label}"
    objects: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        ("rdf:type", _named("sssom:Mapping")),
        ("rdfs:label", ox.Literal(label, language="en")),
        ("owl:annotatedSource", source),
        ("owl:annotatedProperty", predicate),
        ("owl:annotatedTarget", target),
        ("sssom:subject_label", ox.Literal(mapping.source_label)),
        ("sssom:object_label", ox.Literal(mapping.target_label)),
        ("sssom:mapping_justification", ox.NamedNode(mapping.justification)),
        ("sssom:confidence", ox.Literal(str(mapping.confidence), datatype=decimal)),
        ("km:mappingStatus", ox.NamedNode(_STATUS_IRIS[mapping.status])),
    ]
    objects += [("sssom:author_label", ox.Literal(author)) for author in mapping.authors]
    if mapping.endorsement is not None:
        percent = ox.Literal(str(mapping.endorsement), datatype=decimal)
        objects.append(("km:endorsement", percent))
    if mapping.publication:
        objects.append(("sssom:mapping_source", ox.NamedNode(mapping.publication)))
    if mapping.comment:
        objects.append(("rdfs:comment", ox.Literal(mapping.comment, language="en")))
    for name, value in objects:
        yield ox.Triple(node, _named(name), value)
    if mapping.target:
        yield ox.Triple(source, predicate, target)


def _named(name: str) -> ox.NamedNode:
    """Return the node of a prefixed name."""
    return ox.NamedNode(expand(name))
