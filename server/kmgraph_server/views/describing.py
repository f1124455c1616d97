"""The description of the server for programs."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from kmgraph_server.addresses import rooted
from kmgraph_server.openapi import description
from kmgraph_server.state import snapshot

blueprint = Blueprint("describing", __name__)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Describe what can be asked of the server, by OpenAPI 3.1."""
    questions = snapshot().catalogue.values()
    text = json.dumps(description(rooted("/"), questions), ensure_ascii=False, indent=1)
    return Response(f"{text}\n", content_type="application/json")
