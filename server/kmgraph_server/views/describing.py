"""The description of the server for programs."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from kmgraph_server.addresses import rooted
from kmgraph_server.openapi import description

blueprint = Blueprint("describing", __name__)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe what can be asked of the server, by OpenAPI 3.1."""
    text = json.dumps(description(rooted("/")), ensure_ascii=False, indent=1)
    return Response(f"{text}\n", content_type="application/json")
