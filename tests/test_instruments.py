"""Survey instruments: facts about scales, scoring, aggregation, suppression, rows of a bundle."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import RDF, SKOS, Graph, Namespace, URIRef

import kmgraph
from kmgraph import artefacts
from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.bundles.opening import open_bundle
from kmgraph.cli import cli
from kmgraph.errors import BundleError, InputError
from kmgraph.exports import export_bundle
from kmgraph.instruments import (
    RESPONSE_CODES,
    Answer,
    Cell,
    Eligible,
    Level,
    ScoringOptions,
    ScoringRule,
    find_instrument,
    load_instruments,
    person_score,
    read_eligible,
    read_responses,
    score,
    to_records,
)
from kmgraph.namespaces import KM
from kmgraph.records import Assessment, Organisation

km = Namespace(KM)
ORCA, ACT, CAI = (find_instrument(name) for name in ("ORCA", "ACT", "CAI"))
HEADER = "respondent case unit facility role date scale item answer".split()
Rows = list[dict[str, str]]


def lists(name: str) -> Rows:
    """Read a list that the scales were written from, or skip where there is none."""
    given = os.environ.get("KMGRAPH_FRAMEWORK_LISTS")
    beside = Path(__file__).resolve().parents[2] / "shared" / "domain" / "frameworks"
    path = (Path(given) if given else beside) / name
    if not path.is_file():
        pytest.skip(f"no {name}; set KMGRAPH_FRAMEWORK_LISTS to the folder of the lists")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def run(*arguments: object, code: int = 0) -> Result:
    """Run a command and check its exit code."""
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert code == result.exit_code, (result.stdout, result.stderr, result.exception)
    return result


def write(path: Path, rows: Rows) -> Path:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(path: Path) -> Rows:
    """Read a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row(respondent: str, answer: object, **cells: str) -> dict[str, str]:
    """Return a row of answers."""
    fixed = {"case": "c", "unit": "u", "facility": "f", "role": "", "date": "", "item": "1"}
    return {
        "respondent": respondent, **fixed, "scale": "ORCA.C.1", **cells, "answer": str(answer)
    }  # fmt: skip


def answers(values: dict[str, list[int]], scale: str = "ORCA.C.1") -> list[Answer]:
    """Return one answer to the first item for each person, by unit."""
    return [
        Answer(f"{unit}-{n}", "c", unit, "f", None, None, scale, 1, Decimal(value))
        for unit, given_values in values.items()
        for n, value in enumerate(given_values)
    ]


def cells_of(values: dict[str, list[int]], **facts: object) -> dict[str, Cell]:
    """Score and return the cells by name."""
    options = ScoringOptions(frozenset({Level.UNIT, Level.FACILITY}), **facts)  # type: ignore[arg-type]
    return {cell.name: cell for cell in score(answers(values), ORCA, options)}


# What is known of the scales


def test_instruments_and_their_numbers_of_items() -> None:
    """Three instruments, with the scales and items of the published lists."""
    found = {
        name: (len(one.scales), sum(s.item_count for s in one.scales.values()))
        for name, one in load_instruments().items()
    }
    assert {"ORCA": (19, 74), "ACT": (10, 54), "CAI": (1, 37)} == found


def test_scales_are_those_of_the_list() -> None:
    """Number of items, range and rule agree with the list, row by row."""
    rules = {"recoded count": "recoded_count", "mean": "mean_of_items"}
    for line in lists("aux_instruments.csv"):
        scale = find_instrument(line["instrument"]).scales[line["scale_id"]]
        assert (int(line["items"]), Decimal(line["min"]), Decimal(line["max"])) == (
            scale.item_count,
            scale.minimum,
            scale.maximum,
        )
        words = line["scoring"].partition(" of items")[0]
        if words in rules:
            assert rules[words] == scale.rule
        assert ("6/NA" in line["scoring"]) == (scale.dont_know == 6)
        checked = "K" not in line["source"].replace("V; ", "").split()
        assert ("verified" if checked else "general_knowledge") == scale.scoring_status, scale


def test_mappings_are_those_of_the_list() -> None:
    """A published mapping is 'measures', a proposed one 'may measure', and there is no other."""
    found = {
        (scale.notation, construct, status)
        for one in load_instruments().values()
        for scale in one.scales.values()
        for status, mapped in (("published", scale.measures), ("proposed", scale.may_measure))
        for construct in mapped
    }
    assert {
        (line["instrument_scale"], line["parihs_construct"], line["status"].split(" ")[0])
        for line in lists("aux_instrument_to_parihs.csv")
    } == found


