"""What a keeper sees of a server: running queries, measurements, the log, ids of requests."""

from __future__ import annotations

import io
import json
import uuid
from contextlib import closing

import pytest
from helpers.serving import ENDLESS, asking, make_store, read, serving, until
from prometheus_client.parser import text_string_to_metric_families

from kmgraph.access.tokens import TokenRegister
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.observing import AccessLog, Notes, Observer
from kmgraph_server.state import close

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
NEEDLE = "a-secret-of-mine"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of 3,000 triples."""
    return make_store(tmp_path_factory.mktemp("operations") / "store")


@pytest.fixture(scope="module")
def secrets(store):
    """A token of each kind, by name."""
    register = TokenRegister(store.path)
    return {name: register.create(name, {name}) for name in ("read", "admin")}


@pytest.fixture(scope="module")
def server(store, secrets):
    """A server in a process of its own that writes a log."""
    with serving("--store", str(store.path), "--access-log") as found:
        # A store that was written to a moment ago is watched before its answers are kept.
        until(
            lambda: found.get(asking(COUNT)) and line_of(found, found.get(asking(COUNT)))["cached"]
        )
        yield found


@pytest.fixture
def keeper(secrets):
    """The header of somebody who may look at running queries."""
    return f"Bearer {secrets['admin']}"


def log_lines(server):
    """Return the lines of the log so far."""
    server.errors.seek(0)
    return [json.loads(line) for line in server.errors.read().splitlines()]


def line_of(server, reply):
    """Return the line of a request, which is written after its answer."""
    wanted = reply.headers["Kmgraph-Request-Id"]
    return until(lambda: [line for line in log_lines(server) if line["request"] == wanted])[0]


def samples(text):
    """Return measurements by name and labels."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def measured(server):
    """Return what a server measures."""
    reply = server.get("/metrics")
    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert reply.headers["Cache-Control"] == "no-store"
    return samples(reply.body.decode())


def test_running_queries_are_listed_and_stopped(server, keeper):
    """The keeper sees the query and its asker's request, stops it, and the asker is told."""
    with closing(server.connect()) as asker:
        asker.request("GET", asking(ENDLESS))
        (query,) = until(lambda: server.get("/queries", Authorization=keeper).json["queries"])
        assert query["query"] == ENDLESS
        assert query["view"] == "public"
        assert query["seconds"] < 60
        assert set(query) == {"id", "request", "view", "started", "seconds", "query"}
        assert measured(server)["kmgraph_queries_running",] == 1
        stopped = server.get(f"/queries/{query['id']}", method="DELETE", Authorization=keeper)
        assert (stopped.status, stopped.body) == (204, b"")
        assert stopped.headers["Content-Type"] is None
        reply = read(asker)
    assert reply.status == 503
    assert reply.json["type"].endswith("#query-stopped")
    assert reply.headers["Kmgraph-Request-Id"] == query["request"]
    listed = server.get("/queries", Authorization=keeper)
    assert listed.json == {"queries": []}
    assert listed.headers["Cache-Control"] == "no-store"
    again = server.get(f"/queries/{query['id']}", method="DELETE", Authorization=keeper)
    assert again.status == 404


@pytest.mark.parametrize(("path", "method"), [("/queries", "GET"), ("/queries/1", "DELETE")])
def test_running_queries_are_for_keepers(server, secrets, path, method):
    """No token and a wrong one get 401 with a challenge; one without the right gets 403."""
    for header in ({}, {"Authorization": "Bearer kmg_none"}):
        reply = server.get(path, method=method, **header)
        assert reply.status == 401
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    assert server.get(path, method=method, Authorization=f"Bearer {secrets['read']}").status == 403


