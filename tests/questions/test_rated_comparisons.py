"""Comparisons of rated cases: changing the record that an answer rests on changes the answer."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import ParameterError
from kmgraph.namespaces import DEFAULT_BASE

Edit = Callable[..., EvidenceDataset]
Rows = list[dict[str, Any]]


def _case(rows: Rows, case: str) -> Rows:
    """Return the rows about one case of the bundle."""
    return [row for row in rows if row["case"] == f"{DEFAULT_BASE}case/fx-{case}"]


def _of(rows: Rows, **values: Any) -> dict[str, Any]:
    """Return the one row that has these values."""
    found = [row for row in rows if all(row[name] == values[name] for name in values)]
    assert len(found) == 1, f"{len(found)} rows have {values}"
    return found[0]


@pytest.mark.parametrize(
    ("case", "record", "score"),
    [
        ("build", "a-build-c-leadership-manager", "1"),
        ("south", "a-south-c-leadership-researcher", "1"),
        ("change", "a-change-c-leadership-manager-2", "0"),
        ("hair", "a-hair-c-leadership-nurse", "0.777777"),
    ],
)
def test_007_foretells_what_the_record_would_give(
    case: str, record: str, score: str, rated: EvidenceDataset, edited_rated: Edit
) -> None:
    """What is worked out for a move is what is derived when the record is changed so."""
    foretold = _case(rated.ask("7", score=score).rows, case)[0]
    found = _case(edited_rated("assessments", record, score=score).ask("7").rows, case)[0]
    for name in ("element", "band", "quadrant", "rule", "suggested", "score", "basis"):
        assert foretold[f"{name}Then"] == found[f"{name}Now"]


def test_007_rounds_nothing_before_the_end(edited_rated: Edit) -> None:
    """A third is not 0.333333 on the way: what does not move changes nothing."""
    asked = {"construct": "PARIHS.E.clinical", "case": "case/fx-worked"}
    edited_rated("assessments", "a-worked-e-research-manager", score="0")
    edited_rated("assessments", "a-worked-e-research-nurse", score="0")
    edited_rated("assessments", "a-worked-e-clinical-nurse", score="1")
    found = edited_rated(
        "assessments", "a-worked-e-patient-manager", rating_status="unclear", score=""
    )
    row = found.ask("7", score="1", **asked).rows[0]
    # (1 / 3 + 1) / 2 = 0.666666..., to six places 0.666667
    assert (Decimal("0.666667"), Decimal("0.666667"), "nothing") == (
        row["elementNow"],
        row["elementThen"],
        row["effect"],
    )
    foretold = found.ask("7", score="0.5", **asked).rows[0]["elementThen"]
    found = edited_rated("assessments", "a-worked-e-clinical-nurse", score="0.5")
    row = found.ask("7", score="0.5", **asked).rows[0]
    assert (foretold, foretold) == (row["elementNow"], row["elementThen"])
    # The construct itself may be rounded: a third is shown as 0.333333 and does not move.
    row = found.ask(
        "7", construct="PARIHS.E.research", case="case/fx-worked", score="0.333333"
    ).rows[0]
    assert ("nothing", row["elementNow"]) == (row["effect"], row["elementThen"])


def test_007_takes_scores_from_pole_to_pole_only(rated: EvidenceDataset) -> None:
    """A score beyond either pole is refused."""
    for score in ("-0.1", "1.1"):
        with pytest.raises(ParameterError):
            rated.ask("7", score=score)


def test_007_shows_the_rule_and_follows_the_edges(rated: EvidenceDataset) -> None:
    """The rule before and after is named; a score on the edge is mixed, and halves go to even."""
    south = _case(rated.ask("7").rows, "south")[0]
    assert "high evidence, low context: build the context" == south["ruleNow"]
    assert "both high: light support" == south["ruleThen"]
    edge = _case(rated.ask("7", score="0.9").rows, "south")[0]
    assert (Decimal("0.6"), "mixed") == (edge["elementThen"], edge["bandThen"])
    for score, mean in (("0.900001", "0.6"), ("0.900003", "0.600002"), ("0.900005", "0.600002")):
        moved = _case(rated.ask("7", score=score).rows, "south")[0]
        assert Decimal(mean) == moved["elementThen"]


def test_007_takes_any_construct_and_says_how_it_is_rated_now(rated: EvidenceDataset) -> None:
    """A missing construct moves too; a framework without quadrants has none to change."""
    rows = rated.ask("7", construct="PARIHS.E.local", case="case/fx-worked").rows
    assert [("not reported", Decimal("0.6875"), "high")] == [
        (row["ratedNow"], row["elementThen"], row["bandThen"]) for row in rows
    ]
    assert "both high: light support" == rows[0]["ruleThen"]
    rows = rated.ask("7", construct="iP.C.org.3", score="0").rows
    assert [
        ("Context", Decimal("0.3"), "none in this framework"),
        ("Organisational level", Decimal(0), "none in this framework"),
    ] == [(row["elementLabel"], row["elementThen"], row["quadrantThen"]) for row in rows]
    assert [] == rated.ask("7", construct="PARIHS.F.role").rows


def test_009_follows_results_and_ratings(edited_rated: Edit) -> None:
    """What becomes alike leaves the list, what loses its rating says so, equal results end it."""
    rows = edited_rated("assessments", "a-south-c-culture-doctor", score="0.8").ask("9").rows
    assert "Culture" not in {row["constructLabel"] for row in rows}
    found = edited_rated(
        "assessments", "a-south-c-culture-doctor", score="", rating_status="unclear"
    )
    culture = _of(found.ask("9").rows, constructLabel="Culture")
    assert ("not rated", "rated in one case only") == (culture["worseBand"], culture["reading"])
    found = edited_rated("assessments", "a-south-c-culture-doctor", band="low", rating_status="")
    culture = _of(found.ask("9").rows, constructLabel="Culture")
    assert ("judged low", "band differs") == (culture["worseBand"], culture["reading"])
    assert [] == edited_rated("outcomes", "o-11", direction="improved").ask("9").rows


def test_009_compares_results_of_one_time_and_leaves_uncertain_ones_out(edited_rated: Edit) -> None:
    """Results at two times are not compared; a result that becomes certain is."""
    edited_rated("outcomes", "o-10", timepoint_months="6")
    assert [] == edited_rated("outcomes", "o-11", timepoint_months="12").ask("9").rows
    rows = edited_rated("outcomes", "o-09", direction="improved").ask("9").rows
    assert {("On the edges", "A hair above")} == {
        (row["betterLabel"], row["worseLabel"]) for row in rows
    }
    rows = edited_rated("cases", "hair", innovation="").ask("9").rows
    assert {"study"} == {row["sharedKind"] for row in rows}


def test_010_reads_failure_from_direction_and_benefit(edited_rated: Edit) -> None:
    """Unchanged counts as failed only where benefit is stated; what improved does not."""
    rows = edited_rated("outcomes", "o-12", benefit="higher").ask("10").rows
    hair = _case(rows, "hair")[0]
    assert ("context low", 6) == (hair["reading"], hair["withHighEvidence"])
    rows = edited_rated("outcomes", "o-11", benefit="").ask("10").rows
    assert [] == _case(rows, "south")
    assert [] == _case(
        edited_rated("outcomes", "o-01", direction="improved").ask("10").rows, "misfit"
    )


def test_010_follows_ratings_and_appropriateness(edited_rated: Edit) -> None:
    """Evidence that falls leaves the list; a rater who finds it inappropriate is heard."""
    found = edited_rated("assessments", "a-misfit-f-manager-2", appropriateness="inappropriate")
    misfit = _case(found.ask("10").rows, "misfit")[0]
    assert "inappropriate; partly appropriate" == misfit["appropriateness"]
    assert (
        "facilitation does not fit (computed), facilitation inappropriate (rated)"
        == misfit["reading"]
    )
    rows = edited_rated("assessments", "a-misfit-e-research-researcher", score="0").ask("10").rows
    assert [] == _case(rows, "misfit")


def test_010_and_011_hear_an_element_that_was_judged_as_a_whole(edited_rated: Edit) -> None:
    """An element judged and not scored counts as judged, and says so."""
    edited_rated("outcomes", "o-06", direction="improved")
    found = edited_rated("assessments", "a-direct-c-manager", score="", band="low")
    direct = _case(found.ask("11").rows, "direct")[0]
    assert ("judged low", None, "the element itself") == (
        direct["context"],
        direct["contextScore"],
        direct["contextRated"],
    )
    edited_rated("outcomes", "o-06", direction="worsened")
    edited_rated("assessments", "a-direct-e-research-researcher", about="silent")
    found = edited_rated("assessments", "a-direct-e-manager", score="", band="high")
    direct = _case(found.ask("10").rows, "direct")[0]
    assert ("judged high", "no score") == (direct["evidence"], direct["context"])


def test_011_follows_outcome_context_and_facilitation(edited_rated: Edit) -> None:
    """A success is listed with the facilitation it had, and context that rises takes it off."""
    rows = edited_rated("outcomes", "o-06", direction="improved").ask("11").rows
    direct = _case(rows, "direct")[0]
    assert (Decimal("0.2"), "does not fit", "not rated", "none recorded") == (
        direct["position"],
        direct["facilitationFit"],
        direct["appropriateness"],
        direct["strategies"],
    )
    rows = edited_rated("strategies", "s-build", about="prog").ask("11").rows
    assert "Sessions with the practice (of the whole programme)" in {r["strategies"] for r in rows}
    found = edited_rated("assessments", "a-build-c-leadership-manager", score="1")
    assert [] == _case(found.ask("11").rows, "build")


def test_015_counts_by_coding_and_place(edited_rated: Edit) -> None:
    """Coding, kind and case of a determinant move its count."""
    rows = edited_rated("determinants", "b-10", constructs="PARIHS.E.local").ask("15").rows
    local = _of(rows, conditionLabel="primary care", constructLabel="Local data/information")
    assert (2, 1, 3) == (local["barriers"], local["enablers"], local["ofBarriers"])
    rows = edited_rated("determinants", "b-02", about="south").ask("15").rows
    stroke = _of(rows, conditionLabel="stroke", constructLabel="Leadership")
    assert (1, 2, 1) == (stroke["barriers"], stroke["ofBarriers"], stroke["cases"])
    rows = edited_rated("determinants", "b-12", about="prog").ask("15").rows
    whole = _of(rows, kind="whole programme")
    assert ("Fixture programme", "not coded", 1, 14) == (
        whole["conditionLabel"],
        whole["constructLabel"],
        whole["barriers"],
        whole["ofCases"],
    )


def test_015_takes_the_setting_of_the_site_before_that_of_the_study(edited_rated: Edit) -> None:
    """A study's settings stand in only where the site has none."""
    rows = edited_rated("studies", "ST5", settings="acute ward").ask("15").rows
    assert ["The ward had no budget for the change."] == [
        row["statements"] for row in rows if row["conditionLabel"] == "acute ward"
    ]
    rows = edited_rated("studies", "ST3", settings="walk-in centre").ask("15").rows
    assert "walk-in centre" not in {row["conditionLabel"] for row in rows}
    rows = edited_rated("studies", "ST1").ask("15", condition="condition/fx-stroke").rows
    assert [("stroke", 2), ("stroke", 1)] == [(r["conditionLabel"], r["barriers"]) for r in rows]


