"""Tags, conditional requests and the cache: who has an answer already is not sent it again."""

from __future__ import annotations

import datetime as dt
import json
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from kmgraph.access.tokens import TokenRegister
from kmgraph.errors import StoreCorruptError
from kmgraph.stores.generations import GenerationStore
from kmgraph_server import ServerConfig, create_app, join
from kmgraph_server.conditions import Verdict, holds, in_all_codings, judge
from kmgraph_server.response_cache import Entry, Pointer, ResponseCache
from kmgraph_server.state import close, served_by

BASE = "https://w3id.org/kmgraph/"
ALL = "SELECT ?s ?o { ?s <urn:p> ?o } ORDER BY ?s"
VOLATILE = ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()"]
DATE = "Wed, 01 Jan 2020 00:00:00 GMT"
LATER = "Wed, 01 Jan 2020 00:00:01 GMT"


class Stage:
    """A store with a public graph and one of the group north, and an application on it."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.store = GenerationStore.create(folder / "store")
        self.publish(3)
        self.secret = TokenRegister(self.store.path).create("reader", {"read"}, {"north"})
        self.app = create_app(ServerConfig(store=self.store.path, **settings))
        self.client = self.app.test_client()

    def publish(self, number, hidden="secret"):
        """Publish a generation of so many public statements and a hidden one."""
        base = self.store.base
        study = f"<{base}id/study/a> <urn:p>"
        graphs = {
            "open": ("public", [f'{study} "open {n}"' for n in range(number)]),
            "north-only": ("north", [f'{study} "{hidden}"']),
        }
        with self.store.begin(reason="test") as writer:
            for name, (visibility, lines) in graphs.items():
                path = self.folder / f"{name}.nq"
                path.write_text("".join(f"{line} <{base}graph/{name}> .\n" for line in lines))
                writer.replace_graph(name, path, visibility=visibility, kind="updates")
            return writer.publish().id

    def get(self, path, method="GET", who=None, **headers):
        """Send one request; header names are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if who:
            named["Authorization"] = f"Bearer {self.secret}"
        return self.client.open(path, method=method, headers=named, buffered=True)

    @property
    def published(self):
        """Return the second in which the current generation was published."""
        created = dt.datetime.fromisoformat(self.store.generation().created)
        return created.astimezone(dt.UTC).replace(microsecond=0)

    @property
    def hits(self):
        """Return how many answers came from the cache."""
        return served_by(self.app).cache.stats()["hits"]

    @property
    def queries(self):
        """Return how many queries were evaluated."""
        return sum(served_by(self.app).pool.stats().queries.values())


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """An application with a cache."""
    found = Stage(tmp_path_factory.mktemp("caching"))
    yield found
    close(found.app)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """An application without one."""
    found = Stage(tmp_path_factory.mktemp("bare"), cache_bytes=0)
    yield found
    close(found.app)


@pytest.fixture(params=["stage", "bare"])
def either(request):
    """An application with a cache, and one without."""
    return request.getfixturevalue(request.param)


def at(query=ALL, **more):
    """Return the address of a query."""
    return "/sparql?" + urlencode({"query": query, **more})


DOCUMENT = "/doc/id/study/a?format=ttl"
#: A page, a document, the description of the endpoint, and answers to queries.
ADDRESSES = ["/", DOCUMENT, "/sparql", "/ontology.ttl", "/questions.json", at(), at(format="html")]
READ = ["/", "/doc/id/study/a.ttl", "/sparql", "/ontology.ttl", at(), at("ASK {}", format="xml")]


