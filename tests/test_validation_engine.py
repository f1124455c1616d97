"""Running the reference engine, and what callers get to hold."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import RDF, Graph, Namespace

from kmgraph import artefacts
from kmgraph.errors import InputError, MissingExtraError, NonConformanceError, ShapesError
from kmgraph.progress import ProgressEvent
from kmgraph.validation import (
    ENGINES,
    Held,
    Location,
    PySHACLEngine,
    Report,
    Result,
    SetEngine,
    Severity,
    engine_named,
    locate,
    validate_triples,
)
from kmgraph.validation.process import PROCESS, ValidationProcess
from kmgraph.validation.reading import read_report, report_from_triples
from kmgraph.validation.writing import path_text

SH = Namespace("http://www.w3.org/ns/shacl#")
XSD = "http://www.w3.org/2001/XMLSchema#"
BASE = "https://example.org/id/"
KM = "https://w3id.org/kmgraph/ontology#"
PREFIXES = """
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ex: <https://example.org/id/> .
@prefix km: <https://w3id.org/kmgraph/ontology#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
PASSAGE = """
<https://example.org/id/document/d1> a km:Document ; dcterms:identifier "d1" ;
    dcterms:title "A paper"@en .
<https://example.org/id/passage/p1> a km:Passage ; dcterms:identifier "p1" ; km:page 3 ;
    oa:hasSource <https://example.org/id/document/d1> .
"""
NAMELESS = """
<https://example.org/id/innovation/i1> a km:Innovation ; dcterms:identifier "i1" ;
    km:assertionKind km:Stated .
km:Stated a km:AssertionKind .
"""

needs_pyshacl = pytest.mark.skipif(
    importlib.util.find_spec("pyshacl") is None,
    reason="pySHACL is not installed",
)


def n_triples(folder: Path, turtle: str) -> Path:
    """Write Turtle as N-Triples."""
    path = folder / "data.nt"
    Graph().parse(data=PREFIXES + turtle).serialize(path, format="nt", encoding="utf-8")
    return path


def shapes_file(folder: Path, turtle: str) -> Path:
    """Write shapes of a test's own."""
    path = folder / "shapes.ttl"
    path.write_text(PREFIXES + turtle, encoding="utf-8")
    return path


def locator(iri: str) -> Location | None:
    """Find the records of this module."""
    rows = {
        f"{BASE}innovation/i1": Location("innovations.csv", 7, "innovations", "i1"),
        f"{BASE}passage/p1": Location("passages.csv", 2, "passages", "p1"),
    }
    return rows.get(iri)