def test_019_reads_where_a_facilitator_comes_from(edited_rated: Edit) -> None:
    """Seconded from the site's own organisation, or from one above it, is internal."""
    rows = edited_rated("posts", "fac-acute", seconded_from="org-community").ask("19").rows
    assert "internal" == _case(rows, "build")[0]["origin"]
    edited_rated("organisations", "org-community", part_of="org-acute")
    rows = edited_rated("posts", "fac-acute", seconded_from="org-acute").ask("19").rows
    assert "internal" == _case(rows, "build")[0]["origin"]
    rows = edited_rated("posts", "fac-outside", seconded_from="org-uni").ask("19").rows
    assert "external" == _case(rows, "north")[0]["origin"]
    assert "not reported" == _case(rows, "worked")[0]["origin"]


def test_019_follows_positions_and_strategies(edited_rated: Edit) -> None:
    """The position's words follow its number; a strategy coded elsewhere is not facilitation."""
    found = edited_rated("assessments", "a-north-f-purpose-fac-outside", approach_position="0.6")
    north = _case(found.ask("19").rows, "north")[0]
    assert ("in between", "Purpose: 0.6") == (north["runs"], north["parts"])
    rows = edited_rated("strategies", "s-north", constructs="PARIHS.C.culture").ask("19").rows
    assert "none recorded" == _case(rows, "north")[0]["strategies"]


