"""The shipped tables of mappings: true to the lists they were made from, and readable."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest

from kmgraph import artefacts
from kmgraph.crosswalks import MappingSet, load_mapping_sets, mapping_triples, read_mapping_set
from kmgraph.crosswalks.model import notation_of, scheme_of
from kmgraph.errors import InputError
from kmgraph.namespaces import FRAMEWORK, expand
from kmgraph.vocabulary import load_vocabulary

FOLDER = artefacts.folder("ontology") / "mappings"
COUNTS = {
    "cfir-2009-to-cfir-2022": 33,
    "eric-2015-to-cfir-2009": 58,
    "i-parihs-2016-to-cfir-2022": 14,
    "parihs-2004-to-cfir-2022": 13,
    "tdf-2012-to-com-b": 15,
}
STATUSES = {
    "cfir-2009-to-cfir-2022": "from memory",
    "eric-2015-to-cfir-2009": "published",
    "i-parihs-2016-to-cfir-2022": "proposed",
    "parihs-2004-to-cfir-2022": "proposed",
    "tdf-2012-to-com-b": "from memory",
}
SETS = {found.name: found for found in load_mapping_sets()}
#: What kmgraph may trust a row of each status and kind of match.
CONFIDENCES = {
    ("published", "km:addresses"): "0.9",
    ("from memory", "skos:exactMatch"): "0.8",
    ("from memory", "skos:closeMatch"): "0.7",
    ("from memory", "skos:broadMatch"): "0.6",
    ("from memory", "skos:narrowMatch"): "0.6",
    ("from memory", "skos:relatedMatch"): "0.5",
    ("proposed", "skos:closeMatch"): "0.5",
    ("proposed", "skos:relatedMatch"): "0.3",
}


def listed(name: str) -> list[dict[str, str]]:
    """Read the list that tables were made from, or skip where it is not at hand."""
    given = os.environ.get("KMGRAPH_FRAMEWORK_LISTS")
    beside = Path(__file__).resolve().parents[3] / "shared" / "domain" / "frameworks"
    path = (Path(given) if given else beside) / f"{name}.csv"
    if not path.is_file():
        pytest.skip(f"no list {path}; set KMGRAPH_FRAMEWORK_LISTS to their folder")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def pairs(name: str) -> list[tuple[str, str]]:
    """Return the ids that a set maps, in its order."""
    return [(notation_of(m.source), notation_of(m.target)) for m in SETS[name].mappings]


def test_each_table_has_the_rows_that_it_should() -> None:
    """No row is lost or added unnoticed, and each table has one status throughout."""
    assert COUNTS == {name: len(found.mappings) for name, found in SETS.items()}
    assert STATUSES == {
        name: "/".join({m.status for m in found.mappings}) for name, found in SETS.items()
    }


def test_rows_are_those_of_the_list_of_cfir() -> None:
    """Each row of the list is a mapping, in its order."""
    rows = [(row["cfir1"], row["cfir2"]) for row in listed("xwalk_cfir1_cfir2")]
    assert rows == pairs("cfir-2009-to-cfir-2022")


def test_rows_are_those_of_the_list_of_tdf() -> None:
    """Each row of the list is a mapping, a domain within a component."""
    rows = [(row["tdf"], row["comb"]) for row in listed("xwalk_tdf_comb")]
    assert rows == pairs("tdf-2012-to-com-b")
    assert {"skos:broadMatch"} == {m.predicate for m in SETS["tdf-2012-to-com-b"].mappings}


def test_rows_are_those_of_the_list_of_parihs() -> None:
    """Each row of the list is in one of two sets, with the predicate that was proposed."""
    rows = [(r["source"], r["target"], r["skos"]) for r in listed("xwalk_parihs_cfir2_proposed")]
    found = [
        (notation_of(m.source), notation_of(m.target), m.predicate.removeprefix("skos:"))
        for name in ("parihs-2004-to-cfir-2022", "i-parihs-2016-to-cfir-2022")
        for m in SETS[name].mappings
    ]
    assert rows == found


def test_rows_are_those_of_the_list_of_strategies() -> None:
    """Each row of the list is a mapping, with its percentage, or with what has no construct."""
    rows = [
        (
            row["eric"],
            row["cfir1"],
            "no barrier named" if row["barrier_label"] == "None" else row["barrier_label"],
            Decimal(row["cumulative_endorsement_pct"]),
        )
        for row in listed("xwalk_eric_cfir1_partial")
    ]
    found = [
        (notation_of(m.source), notation_of(m.target), m.target_label, m.endorsement)
        for m in SETS["eric-2015-to-cfir-2009"].mappings
    ]
    assert rows == found


def test_rows_without_a_construct_are_kept() -> None:
    """Ten rows name what is no construct, each with an IRI of its own."""
    nothing = [m for m in SETS["eric-2015-to-cfir-2009"].mappings if not m.target]
    assert Counter(m.target_label for m in nothing) == {
        "[Key stakeholders]": 6,
        "[Patients/consumers]": 2,
        "no barrier named": 2,
    }
    assert len({m.iri for m in nothing}) == len(nothing)
    assert nothing[0].iri.endswith("/ERIC.35--NoTermFound.key-stakeholders")


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_both_ends_are_constructs_of_the_schemes(name: str) -> None:
    """A mapping joins constructs of the two frameworks of its set, by their names."""
    known = {c.iri: c.scheme for c in load_vocabulary().constructs.values()}
    found = SETS[name]
    source, target = name.split("-to-")
    assert (f"{FRAMEWORK}{source}/", f"{FRAMEWORK}{target}/") == (found.source, found.target)
    for mapping in found.mappings:
        assert mapping.source in known and scheme_of(mapping.source) == source
        assert not mapping.target or scheme_of(mapping.target) == target
        assert not mapping.target or mapping.target in known


def test_what_is_proposed_is_never_exact_and_names_us() -> None:
    """Kinds of match are ours in every row; a row of a publication says which one it is."""
    for found in SETS.values():
        for mapping in found.mappings:
            is_ours = mapping.status == "proposed"
            assert ("kmgraph",) == mapping.authors
            assert [mapping.publication] == ([""] if is_ours else list(found.sources[:1]))
            assert is_ours or mapping.comment
            assert not (is_ours and mapping.predicate == "skos:exactMatch")
            assert bool(found.sources) is not is_ours


def test_exact_is_one_to_one_and_by_name() -> None:
    """Only one construct that became one of the same name is exact."""
    found = SETS["cfir-2009-to-cfir-2022"].mappings
    sources, targets = (
        Counter(ends) for ends in zip(*pairs("cfir-2009-to-cfir-2022"), strict=True)
    )
    for mapping in found:
        ends = notation_of(mapping.source), notation_of(mapping.target)
        before = mapping.source_label.replace("Intervention ", "").replace(" and ", " & ")
        after = mapping.target_label.replace("Innovation ", "").replace(" and ", " & ")
        if mapping.predicate == "skos:exactMatch":
            assert (before, 1, 1) == (after, sources[ends[0]], targets[ends[1]])
        if sources[ends[0]] > 1:
            assert "skos:narrowMatch" == mapping.predicate
    assert Counter(m.predicate for m in found) == {
        "skos:exactMatch": 16,
        "skos:closeMatch": 9,
        "skos:narrowMatch": 5,
        "skos:relatedMatch": 3,
    }


def test_confidence_follows_the_rule_of_the_documentation() -> None:
    """Confidence is given by status and kind of match, and is nothing that was measured."""
    for found in SETS.values():
        for mapping in found.mappings:
            expected = CONFIDENCES[mapping.status, mapping.predicate]
            assert Decimal(expected) == mapping.confidence
    page = (FOLDER.parents[1] / "docs" / "mappings.md").read_text("utf-8")
    for (status, predicate), value in CONFIDENCES.items():
        match = predicate.partition(":")[2].removesuffix("Match")
        assert f"| {status} | {match} | {value} |" in page


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_the_library_reads_what_stands_in_the_table(name: str) -> None:
    """A plain reader of tab-separated text finds the same rows."""
    lines = (FOLDER / f"{name}.sssom.tsv").read_text("utf-8").splitlines()
    rows = list(csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t"))
    for row, mapping in zip(rows, SETS[name].mappings, strict=True):
        assert row["subject_id"].endswith(f":{notation_of(mapping.source)}")
        assert row["object_id"].endswith(notation_of(mapping.target) or ":NoTermFound")
        assert row["predicate_id"] == mapping.predicate
        assert (row["subject_label"], row["object_label"]) == (
            mapping.source_label,
            mapping.target_label,
        )
        assert tuple(row["author_label"].split("|")) == mapping.authors
        assert (row["confidence"], row["comment"]) == (str(mapping.confidence), mapping.comment)
        assert row.get("endorsement_percent", "") == (
            "" if mapping.endorsement is None else str(mapping.endorsement)
        )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("\t0.6\t", "\t1.6\t", r"line 31: .*confidence"),
        ("\t0.6\t", "\t\t", r"line 31: every mapping needs a confidence"),
        ("\tkmgraph\t", "\t\t", r"line 31: every mapping needs .*author_label"),
        ("skos:broadMatch", "skos:broader", r"line 31: the predicate 'skos:broader' is none of"),
        ("skos:broadMatch", "elsewhere:broad", r"line 31: .*elsewhere"),
        ("km:MappingFromMemory", "", r"line 31: every mapping needs a mapping_status"),
        ("km:MappingFromMemory", "km:Verified", r"line 31: .*one of km:PublishedMapping"),
        ("tdf2012:TDF.2\t", "tdf2012:TDF.1\t", r"line 32: a row above maps the same"),
        ("#license: https://creativecommons.org/licenses/by/4.0/\n", "", r"header needs .*license"),
        ("#mapping_date: 2026-11-22\n", "", r"header needs .*mapping_date"),
        ("#mapping_set_id: ", "#mapping_set_name: ", r"cannot be read as an SSSOM table"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """The message names the file and the line, and no row is left out silently."""
    text = (FOLDER / "tdf-2012-to-com-b.sssom.tsv").read_text("utf-8")
    assert old in text
    path = tmp_path / "wrong.sssom.tsv"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(InputError, match=rf"wrong\.sssom\.tsv.*{problem}"):
        read_mapping_set(path)


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    """A header alone is no set of mappings."""
    lines = (FOLDER / "tdf-2012-to-com-b.sssom.tsv").read_text("utf-8").splitlines()
    path = tmp_path / "empty.sssom.tsv"
    path.write_text("\n".join(lines[:29]) + "\n", "utf-8")
    with pytest.raises(InputError, match=r"empty\.sssom\.tsv holds no mappings"):
        read_mapping_set(path)


def test_reading_leaves_home_and_environment_alone(tmp_path: Path) -> None:
    """The library's own folder in the home of its user is not made, even where none can be."""
    code = (
        "import os; before = dict(os.environ)\n"
        "from kmgraph.crosswalks import load_mapping_sets\n"
        "assert len(load_mapping_sets()) == 5\n"
        "assert dict(os.environ) == before\n"
    )
    environment = {**os.environ, "HOME": str(tmp_path)}
    environment.pop("PYSTOW_HOME", None)
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert [] == list(tmp_path.iterdir())


