"""Stores that the tests of snapshots share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.publishing import Publish

from kmgraph.namespaces import DEFAULT_BASE as BASE
from kmgraph.namespaces import graph_iri
from kmgraph.snapshots import Snapshot, write_snapshot
from kmgraph.stores.generations import GenerationStore


@pytest.fixture
def store(tmp_path: Path) -> GenerationStore:
    """Return an empty store."""
    return GenerationStore.create(tmp_path / "store")


@pytest.fixture
def publish(store: GenerationStore, tmp_path: Path) -> Publish:
    """Return what publishes graphs in that store."""

    def publish(graphs: dict[str, tuple[str, tuple[str, ...]]]) -> int:
        with store.begin(reason="test") as writer:
            for name, (visibility, lines) in graphs.items():
                path = tmp_path / f"{name}.nq"
                graph = graph_iri(BASE, name)
                path.write_text("".join(f"{line} <{graph}> .\n" for line in lines))
                writer.replace_graph(name, path, visibility=visibility)
            writer.prepare()
            return writer.publish().id

    return publish


@pytest.fixture(scope="module")
def snapshot(built_example: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Return a snapshot of the CLAHRC-NDL example; nobody changes it."""
    folder = tmp_path_factory.mktemp("snapshots") / "example"
    yield write_snapshot(built_example, to=folder).snapshot
