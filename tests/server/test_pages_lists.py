"""The lists of studies and cases: narrowed, counted, taken away."""

from __future__ import annotations

import csv
import io
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import openpyxl
import pyoxigraph as ox
import pytest
from helpers.browsing import PHONE, findings, overflow_px
from helpers.generations import publish

import kmgraph
from kmgraph.access.tokens import TokenRegister
from kmgraph.facets import FacetIndex
from kmgraph.namespaces import expand
from kmgraph.stores.generations import GenerationStore
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.pages import lists_page
from kmgraph_server.state import close

HTML = {"Accept": "text/html"}
RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"
UNFOLD = "document.querySelectorAll('.facets details').forEach((one) => { one.open = true; })"
EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """The rated cases, one of which is called markup."""
    path = tmp_path_factory.mktemp("lists") / "rated"
    shutil.copytree(RATED, path)
    text = (
        (path / "cases.csv").read_text(encoding="utf-8").replace('"A hair above"', "A hair above")
    )
    assert "A hair above" in text
    (path / "cases.csv").write_text(text.replace("A hair above", f'"{EVIL}"'), encoding="utf-8")
    with kmgraph.build_in_memory(path) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def index(listed):
    """What the pages are about."""
    with FacetIndex.of(listed.store) as found:
        yield found


@pytest.fixture(scope="module")
def lists_app(listed):
    """An application that serves them."""
    return create_app(ServerConfig(), dataset=listed)


@pytest.fixture
def client(lists_app):
    """A client of it."""
    return lists_app.test_client()


def names(text):
    """Return the addresses of what a page lists."""
    part = text.partition('<ol class="units"')[2].partition("</ol>")[0]
    return re.findall(r'<h3><a href="([^"]+)"', part)


def narrowed(index, kind):
    """Return three facets with a value each that fit some units, but not all."""
    found = index.listed(kind)
    chosen = {}
    for facet in found.facets:
        for value in facet.values:
            wider = {**chosen, facet.facet.name: [value.value.code]}
            total = index.listed(kind, wider).total
            if len(chosen) < 3 and 0 < total < index.listed(kind, chosen).total:
                chosen = wider
                break
    assert len(chosen) == 3
    return chosen


@pytest.mark.parametrize("kind", ["study", "case"])
def test_a_list_shows_what_fits_and_counts_what_is_left(client, index, kind):
    """Each count is how many the list has when the value is chosen too."""
    chosen = narrowed(index, kind)
    path = lists_page.PATHS[kind]
    wanted = index.listed(kind, chosen)
    text = client.get(f"{path}?{urlencode(chosen, doseq=True)}", headers=HTML).text
    assert f"{wanted.total} of {wanted.of} " in text
    assert len(names(text)) == wanted.total
    told = client.get(f"{path}.json?{urlencode(chosen, doseq=True)}").json
    assert [one["iri"] for one in told["units"]] == [one.iri for one in wanted.units]
    for facet in told["facets"]:
        if facet["name"] in chosen:
            continue
        for value in facet["values"]:
            wider = {**chosen, facet["name"]: value["code"]}
            more = client.get(f"{path}.json?{urlencode(wider, doseq=True)}").json
            assert more["total"] == value["count"], (facet["name"], value)
    for href in re.findall(r'<li><a href="([^"]+)"><span class="hidden">Take away', text):
        rest = client.get(href.replace("&amp;", "&"), headers=HTML).text
        assert len(names(rest)) >= wanted.total
        assert href.count("=") == 2


def test_files_hold_all_that_is_listed(client, index):
    """With a column for each facet."""
    wanted = index.listed("case", {"context": ["Low"]}, limit=None)
    assert wanted.total > 1
    rows = list(csv.DictReader(io.StringIO(client.get("/cases.csv?context=Low").text)))
    assert [row["iri"] for row in rows] == [one.iri for one in wanted.units]
    for row, unit in zip(rows, wanted.units, strict=True):
        assert (row["study"], row["study_name"]) == (unit.study, unit.study_name)
        for facet, values in unit.values.items():
            assert row[facet] == "; ".join(one.label for one in values)
    book = openpyxl.load_workbook(io.BytesIO(client.get("/cases.xlsx?context=Low").data)).active
    assert book.max_row == wanted.total + 1
    assert client.get("/cases.pdf").status_code == 404


