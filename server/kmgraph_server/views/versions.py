"""What changed between two generations: in triples, in records and, where asked, in answers."""

from __future__ import annotations

import json
import threading
from typing import Any, Final

from flask import Blueprint, Response, current_app, render_template, request

from kmgraph.errors import GoneError, NotFoundError
from kmgraph.stores.generations import GenerationStore
from kmgraph_server.caching import depends_on_more
from kmgraph_server.comparing import COMPARING, Comparisons
from kmgraph_server.keeping import generations_of, store_folder
from kmgraph_server.negotiation import HTML, LISTING
from kmgraph_server.state import settings, snapshot
from kmgraph_server.views.responses import data, negotiated, page

blueprint = Blueprint("versions", __name__)

_LOCK: Final = threading.Lock()
#: Most records and rows of an answer that a page shows.
_SHOWN: Final = 100
_TRUE: Final = frozenset({"1", "true", "yes", "on"})


@blueprint.get("/versions")
def index() -> Response:
    """List the generations that are kept of what the caller sees."""
    found = list(reversed(generations_of(GenerationStore(store_folder()), snapshot().key)))
    offer = negotiated(LISTING, request.args.getlist("format"))
    if offer is HTML:
        response = page(render_template("versions.html", generations=found))
    else:
        listed = [{"generation": one.id, "created": one.created} for one in found]
        response = data(json.dumps({"generations": listed}), offer)
    return depends_on_more(response)


@blueprint.get("/versions/<int:old>..<int:new>")
def difference(old: int, new: int) -> Response:
    """Say what differs between two generations."""
    key = snapshot().key
    store = GenerationStore(store_folder())
    kept = {generation.id for generation in generations_of(store, key)}
    for number in (old, new):
        if number not in kept:
            _refuse(store, number)
    offer = negotiated(LISTING, request.args.getlist("format"))
    answers = request.args.get("answers", "").lower() in _TRUE
    body = _comparisons().compare(old, new, key, answers=answers)
    if offer is not HTML:
        return depends_on_more(data(body, offer))
    found: dict[str, Any] = json.loads(body)
    return depends_on_more(
        page(render_template("difference.html", found=found, answers=answers, most=_SHOWN))
    )


def _refuse(store: GenerationStore, number: int) -> None:
    """Raise the error for a generation that cannot be compared.

    :raises GoneError: it was collected.
    :raises NotFoundError: there is none of this id, or it has no view that the caller may see.
    """
    known = {generation.id for generation in store.generations()}
    if 0 < number <= (store.current_id() or 0) and number not in known:
        raise GoneError(f"generation {number} is not kept any more")
    raise NotFoundError(f"there is no generation {number} that you may see")


def _comparisons() -> Comparisons:
    """Return what compares for the running application."""
    with _LOCK:
        found: Comparisons | None = current_app.extensions.get(COMPARING)
        if found is None:
            config = settings()
            found = Comparisons(store_folder(), config.query_timeout_s, config.result_limit_bytes)
            current_app.extensions[COMPARING] = found
        return found
