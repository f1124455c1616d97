"""What a graph holds of each class and property: asked once, and used by every check."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import RDF, RDFS
from kmgraph.results import Solutions
from kmgraph.sparql import QueryFacts
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.terms import Term
from kmgraph.validation.shapes import TargetShape, text_of

_TYPE: Final = ox.NamedNode(f"{RDF}type")
_SELECT: Final = QueryFacts("SELECT")
_DEFAULT: Final = ox.DefaultGraph()
#: Most nodes whose classes are remembered.
_MOST_KINDS: Final = 100_000
_CLASSES: Final = "SELECT ?class (COUNT(*) AS ?number) { ?node a ?class } GROUP BY ?class"
_BELOW: Final = f"SELECT ?below ?class {{ ?below <{RDFS}subClassOf> ?class }}"


class Extents:
    """Reads a graph: how large each class is, and what is said of a node.

    Threads may share one.

    :param store: its default graph is read.

    >>> store = ox.Store()
    >>> store.add(ox.Quad(ox.NamedNode("urn:x"), _TYPE, ox.NamedNode("urn:c")))
    >>> Extents(OxigraphStore(store, "urn:")).classes_of(["urn:c", "urn:d"])
    ('urn:c',)
    """

    def __init__(self, store: OxigraphStore) -> None:
        self.store = store
        self._kinds: dict[Term, frozenset[str]] = {}
        self._sizes: dict[str, int] | None = None
        self._below: dict[str, set[str]] = defaultdict(set)
        self._above: dict[str, set[str]] = defaultdict(set)
        for below, above in self.rows(_BELOW):
            self._below[text_of(above)].add(text_of(below))
            self._above[text_of(below)].add(text_of(above))
        self._all_above: dict[str, frozenset[str]] = {}
        self._covered: dict[tuple[str, str], bool] = {}
        self._lock = threading.Lock()
        self._paths: dict[ox.NamedNode, int] = {}

    @property
    def sizes(self) -> dict[str, int]:
        """Return how many members each class is stated to have."""
        with self._lock:
            if self._sizes is None:
                self._sizes = self._numbers(_CLASSES)
            return self._sizes

    def select(self, query: str, focus: Term | None = None) -> Solutions:
        """Return the answer to a query.

        :param focus: what ?this is bound to beforehand; None for nothing.
        """
        bindings = None if focus is None else {"this": focus}
        answer = self.store.evaluate(query, _SELECT, bindings=bindings)
        assert isinstance(answer, Solutions)  # noqa: S101 - for the type checker
        return answer

    def rows(self, query: str) -> list[tuple[Term, ...]]:
        """Return the solutions of a query all of whose variables are bound."""
        return [tuple(term for term in row if term is not None) for row in self.select(query)]

    def _numbers(self, query: str) -> dict[str, int]:
        """Return the numbers that a query gives, by what they are of."""
        return {text_of(name): int(text_of(number)) for name, number in self.rows(query)}

    def nodes(self, queries: Iterable[str]) -> list[Term]:
        """Return what some queries find as their first variable, each node once."""
        return list(dict.fromkeys(row[0] for query in queries for row in self.rows(query)))

    def rows_of(self, path: ox.NamedNode) -> int:
        """Return how many statements have a property."""
        number = self._paths.get(path)
        if number is None:
            query = f"SELECT (COUNT(*) AS ?number) {{ ?node {path} ?value }}"
            # Two threads that ask at once find the same.
            number = self._paths[path] = int(text_of(self.rows(query)[0][0]))
        return number

    def values(self, node: Term, path: ox.NamedNode) -> Sequence[Term]:
        """Return the values of a property of a node, each once."""
        if isinstance(node, ox.Literal):
            return ()
        return [quad.object for quad in self.store.quads(node, path, None, _DEFAULT)]

    def pointing_at(self, node: Term, path: ox.NamedNode) -> Sequence[Term]:
        """Return the nodes that have another as the value of a property."""
        return [quad.subject for quad in self.store.quads(None, path, node, _DEFAULT)]

    def is_member(self, node: Term, class_iri: str) -> bool:
        """Say whether a node is of a class, or of one below it."""
        return class_iri in self._kinds_of(node)

    def _kinds_of(self, node: Term) -> frozenset[str]:
        """Return the classes that a node is of, and those above them."""
        found = self._kinds.get(node)
        if found is None:
            stated = frozenset(map(text_of, self.values(node, _TYPE)))
            found = stated.union(*map(self.above, stated))
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            self._kinds[node] = found
        return found

    def above(self, class_iri: str) -> frozenset[str]:
        """Return the classes above a class."""
        if class_iri not in self._all_above:
            self._all_above[class_iri] = _closure(class_iri, self._above)
        return self._all_above[class_iri]

    def below(self, class_iri: str) -> frozenset[str]:
        """Return the classes below a class."""
        return _closure(class_iri, self._below)

    def classes_of(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Return classes whose members together are all members of some classes.

        Classes without members are left out, and so is a class all of whose members are stated to
        be of another one as well.
        """
        named = dict.fromkeys(wanted)
        spread = {below for name in named for below in self.below(name)}
        present = [name for name in (*named, *sorted(spread - named.keys())) if name in self.sizes]
        kept: list[str] = []
        for name in sorted(present, key=lambda name: -self.sizes[name]):
            if not any(self._is_covered(name, by) for by in kept):
                kept.append(name)
        return tuple(sorted(kept))

    def _is_covered(self, name: str, by: str) -> bool:
        """Say whether every member of a class is stated to be one of another."""
        if by not in self.above(name):
            return False
        key = (name, by)
        if key not in self._covered:
            query = f"SELECT ?node {{ ?node a <{name}> MINUS {{ ?node a <{by}> }} }} LIMIT 1"
            self._covered[key] = not self.rows(query)
        return self._covered[key]

    def ways(self, shapes: Iterable[TargetShape]) -> tuple[tuple[str, ...], int]:
        """Return patterns that together bind ?this to each focus node, and their number of rows.

        A node may be found more than once, unless there is one pattern of one class.
        """
        given = list(shapes)
        classes = self.classes_of([name.value for shape in given for name in shape.classes])
        found = {f"?this a <{name}>": self.sizes[name] for name in classes}
        for shape in given:
            for path in shape.subjects_of:
                found[f"?this {path} ?any"] = self.rows_of(path)
            for path in shape.objects_of:
                found[f"?any {path} ?this"] = self.rows_of(path)
        found = {pattern: number for pattern, number in found.items() if number}
        return tuple(found), sum(found.values())

    def is_focus(self, node: Term, shape: TargetShape) -> bool:
        """Say whether a node is a focus node of a shape."""
        if not shape.class_iris.isdisjoint(self._kinds_of(node)):
            return True
        if any(self.values(node, path) for path in shape.subjects_of):
            return True
        return any(
            next(iter(self.store.quads(None, path, node, _DEFAULT)), None) is not None
            for path in shape.objects_of
        )


def union(ways: Sequence[str]) -> str:
    """Return a pattern that finds what any of some patterns finds.

    >>> union(["?this a <urn:c>", "?this a <urn:d>"])
    '{ VALUES ?kind { <urn:c> <urn:d> } ?this a ?kind }'
    >>> union(["?this <urn:p> ?any"])
    '{ ?this <urn:p> ?any }'
    """
    start = "?this a "
    kinds = [way.removeprefix(start) for way in ways if way.startswith(start)]
    others = [way for way in ways if not way.startswith(start)]
    if len(kinds) > 1:
        others.append(f"VALUES ?kind {{ {' '.join(kinds)} }} ?this a ?kind")
    else:
        others += [start + kind for kind in kinds]
    return " UNION ".join(f"{{ {way} }}" for way in others)


def _closure(start: str, links: dict[str, set[str]]) -> frozenset[str]:
    """Return what can be reached, without the start where nothing leads back to it."""
    seen: set[str] = set()
    todo = list(links.get(start, ()))
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(links.get(name, ()))
    return frozenset(seen)
