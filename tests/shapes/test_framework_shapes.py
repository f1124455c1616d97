"""The shapes of frameworks: they have a set and a run of their own, beside those of records.

The shipped frameworks and all cases are validated together, in one run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kmgraph import artefacts
from kmgraph.cli import cli
from kmgraph.errors import FileAccessError, InputError, RdfParseError
from kmgraph.namespaces import FRAMEWORK, KM, PREFIXES, expand
from kmgraph.validation import Report, validate_frameworks
from tests.shapes.conftest import CASES, SH, text

FOLDER = artefacts.folder("shapes") / "frameworks"
FILES = sorted(path.stem for path in FOLDER.glob("*.ttl"))
KMSH = "https://w3id.org/kmgraph/shapes#"
#: Parameter of SHACL to the component that reports it.
PARAMETERS = {
    SH[name]: SH[f"{name[0].upper()}{name[1:]}ConstraintComponent"]
    for name in "class datatype disjoint maxCount minCount minInclusive uniqueLang".split()
}
#: What is not a constraint of a shape.
DESCRIPTION = {SH.path, SH.name, SH.message, SH.severity, SH.property, SH.sparql, SH.order}
#: focus node, path, value, severity, component, and the constraint or the shape
Row = tuple[str, str, str, str, str, str]


@dataclass(frozen=True)
class Outcome:
    """The cases, what is expected of them, and what the run found."""

    graph: Graph
    expected: set[Row]
    report: Report
    found: set[Row]


def row(graph: Graph, node: Node) -> Row:
    """Return a validation result as a row; of a query, the query is named."""
    columns = (SH.focusNode, SH.resultPath, SH.value, SH.resultSeverity)
    focus, path, value, severity = (text(graph.value(node, column)) for column in columns)
    source = graph.value(node, SH.sourceConstraint) or graph.value(node, SH.sourceShape)
    component = text(graph.value(node, SH.sourceConstraintComponent))
    return focus, path, value, severity, component, text(source)


def results(graph: Graph) -> set[Node]:
    """Return the nodes of a graph that are validation results."""
    return set(graph.subjects(RDF.type, SH.ValidationResult))


@pytest.fixture(scope="module")
def framework_shapes() -> Graph:
    """Return the shapes of frameworks."""
    graph = Graph()
    for path in FOLDER.glob("*.ttl"):
        graph.parse(path)
    return graph


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Validate the shipped frameworks with all cases beside them."""
    pytest.importorskip("pyshacl", reason="pySHACL is not installed")
    graph = Graph()
    for path in sorted((CASES / "frameworks").glob("*.ttl")):
        graph.parse(path)
    expected = {row(graph, node) for node in results(graph)}
    for node in results(graph):
        graph.remove((node, None, None))
    data = tmp_path_factory.mktemp("frameworks") / "cases.nt"
    graph.serialize(data, format="nt", encoding="utf-8")
    report = validate_frameworks([data])
    turtle = Graph().parse(data=report.to_turtle(), format="turtle")
    return Outcome(graph, expected, report, {row(turtle, node) for node in results(turtle)})


def test_report_is_exactly_as_expected(outcome: Outcome) -> None:
    """The cases yield the results that stand beside them, and no others."""
    assert outcome.expected == {r for r in outcome.found if "example.org/case/" in r[0]}


def test_shipped_frameworks_and_mappings_conform(outcome: Outcome) -> None:
    """Nothing is reported of what is shipped, not even a remark."""
    assert set() == {r for r in outcome.found if "example.org/case/" not in r[0]}


def test_every_constraint_has_a_violating_case(framework_shapes: Graph, outcome: Outcome) -> None:
    """No parameter and no query stands there untested."""
    wanted = {
        (text(shape), text(component))
        for parameter, component in PARAMETERS.items()
        for shape in framework_shapes.subjects(parameter, None)
    } | {
        (text(query), text(SH.SPARQLConstraintComponent))
        for query in framework_shapes.objects(None, SH.sparql)
    }
    assert len(wanted) > 70
    assert set() == wanted - {(r[5], r[4]) for r in outcome.expected}


