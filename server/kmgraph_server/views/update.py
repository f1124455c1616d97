"""The update operation of the SPARQL protocol.

Source: https://www.w3.org/TR/sparql11-protocol/#update-operation
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from kmgraph.errors import AccessDeniedError, NonConformanceError
from kmgraph.updates import WriteRequest
from kmgraph_server.access import require
from kmgraph_server.caching import tagged
from kmgraph_server.observing import hash_of, notes_of
from kmgraph_server.protocol_update import ACCEPTED, parse_update
from kmgraph_server.state import settings
from kmgraph_server.views.answering import endpoint
from kmgraph_server.views.reporting import report
from kmgraph_server.write_conditions import Basis, judge_write
from kmgraph_server.writing import Ground, body_of_write, told, write

blueprint = Blueprint("update", __name__)


@blueprint.post("/update")
def update() -> Response:
    """Do an update, all of its operations or none, and say what it did."""
    who = require("write")
    if who.view != who.read_view:
        # WHERE, COPY and the like would show what the token may not read.
        raise AccessDeniedError(
            f"the token '{who.name}' does not have the scope 'read', and an update can read: "
            "use a token with both, or write whole graphs at /graph-store"
        )
    asked = parse_update(request.query_string, request.headers.get("Content-Type"), body_of_write())
    notes_of(request.environ).facts["query"] = hash_of(asked.update)

    def prepare(ground: Ground) -> WriteRequest:
        """Judge the conditions of the request, which are about all data."""
        standing = ground.standing(is_there=ground.generation is not None)
        basis = judge_write(request.headers.get, standing)
        return WriteRequest(
            "update",
            text=asked.update,
            using_graphs=asked.using_graphs,
            using_named=asked.using_named,
            base_iri=endpoint(),
            view=who.view,
            visibility=asked.visibility,
            validate=settings().validate_writes,
            expected_generation=None if basis is Basis.NOTHING else ground.id,
            union_default_graph=settings().union_default_graph,
        )

    try:
        summary = write(who.view, prepare)
    except NonConformanceError as error:
        return report(error, asked.formats)
    number = summary.generation.id if summary.generation else 0
    return tagged(told(summary), f'"{number}-data"')


@blueprint.after_request
def _say_what_is_taken(response: Response) -> Response:
    """Add to the answer to OPTIONS which bodies are taken."""
    if request.method == "OPTIONS":
        response.headers["Accept-Post"] = ", ".join(ACCEPTED)
    return response
