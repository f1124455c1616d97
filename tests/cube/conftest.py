"""Stores whose cubes are looked at."""

from __future__ import annotations

from functools import cache

import pytest
from helpers.cubes import BUNDLES, Cubes, add_cube, copy_of

from kmgraph.pipeline.in_memory import build_in_memory
from kmgraph.stores.oxigraph import MemoryStore


@pytest.fixture(scope="session")
def cubes(tmp_path_factory: pytest.TempPathFactory) -> Cubes:
    """Return what gives a store with its cube, by the name of the bundle; nobody changes it."""

    @cache
    def cube(name: str) -> MemoryStore:
        store = build_in_memory(BUNDLES[name]).store
        assert isinstance(store, MemoryStore)
        return add_cube(copy_of(store), tmp_path_factory.mktemp("cube"))

    return cube
