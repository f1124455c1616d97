"""The command that shows the cube."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import kmgraph
from kmgraph.cli import cli
from kmgraph.cube import cube_views


@pytest.fixture(scope="module")
def counted(built_example: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a store with its cube; nobody changes it."""
    path = tmp_path_factory.mktemp("counted") / "store"
    shutil.copytree(built_example, path)
    with kmgraph.GenerationStore(path).begin(reason="count") as writer:
        writer.prepare()
        cube_views(writer, tmp_path_factory.mktemp("work"))
        writer.publish()
    return str(path)


@pytest.fixture
def run(counted: str) -> Callable[..., str]:
    """Return what runs the command on the store."""

    def invoke(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(cli, ["cube", *words, "--store", counted])
        assert code == result.exit_code, result.output
        return result.output

    return invoke


def test_groupings_are_listed_with_what_they_count(run: Callable[..., str]) -> None:
    """Every grouping is there, those that count nothing as well."""
    rows = {row["grouping"]: row for row in json.loads(run("--format", "json"))}
    assert {"units": 16, "of": "km:Study", "by": "programme theme"}.items() <= rows[
        "studies-by-theme"
    ].items()
    assert 0 == rows["agencies-by-archetype"]["units"]


def test_a_dimension_is_told_apart_or_held_to_a_value(run: Callable[..., str]) -> None:
    """Values are named by prefixed names, records of the store, or texts."""
    by_status = ("posts-by-status", "--by", "postStatus=km:Vacant", "--format", "json")
    assert [1] == [row["unitCount"] for row in json.loads(run(*by_status))]
    theme = ("studies-by-theme", "--by", "theme=theme/ndl-mental-health", "--format", "json")
    assert [4] == [row["unitCount"] for row in json.loads(run(*theme))]
    kind = ("changes-by-level", "--by", "recordKind=barrier", "--format", "csv")
    assert run(*kind).splitlines()[1].endswith(",barrier,15")


def test_parts_are_the_records_that_were_counted(run: Callable[..., str]) -> None:
    """The vacant post of the documents is behind the one vacant post."""
    listed = run("--parts", "cube/posts-by-status/all~all~all~Vacant").splitlines()
    assert 1 == len(listed)
    assert "/post/" in listed[0]


def test_what_is_wrong_is_said(run: Callable[..., str]) -> None:
    """A name that is not there, and a value that is left out, are named."""
    assert "no grouping 'moons'" in run("moons", code=1)
    assert "not counted by 'moon'" in run("studies-by-theme", "--by", "moon", code=2)
    assert "names no value" in run("studies-by-theme", "--by", "theme=", code=1)
    assert "no observation" in run("--parts", "cube/moons/all", code=1)
