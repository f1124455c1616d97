"""What a tie rests on, agencies that are organisations, and who took part in what."""

from __future__ import annotations

import json

import networkx as nx
import pytest

from kmgraph.bundles.files import example_path
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import RecordNotFoundError
from kmgraph.network import StakeholderNetwork, read_network
from kmgraph.network.rendering import loss_text, to_graphml, to_json
from kmgraph.pipeline.in_memory import build_in_memory
from tests.network.test_reading import BASE, KINDS_OF_RECORDS, stored, ties

#: A post that is inferred works with a study.
INFERRED = "post:p km:assertionKind km:Inferred ; km:alignedWith study:s ."
#: Notes on statements of the post, to how the tie is supported then.
NOTES = [
    ("", "inferred"),
    ("x:n km:noteSubject post:p ; km:noteProperty km:alignedWith ; km:assertionKind km:Stated .",
     "stated"),
    ("x:n km:noteSubject post:p ; km:noteProperty km:alignedWith ; km:noteObject study:s ; "
     "km:assertionKind km:DerivedByPosition .", "by_position"),
    # Of another statement, of another property, and of a value.
    ("x:n km:noteSubject post:p ; km:noteProperty km:alignedWith ; km:noteObject study:z ; "
     "km:assertionKind km:Stated .", "inferred"),
    ("x:n km:noteSubject post:p ; km:noteProperty km:postStatus ; km:assertionKind km:Stated .",
     "inferred"),
    ("x:n km:noteSubject post:p ; km:noteProperty km:alignedWith ; km:noteValue 'x' ; "
     "km:assertionKind km:Stated .", "inferred"),
    # What is noted of this statement goes before what is noted of all of them.
    ("x:n km:noteSubject post:p ; km:noteProperty km:alignedWith ; km:assertionKind km:Stated . "
     "x:o km:noteSubject post:p ; km:noteProperty km:alignedWith ; km:noteObject study:s ; "
     "km:assertionKind km:Computed .", "computed"),
]  # fmt: skip


@pytest.mark.parametrize(("note", "basis"), NOTES)
def test_a_tie_is_supported_as_its_statement_is(note: str, basis: str) -> None:
    """The kind of the record counts, unless a note says otherwise of that very statement."""
    (tie,) = read_network(stored(KINDS_OF_RECORDS + INFERRED + note)).ties
    assert basis == tie.basis
    assert (basis != "inferred") == any("/x/" in iri for iri in tie.records)


def test_a_tie_of_several_grounds_is_as_good_as_the_best() -> None:
    """A study whose lead is stated is tied to it, though its funding is inferred."""
    store = stored(
        KINDS_OF_RECORDS
        + "study:s km:leadOrganisation org1:o ; km:fundedBy org1:o ; km:assertionKind km:Stated . "
        "x:n km:noteSubject study:s ; km:noteProperty km:fundedBy ; km:assertionKind km:Inferred ."
    )
    (tie,) = read_network(store).ties
    assert {"funding": "inferred", "lead": "stated"} == {g.kind: g.basis for g in tie.grounds}
    assert "stated" == tie.basis


def test_a_tie_of_two_records_is_as_weak_as_the_weaker() -> None:
    """A stated case at a site whose organisation is inferred; of nothing nothing is said."""
    turtle = KINDS_OF_RECORDS + "x:k km:ofStudy study:s ; km:atSite x:t . x:t km:siteOf org1:o ."
    (tie,) = read_network(stored(turtle)).ties
    assert "" == tie.basis
    turtle += "x:k km:assertionKind km:Stated . x:t km:assertionKind km:Inferred ."
    (tie,) = read_network(stored(turtle)).ties
    assert "inferred" == tie.basis


def test_positions_and_files_say_what_is_inferred() -> None:
    """One of two ties of the study is inferred, in words, as JSON and as GraphML."""
    network = StakeholderNetwork.read(
        stored(
            KINDS_OF_RECORDS
            + INFERRED
            + "com:c km:communityOf study:s ; km:assertionKind km:Stated ."
        )
    )
    found = {p.node.iri.removeprefix(BASE): p.basis for p in network.positions()}
    assert "1 of 2 ties inferred" == found["study/s"]
    assert "1 of 1 ties inferred" == found["post/p"]
    assert "all ties stated" == found["community/c"]
    assert "no ties" == found["organisation/o"]
    as_json = json.loads(to_json(network))["ties"]
    assert ["stated", "inferred"] == [tie["basis"] for tie in as_json]
    assert ["stated", "inferred"] == [tie["grounds"][0]["basis"] for tie in as_json]
    graph = nx.parse_graphml(to_graphml(network))
    assert "inferred" == graph.edges[f"{BASE}post/p", f"{BASE}study/s"]["basis"]


