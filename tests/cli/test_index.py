"""The command that makes what looks things up in a view."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import kmgraph
from kmgraph.cli import cli
from kmgraph.facets import open_facets
from kmgraph.search import open_index


def test_search_and_lists_are_ready_once_it_has_run(
    example_copy: Callable[[Path], kmgraph.GenerationStore],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both are then read, and not made; a second run leaves them as they are."""
    store = example_copy(tmp_path / "store")
    command = ["index", "--store", str(store.path), "--json"]
    answer = CliRunner().invoke(cli, command)
    assert answer.exit_code == 0, answer.output
    files = [store.path / name for name in json.loads(answer.stdout)["files"]]
    assert [path.parent.name for path in files] == ["search", "facets"]
    written = [path.stat().st_mtime_ns for path in files]
    assert CliRunner().invoke(cli, command).exit_code == 0
    assert [path.stat().st_mtime_ns for path in files] == written

    def refuse(*_: object) -> None:
        raise AssertionError("it was made again")

    monkeypatch.setattr("kmgraph.search.index.fill", refuse)
    monkeypatch.setattr("kmgraph.facets.index.fill", refuse)
    with open_index(store) as index, open_facets(store) as facets:
        assert index.search("stroke").total > 0
        assert facets.listed("study").of == 16


def test_a_store_that_takes_nothing_is_told(
    example_copy: Callable[[Path], kmgraph.GenerationStore],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is no use in making what cannot be kept."""
    store = example_copy(tmp_path / "store")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    answer = CliRunner().invoke(cli, ["index", "--store", str(store.path)])
    assert answer.exit_code == 1
    assert f"nothing can be written to the store at {store.path}" in answer.output
    assert not (store.path / "facets").exists()
