"""The home page: what is here in numbers and one picture, and the ways in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from flask.testing import FlaskClient
from helpers.browsing import PHONE, findings, overflow_px

import kmgraph
from kmgraph.figures import Picture
from kmgraph.figures.bars import Bars
from kmgraph.figures.overview import Overview
from kmgraph.figures.reading_overview import MOST_BARS, read_overview
from kmgraph.namespaces import KM
from kmgraph.pipeline import DatasetBuilder
from kmgraph.records import Dataset, Document, Passage, Programme, Study, Theme
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.pages import facts as facts_module

RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"
HTML = {"Accept": "text/html"}


def described(name: str) -> Dataset:
    """Return what a dataset says of itself."""
    return Dataset(
        id=name,
        title=name,
        publisher="us",
        version="1",
        description="A few records.",
        licence="https://example.org/licence",
    )


@pytest.fixture(scope="module")
def rated() -> Iterator[kmgraph.EvidenceDataset]:
    """The bundle with rated cases, in memory."""
    with kmgraph.build_in_memory(RATED) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def rated_client(rated: kmgraph.EvidenceDataset) -> FlaskClient:
    """A client of a site with rated cases."""
    return create_app(ServerConfig(), dataset=rated).test_client()


def test_cases_are_pictured_by_evidence_context_and_what_came_of_them(
    rated: kmgraph.EvidenceDataset,
) -> None:
    """The numbers are those of the question about cases by quadrant, and of measured outcomes."""
    picture = read_overview(rated.store)
    assert isinstance(picture, Overview)
    cases = {one.name: one.cases for one in picture.corners}
    counted: dict[str, int] = {}
    read = [one for one in rated.ask("5").rows if "2004" in (one["schemeLabel"] or "")]
    for reading in read:
        counted[reading["quadrant"]] = counted.get(reading["quadrant"], 0) + 1
    assert cases == counted
    (went,) = rated.query(
        f"PREFIX km: <{KM}> SELECT (COUNT(DISTINCT ?o) AS ?n) {{"
        " ?o km:measurementStatus km:Measured ; km:direction km:Improved ; km:about ?case ."
        ' ?d km:about ?case ; km:quadrant ?q ; km:scheme ?s . FILTER (REGEX(STR(?s), "2004")) }'
    ).to_dicts()
    assert sum(one.counts[0] for one in picture.corners) == went["n"] > 0
    assert [row["cases"] for row in picture.to_table()] == list(cases.values())
    assert "outcome" in picture.to_text()


def test_without_cases_posts_are_pictured_and_without_posts_studies(
    example: kmgraph.EvidenceDataset,
) -> None:
    """The example has 21 posts in four themes, one of which is vacant."""
    picture = read_overview(example.store)
    assert isinstance(picture, Bars)
    assert {bar.label: bar.counts for bar in picture.rows} == {
        "Children and Young People": (5, 1, 0),
        "Mental Health": (6, 0, 0),
        "Primary Care": (5, 0, 0),
        "Stroke Rehabilitation": (4, 0, 0),
    }
    assert MOST_BARS >= 4
    bundle = DatasetBuilder(described("few"))
    rest = {"passages": ("p",)}
    bundle.add(
        Document(id="d", title="A report"),
        Passage(id="p", document="d", line_from=1, line_to=2, gist="All of it."),
        Programme(id="pr", label="A programme", **rest),
        *(Theme(id=f"t{n}", label=f"Theme {n}", programme="pr", **rest) for n in range(20)),
        *(
            Study(id=f"s{n}", title=f"Study {n}", programme="pr", themes=(f"t{n}",), **rest)
            for n in range(20)
        ),
    )
    with bundle.build() as few:
        bars = read_overview(few.store)
        assert isinstance(bars, Bars)
        assert bars.title == "Studies by theme"
        assert len(bars.rows) == MOST_BARS
        assert bars.rows[-1].label == f"{20 - MOST_BARS + 1} others"
        assert sum(bar.total for bar in bars.rows) == 20


@pytest.mark.parametrize("form", ["svg", "png", "csv", "xlsx", "json"])
def test_the_picture_and_its_table_are_files(rated_client: FlaskClient, form: str) -> None:
    """Each says the same."""
    found = rated_client.get(f"/overview.{form}")
    assert found.status_code == 200
    text = found.data if form in ("png", "xlsx") else found.get_data(as_text=True)
    if form == "svg":
        assert "<title" in text
        assert "<desc" in text
    elif form == "png":
        assert text[1:4] == b"PNG"
    elif form == "xlsx":
        sheet = openpyxl.load_workbook(BytesIO(text)).worksheets[0]
        assert [cell.value for cell in sheet[1]][:2] == ["evidence and context", "cases"]
    else:
        assert "High evidence, high context" in text
        assert form == "csv" or json.loads(text)[0]["cases"] > 0
    assert rated_client.get("/overview.gif").status_code == 404


def test_ways_in_lead_somewhere_and_numbers_are_told(rated_client: FlaskClient) -> None:
    """No way leads to what is not there; questions about cases are offered where there are some."""
    text = rated_client.get("/", headers=HTML).get_data(as_text=True)
    ways = re.search(r'class="cards ways">(.*?)</ul>', text, re.DOTALL)
    assert ways is not None
    for address in re.findall(r'href="([^"]+)"', ways.group(1)):
        assert rated_client.get(address, headers=HTML).status_code == 200, address
    assert "/questions/cq-010" in text
    assert "<b>14</b> cases" in re.sub(r"<a[^>]*>|</a>", "", text)


def test_many_studies_are_counted_by_theme_and_not_listed(
    example: kmgraph.EvidenceDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page stays short however many there are; the themes lead on."""
    monkeypatch.setattr(facts_module, "LISTED", 3)
    found = facts_module.DatasetFacts.read(example)
    assert [(theme.label, theme.studies, theme.lines) for theme in found.themes] == [
        ("Children and Young People", 4, ()),
        ("Mental Health", 4, ()),
        ("Primary Care", 4, ()),
        ("Stroke Rehabilitation", 4, ()),
    ]
    client = create_app(ServerConfig(), dataset=example).test_client()
    text = client.get("/", headers=HTML).get_data(as_text=True)
    listed = re.search(r'class="counted">(.*?)</ul>', text, re.DOTALL)
    assert listed is not None
    assert listed.group(1).count('<span class="total">4</span>') == 4
    assert "/doc/study/ndl-MH1" not in text


