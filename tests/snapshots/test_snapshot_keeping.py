"""A snapshot is whole or not there, stays what it is, and gives way to erasure alone."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers.publishing import LABEL, Publish

from kmgraph.cli import cli
from kmgraph.errors import (
    GenerationNotFoundError,
    InputError,
    NotFoundError,
    StoreLockedError,
    StoreUnavailableError,
)
from kmgraph.namespaces import DEFAULT_BASE as BASE
from kmgraph.pipeline.purging import preview, purge
from kmgraph.progress import ProgressEvent
from kmgraph.snapshots import (
    Snapshot,
    gone_snapshots,
    snapshot_folder,
    snapshots_in,
    write_snapshot,
)
from kmgraph.stores.generations import GenerationStore

PERSON = f"{BASE}person/P1"
NAME = "Zebedee Quuxington"
WARD = f'<{BASE}ward/a> {LABEL} "Ward"'
PEOPLE = (
    f'<{PERSON}> <http://xmlns.com/foaf/0.1/name> "{NAME}"',
    f"<{BASE}post/A> <http://www.w3.org/ns/org#heldBy> <{PERSON}>",
    f'<{BASE}post/A> {LABEL} "a post"',
)


def run(*arguments: object) -> Result:
    """Run the command line."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def quads_of(snapshot: Snapshot) -> str:
    """Return the N-Quads of a snapshot."""
    return gzip.decompress((snapshot.folder / "all.nq.gz").read_bytes()).decode()


def places(store: GenerationStore) -> list[tuple[int, str, int]]:
    """Return the snapshots of a store."""
    return [(one.generation, one.view, one.revision) for one in snapshots_in(store)]


def test_a_second_run_finds_it_and_does_nothing(store: GenerationStore, publish: Publish) -> None:
    """The files are not touched again."""
    publish({"open": ("public", (WARD,))})
    first = write_snapshot(store)
    before = {path: path.stat().st_mtime_ns for path in first.snapshot.folder.rglob("*")}
    second = write_snapshot(store)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.snapshot == second.snapshot
    assert before == {path: path.stat().st_mtime_ns for path in first.snapshot.folder.rglob("*")}


def test_a_damaged_one_is_written_anew(store: GenerationStore, publish: Publish) -> None:
    """A file of another size is no whole snapshot; one of the same size is found by checksum."""
    publish({"open": ("public", (WARD,))})
    made = write_snapshot(store).snapshot
    path = made.folder / "all.trig.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert (made.is_whole(), made.damaged()) == (True, ["all.trig.gz"])
    path.write_bytes(whole[:-1])
    assert not made.is_whole() and snapshots_in(store) == []
    assert write_snapshot(store).is_new and path.read_bytes() == whole


def test_an_interrupted_one_leaves_nothing_that_looks_whole(
    store: GenerationStore, publish: Publish
) -> None:
    """Neither an error nor a kill on the way leaves a snapshot, and the next run makes it."""
    publish({"open": ("public", (WARD,))})

    def stop(event: ProgressEvent) -> None:
        if event.step == "tables":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_snapshot(store, progress=stop)
    folder = snapshot_folder(store.path, 1, "public")
    assert list(folder.parent.iterdir()) == []
    killed = folder.with_name("public~part")
    (killed / "datasets").mkdir(parents=True)
    (killed / "all.nq.gz").write_bytes(b"half")
    (killed / "left.txt").write_bytes(b"left")
    assert snapshots_in(store) == []
    made = write_snapshot(store)
    assert made.is_new and made.snapshot.damaged() == []
    assert not killed.exists() and not (made.snapshot.folder / "left.txt").exists()


def test_one_process_writes_a_snapshot_at_a_time(store: GenerationStore, publish: Publish) -> None:
    """A second one is told to wait."""
    publish({"open": ("public", (WARD,))})
    part = snapshot_folder(store.path, 1, "public~part")
    part.mkdir(parents=True)
    descriptor = os.open(part, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(StoreLockedError):
            write_snapshot(store)
    finally:
        os.close(descriptor)
    assert write_snapshot(store).is_new


def test_a_folder_that_holds_something_is_left_alone(
    store: GenerationStore, publish: Publish, tmp_path: Path
) -> None:
    """Neither other files nor another snapshot are overwritten."""
    publish({"open": ("public", (WARD,))})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="something else"):
        write_snapshot(store, to=tmp_path / "mine")
    write_snapshot(store, to=tmp_path / "one")
    publish({"more": ("public", (WARD,))})
    with pytest.raises(InputError, match="snapshot/1/public"):
        write_snapshot(store, to=tmp_path / "one")
    assert not write_snapshot(store, generation=1, to=tmp_path / "one").is_new


def test_there_must_be_such_a_generation_and_view(store: GenerationStore, publish: Publish) -> None:
    """What is not there is named by an error."""
    publish({"open": ("public", (WARD,)), "hidden": ("north", (WARD,))})
    publish({"other": ("south", (WARD,)), "third": ("west", (WARD,))})
    with pytest.raises(GenerationNotFoundError):
        write_snapshot(store, generation=7)
    with pytest.raises(NotFoundError):
        write_snapshot(store, view="public+north+south")


