"""Measurements for Prometheus.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kmgraph.errors import MissingExtraError
from kmgraph_server import adding
from kmgraph_server.adding import Counted
from kmgraph_server.observing import Seen

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from kmgraph.execution.messages import PoolStats

#: Upper bounds of the histograms, in seconds.
_BUCKETS_S: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
#: First parts of paths that stand for a kind of answer; others are counted as pages.
_KINDS: Final = frozenset(
    {"sparql", "update", "graph-store", "questions", "id", "doc", "framework", "mapping", "graph",
     "ontology", "explain", "figures", "healthz", "readyz", "metrics", "queries", "static",
     "openapi.json", "snapshots", "feed", "versions", "memento", "timemap"}
)  # fmt: skip
_WRITING: Final = frozenset({"update", "graph-store"})
#: Others are counted together, since anyone can invent methods.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"})
#: What processes that serve together count together.
_SHARED: Final = frozenset(
    {"kmgraph_requests", "kmgraph_request_seconds", "kmgraph_queries", "kmgraph_query_seconds",
     "kmgraph_look_ups", "kmgraph_cache_hits", "kmgraph_cache_misses", "kmgraph_cache_evictions",
     "kmgraph_cache_bytes", "kmgraph_memory_bytes", "kmgraph_serving_processes"}
)  # fmt: skip
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Metrics:
    """What is measured of one application.

    :param pool_stats: tells how its workers are.
    :param generation: tells the id of the generation that is served.
    :param cache_stats: tells hits, misses, evictions and bytes of the cache, by name.
    :ivar background: tells what was done beside answering, and how it went, to how often.
    :ivar beside: tells what processes that serve beside this one have counted.
    """

    def __init__(
        self,
        pool_stats: Callable[[], PoolStats],
        generation: Callable[[], int | None],
        cache_stats: Callable[[], dict[str, int]],
    ) -> None:
        try:
            from prometheus_client import CollectorRegistry, Counter, Histogram
        except ImportError as error:
            raise MissingExtraError("prometheus-client", "server") from error
        self._pool_stats, self._generation = pool_stats, generation
        self._cache_stats = cache_stats
        self.beside: Callable[[], Iterable[Counted]] = tuple
        self.background: Callable[[], dict[tuple[str, str], int]] = dict
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "kmgraph_requests", "Requests.", ["method", "kind", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "kmgraph_request_seconds", "Time of requests.", ["kind"],
            buckets=_BUCKETS_S, registry=self.registry,
        )  # fmt: skip
        self._queries = Counter(
            "kmgraph_queries", "Queries at the endpoint.", ["form", "outcome"],
            registry=self.registry,
        )  # fmt: skip
        self._query_seconds = Histogram(
            "kmgraph_query_seconds", "Evaluation of queries at the endpoint.", ["form"],
            buckets=_BUCKETS_S, registry=self.registry,
        )  # fmt: skip
        self._look_ups = Counter(
            "kmgraph_look_ups", "Queries that the server evaluated itself.", registry=self.registry
        )
        self._writes = Counter(
            "kmgraph_writes", "Writes.", ["kind", "outcome"], registry=self.registry
        )
        self._children: dict[tuple[Any, ...], Any] = {}
        self.registry.register(self)

    def __call__(self, seen: Seen) -> None:
        """Count one request."""
        first = seen.path.split("/")[1] if seen.path.startswith("/") else ""
        kind = first if first in _KINDS else "page"
        method = seen.method if seen.method in _METHODS else "other"
        self._child(self._requests, method, kind, str(seen.status)).inc()
        self._child(self._seconds, kind).observe(seen.seconds)
        notes = seen.notes
        if kind in _WRITING and method not in _SAFE:
            self._writes.labels(kind, _outcome(seen)).inc()
        elif notes.form or (kind == "sparql" and notes.problem):
            # The form of what cannot be read is not known.
            self._child(self._queries, notes.form or "none", _outcome(seen)).inc()
            if notes.is_look_up:
                self._look_ups.inc()
            if notes.query_s is not None:
                self._child(self._query_seconds, notes.form).observe(notes.query_s)

    def _child(self, metric: Any, *labels: str) -> Any:
        """Return a metric for some labels; to look for it each time takes longer than to count."""
        key = (id(metric), *labels)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = metric.labels(*labels)
        return found

    def collect(self) -> Iterable[Metric]:
        """Yield what is looked up when it is asked for."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        stats = self._pool_stats()
        for name, text, value in (
            ("kmgraph_workers", "Worker processes.", stats.workers),
            ("kmgraph_workers_idle", "Worker processes that wait for a query.", stats.idle),
            ("kmgraph_queries_running", "Queries that run.", stats.running),
            ("kmgraph_queries_waiting", "Queries that wait for a worker.", stats.waiting),
            ("kmgraph_worker_memory_bytes", "Memory of the workers.", stats.worker_memory_bytes),
            ("kmgraph_serving_processes", "Processes that take requests.", 1),
            ("kmgraph_memory_bytes", "Memory of the server itself.", own_memory_bytes()),
            (
                "kmgraph_memory_mode",
                "1 where workers have the view in memory.",
                int(stats.mode == "memory"),
            ),
            ("kmgraph_generation", "Generation that is served.", self._generation() or 0),
        ):
            yield GaugeMetricFamily(name, text, value=value)
        for name, text, label, counted in (
            ("kmgraph_evaluations", "Queries given to workers.", "outcome", stats.queries),
            ("kmgraph_kills", "Workers that ended during a query.", "reason", stats.kills),
        ):
            family = CounterMetricFamily(name, text, labels=[label])
            for key, number in counted.items():
                family.add_metric([key], number)
            yield family
        done = CounterMetricFamily(
            "kmgraph_background",
            "Snapshots, feeds, indexes and counts written.",
            labels=["kind", "outcome"],
        )
        for (kind, outcome), number in self.background().items():
            done.add_metric([kind, outcome], number)
        yield done
        cache = self._cache_stats()
        for name in ("hits", "misses", "evictions"):
            text = f"Answers: {name} of the cache."
            yield CounterMetricFamily(f"kmgraph_cache_{name}", text, value=cache.get(name, 0))
        size = cache.get("bytes", 0)
        yield GaugeMetricFamily("kmgraph_cache_bytes", "Size of the cache.", value=size)

    def render(self) -> bytes:
        """Return all measurements as text for Prometheus."""
        from prometheus_client import generate_latest

        return bytes(generate_latest(_Registry(self)))

    def counted(self) -> Counted:
        """Return what adds up with the same of other processes."""
        return adding.counted(self.registry.collect(), _SHARED)


class _Registry:
    """The measurements of all processes.

    :param metrics: those of this one.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Yield them."""
        return adding.summed(self._metrics.registry.collect(), self._metrics.beside())


def _outcome(seen: Seen) -> str:
    """Return what became of a query or a write: the code of its problem, where there is one.

    >>> from kmgraph_server.observing import Notes
    >>> _outcome(Seen("GET", "", "/sparql", 304, 0.001, 0, True, "", Notes("a")))
    'unchanged'
    """
    if seen.notes.problem:
        return seen.notes.problem
    if not seen.is_whole:
        return "broken-off"
    if seen.status == 304:
        return "unchanged"
    if seen.notes.is_cached:
        return "cached"
    return "answered" if seen.status < 400 else "refused"


def own_memory_bytes() -> int:
    """Return the resident memory of this process; 0 where the system does not tell.

    >>> own_memory_bytes() >= 0
    True
    """
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
