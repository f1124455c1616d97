"""What keepers of a server look at: running queries and measurements."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, jsonify

from kmgraph.errors import NotFoundError
from kmgraph.execution.messages import RunningQuery
from kmgraph_server.access import require
from kmgraph_server.caching import not_stored
from kmgraph_server.state import public_snapshot, served

blueprint = Blueprint("operations", __name__)
_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return measurements for Prometheus; they hold nothing of queries and data."""
    return not_stored(Response(served().metrics.render(), content_type=_METRICS_TYPE))


@blueprint.get("/queries")
def running() -> Response:
    """Return the queries that are being evaluated, the oldest first."""
    require("admin")
    return not_stored(jsonify(queries=[_described(query) for query in _running()]))


@blueprint.delete("/queries/<query_id>")
def stop(query_id: str) -> Response:
    """Stop a running query, whose asker is told so."""
    require("admin")
    is_here = any(query.id == query_id for query in _running())
    if not is_here or not served().pool.stop(query_id):
        raise NotFoundError(f"no query of the id '{query_id[:20]}' is running: it may have ended")
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def _running() -> list[RunningQuery]:
    """Return the running queries of this store; others of the process may share its workers."""
    base = public_snapshot().dataset.base
    return [query for query in served().pool.running() if query.base == base]


def _described(query: RunningQuery) -> dict[str, object]:
    """Return what a keeper is told of a query."""
    return {
        "id": query.id,
        "request": query.label,
        "view": query.view,
        "started": query.started,
        "seconds": round(query.seconds, 3),
        "query": query.query,
    }
