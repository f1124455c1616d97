"""What the shipped CLAHRC-NDL bundle states, checked against the documents that it was made from.

The documents are not part of the project. Tests that need them look in the folder that
``KMGRAPH_DOCUMENTS`` names, else in folders beside the checkout, and recognise them by their
hash; the list of facts is looked for in the same way, under ``KMGRAPH_FACTS``.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "kmgraph" / "examples" / "clahrc-ndl"
COVERAGE = Path(__file__).with_name("fact_coverage.csv")

#: Sheets whose rows are not statements of a document.
UNSOURCED = {"dataset", "documents", "passages"}
#: Cells that hold names given by the documents, which cannot be put in other words.
NAMES = {("studies", "title"), ("programmes", "alt_labels"), ("passages", "section")}
#: Longest run of words that a record may share with a document.
LONGEST_RUN = 7
#: Fellows in post and vacant posts of each study, as Table 1 gives them.
FELLOWS = {
    "MH1": (2, 0),
    "MH2": (1, 0),
    "MH3": (1, 0),
    "MH4": (2, 0),
    "PC1": (1, 0),
    "PC2": (1, 0),
    "PC3": (2, 0),
    "PC4": (1, 0),
    "SR1": (1, 0),
    "SR2": (1, 0),
    "SR3": (1, 0),
    "SR4": (1, 0),
    "CYP1": (1, 0),
    "CYP2": (2, 0),
    "CYP3": (0, 1),
    "CYP4": (2, 0),
}
#: How the documents write the numbers that claims hold.
NUMBER_WORDS = {
    1: ("one", "annually", "currently vacant"),
    2: ("two",),
    3: ("three",),
    4: ("four",),
    5: ("five",),
    6: ("six",),
    9: ("nine",),
    3_000_000: ("three million",),
}

Row = dict[str, str]
Lines = tuple[str, int, int]


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def bundle() -> dict[str, list[Row]]:
    """Return the rows of each sheet of the bundle."""
    return {path.stem: read_rows(path) for path in sorted(BUNDLE.glob("*.csv"))}


@pytest.fixture(scope="module")
def records(bundle: dict[str, list[Row]]) -> dict[str, Row]:
    """Return every row of the bundle by its id."""
    return {row["id"]: row for rows in bundle.values() for row in rows}


@pytest.fixture(scope="module")
def coverage() -> list[Row]:
    """Return which records stand for which fact."""
    return read_rows(COVERAGE)


@pytest.fixture(scope="module")
def documents(bundle: dict[str, list[Row]]) -> dict[str, list[str]]:
    """Return the lines of the documents that the bundle gives a hash for."""
    wanted = {row["sha256"]: row["id"] for row in bundle["documents"] if row["sha256"]}
    found = {}
    for path in candidates("KMGRAPH_DOCUMENTS", "*.txt", "*/sources/*.txt"):
        content = path.read_bytes()
        name = wanted.get(hashlib.sha256(content).hexdigest())
        if name:
            found[name] = content.decode("utf-8").split("\n")
    if set(found) != set(wanted.values()):
        pytest.skip("the source documents are not here; name their folder in KMGRAPH_DOCUMENTS")
    return found


def candidates(variable: str, inside: str, beside: str) -> list[Path]:
    """Return files in the folder that a variable names, else in folders beside the checkout."""
    folder = os.environ.get(variable)
    return sorted(Path(folder).rglob(inside) if folder else ROOT.parent.glob(beside))


def facts_table(name: str) -> list[Row]:
    """Return a table of facts about the paper, or skip where it is not to be found."""
    paths = candidates("KMGRAPH_FACTS", name, f"*/domain/clahrc/{name}")
    if not paths:
        pytest.skip(f"{name} is not here; name its folder in KMGRAPH_FACTS")
    return read_rows(paths[0])


def items(row: Row, column: str) -> list[str]:
    """Return the items of a cell that may hold several."""
    return [item for item in row.get(column, "").split(";") if item]


def lines_of(row: Row, records: dict[str, Row]) -> Iterator[Lines]:
    """Yield document, first and last line of each passage of a record that has lines."""
    for name in items(row, "passages"):
        passage = records[name]
        if passage["line_from"]:
            yield passage["document"], int(passage["line_from"]), int(passage["line_to"])


def words(text: str) -> list[str]:
    """Return the words of a text without case, punctuation and apostrophes."""
    return re.findall(r"[a-z0-9]+", re.sub("['’]", "", text.lower()))


def runs(text: str) -> Iterator[tuple[str, ...]]:
    """Yield each run of words that is too long to be shared with a document."""
    found = words(text)
    for start in range(len(found) - LONGEST_RUN):
        yield tuple(found[start : start + LONGEST_RUN + 1])


def test_bundle_holds_what_the_paper_counts(bundle: dict[str, list[Row]]) -> None:
    assert len(bundle["studies"]) == 16
    assert Counter(row["study"] for row in bundle["cases"]) == dict.fromkeys(FELLOWS, 1)
    assert Counter(row["studies"] for row in bundle["communities"]) == dict.fromkeys(FELLOWS, 1)
    assert Counter(row["kind"] for row in bundle["themes"]) == {"research": 4, "implementation": 2}
    assert len(bundle["discrepancies"]) == 12


def test_no_person_is_invented(bundle: dict[str, list[Row]]) -> None:
    assert not bundle.get("people")
    assert not any(row.get("held_by") for row in bundle["posts"])


def test_ids_are_unique_over_all_sheets(bundle: dict[str, list[Row]]) -> None:
    count = Counter(row["id"] for rows in bundle.values() for row in rows)
    assert {name for name, times in count.items() if times > 1} == set()


def test_every_record_has_passages_and_a_kind(
    bundle: dict[str, list[Row]], records: dict[str, Row]
) -> None:
    passages = {row["id"] for row in bundle["passages"]}
    for sheet, rows in bundle.items():
        if sheet in UNSOURCED:
            continue
        for row in rows:
            assert items(row, "passages"), row["id"]
            assert set(items(row, "passages")) <= passages, row["id"]
            assert row["assertion_kind"], row["id"]


def test_posts_are_inferred_from_the_counts(bundle: dict[str, list[Row]]) -> None:
    posts = bundle["posts"]
    count = Counter((row["aligned_with"], row["status"]) for row in posts)
    assert {s: (count[s, "filled"], count[s, "vacant"]) for s in FELLOWS} == FELLOWS
    assert Counter(row["status"] for row in posts) == {"filled": 20, "vacant": 1}
    assert {row["assertion_kind"] for row in posts} == {"inferred"}


def test_counts_by_theme(bundle: dict[str, list[Row]]) -> None:
    theme = {row["id"]: row["themes"] for row in bundle["studies"]}
    filled = Counter(theme[r["aligned_with"]] for r in bundle["posts"] if r["status"] == "filled")
    claimed = {
        row["about"]: int(row["value"])
        for row in bundle["claims"]
        if row["quantity_kind"] == "fellows_in_post" and row["about"] in filled
    }
    expected = {
        "mental-health": 6,
        "primary-care": 5,
        "stroke-rehabilitation": 4,
        "children-and-young-people": 5,
    }
    assert filled == expected
    assert claimed == expected


def test_count_of_each_study_is_a_claim_placed_by_position(bundle: dict[str, list[Row]]) -> None:
    claims = {
        row["id"]: (row["about"], row["quantity_kind"], int(row["value"]))
        for row in bundle["claims"]
        if row["about"] in FELLOWS and row["value"]
    }
    expected = {
        f"c-{study.lower()}-fellows": (study, "fellows_in_post", filled)
        for study, (filled, _) in FELLOWS.items()
    }
    assert claims == expected | {"c-cyp3-vacancies": ("CYP3", "fellow_vacancies", 1)}
    by_position = {
        row["subject"]: row["object"]
        for row in bundle["statement_notes"]
        if row["property"] == "km:about" and row["assertion_kind"] == "by_position"
    }
    assert by_position == {claim: about for claim, (about, _, _) in claims.items()}


def test_theme_of_each_study_is_placed_by_position(bundle: dict[str, list[Row]]) -> None:
    noted = {
        row["subject"]: (row["object"], row["assertion_kind"])
        for row in bundle["statement_notes"]
        if row["property"] == "km:theme"
    }
    assert noted == {row["id"]: (row["themes"], "by_position") for row in bundle["studies"]}


def test_text_and_table_disagree_on_fellows(
    bundle: dict[str, list[Row]], records: dict[str, Row]
) -> None:
    text, table = records["c-fellows-text"], records["c-fellows-table"]
    assert (text["value"], text["assertion_kind"]) == ("24", "stated")
    assert (table["value"], table["assertion_kind"]) == ("20", "computed")
    assert text["about"] == table["about"] == "ndl"
    assert list(lines_of(text, records)) == [("s1", 515, 517)]
    assert len(items(table, "passages")) == len(FELLOWS)
    assert records["d-fellows"]["kind"] == "contradictory"
    assert items(records["d-fellows"], "claims") == ["c-fellows-text", "c-fellows-table"]


def test_discrepancies_keep_both_sides(
    bundle: dict[str, list[Row]], records: dict[str, Row]
) -> None:
    kinds = {"contradictory", "different_unit", "different_date", "compatible"}
    for row in bundle["discrepancies"]:
        claims = items(row, "claims")
        assert len(set(claims)) >= 2, row["id"]
        assert all("statement" in records[claim] for claim in claims), row["id"]
        assert row["kind"] in kinds, row["id"]


def test_barriers_and_enablers_are_coded_and_the_coding_is_ours(
    bundle: dict[str, list[Row]],
) -> None:
    noted: dict[str, set[str]] = {}
    for row in bundle["statement_notes"]:
        if row["property"] in {"km:construct", "km:constructLevel"}:
            assert row["assertion_kind"] == "inferred", row["id"]
            noted.setdefault(row["subject"], set()).add(row["value"])
    assert {row["kind"] for row in bundle["determinants"]} == {"barrier", "enabler"}
    for row in bundle["determinants"]:
        constructs = items(row, "constructs")
        assert constructs, row["id"]
        assert all(construct.startswith("PARIHS.") for construct in constructs), row["id"]
        assert re.fullmatch(r"FS\.[1-4]", row["construct_level"]), row["id"]
        assert noted[row["id"]] == {*constructs, row["construct_level"]}


def test_each_study_is_reviewed_by_three_panels(bundle: dict[str, list[Row]]) -> None:
    reviewers: dict[str, set[str]] = {}
    for row in bundle["panels"]:
        for study in items(row, "reviews"):
            reviewers.setdefault(study, set()).add(row["id"])
    panels = {"commissioners-panel", "service-user-panel", "scientific-committee"}
    assert reviewers == dict.fromkeys(FELLOWS, panels)


def test_every_fact_has_records_that_stand_on_its_lines(
    coverage: list[Row], records: dict[str, Row]
) -> None:
    assert [row["fact"] for row in coverage] == [f"F{n:03}" for n in range(1, 168)]
    apart = []
    for fact in coverage:
        document, first, last = fact["document"], int(fact["line_from"]), int(fact["line_to"])
        assert items(fact, "records"), fact["fact"]
        for name in items(fact, "records"):
            places = lines_of(records[name], records)
            if not any(d == document and a <= last and b >= first for d, a, b in places):
                apart.append((fact["fact"], name))
    assert apart == []


def test_coverage_has_the_lines_of_the_facts(coverage: list[Row]) -> None:
    facts = {
        row["id"]: (row["source"].lower(), row["line_from"], row["line_to"])
        for row in facts_table("facts.csv")
    }
    assert facts == {
        row["fact"]: (row["document"], row["line_from"], row["line_to"]) for row in coverage
    }


def test_studies_are_those_of_table_1(
    bundle: dict[str, list[Row]], records: dict[str, Row]
) -> None:
    themes = {row["id"]: row["label"] for row in bundle["themes"]}
    for row in facts_table("table1.csv"):
        study = records[row["study_id"]]
        title = ("s1", int(row["title_line_from"]), int(row["title_line_to"]))
        cell = ("s1", int(row["df_line"]), int(row["df_line"]))
        assert (study["title"], themes[study["themes"]]) == (row["title"], row["theme"])
        assert list(lines_of(study, records)) == [title]
        claim = records[f"c-{study['id'].lower()}-fellows"]
        assert (list(lines_of(claim, records)), claim["value"]) == ([cell], row["df_filled"])
        posts = [post for post in bundle["posts"] if post["aligned_with"] == study["id"]]
        assert len(posts) == int(row["df_filled"]) + int(row["df_vacant"])
        assert all(cell in lines_of(post, records) for post in posts)


def test_passages_lie_within_their_documents(
    bundle: dict[str, list[Row]], documents: dict[str, list[str]]
) -> None:
    for row in bundle["passages"]:
        if row["line_from"]:
            first, last = int(row["line_from"]), int(row["line_to"])
            text = documents[row["document"]][first - 1 : last]
            assert first <= last, row["id"]
            assert len(text) == last - first + 1, row["id"]
            assert text[0].strip(), row["id"]
            assert text[-1].strip(), row["id"]


def test_stated_numbers_stand_in_their_passages(
    bundle: dict[str, list[Row]], records: dict[str, Row], documents: dict[str, list[str]]
) -> None:
    checked = 0
    for row in bundle["claims"]:
        places = list(lines_of(row, records))
        if row["assertion_kind"] != "stated" or not row["value"] or not places:
            continue
        for value in filter(None, (row["value"], row["value_to"])):
            number = int(Decimal(value))
            written = "|".join([str(number), *NUMBER_WORDS.get(number, ())])
            for document, first, last in places:
                text = " ".join(documents[document][first - 1 : last]).lower()
                assert re.search(rf"\b(?:{written})\b", text), (row["id"], first, last)
            checked += 1
    assert checked > 30


def test_anchor_words_of_facts_stand_in_the_passages_of_their_records(
    coverage: list[Row], records: dict[str, Row], documents: dict[str, list[str]]
) -> None:
    anchors = {row["id"]: row["anchor"] for row in facts_table("facts.csv") if row["anchor"]}
    missing = []
    for fact in coverage:
        wanted = " ".join(words(anchors.get(fact["fact"], "")))
        text = " ".join(
            " ".join(words("\n".join(documents[document][first - 1 : last])))
            for name in items(fact, "records")
            for document, first, last in lines_of(records[name], records)
        )
        if wanted not in text:
            missing.append(fact["fact"])
    assert missing == []


def test_no_sentence_of_the_documents_is_copied(
    bundle: dict[str, list[Row]], documents: dict[str, list[str]]
) -> None:
    source = {run for lines in documents.values() for run in runs("\n".join(lines))}
    copied = [
        (sheet, row["id"], column, " ".join(run))
        for sheet, rows in bundle.items()
        for row in rows
        for column, text in row.items()
        if (sheet, column) not in NAMES
        for run in runs(text)
        if run in source
    ]
    assert copied == []
