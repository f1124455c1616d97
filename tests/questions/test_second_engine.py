"""The questions are SPARQL, not one engine's dialect: rdflib gives the same answers."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib

from kmgraph.dataset import EvidenceDataset
from kmgraph.namespaces import graph_iri
from kmgraph.questions import Returned, answer, load_catalogue
from kmgraph.questions.surroundings import surroundings

EXPECTED = Path(__file__).parent / "expected"
CASE = "case/fx-disagree"
#: Parameters of questions that need one, or that rdflib takes long to ask of every case.
PARAMETERS = {"cq-102": {"record": "programme/ndl-ndl"}} | {
    question: {"case": CASE} for question in ("cq-001", "cq-003", "cq-004", "cq-007")
}
#: Questions of which rdflib sums up every case even so: it holds what surrounds the one alone.
OF_ONE_CASE = ("cq-001", "cq-003", "cq-004")


class Graphs:
    """The statements that questions are about, in rdflib; those of a bundle are read once.

    They lack the cube, a third of each bundle, which no question reads: that is for their twins.
    """

    def __init__(self, bundles: Mapping[str, EvidenceDataset]) -> None:
        self._bundles = bundles
        self._whole: dict[str, rdflib.Graph] = {}
        self._of_one_case: dict[str, rdflib.Graph] = {}

    def of(self, question_id: str, bundle: str) -> rdflib.Graph:
        """Return what a question is asked of."""
        made = self._of_one_case if question_id in OF_ONE_CASE else self._whole
        if bundle not in made:
            dataset = self._bundles[bundle]
            cube = ox.NamedNode(graph_iri(dataset.base, "cube"))
            if question_id in OF_ONE_CASE:
                queries = "\n".join(load_catalogue()[name].query for name in OF_ONE_CASE)
                case = ox.NamedNode(f"{dataset.base}{CASE}")
                with surroundings(dataset.store, queries, [case]) as small:
                    made[bundle] = _in_rdflib(small.quads(None, None, None, ox.DefaultGraph()))
            else:
                quads = dataset.store.quads()
                made[bundle] = _in_rdflib(quad for quad in quads if quad.graph_name != cube)
        return made[bundle]


@pytest.fixture(scope="module")
def graphs(bundles: Mapping[str, EvidenceDataset]) -> Graphs:
    """Return the graphs that rdflib is asked about."""
    return Graphs(bundles)


def _in_rdflib(quads: Iterable[ox.Quad]) -> rdflib.Graph:
    """Return one graph of all statements."""
    nt = ox.serialize([quad.triple for quad in quads], format=ox.RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=nt, format="nt")


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
    graphs: Graphs,
) -> None:
    """Rows and their order are the same in a second, independent engine."""
    question = load_catalogue()[question_id]
    expected = json.loads((EXPECTED / f"{question_id}.json").read_text(encoding="utf-8"))
    bundle = expected.get("bundle", "clahrc-ndl")
    dataset, graph = bundles[bundle], graphs.of(question_id, bundle)
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
    assert ours, "no row shows the engines agree"
