"""Tell what may have to be derived again because of a change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from kmgraph.derivation.axioms import Axioms
from kmgraph.derivation.rules import load_rules, named_predicates
from kmgraph.namespaces import expand
from kmgraph.network.reading import network_vocabulary
from kmgraph.stores.base import QuadStore

_ABOUT: Final = ox.NamedNode(expand("km:about"))


def changed_nodes(store: QuadStore, triples: Iterable[ox.Triple]) -> set[ox.NamedNode]:
    """Return what has to be looked at to derive again what depends on a change.

    These are the subjects of triples that rules read, and the objects of those by which others
    are found: what a record is about, and what a stated inverse points to.

    :param store: everything as it is after the change, with the ontology.
    :param triples: what was added or deleted.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> a, b = ox.NamedNode("urn:a"), ox.NamedNode("urn:b")
    >>> about, title = (ox.NamedNode(expand(name)) for name in ("km:about", "dcterms:title"))
    >>> changed_nodes(MemoryStore(), [ox.Triple(a, title, b)])
    set()
    >>> changed_nodes(MemoryStore(), [ox.Triple(a, about, b)]) == {a, b}
    True
    """
    axioms = Axioms.read(store)
    named = named_predicates(load_rules("readings")) | network_vocabulary()
    read = {ox.NamedNode(iri) for iri in named} | axioms.premises | axioms.flagged
    pointing = {_ABOUT, *axioms.inverses, *axioms.feeding}
    found: set[ox.NamedNode] = set()
    for triple in triples:
        if triple.predicate in read:
            ends = (triple.subject, triple.object if triple.predicate in pointing else None)
            found.update(end for end in ends if isinstance(end, ox.NamedNode))
    return found
