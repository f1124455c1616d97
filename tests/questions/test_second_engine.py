"""The questions are SPARQL, not one engine's dialect: rdflib gives the same answers."""

from typing import Any

import pyoxigraph as ox
import pytest
import rdflib

from kmgraph.dataset import EvidenceDataset
from kmgraph.questions import Returned, answer, load_catalogue


@pytest.fixture(scope="module")
def graph(dataset: EvidenceDataset) -> rdflib.Graph:
    """Return the merged graph of the shipped bundle, in rdflib."""
    triples = [quad.triple for quad in dataset.store.quads()]
    graph = rdflib.Graph()
    graph.parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
    return graph


def _comparable(column: Returned, term: Any) -> Any:
    """Return a term of either engine in a form that both share."""
    if term is None:
        return None
    text = str(getattr(term, "value", term)) if isinstance(term, ox.Literal) else str(term)
    text = term.value if isinstance(term, ox.NamedNode) else text
    if column.kind == "passages":
        return sorted(set(text.split())) or None
    if column.kind == "texts":
        parts = {part for part in text.replace("\n", "; ").split("; ") if part}
        return "; ".join(sorted(parts)) or None
    return float(text) if column.kind == "number" else text


@pytest.mark.parametrize("question_id", list(load_catalogue()))
def test_rdflib_gives_the_same_rows(
    question_id: str, dataset: EvidenceDataset, graph: rdflib.Graph
) -> None:
    """Rows and their order are the same in a second, independent engine."""
    question = load_catalogue()[question_id]
    parameters = {"record": "programme/ndl-ndl"} if question_id == "cq-102" else {}
    bindings = {
        name: rdflib.URIRef(term.value)
        if isinstance(term, ox.NamedNode)
        else rdflib.Literal(term.value, datatype=term.datatype.value)
        for name, term in question.bindings(parameters, base=dataset.base).items()
        if isinstance(term, ox.NamedNode | ox.Literal)
    }
    theirs = [
        [_comparable(c, row.asdict().get(c.name)) for c in question.returns]
        for row in graph.query(question.query, initBindings=bindings)
    ]
    ours = [
        [_comparable(c, t) for c, t in zip(question.returns, row, strict=True)]
        for row in answer(question, dataset.store, parameters).terms
    ]
    assert ours == theirs
