"""Synthetic programmes: the same from the same seed, valid, and true to their stated model."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import tracemalloc
from collections import defaultdict
from math import exp, sqrt
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.opening import open_bundle
from kmgraph.cli import cli
from kmgraph.cli.picturing import profile
from kmgraph.errors import InputError
from kmgraph.instruments import find_instrument
from kmgraph.progress import ProgressEvent
from kmgraph.quality import validate_bundle
from kmgraph.records import TABLES
from kmgraph.synthetic import SyntheticProgramme, generate, model, words
from kmgraph.synthetic.chance import Stream
from kmgraph.synthetic.study import MAX_CASES, MAX_RATERS
from kmgraph.synthetic.surveys import SUPPRESSED_BELOW

#: SHA-256 of the rows of seed 1: another version of Python or machine has to give it too.
#: A change to the generator changes it; then the new one is put here.
ROWS_OF_SEED_1 = "724e36c0230889ee06608e35f6e45d0355b195a69e667f06d4e6c8b7913e0070"

Cells = dict[str, str]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of 300 studies."""
    path = tmp_path_factory.mktemp("synthetic") / "bundle"
    generate(path, studies=300, seed=11)
    return path


@pytest.fixture(scope="module")
def large() -> dict[str, list[Cells]]:
    """Return the rows of 3,000 studies by sheet."""
    sheets: dict[str, list[Cells]] = defaultdict(list)
    for sheet, cells in SyntheticProgramme(seed=5).rows(3_000):
        sheets[sheet].append(cells)
    return sheets


def read(bundle: Path, sheet: str) -> list[Cells]:
    """Return the rows of a sheet."""
    with (bundle / f"{sheet}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digest(directory: Path) -> str:
    """Return the SHA-256 of the names and bytes of a folder."""
    found = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def score(cells: Cells) -> float | None:
    """Return the score of a rating, 0 to 1, where it has one."""
    if cells.get("score"):
        return float(cells["score"])
    return (float(cells["raw_score"]) - 1) / 4 if cells.get("raw_score") else None


def test_same_seed_same_bytes_whatever_the_process(tmp_path: Path) -> None:
    """Neither hash randomisation nor the locale nor an earlier run shows in the files."""
    code = "import sys; from kmgraph.synthetic import generate; "
    code += "generate(sys.argv[1], studies=90, seed=4)"
    for name, hash_seed, zone in (("one", "1", "UTC"), ("two", "2", "Asia/Tokyo")):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": "C"}
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / name)], env=environment, check=True
        )
    generate(tmp_path / "three", studies=90, seed=4)
    assert digest(tmp_path / "one") == digest(tmp_path / "two") == digest(tmp_path / "three")


def test_the_rows_of_a_seed_are_those_of_every_machine() -> None:
    """Nothing depends on how a machine rounds or on a version of Python."""
    rows = json.dumps(list(SyntheticProgramme(seed=1).rows(60)))
    assert hashlib.sha256(rows.encode()).hexdigest() == ROWS_OF_SEED_1


def test_another_seed_gives_another_programme(tmp_path: Path) -> None:
    """Each sheet about studies differs."""
    for seed in (1, 2):
        generate(tmp_path / str(seed), studies=20, seed=seed)
    for sheet in ("studies", "cases", "assessments", "outcomes", "documents"):
        assert read(tmp_path / "1", sheet) != read(tmp_path / "2", sheet)


@pytest.mark.parametrize("number", [1, 40, 41, 173, 300])
def test_a_study_alone_is_as_in_the_whole(bundle: Path, number: int) -> None:
    """A study can be made without the others, which is what lets runs be shared out."""
    alone: dict[str, list[Cells]] = defaultdict(list)
    for sheet, cells in SyntheticProgramme(seed=11).study(number):
        alone[sheet].append(cells)
    for sheet in TABLES:
        whole = [
            {name: cell for name, cell in cells.items() if cell}
            for cells in read(bundle, sheet)
            if cells["id"] == f"S{number}" or cells["id"].startswith(f"S{number}-")
        ]
        given = [{name: cell for name, cell in row.items() if cell} for row in alone[sheet]]
        assert whole == given, sheet


