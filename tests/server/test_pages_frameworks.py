"""Pages of frameworks and matrices: what is coded, on whose word, told not by colour alone."""

from __future__ import annotations

import csv
import io
import shutil
from itertools import pairwise

import pytest
from helpers.browsing import PHONE, findings, overflow_px

import kmgraph
from kmgraph.bundles.files import example_path
from kmgraph.coded import (
    ConstructCounts,
    coded_cases,
    count_codings,
    framework_names,
    read_crossing,
    read_mapped,
    read_matrix,
    read_tree,
)
from kmgraph.coded.records import coded_to
from kmgraph_server import ServerConfig, create_app

HOSTILE = '<img src=x onerror="document.title=1">'
CULTURE = "https://w3id.org/kmgraph/framework/parihs-2004/PARIHS.C.culture"


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    """The example with a barrier more, whose statement is markup."""
    path = tmp_path_factory.mktemp("frameworks") / "bundle"
    shutil.copytree(example_path("clahrc-ndl"), path)
    with (path / "determinants.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    hostile = next(row for row in rows if "PARIHS.C.culture" in row.values())
    hostile = hostile | {"id": "hostile", "statement": HOSTILE, "valence": "-2"}
    with (path / "determinants.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "valence"])
        writer.writeheader()
        writer.writerows([*rows, hostile])
    with kmgraph.build_in_memory([path, example_path("km-review")]) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def pages(rated, serve_app):
    """A server of it."""
    with serve_app(create_app(ServerConfig(), dataset=rated)) as found:
        yield found


def test_trees_hold_every_construct_once_below_its_own() -> None:
    """A tree loses no construct, and each comes after the one that it is part of."""
    for name in framework_names():
        nodes = read_tree(name).constructs
        assert len({node.iri for node in nodes}) == len(nodes) > 0
        assert nodes[0].depth == 0
        assert all(b.depth <= a.depth + 1 for a, b in pairwise(nodes))
    assert len(read_tree("eric-2015").constructs) == 82


def test_counts_of_the_cube_are_the_records_that_are_listed(rated) -> None:
    """What a number says is what a click on it lists."""
    counts = count_codings(rated.store)
    assert isinstance(counts[CULTURE], ConstructCounts)
    for iri, found in counts.items():
        listed = {kind: len(nodes) for kind, nodes in coded_to(rated.store, iri).items()}
        assert found.codings == sum(listed.values()), iri
        assert found.barriers == listed.get("barrier", 0), iri
        assert found.enablers == listed.get("enabler", 0), iri
        assert found.strategies == listed.get("strategy", 0), iri


def test_a_matrix_holds_each_coding_once_with_its_passages(rated) -> None:
    """The cells of a matrix are the codings, neither more nor fewer."""
    tree = read_tree("parihs-2004")
    cases = coded_cases(rated.store, tree)
    found = read_matrix(rated.store, tree, cases.page(0, 100), cases.total)
    cells = [one for row in found.rows for records in row.cells.values() for one in records]
    counts = count_codings(rated.store)
    assert len(cells) == sum(
        counts[one.iri].codings for one in tree.constructs if one.iri in counts
    )
    assert all(record.passages for record in cells)
    (hostile,) = [one for one in cells if one.statement == HOSTILE]
    assert (hostile.sign, hostile.words, hostile.valence) == ("−", "barrier (−2)", -2)
    nowhere = coded_cases(rated.store, tree, theme="https://example.org/theme/none")
    assert nowhere.total == 0


def test_mappings_are_walked_in_both_directions(rated) -> None:
    """From either end a mapping leads to the other, and says that it was not reviewed."""
    ((there,),) = read_mapped(rated.store, [CULTURE]).values()
    back = read_mapped(rated.store, [there.end])[there.end]
    assert CULTURE in {one.end for one in back if one.is_reversed}
    assert (there.status, there.reviewers) == ("proposed", ())


def test_matrices_of_the_review_say_what_the_saved_question_says(rated) -> None:
    """Archetype by sector has the agencies that question 34 has."""
    found = read_crossing(rated.store, "archetype-by-sector")
    pairs = {
        (label, record.label)
        for (row, _), records in found.cells.items()
        for label in [dict(found.rows)[row]]
        for record in records
    }
    asked = {(row["followsLabel"], row["agencyLabel"]) for row in rated.ask("34").rows}
    assert pairs == asked
    assert found.rows[-1] == ("", "not reported")


def test_files_hold_what_the_page_shows(pages) -> None:
    """CSV, JSON and a workbook come by their endings; wrong ones are refused."""
    table = list(csv.DictReader(io.StringIO(pages.get("/matrix.csv").text)))
    assert {row["valence"] for row in table if row["statement"] == HOSTILE} == {"-2"}
    assert all(row["passages"] for row in table)
    assert pages.get("/matrix.xlsx").body[:2] == b"PK"
    assert pages.get("/matrix/challenge-by-approach.json").media_type == "application/json"
    for path, status in (
        ("/matrix?framework=none", 400),
        ("/matrix?theme=a%20b", 400),
        ("/matrix?theme=://", 400),
        ("/matrix?page=0", 400),
        ("/matrix?framework=parihs-2004&framework=npt", 400),
        ("/frameworks/none", 404),
        ("/frameworks/parihs-2004/none", 404),
        ("/frameworks/parihs-2004/PARIHS.C.culture?kind=none", 400),
        ("/matrix/none", 404),
        ("/matrix/none.csv", 404),
    ):
        assert pages.get(path).status == status, path
    assert "There is no such page" in pages.get("/matrix?page=9").text


def test_pages_are_walked_by_people(pages, visit) -> None:
    """From the list to a construct, to its passages and to another framework; markup stays text."""
    with visit(pages.url) as page:
        page.goto("/frameworks")
        assert findings(page) == []
        page.get_by_role("link", name="PARIHS, version of 2004 and 2008").first.click()
        assert findings(page) == []
        page.get_by_role("link", name="Culture", exact=True).click()
        assert page.get_by_text(HOSTILE, exact=True).count() == 1
        assert findings(page) == []
        page.get_by_role("link", name="Consolidated Framework").click()
        assert page.get_by_role("heading", level=1).inner_text().startswith("Consolidated")
        page.goto("/matrix")
        assert page.get_by_text("more, in the files").count() > 0
        assert findings(page) == []
        page.get_by_role("link", name="Archetype by sector").click()
        assert findings(page) == []
        assert page.title() != "1"


def test_pages_fit_a_phone_and_need_no_script(pages, visit) -> None:
    """Nothing is wider than a phone, and choosing a framework works without scripts."""
    with visit(pages.url, viewport=PHONE, java_script_enabled=False) as page:
        page.goto("/matrix")
        page.get_by_role("button", name="Show the matrix").click()
        assert "framework=parihs-2004" in page.url
    with visit(pages.url, viewport=PHONE) as page:
        for path in ("/matrix", "/matrix/challenge-by-approach", "/frameworks/eric-2015"):
            page.goto(path)
            assert overflow_px(page) <= 0, path
