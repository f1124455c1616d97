"""Questions about one rated case: what each trap of the fixture answers, and that answers follow.

Every answer rests on rows of the rated bundle; changing such a row changes the answer.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from kmgraph.dataset import EvidenceDataset

Edit = Callable[..., EvidenceDataset]
Rows = list[dict[str, Any]]


def _by(rows: Rows, name: str = "constructLabel") -> dict[Any, dict[str, Any]]:
    """Return rows by one of their values."""
    return {row[name]: row for row in rows}


def _ask(dataset: EvidenceDataset, number: str, case: str, **chosen: str) -> Rows:
    """Return the rows of a question about one case."""
    return dataset.ask(number, case=f"case/fx-{case}", **chosen).rows


def _number(text: str) -> Decimal:
    return Decimal(text)


def test_001_follows_a_rating_of_the_worked_summary(edited_rated: Edit) -> None:
    """Patient experience at 1 instead of 0 makes evidence 2.75 / 3, which is high."""
    found = edited_rated("assessments", "a-worked-e-patient-manager", score="1")
    whole = _by(_ask(found, "1", "worked"))["Evidence"]
    assert (_number("0.916667"), "high") == (whole["score"], whole["band"])
    assert (_number("0.6875"), _number("0.9375")) == (whole["lowerBound"], whole["upperBound"])


def test_001_counts_what_comes_to_be_reported(edited_rated: Edit) -> None:
    """Local data reported at 0 is low, which not reported was not: 1.75 / 4."""
    found = edited_rated(
        "assessments", "a-worked-e-local-researcher", rating_status="rated", score="0"
    )
    rows = _by(_ask(found, "1", "worked"))
    assert _number("0.4375") == rows["Evidence"]["score"]
    assert ("rated", "low") == tuple(
        rows["Local data/information"][name] for name in ("status", "band")
    )


def test_001_keeps_judged_bands_beside_the_score(rated: EvidenceDataset) -> None:
    """A band judged high stands beside the score of 0.25 and does not raise it."""
    local = _by(_ask(rated, "1", "consensus"))["Local data/information"]
    assert (_number("0.25"), "low") == (local["score"], local["band"])
    assert "high, by Patient panel (patient representative)" == local["judged"]


def test_001_says_what_only_was_judged_or_never_rated(rated: EvidenceDataset) -> None:
    """Bands alone give no score, and reasons alone no summary; nothing of it is low."""
    judged = _by(_ask(rated, "1", "judged"))["Evidence"]
    assert ("judged without a score", None, None) == (
        judged["status"],
        judged["score"],
        judged["band"],
    )
    silent = _by(_ask(rated, "1", "silent"))
    assert [
        "no part of it is rated",
        "not measured",
        "unclear",
        "not applicable",
        "not reported",
    ] == [row["status"] for row in silent.values()]
    assert {None} == {row["score"] for row in silent.values()}


def test_001_uses_a_direct_rating_only_where_no_part_is_rated(
    rated: EvidenceDataset, edited_rated: Edit
) -> None:
    """Research at 0.2 goes before evidence at 0.9; once it is not reported, 0.9 counts."""
    whole = _by(_ask(rated, "1", "direct"))["Evidence"]
    assert (_number("0.2"), "summed up from its parts") == (whole["score"], whole["status"])
    assert "0.9, by Manager (manager), 2010-03 (not used)" == whole["ratings"]
    found = edited_rated(
        "assessments", "a-direct-e-research-researcher", rating_status="not_reported", score=""
    )
    whole = _by(_ask(found, "1", "direct"))["Evidence"]
    assert (_number("0.9"), "rated directly") == (whole["score"], whole["status"])
    assert "0.9, by Manager (manager), 2010-03" == whole["ratings"]


def test_001_takes_the_band_after_rounding(rated: EvidenceDataset) -> None:
    """0.6000003 is 0.6 and mixed, 0.600001 is high."""
    edge, hair = (_by(_ask(rated, "1", case))["Evidence"] for case in ("edge", "hair"))
    assert [(_number("0.6"), "mixed"), (_number("0.600001"), "high")] == [
        (row["score"], row["band"]) for row in (edge, hair)
    ]


def test_001_reads_each_version_by_itself(rated: EvidenceDataset) -> None:
    """The same case is high by one version and low by another."""
    for scheme, score in (("parihs2004:", "0.8"), ("parihs1998:", "0.2")):
        whole = _by(_ask(rated, "1", "versions", scheme=scheme))["Evidence"]
        assert _number(score) == whole["score"]


def test_002_follows_a_rating_and_a_role(edited_rated: Edit) -> None:
    """The nurse agrees with the manager, or is no longer staff."""
    changed = ("assessments", "a-disagree-e-research-nurse")
    row = _by(_ask(edited_rated(*changed, score="0.8"), "2", "disagree"))["Research"]
    assert (0, "no difference") == (row["difference"], row["comparison"])
    row = _by(_ask(edited_rated(*changed, rater_role="manager"), "2", "disagree"))["Research"]
    assert (2, 0, None) == (row["firstRaters"], row["secondRaters"], row["difference"])


def test_002_compares_no_ratings_of_different_times(edited_rated: Edit) -> None:
    """A rating of another month stands in a row of its own."""
    found = edited_rated("assessments", "a-disagree-e-research-nurse", date="2010-11")
    rows = [row for row in _ask(found, "2", "disagree") if row["constructLabel"] == "Research"]
    assert {"2010-10", "2010-11"} == {row["time"] for row in rows}
    assert {None} == {row["difference"] for row in rows}


def test_002_asks_about_other_roles(rated: EvidenceDataset) -> None:
    """Patients are a role like any other."""
    row = _by(_ask(rated, "2", "disagree", second="patient"))["Patient experience"]
    assert _number("0.5") == row["difference"]


def test_003_drops_a_source_once_it_is_rated(edited_rated: Edit) -> None:
    """A judged band is a rating: the source is no longer missing, and coverage is whole."""
    found = edited_rated(
        "assessments", "a-worked-e-local-researcher", rating_status="rated", band="high"
    )
    assert [] == _ask(found, "3", "worked")


def test_003_follows_the_reason(edited_rated: Edit) -> None:
    """Not measured is another reason than not reported."""
    found = edited_rated("assessments", "a-worked-e-local-researcher", rating_status="not_measured")
    assert ["not measured"] == [row["reason"] for row in _ask(found, "3", "worked")]


def test_004_uses_the_latest_rating_of_a_rater(edited_rated: Edit) -> None:
    """With the manager's later ratings dated before the earlier ones, the earlier count."""
    culture = ("assessments", "a-change-c-culture-manager-2")
    rows = _by(_ask(edited_rated(*culture, date="2008"), "4", "change"))
    # (0.2 + 0.4) / 2 = 0.3; (0.3 + 0.9 + 0.5) / 3 = 0.566667
    assert _number("0.3") == rows["Culture"]["score"]
    assert (_number("0.566667"), "mixed") == (rows["Context"]["score"], rows["Context"]["band"])


