"""Checks 54 to 61: the Graph Store Protocol."""

from __future__ import annotations

from checks.exchange import Reply, send, send_raw
from checks.model import EX, G1, SIZE_1, Endpoint, check, wanted
from checks.reading import GRAPHS, graph, same_graph, turtle

_TURTLE = {"Accept": "text/turtle"}
_BLANK = '[] <urn:p> [ <urn:q> "x" ] .'


def get(endpoint: Endpoint, iri: str | None) -> Reply:
    """Read a graph in Turtle."""
    return send(endpoint.graph(iri), headers=_TURTLE)


def _holds(endpoint: Endpoint, iri: str | None, text: str) -> None:
    """Fail unless a graph holds the triples of a document and no others."""
    found = graph(wanted(get(endpoint, iri), 200))
    assert same_graph(found, turtle(text)), f"not what was sent: {list(found)[:4]}"


def delete(endpoint: Endpoint, iri: str | None) -> Reply:
    """Delete a graph."""
    return send(endpoint.graph(iri), "DELETE", headers=endpoint.permit)


@check("54a", "GET of a named graph and of the default graph: 200, in each format")
def read(endpoint: Endpoint) -> None:
    for media_type in GRAPHS:
        reply = wanted(send(endpoint.graph(G1), headers={"Accept": media_type}), 200)
        assert reply.media_type == media_type, f"{media_type} was asked for: {reply}"
        assert len(graph(reply)) == SIZE_1, f"{media_type}: {reply}"
    graph(wanted(get(endpoint, None), 200))


@check("54b", "GET and HEAD of a missing graph: 404")
def missing(endpoint: Endpoint) -> None:
    wanted(get(endpoint, G1), 200)
    wanted(get(endpoint, f"{EX}missing"), 404)
    target = endpoint.graph(f"{EX}missing").removeprefix(endpoint.root.rstrip("/"))
    request = f"HEAD {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    received = send_raw(endpoint.root, request.encode(), timeout_s=5)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.split()[1:2] == [b"404"], f"HEAD: {head[:60]!r}"
    assert body == b"", f"HEAD has a body: {body[:60]!r}"


@check(55, "a relative graph IRI, no graph, two graphs: 400")
def wrong_graph(endpoint: Endpoint) -> None:
    wanted(get(endpoint, G1), 200)
    for query in ("graph=relative", "graph=", "graph=%20", "", f"default&graph={EX}a"):
        reply = send(f"{endpoint.graphs}?{query}", headers=_TURTLE)
        assert reply.status == 400, f"?{query}: {reply}"
    reply = send(f"{endpoint.graphs}?graph={EX}a&graph={EX}b", headers=_TURTLE)
    assert reply.status == 400, f"two graphs: {reply}"


@check(56, "PUT of a new graph: 201 and Location; of one that exists: 200 or 204")
def put(endpoint: Endpoint) -> None:
    iri = f"{EX}put"
    reply = wanted(endpoint.put(iri, f"<urn:s> <urn:p> 1 . {_BLANK}"), 201)
    assert reply.header("Location"), "201 without Location"
    _holds(endpoint, iri, f"<urn:s> <urn:p> 1 . {_BLANK}")
    wanted(endpoint.put(iri, "<urn:s> <urn:p> 2 ."), 200, 204)
    _holds(endpoint, iri, "<urn:s> <urn:p> 2 .")


@check("57a", "POST merges and keeps blank nodes apart")
def post(endpoint: Endpoint) -> None:
    iri = f"{EX}post"
    wanted(endpoint.put(iri, f"<urn:s> <urn:p> 1 . {_BLANK}"), 200, 201, 204)
    wanted(endpoint.put(iri, f"<urn:s> <urn:p> 2 . {_BLANK}", "POST"), 200, 204)
    _holds(endpoint, iri, f"<urn:s> <urn:p> 1, 2 . {_BLANK} {_BLANK}")


