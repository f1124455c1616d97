"""The dates that harvesters go by: an erasure moves those of all that it may have changed."""

from __future__ import annotations

import datetime as dt
import json
import re

import pyoxigraph as ox
import pytest
from helpers.generations import publish
from server.conftest import running

from kmgraph.metadata import changes_of_graphs
from kmgraph.namespaces import DCTERMS, KM, RDF
from kmgraph.pipeline.purging import purge
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import Tombstones
from kmgraph.versions import update_feed
from kmgraph_server import ServerConfig, create_app

BASE = "https://example.org/id/"
TEAM = {"team": "team"}
LONG_AGO, LATER = "2020-01-01T00:00:00+00:00", "2020-02-02T00:00:00+00:00"
PERSON = f"{BASE}person/p1"


def triple(subject: str, predicate: str, value: str) -> ox.Triple:
    """Return a statement; a value that is an IRI of ours is one."""
    is_iri = value.startswith("https:")
    term = ox.NamedNode(value) if is_iri else ox.Literal(value)
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), term)


def dataset(name: str) -> set[ox.Triple]:
    """Return what says that a graph holds a dataset."""
    iri = f"{BASE}dataset/{name}"
    return {
        triple(iri, f"{RDF}type", f"{KM}Dataset"),
        triple(iri, f"{KM}graph", f"{BASE}graph/{name}"),
        triple(iri, f"{DCTERMS}identifier", name),
        triple(iri, f"{DCTERMS}title", name),
    }


def record(name: str, *links: str) -> set[ox.Triple]:
    """Return a record that points to others."""
    iri = f"{BASE}person/{name}"
    found = {triple(iri, f"{DCTERMS}relation", f"{BASE}person/{one}") for one in links}
    return {triple(iri, f"{RDF}type", f"{KM}Actor"), *found}


def date(store: GenerationStore, number: int, created: str) -> None:
    """Have a generation be published at another time."""
    path = store.generation_dir(number) / "meta.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"created": created}))


@pytest.fixture
def store(tmp_path):
    """A store of long ago. p1 points to another dataset, and is pointed to by p2 of its own."""
    store = GenerationStore.create(tmp_path / "store", base=BASE)
    near = dataset("near") | record("p2", "p1")
    far = dataset("far") | record("p3")
    publish(store, {"near": near, "far": far, "team": record("p4")}, TEAM)
    date(store, 1, LONG_AGO)
    publish(store, {"near": near | record("p1", "p3"), "far": far, "team": record("p4")}, TEAM)
    date(store, 2, LATER)
    return store


def lastmods(site) -> dict[str, str]:
    """Return the last part of the address of each record to its date in the sitemap."""
    text = site.get("/sitemap.xml").text
    found = re.findall(r"<loc>[^<]*/doc/([^<]*)</loc><lastmod>([^<]*)</lastmod>", text)
    return {address.rpartition("/")[2]: modified for address, modified in found}


def modified_in_catalogue(site) -> dict[str, str]:
    """Return the name of each dataset to when it changed, by the catalogue."""
    quads = list(ox.parse(site.get("/catalog.nt").body, ox.RdfFormat.N_TRIPLES))
    return {
        quad.subject.value.rpartition("/")[2]: quad.object.value
        for quad in quads
        if quad.predicate.value == f"{DCTERMS}modified" and "/dataset/" in quad.subject.value
    }


@pytest.mark.parametrize("has_feed", [False, True])
def test_an_erasure_is_the_last_change_of_what_it_changed(store, has_feed):
    """By the catalogue and the sitemap, though the kept generations are alike afterwards."""
    if has_feed:
        update_feed(store)
    with running(create_app(ServerConfig(store=store.path))) as site:
        before = modified_in_catalogue(site)
        assert before["near"][:10] == LATER[:10]
        assert before["far"][:10] == LONG_AGO[:10]
        assert set(lastmods(site)) == {"near", "far", "p1", "p2", "p3"}
        erased = purge(store, PERSON, validate=False).generation
        if has_feed:
            update_feed(store)
        one, two, three = store.generations()
        digests = [{g.name: g.digest for g in each.graphs} for each in (one, two, three)]
        assert digests[0] == digests[1] == digests[2]
        after = modified_in_catalogue(site)
        assert dt.datetime.fromisoformat(after["near"]) == dt.datetime.fromisoformat(erased.created)
        assert after["far"] == before["far"]
        found = lastmods(site)
        assert set(found) == {"near", "far", "p2", "p3"}
        moment = dt.datetime.fromisoformat(erased.created)
        assert all(dt.datetime.fromisoformat(each) >= moment for each in found.values())


def test_what_was_written_after_an_erasure_keeps_the_date_of_it(store):
    """Also where the graph is written anew, with the same content, and another one changes."""
    erased = purge(store, PERSON, validate=False).generation
    near = dataset("near") | record("p2")
    publish(store, {"near": near, "far": dataset("far"), "team": record("p4")}, TEAM)
    date(store, 4, "2100-01-01T00:00:00+00:00")
    changed = changes_of_graphs(store, store.generation())
    assert changed[f"{BASE}graph/near"] == erased.created
    assert changed[f"{BASE}graph/far"] == store.generation().created


def test_what_the_caller_cannot_see_moves_no_date(store):
    """An erasure in a graph of a group is told to the group alone."""
    purge(store, f"{BASE}person/p4", validate=False)
    with running(create_app(ServerConfig(store=store.path))) as site:
        assert {each[:10] for each in lastmods(site).values()} == {LONG_AGO[:10], LATER[:10]}
    stones = Tombstones.of(store.path)
    assert stones.last_erasure("public") == ""
    assert stones.last_erasure("public+team") >= store.generation().created
