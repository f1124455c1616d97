"""Give blank nodes IRIs that depend on the content of their graph only.

Feeds, differences and caches need a stable name for every node.

Source: `RDF 1.1, section 3.5 <https://www.w3.org/TR/rdf11-concepts/#section-skolemization>`_,
`RDF Dataset Canonicalization <https://www.w3.org/TR/rdf-canon/>`_.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import pyoxigraph as ox


def skolemised_lines(triples: Iterable[ox.Triple], base: str, graph: str) -> Iterator[str]:
    """Yield the triples as N-Quads lines of a graph, blank nodes replaced by IRIs.

    Where there is no blank node the triples pass through one at a time; otherwise the graph is
    held in memory while its blank nodes are named canonically.

    >>> p = ox.NamedNode("https://x.org/p")
    >>> lines = skolemised_lines([ox.Triple(ox.BlankNode(), p, p)], "https://x.org/", "https://x.org/g")
    >>> next(lines).startswith("<https://x.org/.well-known/genid/")
    True
    """
    held: list[ox.Triple] = []
    for triple in triples:
        if (
            held
            or isinstance(triple.subject, ox.BlankNode)
            or isinstance(triple.object, ox.BlankNode)
        ):
            held.append(triple)
        else:
            yield f"{triple} <{graph}> .\n"
    if not held:
        return
    dataset = ox.Dataset(ox.Quad(*triple) for triple in held)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    scope = hashlib.sha256(graph.encode()).hexdigest()[:12]

    def name(term: object) -> object:
        if isinstance(term, ox.BlankNode):
            return ox.NamedNode(f"{base}.well-known/genid/{scope}-{term.value}")
        return term

    for quad in dataset:
        line = f"{name(quad.subject)} {quad.predicate} {name(quad.object)} <{graph}> .\n"
        yield line
