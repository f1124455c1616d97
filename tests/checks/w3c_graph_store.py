"""The exchanges of the W3C's graph store protocol suite, by the names of its tests.

The requests and documents are our own; what must come back is what the suite says. Each test
makes the state that it begins with itself. The graphs are named by their URLs below that of the
graph store, as the suite has it.

Source: https://github.com/w3c/rdf-tests/tree/main/sparql/sparql11/http-rdf-update
"""

from __future__ import annotations

from urllib.parse import quote

from checks.exchange import Reply, send
from checks.graph_store import multipart
from checks.model import Endpoint, check, wanted
from checks.reading import graph, same_graph, turtle

_TURTLE = {"Content-Type": "text/turtle; charset=utf-8"}
_ONE = '<urn:person:1> a <urn:Person> ; <urn:card> [ a <urn:Card> ; <urn:name> "One" ] .'
_OTHER = '<urn:person:1> a <urn:Person> ; <urn:card> [ a <urn:Card> ; <urn:name> "Other" ] .'
_MORE = '<urn:person:1> <urn:nick> "more" .'
_ANONYMOUS = '[] a <urn:Person> ; <urn:card> [ a <urn:Card> ; <urn:name> "Nobody" ] .'


def _person(endpoint: Endpoint, name: str) -> str:
    """Return the URL of a graph that has no other name."""
    return f"{endpoint.graphs}/person/{name}.ttl"


def _send(endpoint: Endpoint, url: str, method: str, body: str = "") -> Reply:
    """Write Turtle, or delete where there is none."""
    if method == "DELETE":
        return send(url, method, headers=endpoint.permit)
    return send(url, method, body=body, headers={**_TURTLE, **endpoint.permit})


def _put(endpoint: Endpoint, name: str, body: str = _ONE) -> str:
    """Have a graph of this content and return its URL."""
    url = _person(endpoint, name)
    wanted(_send(endpoint, url, "PUT", body), 200, 201, 204)
    return url


def _gone(endpoint: Endpoint, name: str) -> str:
    """Have no graph of this name and return its URL."""
    url = _person(endpoint, name)
    wanted(_send(endpoint, url, "DELETE"), 200, 202, 204, 404)
    return url


def _reads(url: str, expected: str) -> None:
    """Fail unless a graph is as a document says."""
    reply = wanted(send(url, headers={"Accept": "text/turtle"}), 200)
    found = graph(reply)
    assert same_graph(found, turtle(expected)), f"{url} holds {list(found)[:6]}"


@check("put__initial_state", "PUT of a graph that is not there: 201")
def put_initial_state(endpoint: Endpoint) -> None:
    wanted(_send(endpoint, _gone(endpoint, "initial"), "PUT", _ONE), 201)


@check("get_of_put__initial_state", "GET of it, by its name as a parameter: 200")
def get_of_put_initial_state(endpoint: Endpoint) -> None:
    url = _put(endpoint, "initial")
    _reads(f"{endpoint.graphs}?graph={quote(url, safe='')}", _ONE)


@check("put__graph_already_in_store", "PUT of a graph that is there: 204")
def put_graph_already_in_store(endpoint: Endpoint) -> None:
    wanted(_send(endpoint, _put(endpoint, "there"), "PUT", _OTHER), 200, 204)


@check("get_of_put__graph_already_in_store", "GET of it: the new content alone")
def get_of_put_graph_already_in_store(endpoint: Endpoint) -> None:
    url = _put(endpoint, "there")
    wanted(_send(endpoint, url, "PUT", _OTHER), 200, 204)
    _reads(url, _OTHER)


@check("put__default_graph", "PUT of the default graph: 201 or 204")
def put_default_graph(endpoint: Endpoint) -> None:
    wanted(_send(endpoint, f"{endpoint.graphs}?default", "PUT", _ANONYMOUS), 200, 201, 204)


@check("get_of_put__default_graph", "GET of it: 200")
def get_of_put_default_graph(endpoint: Endpoint) -> None:
    url = f"{endpoint.graphs}?default"
    wanted(_send(endpoint, url, "PUT", _ANONYMOUS), 200, 201, 204)
    _reads(url, _ANONYMOUS)


