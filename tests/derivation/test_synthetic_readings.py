"""What is derived of a whole programme: nothing from nothing, and passages for everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmgraph import artefacts
from kmgraph.dataset import EvidenceDataset
from kmgraph.pipeline import build_in_memory
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.synthetic import generate

KM = "https://w3id.org/kmgraph/ontology#"
CHECKS = {path.stem: path for path in artefacts.files("queries", "checks/readings/*.rq")}
STUDIES = 150


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> EvidenceDataset:
    """Return a synthetic programme."""
    folder = tmp_path_factory.mktemp("programme") / "bundle"
    generate(folder, studies=STUDIES, seed=3)
    return build_in_memory(folder)


def found(dataset: EvidenceDataset, check: str) -> list[str]:
    """Return what a check finds."""
    solutions = dataset.query(CHECKS[check].read_text(encoding="utf-8"))
    return [row[0].value for row in solutions]  # type: ignore[union-attr, index]


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_nothing_is_found_in_a_programme(programme: EvidenceDataset, check: str) -> None:
    """No summary without a rating, no band on a part of facilitation, passages for all."""
    assert [] == found(programme, check)


def test_the_programme_has_what_the_checks_look_at(programme: EvidenceDataset) -> None:
    """There are summaries, determinate diagnoses, flips and positions to be wrong about."""
    counts = {
        name: len(list(programme.query(f"SELECT ?s {{ ?s a <{KM}{name}> }}")))
        for name in ("ConstructSummary", "ElementSummary", "Diagnosis", "Flip")
    }
    assert counts["ConstructSummary"] > 5 * STUDIES
    assert counts["ElementSummary"] > 2 * STUDIES
    assert counts["Diagnosis"] > STUDIES
    assert counts["Flip"] > STUDIES
    rows = programme.diagnoses()
    assert {"fits", "does not fit", "unknown"} == set(rows["fit"])
    assert 5 == rows["quadrant"].nunique()


#: Check to statements that it has to find, in Turtle.
FAULTS = {
    "summary-without-rating": "<urn:s> a km:ElementSummary ; km:about <urn:c> .",
    "rests-on-unrated": """
        <urn:s> a km:ConstructSummary ; km:about <urn:c> ; prov:wasDerivedFrom <urn:a> .
        <urn:a> km:ratingStatus km:NotReported ; km:about <urn:c> .""",
    "facilitation-band": """
        <urn:s> km:construct p:PARIHS.F.role ; km:band km:High .
        p:PARIHS.F.role skos:broader p:PARIHS.F . p:PARIHS.F a km:FacilitationConstruct .""",
    "rated-without-summary": """
        <urn:s> km:construct p:PARIHS.E.local ; km:ratingStatus km:Rated ; km:score 0.5 ;
            km:about <urn:c> . <urn:c> a km:ImplementationCase .
        p:PARIHS.E.local skos:broader p:PARIHS.E . p:PARIHS.E a km:Element .""",
    "without-passages": """
        <urn:s> a km:ElementSummary ; prov:wasDerivedFrom <urn:a> .
        <urn:a> km:ratingStatus km:Rated .""",
}


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_each_check_finds_its_fault(check: str) -> None:
    """A check that finds nothing in a programme would find something to find."""
    import pyoxigraph as ox

    turtle = f"""
        @prefix km: <{KM}> . @prefix prov: <http://www.w3.org/ns/prov#> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        @prefix p: <https://w3id.org/kmgraph/framework/parihs-2004/> .
        {FAULTS[check]}"""
    graph = ox.NamedNode("urn:g")
    quads = [
        ox.Quad(t.subject, t.predicate, t.object, graph)
        for t in ox.parse(turtle.encode(), ox.RdfFormat.TURTLE)
    ]
    store = MemoryStore()
    store.load_nquads(ox.serialize(quads, format=ox.RdfFormat.N_QUADS))
    assert ["urn:s"] == found(EvidenceDataset(store), check)


def test_the_same_programme_gives_the_same_readings(tmp_path: Path) -> None:
    """What is derived depends on the data alone."""
    generate(tmp_path / "one", studies=6, seed=9)
    first, second = (build_in_memory(tmp_path / "one") for _ in range(2))
    assert set(first.store.quads()) == set(second.store.quads())
