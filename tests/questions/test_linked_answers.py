"""Answers as linked data, with how they are cited: two readers agree on what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.collection import Collection

from kmgraph.dataset import EvidenceDataset
from kmgraph.questions import load_catalogue

ROWS = "https://w3id.org/kmgraph/id/questions/{}#rows"
PROV = rdflib.PROV


@pytest.mark.parametrize("question", list(load_catalogue()))
def test_each_answer_is_linked_data_with_all_its_rows(
    question: str, bundles: Mapping[str, EvidenceDataset]
) -> None:
    """Every value that is something with an IRI is that IRI, and no row is lost."""
    parameters = {"record": "programme/ndl-ndl"} if question == "cq-102" else {}
    found = bundles["clahrc-ndl"].ask(question, parameters)
    graph = rdflib.Graph().parse(data=found.to_jsonld(), format="json-ld")
    (head,) = graph.objects(None, rdflib.URIRef(ROWS.format(question))) or (None,)
    rows = list(Collection(graph, head))
    assert len(rows) == len(found.rows)
    at = ROWS.format(question).removesuffix("rows")
    for node, row in zip(rows, found.rows, strict=True):
        for column in found.columns:
            value = row[column.name]
            if column.kind == "passages":
                assert {str(one) for one in graph.objects(node, PROV.wasDerivedFrom)} == set(value)
            elif value is not None:
                told = graph.value(node, rdflib.URIRef(at + column.name))
                assert isinstance(told, rdflib.URIRef) == (column.kind == "iri")
    quads = ox.parse(found.to_jsonld().encode(), ox.RdfFormat.JSON_LD)
    assert len({quad.triple for quad in quads}) == len(graph)


def test_an_answer_says_how_to_cite_it(dataset: EvidenceDataset) -> None:
    """Publisher, title, version and what was asked, in JSON too, with the query."""
    found = dataset.ask("20", {"thin": "2"})
    assert "The kmgraph authors" in found.cite
    assert "version 1.0" in found.cite
    assert "cq-020" in found.cite
    assert "thin=2" in found.cite
    told = json.loads(found.to_json())
    assert told["cite"] == found.cite
    assert told["query"] == found.query