# --- conditions: pure ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 200),
        ({"If-None-Match": '"a"'}, 304),
        ({"If-None-Match": 'W/"a"'}, 304),
        ({"If-None-Match": '"b", W/"a" , "c"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"b"'}, 200),
        ({"If-None-Match": "a"}, 200),
        ({"If-None-Match": ""}, 200),
        # A tag that does not match counts more than a date that does.
        ({"If-None-Match": '"b"', "If-Modified-Since": DATE}, 200),
        ({"If-Modified-Since": DATE}, 304),
        ({"If-Modified-Since": LATER}, 304),
        ({"If-Modified-Since": "Tue, 31 Dec 2019 23:59:59 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Match": '"a"'}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": 'W/"a"'}, 412),
        ({"If-Match": '"b"'}, 412),
        ({"If-Match": '"a"', "If-None-Match": '"a"'}, 304),
        ({"If-Unmodified-Since": DATE}, 200),
        ({"If-Unmodified-Since": "Tue, 31 Dec 2019 00:00:00 GMT"}, 412),
        ({"If-Match": '"a"', "If-Unmodified-Since": "Tue, 31 Dec 2019 00:00:00 GMT"}, 200),
    ],
)
def test_conditions_are_judged_in_their_order(given, status):
    """By RFC 9110, section 13.2.2."""
    assert judge("GET", given.get, '"a"', DATE).value == status


def test_a_condition_of_a_write_fails_where_that_of_a_read_says_not_modified():
    """And dates count for GET and HEAD only."""
    known = {"If-None-Match": '"a"'}.get
    assert [judge(m, known, '"a"', None) for m in ("GET", "HEAD", "QUERY", "PUT")] == [
        *[Verdict.NOT_MODIFIED] * 3,
        Verdict.FAILED,
    ]
    assert judge("QUERY", {"If-Modified-Since": DATE}.get, '"a"', DATE) is Verdict.SEND


@given(
    st.dictionaries(
        st.sampled_from(["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"]),
        st.text(max_size=60),
    )
)
def test_any_condition_is_judged(headers):
    """No value of a header breaks it."""
    assert judge("GET", headers.get, '"a"', DATE) in Verdict


@given(st.lists(st.sampled_from(['"a"', 'W/"a"', '"b"', 'W/"c"', "x"]), max_size=5))
def test_a_list_holds_a_tag_if_one_of_them_does(tags):
    """Weakly for reads, strongly for writes."""
    text = ", ".join(tags)
    assert holds(text, '"a"') == any(tag in ('"a"', 'W/"a"') for tag in tags)
    assert holds(text, '"a"', weakly=False) == ('"a"' in tags)


def test_a_long_header_costs_little():
    """Time grows no faster than the length."""
    start = time.perf_counter()
    for text in ('"' * 200_000, 'W/"' * 60_000, " ," * 100_000, 'W/"a" ' * 40_000):
        assert not holds(text, '"b"')
    assert time.perf_counter() - start < 5


# --- tags and what goes with them ---------------------------------------------------------------


@pytest.mark.parametrize("path", READ)
def test_065_an_answer_has_a_strong_tag_by_which_it_is_not_sent_again(either, path):
    """304 has no body, and the headers that a cache needs."""
    first = either.get(path)
    etag = first.headers["ETag"]
    assert first.status_code == 200
    assert etag.startswith('"')
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = either.get(path, If_None_Match=known)
        assert (again.status_code, again.data) == (304, b""), known
        for name in ("ETag", "Vary", "Cache-Control", "Access-Control-Allow-Origin"):
            assert again.headers[name] == first.headers[name]
        assert "Content-Type" not in again.headers
    assert either.get(path, If_None_Match='"other"').data == first.data
    assert either.get(path, If_Match='"other"').status_code == 412
    assert either.get(path, If_Match=etag).status_code == 200


@pytest.mark.parametrize("path", READ)
def test_062_head_has_the_headers_of_get(either, path):
    """Length and tag among them, whether it was kept or not."""
    for method in ("HEAD", "GET", "HEAD"):
        answer = either.get(path, method)
        if method == "GET":
            assert answer.data
        else:
            assert not answer.data
    head, get = either.get(path, "HEAD").headers, either.get(path).headers
    changing = {"Kmgraph-Request-Id"}
    assert {k: v for k, v in head.items() if k not in changing} == {
        k: v for k, v in get.items() if k not in changing
    }
    assert int(head["Content-Length"]) == len(either.get(path).data)


