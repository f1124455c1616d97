"""The 34 exchanges of the W3C's SPARQL 1.1 protocol suite, by the names of its tests.

The requests are our own; what must come back is what the suite says. They are sent to a server
whose default graph is its own, as the suite has it.

Source: https://github.com/w3c/rdf-tests/tree/main/sparql/sparql11/protocol
"""

from __future__ import annotations

from urllib.parse import quote

from checks.exchange import FORM, Reply, send
from checks.model import EX, QUERY, UPDATE, Endpoint, check
from checks.reading import GRAPHS, SOLUTIONS, csv_rows, graph, solutions

_DOCUMENTS = tuple(f"{EX}w3c/document-{index}" for index in range(4))
_BOOLEAN = (SOLUTIONS["json"], SOLUTIONS["xml"])
_TYPE = "a <urn:Document>"


def _ok(reply: Reply) -> Reply:
    """Return a reply of success, as the suite counts it."""
    assert 200 <= reply.status < 400, f"2xx or 3xx expected, not {reply}"
    return reply


def _refused(reply: Reply) -> None:
    """Fail unless a request is refused as the client's mistake."""
    assert 400 <= reply.status < 500, f"4xx expected, not {reply}"
    # A token that is missing would be refused whatever the rest of the request is.
    assert reply.status != 401, f"refused for another reason: {reply}"


def _true(reply: Reply) -> None:
    """Fail unless a reply says true."""
    _ok(reply)
    assert reply.media_type in _BOOLEAN, f"no boolean: {reply}"
    if reply.media_type == _BOOLEAN[0]:
        assert reply.json()["boolean"] is True, reply
    else:
        assert "<boolean>true</boolean>" in reply.text, reply


def _with_documents(endpoint: Endpoint) -> None:
    """Have four graphs that each describe themselves."""
    graphs = " ".join(f"GRAPH <{iri}> {{ <{iri}> {_TYPE} }}" for iri in _DOCUMENTS)
    _ok(endpoint.update(f"INSERT DATA {{ {graphs} }}"))


def _params(**named: str | list[str]) -> str:
    """Return a query string; names are given with underscores."""
    pairs = [
        (name.replace("_", "-"), value)
        for name, values in named.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)


def _get(endpoint: Endpoint, params: str, method: str = "GET", **headers: str) -> Reply:
    """Send a request without a body to the query operation."""
    return send(f"{endpoint.query_url}?{params}", method, headers=headers)


def _post(endpoint: Endpoint, body: str, kind: str = QUERY, params: str = "") -> Reply:
    """Send a query in a body, with no Accept, as the suite does."""
    url = endpoint.query_url + (f"?{params}" if params else "")
    return send(url, "POST", body=body, headers={"Content-Type": kind})


def _of_default(*documents: str) -> str:
    """Return a query for documents in the default graph."""
    return f"ASK {{ {' '.join(f'<{iri}> {_TYPE} .' for iri in documents)} }}"


def _of_named(*documents: str, more: str = "", dataset: str = "") -> str:
    """Return a query for documents each in some named graph."""
    patterns = " ".join(
        f"GRAPH ?g{index} {{ <{iri}> {_TYPE} }}" for index, iri in enumerate(documents)
    )
    return f"ASK {dataset} {{ {more} {patterns} }}"


@check("query_post_form", "query by a URL-encoded POST")
def query_post_form(endpoint: Endpoint) -> None:
    params = _params(default_graph_uri=_DOCUMENTS[0])
    _true(_post(endpoint, "query=ASK%20%7B%7D", FORM, params))


@check("query_dataset_default_graphs_get", "GET with default graphs")
def query_dataset_default_graphs_get(endpoint: Endpoint) -> None:
    _with_documents(endpoint)
    one, two = _DOCUMENTS[1:3]
    query = _of_default(one, two)
    _true(_get(endpoint, _params(query=query, default_graph_uri=[one, two])))