def test_proposed_mappings_are_not_published_ones() -> None:
    """ORCA's readiness and resources may stand for receptive context, which nobody published."""
    assert (("PARIHS.C.culture",), ()) == _mapped("ORCA.C.1")
    for notation in ("ORCA.C.5", "ORCA.C.6"):
        assert ((), ("PARIHS.C.receptive",)) == _mapped(notation)


def _mapped(notation: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return both mappings of a scale."""
    scale = ORCA.scales[notation]
    return scale.measures, scale.may_measure


def test_discord_is_a_difference_and_no_rating_of_evidence() -> None:
    """The scale of discord has no poles and stands for no construct."""
    discord = ORCA.scales["ORCA.E.1"]
    assert ScoringRule.DIFFERENCE is discord.rule
    assert ((Decimal(-4), Decimal(4)), (), ()) == (discord.score_range, *_mapped("ORCA.E.1"))
    graph = Graph().parse(artefacts.folder("ontology") / "frameworks" / "orca-2009.ttl")
    poles = {str(s).rpartition("/")[2] for s in graph.subjects(km.poleKind, km.LowHighPoles)}
    assert set(ORCA.scales) - {"ORCA.E.1"} == poles


@pytest.mark.parametrize("slug", ["orca-2009", "act-2009", "cai-2009"])
def test_no_item_is_worded(slug: str) -> None:
    """A scale has names, numbers and notes; nothing of what people are asked."""
    graph = Graph().parse(artefacts.folder("ontology") / "frameworks" / f"{slug}.ttl")
    texts = {SKOS.prefLabel, SKOS.notation, SKOS.scopeNote, SKOS.editorialNote}
    found = 0
    for scale in graph.subjects(RDF.type, km.InstrumentScale):
        found += 1
        words = {p for p, o in graph.predicate_objects(scale) if not isinstance(o, URIRef)}
        numbers = {p for p in words if p.startswith(KM)}
        assert words - numbers - {URIRef("http://purl.org/dc/terms/source")} <= texts
        assert len(list(graph.objects(scale, SKOS.prefLabel))) == 1
        assert len(str(graph.value(scale, SKOS.prefLabel))) < 60
    assert found == len(find_instrument(slug.split("-")[0]).scales)


# One person


@pytest.mark.parametrize(
    ("instrument", "scale", "given_answers", "expected"),
    [
        (ORCA, "ORCA.C.1", {1: 4, 2: None, 3: 5}, Fraction(9, 2)),
        (ORCA, "ORCA.C.1", {1: None, 2: None}, None),
        (ORCA, "ORCA.C.1", {}, None),
        (ORCA, "ORCA.E.1", {1: 2, 2: 5}, Fraction(-3)),
        (ORCA, "ORCA.E.1", {1: 2, 2: None}, None),
        (ORCA, "ORCA.E.1", {2: 2}, None),
        (ACT, "ACT.5", {1: 1, 2: Decimal("0.5"), 3: 0, 4: None}, Fraction(1, 2)),
        (ACT, "ACT.1", {1: 1, 2: 2}, Fraction(3, 2)),
        (CAI, "CAI", {1: 4, 2: 1, 3: 2}, Fraction(400, 9)),
        (CAI, "CAI", {1: 1}, Fraction(0)),
        (CAI, "CAI", {1: 4}, Fraction(100)),
    ],
)
def test_score_of_a_person(
    instrument: kmgraph.instruments.Instrument,
    scale: str,
    given_answers: dict[int, int | Decimal | None],
    expected: Fraction | None,
) -> None:
    """Each rule, worked out by hand, without the do-not-knows."""
    values = {k: None if v is None else Decimal(v) for k, v in given_answers.items()}
    assert expected == person_score(instrument.scales[scale], values)


def test_minimum_share_of_items_answered() -> None:
    """A person who answered fewer of a scale's items has no score; at the share there is one."""
    scale = ORCA.scales["ORCA.C.2"]
    two = {1: Decimal(4), 2: Decimal(2), 3: None}
    assert 3 == person_score(scale, two, minimum_answered=Decimal("0.5"))
    assert person_score(scale, two, minimum_answered=Decimal("0.51")) is None


# Units and facilities


def test_a_facility_is_the_mean_of_its_units() -> None:
    """A large unit counts as much as a small one, and the people of both are counted."""
    cells = cells_of({"a": [5] * 5, "b": [1] * 15})
    assert (Fraction(5), 5) == (cells["a"].score, cells["a"].responding)
    assert (Fraction(3), 20) == (cells["f"].score, cells["f"].responding)
    assert ("a", "b") == tuple(part.name for part in cells["f"].parts)


def test_a_cell_of_few_people_is_suppressed_with_its_numbers() -> None:
    """Four people are withheld and five are shown; the number can be chosen."""
    cells = cells_of({"a": [5] * 4, "b": [1] * 5})
    few = cells["a"]
    assert few.is_suppressed
    assert (None, None, None, ()) == (few.score, few.responding, few.eligible, few.parts)
    assert cells["b"].score == 1
    assert cells_of({"a": [5] * 4}, minimum_n=4)["a"].score == 5
    assert cells_of({"a": [5] * 4}, minimum_n=6)["a"].is_suppressed


def test_what_is_withheld_cannot_be_worked_out_from_the_facility() -> None:
    """Beside its units a facility is shown only if the withheld ones hold enough people."""
    one = cells_of({"a": [5] * 4, "b": [1] * 9})
    assert one["f"].is_suppressed
    assert not one["b"].is_suppressed
    two = cells_of({"a": [5] * 4, "b": [1] * 9, "d": [3]})
    assert (Fraction(3), 14) == (two["f"].score, two["f"].responding)
    alone = ScoringOptions(frozenset({Level.FACILITY}))
    (facility,) = score(answers({"a": [5] * 4, "b": [1] * 9}), ORCA, alone)
    assert (Fraction(3), 13, ()) == (facility.score, facility.responding, facility.parts)


def test_people_who_do_not_know_do_not_respond() -> None:
    """Five people with one who does not know are four respondents, and too few."""
    known = answers({"u": [4, 4, 4, 4]})
    unsure = Answer("x", "c", "u", "f", None, None, "ORCA.C.1", 1, None)
    (cell,) = score([*known, unsure], ORCA)
    assert cell.is_suppressed
    (cell,) = score([*known, unsure], ORCA, ScoringOptions(minimum_n=4))
    assert (Fraction(4), 4) == (cell.score, cell.responding)


def test_eligible_people() -> None:
    """A unit has its own number; a facility the sum over its units, silent ones too, or none."""
    given_answers = answers({"a": [5] * 5, "b": [1] * 5})
    options = ScoringOptions(frozenset({Level.UNIT, Level.FACILITY}))

    def counts(*eligible: Eligible) -> dict[str, int | None]:
        cells = score(given_answers, ORCA, options, eligible=eligible)
        return {cell.name: cell.eligible for cell in cells}

    both = Eligible("a", 8), Eligible("b", 9)
    assert {"a": 8, "b": 9, "f": 17} == counts(*both)
    assert {"a": 8, "b": 9, "f": 20} == counts(*both, Eligible("silent", 3, None, "f"))
    assert {"a": 8, "b": 9, "f": 17} == counts(*both, Eligible("far", 3, None, "elsewhere"))
    assert {"a": 8, "b": 9, "f": 17} == counts(*both, Eligible("far", 3, None, "f", "other-case"))
    assert {"a": 8, "b": None, "f": None} == counts(both[0])
    assert {"a": 8, "b": None, "f": None} == counts(both[0], Eligible("b", 9, "2011"))


def test_rounds_and_roles_are_scored_apart() -> None:
    """The same people in another round are another score, and so are roles where asked for."""
    rounds = [
        Answer(f"{role}-{n}", "c", "u", None, role, date, "ORCA.C.1", 1, Decimal(value))
        for date, role, value in (
            ("2010", "nurse", 2), ("2010", "manager", 3), ("2011", "nurse", 4),
            ("2011", "manager", 5),
        )
        for n in range(5)
    ]  # fmt: skip
    found = {(cell.date, cell.role): cell.score for cell in score(rounds, ORCA)}
    assert {("2010", None): Fraction(5, 2), ("2011", None): Fraction(9, 2)} == found
    cells = score(rounds, ORCA, ScoringOptions(by_role=True))
    assert {
        ("2010", "nurse"): 2, ("2010", "manager"): 3, ("2011", "nurse"): 4, ("2011", "manager"): 5
    } == {(cell.date, cell.role): cell.score for cell in cells}  # fmt: skip
    records = to_records(cells, ORCA)
    # The unit, its nurses and its managers, and their four scores.
    assert len({record.id for record in records}) == 1 + 2 + 4
    raters = {r.rater_role: r.rater for r in records if isinstance(r, Assessment)}
    assert {"nurse": "u~nurse", "manager": "u~manager"} == raters
    places = {r.id: (r.name, r.part_of) for r in records if isinstance(r, Organisation)}
    assert {
        "u": ("u", None), "u~nurse": ("u, nurse", "u"), "u~manager": ("u, manager", "u")
    } == places  # fmt: skip


def test_persons_are_shown_only_on_purpose() -> None:
    """A person's score is a cell of one: the minimum has to be lowered to see it."""
    with pytest.raises(InputError, match="rests on one person"):
        ScoringOptions(frozenset({Level.PERSON}))
    everyone = frozenset(Level)
    cells = score(answers({"a": [5, 3]}), ORCA, ScoringOptions(everyone, minimum_n=1))
    by_level = {cell.level: cell for cell in cells}
    assert ["a-0", "a-1"] == [part.name for part in by_level[Level.UNIT].parts]
    assert ["a"] == [part.name for part in by_level[Level.FACILITY].parts]


# Against a plain calculation

_ANSWER = st.sampled_from(["1", "2", "3", "4", "5", "6", "dk", "NA", ""])
_RESPONDENTS = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2", "u3"]),
        st.lists(_ANSWER, min_size=3, max_size=3),
        st.lists(st.sampled_from(["1", "3", "5", "dk"]), min_size=2, max_size=2),
    ),
    min_size=1,
    max_size=24,
)
_FACILITY = {"u1": "f1", "u2": "f1", "u3": "f2"}