def test_different_answers_have_different_tags(stage):
    """By format, dataset, base, view and content; not by white space or the order of graphs."""
    graph, other = f"{stage.store.base}graph/open", "urn:g"

    def tag(path, **more):
        answer = stage.get(path, **more)
        assert answer.status_code == 200
        return answer.headers["ETag"]

    answers = [
        tag(at()),
        tag(at(), who="north"),
        tag(at(format="xml")),
        tag(at(format="csv")),
        tag(at(format="html")),
        tag(at(), Accept_Encoding="gzip;q=1, identity;q=0"),
        tag(at(**{"default-graph-uri": graph})),
        tag(at(**{"named-graph-uri": graph})),
        tag(at(), Host="example.org"),
        tag(at(ALL.replace("?s ?o", "?o"))),
        tag(DOCUMENT),
        tag("/doc/id/study/a?format=nt"),
    ]
    assert len(set(answers)) == len(answers)
    assert tag(at()) == tag(at(f"{ALL.replace(' ', '  ')} # a comment"))
    assert tag(at(timeout="5")) == tag(at())
    pairs = [("default-graph-uri", graph), ("default-graph-uri", other)]
    there, back = (urlencode([("query", ALL), *p]) for p in (pairs, pairs[::-1]))
    assert tag(f"/sparql?{there}") == tag(f"/sparql?{back}")


@pytest.mark.parametrize("method", ["POST", "QUERY"])
def test_queries_in_bodies_have_tags_too(stage, method):
    """QUERY is a safe method, so it can be conditional; POST is not, and is always answered."""
    headers = {"Content-Type": "application/sparql-query"}
    first = stage.client.open("/sparql", method=method, data=ALL, headers=headers)
    assert first.headers["ETag"] == stage.get(at()).headers["ETag"]
    headers["If-None-Match"] = first.headers["ETag"]
    again = stage.client.open("/sparql", method=method, data=ALL, headers=headers)
    assert again.status_code == (304 if method == "QUERY" else 200)


def test_who_has_the_answer_already_makes_no_work(bare):
    """The tag of a query is known before the query is evaluated."""
    etag = bare.get(at()).headers["ETag"]
    before = bare.queries
    for coding in ("", "gzip", "zstd, gzip"):
        answer = bare.get(at(), If_None_Match=etag, Accept_Encoding=coding)
        assert (answer.status_code, answer.headers["ETag"]) == (304, etag)
    page = bare.get("/questions/cq-031?format=csv")
    assert page.status_code == 200
    between = bare.queries
    known = bare.get("/questions/cq-031?format=csv", If_None_Match=page.headers["ETag"])
    assert known.status_code == 304
    assert (before, between) == (before, bare.queries)
    # A tag of another coding than the client takes is of no use to it.
    gzipped = f'{etag[:-1]}-gzip"'
    assert bare.get(at(), If_None_Match=gzipped).status_code == 200
    assert bare.get(at(), If_None_Match=gzipped, Accept_Encoding="gzip").status_code == 304


@pytest.mark.parametrize("function", VOLATILE)
@pytest.mark.parametrize("form", ["json", "html"])
def test_an_answer_that_changes_each_time_is_not_kept(either, function, form):
    """Neither by the server nor by anyone else."""
    path = at(f"SELECT ({function} AS ?x) {{}}", format=form)
    for _ in range(2):
        answer = either.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
    if function == "UUID()":
        assert either.get(path).data != either.get(path).data


