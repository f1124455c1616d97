"""The three protocols of an endpoint: query, update, graph store.

SPARQLWrapper writes the requests of the first two. They are sent by :mod:`kmgraph.remote.http`,
because SPARQLWrapper's own way of sending takes the token along on redirects and says little of
what went wrong.

Source: https://www.w3.org/TR/sparql11-protocol/,
https://www.w3.org/TR/sparql11-http-rdf-update/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urljoin, urlsplit, urlunsplit
from urllib.request import Request

from kmgraph.errors import EndpointError, GraphNotFoundError, InputError, MissingExtraError
from kmgraph.remote.failures import error_of
from kmgraph.remote.http import Client, Reply, shown
from kmgraph.sparql.places import error_at

#: What results are asked for in, the format that is read fastest first, and in each the terms of
#: RDF 1.2 too. Servers that know no such parameter take the format without it.
SOLUTIONS: Final = (
    "application/sparql-results+json, application/sparql-results+json;version=1.2, "
    "application/sparql-results+xml;q=0.8, application/sparql-results+xml;version=1.2;q=0.8"
)
GRAPH: Final = (
    "application/n-triples, application/n-triples;version=1.2, "
    "text/turtle;q=0.8, text/turtle;version=1.2;q=0.8, "
    "application/ld+json;q=0.6, application/rdf+xml;q=0.5"
)
#: Formats of graphs in which a document that was cut short is seen to be.
CLOSED_GRAPH: Final = "application/ld+json, application/rdf+xml;q=0.8"
#: Characters that stand in addresses as they are.
_SAFE: Final = "".join(map(chr, range(0x21, 0x7F)))
_PROBLEM: Final = "application/problem+json, application/json;q=0.8, */*;q=0.1"
_AGENT: Final = "kmgraph"
#: Longest query that is put into an address; longer ones go into the body of a POST.
_LONGEST_IN_URL: Final = 1_500
#: Last part of the address of an endpoint to those of its updates and its graph store.
_SIBLINGS: Final = {"sparql": ("update", "graph-store"), "query": ("update", "store")}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an endpoint takes what.

    :ivar query: address for queries.
    :ivar update: address for updates, or None where it is not known.
    :ivar graph_store: address of the graph store, or None where it is not known.
    """

    query: str
    update: str | None = None
    graph_store: str | None = None


def addresses(
    url: str, update_url: str | None = None, graph_store_url: str | None = None
) -> Addresses:
    """Return where an endpoint takes what.

    Where the address of the queries ends in ``/sparql`` or ``/query``, those of the updates and of
    the graph store are taken to stand beside it, as kmgraph and Oxigraph have it.

    :raises InputError: an address is none of the web, or it holds a password.

    >>> addresses("https://example.org/data/sparql").update
    'https://example.org/data/update'
    """
    query = _sendable(url)
    last = urlsplit(query).path.rpartition("/")[2]
    update, store = _SIBLINGS.get(last, (None, None))
    return Addresses(
        query,
        _sendable(update_url) if update_url else (urljoin(query, update) if update else None),
        _sendable(graph_store_url)
        if graph_store_url
        else (urljoin(query, store) if store else None),
    )


def _sendable(url: str) -> str:
    """Return an address as it is sent: in ASCII.

    :raises InputError: it is no address of the web, or it holds a password.

    Source: https://www.rfc-editor.org/rfc/rfc3987#section-3.1

    >>> _sendable("http://exämple.org/é?q=a%20b")
    'http://xn--exmple-cua.org/%C3%A9?q=a%20b'
    """
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (ValueError, TypeError, AttributeError):
        is_web = False
    if not is_web or any(character.isspace() or character < " " for character in url):
        raise InputError("the address of an endpoint begins with http:// or https://")
    if "@" in parts.netloc:
        raise InputError(f"{parts.scheme}://…: no password belongs in an address: give a token")
    try:
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = "" if parts.port is None else f":{parts.port}"
        netloc = parts.netloc if parts.netloc.isascii() else host + port
        return quote(urlunsplit(parts._replace(netloc=netloc)), safe=_SAFE)
    except UnicodeError as error:
        raise InputError(
            f"{parts.netloc[:120]!a} names no server: the parts between the dots of its name "
            "have 1 to 63 characters, and none of them is half a character"
        ) from error


