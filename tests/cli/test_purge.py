"""The command that erases, as people call it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers import full_bundle as fb

from kmgraph.cli import cli
from kmgraph.namespaces import DEFAULT_BASE as BASE
from kmgraph.namespaces import graph_iri
from kmgraph.stores.generations import GenerationStore

#: These builds publish few frameworks: nobody in them is erased.
pytestmark = pytest.mark.usefixtures("with_few_frameworks")
PERSON = f"{BASE}person/P1"
NAME = "Zebedee Quuxington"
LINES = (
    f'<{PERSON}> <http://xmlns.com/foaf/0.1/name> "{NAME}"',
    f'<{PERSON}> <http://purl.org/dc/terms/identifier> "P1"',
    f"<{BASE}post/A> <http://www.w3.org/ns/org#heldBy> <{PERSON}>",
    f'<{BASE}post/A> <http://www.w3.org/2004/02/skos/core#note> "once {NAME}\'s"',
)


def run(*arguments: object) -> Result:
    """Run the command line."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return the folder of a store that names a person."""
    opened = GenerationStore.create(tmp_path / "store")
    path = tmp_path / "people.nq"
    path.write_text("".join(f"{line} <{graph_iri(BASE, 'people')}> .\n" for line in LINES))
    with opened.begin(reason="load") as writer:
        writer.replace_graph("people", path, kind="loaded")
        writer.publish()
    return opened.path


def held(store: Path) -> bool:
    """Say whether the current generation names the person."""
    with GenerationStore(store).open_view() as view:
        return bool(view.query(f"ASK {{ {{ <{PERSON}> ?p ?o }} UNION {{ ?s ?p <{PERSON}> }} }}"))


def test_it_asks_before_it_erases(store: Path) -> None:
    refused = run("purge", PERSON, "--store", store)
    assert 1 == refused.exit_code
    assert "--yes" in refused.output and "--dry-run" in refused.output
    assert held(store)
    planned = run("purge", PERSON, "--store", store, "--dry-run")
    assert 0 == planned.exit_code
    assert "generation 1: 3 statement(s)" in planned.output
    assert "pointing to it by org:heldBy: 1" in planned.output
    assert NAME in planned.output and "--text" in planned.output
    assert held(store)


def test_it_tells_what_went_and_what_the_keeper_still_has_to_do(store: Path) -> None:
    done = run("purge", PERSON, "--store", store, "--yes", "--quiet", "--no-validate")
    assert 0 == done.exit_code, done.output
    assert "generation 2 is published; erasure " in done.output
    assert "--also" in done.output
    assert not held(store)
    notes = store.parent / "notes.ttl"
    notes.write_text(f"<urn:letter> <urn:about> <{PERSON}> .")
    refused = run("load", notes, "--graph", "notes", "--store", store)
    assert 1 == refused.exit_code and "[gone]" in refused.output
    again = run("purge", PERSON, "--store", store, "--yes", "--no-validate")
    assert 0 == again.exit_code
    assert "nothing is left to erase" in again.output
    finished = run("purge", "--finish", "--store", store)
    assert 0 == finished.exit_code
    assert "nothing is left to erase" in finished.output


def test_a_restored_store_is_told_to_erase_texts_again(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "backup")
    options = ("--yes", "--quiet", "--no-validate")
    done = run("purge", PERSON, "--store", store, *options, "--text", NAME)
    assert "before and are kept nowhere" not in done.output
    shutil.copy(store / "tombstones.json", tmp_path / "backup")
    command = ("purge", "--finish", "--store", tmp_path / "backup", "--quiet", "--no-validate")
    finished = run(*command)
    assert 0 == finished.exit_code, finished.output
    assert re.search(r"erasure [0-9a-f]{16}\n", finished.output)
    assert "1 text(s) were erased from this store before" in finished.output
    assert "--text" in finished.output
    again = run(*command, "--text", NAME)
    assert "1 of them for a text" in again.output
    assert "is published\n" in again.output and "kept nowhere" not in again.output


def test_a_word_of_the_vocabulary_is_refused(store: Path) -> None:
    refused = run(
        "purge", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "--store", store, "--yes"
    )
    assert 1 == refused.exit_code and "vocabulary" in refused.output


def test_json_has_all_of_it_and_files_elsewhere_make_it_fail(store: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "people.csv").write_text(f"id,name\nP1,{NAME}\n")
    done = run(
        "purge", PERSON, "--store", store, "--yes", "--json", "--no-validate",
        "--text", NAME, "--reason", "asked for", "--also", bundle,
    )  # fmt: skip
    assert 1 == done.exit_code
    told = json.loads(done.stdout)
    assert {"the id as a cell", "an erased text"} == {found["holds"] for found in told["leftovers"]}
    assert 4 == told["swept"][0]["statements"]
    assert {"http://www.w3.org/2004/02/skos/core#note": 1} == told["swept"][0]["texts"]
    assert 2 == told["generation"] and told["violations"] is None
    assert "asked for" in (store / "erasures.jsonl").read_text()
    assert PERSON not in (store / "erasures.jsonl").read_text()


def test_it_is_called_with_an_iri_or_to_finish(store: Path) -> None:
    assert 2 == run("purge", "--store", store).exit_code
    assert 2 == run("purge", PERSON, "--finish", "--store", store).exit_code
    missing = run("purge", f"{BASE}person/nobody", "--store", store, "--yes")
    assert 1 == missing.exit_code
    assert "[record-not-found]" in missing.output


def test_a_build_says_how_many_rows_it_left_out(tmp_path: Path, store: Path) -> None:
    sheets = fb.full_bundle()
    rows = {
        "dataset": sheets["dataset"],
        "people": [sheets["people"][0] | {"id": "P1", "organisations": "", "passages": ""}],
    }
    rows["dataset"][0] |= {"id_prefix": ""}
    bundle = fb.write_csv(rows, tmp_path / "bundle")
    run("purge", PERSON, "--store", store, "--yes", "--quiet", "--no-validate")
    built = run("build", bundle, "--store", store, "--quiet")
    assert 0 == built.exit_code, built.output
    assert "1 row(s) left out: they were erased from this store" in built.output
    assert not held(store)
