"""IRIs that stand for blank nodes in a store, and the blank nodes that they stand for.

A store holds no blank nodes, so that each node can be named in updates, caches and differences.
Who reads a graph as a document gets blank nodes again.

Source: `RDF 1.1, section 3.5 <https://www.w3.org/TR/rdf11-concepts/#section-skolemization>`_
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox

#: What follows the base of a store in the IRIs that stand for blank nodes.
GENID: Final = ".well-known/genid/"
_LABEL: Final = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")


class Skolemiser:
    """Gives blank nodes IRIs that nothing else has, the same one for the same node.

    :param base: base IRI of the store.

    >>> names = Skolemiser("https://x.org/")
    >>> names.iri("b0") == names.iri("b0"), names.iri("b0") == names.iri("b1")
    (True, False)
    """

    def __init__(self, base: str) -> None:
        self._start = f"{base}{GENID}{secrets.token_hex(8)}-"
        self._given = 0
        self._known: dict[str, ox.NamedNode] = {}

    def iri(self, label: str) -> ox.NamedNode:
        """Return the IRI of the blank node with a label."""
        if label not in self._known:
            self._known[label] = self.fresh()
        return self._known[label]

    def fresh(self) -> ox.NamedNode:
        """Return an IRI that was not returned before."""
        self._given += 1
        return ox.NamedNode(f"{self._start}{self._given}")

    def forget(self) -> None:
        """Take labels that follow for those of other nodes, as in another document."""
        self._known = {}


def deskolemised(triples: Iterable[ox.Triple], base: str) -> Iterator[ox.Triple]:
    """Yield triples with blank nodes in place of the IRIs that stand for them.

    Labels depend on the IRIs alone, so that the same graph is written in the same way again.

    :param base: base IRI of the store.

    >>> p = ox.NamedNode("https://x.org/p")
    >>> node = ox.NamedNode("https://x.org/.well-known/genid/a-1")
    >>> [str(triple) for triple in deskolemised([ox.Triple(node, p, p)], "https://x.org/")]
    ['_:ba-1 <https://x.org/p> <https://x.org/p>']
    """
    start = base + GENID
    for triple in triples:
        subject, term = triple.subject, triple.object
        if isinstance(subject, ox.NamedNode) and subject.value.startswith(start):
            subject = _blank_node(subject.value[len(start) :])
        if isinstance(term, ox.NamedNode) and term.value.startswith(start):
            term = _blank_node(term.value[len(start) :])
        yield ox.Triple(subject, triple.predicate, term)


def _blank_node(name: str) -> ox.BlankNode:
    """Return the blank node that a name stands for; different names give different nodes."""
    if _LABEL.fullmatch(name):
        return ox.BlankNode(f"b{name}")
    return ox.BlankNode(f"h{hashlib.sha256(name.encode()).hexdigest()}")