def test_what_may_be_kept_and_by_whom(either):
    """Shared caches keep what is public; errors and what keepers look at are kept by nobody."""
    public = "public, max-age=0, must-revalidate"
    for path in READ:
        answer = either.get(path)
        assert answer.headers["Cache-Control"] == public
        assert {"Accept-Encoding", "Authorization"} <= set(answer.headers["Vary"].split(", "))
        private = either.get(path, who="north").headers["Cache-Control"]
        assert private == "private, no-cache"
    never = ["/nothing", "/doc/none", at("SELECT"), "/healthz", "/readyz", "/metrics", "/queries"]
    for path in (*never, at("SELECT", format="html")):
        answer = either.get(path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert "ETag" not in answer.headers
    assert either.get(at(), Accept="image/png").headers["Cache-Control"] == "no-store"


def test_the_date_is_that_of_the_generation(either):
    """A client that asks by date is told that nothing has changed since."""
    time.sleep(1.1)
    either.publish(3)
    for path in (at(), "/doc/id/study/a.ttl"):
        date = either.get(path).headers["Last-Modified"]
        assert parsedate_to_datetime(date) == either.published
        assert either.get(path, If_Modified_Since=date).status_code == 304
        older = format_datetime(either.published - dt.timedelta(seconds=1), usegmt=True)
        assert either.get(path, If_Modified_Since=older).status_code == 200


def test_a_client_that_asks_by_date_learns_of_every_change(either):
    """Although dates have whole seconds, and more than one change fits into one."""
    together = 0
    while not together:
        either.publish(3)
        date, first = either.get(at()).headers["Last-Modified"], either.published
        either.publish(5)
        together += either.published == first
        for _ in range(2):
            answer = either.get(at(), If_Modified_Since=date)
            assert len(answer.json["results"]["bindings"]) == 5


def test_053_a_write_changes_the_tag(either):
    """It begins with the id of the generation."""
    old = either.get(at())
    generation = either.publish(4)
    new = either.get(at(), If_None_Match=old.headers["ETag"])
    assert new.status_code == 200
    assert new.headers["ETag"].startswith(f'"{generation}-')
    assert len(new.json["results"]["bindings"]) == 4


def test_tags_of_a_graph_in_all_codings():
    """What a write may name in If-Match."""
    assert '"a-gzip"' in in_all_codings('"a"')


# --- the cache ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", READ)
def test_what_was_asked_before_is_answered_before_any_work(stage, path):
    """The same bytes and headers, but for the id of the request."""
    stage.get(path, Accept="*/*;q=0.5, text/html;q=0")
    hits, queries = stage.hits, stage.queries
    first = stage.get(path, Accept="text/html;q=0,*/*;q=0.5")
    again = stage.get(path, "HEAD", Accept="text/html;q=0,*/*;q=0.5")
    assert (stage.hits, stage.queries) == (hits + 2, queries)
    assert first.headers["ETag"] == again.headers["ETag"]
    assert first.headers["Kmgraph-Request-Id"] != again.headers["Kmgraph-Request-Id"]
    log = stage.get("/metrics").text
    assert f"kmgraph_cache_hits_total {stage.hits}.0" in log


def test_a_view_is_never_sent_the_bytes_of_another(stage):
    """Nor 304 for the tag of one; and a token that is not valid is refused, kept or not."""
    secret = stage.get(at(), who="north")
    assert "secret" in secret.text
    for _ in range(2):
        for headers in ({}, {"If_None_Match": secret.headers["ETag"]}):
            plain = stage.get(at(), **headers)
            assert plain.status_code == 200
            assert "secret" not in plain.text
        assert "secret" in stage.get(at(), who="north").text
        wrong = stage.get(at(), Authorization="Bearer kmg_wrong")
        assert wrong.status_code == 401
        assert wrong.headers["WWW-Authenticate"]


def test_a_token_that_was_revoked_opens_nothing_that_is_kept(stage):
    """From the moment on at which it is revoked."""
    register = TokenRegister(stage.store.path)
    token = register.create("leaver", {"read"}, {"north"})
    for _ in range(2):
        assert "secret" in stage.get(at(), Authorization=f"Bearer {token}").text
    register.revoke("leaver")
    assert stage.get(at(), Authorization=f"Bearer {token}").status_code == 401


def test_hosts_and_paths_have_answers_of_their_own(stage):
    """Answers that name the address they were asked at are right at each."""
    for host in ("one.example", "two.example", "one.example"):
        assert f"http://{host}/sparql" in stage.get("/sparql", Host=host, Accept="text/turtle").text
    one, two = (stage.client.get("/sparql", base_url=f"http://h/{p}") for p in ("a", "b"))
    assert "http://h/a/sparql" in one.text
    assert "http://h/b/sparql" in two.text


def test_a_page_that_shows_other_stores_too_is_not_kept(stage, bare):
    """What is kept goes when this store changes, and not when the others do."""
    client = Client(join(stage.app, {"/other": bare.app}))
    hits = stage.hits
    for _ in range(2):
        page = client.get("/", headers={"Accept": "text/html"})
        assert '"/other/"' in page.text
        assert "Last-Modified" not in page.headers
        known = {"If-None-Match": page.headers["ETag"]}
        assert client.get("/", headers=known).status_code == 304
    assert stage.hits == hits


def test_nothing_of_an_older_generation_is_kept(stage):
    """Its bytes leave the memory with the next request, whatever that asks for."""
    stage.publish(3, hidden="erased-later")
    assert "erased-later" in stage.get(at(), who="north").text
    cache = served_by(stage.app).cache
    assert any(b"erased-later" in entry.body for entry, _ in cache._entries.values())
    stage.publish(3, hidden="anything")
    stage.client.post("/sparql", data="nothing", buffered=True)
    assert not any(b"erased-later" in entry.body for entry, _ in cache._entries.values())
    assert "erased-later" not in stage.get(at(), who="north").text


def test_readers_see_one_state_while_others_publish(stage):
    """No answer is older than the generation that was current when it was asked for."""

    def read(_):
        current = stage.store.current_id()
        answer = stage.app.test_client().get(at())
        return current, int(answer.headers["ETag"][1:].partition("-")[0])

    with ThreadPoolExecutor(4) as threads:
        reading = [threads.submit(read, n) for n in range(40)]
        for _ in range(3):
            stage.publish(3)
        reading += [threads.submit(read, n) for n in range(40)]
        for asked in reading:
            current, answered = asked.result()
            assert answered >= current


def test_the_log_tells_what_was_kept(tmp_path, capsys):
    """With the form and the hash of the query, as at the first time."""
    stage = Stage(tmp_path, access_log=True)
    for _ in range(2):
        stage.get(at(), who="north")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["cached"], second["cached"]) == (False, True)
    assert second["rows"] == 4
    for name in ("query", "rows", "token", "view", "generation", "status", "path", "bytes"):
        assert first[name] == second[name]
    assert 'kmgraph_queries_total{form="SELECT",outcome="cached"} 1.0' in stage.get("/metrics").text
    close(stage.app)


