"""Each IRI of a version that the feed gives leads to what it says, or to why that is not there."""

from __future__ import annotations

import shutil

import pyoxigraph as ox
import pytest
from helpers.generations import publish
from server.conftest import running

from kmgraph.access.tokens import TokenRegister
from kmgraph.pipeline.purging import purge
from kmgraph.stores.generations import GenerationStore
from kmgraph.versions import read_members, update_feed
from kmgraph.versions.members import member_iri
from kmgraph_server import ServerConfig, create_app

BASE = "https://example.org/id/"
ELSEWHERE = "http://elsewhere.example/x"
VISIBILITY = {"a": "public", "hidden": "north"}
PAGE = 4
#: Entities whose IRIs are written in different ways in the IRIs of their versions.
ENTITIES = (
    f"{BASE}study/s1",
    f"{BASE}study/s1#part",
    f"{BASE}condition/Crohn%27s",
    f"{BASE}note/a.ttl",
    f"{BASE}é/ü",
    BASE,
    ELSEWHERE,
    "urn:x:1",
    "https://example.org/other?a=b&c=%C3%A9#d",
)
SHORT_LIVED = f"{BASE}study/gone"


def said(iri: str, text: str) -> ox.Triple:
    """Return a statement of an entity."""
    return ox.Triple(ox.NamedNode(iri), ox.NamedNode("urn:says"), ox.Literal(text))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Three generations, in each of which all entities change; one is gone in the second."""
    store = GenerationStore.create(tmp_path_factory.mktemp("iris") / "store", base=BASE)
    for number in (1, 2, 3):
        shown = {said(iri, f"text {number}") for iri in ENTITIES}
        shown |= {said(SHORT_LIVED, "for now")} if number == 1 else set()
        hidden = {said(f"{BASE}study/h", f"secret {number}"), said("urn:h", f"secret {number}")}
        publish(store, {"a": shown, "hidden": hidden}, VISIBILITY)
    for view in ("public", "public+north"):
        update_feed(store, view=view, page_size=PAGE)
    return store


@pytest.fixture(scope="module")
def token(store):
    """A token of the group."""
    return {"Authorization": f"Bearer {TokenRegister(store.path).create('n', ['read'], ['north'])}"}


@pytest.fixture(scope="module")
def site(store):
    """A server of the store."""
    with running(create_app(ServerConfig(store=store.path))) as found:
        yield found


@pytest.fixture
def copy(store, tmp_path):
    """A copy of the store that a test may change."""
    shutil.copytree(store.path, tmp_path / "store")
    return GenerationStore(tmp_path / "store")


def looked_up(site, iri, **headers):
    """Return what the IRI of a version leads to, and the address of that."""
    path = f"/id/{iri.removeprefix(BASE)}"
    reply = site.get(path, Accept="application/n-quads, application/n-triples;q=0.9", **headers)
    if reply.status == 303:
        path = reply.headers["Location"]
        reply = site.get(path, Accept="application/n-quads, application/n-triples;q=0.9", **headers)
    return path, reply


def leads_to_what_it_says(site, member, **headers):
    """Check that the IRI of a version leads to what the version says; return the kind of place."""
    path, reply = looked_up(site, member.iri, **headers)
    assert reply.status == 200, (member.iri, path)
    quads = list(ox.parse(reply.body, ox.RdfFormat.N_QUADS))
    kind = path.split("/")[1]
    if kind == "memento":
        lines = {f"{q.triple} .\n" for q in quads if q.subject.value == member.entity}
        assert lines == {line for lines in member.graphs.values() for line in lines}
    else:
        assert [one for one in read_members(quads) if one.iri == member.iri] == [member]
    return kind


@pytest.mark.parametrize("view", ["public", "public+north"])
def test_each_iri_of_a_version_leads_to_what_it_says(site, store, token, view):
    """Documents of the time for what has any; pages of the feed for the others."""
    headers = token if view != "public" else {}
    kinds = {"memento": set(), "feed": set()}
    for member in update_feed(store, view=view).members():
        kinds[leads_to_what_it_says(site, member, **headers)].add(member.entity)
    assert {one for one in ENTITIES if one.startswith(BASE) and one != BASE} < kinds["memento"]
    assert {BASE, ELSEWHERE, "urn:x:1", SHORT_LIVED} <= kinds["feed"]


def test_versions_of_generations_that_are_not_kept_are_in_the_feed(copy):
    """Also after they were collected; what the feed does not hold is not there."""
    copy.gc(1)
    with running(create_app(ServerConfig(store=copy.path))) as site:
        for member in update_feed(copy).members():
            kind = leads_to_what_it_says(site, member)
            is_first = "/version/3/" not in member.iri
            assert kind == "feed" or not is_first
        for entity, status in (("study/none", 410), ("http%3A%2F%2Fnone.example", 410)):
            assert site.get(f"/id/version/1/{entity}").status == status


def test_what_is_no_version_is_not_there(site):
    """Neither of unknown things, nor of what the caller may not see, nor of no generation."""
    paths = ["1/study/none", "1/http%3A%2F%2Fnone.example", "1/urn%3Ah", "1/study/h", "9/study/s1",
             "0/erased/none", "one/study/s1", "1%2B/study/s1", "1%2Bnorth/study/h", "9/",
             "9"]  # fmt: skip
    for path in paths:
        assert site.get(f"/id/version/{path}").status == 404, path


def test_what_was_erased_is_told_as_that(copy):
    """Old versions of it are gone; what the new feed says of the erasure can be looked up."""
    old = update_feed(copy)
    epoch = old.iri.rpartition("/")[2]
    for entity in (ELSEWHERE, f"{BASE}study/s1"):
        purge(copy, entity, validate=False)
    with running(create_app(ServerConfig(store=copy.path))) as site:
        # Nothing is begun yet in its place.
        assert site.get("/feed").status == 404
        for number in (1, old.pages, 99):
            assert site.get(f"/feed/public/{epoch}/{number}").status == 410
        assert site.get("/feed/public/nothing/1").status == 404
        location = site.get(f"/id/feed/public/{epoch}/1").headers["Location"]
        assert site.get(location).status == 410
        new = update_feed(copy, page_size=PAGE)
        assert site.get(f"/feed/public/{epoch}/1").status == 410
        for entity in (ELSEWHERE, f"{BASE}study/s1", f"{BASE}study/s1#part"):
            path = member_iri(BASE, "public", 1, entity).removeprefix(BASE)
            assert site.get(f"/id/{path}").status == 410, path
        changes = [(one.change, leads_to_what_it_says(site, one)) for one in new.members()]
        assert [("erased", "feed")] * 2 == changes[:2]


def test_no_stream_is_gone_that_nothing_was_erased_from(tmp_path):
    """The name of a stream of no store is not known."""
    store = GenerationStore.create(tmp_path / "store", base=BASE)
    publish(store, {"a": {said(ELSEWHERE, "x")}})
    with running(create_app(ServerConfig(store=store.path))) as site:
        assert site.get("/feed/public/0123456789ab/1").status == 404
        assert site.get("/id/version/1/http%3A%2F%2Felsewhere.example%2Fx").status == 404
