"""Fixtures that several test modules share."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

import kmgraph
from kmgraph.bundles.files import example_path

# Tests are imported one by one; what they share is found from here.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from helpers.vocabulary import all_frameworks, few_frameworks

# A busy machine is no reason to fail: speed is measured elsewhere.
hypothesis.settings.register_profile("kmgraph", deadline=None)
hypothesis.settings.load_profile("kmgraph")


def pytest_configure() -> None:
    """Look for garbage less often: most of what is looked at stays to the end."""
    gc.set_threshold(10_000)


def pytest_collection_finish() -> None:
    """Leave what collecting the tests has made out of every later look for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def built_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store that holds the CLAHRC-NDL example, built once in a run; nobody changes it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # The folder of the run, of which each worker has a part.
        shared = shared.parent
    path = shared / "built-example"
    with (shared / "built-example.lock").open("w") as lock, all_frameworks():
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            unfinished = path.with_suffix(".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            kmgraph.build([example_path("clahrc-ndl")], kmgraph.GenerationStore.create(unfinished))
            unfinished.rename(path)
    return path


@pytest.fixture(scope="session")
def example_copy(built_example: Path) -> Callable[[Path], kmgraph.GenerationStore]:
    """Return what makes a store of one's own that holds the CLAHRC-NDL example."""

    def copy(path: Path) -> kmgraph.GenerationStore:
        shutil.copytree(built_example, path)
        return kmgraph.GenerationStore(path)

    return copy


@pytest.fixture(scope="session")
def example() -> Iterator[kmgraph.EvidenceDataset]:
    """Return the CLAHRC-NDL example, built in memory; nobody changes it."""
    with all_frameworks():
        dataset = kmgraph.build_in_memory(example_path("clahrc-ndl"))
    with dataset:
        yield dataset


@pytest.fixture(scope="module")
def with_few_frameworks() -> Iterator[None]:
    """Let the builds of a module publish few frameworks."""
    with few_frameworks():
        yield
