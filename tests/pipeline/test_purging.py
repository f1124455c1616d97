"""What is erased is gone from every generation, for good, and nothing else is."""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from helpers import full_bundle as fb

import kmgraph
from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.opening import open_bundle
from kmgraph.errors import GoneError, InputError, RecordNotFoundError, StoreLockedError
from kmgraph.namespaces import DEFAULT_BASE as BASE
from kmgraph.namespaces import FOAF, FRAMEWORK, KM, RDF, graph_iri
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.pipeline.erased_rows import refuse_erased, without_erased
from kmgraph.pipeline.following import follow
from kmgraph.pipeline.leftovers import search
from kmgraph.pipeline.publication import put_vocabulary
from kmgraph.pipeline.purging import finish, preview, purge
from kmgraph.pipeline.skolem import skolemised_lines
from kmgraph.pipeline.staging import StagedDataset, place_of, stage
from kmgraph.pipeline.sweeping import Matcher, Sweep
from kmgraph.pipeline.updating import update
from kmgraph.progress import silent
from kmgraph.records import TABLES
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import Tombstones, refuse_gone

#: Which frameworks a store carries does not matter to what is erased from it.
pytestmark = pytest.mark.usefixtures("with_few_frameworks")
NAME = "Zébédée Quuxington"
PERSON = f"{BASE}person/ndl-people-1"
NEEDLES = (PERSON.encode(), NAME.encode(), b"people-1\t", b"Hidden Lane")
KILLS, SEED, LIMIT_S = 3, 2012, 120

#: Statements of a loaded graph: a blank node that hangs on the person, one that is shared, a text
#: that names the person's IRI, a text that holds the name, and somebody whose id begins alike.
NOTES = f"""
<{PERSON}> <urn:address> _:a .
_:a <urn:street> "9 Hidden Lane" .
_:a <urn:next> _:b .
_:b <urn:previous> _:a .
<{PERSON}> <urn:office> _:shared .
<{PERSON}0> <urn:office> _:shared .
_:shared <urn:street> "1 High Street" .
<urn:letter> <urn:mentions> "see {PERSON}." .
<urn:quote> <urn:exact> "{NAME} said so" .
<{PERSON}0> <urn:label> "another, {PERSON}0" .
<{PERSON}/quote> <urn:label> "below" .
"""


def public_bundle() -> fb.Sheets:
    """Return the bundle that describes the person."""
    sheets = fb.full_bundle()
    sheets["people"][0] |= {"name": NAME, "orcid": "https://orcid.org/0000-0001-0000-0009"}
    sheets["dataset"][0]["id_prefix"] = "ndl-"
    return sheets


def team_bundle() -> fb.Sheets:
    """Return a bundle for one group that says more of the person."""
    sheets = fb.full_bundle()
    dataset = sheets["dataset"][0] | {
        "id": "team", "visibility": "team", "id_prefix": "t-", "extends": "full",
    }  # fmt: skip
    member = sheets["memberships"][0] | {"id": "m-1", "group": "full:communities-1"}
    member |= {"member": "full:people-1", "member_kind": "", "passages": ""}
    return {"dataset": [dataset], "memberships": [member]}


def without(sheets: fb.Sheets, record_id: str) -> fb.Sheets:
    """Return a bundle whose author never knew of a record that others can do without."""
    return {
        sheet: [
            {
                name: cell
                if name == "id"
                else ";".join(item for item in cell.split(";") if item != record_id)
                for name, cell in row.items()
            }
            for row in rows
            if row["id"] != record_id
        ]
        for sheet, rows in sheets.items()
    }


