"""The pages of the questions and their answers, and the description of each question."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ET
from urllib.parse import quote

import pytest
import schemathesis
from helpers.browsing import PHONE, findings, overflow_px

import kmgraph
from kmgraph.bundles.files import example_path
from kmgraph.questions import GROUPS, load_catalogue
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.openapi import description
from kmgraph_server.state import close

EVIL = "<script>alert(1)</script><b>Post</b> \"quoted\" & 'all'"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A client of a store in which a theme is called markup."""
    path = tmp_path_factory.mktemp("hostile") / "bundle"
    shutil.copytree(example_path("clahrc-ndl"), path)
    themes = path / "themes.csv"
    text = themes.read_text(encoding="utf-8")
    assert "Primary Care" in text
    evil = EVIL.replace('"', '""')
    themes.write_text(text.replace("Primary Care", f'"{evil}"', 1), encoding="utf-8")
    with kmgraph.build_in_memory(path) as dataset:
        yield create_app(ServerConfig(), dataset=dataset).test_client()


def test_a_question_is_found_asked_and_read(visit, site):
    """From the list by what people want to know to the chart, the table and the passages."""
    with visit(site.url) as page:
        page.goto("/questions")
        assert findings(page) == []
        headings = page.locator("main h2").all_inner_texts()
        assert headings == [words for name, words in GROUPS.items() if name != "other"]
        page.get_by_label("Find a question").fill("studies fellows theme")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("link", name="Studies, fellows and communities by theme").click()
        page.get_by_label("Programme").select_option("programme/ndl-ndl")
        page.get_by_role("button", name="Show the answer").click()
        chart = page.locator(".picture img")
        page.wait_for_load_state("networkidle")
        assert chart.evaluate("one => one.complete && one.naturalWidth") > 300
        assert "Mental Health: Filled posts 6" in chart.get_attribute("alt")
        page.get_by_text("The numbers of the chart as a table").click()
        assert page.locator("figure tbody tr").count() == 6
        assert "Answer to cq-031" in page.locator(".cite").inner_text()
        page.get_by_text("The query in SPARQL").click()
        assert page.get_by_role("link", name="Open it in the query page").is_visible()
        page.get_by_text("Ask it from a program").click()
        assert "kmgraph ask 31 --store store -p programme=" in page.locator(".ways").inner_text()
        assert findings(page) == []
        page.goto("/questions/cq-102")
        assert page.get_by_text("Choose a value in the form").is_visible()


def test_a_phone_without_scripts_in_the_dark(visit, site):
    """The list, its search and an answer work, and nothing stands beside the page."""
    options = {"viewport": PHONE, "java_script_enabled": False, "color_scheme": "dark"}
    with visit(site.url, **options) as page:
        for path in ("/questions?q=posts", "/questions/cq-020"):
            page.goto(path)
            assert page.locator("h1").count() == 1
    with visit(site.url, viewport=PHONE, color_scheme="dark") as page:
        for path in ("/questions", "/questions/cq-020"):
            page.goto(path)
            assert overflow_px(page) == 0
        assert findings(page) == []


def test_the_list_is_searched_by_beginnings_of_words(client):
    """All words have to be there; where none fits, the page says what to do."""
    found = client.get("/questions?q=vacant+thin", headers={"Accept": "text/html"}).text
    assert re.findall(r'href="/questions/(cq-\d+)"', found) == ["cq-020"]
    nothing = client.get(f"/questions?q={quote('<i>zebra')}", headers={"Accept": "text/html"}).text
    assert "No question has all of these words: “&lt;i&gt;zebra”" in nothing
    assert "<i>zebra" not in nothing


def test_charts_are_sent_as_pictures(client):
    """By ending, by parameter and by Accept, with what was chosen, the same bytes each time."""
    by_ending = client.get("/questions/31.svg")
    root = ET.fromstring(by_ending.data)  # noqa: S314
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert by_ending.content_type == "image/svg+xml"
    assert client.get("/questions/cq-031?format=svg").data == by_ending.data
    by_accept = client.get("/questions/cq-031", headers={"Accept": "image/svg+xml"})
    assert by_accept.data == by_ending.data
    tag = {"If-None-Match": by_ending.headers["ETag"]}
    assert client.get("/questions/31.svg", headers=tag).status_code == 304
    drawn = client.get("/questions/cq-020.png?thin=1")
    assert (drawn.content_type, drawn.data[:4]) == ("image/png", b"\x89PNG")
    assert client.get("/questions/cq-020.png?thin=2").data != drawn.data


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("cq-037.svg", 404, "no-chart"),
        ("cq-005.svg", 404, "no-chart"),
        ("cq-037?format=svg", 400, "malformed-request"),
        ("cq-031.svg?programme=", 200, ""),
        ("cq-031.svg?theme=x", 400, "parameter"),
        ("cq-031.json?whole=perhaps", 400, "malformed-request"),
        ("cq-031.json?whole=true&page=1", 400, "parameter"),
    ],
)
def test_what_cannot_be_had_is_said(client, address, status, code):
    """A question without a chart, an answer with nothing to draw, wrong parameters."""
    reply = client.get(f"/questions/{address}", headers={"Accept": "image/svg+xml, */*;q=0.1"})
    assert reply.status_code == status
    if code:
        assert json.loads(reply.data)["type"].partition("#")[2] == code


