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
from kmgraph.errors import InputError, RecordNotFoundError
from kmgraph.namespaces import RDF, RESERVED_GRAPHS, expand, graph_iri
from kmgraph.network.basis import Bases
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
    :ivar same: agencies that stand in the network as the body that they are, with that body.
    """

    nodes: tuple[NetworkNode, ...]
    ties: tuple[Tie, ...]
    datasets: tuple[str, ...]
    same: tuple[tuple[str, str], ...] = ()


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
    :raises RecordNotFoundError: there is no such programme.

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
    nodes, same = chosen(work, kinds)
    ties = ties_between(work, nodes, same)
    if programme is not None:
        _check_programme(programme, recorded(work), store.base)
        nodes = _of_programme(work, programme, nodes, ties)
        ties = {pair: ties[pair] for pair in ties if nodes.keys() >= set(pair)}
    records = {iri for grounds in ties.values() for ground in grounds for iri in ground.records}
    held = sorted({name for iri in nodes.keys() | records for name in graphs.get(iri, ())})
    label, passages = describers(store) if described else (_nothing, _nowhere)
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
        same=tuple(sorted((agency, body) for agency, body in same.items() if body in nodes)),
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
    for name in query_texts():
        found |= _names(name)
    return tuple(ox.NamedNode(iri) for iri in sorted(found))


def network_vocabulary() -> frozenset[str]:
    """Return the IRIs of the classes and properties that the queries of networks name.

    >>> expand("km:alignedWith") in network_vocabulary()
    True
    """
    return frozenset(term.value for term in _vocabulary())


@cache
def _names(query: str) -> frozenset[str]:
    """Return the IRIs of the classes and properties that a query names."""
    lines = query_texts()[query].splitlines()
    text = " ".join(line for line in lines if not line.startswith(("#", "PREFIX")))
    return frozenset(expand(name) for name in _NAME.findall(text))


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


def recorded(work: ox.Store) -> dict[str, NetworkNode]:
    """Return the records that a network may hold, each as the first kind that fits."""
    best: dict[str, tuple[int, str, str]] = {}
    for row in _rows(work, "nodes"):
        status = "" if row["status"] is None else row["status"].value
        entry = (int(row["rank"].value), row["kind"].value, status)
        iri = row["node"].value
        best[iri] = min(entry, best.get(iri, entry))
    return {iri: NetworkNode(iri, kind, "", status) for iri, (_, kind, status) in best.items()}


def chosen(work: ox.Store, kinds: Collection[str]) -> tuple[dict[str, NetworkNode], dict[str, str]]:
    """Return the records of some kinds, and the agencies that are one of them."""
    known = recorded(work)
    nodes = {iri: node for iri, node in known.items() if node.kind in kinds}
    same = _same(work, known, nodes)
    return {iri: node for iri, node in nodes.items() if iri not in same}, same


def _same(
    work: ox.Store, recorded: dict[str, NetworkNode], nodes: dict[str, NetworkNode]
) -> dict[str, str]:
    """Return the agencies that one body of the network is recorded as, with that body."""
    bodies: dict[str, set[str]] = defaultdict(set)
    for row in _rows(work, "recorded-as"):
        agency, body = row["agency"].value, row["body"].value
        if body in nodes and agency in recorded and recorded[agency].kind == "agency":
            bodies[agency].add(body)
    # An agency that stands for several bodies is none of them.
    return {agency: min(found) for agency, found in bodies.items() if len(found) == 1}


def _bases(work: ox.Store) -> Bases:
    """Return how records and noted statements are supported."""
    found = {row["record"].value: row["basis"].value for row in _rows(work, "bases")}
    notes = (
        tuple(None if term is None else term.value for term in row) for row in _rows(work, "notes")
    )
    return Bases(found, notes)  # type: ignore[arg-type]


def ties_between(
    work: ox.Store, nodes: dict[str, NetworkNode], same: dict[str, str]
) -> dict[tuple[str, str], list[Ground]]:
    """Return the ties between some records, with their grounds; vacant posts have none.

    :param same: agencies with the body that they are, which has their ties.
    """
    bases = _bases(work)
    found: dict[tuple[str, str], set[Ground]] = defaultdict(set)
    for name in query_texts():
        kind = name.removeprefix("tie-")
        if kind == name:
            continue
        for row in _rows(work, name):
            ends, records = _row(row)
            first, second = (same.get(end, end) for end in ends)
            if first == second or first not in nodes or second not in nodes:
                continue
            if nodes[first].is_vacant or nodes[second].is_vacant:
                continue
            basis, notes = bases.of(records, _names(name), ends)
            agencies = same.keys() & set(ends)
            ground = Ground(kind, tuple(sorted({*records, *notes, *agencies})), basis)
            found[min(first, second), max(first, second)].add(ground)
    return {
        pair: sorted(grounds, key=lambda ground: (ground.kind, ground.records))
        for pair, grounds in found.items()
    }


def _row(row: Any) -> tuple[list[str], list[str]]:
    """Return the two ends of a tie, and the records that it rests on."""
    first, second, *records = (None if term is None else term.value for term in row)
    return [first or "", second or ""], sorted({iri for iri in records if iri})


def _check_programme(programme: str, recorded: dict[str, NetworkNode], base: str) -> None:
    """Refuse a programme that is not there, and name some that are."""
    known = sorted(iri for iri, node in recorded.items() if node.kind == "programme")
    if programme not in known:
        some = ", ".join(iri.removeprefix(base) for iri in known[:3])
        there = f"there are {len(known)}, the first being {some}" if known else "the view has none"
        raise RecordNotFoundError(
            f"there is no programme '{programme.removeprefix(base)}': {there}"
        )


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


def describers(
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
