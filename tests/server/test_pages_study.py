"""The page of a study or a case: what was tried, did it take hold, why, and on whose word."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import openpyxl
import pyoxigraph as ox
import pytest
from helpers.browsing import PHONE, findings, overflow_px
from helpers.generations import publish
from helpers.vocabulary import few_frameworks

import kmgraph
from kmgraph.namespaces import expand
from kmgraph.stores.generations import GenerationStore
from kmgraph_server import ServerConfig, create_app

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
DATA = Path(__file__).resolve().parents[1] / "questions" / "data"
HTML = {"Accept": "text/html"}
EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>"
STUDY, CASE = "/doc/study/fx-ST3", "/doc/case/fx-build"
CYCLES = (
    "id,label,about,series,sequence,change,studied,decision,start,end,passages\n"
    f'y-1,"{EVIL}",hair,"{EVIL}",1,"{EVIL}",It rained.,adapted,2010-06,2010-08,p-st10-10\n'
    f'y-2,Second,hair,"{EVIL}",2,Carers choose the day.,,,2010-09,,p-st10-10\n'
)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The rated cases, with cycles of improvement, and with markup where people write freely."""
    path = tmp_path_factory.mktemp("study") / "rated"
    shutil.copytree(DATA / "rated", path)
    (path / "cycles.csv").write_text(CYCLES, encoding="utf-8")
    for name, words in (
        ("cases.csv", "A hair above"),
        ("passages.csv", "What ST10 does, where and how."),
        ("strategies.csv", "Sessions with the practice"),
        ("assessments.csv", "No time was set aside."),
    ):
        text = (path / name).read_text(encoding="utf-8")
        text = text.replace(f'"{words}"', words)
        assert words in text, name
        (path / name).write_text(text.replace(words, f'"{EVIL} {words}"'), encoding="utf-8")
    with few_frameworks():
        dataset = kmgraph.build_in_memory(path)
    with dataset:
        yield dataset


@pytest.fixture(scope="module")
def study_app(told):
    """An application that serves them."""
    return create_app(ServerConfig(), dataset=told)


@pytest.fixture
def client(study_app):
    """A client of it."""
    return study_app.test_client()


@pytest.fixture(scope="module")
def study_site(study_app, serve_app):
    """It behind a socket."""
    with serve_app(study_app) as found:
        yield found


def plain(text):
    """Return a page as text with single spaces."""
    body = text[text.index("<main") :]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_what_a_clinician_asks_stands_first(client):
    """Tried, where, taken hold, how sure, why and on whose word, before anything else."""
    for path in (STUDY, CASE):
        text = plain(client.get(path, headers=HTML).text)
        brief = text[text.index("In brief") : text.index("On this page")]
        for words in (
            "Sessions with the practice",
            "Improved: Reviews done",
            "Context: 3 of 4 parts rated",
            "high evidence, low context",
            "Context is low (0.333); on the word of",
            "Manager (2010-09): 0.25 (Staff were told, not asked.) Ratings, lines 70-71",
            "What hindered: The practice had no figures of its own.",
            "Rated by",
        ):
            assert words in " ".join(brief.split()), (path, words)


def test_a_study_that_says_little_has_a_short_page(client, evidence):
    """Sections without anything in them are left out; what is missing is named in one line."""
    text = plain(client.get("/doc/study/fx-ST7", headers=HTML).text)
    assert "Not recorded for this study: " in text
    for title in ("Cycles of improvement", "Communities of practice", "What was done so that"):
        assert title not in text
    shipped = create_app(ServerConfig(), dataset=evidence).test_client()
    text = plain(shipped.get("/doc/case/ndl-MH1-case", headers=HTML).text)
    assert "Profile by PARIHS" not in text and "In brief" not in text
    assert "What is recorded for its whole programme stands below." in text


def test_several_cases_of_a_study_stand_side_by_side(client):
    """Each with its bands in words, and a link to its own page."""
    page = client.get("/doc/study/fx-ST12", headers=HTML).text
    table = plain("<main" + page[page.index('id="cases"') :])
    assert "North practice" in table and "South practice" in table
    assert re.search(r"high 0\.8 .*low 0\.25", table)
    assert "Context is low in South practice" in plain(page)
    assert 'href="/doc/case/fx-south"' in page


