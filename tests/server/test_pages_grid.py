"""The page of the grid: each case where it stands or may lie, or the numbers of many."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from helpers.browsing import PHONE, findings, overflow_px
from helpers.svg import drawn_in

import kmgraph
from kmgraph.figures import read_grid
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.pages import grid_page
from kmgraph_server.pages.grid_page import plan, shown_grid

HTML = {"Accept": "text/html"}
RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"
PARIHS = "parihs-2004"


@pytest.fixture(scope="module")
def rated():
    """The rated cases."""
    with kmgraph.build_in_memory(RATED) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def grid_app(rated):
    """An application that serves them."""
    return create_app(ServerConfig(), dataset=rated)


@pytest.fixture
def client(grid_app):
    """A client of it."""
    return grid_app.test_client()


@pytest.fixture(scope="module")
def points(rated):
    """The cases as the library reads them."""
    return {one.iri: one for one in read_grid(rated.store, PARIHS).points}


def has_score(point):
    """Say whether a case has a place; one without any score may lie anywhere, and is listed."""
    return not (point.evidence.score is None and point.context.score is None)


def test_each_case_is_a_link_with_its_fit_and_its_words(client, points):
    """Its shape tells how facilitation fits, so that colour is not needed."""
    marks = list(drawn_in(client.get("/grid", headers=HTML).text, "plane").iter("a"))
    placed = [one for one in points.values() if has_score(one)]
    assert len(marks) == len(placed) < len(points)
    shapes = Counter(
        next(one.get("class") for one in mark if one.get("class") in ("fits", "misfits", "unknown"))
        for mark in marks
    )
    fits = Counter(one.fit.replace("does not fit", "misfits") for one in placed)
    assert shapes == fits
    assert len(shapes) > 1
    for mark in marks:
        label = mark.findtext("title").partition(": evidence ")[0]
        assert label in {one.label for one in placed}
        assert client.get(mark.get("href"), headers=HTML).status_code == 200


def test_a_case_that_is_not_sure_is_shown_where_it_may_lie(rated, points):
    """From the lowest to the highest score that it may have; what is known has no region."""
    found = shown_grid(rated.store, PARIHS, {}).picture
    drawn = plan(found, _Names())
    marks = {mark.href: mark for mark in drawn.marks}
    regions = 0
    for iri, point in points.items():
        if not has_score(point):
            assert iri not in marks
            continue
        mark = marks[iri]
        sides = (point.evidence, point.context)
        is_open = any(side.bounds and side.bounds[0] != side.bounds[1] for side in sides)
        is_bare = any(side.score is None for side in sides)
        assert (mark.region is not None) == (is_open or is_bare), point.label
        if mark.region is None:
            continue
        regions += 1
        # The page draws a score of 0 at the left edge of the plane, and one of 1 at the right.
        if point.evidence.bounds and not is_bare:
            low, high = (
                drawn.left + drawn.inset + float(bound) * (drawn.size - 2 * drawn.inset)
                for bound in point.evidence.bounds
            )
            assert mark.region.x <= low + 0.1
            assert mark.region.x + mark.region.width >= high - 0.1
    assert regions


class _Names:
    """Gives each record its IRI for a link."""

    def link(self, iri):
        """Return the IRI."""
        return iri


def test_many_cases_are_counted_by_cell(client, rated, points, monkeypatch):
    """The numbers are those of the cases one by one, and each leads to its cases."""
    monkeypatch.setattr(grid_page, "SINGLE", 0)
    text = client.get(f"/grid?scheme={PARIHS}&fit=", headers=HTML).text
    assert "counted by the bands" in text
    found = re.findall(r'href="([^"]+)" title="Evidence (.+?), context (.+?): (\d+) case', text)
    by_cell = {(evidence, context): int(count) for _, evidence, context, count in found}
    told = [one for one in points.values() if one.quadrant]
    assert len(told) < len(points)
    assert "A case without a diagnosis is not among them" in text
    wanted = Counter((_band(one.evidence), _band(one.context)) for one in told)
    assert by_cell == dict(wanted)
    for href, evidence, context, count in found:
        cell = client.get(href.replace("&amp;", "&"), headers=HTML).text
        table = cell[cell.index("The same as a table") :].split("</table>")[0]
        labels = [
            one.label
            for one in told
            if (_band(one.evidence), _band(one.context)) == (evidence, context)
        ]
        assert table.count("<tr>") == int(count) + 1
        assert all(f">{label}</a>" in table for label in labels)
    rows = list(csv.DictReader(io.StringIO(client.get(f"/grid.csv?scheme={PARIHS}&fit=").text)))
    assert sum(int(row["cases"]) for row in rows) == len(told)


def _band(side):
    """Return the band of a side as cells have it."""
    return side.band or "not rated"


def test_the_table_comes_as_files(client, points):
    """A case a row, numbers as numbers."""
    rows = list(csv.DictReader(io.StringIO(client.get("/grid.csv").text)))
    assert len(rows) == len(points)
    book = openpyxl.load_workbook(io.BytesIO(client.get("/grid.xlsx").data)).active
    assert book.max_row == len(points) + 1
    heads = [cell.value for cell in book[1]]
    assert heads == list(rows[0])
    assert client.get("/grid.json").json[0].keys() == rows[0].keys()
    assert client.get("/grid.pdf").status_code == 404
    worked = next(one for one in points.values() if one.evidence.score is not None)
    values = [cell.value for line in book.iter_rows() for cell in line]
    assert any(
        isinstance(value, float) and Decimal(str(value)) == worked.evidence.score
        for value in values
    )


@pytest.mark.parametrize(("name", "band"), [("evidence", "high"), ("context", "low")])
def test_a_band_is_chosen(client, points, name, band):
    """Only its cases are left, in the table as in the picture."""
    wanted = {one.iri for one in points.values() if getattr(one, name).band == band}
    assert wanted
    rows = client.get(f"/grid.json?{name}={band}").json
    assert len(rows) == len(wanted)
    marks = list(drawn_in(client.get(f"/grid?{name}={band}", headers=HTML).text, "plane").iter("a"))
    assert len(marks) == len(wanted)
    assert client.get(f"/grid?{name}=nix", headers=HTML).status_code == 400


def test_in_a_browser(visit, serve_app, grid_app):
    """The words of a case stand below the picture; a click opens it; a phone has it too."""
    with serve_app(grid_app) as site:
        with visit(site.url) as page:
            page.goto("/grid")
            assert findings(page) == []
            mark = page.locator(".plane a.case").first
            mark.focus()
            words = page.locator("#told").inner_text()
            assert words == mark.get_attribute("data-words")
            name = words.partition(": evidence ")[0]
            page.keyboard.press("Enter")
            page.wait_for_load_state()
            assert page.locator("h1").inner_text() == name
        for scheme in ("light", "dark"):
            with visit(site.url, viewport=PHONE, color_scheme=scheme) as page:
                page.goto("/grid")
                assert overflow_px(page) <= 0
                assert findings(page) == []