def test_the_cache_is_bounded():
    """By bytes, the least recently used first; nothing takes more than its share."""
    cache = ResponseCache(64_000)
    for number in range(100):
        cache.put("now", number, Entry((), b"x" * 2_000))
        cache.get("now", 0)
    stats = cache.stats()
    assert stats["bytes"] <= 64_000
    assert stats["entries"] == 100 - stats["evictions"]
    assert cache.get("now", 0) is not None
    assert cache.get("now", 1) is None
    cache.put("now", "large", Entry((), b"x" * 5_000))
    assert cache.get("now", "large") is None
    cache.put("before", "late", Entry((), b""))
    assert cache.get("now", "late") is None
    assert cache.get("later", 0) is None
    assert (cache.stats()["bytes"], cache.stats()["entries"]) == (0, 0)


def test_the_pointer_is_read_when_it_has_moved(tmp_path):
    """And an error in it is not remembered as an answer."""
    path = tmp_path / "current"
    reads = []

    def read():
        reads.append(path.read_text())
        if not reads[-1].isdigit():
            raise StoreCorruptError("no number")
        return int(reads[-1])

    pointer = Pointer(path, read)
    path.write_text("1")
    assert pointer() == pointer()
    assert len(reads) == 1
    path.write_text("broken")
    for _ in range(2):
        with pytest.raises(StoreCorruptError):
            pointer()
    path.write_text("22")
    assert pointer()[0] == 22


def test_a_large_answer_is_sent_and_not_kept(tmp_path):
    """It takes more than its share of the memory."""
    stage = Stage(tmp_path, cache_bytes=32_000)
    stage.publish(400)
    for _ in range(2):
        answer = stage.get(at())
        assert len(answer.json["results"]["bindings"]) == 400
    assert stage.hits == 0
    assert served_by(stage.app).cache.stats()["bytes"] < 32_000
    close(stage.app)
