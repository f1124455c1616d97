"""The ontology keeps to OWL 2 DL, seen from its triples."""

from __future__ import annotations

import rdflib
from rdflib.namespace import OWL, RDF, RDFS

from kmgraph import namespaces
from kmgraph.ontology.reasoner import OWL2_DATATYPES

PROPERTY_KINDS = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)


def of_kind(graph: rdflib.Graph, kind: rdflib.URIRef) -> set[rdflib.term.Node]:
    """Return what is of a kind."""
    return set(graph.subjects(RDF.type, kind))


def test_a_property_is_of_one_kind_only(everything: rdflib.Graph) -> None:
    """No property is at once for things, for literals or for annotation."""
    kinds = [of_kind(everything, kind) for kind in PROPERTY_KINDS]
    assert not (kinds[0] & kinds[1] or kinds[0] & kinds[2] or kinds[1] & kinds[2])


def test_nothing_is_both_class_and_property_or_individual(everything: rdflib.Graph) -> None:
    """There is no punning."""
    classes = of_kind(everything, OWL.Class)
    individuals = of_kind(everything, OWL.NamedIndividual)
    properties = {p for kind in PROPERTY_KINDS for p in of_kind(everything, kind)}
    assert not (classes & properties or classes & individuals or properties & individuals)


def test_every_property_and_class_in_use_is_declared(everything: rdflib.Graph) -> None:
    """A predicate is declared or built in; so is the class of whatever has one."""
    builtin = (namespaces.RDF, namespaces.RDFS, namespaces.OWL, namespaces.XSD)
    declared = {p for kind in PROPERTY_KINDS for p in of_kind(everything, kind)}
    used = {p for p in everything.predicates() if not str(p).startswith(builtin)}
    assert used - declared == set()
    classes = of_kind(everything, OWL.Class)
    for predicate in (RDF.type, RDFS.subClassOf, OWL.someValuesFrom, OWL.disjointWith):
        for cls in everything.objects(None, predicate):
            if isinstance(cls, rdflib.URIRef) and not str(cls).startswith(builtin):
                assert cls in classes, cls


def test_restrictions_are_well_formed(everything: rdflib.Graph) -> None:
    """A restriction has one declared property, one constraint, and a filler of the same sort."""
    constraints = (
        OWL.someValuesFrom,
        OWL.allValuesFrom,
        OWL.hasValue,
        OWL.maxCardinality,
        OWL.minCardinality,
        OWL.cardinality,
    )
    restrictions = of_kind(everything, OWL.Restriction)
    assert len(restrictions) > 20
    data = of_kind(everything, OWL.DatatypeProperty)
    things = of_kind(everything, OWL.ObjectProperty)
    for node in restrictions:
        (about,) = everything.objects(node, OWL.onProperty)
        assert about in data | things, about
        assert len([c for c in constraints if everything.value(node, c) is not None]) == 1
        filler = everything.value(node, OWL.someValuesFrom)
        if filler is not None:
            literal = str(filler) in OWL2_DATATYPES
            assert literal == (about in data), about


def test_ranges_of_data_properties_are_in_the_datatype_map(everything: rdflib.Graph) -> None:
    """No range is a date or year, which OWL 2 does not know."""
    for about in of_kind(everything, OWL.DatatypeProperty):
        for given in everything.objects(about, RDFS.range):
            base = everything.value(given, OWL.onDatatype) or given
            assert str(base) in OWL2_DATATYPES, about


def test_non_simple_properties_are_not_restricted(everything: rdflib.Graph) -> None:
    """Transitive and chained properties, and those above them, have no forbidden characteristic."""
    complex_ = of_kind(everything, OWL.TransitiveProperty)
    complex_ |= set(everything.subjects(OWL.propertyChainAxiom))
    for about in list(complex_):
        complex_ |= set(everything.transitive_objects(about, RDFS.subPropertyOf))
        complex_ |= set(everything.subjects(OWL.inverseOf, about))
        complex_ |= set(everything.objects(about, OWL.inverseOf))
    assert complex_
    for kind in (
        OWL.FunctionalProperty,
        OWL.InverseFunctionalProperty,
        OWL.IrreflexiveProperty,
        OWL.AsymmetricProperty,
    ):
        assert not complex_ & of_kind(everything, kind), kind
    for node in of_kind(everything, OWL.Restriction):
        limits = (OWL.maxCardinality, OWL.minCardinality, OWL.cardinality)
        if any(everything.value(node, limit) is not None for limit in limits):
            assert everything.value(node, OWL.onProperty) not in complex_
