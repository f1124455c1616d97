"""Records in the browser: from the upload over the preview to what everybody sees."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import stat
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.browsing import PHONE, findings, overflow_px

import kmgraph
from kmgraph.access.tokens import TokenRegister
from kmgraph.bundles.files import example_path
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.records import Dataset, Study
from kmgraph.stores.durable import FileLock
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.previews import PREVIEWS_FOLDER
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.errors import (
    MalformedRequestError,
    PayloadError,
    RequestFaultError,
    UnsupportedMediaTypeError,
)
from kmgraph_server.state import close
from kmgraph_server.uploading import Taken, take

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
HTML = {"Accept": "text/html"}
WAIT_S = 90
MS = 1_000
#: Markup that would run, change the page or ask another server, if it were not shown as text.
MARKUP = '<img src="http://example.org/x" onerror="document.title=1"><script>alert(1)</script>'
DATASET = {
    "id": "mine", "title": "Mine", "publisher": "Us", "version": "1", "licence": LICENCE,
    "id_prefix": "mine-",
}  # fmt: skip
GOOD = {"dataset": [DATASET], "studies": [{"id": "S1", "title": "Hand hygiene on two wards"}]}
BAD = {
    "dataset": [DATASET],
    "studies": [
        {"id": "S1", "title": "Hand hygiene", "start": "2010", "end": "2009"},
        {"id": "S2", "title": MARKUP, "programme": MARKUP},
    ],
}
Tables = Mapping[str, list[dict[str, str]]]


def table(rows: list[dict[str, str]]) -> bytes:
    """Return rows as CSV."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def archive(tables: Tables, folder: str = "mine/") -> bytes:
    """Return a bundle as a ZIP archive."""
    return zipped({f"{folder}{name}.csv": table(rows) for name, rows in tables.items()})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def workbook(tables: Tables) -> bytes:
    """Return a bundle as a workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        heads = list(dict.fromkeys(head for row in rows for head in row))
        sheet.append(heads)
        for row in rows:
            sheet.append([row.get(head) for head in heads])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@dataclass
class Desk:
    """A served store, with tokens of people with different rights."""

    store: GenerationStore
    tokens: dict[str, str]
    app: Flask

    @property
    def client(self) -> FlaskClient:
        """Return a client that needs no socket."""
        return self.app.test_client()

    def send(
        self, content: bytes, name: str = "mine.zip", who: str = "writer", **fields: Any
    ) -> Any:
        """Upload a file."""
        headers = fields.pop("headers", {})
        form = {"file": (io.BytesIO(content), name), "token": self.tokens.get(who, who), **fields}
        return self.client.post("/records", data=form, headers=headers)

    def made(self, content: bytes, name: str = "mine.zip", **fields: Any) -> tuple[str, Any]:
        """Upload a file, and return the address and the content of the finished preview."""
        answer = self.send(content, name, **fields)
        assert answer.status_code == 202, answer.text
        address = answer.headers["Location"]
        until = time.monotonic() + WAIT_S
        while (told := self.client.get(address).json)["state"] == "running":
            assert time.monotonic() < until, told
            time.sleep(0.1)
        return address, told

    def publish(self, address: str, who: str = "writer", **headers: str) -> Any:
        """Publish a preview."""
        form = {"token": self.tokens.get(who, who)}
        return self.client.post(f"{address}/publish", data=form, headers=headers)

    def left(self) -> list[Path]:
        """Return the folders of the previews that are kept."""
        found = (self.store.path / PREVIEWS_FOLDER).glob("*/*")
        return [path for path in found if path.is_dir()]


class Desks:
    """What makes served stores, and closes them in the end."""

    def __init__(self, copy: Callable[[Path], GenerationStore]) -> None:
        self._copy, self._open = copy, contextlib.ExitStack()

    def __call__(self, path: Path, **settings: Any) -> Desk:
        """Serve a store of its own."""
        store = self._copy(path / "store")
        register = TokenRegister(store.path)
        tokens = {
            "writer": register.create("writer", {"read", "write"}),
            "reader": register.create("reader", {"read"}),
            "blind": register.create("blind", {"write"}, {"north"}),
        }
        # Asking all questions of both states takes longer than all else.
        given = {"records_compare_s": 0.0, **settings}
        app = create_app(ServerConfig(store=store.path, **given))
        self._open.callback(close, app)
        return Desk(store, tokens, app)

    def close(self) -> None:
        """Close all of them."""
        self._open.close()


@pytest.fixture(scope="module")
def desks(example_copy: Callable[[Path], GenerationStore]) -> Iterator[Desks]:
    """What serves a store that a test changes."""
    made = Desks(example_copy)
    yield made
    made.close()


@pytest.fixture(scope="module")
def desk(desks: Desks, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A store to which nothing is published."""
    return desks(tmp_path_factory.mktemp("records"))


