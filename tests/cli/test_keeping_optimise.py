"""The command that optimises a store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

import kmgraph
from kmgraph.cli import cli


def test_an_optimised_store_holds_the_same(
    example_copy: Callable[[Path], kmgraph.GenerationStore], tmp_path: Path
) -> None:
    store = example_copy(tmp_path / "store")
    before = store.generation()
    answer = CliRunner().invoke(cli, ["optimise", "--store", str(store.path), "--json"])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output) == {"generation": before.id + 1}
    after = store.generation()
    assert (after.id, after.digest, after.graphs) == (before.id + 1, before.digest, before.graphs)
    with kmgraph.open_store(store.path) as dataset:
        assert len(list(dataset.studies())) == 16
