"""The web face of kmgraph: a Flask application over the library's public names.

>>> from kmgraph.bundles.files import example_path
>>> from kmgraph.pipeline import build_in_memory
>>> app = create_app(dataset=build_in_memory(example_path("clahrc-ndl")))
>>> app.test_client().get("/healthz").json["status"]
'ok'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from kmgraph_server import (
    addresses,
    caching,
    headers,
    layers,
    mounts,
    noting,
    problems,
    rate_limit,
    state,
    templating,
)
from kmgraph_server.config import Mount, ServerConfig
from kmgraph_server.configuring import read_config
from kmgraph_server.mounts import join
from kmgraph_server.serving import serve
from kmgraph_server.views import BLUEPRINTS

if TYPE_CHECKING:
    from kmgraph.dataset import EvidenceDataset

__all__ = ["Mount", "ServerConfig", "create_app", "join", "read_config", "serve"]


def create_app(
    config: ServerConfig | None = None, *, dataset: EvidenceDataset | None = None
) -> Flask:
    """Return the application.

    :param config: what to serve and how; read from the environment where none is given.
    :param dataset: a dataset to serve instead of a store on disk. Whoever gives it closes it.
    :raises ConfigError: neither a store nor a dataset is given.
    """
    settings = config or read_config()
    app = Flask(__name__)
    # Bodies of queries are shorter; the views that take them look at that.
    app.config["MAX_CONTENT_LENGTH"] = settings.upload_limit_bytes
    app.url_map.strict_slashes = False
    # Two slashes in a row may be part of an IRI.
    app.url_map.merge_slashes = False
    state.install(app, settings, dataset)
    templating.install(app)
    noting.install(app)
    # Answers come through here last.
    caching.install(app)
    rate_limit.install(app)
    addresses.install(app)
    headers.install(app)
    mounts.install(app)
    problems.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    layers.install(app, settings)
    return app