def test_measurements_after_all_kinds_of_ends(server):
    """Answered, kept, unchanged, unreadable, killed: each is counted as what it was."""
    before = measured(server)
    server.get(asking(f"{COUNT} # {NEEDLE}"))
    again = server.get(asking(f"{COUNT} # {NEEDLE}"))
    server.get(asking(f"{COUNT} # {NEEDLE}"), If_None_Match=again.headers["ETag"])
    for unreadable in ("nothing", "SELECT nothing"):
        assert server.get(asking(unreadable)).status == 400
    late = server.get(asking(ENDLESS, timeout="0.2"))
    assert late.status == 503
    server.get("/", method="BREW")

    def counted(*key):
        return found.get(key, 0) - before.get(key, 0)

    found = until(
        lambda: (
            now
            if (now := measured(server)).get(("kmgraph_requests_total", "405", "other", "page"))
            else None
        )
    )
    assert counted("kmgraph_queries_total", "SELECT", "answered") == 1
    assert counted("kmgraph_queries_total", "SELECT", "cached") == 1
    assert counted("kmgraph_queries_total", "SELECT", "unchanged") == 1
    assert counted("kmgraph_queries_total", "none", "query-syntax") == 1
    assert counted("kmgraph_queries_total", "SELECT", "query-syntax") == 1
    assert counted("kmgraph_queries_total", "SELECT", "query-timeout") == 1
    assert counted("kmgraph_evaluations_total", "ok") == 1
    assert counted("kmgraph_evaluations_total", "query-timeout") == 1
    assert counted("kmgraph_kills_total", "timeout") == 1
    assert counted("kmgraph_query_seconds_count", "SELECT") == 1
    assert counted("kmgraph_cache_hits_total") >= 2
    assert counted("kmgraph_request_seconds_count", "sparql") == 6
    assert found["kmgraph_generation",] == 1
    assert found["kmgraph_memory_bytes",] > 10_000_000
    assert found["kmgraph_worker_memory_bytes",] > 10_000_000
    assert found["kmgraph_queries_waiting",] == 0
    assert NEEDLE not in server.get("/metrics").body.decode()


def test_the_log_says_what_was_asked_and_no_secret(server, secrets):
    """One line for each request, also for what was kept, with the hash of the query."""
    token = secrets["read"]
    query = f"{COUNT} # logged"
    first = server.get(asking(query, note=NEEDLE), Authorization=f"Bearer {token}")
    second = server.get(asking(query, note=NEEDLE), Authorization=f"Bearer {token}")
    spaced = server.get(asking(query.replace(" ", "\n ", 1)))
    wrong = server.get(asking(COUNT, note=NEEDLE), Authorization="Bearer kmg_wrong-one")
    lines = [line_of(server, reply) for reply in (first, second, spaced, wrong)]
    for line in lines[:3]:
        assert line["path"] == "/sparql"
        assert (line["method"], line["status"], line["rows"]) == ("GET", 200, 1)
        assert (line["view"], line["generation"], line["whole"]) == ("public", 1, True)
        assert len(line["query"]) == 16
        assert line["ms"] > 0
        assert line["bytes"] == int(first.headers["Content-Length"])
        assert line["time"].endswith("+00:00")
    assert [line["cached"] for line in lines] == [False, True, False, False]
    assert [line.get("token") for line in lines] == ["read", "read", None, None]
    assert len({line["query"] for line in lines[:3]}) == 1
    assert (lines[3]["status"], lines[3]["problem"]) == (401, "token")
    server.errors.seek(0)
    text = server.errors.read()
    for secret in (token, NEEDLE, "kmg_", "127.0.0.1", "COUNT"):
        assert secret not in text


def test_every_answer_has_an_id(server, keeper):
    """Pages, problems, redirects, kept answers, files: the id is there, and never the same."""
    paths = ["/", "/", "/none", "/sparql", "/healthz", "/metrics", "/static/style.css", "/id/x"]
    replies = [server.get(path) for path in paths]
    replies += [server.get("/sparql", method="OPTIONS"), server.get("/", method="HEAD")]
    ids = [reply.headers["Kmgraph-Request-Id"] for reply in replies]
    assert len({uuid.UUID(one) for one in ids}) == len(ids)


def test_a_problem_says_which_request_it_is_about(server):
    """The member 'instance' is the id; a page shows it where the keeper has to be asked."""
    reply = server.get("/none")
    assert reply.json["instance"] == f"urn:uuid:{reply.headers['Kmgraph-Request-Id']}"
    given = server.get("/none", X_Request_Id="chosen-by-the-client")
    assert given.headers["Kmgraph-Request-Id"] != "chosen-by-the-client"


@pytest.fixture(scope="module")
def behind_proxy(store):
    """An application that believes one proxy."""
    app = create_app(ServerConfig(store=store.path, trusted_proxies=1))
    yield app.test_client()
    close(app)


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [("proxy-0001", True), ("short", False), ("a b c d e f g h", False), ("x" * 129, False)],
)
def test_the_id_of_a_trusted_proxy_is_taken_over(behind_proxy, given, is_taken):
    """If it is well formed; it stands in the header and in the problem."""
    reply = behind_proxy.get("/none", headers={"X-Request-Id": given})
    assert (reply.headers["Kmgraph-Request-Id"] == given) == is_taken
    assert (reply.json["instance"] == given) == is_taken


