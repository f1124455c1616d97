"""Fixtures of the ontology tests."""

from __future__ import annotations

import os

import pytest
import rdflib

from kmgraph.errors import ReasonerError
from kmgraph.ontology import find_java, merged_graph

# Each reasoner lives for a second: its code is compiled once and quickly, not well.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


@pytest.fixture(scope="session")
def terms() -> rdflib.Graph:
    """Return the modules and alignments, without frameworks and foreign axioms."""
    return merged_graph(with_frameworks=False)


@pytest.fixture(scope="session")
def everything() -> rdflib.Graph:
    """Return all the Turtle files of the ontology merged."""
    return merged_graph(with_axioms=True)


@pytest.fixture(scope="session")
def java() -> None:
    """Skip, visibly, where there is no Java or no owlready2."""
    pytest.importorskip("owlready2")
    try:
        find_java()
    except ReasonerError as error:
        pytest.skip(str(error))