def test_004_keeps_what_was_rated_before_it_was_not_measured(rated: EvidenceDataset) -> None:
    """A later 'not measured' takes nothing back, and an undated rating is compared with none."""
    rows = _by(_ask(rated, "4", "change"))
    assert (_number("0.5"), "rated") == (rows["Evaluation"]["score"], rows["Evaluation"]["status"])
    assert (_number("0.6"), None) == (rows["Culture"]["score"], rows["Culture"]["raterSpread"])


def test_004_counts_no_finer_ratings_beside_their_sum(
    rated: EvidenceDataset, edited_rated: Edit
) -> None:
    """The unit's score stands for its persons'; without the link they are ratings of their own."""
    leadership = _by(_ask(rated, "4", "north"))["Leadership"]
    assert (_number("0.7"), 2) == (leadership["score"], leadership["raters"])
    found = edited_rated("assessments", "a-north-orca-c-3", aggregates="")
    # A rating by nobody named is a rater of its own: (0.8 + 0.6 + 1 + 0.2) / 4.
    assert _number("0.65") == _by(_ask(found, "4", "north"))["Leadership"]["score"]


def test_004_uses_no_scale_whose_mapping_is_only_proposed(rated: EvidenceDataset) -> None:
    """Receptive context of the north has no record, though a scale may measure it."""
    assert "no record" == _by(_ask(rated, "4", "north"))["Receptive context"]["status"]