def test_more_studies_leave_the_first_ones_alone(bundle: Path, tmp_path: Path) -> None:
    """A programme of more studies begins as the smaller one does."""
    generate(tmp_path / "b", studies=50, seed=11)
    few, many = read(tmp_path / "b", "assessments"), read(bundle, "assessments")
    assert few == many[: len(few)]


def test_the_rows_have_no_problems(bundle: Path) -> None:
    """What is generated passes the checks that people's own bundles have to pass."""
    assert BundleCheck(open_bundle(bundle)).problems() == []


@pytest.mark.parametrize(
    ("seed", "cases", "raters"), [(0, 1, 1), (2, MAX_CASES, MAX_RATERS), (2**63 - 1, 2.5, 2)]
)
def test_the_rows_have_no_problems_at_the_edges(
    seed: int, cases: float, raters: float, tmp_path: Path
) -> None:
    """The smallest and the largest arguments give good bundles of the right size."""
    summary = generate(tmp_path / "b", studies=80, seed=seed, cases=cases, raters=raters)
    assert BundleCheck(open_bundle(tmp_path / "b")).problems() == []
    mean = summary.records["cases"] / 80
    assert mean == cases if cases in (1, MAX_CASES) else abs(mean - cases) < 0.4


@pytest.mark.parametrize("seed", [1, 2])
def test_the_shapes_are_kept(seed: int, tmp_path: Path) -> None:
    """Nothing violates a shape, and nothing is worth a warning."""
    pytest.importorskip("pyshacl", reason="pySHACL is not installed")
    generate(tmp_path / "b", studies=12, seed=seed)
    report = validate_bundle(tmp_path / "b")
    assert report.conforms, report.to_text()
    assert not report.results, report.to_text()


@pytest.mark.parametrize("seed", range(5))
def test_every_sheet_has_rows(seed: int, tmp_path: Path) -> None:
    """No table is left out of a small programme."""
    assert set(TABLES) == set(generate(tmp_path / "b", studies=30, seed=seed).records)
    assert {f"{sheet}.csv" for sheet in TABLES} == {f.name for f in (tmp_path / "b").iterdir()}


def test_the_dataset_says_what_it_is(bundle: Path) -> None:
    """Whoever reads the dataset sees that it is synthetic, and by which model."""
    (dataset,) = read(bundle, "dataset")
    assert ("synthetic-programme", "yes", "syn-") == (
        dataset["id"],
        dataset["synthetic"],
        dataset["id_prefix"],
    )
    assert "ynthetic" in dataset["title"]
    assert model.STATEMENT in dataset["description"]
    for value in (model.B_0, model.B_E, model.B_C, model.B_F, model.B_EC):
        assert str(value) in model.STATEMENT


def test_quantities_are_as_asked(large: dict[str, list[Cells]]) -> None:
    """Records, cases, raters and ratings come in the stated numbers."""
    studies, cases = len(large["studies"]), len(large["cases"])
    assert 35 < sum(map(len, large.values())) / studies < 42
    assert 1.4 < cases / studies < 1.6
    coded = [cells["construct"].startswith("NPT.") for cells in large["assessments"]]
    assert 7 < coded.count(False) / cases < 9
    assert 1 < coded.count(True) / cases < 2
    sites: dict[str, list[str]] = defaultdict(list)
    for cells in large["cases"]:
        sites[cells["study"]].append(cells["site"])
    assert {1, 2, 3, 4} == set(map(len, sites.values()))
    assert len(sites) == studies
    assert all(len(found) == len(set(found)) for found in sites.values())


def test_every_kind_of_rating_is_there(large: dict[str, list[Cells]]) -> None:
    """Scores, raw scores, bands, positions, appropriateness, reasons, rounds, levels, surveys."""
    ratings = large["assessments"]
    for column in TABLES["assessments"].columns:
        if column.name not in ("descriptor", "note", "assertion_kind"):
            assert any(cells.get(column.name) for cells in ratings), column.name
    assert {"not_reported", "not_measured", "not_applicable", "unclear", "suppressed", ""} == {
        cells.get("rating_status", "") for cells in ratings
    }
    roles = {cells.get("rater_role", "") for cells in ratings}
    assert {"manager", "staff", "patient representative"} < roles
    assert {"low", "mixed", "high"} == {c["band"] for c in ratings if "band" in c}
    assert {"PARIHS", "P98", "iP", "ORCA", "NPT"} == {c["construct"].split(".")[0] for c in ratings}
    assert all(cells["passages"] for cells in ratings)


