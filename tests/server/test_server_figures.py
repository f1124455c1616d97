"""Pictures on the server: SVG and PNG by address, and pages with the table beside them."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest

import kmgraph
from kmgraph.errors import BusyError
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.drawing import Drawings
from kmgraph_server.state import holder
from kmgraph_server.views import figures

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"
HTML = {"Accept": "text/html"}
CASE = "case=fx-worked"


@pytest.fixture(scope="module")
def rated():
    """The rated cases."""
    with kmgraph.build_in_memory(RATED) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def rated_app(rated):
    """An application that serves the rated cases."""
    return create_app(ServerConfig(), dataset=rated)


@pytest.fixture
def client(rated_app):
    """A client of it."""
    return rated_app.test_client()


@pytest.mark.parametrize(
    ("path", "media_type", "start"),
    [
        (f"/figures/profile.svg?{CASE}", "image/svg+xml", b"<?xml"),
        (f"/figures/profile.png?{CASE}", "image/png", b"\x89PNG"),
        (f"/figures/profile.svg?{CASE}&scheme=i-parihs-2016", "image/svg+xml", b"<?xml"),
        ("/figures/grid.svg", "image/svg+xml", b"<?xml"),
        ("/figures/grid.png?scheme=parihs-1998", "image/png", b"\x89PNG"),
    ],
)
def test_pictures_have_addresses(client, path, media_type, start):
    """With a tag, so that what is known is not sent again."""
    response = client.get(path)
    assert (200, media_type) == (response.status_code, response.mimetype)
    assert response.data.startswith(start)
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert (304, b"") == (again.status_code, again.data)


def test_an_svg_by_itself_may_use_its_styles_and_nothing_else(client):
    """The policy of pages would take its colours away."""
    policy = client.get("/figures/grid.svg").headers["Content-Security-Policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in client.get("/grid", headers=HTML).headers["Content-Security-Policy"]


def test_a_case_is_found_by_id_path_and_iri(client, rated):
    """All three give the same picture."""
    names = ("fx-worked", "case/fx-worked", rated.base + "case/fx-worked")
    found = {client.get(f"/figures/profile.svg?case={quote(name)}").data for name in names}
    assert 1 == len(found)


def test_the_page_of_a_profile_has_picture_and_table(client):
    """The picture has words in its place, and every rating leads to its page."""
    text = client.get(f"/profile?{CASE}", headers=HTML).text
    (source, alternative) = re.search(r'<img src="([^"]+)" alt="([^"]+)"', text).groups()
    assert "Worked example: profile by" in alternative
    assert 200 == client.get(source.replace("&amp;", "&")).status_code
    assert "0.583 mixed, 3 of 4 rated" in text
    assert "not reported" in text
    assert "our reading of a hypothesis, unverified" in text
    assert 'href="/explain?iri=' in text
    assert re.search(r'<a href="/doc/assessment/[^"]+"[^>]*>Nurse', text)


def test_the_page_of_a_grid_leads_to_profiles(client, rated):
    """Each case has a row and a link; one without a score says so."""
    text = client.get("/grid", headers=HTML).text
    links = re.findall(r'href="(/profile\?[^"]+)"', text)
    assert len(rated.cases) == len(links)
    for link in links:
        assert 200 == client.get(link.replace("&amp;", "&"), headers=HTML).status_code
    assert "judged only" in text
    assert "<td>not rated</td>" in text


def test_a_grid_is_narrowed_by_its_form(client, rated):
    """The choice is kept in the form and in the picture."""
    theme = next(iter(rated.records("themes")))
    text = client.get(f"/grid?theme={quote(theme.iri)}", headers=HTML).text
    assert f'<option value="{theme.iri}" selected>' in text
    assert f"theme={quote(theme.iri, safe='/:')}" in text.replace("&amp;", "&")


def test_pages_lead_to_pictures(client):
    """From the home page and from the page of a case."""
    assert 'href="/grid"' in client.get("/", headers=HTML).text
    assert "/profile?case=" in client.get("/doc/case/fx-worked", headers=HTML).text
    assert "/profile?case=" not in client.get("/doc/programme/fx-p", headers=HTML).text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/profile?case=nix", 404, "no case 'nix'"),
        ("/figures/profile.svg?case=nix", 404, "no case 'nix'"),
        ("/figures/profile.png?case=%3Cb%3E", 404, "no case"),
        ("/profile", 400, "say which case"),
        (f"/profile?{CASE}&{CASE}", 400, "given twice"),
        (f"/profile?{CASE}&scheme=nix", 400, "no framework"),
        ("/grid?scheme=i-parihs-2016", 400, "no evidence and context"),
        ("/figures/grid.svg?study=nix", 404, "no study 'nix'"),
        (f"/figures/profile.gif?{CASE}", 404, "ends in .svg or .png"),
    ],
)
def test_mistakes_are_problems(client, path, status, words):
    """In words, as a page and as a document."""
    page = client.get(path, headers=HTML)
    assert (status, "text/html") == (page.status_code, page.mimetype)
    document = client.get(path)
    assert (status, "application/problem+json") == (document.status_code, document.mimetype)
    assert words in document.json["detail"]


def test_links_stay_below_a_mount(rated_app):
    """An application that is mounted elsewhere leads to its own pictures."""
    client = rated_app.test_client()
    for path in (f"/profile?{CASE}", "/grid"):
        text = client.get(path, headers=HTML, environ_overrides={"SCRIPT_NAME": "/m"}).text
        found = re.findall(r'(?:href|src|action)="(/[^"]*)"', text)
        assert found
        assert all(link.startswith("/m/") for link in found)


def test_a_picture_is_drawn_once_for_a_generation(client, rated_app, monkeypatch):
    """And only so many are kept."""
    client.get(f"/figures/profile.svg?{CASE}")
    monkeypatch.setattr(figures.Profile, "to_svg", lambda self: "drawn anew")
    assert client.get(f"/figures/profile.svg?{CASE}").data.startswith(b"<?xml")
    monkeypatch.setattr(figures.DRAWINGS, "kept", 3)
    for number in range(14):
        path = "/figures/profile.svg?scheme=parihs-1998&case="
        client.get(path + ("fx-edge", "fx-hair", "fx-misfit", "fx-north", "fx-south")[number % 5])
    held = holder(rated_app)
    served = held.acquire("public")
    held.release(served)
    assert 3 == figures.DRAWINGS.count(served)
    figures.DRAWINGS.forget(served)


def test_the_three_names_of_a_case_share_one_drawing(client, monkeypatch):
    """On the page too; and so do the three names of what narrows a grid."""
    drawn = []
    for kind in (figures.Profile, figures.Grid):
        monkeypatch.setattr(kind, "to_svg", lambda self: f"number {drawn.append(1)}{len(drawn)}")
    base = "https://w3id.org/kmgraph/id/"
    for name in ("fx-build", "case/fx-build", f"{base}case/fx-build"):
        client.get(f"/figures/profile.svg?scheme=parihs-1998&case={quote(name)}")
        text = client.get(f"/profile?case={quote(name)}", headers=HTML).text
        assert "<h1>Build the context</h1>" in text
    assert 1 == len(drawn)
    for name in ("fx-ST3", "study/fx-ST3", f"{base}study/fx-ST3"):
        assert 200 == client.get(f"/figures/grid.svg?study={quote(name)}").status_code
    assert 2 == len(drawn)


class Served:
    """Stands for a generation."""


def drawn_by(drawings, served, key, draw, found):
    """Start a thread that asks for a picture and notes what it gets."""

    def ask():
        try:
            found.append(drawings.get(served, key, draw))
        except BusyError as error:
            found.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return thread


def test_equal_requests_share_one_drawing_and_others_wait():
    """One picture is drawn at a time; when the drawer fails, the next one draws."""
    drawings, served, found, drawn = Drawings(most_waiting=4), Served(), [], []
    going, started = threading.Event(), threading.Event()

    def slow():
        drawn.append(threading.active_count())
        started.set()
        assert going.wait(10)
        return b"picture"

    threads = [drawn_by(drawings, served, ("a",), slow, found) for _ in range(3)]
    assert started.wait(10)
    threads.append(drawn_by(drawings, served, ("b",), lambda: b"other", found))
    time.sleep(0.1)
    assert found == []
    going.set()
    for thread in threads:
        thread.join(10)
    assert [b"other", *[b"picture"] * 3] == sorted(found)
    assert 1 == len(drawn)
    with pytest.raises(ZeroDivisionError):
        drawings.get(served, ("c",), lambda: bytes(1 // 0))
    assert drawings.get(served, ("c",), lambda: b"now") == b"now"


def test_no_more_wait_than_are_allowed_nor_longer():
    """The others learn at once, or when their wait is over, that they are to come again."""
    drawings, served, found = Drawings(most_waiting=2, wait_s=0.2), Served(), []
    going, started = threading.Event(), threading.Event()

    def slow():
        started.set()
        assert going.wait(10)
        return b"picture"

    first = drawn_by(drawings, served, ("a",), slow, found)
    assert started.wait(10)
    second = drawn_by(drawings, served, ("b",), slow, found)
    time.sleep(0.05)
    with pytest.raises(BusyError, match="too many"):
        drawings.get(served, ("c",), slow)
    second.join(10)
    assert "takes long" in str(found[0])
    going.set()
    first.join(10)
    assert b"picture" == found[1]
    assert b"again" == drawings.get(served, ("b",), lambda: b"again")


def test_a_busy_server_says_when_to_come_again(client, monkeypatch):
    """With the status and the header that programs know."""
    monkeypatch.setattr(figures, "DRAWINGS", Drawings(most_waiting=0))
    response = client.get(f"/figures/profile.png?{CASE}&scheme=parihs-1998")
    assert (503, "busy") == (response.status_code, response.json["type"].rpartition("#")[2])
    assert int(response.headers["Retry-After"]) > 0
    assert "too many pictures" in response.json["detail"]
    assert 200 == client.get("/healthz").status_code


def test_without_the_library_the_table_is_left(rated, monkeypatch):
    """The page shows no picture that could not be had."""
    client = create_app(ServerConfig(cache_bytes=0), dataset=rated).test_client()
    monkeypatch.setattr(figures, "can_draw", lambda: False)
    text = client.get(f"/profile?{CASE}", headers=HTML).text
    assert "<img" not in text
    assert "0.583 mixed" in text
    response = client.get(f"/figures/profile.svg?{CASE}")
    assert 501 == response.status_code


def test_an_empty_store_has_no_picture(evidence):
    """The shipped example has no rated case."""
    client = create_app(ServerConfig(), dataset=evidence).test_client()
    text = client.get("/grid", headers=HTML).text
    assert ("<img" in text) == bool(len(evidence.cases))
    # The navigation is the same everywhere; the page itself leads to what there is.
    main = client.get("/", headers=HTML).text.partition("<main")[2]
    assert main
    assert 'href="/grid"' not in main