QUADRANTS = {
    "hair": "high evidence, low context",
    "consensus": "low evidence, high context",
    "build": "high evidence, low context",
    "change": "high evidence, high context",
    "direct": "low evidence, low context",
    "disagree": "indeterminate",
    "judged": "indeterminate",
    "misfit": "high evidence, high context",
    "north": "high evidence, high context",
    "edge": "indeterminate",
    "silent": "no reading",
    "south": "high evidence, low context",
    "versions": "high evidence, high context",
    "worked": "indeterminate",
}


def test_005_reads_every_case(rated: EvidenceDataset) -> None:
    """Each case has the quadrant worked out for it in the README of the fixture."""
    rows = rated.ask("5", scheme="parihs2004:").rows
    assert QUADRANTS == {row["case"].rpartition("fx-")[2]: row["quadrant"] for row in rows}


def test_005_names_what_is_still_possible(rated: EvidenceDataset) -> None:
    """High context and mixed evidence leave two quadrants, judged bands alone leave four."""
    worked, judged = (_ask(rated, "5", case)[0] for case in ("worked", "judged"))
    assert "high evidence, high context; low evidence, high context" == worked["possible"]
    assert 4 == len(judged["possible"].split("; "))
    assert ("no score", "no score", None) == (
        judged["evidenceBand"],
        judged["contextBand"],
        judged["weakest"],
    )


def test_005_follows_a_rating_and_its_rater(edited_rated: Edit) -> None:
    """Another score gives another quadrant; another rater is named instead."""
    found = edited_rated(
        "assessments",
        "a-worked-e-patient-manager",
        score="1",
        rater="therapist",
        rater_role="staff",
    )
    row = _ask(found, "5", "worked")[0]
    assert ("high evidence, high context", None) == (row["quadrant"], row["possible"])
    assert "Therapist (staff): 2" in row["raters"].split("; ")


def test_005_counts_ratings_made_with_the_outcome_known(rated: EvidenceDataset) -> None:
    """One rating of the case was made when the outcome was known."""
    assert [1] == [row["outcomeKnown"] for row in _ask(rated, "5", "disagree")]


@pytest.mark.parametrize(
    ("case", "fit"),
    [
        ("build", "fits"),
        ("north", "fits"),
        ("south", "does not fit"),
        ("direct", "does not fit"),
        ("change", "does not fit"),
        ("consensus", "unknown: no place is named for the suggested facilitation"),
        ("hair", "unknown: no position is rated"),
        ("worked", "unknown: the quadrant is indeterminate"),
    ],
)
def test_006_says_why_the_fit_is_unknown(case: str, fit: str, rated: EvidenceDataset) -> None:
    """Facilitation fits, does not fit, or it is said what is not known."""
    assert [fit] == [row["fit"] for row in _ask(rated, "6", case)]


def test_006_follows_a_position_and_a_word(edited_rated: Edit) -> None:
    """A position at the middle leaves the fit open; the rated word is a result of its own."""
    found = edited_rated("assessments", "a-north-f-purpose-fac-outside", approach_position="0.5")
    row = _ask(found, "6", "north")[0]
    assert ("unknown: the position is in the middle", "not rated") == (row["fit"], row["rated"])
    found = edited_rated("assessments", "a-build-f-doctor", appropriateness="inappropriate")
    row = _ask(found, "6", "build")[0]
    assert ("fits", "inappropriate", "disagree") == (row["fit"], row["rated"], row["agreement"])


def test_008_follows_score_words_and_quote(edited_rated: Edit) -> None:
    """What is no longer low is gone; other words are quoted where they are recorded."""
    quote = {"quote": "Nobody spoke at the meeting.", "quote_basis": "published"}
    rows = _ask(edited_rated("passages", "p-st6-70", **quote), "8", "judged")
    assert "Nobody spoke at the meeting." == _by(rows)["Leadership"]["quotes"]
    found = edited_rated("assessments", "a-judged-c-culture-doctor", band="mixed")
    assert ["Leadership"] == [row["constructLabel"] for row in _ask(found, "8", "judged")]


