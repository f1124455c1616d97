"""The blueprints: each parses a request, calls the library, and responds."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from kmgraph_server.views import (
    explanation,
    figures,
    health,
    home,
    ontology,
    questions,
    resources,
    sparql,
)

#: All blueprints of the application.
BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    home.blueprint,
    sparql.blueprint,
    questions.blueprint,
    resources.blueprint,
    ontology.blueprint,
    explanation.blueprint,
    figures.blueprint,
    health.blueprint,
)
