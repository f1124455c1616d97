"""Summaries, diagnoses and flips, read from some hundred cases at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kmgraph.derivation.cases import CaseReader
from kmgraph.derivation.rules import Rule, load_rules, named_predicates, published_lines, run_rules
from kmgraph.namespaces import graph_iri
from kmgraph.stores.base import QuadStore

#: Cases that are read together; it bounds the memory of the working store.
CHUNK_CASES: Final = 500
#: With flips a case yields some ten times as much.
CHUNK_CASES_WITH_FLIPS: Final = 100
#: Graphs of the vocabulary, which every reading starts from.
VOCABULARY: Final = ("ontology", "frameworks")
_WORK: Final = "urn:kmgraph:work#"


@dataclass(slots=True)
class Reading:
    """What the reading of some cases gave.

    :ivar lines: the statements, as N-Triples lines.
    :ivar seconds: rule to the seconds that it took.
    :ivar cases: number of cases.
    """

    lines: set[bytes] = field(default_factory=set)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    cases: int = 0

    def add_time(self, rule: str, seconds: float) -> None:
        """Add the time of one run of a rule."""
        self.seconds[rule] += seconds


class CaseReadings:
    """Derives from cases what the rules of readings say; the frameworks are prepared once.

    :param store: the store or view, with the ontology and the frameworks in their graphs.
    :param flips: whether it is tried out what would change each reading.
    :param only_flips: keep of the rules that publish nothing but flips.
    :param framework: what was prepared for the same store before.
    :ivar framework: what was prepared.
    :ivar prepared: seconds that the rules on the frameworks took.
    """

    def __init__(
        self,
        store: QuadStore,
        *,
        flips: bool,
        only_flips: bool = False,
        framework: list[ox.Quad] | None = None,
    ) -> None:
        rules = [rule for rule in load_rules("readings") if flips or not rule.is_of_flips]
        self._rules = [rule for rule in rules if not rule.is_last]
        last = [rule for rule in rules if rule.is_last]
        self._last = [rule for rule in last if rule.is_of_flips or not only_flips]
        self._chunk = CHUNK_CASES_WITH_FLIPS if flips else CHUNK_CASES
        wanted = named_predicates(rules)
        self._reader = CaseReader(store, wanted)
        self.prepared: dict[str, float] = defaultdict(float)
        self.framework = framework or self._prepare(store, wanted)

    def _prepare(self, store: QuadStore, wanted: frozenset[str]) -> list[ox.Quad]:
        """Return what rules may use of the vocabulary, and what was prepared from it."""

        def on_rule(rule: str, seconds: float) -> None:
            self.prepared[rule] += seconds

        rules: Sequence[Rule] = load_rules("framework")
        named = wanted | named_predicates(rules)
        work = ox.Store()
        for name in VOCABULARY:
            graph = ox.NamedNode(graph_iri(store.base, name))
            for iri in named:
                quads = store.quads(None, ox.NamedNode(iri), None, graph)
                work.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
        run_rules(work, rules, on_rule)
        kept = (quad for quad in work if quad.predicate.value.startswith(_WORK))
        return [*kept, *(quad for quad in work if quad.predicate.value in wanted)]

    def read(self, cases: Iterable[ox.NamedNode]) -> Reading:
        """Return what follows from some cases, all read together."""
        reading = Reading()
        chunk = list(cases)
        reading.cases = len(chunk)
        work = ox.Store()
        work.bulk_extend(self.framework)
        work.extend(self._reader.statements(chunk))
        run_rules(work, self._rules, reading.add_time)
        reading.lines = published_lines(work, self._last, reading.add_time)
        return reading

    def read_all(self, cases: Iterable[ox.NamedNode], workers: int = 1) -> Iterator[Reading]:
        """Yield what follows from cases, chunk by chunk, in their order.

        :param workers: chunks that are read at the same time. The engine lets other threads run
            while it works, so threads are enough.
        """
        pending = iter(cases)
        chunks = iter(lambda: list(islice(pending, self._chunk)), [])
        if workers < 2:
            yield from map(self.read, chunks)
            return
        with ThreadPoolExecutor(workers, thread_name_prefix="readings") as pool:
            running = [pool.submit(self.read, chunk) for chunk in islice(chunks, 2 * workers)]
            while running:
                done = running.pop(0).result()
                running.extend(pool.submit(self.read, chunk) for chunk in islice(chunks, 1))
                yield done
