"""The document about a thing as a graph; what is said of a large one comes in pages.

Source: https://www.w3.org/community/hydra/wiki/Pagination
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

import pyoxigraph as ox

from kmgraph.entity import Entity
from kmgraph.errors import RecordNotFoundError
from kmgraph.namespaces import RDF, expand
from kmgraph.stores.base import QuadStore
from kmgraph_server.paging import neighbours

#: Statements of a thing that one document holds, without the labels of what they lead to.
PAGE_STATEMENTS: Final = 2_000
HYDRA: Final = "http://www.w3.org/ns/hydra/core#"
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_NAMING: Final = tuple(
    ox.NamedNode(expand(name))
    for name in ("skos:prefLabel", "dcterms:title", "rdfs:label", "foaf:name", "rdf:type")
)
_DEFAULT: Final = ox.DefaultGraph()


@dataclass(frozen=True, slots=True)
class EntityDocument:
    """One page of what is said of a thing.

    :ivar page: number of the page, from 1.
    :ivar pages: number of pages there are.
    :ivar statements: number of statements on all pages together.
    """

    store: QuadStore
    iri: str
    page: int
    pages: int
    statements: int

    @property
    def links(self) -> dict[str, int]:
        """Return relation to number of the page; empty where there is only one page."""
        return neighbours(self.page, self.pages)

    def triples(self, address: str) -> Iterator[ox.Triple]:
        """Yield the statements, the labels of what they lead to, and where the other pages are.

        :param address: absolute address of the first page, without parameters.
        """
        if self.pages == 1:
            yield from Entity(self.store, self.iri).triples()
            return
        first = (self.page - 1) * PAGE_STATEMENTS
        node = ox.NamedNode(self.iri)
        seen: set[ox.NamedNode] = set()
        for quad in islice(_quads(self.store, node), first, first + PAGE_STATEMENTS):
            yield quad.triple
            for other in (quad.subject, quad.object):
                if isinstance(other, ox.NamedNode) and other != node and other not in seen:
                    seen.add(other)
                    yield from _labels(self.store, other)
        yield from self._hydra(address)

    def _hydra(self, address: str) -> Iterator[ox.Triple]:
        """Yield what a client needs to find the other pages."""
        whole, here = ox.NamedNode(address), _page_node(address, self.page)
        total = ox.Literal(self.statements)
        yield ox.Triple(whole, ox.NamedNode(f"{HYDRA}totalItems"), total)
        yield ox.Triple(whole, ox.NamedNode(f"{HYDRA}view"), here)
        yield ox.Triple(here, _TYPE, ox.NamedNode(f"{HYDRA}PartialCollectionView"))
        for relation, number in self.links.items():
            name = "previous" if relation == "prev" else relation
            yield ox.Triple(here, ox.NamedNode(f"{HYDRA}{name}"), _page_node(address, number))


def read_document(store: QuadStore, iri: str, page: int) -> EntityDocument:
    """Return a page of what is said of a thing.

    :param page: number of the page, from 1.
    :raises RecordNotFoundError: there are not as many pages.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_document(MemoryStore(), "urn:a", 1).pages
    1
    """
    statements = sum(1 for _ in _quads(store, ox.NamedNode(iri)))
    pages = max(1, -(-statements // PAGE_STATEMENTS))
    if page > pages:
        raise RecordNotFoundError(f"there is no page {page} of <{iri}>: the last one is {pages}")
    return EntityDocument(store, iri, page, pages, statements)


def _quads(store: QuadStore, node: ox.NamedNode) -> Iterator[ox.Quad]:
    """Yield what is said of a thing, and then what points to it, always in the same order."""
    outgoing = store.quads(node, None, None, _DEFAULT)
    incoming = store.quads(None, None, node, _DEFAULT)
    # What a thing says of itself is not told a second time.
    return chain(outgoing, (quad for quad in incoming if quad.subject != node))


def _labels(store: QuadStore, node: ox.NamedNode) -> Iterator[ox.Triple]:
    """Yield the names and classes of a thing."""
    for prop in _NAMING:
        for quad in store.quads(node, prop, None, _DEFAULT):
            yield quad.triple


def _page_node(address: str, number: int) -> ox.NamedNode:
    """Return the IRI of a page."""
    return ox.NamedNode(address if number == 1 else f"{address}?page={number}")
