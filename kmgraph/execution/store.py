"""A store whose queries are evaluated in worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from kmgraph.errors import QueryEvaluationError, ResultLimitError
from kmgraph.execution.messages import Job, Outcome, term_to_text
from kmgraph.formats import Format
from kmgraph.results import Boolean, Solutions, Triples
from kmgraph.stores.base import Answer, QuadStore, checked_bindings
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.terms import Term

if TYPE_CHECKING:
    from kmgraph.stores.meta import Generation

#: Longest value that the engine's reader of results takes.
_VALUE_BYTES: Final = 16_777_216


class PooledStore(QuadStore):
    """A view that is read in this process, and queried in another.

    :param view: the view, open; this store closes it.
    :param view_path: directory of the view.
    :param run: evaluates a job, such as :meth:`kmgraph.execution.pool.WorkerPool.run`.
    :param view_key: key of the view, for those who watch.
    """

    def __init__(
        self,
        view: OxigraphStore,
        view_path: str | Path,
        run: Callable[[Job], Outcome],
        *,
        view_key: str = "public",
    ) -> None:
        self._view = view
        self._view_path = Path(view_path)
        self._run = run
        self._view_key = view_key
        self.base = view.base
        self.union_default_graph = view.union_default_graph

    def query(
        self,
        text: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        base_iri: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
    ) -> Answer:
        """Answer a SPARQL query; see :meth:`QuadStore.query`.

        :raises QueryTimeoutError: the query took too long; and what else the limits lead to.
        """
        outcome = self._run(
            self._job(text, bindings, base_iri, default_graphs, named_graphs, most_rows=None)
        )
        with outcome.body as body:
            return _parsed(outcome.form, body.read())

    def beginning(
        self,
        text: str,
        most_rows: int,
        *,
        base_iri: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        run: Callable[[Job], Outcome] | None = None,
    ) -> tuple[Answer, int | None]:
        """Answer a query as far as somebody shows it; see :meth:`QuadStore.query`.

        :param most_rows: number of rows or triples that are wanted.
        :param run: evaluates the job, in place of what the store evaluates its jobs by.
        :returns: the answer without further rows, and the number of all rows; None for ASK.
        """
        job = self._job(text, None, base_iri, default_graphs, named_graphs, most_rows=most_rows)
        outcome = (run or self._run)(job)
        with outcome.body as body:
            return _parsed(outcome.form, body.read()), outcome.rows

    def work(self, program: str, text: str, told: Mapping[str, Any]) -> tuple[Answer, int | None]:
        """Have a program of ours answer a SPARQL query where queries are evaluated.

        :param program: name of the module whose ``main`` is called with the view, the query and
            what it is told; it returns solutions and a number.
        :param told: what it is told, as JSON can have it.
        :returns: the solutions and the number.
        :raises QueryTimeoutError: it took too long; and what else the limits lead to.
        """
        job = self._job(text, None, None, None, None, most_rows=None)
        outcome = self._run(replace(job, program=program, told=told))
        with outcome.body as body:
            return _parsed(outcome.form, body.read()), outcome.rows

    def _job(
        self,
        text: str,
        bindings: Mapping[str, Term] | None,
        base_iri: str | None,
        default_graphs: Sequence[str] | None,
        named_graphs: Sequence[str] | None,
        *,
        most_rows: int | None,
    ) -> Job:
        """Return what a worker is asked to do."""
        bound = checked_bindings(bindings or {})
        return Job(
            view_path=self._view_path,
            base=self.base,
            query=text,
            base_iri=base_iri,
            default_graphs=tuple(default_graphs or ()),
            named_graphs=tuple(named_graphs or ()),
            bindings={variable.value: term_to_text(term) for variable, term in bound.items()},
            union_default_graph=self.union_default_graph,
            rdf_version="1.2",
            most_rows=most_rows,
            view=self._view_key,
        )

    @property
    def view(self) -> OxigraphStore:
        """Return the view itself, which this process reads."""
        return self._view

    @property
    def generation(self) -> Generation | None:
        """Return the generation that it is a view of; None for data without any."""
        return getattr(self._view, "generation", None)

    def graph_names(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        return self._view.graph_names()

    def count(self, graph_name: str | None = None) -> int:
        """Return the number of triples in a named graph, or in the default graph for None."""
        return self._view.count(graph_name)

    def quads(
        self,
        subject: ox.NamedNode | ox.BlankNode | ox.Triple | None = None,
        predicate: ox.NamedNode | None = None,
        object: Term | None = None,
        graph_name: ox.NamedNode | ox.DefaultGraph | None = None,
    ) -> Iterator[ox.Quad]:
        """Yield the quads that match a pattern; see :meth:`QuadStore.quads`."""
        return self._view.quads(subject, predicate, object, graph_name)

    def dump(self, output: IO[bytes], fmt: Format, *, graph_name: str | None = None) -> None:
        """Write the named graphs, or one of them; see :meth:`QuadStore.dump`."""
        self._view.dump(output, fmt, graph_name=graph_name)

    def close(self) -> None:
        """Let go of the view."""
        self._view.close()


def _value_error() -> ResultLimitError:
    """Return the error for a value that is too long to be read back."""
    return ResultLimitError(_VALUE_BYTES, "bytes in one value")


def _parsed(form: str, body: bytes) -> Answer:
    """Return the answer that a worker wrote."""
    if form in ("CONSTRUCT", "DESCRIBE"):
        quads = ox.parse(body, format=ox.RdfFormat.N_TRIPLES)
        return Triples.of_distinct(quad.triple for quad in quads)
    try:
        answer = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
    except MemoryError as error:
        raise _value_error() from error
    if isinstance(answer, ox.QuerySolutions):
        return Solutions.from_native(answer)
    if isinstance(answer, ox.QueryBoolean):
        return Boolean(bool(answer))
    raise QueryEvaluationError("a worker answered with what is no result")  # pragma: no cover
