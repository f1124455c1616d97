"""Snapshots, the change feed, earlier states and differences, as clients over a socket get them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import shutil
import urllib.parse

import pyoxigraph as ox
import pytest
from helpers.generations import publish
from server.conftest import running

from kmgraph.access.tokens import TokenRegister
from kmgraph.pipeline.purging import purge
from kmgraph.snapshots import remove_snapshots, write_snapshot
from kmgraph.stores.generations import GenerationStore
from kmgraph.versions import read_members, replay, update_feed
from kmgraph_server import ServerConfig, create_app

BASE = "https://example.org/id/"
VISIBILITY = {"a": "public", "hidden": "north"}
LABEL = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
TREE = "https://w3id.org/tree#"
LDES = "https://w3id.org/ldes#"
PAGE = 7
SEED = 7
WHOLE = {
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
FORMATS = WHOLE | {"text/turtle": ox.RdfFormat.TURTLE}
EVER = "public, max-age=31536000, immutable"
QUERY = "/sparql?query=" + urllib.parse.quote(
    f"SELECT ?n {{ <{BASE}study/s1> <{LABEL.value}> ?n }}"
)


def said(number: int, text: str) -> ox.Triple:
    """Return a statement of a study."""
    return ox.Triple(ox.NamedNode(f"{BASE}study/s{number}"), LABEL, ox.Literal(text))


def dataset_of(store: GenerationStore, view: str = "public") -> set[ox.Quad]:
    """Return what a view of the current generation holds."""
    with store.open_view(view) as opened:
        return set(opened.quads())


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Ten generations of random edits, told to the feeds one by one, and some snapshots."""
    store = GenerationStore.create(tmp_path_factory.mktemp("versions") / "store", base=BASE)
    random_ = random.Random(SEED)
    held: set[tuple[int, str]] = set()
    for number in range(1, 11):
        held = {one for one in held if random_.random() > 0.3 and one[0] != 1}
        held |= {(random_.randrange(2, 30), f"text {random_.randrange(9)} é") for _ in range(8)}
        held.add((1, f"name {number}"))
        hidden = {said(99, f"secret {number}")}
        publish(store, {"a": {said(*one) for one in held}, "hidden": hidden}, VISIBILITY)
        for view in ("public", "public+north"):
            update_feed(store, view=view, page_size=PAGE)
        if number in (3, 9, 10):
            write_snapshot(store, generation=number)
    write_snapshot(store, view="public+north")
    remove_snapshots(store, [9])
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


def links(reply) -> dict[str, list[str]]:
    """Return relation to targets of the Link headers of an answer."""
    found: dict[str, list[str]] = {}
    for value in reply.headers.get_all("Link", []):
        target, _, rest = value.partition(">")
        for relation in rest.partition('rel="')[2].partition('"')[0].split():
            found.setdefault(relation, []).append(target.removeprefix("<"))
    return found


def rdf(reply) -> list[ox.Quad]:
    """Return the statements of an answer."""
    return list(ox.parse(reply.body, FORMATS[reply.media_type]))


def values_of(reply, predicate: str) -> list[str]:
    """Return the values of a property in an answer."""
    return [quad.object.value for quad in rdf(reply) if quad.predicate.value == predicate]


def test_082_each_file_has_the_checksum_and_the_statements_that_the_manifest_says(site):
    """And its Content-Type says what its bytes are, which nobody compresses again."""
    manifest = json.loads(site.get("/snapshots/10/public/snapshot.json").body)
    for file in manifest["files"]:
        reply = site.get(
            f"/snapshots/10/public/{urllib.parse.quote(file['name'])}", Accept_Encoding="gzip"
        )
        assert reply.status == 200
        digest = hashlib.sha256(reply.body).digest()
        assert digest.hex() == file["sha256"]
        assert reply.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest).decode()}:"
        assert "Content-Encoding" not in reply.headers
        is_gzip = file["compression"] == "gzip"
        assert reply.media_type == ("application/gzip" if is_gzip else file["media_type"])
    quads = site.get("/snapshots/10/public/all.nq.gz").body
    assert len(gzip.decompress(quads).splitlines()) == manifest["statements"]


