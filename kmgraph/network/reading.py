"""Read the network that the records of a store make up.

The queries of ``queries/network`` say what a tie is. Only what they name is read, and only from
graphs of data: what was derived never ties anything.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.errors import InputError
from kmgraph.namespaces import RDF, RESERVED_GRAPHS, expand, graph_iri
from kmgraph.network.model import KINDS, WIDE_KINDS, Ground, NetworkNode, Tie
from kmgraph.stores.base import QuadStore

_NAME: Final = re.compile(r"(?<![\w:/])(?:km|org|foaf):\w+")
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_FROM: Final = ox.NamedNode(expand("prov:wasDerivedFrom"))
_LABELS: Final = tuple(
    ox.NamedNode(expand(name)) for name in ("skos:prefLabel", "dcterms:title", "rdfs:label")
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The records and ties of a network.

    :ivar nodes: the records, in the order of their IRIs.
    :ivar ties: the ties, in the order of their ends.
    :ivar datasets: names of the graphs that any of it was read from, sorted.
    """

    nodes: tuple[NetworkNode, ...]
    ties: tuple[Tie, ...]
    datasets: tuple[str, ...]


def read_network(
    store: QuadStore,
    *,
    kinds: Collection[str] = KINDS,
    programme: str | None = None,
    described: bool = False,
) -> Reading:
    """Read the network of a store or view.

    :param kinds: kinds of records that it may hold.
    :param programme: IRI of a programme; only its studies, their posts, communities and panels,
        and the people and organisations that these are tied to.
    :param described: whether names and passages are read too.
    :raises InputError: there is no such kind.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_network(MemoryStore()).nodes
    ()
    """
    if unknown := sorted(set(kinds) - {*KINDS, *WIDE_KINDS}):
        raise InputError(
            f"no kind of record '{unknown[0]}' in a network: choose from "
            f"{', '.join((*KINDS, *WIDE_KINDS))}"
        )
    work, graphs = _premises(store)
    nodes = {iri: node for iri, node in _nodes(work).items() if node.kind in kinds}
    ties = _ties(work, nodes)
    if programme is not None:
        nodes = _of_programme(work, programme, nodes, ties)
        ties = {pair: grounds for pair, grounds in ties.items() if nodes.keys() >= set(pair)}
    records = {iri for grounds in ties.values() for ground in grounds for iri in ground.records}
    held = sorted({name for iri in nodes.keys() | records for name in graphs.get(iri, ())})
    label, passages = _describers(store) if described else (_nothing, _nowhere)
    return Reading(
        nodes=tuple(
            NetworkNode(iri, node.kind, label(iri), node.status)
            for iri, node in sorted(nodes.items())
        ),
        ties=tuple(
            Tie(first, second, tuple(grounds), passages(grounds))
            for (first, second), grounds in sorted(ties.items())
        ),
        datasets=tuple(held),
    )


@cache
def query_texts() -> dict[str, str]:
    """Return the queries of networks, by the names of their files.

    >>> "tie-alignment" in query_texts()
    True
    """
    paths = artefacts.files("queries", "network/*.rq")
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


@cache
def _vocabulary() -> tuple[ox.NamedNode, ...]:
    """Return the classes and properties that the queries name."""
    found: set[str] = set()
    for text in query_texts().values():
        lines = (line for line in text.splitlines() if not line.startswith(("#", "PREFIX")))
        found.update(_NAME.findall(" ".join(lines)))
    return tuple(ox.NamedNode(expand(name)) for name in sorted(found))


