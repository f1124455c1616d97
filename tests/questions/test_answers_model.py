"""NPT and the CLAHRC-NDL model: changing a record changes the answer, and what the paper gives."""

import shutil
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.pipeline.in_memory import build_in_memory
from kmgraph.questions import answer, load_catalogue
from kmgraph.stores.oxigraph import MemoryStore
from tests.questions.conftest import SETS, _change

Edit = Callable[..., EvidenceDataset]
ID = "https://w3id.org/kmgraph/id/"
OURS = ("117", "118", "119", "124", "125", "126", "127", "128", "129", "130", "131")

#: Sheet, row and the cells that are put into it.
CHANGES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("posts", "f-2", {"kind": "facilitator"}),
    ("changes", "w-01", {"prompted_by": "t-02"}),
    ("changes", "w-05", {"prompted_by": "t-01"}),
    ("changes", "w-06", {"prompted_by": "t-06", "status": ""}),
    ("participations", "t-03", {"part_in": "ev-circles", "degree": "led"}),
    ("participations", "t-05", {"part_in": "ev-circles", "degree": "consulted"}),
    ("participations", "t-06", {"participant_kind": "Diffusion fellows"}),
    ("participations", "t-09", {"part_in": "ev-circles", "degree": "informed"}),
)
#: Notes that single statements are inferred: record, property and value.
NOTED = (
    ("w-01", "km:changeLevel", "FS.2"),
    ("cm-2", "km:selfSustaining", "false"),
    ("cm-1", "km:exhibits", "LICOP.2"),
    ("v-1", "km:statement", "Visits should suit carers."),
)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> EvidenceDataset:
    """Return the systems' bundle with the changes and notes above."""
    (bundle,) = SETS["systems"]
    folder = tmp_path_factory.mktemp("changed") / "systems"
    shutil.copytree(bundle, folder)
    for sheet, record, cells in CHANGES:
        _change(folder / f"{sheet}.csv", record, cells)
    lines = [f"n-{i},{','.join(noted)},n-d1-10,inferred\n" for i, noted in enumerate(NOTED)]
    header = "id,subject,property,value,passages,assertion_kind\n"
    (folder / "statement_notes.csv").write_text(header + "".join(lines), encoding="utf-8")
    return build_in_memory([folder])


def _by(rows: list[dict[str, Any]], name: str) -> dict[Any, dict[str, Any]]:
    """Return rows by one of their values."""
    return {row[name]: row for row in rows}


def test_117_follows_scores_and_dates(edited_systems: Edit) -> None:
    """A lower last score turns the change round; a date that is taken away ends the comparison."""
    found = edited_systems("assessments", "a-f11-2.2", score="0.1")
    rows = found.ask("117", case="case/sys-S1-c1", within="NPT.2.2").rows
    assert ["lower"] == [row["change"] for row in rows if row["rater"] == "Fellow for strokes"]
    found = edited_systems("assessments", "a-r-12", date="")
    rows = found.ask("117", case="case/sys-S2-c1", within="NPT.2.2").rows
    assert [("2010: high; no date: high", 1, "only one time")] == [
        (row["ratings"], row["times"], row["change"]) for row in rows
    ]


def test_118_counts_what_is_high_at_the_last_rating(edited_systems: Edit) -> None:
    """One component below the edge leaves fifteen; nothing but sixteen of sixteen is all."""
    found = edited_systems("assessments", "a-f11-1.1", score="0.6")
    rows = [
        row
        for row in found.ask("118", case="case/sys-S1-c1").rows
        if row["rater"] == "Fellow for strokes"
    ]
    assert ("taken hold: 15 of 16 high at the last rating", "Differentiation: mixed") == (
        rows[0]["reading"],
        rows[0]["notYet"],
    )
    assert [15, 3, 4, 4, 4] == [row["high"] for row in rows]


def test_118_takes_the_last_rating_and_not_the_first(edited_systems: Edit) -> None:
    """A rating that is dated before the others no longer counts."""
    found = edited_systems("assessments", "a-f11-3.1", date="2009")
    total = next(
        row
        for row in found.ask("118", case="case/sys-S1-c1").rows
        if row["rater"] == "Fellow for strokes"
    )
    assert ("Interactional workability: low", 15) == (total["notYet"], total["high"])