class Endpoint:
    """An endpoint, as requests and answers.

    :param where: its addresses.
    :param client: sends the requests.
    """

    def __init__(self, where: Addresses, client: Client) -> None:
        self.where, self._client = where, client

    def ask(
        self,
        text: str,
        form: str,
        accept: str,
        *,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Reply:
        """Send a query and return the answer.

        :param form: form of the query.
        :param accept: media types for the answer.
        :raises KmGraphError: what the endpoint says is wrong.
        """
        graphs = {"default-graph-uri": default_graphs, "named-graph-uri": named_graphs}
        request = _wrapped(self.where.query, text, form, graphs, accept)
        return _checked(self._client.send(request, is_repeatable=True))

    def update(
        self, text: str, *, using_graphs: Sequence[str] = (), using_named: Sequence[str] = ()
    ) -> Reply:
        """Send an update and return the answer.

        :raises EndpointError: no address for updates is known.
        :raises KmGraphError: what the endpoint says is wrong.
        """
        if self.where.update is None:
            raise EndpointError(
                "no address for updates is known: give update_url", url=shown(self.where.query)
            )
        graphs = {"using-graph-uri": using_graphs, "using-named-graph-uri": using_named}
        request = _wrapped(self.where.update, text, "INSERT", graphs, _PROBLEM)
        return _checked(self._client.send(request, is_repeatable=False))

    def graph_tag(self, graph_name: str | None) -> str | None:
        """Return the ETag of a graph; None where the endpoint tells none to compare with.

        :param graph_name: IRI of the graph; None for the default graph.
        :raises GraphNotFoundError: there is no such graph.
        :raises EndpointError: no address of a graph store is known.
        :raises KmGraphError: what the endpoint says is wrong.
        """
        request = self._about_graph("HEAD", graph_name)
        reply = self._client.send(request, is_repeatable=True)
        if reply.status in (404, 410):
            which = "default graph" if graph_name is None else f"graph <{graph_name}>"
            raise GraphNotFoundError(f"{reply.url}: there is no {which} here")
        tag = _checked(reply).headers.get("ETag")
        # A weak one tells documents of the same meaning, and no change can be bound to it.
        return None if tag is None or tag.startswith("W/") else str(tag)

    def change_graph(
        self,
        method: str,
        graph_name: str | None,
        *,
        content: bytes | None = None,
        media_type: str = "",
        if_match: str | None = None,
    ) -> Reply:
        """Send a change to one graph and return the answer.

        :param method: ``PUT``, ``POST`` or ``DELETE``.
        :param graph_name: IRI of the graph; None for the default graph.
        :raises EndpointError: no address of a graph store is known.
        :raises KmGraphError: what the endpoint says is wrong.
        """
        request = self._about_graph(method, graph_name, content)
        named = {"Content-Type": media_type, "If-Match": if_match, "Accept": _PROBLEM}
        for name, value in named.items():
            if value:
                request.add_header(name, value)
        return _checked(self._client.send(request, is_repeatable=False))

    def _about_graph(
        self, method: str, graph_name: str | None, content: bytes | None = None
    ) -> Request:
        """Return a request about one graph.

        :raises EndpointError: no address of a graph store is known.
        """
        store = self.where.graph_store
        if store is None:
            raise EndpointError(
                "no address of a graph store is known: give graph_store_url",
                url=shown(self.where.query),
            )
        which = "default" if graph_name is None else f"graph={quote(graph_name, safe='')}"
        joint = "&" if "?" in store else "?"
        request = Request(f"{store}{joint}{which}", content, method=method)  # noqa: S310
        request.add_header("User-Agent", _AGENT)
        return request


def _checked(reply: Reply) -> Reply:
    """Return an answer, or raise the error that it stands for."""
    if reply.status >= 300:
        raise error_of(reply)
    return reply


def _wrapped(
    url: str, text: str, form: str, graphs: Mapping[str, Sequence[str]], accept: str
) -> Request:
    """Return the request that SPARQLWrapper makes of a query or an update.

    :raises QuerySyntaxError: the text holds half a character, which no encoding has.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise error_at(text, error.start, "half of a surrogate pair is no character") from error
    try:
        from SPARQLWrapper import GET, POST, SPARQLWrapper
    except ImportError as error:
        raise MissingExtraError("sparqlwrapper", "client") from error
    wrapper = SPARQLWrapper(url, agent=_AGENT)
    # Its own reading of the text takes words in comments and names for keywords.
    wrapper.queryString, wrapper.queryType = text, form
    wrapper.setOnlyConneg(True)
    wrapper.addCustomHttpHeader("Accept", accept)
    pairs = [(name, iri) for name, iris in graphs.items() for iri in iris]
    for name, iri in pairs:
        wrapper.addParameter(name, iri)
    is_short = len(urlencode([("query", text), *pairs])) <= _LONGEST_IN_URL
    # It appends its parameters with a question mark, whatever the address holds.
    wrapper.setMethod(GET if is_short and form != "INSERT" and "?" not in url else POST)
    return wrapper._createRequest()