def test_no_constraint_is_unknown_to_these_tests(framework_shapes: Graph) -> None:
    """A parameter of SHACL that this file does not know of would go untested."""
    used = {
        predicate
        for shape in framework_shapes.subjects(RDF.type, SH.PropertyShape)
        for predicate in framework_shapes.predicates(shape)
        if str(predicate).startswith(str(SH))
    }
    assert set() == used - set(PARAMETERS) - DESCRIPTION


def test_every_shape_has_a_conforming_case(framework_shapes: Graph, outcome: Outcome) -> None:
    """Each shape accepts a case that has something for it to check."""
    refused = {(r[5], r[0]) for r in outcome.found}
    for shape in framework_shapes.subjects(RDF.type, SH.PropertyShape):
        path = framework_shapes.value(shape, SH.path)
        if isinstance(path, BNode):
            inverse = framework_shapes.value(path, SH.inversePath)
            holders = set(outcome.graph.objects(None, inverse))
        else:
            holders = set(outcome.graph.subjects(path, None))
        assert [h for h in holders if (text(shape), text(h)) not in refused], shape


def test_shapes_are_no_part_of_those_for_records(shapes: Graph, framework_shapes: Graph) -> None:
    """Who checks a bundle does not wait for the frameworks to be checked."""
    nodes = set(framework_shapes.subjects(RDF.type, SH.NodeShape))
    assert nodes
    assert set() == nodes & set(shapes.subjects(RDF.type, SH.NodeShape))
    assert SKOS.ConceptScheme not in set(shapes.objects(None, SH.targetClass))


@pytest.mark.parametrize("stem", FILES)
def test_header(stem: str) -> None:
    """Each file is described as a module is, and its prefixes are those of the table."""
    path = FOLDER / f"{stem}.ttl"
    graph = Graph().parse(path)
    (ontology,) = graph.subjects(RDF.type, OWL.Ontology)
    assert URIRef(f"https://w3id.org/kmgraph/shapes/{stem}") == ontology
    for prop in (OWL.versionIRI, OWL.versionInfo, DCTERMS.title, DCTERMS.license, DCTERMS.source):
        assert (ontology, prop, None) in graph, prop
    for shape in graph.subjects(RDF.type, SH.NodeShape):
        assert ontology == graph.value(shape, RDFS.isDefinedBy)
    declared = dict(re.findall(r"@prefix (\w+): <([^>]+)>", path.read_text(encoding="utf-8")))
    assert declared == {name: PREFIXES.get(name, KMSH) for name in declared}


def test_what_is_reported_is_said_in_plain_words(framework_shapes: Graph) -> None:
    """Each shape and query says in a sentence what is wrong, and how grave that is."""
    reporting = set(framework_shapes.subjects(RDF.type, SH.PropertyShape))
    reporting |= set(framework_shapes.objects(None, SH.sparql))
    for shape in reporting:
        (message,) = framework_shapes.objects(shape, SH.message)
        (severity,) = framework_shapes.objects(shape, SH.severity)
        assert severity == SH.Violation
        assert isinstance(message, Literal)
        assert message.language == "en"
        assert re.fullmatch(r"[A-Z][^<>_{}]+\.", str(message)), message
        assert not re.search(r"\b(literal|datatype|xsd|triple|langString|predicate)\b", message)
        assert str(shape).startswith(KMSH)


def test_terms_exist(framework_shapes: Graph, vocabulary: Graph) -> None:
    """Every term of ours that a shape or a query uses is defined."""
    used = {str(t) for triple in framework_shapes for t in triple if isinstance(t, URIRef)}
    for query in framework_shapes.objects(None, SH.select):
        used |= {expand(name) for name in re.findall(r"\bkm:\w+", str(query))}
    ours = {iri for iri in used if iri.startswith((KM, FRAMEWORK)) and iri != KM}
    assert set() == ours - {str(s) for s in vocabulary.subjects(RDF.type, None)}


