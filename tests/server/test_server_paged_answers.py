"""Answers of saved questions, a page at a time."""

import json
import re
from typing import Any

import pytest

from kmgraph_server import ServerConfig, create_app
from kmgraph_server.state import close


def test_a_page_as_json_says_where_it_stands_and_links_to_its_neighbours(client: Any) -> None:
    response = client.get("/questions/cq-032.json?page=2&page_size=3")
    body = json.loads(response.text)
    assert (body["page"], body["page_size"], body["total"]) == (2, 3, 16)
    assert body["listed"] == "studies"
    assert len({row["study"] for row in body["rows"]}) == 3
    links = ", ".join(response.headers.getlist("Link"))
    assert re.search(r'cq-032\?page=1&page_size=3>; rel="prev"', links)
    assert re.search(r'cq-032\?page=3&page_size=3>; rel="next"', links)


def test_pages_one_after_the_other_hold_the_whole_answer(client: Any) -> None:
    whole = json.loads(client.get("/questions/cq-032.json").text)["rows"]
    pages = [
        json.loads(client.get(f"/questions/cq-032.json?page={number}&page_size=6").text)["rows"]
        for number in (1, 2, 3)
    ]
    assert [row for page in pages for row in page] == whole


def test_the_page_in_a_browser_leads_to_the_next(client: Any) -> None:
    text = client.get("/questions/cq-032?page=1&page_size=5", headers={"Accept": "text/html"}).text
    assert 'rel="next" href="/questions/cq-032?page=2&amp;page_size=5"' in text
    assert 'rel="prev"' not in text


@pytest.mark.parametrize("wanted", ["page=0", "page=x", "page_size=201", "page=-1"])
def test_a_page_that_cannot_be_is_refused(client: Any, wanted: str) -> None:
    assert client.get(f"/questions/cq-032.json?{wanted}").status_code == 400


def test_another_page_is_another_representation(client: Any) -> None:
    tags = [
        client.get(f"/questions/cq-032.json?page={number}&page_size=4").headers["ETag"]
        for number in (1, 2)
    ]
    assert tags[0] != tags[1]


@pytest.mark.parametrize("path", ["cq-032.json?page=2", "cq-032.json?page_size=200", "cq-032"])
def test_a_page_that_takes_too_long_is_stopped_as_queries_are(evidence: Any, path: str) -> None:
    app = create_app(ServerConfig(query_timeout_s=0.001), dataset=evidence)
    try:
        response = app.test_client().get(f"/questions/{path}")
    finally:
        close(app)
    body = json.loads(response.text)
    assert (response.status_code, body["type"].partition("#")[2]) == (503, "query-timeout")
