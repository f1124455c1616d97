"""The command line, as a person and as a script use it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from helpers import full_bundle as fb

import kmgraph
from kmgraph.bundles.files import example_path
from kmgraph.cli import cli
from kmgraph.errors import KmGraphError
from kmgraph.records import TABLES

COMMANDS = {
    "ask", "build", "example", "export", "gc", "init", "load", "log", "query", "questions",
    "rollback", "schema", "serve", "template", "validate",
}  # fmt: skip
SELECT = (
    "PREFIX km: <https://w3id.org/kmgraph/ontology#> "
    "PREFIX dcterms: <http://purl.org/dc/terms/> "
    "SELECT ?id { ?s a km:Study ; dcterms:identifier ?id } ORDER BY ?id"
)


def run(*arguments: object, code: int = 0, stdin: str | None = None) -> Result:
    """Run a command and check its exit code."""
    result = CliRunner().invoke(cli, [str(a) for a in arguments], input=stdin)
    assert code == result.exit_code, (result.stdout, result.stderr, result.exception)
    return result


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with the CLAHRC-NDL example, made by the commands of the README."""
    folder = tmp_path_factory.mktemp("cli")
    path = folder / "store"
    run("init", "--store", path)
    run("example", "clahrc-ndl", folder / "bundle")
    result = run("build", folder / "bundle", "--store", path)
    assert "generation 1 is published" in result.stdout
    assert "studies 16" in result.stdout
    return path


def test_every_command_has_help_with_an_example() -> None:
    """--help says what a command does and shows a call."""
    context = click.Context(cli)
    assert set(cli.list_commands(context)) >= COMMANDS - {"serve"}
    for name in cli.list_commands(context):
        text = run(name, "--help").stdout
        assert f"Example: kmgraph {name}" in " ".join(text.split()), name


def test_every_command_writes_json(store: Path, tmp_path: Path) -> None:
    """What people read, scripts can read too."""
    made = tmp_path / "s"
    assert json.loads(run("init", "--store", made, "--json").stdout)["store"] == str(made)
    bundle = example_path("clahrc-ndl")
    built = json.loads(run("build", bundle, "--store", made, "--json").stdout)
    assert (1, 16) == (built["generation"], built["records"]["studies"])
    log = json.loads(run("log", "--store", made, "--json").stdout)
    assert [1] == [generation["id"] for generation in log]
    turned = json.loads(run("rollback", 1, "--store", made, "--json").stdout)
    assert {"generation": 2, "content_of": 1} == turned
    removed = json.loads(run("gc", "--store", made, "--keep", 1, "--json").stdout)
    assert {"removed": [1], "in_use": [], "snapshots": []} == removed
    listed = json.loads(run("questions", "--json").stdout)
    assert {"cq-031", "cq-037"} <= {question["id"] for question in listed}
    report = json.loads(run("validate", "--store", made, "--format", "json").stdout)
    assert report["conforms"]
    answer = json.loads(run("ask", "31", "--store", made, "--format", "json").stdout)
    assert answer["passages"]
    exported = run("export", tmp_path / "x.nq", "--store", made, "--json").stdout
    assert json.loads(exported)["bytes"] > 10**6
    template = json.loads(run("template", tmp_path / "t", "--json").stdout)
    assert "studies.csv" in template["files"]
    assert json.loads(run("schema").stdout)["properties"]["studies"]


def test_a_question_is_answered_with_its_passages(store: Path) -> None:
    """Question 31: posts by theme, the vacancy, and beside it the claim of 24."""
    rows = list(
        csv.DictReader(io.StringIO(run("ask", "31", "--store", store, "--format", "csv").stdout))
    )
    filled = {row["themeLabel"]: row["filledPosts"] for row in rows}
    assert ("6", "5", "4", "5", "20") == (
        filled["Mental Health"],
        filled["Primary Care"],
        filled["Stroke Rehabilitation"],
        filled["Children and Young People"],
        filled["All themes"],
    )
    table = run("ask", "31", "--store", store).stdout
    assert "contradictory" in table
    assert "lines 515-517" in table