def staged_dataset(
    bundle: Path, folder: Path, known: dict[str, BundleCheck], erased: Tombstones | None = None
) -> StagedDataset:
    """Return a bundle mapped to quads; it may point to those that are known.

    :param erased: what is left out of it, as a build does.
    """
    elsewhere = StoreElsewhere(None, dict(known))
    check = BundleCheck(open_bundle(bundle), elsewhere=elsewhere)
    if erased:
        kept = without_erased(check, place_of(check, elsewhere, BASE), erased)
        assert kept is not None and 1 == kept.left_out
        check = BundleCheck(kept, elsewhere=elsewhere)
    staged = stage(check, elsewhere, BASE, folder)
    known[staged.name] = check
    return staged


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two bundles and a store of three generations and two views.

    The store has no vocabulary, which makes it small.
    """
    folder = tmp_path_factory.mktemp("purge")
    fb.write_csv(public_bundle(), folder / "public")
    fb.write_csv(team_bundle(), folder / "team")
    known: dict[str, BundleCheck] = {}
    staged = [staged_dataset(folder / name, folder, known) for name in ("public", "team")]
    store = GenerationStore.create(folder / "store")
    with store.begin(reason="build") as writer:
        for dataset in staged:
            info = {"title": f"of {NAME}", "records": dict(dataset.records)}
            writer.replace_graph(
                dataset.name, dataset.quads, visibility=dataset.visibility, info=info
            )
            writer.put_file(f"rows/{dataset.name}.tsv", dataset.rows, graph=dataset.name)
        records = staged[0].records + staged[1].records
        result = {"severity": "warning", "focusNode": PERSON, "message": "anything"}
        report = {"conforms": True, "counts": {"warning": 1}, "results": [result]}
        writer.put_file("validation.json", json.dumps(report).encode())
        writer.publish(counts={"records": dict(records)})
    graph = graph_iri(BASE, "notes")
    triples = (q.triple for q in ox.parse(NOTES.encode(), ox.RdfFormat.TURTLE))
    notes = folder / "notes.nq"
    notes.write_text("".join(skolemised_lines(triples, BASE, graph)), encoding="utf-8")
    with store.begin(reason="load") as writer:
        writer.replace_graph("notes", notes, kind="loaded")
        writer.publish()
    # The current generation holds nothing of it any more, but its files were copied from before.
    with store.begin(reason=f"take {NAME} out") as writer, store.open_view("public+team") as view:
        for info in store.generation().graphs:
            path = folder / f"{info.name}-3.nq"
            kept = [
                f"{quad} .\n"
                for quad in view.quads(graph_name=ox.NamedNode(info.iri))
                if not any(text in str(quad) for text in (PERSON, NAME, "Hidden"))
            ]
            path.write_text("".join(kept), encoding="utf-8")
            writer.replace_graph(info.name, path, visibility=info.visibility, kind=info.kind)
        writer.publish()
    return folder


@pytest.fixture
def store(ground: Path, tmp_path: Path) -> GenerationStore:
    """Return a copy of the store."""
    shutil.copytree(ground / "store", tmp_path / "store")
    return GenerationStore(tmp_path / "store")


def loaded(path: Path, *texts: str) -> GenerationStore:
    """Return a store with one loaded graph, in one generation for each of some Turtle texts."""
    store = GenerationStore.create(path)
    for text in texts:
        quads = path.with_suffix(".nq")
        triples = (quad.triple for quad in ox.parse(text.encode(), ox.RdfFormat.TURTLE))
        lines = skolemised_lines(triples, BASE, graph_iri(BASE, "notes"))
        quads.write_text("".join(lines), encoding="utf-8")
        with store.begin(reason="load") as writer:
            writer.replace_graph("notes", quads, kind="loaded")
            writer.publish()
    return store


def everything(path: Path) -> bytes:
    """Return all bytes of a folder, and all that the engine reads in its views."""
    found = [str(p).encode() + p.read_bytes() for p in path.rglob("*") if p.is_file()]
    for view in path.glob("generations/*/views/*"):
        found.append(ox.Store.read_only(str(view)).dump(format=ox.RdfFormat.N_QUADS))
    return b"\n".join(found)


def digests(store: GenerationStore, *, derived: bool = True) -> dict[str, str]:
    """Return the digests of the graphs of the current generation, derived ones by view."""
    generation = store.generation()
    found = {graph.name: graph.digest for graph in generation.graphs}
    if derived:
        for key, graphs in generation.derived.items():
            found |= {f"{key}: {graph.name}": graph.digest for graph in graphs}
    return found


def test_nothing_of_it_is_on_the_disk_or_in_a_view(store: GenerationStore, tmp_path: Path) -> None:
    before = everything(store.path)
    assert all(needle in before for needle in NEEDLES)
    # Files of before that live on elsewhere show whether a new view still shares one with them.
    shutil.copytree(store.path, tmp_path / "aside", copy_function=os.link)
    (store.path / "staging").mkdir(exist_ok=True)
    (store.path / "staging" / "left.nq").write_text(f"<{PERSON}> <urn:p> <urn:o> .")
    part = store.path / "generations" / "000004.part"
    part.mkdir()
    (part / "left.nq").write_text(NAME)

    summary = purge(store, PERSON, texts=[NAME], reason="asked for", validate=False)

    after = everything(store.path)
    assert [] == [
        needle for needle in NEEDLES if needle in after.replace(f"{PERSON}0".encode(), b"")
    ]
    assert f"{PERSON}0".encode() in after
    assert b"1 High Street" in after
    sst = [p for p in store.path.rglob("*") if p.is_file() and "views" in p.parts]
    assert sst and all(p.stat().st_nlink == 1 for p in sst)
    assert [1, 2, 3, 4] == [generation.id for generation in store.generations()]
    assert 4 == store.current_id() == summary.generation.id
    log = [json.loads(line) for line in (store.path / "erasures.jsonl").read_text().splitlines()]
    assert ["asked for"] == [entry["reason"] for entry in log]
    assert list(summary.log_ids) == log[0]["ids"][:1]
    assert {"1", "2", "3"} == set(log[0]["statements"])


def test_numbers_and_digests_are_those_of_what_is_left(store: GenerationStore) -> None:
    old = {g.id: g for g in store.generations()}
    purge(store, PERSON, texts=[NAME], validate=False)
    for generation in store.generations():
        number = generation.id
        assert generation.digest == store.digest(None, number)
        with store.open_view(generation.master, number) as view:
            named = sum(1 for _ in view.quads())
            assert generation.counts["quads"] == named
            assert generation.counts["views"][generation.master] == view.count()
            for graph in generation.graphs:
                assert graph.triples == view.count(graph.iri)
    first = store.generation(1)
    assert old[1].created == first.created and old[1].parent == first.parent
    assert old[1].counts["records"]["people"] - 1 == first.counts["records"]["people"]
    full = next(graph for graph in first.graphs if graph.name == "full")
    assert fb.ROWS - 1 == full.info["records"]["people"]
    assert "(erased)" == full.info["title"] == store.generation(3).reason
    report = json.loads(store.read_file(1, "validation.json"))
    assert {"conforms": True, "counts": {}, "results": []} == report
    # In the group's dataset the membership said nothing but that the person belonged.
    assert "memberships" not in next(g for g in first.graphs if g.name == "team").info["records"]


def put_staged(store: GenerationStore, staged: list[StagedDataset], folder: Path) -> None:
    """Publish datasets with what is derived from them by the vocabulary."""
    folder.mkdir(parents=True)
    with store.begin(reason="build") as writer:
        for dataset in staged:
            writer.replace_graph(dataset.name, dataset.quads, visibility=dataset.visibility)
            writer.put_file(f"rows/{dataset.name}.tsv", dataset.rows, graph=dataset.name)
        put_vocabulary(store, writer, folder)
        writer.prepare()
        follow(store, writer, folder, silent)
        writer.publish()


def test_what_is_left_is_what_a_build_without_it_gives(ground: Path, tmp_path: Path) -> None:
    """A fresh store from bundles that never knew the person, a purge, and a rebuild agree."""
    bundles = [ground / "public", ground / "team"]
    fb.write_csv(without(public_bundle(), "people-1"), tmp_path / "public")
    shutil.copytree(ground / "team", tmp_path / "team")
    (tmp_path / "team" / "memberships.csv").unlink()
    stores = []
    for name, sources in (("store", bundles), ("fresh", [tmp_path / "public", tmp_path / "team"])):
        folder, known = tmp_path / f"staged-{name}", dict[str, BundleCheck]()
        folder.mkdir()
        staged = [staged_dataset(bundle, folder, known) for bundle in sources]
        stores.append(GenerationStore.create(tmp_path / name))
        put_staged(stores[-1], staged, tmp_path / f"derived-{name}")
    store, fresh = stores
    assert PERSON.encode() in everything(store.path)

    summary = purge(store, PERSON)
    assert digests(fresh) == digests(store)
    assert any(":" in name for name in digests(store)), "nothing is derived in this test"
    assert summary.report is not None and summary.report.conforms
    assert json.loads(store.read_file(2, "validation.json"))["conforms"]
    assert store.digest(None, 1) == store.digest(None, 2)

    known, folder = {}, tmp_path / "again"
    folder.mkdir()
    erased = Tombstones.of(store.path)
    staged = [staged_dataset(bundle, folder, known, erased) for bundle in bundles]
    put_staged(store, staged, tmp_path / "derived-again")
    with pytest.raises(InputError, match="vocabulary"):
        purge(store, f"{FRAMEWORK}parihs-1998/E")
    assert digests(fresh) == digests(store)
    assert PERSON.encode() not in everything(store.path).replace(f"{PERSON}0".encode(), b"")


@pytest.mark.parametrize("sheet", [sheet for sheet in TABLES if sheet != "dataset"])
def test_a_purge_and_a_rebuild_leave_the_same(sheet: str, ground: Path, tmp_path: Path) -> None:
    """Whatever record goes, the store lets go of just what a build would leave out."""
    base = f"{BASE}{TABLES[sheet].segment}/ndl-{sheet}-1"
    stones = Tombstones().with_erased([base], ["public"])
    store = GenerationStore(ground / "store")
    with store.open_view("public", 1) as view:
        generation = store.generation(1)
        (graph,) = [g for g in generation.graphs if g.name == "full"]
        # Without the derived and the group's graphs, as the bundle has only its own.
        alone = dataclasses.replace(generation, graphs=(graph,))
        sweep = Sweep(view, alone, Matcher(stones))
        sweep.survey()
        sweep.write(graph, tmp_path / "swept.nt")
    check = BundleCheck(open_bundle(ground / "public"))
    elsewhere = StoreElsewhere(None, {})
    kept = without_erased(check, place_of(check, elsewhere, BASE), stones)
    assert kept is not None
    staged = stage(BundleCheck(kept), elsewhere, BASE, tmp_path)
    built = {
        f"{quad.triple}" for quad in ox.parse(path=str(staged.quads), format=ox.RdfFormat.N_QUADS)
    }
    swept = {
        f"{quad.triple}"
        for quad in ox.parse(path=str(tmp_path / "swept.nt"), format=ox.RdfFormat.N_TRIPLES)
    }
    assert set() == built ^ swept
    assert base not in "".join(built)


def test_a_participation_in_which_nobody_is_left_goes_too(tmp_path: Path) -> None:
    """It goes with whoever took part, unless it says what kind of people did; so in a rebuild."""
    sheets = public_bundle()
    both = sheets["participations"][0] | {"who": "people-1", "participant_kind": "carers"}
    named = both | {"id": "named", "participant_kind": ""}
    sheets["participations"] = [both, named]
    sheets["changes"][0]["prompted_by"] = "named;participations-1"
    fb.write_csv(sheets, tmp_path / "public")
    (tmp_path / "staged").mkdir()
    store = GenerationStore.create(tmp_path / "store")
    staged = staged_dataset(tmp_path / "public", tmp_path / "staged", {})
    with store.begin(reason="build") as writer:
        writer.replace_graph(staged.name, staged.quads, visibility=staged.visibility)
        writer.put_file(f"rows/{staged.name}.tsv", staged.rows, graph=staged.name)
        writer.publish()
    summary = purge(store, PERSON, validate=False)
    assert 1 == summary.swept[0].dependents["participations"]
    prompts = f"SELECT ?by WHERE {{ <{BASE}change/ndl-changes-1> <{KM}promptedBy> ?by }}"
    with store.open_view("public") as view:
        assert not bool(view.query(f"ASK {{ <{BASE}participation/ndl-named> ?p ?o }}"))
        left = [by.value for (by,) in view.query(prompts)]
    assert [f"{BASE}participation/ndl-participations-1"] == left
    erased = Tombstones.of(store.path)
    elsewhere = StoreElsewhere(None, {})
    check = BundleCheck(open_bundle(tmp_path / "public"), elsewhere=elsewhere)
    kept = without_erased(check, place_of(check, elsewhere, BASE), erased)
    assert kept is not None and kept.left_out == 2


def test_readers_go_on_and_new_ones_see_nothing(tmp_path: Path) -> None:
    store = loaded(tmp_path / "store", NOTES, "<urn:a> <urn:b> <urn:c> .")
    question = f"ASK {{ <{PERSON}> ?p ?o }}"
    with store.open_view("public", 1) as old, store.open_view("public", 2) as current:
        held = current.count()
        purge(store, PERSON, validate=False)
        assert bool(old.query(question))
        assert held == current.count()
        for number in (1, 2, 3):
            with store.open_view("public", number) as new:
                assert not bool(new.query(question))
        assert () == store.gc(2).in_use


def test_what_else_says_it_is_told_and_left(store: GenerationStore) -> None:
    summary = preview(store, PERSON)
    quotes = [m for m in summary.mentions if m.property == "urn:exact"]
    assert [(NAME, ["urn:quote"])] == [(m.text, m.subjects) for m in quotes]
    assert [{"memberships": 1}, {"memberships": 1}, {}] == [
        dict(s.dependents) for s in summary.swept
    ]
    assert 3 == store.current_id() and not Tombstones.of(store.path)

    done = purge(store, PERSON, validate=False)
    with store.open_view("public", 2) as view:
        assert bool(view.query("ASK { <urn:quote> ?p ?o }"))
        assert not bool(view.query("ASK { <urn:letter> ?p ?o }"))
    assert [s.to_dict() for s in summary.swept] == [s.to_dict() for s in done.swept]
    again = purge(store, PERSON, texts=[NAME], validate=False)
    assert [0, 1, 0, 0] == [s.texts.get("urn:exact", 0) for s in again.swept]
    with store.open_view("public", 2) as view:
        assert not bool(view.query("ASK { <urn:quote> ?p ?o }"))
    assert not purge(store, PERSON, validate=False).changed
    assert not finish(store, validate=False).changed


def test_only_those_who_could_see_it_are_told_that_it_is_gone(store: GenerationStore) -> None:
    hidden = f"{BASE}membership/t-m-1"
    purge(store, hidden, validate=False)
    erased = Tombstones.of(store.path)
    assert erased.is_gone(hidden, view="public+team") and erased.is_gone(f"{hidden}/x")
    assert not erased.is_gone(hidden, view="public")
    assert not erased.is_gone(f"{hidden}0")
    assert hidden not in (store.path / "tombstones.json").read_text()
    with pytest.raises(GoneError, match="t-m-1"):
        refuse_gone(store.path, [PERSON, hidden])
    refuse_gone(store.path, [PERSON])


def test_a_dataset_goes_with_its_graph(ground: Path, store: GenerationStore) -> None:
    purge(store, f"{BASE}dataset/team", validate=False)
    for generation in store.generations():
        assert "team" not in {graph.name for graph in generation.graphs}
        assert not any("team" in name for name in generation.files)
    assert b"graph/team" not in everything(store.path)
    with pytest.raises(GoneError, match="erased"):
        kmgraph.build([ground / "team"], store)


def test_what_cannot_be_erased_is_refused_and_nothing_changes(store: GenerationStore) -> None:
    for iri in (
        "P1",
        f"{BASE}person",
        BASE,
        f"{BASE}graph/ontology",
        f"{BASE}post",
    ):
        with pytest.raises(InputError):
            purge(store, iri)
    with pytest.raises(RecordNotFoundError):
        purge(store, f"{BASE}person/nobody")
    with pytest.raises(InputError, match="short"):
        purge(store, PERSON, texts=["ab"])
    with pytest.raises(InputError, match="reason"):
        purge(store, PERSON, reason=f"{NAME} asked", texts=[NAME])
    with store.begin(reason="other work"), pytest.raises(StoreLockedError):
        purge(GenerationStore(store.path), PERSON)
    assert not Tombstones.of(store.path) and 3 == store.current_id()


def test_a_text_belongs_to_an_interrupted_erasure(tmp_path: Path) -> None:
    """The text itself is kept nowhere, so finishing asks for it again."""
    store = loaded(tmp_path / "store", NOTES)
    Tombstones().with_erased([PERSON], ["public"], texts=1).save(store.path)
    with pytest.raises(InputError, match="again"):
        finish(store)
    with pytest.raises(InputError, match="again"):
        purge(store, PERSON)
    with pytest.raises(InputError, match="finish it first"):
        purge(store, "urn:quote", texts=["said so"])
    assert 0 == finish(store, texts=[NAME], validate=False).texts_due
    left = everything(store.path)
    assert NAME.encode() not in left
    assert () == Tombstones.of(store.path).unfinished


def test_a_restored_backup_is_erased_again_and_its_texts_are_asked_for(tmp_path: Path) -> None:
    store = loaded(tmp_path / "store", NOTES)
    shutil.copytree(store.path, tmp_path / "backup")
    erased = purge(store, PERSON, texts=[NAME], validate=False)
    shutil.copy(store.path / "tombstones.json", tmp_path / "backup")

    restored = GenerationStore(tmp_path / "backup")
    done = finish(restored, validate=False)
    assert done.changed and erased.log_ids == done.log_ids and 1 == done.texts_due
    log = (restored.path / "erasures.jsonl").read_text().splitlines()
    assert list(erased.log_ids) == json.loads(log[-1])["ids"]
    assert NAME.encode() in everything(restored.path)
    again = finish(restored, validate=False)
    assert not again.changed and 1 == again.texts_due
    assert 0 == finish(restored, texts=[NAME], validate=False).texts_due
    assert NAME.encode() not in everything(restored.path)
    assert NAME not in (restored.path / "tombstones.json").read_text()


#: Terms that hold the person's IRI, and terms with the IRIs of others.
QUOTED = quote(PERSON, safe="")
HOLDING = (
    f'"source:{PERSON}"', f'"{BASE}post/x,{PERSON}"', f'"{PERSON},{BASE}post/x"',
    f'"{PERSON}\'s page"', f'"**{PERSON}** [a]({PERSON})[b]"', f'"see {PERSON}."', f'"“{PERSON}”"',
    f'"{PERSON}参照"', f'"{PERSON}: a person"', f'"_{PERSON}_"', f'"HTTPS{PERSON[5:]}"@en',
    f'"x"^^<{PERSON}>', f"<{PERSON}?v=2>", f"<{PERSON}#me>", f"<{PERSON}/quote>",
    f"<https://other.org/page?about={PERSON}>", f"<https://other.org/page?about={QUOTED}>",
    f"<https://other.org/?a={QUOTED.lower()}%26b=c>", f'"see ?about={quote(QUOTED)}"',
    f"<https://other.org/?a={quote(PERSON)}>",
)  # fmt: skip
OTHERS = (
    f"<{PERSON}0>", f"<{PERSON}-b>", f"<{PERSON}.2>", f"<{PERSON}_>", f"<{PERSON}.>",
    f"<{PERSON}~x/quote>", f"<{PERSON}%20x>", f'"{PERSON}0"', f'"see {PERSON}-b."',
    f'"{PERSON}.2,{PERSON}%2Fx"', f'"{PERSON}é"', f'"{BASE}person/ndl-people-"',
    f"<https://other.org/?a={quote(PERSON + '0', safe='')}>", f'"x"^^<{PERSON}0>', '"people-1"',
)  # fmt: skip


def test_an_iri_within_texts_datatypes_and_other_iris_goes(tmp_path: Path) -> None:
    turtle = [f"<urn:held:{n}> <urn:p> {term} ." for n, term in enumerate(HOLDING)]
    turtle += [f"<urn:other:{n}> <urn:p> {term} ." for n, term in enumerate(OTHERS)]
    turtle.append(f"<{PERSON}> <urn:p> <urn:o> . <https://o.org/?a={QUOTED}> <urn:p> <urn:o> .")
    store = loaded(tmp_path / "store", "\n".join(turtle))
    purge(store, PERSON, validate=False)
    for number in (1, 2):
        with store.open_view("public", number) as view:
            left = {quad.subject.value for quad in view.quads(None, ox.NamedNode("urn:p"))}
        assert {f"urn:other:{n}" for n in range(len(OTHERS))} == left
    stones = Tombstones.of(store.path)
    subject = predicate = ox.NamedNode("urn:p")
    for holds, terms in ((True, HOLDING), (False, OTHERS)):
        for text in terms:
            line = f"<urn:s> <urn:p> {text} ."
            triples = [q.triple for q in ox.parse(line.encode(), ox.RdfFormat.TURTLE)]
            nested = ox.Triple(subject, predicate, ox.Triple(subject, predicate, triples[0].object))
            for triple in (triples[0], nested):
                if holds:
                    with pytest.raises(GoneError):
                        list(refuse_erased([triple], stones))
                else:
                    assert [triple] == list(refuse_erased([triple], stones))


def test_an_update_cannot_bring_it_back_in_a_text(tmp_path: Path) -> None:
    store = loaded(tmp_path / "store", f"<{PERSON}> a <urn:C> . <urn:a> <urn:b> <urn:c> .")
    purge(store, PERSON, validate=False)
    for term in (f'"by {PERSON}\'s"', f'"x"^^<{PERSON}>', f"<{PERSON}?v=2>"):
        with pytest.raises(GoneError, match="erased"):
            update(store, f"INSERT DATA {{ <urn:a> <urn:b> {term} }}", validate=False)
    update(store, f'INSERT DATA {{ <urn:a> <urn:b> "{PERSON}0" }}', validate=False)


def test_a_bundle_that_names_it_in_words_loses_the_words(tmp_path: Path) -> None:
    sheets = fb.full_bundle()
    rows = {name: sheets[name] for name in ("dataset", "people")}
    named = rows["people"][1] | {"note": f"as {PERSON}'s"}
    unnamed = rows["people"][2] | {"pseudonym": f"see {PERSON}"}
    rows["people"] = [row | {"organisations": "", "passages": ""} for row in (named, unnamed)]
    check = BundleCheck(open_bundle(fb.write_csv(rows, tmp_path / "bundle")))
    stones = Tombstones().with_erased([PERSON], ["public"])
    place = place_of(check, StoreElsewhere(None, {}), BASE)
    kept = without_erased(check, place, stones)
    assert kept is not None and 1 == kept.left_out
    left = [row.cells for row in kept.rows(lambda problem: None) if row.sheet == "people"]
    assert [(named["id"], "")] == [(row["id"], row["note"]) for row in left]
    rows["dataset"][0]["title"] = f"of {PERSON}"
    check = BundleCheck(open_bundle(fb.write_csv(rows, tmp_path / "titled")))
    with pytest.raises(GoneError, match="title"):
        without_erased(check, place, stones)


def test_the_words_of_all_records_are_not_erased(tmp_path: Path) -> None:
    """Without ``rdf:type`` nobody could write a record again."""
    store = loaded(
        tmp_path / "store",
        f"<{PERSON}> a <{FOAF}Agent>, <urn:Own> ; <urn:own> <urn:x> . <urn:x> a <{PERSON}> .",
    )
    for iri in (
        f"{RDF}type", RDF, RDF.rstrip("#"), "http://www.w3.org/ns", f"{FOAF}Agent", f"{KM}Study",
        "urn:Own", "urn:own",
    ):  # fmt: skip
        with pytest.raises(InputError, match=r"vocabulary|property or a class"):
            purge(store, iri, validate=False)
    assert not Tombstones.of(store.path)
    purge(store, PERSON, validate=False)
    update(store, "INSERT DATA { <urn:y> a <urn:Own> ; <urn:own> 1 }", validate=False)


def test_a_text_goes_from_addresses_too(tmp_path: Path) -> None:
    store = loaded(
        tmp_path / "store",
        f"""<{PERSON}> <{FOAF}name> "Quuxington" .
        <urn:a> <{FOAF}mbox> <mailto:zeb@Quuxington.org> .
        <urn:b> <{FOAF}page> <https://x.org/%51uuxington> .
        <https://x.org/Quuxington> <urn:p> <urn:o> .
        <{BASE}post/x> <urn:p> "person of Quux" ; a <urn:class:Quuxington> .
        <urn:c> <urn:Quuxington> <urn:o> .""",
    )
    told = preview(store, PERSON)
    assert {f"{FOAF}mbox", f"{FOAF}page", "urn:p"} == {m.property for m in told.mentions}
    done = purge(store, PERSON, texts=["Quuxington"], validate=False)
    assert {f"{FOAF}mbox": 1, f"{FOAF}page": 1, "urn:p": 1} == dict(done.swept[0].texts)
    with store.open_view() as view:
        left = {quad.subject.value for quad in view.quads(graph_name=None)}
    assert {f"{BASE}post/x", "urn:c"} == left


def test_files_elsewhere_are_searched(tmp_path: Path) -> None:
    def put(name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)

    put("people.csv", b"id,name\npeople-1,x\n")
    put("posts.csv", b"id,held_by\np,people-2; people-1 ;people-3\n")
    put("foreign.csv", b"id,member\nm,full:people-1\n")
    put("other.csv", b"id,name\npeople-10,people-1 is not this\n")
    put("utf16.csv", f"id\n{NAME}\n".encode("utf-16"))
    put("latin.csv", f"id\n{NAME}\n".encode("cp1252"))
    put("escaped.nt", b'<urn:a> <urn:b> "Z\\u00E9b\\u00E9d\\u00E9e Quuxington" .\n')
    put("dump.nq.gz", gzip.compress(f"<{PERSON}> <urn:b> <urn:c> .".encode()))
    put("alike.ttl", f"<{PERSON}0> a <urn:b> .".encode())
    put("broken.gz", b"\x1f\x8bnothing")
    put("empty.csv", b"")
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", "<t>people-1</t>")
    found = search([tmp_path], [PERSON], ["people-1"], [NAME])
    assert {
        ("people.csv", "the id as a cell"),
        ("posts.csv", "the id as a cell"),
        ("foreign.csv", "the id as a cell"),
        ("book.xlsx", "the id as a cell"),
        ("utf16.csv", "an erased text"),
        ("latin.csv", "an erased text"),
        ("escaped.nt", "an erased text"),
        ("dump.nq.gz", "the IRI"),
        ("broken.gz", "could not be read"),
    } == {(leftover.file.name, leftover.holds) for leftover in found}
    with pytest.raises(InputError):
        search([tmp_path / "nowhere"], [PERSON], [], [])


DRIVER = """
import os, signal, sys
from kmgraph.pipeline.purging import purge
store, iri, at = sys.argv[1:]
seen = 0
def watch(event):
    global seen
    seen += 1
    if seen == int(at):
        os.kill(os.getpid(), signal.SIGKILL)