def test_nobody_is_named_and_no_patient_is_a_record(large: dict[str, list[Cells]]) -> None:
    """People have pseudonyms by role; patient representatives are a role and no more."""
    assert not {"name", "orcid"} & {column for cells in large["people"] for column in cells}
    roles = {cells.get("rater_role", "") for cells in large["assessments"] if "rater" in cells}
    # Surveys that are withheld have no role.
    assert {"manager", "staff", "rating panel", ""} == roles


def test_settings_of_sites_are_those_of_their_studies(large: dict[str, list[Cells]]) -> None:
    """A study works in the settings of its sites, and these are settings of its theme."""
    setting = {cells["id"]: cells["setting"] for cells in large["sites"]}
    used: dict[str, set[str]] = defaultdict(set)
    for cells in large["cases"]:
        used[cells["study"]].add(setting[cells["site"]])
    fitting = {theme.id: set(theme.settings) for theme in words.THEMES}
    for cells in large["studies"]:
        assert used[cells["id"]] == set(cells["settings"].split(";")) <= fitting[cells["themes"]]


def test_only_facilitation_itself_is_rated_appropriate(large: dict[str, list[Cells]]) -> None:
    """Parts of facilitation have a position at most."""
    rated = {c["construct"] for c in large["assessments"] if "appropriateness" in c}
    assert {"PARIHS.F", "P98.F"} == rated
    placed = {c["construct"] for c in large["assessments"] if "approach_position" in c}
    assert {"PARIHS.F.purpose", "PARIHS.F.role", "PARIHS.F.skills"} == placed


def test_a_second_round_replaces_the_first(large: dict[str, list[Cells]]) -> None:
    """Later ratings are by the same rater in the same form, and context has moved up."""
    first: dict[tuple[str, ...], Cells] = {}
    changes: dict[str, list[float]] = {"E": [], "C": []}
    again = 0
    for cells in large["assessments"]:
        names = ("about", "construct", "rater", "rater_role", "instrument", "construct_level")
        key = tuple(cells.get(name, "") for name in names)
        if "-report2-" not in cells["passages"]:
            first[key] = cells
            continue
        again += 1
        earlier = first[key]
        assert earlier["date"] < cells["date"]
        before, after, element = score(earlier), score(cells), key[1].split(".")[1]
        if before is not None and after is not None and element in changes:
            changes[element].append(after - before)
    means = {element: sum(found) / len(found) for element, found in changes.items()}
    assert again > 200
    assert abs(means["C"] - model.CONTEXT_DRIFT_MEAN) < 0.04
    assert abs(means["E"]) < 0.04


def test_small_surveys_are_withheld(large: dict[str, list[Cells]]) -> None:
    """A score never rests on fewer answers than may be shown, and sums up who answered."""
    surveys = [
        cells
        for cells in large["assessments"]
        if cells["construct"].startswith("ORCA.") and cells["construct_level"] == "FS.2"
    ]
    assert any(cells.get("rating_status") == "suppressed" for cells in surveys)
    for cells in surveys:
        if cells.get("rating_status") == "suppressed":
            numbers = {"eligible", "responding", "raw_score", "scale_low", "rater_role"}
            assert not numbers & set(cells)
        else:
            assert SUPPRESSED_BELOW <= int(cells["responding"]) <= int(cells["eligible"])
    persons = {cells["id"]: cells for cells in large["assessments"]}
    summed = [cells for cells in surveys if "aggregates" in cells]
    assert summed
    for cells in summed:
        parts = [float(persons[part]["raw_score"]) for part in cells["aggregates"].split(";")]
        assert len(parts) == int(cells["responding"])
        assert abs(sum(parts) / len(parts) - float(cells["raw_score"])) < 0.006


def test_surveys_are_as_scored_ones(large: dict[str, list[Cells]]) -> None:
    """The rows of a survey have the instrument, raters and levels that scoring gives."""
    orca = find_instrument("ORCA")
    teams = {
        cells["id"]: cells["part_of"] for cells in large["organisations"] if "part_of" in cells
    }
    people = {cells["id"] for cells in large["people"]}
    levels = set()
    for cells in large["assessments"]:
        if not cells["construct"].startswith("ORCA."):
            continue
        levels.add((cells["construct_level"], cells["informant_level"]))
        assert (orca.cell, "computed") == (cells["instrument"], cells["assertion_kind"])
        assert cells["rater"] in (teams if cells["construct_level"] == "FS.2" else people)
    assert {("FS.2", "FS.1"), ("FS.1", "FS.1")} == levels
    trusts = {cells["organisation"] for cells in large["sites"]}
    assert set(teams.values()) <= trusts


