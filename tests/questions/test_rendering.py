"""An answer as text, CSV, JSON and DataFrame."""

import csv
import io
import json

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.questions import Answer


@pytest.fixture(scope="module")
def fellows(dataset: EvidenceDataset) -> Answer:
    """Return the answer to question 31."""
    return dataset.ask("31")


def test_table_shows_totals_claim_and_passages(fellows: Answer) -> None:
    """The line of totals has count, claim and kind of discrepancy; passages are listed below."""
    table = fellows.to_table()
    total = next(line for line in table.splitlines() if "All themes" in line)
    for word in ("16", "20", "24", "contradictory", "Situated learning, lines 515-517"):
        assert word in total
    cited = [n for n, passage in enumerate(fellows.passages, 1) if passage.line_from == 515]
    assert f"\n[{cited[0]}] CLAHRC-NDL model paper" in table
    assert "7 row(s)" in table
    assert "https://w3id.org/kmgraph/id/theme" not in table


def test_table_says_when_there_is_nothing(dataset: EvidenceDataset) -> None:
    """An answer without rows says so, and repeats what was asked for."""
    table = dataset.ask("37", kind="km:DifferentDate").to_table()
    assert "(no rows)" in table
    assert "with kind=km:DifferentDate" in table
    assert "No passages" in table


def test_table_shows_what_is_unverified(dataset: EvidenceDataset) -> None:
    """What rests on unchecked knowledge is said beside the answer."""
    assert "Unverified: Coding a statement" in dataset.ask("101").to_table()


def test_csv_says_what_is_unverified(dataset: EvidenceDataset) -> None:
    """In a last column of each row, where the question has something to say."""
    found = dataset.ask("101")
    rows = list(csv.DictReader(io.StringIO(found.to_csv(), newline="")))
    assert [*found.variables, "places", "unverified"] == list(rows[0])
    assert {row["unverified"] for row in rows} == {found.question.unverified}


def test_a_record_that_is_not_there_is_told(dataset: EvidenceDataset) -> None:
    """In the table and as a note; a record that is there and has nothing is not."""
    none = dataset.ask("102", record="study/none")
    assert none.note == "no record study/none in this store"
    assert "Note: no record study/none in this store" in none.to_table()
    assert "of another kind" in dataset.ask("31", programme="study/ndl-MH1").note
    assert dataset.ask("31", programme="programme/ndl-ndl").note == ""


def test_csv_has_a_line_for_each_row_with_places_in_words(fellows: Answer) -> None:
    """CSV reads back to the rows; numbers are plain and each row says where it stands."""
    text = fellows.to_csv()
    assert text.count("\r\n") == 8
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [*fellows.variables, "places"] == list(rows[0])
    filled = {row["themeLabel"]: row["filledPosts"] for row in rows}
    assert ("6", "5", "4", "5", "20") == tuple(
        filled[theme]
        for theme in (
            "Mental Health",
            "Primary Care",
            "Stroke Rehabilitation",
            "Children and Young People",
            "All themes",
        )
    )
    assert "Situated learning, lines 515-517" in rows[-1]["places"]
    assert rows[-1]["passages"].split() == fellows.rows[-1]["passages"]


def test_json_holds_question_rows_and_passages(fellows: Answer) -> None:
    """The JSON has the documented keys; numbers are numbers and what has no value is null."""
    document = json.loads(fellows.to_json())
    keys = "question parameters variables rows passages query generation content_since cite"
    assert [*keys.split(), "synthetic", "note"] == list(document)
    assert "cq-031" == document["question"]["id"]
    assert list(fellows.variables) == [variable["name"] for variable in document["variables"]]
    total = document["rows"][-1]
    assert (20, 24, None) == (total["filledPosts"], total["claimed"], total["theme"])
    known = {passage["iri"] for passage in document["passages"]}
    assert set(total["passages"]) <= known
    assert document["generation"] is None
    assert document["synthetic"] is False
    assert document["note"] is None


def test_dataframe_is_typed_by_column(fellows: Answer) -> None:
    """Counts come as integers, so that they can be summed."""
    pytest.importorskip("pandas")
    frame = fellows.to_dataframe()
    assert list(fellows.variables) == list(frame.columns)
    assert 20 == frame[frame["theme"].notna()]["filledPosts"].sum()


def test_solutions_are_sparql_solutions(fellows: Answer) -> None:
    """The rows can be written in the SPARQL results formats, more than once."""
    document = json.loads(fellows.solutions.serialize("json"))
    assert list(fellows.variables) == document["head"]["vars"]
    assert fellows.solutions.serialize("csv") == fellows.solutions.serialize("csv")
    assert 7 == len(document["results"]["bindings"])
