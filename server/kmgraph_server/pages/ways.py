"""The ways in that the home page offers."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Way:
    """A way in.

    :ivar endpoint: name of its view.
    :ivar needs: classes of which there must be a record for it to lead to something.
    """

    endpoint: str
    name: str
    said: str
    needs: tuple[str, ...] = ()


WAYS: Final = (
    Way(
        "lists.studies",
        "Studies",
        "Narrow the list by theme, design, setting and more.",
        ("km:Study",),
    ),
    Way(
        "lists.cases",
        "Cases",
        "Where an innovation was tried, how ready the place was, and what came of it.",
        ("km:ImplementationCase",),
    ),
    Way(
        "figures.grid_page",
        "Evidence and context",
        "Each case by the strength of its evidence and the readiness of its context.",
        ("km:Assessment",),
    ),
    Way(
        "figures.progress_page",
        "Progress",
        "How far work has come, step by step.",
        ("km:StepRecord", "km:ImprovementCycle"),
    ),
    Way("network.network", "Network", "Who works with whom, and what hangs on one post."),
    Way(
        "frameworks.index",
        "Frameworks",
        "PARIHS, CFIR and others: their parts, and what is coded to each.",
    ),
    Way("questions.index", "Questions", "Ready-made questions, answered with their sources."),
    Way(
        "quality.quality",
        "Data quality",
        "What was checked, what disagrees, and what to collect next.",
    ),
    Way(
        "tables.index",
        "Spreadsheets",
        "Studies, ratings, barriers and outcomes as tables for Excel and others.",
        ("km:Study", "km:Assessment"),
    ),
    Way("sparql.sparql", "Query", "Ask a question of your own in SPARQL."),
)


def ways(numbers: Mapping[str, int], endpoints: Container[str]) -> list[Way]:
    """Return the ways that lead to something.

    :param numbers: prefixed name of a class to the number of its records.
    :param endpoints: the views that there are.

    >>> [way.name for way in ways({"km:Study": 3}, {"lists.studies", "lists.cases"})]
    ['Studies']
    """
    return [
        way
        for way in WAYS
        if way.endpoint in endpoints
        and (not way.needs or any(numbers.get(one) for one in way.needs))
    ]