def test_014_follows_time_and_value(edited_rated: Edit) -> None:
    """A rating of another month can no longer be compared, and another value differs less."""
    found = edited_rated(
        "assessments", "a-disagree-c-leadership-nurse", date="2010-11", score="0.7"
    )
    rows = [row for row in _ask(found, "14", "disagree") if row["constructLabel"] == "Leadership"]
    assert {
        ("0.1", "both high", "different time"),
        ("0.05", "both high", "different instrument"),
    } == {(str(row["difference"]), row["bands"], row["match"]) for row in rows}


def test_014_compares_what_has_no_number(rated: EvidenceDataset) -> None:
    """Bands and words are set against each other where no difference can be taken."""
    words = {row["bands"] for row in _ask(rated, "14", "misfit")}
    assert {
        "appropriate against partly appropriate",
        "inappropriate against partly appropriate",
    } == words
    local = _by(_ask(rated, "14", "consensus"))["Local data/information"]
    assert (None, {"high", "low"}) == (local["difference"], set(local["bands"].split(" against ")))


def test_014_says_that_an_undated_rating_cannot_be_compared_with_a_dated_one(
    rated: EvidenceDataset,
) -> None:
    """The manager's two ratings are no pair, and each is set beside the undated one."""
    assert [("time of one not reported, no levels given", "Culture")] * 2 == [
        (row["match"], row["constructLabel"]) for row in _ask(rated, "14", "change")
    ]


def test_039_tells_apart_nil_not_measured_and_not_reported(edited_rated: Edit) -> None:
    """An outcome that turns out improved is gone; one that was never measured says so."""
    found = edited_rated("outcomes", "o-03", direction="improved")
    assert {"Cost": "not measured", "Patient satisfaction": "not reported"} == {
        row["recordLabel"]: row["state"] for row in _ask(found, "39", "consensus")
    }
    found = edited_rated("outcomes", "o-04", measurement="measured")
    rows = _by(_ask(found, "39", "consensus"), "recordLabel")
    assert "measured: direction not reported" == rows["Cost"]["state"]


def test_103_follows_a_rating(edited_rated: Edit) -> None:
    """With patient experience at 1 no rating of the worked example matters any more."""
    found = edited_rated("assessments", "a-worked-e-patient-manager", score="1")
    rows = _ask(found, "103", "worked")
    # Evidence 2.75 / 3, context 0.75: only the one rater of context and the one document matter.
    assert [("rater left out", "Outside researcher"), ("document left out", "Report of ST1")] == [
        (row["change"], row["changedLabel"]) for row in rows
    ]


def test_103_says_first_what_to_find_out(rated: EvidenceDataset) -> None:
    """What is missing comes first: local data may lift the worked example to high."""
    rows = _ask(rated, "103", "worked")
    assert ["missing set to high", "rating left out", "rater left out", "edge of high moved"] == [
        row["change"] for row in rows
    ]
    assert ("Local data/information", "high evidence, high context") == (
        rows[0]["changedLabel"],
        rows[0]["quadrantThen"],
    )


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("misfit", "nothing: robust to any single change"),
        ("judged", "nothing: no single change makes the quadrant determinate"),
    ],
)
def test_103_says_that_nothing_flips_it(case: str, words: str, rated: EvidenceDataset) -> None:
    """A reading that no single change overturns has one row that says so."""
    assert [("none", words)] == [(row["change"], row["next"]) for row in _ask(rated, "103", case)]


def test_103_finds_a_document_that_carries_a_reading(edited_rated: Edit) -> None:
    """Once all of context rests on one document, leaving that out overturns the reading."""
    for name in ("c-leadership-nurse", "c-evaluation-manager"):
        found = edited_rated("assessments", f"a-misfit-{name}", passages="p-st2-40")
    rows = _ask(found, "103", "misfit")
    assert [("document left out", "Report of ST2", "none")] == [
        (row["change"], row["changedLabel"], row["contextThen"]) for row in rows
    ]


def test_an_assessment_of_the_programme_is_about_no_case(rated: EvidenceDataset) -> None:
    """The programme's culture of 0 is in no answer about cases."""
    for number in ("4", "8", "14"):
        assert not [row for row in rated.ask(number).rows if "fx-prog" in row["case"]]