def test_a_long_list_comes_in_pages(client, index, monkeypatch):
    """Whoever follows the links finds each unit once."""
    monkeypatch.setattr(lists_page, "PAGE_UNITS", 4)
    monkeypatch.setattr("kmgraph_server.views.lists.PAGE_UNITS", 4)
    for ending in ("", ".json"):
        found, address = [], f"/cases{ending}?order=recent"
        while address:
            answer = client.get(address, headers=HTML if not ending else {})
            assert answer.status_code == 200
            found += [one["iri"] for one in answer.json["units"]] if ending else names(answer.text)
            links = {
                relation: target
                for target, relation in re.findall(
                    r'<([^>]+)>; rel="(next|prev)"', str(answer.headers)
                )
            }
            address = links.get("next")
        total = index.listed("case").total
        assert len(found) == len(set(found)) == total > 4
    assert client.get("/cases?page=99", headers=HTML).status_code == 404


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/studies?theme=nix", "no unit has the theme"),
        ("/cases?order=size", "name or recent"),
        ("/cases?q=a&q=b", "given twice"),
        ("/cases?page=0", "whole number from 1"),
    ],
)
def test_mistakes_are_problems(client, path, words):
    """With words that say what to do."""
    answer = client.get(path)
    assert (400, "application/problem+json") == (answer.status_code, answer.mimetype)
    assert words in answer.json["detail"]
    assert client.get(path, headers=HTML).status_code == 400


def test_nothing_that_fits_says_what_to_do(client):
    """And not that the list is empty."""
    text = client.get("/cases?q=zzzz", headers=HTML).text
    assert "No case fits what is chosen" in text
    assert 'href="/cases">show all cases' in text


@pytest.mark.parametrize("kind", ["study", "case"])
def test_a_list_is_offered_as_a_query(client, index, kind):
    """Which finds the same, asked at the endpoint."""
    chosen = narrowed(index, kind)
    path = f"{lists_page.PATHS[kind]}?{urlencode(chosen, doseq=True)}"
    text = client.get(path, headers=HTML).text
    (href,) = re.findall(r'href="([^"]+)">The same \w+ as a SPARQL query', text)
    address = urlsplit(unescape(href))
    query = parse_qs(address.query)["query"][0]
    answer = client.get("/sparql", query_string={"query": query, "format": "json"}).json
    found = {one[kind]["value"] for one in answer["results"]["bindings"]}
    assert found == {one.iri for one in index.listed(kind, chosen, limit=None).units}
    assert client.get(unescape(href), headers=HTML).status_code == 200
    words = client.get(f"{lists_page.PATHS[kind]}?q=a", headers=HTML).text
    assert "as a SPARQL query" not in words


def test_a_theme_leads_to_its_studies(client, index):
    """And a thing that no study has leads to none."""
    unit = next(one for one in index.listed("study").units if one.values["theme"])
    theme = unit.values["theme"][0].iri
    place = "/doc/" + theme.partition("/id/")[2]
    text = client.get(place, headers=HTML).text
    (href,) = re.findall(r'href="([^"]+)">Its studies as a list', text)
    wanted = index.listed("study", {"theme": [theme]})
    assert len(names(client.get(unescape(href), headers=HTML).text)) == wanted.total > 0
    nothing = client.get("/studies?theme=urn:nothing", headers=HTML)
    assert nothing.status_code == 200
    assert "No study fits what is chosen" in nothing.text


def test_the_grid_leads_to_the_list_of_its_cell(client, index, monkeypatch):
    """With the same cases."""
    monkeypatch.setattr("kmgraph_server.pages.grid_page.SINGLE", 0)
    text = client.get("/grid?evidence=high&fit=", headers=HTML).text
    (href,) = set(re.findall(r'href="(/cases[^"]*)">the list of cases', text))
    assert href == "/cases?evidence=High"
    assert (
        len(names(client.get(href, headers=HTML).text))
        == index.listed("case", {"evidence": ["High"]}).total
    )


def test_a_list_leads_to_the_grid_with_what_that_takes(client, index):
    """One theme and one band each; it says whether that is all that is chosen."""

    def led(query):
        text = client.get(f"/cases?{query}", headers=HTML).text
        (found,) = re.findall(r'href="(/grid[^"]*)">(.+) by evidence and context', text)
        assert client.get(unescape(found[0]), headers=HTML).status_code == 200
        return parse_qs(urlsplit(unescape(found[0])).query), found[1]

    unit = next(one for one in index.listed("case", {"context": ["Low"]}).units)
    (theme,) = unit.values["theme"]
    wanted = {"theme": [theme.iri], "context": ["low"]}
    assert led(urlencode({"theme": theme.code, "context": "Low"})) == (wanted, "The same")
    assert led("evidence=none") == ({"evidence": ["not rated"]}, "The same")
    assert led("context=Low&outcome=Improved") == ({"context": ["low"]}, "Cases")
    assert led("context=Low&context=High") == ({}, "Cases")


