"""The blueprints: each parses a request, calls the library, and responds."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from kmgraph_server.views import (
    accounts,
    describing,
    explanation,
    feed,
    figures,
    fragments,
    frameworks,
    graph_store,
    health,
    history,
    home,
    lists,
    mementos,
    metadata,
    network,
    ontology,
    operations,
    quality,
    questions,
    records,
    resources,
    search,
    sitemap,
    snapshot_files,
    sparql,
    tables,
    update,
    versions,
    vocabulary,
)

#: All blueprints of the application.
BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    home.blueprint,
    quality.blueprint,
    lists.blueprint,
    tables.blueprint,
    sparql.blueprint,
    update.blueprint,
    graph_store.blueprint,
    questions.blueprint,
    search.blueprint,
    resources.blueprint,
    ontology.blueprint,
    vocabulary.blueprint,
    sitemap.blueprint,
    fragments.blueprint,
    frameworks.blueprint,
    explanation.blueprint,
    figures.blueprint,
    accounts.blueprint,
    history.blueprint,
    describing.blueprint,
    health.blueprint,
    operations.blueprint,
    snapshot_files.blueprint,
    feed.blueprint,
    versions.blueprint,
    mementos.blueprint,
    metadata.blueprint,
    network.blueprint,
    records.blueprint,
)