@check("put__mismatched_payload", "PUT of Turtle that is said to be RDF/XML: 400")
def put_mismatched_payload(endpoint: Endpoint) -> None:
    headers = {"Content-Type": "application/rdf+xml", **endpoint.permit}
    wanted(send(_person(endpoint, "wrong"), "PUT", body=_ONE, headers=headers), 400)


@check("delete__existing_graph", "DELETE of a graph that is there: 200")
def delete_existing_graph(endpoint: Endpoint) -> None:
    wanted(_send(endpoint, _put(endpoint, "deleted"), "DELETE"), 200, 202, 204)


@check("get_of_delete__existing_graph", "GET of it: 404")
def get_of_delete_existing_graph(endpoint: Endpoint) -> None:
    url = _put(endpoint, "deleted")
    wanted(_send(endpoint, url, "DELETE"), 200, 202, 204)
    wanted(send(url), 404)


@check("delete__nonexistent_graph", "DELETE of a graph that is not there: 404")
def delete_nonexistent_graph(endpoint: Endpoint) -> None:
    wanted(_send(endpoint, _gone(endpoint, "never"), "DELETE"), 404)


@check("post__existing_graph", "POST to a graph that is there: 200")
def post_existing_graph(endpoint: Endpoint) -> None:
    wanted(_send(endpoint, _put(endpoint, "posted"), "POST", _MORE), 200, 204)


@check("get_of_post__existing_graph", "GET of it: both contents")
def get_of_post_existing_graph(endpoint: Endpoint) -> None:
    url = _put(endpoint, "posted")
    wanted(_send(endpoint, url, "POST", _MORE), 200, 204)
    _reads(url, f"{_ONE} {_MORE}")


def _post_files(endpoint: Endpoint, url: str) -> Reply:
    """Send two files in one form."""
    kind, body = multipart(
        ("text/turtle; charset=utf-8", '<urn:person:1> <urn:given> "A" .'),
        ("text/turtle; charset=utf-8", '<urn:person:1> <urn:family> "B" .'),
    )
    return send(url, "POST", body=body, headers={"Content-Type": kind, **endpoint.permit})


@check("post__multipart_formdata", "POST of two files in a form: 200")
def post_multipart_formdata(endpoint: Endpoint) -> None:
    wanted(_post_files(endpoint, _put(endpoint, "files")), 200, 204)


@check("get_of_post__multipart_formdata", "GET of it: all contents")
def get_of_post_multipart_formdata(endpoint: Endpoint) -> None:
    url = _put(endpoint, "files")
    wanted(_post_files(endpoint, url), 200, 204)
    _reads(url, f'{_ONE} <urn:person:1> <urn:given> "A" ; <urn:family> "B" .')


def _post_new(endpoint: Endpoint) -> str:
    """Make a graph without a name and return the URL that it is given."""
    location = wanted(_send(endpoint, endpoint.graphs, "POST", _ANONYMOUS), 201).header("Location")
    assert location, "201 without Location"
    return location if "://" in location else endpoint.root.rstrip("/") + location


@check("post__create__new_graph", "POST to the graph store: 201 and a Location")
def post_create_new_graph(endpoint: Endpoint) -> None:
    _post_new(endpoint)


@check("get_of_post__create__new_graph", "GET of that Location: 200")
def get_of_post_create_new_graph(endpoint: Endpoint) -> None:
    _reads(_post_new(endpoint), _ANONYMOUS)


@check("get_of_post__after_noop", "GET of it after a POST of nothing: as before")
def get_of_post_after_noop(endpoint: Endpoint) -> None:
    url = _post_new(endpoint)
    wanted(_send(endpoint, url, "POST", ""), 200, 204)
    _reads(url, _ANONYMOUS)


@check("head_on_an_existing_graph", "HEAD of a graph that is there: 200")
def head_on_an_existing_graph(endpoint: Endpoint) -> None:
    wanted(send(_put(endpoint, "head"), "HEAD"), 200)


@check("head_on_a_nonexisting_graph", "HEAD of a graph that is not there: 404")
def head_on_a_nonexisting_graph(endpoint: Endpoint) -> None:
    wanted(send(_gone(endpoint, "none"), "HEAD"), 404)
