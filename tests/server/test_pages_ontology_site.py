"""The static pages of ontology, shapes and frameworks, opened from a disk by a browser."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from helpers.browsing import PHONE, findings, overflow_px

from kmgraph.cli import cli


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The pages, as the command writes them."""
    path = tmp_path_factory.mktemp("vocabulary")
    done = CliRunner().invoke(cli, ["docs", str(path)], catch_exceptions=False)
    assert done.exit_code == 0
    return path


def test_pages_can_be_read_without_a_server(browser, folder):
    """From the start to a shape and back, on a phone and in the dark, without any script."""
    with browser.new_context(
        viewport=PHONE, color_scheme="dark", java_script_enabled=False
    ) as context:
        page = context.new_page()
        troubles = []
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.goto(f"file://{folder}/index.html")
        page.click("text=Organisations, people and posts")
        assert page.url.endswith("/shapes/actor.html")
        page.click("nav >> text=a diffusion fellow post")
        assert "#" in page.url
        assert page.locator("h3", has_text="a diffusion fellow post").first.is_visible()
        page.click("header >> text=kmgraph")
        assert page.url.endswith("/index.html")
        assert troubles == []


@pytest.mark.parametrize("name", ["index", "ontology/actor", "shapes/actor"])
def test_pages_keep_nobody_out(browser, folder, name):
    """No serious finding, and nothing wider than a phone."""
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.goto(f"file://{folder}/{name}.html")
        assert overflow_px(page) == 0
        assert findings(page) == []


def test_terms_of_one_name_are_told_apart(folder):
    """A class and a property that are called the same have their short IRIs beside them."""
    text = (folder / "ontology/actor.html").read_text()
    nav = text.partition("<nav")[2].partition("</nav>")[0]
    assert "appointment</a> <code>km:Appointment</code>" in nav
    assert "appointment</a> <code>km:appointment</code>" in nav
    assert "vacant post</a></li>" in nav
