"""Derive what follows from the graphs of a store or view.

What follows from one dataset alone goes to the graph ``{dataset}/derived``, and what several
datasets yield together to ``derived``. Only what was asserted is read, so that deriving again
gives the same again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.derivation.cases import CaseReader
from kmgraph.derivation.networks import derive_network
from kmgraph.derivation.rules import PUBLISHED, Rule, load_rules, run_rules
from kmgraph.namespaces import RDF, RESERVED_GRAPHS, graph_iri
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.base import QuadStore

#: Name of the graph of what several datasets yield together, and last part of the names of
#: the graphs of what one dataset yields.
DERIVED: Final = "derived"
#: Cases that are read together; it bounds the memory of the working store.
CHUNK_CASES: Final = 100
_VOCABULARY: Final = ("ontology", "frameworks")
_TYPE: Final = ox.NamedNode(f"{RDF}type")


@dataclass(slots=True)
class Derived:
    """What was derived from one store or view.

    :ivar files: name of a derived graph to its N-Quads file.
    :ivar seconds: rule to the seconds that all its runs took.
    :ivar cases: number of cases that were read.
    """

    files: dict[str, Path] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    cases: int = 0

    def add_time(self, rule: str, seconds: float) -> None:
        """Add the time of one run of a rule."""
        self.seconds[rule] += seconds


def is_derived(name: str) -> bool:
    """Return whether a graph of this name holds what was derived.

    >>> is_derived("derived"), is_derived("clahrc-ndl/derived"), is_derived("clahrc-ndl")
    (True, True, False)
    """
    return name == DERIVED or name.endswith(f"/{DERIVED}")


def derive(
    store: QuadStore, directory: Path, *, people: bool = False, progress: Progress = silent
) -> Derived:
    """Derive entailments, summaries, diagnoses, flips and the network from what a store asserts.

    :param store: the store or view, with the ontology and the frameworks in their graphs.
    :param directory: where the N-Quads files go.
    :param people: whether measures of the network may be of people, as in views of groups.
    :returns: the files, one a derived graph; none is empty.

    >>> from tempfile import TemporaryDirectory
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> with TemporaryDirectory() as folder:
    ...     derive(MemoryStore(), Path(folder)).files
    {}
    """
    derived = Derived()
    writer = _Writer(store.base, directory, derived)
    vocabulary = _vocabulary(store)
    names = _datasets(store)
    _derive_entailments(store, names, vocabulary, writer, progress)
    _derive_readings(store, vocabulary, writer, progress)
    _derive_network(store, writer, progress, people=people)
    writer.close()
    return derived


class _Writer:
    """Appends the published statements of working stores to the files of derived graphs."""

    def __init__(self, base: str, directory: Path, derived: Derived) -> None:
        self._base, self._directory, self.derived = base, directory, derived

    def add(self, name: str, work: ox.Store) -> None:
        """Append what a working store publishes to a derived graph."""
        lines = work.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=PUBLISHED)
        if not lines:
            return
        end = f" <{graph_iri(self._base, name)}> .\n".encode()
        files = self.derived.files
        path = files.setdefault(name, self._directory / f"derived-{len(files)}.nq")
        with path.open("ab") as file:
            # A literal cannot hold a bare newline, so this is the end of a line wherever it is.
            file.write(lines.replace(b" .\n", end))

    def close(self) -> None:
        """Put the times in order, dearest first."""
        times = self.derived.seconds
        self.derived.seconds = dict(sorted(times.items(), key=lambda item: -item[1]))


def _vocabulary(store: QuadStore) -> list[ox.Quad]:
    """Return the ontology and the frameworks as statements of a default graph."""
    graphs = [ox.NamedNode(graph_iri(store.base, name)) for name in _VOCABULARY]
    return [_bare(quad) for graph in graphs for quad in store.quads(graph_name=graph)]


def _bare(quad: ox.Quad) -> ox.Quad:
    """Return a statement as one of a default graph."""
    return ox.Quad(quad.subject, quad.predicate, quad.object)


def _datasets(store: QuadStore) -> list[str]:
    """Return the names of the graphs that hold asserted data."""
    start = graph_iri(store.base, "")
    names = (iri.removeprefix(start) for iri in store.graph_names() if iri.startswith(start))
    return [name for name in names if name not in RESERVED_GRAPHS and not is_derived(name)]


def _working_store(*parts: Iterable[ox.Quad]) -> ox.Store:
    """Return an in-memory store that holds some statements."""
    work = ox.Store()
    for part in parts:
        work.bulk_extend(part)
    return work


def _derive_entailments(
    store: QuadStore,
    names: list[str],
    vocabulary: list[ox.Quad],
    writer: _Writer,
    progress: Progress,
) -> None:
    """Derive what the ontology entails, from each dataset alone and from all together."""
    rules = load_rules("entailment")
    properties = _premise_properties(vocabulary)
    known = ox.Store()
    for name in names:
        progress(ProgressEvent("entailment", name))
        work = _entail(vocabulary, _premises(store, name, properties), rules, writer)
        writer.add(f"{name}/{DERIVED}", work)
        if len(names) > 1:
            known.bulk_extend(map(_bare, work.quads_for_pattern(None, None, None, PUBLISHED)))
    if len(names) > 1:
        progress(ProgressEvent("entailment", "several datasets together"))
        premises = (_premises(store, name, properties) for name in names)
        work = _entail(vocabulary, chain.from_iterable(premises), rules, writer)
        for quad in list(work.quads_for_pattern(None, None, None, PUBLISHED)):
            if _bare(quad) in known:
                work.remove(quad)
        writer.add(DERIVED, work)


def _entail(
    vocabulary: list[ox.Quad],
    premises: Iterable[ox.Quad],
    rules: tuple[Rule, ...],
    writer: _Writer,
) -> ox.Store:
    """Return a working store in which everything that is entailed was published."""
    work = _working_store(vocabulary)
    # What follows from the vocabulary alone is not news about the data.
    run_rules(work, rules)
    work.clear_graph(PUBLISHED)
    work.bulk_extend(premises)
    run_rules(work, rules, writer.derived.add_time)
    return work


def _premise_properties(vocabulary: list[ox.Quad]) -> list[ox.NamedNode]:
    """Return the properties that the flagged axioms start from."""
    found = _working_store(vocabulary).query(
        artefacts.read_text("queries", "support/premise-properties.rq")
    )
    iris = {row["property"].value for row in found}  # type: ignore[union-attr]
    return [_TYPE, *(ox.NamedNode(iri) for iri in sorted(iris))]


def _premises(store: QuadStore, name: str, properties: list[ox.NamedNode]) -> Iterator[ox.Quad]:
    """Yield the statements of a dataset that something may follow from."""
    graph = ox.NamedNode(graph_iri(store.base, name))
    for prop in properties:
        yield from map(_bare, store.quads(None, prop, None, graph))


def _derive_readings(
    store: QuadStore, vocabulary: list[ox.Quad], writer: _Writer, progress: Progress
) -> None:
    """Derive summaries, diagnoses and flips, some hundred cases at a time."""
    prepared = _working_store(vocabulary)
    run_rules(prepared, load_rules("framework"), writer.derived.add_time)
    framework = list(prepared)
    rules = load_rules("readings")
    reader = CaseReader(store)
    by_graph = reader.rated_cases()
    total = sum(map(len, by_graph.values()))
    for graph, cases in sorted(by_graph.items()):
        name = f"{graph}/{DERIVED}" if graph else DERIVED
        pending = iter(cases)
        while chunk := list(islice(pending, CHUNK_CASES)):
            progress(ProgressEvent("readings", name, writer.derived.cases, total))
            work = _working_store(framework, reader.statements(chunk))
            run_rules(work, rules, writer.derived.add_time)
            writer.add(name, work)
            writer.derived.cases += len(chunk)
    progress(ProgressEvent("readings", "cases", total, total))


def _derive_network(store: QuadStore, writer: _Writer, progress: Progress, *, people: bool) -> None:
    """Derive from the network of all datasets together."""
    progress(ProgressEvent("network", "bridges and betweenness"))

    def add(datasets: tuple[str, ...], work: ox.Store) -> None:
        writer.add(f"{datasets[0]}/{DERIVED}" if len(datasets) == 1 else DERIVED, work)

    derive_network(store, add, writer.derived.add_time, people=people)
