"""The frameworks that cases are read under, in the order in which their files list them.

RDF keeps no order of the parts of a thing, and people expect that of the published table; so the
shipped Turtle files are read as they are written, once in a process.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.errors import NotFoundError
from kmgraph.namespaces import FRAMEWORK, expand

_TYPE = expand("rdf:type")
_LABEL = expand("skos:prefLabel")
_NARROWER = expand("skos:narrower")
_TOP = expand("skos:hasTopConcept")
_POLES = expand("km:poleKind")
_STATUS = expand("km:verificationStatus")
_RUNS = {
    expand("km:LowHighPoles"): "low to high",
    expand("km:TaskEnablingPoles"): "task to enabling",
}
#: Framework that cases are read under where none is chosen.
DEFAULT_SCHEME = "parihs-2004"


@dataclass(frozen=True, slots=True)
class Concept:
    """A construct of a framework.

    :ivar runs: ``low to high``, ``task to enabling``, or empty where no poles are published.
    :ivar is_verified: whether it was checked against a published source.
    """

    iri: str
    label: str
    runs: str
    is_verified: bool

    @property
    def notation(self) -> str:
        """Return its id.

        >>> Concept("https://example.org/PARIHS.C.culture", "Culture", "", True).notation
        'PARIHS.C.culture'
        """
        return self.iri.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a framework.

    :ivar concept: the element itself.
    :ivar sub_elements: the constructs below it that have none below themselves.
    :ivar above: IRI of the nearest element above it; empty at the top.
    """

    concept: Concept
    sub_elements: tuple[Concept, ...]
    above: str


@dataclass(frozen=True)
class Framework:
    """One framework in one version.

    :ivar name: its short name, such as ``parihs-2004``.
    """

    iri: str
    name: str
    label: str
    is_verified: bool
    elements: tuple[Element, ...]

    @cached_property
    def element_of(self) -> dict[str, Element]:
        """Return the IRI of each construct, with the nearest element that it belongs to."""
        found: dict[str, Element] = {}
        # Elements above others come first, so that the nearest one stays.
        for element in self.elements:
            found |= {concept.iri: element for concept in element.sub_elements}
            found[element.concept.iri] = element
        return found


@dataclass(frozen=True, slots=True)
class Frameworks:
    """What the shipped files say of frameworks and scales.

    :ivar by_name: frameworks with elements, by short name.
    :ivar labels: IRI of each concept to its label.
    :ivar measures: IRI of a scale to the constructs that it measures, as published.
    :ivar may_measure: IRI of a scale to the constructs that it is proposed to measure.
    """

    by_name: dict[str, Framework]
    labels: dict[str, str]
    measures: dict[str, tuple[str, ...]]
    may_measure: dict[str, tuple[str, ...]]

    def __getitem__(self, name: str) -> Framework:
        """Return a framework by its short name.

        :raises NotFoundError: cases are not read under a framework of this name.
        """
        if name not in self.by_name:
            raise NotFoundError(
                f"cases are not read under a framework '{name}': "
                f"there are {', '.join(self.by_name)}"
            )
        return self.by_name[name]

    def bears_on(self, construct: str) -> tuple[str, ...]:
        """Return the constructs that a rating of a construct counts for, itself first."""
        return (construct, *self.measures.get(construct, ()))

    def may_bear_on(self, construct: str) -> tuple[str, ...]:
        """Return the constructs that a rating of a construct counts for or is proposed to."""
        return (*self.bears_on(construct), *self.may_measure.get(construct, ()))

    def element_of(self, construct: str) -> tuple[Framework, Element, str] | None:
        """Return framework, element and construct that a rating of a construct belongs to."""
        for iri in self.bears_on(construct):
            framework = self.by_name.get(iri.removeprefix(FRAMEWORK).partition("/")[0])
            if framework and (element := framework.element_of.get(iri)):
                return framework, element, iri
        return None


@cache
def load_frameworks() -> Frameworks:
    """Read the shipped frameworks.

    >>> evidence = load_frameworks()["parihs-2004"].elements[0]
    >>> [concept.notation for concept in evidence.sub_elements][:2]
    ['PARIHS.E.research', 'PARIHS.E.clinical']
    """
    graph = _Graph()
    schemes = graph.instances(expand("skos:ConceptScheme"))
    elements = set(graph.instances(expand("km:Element")))
    found = [_framework(graph, scheme, elements) for scheme in schemes]
    labels = {subject: graph.text(subject, _LABEL) for subject, _ in graph.having(_LABEL)}
    return Frameworks(
        {framework.name: framework for framework in found if framework.elements},
        labels,
        dict(graph.having(expand("km:measures"))),
        dict(graph.having(expand("km:mayMeasure"))),
    )