def test_raters_differ_by_their_role(large: dict[str, list[Cells]]) -> None:
    """Managers see context higher than staff do; patients see patient experience lower."""
    seen: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for cells in large["assessments"]:
        value = score(cells)
        if value is not None and cells["construct"].startswith("PARIHS."):
            seen[cells["about"], cells["construct"]].setdefault(cells["rater_role"], value)
    context, patient = [], []
    for (_, construct), values in seen.items():
        if construct.startswith("PARIHS.C.") and {"manager", "staff"} <= set(values):
            context.append(values["manager"] - values["staff"])
        if construct == "PARIHS.E.patient" and {"patient representative", "staff"} <= set(values):
            patient.append(values["patient representative"] - values["staff"])
    assert len(context) > 300 and len(patient) > 50
    # Values cut off at 0 and 1 take a little off the difference.
    assert abs(sum(context) / len(context) - model.MANAGER_CONTEXT_BIAS) < 0.03
    assert abs(sum(patient) / len(patient) - model.PATIENT_EXPERIENCE_BIAS) < 0.06


def test_improvement_follows_the_stated_model() -> None:
    """In each fifth of the cases, as many improve as the model says."""
    stream = Stream(3, "a check of the model")
    cases = []
    for _ in range(10_000):
        case = model.latent_case(stream, model.latent_study(stream), 0.0)
        noise = model.OUTCOME_NOISE_SD * stream.normal()
        expected = model.improvement_probability(case, noise)
        cases.append((expected, stream.chance(expected), model.outcome_direction(stream, case)))
    cases.sort()
    for fifth in (cases[start : start + 2_000] for start in range(0, 10_000, 2_000)):
        expected = sum(case[0] for case in fifth) / len(fifth)
        error = sqrt(expected * (1 - expected) / len(fifth))
        assert abs(sum(case[1] for case in fifth) / len(fifth) - expected) < 4 * error
        # Sorting by one draw of the noise says nothing of the other, so the bounds are wider.
        assert abs(sum(case[2] == "improved" for case in fifth) / len(fifth) - expected) < 0.08
    assert 0.35 < sum(case[0] for case in cases) / len(cases) < 0.65


@pytest.mark.parametrize(
    ("evidence", "context", "task", "enabling"),
    [(0.8, 0.8, 1, 0), (0.8, 0.2, 0, 1), (0.2, 0.2, 0, 1), (0.2, 0.8, 0.5, 0.5)],
)
def test_what_facilitation_counts_follows_from_its_position(
    evidence: float, context: float, task: float, enabling: float
) -> None:
    """Nothing but the values of a case decides what its facilitation counts."""
    for position, counts in ((0.1, task), (0.9, enabling)):
        case = model.LatentCase((evidence,) * 4, (context,) * 4, position)
        assert counts == case.fit
        logit = model.B_0 + model.B_E * evidence + model.B_C * context
        logit += model.B_F * counts + model.B_EC * evidence * context
        expected = 1 / (1 + exp(-logit))
        assert abs(model.improvement_probability(case) - expected) < 0.002


def test_the_statement_has_every_case_of_facilitation() -> None:
    """What the dataset says of F is what is worked out."""
    for said in ("F is 1 where", "0 where it is on the other", "F is 0.5 for low E and high C"):
        assert said in model.STATEMENT
    page = Path(__file__).resolve().parents[1] / "docs" / "synthetic.md"
    assert model.STATEMENT in page.read_text(encoding="utf-8")


