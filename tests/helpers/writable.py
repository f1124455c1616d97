"""A store that the tests write to over a real socket, for people with different rights."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from kmgraph.access.tokens import TokenRegister
from kmgraph.stores.generations import GenerationStore
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.state import close
from kmgraph_server.writing import close as close_writing

EX = "http://example.org/"
UPDATE = "application/sparql-update"
TIMEOUT_S = 20


class Desk:
    """A store with a graph for everyone and one of the group north, and its tokens."""

    def __init__(self, folder, serve_app, **settings):
        self._serve = serve_app
        self._open = contextlib.ExitStack()
        self._settings = settings
        self.store = GenerationStore.create(folder / "store")
        with self.store.begin(reason="test") as writer:
            for name, visibility in (("open", "public"), ("north-only", "north")):
                path = folder / f"{name}.nq"
                path.write_text(f'<{EX}a> <{EX}p> "{name}" <{self.own(name)}> .\n')
                writer.replace_graph(name, path, visibility=visibility, kind="updates")
            writer.publish()
        register = TokenRegister(self.store.path)
        both = {"read", "write"}
        self.tokens = {
            "writer": register.create("writer", both),
            "reader": register.create("reader", {"read"}),
            "north": register.create("north", both, {"north"}),
        }
        self.app, self.site = self.serve()

    def own(self, name):
        """Return the IRI of a graph of the store's own."""
        return f"{self.store.base}graph/{name}"

    def serve(self, **settings):
        """Serve the store with further settings; return the application and its site."""
        given = {"validate_writes": False, **self._settings, **settings}
        app = create_app(ServerConfig(store=self.store.path, **given))
        self._open.callback(close, app)
        self._open.callback(close_writing, app)
        return app, self._open.enter_context(self._serve(app))

    def close(self):
        """End everything."""
        self._open.close()

    def send(self, path, method="GET", body=None, who="writer", site=None, **headers):
        """Send a request; header names are given with underscores, and None sends no token."""
        if who is not None:
            headers.setdefault("Authorization", f"Bearer {self.tokens.get(who, who)}")
        data = body.encode() if isinstance(body, str) else body
        return (site or self.site).get(path, method=method, data=data, **headers)

    def update(self, text, parameters="", **headers):
        """Send an update as the body of a POST."""
        path = f"/update?{parameters}" if parameters else "/update"
        return self.send(path, "POST", text, **{"Content_Type": UPDATE, **headers})

    def put(self, iri, text, method="PUT", **headers):
        """Send Turtle to a graph."""
        named = {"Content_Type": "text/turtle", **headers}
        return self.send(path_of(iri), method, text, **named)

    def ask(self, query, who=None, **headers):
        """Return the answer to a query."""
        path = "/sparql?" + urlencode({"query": query})
        return self.send(path, who=who, Accept="application/json", **headers)

    def values(self, graph, pattern="?s ?p ?v", who=None):
        """Return the values of ``?v`` in a graph, sorted."""
        reply = self.ask(f"SELECT ?v {{ GRAPH <{graph}> {{ {pattern} }} }}", who)
        rows = json.loads(reply.body)["results"]["bindings"]
        return sorted(row["v"]["value"] for row in rows)

    @property
    def generation(self):
        """Return the id of the current generation."""
        return self.store.current_id()


def path_of(iri):
    """Return the path of a graph that is named by a parameter; None is the default graph."""
    return "/graph-store?" + ("default" if iri is None else f"graph={quote(iri, safe='')}")


def problem(reply):
    """Return the members of a problem document."""
    assert reply.media_type == "application/problem+json", reply
    return json.loads(reply.body)


def triples(body, fmt=ox.RdfFormat.TURTLE):
    """Return a document as a set of quads whose blank nodes have canonical names."""
    found = ox.Dataset(quad for quad in ox.parse(body, fmt))
    found.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return set(found)


def writing_processes(store):
    """Return the ids of the processes that write to a store."""
    wanted = (b"kmgraph.pipeline.write_process", bytes(Path(store.path).resolve()))
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if all(word in path.read_bytes() for word in wanted):
                found.append(int(path.parent.name))
    return found


def raw(site, text):
    """Send bytes as they are and return all that comes back."""
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
        connection.sendall(text.encode())
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def wait_until(condition):
    """Wait until something is so."""
    until = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.02)