AGENCY = KINDS_OF_RECORDS + (
    "com:c org:hasMember age:g ; foaf:member age:g . study:s km:leadOrganisation org1:o . "
)


def test_an_agency_is_the_organisation_that_it_is_recorded_as() -> None:
    """It stands in the network once, as the organisation, and is found by either name."""
    store = stored(AGENCY + "age:g km:recordedAs org1:o .")
    assert [
        "membership community/c organisation/o agency/g community/c",
        "lead organisation/o study/s study/s",
    ] == ties(store)
    network = StakeholderNetwork.read(store)
    assert not any(node.kind == "agency" for node in network.nodes)
    assert "organisation" == network.node("agency/g").kind
    assert 2 == len(network.ties_of("agency/g"))
    # Chosen without agencies, the organisation keeps the ties that it has as one.
    assert 2 == len(read_network(store, kinds=["community", "organisation", "study"]).ties)
    assert 1 == len(read_network(store, kinds=["agency", "community", "study"]).ties)


def test_an_agency_of_no_body_or_of_two_stands_by_itself() -> None:
    """Nothing says which of two it is."""
    for more in ("", "age:g km:recordedAs org1:o, org1:z . org1:z a org:Organization ."):
        found = read_network(stored(AGENCY + more))
        assert ["agency"] == [node.kind for node in found.nodes if node.kind == "agency"]


PARTS = [
    ("x:y a km:StepRecord ; km:about study:s .", "x/t x/y"),
    ("x:y a km:StepRecord ; km:about x:k . x:k km:ofStudy study:s .", "x/k x/t x/y"),
    ("x:y a km:ImprovementCycle ; km:about study:s .", "x/t x/y"),
    ("x:y a km:ImprovementCycle ; km:about x:k . x:k km:ofStudy study:s .", "x/k x/t x/y"),
    ("x:y a km:PromptedChange ; km:changedRecord study:s .", "x/t x/y"),
    ("x:y a km:PromptedChange ; km:changedRecord x:k . x:k km:ofStudy study:s .", "x/k x/t x/y"),
]


@pytest.mark.parametrize(("turtle", "records"), PARTS)
def test_who_took_part_in_work_is_tied_to_its_study(turtle: str, records: str) -> None:
    """Steps, cycles and changes lead to the study that they are about, as question 124 has it."""
    store = stored(KINDS_OF_RECORDS + "x:t km:participant post:p ; km:tookPartIn x:y . " + turtle)
    assert [f"participation post/p study/s {records}"] == ties(store)


def test_work_about_something_else_ties_nobody() -> None:
    """A step about a community leads to no study."""
    store = stored(
        KINDS_OF_RECORDS + "x:t km:participant post:p ; km:tookPartIn x:y . "
        "x:y a km:StepRecord ; km:about com:c ."
    )
    assert [] == ties(store)


def test_people_who_are_cut_off_are_counted_and_not_called_nothing() -> None:
    """Of a post with a holder and a study, the holder hangs on it, and nothing else does."""
    store = stored(
        KINDS_OF_RECORDS + "post:p org:heldBy person:a ; km:alignedWith study:s . "
        "com:c km:communityOf study:s ."
    )
    found = StakeholderNetwork.read(store).if_vacant("post/p")
    assert ((2, 1), (), 1) == (found.parts, found.losses, found.cut_off)
    assert loss_text(found).endswith(
        "1 record is cut off, but no study, community or organisation."
    )


def test_a_programme_that_is_not_there_is_an_error() -> None:
    """The message names one that is, and a study is no programme."""
    dataset = EvidenceDataset(stored(KINDS_OF_RECORDS))
    for name in ("programme/none", "study/s"):
        with pytest.raises(RecordNotFoundError, match=f"no programme '{name}'.*programme/g"):
            dataset.network(programme=name)


def test_each_study_of_the_shipped_example_has_a_committee_of_its_own() -> None:
    """The paper says so of each study, and a committee of one study ties no others."""
    shipped = build_in_memory(example_path("clahrc-ndl"))
    network = shipped.network()
    committees = [node for node in network.nodes if "steering-committee" in node.iri]
    assert 16 == len(committees)
    assert {1} == {len(network.ties_of(node.iri)) for node in committees}
    assert 16 == len({network.ties_of(node.iri)[0].second for node in committees})
    posts = [p for p in network.positions() if p.node.kind == "post" and p.ties]
    assert {(p.ties, 0) for p in posts} == {(p.inferred, p.stated) for p in posts}
