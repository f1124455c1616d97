"""Steps and cycles: changing the record that an answer rests on changes the answer."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import ParameterError

Edit = Callable[..., EvidenceDataset]
ID = "https://w3id.org/kmgraph/id/"
ORIGINAL = "https://w3id.org/kmgraph/framework/queri-original/"


@pytest.fixture(scope="module")
def systems(bundles: Mapping[str, EvidenceDataset]) -> EvidenceDataset:
    """Return the systems' bundle as it is."""
    return bundles["systems"]


def _column(rows: list[dict[str, Any]], *names: str) -> list[Any]:
    """Return values of the rows, without the base of IRIs."""
    values = [
        tuple(v.removeprefix(ID) if isinstance(v, str) else v for v in map(row.get, names))
        for row in rows
    ]
    return [value[0] for value in values] if len(names) == 1 else values


def test_111_follows_the_component_and_its_activities(edited_systems: Edit) -> None:
    """A step recoded leaves its component without a record, and its activities go with it."""
    found = edited_systems("steps", "k-02", construct="WARD.5")
    rows = found.ask("111", work="study/sys-S1").rows
    assert [
        ("done", "Survey of the wards", "step/sys-k-01"),
        ("not recorded", "none recorded", None),
        ("skipped", "none recorded", "step/sys-k-03"),
        ("done", "Workshops on two wards", "step/sys-k-04"),
        ("under way", "Visits to the other wards; Workshops on two wards", "step/sys-k-05"),
        ("done", "Search for trials", "step/sys-k-02"),
    ] == _column(rows, "status", "activities", "step")


def test_111_takes_a_study_with_its_cases_and_one_framework_alone(
    systems: EvidenceDataset,
) -> None:
    """Work on the cases of a study is listed under it; another framework is another answer."""
    rows = systems.ask("111", study="study/sys-S2").rows
    assert {"case/sys-S2-c1", "case/sys-S2-c2"} == set(_column(rows, "work"))
    graham = "https://w3id.org/kmgraph/framework/graham-kta-2006/"
    assert [] == systems.ask("111", scheme=graham).rows


def test_111_shows_work_coded_to_the_whole_framework(edited_systems: Edit) -> None:
    """A step coded to the framework as a whole is not lost."""
    rows = edited_systems("steps", "k-03", construct="WARD").ask("111", work="study/sys-S1").rows
    assert ("step/sys-k-03", "skipped") == _column(rows, "step", "status")[0]


def test_112_tells_skipped_from_not_reported_and_not_recorded(edited_systems: Edit) -> None:
    """The reason follows the record, and a step that is not reported was not skipped."""
    found = edited_systems("steps", "k-07", status="not_reported", statement="The log ends here.")
    rows = found.ask("112", work="case/sys-S2-c1").rows
    assert [
        ("not reported", "The log ends here."),
        ("not reported", "not reported"),
        ("not recorded", "not recorded"),
    ] == _column(rows, "state", "reason")
    assert [] == found.ask("112", work="case/sys-S2-c1", only="skipped").rows


def test_112_lists_what_was_passed_over_and_not_what_lies_ahead(edited_systems: Edit) -> None:
    """Steps without a record count as left out once a later one has begun."""
    found = edited_systems("steps", "q-06", status="under_way")
    rows = found.ask("112", work="case/sys-S1-c1").rows
    assert ["Evaluate improvement program feasibility"] == [
        row["constructLabel"].split(",")[0] for row in rows
    ]


def test_113_counts_each_step_once(edited_systems: Edit) -> None:
    """Finishing the last part of a step makes it done, and moves the furthest step on."""
    counts = ("done", "underWay", "planned", "skipped", "notReported", "notRecorded")
    found = edited_systems("steps", "q-05", status="done")
    (row,) = found.ask("113", work="case/sys-S1-c1").rows
    assert (4, 0, 1, 0, 0, 1) == tuple(row[name] for name in counts)
    assert "4: Implement improvement programs" == row["furthest"]
    assert row["steps"] == sum(row[name] for name in counts)


