"""Changing a record of the review, its agencies or its approaches changes the answer.

The changes below are of different records, so one build of all of them serves every test.
"""

import shutil
from collections.abc import Mapping
from typing import Any

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.pipeline.in_memory import build_in_memory
from tests.questions.conftest import SETS, _change

Rows = list[dict[str, Any]]
#: Sheet, row and the cells that are put into it.
CHANGES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("agencies", "agency-imh", {"archetypes": "", "sectors": ""}),
    ("statement_notes", "n-agency-nice-archetype-arch-e", {"value": "KM.arch.C"}),
    ("discrepancies", "d-websites", {"kind": "different_date"}),
    ("plans", "plan-contact", {"fulfilment": "not_done"}),
    ("plans", "plan-survey", {"fulfilment": "differently", "done_claims": ""}),
    ("plans", "plan-duration", {"fulfilment": "as_planned", "done": "It took 18 months."}),
    ("theories", "t-packaging", {"rationale_of": "a-guidelines;a-standards"}),
    ("theories", "t-ownership", {"constructs": "PARIHS.F.role"}),
    ("evidence", "e-fellows", {"kind": "none_found"}),
    ("evidence", "e-new-ways", {"evidence_for": "t-new-ways"}),
    ("evidence", "e-mood", {"certainty": "very_low", "direction": "uncertain"}),
    ("challenges", "ch-reorganisation", {"sectors": "health_care;social_care"}),
    ("challenges", "ch-many-sites", {"topics": "Turnover of Staff"}),
    (
        "challenges",
        "ch-rigour",
        {"topics": "Capacity to use research", "sectors": "health_care"},
    ),
)


@pytest.fixture(scope="module")
def review(bundles: Mapping[str, EvidenceDataset]) -> EvidenceDataset:
    """Return the review's bundle beside that of the programme, as they are."""
    return bundles["km-review"]


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> EvidenceDataset:
    """Return the same with the changes above."""
    *others, bundle = SETS["km-review"]
    folder = tmp_path_factory.mktemp("changed") / "km-review"
    shutil.copytree(bundle, folder)
    for sheet, record, cells in CHANGES:
        _change(folder / f"{sheet}.csv", record, cells)
    return build_in_memory([*others, folder])


def _by(rows: Rows, name: str, value: str) -> Rows:
    """Return the rows in which a value ends as given."""
    return [row for row in rows if (row[name] or "").endswith(value)]


def _agencies(rows: Rows) -> set[str]:
    return {row["agencyLabel"] for row in rows}


def test_034_narrows_by_sector_country_and_archetype(review: EvidenceDataset) -> None:
    """A country is found by its name in any case, and a branch holds all of its archetypes."""
    assert {"CLAHRC-NDL"} == _agencies(review.ask("34", sector="km:SocialCareSector").rows)
    assert [] == review.ask("34", sector="km:EducationSector").rows
    english = _agencies(review.ask("34", country="england").rows)
    assert {
        "CLAHRC initiative",
        "CLAHRC-NDL",
        "Institute of Mental Health",
        "National Institute for Health Research",
    } == english
    rows = review.ask("34", archetype="KM.arch.G", country="England").rows
    assert {"CLAHRC-NDL", "Institute of Mental Health"} == _agencies(rows)
    branch = review.ask("34", archetype="KM.arch").rows
    assert 10 == len(branch)
    assert {"not checked: from general knowledge"} == {row["checked"] for row in branch}


def test_034_follows_archetypes_sectors_and_notes(changed: EvidenceDataset) -> None:
    """An agency without an archetype comes last; without a note its record's kind holds."""
    rows = changed.ask("34").rows
    imh = _by(rows, "agency", "kmr-agency-imh")
    assert [("not reported", None, None, "not reported")] == [
        (row["followsLabel"], row["checked"], row["basis"], row["sectors"]) for row in imh
    ]
    assert imh[0] in rows[-3:]
    assert imh[0]["passages"]
    assert ["stated"] == [row["basis"] for row in _by(rows, "agency", "kmr-agency-nice")]


def test_036_follows_what_became_of_a_plan(changed: EvidenceDataset) -> None:
    """What was left out, or done otherwise, shows as such; so does the kind of a disagreement."""
    rows = changed.ask("36", planOf="review/ndl-km-review").rows
    (survey,) = _by(rows, "item", "plan-survey")
    assert ("done differently", "no claim recorded", "none recorded") == (
        survey["became"],
        survey["doneClaims"],
        survey["differing"],
    )
    (contact,) = _by(rows, "item", "plan-contact")
    assert ("not done", "not done", "no claim recorded") == (
        contact["became"],
        contact["done"],
        contact["doneClaims"],
    )
    (desk,) = _by(rows, "item", "plan-desk")
    assert desk["differing"].startswith("Number of websites studied (different date): ")
    assert [contact] == changed.ask("36", fulfilment="km:NotDone").rows


