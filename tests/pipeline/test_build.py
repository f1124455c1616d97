"""What a build promises: all or nothing, one dataset at a time, nothing lost."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from helpers import full_bundle as fb

import kmgraph
from kmgraph import records
from kmgraph.bundles.files import example_path
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.bundles.sources import Source
from kmgraph.errors import (
    BundleError,
    InputError,
    NonConformanceError,
    PublicationError,
    RdfParseError,
)
from kmgraph.mapping.mapper import split_record_iri
from kmgraph.quality import validate_bundle, validate_store
from kmgraph.records import Dataset, Passage, Record, Study
from kmgraph.stores.generations import GenerationStore

#: These builds publish few frameworks: what a build does to records is the same.
pytestmark = pytest.mark.usefixtures("with_few_frameworks")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def dataset(name: str, **facts: object) -> Dataset:
    """Return a dataset row."""
    row = {"title": name, "publisher": "Us", "licence": LICENCE, "version": "1"} | facts
    return Dataset(id=name, **row)  # type: ignore[arg-type]


def bundle(name: str, *records: Record, **facts: object) -> Source:
    """Return a bundle of records in memory."""
    return MemoryBundle([dataset(name, **facts), *records], name=name)


@pytest.fixture
def store(tmp_path: Path) -> GenerationStore:
    """Return an empty store."""
    return GenerationStore.create(tmp_path / "store")


def write_full(tmp_path: Path, sheets: fb.Sheets | None = None) -> Path:
    """Write the bundle that fills every column."""
    return fb.write_csv(sheets or fb.full_bundle(), tmp_path)


def statements(store: GenerationStore, name: str) -> set[str]:
    """Return the statements of a dataset's graph."""
    iri = ox.NamedNode(f"{store.base}graph/{name}")
    with store.open_view(store.generation().master) as view:
        return {str(quad.triple) for quad in view.quads(None, None, None, iri)}


def test_each_form_gives_the_same_graph(tmp_path: Path) -> None:
    """A folder, a workbook and a JSON file with the same records are the same graph."""
    graphs = []
    for form, write in fb.WRITERS.items():
        path = write(fb.full_bundle(), tmp_path / form)
        with kmgraph.build_in_memory(path) as evidence:
            name = ox.NamedNode(f"{evidence.base}graph/full")
            graphs.append({str(q) for q in evidence.store.quads(None, None, None, name)})
    assert graphs[0] == graphs[1] == graphs[2]
    assert len(graphs[0]) > 1_000


def test_the_full_bundle_conforms(tmp_path: Path) -> None:
    """A bundle that fills every column without a problem violates no shape."""
    report = validate_bundle(write_full(tmp_path))
    assert [] == [f"{r.focus_node} {r.message}" for r in report.violations]


def test_bundles_with_problems_leave_the_store_alone(
    store: GenerationStore, tmp_path: Path
) -> None:
    """All problems of all bundles are told, and nothing is built."""
    kmgraph.build([bundle("good", Study(id="S1", title="One"))], store)
    before = store.digest(None)
    bad = [
        bundle("bad", Study(id="S1", title="One", programme="none"), Study(id="S1", title="Two")),
        bundle("worse", Study(id="S3", title="")),
    ]
    with pytest.raises(BundleError) as caught:
        kmgraph.build(bad, store)
    codes = [problem.code for problem in caught.value.problems]
    assert ["dangling-reference", "duplicate-id", "missing-value"] == codes
    assert (1, before) == (store.current_id(), store.digest(None))


def test_violations_stop_publication(store: GenerationStore, tmp_path: Path) -> None:
    """What the rows cannot show, the shapes do; the report names the record."""
    kmgraph.build([bundle("good", Study(id="S1", title="One"))], store)
    path = tmp_path / "bad.ttl"
    path.write_text(
        "@prefix km: <https://w3id.org/kmgraph/ontology#> .\n"
        "<https://x.org/case> a km:ImplementationCase .\n",
        encoding="utf-8",
    )
    with pytest.raises(NonConformanceError) as caught:
        kmgraph.load_rdf(path, "loaded", store)
    assert {"https://x.org/case"} == {r.focus_node.value for r in caught.value.report.violations}
    assert 1 == store.current_id()


def test_building_again_replaces_that_dataset_only(store: GenerationStore) -> None:
    """A rebuilt dataset loses what it no longer says; another dataset stays as it was."""
    kmgraph.build(
        [
            bundle("a", Study(id="S1", title="One"), Study(id="S2", title="Two"), id_prefix="a-"),
            bundle("b", Study(id="S1", title="Other"), id_prefix="b-"),
        ],
        store,
    )
    other = statements(store, "b")
    kmgraph.build([bundle("a", Study(id="S2", title="Two anew"), id_prefix="a-")], store)
    with kmgraph.open_store(store.path) as evidence:
        labels = [study.label for study in evidence.studies()]
    assert ["Other", "Two anew"] == sorted(labels)
    assert other == statements(store, "b")


