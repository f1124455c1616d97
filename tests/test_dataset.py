"""The dataset that people hold in Python."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import kmgraph
from kmgraph import EvidenceDataset, GenerationStore
from kmgraph.errors import (
    GenerationNotFoundError,
    InputError,
    QuestionNotFoundError,
    RecordNotFoundError,
    StoreUnavailableError,
)
from kmgraph.namespaces import KM, expand
from kmgraph.records import Dataset


@pytest.fixture(scope="module")
def evidence(example: EvidenceDataset) -> EvidenceDataset:
    """Return the CLAHRC-NDL example in memory."""
    return example


def test_studies_are_iterated_in_order(evidence: EvidenceDataset) -> None:
    """Sixteen studies, each an entity with a label, by the order of their ids."""
    ids = [study.value("dcterms:identifier") for study in evidence.studies()]
    assert 16 == len(ids)
    assert sorted(map(str, ids)) == ids
    with pytest.raises(InputError, match="no sheet 'nonsense'"):
        list(evidence.records("nonsense"))


def test_an_entity_is_found_by_any_of_its_names(evidence: EvidenceDataset) -> None:
    """An IRI, what follows the base, and a prefixed name lead to an entity."""
    short = evidence.entity("study/ndl-SR1")
    assert short == evidence.entity(f"{evidence.base}study/ndl-SR1")
    assert "Return to work after stroke" == short.label.replace("Stroke", "stroke")
    assert "culture" == evidence.entity("parihs2004:PARIHS.C.culture").label.lower()
    assert [expand("km:Study")] == short.types
    assert not evidence.entity("study/none")
    with pytest.raises(RecordNotFoundError, match="study/none"):
        _ = evidence.entity("study/none").statements


def test_links_are_followed_both_ways(evidence: EvidenceDataset) -> None:
    """From a study to its theme, and from the theme back to its four studies."""
    (theme,) = evidence.entity("study/ndl-SR1").linked("km:theme")
    assert "Stroke Rehabilitation" == theme.label
    assert 4 == len(theme.linking("km:theme"))
    (post,) = evidence.entity("study/ndl-SR1").linking("km:alignedWith")
    assert Decimal("0.2") == post.value("km:fullTimeEquivalent")
    assert f"{KM}Filled" == post.value("km:postStatus")


def test_counts_and_cards(evidence: EvidenceDataset) -> None:
    """The dataset says what it holds and under which licence."""
    counts = evidence.counts()
    assert (16, 21, 16) == (
        counts[expand("km:Study")],
        counts[expand("km:DiffusionFellowPost")],
        counts[expand("km:CommunityOfPractice")],
    )
    (card,) = evidence.datasets()
    assert ("clahrc-ndl", False) == (card.identifier, card.synthetic)
    assert card.licence.startswith("https://creativecommons.org/")
    label, definition = evidence.labels()[expand("km:Study")]
    assert label and definition


def test_data_frames(evidence: EvidenceDataset) -> None:
    """A sheet and a SELECT query give DataFrames; other queries do not."""
    studies = evidence.to_dataframe("studies")
    assert (16, "iri") == (len(studies), studies.columns[0])
    assert {"MH1", "CYP4"} <= set(studies["id"])
    posts = evidence.to_dataframe("posts").groupby("status").size()
    assert {20, 1} == set(posts)
    query = "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/kmgraph/ontology#Study> }"
    assert [16] == list(evidence.to_dataframe(query)["n"])
    with pytest.raises(InputError, match="SELECT"):
        evidence.to_dataframe("ASK { ?s ?p ?o }")


def test_questions_are_asked_by_number(evidence: EvidenceDataset) -> None:
    """A saved question answers by its id or number; an unknown one is named."""
    assert evidence.ask("31").rows == evidence.ask("cq-031").rows
    assert "cq-031" in evidence.questions
    with pytest.raises(QuestionNotFoundError):
        evidence.ask("nonsense")


def test_a_document_of_an_entity_names_what_it_points_to(evidence: EvidenceDataset) -> None:
    """The triples about an entity hold the labels of its neighbours."""
    triples = list(evidence.entity("study/ndl-SR1").triples())
    theme = evidence.entity("theme/ndl-stroke-rehabilitation").iri
    labels = [t for t in triples if getattr(t.subject, "value", "") == theme]
    assert any(t.predicate.value == expand("skos:prefLabel") for t in labels)


def test_an_open_store_keeps_its_generation(
    tmp_path: Path, example_copy: Callable[[Path], GenerationStore]
) -> None:
    """A reader sees what it opened until it opens again; kept generations can be opened."""
    with pytest.raises(StoreUnavailableError):
        kmgraph.open_store(GenerationStore.create(tmp_path / "empty").path)
    store = example_copy(tmp_path / "store")
    with kmgraph.open_store(store.path) as reader:
        assert 1 == reader.generation
        empty = kmgraph.DatasetBuilder(
            Dataset(
                id="clahrc-ndl",
                title="Emptied",
                publisher="Us",
                version="2",
                licence="https://creativecommons.org/licenses/by/4.0/",
            )
        )
        kmgraph.build([empty.bundle()], store)
        assert 16 == len(list(reader.studies()))
    with kmgraph.open_store(store.path) as reader:
        assert (2, []) == (reader.generation, list(reader.studies()))
    with kmgraph.open_store(store.path, generation=1) as reader:
        assert 16 == len(list(reader.studies()))
    with pytest.raises(GenerationNotFoundError):
        kmgraph.open_store(store.path, generation=9)
