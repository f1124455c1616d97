"""Tell changes on which nothing that is derived can rest.

Rules of derivation name properties of the vocabulary, and all of these are in the namespaces that
kmgraph has prefixes for. Of ratings alone, all statements are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import PREFIXES, expand
from kmgraph.stores.base import QuadStore

#: Those with prefixes, and that of what rules note for each other.
_NAMESPACES: Final = (*PREFIXES.values(), "urn:kmgraph:work#")
_STATUS: Final = ox.NamedNode(expand("km:ratingStatus"))


def bears_on_derived(store: QuadStore, triples: Iterable[ox.Triple]) -> bool:
    """Return whether something may be derived from triples that were added or deleted.

    :param store: everything as it is after the change.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> a, b = ox.NamedNode("urn:a"), ox.NamedNode(expand("km:about"))
    >>> [bears_on_derived(MemoryStore(), [ox.Triple(a, p, a)]) for p in (a, b)]
    [False, True]
    """
    # A rating that is none any more has lost its status, which is a property of the vocabulary.
    return any(
        triple.predicate.value.startswith(_NAMESPACES)
        or any(True for _ in store.quads(triple.subject, _STATUS, None, None))
        for triple in triples
    )
