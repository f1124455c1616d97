"""Changing the record that an answer rests on changes the answer."""

from collections.abc import Callable
from typing import Any

from kmgraph.dataset import EvidenceDataset

Edit = Callable[..., EvidenceDataset]


def _by(rows: list[dict[str, Any]], name: str) -> dict[Any, dict[str, Any]]:
    """Return rows by one of their values."""
    return {row[name]: row for row in rows}


def test_020_lists_a_study_whose_post_falls_vacant(edited: Edit) -> None:
    """A study with two fellows comes onto the list when one of the posts is vacant."""
    rows = _by(edited("posts", "MH4-df-2", status="vacant").ask("20").rows, "study")
    row = rows["https://w3id.org/kmgraph/id/study/ndl-MH4"]
    assert ("vacant post", 1, 1) == (row["coverage"], row["filledPosts"], row["vacantPosts"])


def test_031_counts_posts_and_claims_anew(edited: Edit) -> None:
    """A vacancy changes the theme and the total; the claim and its discrepancy stay data."""
    rows = _by(edited("posts", "MH1-df-2", status="vacant").ask("31").rows, "themeLabel")
    assert (5, 1) == (rows["Mental Health"]["filledPosts"], rows["Mental Health"]["vacantPosts"])
    assert (19, 2) == (rows["All themes"]["filledPosts"], rows["All themes"]["vacantPosts"])
    rows = _by(edited("claims", "c-fellows-text", value="25").ask("31").rows, "themeLabel")
    assert 25 == rows["All themes"]["claimed"]
    rows = _by(
        edited("discrepancies", "d-fellows", kind="different_unit").ask("31").rows, "themeLabel"
    )
    assert "different unit" == rows["All themes"]["discrepancyKind"]


def test_031_keeps_its_total_where_no_document_states_one(edited: Edit) -> None:
    """A number that was computed is no claim of a document; the total stands without one."""
    rows = edited("claims", "c-fellows-text", assertion_kind="computed").ask("31").rows
    total = [row for row in rows if row["themeLabel"] == "All themes"]
    assert [(20, None, None)] == [
        (row["filledPosts"], row["claimed"], row["discrepancyKind"]) for row in total
    ]


def test_032_follows_frequency_and_what_is_reviewed(edited: Edit) -> None:
    """The committee's new frequency shows, and a study that no panel has shows as such."""
    rows = edited("panels", "scientific-committee", frequency="quarterly").ask("32").rows
    assert {"quarterly", "not reported"} == {row["frequency"] for row in rows}
    for panel in ("commissioners-panel", "service-user-panel", "scientific-committee"):
        edited("panels", panel, reviews="MH2;PC1")
    found = edited("panels", "MH1-steering-committee", panel_of="MH2")
    rows = found.ask("32", study="study/ndl-MH1").rows
    assert [("no panel recorded", None)] == [(row["relation"], row["panel"]) for row in rows]
    assert all(row["passages"] for row in rows)


def test_033_tells_yes_from_no_from_not_reported(edited: Edit) -> None:
    """A community said to be older than its study comes first, with the kind of its record."""
    rows = edited("communities", "MH2-cop", pre_existing="yes").ask("33").rows
    assert ("yes", "stated") == (rows[0]["preExisting"], rows[0]["basis"])
    assert ["yes"] + ["no"] * 8 + ["not reported"] * 7 == [row["preExisting"] for row in rows]


def test_037_follows_the_kind_of_a_disagreement(edited: Edit) -> None:
    """A disagreement judged otherwise is listed under its new kind."""
    found = edited("discrepancies", "d-fellows", kind="different_date")
    rows = found.ask("37", kind="km:DifferentDate").rows
    assert [20, 24] == [row["value"] for row in rows]


def test_038_finds_documents_that_have_expired(edited: Edit) -> None:
    """A document with an end of validity expires after it, and not before."""
    found = edited("documents", "s1", valid_until="2015")
    expired = [row for row in found.ask("38").rows if row["reason"] == "expired document"]
    assert (16, 16) == next(
        (row["records"], row["ofAll"]) for row in expired if row["recordKindLabel"] == "study"
    )
    for day in ("2015-12-31", "2015", "2012-05"):
        reasons = {row["reason"] for row in found.ask("38", asOf=day).rows}
        assert "expired document" not in reasons
    assert "expired document" in {row["reason"] for row in found.ask("38", asOf="2016-01").rows}


def test_038_finds_records_without_a_document(edited: Edit) -> None:
    """A record whose passages are taken away is listed, by name where its kind is chosen."""
    rows = edited("studies", "SR1", passages="").ask("38", kind="km:Study").rows
    bare = [row for row in rows if row["reason"] == "no document"]
    assert ["Return to work after Stroke"] == [row["recordLabel"] for row in bare]


def test_101_follows_the_coding(edited: Edit) -> None:
    """A barrier coded to another construct is listed there."""
    rows = edited("determinants", "b-trusts", constructs="PARIHS.C.evaluation").ask("101").rows
    found = [row for row in rows if row["determinant"].endswith("/ndl-b-trusts")]
    assert ["Evaluation"] == [row["constructLabel"] for row in found]


def test_102_follows_the_number(edited: Edit) -> None:
    """A number that is changed in its record is changed in the answer."""
    found = edited("claims", "c-population", value="2500000")
    rows = _by(found.ask("102", record="programme/ndl-ndl").rows, "quantity")
    assert 2_500_000 == rows["population"]["value"]


def test_passages_follow_their_lines(edited: Edit) -> None:
    """The place that an answer cites is the place that the passage's record gives."""
    found = edited("passages", "p-l515-517", line_to="518").ask("31")
    total = next(row for row in found.rows if row["themeLabel"] == "All themes")
    assert "Situated learning, lines 515-518" == total["claimedIn"]
    assert [518] == [p.line_to for p in found.passages if p.iri.endswith("/ndl-p-l515-517")]
