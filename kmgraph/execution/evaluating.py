"""Evaluate one query in a worker, and write its result."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Final

from kmgraph import formats
from kmgraph.errors import ResultLimitError, StoreUnavailableError
from kmgraph.execution.limits import Limits
from kmgraph.execution.messages import Job, term_from_text
from kmgraph.execution.sink import ResultSink, SolutionsSink, TripleCounter, plain_rows
from kmgraph.formats import Format, format_by_name
from kmgraph.results import Boolean, Solutions, Triples, write_triples
from kmgraph.sparql import QueryFacts, analyse
from kmgraph.sparql.outbound import guarded
from kmgraph.stores.base import Answer
from kmgraph.stores.oxigraph import OxigraphStore, OxigraphView

#: Most views that a worker keeps open: those of a generation and of the one before it.
_OPEN_VIEWS: Final = 4


class OpenViews:
    """The views that were asked last, open."""

    def __init__(self) -> None:
        self._views: OrderedDict[tuple[Path, int, int], OxigraphStore] = OrderedDict()

    def adopt(self, path: Path, load: Callable[[], OxigraphStore]) -> None:
        """Hold a view that is read in another way than from disk.

        :param path: directory of the view.
        :param load: reads it.
        """
        # The look comes before the reading: what takes its place meanwhile is another view.
        key = _identity(path)
        self._views[key] = load()

    def view(self, job: Job) -> OxigraphStore:
        """Return the view that a job is about.

        :raises StoreUnavailableError: there is no such view.
        """
        key = _identity(job.view_path)
        if key in self._views:
            self._views.move_to_end(key)
        else:
            self._close_those_gone()
            self._views[key] = OxigraphView(job.view_path)
            if len(self._views) > _OPEN_VIEWS:
                self._views.popitem(last=False)[1].close()
        view = self._views[key]
        view.base, view.union_default_graph = job.base, job.union_default_graph
        return view

    def _close_those_gone(self) -> None:
        """Close views whose files were deleted, so that the disk gets their room back."""
        for key in [key for key in self._views if not key[0].exists()]:
            self._views.pop(key).close()


def _identity(path: Path) -> tuple[Path, int, int]:
    """Return what tells a view from a later one that has taken its place."""
    try:
        found = path.stat()
    except OSError as error:
        raise StoreUnavailableError("the view cannot be opened: is it deleted?") from error
    return path, found.st_ino, found.st_mtime_ns


@dataclass(frozen=True, slots=True)
class Written:
    """A result that was written whole.

    :ivar form: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``.
    :ivar sink: what holds it.
    :ivar rows: number of solutions or triples; None for ASK.
    """

    form: str
    sink: ResultSink
    rows: int | None


def evaluate(job: Job, limits: Limits, view: OxigraphStore) -> Written:
    """Answer a query and write its result.

    :param view: the view that the job is about.
    :raises KmGraphError: as :meth:`kmgraph.stores.base.QuadStore.query` does.
    :raises ResultLimitError: the result is larger than it may be.
    :raises InputError: the format cannot hold the result.
    :raises TermError: the result holds what only RDF 1.2 has, and the job asks for RDF 1.1.
    """
    if job.program:
        return _run(job, limits, view)
    facts = analyse(job.query, base_iri=job.base_iri, allow_service=job.services is not None)
    # The engine asks other endpoints while its answer is written.
    with guarded(job.query, facts, job.services, timeout_s=limits.timeout_s) as query:
        answer = view.evaluate(
            query,
            facts,
            bindings={name: term_from_text(text) for name, text in job.bindings.items()},
            base_iri=job.base_iri,
            default_graphs=job.default_graphs,
            named_graphs=job.named_graphs,
        )
        return _write(answer, facts, job, limits)


def _run(job: Job, limits: Limits, view: OxigraphStore) -> Written:
    """Answer a query by a program of ours, and write its result."""
    answer, total = import_module(job.program).main(view, job.query, job.told)
    rows = list(answer)
    if len(rows) > limits.rows:
        raise ResultLimitError(limits.rows, "rows")
    sink = ResultSink(limits)
    Solutions(answer.variables, rows).write(sink.as_file(), formats.JSON)
    return Written("SELECT", sink, total)


def _write(answer: Answer, facts: QueryFacts, job: Job, limits: Limits) -> Written:
    """Write an answer in the format that the job asks for."""
    refuse = job.rdf_version == "1.1"
    if job.most_rows is not None and not isinstance(answer, Boolean):
        return _write_beginning(answer, facts, job.most_rows, limits)
    if isinstance(answer, Solutions):
        fmt = format_by_name(job.format or "json", "solutions")
        return _write_solutions(answer, facts, fmt, limits, refuse_rdf_1_2=refuse)
    if isinstance(answer, Boolean):
        sink = ResultSink(limits)
        answer.write(sink.as_file(), job.format or formats.JSON)
        return Written(facts.form, sink, None)
    sink = ResultSink(limits)
    counter = TripleCounter(limits, refuse_rdf_1_2=refuse)
    if job.format is None:
        write_triples(counter.count(answer), sink.as_file(), formats.NTRIPLES)
    else:
        Triples.of_distinct(counter.count(answer)).write(sink.as_file(), job.format)
    return Written(facts.form, sink, counter.rows)


def _write_beginning(
    answer: Solutions | Triples, facts: QueryFacts, most_rows: int, limits: Limits
) -> Written:
    """Write the first rows of an answer for whoever shows them, and count the others."""
    rows: Iterator[Any] = iter(answer)
    shown: list[Any] = []
    length = 0
    for row in islice(rows, most_rows):
        length += sum(len(str(term)) for term in row if term is not None)
        if length > limits.result_bytes:
            raise ResultLimitError(limits.result_bytes, "bytes")
        shown.append(row)
    total = len(shown)
    for _ in rows:
        total += 1
        if total > limits.rows:
            raise ResultLimitError(limits.rows, "rows")
    sink = ResultSink(limits)
    if isinstance(answer, Solutions):
        Solutions(answer.variables, shown).write(sink.as_file(), formats.JSON)
    else:
        write_triples(shown, sink.as_file(), formats.NTRIPLES)
    return Written(facts.form, sink, total)


def _write_solutions(
    answer: Solutions, facts: QueryFacts, fmt: Format, limits: Limits, *, refuse_rdf_1_2: bool
) -> Written:
    """Write solutions, natively wherever the bytes show what has to be known."""
    if refuse_rdf_1_2 and fmt is formats.CSV and facts.uses_rdf_1_2:
        # A triple cannot be told from a text in CSV; the data has none, so a query must make it.
        answer = Solutions(answer.variables, list(plain_rows(answer)))
    sink = SolutionsSink(limits, fmt, refuse_rdf_1_2=refuse_rdf_1_2)
    answer.write(sink.as_file(), fmt)
    return Written(facts.form, sink, sink.rows)