def plainly(people: list[tuple[str, list[str], list[str]]], minimum: int) -> dict[str, str]:
    """Return what the rows should say, worked out without the library."""
    units: dict[tuple[str, str], list[Fraction]] = defaultdict(list)
    for unit, culture, discord in people:
        kept = [int(text) for text in culture if text in "12345" and text]
        units["ORCA.C.1", unit] += [Fraction(sum(kept), len(kept))] if kept else []
        both = [int(text) for text in discord if text.isdigit()]
        units["ORCA.E.1", unit] += [Fraction(both[0] - both[1])] if len(both) == 2 else []
    found = {}
    for scale in ("ORCA.C.1", "ORCA.E.1"):
        for facility in ("f1", "f2"):
            members = {
                unit: scores
                for (name, unit), scores in units.items()
                if name == scale and _FACILITY[unit] == facility
            }
            if not members:
                continue
            for unit, scores in members.items():
                shown = len(scores) >= minimum
                mean = sum(scores) / len(scores) if scores else Fraction(0)
                found[f"{scale} {unit}"] = _text(mean, len(scores)) if shown else "suppressed"
            counts = [len(scores) for scores in members.values()]
            hidden = sum(count for count in counts if count < minimum)
            if sum(counts) < minimum or 0 < hidden < minimum:
                found[f"{scale} {facility}"] = "suppressed"
            else:
                means = [sum(scores) / len(scores) for scores in members.values() if scores]
                found[f"{scale} {facility}"] = _text(sum(means) / len(means), sum(counts))
    return found


