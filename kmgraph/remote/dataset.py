"""The evidence dataset behind an endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import InputError
from kmgraph.formats import NTRIPLES, format_by_name
from kmgraph.namespaces import DEFAULT_BASE, expand
from kmgraph.remote.failures import is_final
from kmgraph.remote.http import Client, Reply
from kmgraph.remote.protocol import Endpoint, addresses
from kmgraph.remote.store import PAGE_ROWS, RemoteStore, iri_text
from kmgraph.results import Solutions, Triples
from kmgraph.stores.base import Answer
from kmgraph.terms import Term

#: Longest time for an answer; systems count milliseconds in 31 bits.
_LONGEST_S: Final = 1e6


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """What an endpoint says of a change that it made.

    :ivar status: HTTP status.
    :ivar generation: id of the generation that holds the change; None where it does not say.
    :ivar location: address of a graph that was made, or None.
    :ivar summary: what else it says, such as the numbers of triples; empty where it says nothing.
    """

    status: int
    generation: int | None = None
    location: str | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)


class RemoteDataset(EvidenceDataset):
    """An evidence dataset behind a SPARQL endpoint: what :func:`connect` returns.

    It answers as :class:`~kmgraph.dataset.EvidenceDataset` does, and changes data where the
    endpoint lets it. Each call asks the endpoint anew, so that two calls may see two generations.

    :param store: the endpoint as a store.
    """

    store: RemoteStore

    def __init__(self, store: RemoteStore) -> None:
        super().__init__(store)

    def query(
        self,
        text: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        page_rows: int | None = None,
    ) -> Answer:
        """Answer a SPARQL query; see :meth:`RemoteStore.query`.

        :param page_rows: read the result of a SELECT in pages of so many rows, each when it is
            wanted; None for all rows in one answer.
        """
        return self.store.query(text, bindings=bindings, page_rows=page_rows)

    def update(
        self, text: str, *, using_graphs: Sequence[str] = (), using_named: Sequence[str] = ()
    ) -> WriteOutcome:
        """Send a SPARQL update.

        It is sent once; only an endpoint that says that it is busy gets it again.

        :param using_graphs: IRIs of the graphs whose merge WHERE sees as default graph.
        :param using_named: IRIs of the graphs that GRAPH can reach in WHERE.
        :raises TokenError: a token is needed, or the one that was given is not valid.
        :raises AccessDeniedError: the endpoint does not take changes from this caller.
        :raises NonConformanceError: the change would violate the shapes; nothing was changed.

        Source: https://www.w3.org/TR/sparql11-protocol/#update-operation
        """
        reply = self.store.endpoint.update(text, using_graphs=using_graphs, using_named=using_named)
        return self._outcome(reply)

    def put_graph(
        self,
        graph_name: str | None,
        content: bytes | bytearray | memoryview | Iterable[ox.Triple],
        *,
        fmt: str = "turtle",
        replace: bool = True,
        if_match: str | None = None,
    ) -> WriteOutcome:
        """Replace a graph, or add to it.

        :param graph_name: IRI of the graph; None for the default graph.
        :param content: a document, or triples.
        :param fmt: format of a document, by name or extension.
        :param replace: whether what the graph held goes; otherwise the triples are added.
        :param if_match: ETag that the graph must still have; see :meth:`graph_tag`.
        :raises InputError: the content is neither.
        :raises RdfParseError: the document is not well-formed.
        :raises StaleGenerationError: the graph has another ETag by now.

        Source: https://www.w3.org/TR/sparql11-http-rdf-update/#http-put
        """
        if isinstance(content, bytes | bytearray | memoryview):
            chosen, body = format_by_name(fmt, "graph"), bytes(content)
        else:
            chosen, body = NTRIPLES, Triples(_triples(content)).serialize(NTRIPLES)
        return self._outcome(
            self.store.endpoint.change_graph(
                "PUT" if replace else "POST",
                _checked_name(graph_name),
                content=body,
                media_type=chosen.media_type,
                if_match=if_match,
            )
        )

    def delete_graph(self, graph_name: str | None, *, if_match: str | None = None) -> WriteOutcome:
        """Remove a graph.

        :param graph_name: IRI of the graph; None for the default graph.
        :param if_match: ETag that the graph must still have.
        :raises GraphNotFoundError: a kmgraph server has no such graph; others answer with an
            EndpointError of status 404.

        Source: https://www.w3.org/TR/sparql11-http-rdf-update/#http-delete
        """
        return self._outcome(
            self.store.endpoint.change_graph("DELETE", _checked_name(graph_name), if_match=if_match)
        )

    def graph_tag(self, graph_name: str | None) -> str | None:
        """Return the ETag of a graph, for ``if_match`` of a later change.

        :param graph_name: IRI of the graph; None for the default graph.
        :returns: None where the endpoint tells none.
        :raises GraphNotFoundError: the endpoint has no such graph.

        Source: https://www.rfc-editor.org/rfc/rfc9110#name-etag
        """
        return self.store.endpoint.graph_tag(_checked_name(graph_name))

    def _outcome(self, reply: Reply) -> WriteOutcome:
        """Return what an endpoint says of a change."""
        summary: Any = {}
        if reply.media_type == "application/json" and reply.body:
            try:
                summary = json.loads(reply.body)
            except (ValueError, RecursionError):
                # The change is made, whatever the endpoint says of it.
                summary = {}
        found = summary if isinstance(summary, dict) else {}
        location = reply.headers.get("Location")
        return WriteOutcome(reply.status, self.store.noted(reply).generation, location, found)


def _checked_name(graph_name: str | None) -> str | None:
    """Return the name of a graph, if it is one."""
    if graph_name is not None:
        iri_text(graph_name)
    return graph_name


def _triples(content: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Return the triples that a caller wants to send.

    :raises InputError: there is something else among them.
    """
    if isinstance(content, str) or not isinstance(content, Iterable):
        raise InputError(
            f"the content of a graph is bytes or triples, and this is {type(content).__name__}: "
            "give a text as text.encode()"
        )
    triples = list(content)
    strange = [type(triple).__name__ for triple in triples if not isinstance(triple, ox.Triple)]
    if strange:
        raise InputError(
            f"among the triples for a graph is something else ({strange[0]}): of a quad give "
            "quad.triple"
        )
    return triples


