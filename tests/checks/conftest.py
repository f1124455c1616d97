"""One process of the server for all numbered checks, and one for the W3C suites."""

from __future__ import annotations

import pytest

from checks.servers import Kmgraph


@pytest.fixture(scope="session")
def checked_server():
    """Our server with small limits; other settings are further processes over the same store."""
    with Kmgraph() as server:
        yield server


@pytest.fixture(scope="session")
def suite_server():
    """Our server with a default graph of its own, as the W3C's suites expect it."""
    with Kmgraph(union=False) as server:
        yield server
