"""Nothing of a group's data is found by those who may not see it, whatever they try over HTTP."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, urlencode

import pytest

from kmgraph.access.tokens import TokenRegister
from kmgraph.stores.generations import GenerationStore
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.state import close

EX = "http://example.org/"
#: What only the group north may find: an IRI, a graph and a text.
SECRET = "Xanthippe"
OPEN_LINES = [f"<{EX}a> <{EX}p> <{EX}b> .", f'<{EX}a> <{EX}name> "open" .']
HIDDEN_LINES = [
    f"<{EX}b> <{EX}p> <{EX}{SECRET}> .",
    f'<{EX}{SECRET}> <{EX}name> "{SECRET}" .',
    f"<{EX}a> <{EX}knows{SECRET}> <{EX}b> .",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A public graph, one of the group north and one of the group south."""
    folder = tmp_path_factory.mktemp("hidden")
    found = GenerationStore.create(folder / "store")
    graphs = {"open": ("public", OPEN_LINES), "north-only": ("north", HIDDEN_LINES)}
    graphs["south-only"] = ("south", [f'<{EX}c> <{EX}name> "southern" .'])
    with found.begin(reason="test") as writer:
        for name, (visibility, lines) in graphs.items():
            path = folder / f"{name}.nq"
            iri = f"{found.base}graph/{name}"
            path.write_text("".join(f"{line[:-1]}<{iri}> .\n" for line in lines))
            writer.replace_graph(name, path, visibility=visibility, kind="updates")
        writer.publish()
    return found


@pytest.fixture(scope="module")
def tokens(store):
    """Tokens of people of each group."""
    register = TokenRegister(store.path)
    return {
        "north": register.create("north-reader", {"read"}, {"north"}),
        "south": register.create("south-writer", {"read", "write"}, {"south"}),
        "writer": register.create("public-writer", {"read", "write"}),
        "blind": register.create("north-writer", {"write"}, {"north"}),
    }


@pytest.fixture(scope="module")
def client(store, tokens):
    """A client of an application on the store."""
    app = create_app(ServerConfig(store=store.path, validate_writes=False))
    yield app.test_client()
    close(app)


def headers_of(tokens, who):
    """Return the headers of a caller; None for one without a token."""
    return {} if who is None else {"Authorization": f"Bearer {tokens[who]}"}


def ask(client, query, headers, **parameters):
    """Return the answer to a query."""
    path = "/sparql?" + urlencode({"query": query, **parameters})
    return client.get(path, headers={"Accept": "application/json", **headers})


#: Queries that would each tell something of the hidden graph to one who could see it.
ROUTES = {
    "pattern": "SELECT * { ?s ?p ?o }",
    "graph": "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "named graph": "SELECT * { GRAPH <{graph}> { ?s ?p ?o } }",
    "from": "SELECT * FROM <{graph}> { ?s ?p ?o }",
    "from named": "SELECT * FROM NAMED <{graph}> { GRAPH ?g { ?s ?p ?o } }",
    "path": f"SELECT * {{ <{EX}a> <{EX}p>+ ?o }}",
    "negated path": f"SELECT * {{ <{EX}b> !<{EX}name> ?o }}",
    "inverse path": "SELECT * { ?s ^!<urn:x> ?o }",
    "subquery": "SELECT * { { SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?s } }",
    "names of graphs": "SELECT DISTINCT ?g { GRAPH ?g { } }",
    "exists": "SELECT ?g { VALUES ?g { <{graph}> } FILTER EXISTS { GRAPH ?g { ?s ?p ?o } } }",
    "describe": f"DESCRIBE <{EX}{SECRET}> <{EX}b>",
    "construct": "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }",
    "text": f'SELECT ?s {{ ?s ?p ?o FILTER(CONTAINS(STR(?o), "{SECRET[:4]}")) }}',
    "minus": "SELECT * { ?s ?p ?o MINUS { ?s <urn:none> ?o } }",
    "optional": f"SELECT * {{ <{EX}b> ?q ?r OPTIONAL {{ ?s ?p ?o }} }}",
    "aggregate": "SELECT (GROUP_CONCAT(STR(?o)) AS ?all) { ?s ?p ?o }",
}


