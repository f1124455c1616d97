"""A vocabulary for tests that build often and look at something else."""

from __future__ import annotations

from contextlib import AbstractContextManager
from unittest import mock

from kmgraph.pipeline import vocabulary_graphs

#: Frameworks in which the bundle of a few rows is coded; the shapes refuse what is in none of them.
FRAMEWORKS = ("ferlie-shortell-2001", "km-davies-2015", "li-cop-2009", "parihs-2004", "queri")
_FILES = {
    "frameworks": tuple(f"frameworks/{name}.ttl" for name in FRAMEWORKS),
    "mappings": (),
}
_ALL_FILES = dict(vocabulary_graphs._FILES)


def few_frameworks() -> AbstractContextManager[object]:
    """Return what makes builds publish the ontology, a few of the frameworks and no mappings.

    Loading and checking all of them is half of what the build of a small bundle takes.
    """
    return mock.patch.dict(vocabulary_graphs._FILES, _FILES)  # type: ignore[arg-type]


def all_frameworks() -> AbstractContextManager[object]:
    """Return what makes builds publish everything, whatever the module of the test publishes."""
    return mock.patch.dict(vocabulary_graphs._FILES, _ALL_FILES)