def test_118_does_not_choose_between_dates_of_which_one_holds_the_other(
    edited_systems: Edit,
) -> None:
    """A month and its year differ: nobody can tell which is last, as question 117 says too."""
    case = "case/sys-S2-c1"
    found = edited_systems("assessments", "a-r-2", date="2010-03")
    total = found.ask("118", case=case).rows[0]
    assert (2, 1, 1, 2, 10) == tuple(
        total[name] for name in ("high", "mixed", "low", "untold", "notRated")
    )
    assert "2 cannot be told" in total["reading"]
    assert "Differentiation: cannot be told" in total["notYet"]
    (row,) = found.ask("117", case=case, within="NPT.1.1").rows
    assert "cannot be told: one date holds the other" == row["change"]
    same = edited_systems("assessments", "a-r-3", score="0.2").ask("118", case=case).rows[0]
    assert "Communal specification: low" in same["notYet"], "whichever is last, it is low"


def test_119_tells_no_record_from_not_reported(edited_systems: Edit) -> None:
    """A component that is rated after all is no gap, and one with a reason tells it."""
    found = edited_systems("assessments", "a-r-13", rating_status="rated", band="low")
    rows = found.ask("119", case="case/sys-S2-c1", within="NPT.3").rows
    assert ["not reported", "not applicable (2011); not measured (2010)", "no record"] == [
        row["why"] for row in rows
    ]
    found = edited_systems("determinants", "b-1", constructs="NPT.3.4")
    rows = found.ask("119", case="case/sys-S2-c2").rows
    assert "Internalisation" in {row["constructLabel"] for row in rows}
    assert "Contextual integration" not in {row["constructLabel"] for row in rows}


def test_124_follows_who_what_and_how_much(edited_systems: Edit) -> None:
    """A participation that is moved leaves its study without anybody, which is said."""
    found = edited_systems("participations", "t-07", part_in="S3", degree="")
    rows = found.ask("124", study="study/sys-S3").rows
    assert [("Depression circle", "not reported")] == [(row["who"], row["say"]) for row in rows]
    rows = edited_systems("participations", "t-08", part_in="prog").ask("124").rows
    assert ["nobody recorded"] == [
        row["who"] for row in rows if row["studyTitle"] == "Stepped care for depression"
    ]


def test_124_on_the_shipped_bundle(dataset: EvidenceDataset) -> None:
    """Service users sit on each committee, no fellow is in CYP3, evidence is made by four kinds."""
    rows = dataset.ask("124").rows
    users = [row for row in rows if row["who"] == "service users" and row["ofStudy"]]
    assert 16 == len({row["ofStudy"] for row in users}) == len(users)
    assert ["service users"] == [
        row["who"] for row in rows if row["ofStudy"] == f"{ID}study/ndl-CYP3"
    ]
    fellows = [row for row in rows if str(row["who"]).startswith("Diffusion fellow")]
    assert (20, {"inferred"}, {"not reported"}) == (
        len(fellows),
        {row["basis"] for row in fellows},
        {row["say"] for row in fellows},
    )
    co_produced = dataset.ask("124", degree="km:CoProduced").rows
    assert ["managers", "practitioners", "researchers", "service users"] == [
        row["who"] for row in co_produced
    ]


def test_125_never_shows_what_is_intended_as_made(edited_systems: Edit) -> None:
    """A change that was only hoped for moves, without a date, when it is recorded so."""
    found = edited_systems("changes", "w-02", status="intended", date="")
    made = found.ask("125", status="km:ChangeMade").rows
    assert f"{ID}change/sys-w-02" not in {row["change"] for row in made}
    row = _by(found.ask("125", direction="km:Inwards").rows, "change")[f"{ID}change/sys-w-02"]
    assert ("intended", None) == (row["statusLabel"], row["date"])
    rows = edited_systems("changes", "w-04", direction="inwards").ask("125").rows
    assert "inwards" == _by(rows, "change")[f"{ID}change/sys-w-04"]["directionLabel"]


def test_125_the_paper_reports_no_change_that_a_fellow_made(dataset: EvidenceDataset) -> None:
    """What fellows are for is intended or not reported; what was made came from scoping."""
    rows = dataset.ask("125").rows
    fellows = Counter(row["statusLabel"] for row in rows if row["byFellow"] == "yes")
    assert {"intended": 6, "not reported": 1} == fellows
    made = [row for row in rows if row["statusLabel"] == "made"]
    assert {"Scoping consultative review; Scoping interviews"} == {r["promptedBy"] for r in made}
    assert ["practice", "other", "commissioning", "other"] == [
        row["kind"] for row in dataset.ask("125", direction="km:Outwards").rows
    ]


