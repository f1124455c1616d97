"""The constructs of a framework as a tree, in the order in which its authors list them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.errors import NotFoundError
from kmgraph.namespaces import expand
from kmgraph.vocabulary import load_vocabulary

_TYPE: Final = expand("rdf:type")
_CONCEPT: Final = expand("skos:Concept")
_LABEL: Final = expand("skos:prefLabel")
_DEFINITION: Final = expand("skos:definition")
_NOTATION: Final = expand("skos:notation")
_NARROWER: Final = expand("skos:narrower")
_TOP: Final = expand("skos:hasTopConcept")
_STATUS: Final = expand("km:verificationStatus")
_VERIFIED: Final = expand("km:Verified")
_VERSION: Final = expand("owl:versionInfo")


@dataclass(frozen=True, slots=True)
class ConstructNode:
    """A construct in its place in a framework.

    :ivar notation: its id, such as ``PARIHS.C.culture``.
    :ivar definition: our words for it; empty where there are none.
    :ivar is_verified: whether it was checked against a published source.
    :ivar depth: how many constructs stand above it.
    """

    iri: str
    notation: str
    label: str
    definition: str
    is_verified: bool
    depth: int

    @property
    def slug(self) -> str:
        """Return the end of its IRI."""
        return self.iri.rpartition("/")[2]


@dataclass(frozen=True)
class FrameworkTree:
    """A framework in one version.

    :ivar name: its short name, such as ``parihs-2004``.
    :ivar version: version of its file.
    :ivar constructs: its constructs, each before those below it.
    """

    name: str
    iri: str
    label: str
    version: str
    definition: str
    constructs: tuple[ConstructNode, ...]

    @cached_property
    def by_iri(self) -> dict[str, ConstructNode]:
        """Return the constructs by their IRIs."""
        return {one.iri: one for one in self.constructs}

    def construct(self, slug: str) -> ConstructNode:
        """Return a construct by the end of its IRI.

        :raises NotFoundError: it has none of this name.

        >>> read_tree("parihs-2004").construct("PARIHS.C.culture").label
        'Culture'
        """
        for one in self.constructs:
            if one.slug == slug:
                return one
        raise NotFoundError(f"the framework '{self.name}' has no construct '{slug[:80]}'")


def framework_names() -> list[str]:
    """Return the short names of all frameworks, sorted.

    >>> "parihs-2004" in framework_names()
    True
    """
    return sorted(load_vocabulary().schemes)


@cache
def read_tree(name: str) -> FrameworkTree:
    """Return a framework with its constructs.

    :param name: short name of the framework.
    :raises NotFoundError: there is no such framework.

    >>> [(one.depth, one.label) for one in read_tree("parihs-2004").constructs][:2]
    [(0, 'Evidence'), (1, 'Research')]
    """
    schemes = load_vocabulary().schemes
    if name not in schemes:
        raise NotFoundError(f"no framework '{name[:80]}': there are {', '.join(sorted(schemes))}")
    path = artefacts.folder("ontology") / "frameworks" / f"{name}.ttl"
    held: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(
            quad.object, ox.NamedNode | ox.Literal
        ):
            held[quad.subject.value][quad.predicate.value].append(quad.object.value)
    scheme = schemes[name]
    versions = (texts[_VERSION] for texts in held.values() if texts.get(_VERSION))
    return FrameworkTree(
        name,
        scheme,
        _first(held[scheme], _LABEL) or name,
        next(iter(versions), [""])[0],
        _first(held[scheme], _DEFINITION),
        tuple(_nodes(held, scheme)),
    )


def _nodes(held: dict[str, dict[str, list[str]]], scheme: str) -> Iterator[ConstructNode]:
    """Yield the constructs, each once, before those below it."""
    concepts = [iri for iri, texts in held.items() if _CONCEPT in texts.get(_TYPE, ())]
    below = {lower for iri in concepts for lower in held[iri].get(_NARROWER, ())}
    tops = [*held[scheme].get(_TOP, ()), *(iri for iri in concepts if iri not in below)]
    seen: set[str] = set()
    pending = [(iri, 0) for iri in dict.fromkeys(tops)][::-1]
    while pending:
        iri, depth = pending.pop()
        if iri in seen or iri not in held:
            continue
        seen.add(iri)
        texts = held[iri]
        yield ConstructNode(
            iri,
            _first(texts, _NOTATION) or iri.rpartition("/")[2],
            _first(texts, _LABEL) or iri.rpartition("/")[2],
            _first(texts, _DEFINITION),
            _first(texts, _STATUS) == _VERIFIED,
            depth,
        )
        pending += [(lower, depth + 1) for lower in texts.get(_NARROWER, ())][::-1]


def _first(texts: dict[str, list[str]], prop: str) -> str:
    """Return the first value of a property; empty where there is none."""
    return next(iter(texts.get(prop, ())), "")
