"""Paths from one framework to another: direction, weakest link, and what is lost."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path as FilePath

import pytest

from kmgraph import artefacts, crosswalk
from kmgraph.crosswalks import Crosswalk, Path
from kmgraph.crosswalks.model import notation_of
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import InputError, NotFoundError, RecordNotFoundError
from kmgraph.pipeline.in_memory import build_in_memory

RATED = FilePath(__file__).parents[1] / "questions" / "data" / "rated"


@pytest.fixture(scope="module")
def dataset() -> EvidenceDataset:
    """Return the shipped bundle."""
    return build_in_memory(artefacts.folder("examples") / "clahrc-ndl")


def ways(walk: Crosswalk, construct: str) -> list[Path]:
    """Return the paths that lead from a construct."""
    return [path for path in walk.paths if notation_of(path.start) == construct]


def test_one_step_is_the_mapping_itself() -> None:
    """By default nothing is chained: each path is one mapping, with its kind of match."""
    walk = crosswalk("cfir-2009", "cfir-2022")
    assert 33 == len(walk.paths)
    assert {1} == {len(path.links) for path in walk.paths}
    (path,) = ways(walk, "CFIR1.I.A")
    assert ("exact", "CFIR2.I.A", "Innovation Source") == (
        path.match,
        notation_of(path.end),
        path.end_label,
    )
    assert [] == list(crosswalk("cfir-2022", "eric-2015").paths)


def test_six_constructs_of_cfir_are_lost_and_two_live_on_in_their_parts() -> None:
    """What has no row is said to be lost; of climate and readiness the parts are mapped."""
    lost = {
        notation_of(found.iri): found.below for found in crosswalk("cfir-2009", "cfir-2022").lost
    }
    domains = {f"CFIR1.{number}" for number in ("I", "II", "III", "IV", "V")}
    gone = {"III.D.5", "IV.A", "IV.C", "IV.D", "IV.E", "V.B.3"}
    assert {f"CFIR1.{name}" for name in gone} == {i for i, below in lost.items() if not below}
    assert {"CFIR1.III.D": 5, "CFIR1.III.E": 3} == {
        i: below for i, below in lost.items() if below and i not in domains
    }
    assert domains <= set(lost)


def test_backwards_broad_is_narrow() -> None:
    """A mapping is read from its target too, and says so."""
    (there,) = ways(crosswalk("tdf-2012", "com-b"), "TDF.11")
    assert ("broad", False) == (there.match, there.links[0].is_reversed)
    (back,) = ways(crosswalk("com-b", "tdf-2012"), "COMB.O.phys")
    assert ("narrow", True, "TDF.11") == (
        back.match,
        back.links[0].is_reversed,
        notation_of(back.end),
    )
    split = {path.match for path in ways(crosswalk("cfir-2022", "cfir-2009"), "CFIR2.III.B")}
    assert {"broad"} == split


def test_two_steps_show_both_and_the_weakest() -> None:
    """A path of two has no kind of match of its own; the worst of each kind is named apart."""
    walk = crosswalk("parihs-2004", "cfir-2009", steps=2)
    (path,) = ways(walk, "PARIHS.C.culture")
    assert ["CFIR2.III.D", "CFIR1.III.C"] == [notation_of(link.end) for link in path.links]
    assert ["close", "exact"] == [link.match for link in path.links]
    assert path.match is None
    assert ("close", "proposed", Decimal("0.5")) == (
        path.weakest.match,
        path.weakest.status,
        path.weakest.confidence,
    )
    (leaders,) = {p.weakest.match for p in ways(walk, "PARIHS.C.leadership")}
    assert "related" == leaders


def test_the_weakest_is_taken_for_each_kind_apart() -> None:
    """Match, status and confidence may come from different links."""
    walk = crosswalk("cfir-2022", "eric-2015", steps=2)
    (path,) = [p for p in ways(walk, "CFIR2.III.G") if notation_of(p.end) == "ERIC.17"]
    assert ["exact", "addressed by"] == [link.match for link in path.links]
    # That a strategy addresses a barrier is no likeness, so nothing is looser.
    assert ("addresses", "from memory") == (path.weakest.match, path.weakest.status)
    assert "addresses" == crosswalk("cfir-2009", "eric-2015").paths[0].weakest.match
    assert "    weakest: addresses (no likeness); from memory; confidence 0.8" in walk.to_table()


def test_strategies_come_by_endorsement_and_what_has_no_construct_is_listed() -> None:
    """The most endorsed strategy is first; rows that name no construct are not dropped."""
    found = ways(crosswalk("cfir-2009", "eric-2015"), "CFIR1.I.B")
    assert [418, 352, 264, 259, 215, 116] == [p.links[0].mapping.endorsement for p in found]
    back = crosswalk("eric-2015", "cfir-2009")
    assert (48, 10) == (len(back.paths), len(back.without_target))
    text = back.to_table()
    assert "ERIC.65 Use an implementation advisor: no barrier named (published;" in text
    # What is mapped to no construct is not listed as unmapped too.
    assert 1 == text.count("  ERIC.65 ")
    lost = {notation_of(construct.iri) for construct in back.lost}
    assert {"ERIC.47", "ERIC.65"} <= lost
    assert "ERIC.35" not in lost


def test_a_path_never_comes_back_to_a_framework_it_left() -> None:
    """Three steps go through three other frameworks or fewer, none of them twice."""
    walk = crosswalk("parihs-2004", "eric-2015", steps=3)
    for path in walk.paths:
        nodes = [path.start, *(link.end for link in path.links)]
        schemes = [node.rsplit("/", 2)[1] for node in nodes]
        assert len(set(schemes)) == len(schemes)
    assert {3} == {len(path.links) for path in walk.paths}


@pytest.mark.parametrize(
    ("source", "target", "hint"),
    [
        ("npt", "cfir-2022", "no set of mappings has 'npt': all of it is lost"),
        ("cfir-2022", "pdsa", "no set of mappings has 'pdsa': all of it is lost"),
        ("tdf-2012", "cfir-2022", "no sets of mappings lead from one to the other"),
        ("parihs-2004", "eric-2015", "no path of 1 step: there are some of 3"),
        ("cfir-2009", "cfir-2022", ""),
    ],
)
def test_where_there_is_no_path_it_says_what_to_do(source: str, target: str, hint: str) -> None:
    """A framework without mappings loses everything, and the answer says so."""
    walk = crosswalk(source, target)
    assert walk.hint.startswith(hint) and bool(walk.hint) is bool(hint)
    assert bool(walk.paths) is not bool(hint)
    assert walk.lost


def test_what_cannot_be_asked_is_refused() -> None:
    """Unknown frameworks, one framework twice, too long a path, a case without a dataset."""
    with pytest.raises(NotFoundError, match=r"no framework 'cfir': there are .*cfir-2009, cfir-20"):
        crosswalk("cfir", "cfir-2022")
    with pytest.raises(NotFoundError, match="no framework 'nope'"):
        crosswalk("cfir-2022", "nope")
    with pytest.raises(InputError, match="on both sides"):
        crosswalk("cfir-2022", "cfir-2022")
    for steps in (0, 4):
        with pytest.raises(InputError, match="give 1 to 3"):
            crosswalk("cfir-2009", "cfir-2022", steps=steps)
    with pytest.raises(InputError, match="looked up in a dataset"):
        crosswalk("cfir-2009", "cfir-2022", case="case/a")


def test_codings_of_a_case_and_of_its_study(dataset: EvidenceDataset) -> None:
    """What is coded about a case is seen through the other framework, with its passages."""
    for about in ("case/ndl-SR1-case", "study/ndl-SR1"):
        walk = dataset.crosswalk("parihs-2004", "cfir-2022", case=about)
        assert walk.codings is not None
        (coded,) = walk.codings
        assert coded.coding.iri.endswith("/ndl-e-sr1-outside-health")
        assert ["CFIR2.III.E", "CFIR2.III.J"] == [notation_of(p.end) for p in coded.paths]
        assert ("determinant", "Receptive context") == (coded.coding.kind, coded.label)
        assert ["p-l587-590"] == [iri.rpartition("/ndl-")[2] for iri in coded.coding.passages]
    assert 1 == walk.to_table().count("1 coding in parihs-2004, 0 lost")


def test_all_codings_and_those_left_out(dataset: EvidenceDataset) -> None:
    """Five of the 44 codings are lost; seen from another framework, all are left out by name."""
    walk = dataset.crosswalk("parihs-2004", "cfir-2022")
    codings = walk.codings or ()
    assert (44, 5) == (len(codings), sum(not coded.paths for coded in codings))
    assert {"PARIHS.F.purpose", "PARIHS.F.skills"} == {
        notation_of(coded.coding.construct) for coded in codings if not coded.paths
    }
    assert {} == walk.elsewhere
    other = dataset.crosswalk("cfir-2009", "cfir-2022")
    assert ((), {"parihs-2004": 44}) == (other.codings, other.elsewhere)
    assert "left out: 44 coded in parihs-2004" in other.to_table()


def test_an_unknown_case_is_named(dataset: EvidenceDataset) -> None:
    """A case that the store does not hold is an error and no empty answer."""
    with pytest.raises(RecordNotFoundError, match="case/none"):
        dataset.crosswalk("parihs-2004", "cfir-2022", case="case/none")


def test_csv_and_json_hold_each_link(dataset: EvidenceDataset) -> None:
    """A path of two is two lines, each with the weakest of the whole; JSON gives it no match."""
    walk = crosswalk("parihs-2004", "cfir-2009", steps=2)
    rows = list(csv.DictReader(io.StringIO(walk.to_csv())))
    culture = [row for row in rows if row["construct"] == "PARIHS.C.culture"]
    assert [("1", "2", "close"), ("2", "2", "exact")] == [
        (row["step"], row["steps"], row["match"]) for row in culture
    ]
    assert {("close", "proposed", "0.5")} == {
        (row["weakest_match"], row["weakest_status"], row["lowest_confidence"]) for row in culture
    }
    assert ["no", "yes"] == [row["read_backwards"] for row in culture]
    lost = [row["construct"] for row in rows if row["match"] == "no mapping recorded"]
    assert "PARIHS.F.purpose" in lost
    found = json.loads(walk.to_json())
    assert {None} == {path["match"] for path in found["paths"]}
    assert {2} == {len(path["links"]) for path in found["paths"]}
    coded = json.loads(dataset.crosswalk("parihs-2004", "cfir-2022").to_json())
    assert 44 == len(coded["codings"])
    assert all(coding["passages"] for coding in coded["codings"])
    lines = list(
        csv.DictReader(io.StringIO(dataset.crosswalk("parihs-2004", "cfir-2022").to_csv()))
    )
    assert (61, 5) == (len(lines), sum(r["match"] == "no mapping recorded" for r in lines))


def test_mappings_without_a_target_are_in_every_format() -> None:
    """CSV has one line for each of the 58 mappings; JSON has all there is to say of each."""
    walk = crosswalk("eric-2015", "cfir-2009")
    rows = list(csv.DictReader(io.StringIO(walk.to_csv())))
    assert 58 == len({row["mapping"] for row in rows if row["mapping"]})
    none = [row for row in rows if row["match"] == "mapped to what it has no construct for"]
    assert (10, {""}) == (len(none), {row["to"] for row in none})
    assert all(row["status"] and row["authors"] and row["endorsement"] for row in none)
    unmapped = {row["construct"] for row in rows if row["match"] == "no mapping recorded"}
    assert set() == unmapped & {row["construct"] for row in none}
    found = json.loads(walk.to_json())["without_target"]
    wanted = "mapping names status confidence endorsement authors justification publication"
    assert 10 == len(found)
    assert all(mapping[name] for mapping in found for name in wanted.split())


def test_ratings_are_told_apart_from_what_was_not_rated() -> None:
    """A coding says what was rated, or why it was not, in each format."""
    dataset = build_in_memory(RATED)
    walk = dataset.crosswalk("parihs-2004", "cfir-2022")
    ratings = {coded.coding.rating for coded in walk.codings or () if coded.coding.rating}
    assert {"score 0.75", "rated high", "not rated: not reported"} <= ratings
    kinds = {coded.coding.kind: coded.coding.rating for coded in walk.codings or ()}
    assert kinds["assessment"] and not kinds["determinant"]
    assert "\n  rated high\n" in walk.to_table()
    rows = list(csv.DictReader(io.StringIO(walk.to_csv())))
    assert {"assessment", "determinant"} <= {row["kind"] for row in rows}
    assert ratings == {row["rating"] for row in rows if row["rating"]}
    assert all(row["says"] for row in rows if row["kind"] == "determinant")


def test_csv_numbers_the_paths(dataset: EvidenceDataset) -> None:
    """The mappings of one path share a number, and no two paths do."""
    rows = csv.DictReader(io.StringIO(crosswalk("parihs-2004", "cfir-2009", steps=2).to_csv()))
    numbers: dict[str, list[str]] = {}
    for row in rows:
        if row["path"]:
            numbers.setdefault(row["path"], []).append(row["step"])
    assert {("1", "2")} == {tuple(steps) for steps in numbers.values()}
    walk = dataset.crosswalk("parihs-2004", "cfir-2022")
    rows = csv.DictReader(io.StringIO(walk.to_csv()))
    steps = [row["path"] for row in rows if row["path"]]
    assert len(set(steps)) == len(steps)


def test_what_is_no_case_is_refused(dataset: EvidenceDataset) -> None:
    """A theme is no case, and a note or an error says so."""
    theme = "theme/ndl-children-and-young-people"
    with pytest.raises(InputError, match="no case, study or programme: give one"):
        dataset.crosswalk("parihs-2004", "cfir-2022", case=theme)
    found = dataset.ask("26", about=theme)
    assert (0, True) == (len(found.rows), "of another kind" in found.note)