def test_an_erasure_removes_the_snapshots_that_hold_it(
    store: GenerationStore, publish: Publish
) -> None:
    """Those of other generations stay; one made anew is another revision without the record."""
    publish({"open": ("public", (WARD,))})
    publish({"people": ("public", PEOPLE), "hidden": ("north", (WARD,))})
    for number, view in ((1, "public"), (2, "public"), (2, "public+north")):
        write_snapshot(store, generation=number, view=view)
    summary = purge(store, PERSON, validate=False)
    assert places(store) == [(1, "public", 1)]
    assert summary.snapshots == (f"{BASE}snapshot/2/public", f"{BASE}snapshot/2/public+north")
    gone = [(one.generation, one.view, one.times, one.why) for one in gone_snapshots(store)]
    assert gone == [(2, "public", 1, "erased"), (2, "public+north", 1, "erased")]
    made = write_snapshot(store, generation=2).snapshot
    assert made.iri == f"{BASE}snapshot/2/public/2"
    assert "revision 2" in made.citation
    assert PERSON not in quads_of(made) and "a post" in quads_of(made)
    everything = b"".join(p.read_bytes() for p in store.path.rglob("snapshots/**/*.*"))
    assert PERSON.encode() not in everything and NAME.encode() not in everything


def test_an_erasure_reaches_snapshots_of_generations_that_are_gone(
    store: GenerationStore, publish: Publish
) -> None:
    """A record that only such a snapshot names can be erased; clean ones stay."""
    publish({"open": ("public", (WARD,))})
    publish({"people": ("public", PEOPLE)})
    publish({"people": ("public", (WARD,))})
    for number in (1, 2):
        write_snapshot(store, generation=number)
    store.gc(1)
    assert preview(store, PERSON).snapshots == (f"{BASE}snapshot/2/public",)
    assert places(store) == [(1, "public", 1), (2, "public", 1)]
    summary = purge(store, PERSON, validate=False)
    assert summary.changed and summary.snapshots == (f"{BASE}snapshot/2/public",)
    assert places(store) == [(1, "public", 1)]
    assert not purge(store, PERSON, validate=False).changed


@pytest.mark.parametrize("step", ["N-Quads", "tables"])
def test_an_erasure_reaches_a_snapshot_that_is_being_written(
    store: GenerationStore, publish: Publish, step: str
) -> None:
    """What was read before the erasure is never published after it."""
    publish({"people": ("public", PEOPLE)})

    def erase(event: ProgressEvent) -> None:
        if event.step == step:
            purge(store, PERSON, validate=False)

    with pytest.raises(StoreUnavailableError):
        write_snapshot(store, progress=erase)
    assert snapshots_in(store) == []
    assert PERSON not in quads_of(write_snapshot(store).snapshot)


def test_a_snapshot_elsewhere_is_searched_and_named(
    store: GenerationStore, publish: Publish, tmp_path: Path
) -> None:
    """What lies in people's own folders is told of, tables too, and left as it is."""
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    lines = (f"{PEOPLE[0].partition('> <')[0]}> {kind} <https://w3id.org/kmgraph/ontology#Study>",)
    publish({"people": ("public", (*PEOPLE, *lines))})
    out = write_snapshot(store, to=tmp_path / "out").snapshot
    (tmp_path / "out" / "broken.parquet").write_bytes(b"PAR1 and nothing else")
    summary = purge(store, PERSON, validate=False, also=[out.folder])
    found = {str(one.file.relative_to(out.folder)): one.holds for one in summary.leftovers}
    assert found == {
        **dict.fromkeys(
            ["all.jsonld.gz", "all.nq.gz", "all.trig.gz", "datasets/people.ttl.gz"], "the IRI"
        ),
        "tables/studies.parquet": "the IRI",
        "broken.parquet": "could not be read",
    }
    assert out.damaged() == []


def test_collecting_keeps_snapshots_unless_they_are_named(
    store: GenerationStore, publish: Publish
) -> None:
    """Snapshots may have been cited, so they go only when they are meant."""
    for name in ("one", "two", "three"):
        publish({name: ("public", (WARD,))})
    for number in (1, 2, 3):
        write_snapshot(store, generation=number)
    assert run("gc", "--keep", 2, "--store", store.path).exit_code == 0
    assert [one[0] for one in places(store)] == [1, 2, 3]
    done = run("gc", "--keep", 1, "--snapshots", "--store", store.path, "--json")
    assert json.loads(done.stdout)["snapshots"] == [f"{BASE}snapshot/2/public"]
    assert [one[0] for one in places(store)] == [1, 3]
    assert [(one.generation, one.why) for one in gone_snapshots(store)] == [(2, "collected")]


def test_the_command_writes_and_says_what(
    store: GenerationStore, publish: Publish, tmp_path: Path
) -> None:
    """The JSON is the manifest; the words name each file; a second run says so."""
    publish({"open": ("public", (WARD,))})
    publish({"more": ("public", (WARD,))})
    out = tmp_path / "out"
    first = run("export", "--all", "--store", store.path, "--to", out, "--generation", 1, "--json")
    facts = json.loads(first.stdout)
    manifest = json.loads((out / "snapshot.json").read_bytes())
    assert (facts.pop("is_new"), facts.pop("folder")) == (True, str(out))
    assert facts == manifest and manifest["generation"] == 1
    text = run("export", "--all", "--store", store.path, "--quiet").stdout
    assert f"wrote snapshot {BASE}snapshot/2/public" in text
    assert "tables/studies.parquet: 0 rows" in text
    again = run("export", "--all", "--store", store.path, "--quiet").stdout
    assert again.startswith("was there already: snapshot")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--all", "out.nq"),
        ("--to", "x", "out.nq"),
        ("--all", "--bundle", "x"),
        ("--view", "public"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    store: GenerationStore, arguments: tuple[str, ...]
) -> None:
    """A call that means two things does neither."""
    assert run("export", "--store", store.path, *arguments).exit_code == 2