@pytest.mark.parametrize("who", [None, "south", "writer", "blind"])
@pytest.mark.parametrize("route", ROUTES)
def test_no_query_finds_it(client, store, tokens, route, who):
    """And each of them finds it for a reader of the group, so that the test can fail."""
    graph = f"{store.base}graph/north-only"
    query = ROUTES[route].replace("{graph}", graph)
    found = ask(client, query, headers_of(tokens, "north"))
    assert found.status_code == 200
    mark = "north-only" if route in ("names of graphs", "exists") else SECRET
    assert mark in found.text
    hidden = ask(client, query, headers_of(tokens, who))
    assert hidden.status_code == 200
    assert SECRET not in hidden.text
    asked_for = {"named graph", "from", "from named", "exists"}
    if route not in asked_for:
        assert "north" not in hidden.text


@pytest.mark.parametrize("who", [None, "south", "writer", "blind"])
def test_counts_do_not_differ_by_it(client, store, tokens, who):
    """A count, a difference of counts, an empty graph: all as if it were not there."""
    graph = f"{store.base}graph/north-only"
    headers = headers_of(tokens, who)
    mine = len(OPEN_LINES) + (who == "south")
    for query, expected in (
        ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", mine),
        ("SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }", 1 + (who == "south")),
        (f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}", 0),
        (f"SELECT (COUNT(*) AS ?n) {{ <{EX}a> ?p ?o }}", len(OPEN_LINES)),
    ):
        answer = ask(client, query, headers).json
        assert int(answer["results"]["bindings"][0]["n"]["value"]) == expected


@pytest.mark.parametrize("who", [None, "south", "writer", "blind"])
def test_what_is_hidden_looks_like_what_is_not_there(client, store, tokens, who):
    """Pages, documents and graphs: the same status and, names apart, the same text."""
    headers = headers_of(tokens, who)

    def plain(response):
        """Return what an answer says, without the names that were asked for and its id."""
        text = re.sub(r"north-only|other-name|Xanthippe|Quintilian", "NAME", response.text)
        return response.status_code, re.sub(
            r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", "ID", text
        )

    for hidden, missing in (
        ("/doc/graph/north-only", "/doc/graph/other-name"),
        ("/graph/north-only", "/graph/other-name"),
        (f"/doc/?iri={quote(EX)}{SECRET}", f"/doc/?iri={quote(EX)}Quintilian"),
        (f"/explain?iri={quote(EX)}{SECRET}", f"/explain?iri={quote(EX)}Quintilian"),
        (
            f"/graph-store?graph={quote(store.base)}graph/north-only",
            f"/graph-store?graph={quote(store.base)}graph/other-name",
        ),
        ("/graph-store/north-only", "/graph-store/other-name"),
    ):
        for accept in ("text/turtle", "application/json", "text/html"):
            first = client.get(hidden, headers={**headers, "Accept": accept})
            second = client.get(missing, headers={**headers, "Accept": accept})
            assert plain(first) == plain(second)


@pytest.mark.parametrize("path", ["/", "/sparql", "/questions", "/ontology", "/openapi.json"])
@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/json"])
def test_no_page_and_no_description_names_it(client, tokens, path, accept):
    """The service description counts what its reader sees."""
    for who in (None, "south", "writer"):
        response = client.get(path, headers={**headers_of(tokens, who), "Accept": accept})
        assert SECRET not in response.text
        assert "north" not in response.text
    described = client.get(
        "/sparql", headers={**headers_of(tokens, "north"), "Accept": "text/turtle"}
    )
    assert "north-only" in described.text