@pytest.fixture(scope="module")
def ready(desk: Desk) -> tuple[str, Any]:
    """A preview that is looked at and not published."""
    return desk.made(archive(GOOD))


def changed_example(folder: Path) -> bytes:
    """Return the shipped example with another title of one study."""
    shutil.copytree(example_path("clahrc-ndl"), folder)
    with (folder / "studies.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["title"] = "A title that was corrected"
    (folder / "studies.csv").write_bytes(table(rows))
    return zipped({f"example/{one.name}": one.read_bytes() for one in folder.glob("*.csv")})


def test_a_correction_comes_in_by_the_browser(visit, serve_app, desks: Desks, tmp_path) -> None:
    """Upload, report, comparison with the one change, publication, and the page of the study."""
    desk = desks(tmp_path, records_compare_s=60.0)
    content = changed_example(tmp_path / "bundle")
    with serve_app(desk.app) as site, visit(site.url) as page:
        page.goto("/records")
        assert findings(page) == []
        upload = {"name": "example.zip", "mimeType": "application/zip", "buffer": content}
        page.get_by_label("Your tables").set_input_files(upload)
        page.get_by_label("Your token").fill(desk.tokens["writer"])
        page.get_by_role("button", name="Check and compare").click()
        page.get_by_role("heading", name="Preview of your records").wait_for(timeout=WAIT_S * MS)
        assert findings(page) == []
        assert overflow_px(page) <= 0
        numbers = page.locator(".figures li").all_inner_texts()
        assert [text.split()[0] for text in numbers[:3]] == ["0", "1", "0"]
        (change,) = page.locator(".changes > li").all_inner_texts()
        assert "A title that was corrected" in change
        assert "Readiness for treatment" in change
        reviews = page.locator("details.answer", has_text="Who reviews each study")
        reviews.locator("summary").click()
        assert "because of ndl-MH1" in reviews.inner_text()
        page.get_by_text("questions compared.").wait_for(timeout=WAIT_S * MS)
        assert "because of ndl-MH1" in reviews.inner_text()
        assert desk.store.current_id() == 1
        page.set_viewport_size(PHONE)
        assert overflow_px(page) <= 0
        page.get_by_label("Your token, once more").fill(desk.tokens["writer"])
        page.get_by_role("button", name="Publish").click()
        page.get_by_role("heading", name="Your records are published").wait_for()
        assert desk.store.current_id() == 2
        page.get_by_role("link", name="A title that was corrected").click()
        assert "/study/ndl-MH1" in page.url
        assert page.get_by_role("heading", level=1).inner_text() == "A title that was corrected"


def test_mistakes_are_told_by_sheet_row_and_column(visit, serve_app, desk: Desk) -> None:
    """Without scripts, on a phone, in the dark. What stands in a cell is shown and never runs."""
    before = desk.store.digest(None)
    with (
        serve_app(desk.app) as site,
        visit(site.url, viewport=PHONE, color_scheme="dark", java_script_enabled=False) as page,
    ):
        page.goto("/records")
        files = [
            {"name": f"{name}.csv", "mimeType": "text/csv", "buffer": table(rows)}
            for name, rows in BAD.items()
        ]
        page.get_by_label("Your tables").set_input_files(files)
        page.get_by_label("Your token").fill(desk.tokens["writer"])
        page.get_by_role("button", name="Check and compare").click()
        page.get_by_role("heading", name="Your records need").wait_for(timeout=WAIT_S * MS)
        address = page.url
    with serve_app(desk.app) as site, visit(site.url, viewport=PHONE) as page:
        page.goto(address.partition("/records")[2].join(["/records", ""]))
        assert findings(page) == []
        assert overflow_px(page) <= 0
        assert page.get_by_role("heading", name="studies.csv").is_visible()
        rows = [row.inner_text() for row in page.locator("table.report tbody tr").all()]
        assert any("2" in row and "end" in row and "before the start" in row for row in rows)
        (told,) = [row for row in rows if "programme" in row]
        assert MARKUP in told
        assert page.locator("main img, main script").count() == 0
        assert "corrections" in page.title()
    assert (desk.store.current_id(), desk.store.digest(None)) == (1, before)


def test_a_workbook_is_told_by_its_sheets(desk: Desk) -> None:
    """File, sheet, row and column; the same as files."""
    address, told = desk.made(workbook(BAD), "mine.xlsx")
    assert (told["state"], told["code"]) == ("refused", "bundle")
    places = {(one["file"], one["sheet"], one["row"], one["column"]) for one in told["report"]}
    assert ("mine.xlsx", "studies", 2, "end") in places
    assert ("mine.xlsx", "studies", 3, "programme") in places
    rows = list(csv.DictReader(io.StringIO(desk.client.get(f"{address}/report.csv").text)))
    assert [row["problem"] for row in rows] == [one["problem"] for one in told["report"]]
    assert desk.client.get(f"{address}/report.json").json == told["report"]
    sheet = openpyxl.load_workbook(io.BytesIO(desk.client.get(f"{address}/report.xlsx").data))
    assert sheet.active.max_row == 1 + len(rows)
    refused = desk.publish(address)
    assert refused.status_code == 409


def test_what_is_new_is_compared_with_what_is_there(desk: Desk, ready: tuple[str, Any]) -> None:
    """The records that come in, how many triples, and what the shapes remark about them."""
    address, told = ready
    assert told["state"] == "ready"
    assert told["is_current"]
    assert told["records"] == {"dataset": 1, "studies": 1}
    assert set(told["comparison"]["numbers"]) == {"added"}
    added = {one["iri"].rpartition("/")[2]: one for one in told["comparison"]["records"]}
    assert added["mine-S1"]["label"] == "Hand hygiene on two wards"
    assert sum(told["comparison"]["numbers"].values()) == len(added)
    graphs = {one["name"]: one for one in told["comparison"]["graphs"]}
    assert graphs["mine"]["added"] > 0
    assert graphs["clahrc-ndl"]["added"] == graphs["clahrc-ndl"]["removed"] == 0
    # Other datasets have remarks too, which are none of this upload.
    assert {(one["sheet"], one["row"]) for one in told["report"]} == {("studies", 2)}
    changes = desk.client.get(f"{address}/changes.json").json
    assert {one["iri"].rpartition("/")[2] for one in changes} >= {"mine-S1"}
    assert desk.client.get(f"{address}/nothing.csv").status_code == 404
    assert desk.store.current_id() == 1


def test_a_preview_is_kept_and_found_by_nobody(desk: Desk, ready: tuple[str, Any]) -> None:
    """Not by caches, not by search engines, not by other sites; nor is it shown to readers."""
    for headers in ({}, HTML):
        answer = desk.client.get(ready[0], headers=headers)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "same-origin"
    assert desk.client.get("/doc/study/mine-S1").status_code == 404
    key = ready[0].rpartition("/")[2]
    assert len(key) >= 43
    folders = [path.name for path in (desk.store.path / PREVIEWS_FOLDER).rglob("*")]
    assert not any(key in name for name in folders)
    mode = stat.S_IMODE((desk.store.path / PREVIEWS_FOLDER).stat().st_mode)
    assert mode == 0o700


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("kmg_wrong", 401), ("reader", 403), ("blind", 403)]
)
def test_without_the_right_nothing_is_taken(desk: Desk, who: str, status: int, ready: Any) -> None:
    """In the form that the caller reads; a preview is not published either."""
    left = desk.left()
    answer = desk.send(archive(GOOD), who=who)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    seen = desk.send(archive(GOOD), who=who, headers=HTML)
    assert seen.status_code == status
    assert 'role="alert"' in seen.text
    assert desk.left() == left
    refused = desk.publish(ready[0], who, **HTML)
    assert refused.status_code == status
    assert "Preview of your records" in refused.text
    assert desk.publish(ready[0], who).content_type == "application/problem+json"
    assert desk.store.current_id() == 1


