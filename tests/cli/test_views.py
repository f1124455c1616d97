"""Commands that read a store show what everyone may see, and with --view what a group may."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kmgraph.cli import cli

STUDIES = "SELECT ?s { ?s a <https://w3id.org/kmgraph/ontology#Study> }"
CASE = "case/ndl-SR1-case"
NORTH = ("--view", "public+north")


def run(*arguments: object, code: int = 0) -> Result:
    """Run a command and check its exit code."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert code == result.exit_code, (result.stdout, result.stderr, result.exception)
    return result


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store whose only dataset is for the group north."""
    folder = tmp_path_factory.mktemp("views")
    run("example", "clahrc-ndl", folder / "bundle")
    sheet = folder / "bundle" / "dataset.csv"
    with sheet.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow({**row, "visibility": "north"})
    (folder / "bundle" / "cycles.csv").write_text(
        "id,about,sequence,decision,passages\nc1,SR1-case,1,adopted,p-l4\n", encoding="utf-8"
    )
    run("init", "--store", folder / "store")
    run("build", folder / "bundle", "--store", folder / "store", "--quiet")
    return folder / "store"


def test_a_query_sees_a_group_only_by_its_view(store: Path) -> None:
    def asked(*more: str) -> int:
        found = run("query", STUDIES, "--store", store, "--format", "json", *more).stdout
        return len(json.loads(found)["results"]["bindings"])

    assert (asked(), asked(*NORTH), asked("--view", "north")) == (0, 16, 16)


def test_a_saved_question_sees_a_group_only_by_its_view(store: Path) -> None:
    def asked(*more: str) -> int:
        found = run("ask", "1", "--store", store, "--format", "csv", *more).stdout
        return len(found.splitlines()) - 1

    assert asked() == 0
    assert asked(*NORTH) > 0


@pytest.mark.parametrize(
    "command",
    [
        ("explain", CASE),
        ("profile", CASE),
        ("crosswalk", "parihs-2004", "cfir-2022", "--case", CASE),
    ],
)
def test_what_is_of_a_group_is_not_there_without_its_view(
    store: Path, command: tuple[str, ...]
) -> None:
    assert "not" in run(*command, "--store", store, code=1).stderr
    assert run(*command, "--store", store, *NORTH).stdout.strip()


@pytest.mark.parametrize("command", [("grid",), ("progress", "--scheme", "pdsa")])
def test_pictures_draw_what_the_view_shows(store: Path, command: tuple[str, ...]) -> None:
    without = run(*command, "--store", store).stdout
    assert without != run(*command, "--store", store, *NORTH).stdout


def test_exports_hold_what_the_view_shows(store: Path, tmp_path: Path) -> None:
    run("export", "--store", store, tmp_path / "public.nt")
    run("export", "--store", store, tmp_path / "north.nt", *NORTH)
    assert CASE not in (tmp_path / "public.nt").read_text(encoding="utf-8")
    assert CASE in (tmp_path / "north.nt").read_text(encoding="utf-8")
    run("export", "--store", store, "--bundle", tmp_path / "bundle", *NORTH)
    assert len((tmp_path / "bundle" / "studies.csv").read_text("utf-8").splitlines()) == 17


def test_the_view_of_an_export_is_the_view_of_a_snapshot(store: Path, tmp_path: Path) -> None:
    """One option serves both, and alone it asks for no snapshot."""
    made = json.loads(
        run("export", "--store", store, "--all", "--to", tmp_path / "all", "--json", *NORTH).stdout
    )
    assert made["view"] == "public+north"


def test_a_group_that_the_store_does_not_know_is_told_of(store: Path, tmp_path: Path) -> None:
    """The view is read without it, which has less: somebody may have mistyped the name."""
    for arguments in (
        ("query", STUDIES, "--store", store),
        ("export", tmp_path / "all.nt", "--store", store),
        ("crosswalk", "parihs-2004", "cfir-2022", "--store", store),
    ):
        warning = "Warning: --view: the store has no group 'nroth'; it has north\n"
        assert run(*arguments, "--view", "public+nroth").stderr == warning
        assert not run(*arguments, *NORTH).stderr


def test_a_group_of_a_token_is_known_before_it_has_graphs(store: Path) -> None:
    run("token", "create", "--store", store, "--group", "south", "reader")
    asked = run("query", STUDIES, "--store", store, "--view", "south", "--format", "csv")
    assert not asked.stderr


def test_a_view_without_a_store_is_an_error() -> None:
    failed = run("crosswalk", "parihs-2004", "cfir-2022", *NORTH, code=1)
    assert "name it with --store" in failed.stderr


def test_what_cannot_be_read_for_a_warning_stops_nothing(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path) -> frozenset[frozenset[str]]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("kmgraph.cli.common.token_group_sets", refused)
    assert run("query", STUDIES, "--store", store, *NORTH, "--format", "csv").stdout
