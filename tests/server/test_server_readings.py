"""Pages of cases and of what was worked out of them."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

import kmgraph
from kmgraph_server import ServerConfig, create_app

RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"


@pytest.fixture(scope="module")
def client():
    """A client of an application that serves the rated fixture."""
    with kmgraph.build_in_memory(RATED) as dataset:
        yield create_app(ServerConfig(), dataset=dataset).test_client()


def section(page: str, heading: str) -> str:
    """Return a section of a page as text without tags."""
    found = re.search(rf">{re.escape(heading)}</h2>(.*?)</section>", page, re.DOTALL)
    assert found, heading
    return " ".join(re.sub(r"<[^>]*>", " ", found[1]).split())


def test_a_case_begins_with_its_reading(client):
    """Quadrant, elements with bounds, suggestion, fit and caution stand above the record."""
    page = client.get("/doc/case/fx-build").text
    told = section(page, "Reading by PARIHS, version of 2004 and 2008")
    for words in (
        "Quadrant high evidence, low context",
        "Evidence high, 0.75 (4 of 4 parts rated)",
        "Context low, 0.333333 (3 of 4 parts rated, with what is missing 0.25 to 0.5)",
        "Suggested facilitation sustained, enabling facilitation",
        "Fit of the one used fits",
        "our reading of a hypothesis, unverified",
    ):
        assert words in told
    assert page.index("Reading by") < page.index("What is recorded")


def test_each_version_has_a_reading_of_its_own(client):
    """Two diagnoses that disagree stand side by side; the unchecked one says so."""
    page = client.get("/doc/case/fx-versions").text
    new = section(page, "Reading by PARIHS, version of 2004 and 2008")
    old = section(page, "Reading by PARIHS, version of 1998")
    assert "high evidence, high context" in new and "general knowledge" not in new
    assert "low evidence, low context" in old and "from general knowledge, unverified" in old


def test_a_case_without_ratings_has_no_reading(client):
    """Nothing is said of what nobody rated."""
    assert "Reading by" not in client.get("/doc/case/fx-silent").text


def test_what_follows_stands_apart_from_what_is_recorded(client):
    """The setting that a case has from its site is no record of the case."""
    page = client.get("/doc/case/fx-build").text
    assert "Setting" not in section(page, "What is recorded")
    assert "Setting" in section(page, "What follows from the ontology")
    assert "At site" in section(page, "What is recorded")


def test_what_was_worked_out_has_a_name_and_leads_to_its_parts(client):
    """A summary, a diagnosis and a flip are called by what they are of."""
    expected = {
        "case/fx-build/summary/PARIHS.C": "Build the context: Context",
        "case/fx-build/construct/PARIHS.C.culture": "Build the context: Culture",
        "case/fx-build/diagnosis/parihs-2004": "Build the context: PARIHS, version of 2004",
    }
    for path, title in expected.items():
        page = client.get(f"/doc/{path}").text
        assert f"<h1>{title}" in page
        assert "What was worked out" in page and "/explain?iri=" in page
    page = client.get("/doc/case/fx-build/summary/PARIHS.C").text
    assert 'href="/doc/case/fx-build/construct/PARIHS.C.culture"' in page


def test_a_rating_is_called_by_construct_rater_and_date(client):
    """Lists of ratings can be read without opening each."""
    page = client.get("/doc/assessment/fx-a-disagree-c-culture-manager").text
    assert "<h1>Disagreement: Culture, by Manager, 2010-10" in page


def test_what_was_worked_out_rests_on_ratings_and_their_passages(client):
    """A summary lists its ratings, a diagnosis its summaries; both lead to the passages."""
    page = client.get("/doc/case/fx-worked/summary/PARIHS.E").text
    told = section(page, "Rests on")
    assert "Records 5 Worked example: Clinical experience, by Nurse, 2010-05" in told
    assert "Report of ST1 Ratings, lines 20-21" in told
    assert "No document recorded" not in told and "the whole document" not in told
    assert re.search(r'<li><a href="/doc/assessment/[^"]+"[^>]*>Worked example: Research', page)
    page = client.get("/doc/case/fx-worked/diagnosis/parihs-2004").text
    told = section(page, "Rests on")
    assert "Records 2 Worked example: Context Worked example: Evidence" in told
    assert "Report of ST1 Ratings, lines 20-21" in told and "lines 110-111" in told
    flip = re.search(r'href="(/doc/case/fx-worked/diagnosis/parihs-2004/flip/\w+)"', page)[1]
    told = section(client.get(flip).text, "Rests on")
    assert "Records 1 Worked example: PARIHS, version of 2004 and 2008 Report of ST1" in told


def test_what_points_to_a_record_is_listed_once_under_a_fitting_heading(client):
    """Only a passage has things that rest on this passage."""
    page = client.get("/doc/case/fx-worked/diagnosis/parihs-2004").text
    assert "Flips 4" in section(page, "What would overturn it")
    flips = re.findall(r'<li><a href="/doc/case/fx-worked/diagnosis/[^"]*/flip/(\w+)"', page)
    assert 4 == len(flips) == len(set(flips))
    page = client.get("/doc/case/fx-worked/summary/PARIHS.E").text
    assert 1 == len(re.findall(r'<li><a href="/doc/case/fx-worked/diagnosis/parihs-2004"', page))
    rating = re.search(r'href="(/doc/assessment/[^"]+)"', page)[1]
    page = client.get(rating).text
    assert "Element summaries" in section(page, "What was worked out from it")
    assert "What rests on this passage" not in page
    passage = re.search(r'href="(/doc/passage/[^"]+)"', page)[1]
    assert section(client.get(passage).text, "What rests on this passage")


def test_what_was_worked_out_about_a_case_stands_apart(client):
    """Records of a case and what derivation made of them have headings of their own."""
    page = client.get("/doc/case/fx-worked").text
    recorded = section(page, "What is recorded about it")
    worked_out = section(page, "What was worked out about it")
    assert "Barriers 1" in recorded and "Evidence assessments" in recorded
    for kind in ("Construct summaries", "Element summaries", "Diagnoses", "Flips"):
        assert kind in worked_out and kind not in recorded
    assert "Diagnosises" not in page


def test_a_reading_names_the_weakest_and_leads_to_what_would_overturn_it(client):
    """The link asks the question for this case and this version, below a mount too."""
    page = client.get("/doc/case/fx-worked").text
    told = section(page, "Reading by PARIHS, version of 2004 and 2008")
    assert "Weakest Evidence" in told
    address = re.search(r'<a href="([^"]*cq-103[^"]*)"[^>]*>4 single changes', page)[1]
    answer = client.get(address.replace("&amp;", "&"), headers={"Accept": "text/html"}).text
    assert "4 rows" in answer
    assert '<option value="case/fx-worked" selected>' in answer
    assert '<option value="parihs2004:" selected>' in answer
    below = client.get("/doc/case/fx-worked", environ_overrides={"SCRIPT_NAME": "/m"}).text
    assert 'href="/m/questions/cq-103?' in below


def test_a_rating_of_a_whole_element_says_so(client):
    """It has no parts to count."""
    page = client.get("/doc/case/fx-direct").text
    told = section(page, "Reading by PARIHS, version of 2004 and 2008")
    assert "Context low, 0.3 (rated as a whole)" in told
    assert "Evidence low, 0.2 (1 of 4 parts rated" in told


def test_a_case_that_nobody_rated_says_why_it_has_no_reading(client):
    """Looked at and not rated is something else than rated and not shown."""
    assert "Nothing rated, so no reading" in client.get("/doc/case/fx-silent").text
    assert "so no reading" not in client.get("/doc/case/fx-worked").text


def test_a_study_shows_what_its_ratings_found(client):
    """Score, band or status and framework stand beside each; profiles are one step away."""
    page = client.get("/doc/study/fx-ST1").text
    told = section(page, "Ratings of its cases and its programme")
    framework = "PARIHS, version of 2004 and 2008"
    assert f"Patient experience, by Manager, 2010-05 0 low {framework} Worked example" in told
    assert f"by Outside researcher, 2010-05 not reported {framework}" in told
    profile = re.search(r'<a href="(/profile[^"]+)"[^>]*>Worked example</a>', page)[1]
    assert "<h1>Worked example</h1>" in client.get(profile.replace("&amp;", "&")).text
    judged = client.get("/doc/study/fx-ST6").text
    assert "judged " in section(judged, "Ratings of its cases and its programme")


def test_no_form_offers_a_choice_without_a_name_or_an_effect(client):
    """Frameworks are called by their titles; 'any' is not offered where a default would win."""
    page = client.get("/questions/cq-103").text
    assert '<option value="parihs2004:" selected>PARIHS, version of 2004 and 2008</option>' in page
    assert not re.search(r'<option value="[^"]+"[^>]*>\s*</option>', page)
    scheme = re.search(r'<select id="p-scheme".*?</select>', page, re.DOTALL)[0]
    case = re.search(r'<select id="p-case".*?</select>', page, re.DOTALL)[0]
    assert ">any<" not in scheme and ">any<" in case


@pytest.mark.parametrize(
    ("case", "note"),
    [
        ("case/nope", "no record case/nope in this store"),
        ("study/fx-ST1", "study/fx-ST1 (study) is of another kind than the question takes"),
    ],
)
def test_a_parameter_that_fits_no_record_is_told(client, case, note):
    """On the page and in the JSON, instead of an answer without rows that looks like a finding."""
    page = client.get(f"/questions/cq-103?case={case}", headers={"Accept": "text/html"}).text
    assert note in page and "No record answers this question" not in page
    response = client.get(f"/questions/cq-103.json?case={case}")
    assert (200, []) == (response.status_code, response.json["rows"])
    assert note in response.json["note"]
    assert client.get("/questions/cq-103.json?case=case/fx-worked").json["note"] is None


def test_kept_files_say_that_they_are_synthetic(client):
    """Answers and explanations hold the mark, and so do the names of their files."""
    answer = client.get("/questions/cq-005.json")
    told = client.get("/explain?iri=case/fx-worked/diagnosis/parihs-2004&format=json")
    for response, name in (
        (answer, "synthetic-cq-005.json"),
        (told, "synthetic-explain-case-fx-worked-diagnosis-parihs-2004.json"),
    ):
        assert response.json["synthetic"] is True
        assert f'inline; filename="{name}"' == response.headers["Content-Disposition"]


def test_csv_says_what_is_unverified_in_each_row(client):
    """In a last column, so that whoever reads the rows by name loses nothing."""
    rows = list(csv.DictReader(io.StringIO(client.get("/questions/cq-103.csv").text, newline="")))
    assert len(rows) > 3
    assert ["places", "unverified"] == list(rows[0])[-2:]
    assert all("our reading of a hypothesis" in row["unverified"] for row in rows)


def test_the_home_page_of_made_up_data_says_what_its_dataset_says(client):
    """Nobody can know here whether a program or a person made it up."""
    page = client.get("/", headers={"Accept": "text/html"}).text
    assert "<h1>Rated cases to be wrong about</h1>" in page
    assert "Invented ratings for tests" in page[: page.index("What is here")]
    assert "synthetic data" in page and "by a program" not in page
