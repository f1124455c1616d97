"""Tags of answers, conditional requests, content codings, and what may be kept of answers.

All answers come through here last. A document gets a tag of its content and its media type; the
answer to a query gets one of what it depends on, so that a client that has it already is told so
before the query is evaluated.

Source: https://www.rfc-editor.org/rfc/rfc9110, https://www.rfc-editor.org/rfc/rfc9111
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from flask import Flask, Response, g, request
from werkzeug.datastructures import Headers

from kmgraph.errors import KmGraphError
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph_server.compression import (
    SHORTEST_BYTES,
    FileResponse,
    compress,
    is_compressible,
    offered,
)
from kmgraph_server.conditions import SAFE, Verdict, holds, judge, with_coding, without_body
from kmgraph_server.config import ServerConfig
from kmgraph_server.errors import NotAcceptableError, PreconditionError
from kmgraph_server.learning import TagMaker
from kmgraph_server.negotiation import choose_coding
from kmgraph_server.problems import respond, to_problem
from kmgraph_server.snapshots import Snapshot
from kmgraph_server.state import settings, snapshot

#: Key of the WSGI environment under which a cache asks what it may keep.
KEEPING: Final = "kmgraph.keeping"
#: Anyone may keep it, and asks each time whether it still holds.
PUBLIC: Final = "public, max-age=0, must-revalidate"
#: Only the caller may keep it, and asks each time.
PRIVATE: Final = "private, no-cache"
_NEVER: Final = "no-store"
_DIGEST_LENGTH: Final = 32
#: Packages whose release decides how an answer is written.
_SOFTWARE: Final = ("kmgraph", "pyoxigraph", "rdflib")
#: Stands for the data of a dataset in memory, which have no number and no date.
_PROCESS: Final = secrets.token_hex(8)
_STATIC: Final = "static"
#: Here a POST asks and changes nothing.
_ASKING: Final = "sparql.sparql"
#: Longer files of the application are sent as they are.
_LONGEST_FILE_BYTES: Final = 1_000_000


@dataclass(slots=True)
class Keeping:
    """What a cache in front of the application is told of an answer.

    :ivar most_bytes: length of the longest body that it would keep.
    :ivar is_granted: whether it may keep the answer for callers of the same view.
    :ivar is_dated: whether a client that has an answer of the same date has this one.
    :ivar generation: id of the generation that the answer was made from.
    """

    most_bytes: int
    is_granted: bool = False
    is_dated: bool = False
    generation: int | None = None


def install(app: Flask) -> None:
    """Have the application finish its answers here, after all else has been done to them.

    Flask runs such functions in reverse order, so this comes before other installations.
    """
    app.before_request(_choose_coding)
    app.after_request(_finish)


def query_tag(*parts: str) -> str:
    """Return the tag of an answer to the caller of the running request.

    It begins with the id of the generation, by which a later write can be made conditional. Two
    answers have the same tag if they are of the same view and generation, made by the same
    release with the same settings at the same address, and agree in what is given here.

    :param parts: what else the answer depends on, such as the normalised query and the format.
    """
    return tag_maker().of(*parts)


def tag_maker(*parts: str) -> TagMaker:
    """Return what makes the tags of answers to the caller of the running request.

    :param parts: what the answers agree in; see :func:`query_tag`.
    """
    seen = snapshot()
    told = (_seal(settings()), *_data(seen), request.url_root, *parts)
    return TagMaker(seen.generation, *told)


def _data(seen: Snapshot) -> tuple[str, str, str]:
    """Return what tells the data of a view from all others."""
    created = seen.described.created if seen.described else f"{_PROCESS} {seen.view_path}"
    return seen.key, str(seen.generation), created


@cache
def _seal(config: ServerConfig) -> str:
    """Return what stands for the software that writes answers, and for its settings."""
    releases = []
    for name in _SOFTWARE:
        with suppress(PackageNotFoundError):
            releases.append(f"{name} {version(name)}")
    return f"{', '.join(releases)} {config!r}"


def precheck(tag: str) -> Response | None:
    """Return "not modified" if the client has the answer with a tag, and None otherwise.

    For views, before they work the answer out.

    :param tag: tag of the answer as it is without a content coding.
    """
    known = request.headers.get("If-None-Match")
    # A condition that comes first is judged when the answer is there.
    if known is None or request.method not in SAFE or "If-Match" in request.headers:
        return None
    if known.strip() == "*":
        return None
    # Whether the answer would be compressed depends on its length, which is not known yet.
    for candidate in (with_coding(tag, g.coding), tag):
        if holds(known, candidate):
            response = Response(status=Verdict.NOT_MODIFIED.value)
            response.headers["ETag"] = candidate
            del response.headers["Content-Type"]
            response.vary.add("Accept")
            return response
    return None


def tagged(response: Response, tag: str) -> Response:
    """Give an answer a tag.

    :param tag: tag of the answer as it is without a content coding, in quotes.
    """
    response.headers["ETag"] = tag
    return response


def not_stored(response: Response) -> Response:
    """Have nobody keep an answer, because it would be another one the next time."""
    response.headers["Cache-Control"] = _NEVER
    return response


def depends_on_more(response: Response) -> Response:
    """Have the server itself keep no answer that shows more than one state of one store."""
    g.depends_on_more = True
    return response


def _choose_coding() -> None:
    """Choose the content coding of the answer.

    :raises NotAcceptableError: the client takes neither a coding on offer nor none.
    """
    # What is said of an error is sent as it is if all else fails.
    g.coding, g.is_plain_refused = None, False
    header = request.headers.get("Accept-Encoding")
    g.coding = choose_coding(header, offered())
    try:
        choose_coding(header, ())
    except NotAcceptableError:
        g.is_plain_refused = True


def _finish(response: Response) -> Response:
    """Finish an answer."""
    _set_cache_control(response)
    is_stored = response.headers.get("Cache-Control") != _NEVER
    is_judged = response.status_code == 200 and is_stored and request.method in SAFE
    if is_judged and request.endpoint != _STATIC:
        _identify(response)
    if response.status_code not in (204, 206, 304):
        _compress(response)
    if is_judged:
        _judge(response)
    if isinstance(response, FileResponse) and request.method == "HEAD":
        response.drop()
    return response


def _set_cache_control(response: Response) -> None:
    """Say who may keep the answer, and what else than the address it depends on."""
    response.vary.add("Accept-Encoding")
    if request.endpoint == _STATIC:
        return
    response.vary.add("Authorization")
    if response.status_code >= 400:
        response.headers["Cache-Control"] = _NEVER
        response.headers.pop("ETag", None)
    elif request.method in SAFE or request.endpoint == _ASKING:
        kept = PRIVATE if "Authorization" in request.headers else PUBLIC
        response.headers.setdefault("Cache-Control", kept)
    elif request.method != "OPTIONS":
        response.headers.setdefault("Cache-Control", _NEVER)


def _identify(response: Response) -> None:
    """Give the answer a tag and a date, unless it has them."""
    if "ETag" not in response.headers and not isinstance(response, FileResponse):
        digest = hashlib.sha256((response.content_type or "").encode() + b"\n")
        digest.update(response.get_data())
        response.headers["ETag"] = f'"{digest.hexdigest()[:_DIGEST_LENGTH]}"'
    modified = _modified()
    if modified and "depends_on_more" not in g:
        response.headers.setdefault("Last-Modified", modified)


def _modified() -> str | None:
    """Return when the data that the answer shows were published, as a header has it."""
    seen: Snapshot | None = g.get("snapshot")
    if seen is None or seen.described is None:
        return None
    return format_datetime(_second(seen.described), usegmt=True)


def _second(generation: Generation) -> dt.datetime:
    """Return the second in which a generation was published."""
    return dt.datetime.fromisoformat(generation.created).astimezone(dt.UTC).replace(microsecond=0)


def _is_dated() -> bool:
    """Say whether a client that has an answer of the same date has the answer of now.

    It may have an older one where two generations were published within a second.
    """
    seen: Snapshot | None = g.get("snapshot")
    folder = settings().store
    if seen is None or seen.described is None or folder is None:
        return True
    return _is_first_of_second(folder, seen.described.id, _second(seen.described))


@lru_cache(maxsize=16)
def _is_first_of_second(folder: Path, number: int, second: dt.datetime) -> bool:
    """Say whether the generation before another one was published in an earlier second."""
    if number == 1:
        return True
    try:
        return _second(GenerationStore(folder).generation(number - 1)) < second
    except (KmGraphError, ValueError):
        # It was collected, and nobody knows.
        return False


def _compress(response: Response) -> None:
    """Put the body into the content coding that was chosen, where that makes it shorter."""
    coding: str | None = g.get("coding")
    length = _length(response)
    is_final = "Repr-Digest" in response.headers and not g.is_plain_refused
    if coding is None or not length or "Content-Encoding" in response.headers or is_final:
        return
    is_worth_it = length >= SHORTEST_BYTES and is_compressible(response.content_type or "")
    if not is_worth_it and not g.is_plain_refused:
        return
    if isinstance(response, FileResponse):
        response.replace(coding)
    else:
        response.direct_passthrough = False
        response.set_data(compress(response.get_data(), coding))
    response.headers["Content-Encoding"] = coding
    # Parts are of the file as it is.
    response.headers.pop("Accept-Ranges", None)
    response.headers.pop("Repr-Digest", None)
    if etag := response.headers.get("ETag"):
        response.headers["ETag"] = with_coding(etag, coding)


def _length(response: Response) -> int:
    """Return the length of a body that can be compressed; 0 for one that is too long for that."""
    if isinstance(response, FileResponse):
        return response.content_length or 0
    if response.direct_passthrough:
        length = response.content_length or 0
        return length if length <= _LONGEST_FILE_BYTES else 0
    return len(response.get_data())


def _judge(response: Response) -> None:
    """Make of the answer what the conditions of the request ask for."""
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    is_dated = request.endpoint == _STATIC or _is_dated()
    verdict = judge(request.method, request.headers.get, etag, modified if is_dated else None)
    keeping: Keeping | None = request.environ.get(KEEPING)
    if verdict is Verdict.FAILED:
        _refuse(response)
    elif keeping is not None and _may_be_kept(response, keeping.most_bytes):
        # The cache takes the answer whole, and gives the client what is needed of it.
        keeping.is_granted, keeping.is_dated = True, is_dated
        keeping.generation = g.snapshot.generation
    elif verdict is Verdict.NOT_MODIFIED:
        _empty(response)
        response.status_code = verdict.value
        response.headers = Headers(without_body(response.headers))


def _may_be_kept(response: Response, most_bytes: int) -> bool:
    """Say whether the server may keep an answer for others who see the same view."""
    if "snapshot" not in g or "depends_on_more" in g or response.direct_passthrough:
        return False
    # A page can have its frame from another generation than what stands in it.
    if "public_snapshot" in g and g.public_snapshot.generation != g.snapshot.generation:
        return False
    length = response.content_length if isinstance(response, FileResponse) else _length(response)
    return length is not None and length <= most_bytes


def _refuse(response: Response) -> None:
    """Turn an answer into one that says that the client's condition does not hold."""
    problem = to_problem(PreconditionError("what there is now is not what the request expects"))
    said = respond(problem)
    _empty(response)
    for name in ("Content-Encoding", "Content-Disposition", "ETag", "Last-Modified", "Link"):
        response.headers.pop(name, None)
    response.status_code, response.content_type = problem.status, said.content_type
    response.set_data(said.get_data())
    response.headers["Cache-Control"] = _NEVER


def _empty(response: Response) -> None:
    """Take its body from an answer."""
    if isinstance(response, FileResponse):
        response.drop()
    else:
        response.direct_passthrough = False
        response.close()
        response.set_data(b"")
