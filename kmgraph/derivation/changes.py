"""Derive again, after a change, what depends on it and nothing else."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kmgraph.derivation.cases import CaseReader
from kmgraph.derivation.deriving import DERIVED, ENTAILMENT, datasets_of, derived_name
from kmgraph.derivation.entailing import Entailments
from kmgraph.derivation.flips import flips_are_stored, not_stored_statement
from kmgraph.derivation.networks import bears_on_network, network_lines, noted_network
from kmgraph.derivation.readings import VOCABULARY, CaseReadings
from kmgraph.namespaces import RDF, expand, graph_iri
from kmgraph.stores.base import QuadStore

_DEFAULT: Final = ox.DefaultGraph()
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_CASE: Final = ox.NamedNode(expand("km:ImplementationCase"))
_ABOUT: Final = ox.NamedNode(expand("km:about"))
_STATUS: Final = ox.NamedNode(expand("km:ratingStatus"))
_FROM: Final = ox.NamedNode(expand("prov:wasDerivedFrom"))


@dataclass(slots=True)
class Difference:
    """How the derived graphs of a store differ from what follows now.

    :ivar added: name of a derived graph to the N-Triples lines that it lacks.
    :ivar deleted: name of a derived graph to the lines that follow no more.
    :ivar seconds: rule to the seconds that it took.
    :ivar cases: number of cases that were read again.
    :ivar has_network: whether the network was derived again.
    """

    added: dict[str, set[bytes]] = field(default_factory=dict)
    deleted: dict[str, set[bytes]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    cases: int = 0
    has_network: bool = False

    def note(self, now: dict[str, set[bytes]], before: dict[str, set[bytes]]) -> None:
        """Note what follows now, and what was derived before, of the same things."""
        for name in now.keys() | before.keys():
            new, old = now.get(name, set()), before.get(name, set())
            for kept, lines in ((self.added, new - old), (self.deleted, old - new)):
                if lines:
                    kept.setdefault(name, set()).update(lines)


def derive_changes(
    store: QuadStore, changed: Collection[ox.NamedNode], *, people: bool = False
) -> Difference:
    """Derive again what depends on a change, and compare it with what the store holds.

    Whether flips are stored stays as it is.

    :param store: the store or view after the change, with what was derived before it.
    :param changed: subjects of statements that were added or deleted, and the objects of those
        that say what a record is about or belongs to.
    :param people: whether measures of the network may be of people, as in views of groups.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> derive_changes(MemoryStore(), [ox.NamedNode("urn:a")]).added
    {}
    """
    difference = Difference()
    names = datasets_of(store)
    graphs = {
        derived_name(name): ox.NamedNode(graph_iri(store.base, derived_name(name)))
        for name in ("", *names)
    }
    _entail(store, changed, names, graphs, difference)
    _read(store, changed, graphs, difference)
    began = time.perf_counter()
    if bears_on_network(store, changed, graphs.values()):
        difference.has_network = True
        now = {
            derived_name(name): set(lines) for name, lines in network_lines(store, people=people)
        }
        before = {name: set(noted_network(store, graph)) for name, graph in graphs.items()}
        difference.note(now, before)
    difference.seconds["stakeholder-network"] += time.perf_counter() - began
    return difference


def _entail(
    store: QuadStore,
    changed: Collection[ox.NamedNode],
    names: list[str],
    graphs: dict[str, ox.NamedNode],
    difference: Difference,
) -> None:
    """Find again what follows from the ontology of the subjects that a change bears on."""
    began = time.perf_counter()
    entailments = Entailments(store, names, VOCABULARY)
    now: dict[str, set[bytes]] = defaultdict(set)
    before: dict[str, set[bytes]] = defaultdict(set)
    for subject in entailments.affected(changed):
        for name, facts in entailments.of_subject(subject).items():
            now[derived_name(name)].update(f"{s} {p} {o} .\n".encode() for s, p, o in facts)
        for name, graph in graphs.items():
            noted = entailments.noted(subject, graph)
            before[name].update(f"{s} {p} {o} .\n".encode() for s, p, o in noted)
    difference.note(now, before)
    difference.seconds[ENTAILMENT] += time.perf_counter() - began


def _read(
    store: QuadStore,
    changed: Collection[ox.NamedNode],
    graphs: dict[str, ox.NamedNode],
    difference: Difference,
) -> None:
    """Read again the cases that a change bears on."""
    began = time.perf_counter()
    cases = sorted(_cases(store, changed, graphs.values()), key=lambda node: node.value)
    now: dict[str, set[bytes]] = defaultdict(set)
    before: dict[str, set[bytes]] = defaultdict(set)
    groups: dict[str, list[ox.NamedNode]] = defaultdict(list)
    reader = CaseReader(store)
    for case in cases:
        dataset = reader.dataset_of(case)
        if dataset is not None:
            groups[dataset].append(case)
        for name, graph in graphs.items():
            before[name].update(_noted_of_case(store, case, graph))
    difference.seconds["finding what depends"] += time.perf_counter() - began
    if groups:
        readings = CaseReadings(store, flips=flips_are_stored(store))
        for dataset, chosen in groups.items():
            for reading in readings.read_all(chosen):
                now[derived_name(dataset)] |= reading.lines
                difference.cases += reading.cases
                for rule, seconds in reading.seconds.items():
                    difference.seconds[rule] += seconds
    difference.note(now, before)
    if not flips_are_stored(store) and not any(
        True for _ in store.quads(None, _STATUS, None, _DEFAULT)
    ):
        difference.note({}, {DERIVED: {not_stored_statement(store.base)}})


def _cases(
    store: QuadStore, changed: Iterable[ox.NamedNode], graphs: Iterable[ox.NamedNode]
) -> set[ox.NamedNode]:
    """Return the cases whose reading may be another after a change."""
    derived = list(graphs)
    found: set[object] = set()
    for node in changed:
        found.add(node)
        # A rating is about its case; a passage is what ratings rest on.
        records = [node, *(q.subject for q in store.quads(None, _FROM, node, _DEFAULT))]
        for record in records:
            found.update(quad.object for quad in store.quads(record, _ABOUT, None, _DEFAULT))
        # What was rated before may say nothing any more, and what was derived of it still does.
        for graph in derived:
            for quad in store.quads(None, _FROM, node, graph):
                found.update(q.object for q in store.quads(quad.subject, _ABOUT, None, graph))
    return {
        node
        for node in found
        if isinstance(node, ox.NamedNode)
        and (
            next(store.quads(node, _TYPE, _CASE, _DEFAULT), None) is not None
            or any(next(store.quads(None, _ABOUT, node, graph), None) for graph in derived)
        )
    }


def _noted_of_case(store: QuadStore, case: ox.NamedNode, graph: ox.NamedNode) -> Iterator[bytes]:
    """Yield what a derived graph says of the readings of a case."""
    for link in store.quads(None, _ABOUT, case, graph):
        for quad in store.quads(link.subject, None, None, graph):
            yield f"{quad.triple} .\n".encode()