def test_083_a_snapshot_stays_and_names_those_before_and_after_it(site, store):
    """It says how to cite it; the newest one is where 'latest' leads."""
    for path in ("/snapshots/10/public/all.nq.gz", "/snapshots/10/public/CITATION.cff"):
        reply = site.get(path)
        assert reply.headers["Cache-Control"] == EVER
        assert reply.headers["ETag"].startswith('"')
        assert "Last-Modified" in reply.headers
        found = links(reply)
        assert found["cite-as"] == [f"{BASE}snapshot/10/public"]
        assert found["predecessor-version"] == ["/snapshots/3/public"]
        assert found["latest-version"] == ["/snapshots/latest"]
    newest = site.get("/snapshots/latest/all.nq.gz")
    assert (newest.status, newest.headers["Cache-Control"]) == (302, "no-store")
    assert newest.headers["Location"] == "/snapshots/10/public/all.nq.gz"
    named = site.get("/id/snapshot/3/public")
    assert (named.status, named.headers["Location"]) == (303, "/snapshots/3/public")
    page = site.get("/snapshots/3/public", Accept="text/html")
    assert (
        json.loads((store.path / "snapshots/000003/public/snapshot.json").read_bytes())["citation"]
        in page.text
    )
    assert "predecessor-version" not in links(page)
    assert "/snapshots/3/public/all.nq.gz" in links(page)["item"]


