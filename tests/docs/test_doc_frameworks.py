"""The page on frameworks: its table is that of the schemes, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.framework_files import COUNTS, KINDS, concepts, km, load, scheme_iri
from rdflib import RDFS, SKOS, Graph

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "frameworks.md"
SYSTEMS = ("kta", "queri", "npt", "parihs", "pdsa", "clahrc-ndl")
STAGES = ("record", "validate", "ask", "show")
#: Words of the table for how far constructs were checked, the surest first.
MARKS = {
    km.Verified: "checked",
    km.StatedInSource: "from a document",
    km.FromGeneralKnowledge: "from general knowledge",
    km.Proposed: "proposed",
}
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")


def kind_labels() -> dict[str, str]:
    """Return the label of each kind of framework."""
    modules = Graph()
    for name in ("framework", "instrument"):
        modules.parse(ROOT / "ontology" / "modules" / f"{name}.ttl")
    return {str(kind): str(modules.value(kind, RDFS.label)) for kind in KINDS.values()}


def order_of(slug: str) -> str:
    """Say in words whether steps have an order and form a cycle."""
    graph, scheme = load(slug), scheme_iri(slug)
    words = ["ordered"] if any(graph.subjects(km.position, None)) and _has_steps(slug) else []
    words += ["cycle"] if any(v.toPython() for v in graph.objects(scheme, km.isCycle)) else []
    return ", ".join(words) or "-"


def _has_steps(slug: str) -> bool:
    """Say whether constructs, and not only descriptors, have positions."""
    return any(c in concepts(slug) for c in load(slug).subjects(km.position, None))


def row_of(slug: str) -> str:
    """Return the row of the table that a scheme has."""
    graph, scheme = load(slug), scheme_iri(slug)
    marks = [
        f"{number} {word}"
        for status, word in MARKS.items()
        if (number := sum((c, km.verificationStatus, status) in graph for c in concepts(slug)))
    ]
    cells = (
        f"`{slug}`",
        str(graph.value(scheme, SKOS.prefLabel)),
        kind_labels()[str(KINDS[slug])],
        str(COUNTS[slug]),
        order_of(slug),
        ", ".join(marks),
    )
    return f"| {' | '.join(cells)} |"


def anchors(path: Path) -> set[str]:
    """Return what a link can point to within a page, as GitHub makes it."""
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def systems_table() -> list[list[str]]:
    """Return the cells of the table of the six systems, without its head."""
    part = PAGE.read_text("utf-8").split("## The six systems", 1)[1]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_table_has_each_scheme_as_it_is() -> None:
    """Kind, number of constructs, order and marks on the page are those of the files."""
    lines = PAGE.read_text("utf-8").splitlines()
    start = lines.index("| short name | framework | kind | constructs | order | checked |") + 2
    found = lines[start : lines.index("", start)]
    assert [row_of(slug) for slug in sorted(COUNTS)] == found


def test_table_of_order_says_what_the_schemes_say() -> None:
    """Which processes are ordered, and which are cycles, is the same on the page."""
    rows = re.findall(
        r"^\| (`[^|]+`) \| (yes|no) \| (yes|no) \|", PAGE.read_text("utf-8"), re.MULTILINE
    )
    found = {
        slug: (ordered, cycle)
        for names, ordered, cycle in rows
        for slug in re.findall(r"`(.+?)`", names)
    }
    expected = {
        slug: tuple(
            "yes" if value.toPython() else "no"
            for prop in (km.isOrdered, km.isCycle)
            for value in load(slug).objects(scheme_iri(slug), prop)
        )
        for slug, kind in KINDS.items()
        if kind == km.ProcessFramework
    }
    assert expected == found


@pytest.mark.parametrize(("number", "system"), list(enumerate(SYSTEMS)), ids=SYSTEMS)
@pytest.mark.parametrize(("column", "stage"), list(enumerate(STAGES, 1)), ids=STAGES)
def test_each_cell_leads_to_its_page_and_to_a_test(
    number: int, system: str, column: int, stage: str
) -> None:
    """The section is there, and so is what tests it."""
    page, tested = LINK.findall(systems_table()[number][column])
    assert f"systems/{system}.md#{stage}" == page
    path = PAGE.parent / "systems" / f"{system}.md"
    assert path.is_file(), path.name
    assert stage in anchors(path)
    assert tested.startswith("../tests/")
    assert (PAGE.parent / tested).is_file(), tested


def test_there_are_six_systems() -> None:
    """The table has a row for each, and no other."""
    assert len(SYSTEMS) == len(systems_table())
