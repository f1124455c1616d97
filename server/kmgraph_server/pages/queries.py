"""The queries of pages, which live in ``queries/pages``."""

from __future__ import annotations

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

Solution = dict[str, Term | None]


def select(store: QuadStore, name: str, **iris: str) -> list[Solution]:
    """Return the solutions of a query of pages.

    :param name: name of its file without ``.rq``.
    :param iris: IRIs for variables of the query.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> select(MemoryStore(), "themes")
    []
    """
    text = artefacts.read_text("queries", f"pages/{name}.rq")
    bindings = {variable: ox.NamedNode(iri) for variable, iri in iris.items()}
    found = store.query(text, bindings=bindings)
    if not isinstance(found, Solutions):
        return []
    return [dict(zip(found.variables, row, strict=True)) for row in found]


def text_of(solution: Solution, name: str) -> str:
    """Return a value of a solution as text; empty where it is unbound."""
    term = solution.get(name)
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""


def number_of(solution: Solution, name: str) -> int:
    """Return a whole number of a solution; 0 where it is unbound."""
    return int(text_of(solution, name) or 0)