def test_125_a_fellow_is_a_fellow_and_no_other_post(changed: EvidenceDataset) -> None:
    """Facilitators and carers are none; who took part as a fellow is one."""
    rows = _by(changed.ask("125").rows, "change")
    assert {"01": "no", "05": "yes", "06": "yes", "07": "no", "10": "yes"} == {
        number: rows[f"{ID}change/sys-w-{number}"]["byFellow"]
        for number in ("01", "05", "06", "07", "10")
    }


def test_125_no_status_is_not_a_change_that_was_made(changed: EvidenceDataset) -> None:
    """An empty cell says nothing of how the change stands."""
    rows = _by(changed.ask("125").rows, "change")
    assert "not reported" == rows[f"{ID}change/sys-w-06"]["statusLabel"]


def test_a_note_on_one_statement_shows_in_the_basis(changed: EvidenceDataset) -> None:
    """The basis is that of each statement, and of what its note does not speak of."""
    level = "level of change: inferred; otherwise: stated"
    for question in ("125", "129"):
        rows = _by(changed.ask(question).rows, "change")
        assert level == rows[f"{ID}change/sys-w-01"]["basis"]
        assert "stated" == rows[f"{ID}change/sys-w-05"]["basis"]
    (review,) = [row for row in changed.ask("130").rows if row["date"] == "2009-10"]
    assert "otherwise: stated; statement: inferred" == review["basis"]
    assert {"inferred": 1, "stated": 12} == Counter(row["basis"] for row in changed.ask("131").rows)
    (team,) = changed.ask("131", level="FS.2").rows
    assert "inferred" == team["basis"]


def test_126_tells_the_basis_of_each_statement(changed: EvidenceDataset) -> None:
    """An inferred no is not shown as stated, nor one characteristic as another."""
    rows = _by(changed.ask("126").rows, "communityLabel")
    quiet, full = rows["Depression circle"], rows["Stroke circle"]
    assert ("no", "inferred") == (quiet["selfSustaining"], quiet["selfSustainingBasis"])
    assert ("no", "stated") == (quiet["preExisting"], quiet["preExistingBasis"])
    assert (
        "Identity building: stated; Knowledge creation: stated; Knowledge sharing: inferred; "
        "Social interaction among members: stated"
    ) == full["basis"]
    assert rows["Foot circle"]["preExistingBasis"] is None


def test_126_tells_yes_no_and_not_reported(
    bundles: dict[str, EvidenceDataset], edited_systems: Edit
) -> None:
    """Whether communities sustain themselves is three things, and follows the record."""
    rows = bundles["systems"].ask("126").rows
    assert [
        ("Stroke circle", "yes", "yes", 4),
        ("Foot circle", "not reported", "not reported", 2),
        ("Town circle", "yes", "not reported", 1),
        ("Depression circle", "no", "no", 0),
    ] == [
        (row["communityLabel"], row["preExisting"], row["selfSustaining"], row["characteristics"])
        for row in rows
    ]
    assert "none recorded" == rows[2]["studies"] == rows[2]["members"] == rows[3]["shown"]
    found = edited_systems("communities", "cm-3", self_sustaining="no", exhibits="LICOP.4")
    row = _by(found.ask("126").rows, "communityLabel")["Foot circle"]
    assert ("no", 1, "Identity building") == (
        row["selfSustaining"],
        row["characteristics"],
        row["shown"],
    )


def test_127_follows_outcomes_and_evaluators(
    bundles: dict[str, EvidenceDataset], edited_systems: Edit
) -> None:
    """Each outcome of an evaluation has its line; what was not measured is no result of nil."""
    rows = bundles["systems"].ask("127").rows
    assert ["not measured", "no outcome recorded", "unchanged", "improved"] == [
        row["result"] for row in rows
    ]
    found = edited_systems("outcomes", "o-02", direction="worsened")
    assert "worsened" in {row["result"] for row in found.ask("127").rows}
    found = edited_systems("activities", "ev-circles", participants="students", evaluates="cm-2")
    rows = found.ask("127", record="community/sys-cm-2").rows
    assert [("students", "Depression circle")] == [(row["by"], row["evaluates"]) for row in rows]
    assert [] == found.ask("127", record="community/sys-cm-1").rows