purge(store, iri, validate=False, progress=watch)
sys.stdout.write(str(seen))
"""


def drive(path: Path, at: int) -> subprocess.CompletedProcess[str]:
    """Purge in another process, which kills itself at a progress event."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(path), PERSON, str(at)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr
    return done


@pytest.mark.crash
def test_a_killed_purge_leaves_a_store_that_opens_and_can_be_finished(tmp_path: Path) -> None:
    whole = loaded(tmp_path / "whole", NOTES, NOTES.replace(PERSON, f"{PERSON}0"))
    for number in range(KILLS):
        shutil.copytree(whole.path, tmp_path / f"hurt-{number}")
    total = int(drive(whole.path, -1).stdout)
    chance = random.Random(SEED)
    # The last events are those of the exchange, where a crash would hurt most.
    end = total - total // 4
    points = [chance.randrange(2, end), *chance.sample(range(end, total), KILLS - 1)]
    for number, at in enumerate(points):
        path = tmp_path / f"hurt-{number}"
        assert -9 == drive(path, at).returncode
        hurt = GenerationStore(path)
        hurt.digest(None)
        if number % 2:
            purge(hurt, PERSON, validate=False)
        else:
            with GenerationStore(path).begin(reason="another writer comes first"):
                pass
            finish(hurt, validate=False)
        assert set() == {g.id for g in whole.generations()} - {g.id for g in hurt.generations()}, at
        left = everything(path).replace(f"{PERSON}0".encode(), b"")
        assert PERSON.encode() not in left, at
        for generation in (1, 2):
            assert whole.digest(None, generation) == hurt.digest(None, generation), at
        assert not [p for p in path.rglob("*") if p.suffix in {".part", ".new", ".trash"}], at
        assert () == Tombstones.of(path).unfinished
