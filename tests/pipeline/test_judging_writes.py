"""A write is judged by what its writer sees, and the keeper is told of the rest."""

from __future__ import annotations

import json
import shutil

import pytest

from kmgraph import errors
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.namespaces import DEFAULT_BASE, KM
from kmgraph.pipeline import build
from kmgraph.pipeline.publication import REPORT_FILE
from kmgraph.pipeline.updating import update
from kmgraph.pipeline.write_process import Writer
from kmgraph.records import Dataset, Study
from kmgraph.stores.generations import GenerationStore
from kmgraph.updates import WriteRequest

#: These builds publish few frameworks: the records written here are coded in none.
pytestmark = pytest.mark.usefixtures("with_few_frameworks")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
HIDDEN = f"<{DEFAULT_BASE}study/N1>"
IDENTIFIER = "<http://purl.org/dc/terms/identifier>"


def bundle(name, study, **facts):
    """Return a bundle of one study."""
    row = {"title": name, "publisher": "Us", "licence": LICENCE, "version": "1"} | facts
    return MemoryBundle(
        [Dataset(id=name, **row), Study(id=study, title=f"Study {study}")], name=name
    )


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    """Return a store with a public dataset, and one of a group."""
    store = GenerationStore.create(tmp_path_factory.mktemp("seed") / "store")
    build([bundle("mine", "S1"), bundle("theirs", "N1", visibility="north")], store)
    return store


@pytest.fixture
def store(seed, tmp_path):
    """Return a copy of the store."""
    shutil.copytree(seed.path, tmp_path / "store")
    return GenerationStore(tmp_path / "store")


def kept_report(store):
    """Return the report that lies beside the current generation."""
    return json.loads(store.read_file(None, REPORT_FILE))


def test_a_writer_cannot_guess_what_is_hidden(store, caplog):
    """A study has one identifier: that of the hidden one is taken like any other."""
    with Writer(store.path) as writer:
        for guess in ("N1", "N2"):
            caplog.clear()
            text = f'INSERT DATA {{ GRAPH <urn:{guess}> {{ {HIDDEN} {IDENTIFIER} "{guess}" }} }}'
            assert writer.run(WriteRequest("update", text=text)).changed
            is_right = guess == "N1"
            assert is_right is kept_report(store)["conforms"]
            told = [record.getMessage() for record in caplog.records]
            assert is_right is (not told)
    # The keeper is told that the graph of everything does not fit the shapes, and where to look.
    (line,) = told
    assert f"generation {store.current_id()} " in line
    assert REPORT_FILE in line
    (result,) = [r for r in kept_report(store)["results"] if r["severity"] == "violation"]
    assert result["focusNode"] == HIDDEN.strip("<>")
    assert (result["file"], result["record"]) == ("theirs", "N1")


def test_a_report_tells_nothing_of_where_a_hidden_record_comes_from(store):
    before = store.current_id()
    text = f"INSERT DATA {{ GRAPH <urn:g> {{ {HIDDEN} a <{KM}Study> }} }}"
    with pytest.raises(errors.NonConformanceError) as caught:
        update(store, text)
    assert {None} == {result.location for result in caught.value.report.violations}
    assert before == store.current_id()


def test_a_refusal_to_pool_names_no_hidden_graph(store):
    text = f"INSERT DATA {{ GRAPH <urn:g> {{ <urn:d> <{KM}synthetic> true }} }}"
    for view, is_named in (("public", False), ("public+north", True)):
        options = {} if view == "public" else {"visibility": "north"}
        with pytest.raises(errors.PublicationError, match="mine") as caught:
            update(store, text, view=view, validate=False, **options)
        assert is_named is ("theirs" in str(caught.value))


def test_a_view_whose_token_was_revoked_meanwhile_is_judged_still(store):
    """What a writer sees is a view of the next generation, whoever has tokens by then."""
    with store.begin(reason="another group") as writer:
        writer.want_view({"north", "south"})
        for name in ("south", "west"):
            path = store.path.parent / f"{name}.nq"
            path.write_text(f"<urn:a> <urn:b> <urn:c> <{DEFAULT_BASE}graph/{name}> .\n")
            writer.replace_graph(name, path, visibility=name, kind="updates")
        writer.publish()
    text = f"INSERT DATA {{ GRAPH <urn:g> {{ {HIDDEN} {IDENTIFIER} 'N2' }} }}"
    with pytest.raises(errors.NonConformanceError):
        update(store, text, view="public+north+south", visibility="north")
