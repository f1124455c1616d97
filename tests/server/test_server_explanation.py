"""The page that says why."""

from __future__ import annotations

from pathlib import Path

import pytest

import kmgraph
from kmgraph_server import ServerConfig, create_app

RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"
DIAGNOSIS = "case/fx-build/diagnosis/parihs-2004"


@pytest.fixture(scope="module")
def rated_client():
    """A client of an application that serves the rated fixture."""
    with kmgraph.build_in_memory(RATED) as dataset:
        yield create_app(ServerConfig(), dataset=dataset).test_client()


def test_the_page_of_a_diagnosis_shows_the_whole_tree(rated_client):
    """Rule with its status, sums, raters and passages, each with a link."""
    reply = rated_client.get("/explain", query_string={"iri": DIAGNOSIS})
    assert 200 == reply.status_code
    for told in (
        "our reading of a hypothesis, unverified",
        "the rule is from general knowledge",
        "Score: mean of ",
        "/doc/case/fx-build/summary/PARIHS.C",
        "/doc/assessment/fx-a-build-c-culture-manager",
        "/doc/passage/fx-p-st3-70",
        "not rated: not measured",
    ):
        assert told in reply.text


def test_json_is_the_tree(rated_client):
    """The same tree comes as data, by name and by Accept header."""
    path = {"iri": DIAGNOSIS, "format": "json"}
    by_name = rated_client.get("/explain", query_string=path)
    by_header = rated_client.get(
        "/explain", query_string={"iri": DIAGNOSIS}, headers={"Accept": "application/json"}
    )
    assert "application/json" == by_name.mimetype == by_header.mimetype
    assert by_name.json == by_header.json
    assert "diagnosis" == by_name.json["kind"]
    assert "hypothesis, unverified" in by_name.json["status"]


def test_pages_of_derived_nodes_lead_to_it(rated_client):
    """Cases, ratings, summaries and diagnoses have the link; a study has none."""
    assert 'href="/explain?iri=' in rated_client.get(f"/doc/{DIAGNOSIS}.html").text
    assert 'href="/explain?iri=' in rated_client.get("/doc/case/fx-build.html").text
    assert 'href="/explain?iri=' not in rated_client.get("/doc/passage/fx-p-st3-70.html").text


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("?iri=", 400), ("?iri=a&iri=b", 400), ("?iri=nothing", 404), ("?iri=%00", 404)],
)
def test_faults(rated_client, query, status):
    """What cannot be explained is refused with a reason."""
    assert status == rated_client.get(f"/explain{query}").status_code


def test_below_a_path_its_links_stay_there(rated_client):
    """An application that is mounted elsewhere links to its own pages."""
    reply = rated_client.get(
        "/explain", query_string={"iri": "fx-build"}, environ_overrides={"SCRIPT_NAME": "/m"}
    )
    assert 'href="/m/doc/case/fx-build/diagnosis/parihs-2004"' in reply.text
    assert 'href="/doc/' not in reply.text
