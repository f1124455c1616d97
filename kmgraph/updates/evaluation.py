"""Evaluate the operations of an update on a scratch copy of what its writer sees.

Each operation sees what those before it did. The outcome is the net change of each graph, so that
what one operation inserts and another deletes again is no change.

Source: https://www.w3.org/TR/sparql11-update/#formalModel
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from kmgraph.errors import GraphConflictError, GraphNotFoundError, InputError, QueryEvaluationError
from kmgraph.results import Solutions
from kmgraph.stores.oxigraph import OxigraphStore, remove_unheld
from kmgraph.stores.skolem import Skolemiser
from kmgraph.terms import Term
from kmgraph.updates.graphs import GraphRights
from kmgraph.updates.operations import (
    Clearing,
    Creation,
    Modification,
    Operation,
    Target,
    Transfer,
)
from kmgraph.updates.templates import Statement


@dataclass(frozen=True, slots=True)
class GraphChange:
    """The net change of one graph.

    :ivar iri: IRI of the graph.
    :ivar added: triples that it did not have.
    :ivar deleted: triples that it has no longer.
    :ivar is_created: whether it was not there before.
    :ivar is_removed: whether it is there no longer.
    """

    iri: str
    added: tuple[ox.Triple, ...] = ()
    deleted: tuple[ox.Triple, ...] = ()
    is_created: bool = False
    is_removed: bool = False


Changes = tuple[GraphChange, ...]


@dataclass(frozen=True, slots=True)
class Using:
    """The dataset that a request gives to the patterns of its operations.

    :ivar default: IRIs of the graphs that make up the default graph.
    :ivar named: IRIs of the named graphs.
    """

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def evaluate(
    operations: Sequence[Operation],
    before: ox.Store,
    after: ox.Store,
    rights: GraphRights,
    *,
    base: str,
    base_iri: str | None = None,
    using: Using | None = None,
    union_default_graph: bool = True,
) -> Changes:
    """Do the operations to a scratch copy, and return what has changed.

    :param before: what the writer sees.
    :param after: a copy of it, which is changed.
    :param base: base IRI of the store.
    :param base_iri: what relative IRIs of patterns are resolved against.
    :param using: dataset of the request; None where it gives none.
    :param union_default_graph: whether patterns see the merge of all graphs as default graph.
    :returns: the net changes in the order of the IRIs of graphs.
    :raises GraphConflictError: a graph may not be changed, or is there already.
    :raises GraphNotFoundError: a graph is missing.
    :raises InputError: the request and its operations both give a dataset.
    :raises QueryError: a pattern could not be evaluated.

    >>> from kmgraph.updates.parsing import parse_update
    >>> rights = GraphRights("https://x.org/", None, "public", None)
    >>> operations = parse_update("INSERT DATA { GRAPH <urn:g> { <urn:a> a <urn:b> } }")
    >>> changes = evaluate(operations, ox.Store(), ox.Store(), rights, base="https://x.org/")
    >>> [(change.iri, len(change.added)) for change in changes]
    [('urn:g', 1)]
    """
    work = _Evaluation(before, after, rights, base, base_iri, using, union_default_graph)
    for operation in operations:
        work.run(operation)
    return work.changes()


class _Evaluation:
    """The state of an evaluation."""

    def __init__(
        self,
        before: ox.Store,
        after: ox.Store,
        rights: GraphRights,
        base: str,
        base_iri: str | None,
        using: Using | None,
        is_union: bool,
    ) -> None:
        self._before, self._after, self._rights = before, after, rights
        self._reader = OxigraphStore(after, base)
        self._base_iri, self._using, self._is_union = base_iri, using, is_union
        self._names = Skolemiser(base)
        self._touched: dict[str, set[ox.Triple]] = defaultdict(set)

    def run(self, operation: Operation) -> None:
        """Do one operation."""
        if isinstance(operation, Modification):
            self._modify(operation)
            return
        try:
            if isinstance(operation, Clearing):
                self._clear(operation)
            elif isinstance(operation, Creation):
                self._create(operation)
            else:
                self._transfer(operation)
        except (GraphConflictError, GraphNotFoundError):
            if not operation.is_silent:
                raise

    def _modify(self, operation: Modification) -> None:
        """Delete and insert; both are found before anything is changed."""
        solutions = list(self._solutions(operation))
        deleted = list(operation.delete.fill(solutions, self._names))
        inserted = list(operation.insert.fill(solutions, self._names))
        self._delete(self._placed(deleted, operation.with_graph))
        self._insert(self._placed(inserted, operation.with_graph))

    @staticmethod
    def _placed(statements: Iterable[Statement], graph: str | None) -> Iterator[Statement]:
        """Yield statements, those that name no graph in that of WITH."""
        default = None if graph is None else ox.NamedNode(graph)
        for triple, name in statements:
            yield triple, default if name is None else name

    def _solutions(self, operation: Modification) -> Iterator[Mapping[str, Term | None]]:
        """Yield the solutions of the pattern of an operation."""
        if operation.query is None:
            yield {}
            return
        default, named = self._dataset(operation)
        answer = self._reader.query(
            operation.query, base_iri=self._base_iri, default_graphs=default, named_graphs=named
        )
        if not isinstance(answer, Solutions):  # pragma: no cover - the query is a SELECT
            raise QueryEvaluationError("the pattern of the update has no solutions")
        for row in answer:
            yield dict(zip(answer.variables, row, strict=True))

    def _dataset(self, operation: Modification) -> tuple[list[str] | None, list[str] | None]:
        """Return the default graphs and the named graphs of a pattern; None for those of the view.

        Source: https://www.w3.org/TR/sparql11-protocol/#update-operation
        """
        is_own = operation.with_graph is not None or operation.using is not None
        if self._using is not None:
            if is_own:
                raise InputError(
                    "the request gives a dataset with using-graph-uri or using-named-graph-uri, "
                    "and so does the update with USING or WITH: leave one of the two out"
                )
            return list(self._using.default), list(self._using.named)
        if operation.using is not None:
            return list(operation.using), list(operation.using_named)
        if operation.with_graph is None and self._is_union:
            return None, None
        named = self._reader.graph_names()
        if not self._is_union and self._rights.default in named:
            named.remove(self._rights.default)
        return [operation.with_graph or self._rights.default], named

    def _insert(self, statements: Iterable[Statement]) -> None:
        """Insert statements into their graphs, which are made where they are missing."""
        by_graph: dict[str, dict[ox.Triple, None]] = defaultdict(dict)
        for triple, name in statements:
            if name is None:
                self._rights.check_default()
            by_graph[self._rights.default if name is None else name.value][triple] = None
        for iri, triples in by_graph.items():
            self._rights.check(iri)
            self._fill(iri, triples)

    def _fill(self, iri: str, triples: Iterable[ox.Triple]) -> None:
        """Add triples to a graph, which is made where it is missing."""
        graph = ox.NamedNode(iri)
        self._after.add_graph(graph)
        added = [t for t in triples if quad_of(t, graph) not in self._after]
        self._after.extend(quad_of(triple, graph) for triple in added)
        self._after.extend(quad_of(triple) for triple in added)
        self._touched[iri].update(added)

    def _delete(self, statements: Iterable[Statement]) -> None:
        """Delete statements from their graphs.

        What names no graph is deleted from the default graph. Where that is a merge, it goes from
        each graph of the writer that holds it, other than those of what is derived: that follows.
        """
        gone: dict[ox.Triple, None] = {}
        for triple, name in statements:
            if name is None and self._is_union:
                graphs = [iri for iri in self._holding(triple) if not self._rights.is_derived(iri)]
            else:
                iri = self._rights.default if name is None else name.value
                graphs = [iri] if iri in self._holding(triple) else []
            for iri in graphs:
                self._rights.check(iri)
                self._after.remove(quad_of(triple, ox.NamedNode(iri)))
                self._touched[iri].add(triple)
                gone[triple] = None
        for triple in gone:
            remove_unheld(self._after, triple)

    def _holding(self, triple: ox.Triple) -> list[str]:
        """Return the IRIs of the named graphs that hold a triple."""
        found = self._after.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        return [q.graph_name.value for q in found if isinstance(q.graph_name, ox.NamedNode)]

    def _clear(self, operation: Clearing) -> None:
        """Do CLEAR or DROP."""
        target, default = operation.target, self._rights.default
        if isinstance(target, Target):
            if target is Target.DEFAULT and self._is_union:
                raise _merge_error("CLEAR and DROP")
            names = [iri for iri in self._graphs() if not self._rights.is_own(iri)]
            if target is Target.DEFAULT:
                names = [iri for iri in names if iri == default]
            elif target is Target.NAMED and not self._is_union:
                names = [iri for iri in names if iri != default]
        else:
            self._rights.require(target, is_there=self._has(target))
            names = [target]
        for iri in names:
            self._rights.check(iri)
            self._empty(iri)
            if operation.is_drop:
                self._after.remove_graph(ox.NamedNode(iri))

    def _create(self, operation: Creation) -> None:
        """Do CREATE."""
        self._rights.check(operation.graph)
        if self._has(operation.graph):
            raise GraphConflictError(f"the graph <{operation.graph}> is there already")
        self._after.add_graph(ox.NamedNode(operation.graph))

    def _transfer(self, operation: Transfer) -> None:
        """Do ADD, COPY or MOVE."""
        verb, default = operation.verb, self._rights.default
        is_merge = self._is_union and operation.source is Target.DEFAULT
        source = default if isinstance(operation.source, Target) else operation.source
        target = default if isinstance(operation.target, Target) else operation.target
        if self._is_union and operation.target is Target.DEFAULT and verb != "ADD":
            raise _merge_error(f"{verb} TO DEFAULT")
        if is_merge and verb == "MOVE":
            raise _merge_error("MOVE DEFAULT")
        if not is_merge:
            self._rights.require(source, is_there=self._has(source))
            if source == target:
                return
        if operation.target is Target.DEFAULT:
            self._rights.check_default()
        self._rights.check(target)
        name = ox.DefaultGraph() if is_merge else ox.NamedNode(source)
        triples = [q.triple for q in self._after.quads_for_pattern(None, None, None, name)]
        if verb == "MOVE":
            self._rights.check(source)
        if verb != "ADD":
            self._empty(target)
        self._fill(target, triples)
        if verb == "MOVE":
            self._empty(source)
            self._after.remove_graph(ox.NamedNode(source))

    def _empty(self, iri: str) -> None:
        """Delete all that a graph holds."""
        graph = ox.NamedNode(iri)
        triples = [q.triple for q in self._after.quads_for_pattern(None, None, None, graph)]
        if not triples:
            return
        self._after.clear_graph(graph)
        self._touched[iri].update(triples)
        for triple in triples:
            remove_unheld(self._after, triple)

    def _has(self, iri: str) -> bool:
        """Return whether there is a graph, empty or not."""
        return self._after.contains_named_graph(ox.NamedNode(iri))

    def _graphs(self) -> list[str]:
        """Return the IRIs of the named graphs."""
        return self._reader.graph_names()

    def changes(self) -> Changes:
        """Return the net change of each graph that is not as it was."""
        before = {n.value for n in self._before.named_graphs() if isinstance(n, ox.NamedNode)}
        after = set(self._graphs())
        found = []
        for iri in sorted((before ^ after) | self._touched.keys()):
            graph, touched = ox.NamedNode(iri), self._touched.get(iri, ())
            found.append(
                GraphChange(
                    iri,
                    added=_stored(touched, graph, self._after, self._before),
                    deleted=_stored(touched, graph, self._before, self._after),
                    is_created=iri in after - before,
                    is_removed=iri in before - after,
                )
            )
        return tuple(c for c in found if c.added or c.deleted or c.is_created or c.is_removed)


def _stored(
    triples: Iterable[ox.Triple], graph: ox.NamedNode, held: ox.Store, lacking: ox.Store
) -> tuple[ox.Triple, ...]:
    """Return the triples that one store has in a graph and another has not, as the first has them.

    The engine keeps numbers in one form, so that 01 and 1 are one literal in a store.
    """
    quads = {
        quad: None
        for triple in triples
        for quad in held.quads_for_pattern(triple.subject, triple.predicate, triple.object, graph)
        if quad not in lacking
    }
    return tuple(quad.triple for quad in quads)


def quad_of(triple: ox.Triple, graph: ox.NamedNode | None = None) -> ox.Quad:
    """Return a triple as a quad of a graph; None stands for the default graph.

    >>> quad_of(ox.Triple(*[ox.NamedNode("urn:a")] * 3)).graph_name
    <DefaultGraph>
    """
    name = ox.DefaultGraph() if graph is None else graph
    return ox.Quad(triple.subject, triple.predicate, triple.object, name)


def _merge_error(what: str) -> GraphConflictError:
    """Return the error for an operation that would replace the merged default graph."""
    return GraphConflictError(
        f"{what} is refused, because the default graph is the merge of all graphs: "
        "name the graphs that are meant"
    )
