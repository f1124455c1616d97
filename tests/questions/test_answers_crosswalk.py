"""What a case looks like through another framework follows its codings and the mappings."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.namespaces import DEFAULT_BASE

Edit = Callable[..., EvidenceDataset]
FRAMEWORK = "https://w3id.org/kmgraph/framework/"
CASE = {"about": "case/ndl-SR1-case"}


def _ends(rows: list[dict[str, Any]], name: str) -> list[str]:
    """Return the ids at the ends of IRIs."""
    return [str(row[name] or "").rpartition("/")[2] for row in rows]


def test_026_follows_the_coding(edited: Edit) -> None:
    """A case coded otherwise is found elsewhere, or lost, or in the framework itself."""
    found = edited("determinants", "e-sr1-outside-health", constructs="PARIHS.F.skills")
    (row,) = found.ask("26", CASE).rows
    assert ("no mapping recorded", None, None) == (row["match"], row["mapped"], row["confidence"])
    assert row["passages"]
    found = edited("determinants", "e-sr1-outside-health", constructs="CFIR2.III.D;CFIR1.III.C")
    rows = found.ask("26", CASE).rows
    assert [("exact", "CFIR2.III.D"), ("coded to it", "")] == [
        (row["match"], mapped) for row, mapped in zip(rows, _ends(rows, "mapped"), strict=True)
    ]
    assert ["from memory", None] == [row["mappingStatus"] for row in rows]


def test_026_reads_mappings_backwards(edited: Edit) -> None:
    """Through the older version, what became narrower is broader, and the row says backwards."""
    found = edited("determinants", "e-sr1-outside-health", constructs="CFIR2.III.B")
    (row,) = found.ask("26", {**CASE, "target": f"{FRAMEWORK}cfir-2009/"}).rows
    assert ("broad", "backwards", Decimal("0.6")) == (
        row["match"],
        row["reading"],
        row["confidence"],
    )
    assert ["CFIR1.III.B"] == _ends([row], "mapped")


def test_026_loses_everything_where_there_is_no_map(dataset: EvidenceDataset) -> None:
    """Through a framework that no mapping leads to, each coding is lost and none is dropped."""
    rows = dataset.ask("26", {"target": f"{FRAMEWORK}npt/"}).rows
    assert 44 == len(rows)
    assert {"no mapping recorded"} == {row["match"] for row in rows}
    assert all(row["passages"] for row in rows)


def test_026_takes_a_study_with_its_cases(dataset: EvidenceDataset) -> None:
    """What is coded about the case of a study is about the study too."""
    of_case = dataset.ask("26", CASE).rows
    assert of_case == dataset.ask("26", about="study/ndl-SR1").rows
    assert 2 == len(of_case)


def test_027_is_direct_where_the_barrier_is_coded_in_the_older_cfir(edited: Edit) -> None:
    """One mapping leads from the coding to the strategy, and no match of constructs is needed."""
    found = edited("determinants", "b-trusts", constructs="CFIR1.II.A")
    rows = [row for row in found.ask("27").rows if row["barrier"].endswith("ndl-b-trusts")]
    assert ["ERIC.17", "ERIC.64"] == _ends(rows, "strategy")
    assert [352, 182] == [row["endorsement"] for row in rows]
    assert {(1, "none needed", "published", Decimal("0.9"))} == {
        (row["steps"], row["weakestMatch"], row["weakestStatus"], row["lowestConfidence"])
        for row in rows
    }
    assert {None} == {row["step2"] for row in rows}


def test_027_takes_two_steps_from_the_newer_cfir(edited: Edit) -> None:
    """A coding in the newer version goes back to the older one; both steps are shown."""
    found = edited("determinants", "b-trusts", constructs="CFIR2.V.B.2")
    rows = [row for row in found.ask("27").rows if row["barrier"].endswith("ndl-b-trusts")]
    assert ["ERIC.17", "ERIC.64"] == _ends(rows, "strategy")
    assert {(2, "related", "from memory", Decimal("0.5"), None)} == {
        (
            row["steps"],
            row["weakestMatch"],
            row["weakestStatus"],
            row["lowestConfidence"],
            row["step3"],
        )
        for row in rows
    }
    assert {"related: Patient Needs and Resources (CFIR1.II.A); from memory; confidence 0.5"} == {
        row["step1"] for row in rows
    }


def test_027_leaves_no_barrier_out(edited: Edit) -> None:
    """A barrier that is not coded stands in the answer, and an enabler does not."""
    found = edited("determinants", "b-trusts", constructs="")
    rows = [row for row in found.ask("27").rows if row["barrier"].endswith("ndl-b-trusts")]
    assert [("not coded", "no strategy recorded")] == [
        (row["constructLabel"], row["strategyLabel"]) for row in rows
    ]
    found = edited("determinants", "b-trusts", kind="enabler")
    assert "determinant/ndl-b-trusts" not in {
        row["barrier"].removeprefix(DEFAULT_BASE) for row in found.ask("27").rows
    }


def test_027_and_python_find_the_same_ways(dataset: EvidenceDataset) -> None:
    """The saved question and the crosswalk of the library agree on every way."""
    walk = dataset.crosswalk("parihs-2004", "eric-2015", steps=3)
    python = {
        (coded.coding.iri, coded.coding.construct, path.end, str(path.weakest.match))
        for coded in walk.codings or ()
        for path in coded.paths
    }
    asked = {
        (row["barrier"], row["construct"], row["strategy"], row["weakestMatch"])
        for row in dataset.ask("27").rows
        if row["strategy"]
    }
    assert asked == {way for way in python if "/determinant/ndl-b-" in way[0]}
    assert 26 == len(asked)


@pytest.mark.parametrize(
    ("source", "target", "counts"),
    [
        ("cfir-2009", "cfir-2022", {"exactly": 16, "closely": 9, "loosely": 8, "not at all": 13}),
        ("tdf-2012", "com-b", {"loosely": 15, "not at all": 1}),
        ("com-b", "tdf-2012", {"loosely": 15, "not at all": 4}),
        ("eric-2015", "cfir-2009", {"as strategy and barrier": 48, "not at all": 68}),
        ("npt", "cfir-2022", {"not at all": 20}),
    ],
)
def test_030_counts_all_constructs(
    dataset: EvidenceDataset, source: str, target: str, counts: dict[str, int]
) -> None:
    """Asked of all constructs, each stands there, mapped or not, coded or not."""
    parameters = {
        "source": f"{FRAMEWORK}{source}/",
        "target": f"{FRAMEWORK}{target}/",
        "constructs": "all",
    }
    found: dict[str, int] = {}
    for row in dataset.ask("30", parameters).rows:
        found[row["closeness"]] = found.get(row["closeness"], 0) + 1
        assert 0 == row["records"]
    assert counts == found


def test_030_follows_the_codings(edited: Edit) -> None:
    """A construct that nothing is coded to any more is no longer listed."""
    rows = edited("determinants", "e-outcomes", constructs="PARIHS.SI").ask("30").rows
    ids = _ends(rows, "construct")
    evaluation = [row for row, name in zip(rows, ids, strict=True) if name == "PARIHS.C.evaluation"]
    assert {1} == {row["records"] for row in evaluation}
    assert ["not at all"] == [
        row["closeness"] for row, name in zip(rows, ids, strict=True) if name == "PARIHS.SI"
    ]
