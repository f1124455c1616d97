"""How listings are written as statements of the graph ``cube``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from kmgraph.listings.blocks import Blocks, counts_text, read_counts
from kmgraph.namespaces import KM, RDF, expand
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

#: Facet of the list of everything.
ALL: Final = ""
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_COUNTS: Final = ox.NamedNode(f"{KM}blockCounts")
_ENTRIES: Final = ox.NamedNode(f"{KM}blockEntries")
_TOTAL: Final = ox.NamedNode(f"{KM}entryCount")
_NAME: Final = ox.NamedNode(expand("dcterms:identifier"))
_LISTING: Final = ox.NamedNode(f"{KM}Listing")
_BLOCK: Final = ox.NamedNode(f"{KM}ListingBlock")
_PART_OF: Final = ox.NamedNode(expand("dcterms:isPartOf"))
_INTEGER: Final = ox.NamedNode(expand("xsd:integer"))
_DEFAULT: Final = ox.DefaultGraph()


def facet_key(name: str, *values: Term) -> str:
    """Return the key of the list of what has one value of a facet, or values of several.

    >>> facet_key("scheme", ox.NamedNode("urn:a"))
    'scheme-aad9ebe5716f233c'
    >>> facet_key("kind within", ox.NamedNode("urn:a"), ox.NamedNode("urn:b"))
    'kind-within-ab33d3954856cd15'
    """
    return facet_key_of_text(name, " ".join(map(str, values)))


@lru_cache(maxsize=4096)
def facet_key_of_text(name: str, value: str) -> str:
    """Return the key of the list of what has one value of a facet, from the value's text.

    >>> facet_key_of_text("scheme", "<urn:a>") == facet_key("scheme", ox.NamedNode("urn:a"))
    True
    """
    return f"{name.replace(' ', '-')}-{hashlib.sha256(value.encode()).hexdigest()[:16]}"


def listing_iri(base: str, name: str, key: str) -> str:
    """Return the IRI of a list.

    >>> listing_iri("https://example.org/", "cases", ALL)
    'https://example.org/listing/cases'
    """
    return f"{base}listing/{name}/{key}" if key else f"{base}listing/{name}"


def directory_triples(iri: str, name: str, counts: Iterable[tuple[int, int]]) -> list[ox.Triple]:
    """Return what is said of a list."""
    pairs = list(counts)
    node = ox.NamedNode(iri)
    total = sum(count for _, count in pairs)
    return [
        ox.Triple(node, _TYPE, _LISTING),
        ox.Triple(node, _NAME, ox.Literal(name)),
        ox.Triple(node, _TOTAL, ox.Literal(str(total), datatype=_INTEGER)),
        ox.Triple(node, _COUNTS, ox.Literal(counts_text(pairs))),
    ]


def block_triples(iri: str, number: int, lines: Iterable[str]) -> list[ox.Triple]:
    """Return what is said of a block of a list."""
    node = ox.NamedNode(f"{iri}/block/{number}")
    return [
        ox.Triple(node, _TYPE, _BLOCK),
        ox.Triple(node, _PART_OF, ox.NamedNode(iri)),
        ox.Triple(node, _ENTRIES, ox.Literal("\n".join(lines))),
    ]


def stored_blocks(store: QuadStore, iri: str) -> Blocks | None:
    """Return a list that a store holds; None where it holds no such list."""
    text = _text(store, ox.NamedNode(iri), _COUNTS)
    if text is None:
        return None

    def read(number: int) -> list[str]:
        found = _text(store, ox.NamedNode(f"{iri}/block/{number}"), _ENTRIES)
        return (found or "").split("\n")

    return Blocks(read_counts(text), read)


def has_listings(store: QuadStore) -> bool:
    """Say whether a store holds any list, so that one it lacks is empty.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> has_listings(MemoryStore())
    False
    """
    return next(store.quads(None, _TYPE, _LISTING, _DEFAULT), None) is not None


def _text(store: QuadStore, node: ox.NamedNode, name: ox.NamedNode) -> str | None:
    """Return the one text that a node has of a property."""
    quad = next(store.quads(node, name, None, _DEFAULT), None)
    return quad.object.value if quad is not None and isinstance(quad.object, ox.Literal) else None