def test_report_names_what_is_wrong(outcome: Outcome) -> None:
    """A reader is told which construct of which framework is wrong, in words."""
    (result,) = (
        r for r in outcome.report.violations if str(r.focus_node).endswith("/TopBroader-loose>")
    )
    assert "if nothing is broader, and only then" in result.message
    assert str(result.value) == "<https://example.org/case/skos/TopBroader-loose-2>"


def test_a_file_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    """Who mistypes a name, or a line of Turtle, learns which file it was."""
    with pytest.raises(FileAccessError, match=r"missing\.ttl"):
        validate_frameworks([tmp_path / "missing.ttl"])
    (tmp_path / "broken.ttl").write_text("<urn:a> <urn:b>", encoding="utf-8")
    with pytest.raises(RdfParseError, match=r"broken\.ttl"):
        validate_frameworks([tmp_path / "broken.ttl"])


def test_the_command_line_says_what_it_cannot_check(tmp_path: Path) -> None:
    """A store has no frameworks of its own to check, and a file has to be there."""
    both = CliRunner().invoke(cli, ["validate", "--frameworks", "--store", str(tmp_path)])
    assert both.exit_code == 2
    assert "not both" in both.output
    missing = CliRunner().invoke(cli, ["validate", "--frameworks", str(tmp_path / "mine.ttl")])
    assert missing.exit_code == 1
    assert "mine.ttl: there is no such file" in missing.output


class Conforming:
    """An engine that keeps what it was given and finds nothing."""

    name = "one that finds nothing"
    data = ""
    shapes: tuple[str, ...] = ()

    def validate(self, data: Path, shapes: Sequence[Path] | Path, *, timeout_s: float) -> Report:
        """Keep the data and the names of the shapes."""
        assert timeout_s > 0
        self.data = data.read_text(encoding="utf-8")
        self.shapes = (shapes.name,) if isinstance(shapes, Path) else tuple(s.name for s in shapes)
        return Report.of([])


@pytest.mark.parametrize("content", ["", "<urn:a> <urn:b> <urn:c> .\n"])
def test_a_file_with_nothing_to_check_does_not_conform(tmp_path: Path, content: str) -> None:
    """Neither an empty file nor one about something else passes for a framework."""
    path = tmp_path / "none.nt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"none\.nt: holds no framework and no mapping"):
        validate_frameworks([path], engine=Conforming())


def test_mappings_of_ones_own_are_checked(tmp_path: Path) -> None:
    """A proposed mapping that is exact is a violation, written as RDF or as a table."""
    pytest.importorskip("pyshacl", reason="pySHACL is not installed")
    shipped = artefacts.folder("ontology") / "mappings" / "parihs-2004-to-cfir-2022.sssom.tsv"
    table = tmp_path / "mine.sssom.tsv"
    words = shipped.read_text(encoding="utf-8")
    assert "skos:closeMatch" in words
    table.write_text(words.replace("skos:closeMatch", "skos:exactMatch", 1), encoding="utf-8")
    bare = tmp_path / "bare.ttl"
    bare.write_text(
        "<https://example.org/m> a <https://w3id.org/sssom/Mapping> .\n", encoding="utf-8"
    )
    report = validate_frameworks([table, bare])
    messages = {str(r.focus_node).strip("<>"): r.message for r in report.violations}
    mine = "https://w3id.org/kmgraph/mapping/mine/PARIHS.E.research--CFIR2.I.B"
    assert "only proposed cannot be exact" in messages[mine]
    assert "https://example.org/m" in messages


def test_a_table_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """An empty table is an error that names it."""
    (tmp_path / "mine.sssom.tsv").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.sssom\.tsv"):
        validate_frameworks([tmp_path / "mine.sssom.tsv"], engine=Conforming())