def test_127_leaves_out_who_was_only_asked(changed: EvidenceDataset) -> None:
    """Whoever led an evaluation carries it out; those consulted or informed do not."""
    rows = _by(changed.ask("127").rows, "activityLabel")
    assert "carers" == rows["Evaluation of the circles"]["by"]


def test_128_follows_the_kind_of_claim(edited: Edit) -> None:
    """A claim that is coded as an aim is no limit, and a barrier that helps is none."""
    found = edited("claims", "c-limits", claim_kind="aim")
    assert Counter({"barrier": 15, "scope": 5, "limit": 1}) == Counter(
        row["sort"] for row in found.ask("128").rows
    )
    found = edited("determinants", "b-effort", kind="enabler")
    rows = found.ask("128", about="programme/ndl-ndl").rows
    assert Counter({"barrier": 14, "scope": 4, "limit": 1}) == Counter(r["sort"] for r in rows)


def test_129_follows_the_kind_of_change(edited_systems: Edit, dataset: EvidenceDataset) -> None:
    """A change to practice is no change of the intervention; the paper tells of two."""
    rows = edited_systems("changes", "w-08", kind="practice").ask("129").rows
    assert [f"{ID}change/sys-w-05", f"{ID}change/sys-w-01"] == [row["change"] for row in rows]
    assert [("CLAHRC-NDL", "not reported"), ("SR1 as a whole", "made")] == [
        (row["changed"], row["statusLabel"]) for row in dataset.ask("129").rows
    ]


def test_130_follows_verdicts_and_what_has_no_review(edited_systems: Edit) -> None:
    """A review of the study that was left takes its place; a verdict is what is recorded."""
    found = edited_systems("panel_reviews", "v-2", reviewed="S3", verdict="noted")
    rows = found.ask("130", panel="panel/sys-pn-users").rows
    assert ["supported with changes", "not supported", "noted"] == [row["verdict"] for row in rows]
    found = edited_systems("panel_reviews", "v-3", panel="pn-board")
    row = found.ask("130", panel="panel/sys-pn-users").rows[-1]
    assert (1, "Stepped care for depression") == (row["without"], row["withoutLabels"])


def test_130_the_paper_dates_no_single_review(dataset: EvidenceDataset) -> None:
    """Three panels are to review each of the 16 studies, and no review is on record."""
    rows = dataset.ask("130").rows
    assert {"no review on record"} == {row["verdict"] for row in rows}
    without = {row["panelLabel"]: row["without"] for row in rows}
    committees = [without.pop(name) for name in list(without) if name.startswith("Steering")]
    assert [0] * 16 == committees
    assert {
        "CLAHRC management": 0,
        "CLAHRC-NDL Board": 0,
        "Commissioners' panel": 16,
        "Scientific committee": 16,
        "Service user and carer panel": 16,
    } == without


def test_131_counts_at_each_level(edited_systems: Edit, dataset: EvidenceDataset) -> None:
    """A change at two levels counts at both; a barrier without a level is not lost."""
    found = edited_systems("changes", "w-01", levels="FS.1;FS.2;FS.4")
    made = [row for row in found.ask("131").rows if row["kind"] == "change, made"]
    assert {"Individual": 1, "Group/team": 1, "Organisation": 2, "not reported": 3} | {
        "Larger environment/system": 1
    } == {row["levelLabel"]: row["records"] for row in made}
    ours = {
        (row["levelLabel"], row["kind"]): row["records"]
        for row in dataset.ask("131", level="FS.3").rows
    }
    assert {
        ("Organisation", "change, intended"): 1,
        ("Organisation", "barrier"): 7,
        ("Organisation", "enabler"): 2,
    } == ours


def test_other_programmes_have_nothing_invented(other_programme: MemoryStore) -> None:
    """Where nothing is coded the answers are empty, or say of each study that nobody is."""
    catalogue = load_catalogue()
    for question in OURS:
        rows = answer(catalogue[question], other_programme).rows
        if question == "124":
            assert {"nobody recorded"} == {row["who"] for row in rows}
        elif question == "130":
            assert {"no review on record"} >= {row["verdict"] for row in rows}
        elif question == "126":
            assert {"not reported"} == {row["selfSustaining"] for row in rows}
        else:
            assert [] == rows, question