def test_067_a_part_of_a_dump_can_be_asked_for(site):
    """Also if the file is still the same one, and not beyond its end."""
    path = "/snapshots/10/public/all.nq.gz"
    whole = site.get(path)
    size, etag = len(whole.body), whole.headers["ETag"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    parts = {"bytes=0-9": (0, 10), "bytes=5-": (5, size), "bytes=-4": (size - 4, size)}
    for wanted, (first, end) in parts.items():
        for condition in ({}, {"If_Range": etag}, {"If_Range": whole.headers["Last-Modified"]}):
            part = site.get(path, Range=wanted, **condition)
            assert (part.status, part.body) == (206, whole.body[first:end])
            assert part.headers["Content-Range"] == f"bytes {first}-{end - 1}/{size}"
            assert part.headers["Content-Length"] == str(end - first)
            assert (part.headers["ETag"], part.headers["Cache-Control"]) == (etag, EVER)
    assert site.get(path, Range="bytes=0-9", If_Range='"another"').body == whole.body
    beyond = site.get(path, Range=f"bytes={size}-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert site.get(path, Range="bytes=0-9", If_None_Match=etag).status == 304
    head = site.get(path, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(size)
    assert head.headers["Repr-Digest"] == whole.headers["Repr-Digest"]


def test_080_a_snapshot_that_was_removed_is_gone_and_others_are_not_known(site, token):
    """In plain words; a file of another name is not there, nor one of the folders around it."""
    gone = site.get("/snapshots/9/public/all.nq.gz", Accept="application/json")
    assert gone.status == 410
    assert "was removed" in json.loads(gone.body)["detail"]
    for path in ("4/public/all.nq.gz", "10/public/nothing", "10/public/..%2F..%2Fcurrent",
                 "10/public/2/all.nq.gz", "10/..%2F000010%2Fpublic/all.nq.gz"):  # fmt: skip
        assert site.get(f"/snapshots/{path}").status == 404
    listed = json.loads(site.get("/snapshots?format=json").body)
    assert [one["generation"] for one in listed["snapshots"]] == [10, 3]
    assert [one["generation"] for one in listed["gone"]] == [9]


def test_a_snapshot_of_a_group_is_for_the_group_alone(site, token):
    """Others are told what they are told of what is not there."""
    path = "/snapshots/10/public+north/all.nq.gz"
    assert site.get(path).status == 404
    assert b"north" not in site.get("/snapshots", Accept="text/html").body
    reply = site.get(path, **token)
    assert b"secret 10" in gzip.decompress(reply.body)
    assert reply.headers["Cache-Control"] == EVER.replace("public", "private")
    newest = site.get("/snapshots/latest", **token)
    assert newest.headers["Location"] == "/snapshots/10/public+north"


@pytest.mark.parametrize("media_type", sorted(WHOLE))
@pytest.mark.parametrize("view", ["public", "public+north"])
def test_085_who_follows_the_pages_of_the_feed_holds_the_same_dataset(
    site, store, token, media_type, view
):
    """Ten generations, by links of the pages and nothing else."""
    headers = {"Accept": media_type} | (token if view != "public" else {})
    to_read, read, quads = [f"{site.url}/feed"], [], []
    while to_read:
        address = to_read.pop()
        reply = site.get(address.removeprefix(site.url), **headers)
        assert reply.media_type == media_type
        read.append(address)
        found = rdf(reply)
        quads += found
        following = [q.object.value for q in found if q.predicate.value == f"{TREE}node"]
        to_read += [one for one in following if one not in read]
    assert len(read) > 8
    members = read_members(set(quads))
    assert set(replay(members)) == dataset_of(store, view)
    assert {q.object.value for q in quads if q.predicate.value == f"{TREE}member"} == {
        member.iri for member in members
    }


def test_085_the_feed_says_what_it_is_and_which_of_its_pages_stay(site, store):
    """The root is a view of the stream; full pages are for ever, the last one for its interval."""
    root = site.get("/feed", Accept="text/turtle")
    said_of = {(quad.predicate.value, str(quad.object)) for quad in rdf(root)}
    for name in ("timestampPath", "versionOfPath"):
        assert any(predicate == LDES + name for predicate, _ in said_of)
    assert (f"{TREE}view", f"<{site.url}/feed>") in said_of
    (interval,) = values_of(root, f"{LDES}pollingInterval")
    (first,) = values_of(root, f"{TREE}node")
    stem = first.removeprefix(site.url).rpartition("/")[0]
    last = update_feed(store).pages
    page = site.get(f"{stem}/1")
    assert page.headers["Cache-Control"] == EVER
    kinds = {quad.object.value for quad in rdf(page) if isinstance(quad.object, ox.NamedNode)}
    assert {f"{TREE}GreaterThanOrEqualToRelation", f"{LDES}EventStream"} <= kinds
    again = site.get(f"{stem}/{last}")
    assert again.headers["Cache-Control"] == f"public, max-age={interval}"
    assert site.get(f"{stem}/{last}", If_None_Match=again.headers["ETag"]).status == 304
    assert site.get(f"{stem}/{last + 1}").status == 404
    assert site.get(f"{stem}/1", Accept="text/turtle").status == 406
    stream = urllib.parse.urlsplit(update_feed(store).iri).path
    assert site.get(stream).headers["Location"] == "/feed"
    assert site.get(f"{stream}/2").headers["Location"] == f"{stem}/2"
    member = site.get("/id/version/4/study/s1")
    assert (member.status, member.headers["Location"]) == (303, "/memento/4/doc/study/s1")


def test_the_feed_of_a_group_is_for_the_group_alone(site, token):
    """Its page is not known to others, and the public one says nothing of it."""
    (first,) = values_of(site.get("/feed", **token), f"{TREE}node")
    path = first.removeprefix(site.url)
    assert "public+north" in path
    assert site.get(path, **token).status == 200
    assert site.get(path).status == 404


def test_084_an_earlier_time_leads_to_what_was_said_then(site, store):
    """Of a document and of a query; the answer says of when it is, and which others there are."""
    states = {one.id: one.created for one in store.generations()}
    gate = site.get("/doc/study/s1.nt")
    assert "accept-datetime" in gate.headers["Vary"].lower()
    for path, wanted in (("/doc/study/s1.nt", "name 1"), (QUERY, "name 1")):
        moved = site.get(path, Accept_Datetime="Thu, 01 Jan 1970 00:00:00 GMT")
        assert (moved.status, moved.headers["Location"]) == (302, f"/memento/1{path}")
        assert "accept-datetime" in moved.headers["Vary"].lower()
        assert links(moved)["original"] == [path]
        found = site.get(moved.headers["Location"])
        assert found.status == 200
        assert wanted in found.text and "name 10" not in found.text
        assert found.headers["Memento-Datetime"].endswith("GMT")
        assert links(found)["timegate"] == [path]
        assert links(found)["timemap"] == [f"/timemap{path}"]
        assert links(found)["memento"][:2] == [f"/memento/1{path}", f"/memento/10{path}"]
    bare = site.get("/memento/1/sparql?query=ASK{FILTER(2>1)}")
    assert bare.status == 200
    assert links(bare)["original"] == ["/sparql?query=ASK%7BFILTER(2%3E1)%7D"]
    late = site.get("/doc/study/s1.nt", Accept_Datetime="Fri, 01 Jan 2100 00:00:00 GMT")
    assert late.headers["Location"] == f"/memento/{max(states)}/doc/study/s1.nt"
    assert site.get("/doc/study/s1.nt", Accept_Datetime="yesterday").status == 400
    mapped = site.get("/timemap/doc/study/s1.nt")
    assert mapped.media_type == "application/link-format"
    assert mapped.text.count('rel="memento"') + mapped.text.count(' memento"') == len(states)
    assert f'<{site.url}/memento/4/doc/study/s1.nt>; rel="memento"; datetime="' in mapped.text


def test_084_an_earlier_state_is_read_only_and_stays_in_the_past(site, token):
    """Links of its pages lead to the same state, which shows a caller no more than the present."""
    page = site.get("/memento/3/doc/study/s1", Accept="text/html")
    assert "Name 3" in page.text
    assert 'href="/memento/3/' in page.text
    assert "Name 10" in site.get("/doc/study/s1", Accept="text/html").text
    hidden = "/memento/3/doc/study/s99.nt"
    assert site.get(hidden).status == 404
    assert "secret 3" in site.get(hidden, **token).text
    assert site.get("/memento/11/doc/study/s1").status == 404
    assert site.get("/memento/3/update", method="POST", data=b"update=CLEAR ALL").status == 404
    assert site.get("/memento/3/metrics").status == 404


def test_084_what_never_was_has_no_states(site, token):
    """No list of them, and no links to them; what a caller does not see never was."""
    for path in ("doc/none", "doc/study/s99", "framework/none", "mapping/none", "questions/none",
                 "doc", "doc/", "framework", "sparql/none", "none"):  # fmt: skip
        assert site.get(f"/timemap/{path}").status == 404, path
    for path in ("doc/study/s1", "doc/study/s1.nt", "doc/study/s1/", "questions", "questions/20",
                 "questions/cq-020.csv", QUERY.removeprefix("/")):  # fmt: skip
        assert site.get(f"/timemap/{path}").status == 200, path
    assert site.get("/timemap/doc/study/s99", **token).status == 200
    for path, status in (("/memento/1/doc/none", 404), ("/memento/1/sparql?query=no", 400)):
        reply = site.get(path)
        assert reply.status == status
        assert "Memento-Datetime" not in reply.headers
        assert not {"original", "timegate", "timemap", "memento"} & set(links(reply))


def test_084_what_was_there_once_has_states(tmp_path):
    """Also where it is not there now; of an erased thing it is said that it was erased."""
    store = GenerationStore.create(tmp_path / "store", base=BASE)
    publish(store, {"a": {said(1, "a"), said(2, "b")}})
    publish(store, {"a": {said(3, "c")}})
    with running(create_app(ServerConfig(store=store.path))) as site:
        assert site.get("/doc/study/s1").status == 404
        assert site.get("/timemap/doc/study/s1.ttl").status == 200
        purge(store, f"{BASE}study/s1", validate=False)
        for path in ("doc/study/s1", "doc/study/s1.ttl", "doc/study/s1/below"):
            assert site.get(f"/timemap/{path}").status == 410, path
            assert "Memento-Datetime" not in site.get(f"/memento/1/{path}").headers
        assert site.get("/timemap/doc/study/s2").status == 200


def test_two_versions_can_be_compared(site):
    """In triples and records, as a page and as JSON, for what the caller sees."""
    found = json.loads(site.get("/versions/9..10?format=json").body)
    (record,) = [one for one in found["records"] if one["iri"].endswith("/s1")]
    assert record["change"] == "changed"
    assert record["properties"][0]["added"] == ['"name 10"']
    assert "secret" not in json.dumps(found)
    page = site.get("/versions/9..10", Accept="text/html")
    assert "name 10" in page.text.lower()
    assert site.get("/versions/9..12").status == 404
    assert '"/versions/9..10"' in site.get("/versions", Accept="text/html").text


def test_080_what_was_erased_is_gone_from_all_of_it(store, tmp_path):
    """From snapshots, from the feed and from earlier states; collected states are gone too."""
    folder = tmp_path / "store"
    shutil.copytree(store.path, folder)
    copy = GenerationStore(folder)
    epoch = update_feed(copy).iri.rpartition("/")[2]
    purge(copy, f"{BASE}study/s1", validate=False)
    with running(create_app(ServerConfig(store=folder))) as site:
        assert site.get("/memento/3/doc/study/s1").status == 410
        assert "name" not in site.get(f"/memento/3{QUERY}").text.partition("results")[2]
        assert site.get("/snapshots/10/public/all.nq.gz").status == 410
        assert site.get("/feed").status == 404
        update_feed(copy, page_size=PAGE)
        assert site.get(f"/feed/public/{epoch}/1").status == 410
        assert site.get("/feed").status == 200
        written = write_snapshot(copy, generation=10)
        assert written.snapshot.revision == 2
        assert site.get("/snapshots/10/public/all.nq.gz").status == 410
        again = site.get("/snapshots/10/public/2/all.nq.gz")
        assert b"name 10" not in gzip.decompress(again.body)
        copy.gc(1)
        assert site.get("/memento/3/doc/study/s2").status == 410
        assert site.get("/versions/3..10").status == 410
