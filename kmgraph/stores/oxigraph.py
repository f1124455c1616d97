"""Stores on pyoxigraph: a read-only view on disk, and one in memory.

pyoxigraph 0.5.13 counts a triple once for each graph it is in when a default graph is merged from
several. So the merged default graph is stored, and merges of a choice of graphs are evaluated on
a copy that is a set.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import IO, Final

import pyoxigraph as ox

from kmgraph import formats
from kmgraph.errors import (
    GraphNotFoundError,
    KmGraphError,
    ParameterError,
    QueryError,
    QueryEvaluationError,
    RdfParseError,
    StoreUnavailableError,
    TermError,
)
from kmgraph.formats import Format, to_rdf_format
from kmgraph.namespaces import DEFAULT_BASE, OWN_DEFAULT_GRAPH, graph_iri
from kmgraph.results import Boolean, Solutions, Triples, write_triples
from kmgraph.sparql import QueryFacts, analyse, engine_syntax_error, without_mark
from kmgraph.stores.base import Answer, QuadStore, checked_bindings
from kmgraph.terms import Term

#: How the engine names a function that it lacks.
_UNKNOWN_FUNCTION: Final = re.compile(r"custom function (<[^>]*>)")
#: Most characters of a query that a message repeats.
_QUOTED: Final = 120

_Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph

#: Formats in which pyoxigraph can write a dataset or graph without first holding all of it.
_STREAMED = (formats.NTRIPLES, formats.NQUADS, formats.JSONLD)


class OxigraphStore(QuadStore):
    """What the stores on pyoxigraph have in common: all that reads."""

    def __init__(self, store: ox.Store, base: str) -> None:
        self._open_store: ox.Store | None = store
        self.base = base

    @property
    def _store(self) -> ox.Store:
        """Return the engine's store."""
        if self._open_store is None:
            raise StoreUnavailableError("the store was closed: open it again")
        return self._open_store

    def query(
        self,
        text: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        base_iri: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
    ) -> Answer:
        """Answer a SPARQL query; see :meth:`QuadStore.query`."""
        return self.evaluate(
            text,
            analyse(text, base_iri=base_iri),
            bindings=bindings,
            base_iri=base_iri,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
        )

    def evaluate(
        self,
        text: str,
        facts: QueryFacts,
        *,
        bindings: Mapping[str, Term] | None = None,
        base_iri: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
    ) -> Answer:
        """Answer a SPARQL query that was analysed; see :meth:`QuadStore.query`.

        :param facts: what :func:`~kmgraph.sparql.analyse` says of the query; it must not name
            services.
        :raises ParameterError: a binding is of no use to the query, or no variable has its name.
        :raises TermError: what a variable is bound to is no term.
        """
        text = without_mark(text)
        if default_graphs or named_graphs:
            facts = replace(
                facts,
                from_graphs=tuple(default_graphs or ()),
                from_named=tuple(named_graphs or ()),
            )
        substitutions = checked_bindings(bindings or {})
        store, default, named = self._dataset(facts)
        try:
            answer = store.query(
                text,
                base_iri=base_iri,
                default_graph=default,
                named_graphs=named,
                substitutions=substitutions or None,
            )
        except SyntaxError as error:
            raise engine_syntax_error(text, error) from error
        except (RuntimeError, ValueError, OSError) as error:
            raise _evaluation_error(error, has_bindings=bool(substitutions)) from error
        return _wrap(answer)

    def _dataset(
        self, facts: QueryFacts
    ) -> tuple[ox.Store, list[_Graph] | None, list[ox.NamedNode | ox.BlankNode] | None]:
        """Return the store to query, its default graph and the graphs that GRAPH can reach."""
        if not facts.has_dataset:
            return self._store, *self._own_dataset()
        named = [_graph_node(iri) for iri in dict.fromkeys(facts.from_named)]
        chosen = [_graph_node(iri) for iri in dict.fromkeys(facts.from_graphs)]
        present = set(self.graph_names())
        wanted = [node.value for node in chosen if node.value in present]
        if len(wanted) <= 1:
            return self._store, [ox.NamedNode(iri) for iri in wanted], list(named)
        if len(wanted) == len(present):
            return self._store, [ox.DefaultGraph()], list(named)
        merged = ox.Store()
        merged.bulk_extend(
            ox.Quad(quad.subject, quad.predicate, quad.object)
            for iri in wanted
            for quad in self.quads(graph_name=ox.NamedNode(iri))
        )
        merged.bulk_extend(chain.from_iterable(self.quads(graph_name=name) for name in named))
        return merged, [ox.DefaultGraph()], list(named)

    def _own_dataset(
        self,
    ) -> tuple[list[_Graph] | None, list[ox.NamedNode | ox.BlankNode] | None]:
        """Return the default graph and the named graphs of a query that names none."""
        default = self._default_graph()
        if isinstance(default, ox.DefaultGraph):
            return None, None
        named = [iri for iri in self.graph_names() if iri != default.value]
        return [default], [ox.NamedNode(iri) for iri in named]

    def _default_graph(self) -> ox.NamedNode | ox.DefaultGraph:
        """Return the graph that is the default graph of queries."""
        if self.union_default_graph:
            return ox.DefaultGraph()
        return ox.NamedNode(graph_iri(self.base, OWN_DEFAULT_GRAPH))

    def graph_names(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        return sorted(
            name.value for name in self._store.named_graphs() if isinstance(name, ox.NamedNode)
        )

    def count(self, graph_name: str | None = None) -> int:
        """Return the number of triples in a named graph, or in the default graph for None."""
        if graph_name is None and isinstance(default := self._default_graph(), ox.NamedNode):
            graph_name = default.value
        return count_triples(self._store, graph_name)

    def quads(
        self,
        subject: ox.NamedNode | ox.BlankNode | ox.Triple | None = None,
        predicate: ox.NamedNode | None = None,
        object: Term | None = None,
        graph_name: ox.NamedNode | ox.DefaultGraph | None = None,
    ) -> Iterator[ox.Quad]:
        """Yield the quads that match a pattern; see :meth:`QuadStore.quads`."""
        if isinstance(graph_name, ox.DefaultGraph):
            graph_name = self._default_graph()
        found = self._store.quads_for_pattern(subject, predicate, object, graph_name)
        if graph_name is not None:
            return iter(found)
        return (quad for quad in found if not isinstance(quad.graph_name, ox.DefaultGraph))

    def dump(self, output: IO[bytes], fmt: Format, *, graph_name: str | None = None) -> None:
        """Write the named graphs, or one of them; see :meth:`QuadStore.dump`."""
        name: ox.NamedNode | ox.DefaultGraph | None = None
        if graph_name is not None:
            if graph_name not in self.graph_names():
                raise GraphNotFoundError(f"the store has no graph <{graph_name}>")
            name = ox.NamedNode(graph_name)
        elif "dataset" not in fmt.kinds:
            name = ox.DefaultGraph()
        quads = self.quads(graph_name=name)
        if name is None:
            ordered: Iterable[ox.Quad] = quads
            if fmt not in _STREAMED:
                ordered = chain.from_iterable(
                    _by_subject(self.quads(graph_name=ox.NamedNode(iri)))
                    for iri in self.graph_names()
                )
            ox.serialize(ordered, output, to_rdf_format(fmt))
            return
        held = quads if fmt in _STREAMED else _by_subject(quads)
        write_triples((quad.triple for quad in held), output, fmt)

    def close(self) -> None:
        """Let go of the store."""
        self._open_store = None


def _by_subject(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Return quads in order of subject and predicate."""
    return sorted(quads, key=lambda quad: (str(quad.subject), str(quad.predicate), str(quad)))


def _graph_node(iri: str) -> ox.NamedNode:
    """Return the name of a graph that a caller chose."""
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise TermError(f"'{iri[:_QUOTED]}' is no name of a graph: give an absolute IRI") from error


def _evaluation_error(error: Exception, *, has_bindings: bool) -> KmGraphError:
    """Return our error for one that the engine raised while it evaluated a query."""
    if has_bindings and "projection" in str(error):
        return ParameterError(f"a bound variable is not among those the query returns: {error}")
    if unknown := _UNKNOWN_FUNCTION.search(str(error)):
        return QueryError(
            f"the function {unknown[1][:_QUOTED]} is not known here: use those of SPARQL 1.1"
        )
    return QueryEvaluationError(f"the query failed while it ran: {error}")


def _wrap(answer: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> Answer:
    """Return an answer of the engine as one of ours."""
    if isinstance(answer, ox.QuerySolutions):
        return Solutions.from_native(answer)
    if isinstance(answer, ox.QueryBoolean):
        return Boolean(bool(answer))
    return Triples(answer)


def count_triples(store: ox.Store, graph_name: str | None = None) -> int:
    """Return the number of triples in a graph of the engine's store.

    :param graph_name: IRI of a named graph; None for the default graph.

    >>> count_triples(ox.Store())
    0
    """
    graph = ox.DefaultGraph() if graph_name is None else ox.NamedNode(graph_name)
    answer = store.query(
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", default_graph=[graph], named_graphs=[]
    )
    if not isinstance(answer, ox.QuerySolutions):  # pragma: no cover - the query is a SELECT
        raise QueryEvaluationError("the engine did not count")
    number = next(answer)["n"]
    return int(number.value) if isinstance(number, ox.Literal) else 0


class OxigraphView(OxigraphStore):
    """A view of a published generation, opened read-only.

    :param path: directory of the view.
    :param base: base IRI of the store.
    :param generation: description of the generation that the view belongs to.
    :param on_close: called once when the view is closed.
    :param union_default_graph: whether the default graph is the merge of all named graphs.
    :raises StoreUnavailableError: there is no such view.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        base: str = DEFAULT_BASE,
        generation: object = None,
        on_close: Callable[[], None] | None = None,
        union_default_graph: bool = True,
    ) -> None:
        try:
            store = ox.Store.read_only(str(path))
        except OSError as error:
            raise StoreUnavailableError(f"{path}: the view cannot be opened: {error}") from error
        super().__init__(store, base)
        self.union_default_graph = union_default_graph
        self.generation = generation
        self._on_close = on_close

    def close(self) -> None:
        """Let go of the view, so that its generation can be collected."""
        super().close()
        if self._on_close is not None:
            self._on_close()
            self._on_close = None


class MemoryStore(OxigraphStore):
    """A store in memory whose default graph is kept as the merge of its named graphs.

    >>> store = MemoryStore()
    >>> store.load_nquads(b"<urn:a> <urn:b> <urn:c> <urn:g> .\\n<urn:a> <urn:b> <urn:c> <urn:h> .")
    2
    >>> store.count(), store.graph_names()
    (1, ['urn:g', 'urn:h'])
    """

    def __init__(self, *, base: str = DEFAULT_BASE) -> None:
        super().__init__(ox.Store(), base)

    def load_nquads(self, source: str | Path | bytes) -> int:
        """Add the quads of an N-Quads file; what stands in no graph is refused.

        :param source: path of a file, or its content as bytes.
        :returns: the number of quads read.
        :raises RdfParseError: the content is no N-Quads, or a statement names no graph.
        """
        quads = _read_nquads(source)
        self._store.bulk_extend(quads)
        self._store.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in quads)
        return len(quads)

    def replace_graph(self, graph_name: str, source: str | Path | bytes | None) -> None:
        """Replace one named graph, and keep the default graph the merge of all.

        :param graph_name: IRI of the graph.
        :param source: N-Quads whose statements are in this graph; None empties it.
        :raises RdfParseError: the content is no N-Quads, or a statement is in another graph.
        """
        graph = ox.NamedNode(graph_name)
        quads = [] if source is None else _read_nquads(source)
        if any(quad.graph_name != graph for quad in quads):
            raise RdfParseError(
                f"a statement is not in the graph <{graph_name}>", source=_name(source)
            )
        old = list(self.quads(graph_name=graph))
        self._store.clear_graph(graph)
        self._store.add_graph(graph)
        self._store.bulk_extend(quads)
        self._store.bulk_extend(ox.Quad(q.subject, q.predicate, q.object) for q in quads)
        for quad in old:
            remove_unheld(self._store, quad)

    def remove_graph(self, graph_name: str) -> None:
        """Remove one named graph.

        :raises GraphNotFoundError: the store has no such graph.
        """
        if graph_name not in self.graph_names():
            raise GraphNotFoundError(f"the store has no graph <{graph_name}>")
        self.replace_graph(graph_name, None)
        self._store.remove_graph(ox.NamedNode(graph_name))


