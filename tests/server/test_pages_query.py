"""The query page: its editor, and what it does with a result."""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode

import pytest
from helpers.browsing import DESKTOP, PHONE, findings, overflow_px
from werkzeug.test import Client

from kmgraph.stores.oxigraph import MemoryStore
from kmgraph_server import ServerConfig, create_app, ui
from kmgraph_server.pages.query_page import first_queries
from kmgraph_server.pages.query_terms import query_terms

HTML = {"Accept": "text/html"}
HOSTILE = "<img src=x onerror=alert(1)>"
bundled = pytest.mark.skipif(
    not ui.has_ui("query"), reason="the scripts of pages are not bundled: run 'make ui'"
)


def address(query):
    """Return the address of a query with its result as a page."""
    return "/sparql?" + urlencode({"query": query, "format": "html"})


def editor(page):
    """Return the text field of the editor."""
    return page.get_by_role("textbox", name="SPARQL query")


def said(page, text):
    """Wait until the page has said something."""
    page.locator(".status", has_text=text).wait_for()


@bundled
@pytest.mark.browser
def test_a_newcomer_writes_a_first_query(visit, site):
    """Names are offered with what they mean, and bring their prefixes; the keyboard is enough."""
    with visit(site.url) as page:
        page.goto("/sparql")
        page.get_by_role("button", name="New query").click()
        field = editor(page)
        field.press_sequentially("SELECT ?s ?t {?s a stud")
        offered = page.get_by_role("option", name=re.compile("km:Study.*class: study$"))
        offered.wait_for()
        assert findings(page) == []
        offered.click()
        field.press_sequentially(" ; titl")
        page.get_by_role("option", name=re.compile("dcterms:title")).click()
        field.press_sequentially(" ?t }")
        field.press("Control+Enter")
        said(page, "16 rows in")
        text = field.inner_text()
        assert "PREFIX km: <https://w3id.org/kmgraph/ontology#>" in text
        assert "?s a km:Study ; dcterms:title ?t }" in text
        assert page.get_by_role("link", name="study/ndl-MH1").is_visible()
        # Tab belongs to the editor until Escape gives it back.
        field.press("Escape")
        field.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Run the query"
        # The address is that of the query, and a tab keeps it.
        shared = page.url
        assert "km%3AStudy" in shared
        page.get_by_role("button", name="Rename Query 2").click()
        page.get_by_label("Name of the query").fill("Mine <b>")
        page.get_by_label("Name of the query").press("Enter")
        page.goto("/sparql")
        assert page.get_by_role("tab", name="Mine <b>").get_attribute("aria-selected") == "true"
        editor(page).filter(has_text="dcterms:title").wait_for()
        page.goto(shared)
        assert page.get_by_role("tablist", name="Queries").get_by_role("tab").count() == 2
        page.get_by_role("button", name="Close Mine").click()
        assert page.get_by_role("tablist", name="Queries").get_by_role("tab").count() == 1
        page.get_by_role("button", name="Reopen Mine").click()
        assert page.get_by_role("tab", name="Mine <b>").count() == 1


@bundled
@pytest.mark.browser
def test_a_result_is_seen_as_chart_graph_and_text(visit, site):
    """The pictures can be saved, and have the table beside them."""
    rows = f'VALUES (?n ?label) {{ (3 "{HOSTILE}") (5.5 "b") }} BIND (<urn:x> AS ?i)'
    with visit(site.url) as page:
        page.goto(address(f"SELECT ?label ?n ?i {{ {rows} }}"))
        page.get_by_role("tab", name="Chart").click()
        chart = page.get_by_role("img", name="n by label")
        chart.locator("text", has_text="<img src=").wait_for()
        assert "Least 3, greatest 5.5" in chart.locator("desc").text_content()
        assert findings(page) == []
        for kind in ("line", "scatter", "bar"):
            page.get_by_label("Kind").select_option(kind)
            assert chart.locator("rect, circle").count() >= 3
        for name in ("SVG", "PNG"):
            with page.expect_download() as saved:
                page.get_by_role("button", name=name, exact=True).click()
            assert saved.value.suggested_filename == f"chart.{name.lower()}"
        page.get_by_role("tab", name="Raw").click()
        raw = page.get_by_label("Raw result", exact=True)
        raw.filter(has_text="bindings").wait_for()
        assert json.loads(raw.inner_text())["head"]["vars"] == ["label", "n", "i"]
        page.get_by_role("link", name="Draw studies, their themes").click()
        page.get_by_role("tab", name="Graph", exact=True).click()
        page.locator(".graph canvas").first.wait_for()
        drawn = page.locator(".graph").get_attribute("aria-label")
        assert drawn.startswith("41 things and 37 links.")
        with page.expect_download() as saved:
            page.get_by_role("button", name="SVG", exact=True).click()
        assert "Mental Health" in saved.value.path().read_text(encoding="utf-8")
        assert findings(page) == []