def test_a_second_description_of_an_iri_stops_the_build(store: GenerationStore) -> None:
    """Two datasets without prefixes cannot both describe the same IRI."""
    kmgraph.build([bundle("a", Study(id="S1", title="One"))], store)
    with pytest.raises(PublicationError, match=r"study/S1 \(also in 'a'\).*id_prefix"):
        kmgraph.build([bundle("b", Study(id="S1", title="One"))], store)
    assert 1 == store.current_id()


def test_a_dataset_may_extend_another(store: GenerationStore, tmp_path: Path) -> None:
    """A dataset that says so adds statements to another's records, and exports them again."""
    base = bundle("a", Study(id="S1", title="One"), id_prefix="a-")
    more = bundle(
        "b",
        Study(id="a:S1", title="", acronym="ONE"),
        Study(id="S1", title="Own"),
        extends=("a",),
        id_prefix="b-",
    )
    for bundles in ([base, more], [more]):  # in one run, and on what the store holds
        kmgraph.build(bundles, store)
        with kmgraph.open_store(store.path) as evidence:
            study = evidence.entity("study/a-S1")
            assert ("One", "ONE") == (study.value("dcterms:title"), study.value("skos:altLabel"))
    with kmgraph.open_store(store.path) as evidence:
        written = kmgraph.export_bundle(evidence, tmp_path / "b", name="b")
    assert () == written.left_out
    again = statements(store, "b")
    kmgraph.build([tmp_path / "b"], store)
    assert again == statements(store, "b")


def test_an_extension_needs_what_it_extends(store: GenerationStore) -> None:
    """To extend a dataset that is not there is an error, and so is a record it does not have."""
    with pytest.raises(BundleError) as caught:
        kmgraph.build([bundle("b", Study(id="S1", title=""), extends=("a",))], store)
    assert ["dangling-reference", "missing-value"] == [p.code for p in caught.value.problems]
    kmgraph.build([bundle("a", Study(id="S1", title="One"))], store)
    with pytest.raises(BundleError) as caught:
        kmgraph.build([bundle("b", Study(id="a:S9", title=""), extends=("a",))], store)
    assert ["dangling-reference"] == [p.code for p in caught.value.problems]


def test_real_and_synthetic_data_are_not_pooled(store: GenerationStore) -> None:
    """Generated records are refused beside observed ones, in one build and in one store."""
    real, made = bundle("real"), bundle("made", synthetic=True)
    with pytest.raises(PublicationError, match="never pooled"):
        kmgraph.build([real, made], store)
    kmgraph.build([real], store)
    with pytest.raises(PublicationError, match="made"):
        kmgraph.build([made], store)
    with pytest.raises(PublicationError, match="never pooled"):
        kmgraph.build_in_memory([real, made])


def test_if_changed_builds_only_what_changed(store: GenerationStore, tmp_path: Path) -> None:
    """The same bundle again is nothing new; one changed cell is."""
    path = write_full(tmp_path / "bundle")
    options = kmgraph.BuildOptions(if_changed=True)
    assert kmgraph.build([path], store, options).changed
    assert not kmgraph.build([path], store, options).changed
    studies = path / "studies.csv"
    text = studies.read_text(encoding="utf-8").replace("Return to work", "Back to work")
    studies.write_text(text, encoding="utf-8")
    summary = kmgraph.build([path], store, options)
    assert (True, 2) == (summary.changed, store.current_id())


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def whole_store(tmp_path_factory: pytest.TempPathFactory, with_few_frameworks: None) -> Path:
    """Return a store that holds the bundle that fills every column; nobody changes it."""
    folder = tmp_path_factory.mktemp("whole")
    store = GenerationStore.create(folder / "store")
    kmgraph.build([write_full(folder / "bundle")], store)
    return store.path


