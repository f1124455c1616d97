"""The Turtle files: headers, terms, imports, and their fit with the record tables."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS, VANN

from kmgraph.errors import ImportClosureError, RdfParseError
from kmgraph.namespaces import KM, PREFIXES, expand
from kmgraph.ontology import import_closure, iter_triples, merged_ntriples, module_files
from kmgraph.ontology.modules import ROOT, read_module
from kmgraph.records import TABLES
from kmgraph.records.columns import LIST_SEPARATOR, Kind

FILES = module_files(with_axioms=True)
OWN = [path for path in FILES if path.parent.name != "frameworks"]
DEFINITION = rdflib.URIRef("http://purl.obolibrary.org/obo/IAO_0000115")
CODE = rdflib.URIRef(KM + "code")
PROPERTY_KINDS = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)

#: Class to whether it is a class or property, as clients rely on them.
CORE_CLASSES = (
    "Programme Theme Study Innovation Site ImplementationCase Assessment EvidenceAssessment "
    "ContextAssessment FacilitationAssessment Determinant Barrier Enabler Strategy Outcome "
    "DiffusionFellowPost CommunityOfPractice Panel KnowledgeMobilisationApproach Agency "
    "QuantityClaim StatementNote Passage ConstructSummary ElementSummary Diagnosis Flip"
).split()
CORE_OBJECT_PROPERTIES = (
    "ofStudy ofInnovation atSite partOfProgramme theme design condition about construct band "
    "appropriateness ratingStatus rater raterRole ratingRound constructLevel informantLevel "
    "direction alignedWith postStatus secondedFrom communityOf exhibits reviews sector country "
    "archetype quantityKind assertionKind element evidenceBand contextBand quadrant "
    "weakestElement suggestedFacilitation facilitationFit conductedAs"
).split()
CORE_DATA_PROPERTIES = (
    "score rawScore instrument approachPosition outcomeKnown valence fullTimeEquivalent "
    "preExisting selfSustaining value lineFrom lineTo coverage lowerBound upperBound raterSpread "
    "profileSpread synthetic"
).split()
CORE_INDIVIDUALS = (
    "Low Mixed High Computed Stated DerivedByPosition Inferred Appropriate PartlyAppropriate "
    "Inappropriate Rated NotReported NotMeasured NotApplicable Unclear Improved Unchanged "
    "Worsened Uncertain Filled Vacant StatusUnknown Indeterminate Fits Misfits Unknown"
).split()
#: Classes of the terms that a dataset mints, by the segment of their IRIs.
TERM_CLASSES = {
    "condition": "km:Condition",
    "setting": "km:Setting",
    "place": "km:Place",
    "participant-kind": "km:ParticipantKind",
    "role": "org:Role",
    "method": "km:Method",
    "expertise": "km:Expertise",
    "challenge-topic": "km:ChallengeTopic",
}
DATA_KINDS = {Kind.TEXT, Kind.NAME, Kind.DATE, Kind.INTEGER, Kind.DECIMAL, Kind.BOOLEAN}
DATA_KINDS |= {Kind.SHA256, Kind.ID}
OBJECT_KINDS = {Kind.CODE, Kind.REF, Kind.CONSTRUCT, Kind.SCHEME, Kind.TERM}
COLUMNS = [
    pytest.param(column, id=f"{table.sheet}.{column.name}")
    for table in TABLES.values()
    for column in table.columns
    if column.predicate and column.predicate != "rdf:type"
]


def named(graph: rdflib.Graph, *kinds: rdflib.URIRef) -> set[rdflib.URIRef]:
    """Return the IRIs that are of one of some kinds."""
    return {
        s for kind in kinds for s in graph.subjects(RDF.type, kind) if isinstance(s, rdflib.URIRef)
    }


def own(graph: rdflib.Graph, *kinds: rdflib.URIRef) -> list[rdflib.URIRef]:
    """Return the terms of kmgraph that are of one of some kinds."""
    return sorted(iri for iri in named(graph, *kinds) if iri.startswith(KM))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_file_parses_alike_with_both_parsers(path: Path) -> None:
    """rdflib and pyoxigraph read the same number of triples."""
    read = {str(quad) for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)}
    assert len(rdflib.Graph().parse(path)) == len(read) > 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_prefixes_agree_with_the_prefix_table(path: Path) -> None:
    """A prefix stands for the same namespace in every file and in Python."""
    declared = dict(re.findall(r"^@prefix (\w*): <([^>]+)> \.$", path.read_text("utf-8"), re.M))
    assert declared
    known = {**PREFIXES, **{f"{p}": declared[p] for p in declared if p not in PREFIXES}}
    assert {p: known[p] for p in declared} == declared
    both = {iri: p for p, iri in declared.items()}
    assert {p for p, iri in PREFIXES.items() if iri in both and both[iri] != p} == set()


@pytest.mark.parametrize("path", OWN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_header_is_complete_and_in_order(path: Path) -> None:
    """Each module has one header, with its fields in the order of the house style."""
    graph = rdflib.Graph().parse(path)
    (iri,) = graph.subjects(RDF.type, OWL.Ontology)
    if path.parent.name in ("modules", "imports"):
        parent = ROOT if path.parent.name == "modules" else f"{ROOT}/imports"
        assert str(iri) == f"{parent}/{path.stem}"
    version = str(graph.value(iri, OWL.versionInfo))
    assert version == "0.1.0"
    assert version in str(graph.value(iri, OWL.versionIRI))
    assert str(graph.value(iri, DCTERMS.creator)) == "https://w3id.org/kmgraph"
    licence = "https://creativecommons.org/licenses/by/4.0/"
    assert str(graph.value(iri, DCTERMS.license)) == licence
    assert str(graph.value(iri, VANN.preferredNamespaceUri)) == KM
    header = path.read_text("utf-8").split(" a owl:Ontology ;", 1)[1].split(" .\n", 1)[0]
    fields = re.findall(r"^    ([a-z]+:\w+) ", header, re.M)
    expected = (
        "owl:versionIRI owl:versionInfo dcterms:title dcterms:description dcterms:creator "
        "dcterms:license dcterms:created dcterms:modified vann:preferredNamespacePrefix "
        "vann:preferredNamespaceUri owl:imports dcterms:source"
    ).split()
    assert fields == [field for field in expected if field in fields]
    assert set(expected) - set(fields) <= {"owl:imports"}


def test_root_holds_no_terms() -> None:
    """The root is a header and the imports of all the modules."""
    graph = rdflib.Graph().parse(FILES[0])
    assert set(graph.subjects()) == {rdflib.URIRef(ROOT)}
    modules = {f"{ROOT}/{path.stem}" for path in FILES if path.parent.name == "modules"}
    assert {str(iri) for iri in graph.objects(None, OWL.imports)} == modules


def test_every_term_is_documented(terms: rdflib.Graph) -> None:
    """Each term has one English label and definition, a source, and the module that defines it."""
    found = own(terms, OWL.Class, OWL.NamedIndividual, *PROPERTY_KINDS)
    assert len(found) > 300
    for term in found:
        for predicate in (RDFS.label, DEFINITION):
            values = [v for v in terms.objects(term, predicate) if v.language == "en"]
            assert len(values) == 1, (term, predicate)
        assert terms.value(term, DCTERMS.source), term
        (module,) = terms.objects(term, RDFS.isDefinedBy)
        assert (module, RDF.type, OWL.Ontology) in terms, term


def test_definitions_differ_from_labels_and_from_each_other(terms: rdflib.Graph) -> None:
    """A definition says something, and says it of one class or property only."""
    kinds = (OWL.Class, *PROPERTY_KINDS)
    definitions = [str(terms.value(term, DEFINITION)) for term in own(terms, *kinds)]
    assert all(text.endswith(".") and len(text.split()) > 3 for text in definitions)
    for kind in kinds:
        texts = [str(terms.value(term, DEFINITION)) for term in own(terms, kind)]
        assert len(texts) == len(set(texts))


def test_a_term_is_defined_in_the_file_of_its_module() -> None:
    """The module that a term names is the one whose file states its kind."""
    for path in OWN:
        graph = rdflib.Graph().parse(path)
        for term, module in graph.subject_objects(RDFS.isDefinedBy):
            assert str(module) == read_module(path).iri, term


def test_every_class_has_one_named_superclass(everything: rdflib.Graph) -> None:
    """In the modules, each class stands below one class; the alignments may add others."""
    modules = rdflib.Graph()
    for path in FILES:
        if path.parent.name == "modules":
            modules.parse(path)
    for cls in own(modules, OWL.Class):
        above = [c for c in modules.objects(cls, RDFS.subClassOf) if isinstance(c, rdflib.URIRef)]
        assert len(above) == 1, cls


@pytest.mark.parametrize("name", CORE_CLASSES)
def test_core_class_exists(terms: rdflib.Graph, name: str) -> None:
    """Clients rely on the class."""
    assert (rdflib.URIRef(KM + name), RDF.type, OWL.Class) in terms


@pytest.mark.parametrize("name", CORE_OBJECT_PROPERTIES)
def test_core_object_property_exists(terms: rdflib.Graph, name: str) -> None:
    """Clients rely on the object property."""
    assert (rdflib.URIRef(KM + name), RDF.type, OWL.ObjectProperty) in terms


@pytest.mark.parametrize("name", CORE_DATA_PROPERTIES)
def test_core_data_property_exists(terms: rdflib.Graph, name: str) -> None:
    """Clients rely on the data property."""
    assert (rdflib.URIRef(KM + name), RDF.type, OWL.DatatypeProperty) in terms


@pytest.mark.parametrize("name", CORE_INDIVIDUALS)
def test_core_individual_exists(terms: rdflib.Graph, name: str) -> None:
    """Clients rely on the individual."""
    assert (rdflib.URIRef(KM + name), RDF.type, OWL.NamedIndividual) in terms


def test_core_classes_stand_below_the_classes_they_should(terms: rdflib.Graph) -> None:
    """What the model says of superclasses holds by way of the hierarchy."""
    for below, above in [
        ("km:DiffusionFellowPost", "org:Post"),
        ("km:CommunityOfPractice", "foaf:Group"),
        ("km:Passage", "oa:SpecificResource"),
        ("km:Programme", "org:Organization"),
        ("km:Theme", "skos:Concept"),
        ("km:Study", "prov:Entity"),
        ("km:Barrier", "km:Determinant"),
        ("km:EvidenceAssessment", "km:Assessment"),
    ]:
        superclasses = set(terms.transitive_objects(rdflib.URIRef(expand(below)), RDFS.subClassOf))
        assert rdflib.URIRef(expand(above)) in superclasses, (below, above)


@pytest.mark.parametrize("column", COLUMNS)
def test_column_property_is_declared_and_fits(terms: rdflib.Graph, column: object) -> None:
    """The property of a column is declared, for literals or for things as the column is."""
    predicate = rdflib.URIRef(expand(column.predicate))
    kinds = {kind for kind in PROPERTY_KINDS if (predicate, RDF.type, kind) in terms}
    if column.kind in DATA_KINDS:
        assert kinds in ({OWL.DatatypeProperty}, {OWL.AnnotationProperty})
    elif column.kind in OBJECT_KINDS:
        assert kinds == {OWL.ObjectProperty}
    else:
        assert kinds in ({OWL.ObjectProperty}, {OWL.AnnotationProperty})


def test_table_classes_are_declared(terms: rdflib.Graph) -> None:
    """The classes of the record tables are classes of the ontology."""
    for table in TABLES.values():
        for name in (table.class_name, *table.also):
            assert (rdflib.URIRef(expand(name)), RDF.type, OWL.Class) in terms, name


def test_terms_of_datasets_have_classes(terms: rdflib.Graph) -> None:
    """Each segment under which terms are minted has its class."""
    columns = [column for table in TABLES.values() for column in table.columns]
    assert {column.segment for column in columns if column.segment} == set(TERM_CLASSES)
    for name in TERM_CLASSES.values():
        assert (rdflib.URIRef(expand(name)), RDF.type, OWL.Class) in terms


def test_code_lists_have_members(terms: rdflib.Graph) -> None:
    """Each list of codes has members or subclasses with a code word, none of them twice."""
    for table in TABLES.values():
        for column in table.columns:
            if not column.codes:
                continue
            cls = rdflib.URIRef(expand(column.codes))
            link = RDFS.subClassOf if column.kind is Kind.TYPE else RDF.type
            members = set(terms.transitive_subjects(link, cls)) - {cls}
            words = [str(word) for member in members for word in terms.objects(member, CODE)]
            assert len(words) == len(set(words)) > 1, column.codes
            assert column.kind is Kind.TYPE or len(words) == len(members)
            assert set(column.example.split(LIST_SEPARATOR)) <= set(words)


def test_members_of_a_code_list_are_all_different(terms: rdflib.Graph) -> None:
    """Every individual with a code stands in an AllDifferent of its class."""
    listed = {
        item
        for axiom in terms.subjects(RDF.type, OWL.AllDifferent)
        for item in terms.items(terms.value(axiom, OWL.distinctMembers))
    }
    assert {
        s for s in terms.subjects(CODE) if (s, RDF.type, OWL.NamedIndividual) in terms
    } == listed


def test_every_kmgraph_term_that_is_used_is_declared(everything: rdflib.Graph) -> None:
    """No Turtle file, query or shape uses a term of kmgraph that no module declares."""
    declared = {str(t) for t in own(everything, OWL.Class, OWL.NamedIndividual, *PROPERTY_KINDS)}
    used = {
        str(term)
        for triple in everything
        for term in triple
        if isinstance(term, rdflib.URIRef) and term.startswith(KM) and term != rdflib.URIRef(KM)
    }
    folder = FILES[0].parent.parent
    for path in [*folder.glob("queries/**/*.r[qu]"), *folder.glob("shapes/**/*.ttl")]:
        names = re.findall(r"(?<![\w/])km:([A-Za-z]\w*)", path.read_text("utf-8"))
        used |= {KM + name for name in names}
    assert used - declared == set()


def test_imports_are_local_and_complete() -> None:
    """The closure of the root is the modules, each after what it imports."""
    closure = import_closure()
    assert closure[-1].iri == ROOT
    assert len(closure) == 1 + len([p for p in FILES if p.parent.name == "modules"])
    seen: set[str] = set()
    for module in closure:
        assert set(module.imports) <= seen
        seen.add(module.iri)


def test_a_module_uses_only_what_it_imports() -> None:
    """A term of kmgraph in an axiom is declared in the module or in one that it imports."""
    for module in import_closure():
        if module.iri == ROOT:
            continue
        graph = rdflib.Graph()
        for part in import_closure(module.iri):
            graph.parse(part.path)
        declared = set(own(graph, OWL.Class, OWL.NamedIndividual, *PROPERTY_KINDS))
        used = {t for tr in graph for t in tr if isinstance(t, rdflib.URIRef) and t.startswith(KM)}
        assert used - declared <= {rdflib.URIRef(KM)}, module.iri


def test_missing_import_is_named(tmp_path: Path) -> None:
    """An import that is not shipped is an error that names both modules, and nothing is fetched."""
    path = tmp_path / "a.ttl"
    path.write_text(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "<urn:a> a owl:Ontology ; owl:imports <http://127.0.0.1:9/nowhere> ."
    )
    with pytest.raises(ImportClosureError, match=r"'urn:a' imports 'http://127.0.0.1:9/nowhere'"):
        import_closure("urn:a", files=[path])


def test_imports_that_go_round_are_refused(tmp_path: Path) -> None:
    """Two modules that import each other are an error."""
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.ttl").write_text(
            "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
            f"<urn:{name}> a owl:Ontology ; owl:imports <urn:{other}> ."
        )
    with pytest.raises(ImportClosureError, match="go round"):
        import_closure("urn:a", files=sorted(tmp_path.iterdir()))


def test_a_file_needs_one_header(tmp_path: Path) -> None:
    """A Turtle file without a header, or one that does not parse, is refused by name."""
    path = tmp_path / "none.ttl"
    path.write_text("<urn:a> <urn:b> <urn:c> .")
    with pytest.raises(ImportClosureError, match=r"none\.ttl has 0"):
        read_module(path)
    path.write_text("<urn:a> <urn:b> .")
    with pytest.raises(RdfParseError, match=r"none\.ttl, line 1"):
        read_module(path)


def test_merged_triples_are_those_of_the_files(everything: rdflib.Graph) -> None:
    """Merging loses nothing, mixes no blank nodes, and gives the same bytes twice."""
    text = merged_ntriples(with_axioms=True)
    assert text == merged_ntriples(with_axioms=True)
    blank = sum(
        len({t.subject for t in iter_triples(p) if isinstance(t.subject, ox.BlankNode)})
        for p in FILES
    )
    merged = {t.subject for t in iter_triples(text) if isinstance(t.subject, ox.BlankNode)}
    assert blank == len(merged) > 0
    assert len(everything) == len(set(text.splitlines()))


def test_frameworks_use_the_schemes_of_the_prefix_table(everything: rdflib.Graph) -> None:
    """The PARIHS elements that the modules name are concepts of the frameworks."""
    for name in ("EvidenceConstruct", "ContextConstruct", "FacilitationConstruct"):
        roots = list(everything.subjects(RDF.type, rdflib.URIRef(KM + name)))
        assert len(roots) == 2, name
        assert all((root, RDF.type, SKOS.Concept) in everything for root in roots)


def test_readme_and_catalogue_list_every_module() -> None:
    """The README names each module, and the catalogue leads from each IRI to its file."""
    folder = FILES[0].parent
    readme = (folder / "README.md").read_text("utf-8")
    catalogue = (folder / "catalog-v001.xml").read_text("utf-8")
    rows = dict(re.findall(r'<uri name="([^"]+)" uri="([^"]+)"/>', catalogue))
    assert rows == {read_module(p).iri: p.relative_to(folder).as_posix() for p in FILES}
    for path in FILES:
        if path.parent.name == "modules":
            assert f"{path.name}`" in readme, path.name