@bundled
@pytest.mark.browser
def test_it_fits_a_phone_in_the_dark_and_can_be_stopped(visit, site):
    """Colours can be chosen, a query can be left, and a tab shows what it asks."""
    with visit(site.url, viewport=PHONE, color_scheme="dark") as page:
        page.goto("/sparql")
        page.get_by_role("button", name="Run the query").click()
        said(page, "21 rows in")
        assert (findings(page), overflow_px(page)) == ([], 0)
        ground = "getComputedStyle(document.body).backgroundColor"
        dark = page.evaluate(ground)
        page.get_by_label("Colours").select_option("light")
        assert page.evaluate(ground) != dark
        page.route("**/sparql?*", lambda route: None)
        page.get_by_role("button", name="Run the query").click()
        page.get_by_role("button", name="Stop").click()
        said(page, "Stopped")
        page.unroute("**/sparql?*")
        page.get_by_text("All saved questions as queries").click()
        page.get_by_label("Find by a word of the title").fill("thinly")
        page.get_by_role("link", name="Vacant and thinly covered posts").click()
        editor(page).filter(has_text="# Thin cover: 1").wait_for()
        assert page.get_by_role("tab", name="cq-020").get_attribute("aria-selected") == "true"


@bundled
@pytest.mark.browser
def test_an_error_is_shown_at_its_place(browser, site):
    """The line is marked in the editor, and the message says what is wrong there."""
    # A refused query is an error of the console too, so this is no visit without troubles.
    context = browser.new_context(base_url=site.url, viewport=DESKTOP)
    page = context.new_page()
    refused = []
    page.on("console", lambda one: "Policy" in one.text and refused.append(one.text))
    page.goto("/sparql")
    page.get_by_role("button", name="New query").click()
    editor(page).press_sequentially("SELECT ?s WHERE {\n?s a km:Study \n")
    page.get_by_role("button", name="Run the query").click()
    said(page, "see line 2")
    assert page.locator(".cm-lintRange-error").inner_text() == "km:Study"
    assert "line 2" in page.get_by_role("alert").inner_text()
    assert findings(page) == []
    # Chromium itself sets styles where typing replaces several lines, so they are deleted before.
    editor(page).press("Control+a")
    editor(page).press("Delete")
    editor(page).press_sequentially("ASK {}")
    page.get_by_role("button", name="Run the query").click()
    said(page, "Answer: Yes")
    assert page.locator(".cm-lintRange-error").count() == 0
    assert refused == []
    context.close()


def test_the_terms_are_those_of_the_view(client):
    """Each has a name that a query can hold, and the list is sent once for a generation."""
    reply = client.get("/sparql/vocabulary.json")
    terms = {term["name"]: term for term in reply.json["terms"]}
    assert terms["km:Study"]["kind"] == "class"
    assert terms["dcterms:title"]["kind"] == "property"
    assert terms["parihs2004:PARIHS.C.culture"]["label"] == "Culture"
    assert "genid" not in reply.text
    again = client.get("/sparql/vocabulary.json", headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304


def test_a_term_that_a_query_cannot_hold_is_not_offered():
    """Names of other data are put in brackets, and nothing can leave them."""
    store = MemoryStore()
    kind = "a <http://www.w3.org/2002/07/owl#Class> <urn:g> ."
    kind = kind.replace("a ", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ", 1)
    store.load_nquads(f"<urn:a%3E> {kind}\n<https://x.org/a.b/c> {kind}".encode())
    names = [term.name for term in query_terms(store)]
    assert "<https://x.org/a.b/c>" in names
    assert "<urn:a%3E>" in names


def test_the_page_is_whole_without_its_script(evidence, tmp_path, monkeypatch):
    """A checkout in which nothing was bundled has the plain form."""
    monkeypatch.setattr(ui, "FOLDER", tmp_path)
    client = create_app(ServerConfig(), dataset=evidence).test_client()
    text = client.get("/sparql", headers=HTML).text
    assert "ui/query.js" not in text
    assert '<textarea id="query" name="query"' in text


@pytest.mark.parametrize("one", first_queries(), ids=lambda one: one.title)
def test_the_first_queries_have_results(client, one):
    """What a newcomer starts from finds something, and has a title and a reason."""
    text = client.get(address(one.text), headers=HTML).text
    assert '<table class="results">' in text or "without" in one.title
    assert one.about.endswith(".")


def test_a_page_below_a_mount_asks_its_own_store(joined):
    """The script takes its addresses from the page."""
    client = Client(joined)
    text = client.get("/synthetic/sparql", headers=HTML).text
    assert 'data-endpoint="/synthetic/sparql"' in text
    assert 'data-vocabulary="/synthetic/sparql/vocabulary.json"' in text
    assert client.get("/synthetic/sparql/vocabulary.json").status_code == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("question=cq-020&thin=2", 200),
        ("question=31", 200),
        ("question=none", 404),
        ("question=cq-020&thin=x", 400),
        ("question=cq-020&nothing=1", 400),
    ],
)
def test_a_saved_question_is_put_into_the_editor(client, asked, status):
    """Its parameters are written into it, and what it cannot take is said."""
    reply = client.get(f"/sparql?{asked}", headers=HTML)
    assert reply.status_code == status
    if "thin=2" in asked:
        assert "COALESCE(2, 1)" in reply.text
