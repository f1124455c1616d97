"""The reference parts of the documentation are complete and up to date, and its links resolve."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

import kmgraph
from kmgraph.bundles.problems import CODES
from kmgraph.questions import load_catalogue
from kmgraph.records import TABLES
from kmgraph_server import ServerConfig, create_app

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LINKED = [
    path
    for path in (
        ROOT / "README.md",
        ROOT / "queries/README.md",
        ROOT / "ontology/README.md",
        *PAGES,
    )
    if path.is_file()
]
#: A link of Markdown; what stands in code is none.
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def read(name: str) -> str:
    """Return the text of a page."""
    return (DOCS / name).read_text(encoding="utf-8")


def without_code(text: str) -> str:
    """Return a page without its blocks and spans of code."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "code", text)


def headings(text: str) -> list[str]:
    """Return the headings of a page, without marks."""
    plain = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return [
        line.lstrip("#").strip().replace("`", "") for line in plain.splitlines() if line[:1] == "#"
    ]


def anchors(text: str) -> set[str]:
    """Return what a link can point to within a page, as GitHub makes it."""
    made = [re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in headings(text)]
    return {*made, *re.findall(r'<a id="([^"]+)">', text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_generated_parts_are_up_to_date(page: Path, generate: ModuleType) -> None:
    """'python docs/generate.py' would change nothing."""
    text = page.read_text(encoding="utf-8")
    assert text == generate.regenerated(text), "run 'python docs/generate.py' (make docs)"


def test_every_generated_part_has_its_place(generate: ModuleType) -> None:
    """Each part stands on one page, once, also those that other programs write."""
    found = [
        name
        for page in PAGES
        for name in re.findall(r"<!-- begin: (.+?) -->", page.read_text("utf-8"))
    ]
    assert sorted([*generate.section_names(), *generate.WRITTEN_ELSEWHERE]) == sorted(found)


def test_check_tells_old_from_new(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--check fails on an outdated page and leaves it alone; without it the page is written."""
    page = tmp_path / "page.md"
    old = "before\n<!-- begin: query-limits -->\nold\n<!-- end: query-limits -->\nafter\n"
    page.write_text(old)
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    assert (1, old) == (generate.main(["--check"]), page.read_text())
    assert 0 == generate.main([])
    assert generate.main(["--check"]) == 0
    assert page.read_text().startswith("before\n") and "old" not in page.read_text()
    assert 2 == generate.main(["--wrong"])


def test_every_command_has_a_heading(generate: ModuleType) -> None:
    """What can be typed is explained."""
    wanted = {f"kmgraph {name}" for name in generate.all_commands()}
    assert wanted <= set(headings(read("command-line.md")))
    assert {"kmgraph serve", "kmgraph token", "kmgraph token create"} <= wanted


def test_every_setting_can_be_linked_to() -> None:
    """What can be set is explained, under the name of the variable and of the option too."""
    page = read("operations.md")
    help_text = read("command-line.md")
    for field in fields(ServerConfig):
        assert field.name in anchors(page)
        assert f"`KMGRAPH_{field.name.upper()}`" in page
        option = f"--{(field.metadata['flag'] or field.name).replace('_', '-')}"
        assert f"`{option}`" in page
        assert option in help_text


def test_an_error_whose_status_varies_says_so(generate: ModuleType) -> None:
    """The status of a remote endpoint's failure depends on what it was."""
    assert "HTTP status: 502, or 504 where `timed_out` is true." in generate.error("remote-service")
    assert "HTTP status: 503." in generate.error("query-timeout")


def test_every_address_of_the_server_is_listed() -> None:
    """No blueprint is left out."""
    page = read("http.md")
    for rule in create_app(ServerConfig(store=Path("store"))).url_map.iter_rules():
        assert f"`{rule.rule}`" in page


def test_every_question_has_a_heading() -> None:
    """What can be asked is explained, with every parameter and column."""
    page = read("questions.md")
    assert set(load_catalogue()) <= set(headings(page))
    for question in load_catalogue().values():
        for part in (*question.parameters, *question.returns):
            assert f"`{part.name}`" in page


def test_every_error_has_a_heading_and_a_way_out(generate: ModuleType) -> None:
    """A code in a message leads to what it means and what to do."""
    page = read("errors.md")
    for code in generate.error_classes():
        section = re.search(rf"^### {code}\n(.*?)(?=^##|\Z)", page, re.DOTALL | re.MULTILINE)
        assert section, code
        assert re.search(r"^What to do: \S.{20,}$", section[1], re.MULTILINE), code
    codes = {cls.code for cls in tree(kmgraph.KmGraphError)}
    assert codes <= set(headings(page))


def tree(cls: type[kmgraph.KmGraphError]) -> list[type[kmgraph.KmGraphError]]:
    """Return a class of errors and all below it."""
    return [cls, *(found for below in cls.__subclasses__() for found in tree(below))]


def test_every_problem_of_a_bundle_can_be_linked_to() -> None:
    """Each code has an anchor, and each table a heading with every column."""
    page = read("bundles.md")
    assert set(CODES) <= anchors(page)
    assert set(TABLES) <= set(headings(page))
    for table in TABLES.values():
        for column in table.columns:
            assert f"| `{column.name}` |" in page


@pytest.mark.parametrize("page", LINKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_resolve(page: Path) -> None:
    """A link to a file or a heading of the repository leads there."""
    for target in LINK.findall(without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{page.name} links to {target}, which is not there"
        if anchor:
            assert anchor in anchors(path.read_text(encoding="utf-8")), f"{page.name}: {target}"


def test_every_page_is_linked_from_the_index() -> None:
    """Nobody has to guess the name of a page."""
    linked = {target.partition("#")[0] for target in LINK.findall(read("index.md"))}
    assert {page.relative_to(DOCS).as_posix() for page in PAGES} - {"index.md"} <= linked
