"""The constructs of a framework, in the order of its file."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.errors import NotFoundError
from kmgraph.namespaces import expand
from kmgraph.vocabulary import load_vocabulary

_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_CONCEPT: Final = ox.NamedNode(expand("skos:Concept"))
_LABEL: Final = ox.NamedNode(expand("skos:prefLabel"))
_BROADER: Final = ox.NamedNode(expand("skos:broader"))


@dataclass(frozen=True, slots=True)
class Outline:
    """The constructs of a framework.

    :ivar labels: IRI of each construct to its name, in the order of the file.
    :ivar below: IRI of each construct to the IRIs of all constructs below it.
    """

    labels: dict[str, str]
    below: dict[str, frozenset[str]]


@cache
def read_outline(scheme: str) -> Outline:
    """Return the constructs of a framework.

    :param scheme: short name of the framework.
    :raises NotFoundError: there is no such framework; the message lists those that there are.

    >>> list(read_outline("parihs-2004").labels.values())[:2]
    ['Evidence', 'Research']
    """
    known = load_vocabulary().schemes
    if scheme not in known:
        raise NotFoundError(f"no framework '{scheme}': there are {', '.join(sorted(known))}")
    path = artefacts.folder("ontology") / "frameworks" / f"{scheme}.ttl"
    concepts: list[str] = []
    names: dict[str, str] = {}
    parents: dict[str, list[str]] = defaultdict(list)
    for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
        subject, value = quad.subject, quad.object
        if not isinstance(subject, ox.NamedNode):
            continue
        if quad.predicate == _TYPE and value == _CONCEPT:
            concepts.append(subject.value)
        elif quad.predicate == _LABEL and isinstance(value, ox.Literal):
            names[subject.value] = value.value
        elif quad.predicate == _BROADER and isinstance(value, ox.NamedNode):
            parents[subject.value].append(value.value)
    # Schemes and descriptors have names too, and are no constructs.
    labels = {iri: names.get(iri, "") for iri in concepts}
    below: dict[str, set[str]] = {iri: set() for iri in labels}
    for iri in labels:
        for above in _above(iri, parents):
            below[above].add(iri)
    return Outline(labels, {iri: frozenset(found) for iri, found in below.items()})


def _above(iri: str, parents: dict[str, list[str]]) -> set[str]:
    """Return the IRIs of all constructs above one."""
    found: set[str] = set()
    pending = [iri]
    while pending:
        for parent in parents.get(pending.pop(), ()):
            if parent not in found:
                found.add(parent)
                pending.append(parent)
    return found
