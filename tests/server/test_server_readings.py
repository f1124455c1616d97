"""Pages of cases and of what was worked out of them."""

from __future__ import annotations

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
