"""When a record changed, as far as earlier states are kept, and what changed."""

from __future__ import annotations

import json

from flask import Blueprint, Response, render_template, request

from kmgraph.errors import RecordNotFoundError
from kmgraph.stores.generations import GenerationStore
from kmgraph.versions.record_history import RecordVersion, record_history, states
from kmgraph_server.addresses import rooted
from kmgraph_server.caching import depends_on_more
from kmgraph_server.history import PREFIX
from kmgraph_server.keeping import generations_of, store_folder
from kmgraph_server.negotiation import HTML, LISTING
from kmgraph_server.pages.history_page import history_lines
from kmgraph_server.state import settings, snapshot
from kmgraph_server.views.accounts import record_asked_for
from kmgraph_server.views.responses import data, negotiated, page

blueprint = Blueprint("history", __name__)


@blueprint.get("/history")
def record() -> Response:
    """Say when a record changed, and what changed of it and of what is recorded about it."""
    served, iri = snapshot(), record_asked_for()
    kept, versions = _read(iri)
    if not versions and not served.names.types(iri):
        raise RecordNotFoundError(f"nothing is known of <{iri}>")
    offer = negotiated(LISTING, request.args.getlist("format"))
    if offer is not HTML:
        told = {"record": iri, "states": kept, "versions": [one.to_dict() for one in versions]}
        body = json.dumps(told, ensure_ascii=False, indent=1)
        return depends_on_more(data(f"{body}\n", offer))
    href = served.names.link(iri)
    text = render_template(
        "history.html",
        iri=iri,
        title=served.names.name(iri),
        href=href,
        path=(href or "").removeprefix(rooted("")),
        root=rooted(PREFIX),
        states=kept,
        versions=[(one, history_lines(one, served.names)) for one in versions],
    )
    return depends_on_more(page(text))


def _read(iri: str) -> tuple[list[int], list[RecordVersion]]:
    """Return the states that are kept, the latest first, and in which of them a record changed."""
    if settings().store is None:
        return [], []
    store = GenerationStore(store_folder())
    generations = generations_of(store, snapshot().key)
    kept = [one.id for one in states(generations)][::-1]
    return kept, record_history(store, iri, generations, view=snapshot().key)