def test_104_follows_dates(edited_rated: Edit) -> None:
    """A rating moved to the first date is no second time; a year holds its months."""
    culture = "a-change-c-culture-manager-2"
    change = {"case": "case/fx-change"}
    rows = edited_rated("assessments", culture, date="2009-06").ask("104", **change).rows
    assert "only one time" == _of(rows, constructLabel="Culture")["change"]
    rows = edited_rated("assessments", culture, date="2009").ask("104", **change).rows
    told = _of(rows, constructLabel="Culture")
    assert "cannot be told: one date holds the other" == told["change"]
    rows = edited_rated("assessments", culture, date="2008").ask("104", **change).rows
    told = _of(rows, constructLabel="Culture")
    assert ("lower", Decimal("-0.6")) == (told["change"], told["difference"])
    edited_rated("assessments", "a-change-c-leadership-manager", date="")
    found = edited_rated("assessments", "a-change-c-leadership-manager-2", date="")
    assert "no date" == _of(found.ask("104", **change).rows, constructLabel="Leadership")["change"]


def test_104_compares_one_rater_instrument_and_level(
    rated: EvidenceDataset, edited_rated: Edit
) -> None:
    """Another rater, instrument or level at another time shows no change of the case."""
    rows = rated.ask("104").rows
    assert {("Disagreement", "staff, not named", "higher")} == {
        (row["caseLabel"], row["rater"], row["change"])
        for row in _case(rows, "disagree")
        if row["rater"]
    }
    misfit = _of(_case(rows, "misfit"), constructLabel="Facilitation")
    assert ("from inappropriate to appropriate", None) == (misfit["change"], misfit["difference"])
    culture = "a-change-c-culture-manager-2"
    for cells in (
        {"rater": "nurse"},
        {"rater": "manager", "instrument": "ORCA"},
        {"instrument": "", "construct_level": "FS.2"},
    ):
        rows = edited_rated("assessments", culture, **cells).ask("104", within="PARIHS.C").rows
        assert "only one time" == _of(_case(rows, "change"), constructLabel="Culture")["change"]


