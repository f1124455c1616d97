"""Whether the server is well, and whether it can answer."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from kmgraph.errors import KmGraphError
from kmgraph_server.caching import not_stored
from kmgraph_server.errors import StoppingError
from kmgraph_server.state import is_stopping, public_snapshot, served

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def health() -> Response:
    """Say that the server answers, whatever becomes of its data."""
    return not_stored(jsonify(status="ok", generation=_generation()))


@blueprint.get("/readyz")
def ready() -> Response:
    """Say that data are served, and from which generation; 503 where none can be."""
    if is_stopping():
        raise StoppingError("the server is about to stop: ask another one, or try again later")
    return not_stored(jsonify(status="ready", generation=public_snapshot().generation))


def _generation() -> int | None:
    """Return the id of the current generation, or None where it cannot be told."""
    try:
        return served().pointer()[0]
    except (KmGraphError, OSError):
        return None