def test_113_names_no_furthest_step_where_there_is_no_order(edited_systems: Edit) -> None:
    """Ward's components have no order and PDSA is a cycle; neither has a furthest step."""
    rows = edited_systems("steps", "k-10", construct="PDSA.1").ask("113", work="study/sys-S3").rows
    assert {
        "Knowledge to action components (Ward et al. 2009)": ("no order of steps", 4),
        "Plan-Do-Study-Act cycle": ("a cycle", 1),
    } == {row["schemeLabel"]: (row["furthest"], row["done"]) for row in rows}


def test_113_says_what_it_does_not_count(edited_systems: Edit) -> None:
    """A record of the whole framework alone gives a row, in which no step is done."""
    found = edited_systems("steps", "z-05", construct="QUERI0", phase="")
    (row,) = found.ask("113", work="case/sys-S4-c1").rows
    assert (1, "QUERI six-step process, original: skipped") == (row["done"], row["uncounted"])
    (row,) = edited_systems("steps", "q-24", construct="QUERI").ask("113", work="study/sys-S5").rows
    assert (6, 6, "no step is done") == (row["steps"], row["notRecorded"], row["furthest"])
    assert "QUERI six-step process: planned" == row["uncounted"]


def test_114_follows_the_conditions_of_the_study(edited_systems: Edit) -> None:
    """A study of another condition takes its work with it."""
    found = edited_systems("studies", "S4", conditions="stroke")
    rows = [row for row in found.ask("114").rows if row["place"] == 4]
    assert [
        ("depression", 1, "4"),
        ("diabetes", 1, "6"),
        ("no condition reported", 2, "1"),
        ("stroke", 2, "3"),
    ] == _column(rows, "conditionLabel", "works", "furthest")
    rows = found.ask("114", only="condition/sys-stroke").rows
    assert [1, 2, 3, 4, 5, 6] == _column(rows, "place")


def test_114_keeps_the_wordings_of_queri_apart(systems: EvidenceDataset) -> None:
    """Work recorded in the original wording counts there and nowhere else."""
    rows = systems.ask("114", scheme=ORIGINAL).rows
    assert [
        *[("depression", 1, "4")] * 6,
        *[("diabetes", 2, "4")] * 6,
        *[("stroke", 1, "4")] * 6,
    ] == _column(rows, "conditionLabel", "works", "furthest")


def test_115_finds_the_next_phase(edited_systems: Edit) -> None:
    """What was not recorded between two phases is unknown; filled in, it was reached."""
    rows = edited_systems("steps", "q-10", phase="small_multi_site").ask("115").rows
    assert ["unknown", "reached", "reached", "next"] == [
        row["reading"] for row in rows if row["work"].endswith("sys-S2")
    ]


def test_115_never_takes_a_skipped_phase_for_the_next(edited_systems: Edit) -> None:
    """Not reported where it was skipped is unknown, and planned after all it comes next."""
    work = "case/sys-S4-c1"
    rows = edited_systems("steps", "z-05", status="not_reported").ask("115", work=work).rows
    assert ["reached", "unknown", "further on", "further on"] == _column(rows, "reading")
    rows = edited_systems("steps", "z-05", status="planned").ask("115", work=work).rows
    assert ["reached", "next", "further on", "further on"] == _column(rows, "reading")


def test_115_tells_planned_from_reported_behind_the_furthest(edited_systems: Edit) -> None:
    """A phase that is still planned behind a wider one says so; not reported is never a no."""
    rows = edited_systems("steps", "z-07", status="planned").ask("115", work="case/sys-S2-c2").rows
    assert ["reached", "still planned", "reached", "next"] == _column(rows, "reading")
    rows = edited_systems("steps", "z-07", status="skipped").ask("115", work="case/sys-S2-c2").rows
    assert ["reached", "skipped", "reached", "next"] == _column(rows, "reading")


