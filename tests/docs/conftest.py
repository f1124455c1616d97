"""What the tests of the documentation share: the two programs in ``docs/``, a store, a server."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load(stem: str) -> ModuleType:
    """Return a program of ``docs/`` as a module."""
    name = f"kmgraph_docs_{stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{stem}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def examples() -> ModuleType:
    """Return what runs the examples of a page."""
    return _load("examples")


@pytest.fixture(scope="session")
def generate() -> ModuleType:
    """Return what writes the generated parts of the pages."""
    return _load("generate")


@pytest.fixture(scope="session")
def example_store(built_example: Path) -> Path:
    """Return a store that holds the CLAHRC-NDL example; pages get copies of it."""
    return built_example


@pytest.fixture(scope="session")
def url(examples: ModuleType, example_store: Path) -> Iterator[str]:
    """Return the address of a server of the example."""
    with examples.serving(example_store) as address:
        yield address
