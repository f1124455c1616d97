"""What a reading of cases needs of a store: the cases, their ratings, and where these stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import RDF, expand, graph_iri
from kmgraph.stores.base import QuadStore

_DEFAULT: Final = ox.DefaultGraph()
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_CASE: Final = ox.NamedNode(expand("km:ImplementationCase"))
_ABOUT: Final = ox.NamedNode(expand("km:about"))
_STATUS: Final = ox.NamedNode(expand("km:ratingStatus"))
_FROM: Final = ox.NamedNode(expand("prov:wasDerivedFrom"))
_SOURCE: Final = ox.NamedNode(expand("oa:hasSource"))


class CaseReader:
    """Reads cases with their ratings, as statements of a default graph.

    A rating is told from what is derived by its status, which only records have.

    :param store: the store or view.
    """

    def __init__(self, store: QuadStore) -> None:
        self._store = store
        self._start = graph_iri(store.base, "")

    def rated_cases(self) -> dict[str, list[ox.NamedNode]]:
        """Return the cases that anything is rated of, sorted, by the dataset of their ratings.

        The name is empty for cases that several datasets rate.

        >>> from kmgraph.stores.oxigraph import MemoryStore
        >>> CaseReader(MemoryStore()).rated_cases()
        {}
        """
        datasets: dict[str, str] = {}
        rated: dict[ox.NamedNode, set[str]] = {}
        for quad in self._store.quads(None, _STATUS, None, None):
            graph = quad.graph_name
            if not isinstance(graph, ox.NamedNode) or not isinstance(quad.subject, ox.NamedNode):
                continue
            name = datasets.setdefault(graph.value, graph.value.removeprefix(self._start))
            for link in self._store.quads(quad.subject, _ABOUT, None, _DEFAULT):
                if isinstance(link.object, ox.NamedNode):
                    rated.setdefault(link.object, set()).add(name)
        found: dict[str, list[ox.NamedNode]] = defaultdict(list)
        for case in sorted(rated, key=lambda node: node.value):
            if next(self._store.quads(case, _TYPE, _CASE, _DEFAULT), None) is not None:
                names = rated[case]
                found[min(names) if len(names) == 1 else ""].append(case)
        return dict(found)

    def statements(self, cases: Iterable[ox.NamedNode]) -> Iterator[ox.Quad]:
        """Yield what a reading of cases starts from: the ratings and the documents they rest on."""
        for case in cases:
            yield ox.Quad(case, _TYPE, _CASE)
            for link in self._store.quads(None, _ABOUT, case, _DEFAULT):
                rating = link.subject
                if next(self._store.quads(rating, _STATUS, None, _DEFAULT), None) is None:
                    continue
                for quad in self._store.quads(rating, None, None, _DEFAULT):
                    yield quad
                    if quad.predicate == _FROM and isinstance(quad.object, ox.NamedNode):
                        yield from self._store.quads(quad.object, _SOURCE, None, _DEFAULT)
