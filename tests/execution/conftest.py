"""A small store on disk, and a pool that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from helpers.views import BASE, quad, write_view

from kmgraph.execution import Job, Limits, WorkerPool


@pytest.fixture(scope="session")
def view_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a view of two graphs of 1,500 triples, and the store's own default graph of one.

    It is enough for a product of everything with everything to take for ever.
    """
    quads = [
        quad(f"s/{number}", "p", ox.Literal(f"text {number}"), "two" if number % 2 else "one")
        for number in range(3_000)
    ]
    quads.append(quad("own", "q", ox.Literal(1), "default"))
    return write_view(tmp_path_factory.mktemp("execution") / "view", quads)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """Return a pool with limits that a test can reach."""
    made = WorkerPool(Limits(timeout_s=20, memory_bytes=150_000_000), workers=2)
    yield made
    made.close()


@pytest.fixture
def job(view_path: Path) -> Callable[..., Job]:
    """Return a function that makes a job of a query."""

    def make(query: str, **fields: Any) -> Job:
        return Job(**{"view_path": view_path, "base": BASE, "query": query} | fields)

    return make