@check("query_dataset_default_graphs_post", "POST with default graphs")
def query_dataset_default_graphs_post(endpoint: Endpoint) -> None:
    _with_documents(endpoint)
    one, two = _DOCUMENTS[1:3]
    params = _params(default_graph_uri=[one, two])
    _true(_post(endpoint, _of_default(one, two), params=params))


@check("query_dataset_named_graphs_post", "POST with named graphs")
def query_dataset_named_graphs_post(endpoint: Endpoint) -> None:
    _with_documents(endpoint)
    one, two = _DOCUMENTS[1:3]
    _true(_post(endpoint, _of_named(one, two), params=_params(named_graph_uri=[one, two])))


@check("query_dataset_named_graphs_get", "GET with named graphs")
def query_dataset_named_graphs_get(endpoint: Endpoint) -> None:
    _with_documents(endpoint)
    one, two = _DOCUMENTS[1:3]
    _true(_get(endpoint, _params(query=_of_named(one, two), named_graph_uri=[one, two])))


@check("query_dataset_full", "default graphs and named graphs")
def query_dataset_full(endpoint: Endpoint) -> None:
    _with_documents(endpoint)
    _, one, two, three = _DOCUMENTS
    query = _of_named(one, two, more=f"<{three}> {_TYPE} .")
    params = _params(default_graph_uri=three, named_graph_uri=[one, two])
    _true(_post(endpoint, query, params=params))


@check("query_multiple_dataset", "the dataset of the request replaces that of the query")
def query_multiple_dataset(endpoint: Endpoint) -> None:
    _with_documents(endpoint)
    _, one, two, three = _DOCUMENTS
    query = _of_named(one, two, dataset=f"FROM <{three}>")
    _true(_post(endpoint, query, params=_params(named_graph_uri=[one, two])))


@check("query_get", "query by GET")
def query_get(endpoint: Endpoint) -> None:
    _true(_get(endpoint, _params(query="ASK {}", default_graph_uri=_DOCUMENTS[0])))


@check("query_content_type_select", "SELECT: a type of solutions")
def query_content_type_select(endpoint: Endpoint) -> None:
    reply = _ok(_post(endpoint, "SELECT (1 AS ?value) {}"))
    assert reply.media_type in SOLUTIONS.values(), f"no solutions: {reply}"


@check("query_content_type_ask", "ASK: a type of booleans")
def query_content_type_ask(endpoint: Endpoint) -> None:
    reply = _ok(_post(endpoint, "ASK {}"))
    assert reply.media_type in _BOOLEAN, f"no boolean: {reply}"


@check("query_content_type_describe", "DESCRIBE: a type of RDF")
def query_content_type_describe(endpoint: Endpoint) -> None:
    reply = _ok(_post(endpoint, "DESCRIBE <http://example.org/>"))
    assert reply.media_type in GRAPHS, f"no RDF: {reply}"


@check("query_content_type_construct", "CONSTRUCT: a type of RDF")
def query_content_type_construct(endpoint: Endpoint) -> None:
    reply = _ok(_post(endpoint, "CONSTRUCT { <s> <p> 1 } WHERE {}"))
    assert len(graph(reply)) == 1, reply


def _update_with_dataset(
    endpoint: Endpoint, name: str, params: str, template: str, pattern: str
) -> str:
    """Fill the documents anew, insert what a pattern finds into a graph, and return its IRI."""
    target = f"{EX}w3c/{name}"
    graphs = " ".join(f"GRAPH <{iri}> {{ <{iri}> {_TYPE} }}" for iri in _DOCUMENTS)
    text = f"DROP ALL ; INSERT DATA {{ {graphs} }} ; "
    text += f"INSERT {{ GRAPH <{target}> {{ {template} }} }} WHERE {{ {pattern} }}"
    _ok(endpoint.update(text, params=params))
    return target