def test_tables_can_be_taken_away(client):
    """As CSV, as a workbook with numbers, and as JSON; a text stays a text."""
    for part in ("determinants", "strategies", "outcomes", "profile", "ratings"):
        reply = client.get(f"/account/{part}.csv?of=case/fx-build")
        rows = list(csv.DictReader(io.StringIO(reply.text, newline="")))
        assert rows, part
        kept = json.loads(client.get(f"/account/{part}.json?of=study/fx-ST3").text)
        assert len(kept) == len(rows), part
        name = reply.headers["Content-Disposition"]
        assert f'"synthetic-{part}-case-fx-build.csv"' in name
    body = client.get("/account/ratings.xlsx?of=case/fx-build").data
    lines = list(openpyxl.load_workbook(io.BytesIO(body)).active.values)
    score = lines[0].index("score")
    assert 0.25 in [line[score] for line in lines[1:]]
    told = list(csv.DictReader(io.StringIO(client.get("/account/cycles.csv?of=case/fx-hair").text)))
    assert ["adapted", "not reported"] == [row["decision"] for row in told]
    assert client.get("/account/cycles.png?of=case/fx-hair").data.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/account/ratings.csv", 400),
        ("/account/ratings.csv?of=case/a&of=case/b", 400),
        ("/account/ratings.csv?of=case/nix", 404),
        ("/account/ratings.csv?of=%3Cb%3E", 404),
        ("/account/ratings.svg?of=case/fx-build", 404),
        ("/account/nix.csv?of=case/fx-build", 404),
        ("/account/cycles.svg?of=case/fx-build", 404),
        ("/history", 400),
        ("/history?of=case/nix", 404),
    ],
)
def test_what_cannot_be_answered_is_said(client, path, status):
    """A problem, and never an error of the server."""
    assert status == client.get(path).status_code


def test_the_history_of_a_record_says_when_and_what(tmp_path):
    """Each state in which it changed, the values before and since, and links to both states."""
    store = GenerationStore.create(tmp_path / "store")
    study = ox.NamedNode(f"{store.base}study/a")
    kind = ox.Triple(study, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand("km:Study")))
    for title in ("Old title", f"New {EVIL}"):
        named = ox.Triple(study, ox.NamedNode(expand("dcterms:title")), ox.Literal(title))
        publish(store, {"data": [kind, named]})
    app = create_app(ServerConfig(store=tmp_path / "store"))
    client = app.test_client()
    page = client.get("/doc/study/a", headers=HTML).text
    link = re.search(r'href="(/history\?of=[^"]+)"', page)[1]
    text = client.get(link, headers=HTML).text
    assert "<del>Old title</del>" in text and "&lt;script&gt;" in text and EVIL not in text
    assert 'href="/memento/1/doc/study/a"' in text and 'href="/versions/1..2"' in text
    (version,) = client.get(f"{link}&format=json").json["versions"]
    assert (2, 1) == (version["generation"], version["before"])
    before = client.get("/memento/1/doc/study/a", headers=HTML).text
    assert "Old title" in before and "/history?" not in before
    assert "generation 2" in plain(page)[plain(page).index("To cite this page") :]


def test_why_context_is_low_and_on_whose_word_by_clicking(study_site, visit):
    """From the study to the rating, and to the line it stands at; each page without findings."""
    with visit(study_site.url) as page:
        page.goto(STUDY)
        assert [] == findings(page)
        brief = page.locator(".brief")
        assert "Context is low" in brief.inner_text()
        strip = page.get_by_role("img", name="Culture: low 0.25, 1 rater")
        assert strip.is_visible()
        page.get_by_role("link", name="What would overturn the reading").click()
        assert "without the rating" in page.locator(".flips").inner_text().lower()
        brief.get_by_role("link", name="manager (2010-09): 0.25").first.click()
        assert "Staff were told, not asked." in page.locator("main").inner_text()
        page.go_back()
        brief.get_by_role("link", name="lines 70-71").first.click()
        assert "lines 70-71" in page.get_by_role("heading", level=1).inner_text()
        page.goto("/doc/case/fx-hair")
        assert [] == findings(page)
        picture = page.locator(".picture img")
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
        assert "Carers choose the day." in page.locator("main").inner_text()


def test_sections_fold_on_a_phone_and_open_by_their_links(study_site, visit):
    """Nothing is wider than the screen, also when all is unfolded."""
    with visit(study_site.url, viewport=PHONE, color_scheme="dark") as page:
        page.goto(CASE)
        table = page.locator("table.profile")
        assert not table.is_visible()
        page.get_by_text("On this page", exact=True).click()
        page.get_by_role("link", name="Profile by PARIHS").click()
        table.wait_for()
        assert [] == findings(page)
        for summary in page.locator("details:not([open]) > summary").all():
            summary.click() if summary.is_visible() else None
        assert 0 == overflow_px(page)


def test_without_scripts_everything_is_there_and_markup_is_text(study_site, visit):
    """Sections are open, links work, and what a record says is never an element."""
    with visit(study_site.url, java_script_enabled=False) as page:
        for path in ("/doc/case/fx-hair", CASE):
            page.goto(path)
            assert EVIL.partition("'")[0] in page.locator("main").inner_text()
            assert 0 == page.locator("img[src='x'], main script").count()
            assert page.locator("table.profile").is_visible()
