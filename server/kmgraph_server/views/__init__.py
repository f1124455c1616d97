"""The blueprints: each parses a request, calls the library, and responds."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from kmgraph_server.views import (
    describing,
    explanation,
    figures,
    graph_store,
    health,
    home,
    ontology,
    operations,
    questions,
    resources,
    sparql,
    update,
)

#: All blueprints of the application.
BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    home.blueprint,
    sparql.blueprint,
    update.blueprint,
    graph_store.blueprint,
    questions.blueprint,
    resources.blueprint,
    ontology.blueprint,
    explanation.blueprint,
    figures.blueprint,
    describing.blueprint,
    health.blueprint,
    operations.blueprint,
)
