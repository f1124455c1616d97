"""Whoever replays the change feed holds the same dataset."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pyoxigraph as ox
import pytest
from helpers.generations import publish

from kmgraph.errors import InputError, NotFoundError, StoreLockedError
from kmgraph.namespaces import graph_iri
from kmgraph.pipeline.purging import FEED_FOLDER, purge
from kmgraph.stores.durable import FileLock
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import Tombstones
from kmgraph.versions import Feed, read_members, replay, update_feed
from kmgraph.versions.feed import FOLDER

BASE = "https://example.org/id/"
VISIBILITY = {"a": "public", "b": "public", "hidden": "north"}
SEED = 2012
NAME = "Zebedee Quuxington"


def triple(number: int, value: str) -> ox.Triple:
    """Return a statement of a numbered record; there are numbers that are no records of ours."""
    ours = f"{BASE}study/s{number}" + ("#é%20" if number % 3 == 0 else "")
    iri = ours if number % 5 else f"https://other.org/thing?n={number}#x"
    if value.startswith("study"):
        return ox.Triple(ox.NamedNode(iri), ox.NamedNode("urn:of"), ox.NamedNode(BASE + value))
    return ox.Triple(ox.NamedNode(iri), ox.NamedNode("urn:says"), ox.Literal(value, language="en"))


def edited(random_: random.Random, graphs: dict[str, set[ox.Triple]]) -> dict[str, set[ox.Triple]]:
    """Return graphs after some additions, deletions and moves; now and then a graph is gone."""
    after = {name: set(triples) for name, triples in graphs.items()}
    for name in VISIBILITY:
        held = after.setdefault(name, set())
        for one in random_.sample(sorted(held, key=str), min(len(held), 4)):
            held.remove(one)
            if random_.random() < 0.3:
                after.setdefault(random_.choice(list(VISIBILITY)), set()).add(one)
        for _ in range(6):
            value = random_.choice(['plain "quoted"\nline', "é", f"study/s{random_.randrange(9)}"])
            held.add(triple(random_.randrange(20), f"{value}{random_.randrange(3)}"))
    if random_.random() < 0.2:
        after.pop(random_.choice(list(VISIBILITY)))
    return after


def dataset_of(store: GenerationStore, view: str, generation: int) -> set[ox.Quad]:
    """Return the quads of a view of a generation."""
    with store.open_view(view, generation) as opened:
        return set(opened.quads())


def page_files(folder: Path, feed: Feed) -> dict[int, bytes]:
    """Return the full pages of a feed as they are on the disk."""
    complete = [n for n in range(1, feed.pages + 1) if feed.page(n).is_complete]
    return {number: (folder / f"{number:06}.jsonl").read_bytes() for number in complete}


@pytest.fixture
def store(tmp_path):
    """Return an empty store."""
    return GenerationStore.create(tmp_path / "store", base=BASE)


@pytest.mark.parametrize("view", ["public", "public+north"])
def test_ten_generations_replayed_give_the_same_dataset(store, view):
    """After each generation: as a whole, entity by entity, from the log and from the RDF alone."""
    random_ = random.Random(SEED)
    graphs: dict[str, set[ox.Triple]] = {}
    pages: dict[int, bytes] = {}
    copy, told = ox.Store(), 0
    for _ in range(10):
        graphs = edited(random_, graphs)
        generation = publish(store, graphs, VISIBILITY)
        feed = update_feed(store, view=view, page_size=7)
        wanted = dataset_of(store, view, generation.id)
        assert set(replay(feed.members())) == wanted
        quads = [quad for n in range(1, feed.pages + 1) for quad in feed.page_quads(n)]
        sent = ox.parse(ox.serialize(quads, format=ox.RdfFormat.N_QUADS), ox.RdfFormat.N_QUADS)
        received = read_members(sent)
        assert sorted(received, key=str) == sorted(feed.members(), key=str)
        assert set(replay(received)) == wanted
        # A harvester that comes back reads what is new and no more.
        newer = list(feed.members())[told:]
        told = len(feed)
        assert len({member.entity for member in newer}) == len(newer)
        assert set(replay(newer, copy)) == wanted
        now = page_files(feed.folder, feed)
        assert {number: now[number] for number in pages} == pages
        pages = now
    assert len(pages) > 5
    assert {member.change for member in feed.members()} == {"added", "changed", "removed"}
    assert len({member.iri for member in feed.members()}) == len(feed)
    times = [dt.datetime.fromisoformat(member.created) for member in feed.members()]
    assert times == sorted(times)
    assert len(set(times)) == 10


def test_a_reader_of_the_public_feed_learns_nothing_of_groups(store):
    """What only a group sees is in the feed of the group."""
    secret = ox.Triple(ox.NamedNode(f"{BASE}study/s1"), ox.NamedNode("urn:says"), ox.Literal(NAME))
    publish(store, {"a": {triple(1, "known")}, "hidden": {secret}}, VISIBILITY)
    public = update_feed(store)
    group = update_feed(store, view="public+north")
    assert b"Quuxington" not in (public.folder / "000001.jsonl").read_bytes()
    member = next(group.members())
    assert list(member.graphs) == [graph_iri(BASE, "a"), graph_iri(BASE, "hidden")]
    assert member.iri != next(public.members()).iri


def test_generations_that_were_collected_first_are_told_as_one_step(store):
    """The feed needs no generation that it told already, and goes on without those it missed."""
    random_ = random.Random(SEED)
    graphs = edited(random_, {})
    publish(store, graphs, VISIBILITY)
    told = len(update_feed(store, page_size=5))
    for _ in range(3):
        graphs = edited(random_, graphs)
        last = publish(store, graphs, VISIBILITY)
    store.gc(1)
    feed = update_feed(store)
    assert len(feed) > told
    assert feed.generation == last.id
    assert set(replay(feed.members())) == dataset_of(store, "public", last.id)
    assert len(update_feed(store)) == len(feed)
    assert sorted(path.suffix for path in feed.folder.iterdir() if path.suffix != ".jsonl") == [
        ".json",
        ".lock",
    ]


def test_a_write_that_was_cut_off_is_done_again(store):
    """Until the feed says how far it has come, nothing that was written counts."""
    random_ = random.Random(SEED)
    graphs = edited(random_, {})
    publish(store, graphs, VISIBILITY)
    feed = update_feed(store, page_size=4)
    state = (feed.folder / "feed.json").read_bytes()
    before = list(feed.members())
    publish(store, edited(random_, graphs), VISIBILITY)
    whole = list(update_feed(store).members())
    (feed.folder / "feed.json").write_bytes(state)
    (feed.folder / "replay-left").mkdir()
    assert list(Feed(store).members()) == before
    assert list(update_feed(store).members()) == whole
    assert not (feed.folder / "replay-left").exists()


def test_what_is_erased_leaves_the_feed_and_is_told(store):
    """No byte of it stays, and a copy that replays the new feed loses it too."""
    person = ox.NamedNode(f"{BASE}person/p1")
    graphs = {
        "a": {
            ox.Triple(person, ox.NamedNode("urn:says"), ox.Literal(NAME)),
            ox.Triple(ox.NamedNode(f"{BASE}person/p2"), ox.NamedNode("urn:of"), person),
            triple(1, "stays"),
        }
    }
    publish(store, graphs)
    old = update_feed(store)
    copy = replay(old.members())
    assert FOLDER == FEED_FOLDER
    purge(store, person.value, validate=False)
    assert not (store.path / FOLDER).exists()
    with pytest.raises(NotFoundError, match="kmgraph feed"):
        Feed(store)
    feed = update_feed(store)
    content = b"".join(path.read_bytes() for path in feed.folder.iterdir())
    assert b"person/p1" not in content
    assert NAME.encode() not in content
    assert feed.iri != old.iri
    first = next(feed.members())
    assert (first.change, first.graphs) == ("erased", {})
    received = read_members(feed.page_quads(1))
    assert first.entity.startswith("ni:///sha-256;")
    # Members of one moment have no order between them.
    assert first.entity in {member.entity for member in received}
    wanted = dataset_of(store, "public", store.generation().id)
    assert set(replay(feed.members())) == wanted
    assert {q for q in replay([first], copy) if person in (q.subject, q.object)} == set()


def test_a_feed_from_before_an_erasure_is_not_read(store):
    """A folder that came back from somewhere, such as a copy, is not taken for the feed."""
    publish(store, {"a": {triple(1, "x")}})
    update_feed(store)
    stones = Tombstones.of(store.path).with_erased([f"{BASE}person/p9"], ["public"])
    stones.save(store.path)
    with pytest.raises(NotFoundError):
        Feed(store)
    with pytest.raises(StoreLockedError, match="erasure"):
        update_feed(store)
    stones.with_all_finished().save(store.path)
    assert [member.change for member in update_feed(store).members()] == ["erased", "added"]


def test_pages_lead_from_one_to_the_next(store):
    """The last page can be reached from the first, and is the one that may still change."""
    publish(store, {"a": {triple(number, "x") for number in range(6)}})
    feed = update_feed(store, page_size=3)
    assert [feed.page(number).is_complete for number in (1, 2, 3)] == [True, True, False]
    assert feed.page(3).members == ()
    links = {
        quad.object.value
        for quad in feed.page_quads(2)
        if quad.predicate.value == "https://w3id.org/tree#node"
    }
    assert links == {feed.page_iri(3)}
    told = {quad.predicate.value.rpartition("#")[2] for quad in feed.page_quads(3)}
    assert {"timestampPath", "versionOfPath", "view"} <= told
    assert "relation" not in told
    with pytest.raises(NotFoundError, match="there are 3"):
        feed.page(4)


def test_one_process_writes_a_feed(store):
    """A second one is refused, and so is a page that could hold nothing."""
    publish(store, {"a": {triple(1, "x")}})
    lock = FileLock(update_feed(store).folder / "feed.lock")
    with pytest.raises(StoreLockedError):
        update_feed(store)
    lock.release()
    with pytest.raises(InputError):
        update_feed(store, page_size=0)