def result(**facts: object) -> Result:
    """Return a result with some facts changed."""
    usual: dict[str, object] = {
        "focus_node": ox.NamedNode(f"{BASE}innovation/i1"),
        "severity": Severity.VIOLATION,
        "component": str(SH.MinCountConstraintComponent),
        "source_shape": ox.NamedNode("https://w3id.org/kmgraph/shapes#Innovation-label"),
        "messages": ("An innovation needs a name, once in each language.",),
    }
    return Result(**{**usual, **facts})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Validate an innovation without name and passage; its report names file and row."""
    pytest.importorskip("pyshacl", reason="pySHACL is not installed")
    data = n_triples(tmp_path_factory.mktemp("validation"), NAMELESS)
    return validate_triples(data, locator=locator)


def test_report_says_what_is_wrong_and_where(report: Report) -> None:
    """A missing name is a violation and a missing passage a warning, each with its row."""
    (violation,), (warning,) = report.violations, report.warnings
    assert not report.conforms
    assert ox.NamedNode(f"{BASE}innovation/i1") == violation.focus_node
    assert ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel") == violation.path
    assert str(SH.MinCountConstraintComponent) == violation.component
    assert (
        ox.NamedNode("https://w3id.org/kmgraph/shapes#Innovation-label") == violation.source_shape
    )
    assert Location("innovations.csv", 7, "innovations", "i1") == violation.location
    assert (
        ox.NamedNode("https://w3id.org/kmgraph/shapes#UnclaimedRecord-passageGiven")
        == warning.source_shape
    )


def test_text_is_grouped_by_record_with_file_and_row(report: Report) -> None:
    """A reader finds the record, its row and plain sentences."""
    assert report.to_text().splitlines() == [
        "innovations.csv, row 7, i1 (https://example.org/id/innovation/i1)",
        "  violation: An innovation needs a name, once in each language. [skos:prefLabel]",
        "  warning: The record does not say which passage of a document it rests on. "
        "[prov:wasDerivedFrom]",
        "",
        "does not conform: 1 violation, 1 warning",
    ]


def test_json_has_each_result_with_its_row(report: Report) -> None:
    """A program finds the same facts by key."""
    document = json.loads(report.to_json())
    assert document["conforms"] is False
    assert document["counts"] == {"violation": 1, "warning": 1}
    assert document["results"][0] == {
        "severity": "violation",
        "message": "An innovation needs a name, once in each language.",
        "focusNode": f"{BASE}innovation/i1",
        "path": "skos:prefLabel",
        "value": None,
        "component": str(SH.MinCountConstraintComponent),
        "sourceShape": "https://w3id.org/kmgraph/shapes#Innovation-label",
        "file": "innovations.csv",
        "sheet": "innovations",
        "row": 7,
        "record": "i1",
    }


def test_turtle_reads_back_as_the_same_report(report: Report) -> None:
    """The SHACL report holds everything but the rows."""
    triples = [q.triple for q in ox.parse(report.to_turtle(), format=ox.RdfFormat.TURTLE)]
    assert report == report_from_triples(triples).located(locator)
    graph = Graph().parse(data=report.to_turtle())
    (node,) = graph.subjects(RDF.type, SH.ValidationReport)
    assert graph.value(node, SH.conforms).toPython() is False


def test_nonconformance_is_raised_only_on_request(report: Report) -> None:
    """The error names the first violation and carries the report."""
    with pytest.raises(NonConformanceError, match=r"1 violation.*innovations.csv, row 7") as caught:
        report.raise_for_nonconformance()
    assert report is caught.value.report
    Report.of([result(severity=Severity.WARNING)]).raise_for_nonconformance()


def test_warnings_and_remarks_do_not_stop_publication() -> None:
    """Only a violation does, and a severity that SHACL does not define counts as one."""
    light = Report.of([result(severity=Severity.WARNING), result(severity=Severity.INFO)])
    assert light.conforms
    assert light.to_text().endswith("conforms: 1 warning, 1 info")
    assert Severity.from_iri("https://example.org/Fatal") is Severity.VIOLATION


def test_results_come_in_the_same_order_whatever_order_they_arrive_in() -> None:
    """A report does not depend on how an engine works through its shapes."""
    mixed = [
        result(severity=Severity.WARNING),
        result(focus_node=ox.NamedNode(f"{BASE}a")),
        result(),
    ]
    assert Report.of(mixed) == Report.of(reversed(mixed))
    assert [r.severity.value for r in Report.of(mixed).results] == [
        "violation",
        "violation",
        "warning",
    ]


def test_a_dependent_node_is_found_at_its_record() -> None:
    """A quote stands in the row of its passage, and a stranger nowhere."""
    assert locate(f"{BASE}passage/p1/quote", locator) == locator(f"{BASE}passage/p1")
    assert locate(f"{BASE}passage/p12", locator) is None
    assert locate("urn:x", locator) is None


@needs_pyshacl
def test_a_quote_is_reported_in_the_row_of_its_passage(tmp_path: Path) -> None:
    """What depends on a record is grouped under its file and row."""
    quote = (
        "<https://example.org/id/passage/p1> oa:hasSelector "
        "<https://example.org/id/passage/p1/quote> ; km:quoteBasis km:PublishedQuote . "
        "<https://example.org/id/passage/p1/quote> a oa:TextQuoteSelector . "
        "km:PublishedQuote a km:QuoteBasis ."
    )
    report = validate_triples(n_triples(tmp_path, PASSAGE + quote), locator=locator)
    (found,) = report.results
    assert found.message == "A quote needs its words, once."
    assert str(found.location) == "passages.csv, row 2"


@needs_pyshacl
def test_the_name_of_a_person_stays_out_of_the_report(tmp_path: Path) -> None:
    """A report on a name without a basis does not spread the name."""
    person = (
        "ex:p a <http://xmlns.com/foaf/0.1/Person> ; dcterms:identifier 'p' ; "
        "skos:prefLabel 'Ward manager A'@en ; <http://xmlns.com/foaf/0.1/name> 'Ada Byron' ; "
        "prov:wasDerivedFrom <https://example.org/id/passage/p1> ; km:assertionKind km:Stated . "
        "km:Stated a km:AssertionKind ."
    )
    report = validate_triples(n_triples(tmp_path, PASSAGE + person))
    assert [r.path for r in report.violations] == [ox.NamedNode("http://xmlns.com/foaf/0.1/name")]
    for written in (report.to_text(), report.to_json(), report.to_turtle()):
        assert "Byron" not in written


@needs_pyshacl
def test_numbers_are_reported_as_they_are_written(tmp_path: Path) -> None:
    """A value is not rewritten on its way into the report."""
    shapes = shapes_file(
        tmp_path,
        "ex:S a sh:NodeShape ; sh:targetClass ex:T ; sh:property ex:P . "
        "ex:P a sh:PropertyShape ; sh:path ex:n ; sh:maxInclusive 1.0 .",
    )
    data = n_triples(tmp_path, "")
    data.write_text(
        f"<{BASE}a> <{RDF.type}> <{BASE}T> .\n"
        f'<{BASE}a> <{BASE}n> "02.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n',
        encoding="utf-8",
    )
    (found,) = PySHACLEngine().validate(data, shapes, timeout_s=60).results
    assert isinstance(found.value, ox.Literal)
    assert found.value.value == "02.50"


@needs_pyshacl
def test_a_longer_path_is_kept_and_written_as_sparql_writes_it(tmp_path: Path) -> None:
    """A result at an inverse path says so in words and in Turtle."""
    shapes = shapes_file(
        tmp_path,
        "ex:S a sh:NodeShape ; sh:targetClass km:Study ; sh:property ex:P . "
        "ex:P a sh:PropertyShape ; sh:minCount 1 ; sh:path ( [ sh:inversePath km:ofStudy ] "
        "[ sh:alternativePath ( km:atSite [ sh:zeroOrMorePath skos:broader ] ) ] ) .",
    )
    data = n_triples(tmp_path, "ex:a a km:Study .")
    report = PySHACLEngine().validate(data, shapes, timeout_s=60)
    (found,) = report.results
    assert path_text(found) == "^km:ofStudy/(km:atSite|skos:broader*)"
    triples = [q.triple for q in ox.parse(report.to_turtle(), format=ox.RdfFormat.TURTLE)]
    assert path_text(report_from_triples(triples).results[0]) == path_text(found)


@needs_pyshacl
def test_bad_shapes_are_an_error_that_says_why(tmp_path: Path) -> None:
    """Shapes that are not Turtle, or not SHACL, give no report."""
    data = n_triples(tmp_path, "ex:a a km:Study .")
    broken = shapes_file(tmp_path, "ex:S a sh:NodeShape ; sh:targetClass")
    with pytest.raises(ShapesError, match=r"shapes\.ttl cannot be read as Turtle"):
        PySHACLEngine().validate(data, broken, timeout_s=60)
    wrong = shapes_file(tmp_path, "ex:S a sh:NodeShape ; sh:targetClass km:Study ; sh:property 5 .")
    with pytest.raises(ShapesError, match="not a well-formed SHACL PropertyShape"):
        PySHACLEngine().validate(data, wrong, timeout_s=60)


@needs_pyshacl
@pytest.mark.parametrize("name", ENGINES)
def test_data_that_cannot_be_read_is_an_error(tmp_path: Path, name: str) -> None:
    """Data that is not there gives no report that says it conforms."""
    with pytest.raises(ShapesError, match=r"validation failed: .*No such file"):
        validate_triples(tmp_path / "absent.nt", engine=engine_named(name))


@needs_pyshacl
@pytest.mark.parametrize("name", ENGINES)
def test_validation_that_takes_too_long_is_stopped(tmp_path: Path, name: str) -> None:
    """The time limit is kept and named."""
    with pytest.raises(ShapesError, match=r"longer than 0\.001 s"):
        data = n_triples(tmp_path, NAMELESS)
        validate_triples(data, engine=engine_named(name), timeout_s=0.001)


def test_an_engine_that_there_is_not_is_named() -> None:
    """The error says which engines there are."""
    with pytest.raises(InputError, match="kmgraph, pyshacl"):
        engine_named("quick")


@needs_pyshacl
def test_shapes_that_our_engine_does_not_know_are_left_to_pyshacl(tmp_path: Path) -> None:
    """Nothing that a shape asks is passed over."""
    shapes = shapes_file(
        tmp_path,
        "ex:S a sh:NodeShape ; sh:targetClass km:Study ; sh:property ex:P . "
        "ex:P a sh:PropertyShape ; sh:path km:title ; sh:minLength 3 ; sh:message 'Longer' .",
    )
    data = n_triples(tmp_path, "ex:a a km:Study ; km:title 'ab' .")
    (found,) = SetEngine().validate(data, shapes, timeout_s=60).results
    assert found.component.endswith("MinLengthConstraintComponent")


def test_what_a_report_does_not_hold_is_counted_and_written(tmp_path: Path) -> None:
    """However much is wrong, a report stays small, and nothing is lost."""
    rest = tmp_path / "rest.jsonl"
    held = Held(most=2, rest=rest, locator=locator)
    held.take(result(severity=Severity.WARNING) for _ in range(5))
    report = held.report()
    assert (len(report.results), report.count(Severity.WARNING), report.conforms) == (2, 5, True)
    lines = [json.loads(line) for line in rest.read_text(encoding="utf-8").splitlines()]
    assert [(line["severity"], line["row"]) for line in lines] == [("warning", 7)] * 3
    assert "5 warnings" in report.to_text()
    assert json.loads(report.to_json())["counts"] == {"warning": 5}
    none = Held(most=0)
    none.take([result(severity=Severity.VIOLATION)])
    assert not none.report().conforms


def test_a_killed_process_is_an_error_that_names_the_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies leaves no half report behind."""
    PROCESS.close()
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho 'last words' >&2\nkill -9 $$\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(ShapesError, match="SIGKILL; last line: last words"):
        PySHACLEngine().validate(n_triples(tmp_path, NAMELESS), [], timeout_s=60)


