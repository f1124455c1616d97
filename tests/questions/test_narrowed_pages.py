"""A page that is narrowed to one record and by facets besides counts what has both, no more."""

from collections.abc import Mapping

import pyoxigraph as ox
import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.namespaces import expand
from kmgraph.questions import answer, load_catalogue

#: Question to bundle, what it is narrowed by, the property that leads there, and values of facets.
ASKED = {
    "cq-101": (
        "rated",
        "about",
        "km:about",
        [
            {"kind": "km:Barrier"},
            {"kind": "km:Enabler"},
            {"within": "PARIHS.C"},
            {"kind": "km:Enabler", "within": "PARIHS.C"},
        ],
    ),
    "cq-125": (
        "systems",
        "post",
        "km:promptedBy",
        [
            {"direction": "km:Inwards"},
            {"status": "km:ChangeMade"},
            {"direction": "km:Inwards", "status": "km:ChangeMade"},
        ],
    ),
}


@pytest.mark.parametrize("question_id", ASKED)
def test_a_narrowed_page_counts_what_has_rows(
    question_id: str, bundles: Mapping[str, EvidenceDataset]
) -> None:
    name, parameter, link, facets = ASKED[question_id]
    question, store = load_catalogue()[question_id], bundles[name].store
    assert question.listing is not None
    driver = question.listing.driver
    values = {
        quad.object.value
        for quad in store.quads(None, ox.NamedNode(expand(link)))
        if isinstance(quad.object, ox.NamedNode)
    }
    counts = set()
    for value in sorted(values):
        for given in facets:
            params = {parameter: value} | given
            have_rows = {row[driver] for row in answer(question, store, params).rows}
            page = answer(question, store, params, page=1, page_size=50)
            assert {row[driver] for row in page.rows} == have_rows, params
            assert page.total == len(have_rows), params
            counts.add(len(have_rows))
    assert {0, 1} <= counts