def _text(value: Fraction, people: int) -> str:
    """Return a score with its number of people."""
    return f"{round(value, 6) * 1.0:.6f} of {people}"


@settings(max_examples=120, deadline=None)
@given(people=_RESPONDENTS, minimum=st.integers(1, 6))
def test_rows_are_what_a_plain_calculation_gives(
    people: list[tuple[str, list[str], list[str]]], minimum: int
) -> None:
    """From the file of answers to the rows of the bundle, on random answers."""
    rows = []
    for n, (unit, culture, discord) in enumerate(people):
        place = {"unit": unit, "facility": _FACILITY[unit], "date": "2011-03"}
        for scale, given_answers in (("ORCA.C.1", culture), ("ORCA.E.1", discord)):
            for item, text in enumerate(given_answers, 1):
                rows.append(row(f"n{n}", text, scale=scale, item=str(item), **place))
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "answers.csv"), rows)
        run(
            "score", path, "--instrument", "ORCA", "--to", f"{folder}/out", "--minimum-n", minimum,
            "--level", "unit", "--level", "facility",
        )  # fmt: skip
        scored = read(Path(folder, "out", "assessments.csv"))
    found = {
        f"{line['construct']} {line['rater']}": (
            f"{Decimal(line['raw_score']):.6f} of {line['responding']}"
            if line["rating_status"] == "rated"
            else line["rating_status"]
        )
        for line in scored
    }
    assert plainly(people, minimum) == found
    for line in scored:
        numbers = ("score", "raw_score", "responding", "eligible", "aggregates", "band")
        if line["rating_status"] == "suppressed":
            assert not any(line[name] for name in numbers)


# Files with mistakes