def test_a_list_is_read_once_for_a_content(tmp_path, example_copy):
    """In a process of its own, beside the store."""
    store = example_copy(tmp_path / "store")
    app = create_app(ServerConfig(store=store.path))
    client = app.test_client()
    answer = client.get("/studies.json")
    assert answer.status_code == 200
    assert answer.json["total"] == 16
    assert len(list((store.path / "facets").glob("public-*.sqlite"))) == 1
    assert (
        client.get("/studies.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code
        == 304
    )
    close(app)


def test_what_a_group_alone_may_see_is_neither_listed_nor_counted(tmp_path):
    """For others: not as a study, not as a value, not in a file."""
    store = GenerationStore.create(tmp_path / "store", base="https://x.org/")

    def lines(study, theme):
        node = ox.NamedNode(f"https://x.org/study/{study}")
        return [
            ox.Triple(node, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand("km:Study"))),
            ox.Triple(node, ox.NamedNode(expand("dcterms:title")), ox.Literal(f"Study {study}")),
            ox.Triple(
                node,
                ox.NamedNode(expand("km:theme")),
                ox.NamedNode(f"https://x.org/theme/{theme}"),
            ),
        ]

    shown = {"open": lines("known", "one"), "closed": lines("xanthippe", "xanthos")}
    publish(store, shown, {"closed": "north"})
    token = TokenRegister(store.path).create("reader", {"read"}, {"north"})
    app = create_app(ServerConfig(store=store.path))
    client = app.test_client()
    north = {"Authorization": f"Bearer {token}"}
    for path in ("/studies", "/studies.json", "/studies.csv"):
        accept = HTML if path == "/studies" else {}
        assert "anth" in client.get(path, headers={**north, **accept}).text
        answer = client.get(path, headers=accept)
        assert answer.status_code == 200
        assert "anth" not in answer.text
    assert client.get("/studies.json", headers=north).json["total"] == 2
    assert client.get("/studies.json").json["of"] == 1
    assert client.get("/studies.json?theme=xanthos").status_code == 400
    close(app)


def test_in_a_browser(visit, serve_app, lists_app, index):
    """Three facets are chosen with clicks, and taken away; a phone and no scripts do as well."""
    chosen = narrowed(index, "case")
    with serve_app(lists_app) as site:
        with visit(site.url) as page:
            page.goto("/cases")
            assert findings(page) == []
            for name, (code,) in chosen.items():
                box = page.locator(f'input[name="{name}"][value="{code}"]')
                page.evaluate(UNFOLD)
                with page.expect_navigation():
                    box.check()
                page.wait_for_load_state()
                focused = page.evaluate("document.activeElement.name")
                assert focused == name
            wanted = index.listed("case", chosen)
            heading = f"{wanted.total} of {wanted.of} cases"
            assert page.get_by_role("heading", name=heading).is_visible()
            assert page.locator("ol.units > li").count() == wanted.total
            assert findings(page) == []
            page.get_by_role("link", name="Take all away").click()
            page.wait_for_load_state()
            assert page.get_by_role("heading", name=f"{wanted.of} cases").is_visible()
            assert page.get_by_role("link", name=EVIL).is_visible()
        with visit(site.url, viewport=PHONE, java_script_enabled=False) as page:
            page.goto("/cases")
            page.locator("summary", has_text="Narrow the list").click()
            page.locator("summary", has_text=re.compile("^Context$")).click()
            page.locator('input[name="context"][value="Low"]').check()
            page.get_by_role("button", name="Show cases").click()
            total = index.listed("case", {"context": ["Low"]}).total
            assert page.locator("ol.units > li").count() == total
        with visit(site.url, java_script_enabled=False) as page:
            page.goto("/cases?context=Low")
            page.locator("summary", has_text="Narrow the list").click()
            assert page.locator('input[name="context"][value="Low"]').is_checked()
            page.locator('input[name="context"][value="High"]').check()
            page.get_by_role("button", name="Show cases").click()
            total = index.listed("case", {"context": ["Low", "High"]}).total
            assert page.locator("ol.units > li").count() == total
        for scheme in ("light", "dark"):
            with visit(site.url, viewport=PHONE, color_scheme=scheme) as page:
                page.goto("/studies?evidence=High")
                assert overflow_px(page) <= 0
                assert findings(page) == []