def test_what_is_rated_foretells_the_outcome(large: dict[str, list[Cells]]) -> None:
    """Through raters' noise, well-rated cases improve more often, and so does suited support."""
    rated: dict[str, list[float]] = defaultdict(list)
    suits: dict[str, str] = {}
    for cells in large["assessments"]:
        value = score(cells)
        if value is not None and cells["construct"].split(".")[0] == "PARIHS":
            rated[cells["about"]].append(value)
        if cells["construct"] == "PARIHS.F" and "appropriateness" in cells:
            suits.setdefault(cells["about"], cells["appropriateness"])
    results: dict[str, list[bool]] = defaultdict(list)
    for cells in large["outcomes"]:
        case = cells["about"]
        if cells.get("constructs") != "PARIHS.SI" or "direction" not in cells:
            continue
        improved = cells["direction"] == "improved"
        if len(rated[case]) >= 4:
            mean = sum(rated[case]) / len(rated[case])
            results["high" if mean > 0.6 else "low" if mean < 0.4 else "between"].append(improved)
        results[suits.get(case, "")].append(improved)
    share = {name: sum(found) / len(found) for name, found in results.items()}
    assert min(map(len, results.values())) > 100
    assert share["low"] + 0.08 < share["between"] < share["high"] - 0.08
    assert share["inappropriate"] + 0.08 < share["appropriate"]


def test_estimates_go_with_their_direction(large: dict[str, list[Cells]]) -> None:
    """What improved or worsened has an interval on its side of nothing, others have not."""
    checked = 0
    for cells in large["outcomes"]:
        if "estimate" not in cells:
            assert "interval_low" not in cells
            continue
        checked += 1
        low, high = float(cells["interval_low"]), float(cells["interval_high"])
        good = 1 if cells["benefit"] == "higher" else -1
        assert low <= float(cells["estimate"]) <= high
        side = good if low > 0 else -good if high < 0 else 0
        expected = {"improved": 1, "worsened": -1, "unchanged": 0, "uncertain": 0}
        # Two decimal places may put the end of an interval on nothing itself.
        assert side == expected[cells["direction"]] or 0.0 in (low, high)
    assert checked > 1_000


def test_barriers_stand_where_the_state_is_low(large: dict[str, list[Cells]]) -> None:
    """What is coded as helping is rated higher than what is coded as hindering."""
    rated = {
        (cells["about"], cells["construct"]): value
        for cells in large["assessments"]
        if (value := score(cells)) is not None
    }
    found: dict[str, list[float]] = defaultdict(list)
    for cells in large["determinants"]:
        key = cells["about"], cells["constructs"]
        if key in rated and "kind" in cells:
            found[cells["kind"]].append(rated[key])
    mean = {kind: sum(values) / len(values) for kind, values in found.items()}
    assert mean["barrier"] < 0.4 < 0.6 < mean["enabler"]


def test_steps_are_taken_as_their_process_has_it(large: dict[str, list[Cells]]) -> None:
    """Components come in any order; steps up to the one that was reached; one step in phases."""
    by_study: dict[str, list[Cells]] = defaultdict(list)
    for cells in large["steps"]:
        by_study[cells["about"]].append(cells)
        assert ("statement" in cells) == (cells["status"] in ("done", "under_way", "skipped"))
        assert ("start" in cells) == (cells["status"] in ("done", "under_way"))
        assert ("phase" in cells) == (cells["construct"] == "QUERI.4") or "start" not in cells
        assert cells.get("start", "") <= cells.get("end", "9")
    phases = ["single_site", "small_multi_site", "large_multi_region", "system_wide"]
    furthest = set()
    for steps in by_study.values():
        queri = [cells for cells in steps if cells["construct"].startswith("QUERI.")]
        status = [cells["status"] for cells in queri]
        begun = [s for s in status if s != "planned"]
        assert status[: len(begun)] == begun
        assert not queri or begun.count("under_way") == 1
        taken = [cells["phase"] for cells in queri if "phase" in cells]
        assert taken == phases[: len(taken)]
        furthest |= {taken[-1]} if taken else set()
    assert furthest == set(phases)
    states = {cells["status"] for cells in large["steps"] if cells["construct"] == "WARD.3"}
    assert {"planned", "under_way", "done", "skipped", "not_reported"} == states
    assert any("activities" in cells for cells in large["steps"])


def test_cycles_go_on_from_each_other(large: dict[str, list[Cells]]) -> None:
    """Each follows the one before, tries something else, and decides on what it studied."""
    cycles = {cells["id"]: cells for cells in large["cycles"]}
    for cells in cycles.values():
        if cells["sequence"] == "1":
            assert "follows" not in cells
        else:
            before = cycles[cells["follows"]]
            assert int(before["sequence"]) + 1 == int(cells["sequence"])
            assert (before["about"], before["series"]) == (cells["about"], cells["series"])
            assert before["end"] <= cells["start"] and before["change"] != cells["change"]
        assert ("studied" in cells) == (cells["decision"] != "not_reported") == ("act" in cells)
    assert {"adopted", "adapted", "abandoned", "undecided", "not_reported"} == {
        cells["decision"] for cells in cycles.values()
    }


