"""Records in the browser: upload a bundle, look at what it would change, publish it.

Nothing is remembered of who asks: the token comes with each form that changes something, in its
body, and is in no address and no page. A preview is found by its key alone.
"""

from __future__ import annotations

import json
import threading
from typing import Any, Final

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.sansio.blueprints import BlueprintSetupState

from kmgraph.errors import AccessDeniedError, KmGraphError, NotFoundError, StaleGenerationError
from kmgraph.pipeline.preview_report import table_rows
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import visible_in
from kmgraph_server.access import Caller, is_read_only, require, take_token
from kmgraph_server.caching import not_stored
from kmgraph_server.errors import ConflictError, PayloadError, UnsupportedMediaTypeError
from kmgraph_server.held_previews import Held
from kmgraph_server.keeping import store_folder
from kmgraph_server.negotiation import HTML, LISTING, Offer
from kmgraph_server.observing import notes_of
from kmgraph_server.origins import refuse_foreign
from kmgraph_server.pages.records_page import shown
from kmgraph_server.previewing import PREVIEWS, Previews, sweep
from kmgraph_server.problems import to_problem
from kmgraph_server.state import served_by, settings
from kmgraph_server.table_files import TABLE_FORMS, table_file
from kmgraph_server.uploading import take
from kmgraph_server.views.responses import data, negotiated, page

blueprint = Blueprint("records", __name__)

#: Programs that do not say what they take get JSON.
_OFFERS: Final[tuple[Offer, ...]] = (LISTING[1], HTML)
_MULTIPART: Final = "multipart/form-data"
_PARTS: Final = ("report", "changes", "answers")
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
#: When to look again at a preview that is being built, in seconds.
_LOOK_AGAIN_S: Final = 1
_MEGABYTE: Final = 1_000_000
_LOCK: Final = threading.Lock()


@blueprint.record
def _clean(setup: BlueprintSetupState) -> None:
    """Remove what a server left that was ended before it could."""
    config = served_by(setup.app).config  # type: ignore[arg-type]
    if config.store is not None and not config.read_only:
        sweep(config.store)


@blueprint.before_request
def _keep_key_secret() -> None:
    """Have the access log show no key of a preview, which is all that it takes to look at it."""
    key = (request.view_args or {}).get("key")
    if key:
        path = request.script_root + request.path.replace(key, "KEY")
        notes_of(request.environ).facts["path"] = path


@blueprint.get("/records")
def start() -> Response:
    """Say how records come in, with the form for writers."""
    if negotiated(LISTING, request.args.getlist("format")) is HTML:
        return not_stored(page(_start_page()))
    facts = {"read_only": is_read_only(), **_limits()}
    return not_stored(data(json.dumps(facts), LISTING[1]))


@blueprint.post("/records")
def upload() -> Response:
    """Take in a bundle, and have its preview built."""
    offer = negotiated(_OFFERS)
    try:
        refuse_foreign()
        who = _writer()
        files = [one for field in ("file", "files") for one in request.files.getlist(field)]
        limit_bytes = settings().records_unpacked_bytes
        key, _ = _previews().begin(
            who,
            lambda folder: take(files, folder, limit_bytes=limit_bytes),
            append=request.form.get("append", "").lower() in _TRUE,
        )
    except KmGraphError as error:
        if offer is not HTML:
            raise
        return _refused(error, _start_page)
    address = url_for("records.preview", key=key)
    if offer is HTML:
        return _see_other(address)
    response = data(json.dumps({"state": "running", "preview": address}), offer)
    response.status_code = 202
    response.headers["Location"] = address
    return not_stored(response)


@blueprint.get("/records/preview/<key>")
def preview(key: str) -> Response:
    """Show what came of an upload: mistakes by row, and what would change."""
    offer = negotiated(_OFFERS, request.args.getlist("format"))
    held = _previews().find(key)
    if offer is HTML:
        return _private(page(_preview_page(key, held)))
    response = data(json.dumps(_told(key, held), ensure_ascii=False), offer)
    if held.told()["state"] == "running":
        response.headers["Retry-After"] = str(_LOOK_AGAIN_S)
    return _private(response)


@blueprint.delete("/records/preview/<key>")
def remove(key: str) -> Response:
    """Discard a preview."""
    refuse_foreign()
    _previews().discard(key)
    response = Response(status=204)
    del response.headers["Content-Type"]
    return _private(response)


@blueprint.get("/records/preview/<key>/<part>.<form>")
def table(key: str, part: str, form: str) -> Response:
    """Send a part of a preview as a table."""
    held = _previews().find(key)
    if part not in _PARTS or form not in TABLE_FORMS:
        abort(404, f"There is {', '.join(_PARTS)}, each as {', '.join(TABLE_FORMS)}.")
    return _private(table_file(table_rows(held.told(), part), form, f"preview-{part}"))


