"""Publications tell the change feed themselves, and look at what they changed alone."""

from __future__ import annotations

import random
import shutil

import pyoxigraph as ox
from click.testing import CliRunner
from helpers.generations import publish

import kmgraph
from kmgraph.cli.keeping import gc
from kmgraph.pipeline.telling import entities_of, tell_feeds
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.triple_files import TripleFile
from kmgraph.versions import Feed, replay, update_feed

BASE = "https://example.org/id/"
POST = "post/ndl-CYP3-df-1"
FILL = """
PREFIX km: <https://w3id.org/kmgraph/ontology#>
DELETE { GRAPH ?graph { ?post km:postStatus km:Vacant } }
INSERT { GRAPH ?graph { ?post km:postStatus km:Filled } }
WHERE { GRAPH ?graph { ?post km:postStatus km:Vacant } }
"""


def triple(number: int, value: int) -> ox.Triple:
    """Return a statement of a numbered study."""
    subject = ox.NamedNode(f"{BASE}study/s{number}")
    return ox.Triple(subject, ox.NamedNode("urn:says"), ox.Literal(str(value)))


def test_an_update_is_in_the_feed_when_it_is_published(example_copy, tmp_path):
    """One record changed, and one member was added."""
    store = example_copy(tmp_path / "store")
    before = len(update_feed(store))
    kmgraph.update(store, FILL)
    feed = Feed(store)
    assert (feed.generation, len(feed)) == (store.current_id(), before + 1)
    last = list(feed.members())[-1]
    assert (last.entity, last.change) == (f"{store.base}{POST}", "changed")


def test_no_feed_is_begun_by_publications(tmp_path):
    """It is a choice of whoever keeps the store."""
    store = GenerationStore.create(tmp_path / "store", base=BASE)
    publish(store, {"a": {triple(1, 1)}})
    assert tell_feeds(store) == []
    assert not (store.path / "feed").exists()


def test_looking_at_what_changed_alone_tells_the_same(tmp_path):
    """Also where more is named than has changed."""
    random_ = random.Random(11)
    stores = [GenerationStore.create(tmp_path / name, base=BASE) for name in ("whole", "named")]
    held: set[ox.Triple] = set()
    for number in range(5):
        old = held
        gone = random_.sample(sorted(held, key=str), len(held) // 3)
        held = (held - set(gone)) | {triple(random_.randrange(12), number) for _ in range(4)}
        file = tmp_path / "change.nt"
        file.write_text("".join(f"{one} .\n" for one in (old ^ held) | {triple(1, 99)}))
        for store in stores:
            publish(store, {"a": held})
        update_feed(stores[0])
        known = entities_of([TripleFile(file)]) if number else None
        update_feed(stores[1], changed=known)
    told = [
        [(one.iri, one.change, one.graphs) for one in Feed(store).members()] for store in stores
    ]
    assert sorted(told[0]) == sorted(told[1])
    assert {change for _, change, _ in told[0]} == {"added", "changed", "removed"}


def test_entities_that_are_named_count_for_the_next_generation_alone(tmp_path):
    """A feed that is further behind compares the graphs, and misses nothing."""
    store = GenerationStore.create(tmp_path / "store", base=BASE)
    publish(store, {"a": {triple(1, 1)}})
    update_feed(store)
    publish(store, {"a": {triple(1, 1), triple(2, 1)}})
    publish(store, {"a": {triple(1, 1), triple(2, 1), triple(3, 1)}})
    feed = update_feed(store, changed={f"{BASE}study/s3"})
    assert len(feed) == 3
    with store.open_view() as opened:
        assert set(replay(feed.members())) == set(opened.quads())


def test_collecting_generations_tells_them_first(tmp_path):
    """So that each is a step of its own."""
    store = GenerationStore.create(tmp_path / "store", base=BASE)
    publish(store, {"a": {triple(1, 1)}})
    update_feed(store)
    for value in (2, 3, 4):
        publish(store, {"a": {triple(1, value)}})
    outcome = CliRunner().invoke(gc, ["--keep", "1", "--store", str(store.path)])
    assert outcome.exit_code == 0
    assert [generation.id for generation in store.generations()] == [4]
    assert len(Feed(store)) == 4


def test_a_feed_that_cannot_be_written_fails_no_publication(tmp_path, caplog):
    """It is told to the log, and made up for the next time."""
    store = GenerationStore.create(tmp_path / "store", base=BASE)
    publish(store, {"a": {triple(1, 1)}})
    feed = update_feed(store)
    state = (feed.folder / "feed.json").read_bytes()
    (feed.folder / "feed.json").write_text("no JSON")
    publish(store, {"a": {triple(1, 2)}})
    assert tell_feeds(store) == []
    assert "is behind" in caplog.text
    (feed.folder / "feed.json").write_bytes(state)
    assert tell_feeds(store) == ["public"]
    shutil.rmtree(feed.folder)
