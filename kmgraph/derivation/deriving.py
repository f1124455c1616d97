"""Derive what follows from the graphs of a store or view.

What follows from one dataset alone goes to the graph ``{dataset}/derived``, and what several
datasets yield together to ``derived``. Only what was asserted is read, so that deriving again
gives the same again. The work grows with the data: entailments are found statement by statement,
and cases are read some hundred at a time.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kmgraph.derivation.cases import rated_cases_of
from kmgraph.derivation.distinct import DistinctLines
from kmgraph.derivation.entailing import Entailments
from kmgraph.derivation.flips import FLIPS_STORED_CASES, not_stored_statement
from kmgraph.derivation.networks import network_lines
from kmgraph.derivation.readings import VOCABULARY, CaseReadings
from kmgraph.namespaces import RESERVED_GRAPHS, graph_iri
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.base import QuadStore

#: Name of the graph of what several datasets yield together, and last part of the names of
#: the graphs of what one dataset yields.
DERIVED: Final = "derived"
#: Name of the step that finds entailments, among the rules in the times that a build shows.
ENTAILMENT: Final = "entailment"


@dataclass(slots=True)
class Derived:
    """What was derived from one store or view.

    :ivar files: name of a derived graph to its N-Quads file.
    :ivar seconds: rule to the seconds that all its runs took, on all processors together.
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


def derived_name(dataset: str) -> str:
    """Return the name of the graph of what a dataset yields; an empty name stands for several.

    >>> derived_name("clahrc-ndl"), derived_name("")
    ('clahrc-ndl/derived', 'derived')
    """
    return f"{dataset}/{DERIVED}" if dataset else DERIVED


def derive(
    store: QuadStore,
    directory: Path,
    *,
    people: bool = False,
    flips: bool | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> Derived:
    """Derive entailments, summaries, diagnoses, flips and the network from what a store asserts.

    :param store: the store or view, with the ontology and the frameworks in their graphs.
    :param directory: where the N-Quads files go.
    :param people: whether measures of the network may be of people, as in views of groups.
    :param flips: whether flips are stored; None stores those of stores with up to
        :data:`~kmgraph.derivation.flips.FLIPS_STORED_CASES` rated cases.
    :param workers: groups of cases that are read at the same time.
    :returns: the files, one a derived graph; none is empty, and each line is there once.

    >>> from tempfile import TemporaryDirectory
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> with TemporaryDirectory() as folder:
    ...     derive(MemoryStore(), Path(folder)).files
    {}
    """
    derived = Derived()
    writer = _Writer(store.base, directory, derived)
    _derive_entailments(store, directory, writer, progress)
    _derive_readings(store, writer, progress, flips, workers)
    progress(ProgressEvent("network", "bridges and betweenness"))
    began = time.perf_counter()
    for dataset, lines in network_lines(store, people=people):
        writer.add(derived_name(dataset), lines)
    derived.add_time("stakeholder-network", time.perf_counter() - began)
    derived.seconds = dict(sorted(derived.seconds.items(), key=lambda item: -item[1]))
    return derived


class _Writer:
    """Appends statements to the files of derived graphs."""

    def __init__(self, base: str, directory: Path, derived: Derived) -> None:
        self._base, self._directory, self.derived = base, directory, derived

    def add(self, name: str, lines: Iterable[bytes]) -> None:
        """Append N-Triples lines to a derived graph."""
        text = b"".join(lines)
        if not text:
            return
        end = f" <{graph_iri(self._base, name)}> .\n".encode()
        files = self.derived.files
        path = files.setdefault(name, self._directory / f"derived-{len(files)}.nq")
        with path.open("ab") as file:
            # A literal cannot hold a bare newline, so this is the end of a line wherever it is.
            file.write(text.replace(b" .\n", end))


def datasets_of(store: QuadStore) -> list[str]:
    """Return the names of the graphs that hold asserted data.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> datasets_of(MemoryStore())
    []
    """
    start = graph_iri(store.base, "")
    names = (iri.removeprefix(start) for iri in store.graph_names() if iri.startswith(start))
    return [name for name in names if name not in RESERVED_GRAPHS and not is_derived(name)]


def _derive_entailments(
    store: QuadStore, directory: Path, writer: _Writer, progress: Progress
) -> None:
    """Derive what the ontology entails, from each dataset alone and from all together."""
    began = time.perf_counter()
    entailments = Entailments(store, datasets_of(store), VOCABULARY)
    found: dict[str, DistinctLines] = {}
    for dataset, (subject, prop, value) in entailments.of_all():
        if dataset not in found:
            progress(ProgressEvent("entailment", dataset or "several datasets together"))
            found[dataset] = DistinctLines(directory / f"entailed-{len(found)}")
        found[dataset].add(f"{subject} {prop} {value} .\n".encode())
    for dataset, lines in found.items():
        for part in lines.all():
            writer.add(derived_name(dataset), part)
    writer.derived.add_time(ENTAILMENT, time.perf_counter() - began)


def _derive_readings(
    store: QuadStore, writer: _Writer, progress: Progress, flips: bool | None, workers: int
) -> None:
    """Derive summaries, diagnoses and flips, some hundred cases at a time."""
    by_graph = rated_cases_of(store)
    total = sum(map(len, by_graph.values()))
    stores_flips = total <= FLIPS_STORED_CASES if flips is None else flips
    derived = writer.derived
    readings = CaseReadings(store, flips=stores_flips)
    for rule, seconds in readings.prepared.items():
        derived.add_time(rule, seconds)
    for dataset, cases in sorted(by_graph.items()):
        name = derived_name(dataset)
        for reading in readings.read_all(cases, workers):
            writer.add(name, reading.lines)
            derived.cases += reading.cases
            for rule, seconds in reading.seconds.items():
                derived.add_time(rule, seconds)
            progress(ProgressEvent("readings", name, derived.cases, total))
    if total and not stores_flips:
        writer.add(DERIVED, [not_stored_statement(store.base)])
    progress(ProgressEvent("readings", "cases", total, total))
