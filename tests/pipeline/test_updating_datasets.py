"""Updates to the graphs of datasets: validation, edits that builds must not lose, the way back."""

from __future__ import annotations

import json
import shutil

import pyoxigraph as ox
import pytest
from click.testing import CliRunner

import kmgraph
from kmgraph import errors
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.cli import cli
from kmgraph.namespaces import DEFAULT_BASE, KM
from kmgraph.pipeline import BuildOptions, build, load_rdf
from kmgraph.pipeline.following import follow_in_memory
from kmgraph.pipeline.publication import REPORT_FILE
from kmgraph.pipeline.updating import delete_graph, put_graph, update
from kmgraph.progress import silent
from kmgraph.records import Dataset, Study
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.oxigraph import MemoryStore

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
MINE = f"{DEFAULT_BASE}graph/mine"
S1, S2 = (f"{DEFAULT_BASE}study/S{n}" for n in (1, 2))
LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
TITLE = "<http://purl.org/dc/terms/title>"


def bundle(name="mine", studies=("S1", "S2"), **facts):
    """Return a bundle of studies."""
    row = {"title": name, "publisher": "Us", "licence": LICENCE, "version": "1"} | facts
    records = [Study(id=study, title=f"Study {study}") for study in studies]
    return MemoryBundle([Dataset(id=name, **row), *records], name=name)


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    """Return a store with a public dataset, and one of a group."""
    store = GenerationStore.create(tmp_path_factory.mktemp("seed") / "store")
    build([bundle(), bundle("theirs", ["N1"], visibility="north")], store)
    return store


@pytest.fixture
def store(seed, tmp_path):
    """Return a copy of the store."""
    shutil.copytree(seed.path, tmp_path / "store")
    return GenerationStore(tmp_path / "store")


def edit(
    store,
    text=f"DELETE {{ ?s {TITLE} ?o }} INSERT {{ ?s {TITLE} 'New'@en }} "
    f"WHERE {{ ?s {TITLE} ?o FILTER(?s = <{S1}>) }}",
    **options,
):
    """Change a study."""
    return update(store, f"WITH <{MINE}> {text}", validate=False, **options)


def info(store, name="mine"):
    """Return what is written down of a graph."""
    return next(g for g in store.generation().graphs if g.name == name)


def digest(store, name="mine"):
    """Return the digest of a graph."""
    return info(store, name).digest


def test_an_edited_dataset_is_not_built_over(store, tmp_path):
    before = digest(store)
    edit(store)
    assert (True, "dataset") == (info(store).info["edited"], info(store).kind)
    assert info(store).info["title"] == "mine"
    edited = digest(store), store.current_id()
    for options in (
        BuildOptions(),
        BuildOptions(if_changed=True),
        BuildOptions(append=True),
        BuildOptions(append=True, discard_edits=True),
        BuildOptions(from_scratch=True),
    ):
        studies = ["S3"] if options.append else ["S1", "S2"]
        with pytest.raises(errors.EditedGraphError, match=r"'mine'.*--bundle"):
            build([bundle(studies=studies)], store, options)
    with pytest.raises(errors.EditedGraphError, match="'mine'"):
        build([bundle("other", ["O1"])], store, BuildOptions(from_scratch=True))
    assert edited == (digest(store), store.current_id())
    # Where each record stands is known still.
    assert "rows/mine.tsv" in store.generation().files
    summary = build([bundle()], store, BuildOptions(discard_edits=True))
    assert before == digest(store)
    assert "edited" not in info(store).info
    assert summary.changed


def test_other_datasets_are_built_as_before_an_edit(store):
    edit(store)
    build([bundle("other", ["O1"])], store)
    assert info(store).info["edited"]


def test_edits_come_back_as_records(store, tmp_path):
    study = f"<{DEFAULT_BASE}study/S3>"
    edit(store)
    edit(
        store,
        f"INSERT {{ {study} ?p ?o . {study} <http://purl.org/dc/terms/identifier> 'S3' }} WHERE "
        f"{{ <{S2}> ?p ?o FILTER(?p != <http://purl.org/dc/terms/identifier>) }}",
    )
    with kmgraph.open_store(store.path) as evidence:
        written = kmgraph.export_bundle(evidence, tmp_path / "out", name="mine")
    assert (3, (), ()) == (written.records["studies"], written.left_out, written.gained)
    edited = digest(store)
    build([tmp_path / "out"], store, BuildOptions(discard_edits=True))
    assert edited == digest(store)


def test_what_no_column_takes_is_named(store, tmp_path):
    edit(store, f"INSERT {{ <{S1}> <urn:colour> 'red' }} WHERE {{}}")
    edit(
        store,
        f"DELETE {{ <{S2}> <http://purl.org/dc/terms/identifier> ?o }} "
        f"WHERE {{ <{S2}> <http://purl.org/dc/terms/identifier> ?o }}",
    )
    arguments = ["export", "--store", str(store.path), "--bundle", str(tmp_path / "out")]
    result = CliRunner().invoke(cli, [*arguments, "--dataset", "mine"])
    assert 0 == result.exit_code, result.output
    assert f'1 statement(s) fit no column and stay behind:\n  <{S1}> <urn:colour> "red"' in (
        result.output
    )
    assert f"come back when the bundle is built:\n  <{S2}>" in result.output


def test_the_command_builds_over_edits_when_told(store, tmp_path):
    edit(store)
    with kmgraph.open_store(store.path) as evidence:
        kmgraph.export_bundle(evidence, tmp_path / "out", name="mine")
    arguments = ["build", str(tmp_path / "out"), "--store", str(store.path)]
    result = CliRunner().invoke(cli, arguments)
    assert 0 != result.exit_code
    assert "--discard-edits" in result.output
    assert 0 == CliRunner().invoke(cli, [*arguments, "--discard-edits"]).exit_code


