"""The page of data quality: coverage, checks, disagreements, what to collect next."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from helpers.browsing import PHONE, findings, overflow_px

import kmgraph
from kmgraph.figures.coverage import read_coverage
from kmgraph.stores.generations import GenerationStore
from kmgraph.validation.kept import REPORT_FILE, kept_report
from kmgraph.validation.result import Severity
from kmgraph_server import ServerConfig, create_app
from kmgraph_server.state import close

RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"
HTML = {"Accept": "text/html"}
EX = "http://example.org/"


def rows(client: FlaskClient, part: str) -> list[dict[str, str]]:
    """Return a part of the page as the rows of its CSV."""
    answer = client.get(f"/quality/{part}.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


def test_coverage_counts_cases_and_studies_of_which_something_is_recorded() -> None:
    """The numbers are those that the records give one by one."""
    with kmgraph.build_in_memory(RATED) as rated:
        found = read_coverage(rated.store)
        cases = list(rated.records("cases"))
        readings = [rated.cases[case.iri] for case in cases]
        by_what = {(one.unit, one.what): one for one in found.parts}
        for name in ("evidence", "context", "facilitation"):
            counted = sum(getattr(one, name).status in ("rated", "judged") for one in readings)
            part = by_what["case", f"{name} is rated"]
            assert (part.have, part.of) == (counted, len(cases)), name
        studies = list(rated.studies())
        settings = sum(bool(one.values("km:setting")) for one in studies)
        part = by_what["study", "the setting is reported"]
        assert (part.have, part.of) == (settings, len(studies))
        for theme in found.themes:
            own = [one for one in studies if theme.iri in map(_iri, one.values("km:theme"))]
            assert theme.studies == len(own)
        picture = found.picture
        assert [bar.total for bar in picture.rows] == [one.of for one in found.parts]
        assert picture.to_text().count("recorded") >= len(found.parts)


def _iri(term: object) -> str:
    """Return the IRI of a term."""
    return str(getattr(term, "value", term))


def test_the_page_tells_all_parts(client: FlaskClient, evidence: kmgraph.EvidenceDataset) -> None:
    """Disagreements with both sides and their places; what is inferred; what to collect."""
    text = client.get("/quality", headers=HTML).get_data(as_text=True)
    answer = evidence.ask("37")
    told = rows(client, "disagreements")
    assert {row["claim"] for row in told} == {row["claim"] for row in answer.rows}
    assert len(told) == len(answer.rows)
    assert all(row["places"] for row in told)
    assert told[0]["kind"] == "contradictory"
    assert "In <b>16</b> of 16 cases evidence is not rated" in text
    assert "No report is kept of data that are served from memory" in text
    kinds = {(row["kind"], row["why"]): row["records"] for row in rows(client, "unverified")}
    assert kinds["km:ImplementationCase", "inferred"] == "16"
    assert "/questions/cq-038?kind=" in text
    assert client.get("/quality/themes.json").json[0]["studies"] == 4
    assert {row["records"] for row in rows(client, "collect")} >= {"16", "13"}


@pytest.mark.parametrize(
    "path", ["/quality/nix.csv", "/quality/report.svg", "/quality/coverage.gif", "/quality/x.y.csv"]
)
def test_what_is_no_part_is_not_found(client: FlaskClient, path: str) -> None:
    """And it is said what there is."""
    assert client.get(path).status_code == 404


def test_the_report_of_the_build_is_told_with_its_records(
    tmp_path: Path, example_copy: Callable[[Path], GenerationStore]
) -> None:
    """A store keeps it; the page leads to each record and says where it stands."""
    store = example_copy(tmp_path / "store")
    kept = json.loads(store.read_file(None, REPORT_FILE))
    app = create_app(ServerConfig(store=store.path))
    client = app.test_client()
    text = client.get("/quality", headers=HTML).get_data(as_text=True)
    told = rows(client, "report")
    assert [row["record"] for row in told] == [one["focusNode"] for one in kept["results"]]
    assert told
    for one in kept["results"]:
        assert one["message"] in text
        assert f"{one['file']}, row {one['row']}" in text
    close(app)


@pytest.fixture
def grouped(tmp_path: Path) -> GenerationStore:
    """A store with a public graph and one of a group, and a report about both."""
    found = GenerationStore.create(tmp_path / "store")
    lines = {
        "open": ("public", [f'<{EX}a> <{EX}name> "open" .', f"<{EX}a> <{EX}p> <{EX}b> ."]),
        "closed": (
            "north",
            [f'<{EX}s> <{EX}name> "Xanthippe" .', f'<{EX}a> <{EX}name> "Xanthippe" .'],
        ),
    }

    def result(focus: str, value: str | None) -> dict[str, object]:
        """Return a result as reports have it."""
        return {
            "severity": "warning",
            "message": "Look at this.",
            "focusNode": focus,
            "path": f"{EX}name",
            "value": value,
            "sourceShape": "urn:shape",
        }

    report = {
        "conforms": True,
        "leftOut": {"warning": 7},
        "results": [
            result(f"{EX}a", '"open"'),
            result(f"{EX}a", '"Xanthippe"'),
            result(f"{EX}s", None),
            result(f"{EX}a", None),
        ],
    }
    with found.begin(reason="test") as writer:
        for name, (visibility, told) in lines.items():
            path = tmp_path / f"{name}.nq"
            graph = f"{found.base}graph/{name}"
            path.write_text("".join(f"{line[:-1]}<{graph}> .\n" for line in told))
            writer.replace_graph(name, path, visibility=visibility, kind="updates")
        writer.put_file(REPORT_FILE, json.dumps(report).encode())
        writer.publish()
    return found


def test_a_view_is_told_of_its_own_records_alone(grouped: GenerationStore) -> None:
    """Neither records nor values of a group come into the public view; the group sees all."""
    with grouped.open_view("public") as view:
        shown = kept_report(grouped, 1, view, is_partial=True)
    assert shown is not None
    (remark,) = shown.remarks
    assert [(one.focus, one.value) for one in remark.results] == [
        (f"{EX}a", '"open"'),
        (f"{EX}a", ""),
    ]
    assert shown.left_out == 0
    assert shown.count(Severity.WARNING) == 2
    with grouped.open_view("public+north") as view:
        whole = kept_report(grouped, 1, view, is_partial=False)
    assert whole is not None
    assert whole.count(Severity.WARNING) == 4
    assert whole.left_out == 7
    app = create_app(ServerConfig(store=grouped.path, validate_writes=False))
    client = app.test_client()
    for address in ("/quality", "/quality/report.json"):
        text = client.get(address).get_data(as_text=True)
        assert "Xanthippe" not in text
        assert f"{EX}s" not in text
        assert f"{EX}a" in text
    close(app)


def test_the_page_is_for_everyone(visit, site) -> None:
    """On a phone, in the dark and without scripts; a disagreement unfolds with its places."""
    with visit(site.url, viewport=PHONE, color_scheme="dark") as page:
        page.goto("/quality")
        assert findings(page) == []
        assert overflow_px(page) <= 0
    with visit(site.url, java_script_enabled=False) as page:
        page.goto("/quality")
        assert page.locator(".picture img").evaluate("one => one.naturalWidth") > 0
        page.get_by_text("Number of fellows").click()
        page.get_by_role("link", name="the order of the table", exact=False).first.is_visible()
        opened = page.locator("details.disagreement[open]").filter(has_text="Number of fellows")
        opened.get_by_role("link", name="line").first.click()
        assert "/doc/passage/" in page.url