def test_parameters_are_checked(store: Path) -> None:
    """A parameter that is none, and a question that is none, are named."""
    assert "write -p name=value" in run("ask", "31", "--store", store, "-p", "x", code=2).stderr
    result = run("ask", "31", "--store", store, "-p", "colour=red", code=2)
    assert "colour" in result.stderr
    assert "question-not-found" in run("ask", "999", "--store", store, code=1).stderr
    for page in (0, -1):
        said = run("ask", "31", "--store", store, "--page", page, code=2).stderr
        assert f"there is no page {page}: pages count from 1" in said
    for size in (0, 1_000):
        said = run("ask", "31", "--store", store, "--page-size", size, code=2).stderr
        assert f"a page cannot be about {size} records: it is about 1 to 200" in said


@pytest.mark.parametrize(
    ("fmt", "start"),
    [("table", "id"), ("csv", "id\n"), ("tsv", "?id\n"), ("json", "{"), ("xml", "<?xml")],
)
def test_query_formats(fmt: str, start: str, store: Path) -> None:
    """Each format of solutions holds the sixteen studies."""
    text = run("query", "--store", store, SELECT, "--format", fmt).stdout
    assert text.startswith(start)
    assert 16 == sum(text.count(f"{theme}{n}") for theme in ("MH", "PC", "SR", "CYP")
                     for n in range(1, 5))  # fmt: skip


def test_one_triple_in_three_graphs_counts_once(tmp_path: Path) -> None:
    """Whatever the format, the count is of a set."""
    store, file = tmp_path / "store", tmp_path / "one.nt"
    file.write_text("<urn:a> <urn:p> <urn:b> .\n", encoding="utf-8")
    run("init", "--store", store)
    for name in ("one", "two", "three"):
        run("load", file, "--graph", name, "--store", store, "--quiet")
    count = "SELECT (COUNT(*) AS ?n) { ?s <urn:p> ?o }"
    found = {
        fmt: run("query", "--store", store, count, "--format", fmt).stdout
        for fmt in ("table", "csv", "tsv", "json", "xml")
    }
    assert ["n", "-", "1"] == found["table"].split()
    assert "n\n1\n" == found["csv"]
    assert "?n\n1\n" == found["tsv"]
    assert '"value":"1"' in found["json"]
    assert ">1</literal>" in found["xml"]


def test_queries_fail_clearly(store: Path) -> None:
    """A wrong query is told with line and column; nothing reaches out; nothing is written."""
    assert "line 1" in run("query", "--store", store, "SELEC ?s {}", code=1).stderr
    assert "PREFIX km:" in run("query", "--store", store, "ASK { ?s a km:Study }", code=1).stderr
    service = "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"
    assert "outbound-request" in run("query", "--store", store, service, code=1).stderr
    update = "INSERT DATA { <urn:a> <urn:b> <urn:c> }"
    assert "update-forbidden" in run("query", "--store", store, update, code=1).stderr
    assert (
        "formats for this content"
        in run("query", "--store", store, SELECT, "--format", "ttl", code=1).stderr
    )
    assert run("query", "--store", store, "-", stdin=SELECT).stdout.startswith("id")


def test_a_bundle_with_problems(tmp_path: Path) -> None:
    """Exit code 3 and every problem; 5 with --keep-going, and the rejects in their folder."""
    sheets = fb.full_bundle()
    sheets["outcomes"][3]["estimate"] = "about 2"
    sheets["studies"][3]["start"] = "31/12/2010"
    bundle = fb.write_csv(sheets, tmp_path / "bundle")
    store = tmp_path / "store"
    run("init", "--store", store)
    result = run("build", bundle, "--store", store, "--quiet", code=3)
    assert "outcomes.csv, row 5, column estimate: bad-decimal" in result.stderr
    assert "studies.csv, row 5, column start: bad-date" in result.stderr
    assert "2 problems" in result.stderr
    result = run("validate", bundle, "--quiet", "--format", "json", code=3)
    assert {"bad-date", "bad-decimal"} == {p["code"] for p in json.loads(result.stdout)}
    result = run(
        "build", bundle, "--store", store, "--keep-going", "--rejects", tmp_path / "r", code=5
    )
    assert "2 row(s) set aside" in result.stdout
    assert (tmp_path / "r" / "outcomes.csv").is_file()


