"""``kmgraph crosswalk`` on the shipped tables and on a store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kmgraph import artefacts
from kmgraph.cli.root import cli


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with the shipped bundle."""
    path = tmp_path_factory.mktemp("crosswalk") / "store"
    _run("init", "--store", path)
    bundle = artefacts.folder("examples") / "clahrc-ndl"
    _run("build", bundle, "--store", path, "--quiet")
    return path


def _run(*arguments: object, code: int = 0) -> Result:
    """Run the command line and check how it ends."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert code == result.exit_code, result.output
    return result


def test_it_works_without_a_store() -> None:
    """All constructs of a framework, mapped or lost, with status and confidence."""
    text = _run("crosswalk", "cfir-2009", "cfir-2022").stdout
    assert "  exact: CFIR2.I.A Innovation Source (from memory; confidence 0.8)" in text
    assert text.endswith("CFIR1.V.B.3 Champions\n")
    found = json.loads(_run("crosswalk", "npt", "cfir-2022", "--format", "json").stdout)
    assert ([], 20) == (found["paths"], len(found["lost"]))
    assert found["hint"] == "no set of mappings has 'npt': all of it is lost"


def test_a_published_store_holds_the_mappings_and_a_case_is_shown(store: Path) -> None:
    """A built store has the graph, and the codings of one case are shown with what they say."""
    counted = _run(
        "query",
        "--store",
        store,
        "SELECT (COUNT(*) AS ?n) { GRAPH <https://w3id.org/kmgraph/id/graph/mappings> "
        "{ ?m a <https://w3id.org/sssom/Mapping> } }",
        "--format",
        "csv",
    )
    assert "133" == counted.stdout.split()[1]
    asked = ("crosswalk", "parihs-2004", "cfir-2022", "--store", store)
    text = _run(*asked, "--case", "case/ndl-SR1-case").stdout
    assert "Employment support from outside health care was brought into the community." in text
    assert "1 coding in parihs-2004, 0 lost" in text
    lines = _run(*asked, "--format", "csv").stdout.splitlines()
    assert 62 == len(lines)


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("cfir", "cfir-2022"), 1, "Error [not-found]: no framework 'cfir': there are act-2009"),
        (("cfir-2022", "cfir-2022"), 1, "Error [input]: 'cfir-2022' is asked for on both sides"),
        (("cfir-2009", "cfir-2022", "--case", "case/a"), 1, "name it with --store"),
        (("cfir-2009", "cfir-2022", "--steps", "4"), 2, "4 is not in the range 1<=x<=3"),
    ],
)
def test_what_is_wrong_is_said(arguments: tuple[str, ...], code: int, problem: str) -> None:
    """A wrong call says what is wrong and what there is."""
    assert problem in _run("crosswalk", *arguments, code=code).stderr


def test_a_case_that_is_not_there(store: Path) -> None:
    """A store without the case says so."""
    asked = ("crosswalk", "parihs-2004", "cfir-2022", "--store", store, "--case", "case/none")
    assert "Error [record-not-found]" in _run(*asked, code=1).stderr
