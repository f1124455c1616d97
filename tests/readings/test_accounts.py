"""What is recorded of a study or a case beside its ratings, read by hand from the fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from helpers.svg import texts
from helpers.vocabulary import few_frameworks

import kmgraph
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import RecordNotFoundError
from kmgraph.figures.timeline import read_timeline
from kmgraph.network.nearby import nearby
from kmgraph.readings.account_model import Account, Cycle, Determinant
from kmgraph.readings.account_tables import TABLES, rating_rows
from kmgraph.readings.accounts import read_account

SYSTEMS = Path(__file__).resolve().parents[1] / "questions" / "data" / "systems"


@pytest.fixture(scope="module")
def systems() -> Iterator[EvidenceDataset]:
    """Return the fixture with cycles of improvement."""
    with few_frameworks():
        dataset = kmgraph.build_in_memory(SYSTEMS)
    with dataset:
        yield dataset


def test_a_case_is_told_as_its_records_have_it(rated: EvidenceDataset) -> None:
    """One barrier at the level of the group, one strategy, outcomes, bands and what was tried."""
    found = read_account(rated.store, f"{rated.base}case/fx-build")
    (level,) = found.by_level
    assert "The practice had no figures of its own." == level[1][0].text
    assert ("barrier", "FS.2") == (level[1][0].effect, level[1][0].level)
    assert ["Sessions with the practice"] == [one.text for one in found.strategies]
    assert "external facilitator" in found.strategies[0].actor
    assert "improved" in [one.result for one in found.outcomes if one.text == "Reviews done"]
    (case,) = found.cases
    assert f"{rated.base}study/fx-ST3" == found.study
    assert case.innovations == (f"{rated.base}innovation/fx-i-review",)
    bands = {one.element: one.band for one in case.bands}
    assert ("high", "low") == (bands["PARIHS.E"], bands["PARIHS.C"])
    assert "high evidence, low context" == case.quadrant
    assert found.passages[0].startswith(f"{rated.base}passage/fx-p-st3-")


def test_a_study_has_what_its_cases_have(rated: EvidenceDataset) -> None:
    """Two cases of one study, each with its place; one fits and one does not."""
    found = read_account(rated.store, f"{rated.base}study/fx-ST12")
    assert ["North practice", "South practice"] == [case.label for case in found.cases]
    own = [read_account(rated.store, case.iri) for case in found.cases]
    for part in ("determinants", "strategies", "outcomes"):
        together = {one.iri for account in own for one in getattr(account, part)}
        assert {one.iri for one in getattr(found, part)} == together
    south = found.cases[1]
    assert "low" == next(one.band for one in south.bands if one.element == "PARIHS.C")


def test_levels_go_from_people_outwards_and_those_without_one_come_last() -> None:
    """Other levels than the four stand between, by name."""
    given = ["", "FS.4", "other", "FS.1"]
    told = Account(
        "urn:c",
        determinants=tuple(
            Determinant(f"urn:{level}", "urn:c", "t", level=level, level_label=level)
            for level in given
        ),
    )
    assert ["FS.1", "FS.4", "other", "Level not reported"] == [name for name, _ in told.by_level]


def test_what_is_not_reported_says_so_in_the_tables(rated: EvidenceDataset) -> None:
    """In words, never as an empty cell that looks like no; numbers stay numbers."""
    account = read_account(rated.store, f"{rated.base}case/fx-build")
    (determinant,) = TABLES["determinants"](account)
    assert "not reported" == determinant["told by"]
    assert "PARIHS.C.evaluation; PARIHS.E.local" == determinant["coded to"]
    (strategy,) = TABLES["strategies"](account)
    assert "not reported" == strategy["cost"]
    outcome = next(one for one in TABLES["outcomes"](account) if one["outcome"] == "Reviews done")
    assert ("measured", "improved") == (outcome["measured"], outcome["result"])
    rows = {row["construct"]: row for row in rating_rows(rated.cases["fx-build"])}
    culture = rows["PARIHS.C.culture"]
    assert (Decimal("0.25"), "Staff were told, not asked.") == (
        culture["score"],
        culture["rests on"],
    )
    assert "not measured" == rows["PARIHS.C.evaluation"]["status"]


def test_cycles_stand_in_time_run_by_run(systems: EvidenceDataset) -> None:
    """As a picture, as text and as a table: y-01 to y-03 are two runs of one case."""
    case = _case_of_visits(systems)
    picture = read_timeline(systems.store, case, "Visits after stroke", is_synthetic=True)
    assert ["calls", "visits"] == [run for run, _ in picture.runs]
    assert "cycle 2, Carers choose the day, 2010-07 to 2010-08: adopted" in picture.description
    (calls, first, second) = picture.to_table()
    assert ("abandoned", "not reported") == (calls["decision"], calls["prediction"])
    assert (1, 2) == (first["cycle"], second["cycle"])
    assert "abandoned" in picture.to_text(60)
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    drawn = texts(picture.to_svg())
    assert any("Visits are booked at discharge" in text for text in drawn)
    assert "adopted" in drawn and "2010" in drawn


def _case_of_visits(dataset: EvidenceDataset) -> str:
    """Return the case whose cycles the fixture names first."""
    return next(
        case
        for case in (f"{dataset.base}case/{name}" for name in dataset.cases)
        if any(one.series == "visits" for one in read_account(dataset.store, case).cycles)
    )


def test_a_case_without_cycles_has_no_picture(rated: EvidenceDataset) -> None:
    """The error says what is missing."""
    with pytest.raises(RecordNotFoundError, match="no cycle of improvement is recorded for 'B'"):
        read_timeline(rated.store, f"{rated.base}case/fx-build", "B", is_synthetic=True)


def test_a_cycle_without_an_end_does_not_look_short() -> None:
    """What is not known is said."""
    assert "not reported" == Cycle("urn:y", "urn:c", "x").time
    assert "until 2012" == Cycle("urn:y", "urn:c", "x", end="2012").time


def test_neighbours_are_other_studies_with_something_in_common(rated: EvidenceDataset) -> None:
    """Each says what is shared, and the study itself is never among them."""
    studies = [record.iri for record in rated.records("studies")]
    pairs = {(study, other) for study in studies for one in nearby(rated.store, study)
             for other in one.studies}  # fmt: skip
    assert pairs and all(study != other for study, other in pairs)
    assert pairs == {(other, study) for study, other in pairs}
