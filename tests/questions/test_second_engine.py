"""The questions are SPARQL, not one engine's dialect: rdflib gives the same answers."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib

from kmgraph.dataset import EvidenceDataset
from kmgraph.questions import Returned, answer, load_catalogue

EXPECTED = Path(__file__).parent / "expected"
#: Parameters of questions that need one, or that rdflib takes long to ask of every case.
PARAMETERS = {"cq-102": {"record": "programme/ndl-ndl"}} | {
    question: {"case": "case/fx-disagree"} for question in ("cq-001", "cq-003", "cq-004", "cq-007")
}


@pytest.fixture(scope="module")
def graph_of(bundles: Mapping[str, EvidenceDataset]) -> Callable[[str], rdflib.Graph]:
    """Return what gives the merged graph of a bundle in rdflib, made once."""

    @cache
    def graph_of(name: str) -> rdflib.Graph:
        triples = [quad.triple for quad in bundles[name].store.quads()]
        nt = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
        return rdflib.Graph().parse(data=nt, format="nt")

    return graph_of


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
    question_id: str,
    bundles: Mapping[str, EvidenceDataset],
    graph_of: Callable[[str], rdflib.Graph],
) -> None:
    """Rows and their order are the same in a second, independent engine."""
    question = load_catalogue()[question_id]
    expected = json.loads((EXPECTED / f"{question_id}.json").read_text(encoding="utf-8"))
    bundle = expected.get("bundle", "clahrc-ndl")
    dataset, graph = bundles[bundle], graph_of(bundle)
    parameters = PARAMETERS.get(question_id, {})
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