@pytest.mark.parametrize("form", fb.WRITERS)
def test_keeping_going_loses_nothing(form: str, whole_store: Path, tmp_path: Path) -> None:
    """Good records are built, every other row waits with its reason, and both make the whole."""
    whole = fb.full_bundle()
    shutil.copytree(whole_store, tmp_path / "store")
    store = GenerationStore(tmp_path / "store")
    complete = statements(store, "full")

    broken = fb.full_bundle()
    broken["themes"][0]["programme"] = "nobody"  # studies name this theme, much names the studies
    broken["outcomes"][4]["estimate"] = "about 2"
    path = fb.WRITERS[form](broken, tmp_path / "broken")
    rejects = tmp_path / "rejects"
    options = kmgraph.BuildOptions(keep_going=True, rejects=rejects)
    summary = kmgraph.build([path], store, options)

    assert {"dangling-reference", "bad-decimal"} == {p.code for p in summary.problems}
    built, set_aside = sum(summary.records.values()), summary.rejected
    assert built + set_aside == sum(len(rows) for rows in whole.values())
    reasons = {
        row["id"]: row["_problem"]
        for file in rejects.glob("*.csv")
        for row in read_rows(file)
        if row["_problem"]
    }
    assert set_aside == len(reasons)
    assert "programme: dangling-reference" in reasons["themes-1"]
    assert "themes: depends-on-rejected themes-1" in reasons["studies-4"]
    assert "estimate: bad-decimal" in reasons["outcomes-5"]
    assert statements(store, "full") < complete

    for file, wrong, right in [
        ("themes.csv", "nobody", "programmes-1"),
        ("outcomes.csv", "about 2", whole["outcomes"][4]["estimate"]),
    ]:
        text = (rejects / file).read_text(encoding="utf-8")
        assert wrong in text
        (rejects / file).write_text(text.replace(wrong, right), encoding="utf-8")
    kmgraph.build([rejects], store, kmgraph.BuildOptions(append=True))
    assert complete == statements(store, "full")


def test_rejects_keep_bytes_that_are_no_text(store: GenerationStore, tmp_path: Path) -> None:
    """A cell in a broken encoding waits with the very bytes that it had."""
    sheets = fb.full_bundle()
    sheets["outcomes"][3]["label"] = "caf\udce9"
    path = write_full(tmp_path / "bundle", sheets)
    rejects = tmp_path / "rejects"
    kmgraph.build([path], store, kmgraph.BuildOptions(keep_going=True, rejects=rejects))
    assert b"caf\xe9" in (rejects / "outcomes.csv").read_bytes()


def test_a_table_that_cannot_be_read_waits_whole(store: GenerationStore, tmp_path: Path) -> None:
    """A file without a needed column is set aside as it is, with what points into it."""
    path = write_full(tmp_path / "bundle")
    themes = (path / "themes.csv").read_text(encoding="utf-8").replace("label", "_label", 1)
    (path / "themes.csv").write_text(themes, encoding="utf-8")
    rejects = tmp_path / "rejects"
    kmgraph.build([path], store, kmgraph.BuildOptions(keep_going=True, rejects=rejects))
    assert themes == (rejects / "themes.csv").read_text(encoding="utf-8")
    assert fb.ROWS == len(read_rows(rejects / "studies.csv"))


def test_without_a_dataset_row_nothing_can_be_built(store: GenerationStore, tmp_path: Path) -> None:
    """Keeping going needs to know the dataset."""
    path = write_full(tmp_path / "bundle")
    (path / "dataset.csv").unlink()
    options = kmgraph.BuildOptions(keep_going=True, rejects=tmp_path / "rejects")
    with pytest.raises(BundleError, match="no usable dataset row"):
        kmgraph.build([path], store, options)
    with pytest.raises(InputError, match="name a folder"):
        kmgraph.build([path], store, kmgraph.BuildOptions(keep_going=True))


def test_appended_rows_may_point_to_what_is_there(store: GenerationStore) -> None:
    """Appending resolves ids of the dataset, and refuses to describe a record twice."""
    kmgraph.build([bundle("a", Study(id="S1", title="One"), id_prefix="a-")], store)
    append = kmgraph.BuildOptions(append=True)
    case = records.ImplementationCase(id="C1", study="S1")
    kmgraph.build([bundle("a", case, id_prefix="a-")], store, append)
    with kmgraph.open_store(store.path) as evidence:
        (linked,) = evidence.entity("case/a-C1").linked("km:ofStudy")
        assert "One" == linked.label
    with pytest.raises(BundleError) as caught:
        kmgraph.build([bundle("a", Study(id="S1", title="Two"), id_prefix="a-")], store, append)
    assert ["duplicate-id"] == [p.code for p in caught.value.problems]
    with pytest.raises(InputError, match="no dataset 'z'"):
        kmgraph.build([bundle("z")], store, append)


def test_quotes_come_from_the_readers_own_copy_only(store: GenerationStore, tmp_path: Path) -> None:
    """Passages get their words where the copy is the very text that the lines belong to."""
    import hashlib

    text = "First line.\nSecond line, \nand its end.\n"
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / "any name.txt").write_text(text, encoding="utf-8")
    document = records.Document(
        id="d1", title="Doc", sha256=hashlib.sha256(text.encode()).hexdigest()
    )
    other = records.Document(id="d2", title="Other", sha256="0" * 64)
    passages = [
        Passage(id="p1", document="d1", line_from=2, line_to=3),
        Passage(id="p2", document="d2", line_from=1),
    ]
    made = bundle("quoted", document, other, *passages)
    summary = kmgraph.build([made], store, kmgraph.BuildOptions(documents=copies))
    assert ["d2"] == summary.missing_documents
    with kmgraph.open_store(store.path) as evidence:
        words = evidence.entity("passage/p1/quote").value("oa:exact")
        assert "Second line, and its end." == words
        assert not evidence.entity("passage/p2/quote")
    kmgraph.build([made], store)
    with kmgraph.open_store(store.path) as evidence:
        assert not evidence.entity("passage/p1/quote")


