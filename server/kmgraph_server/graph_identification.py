"""Tell which graph a request of the Graph Store Protocol is about. Pure functions.

A graph is named in one of two ways:

- indirectly: ``/graph-store?graph=IRI`` with an absolute IRI, or ``/graph-store?default``;
- directly: ``/graph-store/NAME``, where the address of the request is itself the IRI of a graph.

An address below ``/graph-store/`` stands also for the graph of the store that bears this name,
``{base}graph/NAME``: where the caller's view has that graph, it is meant, and otherwise the graph
whose IRI is the address. The rule is the same for reading and writing and for both ways of naming,
so that an address always means one graph.

Source: https://www.w3.org/TR/sparql11-http-rdf-update/#graph-identification
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from kmgraph.namespaces import graph_iri
from kmgraph_server.errors import MalformedRequestError
from kmgraph_server.protocol import iris, is_iri, parse_pairs, refuse, single, wanted_formats

_OTHERS: Final = ("query", "update", "default-graph-uri", "named-graph-uri", "using-graph-uri")
_NEITHER: Final = (
    "no graph is named: add ?graph= with an absolute IRI, or ?default for the default graph"
)


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """Which graph a request is about.

    :ivar iri: IRI of the graph as the request names it; None for the default graph and for one
        that is to be made.
    :ivar own_iri: IRI of the store's own graph that the same address stands for, if there is one.
    :ivar is_new: whether the request names no graph, so that POST makes one.
    :ivar visibility: who may see a graph that the request makes, where it is said.
    :ivar formats: names of the wanted format, best first, where any is given.
    """

    iri: str | None = None
    own_iri: str | None = None
    is_new: bool = False
    visibility: str | None = None
    formats: tuple[str, ...] = ()

    @property
    def is_default(self) -> bool:
        """Return whether the default graph is meant."""
        return self.iri is None and not self.is_new

    def among(self, is_known: Callable[[str], bool]) -> str | None:
        """Return the IRI of the graph that is meant; None for the default graph.

        :param is_known: says whether the caller's view has a graph. Graphs that are hidden from
            the caller must count as unknown, or the answer would tell of them.
        """
        if self.own_iri is not None and is_known(self.own_iri):
            return self.own_iri
        return self.iri


def identify_graph(
    query_string: bytes, *, address: str, tail: str = "", base: str, may_create: bool = False
) -> GraphRequest:
    """Return which graph a request names.

    :param query_string: what follows the question mark of the URL.
    :param address: address of the graph store as the client sees it, without a slash at its end.
    :param tail: what follows the address and a slash in the path of the request, as it was sent.
    :param base: base IRI of the store.
    :param may_create: whether a request that names no graph makes a new one, as POST does.
    :raises MalformedRequestError: no graph is named, or more than one, or by a relative IRI.

    >>> store = {"address": "https://example.org/graph-store", "base": "urn:x:"}
    >>> identify_graph(b"graph=urn:g", **store).iri
    'urn:g'
    >>> identify_graph(b"default", **store).is_default
    True
    >>> found = identify_graph(b"", tail="a", **store)
    >>> found.iri, found.own_iri
    ('https://example.org/graph-store/a', 'urn:x:graph/a')
    """
    pairs = parse_pairs(query_string)
    refuse(pairs, _OTHERS, "it belongs to the SPARQL protocol")
    named = iris(pairs, "graph")
    ways = len(named) + sum(name == "default" for name, _ in pairs) + bool(tail)
    if ways > 1:
        raise MalformedRequestError(
            "more than one graph is named: give one of ?graph=, ?default and a path"
        )
    if ways == 0 and not may_create:
        raise MalformedRequestError(_NEITHER)
    iri = _direct(address, tail) if tail else next(iter(named), None)
    own = _own_iri(iri, address, base) if iri else None
    visibility = single(pairs, "visibility") or None
    return GraphRequest(iri, own, ways == 0, visibility, wanted_formats(pairs))


def new_graph_iri(address: str, key: str) -> str:
    """Return the IRI of a graph that POST makes, which is also the address to find it at.

    :param key: something that no other graph was ever given, such as a random UUID.

    >>> new_graph_iri("https://example.org/graph-store", "7d")
    'https://example.org/graph-store/7d'
    """
    return f"{address}/{key}"


def _direct(address: str, tail: str) -> str:
    """Return the address of a request as the IRI of a graph."""
    iri = f"{address}/{tail}"
    if not is_iri(iri):
        raise MalformedRequestError("the path of the request holds characters that no IRI can hold")
    return iri


def _own_iri(iri: str, address: str, base: str) -> str | None:
    """Return the IRI of the store's own graph that an address of the graph store stands for."""
    beginning = f"{address}/"
    name = unquote(iri.removeprefix(beginning)) if iri.startswith(beginning) else ""
    return graph_iri(base, name) if name else None
