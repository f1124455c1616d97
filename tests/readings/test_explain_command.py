"""``kmgraph explain`` on a published store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kmgraph.cli.root import cli

RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store that the rated fixture was built into."""
    path = tmp_path_factory.mktemp("explain") / "store"
    for arguments in (["init", "--store", str(path)], ["build", str(RATED), "--store", str(path)]):
        done = CliRunner().invoke(cli, arguments)
        assert 0 == done.exit_code, done.output
    return path


def explain(store: Path, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(cli, ["explain", *arguments, "--store", str(store)])


def test_a_diagnosis_is_explained_as_text(store: Path) -> None:
    """By path and by the id of the case; the rule says how far it was checked."""
    by_path = explain(store, "case/fx-build/diagnosis/parihs-2004", "--width", "300")
    by_case = explain(store, "fx-build", "--width", "300")
    for done in (by_path, by_case):
        assert 0 == done.exit_code
        assert "our reading of a hypothesis, unverified" in done.output
        assert "mean of " in done.output and "Report of ST3" in done.output


def test_json_is_one_object(store: Path) -> None:
    """The tree as data."""
    done = explain(store, "case/fx-build/diagnosis/parihs-2004", "--json")
    assert "diagnosis" == json.loads(done.output)["kind"]


def test_an_unknown_name_fails_with_what_to_give(store: Path) -> None:
    """The exit code and the code of the error are those of all commands."""
    done = explain(store, "nothing")
    assert 1 == done.exit_code
    assert "Error [record-not-found]: nothing is known of 'nothing'" in done.output