def test_normalising_is_rated_twice_and_grows(large: dict[str, list[Cells]]) -> None:
    """All sixteen components are coded somewhere, not all in each case, and later ones higher."""
    found: dict[tuple[str, str], list[Cells]] = defaultdict(list)
    for cells in large["assessments"]:
        if cells["construct"].startswith("NPT."):
            found[cells["about"], cells["construct"]].append(cells)
    changes = []
    for ratings in found.values():
        assert len(ratings) <= 2 and [r["date"] for r in ratings] == sorted(
            r["date"] for r in ratings
        )
        values = [value for cells in ratings if (value := score(cells)) is not None]
        if len(values) == 2:
            changes.append(values[1] - values[0])
    assert 16 == len({construct for _, construct in found})
    assert 5 < len(found) / len({case for case, _ in found}) < 16
    assert len(changes) > 300
    assert abs(sum(changes) / len(changes) - model.NPT_DRIFT_MEAN) < 0.03
    assert {"low", "mixed", "high"} == {
        r["band"] for rs in found.values() for r in rs if "band" in r
    }


def test_what_is_only_intended_has_no_date(large: dict[str, list[Cells]]) -> None:
    """Fellows change things in their own study and where they come from."""
    origin = {cells["id"]: cells["seconded_from"] for cells in large["posts"]}
    study = {cells["id"]: cells["aligned_with"] for cells in large["posts"]}
    for cells in large["changes"]:
        assert ("date" in cells) == (cells["status"] in ("made", "under_way"))
        post = cells["prompted_by"]
        if cells.get("direction") == "inwards":
            assert cells["changed"] in (study[post], f"{study[post]}-innovation")
        elif cells.get("direction") == "outwards":
            assert cells["changed"] == origin[post]
    assert {"made", "under_way", "intended", "refused", "not_reported"} == {
        cells["status"] for cells in large["changes"]
    }


def test_a_change_is_worded_alike_however_it_stands(large: dict[str, list[Cells]]) -> None:
    """What is only intended, or not reported, is not worded as done."""
    worded: dict[str, set[str]] = defaultdict(set)
    for cells in large["changes"]:
        if "direction" in cells:
            worded[cells["statement"]].add(cells["status"])
    told = re.compile(r"\b(was|were|kept|changed|made|moved)\b")
    assert 6 == len(worded)
    for statement, states in worded.items():
        assert {"made", "intended", "not_reported"} <= states
        assert not told.search(statement)


def test_fellows_tie_communities_to_each_other(large: dict[str, list[Cells]]) -> None:
    """Some fellows in post belong to the community of their study and to that of the region."""
    status = {cells["id"]: cells["status"] for cells in large["posts"]}
    groups: dict[str, set[str]] = defaultdict(set)
    for cells in large["memberships"]:
        if cells.get("member") in status:
            groups[cells["member"]].add(cells["group"])
    assert {"filled"} == {status[post] for post in groups}
    assert sum(len(found) == 2 for found in groups.values()) > 100
    communities = {cells["id"] for cells in large["communities"]}
    assert set().union(*groups.values()) <= communities


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"studies": 0}, "studies is 0: it takes a whole number from 1 to"),
        ({"studies": 10_000_001}, "studies is 10000001"),
        ({"studies": 2.5}, "studies is 2.5"),
        ({"studies": True}, "studies is True"),
        ({"seed": -1}, "seed is -1: it takes a whole number from 0 to"),
        ({"seed": 2**63}, f"seed is {2**63}"),
        ({"seed": "1"}, "seed is '1'"),
        ({"cases": 0.9}, "cases is 0.9: it takes a number from 1 to 4"),
        ({"cases": float("nan")}, "cases is nan"),
        ({"raters": 3.1}, "raters is 3.1: it takes a number from 1 to 3"),
        ({"dataset_id": "Two Words"}, "the dataset id is 'Two Words': it takes lower-case"),
        ({"dataset_id": "derived"}, "a name other than"),
        ({"dataset_id": ""}, "the dataset id is ''"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], message: str, tmp_path: Path) -> None:
    """The message says what is wrong and what is right, and nothing is written."""
    good: dict[str, Any] = {"studies": 2, "seed": 1}
    with pytest.raises(InputError, match=message):
        generate(tmp_path / "b", **(good | arguments))
    assert not (tmp_path / "b").exists()