def test_health_does_not_depend_on_data(tmp_path):
    """A store in ruins: alive, and not ready."""
    store = make_store(tmp_path / "store", 3)
    app = create_app(ServerConfig(store=store.path))
    client = app.test_client()
    try:
        (store.path / "current").write_text("no number", encoding="ascii")
        reply = client.get("/healthz", headers={"Authorization": "Bearer kmg_none"})
        assert (reply.status_code, reply.json) == (200, {"generation": None, "status": "ok"})
        assert reply.headers["Cache-Control"] == "no-store"
        reply = client.get("/readyz")
        assert reply.status_code == 503
        assert str(tmp_path) not in reply.text
        assert reply.headers["Retry-After"]
        assert client.get("/metrics").status_code == 200
        (store.path / "current").write_text("1\n", encoding="ascii")
        assert client.get("/readyz").json == {"generation": 1, "status": "ready"}
    finally:
        close(app)


def test_stores_of_one_process_do_not_see_each_others_queries(store, tmp_path, keeper, secrets):
    """They share workers, and nothing else."""
    other = make_store(tmp_path / "other", 3)
    (other.path / "store.json").write_text(
        (other.path / "store.json").read_text().replace(other.base, "https://example.org/other/")
    )
    stranger = f"Bearer {TokenRegister(other.path).create('stranger', {'admin'})}"
    with serving("--store", str(store.path), "--mount", f"/other={other.path}") as server:
        with closing(server.connect()) as asker:
            asker.request("GET", asking(ENDLESS))
            (query,) = until(lambda: server.get("/queries", Authorization=keeper).json["queries"])
            assert server.get("/other/queries", Authorization=stranger).json == {"queries": []}
            path = f"/other/queries/{query['id']}"
            assert server.get(path, method="DELETE", Authorization=stranger).status == 404
            assert server.get("/other/queries", Authorization=keeper).status == 401
            path = f"/queries/{query['id']}"
            assert server.get(path, method="DELETE", Authorization=keeper).status == 204
            assert read(asker).status == 503


class Gone(io.StringIO):
    """A log that nobody takes any more."""

    def write(self, text):
        """Fail as a closed pipe does."""
        raise BrokenPipeError


def test_an_answer_that_breaks_off_is_seen_as_that():
    """A client that leaves half way, an application that fails, a log that is gone."""
    seen = []

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/fails":
            raise RuntimeError("on purpose")
        start_response("200 OK", [])
        return iter([b"one", b"two"])

    observer = Observer(app, lambda each: [seen.append(each), AccessLog(Gone())(each)])
    body = observer({"PATH_INFO": "/parts", "REQUEST_METHOD": "GET"}, lambda *args: None)
    next(iter(body))
    body.close()
    body.close()
    with pytest.raises(RuntimeError):
        observer({"PATH_INFO": "/fails"}, lambda *args: None)
    assert [(each.path, each.status, each.length, each.is_whole) for each in seen] == [
        ("/parts", 200, 3, False),
        ("/fails", 500, 0, False),
    ]


def test_addresses_are_logged_only_where_the_keeper_says_so(store, capsys):
    """Off by default."""
    for log_addresses in (False, True):
        app = create_app(
            ServerConfig(store=store.path, access_log=True, log_addresses=log_addresses)
        )
        app.test_client().get("/healthz").close()
        close(app)
        line = json.loads(capsys.readouterr().err)
        assert line.get("address") == ("127.0.0.1" if log_addresses else None)


def test_paths_are_logged_as_text_on_one_line(capsys):
    """Whatever is in them."""
    output = io.StringIO()
    observer = Observer(lambda environ, start: [], AccessLog(output))
    path = "/doc/Grüße\n\x1b[31m".encode().decode("latin-1")
    observer({"PATH_INFO": path, "SCRIPT_NAME": "/a"}, print).close()
    (line,) = output.getvalue().splitlines()
    assert json.loads(line)["path"] == "/a/doc/Grüße\n\x1b[31m"
    assert line.isascii()
    assert "\x1b" not in line


def test_notes_say_what_stands_for_a_request():
    """An id that only looks like a UUID is left as it is."""
    assert Notes("A" * 32).instance == "A" * 32