def test_036_keeps_the_differing_counts_apart(review: EvidenceDataset) -> None:
    """Both numbers of websites stand in the answer, each with the document that gives it."""
    (desk,) = _by(review.ask("36").rows, "item", "plan-desk")
    claims = desk["doneClaims"].split("; ")
    assert ["final report", "Using research"] == [
        part
        for claim in claims
        for part in ("final report", "Using research")
        if "ebsites" in claim and part in claim
    ]
    assert "(contradictory)" in desk["differing"]


def test_132_follows_holders_and_coding(changed: EvidenceDataset) -> None:
    """A theory that is held for one more approach is shared, one coded elsewhere no longer."""
    rows = changed.ask("132").rows
    (packaging,) = _by(rows, "shared", "t-packaging")
    assert ("the same theory", 2, 0, "not reported") == (
        packaging["basis"],
        packaging["approachCount"],
        packaging["agencyCount"],
        packaging["expected"],
    )
    assert {"PARIHS.F.role", "PARIHS.C.receptive"} == {
        row["shared"].rpartition("/")[2] for row in rows if row["basis"] != "the same theory"
    }
    (role,) = _by(rows, "shared", "PARIHS.F.role")
    assert "inferred; stated" == role["support"]
    chosen = changed.ask("132", about="approach/kmr-a-standards").rows
    assert [packaging["shared"]] == [row["shared"] for row in chosen]


def test_133_tells_four_ways_of_having_no_finding_apart(changed: EvidenceDataset) -> None:
    """None found, not reported, nothing recorded, and evidence that gives no direction differ."""
    rows = changed.ask("133").rows
    read = {
        name: [(row["evidenceKind"], row["direction"], row["certainty"]) for row in chosen]
        for name in ("a-seconded-brokers", "a-new-ways", "a-communities", "t-new-ways")
        if (chosen := _by(rows, "subject", name))
    }
    assert [("looked for and not found", "no finding", "no finding")] == read["a-seconded-brokers"]
    assert [("nothing recorded", "no finding", "no finding")] == read["a-new-ways"]
    assert [("professional view", "not reported", "not reported")] == read["t-new-ways"]
    assert [
        ("not reported", "no finding", "no finding"),
        ("testimonial", "not reported", "not reported"),
        ("testimonial", "uncertain", "very low certainty"),
    ] == read["a-communities"]
    assert all(row["passages"] for row in rows)
    none = changed.ask("133", kind="km:NoEvidenceFound").rows
    assert ["Seconded knowledge brokers"] == [row["subjectLabel"] for row in none]


def test_134_follows_sectors_and_topics(changed: EvidenceDataset) -> None:
    """A topic that is told of a second sector recurs; topics meet by name in any case."""
    rows = {row["topic"]: row for row in changed.ask("134", least="1").rows}
    assert ("across sectors", 2) == (
        rows["reorganisation"]["recurs"],
        rows["reorganisation"]["sectorCount"],
    )
    assert 3 == rows["turnover of staff"]["challengeCount"]
    assert "does not recur" == rows["turnover of staff"]["recurs"]
    assert "scale" not in rows


def test_134_narrows_by_sector_and_kind(review: EvidenceDataset) -> None:
    """A topic stays whole where one of its challenges is of the sector and kind chosen."""
    rows = review.ask("134", sector="km:EducationSector").rows
    assert ["silos"] == [row["topic"] for row in rows]
    (uptake,) = review.ask("134", kind="km:Pitfall").rows
    assert ("uptake", 2) == (uptake["topic"], uptake["challengeCount"])


def test_134_what_one_challenge_tells_does_not_recur(
    review: EvidenceDataset, changed: EvidenceDataset
) -> None:
    """One challenge recurs with no sectors and holders however many; a second one makes it."""
    for found, expected in ((review, "does not recur"), (changed, "across sectors")):
        rows = {row["topic"]: row for row in found.ask("134", least="1").rows}
        assert expected == rows["capacity to use research"]["recurs"]
        listed = {row["topic"] for row in found.ask("134").rows}
        assert ("capacity to use research" in listed) == (expected == "across sectors")


def test_135_leaves_out_what_is_known(changed: EvidenceDataset) -> None:
    """What was done and what was left out are both known, and are counted apart."""
    rows = changed.ask("135", planOf="review/ndl-km-review").rows
    assert {(5, 17, 1)} == {(row["unreported"], row["ofAll"], row["notDone"]) for row in rows}
    assert not {"plan-duration", "plan-contact"} & {
        row["item"].rpartition("kmr-")[2] for row in rows
    }
    assert 5 == len(rows)