def test_a_whole_answer_is_had_over_http(client):
    """Where pages are asked for, the page leads to all of it; whole lists are what Python gives."""
    text = client.get("/questions/cq-032?page=1", headers={"Accept": "text/html"}).text
    assert 'href="/questions/cq-032?whole=true"' in text
    whole = client.get("/questions/cq-032.json?whole=true").json
    assert len(whole["rows"]) == len(client.get("/questions/cq-032.json").json["rows"])


def test_markup_in_records_is_text(hostile):
    """In the table, in the chart and in what is said of it."""
    page = hostile.get("/questions/cq-031", headers={"Accept": "text/html"}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;Post&lt;/b&gt;" in page
    drawn = hostile.get("/questions/cq-031.svg").text
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn
    ET.fromstring(drawn)  # noqa: S314


def test_each_question_has_an_operation_of_its_own(client):
    """With its parameters, typed, and the media types of its answers; the whole stays valid."""
    told = client.get("/openapi.json", base_url="http://localhost/synthetic").json
    schemathesis.openapi.from_dict(told).validate()
    general = set(description("/")["paths"])
    own = {path: item for path, item in told["paths"].items() if path not in general}
    catalogue = load_catalogue()
    assert set(own) == {f"/questions/{one}" for one in catalogue}
    ids = [item["get"]["operationId"] for item in own.values()]
    assert len(set(ids)) == len(ids)
    for path, item in own.items():
        question = catalogue[path.rpartition("/")[2]]
        named = [one["name"] for one in item["get"]["parameters"]]
        assert named[: len(question.parameters)] == [one.name for one in question.parameters]
        kinds = item["get"]["responses"]["200"]["content"]
        assert ("image/svg+xml" in kinds) == (question.chart is not None)
        rows = kinds["application/json"]["schema"]["properties"]["rows"]["items"]["properties"]
        assert list(rows) == [one.name for one in question.returns]


def test_an_operation_says_what_may_be_chosen(client):
    """Fixed values are an enumeration, numbers have bounds, and examples are given."""
    paths = client.get("/openapi.json").json["paths"]
    thin = paths["/questions/cq-020"]["get"]["parameters"][0]
    assert (thin["name"], thin["schema"]["type"], thin["example"]) == ("thin", "integer", 1)
    assert thin["schema"]["default"] == 1
    record = paths["/questions/cq-102"]["get"]["parameters"][0]
    assert record["required"]
    enumerated = [
        one["schema"]["enum"]
        for item in paths.values()
        for one in item.get("get", {}).get("parameters", ())
        if one.get("name") == "kind" and "enum" in one["schema"]
    ]
    assert ["km:Barrier", "km:Enabler"] in [sorted(one)[:2] for one in enumerated]
    reply = client.get(f"/questions/cq-020?thin={thin['example']}&format=json")
    assert {"rows"} <= set(reply.json)


def test_an_answer_over_http_tells_its_version(tmp_path, example_copy):
    """As on the command line: the generation, since when it holds this, and when it was made."""
    store = example_copy(tmp_path / "store")
    with kmgraph.open_store(store.path) as dataset:
        wanted = dataset.ask("20").to_dict()
    app = create_app(ServerConfig(store=store.path))
    client = app.test_client()
    told = client.get("/questions/cq-020.json").json
    for key in ("generation", "content_since", "cite", "rows"):
        assert told[key] == wanted[key]
    assert told["generation"] == store.current_id()
    assert f"generation {told['generation']}" in told["cite"]
    page = client.get("/questions/cq-020", headers={"Accept": "text/html"}).text
    assert f"Asked of generation {told['generation']} of the data" in page
    close(app)