def _only(endpoint: Endpoint, target: str, expected: set[tuple[str, str]]) -> None:
    """Fail unless a graph holds these subjects and objects, and no others."""
    query = f"SELECT ?s ?o {{ GRAPH <{target}> {{ ?s ?p ?o }} }}"
    rows = solutions(endpoint.query(query))
    found = {(row["s"][1], row["o"][1]) for row in rows}
    assert found == expected, f"{target} holds {found}"


@check("update_dataset_default_graph", "update with a default graph")
def update_dataset_default_graph(endpoint: Endpoint) -> None:
    one = _DOCUMENTS[1]
    params = _params(using_graph_uri=one)
    target = _update_with_dataset(endpoint, "default", params, "?s a <urn:Found>", f"?s {_TYPE}")
    _only(endpoint, target, {(one, "urn:Found")})


@check("update_dataset_default_graphs", "update with default graphs")
def update_dataset_default_graphs(endpoint: Endpoint) -> None:
    one, two = _DOCUMENTS[1:3]
    params = _params(using_graph_uri=[one, two])
    target = _update_with_dataset(endpoint, "defaults", params, "?s a <urn:Found>", f"?s {_TYPE}")
    _only(endpoint, target, {(one, "urn:Found"), (two, "urn:Found")})


@check("update_dataset_named_graphs", "update with named graphs")
def update_dataset_named_graphs(endpoint: Endpoint) -> None:
    one, two = _DOCUMENTS[1:3]
    params = _params(using_named_graph_uri=[one, two])
    target = _update_with_dataset(
        endpoint, "named", params, "?s a <urn:Found>", f"GRAPH ?g {{ ?s {_TYPE} }}"
    )
    _only(endpoint, target, {(one, "urn:Found"), (two, "urn:Found")})


@check("update_dataset_full", "update with default graphs and named graphs")
def update_dataset_full(endpoint: Endpoint) -> None:
    one, two = _DOCUMENTS[1:3]
    pattern = f"{{ GRAPH ?g {{ ?s {_TYPE} }} BIND(?g AS ?in) }} UNION "
    pattern += f'{{ ?s {_TYPE} . BIND("default" AS ?in) }}'
    params = _params(using_graph_uri=one, using_named_graph_uri=two)
    target = _update_with_dataset(endpoint, "full", params, "?s <urn:in> ?in", pattern)
    _only(endpoint, target, {(one, "default"), (two, two)})


@check("update_post_form", "update by a URL-encoded POST")
def update_post_form(endpoint: Endpoint) -> None:
    headers = {"Content-Type": FORM, **endpoint.permit}
    _ok(send(endpoint.updates, "POST", body="update=CLEAR+ALL", headers=headers))


@check("update_post_direct", "update by a direct POST")
def update_post_direct(endpoint: Endpoint) -> None:
    _ok(endpoint.update("CLEAR ALL"))


@check("update_base_uri", "an update has a base IRI of the service's")
def update_base_uri(endpoint: Endpoint) -> None:
    target = f"{EX}w3c/base"
    text = f"CLEAR SILENT GRAPH <{target}> ; "
    _ok(endpoint.update(f"{text} INSERT DATA {{ GRAPH <{target}> {{ <{EX}s> <{EX}p> <test> }} }}"))
    reply = _ok(_post(endpoint, f"SELECT ?o {{ GRAPH <{target}> {{ <{EX}s> <{EX}p> ?o }} }}"))
    if reply.media_type == "text/csv":
        found = [row[0] for row in csv_rows(reply)[1:]]
    else:
        found = [row["o"][1] for row in solutions(reply) if row["o"][0] == "uri"]
    assert len(found) == 1, f"one IRI expected: {found}"
    assert "://" in found[0] and found[0] != "test", f"<test> became {found[0]}"


@check("query_post_direct", "query by a direct POST")
def query_post_direct(endpoint: Endpoint) -> None:
    _true(_post(endpoint, "ASK {}"))