@check("57b", "POST to the graph store makes a new graph: 201 and its Location")
def post_new(endpoint: Endpoint) -> None:
    headers = {"Content-Type": "text/turtle", **endpoint.permit}
    places = set()
    for _ in range(2):
        reply = send(endpoint.graphs, "POST", body="<urn:s> <urn:p> 7 .", headers=headers)
        location = wanted(reply, 201).header("Location")
        assert location, "201 without Location"
        places.add(location)
        url = location if "://" in location else endpoint.root.rstrip("/") + location
        found = graph(wanted(send(url, headers=_TURTLE), 200))
        assert same_graph(found, turtle("<urn:s> <urn:p> 7 .")), f"at {location}: {found}"
    assert len(places) == 2, "both went to one graph"


def multipart(*documents: tuple[str, str]) -> tuple[str, bytes]:
    """Return the type and the body of a form that holds files: media types and texts."""
    boundary = "b0undary"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="file{index}"; '
        f'filename="file{index}"\r\nContent-Type: {kind}\r\n\r\n{text}\r\n'
        for index, (kind, text) in enumerate(documents)
    ]
    return f"multipart/form-data; boundary={boundary}", "".join(
        [*parts, f"--{boundary}--\r\n"]
    ).encode()


@check(58, "POST of a form with several files of several types")
def post_multipart(endpoint: Endpoint) -> None:
    iri = f"{EX}multipart"
    wanted(endpoint.put(iri, "<urn:s> <urn:p> 1 ."), 200, 201, 204)
    kind, body = multipart(
        ("text/turtle", "<urn:s> <urn:p> 2 ."),
        ("application/n-triples; charset=utf-8", '<urn:s> <urn:p> "three" .'),
    )
    headers = {"Content-Type": kind, **endpoint.permit}
    wanted(send(endpoint.graph(iri), "POST", body=body, headers=headers), 200, 204)
    _holds(endpoint, iri, '<urn:s> <urn:p> 1, 2, "three" .')


@check("59a", "RDF that cannot be read: 400 with the line, and nothing is changed")
def bad_rdf(endpoint: Endpoint) -> None:
    iri = f"{EX}bad"
    reply = wanted(endpoint.put(iri, "<urn:s> <urn:p> 1 .\n<urn:s> <urn:p> .\n"), 400)
    told = reply.json() if "json" in reply.media_type else {}
    assert told.get("line") == 2 or "line 2" in reply.text, f"the line is not told: {reply}"
    wanted(get(endpoint, iri), 404)


@check("59b", "a body of a type that is no RDF: 415")
def unknown_type(endpoint: Endpoint) -> None:
    for method in ("PUT", "POST"):
        headers = {"Content-Type": "image/png", **endpoint.permit}
        wanted(send(endpoint.graph(f"{EX}bad"), method, body=b"\x89PNG", headers=headers), 415)


@check("59c", "a format that there is not: 406")
def not_acceptable(endpoint: Endpoint) -> None:
    wanted(send(endpoint.graph(G1), headers={"Accept": "image/png"}), 406)


@check(60, "DELETE: 200 or 204, then 404")
def remove(endpoint: Endpoint) -> None:
    iri = f"{EX}deleted"
    wanted(endpoint.put(iri, "<urn:s> <urn:p> 1 ."), 200, 201, 204)
    wanted(delete(endpoint, iri), 200, 202, 204)
    wanted(get(endpoint, iri), 404)
    wanted(delete(endpoint, iri), 404)


@check(61, "PATCH is not there: 405 and Allow")
def patch(endpoint: Endpoint) -> None:
    headers = {"Content-Type": "application/sparql-update", **endpoint.permit}
    reply = send(endpoint.graph(G1), "PATCH", body="CLEAR ALL", headers=headers)
    wanted(reply, 405)
    assert {"get", "put", "post", "delete"} <= reply.tokens("Allow"), reply.header("Allow")