def test_a_hidden_dataset_is_not_in_the_public_view(store: GenerationStore) -> None:
    """A dataset for a group is in that group's view, with what is public, and in no other."""
    kmgraph.build(
        [
            bundle("open", Study(id="S1", title="Open"), id_prefix="o-"),
            bundle("closed", Study(id="S1", title="Closed"), id_prefix="c-", visibility="team"),
        ],
        store,
    )

    def titles(view: str) -> list[str]:
        with kmgraph.open_store(store.path, view=view) as evidence:
            return sorted(study.label for study in evidence.studies())

    assert (["Open"], ["Closed", "Open"]) == (titles("public"), titles("public+team"))


def test_one_triple_in_three_datasets_counts_once(store: GenerationStore, tmp_path: Path) -> None:
    """The default graph is a set, whatever graphs hold a triple."""
    path = tmp_path / "one.ttl"
    path.write_text('<https://x.org/a> <https://x.org/p> "1" .', encoding="utf-8")
    for name in ("one", "two", "three"):
        kmgraph.load_rdf(path, name, store)
    count = "SELECT (COUNT(*) AS ?n) {f} WHERE {{ ?s <https://x.org/p> ?o }}"
    from_all = " ".join(f"FROM <{store.base}graph/{n}>" for n in ("one", "two", "three"))
    with kmgraph.open_store(store.path) as evidence:
        for clause in ("", from_all):
            assert [{"n": 1}] == evidence.query(count.format(f=clause)).to_dicts()
        held = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s <https://x.org/p> ?o } }"
        assert [{"n": 3}] == evidence.query(held).to_dicts()
        assert 1 == len(evidence.to_rdflib_graph().query("SELECT ?s { ?s <https://x.org/p> ?o }"))


def test_rdf_is_loaded_as_it_is(store: GenerationStore, tmp_path: Path) -> None:
    """Loading replaces its graph, names blank nodes by content, and refuses what it must."""
    path = tmp_path / "notes.ttl"
    path.write_text("[] <https://x.org/p> [ <https://x.org/q> 1 ] .", encoding="utf-8")
    kmgraph.load_rdf(path, "notes", store)
    first = statements(store, "notes")
    path.write_text("_:x <https://x.org/q> 1 . _:y <https://x.org/p> _:x .", encoding="utf-8")
    kmgraph.load_rdf(path, "notes", store)
    assert first == statements(store, "notes")
    assert 2 == len(first)
    assert all(".well-known/genid/" in line for line in first)
    for name in ("ontology", "derived"):
        with pytest.raises(InputError, match="fills the graph"):
            kmgraph.load_rdf(path, name, store)
    path.write_text("<a> <b> .", encoding="utf-8")
    with pytest.raises(RdfParseError, match="line 1"):
        kmgraph.load_rdf(path, "notes", store)
    quads = tmp_path / "two.nq"
    quads.write_text("<urn:a> <urn:b> <urn:c> <urn:g> .\n", encoding="utf-8")
    with pytest.raises(InputError, match="names the graph <urn:g>"):
        kmgraph.load_rdf(quads, "notes", store)
    kmgraph.load_rdf(quads, "notes", store, merge_graphs=True)
    assert {"<urn:a> <urn:b> <urn:c>"} == statements(store, "notes")


def test_a_report_names_file_and_row_of_a_store(
    example_copy: Callable[[Path], GenerationStore], tmp_path: Path
) -> None:
    """After the build, too, a result leads to the row that the record came from."""
    store = example_copy(tmp_path / "example")
    report = validate_store(store)
    assert report.conforms
    (warning,) = report.warnings
    assert warning.location is not None
    rows = read_rows(example_path("clahrc-ndl") / warning.location.file)
    row = rows[warning.location.row - 2]
    assert split_record_iri(store.base, warning.focus_node.value) == (
        "passages",
        f"ndl-{row['id']}",
    )
    kept = json.loads(store.read_file(store.current_id(), "validation.json"))
    assert kept == json.loads(report.to_json())


def test_a_copy_of_a_store_is_a_store(store: GenerationStore, tmp_path: Path) -> None:
    """A store is its folder: copied elsewhere, it answers the same."""
    kmgraph.build([bundle("a", Study(id="S1", title="One"))], store)
    shutil.copytree(store.path, tmp_path / "copy")
    assert store.digest() == GenerationStore(tmp_path / "copy").digest()