def test_104_takes_the_mean_of_ratings_at_one_date(edited_rated: Edit) -> None:
    """Two ratings by one rater at the first and two at the last date make one row of means."""
    cells = {"construct": "PARIHS.C.culture"}
    edited_rated("assessments", "a-change-c-leadership-manager", score="0.6", **cells)
    found = edited_rated("assessments", "a-change-c-leadership-manager-2", score="0.9", **cells)
    rows = _case(found.ask("104", case="case/fx-change", within="PARIHS.C.culture").rows, "change")
    # The means of 0.2 and 0.6, and of 0.8 and 0.9.
    assert [
        ("0.4", "mixed", "0.85", "high", "0.45", "higher"),
    ] == [
        (
            str(row["firstValue"]),
            row["firstBand"],
            str(row["lastValue"]),
            row["lastBand"],
            str(row["difference"]),
            row["change"],
        )
        for row in rows
    ]
    assert 4 == len(rows[0]["passages"])
    edited_rated("assessments", "a-change-c-leadership-manager", score="", band="high")
    found = edited_rated("assessments", "a-change-c-culture-manager", score="", band="low")
    row = _of(found.ask("104", case="case/fx-change").rows, constructLabel="Culture")
    assert "from high and low to high" == row["change"]


def test_105_compares_only_one_time_and_level(edited_rated: Edit) -> None:
    """A rating that gets the other's date is compared, one that gets another level is not."""
    rows = edited_rated("assessments", "a-change-c-culture-nurse", date="2011").ask("105").rows
    change = _of(_case(rows, "change"), constructLabel="Culture")
    assert ("manager: 0.8 (1 rater); staff: 0.4 (1 rater)", Decimal("0.4")) == (
        change["roles"],
        change["difference"],
    )
    overall = _of(rows, constructLabel="Culture", caseLabel="All cases")
    assert (2, 2, Decimal("0.6")) == (
        overall["cases"],
        overall["comparisons"],
        overall["difference"],
    )
    found = edited_rated("assessments", "a-disagree-c-leadership-manager", construct_level="FS.3")
    rows = found.ask("105", within="PARIHS.C.leadership").rows
    assert [("Disagreement", "not compared: never at one time and level", None)] == [
        (row["caseLabel"], row["reading"], row["difference"]) for row in rows
    ]