def test_what_updates_made_is_not_loaded_over(store, tmp_path):
    path = tmp_path / "notes.ttl"
    path.write_text("<urn:a> <urn:b> 1 .", encoding="utf-8")
    notes = f"{DEFAULT_BASE}graph/notes"
    update(store, f"INSERT DATA {{ GRAPH <{notes}> {{ <urn:a> <urn:b> 2 }} }}", validate=False)
    with pytest.raises(errors.EditedGraphError, match="'notes'"):
        load_rdf(path, "notes", store)
    with pytest.raises(errors.PublicationError, match="made by updates"):
        build([bundle("notes", ["X1"])], store)
    load_rdf(path, "notes", store, discard_edits=True)
    assert ("loaded", {}) == (
        info(store, "notes").kind,
        {key: value for key, value in info(store, "notes").info.items() if key == "edited"},
    )
    put_graph(store, notes, b"", kmgraph.formats.TURTLE, replace=True, validate=False)
    with pytest.raises(errors.EditedGraphError, match="'notes'"):
        load_rdf(path, "notes", store)


def test_a_write_that_violates_the_shapes_changes_nothing(store):
    before = store.digest(None), store.current_id()
    text = (
        f"DELETE WHERE {{ GRAPH <{MINE}> {{ <{S1}> <http://purl.org/dc/terms/identifier> ?o }} }}"
    )
    with pytest.raises(errors.NonConformanceError) as caught:
        update(store, text)
    assert {S1} == {result.focus_node.value for result in caught.value.report.violations}
    assert "ValidationReport" in caught.value.report.to_turtle()
    assert before == (store.digest(None), store.current_id())
    assert update(store, text, validate=False).changed


def test_violations_out_of_sight_neither_refuse_nor_are_told(store, caplog):
    # Who may see it broke it, and the shapes were not run.
    theirs = f"{DEFAULT_BASE}graph/theirs"
    text = (
        f"WITH <{theirs}> DELETE {{ ?s <http://purl.org/dc/terms/identifier> ?o }} "
        f"WHERE {{ ?s a <{KM}Study> ; <http://purl.org/dc/terms/identifier> ?o }}"
    )
    update(store, text, view="public+north", validate=False)
    summary = update(store, "INSERT DATA { <urn:a> <urn:b> 1 }")
    assert summary.changed
    assert "N1" not in str(summary.to_dict())
    assert ["in 1 place(s)" in record.getMessage() for record in caplog.records] == [True]
    kept = json.loads(store.read_file(None, REPORT_FILE))
    found = [r for r in kept["results"] if r["severity"] == "violation"]
    assert [f"{DEFAULT_BASE}study/N1"] == [result["focusNode"] for result in found]
    # Who sees it is refused.
    with pytest.raises(errors.NonConformanceError, match="N1"):
        update(
            store,
            "INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 2 } }",
            view="public+north",
            visibility="north",
        )


def test_synthetic_data_do_not_come_in(store):
    text = f"INSERT DATA {{ GRAPH <urn:g> {{ <urn:d> <{KM}synthetic> true }} }}"
    with pytest.raises(errors.PublicationError, match="never pooled"):
        update(store, text, validate=False)


def test_what_is_derived_follows_and_is_left_where_nothing_rests_on_the_change(store):
    def derived():
        found = store.generation().derived
        return {(key, g.iri, g.digest) for key, graphs in found.items() for g in graphs}

    def afresh():
        for key in store.generation().views:
            folder = store.path.parent / f"{key}-{store.current_id()}"
            folder.mkdir()
            own = {graph.iri for graph in store.generation().derived.get(key, ())}
            memory = MemoryStore()
            with store.open_view(key) as view:
                named = [q for q in view.quads() if not isinstance(q.graph_name, ox.DefaultGraph)]
            given = [quad for quad in named if quad.graph_name.value not in own]
            ox.serialize(given, str(folder / "given.nq"), ox.RdfFormat.N_QUADS)
            memory.load_nquads(folder / "given.nq")
            follow_in_memory(memory, folder, silent)
            for iri in set(memory.graph_names()) - {quad.graph_name.value for quad in given}:
                yield key, iri, len(list(memory.quads(graph_name=ox.NamedNode(iri))))

    def check():
        found = store.generation().derived
        held = {(key, g.iri, g.triples) for key, graphs in found.items() for g in graphs}
        assert set(afresh()) == held

    before = derived()
    edit(store, f"INSERT {{ <{S1}> <urn:colour> 'red' }} WHERE {{}}")
    put_graph(
        store,
        f"{DEFAULT_BASE}graph/more",
        b"<urn:a> <urn:b> [] .",
        kmgraph.formats.TURTLE,
        replace=True,
        validate=False,
        visibility="north",
        view="public+north",
    )
    assert before == derived()
    check()
    # An affiliation entails a membership's reverse, which the ontology says.
    person = f"<{DEFAULT_BASE}person/P1>"
    group = f"<{DEFAULT_BASE}organisation/O1>"
    edit(
        store,
        f"INSERT {{ {person} a <{KM}Person> ; <http://www.w3.org/ns/org#memberOf> {group} . "
        f"<{S1}> <{KM}partOf> <{DEFAULT_BASE}programme/p> }} WHERE {{}}",
    )
    check()
    delete_graph(store, MINE, validate=False)
    check()