def test_an_engine_that_writes_no_report_is_an_error(tmp_path: Path) -> None:
    """An empty file is not a report that nothing is wrong."""
    empty = tmp_path / "report.nt"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(ShapesError, match="no report"):
        read_report(empty)


def test_without_pyshacl_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install kmgraph\[validate\]"):
        validate_triples(n_triples(tmp_path, NAMELESS), engine=PySHACLEngine())
    assert not validate_triples(n_triples(tmp_path, NAMELESS)).conforms


@needs_pyshacl
def test_no_other_host_is_reached(tmp_path: Path) -> None:
    """Neither imports nor queries of shapes reach out; asking for it is refused."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        data = n_triples(tmp_path, "ex:a a km:Study .")
        imports = (
            f"<{BASE}o> a <http://www.w3.org/2002/07/owl#Ontology> ; "
            f"<http://www.w3.org/2002/07/owl#imports> <{url}/more.ttl> ."
        )
        shapes = shapes_file(tmp_path, imports)
        assert PySHACLEngine().validate(data, shapes, timeout_s=60).conforms
        service = (
            "ex:S a sh:NodeShape ; sh:targetClass km:Study ; sh:sparql ex:C . "
            f"ex:C sh:select 'SELECT $this WHERE {{ SERVICE <{url}/sparql> {{ $this ?p ?o }} }}' ."
        )
        shapes = shapes_file(tmp_path, service)
        for name in ENGINES:
            with pytest.raises(ShapesError, match=r"(?i)service|other hosts"):
                engine_named(name).validate(data, shapes, timeout_s=60)
        with pytest.raises(TimeoutError):
            server.accept()


@needs_pyshacl
def test_threads_of_this_process_are_not_disturbed(tmp_path: Path) -> None:
    """rdflib goes on normalising numbers here while validation runs."""
    data = n_triples(tmp_path, NAMELESS)
    seen: set[str] = set()
    engine = PySHACLEngine()
    thread = threading.Thread(target=validate_triples, args=(data,), kwargs={"engine": engine})
    thread.start()
    while thread.is_alive():
        seen.add(str(rdflib.Literal("02", datatype=rdflib.XSD.integer)))
        thread.join(0.01)
    assert seen == {"2"}


def test_another_engine_can_take_the_place_of_the_reference(tmp_path: Path) -> None:
    """An engine is anything that turns files into a report; progress is told."""

    class Strict:
        name = "strict"

        def validate(self, data: Path, shapes: object, *, timeout_s: float) -> Report:
            assert timeout_s == 5
            return Report.of([result()])

    events: list[ProgressEvent] = []
    report = validate_triples(
        tmp_path / "unread.nt",
        engine=Strict(),
        locator=locator,
        timeout_s=5,
        progress=events.append,
    )
    assert str(report.results[0].location) == "innovations.csv, row 7"
    assert {event.phase for event in events} == {"validation"}


@needs_pyshacl
def test_the_process_is_kept_and_says_the_same_again(tmp_path: Path) -> None:
    """What a validation leaves behind does not change the next one."""
    process = ValidationProcess()
    good, bad = tmp_path / "good", tmp_path / "bad"
    for folder, turtle in ((good, PASSAGE), (bad, NAMELESS)):
        folder.mkdir()
        n_triples(folder, turtle)
    shapes = artefacts.files("shapes", "*.ttl")
    found: dict[Path, set[str]] = {good: set(), bad: set()}
    try:
        for folder in (good, bad, good, bad, bad):
            report = folder / "report.nt"
            process.validate(folder / "data.nt", report, shapes, 60)
            found[folder].add(str(sorted(map(str, read_report(report).results))))
            pid = process.pid
            assert pid is not None
        process.validate(good / "data.nt", good / "report.nt", shapes, 60)
        assert pid == process.pid
        os.kill(pid, signal.SIGKILL)
        process.validate(good / "data.nt", good / "report.nt", shapes, 60)
        assert process.pid not in (None, pid)
    finally:
        process.close()
    assert process.pid is None
    assert all(len(reports) == 1 for reports in found.values())
    assert found[good] != found[bad]


@needs_pyshacl
def test_after_a_validation_that_was_stopped_the_next_one_works(tmp_path: Path) -> None:
    """The process is ended with it, and another one is started."""
    process = ValidationProcess()
    data, report = n_triples(tmp_path, NAMELESS), tmp_path / "report.nt"
    shapes = artefacts.files("shapes", "*.ttl")
    try:
        with pytest.raises(ShapesError, match="took longer than"):
            process.validate(data, report, shapes, 0.05)
        process.validate(data, report, shapes, 60)
    finally:
        process.close()
    assert not read_report(report).conforms


@needs_pyshacl
def test_shapes_that_have_changed_are_read_again(tmp_path: Path) -> None:
    """The kept process keeps the shapes too, and notices when a file says something else."""
    data = tmp_path / "data.nt"
    text = f'"a"^^<{XSD}string>'
    data.write_text(f"<urn:s> <urn:p> {text} .\n", encoding="utf-8")
    shape = "ex:S a sh:NodeShape ; sh:targetNode <urn:s> ; sh:property [ sh:path <urn:p> ; {} ] ."
    engine = PySHACLEngine()
    for rule, conforms in (("sh:hasValue 'a'", True), ("sh:hasValue 'b'", False)):
        shapes = shapes_file(tmp_path, shape.format(rule))
        assert conforms == engine.validate(data, shapes, timeout_s=60).conforms


@needs_pyshacl
def test_the_process_outlives_the_folder_it_was_started_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever validates from a folder that is then removed can validate again."""
    process = ValidationProcess()
    data, report = n_triples(tmp_path, PASSAGE), tmp_path / "report.nt"
    shapes = artefacts.files("shapes", "*.ttl")
    gone = tmp_path / "gone"
    gone.mkdir()
    try:
        with monkeypatch.context() as there:
            there.chdir(gone)
            process.validate(data, report, shapes[:2], 60)
        gone.rmdir()
        process.validate(data, report, shapes, 60)
    finally:
        process.close()
    assert read_report(report).conforms
