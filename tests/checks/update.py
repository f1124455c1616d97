"""Checks 48 to 53: the update operation."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from checks.exchange import FORM, Reply, send
from checks.model import EX, G1, Endpoint, check, wanted

_SHACL = "http://www.w3.org/ns/shacl#"


def holds(endpoint: Endpoint, graph: str, pattern: str = "?s ?p ?o") -> bool:
    """Say whether a graph of the checks' own holds something."""
    return endpoint.ask(f"ASK {{ GRAPH <{EX}{graph}> {{ {pattern} }} }}")


def insert(graph: str, triple: str = "<urn:s> <urn:p> 1") -> str:
    """Return an update that adds a triple to a graph of the checks' own."""
    return f"INSERT DATA {{ GRAPH <{EX}{graph}> {{ {triple} }} }}"


def _done(reply: Reply) -> Reply:
    """Return the reply of a write that was done."""
    return wanted(reply, 200, 204)


@check("48a", "an update as the body of a POST: 200 or 204")
def direct(endpoint: Endpoint) -> None:
    _done(endpoint.update(insert("direct")))
    assert holds(endpoint, "direct"), "nothing was written"
    _done(endpoint.update(f"DELETE WHERE {{ GRAPH <{EX}direct> {{ ?s ?p ?o }} }}"))
    assert not holds(endpoint, "direct"), "nothing was deleted"


@check("48b", "an update as a form: 200 or 204")
def by_form(endpoint: Endpoint) -> None:
    headers = {"Content-Type": FORM, **endpoint.permit}
    body = urlencode({"update": insert("form", '<urn:s> <urn:p> "a+b & c"')})
    _done(send(endpoint.updates, "POST", body=body, headers=headers))
    assert holds(endpoint, "form", '?s ?p "a+b & c"'), "nothing was written, or something else"


@check(49, "a syntax error in an update: 400, and nothing is done")
def syntax_error(endpoint: Endpoint) -> None:
    reply = endpoint.update(f"{insert('wrong')} ;\n INSERT DATA {{ ?x")
    wanted(reply, 400)
    assert not holds(endpoint, "wrong"), "the operation before the error was done"
    body = "update=" + quote("CLEAR XYZ")
    headers = {"Content-Type": FORM, **endpoint.permit}
    wanted(send(endpoint.updates, "POST", body=body, headers=headers), 400)


@check("50a", "using-graph-uri and using-named-graph-uri are the dataset of WHERE")
def using(endpoint: Endpoint) -> None:
    _done(
        endpoint.update(
            f"{insert('u1', '<urn:a> <urn:p> 1')} ; {insert('u2', '<urn:b> <urn:p> 1')}"
        )
    )
    one, two = (quote(f"{EX}{name}", safe="") for name in ("u1", "u2"))
    text = f"INSERT {{ GRAPH <{EX}used> {{ ?s <urn:in> <urn:default> }} }} WHERE {{ ?s <urn:p> 1 }}"
    _done(endpoint.update(text, params=f"using-graph-uri={one}"))
    assert holds(endpoint, "used", "<urn:a> <urn:in> <urn:default>"), "the graph was not used"
    assert not holds(endpoint, "used", "<urn:b> ?p ?o"), "another graph was used too"
    text = f"INSERT {{ GRAPH <{EX}named> {{ ?s <urn:in> ?g }} }} "
    text += "WHERE { GRAPH ?g { ?s <urn:p> 1 } }"
    _done(endpoint.update(text, params=f"using-named-graph-uri={two}"))
    assert holds(endpoint, "named", f"<urn:b> <urn:in> <{EX}u2>"), "the named graph was not used"
    assert not holds(endpoint, "named", "<urn:a> ?p ?o"), "another named graph was used too"


@check("50b", "the parameters together with USING or WITH in the text: 400")
def using_twice(endpoint: Endpoint) -> None:
    target = quote(G1, safe="")
    for clause in (
        f"INSERT {{ GRAPH <{EX}clash> {{ ?s ?p ?o }} }} USING <{G1}> WHERE {{ ?s ?p ?o }}",
        f"WITH <{EX}clash> INSERT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}",
        f"INSERT {{ GRAPH <{EX}clash> {{ ?s ?p ?o }} }} USING NAMED <{G1}> "
        "WHERE { GRAPH ?g { ?s ?p ?o } }",
    ):
        for name in ("using-graph-uri", "using-named-graph-uri"):
            wanted(endpoint.update(clause, params=f"{name}={target}"), 400)
    assert not holds(endpoint, "clash"), "it was done"