def connect(
    url: str,
    *,
    token: str | None = None,
    timeout_s: float = 60.0,
    page_rows: int = PAGE_ROWS,
    retries: int = 3,
    base: str | None = None,
    update_url: str | None = None,
    graph_store_url: str | None = None,
) -> RemoteDataset:
    """Connect to a SPARQL 1.1 endpoint, a kmgraph server's or another's.

    The endpoint is asked once for the base IRI of its records, so that a wrong address is noticed
    here; where ``base`` is given, nothing is asked.

    :param url: address of the endpoint as it stands, such as ``https://example.org/sparql``.
    :param token: sent as ``Authorization: Bearer`` to these addresses, and not to other origins
        that they redirect to.
    :param timeout_s: longest time for one answer, and for the waits before repetitions together.
    :param page_rows: rows of a page, where a result is too large to be sent at once.
    :param retries: how often a request is sent again to an endpoint that is busy.
    :param base: base IRI of the records.
    :param update_url: address for updates; taken to stand beside the endpoint.
    :param graph_store_url: address of the graph store; taken to stand beside the endpoint.
    :raises InputError: an address is none, or a number is too small.
    :raises EndpointUnavailableError: the endpoint does not answer.
    :raises EndpointError: what answers is no SPARQL endpoint.
    :raises MissingExtraError: SPARQLWrapper is not installed.

    >>> connect("https://example.org/sparql", base="https://example.org/id/").base
    'https://example.org/id/'
    """
    _check_numbers(timeout_s, page_rows, retries)
    where = addresses(url, update_url, graph_store_url)
    client = Client(token=token, timeout_s=timeout_s, retries=retries, is_final=is_final)
    store = RemoteStore(Endpoint(where, client), page_rows=page_rows)
    store.base = _found_base(store) if base is None else base
    return RemoteDataset(store)


def _check_numbers(timeout_s: object, page_rows: object, retries: object) -> None:
    """Raise InputError for settings that make no sense."""
    for name, value, least in (("page_rows", page_rows, 1), ("retries", retries, 0)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise InputError(f"{name} is {value!r}: give a whole number from {least}")
    if (
        not isinstance(timeout_s, int | float)
        or isinstance(timeout_s, bool)
        or not 0 < timeout_s <= _LONGEST_S
    ):
        raise InputError(
            f"timeout_s is {timeout_s!r}: give seconds above 0, up to {_LONGEST_S:,.0f}"
        )


def _found_base(store: RemoteStore) -> str:
    """Return the base IRI of the records of an endpoint: what the IRI of a dataset begins with."""
    text = f"SELECT ?dataset {{ ?dataset a <{expand('km:Dataset')}> }} LIMIT 1"
    answer = store.query(text)
    iris = (
        [term.value for (term,) in answer if isinstance(term, ox.NamedNode)]
        if isinstance(answer, Solutions)
        else []
    )
    base, found, _ = iris[0].rpartition("dataset/") if iris else ("", "", "")
    return base if found else DEFAULT_BASE
