"""The tables for spreadsheets: the rows of a snapshot, without one."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pytest
from helpers.browsing import PHONE, findings, overflow_px

import kmgraph
from kmgraph.snapshots.tables import load_tables, rows_of
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.pages import tables_page

HTML = {"Accept": "text/html"}
RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"
TABLES = {table.name: table for table in load_tables()}


@pytest.fixture(scope="module")
def rated():
    """Cases with ratings, barriers and outcomes."""
    with kmgraph.build_in_memory(RATED) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def tables_app(rated):
    """An application that serves them."""
    return create_app(ServerConfig(), dataset=rated)


@pytest.fixture
def client(tables_app):
    """A client of it."""
    return tables_app.test_client()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_each_file_holds_the_rows_that_a_snapshot_has(client, rated, name):
    """Lists stay lists in JSON, and stand in one cell elsewhere."""
    wanted = {row["iri"]: row for row in rows_of(TABLES[name], rated.store)}
    assert wanted
    found = client.get(f"/tables/{name}.json").json
    assert {row["iri"]: row for row in found} == wanted
    assert [row["iri"] for row in found] == sorted(wanted)
    rows = list(csv.DictReader(io.StringIO(client.get(f"/tables/{name}.csv").text)))
    heads = [column[0] for column in TABLES[name].described()]
    assert list(rows[0]) == heads
    lists = 0
    for row in rows:
        for head, value in wanted[row["iri"]].items():
            if isinstance(value, list):
                lists += len(value) > 1
                assert row[head] == "; ".join(str(one) for one in value if one is not None)
            else:
                assert row[head] == ("" if value is None else str(value))
    assert lists or name != "assessments"
    sheet = openpyxl.load_workbook(
        io.BytesIO(client.get(f"/tables/{name}.xlsx").data), read_only=True
    ).active
    values = list(sheet.iter_rows(values_only=True))
    assert list(values[0]) == heads
    assert len(values) == len(wanted) + 1


def test_scores_are_numbers_in_the_workbook(client, rated):
    """So that a spreadsheet can add them up; and no text is a formula."""
    book = openpyxl.load_workbook(io.BytesIO(client.get("/tables/assessments.xlsx").data)).active
    heads = [cell.value for cell in book[1]]
    scores = [row[heads.index("score")] for row in book.iter_rows(min_row=2, values_only=True)]
    wanted = [row["score"] for row in rows_of(TABLES["assessments"], rated.store)]
    assert sorted(one for one in scores if one is not None) == sorted(
        one for one in wanted if one is not None
    )
    assert all(cell.data_type != "f" for row in book.iter_rows() for cell in row)


def test_a_table_that_takes_long_is_not_made(client, monkeypatch):
    """It is said how many rows it has, and where it can be had."""
    monkeypatch.setattr(tables_page, "MOST_ROWS", 3)
    monkeypatch.setattr("kmgraph_server.views.tables.MOST_ROWS", 3)
    answer = client.get("/tables/assessments.csv?once=more")
    assert answer.status_code == 400
    assert "not made while you wait" in answer.json["detail"]
    text = client.get("/tables?x=1", headers=HTML).text
    assert "/tables/assessments.csv" not in text
    assert 'href="/snapshots"' in text


def test_what_is_no_table_is_not_found(client):
    """With what there is."""
    for path, words in (("/tables/nix.csv", "studies"), ("/tables/studies.pdf", ".xlsx")):
        answer = client.get(path)
        assert answer.status_code == 404
        assert words in answer.json["detail"]


def test_ratings_for_a_spreadsheet_are_two_clicks_from_home(visit, serve_app, tables_app, tmp_path):
    """And the page can be read by everybody."""
    with serve_app(tables_app) as site, visit(site.url, viewport=PHONE) as page:
        page.goto("/")
        page.get_by_role("main").get_by_role("link", name="Spreadsheets").click()
        assert findings(page) == []
        assert overflow_px(page) <= 0
        section = page.locator("section", has=page.get_by_role("heading", name="Ratings"))
        href = section.get_by_role("link", name="Excel").get_attribute("href")
        assert href == "/tables/assessments.xlsx"
        answer = page.request.get(href)
        assert answer.ok
        assert answer.body().startswith(b"PK")
