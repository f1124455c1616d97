"""Flips: stored with the readings of small stores, worked out when asked in large ones."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from kmgraph.derivation.readings import VOCABULARY, CaseReadings
from kmgraph.namespaces import RESERVED_GRAPHS, XSD, expand, graph_iri
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import MemoryStore

#: Rated cases above which flips are not stored: they are half of what is derived of a case.
FLIPS_STORED_CASES: Final = 5_000
#: Steps from what is recorded about a case to what a list of its flips names, such as the title
#: of the document of a passage of a rating.
_STEPS: Final = 3
_STORED: Final = ox.NamedNode(expand("km:flipsStored"))
_ABOUT: Final = ox.NamedNode(expand("km:about"))
_FALSE: Final = ox.Literal("false", datatype=ox.NamedNode(f"{XSD}boolean"))
_DEFAULT: Final = ox.DefaultGraph()
_KNOWN: Final[weakref.WeakKeyDictionary[QuadStore, list[ox.Quad]]] = weakref.WeakKeyDictionary()
_LOCK: Final = threading.Lock()


def not_stored_statement(base: str) -> bytes:
    """Return the line that says of a store that it holds no flips.

    >>> not_stored_statement("https://x.org/").split()[2]
    b'"false"^^<http://www.w3.org/2001/XMLSchema#boolean>'
    """
    return f"<{graph_iri(base, 'derived')}> {_STORED} {_FALSE} .\n".encode()


def flips_are_stored(store: QuadStore) -> bool:
    """Return whether the flips of a store stand in it; else they are worked out when asked.

    >>> flips_are_stored(MemoryStore())
    True
    """
    graph = ox.NamedNode(graph_iri(store.base, "derived"))
    return next(store.quads(graph, _STORED, _FALSE, graph), None) is None


def flips_of(store: QuadStore, cases: Iterable[ox.NamedNode]) -> ox.Store:
    """Work out the flips of some cases, by the rules that make those that are stored.

    :param store: the store or view, with the ontology and the frameworks in their graphs.
    :returns: a store in memory with the flips in its default graph.

    >>> len(flips_of(MemoryStore(), []))
    0
    """
    found = ox.Store()
    lines = _readings(store).read(cases).lines
    found.load(b"".join(lines), format=ox.RdfFormat.N_TRIPLES)
    return found


def _readings(store: QuadStore) -> CaseReadings:
    """Return what works out the flips of a store, whose frameworks are prepared once."""
    with _LOCK:
        known = _KNOWN.get(store)
        readings = CaseReadings(store, flips=True, only_flips=True, framework=known)
        _KNOWN[store] = readings.framework
        return readings


def with_flips(store: QuadStore, cases: Iterable[ox.NamedNode]) -> MemoryStore:
    """Return a small store to ask for the flips of some cases.

    It holds the vocabulary, what is recorded and derived about the cases and what that points to,
    and their flips, whether or not the store holds these.

    >>> with_flips(MemoryStore(), []).graph_names()
    []
    """
    chosen = list(cases)
    small = MemoryStore(base=store.base)
    lines = [
        f"{quad} .\n".encode()
        for name in VOCABULARY
        for quad in store.quads(graph_name=ox.NamedNode(graph_iri(store.base, name)))
    ]
    lines.extend(_around(store, chosen))
    graph = f" <{graph_iri(store.base, 'derived')}> .\n".encode()
    for quad in flips_of(store, chosen):
        lines.append(f"{quad.triple}".encode() + graph)
    small.load_nquads(b"".join(lines))
    return small


def _around(store: QuadStore, cases: list[ox.NamedNode]) -> list[bytes]:
    """Return what is said of cases, of what is about them, and of what that points to."""
    start = graph_iri(store.base, "")
    lines: list[bytes] = []

    def take(node: object, *, derived: bool) -> Iterator[object]:
        """Take what is said of a node, and yield what that names."""
        for quad in store.quads(node):  # type: ignore[arg-type]
            name = str(quad.graph_name)[1:-1].removeprefix(start)
            is_derived = name == "derived" or name.endswith("/derived")
            if name not in RESERVED_GRAPHS and (derived or not is_derived):
                lines.append(f"{quad} .\n".encode())
                yield quad.object

    seen: set[object] = set(cases)
    pending: list[object] = []
    for case in cases:
        list(take(case, derived=True))
        pending.extend(quad.subject for quad in store.quads(None, _ABOUT, case, _DEFAULT))
    for step in range(_STEPS):
        seen.update(pending)
        # What is derived of others, such as the studies of a theme, has no end.
        found = {term for node in pending for term in take(node, derived=step == 0)}
        pending = [term for term in found - seen if isinstance(term, ox.NamedNode)]
    return lines