def test_what_was_sent_to_one_reader_is_never_sent_to_another(client, tokens):
    """Kept and conditional answers belong to the view that they were made from."""
    path = "/sparql?" + urlencode({"query": "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o"})
    accept = {"Accept": "application/json"}
    north = {**accept, **headers_of(tokens, "north")}
    first = [client.get(path, headers=north) for _ in range(3)]
    tags = {response.headers["ETag"] for response in first}
    assert len(tags) == 1
    assert all(SECRET in response.text for response in first)
    assert all("Authorization" in response.headers["Vary"] for response in first)
    assert "public" not in first[0].headers["Cache-Control"]
    for who in (None, "south", "writer"):
        mine = {**accept, **headers_of(tokens, who)}
        for response in (
            client.get(path, headers=mine),
            client.get(path, headers={**mine, "If-None-Match": next(iter(tags))}),
            client.get(path, headers={**mine, "If-None-Match": "*"}),
        ):
            assert SECRET not in response.text
            assert response.headers["ETag"] not in tags
        stale = client.get(path, headers={**mine, "If-None-Match": next(iter(tags))})
        assert stale.status_code == 200


def test_errors_and_updates_tell_nothing(client, store, tokens):
    """Writers cannot copy, delete or count what they do not see."""
    graph = f"{store.base}graph/north-only"
    target = f"{store.base}graph/mine"
    headers = {
        "Content-Type": "application/sparql-update",
        **headers_of(tokens, "writer"),
    }
    before = ask(client, "SELECT * { GRAPH ?g { ?s ?p ?o } }", headers_of(tokens, "north")).json
    kept_whole = 0
    for text in (
        f"INSERT {{ GRAPH <{target}> {{ ?s ?p ?o }} }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}",
        f"INSERT {{ GRAPH <{target}> {{ ?s ?p ?o }} }} WHERE {{ ?s ?p ?o }}",
        f"COPY <{graph}> TO <{target}>",
        f"DELETE WHERE {{ <{EX}b> ?p ?o }}",
        f"CLEAR GRAPH <{graph}>",
        f"DELETE WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}",
    ):
        reply = client.post("/update", data=text, headers=headers)
        assert reply.status_code in (200, 204, 404, 409)
        kept_whole += reply.status_code in (200, 204)
        assert SECRET not in reply.text
        copied = ask(client, f"SELECT * {{ GRAPH <{target}> {{ ?s ?p ?o }} }}", {})
        assert SECRET not in copied.text
    assert kept_whole
    after = ask(client, "SELECT * { GRAPH ?g { ?s ?p ?o } }", headers_of(tokens, "north")).json
    north = [row for row in before["results"]["bindings"] if row["g"]["value"] == graph]
    kept = [row for row in after["results"]["bindings"] if row["g"]["value"] == graph]
    assert sorted(map(json.dumps, north)) == sorted(map(json.dumps, kept))


def test_a_token_that_may_not_read_reads_nothing_by_writing(client, store, tokens):
    """An update could copy what it finds; whole graphs can be written blindly."""
    blind = headers_of(tokens, "blind")
    text = f"INSERT {{ GRAPH <urn:copy> {{ ?s ?p ?o }} }} WHERE {{ ?s <{EX}name> ?o ; ?p ?o }}"
    kind = {"Content-Type": "application/sparql-update"}
    refused = client.post("/update?visibility=public", data=text, headers={**blind, **kind})
    assert refused.status_code == 403
    assert SECRET not in ask(client, "SELECT * { GRAPH ?g { ?s ?p ?o } }", {}).text
    path = f"/graph-store?graph={quote(store.base)}graph/blind-notes"
    turtle = {"Content-Type": "text/turtle"}
    assert (
        client.put(path, data="<urn:a> <urn:b> 1 .", headers={**blind, **turtle}).status_code == 201
    )
    assert client.get(path, headers=blind).status_code == 404
    assert client.get(path, headers=headers_of(tokens, "north")).status_code == 200


def test_a_token_that_is_not_valid_opens_nothing(client, tokens, store):
    """Unknown, revoked, malformed: 401, and not what the public sees either."""
    register = TokenRegister(store.path)
    revoked = register.create("for-a-moment", {"read"}, {"north"})
    register.revoke("for-a-moment")
    for value in ("Bearer nonsense", f"Bearer {revoked}", "Bearer ", f"Bearer {tokens['north']}x"):
        response = ask(client, "SELECT * { ?s ?p ?o }", {"Authorization": value})
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert "open" not in response.text.replace("opens", "")
