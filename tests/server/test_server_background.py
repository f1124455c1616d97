"""A server that writes snapshots and the feed beside its answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from helpers.generations import publish
from helpers.serving import make_store, serving

from kmgraph.facets import FACETED
from kmgraph.search.places import INDEXED
from kmgraph.snapshots import snapshots_in
from kmgraph_server import ServerConfig
from kmgraph_server.background import Background
from kmgraph_server.comparing import end, start

LONGEST_S = 60


def wait_for(condition) -> None:
    """Wait until something is so."""
    until = time.monotonic() + LONGEST_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.2)


def test_snapshots_and_the_feed_are_written_without_being_asked_for(tmp_path):
    """Processes of the server do it; the measurements count it, and they end with the server."""
    store = make_store(tmp_path / "store", 20)
    options = ("--store", str(store.path), "--feed", "--snapshots-after-s", "0.1")
    with serving(*options, "--workers", "1") as server:
        wait_for(lambda: b'kind="snapshot",outcome="done"} 1.0' in server.get("/metrics").body)
        listed = json.loads(server.get("/snapshots?format=json").body)
        assert [one["generation"] for one in listed["snapshots"]] == [1]
        assert server.get("/feed").status == 200
        assert b'kind="feed",outcome="done"} 1.0' in server.get("/metrics").body
        # Answers that are remembered are of now: an earlier time is asked for beside them.
        asked = f"/sparql?query={quote('SELECT ?o { <urn:s1> <urn:p> ?o }')}"
        for _ in range(3):
            assert b'"1"' in server.get(asked).body
        moved = server.get(asked, Accept_Datetime="Thu, 01 Jan 1970 00:00:00 GMT")
        assert (moved.status, moved.headers["Location"]) == (302, f"/memento/1{asked}")
        assert b'"1"' in server.get(f"/memento/1{asked}").body
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(LONGEST_S) == 0


def test_nothing_is_begun_unless_it_is_asked_for(tmp_path):
    """Both are off by default."""
    store = make_store(tmp_path / "store", 5)
    background = Background(store.path, ServerConfig(store=store.path))
    background.begin()
    background.close()
    assert background.done() == {}
    assert snapshots_in(store) == []


def test_what_a_large_view_is_searched_and_listed_by_is_made_ahead(tmp_path, monkeypatch):
    """Nobody waits for it; of a small one it is made at once when somebody asks."""
    monkeypatch.setattr("kmgraph_server.background._LARGE_AFTER_S", {"indexes": 0.0})
    store = make_store(tmp_path / "store", 5)
    small = Background(store.path, ServerConfig(store=store.path))
    small.begin()
    time.sleep(1.2)
    small.close()
    assert small.done() == {}
    assert not FACETED.is_current(FACETED.path(store))
    monkeypatch.setattr("kmgraph_server.background.AT_ONCE_TRIPLES", 1)
    large = Background(store.path, ServerConfig(store=store.path))
    large.begin()
    wait_for(lambda: large.done() == {("indexes", "done"): 1})
    large.close()
    assert INDEXED.is_current(INDEXED.path(store))
    assert FACETED.is_current(FACETED.path(store))


def test_what_fails_is_tried_again_and_then_left(tmp_path, monkeypatch):
    """Three times, and then not until there is another generation."""

    def fail(arguments, **options):
        return subprocess.Popen(["false"], start_new_session=True)

    monkeypatch.setattr("kmgraph_server.background.start", fail)
    store = make_store(tmp_path / "store", 5)
    background = Background(store.path, ServerConfig(store=store.path, feed=True))
    background.begin()
    wait_for(lambda: background.done() == {("feed", "failed"): 3})
    time.sleep(1.2)
    assert background.done() == {("feed", "failed"): 3}
    publish(store, {})
    wait_for(lambda: background.done()["feed", "failed"] > 3)
    background.close()


def test_a_process_that_is_ended_ends_at_once():
    """With all that it started, so that a server stops in time."""
    process = start(["feed", "--help"], niceness=19)
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == 19 or process.poll() is not None
    end(process)
    assert process.returncode is not None
    assert not Path(f"/proc/{process.pid}").exists()
