"""The shape files themselves: metadata, messages, names, and agreement with the other artefacts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, BNode, Graph, Literal, URIRef

from kmgraph import artefacts
from kmgraph.namespaces import FRAMEWORK, KM, PREFIXES, expand
from kmgraph.records import TABLES
from tests.shapes.conftest import SH

FILES = artefacts.files("shapes", "*.ttl")
KMSH = "https://w3id.org/kmgraph/shapes#"
VANN = "http://purl.org/vocab/vann/"
#: Classes of the core model, which all need a shape.
CORE_CLASSES = (
    "km:Programme km:Theme km:Study km:Innovation km:Site km:ImplementationCase km:Assessment "
    "km:EvidenceAssessment km:ContextAssessment km:FacilitationAssessment km:Determinant "
    "km:Barrier km:Enabler km:Strategy km:Outcome km:DiffusionFellowPost km:CommunityOfPractice "
    "km:Panel km:KnowledgeMobilisationApproach km:Agency km:QuantityClaim km:StatementNote "
    "km:Passage km:ConstructSummary km:ElementSummary km:Diagnosis km:Flip"
).split()


def ids(path: Path) -> str:
    """Name a test by its file."""
    return path.stem


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_header(path: Path) -> None:
    """Each file is described as a module is."""
    graph = Graph().parse(path)
    (ontology,) = graph.subjects(RDF.type, OWL.Ontology)
    stem = "" if path.stem == "header" else f"/{path.stem}"
    assert URIRef(f"https://w3id.org/kmgraph/shapes{stem}") == ontology
    for prop in (
        OWL.versionIRI,
        OWL.versionInfo,
        DCTERMS.title,
        DCTERMS.description,
        DCTERMS.creator,
        DCTERMS.license,
        DCTERMS.created,
        DCTERMS.modified,
        DCTERMS.source,
        URIRef(f"{VANN}preferredNamespacePrefix"),
        URIRef(f"{VANN}preferredNamespaceUri"),
    ):
        assert (ontology, prop, None) in graph, prop


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_prefixes_agree_with_the_table(path: Path) -> None:
    """A prefix means the same in every file."""
    declared = dict(re.findall(r"@prefix (\w+): <([^>]+)>", path.read_text(encoding="utf-8")))
    assert declared == {name: PREFIXES.get(name, KMSH) for name in declared}
    assert set() == set(declared) - set(PREFIXES) - {"kmsh"}


def test_prefixes_of_the_queries_agree_with_the_table(shapes: Graph) -> None:
    """A query of a shape reads its prefixes as everything else does."""
    declared = {
        str(shapes.value(node, SH.prefix)): str(shapes.value(node, SH.namespace))
        for node in shapes.objects(None, SH.declare)
    }
    assert declared == {name: PREFIXES[name] for name in declared}


def test_every_shape_has_an_iri(shapes: Graph) -> None:
    """Shapes, properties and constraints can be named in a report."""
    for prop in (SH.property, SH.sparql, SH.node, SH["not"], SH.qualifiedValueShape):
        assert [] == [o for o in shapes.objects(None, prop) if isinstance(o, BNode)]
    for kind in (SH.NodeShape, SH.PropertyShape, SH.SPARQLConstraint):
        assert [] == [s for s in shapes.subjects(RDF.type, kind) if not str(s).startswith(KMSH)]
    for head in shapes.objects(None, SH["or"]):
        assert [] == [member for member in shapes.items(head) if isinstance(member, BNode)]


def test_what_is_reported_has_one_severity_and_one_english_message(shapes: Graph) -> None:
    """Each shape that can report something says it in a sentence and says how grave it is."""
    reporting = set(shapes.subjects(RDF.type, SH.PropertyShape)) | set(
        shapes.subjects(SH.sparql, None)
    )
    assert len(reporting) > 200
    for shape in reporting:
        (message,) = shapes.objects(shape, SH.message)
        (severity,) = shapes.objects(shape, SH.severity)
        assert severity in {SH.Violation, SH.Warning, SH.Info}
        assert isinstance(message, Literal)
        assert message.language == "en"
        assert re.fullmatch(r"[A-Z][^<>_{}]+\.", str(message)), message
        # A reader of the report need not know what a node, a literal or a datatype is.
        assert not re.search(r"\b(literal|datatype|xsd|triple|langString|predicate)\b", message)


def test_every_shape_has_one_name(shapes: Graph) -> None:
    """Each shape says in a few words what it is about."""
    for kind in (SH.NodeShape, SH.PropertyShape):
        for shape in shapes.subjects(RDF.type, kind):
            (name,) = shapes.objects(shape, SH.name)
            assert isinstance(name, Literal)
            assert name.language == "en"


def test_every_property_shape_is_used_once(shapes: Graph) -> None:
    """No property shape is forgotten, and each belongs to one node shape."""
    for shape in shapes.subjects(RDF.type, SH.PropertyShape):
        assert len(list(shapes.subjects(SH.property, shape))) == 1, shape


def test_every_kind_of_value_is_referred_to(shapes: Graph) -> None:
    """A node shape without a target is there because another shape needs it."""
    used = {member for head in shapes.objects(None, SH["or"]) for member in shapes.items(head)}
    targets = (SH.targetClass, SH.targetObjectsOf, SH.targetSubjectsOf)
    targeted = {node for target in targets for node in shapes.subjects(target, None)}
    assert set(shapes.subjects(RDF.type, SH.NodeShape)) == used | targeted


def test_terms_exist(shapes: Graph, vocabulary: Graph) -> None:
    """Every class, property, code and concept of ours that a shape uses is defined."""
    used = {str(term) for triple in shapes for term in triple if isinstance(term, URIRef)}
    for query in shapes.objects(None, SH.select):
        used |= {expand(name) for name in re.findall(r"\bkm:\w+", str(query))}
    ours = {iri for iri in used if iri.startswith((KM, FRAMEWORK)) and iri != KM}
    defined = {str(s) for s in vocabulary.subjects(RDF.type, None)}
    assert set() == ours - defined


def test_properties_and_classes_are_used_as_such(shapes: Graph, vocabulary: Graph) -> None:
    """A path of ours is a property and a class of ours is a class."""
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    properties = {s for kind in kinds for s in vocabulary.subjects(RDF.type, kind)}
    classes = set(vocabulary.subjects(RDF.type, OWL.Class))
    paths = {path for path in shapes.objects(None, SH.path) if str(path).startswith(KM)}
    named = {
        cls
        for prop in (SH.targetClass, SH["class"])
        for cls in shapes.objects(None, prop)
        if str(cls).startswith(KM)
    }
    assert set() == paths - properties
    assert set() == named - classes


def paths_of(shapes: Graph, vocabulary: Graph, cls: str) -> set[str]:
    """Return the paths that are checked on the instances of a class."""
    superclasses = set(vocabulary.transitive_objects(URIRef(cls), RDFS.subClassOf))
    return {
        str(shapes.value(prop, SH.path))
        for holder, target in shapes.subject_objects(SH.targetClass)
        if target in superclasses
        for prop in shapes.objects(holder, SH.property)
    }


@pytest.mark.parametrize("sheet", sorted(TABLES))
def test_every_column_is_checked(sheet: str, shapes: Graph, vocabulary: Graph) -> None:
    """Each property that a sheet's records have is looked at by a shape."""
    table = TABLES[sheet]
    wanted = {
        expand(column.predicate)
        for column in table.columns
        if column.predicate and column.predicate != "rdf:type"
    }
    assert set() == wanted - paths_of(shapes, vocabulary, expand(table.class_name))


@pytest.mark.parametrize("name", CORE_CLASSES)
def test_every_class_of_the_core_model_has_shapes(
    name: str, shapes: Graph, vocabulary: Graph
) -> None:
    """No class of the core model goes unchecked."""
    assert len(paths_of(shapes, vocabulary, expand(name))) >= 2


def test_shapes_follow_the_shapes_of_shapes() -> None:
    """The shapes graph is well-formed by SHACL's own shapes."""
    pyshacl = pytest.importorskip("pyshacl", reason="pySHACL is not installed")
    shapes = Graph()
    for path in FILES:
        shapes.parse(path)
    conforms, _, report = pyshacl.validate(Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, report
