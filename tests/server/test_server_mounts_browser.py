"""From one store to the other and back, in Chromium."""

from __future__ import annotations

import pytest
from helpers.browsing import TIMEOUT_MS

pytestmark = pytest.mark.browser
BANNER = "Synthetic data: generated, describes nothing real."


def test_a_reader_always_knows_which_store_this_is(joined, serve_app, browser):
    """The banner stays from page to page below the mount, and forms and downloads stay too."""
    with serve_app(joined) as site:
        page = browser.new_context(base_url=site.url).new_page()
        page.set_default_timeout(TIMEOUT_MS)
        troubles = []
        page.on("console", lambda message: troubles.append(message.text))
        # A page that is left takes what it was still loading with it.
        failed = lambda request: request.failure != "net::ERR_ABORTED"  # noqa: E731
        page.on("requestfailed", lambda one: troubles.append(one.url) if failed(one) else None)
        page.goto("/")
        assert page.get_by_role("note").get_by_text(BANNER).count() == 0
        page.get_by_role("link", name="A generated programme").click()
        assert page.url == f"{site.url}/synthetic/"
        page.get_by_role("link", name="Studies, fellows and communities by theme").click()
        page.get_by_label("Programme").select_option(label="CLAHRC-NDL")
        page.get_by_role("button", name="Show the answer").click()
        assert page.url.startswith(f"{site.url}/synthetic/questions/cq-031?programme=")
        assert page.get_by_role("note").get_by_text(BANNER).is_visible()
        page.get_by_role("link", name="Query", exact=True).click()
        page.get_by_role("button", name="Run the query").click()
        assert page.url.startswith(f"{site.url}/synthetic/sparql?")
        page.get_by_role("link", name="study/syn-MH1").first.click()
        assert page.url == f"{site.url}/synthetic/doc/study/syn-MH1"
        assert page.get_by_role("note").get_by_text(BANNER).is_visible()
        page.set_viewport_size({"width": 390, "height": 844})
        widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1]
        page.get_by_role("link", name="Home").click()
        page.get_by_role("link", name="CLAHRC-NDL and the knowledge mobilisation review").click()
        assert page.url == f"{site.url}/"
        assert page.get_by_role("note").get_by_text(BANNER).count() == 0
        page.wait_for_load_state("networkidle")
        page.context.close()
        assert troubles == []
