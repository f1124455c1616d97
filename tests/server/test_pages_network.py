"""The page of the network: the picture, what hangs on a record, tables and files."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote

import networkx as nx
import openpyxl
import pytest
from helpers.browsing import PHONE, findings, overflow_px
from helpers.svg import drawn_in

from kmgraph.network.hanging import what_hangs
from kmgraph_server.pages import network_page
from kmgraph_server.ui import has_ui

HTML = {"Accept": "text/html"}
POST = "post/ndl-MH1-df-1"


def rows(client, address):
    """Return a table as dictionaries."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.fixture(scope="module")
def network(evidence):
    """The network that the page is about."""
    return evidence.network()


def test_the_picture_has_each_record_and_tie(client, network):
    """As marks that lead on, and as data for the script."""
    text = client.get("/network", headers=HTML).text
    drawing = drawn_in(text, "net")
    marks = list(drawing.iter("a"))
    assert len(marks) == min(len(network.nodes), network_page.DRAWN)
    titles = [one.findtext("title") for one in marks]
    data = client.get("/network.json").json
    assert len(data["nodes"]) == len(marks)
    assert len(data["ties"]) == len(list(drawing.iter("line")))
    for one in data["nodes"]:
        assert any(title.startswith(f"{one['name']} ({one['kind']}") for title in titles)
        assert (one["status"] == "vacant") == any(
            title.startswith(f"{one['name']} ({one['kind']}, vacant)") for title in titles
        )


def test_what_hangs_on_a_post_is_told(client, network):
    """Each tie, how it is known, and what becomes of the other end."""
    hangs = what_hangs(network, POST)
    text = client.get(f"/network?record={POST}", headers=HTML).text
    assert f"<h1>{hangs.gone.label}</h1>" in text
    table = text[text.index("What is tied to ") :].split("</table>")[0]
    assert table.count("<tr>") == len(hangs.hangings) + 1
    for one in hangs.hangings:
        assert one.node.label in table
        for passage in one.tie.passages[:3]:
            assert f'href="/doc/{passage.split("/id/")[1]}"' in table or passage in table
    assert table.count("<strong>is cut off</strong>") == len(hangs.left_alone)


def test_a_large_network_is_read_around_a_record(client, network, monkeypatch):
    """The same hangs on a post as where all of the network is read."""
    whole = client.get(f"/network?record={POST}", headers=HTML).text
    monkeypatch.setattr(network_page, "WHOLE_STUDIES", 0)
    # Another address, for a page that was shown is kept.
    near = client.get(f"/network?record={POST}&theme=", headers=HTML).text
    assert "The network is large" in near
    assert "The network is large" not in whole
    columns = [_ties(text) for text in (whole, near)]
    assert columns[0] == columns[1] != []
    first = client.get("/network?theme=", headers=HTML).text
    assert "This is one record to begin with" in first


def _ties(text):
    """Return the rows of what hangs, up to the column of what becomes of it."""
    table = text[text.index("What is tied to ") :].split("<tbody>")[1].split("</tbody>")[0]
    return [row.rsplit("<td>", 1)[0] for row in table.split("</tr>")]


def test_files_hold_what_the_page_shows(client, network):
    """As CSV, XLSX, JSON and GraphML."""
    records = rows(client, "/network.csv")
    assert {row["iri"] for row in records} == {node.iri for node in network.nodes}
    shown = {row["iri"]: row["betweenness"] for row in records}
    for iri, share in network.betweenness().items():
        assert shown[iri] == str(share)
    ties = rows(client, "/network.csv?table=ties")
    assert {(row["first iri"], row["second iri"]) for row in ties} == {
        (tie.first, tie.second) for tie in network.ties
    }
    book = openpyxl.load_workbook(io.BytesIO(client.get("/network.xlsx").data))
    assert book.active.max_row == len(network.nodes) + 1
    graph = nx.parse_graphml(client.get("/network.graphml").text)
    assert graph.number_of_nodes() == len(network.nodes)
    assert graph.number_of_edges() == len(network.ties)


def test_ties_of_a_kind_are_chosen(client, network):
    """Those alone are shown, also in files."""
    wanted = {(t.first, t.second) for t in network.ties if "panel" in t.kinds}
    found = rows(client, "/network.csv?table=ties&tie=panel")
    assert {(row["first iri"], row["second iri"]) for row in found} == wanted
    assert wanted
    text = client.get("/network?tie=panel", headers=HTML).text
    assert 'value="panel" checked' in text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/network?record=post/nix", 404, "no record"),
        ("/network?record=http://a b/", 404, "no record"),
        ("/network?tie=nix", 400, "no kind of tie 'nix'"),
        ("/network?theme=nix", 404, "no theme 'nix'"),
        ("/network?record=a&record=b", 400, "given twice"),
        ("/network.csv?table=nix", 400, "records or ties"),
        ("/network.gif", 404, ".graphml"),
        ("/figures/network.svg?record=post/nix", 404, "no record"),
    ],
)
def test_mistakes_are_problems(client, path, status, words):
    """With words that say what to do."""
    found = client.get(path)
    assert (status, "application/problem+json") == (found.status_code, found.mimetype)
    assert words in found.json["detail"]
    assert client.get(path, headers=HTML).status_code == status


def test_the_picture_comes_as_a_file(client):
    """Drawn once, as SVG and as PNG."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    assert client.get(f"/figures/network.svg?record={POST}").data.startswith(b"<?xml")
    assert client.get(f"/figures/network.png?record={POST}").data.startswith(b"\x89PNG")


def test_in_a_browser(visit, site, network):
    """The graph is asked with the mouse and with the keyboard; without scripts it is drawn too."""
    if not has_ui("network"):
        pytest.skip("the scripts of pages were not bundled: make ui")
    with visit(site.url) as page:
        page.goto(f"/network?record={quote(POST)}")
        page.wait_for_selector("#network[data-ready=yes]")
        assert findings(page) == []
        page.focus("#network")
        page.keyboard.press("ArrowRight")
        card = page.locator(".net-card")
        name = card.locator("strong").inner_text()
        page.keyboard.press("ArrowRight")
        assert card.locator("strong").inner_text() != name
        card.get_by_role("button", name="Take it away").click()
        said = card.get_by_role("status").inner_text()
        assert said.startswith(("Left without any tie", "Everything that was tied"))
        card.get_by_role("button", name="Put it back").click()
        assert card.get_by_role("status").inner_text() == ""
        other = card.locator("strong").inner_text()
        card.get_by_role("link", name="What hangs on it").click()
        page.wait_for_load_state()
        assert page.locator("h1").inner_text() == other
    with visit(site.url, viewport=PHONE, java_script_enabled=False) as page:
        page.goto("/network")
        assert page.locator("svg.net a").count() == min(len(network.nodes), network_page.DRAWN)
    with visit(site.url, viewport=PHONE) as page:
        page.goto("/network")
        assert overflow_px(page) <= 0
        assert findings(page) == []


def test_names_of_records_are_no_markup(client):
    """The data of the script cannot end it, and JSON is JSON."""
    answer = client.get("/network.json")
    assert json.loads(answer.text)["title"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