@cache
def load_labels() -> dict[str, str]:
    """Return IRI to label of what the ontology defines.

    >>> load_labels()["https://w3id.org/kmgraph/ontology#Low"]
    'low'
    """
    files = artefacts.files("ontology", "modules/*.ttl")
    labels = {}
    for path in files:
        for triple in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            if triple.predicate.value == expand("rdfs:label") and isinstance(
                triple.subject, ox.NamedNode
            ):
                labels[triple.subject.value] = triple.object.value
    return labels


@cache
def load_definitions() -> dict[str, str]:
    """Return IRI to definition of the individuals that the ontology defines.

    >>> "hypothesis" in load_definitions()["https://w3id.org/kmgraph/ontology#RuleBothLow"]
    True
    """
    found = {}
    for path in artefacts.files("ontology", "modules/*.ttl"):
        for triple in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            if triple.predicate.value == expand("iao:0000115"):
                found[triple.subject.value] = triple.object.value
    return found


@cache
def load_positions() -> dict[str, tuple[str, str]]:
    """Return each suggested approach to facilitation with the positions that it lies between.

    >>> load_positions()["https://w3id.org/kmgraph/ontology#LightTaskSupport"]
    ('0.0', '0.4')
    """
    ends: dict[str, dict[str, str]] = defaultdict(dict)
    for path in artefacts.files("ontology", "modules/*.ttl"):
        for triple in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            if isinstance(triple.object, ox.Literal):
                ends[str(triple.subject)][triple.predicate.value] = triple.object.value
    low, high = expand("km:positionFrom"), expand("km:positionTo")
    return {
        iri.strip("<>"): (values[low], values[high])
        for iri, values in ends.items()
        if low in values and high in values
    }


def slug(label: str) -> str:
    """Return a label as a name of Python.

    >>> slug("Organisational level"), slug("Time, resources, support")
    ('organisational_level', 'time_resources_support')
    """
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")


class _Graph:
    """The statements of the framework files by subject and property, in the order of the files."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], list[str]] = defaultdict(list)
        for path in artefacts.files("ontology", "frameworks/*.ttl"):
            for triple in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
                if isinstance(triple.subject, ox.NamedNode) and not isinstance(
                    triple.object, ox.BlankNode | ox.Triple
                ):
                    key = (triple.subject.value, triple.predicate.value)
                    self._values[key].append(triple.object.value)

    def values(self, subject: str, prop: str) -> tuple[str, ...]:
        """Return the values of a property."""
        return tuple(self._values.get((subject, prop), ()))

    def text(self, subject: str, prop: str) -> str:
        """Return the first value of a property, or nothing."""
        return next(iter(self.values(subject, prop)), "")

    def having(self, prop: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield what has a property, with its values."""
        for (subject, predicate), values in self._values.items():
            if predicate == prop:
                yield subject, tuple(values)

    def instances(self, class_iri: str) -> list[str]:
        """Return the instances of a class."""
        return [subject for subject, values in self.having(_TYPE) if class_iri in values]

    def concept(self, iri: str) -> Concept:
        """Return a construct."""
        return Concept(
            iri,
            self.text(iri, _LABEL),
            _RUNS.get(self.text(iri, _POLES), ""),
            self.text(iri, _STATUS) == expand("km:Verified"),
        )


def _framework(graph: _Graph, scheme: str, elements: set[str]) -> Framework:
    """Return a framework with its elements, those above others first."""
    found = []
    for top in graph.values(scheme, _TOP):
        found += list(_elements(graph, top, elements, ""))
    return Framework(
        scheme,
        scheme.removeprefix(FRAMEWORK).rstrip("/"),
        graph.text(scheme, _LABEL),
        graph.text(scheme, _STATUS) == expand("km:Verified"),
        tuple(found),
    )


def _elements(graph: _Graph, iri: str, elements: set[str], above: str) -> Iterator[Element]:
    """Yield the elements at and below a construct."""
    if iri in elements:
        leaves = tuple(graph.concept(leaf) for leaf in _leaves(graph, iri))
        yield Element(graph.concept(iri), leaves, above)
        above = iri
    for narrower in graph.values(iri, _NARROWER):
        yield from _elements(graph, narrower, elements, above)


def _leaves(graph: _Graph, iri: str) -> Iterator[str]:
    """Yield what lies below a construct and has nothing below itself."""
    for narrower in graph.values(iri, _NARROWER):
        if graph.values(narrower, _NARROWER):
            yield from _leaves(graph, narrower)
        else:
            yield narrower