def test_a_study_that_cannot_be_is_refused() -> None:
    """Studies are counted from 1."""
    with pytest.raises(InputError, match="study is 0"):
        SyntheticProgramme(seed=1).study(0)


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written over, and an empty folder is taken."""
    used = tmp_path / "used"
    used.mkdir()
    (used / "studies.csv").write_text("mine")
    with pytest.raises(InputError, match=r"used is not empty: choose a new or empty folder"):
        generate(used, studies=1, seed=1)
    assert (used / "studies.csv").read_text() == "mine"
    with pytest.raises(InputError, match=r"studies\.csv is a file: choose a folder"):
        generate(used / "studies.csv", studies=1, seed=1)
    (tmp_path / "empty").mkdir()
    assert generate(tmp_path / "empty", studies=1, seed=1).records["studies"] == 1


def test_what_was_stopped_is_no_bundle(tmp_path: Path) -> None:
    """A folder that was not finished has no dataset row and is refused by the checks."""

    def stop(event: ProgressEvent) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "b", studies=1_001, seed=1, progress=stop)
    problems = BundleCheck(open_bundle(tmp_path / "b")).file_problems
    assert "missing-sheet" in {problem.code for problem in problems}


def test_progress_is_told(tmp_path: Path) -> None:
    """Events count the studies up to their number."""
    events: list[ProgressEvent] = []
    generate(tmp_path / "b", studies=1_500, seed=1, progress=events.append)
    assert [(1_000, 1_500), (1_500, 1_500)] == [(event.done, event.total) for event in events]
    assert {"generate"} == {event.phase for event in events}


def test_two_programmes_have_ids_of_their_own(tmp_path: Path) -> None:
    """Another dataset id comes with another prefix, so both fit into one store."""
    generate(tmp_path / "b", studies=1, seed=1, dataset_id="second")
    (dataset,) = read(tmp_path / "b", "dataset")
    assert ("second", "second-") == (dataset["id"], dataset["id_prefix"])


def test_memory_does_not_grow_with_the_programme(tmp_path: Path) -> None:
    """Ten times the studies take about the same memory."""
    generate(tmp_path / "first", studies=50, seed=1)
    peaks = []
    for studies in (150, 1_500):
        tracemalloc.start()
        generate(tmp_path / str(studies), studies=studies, seed=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.25 * peaks[0]


def test_the_example_of_profile_is_generated(tmp_path: Path) -> None:
    """The id in the help is one that a generated programme has."""
    generate(tmp_path / "b", studies=2, seed=1)
    runner, store = CliRunner(), str(tmp_path / "store")
    assert runner.invoke(cli, ["init", "--store", store]).exit_code == 0
    built = runner.invoke(cli, ["build", str(tmp_path / "b"), "--store", store, "--quiet"])
    assert built.exit_code == 0, built.output
    case = (profile.epilog or "").split()[3]
    shown = runner.invoke(cli, ["profile", case, "--store", store])
    assert shown.exit_code == 0, shown.output
    assert "Case 1 of study 1" in shown.output


def test_the_command_writes_a_bundle(tmp_path: Path) -> None:
    """The command says what it wrote, as text and as JSON, and fails with a reason."""
    runner = CliRunner()
    target = str(tmp_path / "b")
    arguments = ["generate", target, "--studies", "5", "--seed", "9", "--id", "mine", "--json"]
    result = runner.invoke(cli, [*arguments, "--cases", "1", "--raters", "2"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert (5, 5, "mine") == (told["records"]["studies"], told["records"]["cases"], told["dataset"])
    assert told["total"] == sum(told["records"].values())
    refused = runner.invoke(cli, ["generate", target, "--studies", "5", "--seed", "9"])
    assert (1, True) == (refused.exit_code, "is not empty" in refused.output)
    text = runner.invoke(cli, ["generate", f"{target}2", "--studies", "2", "--seed", "9"])
    assert f"records to {target}2" in text.output