def remove_unheld(store: ox.Store, quad: ox.Quad | ox.Triple) -> bool:
    """Remove a triple from the default graph if no named graph holds it any more.

    :returns: whether it was removed.

    >>> remove_unheld(ox.Store(), ox.Triple(*[ox.NamedNode("urn:a")] * 3))
    False
    """
    held = list(store.quads_for_pattern(quad.subject, quad.predicate, quad.object, None))
    if not held or any(not isinstance(found.graph_name, ox.DefaultGraph) for found in held):
        return False
    store.remove(ox.Quad(quad.subject, quad.predicate, quad.object))
    return True


def _name(source: str | Path | bytes | None) -> str:
    """Return how messages call a source."""
    return "the given N-Quads" if source is None or isinstance(source, bytes) else str(source)


def _read_nquads(source: str | Path | bytes) -> list[ox.Quad]:
    """Return the quads of an N-Quads file or of its content."""
    try:
        stream = io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")
        with stream:
            quads = list(ox.parse(stream, ox.RdfFormat.N_QUADS))
    except SyntaxError as error:
        raise parse_error(error, _name(source)) from error
    if any(isinstance(quad.graph_name, ox.DefaultGraph) for quad in quads):
        raise RdfParseError("a statement names no graph", source=_name(source))
    return quads


def parse_error(error: SyntaxError, source: str) -> RdfParseError:
    """Return our error for one of the engine's parsers of RDF.

    >>> print(parse_error(SyntaxError("no scheme", (None, 3, 1, None)), "x.nq"))
    x.nq, line 3, column 1: no scheme
    """
    return RdfParseError(error.msg, source=source, line=error.lineno, column=error.offset)
