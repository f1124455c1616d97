"""Give answers that were kept, before the application does any work.

An answer is kept for the view of its caller, and for the address, the media types and the content
codings that were asked for. What may be kept at all is for the application to say.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from kmgraph.errors import KmGraphError
from kmgraph_server.access import Caller
from kmgraph_server.caching import KEEPING, Keeping
from kmgraph_server.compression import offered
from kmgraph_server.conditions import Verdict, judge, without_body
from kmgraph_server.negotiation import choose_coding, parse_accept
from kmgraph_server.observing import notes_of
from kmgraph_server.quick_answers import QuickAnswers
from kmgraph_server.rate_limit import is_refused
from kmgraph_server.response_cache import Entry, ResponseCache

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Longer headers are read anew each time, so that no client fills the memory with them.
_LONGEST_REMEMBERED: Final = 400
#: What the log says of an answer, which is the same whenever it is answered from here.
_REMEMBERED_FACTS: Final = ("query", "rows", "view", "generation")


class CachedAnswers:
    """Answers from a cache where it can, and keeps what the application says may be kept.

    :param app: the application.
    :param cache: where answers are kept.
    :param identify: tells who sends a request, by the value of its Authorization header.
    :param state: tells the id of the generation that is current, and what stands for the state
        of the store.
    :param quick: remembers heads whose answers were kept; None where nobody does.
    """

    def __init__(
        self,
        app: WSGIApplication,
        cache: ResponseCache,
        identify: Callable[[str | None], Caller],
        state: Callable[[], tuple[int | None, Hashable]],
        quick: QuickAnswers | None = None,
    ) -> None:
        self._app, self._cache = app, cache
        self._identify, self._state, self._quick = identify, state, quick

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if is_refused(environ):
            return self._app(environ, start_response)
        try:
            # Also where nothing is looked up: what is gone from the store must go from here.
            generation, state = self._state()
            self._cache.enter(state)
            caller = self._identify(environ.get("HTTP_AUTHORIZATION"))
            key = request_key(environ, caller)
        except KmGraphError:
            # The application says what is wrong.
            return self._app(environ, start_response)
        if key is None:
            return self._app(environ, start_response)
        entry = self._cache.get(state, key)
        if isinstance(entry, Entry):
            verdict = _verdict(environ, entry)
            if verdict is not Verdict.FAILED:
                if verdict is Verdict.SEND and self._quick is not None:
                    self._quick.remember(environ, state, entry, caller)
                _note(environ, entry, caller)
                return _send(environ, entry, verdict, start_response)
        elif environ["REQUEST_METHOD"] == "GET":
            return self._ask(environ, start_response, generation, (state, key))
        return self._app(environ, start_response)

    def _ask(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        generation: int | None,
        place: tuple[Hashable, Hashable],
    ) -> Iterable[bytes]:
        """Have the application answer, and keep the answer if that may be.

        :param generation: id of the generation that was current before.
        :param place: state of the store before, and key of the request.
        """
        keeping = environ[KEEPING] = Keeping(self._cache.largest_bytes)
        started: list[tuple[str, list[tuple[str, str]], Any]] = []

        def start(
            status: str, headers: list[tuple[str, str]], error: Any = None
        ) -> Callable[[bytes], object]:
            """Keep the status and the headers until it is known what becomes of the body."""
            started.append((status, headers, error))
            return lambda part: None

        body = self._app(environ, start)
        status, headers, error = started[-1]
        if not keeping.is_granted:
            start_response(status, headers, error)
            return body
        notes = notes_of(environ)
        facts = {name: value for name, value in notes.facts.items() if name in _REMEMBERED_FACTS}
        entry = Entry(tuple(headers), _joined(body), keeping.is_dated, notes.form, facts)
        # What the application took up later than this is left to the next request.
        if keeping.generation == generation:
            self._cache.put(*place, entry)
        return _send(environ, entry, _verdict(environ, entry), start_response)


def request_key(environ: WSGIEnvironment, caller: Caller) -> Hashable:
    """Return what an answer depends on beside the data; None where none is kept.

    :raises NotAcceptableError: no answer could be sent in a content coding that the client takes.
    """
    is_get = environ["REQUEST_METHOD"] in ("GET", "HEAD")
    if not is_get or _has_body(environ) or "read" not in caller.scopes:
        return None
    host = environ.get("HTTP_HOST") or (environ["SERVER_NAME"], environ["SERVER_PORT"])
    return (
        caller.read_view,
        "HTTP_AUTHORIZATION" in environ,
        environ["wsgi.url_scheme"],
        host,
        environ.get("SCRIPT_NAME", ""),
        environ.get("PATH_INFO", ""),
        # The path as it was sent, which tells more than the decoded one.
        environ.get("RAW_URI") or environ.get("REQUEST_URI"),
        environ.get("QUERY_STRING", ""),
        _wishes(environ.get("HTTP_ACCEPT"), environ.get("HTTP_ACCEPT_ENCODING")),
    )


def _has_body(environ: WSGIEnvironment) -> bool:
    """Say whether something comes with the request that could matter."""
    length = environ.get("CONTENT_LENGTH") or "0"
    return length != "0" or "HTTP_TRANSFER_ENCODING" in environ


def _wishes(accept: str | None, codings: str | None) -> Hashable:
    """Return what a client wants to be sent, the same for headers that mean the same."""
    if len(accept or "") + len(codings or "") > _LONGEST_REMEMBERED:
        return _read_wishes(accept, codings)
    return _read_wishes_once(accept, codings)


def _read_wishes(accept: str | None, codings: str | None) -> Hashable:
    """Return what a client wants to be sent."""
    ranges = {
        (entry.type, entry.subtype, entry.weight, entry.version or "")
        for entry in parse_accept(accept or "")
    }
    has_accept = bool(accept and accept.strip())
    return has_accept, tuple(sorted(ranges)), choose_coding(codings, offered())


_read_wishes_once = lru_cache(maxsize=1_000)(_read_wishes)


def _verdict(environ: WSGIEnvironment, entry: Entry) -> Verdict:
    """Return what the conditions of a request lead to."""

    def field(name: str) -> str | None:
        """Return a header of the request."""
        value: str | None = environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        return value

    modified = entry.header("last-modified") if entry.is_dated else None
    return judge(environ["REQUEST_METHOD"], field, entry.header("etag"), modified)


def _note(environ: WSGIEnvironment, entry: Entry, caller: Caller) -> None:
    """Say in the notes of the request that it was answered from here."""
    notes = notes_of(environ)
    notes.is_cached, notes.form = True, entry.form
    notes.facts.update(entry.facts)
    if caller.name:
        notes.facts["token"] = caller.name


def _send(
    environ: WSGIEnvironment, entry: Entry, verdict: Verdict, start_response: StartResponse
) -> list[bytes]:
    """Send an answer, or that the client has it already."""
    if verdict is Verdict.NOT_MODIFIED:
        start_response("304 NOT MODIFIED", without_body(entry.headers))
        return []
    start_response("200 OK", list(entry.headers))
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [entry.body]


def _joined(body: Iterable[bytes]) -> bytes:
    """Return a body in one piece, and close it."""
    try:
        return b"".join(body)
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