@blueprint.post("/records/preview/<key>/publish")
def publish(key: str) -> Response:
    """Publish a preview, if the data are still those that it was compared with."""
    offer = negotiated(_OFFERS)
    held = _previews().find(key)
    try:
        refuse_foreign()
        generation = _publish(key, _writer())
    except KmGraphError as error:
        if offer is not HTML:
            raise
        return _private(_refused(error, lambda problem: _preview_page(key, held, problem)))
    address = url_for("records.preview", key=key)
    if offer is HTML:
        return _see_other(address)
    told = {"state": "published", "generation": generation, "preview": address}
    return _private(data(json.dumps(told), offer))


@blueprint.post("/records/preview/<key>/discard")
def discard(key: str) -> Response:
    """Discard a preview, from a form."""
    refuse_foreign()
    _previews().discard(key)
    if negotiated(_OFFERS) is HTML:
        return _private(page(_start_page(discarded=True)))
    return _private(data(json.dumps({"state": "discarded"}), LISTING[1]))


def _publish(key: str, who: Caller) -> int:
    """Publish a preview and return the id of the generation.

    :raises ConflictError: the data have changed since it was made.
    """
    try:
        return _previews().publish(key, who).id
    except StaleGenerationError as error:
        raise ConflictError(f"{error}. Nothing was published") from error


def _writer() -> Caller:
    """Return who sends the running request, if that caller may change and see everything.

    :raises TokenError: there is no token, in the header or the form, or it is not valid.
    :raises AccessDeniedError: the token may not write, or does not see all of the store.
    """
    if is_read_only():
        require("write")
    most = settings().upload_limit_bytes
    if (request.content_length or 0) > most:
        raise PayloadError(f"an upload may have {most:,} bytes: send less at once")
    secret = request.form.get("token", "").strip()
    if secret and "Authorization" not in request.headers:
        take_token(secret)
    who = require("write")
    if who.view != who.read_view:
        raise AccessDeniedError(
            f"the token '{who.name}' does not have the scope 'read', and a preview shows what is "
            "there already: use a token with both"
        )
    store = GenerationStore(store_folder())
    if store.current_id() is not None:
        if not visible_in(store.generation().master) <= visible_in(who.view):
            raise AccessDeniedError(
                f"the token '{who.name}' does not see all of this store, and what is published "
                "here has to be compared with all of it: use a token of all groups, or have the "
                "keeper of the store run 'kmgraph build'"
            )
    if request.endpoint == "records.upload" and request.mimetype != _MULTIPART:
        raise UnsupportedMediaTypeError("records come as files of a form", [_MULTIPART])
    return who


def _previews() -> Previews:
    """Return the previews of the running application.

    :raises NotFoundError: there can be none, because nothing is written here.
    """
    if is_read_only():
        raise NotFoundError("there are no previews here: this server is read-only")
    with _LOCK:
        found: Previews | None = current_app.extensions.get(PREVIEWS)
        if found is None:
            found = current_app.extensions[PREVIEWS] = Previews(store_folder(), settings())
        return found


def _limits() -> dict[str, Any]:
    """Return how much may be sent, and how long it is kept."""
    config = settings()
    return {
        "upload_bytes": config.upload_limit_bytes,
        "unpacked_bytes": config.records_unpacked_bytes,
        "kept_s": config.records_kept_s,
    }


def _start_page(problem: Any = None, *, discarded: bool = False) -> str:
    """Return the page with the form."""
    return render_template(
        "records.html",
        problem=problem,
        discarded=discarded,
        is_read_only=is_read_only(),
        megabytes=max(1, settings().upload_limit_bytes // _MEGABYTE),
        minutes=max(1, round(settings().records_kept_s / 60)),
    )


def _preview_page(key: str, held: Held, problem: Any = None) -> str:
    """Return the page of a preview."""
    found = _previews()
    return render_template(
        "record_preview.html",
        key=key,
        held=held,
        told=held.told(),
        facts=shown(held.told()),
        is_current=found.is_current(held),
        minutes=max(1, round(found.left_s(held) / 60)),
        problem=problem,
        limit=settings().group_limit,
        is_read_only=is_read_only(),
    )


def _told(key: str, held: Held) -> dict[str, Any]:
    """Return what programs are told of a preview."""
    told = dict(held.told())
    if held.published is not None:
        told |= {"state": "published", "generation": held.published}
    found = _previews()
    links = {"self": url_for("records.preview", key=key)}
    if told["state"] == "ready":
        links |= {"publish": url_for("records.publish", key=key)}
        told["is_current"] = found.is_current(held)
    links["discard"] = url_for("records.discard", key=key)
    return {
        **told,
        "upload": held.name,
        "passed_over": list(held.passed_over),
        "expires_s": round(found.left_s(held)),
        "links": links,
    }


def _refused(error: KmGraphError, render: Any) -> Response:
    """Return a page that says why something was refused, where it can be tried again."""
    problem = to_problem(error)
    response = page(render(problem))
    response.status_code = problem.status
    response.headers.extend(problem.headers)
    return not_stored(response)


def _see_other(address: str) -> Response:
    """Lead on to a page."""
    response: Response = redirect(address, 303)  # type: ignore[assignment]
    return not_stored(response)


def _private(response: Response) -> Response:
    """Have nobody keep or find what only those may see who know the key.

    The address is sent to no other site. To this one it is: without it a browser would not say
    where a form comes from.
    """
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "same-origin"
    return not_stored(response)