@check("bad_query_method", "another method than GET and POST")
def bad_query_method(endpoint: Endpoint) -> None:
    params = _params(query="ASK {}", default_graph_uri=_DOCUMENTS[0])
    _refused(_get(endpoint, params, "PUT", **{"Content-Type": FORM}))


@check("bad_multiple_queries", "two queries")
def bad_multiple_queries(endpoint: Endpoint) -> None:
    _refused(_get(endpoint, _params(query=["ASK {}", "SELECT * {}"])))


@check("bad_query_wrong_media_type", "a query in a body of another type")
def bad_query_wrong_media_type(endpoint: Endpoint) -> None:
    _refused(_post(endpoint, "ASK {}", "text/plain"))


@check("bad_query_missing_form_type", "a form of no type")
def bad_query_missing_form_type(endpoint: Endpoint) -> None:
    _refused(send(endpoint.query_url, "POST", body="query=ASK%20%7B%7D"))


@check("bad_query_missing_direct_type", "a query in a body of no type")
def bad_query_missing_direct_type(endpoint: Endpoint) -> None:
    _refused(send(endpoint.query_url, "POST", body="ASK {}"))


@check("bad_query_non_utf8", "a query in UTF-16")
def bad_query_non_utf8(endpoint: Endpoint) -> None:
    headers = {"Content-Type": f"{QUERY}; charset=UTF-16"}
    body = "ASK {}".encode("utf-16")
    _refused(send(endpoint.query_url, "POST", body=body, headers=headers))


@check("bad_query_syntax", "a query with a syntax error")
def bad_query_syntax(endpoint: Endpoint) -> None:
    _refused(_get(endpoint, _params(query="ASK {")))


@check("bad_update_get", "an update by GET")
def bad_update_get(endpoint: Endpoint) -> None:
    url = f"{endpoint.updates}?update=CLEAR%20ALL"
    _refused(send(url, headers=endpoint.permit))


def _update_body(endpoint: Endpoint, body: str | bytes, kind: str | None) -> Reply:
    """Send a body to the update operation, which must be there."""
    headers = {**endpoint.permit, **({"Content-Type": kind} if kind else {})}
    reply = send(endpoint.updates, "POST", body=body, headers=headers)
    assert reply.status != 404, f"there is no update operation: {reply}"
    return reply


@check("bad_multiple_updates", "two updates")
def bad_multiple_updates(endpoint: Endpoint) -> None:
    _refused(_update_body(endpoint, "update=CLEAR%20NAMED&update=CLEAR%20DEFAULT", FORM))


@check("bad_update_wrong_media_type", "an update in a body of another type")
def bad_update_wrong_media_type(endpoint: Endpoint) -> None:
    _refused(_update_body(endpoint, "CLEAR NAMED", "text/plain"))


@check("bad_update_missing_form_type", "a form with an update, of no type")
def bad_update_missing_form_type(endpoint: Endpoint) -> None:
    _refused(_update_body(endpoint, "update=CLEAR%20NAMED", None))


@check("bad_update_non_utf8", "an update in UTF-16")
def bad_update_non_utf8(endpoint: Endpoint) -> None:
    body = "CLEAR NAMED".encode("utf-16")
    _refused(_update_body(endpoint, body, f"{UPDATE}; charset=UTF-16"))


@check("bad_update_syntax", "an update with a syntax error")
def bad_update_syntax(endpoint: Endpoint) -> None:
    _refused(_update_body(endpoint, "update=CLEAR%20XYZ", FORM))


@check("bad_update_dataset_conflict", "a dataset in the request and WITH in the update")
def bad_update_dataset_conflict(endpoint: Endpoint) -> None:
    text = f"WITH <{EX}w3c/a> DELETE {{ ?s <urn:name> 'a' }} INSERT {{ ?s <urn:name> 'b' }} "
    text += "WHERE { ?s <urn:name> 'a' }"
    params = _params(using_named_graph_uri=f"{EX}w3c/b")
    _refused(endpoint.update(text, params=params))