def _premises(store: QuadStore) -> tuple[ox.Store, dict[str, set[str]]]:
    """Return what the queries may ask for, and the graphs that say anything of each subject."""
    start = graph_iri(store.base, "")
    work, graphs = ox.Store(), defaultdict[str, set[str]](set)

    def found(name: str) -> Iterator[ox.Quad]:
        graph = ox.NamedNode(start + name)
        for term in _vocabulary():
            for prop, value in ((term, None), (_TYPE, term)):
                for quad in store.quads(None, prop, value, graph):
                    if isinstance(quad.subject, ox.NamedNode):
                        graphs[quad.subject.value].add(name)
                        yield ox.Quad(quad.subject, quad.predicate, quad.object)

    for iri in store.graph_names():
        name = iri.removeprefix(start)
        is_data = iri.startswith(start) and name not in RESERVED_GRAPHS
        if is_data and not name.endswith("/derived"):
            work.extend(found(name))
    return work, graphs


def _rows(work: ox.Store, name: str, **bound: str) -> Iterable[Any]:
    """Return the rows of one of the queries."""
    terms = {ox.Variable(key): ox.NamedNode(iri) for key, iri in bound.items()}
    return work.query(query_texts()[name], substitutions=terms or None)  # type: ignore[return-value,arg-type]


def _nodes(work: ox.Store) -> dict[str, NetworkNode]:
    """Return the records that a network may hold, each as the first kind that fits."""
    best: dict[str, tuple[int, str, str]] = {}
    for row in _rows(work, "nodes"):
        status = "" if row["status"] is None else row["status"].value
        entry = (int(row["rank"].value), row["kind"].value, status)
        iri = row["node"].value
        best[iri] = min(entry, best.get(iri, entry))
    return {iri: NetworkNode(iri, kind, "", status) for iri, (_, kind, status) in best.items()}


def _ties(work: ox.Store, nodes: dict[str, NetworkNode]) -> dict[tuple[str, str], list[Ground]]:
    """Return the ties between some records, with their grounds; vacant posts have none."""
    found: dict[tuple[str, str], set[Ground]] = defaultdict(set)
    for name in query_texts():
        kind = name.removeprefix("tie-")
        if kind == name:
            continue
        for row in _rows(work, name):
            first, second, *records = (None if term is None else term.value for term in row)
            if first == second or first not in nodes or second not in nodes:
                continue
            if nodes[first].is_vacant or nodes[second].is_vacant:
                continue
            ground = Ground(kind, tuple(sorted({iri for iri in records if iri})))
            found[min(first, second), max(first, second)].add(ground)
    return {
        pair: sorted(grounds, key=lambda ground: (ground.kind, ground.records))
        for pair, grounds in found.items()
    }


def _of_programme(
    work: ox.Store,
    programme: str,
    nodes: dict[str, NetworkNode],
    ties: Iterable[tuple[str, str]],
) -> dict[str, NetworkNode]:
    """Return the records of a programme, and the people and bodies that they are tied to."""
    members = {row["member"].value for row in _rows(work, "programme", programme=programme)}
    kept = members & nodes.keys()
    around = {"person", "organisation", "agency"}
    for first, second in ties:
        for one, other in ((first, second), (second, first)):
            if one in members and nodes[other].kind in around:
                kept.add(other)
    return {iri: nodes[iri] for iri in kept}


def _describers(
    store: QuadStore,
) -> tuple[Callable[[str], str], Callable[[list[Ground]], tuple[str, ...]]]:
    """Return what gives the name of a record, and what gives the passages of grounds."""

    def label(iri: str) -> str:
        node = ox.NamedNode(iri)
        for prop in _LABELS:
            names = {quad.object.value for quad in store.quads(node, prop)}  # type: ignore[union-attr]
            if names:
                return min(names)
        return iri

    def passages(grounds: list[Ground]) -> tuple[str, ...]:
        records = {iri for ground in grounds for iri in ground.records}
        found = (quad.object for iri in records for quad in store.quads(ox.NamedNode(iri), _FROM))
        return tuple(sorted({term.value for term in found if isinstance(term, ox.NamedNode)}))

    return label, passages


def _nothing(_: str) -> str:
    """Return no name."""
    return ""


def _nowhere(_: list[Ground]) -> tuple[str, ...]:
    """Return no passages."""
    return ()
