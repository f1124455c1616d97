"""The exchanges of three W3C suites, on our server over a real socket, by their names."""

from __future__ import annotations

import pytest

from checks.running import SUITES

_TESTS = [(suite, check) for suite, checks in SUITES.items() for check in checks]


@pytest.mark.parametrize(("suite", "check"), _TESTS, ids=[check.label for _, check in _TESTS])
def test_w3c(suite_server, suite, check):
    """The endpoint passes the test of the suite."""
    check.run(suite_server.endpoint())


def test_the_suites_are_whole():
    """Each test of the three manifests is there once."""
    sizes = {suite: len(checks) for suite, checks in SUITES.items()}
    assert sizes == {"protocol": 34, "graph store protocol": 19, "service description": 3}