def test_programs_send_the_token_in_the_header(desk: Desk) -> None:
    """Where both are there, the header counts."""
    form = {"file": (io.BytesIO(b"x"), "a.txt"), "token": desk.tokens["writer"]}
    header = {"Authorization": "Bearer kmg_wrong"}
    assert desk.client.post("/records", data=form, headers=header).status_code == 401
    header = {"Authorization": f"Bearer {desk.tokens['writer']}"}
    form = {"file": (io.BytesIO(b"x"), "a.txt")}
    assert desk.client.post("/records", data=form, headers=header).status_code == 415
    assert desk.client.post("/records", data=b"x", headers=header).status_code == 415


def of_group(name: str) -> MemoryBundle:
    """Return a bundle of one study that belongs to a group."""
    row = Dataset(**{**DATASET, "id": name, "id_prefix": f"{name}-"}, visibility=name)
    return MemoryBundle([row, Study(id="S1", title=f"Secret of the {name}")], name=name)


def test_a_writer_who_does_not_see_all_is_refused(desks: Desks, tmp_path: Path) -> None:
    """Nothing is taken, and nothing is told of what is hidden; one who sees all may."""
    desk = desks(tmp_path)
    kmgraph.build([of_group("north")], desk.store)
    register = TokenRegister(desk.store.path)
    desk.tokens["north"] = register.create("north", {"read", "write"}, {"north"})
    answer = desk.send(archive(GOOD))
    assert answer.status_code == 403
    assert "Secret" not in answer.text
    assert "north" not in answer.text
    assert desk.left() == []
    address, told = desk.made(archive(GOOD), who="north")
    assert told["state"] == "ready"
    assert desk.publish(address, "writer").status_code == 403
    assert desk.store.current_id() == 2
    desk.tokens["all"] = register.create("all", {"read", "write"}, {"north", "south"})
    hidden = {**DATASET, "id": "south", "visibility": "south", "id_prefix": "south-"}
    _, told = desk.made(archive({"dataset": [hidden]}), who="north")
    assert (told["state"], told["code"]) == ("refused", "access-denied")
    assert told["comparison"] is None
    address, told = desk.made(archive({"dataset": [hidden]}), who="all")
    assert told["state"] == "ready"
    assert desk.publish(address, "north").status_code == 403
    assert desk.store.current_id() == 2
    assert desk.publish(address, "all").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://example.org"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 415),
        ({"Origin": "http://localhost"}, 415),
    ],
)
def test_pages_of_other_sites_send_nothing(
    desk: Desk, ready: tuple[str, Any], headers: dict[str, str], status: int
) -> None:
    """The answer says why; our own pages may."""
    answer = desk.send(b"", "a.txt", headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert "another site" in answer.json["detail"]
        assert desk.publish(ready[0], **headers).status_code == 403
        assert desk.client.post(f"{ready[0]}/discard", headers=headers).status_code == 403
        assert desk.client.delete(ready[0], headers=headers).status_code == 403
    assert desk.client.get(ready[0]).status_code == 200


@dataclass
class Sent:
    """A file as a form brings it."""

    filename: str
    stream: io.BytesIO


def taken(folder: Path, limit_bytes: int, **files: bytes) -> Taken:
    """Take an upload in; names have __ for the dot."""
    sent = [Sent(name.replace("__", "."), io.BytesIO(content)) for name, content in files.items()]
    return take(sent, folder, limit_bytes=limit_bytes)


def linked() -> bytes:
    """Return an archive with a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        entry = zipfile.ZipInfo("mine/studies.csv")
        entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        made.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def lying(content: bytes) -> bytes:
    """Return an archive whose file says that it is smaller than it is."""
    whole = bytearray(zipped({"studies.csv": content}))
    size = len(content).to_bytes(4, "little")
    return bytes(whole.replace(size, (10).to_bytes(4, "little")))


BOMB = zipped({"studies.csv": b"0" * 5_000_000})


@pytest.mark.parametrize(
    ("files", "error", "words"),
    [
        ({"a__zip": zipped({"../studies.csv": b"id"})}, MalformedRequestError, "leads out"),
        ({"a__zip": zipped({"/etc/studies.csv": b"id"})}, MalformedRequestError, "leads out"),
        ({"a__zip": zipped({"a\\..\\..\\b.csv": b"id"})}, MalformedRequestError, "leads out"),
        ({"a__zip": zipped({"C:/studies.csv": b"id"})}, MalformedRequestError, "leads out"),
        ({"a__zip": linked()}, MalformedRequestError, "link"),
        ({"a__zip": BOMB}, PayloadError, "times its size"),
        ({"a__xlsx": BOMB}, PayloadError, "times its size"),
        ({"a__zip": zipped({"a.xlsx": BOMB})}, PayloadError, "times its size"),
        ({"a__zip": zipped({f"{n}.csv": b"" for n in range(501)})}, PayloadError, "500"),
        ({"a__zip": zipped({"a.csv": bytes(range(256)) * 40})}, PayloadError, "unpacks to more"),
        ({"a__csv": b"0" * 10_001}, PayloadError, "unpacks to more"),
        ({"a__zip": lying(b"id,title\n" * 900)}, RequestFaultError, ""),
        ({"a__zip": b"PK\x03\x04 and no more"}, MalformedRequestError, "damaged"),
        ({"a__zip": zipped({"read.me": b"x"})}, MalformedRequestError, "no table"),
        (
            {"a__zip": zipped({"a/studies.csv": b"id", "b/studies.csv": b"id"})},
            MalformedRequestError,
            "more than one bundle",
        ),
        ({"a__exe": b"MZ"}, UnsupportedMediaTypeError, "none that a bundle has"),
        ({"a__xlsx": b"", "b__csv": b""}, UnsupportedMediaTypeError, "none that a bundle has"),
        ({}, MalformedRequestError, "no file"),
    ],
)
def test_what_is_no_harmless_bundle_is_refused(
    tmp_path: Path, files: dict[str, bytes], error: type[Exception], words: str
) -> None:
    """And nothing is written beside the folder that it is to be put into."""
    folder = tmp_path / "upload"
    folder.mkdir()
    with pytest.raises(error, match=words or None):
        taken(folder, 10_000 if "times" not in words else 50_000_000, **files)
    assert [path for path in tmp_path.iterdir() if path != folder] == []
    assert sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) <= 20_000


def test_what_is_no_table_is_passed_over_and_named(tmp_path: Path) -> None:
    """The files that programs add for themselves are not worth a word."""
    found = taken(
        tmp_path,
        10_000,
        my__zip=zipped(
            {
                "x/studies.csv": b"id",
                "x/notes.txt": b"hm",
                "__MACOSX/x/._studies.csv": b"z",
                "x/.DS_Store": b"z",
            }
        ),
    )
    assert found.passed_over == ("notes.txt",)
    assert [path.name for path in found.bundle.iterdir()] == ["studies.csv"]
    assert found.name == "my"


def test_a_bad_archive_leaves_nothing(desk: Desk) -> None:
    """Over HTTP too."""
    left = desk.left()
    answer = desk.send(zipped({"../../studies.csv": b"id"}))
    assert (answer.status_code, answer.json["type"].partition("#")[2]) == (400, "malformed-request")
    assert desk.left() == left
    assert not list(desk.store.path.parent.glob("studies.csv"))


def test_an_upload_may_be_too_large(desks: Desks, tmp_path: Path) -> None:
    """As it is sent, and once it is unpacked."""
    desk = desks(tmp_path, upload_limit_bytes=20_000, records_unpacked_bytes=5_000)
    assert desk.send(b"0" * 30_000, "a.csv").status_code == 413
    assert desk.send(zipped({"a.csv": b"0" * 6_000})).status_code == 413
    assert desk.left() == []


def test_where_somebody_else_published_meanwhile_nothing_is(desks: Desks, tmp_path: Path) -> None:
    """The page says so beforehand, and publishing is refused; what the other did stays."""
    desk = desks(tmp_path)
    address, told = desk.made(archive(GOOD))
    assert told["is_current"]
    kmgraph.build([MemoryBundle([Dataset(**{**DATASET, "id": "other"})], name="x")], desk.store)
    assert not desk.client.get(address).json["is_current"]
    assert "The data have changed since" in desk.client.get(address, headers=HTML).text
    digest = desk.store.digest(None)
    refused = desk.publish(address)
    assert refused.status_code == 409
    assert "changed" in refused.json["detail"]
    assert desk.publish(address, **HTML).status_code == 409
    assert (desk.store.current_id(), desk.store.digest(None)) == (2, digest)


def test_while_another_process_writes_it_is_tried_again(desk: Desk, ready: tuple[str, Any]) -> None:
    """503 with the time to wait; nothing is lost."""
    lock = FileLock(desk.store.path / "writer.lock")
    try:
        answer = desk.publish(ready[0])
    finally:
        lock.release()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert desk.client.get(ready[0]).json["state"] == "ready"


def test_what_was_published_is_told_again(desks: Desks, tmp_path: Path) -> None:
    """Publishing twice publishes once, and the links are those of the records."""
    desk = desks(tmp_path)
    address, _ = desk.made(archive(GOOD))
    first, second = desk.publish(address), desk.publish(address)
    assert first.json["generation"] == second.json["generation"] == 2
    assert desk.store.current_id() == 2
    told = desk.client.get(address).json
    assert (told["state"], told["generation"]) == ("published", 2)
    assert 'href="/doc/study/mine-S1"' in desk.client.get(address, headers=HTML).text
    assert desk.client.get("/doc/study/mine-S1", headers=HTML).status_code == 200
    more = {"dataset": [DATASET], "studies": [{"id": "S2", "title": "Gloves"}]}
    _, told = desk.made(archive(more), append="1")
    assert {one["change"] for one in told["comparison"]["records"]} == {"added"}


def test_what_is_discarded_is_gone(desks: Desks, tmp_path: Path) -> None:
    """By a form or by DELETE; with all of its files."""
    desk = desks(tmp_path)
    for act in (
        lambda address: desk.client.post(f"{address}/discard", headers=HTML),
        lambda address: desk.client.delete(address),
    ):
        address, _ = desk.made(archive(BAD))
        assert len(desk.left()) == 1
        assert act(address).status_code in (200, 204)
        assert desk.left() == []
        assert desk.client.get(address).status_code == 404
        assert act(address).status_code == 404


def test_previews_go_with_time_with_their_token_and_with_the_server(
    desks: Desks, tmp_path: Path
) -> None:
    """Who has an old address is told that there is nothing any more."""
    desk = desks(tmp_path / "a", records_kept_s=3.0)
    address, _ = desk.made(archive(BAD))
    until = time.monotonic() + WAIT_S
    while desk.left():
        assert time.monotonic() < until
        time.sleep(0.1)
    for headers in ({}, HTML):
        assert desk.client.get(address, headers=headers).status_code == 404
    assert desk.client.get("/records/preview/unknown").status_code == 404
    desk = desks(tmp_path / "b")
    address, _ = desk.made(archive(BAD))
    TokenRegister(desk.store.path).revoke("writer")
    assert desk.client.get(address).status_code == 404
    assert desk.left() == []
    desk = desks(tmp_path / "c")
    address, _ = desk.made(archive(BAD))
    close(desk.app)
    assert not (desk.store.path / PREVIEWS_FOLDER).exists()


def test_what_a_killed_server_left_is_removed_by_the_next(desks: Desks, tmp_path: Path) -> None:
    """But not what one that runs still has."""
    desk = desks(tmp_path)
    address, _ = desk.made(archive(BAD))
    orphan = desk.store.path / PREVIEWS_FOLDER / "orphan"
    (orphan / "x").mkdir(parents=True)
    create_app(ServerConfig(store=desk.store.path, read_only=True))
    assert orphan.exists()
    create_app(ServerConfig(store=desk.store.path))
    assert not orphan.exists()
    assert desk.client.get(address).status_code == 200


def test_one_is_built_at_a_time_and_so_many_are_kept(desks: Desks, tmp_path: Path) -> None:
    """A second upload is to come again; the oldest preview makes room."""
    desk = desks(tmp_path, records_previews=2)
    first, _ = desk.made(archive(BAD))
    second, _ = desk.made(archive(BAD))
    running = desk.send(archive(GOOD))
    assert running.status_code == 202
    busy = desk.send(archive(BAD))
    assert busy.status_code == 503
    assert busy.headers["Retry-After"]
    assert desk.client.get(first).status_code == 404
    assert desk.client.get(second).status_code == 200
    assert desk.client.delete(running.headers["Location"]).status_code == 204
    assert len(desk.left()) == 1


def test_what_takes_too_long_is_ended(desks: Desks, tmp_path: Path) -> None:
    """The page says what to do instead."""
    desk = desks(tmp_path, write_timeout_s=0.05)
    address, told = desk.made(archive(GOOD))
    assert (told["state"], told["code"]) == ("failed", "query-timeout")
    assert "could not be made" in desk.client.get(address, headers=HTML).text
    assert desk.publish(address).status_code == 409
    assert desk.store.current_id() == 1


def test_answers_are_compared_as_long_as_there_is_time(desks: Desks, tmp_path: Path) -> None:
    """The rest is there without them, and can be published; the next upload need not wait."""
    desk = desks(tmp_path, records_compare_s=0.001)
    address, told = desk.made(archive(GOOD))
    until = time.monotonic() + WAIT_S
    while (told := desk.client.get(address).json)["comparison"]["comparing"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert told["state"] == "ready"
    assert told["comparison"]["not_asked"]
    assert "Not compared, for lack of time" in desk.client.get(address, headers=HTML).text
    assert desk.publish(address).status_code == 200
    slow = desks(tmp_path / "slow", records_compare_s=600.0)
    first, told = slow.made(archive(GOOD))
    assert told["comparison"]["comparing"]
    assert "to go" in slow.client.get(first, headers=HTML).text
    slow.made(archive(BAD))
    assert not slow.client.get(first).json["comparison"]["comparing"]
    assert slow.publish(first).status_code == 200


def test_the_token_is_written_nowhere(
    desks: Desks, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not into the log, not into an answer, not into a file."""
    desk = desks(tmp_path, access_log=True)
    wrong = "kmg_wrong-but-long-enough-to-be-found"
    secret = desk.tokens["writer"]
    answers = [desk.send(archive(BAD), who=who, headers=HTML) for who in (wrong, "writer")]
    address = answers[1].headers["Location"]
    until = time.monotonic() + WAIT_S
    while (told := desk.client.get(address)).json["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.1)
    answers += [told, desk.publish(address, wrong, **HTML), desk.publish(address, **HTML)]
    texts = [f"{one.headers} {one.text}" for one in answers]
    for one in answers:
        # A request is logged when its answer was handed over.
        one.close()
    said = "".join(capsys.readouterr())
    assert '"/records"' in said
    assert '"/records/preview/KEY/publish"' in said
    assert address.rpartition("/")[2] not in said
    for text in [said, *texts]:
        assert secret not in text
        assert wrong not in text
    for path in desk.store.path.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_a_server_that_takes_nothing_says_how_records_come_in(
    client: FlaskClient, desks: Desks, tmp_path: Path
) -> None:
    """For a dataset in memory, and for a store that is served read-only."""
    for one in (client, desks(tmp_path, read_only=True).client):
        text = one.get("/records", headers=HTML).text
        assert "kmgraph build my-bundle" in text
        assert "<form" not in text
        assert one.get("/records?format=json").json["read_only"] is True
        assert one.post("/records", data={"file": (io.BytesIO(b"x"), "a.csv")}).status_code == 403
        assert one.get("/records/preview/x").status_code == 404


def test_the_frame_leads_to_the_page(desk: Desk) -> None:
    """It is shown to all and says that it is for writers."""
    assert 'href="/records"' in desk.client.get("/", headers=HTML).text
    text = desk.client.get("/records", headers=HTML).text
    assert "For writers" in text
    assert 'autocomplete="off"' in text
    assert json.loads(desk.client.get("/records?format=json").text)["kept_s"] == 3600
