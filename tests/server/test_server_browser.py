"""A reader's way through the site, in Chromium."""

from __future__ import annotations

import pytest
from helpers.browsing import TIMEOUT_MS

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, site):
    """A page that notes what goes wrong and where it sends requests."""
    context = browser.new_context(base_url=site.url)
    context.set_default_timeout(TIMEOUT_MS)
    found = context.new_page()
    troubles, addresses = [], []
    found.on("console", lambda message: troubles.append(message.text))
    found.on("pageerror", lambda error: troubles.append(str(error)))
    found.on("requestfailed", lambda request: troubles.append(request.url))
    found.on("request", lambda request: addresses.append(request.url))
    yield found
    # Closing a page that still loads would count as a failed request.
    found.wait_for_load_state("networkidle")
    noted = list(troubles)
    context.close()
    assert noted == []
    assert addresses
    assert all(address.startswith(site.url + "/") for address in addresses)


def test_from_home_to_an_answer_its_passage_and_a_study(page):
    """Home, question, form, answer, passage, record, study: all by clicking."""
    page.goto("/")
    page.get_by_role("link", name="Studies, fellows and communities by theme").click()
    page.get_by_label("Programme").select_option(label="CLAHRC-NDL")
    page.get_by_role("button", name="Show the answer").click()
    assert "programme=programme" in page.url
    row = page.get_by_role("row").filter(has_text="Mental Health")
    assert row.get_by_role("cell").nth(2).inner_text() == "6"
    row.get_by_text("passages").click()
    row.get_by_role("link", name="[", exact=False).nth(1).click()
    assert "#passage-" in page.url
    page.get_by_role("link", name="Table 1, lines 414-416").click()
    assert page.get_by_role("heading", level=1).inner_text().endswith("Table 1, lines 414-416")
    studies = page.locator("section.incoming li a[href^='/doc/study/']")
    studies.first.click()
    assert "Readiness for treatment" in page.get_by_role("heading", level=1).inner_text()
    assert "/doc/study/ndl-MH1" in page.url
    page.get_by_role("link", name="Mental Health", exact=True).first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Mental Health"


def test_a_query_can_be_written_and_run(browser, site):
    """The form begins with a query that works, and keeps the one that was run, without scripts."""
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sparql")
    page.get_by_role("button", name="Run the query").click()
    assert page.get_by_role("heading", name="Result").inner_text().endswith("21 rows")
    text = page.get_by_label("SPARQL query").input_value()
    assert text.startswith("PREFIX km:")
    page.get_by_role("link", name="Readiness for treatment").or_(
        page.get_by_role("link", name="study/ndl-MH1")
    ).first.click()
    assert page.url.endswith("/doc/study/ndl-MH1")
    context.close()


def test_a_broken_query_is_shown_with_what_is_wrong(browser, site):
    """The text stays, and the message names the line, without scripts."""
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sparql")
    page.get_by_label("SPARQL query").fill("ASK { ?study a km:Study }")
    page.get_by_role("button", name="Run the query").click()
    assert "line 1, column 16" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("SPARQL query").input_value() == "ASK { ?study a km:Study }"
    context.close()


def test_pages_fit_a_telephone(browser, site):
    """Nothing is wider than the screen but what scrolls by itself."""
    context = browser.new_context(base_url=site.url, viewport={"width": 390, "height": 844})
    page = context.new_page()
    paths = ("/", "/questions/cq-031", "/questions/cq-037", "/doc/study/ndl-CYP3", "/sparql")
    for path in (*paths, "/ontology", "/doc/claim/ndl-c-fellows-table"):
        page.goto(path)
        widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1], path
    context.close()


def test_the_keyboard_reaches_the_content_first(page):
    """The first stop is the link that skips the navigation."""
    page.goto("/questions")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.textContent")
    assert focused == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
