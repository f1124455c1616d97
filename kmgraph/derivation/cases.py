"""What a reading of cases needs of a store: the cases, their ratings, and where these stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import RDF, expand, graph_iri
from kmgraph.results import Solutions
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
    :param predicates: IRIs of the predicates that are read of ratings; None for all.
    """

    def __init__(self, store: QuadStore, predicates: Collection[str] | None = None) -> None:
        self._store = store
        self._start = graph_iri(store.base, "")
        self._wanted = None if predicates is None else {ox.NamedNode(iri) for iri in predicates}

    def rated_cases(self) -> dict[str, list[ox.NamedNode]]:
        """Return the cases that anything is rated of, sorted, by the dataset of their ratings.

        The name is empty for cases that several datasets rate.

        >>> from kmgraph.stores.oxigraph import MemoryStore
        >>> CaseReader(MemoryStore()).rated_cases()
        {}
        """
        found: dict[str, list[ox.NamedNode]] = defaultdict(list)
        for case, name in self._dataset_of_cases().items():
            found[name].append(case)
        for cases in found.values():
            cases.sort(key=lambda node: node.value)
        return dict(found)

    def _dataset_of_cases(self) -> dict[ox.NamedNode, str]:
        """Return the rated cases with the dataset of their ratings; it is empty for several."""
        names: dict[object, str] = {}
        datasets: dict[ox.NamedNode, str] = {}
        answer = self._store.query(artefacts.read_text("queries", "support/rated-cases.rq"))
        for case, graph in answer if isinstance(answer, Solutions) else ():
            if isinstance(case, ox.NamedNode) and isinstance(graph, ox.NamedNode):
                name = names.setdefault(graph, graph.value.removeprefix(self._start))
                if datasets.setdefault(case, name) != name:
                    datasets[case] = ""
        return datasets

    def dataset_of(self, case: ox.NamedNode) -> str | None:
        """Return the dataset of the ratings of a case: empty for several, None for no ratings."""
        if next(self._store.quads(case, _TYPE, _CASE, _DEFAULT), None) is None:
            return None
        names = {
            quad.graph_name.value.removeprefix(self._start)
            for link in self._store.quads(None, _ABOUT, case, _DEFAULT)
            for quad in self._store.quads(link.subject, _STATUS, None, None)
            if isinstance(quad.graph_name, ox.NamedNode)
        }
        if not names:
            return None
        return names.pop() if len(names) == 1 else ""

    def statements(self, cases: Iterable[ox.NamedNode]) -> Iterator[ox.Quad]:
        """Yield what a reading of cases starts from: the ratings and the documents they rest on."""
        sources: dict[object, list[ox.Quad]] = {}
        for case in cases:
            yield ox.Quad(case, _TYPE, _CASE)
            for link in self._store.quads(None, _ABOUT, case, _DEFAULT):
                rating = link.subject
                if next(self._store.quads(rating, _STATUS, None, _DEFAULT), None) is None:
                    continue
                for quad in self._store.quads(rating, None, None, _DEFAULT):
                    predicate = quad.predicate
                    if self._wanted is None or predicate in self._wanted:
                        yield quad
                    passage = quad.object
                    if predicate == _FROM and isinstance(passage, ox.NamedNode):
                        if passage not in sources:
                            found = self._store.quads(passage, _SOURCE, None, _DEFAULT)
                            sources[passage] = list(found)
                            yield from sources[passage]


def rated_cases_of(store: QuadStore) -> dict[str, list[ox.NamedNode]]:
    """Return the rated cases of a store; see :meth:`CaseReader.rated_cases`.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> rated_cases_of(MemoryStore())
    {}
    """
    return CaseReader(store).rated_cases()
