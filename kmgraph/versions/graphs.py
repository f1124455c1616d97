"""Which graphs differ between two generations, and in which triples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import RESERVED_GRAPHS
from kmgraph.stores.base import QuadStore
from kmgraph.stores.digest import EMPTY, is_line_sum
from kmgraph.stores.meta import Generation, GraphInfo
from kmgraph.stores.views import visible_in

#: What people stated, what ships with kmgraph, and what was worked out from both.
ASSERTED: Final = "asserted"
VOCABULARY: Final = "vocabulary"
DERIVED: Final = "derived"


@dataclass(frozen=True, slots=True)
class ComparedGraph:
    """A named graph of one or both of two generations.

    :ivar name: short name, such as that of a dataset.
    :ivar iri: its IRI.
    :ivar part: ``asserted`` for what was recorded, ``vocabulary`` for what ships with kmgraph,
        ``derived`` for what was worked out.
    :ivar before: number of its triples in the older generation; None where it is not there.
    :ivar after: number of its triples in the newer generation; None where it is not there.
    :ivar is_same: whether the digests say that nothing in it differs.
    """

    name: str
    iri: str
    part: str
    before: int | None
    after: int | None
    is_same: bool


@dataclass(frozen=True, slots=True)
class TripleChange:
    """A triple that one of two generations has in a graph, and the other has not.

    :ivar graph: IRI of the graph.
    :ivar triple: the triple.
    :ivar is_added: whether the newer generation has it.
    """

    graph: str
    triple: ox.Triple
    is_added: bool

    @property
    def line(self) -> str:
        """Return the change as a line: a sign, and the statement as N-Quads have it."""
        return f"{'+' if self.is_added else '-'} {self.triple} <{self.graph}> ."


def compared_graphs(old: Generation, new: Generation, key: str) -> tuple[ComparedGraph, ...]:
    """Return the graphs that a view shows in either of two generations, by part and name.

    :param key: key of the view.
    """
    before, after = _shown(old, key), _shown(new, key)
    found = []
    for iri in {**before, **after}:
        one, two = before.get(iri), after.get(iri)
        known = two or one
        if known is not None:
            sizes = (one.triples if one else None, two.triples if two else None)
            found.append(ComparedGraph(known.name, iri, _part(known), *sizes, _is_same(one, two)))
    order = (ASSERTED, VOCABULARY, DERIVED)
    return tuple(sorted(found, key=lambda graph: (order.index(graph.part), graph.name)))


def _shown(generation: Generation, key: str) -> dict[str, GraphInfo]:
    """Return the graphs that a view of a generation shows, by IRI."""
    groups = visible_in(key)
    shared = [graph for graph in generation.graphs if graph.visibility in groups]
    own = generation.derived.get(_key_in(generation, key), ())
    return {graph.iri: graph for graph in (*shared, *own)}


def _key_in(generation: Generation, key: str) -> str:
    """Return the key that a view has in a generation, where some groups may have no graph."""
    wanted = visible_in(key) & visible_in(generation.master)
    return next((own for own in generation.views if visible_in(own) == wanted), key)


def _part(graph: GraphInfo) -> str:
    """Return what a graph holds: what was recorded, what ships, or what was worked out."""
    if graph.kind == "derived":
        return DERIVED
    return VOCABULARY if graph.name in RESERVED_GRAPHS else ASSERTED


def _is_same(one: GraphInfo | None, two: GraphInfo | None) -> bool:
    """Say whether two states of a graph have the same triples, as far as the digests tell."""
    digests = [graph.digest if graph else EMPTY for graph in (one, two)]
    # Digests of an earlier kind say as much, where both are of it.
    comparable = is_line_sum(digests[0]) == is_line_sum(digests[1]) and all(digests)
    return comparable and digests[0] == digests[1]


def triple_changes(old: QuadStore, new: QuadStore, graph: str) -> Iterator[TripleChange]:
    """Yield the triples of a graph that one of two stores has and the other has not.

    Both graphs are read once, side by side. The engine gives equal parts in the same order, so
    that only what differs is looked up; in another order the outcome would be the same, and slower.
    Nothing is held in memory.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> old, new = MemoryStore(), MemoryStore()
    >>> _ = old.load_nquads(b"<urn:a> <urn:p> 1 <urn:g> .".replace(b" 1 ", b' "1" '))
    >>> _ = new.load_nquads(b'<urn:a> <urn:p> "2" <urn:g> .')
    >>> [change.line for change in triple_changes(old, new, "urn:g")]
    ['- <urn:a> <urn:p> "1" <urn:g> .', '+ <urn:a> <urn:p> "2" <urn:g> .']
    """
    node = ox.NamedNode(graph)
    before, after = old.quads(graph_name=node), new.quads(graph_name=node)
    one, two = next(before, None), next(after, None)
    while one is not None or two is not None:
        if one == two:
            one, two = next(before, None), next(after, None)
            continue
        is_gone = one is not None and not _holds(new, one)
        is_new = two is not None and not _holds(old, two)
        if one is not None and is_gone:
            yield TripleChange(graph, one.triple, is_added=False)
        if two is not None and is_new:
            yield TripleChange(graph, two.triple, is_added=True)
        # What the other side holds too will be met there, or was: only what differs is passed.
        stays = not is_gone and not is_new
        if is_gone or stays:
            one = next(before, None)
        if is_new or stays:
            two = next(after, None)


def _holds(store: QuadStore, quad: ox.Quad) -> bool:
    """Say whether a store has a quad."""
    found = store.quads(quad.subject, quad.predicate, quad.object, _named(quad))
    return next(found, None) is not None


def _named(quad: ox.Quad) -> ox.NamedNode | None:
    """Return the name of the graph of a quad."""
    return quad.graph_name if isinstance(quad.graph_name, ox.NamedNode) else None


def changed_subjects(
    old: QuadStore, new: QuadStore, graphs: Sequence[ComparedGraph]
) -> Iterator[ox.NamedNode]:
    """Yield each entity of which two stores say different things in some graphs, once.

    Of a graph that only one of the stores has, nothing is held in memory; of others, the entities
    that changed are.

    :param graphs: the graphs to look at.
    """
    looked_at: list[str] = []
    for graph in graphs:
        if graph.is_same:
            continue
        seen: set[str] = set()
        is_one_sided = not graph.before or not graph.after
        for change in triple_changes(old, new, graph.iri):
            subject = change.triple.subject
            if not isinstance(subject, ox.NamedNode) or subject.value in seen:
                continue
            if is_one_sided:
                # The engine gives what is said of one subject together.
                seen.clear()
            seen.add(subject.value)
            if not differs(old, new, subject, looked_at):
                yield subject
        looked_at.append(graph.iri)


def differs(old: QuadStore, new: QuadStore, subject: ox.NamedNode, graphs: Sequence[str]) -> bool:
    """Say whether two stores say different things of an entity in any of some graphs."""
    return any(
        set(old.quads(subject, None, None, node)) != set(new.quads(subject, None, None, node))
        for node in map(ox.NamedNode, graphs)
    )