@check(51, "an operation that fails takes back the ones before it")
def atomic(endpoint: Endpoint) -> None:
    _done(endpoint.update(insert("atomic")))
    failed = False
    # A server that keeps no empty graphs may forgive the one, but hardly both.
    for index, failing in enumerate((f"DROP GRAPH <{EX}never>", f"CREATE GRAPH <{G1}>")):
        reply = endpoint.update(f"{insert(f'atomic{index}')} ; {failing}")
        if reply.status >= 400:
            failed = True
            assert not holds(endpoint, f"atomic{index}"), f"left behind by {failing}"
    assert failed, "neither DROP of a missing graph nor CREATE of one that exists fails"


@check(52, "a write that violates the shapes: 422 with a SHACL report, and nothing is changed")
def shapes(endpoint: Endpoint) -> None:
    server = endpoint.other("validating")
    study = "<https://w3id.org/kmgraph/id/study/checks-no-title>"
    text = insert("invalid", f"{study} a <https://w3id.org/kmgraph/ontology#Study>")
    turtle = f"{study} a <https://w3id.org/kmgraph/ontology#Study> ."
    for accept, write in (
        ("text/turtle", lambda: server.update(text, headers={"Accept": "text/turtle"})),
        (
            "application/ld+json",
            lambda: server.put(f"{EX}invalid", turtle, Accept="application/ld+json"),
        ),
    ):
        reply = wanted(write(), 422)
        assert reply.media_type == accept, f"{accept} was asked for: {reply}"
        assert "ValidationReport" in reply.text and _SHACL in reply.text, f"no report: {reply}"
        assert not holds(server, "invalid"), "it was written"
    _done(server.update(insert("valid")))


@check("53a", "the ETag of data changes with a write")
def etag_changes(endpoint: Endpoint) -> None:
    _done(endpoint.update(insert("tagged", "<urn:s> <urn:p> 1")))
    text = f"SELECT ?o {{ GRAPH <{EX}tagged> {{ ?s ?p ?o }} }}"
    first = wanted(endpoint.query(text), 200)
    assert first.header("ETag"), "a query's answer has no ETag"
    _done(endpoint.update(insert("tagged", "<urn:s> <urn:p> 2")))
    second = wanted(endpoint.query(text, headers={"If-None-Match": first.header("ETag")}), 200)
    assert second.header("ETag") != first.header("ETag"), "the ETag stayed"
    assert len(second.json()["results"]["bindings"]) == 2, "the old answer came back"


@check("53b", "If-Match with a stale ETag: 412, and nothing is done")
def if_match(endpoint: Endpoint) -> None:
    iri = f"{EX}matched"
    wanted(endpoint.put(iri, "<urn:s> <urn:p> 1 ."), 200, 201, 204)
    turtle = {"Accept": "text/turtle"}
    stale = wanted(send(endpoint.graph(iri), headers=turtle), 200).header("ETag")
    assert stale, "a graph has no ETag"
    wanted(endpoint.put(iri, "<urn:s> <urn:p> 2 ."), 200, 204)
    for method in ("PUT", "POST"):
        wanted(endpoint.put(iri, "<urn:s> <urn:p> 3 .", method, If_Match=stale), 412)
    headers = {**endpoint.permit, "If-Match": stale}
    wanted(send(endpoint.graph(iri), "DELETE", headers=headers), 412)
    assert not holds(endpoint, "matched", "?s ?p 3"), "it was written"
    fresh = wanted(send(endpoint.graph(iri), headers=turtle), 200).header("ETag")
    wanted(endpoint.put(iri, "<urn:s> <urn:p> 4 .", If_Match=fresh), 200, 204)


@check("53c", "an update with an If-Match that fits nothing: 412, and nothing is done")
def update_if_match(endpoint: Endpoint) -> None:
    wanted(endpoint.update(insert("unmatched"), headers={"If-Match": '"no such tag"'}), 412)
    assert not holds(endpoint, "unmatched"), "it was written"
