"""Snapshots: views of generations as files that never change, and say how to cite them.

::

    /snapshots                              which there are
    /snapshots/latest/FILE                  redirects to the newest
    /snapshots/GENERATION/VIEW              what one holds, and how to cite it; as DCAT too
    /snapshots/GENERATION/VIEW/FILE         a file of it
    /snapshots/GENERATION/VIEW/2/FILE       where an erasure removed the first one of this place

Source: https://www.rfc-editor.org/rfc/rfc5829, https://www.rfc-editor.org/rfc/rfc8574,
https://www.rfc-editor.org/rfc/rfc9530
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import quote

import pyoxigraph as ox
from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from kmgraph.errors import GoneError, NotFoundError
from kmgraph.metadata import snapshot_of
from kmgraph.results import Triples
from kmgraph.snapshots import GoneSnapshot, Snapshot, gone_snapshots, snapshots_in
from kmgraph.snapshots.keeping import ERASED
from kmgraph.snapshots.model import MANIFEST, SnapshotFile, read_snapshot, sha256_of
from kmgraph.snapshots.places import snapshot_folder
from kmgraph_server.addresses import absolute, rooted, to_uri
from kmgraph_server.caching import depends_on_more, not_stored
from kmgraph_server.conditions import Verdict, judge
from kmgraph_server.headers import link
from kmgraph_server.keeping import keep_for_ever, may_see, require_view, store_folder
from kmgraph_server.negotiation import DOCUMENT, HTML, LISTING
from kmgraph_server.problems import respond, to_problem
from kmgraph_server.ranges import RangeError, file_response, is_same_as, part_of
from kmgraph_server.state import snapshot as served_view
from kmgraph_server.views.responses import (
    add_alternates,
    forms_by_parameter,
    graph,
    negotiated,
    page,
    varying,
)

blueprint = Blueprint("snapshot_files", __name__)

#: Media types of what is said of a snapshot: the default first, as linked data last.
_FORMS: Final = (*LISTING, *(offer for offer in DOCUMENT if offer.format is not None))
_LICENCES: Final = re.compile(r" Licence: (\S+(?:, \S+)*)\.(?= )")
#: Words for why there is no snapshot where one was.
_WHY: Final = {
    True: "This snapshot was removed on {day}, because something in it was erased.",
    False: "This snapshot was removed on {day}, with the generation that it was made of.",
}


@blueprint.get("/snapshots")
def index() -> Response:
    """List the snapshots that the caller may see, and where there was one."""
    folder = store_folder()
    found = [one for one in reversed(snapshots_in(folder)) if may_see(one.view)]
    places = {(one.generation, one.view) for one in found}
    gone = [
        one
        for one in reversed(gone_snapshots(folder))
        if may_see(one.view) and (one.generation, one.view) not in places
    ]
    if negotiated(LISTING, request.args.getlist("format")) is not HTML:
        listed = [_described(one, is_short=True) for one in found]
        response = varying(jsonify(snapshots=listed, gone=[_told_gone(one) for one in gone]))
    else:
        response = page(
            render_template("snapshots.html", found=found, gone=gone, address_of=_address)
        )
    return depends_on_more(response)


@blueprint.get("/snapshots/latest")
@blueprint.get("/snapshots/latest/<path:name>")
def latest(name: str = "") -> Response:
    """Send the client to the newest snapshot, or to a file of it."""
    found = _latest()
    if found is None:
        raise NotFoundError("no snapshot has been written yet: 'kmgraph export --all' writes one")
    target = _address(found) + (f"/{quote(name)}" if name else "")
    return not_stored(Response(status=302, headers={"Location": target}))


@blueprint.get("/id/snapshot/<int:generation>/<view>")
@blueprint.get("/id/snapshot/<int:generation>/<view>/<int:revision>")
def thing(generation: int, view: str, revision: int = 1) -> Response:
    """Send whoever asks for a snapshot by its IRI to what is said of it."""
    found = _find(generation, require_view(view), revision)
    return varying(Response(status=303, headers={"Location": _address(found)}))


@blueprint.get("/snapshots/<int:generation>/<view>")
@blueprint.get("/snapshots/<int:generation>/<view>/<int:revision>")
def described(generation: int, view: str, revision: int = 1) -> Response:
    """Say what a snapshot holds, how to cite it, and which came before it."""
    found = _find(generation, require_view(view), revision)
    address = _address(found)
    before = _before(found)
    forms = forms_by_parameter(address, _FORMS)
    offer = negotiated(_FORMS, request.args.getlist("format"))
    if offer.format is not None:
        response = graph(Triples(_as_data(found, before)), offer, _FORMS)
    elif offer is not HTML:
        response = varying(jsonify(_described(found)))
    else:
        response = page(
            render_template(
                "snapshot.html",
                snapshot=found,
                address=address,
                before=before and _address(before),
                licences=_licences(found),
                quoted=quote,
                downloads=[form for form in forms if form.offer.format is not None],
            )
        )
    _link_versions(response, found)
    add_alternates(response, address, forms)
    manifest = link(f"{address}/{MANIFEST}", "describedby", "application/json")
    response.headers.add("Link", manifest)
    for file in found.files:
        response.headers.add("Link", link(f"{address}/{quote(file.name)}", "item", _type_of(file)))
    return depends_on_more(response)


@blueprint.get("/snapshots/<int:generation>/<view>/<path:name>")
@blueprint.get("/snapshots/<int:generation>/<view>/<int:revision>/<path:name>")
def file(generation: int, view: str, name: str, revision: int = 1) -> Response:
    """Send a file of a snapshot, or a part of it."""
    found = _find(generation, require_view(view), revision)
    if name == MANIFEST:
        path = found.folder / MANIFEST
        media_type, digest, length = "application/json", sha256_of(path), path.stat().st_size
    else:
        try:
            kept = found.file(name)
        except KeyError as error:
            raise NotFoundError(f"the snapshot has no file '{name[:80]}'") from error
        media_type, digest, length = _type_of(kept), kept.sha256, kept.size_bytes
    etag = f'"{digest}"'
    modified = format_datetime(
        dt.datetime.fromisoformat(found.created).astimezone(dt.UTC), usegmt=True
    )
    try:
        part = _wanted_part(etag, modified, length)
    except RangeError:
        refused = respond(to_problem(RequestedRangeNotSatisfiable(length)))
        refused.headers["Content-Range"] = f"bytes */{length}"
        return refused
    try:
        response = file_response(found.folder / name, media_type, part)
    except OSError as error:
        # An erasure came between.
        raise GoneError(_why_gone(ERASED, dt.datetime.now(dt.UTC).isoformat())) from error
    response.headers["ETag"], response.headers["Last-Modified"] = etag, modified
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Repr-Digest"] = f"sha-256=:{_base64(digest)}:"
    _link_versions(response, found)
    response.headers.add("Link", link(_address(found), "collection"))
    return depends_on_more(keep_for_ever(response))


def _wanted_part(etag: str, modified: str, length: int) -> tuple[int, int] | None:
    """Return which part of a file is asked for; None for all of it.

    :raises RangeError: it lies beyond the end.
    """
    field = request.headers.get
    # Whether the client has the file already is judged first, and later on.
    if request.method != "GET" or judge("GET", field, etag, modified) is not Verdict.SEND:
        return None
    if not is_same_as(field("If-Range"), etag, modified):
        return None
    return part_of(field("Range"), length)


def _find(generation: int, view: str, revision: int) -> Snapshot:
    """Return a snapshot.

    :raises GoneError: it was removed.
    :raises NotFoundError: there is none.
    """
    folder = store_folder()
    found = read_snapshot(snapshot_folder(folder, generation, view))
    if found is not None and found.revision == revision and found.is_whole():
        return found
    for gone in gone_snapshots(folder):
        if (gone.generation, gone.view) == (generation, view) and gone.times >= revision:
            raise GoneError(_why_gone(gone.why, gone.when))
    raise NotFoundError("there is no such snapshot: /snapshots lists those that there are")


def _why_gone(why: str, when: str) -> str:
    """Return why there is no snapshot where one was, in words."""
    return _WHY[why == ERASED].format(day=when.partition("T")[0])


def _latest() -> Snapshot | None:
    """Return the newest snapshot that the caller may see, of the widest view."""
    found = [one for one in snapshots_in(store_folder()) if may_see(one.view)]
    return max(found, key=lambda one: (one.generation, one.view.count("+")), default=None)


def _before(found: Snapshot) -> Snapshot | None:
    """Return the snapshot of the same view that came before one."""
    same = [one for one in snapshots_in(store_folder()) if one.view == found.view]
    earlier = [one for one in same if one.generation < found.generation]
    return earlier[-1] if earlier else None


def _address(found: Snapshot) -> str:
    """Return the address of a snapshot; no two different ones ever share it."""
    revision = f"/{found.revision}" if found.revision > 1 else ""
    return rooted(f"/snapshots/{found.generation}/{quote(found.view, safe='+-._~')}{revision}")


def _link_versions(response: Response, found: Snapshot) -> None:
    """Say how a snapshot is cited, and which others there are."""
    headers = response.headers
    headers.add("Link", link(to_uri(found.iri), "cite-as"))
    for licence in _licences(found):
        headers.add("Link", link(to_uri(licence), "license"))
    if (before := _before(found)) is not None:
        headers.add("Link", link(_address(before), "predecessor-version"))
    headers.add("Link", link(rooted("/snapshots/latest"), "latest-version"))


def _licences(found: Snapshot) -> list[str]:
    """Return the licences that the citation of a snapshot names."""
    named = _LICENCES.search(found.citation)
    return named[1].split(", ") if named else []


def _type_of(kept: SnapshotFile) -> str:
    """Return the media type of a file as it is: what is compressed is an archive."""
    if kept.compression == "gzip":
        return "application/gzip"
    return f"{kept.media_type}; charset=utf-8" if "text/" in kept.media_type else kept.media_type


def _base64(digest: str) -> str:
    """Return a digest in hexadecimal digits as headers have it."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def _described(found: Snapshot, *, is_short: bool = False) -> dict[str, Any]:
    """Return what is said of a snapshot, with where its files are."""
    address = _address(found)
    facts = found.to_dict() | {"address": address, "synthetic": served_view().is_synthetic}
    for entry in facts["files"]:
        entry["address"] = f"{address}/{quote(entry['name'])}"
    if is_short:
        del facts["files"]
    return facts


def _as_data(found: Snapshot, before: Snapshot | None) -> list[ox.Triple]:
    """Return what a snapshot is, in DCAT."""
    address = absolute(_address(found))
    previous = before.iri if before is not None else ""
    return snapshot_of(found, files_at=f"{address}/", page=address, previous=previous)


def _told_gone(gone: GoneSnapshot) -> dict[str, Any]:
    """Return what is said of a place where a snapshot was."""
    facts = {"generation": gone.generation, "view": gone.view, "when": gone.when}
    return facts | {"why": _why_gone(gone.why, gone.when)}
