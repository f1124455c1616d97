"""New generations are taken up while requests run; what is old is let go of."""

from __future__ import annotations

import threading

import pytest

from kmgraph.errors import ConfigError, StoreUnavailableError
from kmgraph.stores.generations import GenerationStore
from kmgraph_server import ServerConfig, create_app, read_config
from kmgraph_server.state import holder

COUNT = "/sparql?query=SELECT+(COUNT(*)+AS+?n)+{+?s+?p+?o+}"


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    return GenerationStore.create(tmp_path / "store")


@pytest.fixture
def publish(store, tmp_path):
    """What publishes a generation of so many triples."""

    def put(number):
        graph = f"{store.base}graph/numbers"
        path = tmp_path / f"{number}.nq"
        lines = (f"<urn:s{n}> <urn:p> <urn:o> <{graph}> .\n" for n in range(number))
        path.write_text("".join(lines), encoding="utf-8")
        with store.begin(reason="test") as writer:
            writer.replace_graph("numbers", path)
            return writer.publish().id

    return put


@pytest.fixture
def app(store):
    """An application on the store."""
    found = create_app(ServerConfig(store=store.path))
    yield found
    holder(found).close()


def counted(client):
    """Return the number of triples and the generation that a server answers from."""
    number = client.get(COUNT).json["results"]["bindings"][0]["n"]["value"]
    return int(number), client.get("/readyz").json["generation"]


def test_before_anything_is_published_the_server_says_so(app, store, publish):
    """503 without paths of files, and the first generation is taken up as soon as it is there."""
    client = app.test_client()
    for path in ("/", "/readyz", COUNT):
        response = client.get(path)
        assert response.status_code == 503
        assert str(store.path) not in response.text
        assert response.headers["Retry-After"]
    assert client.get("/healthz").json == {"generation": None, "status": "ok"}
    publish(3)
    assert counted(client) == (3, 1)
    assert client.get("/readyz").json == {"generation": 1, "status": "ready"}


def test_a_new_generation_is_served_at_once_and_the_old_one_is_freed(app, store, publish):
    """The pointer decides; nothing needs a restart."""
    client = app.test_client()
    publish(3)
    assert counted(client) == (3, 1)
    publish(5)
    assert counted(client) == (5, 2)
    assert store.gc(1).removed == (1,)


def test_a_running_request_keeps_its_generation(app, store, publish):
    """Readers keep what they opened; the old one goes with its last reader."""
    publish(3)
    kept = holder(app)
    running = kept.acquire("public")
    publish(5)
    assert counted(app.test_client()) == (5, 2)
    assert running.dataset.store.count() == 3
    assert store.gc(1).in_use == (1,)
    kept.release(running)
    with pytest.raises(StoreUnavailableError):
        running.dataset.store.count()
    assert store.gc(1).removed == (1,)


def test_a_generation_that_cannot_be_opened_leaves_the_old_one_in_service(
    app, store, publish, caplog
):
    """An answer from the last good state is worth more than none."""
    client = app.test_client()
    publish(3)
    assert counted(client) == (3, 1)
    (store.path / "current").write_text("99\n", encoding="ascii")
    assert counted(client) == (3, 1)
    assert "cannot be opened" in caplog.text


def test_generations_change_under_load_without_an_error(app, publish, serve_app):
    """Each answer is whole and from one generation."""
    publish(1)
    seen, failures = [], []
    with serve_app(app) as site:
        stop = threading.Event()

        def ask():
            while not stop.is_set():
                reply = site.get(COUNT + "&format=csv")
                (seen if reply.status == 200 else failures).append(reply.body)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(2, 8):
            publish(number)
        stop.set()
        for thread in threads:
            thread.join(20)
        last = site.get(COUNT + "&format=csv").body
    assert not failures
    assert set(seen) <= {b"n\r\n%d\r\n" % number for number in range(1, 8)}
    assert last == b"n\r\n7\r\n"


def test_settings_are_checked():
    """Nothing to serve, or a number that is none, is said at once."""
    with pytest.raises(ConfigError, match="KMGRAPH_STORE"):
        create_app(ServerConfig())
    with pytest.raises(ConfigError, match="whole number"):
        read_config(environment={"KMGRAPH_BODY_LIMIT_BYTES": "many"})
    with pytest.raises(ConfigError, match="at least 1"):
        ServerConfig(page_row_limit=0)