def problems_of(path: Path, **facts: bool) -> list[tuple[int, str, str]]:
    """Return row, column and code of everything that is wrong with a file of answers."""
    with pytest.raises(BundleError) as caught:
        read_responses(path, ORCA, **facts)
    assert all(problem.file == path.name and problem.expected for problem in caught.value.problems)
    return [(problem.row, problem.column, problem.code) for problem in caught.value.problems]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Each mistake has its row, column and code."""
    rows = [
        row("n1", 4),
        row("n1", 7, item="2"),
        row("n1", "4.5", item="3"),
        row("n1", "often", item="4"),
        row("n2", 4, scale="ORCA.C.9"),
        row("n2", 4, scale="ORCA.C"),
        row("n2", 4, item="0"),
        row("n2", 4, item="x"),
        row("", 4),
        row("n 3", 4),
        row("n3", 4, date="March"),
        row("n1", 3),
        row("n1", 3, unit="v", item="2"),
        row("n4", 3, case="other"),
        row("n5", 6, scale="ORCA.E.1"),
    ]
    assert [
        (3, "answer", "out-of-range"),
        (4, "answer", "bad-integer"),
        (5, "answer", "bad-integer"),
        (5, "item", "out-of-range"),
        (6, "scale", "unknown-scale"),
        (7, "scale", "unknown-scale"),
        (8, "item", "out-of-range"),
        (9, "item", "bad-integer"),
        (10, "respondent", "missing-value"),
        (11, "respondent", "bad-id"),
        (12, "date", "bad-date"),
        (13, "item", "repeated-row"),
        (14, "unit", "conflicting-value"),
        (15, "case", "conflicting-value"),
        (16, "answer", "out-of-range"),
    ] == problems_of(write(tmp_path / "answers.csv", rows))


def test_headers_are_checked(tmp_path: Path) -> None:
    """A missing column is named; one that is not known may be a misspelt one."""
    path = tmp_path / "answers.csv"
    path.write_text("respondent,case,unit,scale,itm,answer\nn1,c,u,ORCA.C.1,1,4\n")
    assert [(1, "item", "missing-column"), (1, "itm", "unknown-column")] == problems_of(path)
    write(path, [{k: v for k, v in row("n1", 4).items() if k != "facility"}])
    assert read_responses(path, ORCA)[0].facility is None
    assert [(1, "facility", "missing-column")] == problems_of(path, with_facility=True)
    write(path, [row("n1", 4, facility="")])
    assert [(2, "facility", "missing-value")] == problems_of(path, with_facility=True)
    path.write_text("")
    assert [(0, "", "unreadable-file")] == problems_of(path)


def test_a_file_needs_its_answers(tmp_path: Path) -> None:
    """Cells of answers may be empty; a file without the column or without rows is a mistake."""
    path = tmp_path / "answers.csv"
    path.write_text("respondent,case,unit,scale,item\nn1,c,u,ORCA.C.1,1\n")
    assert [(1, "answer", "missing-column")] == problems_of(path)
    path.write_text("respondent,case,unit,scale,item,answer\n\n")
    assert [(1, "", "no-rows")] == problems_of(path)
    eligible = tmp_path / "eligible.csv"
    eligible.write_text("unit,eligible\n")
    with pytest.raises(BundleError) as caught:
        read_eligible(eligible, [])
    assert ["no-rows"] == [problem.code for problem in caught.value.problems]


def test_headers_in_capitals_get_a_hint(tmp_path: Path) -> None:
    """Names of columns are in small letters, and the message says so."""
    path = tmp_path / "answers.csv"
    path.write_text("RESPONDENT,case,unit,scale,item,Answer\nn1,c,u,ORCA.C.1,1,4\n")
    with pytest.raises(BundleError) as caught:
        read_responses(path, ORCA)
    told = {problem.column: problem.expected for problem in caught.value.problems}
    assert "'respondent'" in told["RESPONDENT"] and "'answer'" in told["Answer"]


def test_other_encodings_are_read_as_told(tmp_path: Path) -> None:
    """A file in cp1252 is read with its encoding named, and refused without."""
    rows = [row(f"n{n}", 4, role="Pflegefachkräfte") for n in range(5)]
    path = tmp_path / "answers.csv"
    path.write_bytes(write(tmp_path / "a.csv", rows).read_bytes().decode().encode("cp1252"))
    to = ("--instrument", "ORCA", "--to", tmp_path / "out")
    assert "bad-encoding" in run("score", path, *to, code=3).stderr
    assert "no encoding 'x'" in run("score", path, *to, "--encoding", "x", code=1).stderr
    run("score", path, *to, "--encoding", "cp1252")
    (line,) = read(tmp_path / "out" / "assessments.csv")
    assert "Pflegefachkräfte" == line["rater_role"]
    # What a file says of itself goes before what it is said to be.
    path.write_text((tmp_path / "a.csv").read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert "Pflegefachkräfte" == read_responses(path, ORCA, encoding="cp1252")[0].role


def test_many_problems_are_told_in_short(tmp_path: Path) -> None:
    """A terminal gets twenty lines and the number of the others; JSON has all."""
    path = write(tmp_path / "answers.csv", [row(f"n{n}", 9) for n in range(25)])
    to = ("--instrument", "ORCA", "--to", tmp_path / "out")
    told = run("score", path, *to, code=3).stderr.splitlines()
    assert 20 + 3 == len(told)
    assert ["and 5 more (all with --json)", "25 problems: 25 out-of-range"] == told[20:22]
    assert 25 == len(json.loads(run("score", path, *to, "--json", code=3).stdout))


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8-sig", ";"), ("utf-16", "\t")])
def test_files_of_spreadsheet_programs_are_read(tmp_path: Path, encoding: str, mark: str) -> None:
    """Semicolons, tabs and byte-order marks are understood."""
    text = write(tmp_path / "a.csv", [row("n1", 4, role="Schwester")]).read_text()
    path = tmp_path / "b.csv"
    path.write_text(text.replace(",", mark), encoding=encoding)
    assert read_responses(tmp_path / "a.csv", ORCA) == read_responses(path, ORCA)


def test_answers_that_mean_do_not_know(tmp_path: Path) -> None:
    """Words, nothing, and the number of the form are left out; in ACT a 6 is a mistake."""
    rows = [row(f"n{n}", text) for n, text in enumerate(["dk", "NA", "", "6", "Don't know", "n/a"])]
    path = write(tmp_path / "answers.csv", rows)
    assert {None} == {answer.value for answer in read_responses(path, ORCA)}
    path = write(tmp_path / "act.csv", [row("n1", 6, scale="ACT.1")])
    with pytest.raises(BundleError):
        read_responses(path, ACT)


def test_recoded_answers_lie_between_0_and_1(tmp_path: Path) -> None:
    """A recoded count takes parts of one, and no answer as it was ticked."""
    rows = [row("n1", "0.5", scale="ACT.5"), row("n1", 3, scale="ACT.5", item="2")]
    with pytest.raises(BundleError) as caught:
        read_responses(write(tmp_path / "act.csv", rows), ACT)
    assert ["out-of-range"] == [problem.code for problem in caught.value.problems]


def test_mistakes_in_the_numbers_of_eligible_people(tmp_path: Path) -> None:
    """Fewer people than answered, a unit twice, and what is no number are told at once."""
    rows = [
        {"unit": "u", "eligible": "4"},
        {"unit": "v", "eligible": "many"},
        {"unit": "w", "eligible": "-1"},
        {"unit": "x", "eligible": "5"},
        {"unit": "x", "eligible": "6"},
    ]
    path = write(tmp_path / "eligible.csv", rows)
    with pytest.raises(BundleError) as caught:
        read_eligible(path, answers({"u": [1] * 5}))
    assert [
        (2, "eligible", "out-of-range"),
        (3, "eligible", "bad-integer"),
        (4, "eligible", "out-of-range"),
        (6, "unit", "repeated-row"),
    ] == [(problem.row, problem.column, problem.code) for problem in caught.value.problems]


def test_codes_of_answers_are_explained() -> None:
    """Each code that only a file of answers can have is on the page."""
    path = Path(__file__).resolve().parents[1] / "docs" / "instruments.md"
    page = path.read_text(encoding="utf-8")
    assert all(f"`{code}`" in page for code in RESPONSE_CODES)


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    """Problems end with exit code 3, other mistakes with 1, and nothing is written."""
    path = write(tmp_path / "answers.csv", [row("n1", 9)])
    to = ("--to", tmp_path / "out")
    assert "out-of-range" in run("score", path, "--instrument", "ORCA", *to, code=3).stderr
    write(path, [row("n1", 4)])
    for wrong, said in (
        (("--instrument", "NONE"), "there is no instrument 'NONE'"),
        (("--instrument", "ORCA", "--level", "person"), "rests on one person"),
        (("--instrument", "ORCA", "--minimum-answered", "half"), "'half' is no share"),
        *(
            (("--instrument", "ORCA", f"--minimum-answered={share}"), "from 0 to 1")
            for share in ("2", "1.01", "-0.1", "nan", "sNaN", "inf", "-inf")
        ),
        (("--instrument", "ORCA", "--version", ""), "has no name"),
        (("--instrument", "ORCA", "--version", " "), "has no name"),
        (("--instrument", "ORCA", "--passage", "p 1"), "'p 1' is no id of a passage"),
        (("--instrument", "ORCA", "--passage", ""), "'' is no id of a passage"),
        (("--instrument", "ORCA", "--passage", "p1;p2"), "'p1;p2' is no id"),
        (("--instrument", "ORCA", "--items", "ORCA.C.1=4"), "--version"),
        (("--instrument", "ORCA", "--version", "B", "--items", "X.1=4"), "no scale 'X.1'"),
        (("--instrument", "ORCA", "--version", "B", "--items", "ORCA.E.1=3"), "ORCA.E.1"),
        (("--instrument", "ORCA", "--minimum-n", "0"), "1 or more"),
    ):
        assert said in run("score", path, *wrong, *to, code=1).stderr
    assert not (tmp_path / "out").exists()


# Rows of a bundle


def survey(folder: Path) -> Path:
    """Return a bundle with scores of two wards, and a case that they are about."""
    rows = [
        row(f"{unit}-{n}", answer, unit=unit, facility="st-mary", case="falls", scale=scale,
            item=str(item), date="2011-03", role="nurse")
        for unit, people in (("ward-3", 6), ("ward-4", 5), ("ward-5", 2))
        for n in range(people)
        for scale, item, answer in (
            ("ORCA.C.1", 1, 4), ("ORCA.C.1", 2, 3), ("ORCA.E.1", 1, 5), ("ORCA.E.1", 2, 2 + n % 2)
        )
    ]  # fmt: skip
    eligible = [{"unit": f"ward-{n}", "eligible": "9"} for n in (3, 4, 5)]
    run(
        "score", write(folder / "answers.csv", rows), "--instrument", "ORCA",
        "--eligible", write(folder / "eligible.csv", eligible), "--level", "unit",
        "--level", "facility", "--passage", "p-survey", "--to", folder / "bundle",
    )  # fmt: skip
    sheets = {
        "dataset": "id,title,publisher,licence,version\n"
        "wards,Wards,Us,https://creativecommons.org/licenses/by/4.0/,1\n",
        "studies": "id,title,passages\nS1,Falls,p-survey\n",
        "cases": "id,study,passages\nfalls,S1,p-survey\n",
        "documents": "id,title,published\nd1,Survey report,2012\n",
        "passages": "id,document,page,gist\np-survey,d1,1,How the survey was done.\n",
    }
    for sheet, text in sheets.items():
        (folder / "bundle" / f"{sheet}.csv").write_text(text)
    return folder / "bundle"


def test_scores_build_into_a_graph(tmp_path: Path) -> None:
    """Raw scores are kept, scores computed, discord has none, and suppressed rows are silent."""
    dataset = kmgraph.build_in_memory(survey(tmp_path))
    found = dataset.query(
        "PREFIX km: <https://w3id.org/kmgraph/ontology#> "
        "PREFIX dcterms: <http://purl.org/dc/terms/> "
        "SELECT ?id ?status ?score ?raw ?band ?eligible ?responding { "
        "?a a km:Assessment ; dcterms:identifier ?id ; km:ratingStatus ?s ; km:construct ?c . "
        "BIND(STRAFTER(STR(?s), '#') AS ?status) OPTIONAL { ?a km:score ?score } "
        "OPTIONAL { ?a km:rawScore ?raw } OPTIONAL { ?a km:band ?band } "
        "OPTIONAL { ?a km:eligibleCount ?eligible ; km:respondingCount ?responding } }"
    )
    rows = {
        tuple(line[0].value.split("~")[0:3]): [None if v is None else v.value for v in line[1:]]
        for line in found
    }
    assert ["Rated", "0.625", "3.5", f"{KM}High", "9", "6"] == rows["ORCA.C.1", "unit", "ward-3"]
    assert ["Suppressed", None, None, None, None, None] == rows["ORCA.C.1", "unit", "ward-5"]
    assert ["Rated", None, "2.5", None, "9", "6"] == rows["ORCA.E.1", "unit", "ward-3"]
    # Ward 5 could be worked out from the facility and its other wards.
    assert rows["ORCA.C.1", "facility", "st-mary"][0] == "Suppressed"


def test_roles_of_a_unit_are_raters_of_their_own(tmp_path: Path) -> None:
    """In the graph, nurses and managers of one unit count as two raters."""
    folder = survey(tmp_path)
    for sheet in ("assessments", "organisations"):
        (folder / f"{sheet}.csv").unlink()
    rows = [
        row(f"{role[0]}{n}", 4 if role == "nurse" else 5, case="falls", unit="w", role=role)
        for role in ("nurse", "ward manager")
        for n in range(5)
    ]
    path = write(tmp_path / "answers.csv", rows)
    run(
        "score", path, "--instrument", "ORCA", "--to", folder, "--by-role", "--level", "unit",
        "--level", "facility", "--passage", "p-survey",
    )  # fmt: skip
    assert [] == BundleCheck(open_bundle(folder)).problems()
    raters = {line["rater"] for line in read(folder / "assessments.csv")}
    assert {"w~nurse", "w~ward-manager", "f~nurse", "f~ward-manager"} == raters
    found = kmgraph.build_in_memory(folder).query(
        "PREFIX km: <https://w3id.org/kmgraph/ontology#> "
        "SELECT ?count ?score { ?s a km:ConstructSummary ; km:raterCount ?count ; km:score ?score }"
    )
    assert [("2", "0.875")] == [(count.value, value.value) for count, value in found]


def test_the_page_says_which_scales_have_no_do_not_know() -> None:
    """Where a 6 is a mistake, the table of the page says so."""
    path = Path(__file__).resolve().parents[1] / "docs" / "instruments.md"
    lines = path.read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith("| answers |"))
    without = [s.notation for s in ORCA.scales.values() if s.dont_know is None]
    assert ["ORCA.E.1"] == without
    assert all(f"`{notation}`" in line for notation in without)


def test_new_columns_come_back_out_of_a_store(tmp_path: Path) -> None:
    """Numbers of people and what is summed up survive building and exporting."""
    bundle = survey(tmp_path)
    store = tmp_path / "store"
    run("init", "--store", store)
    run("build", bundle, "--store", store, "--quiet")
    with kmgraph.open_store(store) as evidence:
        export_bundle(evidence, tmp_path / "back")
    names = ("id", "raw_score", "eligible", "responding", "aggregates", "rating_status")
    before, after = (
        sorted(tuple(line[name] for name in names) for line in read(path / "assessments.csv"))
        for path in (bundle, tmp_path / "back")
    )
    assert before == after


def test_scores_of_a_facility_list_those_of_its_units(tmp_path: Path) -> None:
    """What is summed up is named, so that nobody counts it twice."""
    rows = [row(f"{unit}{n}", 4, unit=unit) for unit in ("a", "b") for n in range(5)]
    run(
        "score", write(tmp_path / "answers.csv", rows), "--instrument", "ORCA", "--to",
        tmp_path / "out", "--level", "unit", "--level", "facility",
    )  # fmt: skip
    scored = {line["rater"]: line for line in read(tmp_path / "out" / "assessments.csv")}
    assert f"{scored['a']['id']};{scored['b']['id']}" == scored["f"]["aggregates"]
    assert ["FS.2", "FS.2", "FS.3"] == [scored[n]["construct_level"] for n in ("a", "b", "f")]
    assert {"FS.1"} == {line["informant_level"] for line in scored.values()}
    assert {"ORCA 2009"} == {line["instrument"] for line in scored.values()}
    units = {line["id"]: line["part_of"] for line in read(tmp_path / "out" / "organisations.csv")}
    assert {"a": "f", "b": "f", "f": ""} == units


def test_written_files_are_not_overwritten(tmp_path: Path) -> None:
    """A folder that has scores already is refused, and left as it was."""
    path = write(tmp_path / "answers.csv", [row("n1", 4)])
    run("score", path, "--instrument", "ORCA", "--to", tmp_path / "out")
    text = (tmp_path / "out" / "assessments.csv").read_text()
    result = run("score", path, "--instrument", "ORCA", "--to", tmp_path / "out", code=1)
    assert "has organisations.csv already" in result.stderr
    assert text == (tmp_path / "out" / "assessments.csv").read_text()


def test_what_is_not_checked_says_so(tmp_path: Path) -> None:
    """The command names the scales whose range and scoring nobody checked."""
    path = write(tmp_path / "a.csv", [row("n1", 4)])
    facts = json.loads(
        run("score", path, "--instrument", "orca", "--to", tmp_path / "o", "--json").stdout
    )
    assert (["ORCA.C.1"], 1, 0) == (facts["unchecked"], facts["suppressed"], facts["dont_know"])
    path = write(tmp_path / "b.csv", [row("n1", 4, scale="ACT.1")])
    assert (
        "not yet checked"
        not in run("score", path, "--instrument", "ACT", "--to", tmp_path / "p").stdout
    )


def test_another_form_has_its_own_numbers_of_items(tmp_path: Path) -> None:
    """With its version named, a form may have more items than the list."""
    rows = [row(f"n{n}", 1, scale="ACT.5", item="10") for n in range(5)]
    path = write(tmp_path / "a.csv", rows)
    to = ("--instrument", "ACT", "--to", tmp_path / "o")
    run("score", path, *to, code=3)
    run("score", path, *to, "--version", "acute care", "--items", "ACT.5=10")
    (line,) = read(tmp_path / "o" / "assessments.csv")
    assert ("ACT acute care", "1") == (line["instrument"], line["raw_score"])


def test_rules_of_the_new_columns(tmp_path: Path) -> None:
    """A rating does not sum up itself, and discord takes a raw score without its scale."""
    records = [
        Assessment(id="a", about="c", construct="ORCA.C.1", score="0.5", aggregates=("a",)),
        Assessment(id="b", about="c", construct="ORCA.E.1", raw_score="-1"),
    ]
    found = {
        (problem.row, problem.column, problem.code)
        for problem in BundleCheck(MemoryBundle(records)).problems()
        if problem.column not in ("about", "")
    }
    assert {(2, "aggregates", "wrong-reference")} == found
    assert [] == BundleCheck(open_bundle(survey(tmp_path))).problems()
