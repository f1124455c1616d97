"""Note for the access log who was answered, and from which state of the data."""

from __future__ import annotations

from flask import Flask, Response, g, request

from kmgraph_server.access import Caller
from kmgraph_server.observing import notes_of
from kmgraph_server.snapshots import Snapshot


def install(app: Flask) -> None:
    """Have the application note what the log says of each request."""
    app.after_request(_note)


def _note(response: Response) -> Response:
    """Note the name of the token, never the token, the view and the generation."""
    facts = notes_of(request.environ).facts
    caller: Caller | None = g.get("caller")
    if caller is not None and caller.name:
        facts["token"] = caller.name
    seen: Snapshot | None = g.get("snapshot")
    if seen is not None:
        facts["view"], facts["generation"] = seen.key, seen.generation
    return response
