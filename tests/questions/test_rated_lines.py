"""How questions tell ratings apart: by date, level, round and instrument, and how many there are.

Every answer rests on rows of the rated bundle; changing such a row changes the answer.
"""

from collections.abc import Callable
from typing import Any

from kmgraph.dataset import EvidenceDataset

Edit = Callable[..., EvidenceDataset]
Rows = list[dict[str, Any]]


def _by_construct(rows: Rows) -> dict[Any, dict[str, Any]]:
    """Return rows by the name of their construct."""
    return {row["constructLabel"]: row for row in rows}


def _ask(dataset: EvidenceDataset, number: str, case: str, **chosen: str) -> Rows:
    """Return the rows of a question about one case."""
    return dataset.ask(number, case=f"case/fx-{case}", **chosen).rows


RESEARCH = ("a-disagree-e-research-manager", "a-disagree-e-research-nurse")


def test_undated_ratings_are_compared_with_each_other_as_in_the_summary(
    edited_rated: Edit,
) -> None:
    """Two undated ratings differ by 0.4 in every question; with one date they do in none."""
    edited_rated("assessments", RESEARCH[0], date="")
    found = edited_rated("assessments", RESEARCH[1], date="")
    spread = _by_construct(_ask(found, "1", "disagree"))["Research"]["raterSpread"]
    row = _by_construct(_ask(found, "14", "disagree"))["Research"]
    assert (spread, "no dates and no levels given") == (row["difference"], row["match"])
    row = _by_construct(_ask(found, "2", "disagree"))["Research"]
    assert (spread, "no dates given", "no levels given") == (
        row["difference"],
        row["time"],
        row["level"],
    )
    row = _by_construct(_ask(found, "105", "disagree", within="PARIHS.E.research"))["Research"]
    assert (spread, "compared, no dates given") == (row["difference"], row["reading"])
    found = edited_rated("assessments", RESEARCH[1], date="2010-10")
    assert _by_construct(_ask(found, "1", "disagree"))["Research"]["raterSpread"] is None
    assert (
        "time of one not reported, no levels given"
        == (_by_construct(_ask(found, "14", "disagree"))["Research"]["match"])
    )
    rows = [row for row in _ask(found, "2", "disagree") if row["constructLabel"] == "Research"]
    assert {
        ("2010-10", "the first role did not rate it then", None),
        ("no dates given", "the second role has no undated rating of it", None),
    } == {(row["time"], row["comparison"], row["difference"]) for row in rows}
    row = _by_construct(_ask(found, "105", "disagree", within="PARIHS.E.research"))["Research"]
    assert "not compared: never at one time and level" == row["reading"]


def test_014_and_001_tell_the_round(edited_rated: Edit) -> None:
    """A rating agreed afterwards is not one made alone, and both lines say which they are."""
    edited_rated("assessments", RESEARCH[0], rating_round="reconciled")
    found = edited_rated("assessments", RESEARCH[1], rating_round="independent")
    row = _by_construct(_ask(found, "14", "disagree"))["Research"]
    assert {"0.8, 2010-10, reconciled", "0.4, 2010-10, independent"} == {
        row["firstRating"],
        row["secondRating"],
    }
    assert "different round, no levels given" == row["match"]
    lines = _by_construct(_ask(found, "1", "disagree"))["Research"]["ratings"].split("; ")
    assert "0.4, by Nurse (staff), 2010-10, independent" in lines
    found = edited_rated("assessments", RESEARCH[1], rating_round="")
    match = _by_construct(_ask(found, "14", "disagree"))["Research"]["match"]
    assert "round of one not reported, no levels given" == match


def test_equal_lines_of_different_ratings_are_counted(edited_rated: Edit) -> None:
    """Two ratings by somebody unnamed in one role read the same, and none of them is lost."""
    cells = {"rater": "", "rater_role": "staff", "date": "2010-10"}
    one, other = (f"a-disagree-e-{part}-nurse" for part in ("research", "clinical"))
    edited_rated("assessments", one, score="0.2", **cells)
    found = edited_rated("assessments", other, construct="PARIHS.E.research", score="0.2", **cells)
    lines = _by_construct(_ask(found, "1", "disagree"))["Research"]["ratings"].split("; ")
    assert "0.2, by staff, 2010-10 (2 ratings)" in lines
    edited_rated("assessments", one, score="", band="low")
    found = edited_rated("assessments", other, score="", band="low")
    assert (
        "low, by staff (2 ratings)"
        == _by_construct(_ask(found, "1", "disagree"))["Research"]["judged"]
    )
    facilitation = {"construct": "PARIHS.F", "appropriateness": "appropriate", "band": ""}
    edited_rated("assessments", one, **facilitation)
    found = edited_rated("assessments", other, **facilitation)
    assert (
        "Facilitation: appropriate, by staff, 2010-10 (2 ratings)"
        == (_ask(found, "6", "disagree")[0]["ratings"])
    )


def test_006_and_019_show_scores_and_bands_of_facilitation(edited_rated: Edit) -> None:
    """A score, a judged band and an instrument's scale show, though they are no position."""
    edited_rated("assessments", "a-edge-c-culture-nurse", construct="PARIHS.F", score="0.3")
    edited_rated(
        "assessments", "a-edge-e-patient-patients", construct="PARIHS.F", score="", band="mixed"
    )
    found = edited_rated(
        "assessments",
        "a-edge-c-leadership-nurse",
        construct="ORCA.F.1",
        score="",
        raw_score="4",
        scale_low="1",
        scale_high="5",
        instrument="ORCA",
    )
    name = "Senior leaders practices"
    assert {
        "Facilitation: score 0.3, low, by Nurse (staff), 2011-03",
        "Facilitation: judged mixed, by Patient panel (patient representative), 2011-03",
        f"Facilitation by {name}: score 0.75, high, by Nurse (staff), 2011-03, ORCA",
    } == set(_ask(found, "6", "edge")[0]["ratings"].split("; "))
    row = _ask(found, "19", "edge")[0]
    assert {
        "Facilitation: score 0.3, low, by Nurse",
        "Facilitation: judged mixed, by Patient panel",
        f"{name}: score 0.75, high, ORCA, by Nurse",
    } == set(row["parts"].split("; "))
    assert (None, "no position, scores or bands only") == (row["position"], row["runs"])


def test_008_finds_scales_that_measure_what_is_asked_for(rated: EvidenceDataset) -> None:
    """A low score on a scale of leadership is low leadership; a proposed mapping is not used."""
    for within in ("PARIHS.C", "PARIHS.C.leadership"):
        rows = _ask(rated, "8", "north", within=within)
        assert ["Leadership behaviour"] == [row["constructLabel"] for row in rows]
    assert [] == _ask(rated, "8", "north", within="PARIHS.C.culture")


def test_103_does_not_send_for_what_is_not_applicable(edited_rated: Edit) -> None:
    """A part recorded as not applicable is nothing to find out."""
    found = edited_rated(
        "assessments", "a-worked-e-local-researcher", rating_status="not_applicable"
    )
    row = _ask(found, "103", "worked")[0]
    assert ("Local data/information", "nothing to find out: it is recorded as not applicable") == (
        row["changedLabel"],
        row["next"],
    )
    cells = {"rating_status": "not_applicable", "score": "", "about": "hair"}
    edited_rated("assessments", "a-worked-c-evaluation-researcher", **cells)
    found = edited_rated("assessments", "a-worked-c-receptive-researcher", **cells)
    told = {row["changedLabel"]: row["next"] for row in _ask(found, "103", "hair")}
    assert (
        "nothing to find out: its missing parts are recorded as not applicable" == (told["Context"])
    )