def test_115_says_nothing_of_phases_that_are_only_planned(edited_systems: Edit) -> None:
    """A phase that is planned was not reached and comes next."""
    rows = edited_systems("steps", "q-05", status="planned").ask("115", study="study/sys-S1").rows
    assert [
        ("done", "reached"),
        ("planned", "next"),
        ("not recorded", "further on"),
        ("not recorded", "further on"),
    ] == _column(rows, "status", "reading")


def test_116_finds_the_first_step_that_is_not_done(edited_systems: Edit) -> None:
    """Once the skipped step is done, the first open one is further on."""
    found = edited_systems("steps", "q-08", status="done")
    (row,) = found.ask("116", work="study/sys-S2").rows
    assert (5, "not reported", "not reported") == (row["place"], row["status"], row["reason"])
    assert ["1", "2", "3", "4"] == [step[0] for step in row["done"].split("; ")]
    (row,) = found.ask("116", work="case/sys-S3-c1", scheme=ORIGINAL).rows
    assert (3, "under way: Practice is being compared with it.") == (row["place"], row["reason"])


def test_116_asks_only_frameworks_with_an_order(systems: EvidenceDataset) -> None:
    """Ward's components have no first one that is open."""
    with pytest.raises(ParameterError, match="scheme"):
        systems.ask("116", scheme="https://w3id.org/kmgraph/framework/ward-kta-2009/")


def test_120_says_which_stages_are_missing(edited_systems: Edit) -> None:
    """A stage that is taken away is not reported; a number that changes moves the cycle."""
    found = edited_systems("cycles", "y-08", did="", sequence="3")
    rows = found.ask("120", work="study/sys-S3").rows
    assert [(2, "none"), (3, "do"), (11, "do, study")] == _column(rows, "sequence", "missing")
    assert "not reported" == rows[1]["did"]


def test_120_keeps_runs_apart(edited_systems: Edit) -> None:
    """A cycle that is moved to another run is listed there."""
    rows = edited_systems("cycles", "y-03", series="visits", sequence="3").ask("120").rows
    visits = [row for row in rows if row["run"] == "visits"]
    assert ["cycle/sys-y-01", "cycle/sys-y-02", "cycle/sys-y-03"] == _column(visits, "cycle")


def test_121_goes_by_number_where_nothing_is_recorded(edited_systems: Edit) -> None:
    """Without a word of what it follows, a cycle goes on from the number before it."""
    rows = edited_systems("cycles", "y-06", follows="").ask("121", work="case/sys-S2-c1").rows
    assert [("recorded", 1, 2), ("by number", 2, 3)] == _column(
        rows, "link", "fromNumber", "toNumber"
    )


def test_121_compares_the_changes(edited_systems: Edit) -> None:
    """The same words are the same change, and a change without words is not known."""
    again = edited_systems("cycles", "y-08", change="socks off in the waiting room.")
    assert ["the same change", "another change"] == _column(
        again.ask("121", study="study/sys-S3").rows, "compared"
    )
    silent = edited_systems("cycles", "y-08", change="")
    rows = silent.ask("121", study="study/sys-S3").rows
    assert ["not known", "not known"] == _column(rows, "compared")
    assert "not reported" == rows[0]["latterChange"]


def test_122_counts_decisions(edited_systems: Edit) -> None:
    """A decision that changes moves the cycle; what was studied is counted apart."""
    rows = edited_systems("cycles", "y-04", decision="abandoned").ask("122").rows
    assert [
        ("adopted", 3, 11, 1),
        ("adapted", 2, 11, 0),
        ("abandoned", 3, 11, 1),
        ("undecided", 1, 11, 1),
        ("not reported", 2, 11, 2),
    ] == _column(rows, "decision", "cycles", "ofCycles", "unstudied")


def test_nothing_is_told_of_work_without_steps_and_cycles(rated: EvidenceDataset) -> None:
    """Where no step and no cycle is recorded, no answer makes any up."""
    for number in ("111", "112", "113", "114", "115", "116", "120", "121", "122"):
        assert [] == rated.ask(number).rows
