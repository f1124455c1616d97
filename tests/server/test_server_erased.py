"""What was erased answers 410 to those who could see it, and says nothing of what it was."""

from __future__ import annotations

import pytest

from kmgraph.namespaces import DEFAULT_BASE as BASE
from kmgraph.namespaces import graph_iri
from kmgraph.pipeline.purging import purge
from kmgraph.stores.generations import GenerationStore
from kmgraph_server import ServerConfig, create_app

NAME = "Zebedee Quuxington"


@pytest.fixture(scope="module")
def erased_site(tmp_path_factory, serve_app):
    """A server that had the store open before a public and a hidden person were erased."""
    folder = tmp_path_factory.mktemp("erased")
    store = GenerationStore.create(folder / "store")
    with store.begin(reason="load") as writer:
        for name, visibility in (("people", "public"), ("team", "team")):
            path = folder / f"{name}.nq"
            person = f"{BASE}person/{name}-1"
            graph = graph_iri(BASE, name)
            path.write_text(
                f'<{person}> <http://xmlns.com/foaf/0.1/name> "{NAME}" <{graph}> .\n'
                f'<{person}0> <http://xmlns.com/foaf/0.1/name> "another" <{graph}> .\n'
            )
            writer.replace_graph(name, path, kind="loaded", visibility=visibility)
        writer.publish()
    with serve_app(create_app(ServerConfig(store=store.path))) as site:
        assert NAME in site.get("/doc/person/people-1").text
        for name in ("people", "team"):
            purge(store, f"{BASE}person/{name}-1", validate=False)
        yield site


@pytest.mark.parametrize(
    "path",
    [
        "/id/person/people-1",
        "/doc/person/people-1",
        "/doc/person/people-1.ttl",
        "/doc/person/people-1/quote",
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/turtle"])
def test_gone(erased_site, path, accept):
    """Pages, problem documents and RDF say that it was erased and no more."""
    reply = erased_site.get(path, Accept=accept)
    assert 410 == reply.status
    assert "erased" in reply.text
    assert NAME not in reply.text


@pytest.mark.parametrize("accept", [None, "*/*"])
@pytest.mark.parametrize(
    ("extension", "media_type"),
    [
        ("", "application/problem+json"),
        (".ttl", "text/turtle"),
        (".jsonld", "application/ld+json"),
        (".html", "text/html"),
    ],
)
def test_gone_is_said_in_the_form_that_the_address_names(
    erased_site, accept, extension, media_type
):
    """Where the client names none."""
    headers = {} if accept is None else {"Accept": accept}
    reply = erased_site.get(f"/doc/person/people-1{extension}", **headers)
    assert (410, media_type) == (reply.status, reply.media_type)


def test_others_are_there_or_unknown(erased_site):
    """Nothing else is gone, and hidden erasures are told to nobody outside."""
    assert 200 == erased_site.get("/doc/person/people-10", Accept="text/turtle").status
    assert 404 == erased_site.get("/doc/person/team-1").status
    assert 404 == erased_site.get("/doc/person/nobody").status
    assert 303 == erased_site.get("/id/person/people-10").status