def test_a_bundle_that_violates_the_shapes(tmp_path: Path) -> None:
    """Exit code 4, the message of the shape, and the row."""
    sheets = fb.full_bundle()
    sheets["organisations"][3]["part_of"] = sheets["organisations"][3]["id"]
    bundle = fb.write_csv(sheets, tmp_path / "bundle")
    result = run("validate", bundle, "--quiet", code=4)
    assert "organisations.csv, row 5" in result.stdout
    assert "cannot belong to itself" in result.stdout
    run("init", "--store", tmp_path / "store")
    run("build", bundle, "--store", tmp_path / "store", "--quiet", code=4)
    assert "nothing is published" in run("log", "--store", tmp_path / "store").stdout


def test_a_template_explains_itself_and_builds(tmp_path: Path) -> None:
    """The template has every sheet and column, and is a valid bundle once a dataset is named."""
    folder = tmp_path / "template"
    run("template", folder)
    for table in TABLES.values():
        header, comment = (folder / f"{table.sheet}.csv").read_text(encoding="utf-8").split("\n", 1)
        assert header == ",".join(column.name for column in table.columns)
        assert comment.startswith(("# ", '"# '))
    with (folder / "dataset.csv").open("a", encoding="utf-8") as file:
        file.write("mine,Mine,,Me,https://creativecommons.org/licenses/by/4.0/,1\n")
    assert "conforms" in run("validate", folder, "--quiet").stdout
    run("template", folder, code=1)
    run("template", tmp_path / "mine.xlsx")
    assert "missing-sheet" in run("validate", tmp_path / "mine.xlsx", "--quiet", code=3).stderr


def test_exports_and_loads(store: Path, tmp_path: Path) -> None:
    """Records come out as a bundle; a file goes in as a graph."""
    run("export", "--store", store, "--bundle", tmp_path / "bundle")
    assert "conforms" in run("validate", tmp_path / "bundle", "--quiet").stdout
    run("export", "--store", store, tmp_path / "x.docx", code=1)
    run("export", "--store", store, code=2)
    other = tmp_path / "store"
    run("init", "--store", other)
    run("export", "--store", store, tmp_path / "all.ttl")
    run("load", tmp_path / "all.ttl", "--graph", "copy", "--store", other, "--quiet")
    assert (
        run("query", "--store", store, SELECT).stdout
        == run("query", "--store", other, SELECT).stdout
    )


def test_where_there_is_no_store(tmp_path: Path) -> None:
    """A missing or empty store says which command comes first."""
    assert "kmgraph init" in run("log", "--store", tmp_path / "none", code=1).stderr
    run("init", "--store", tmp_path / "s")
    assert "store-unavailable" in run("ask", "31", "--store", tmp_path / "s", code=1).stderr
    run("init", "--store", tmp_path / "s", code=1)
    run("init", "--store", tmp_path / "s", "--exist-ok")
    run("init", "--store", tmp_path / "s", "--exist-ok", "--base", "https://x.org/", code=1)
    assert "base" in run("init", "--store", tmp_path / "t", "--base", "x", code=1).stderr


def test_progress_is_shown_and_can_be_silenced(tmp_path: Path) -> None:
    """Long work says on standard error which phase it is in."""
    run("init", "--store", tmp_path / "s")
    loud = run("build", example_path("clahrc-ndl"), "--store", tmp_path / "s")
    assert {"mapping", "bulk_load", "validation", "pointer"} <= {
        line.split(":")[0] for line in loud.stderr.splitlines()
    }
    quiet = run("build", example_path("clahrc-ndl"), "--store", tmp_path / "s", "--quiet")
    assert "" == quiet.stderr


def test_the_module_runs_as_a_program() -> None:
    """python -m kmgraph is the command."""
    done = subprocess.run(
        [sys.executable, "-m", "kmgraph", "--version"], capture_output=True, text=True, check=True
    )
    assert kmgraph.__version__ in done.stdout


def test_every_error_has_a_code_of_its_own() -> None:
    """A code in a message finds one class."""

    def tree(cls: type[KmGraphError]) -> list[type[KmGraphError]]:
        return [cls, *(found for sub in cls.__subclasses__() for found in tree(sub))]

    classes = tree(KmGraphError)
    assert len(classes) == len({cls.code for cls in classes})