def test_an_empty_store_says_what_to_do() -> None:
    """No picture, and a word on how to begin."""
    with DatasetBuilder(described("none")).build() as nothing:
        client = create_app(ServerConfig(), dataset=nothing).test_client()
        text = client.get("/", headers=HTML).get_data(as_text=True)
        assert "No study is recorded yet" in text
        assert "overview.svg" not in text
        assert client.get("/overview.svg").status_code == 404


def test_the_page_is_for_everyone(visit, site) -> None:
    """On a phone and without scripts: the picture is seen, nothing is cut, axe finds nothing."""
    with visit(site.url, viewport=PHONE, java_script_enabled=False) as page:
        page.goto("/")
        assert page.locator(".picture img").evaluate("one => one.naturalWidth") > 0
        page.get_by_text("The same as a table").click()
        assert page.get_by_role("cell", name="Mental Health").first.is_visible()
    with visit(site.url, viewport=PHONE, color_scheme="dark") as page:
        page.goto("/")
        assert findings(page) == []
        assert overflow_px(page) <= 0
        page.get_by_role("searchbox").fill("strooke visits")
        page.get_by_role("button", name="Search").click()
        assert page.get_by_role("link", name="Home visits after Stroke").first.is_visible()


def test_bars_tell_in_text_what_they_show(rated: kmgraph.EvidenceDataset) -> None:
    """The description for those who do not see it names each row."""
    picture = read_overview(rated.store)
    assert isinstance(picture, Picture)
    for row in picture.to_table():
        assert f"{row['cases']} case" in picture.description
