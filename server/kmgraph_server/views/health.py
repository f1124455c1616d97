"""Whether the server is well."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from kmgraph_server.state import snapshot

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def health() -> Response:
    """Say that the server answers, and from which generation.

    Where nothing can be served the answer is 503, as for every other request.
    """
    response = jsonify(status="ok", generation=snapshot().generation)
    response.headers["Cache-Control"] = "no-store"
    return response