def test_commands_that_read_no_table_import_no_library() -> None:
    """Opening a dataset costs nothing for the library of mappings."""
    code = "import sys, kmgraph.dataset; assert 'sssom_pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def _small() -> MappingSet:
    return SETS["eric-2015-to-cfir-2009"]


def test_each_mapping_is_a_thing_and_a_statement() -> None:
    """A mapping has an IRI; what it states stands beside it, unless there is no construct."""
    triples = {(str(t.subject), str(t.predicate), str(t.object)) for t in mapping_triples(_small())}
    kind = f"<{expand('rdf:type')}>"
    mappings = {s for s, p, o in triples if p == kind and o == f"<{expand('sssom:Mapping')}>"}
    assert {f"<{m.iri}>" for m in _small().mappings} == mappings
    stated = {(s, o) for s, p, o in triples if p == f"<{expand('km:addresses')}>"}
    assert {(f"<{m.source}>", f"<{m.target}>") for m in _small().mappings if m.target} == stated
    none = [s for s, p, o in triples if o == f"<{expand('sssom:NoTermFound')}>"]
    assert 10 == len(none) == len(set(none))


def test_percentages_are_of_the_mapping_and_not_of_the_construct() -> None:
    """An endorsement is said of no strategy and of no barrier."""
    endorsed = [
        t for t in mapping_triples(_small()) if t.predicate.value == expand("km:endorsement")
    ]
    assert 58 == len(endorsed)
    assert {m.iri for m in _small().mappings} == {
        t.subject.value for t in endorsed if isinstance(t.subject, ox.NamedNode)
    }
    assert all(str(t.object).endswith("XMLSchema#decimal>") for t in endorsed)
