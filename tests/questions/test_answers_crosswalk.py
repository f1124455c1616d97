"""What a case looks like through another framework follows its codings and the mappings."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyoxigraph as ox
import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import ParameterError
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.stores.oxigraph import MemoryStore

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
    assert {(1, "addresses", "published", Decimal("0.9"))} == {
        (row["steps"], row["weakestMatch"], row["weakestStatus"], row["lowestConfidence"])
        for row in rows
    }
    assert {None} == {row["step2"] for row in rows}


def test_027_takes_two_steps_from_the_newer_cfir(edited: Edit) -> None:
    """A coding in the newer version goes back to the older one; both steps are shown."""
    found = edited("determinants", "b-trusts", constructs="CFIR2.V.B.2")
    rows = [row for row in found.ask("27").rows if row["barrier"].endswith("ndl-b-trusts")]
    assert ["ERIC.17", "ERIC.64"] == _ends(rows, "strategy")
    assert {(2, "addresses", "from memory", Decimal("0.5"), None)} == {
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
        ("eric-2015", "cfir-2009", {"as strategy and barrier": 48, "not at all": 76}),
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


def test_026_tells_ratings_from_what_was_not_rated(rated: EvidenceDataset) -> None:
    """An assessment shows its score or band, or why it was not rated; a determinant neither."""
    rows = rated.ask("26").rows
    found = {row["rating"] for row in rows}
    assert {None, "score 0.75", "rated high", "not rated: not reported"} <= found
    assert all(bool(row["rating"]) is (row["kind"] == "assessment") for row in rows)
    assert not [row for row in rows if row["rating"] and row["statement"] == "not reported"]


def test_026_follows_the_rating(edited_rated: Edit) -> None:
    """A rating that is taken back is no longer shown as one."""
    record = "a-worked-e-research-nurse"
    found = edited_rated("assessments", record, score="", rating_status="not_measured")
    (rating,) = {
        row["rating"] for row in found.ask("26").rows if row["coding"].endswith(f"-{record}")
    }
    assert "not rated: not measured" == rating


def test_026_and_030_name_what_the_other_framework_has_no_construct_for(edited: Edit) -> None:
    """A mapping without a target is shown with all that is known of it, and is not unmapped."""
    found = edited("strategies", "s-communities", constructs="ERIC.65")
    rows = found.ask("26", target="cfir-2009").rows
    (row,) = [row for row in rows if row["construct"].endswith("/ERIC.65")]
    assert ("mapped to what it has no construct for", None, "no barrier named") == (
        row["match"],
        row["mapped"],
        row["mappedLabel"],
    )
    assert ("kmgraph", "published", Decimal("0.9")) == (
        row["authors"],
        row["mappingStatus"],
        row["confidence"],
    )
    rows = found.ask("30", source="eric-2015", target="cfir-2009").rows
    assert [("not at all", "mapped to what it has no construct for", "no barrier named")] == [
        (row["closeness"], row["match"], row["mappedLabel"]) for row in rows
    ]


def test_frameworks_are_asked_for_by_short_name(dataset: EvidenceDataset) -> None:
    """A short name, and an address without its slash, do; a name that is none is refused."""
    rows = dataset.ask("26").rows
    for name in ("cfir-2022", f"{FRAMEWORK}cfir-2022", f"<{FRAMEWORK}cfir-2022/>"):
        assert rows == dataset.ask("26", target=name).rows
    for name in ("nosuch", f"{FRAMEWORK}nosuch/"):
        with pytest.raises(ParameterError, match=r"is not a framework.*cfir-2009, cfir-2022"):
            dataset.ask("26", target=name)
    found = dataset.ask("26", target="https://example.org/mine/")
    assert "no record https://example.org/mine/ in this store" == found.note
    found = dataset.ask("30", source="cfir-2022", target="cfir-2022")
    assert "the framework is the same on both sides: give two frameworks" == found.note


def test_a_store_without_mappings_says_so(dataset: EvidenceDataset) -> None:
    """A store that was built before there were mappings cannot say what is lost."""
    named = [q for q in dataset.store.quads() if q.graph_name != ox.DefaultGraph()]
    store = MemoryStore(base=dataset.base)
    store.load_nquads(ox.serialize(named, format=ox.RdfFormat.N_QUADS))
    store.replace_graph(f"{dataset.base}graph/mappings", None)
    old = EvidenceDataset(store)
    for question, column in (("26", "match"), ("27", "strategyLabel"), ("30", "match")):
        found = old.ask(question)
        assert {"the store holds no mappings: build it again"} == {r[column] for r in found.rows}
        assert "build it again" in found.note
        assert not dataset.ask(question).note
    assert {"unknown"} == {row["closeness"] for row in old.ask("30").rows}


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"kind": "", "valence": "-1"}, "hindering, not called a barrier"),
        ({"kind": "", "mixed_valence": "true"}, "hindering and helping, not called a barrier"),
        ({"kind": "", "valence": "1"}, None),
        ({"kind": "", "valence": ""}, None),
    ],
)
def test_027_takes_what_hindered_without_being_called_a_barrier(
    edited: Edit, cells: dict[str, str], kind: str | None
) -> None:
    """What has no kind and hindered is in the answer, and is told apart from barriers."""
    rows = edited("determinants", "b-trusts", **cells).ask("27").rows
    found = {row["kind"] for row in rows if row["barrier"].endswith("/ndl-b-trusts")}
    assert found == ({kind} if kind else set())
    assert "barrier" in {row["kind"] for row in rows}