def test_105_counts_a_rater_once(edited_rated: Edit) -> None:
    """Two ratings by one rater weigh as one rater's, and a judged band does not weigh."""
    found = edited_rated("assessments", "a-worked-e-research-therapist", rater="nurse", score="0.4")
    worked = _case(found.ask("105", case="case/fx-worked").rows, "worked")[0]
    assert ("manager: 1 (1 rater); staff: 0.7 (1 rater)", 2) == (worked["roles"], worked["raters"])
    edited_rated("assessments", "a-worked-e-research-nurse", score="", band="low")
    found = edited_rated("assessments", "a-worked-e-research-therapist", rater="therapist")
    worked = _case(found.ask("105", case="case/fx-worked").rows, "worked")[0]
    assert "manager: 1 (1 rater); staff: 0.4 (1 rater)" == worked["roles"]


def _cell(rows: Rows, construct: str, setting: str, design: str) -> Rows:
    """Return the rows of one combination."""
    return [
        row
        for row in rows
        if (row["constructLabel"], row["settingLabel"], row["designLabel"])
        == (construct, setting, design)
    ]


def test_106_follows_statuses_ratings_settings_and_designs(edited_rated: Edit) -> None:
    """A reason that changes shows, a rating closes the gap, and a new design opens new ones."""
    practice = ("Evaluation", "general practice", "quasi-experimental study")
    evaluation = "a-build-c-evaluation-manager"
    found = edited_rated("assessments", evaluation, rating_status="not_applicable")
    gap = _cell(found.ask("106").rows, *practice)[0]
    assert (1, 1, 0, "not applicable: 1") == (
        gap["cases"],
        gap["saidWhy"],
        gap["noRecord"],
        gap["reasons"],
    )
    found = edited_rated("assessments", evaluation, rating_status="rated", band="low")
    assert [] == _cell(found.ask("106").rows, *practice)
    rows = edited_rated("studies", "ST3", design="cohort").ask("106").rows
    assert [] == _cell(rows, "every construct", "general practice", "cohort study")
    assert [0] == [
        row["cases"] for row in _cell(rows, "every construct", "community", "cohort study")
    ]
    rows = edited_rated("sites", "site-direct", setting="prison").ask("106").rows
    assert [1] == [row["noRecord"] for row in _cell(rows, "Culture", "prison", "case study")]
    assert [] == _cell(rows, "Culture", "not reported", "case study")


def test_106_takes_other_versions(rated: EvidenceDataset) -> None:
    """Versions have gaps of their own: only one case has anything of the version of 1998."""
    rows = rated.ask("106", scheme="parihs1998:", within="P98.C").rows
    assert {"not reported", "acute hospital"} <= {row["settingLabel"] for row in rows}
    assert [] == _cell(rows, "Culture", "acute hospital", "qualitative study")
    assert [1] == [row["cases"] for row in _cell(rows, "Culture", "acute hospital", "case study")]
