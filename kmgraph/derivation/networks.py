"""Derive who bridges, and what is lost without them, from the ties of people, posts and bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import RDF, expand
from kmgraph.network import StakeholderNetwork
from kmgraph.network.reading import network_vocabulary
from kmgraph.network.statements import NETWORK_LIMIT, network_statements, too_large_statements
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

_TYPE: Final = ox.NamedNode(f"{RDF}type")
_FROM: Final = ox.NamedNode(expand("prov:wasDerivedFrom"))
_RECORDS: Final = ox.NamedNode(expand("km:networkRecordCount"))
#: Kinds of what is derived of the network.
_DERIVED_KINDS: Final = tuple(
    ox.NamedNode(expand(f"km:{name}"))
    for name in (
        "NetworkPosition",
        "BridgeTie",
        "BridgeLoss",
        "CommunityOverlap",
        "NetworkOverview",
    )
)
#: Properties of many records that alone tie nothing: those that do have another one or a class.
_OF_MANY: Final = {ox.NamedNode(expand(name)) for name in ("km:about", "km:assertionKind")}


def network_lines(
    store: QuadStore, *, people: bool, limit: int = NETWORK_LIMIT
) -> Iterator[tuple[str, list[bytes]]]:
    """Derive from the network of a store or view, as one network however many datasets it shows.

    Beyond the limit the network is not read, and what is derived says so.

    :param people: whether measures may be of people.
    :param limit: records above which the network is not read.
    :returns: N-Triples lines, with the dataset that they were made from; it is empty for several.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> list(network_lines(MemoryStore(), people=False))
    []
    """
    records = network_size(store)
    if records > limit:
        yield "", _lines(too_large_statements(records, store.base))
        return
    network = StakeholderNetwork.read(store, people=people, described=False)
    lines = _lines(network_statements(network, store.base))
    if lines:
        names = network.datasets
        yield names[0] if len(names) == 1 else "", lines


def network_size(store: QuadStore) -> int:
    """Return how many records the network of a store would hold.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> network_size(MemoryStore())
    0
    """
    answer = store.query(artefacts.read_text("queries", "support/network-size.rq"))
    rows = list(answer) if isinstance(answer, Solutions) else []
    return int(rows[0][0].value) if rows and isinstance(rows[0][0], ox.Literal) else 0


def _lines(triples: Iterable[ox.Triple]) -> list[bytes]:
    """Return triples as lines, numbers spelt as the engine spells them."""
    work = ox.Store()
    work.extend(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples)
    text = work.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
    return (text or b"").splitlines(keepends=True)


def bears_on_network(
    store: QuadStore, changed: Iterable[ox.NamedNode], derived: Iterable[ox.NamedNode]
) -> bool:
    """Return whether the network may be another after a change.

    :param changed: subjects of statements that were added or deleted.
    :param derived: the graphs of what was derived before.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> bears_on_network(MemoryStore(), [ox.NamedNode("urn:a")], [])
    False
    """
    named = {ox.NamedNode(iri) for iri in network_vocabulary()} - _OF_MANY
    graphs = set(derived)
    for node in changed:
        for quad in store.quads(node):
            if quad.predicate in named or (quad.predicate == _TYPE and quad.object in named):
                return True
        for graph in graphs:
            for quad in store.quads(None, _FROM, node, graph):
                kinds = (q.object for q in store.quads(quad.subject, _TYPE, None, graph))
                if any(kind in _DERIVED_KINDS for kind in kinds):
                    return True
    noted = [q for graph in graphs for q in store.quads(None, _RECORDS, None, graph)]
    return bool(noted) and int(str(noted[0].object.value)) != network_size(store)  # type: ignore[union-attr]


def noted_network(store: QuadStore, graph: ox.NamedNode) -> Iterator[bytes]:
    """Yield the lines that a derived graph holds of the network.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> list(noted_network(MemoryStore(), ox.NamedNode("urn:g")))
    []
    """
    for kind in _DERIVED_KINDS:
        for record in store.quads(None, _TYPE, kind, graph):
            for quad in store.quads(record.subject, None, None, graph):
                yield f"{quad.triple} .\n".encode()
