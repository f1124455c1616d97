"""Answers given before a request is even read: kept ones, and look-ups of a shape seen before.

A client sends the same head over and over, or heads that differ in the IRI it asks about and in
nothing else. What the application said to the first of them, with all its checks, is remembered
with the bytes of that head:

- an answer that was kept is sent again to whoever sends the same bytes;
- of a look-up (see :mod:`kmgraph.execution.lookups`) the shape is remembered, and for other IRIs in
  the same places the engine is asked at once, in this process.

Nothing that the application looks at is passed over. The state of the store is looked at each time;
with a token, so is the token; each answer is counted and logged as any other. Where callers are
held to a number of requests, nothing is answered here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

from kmgraph.errors import KmGraphError
from kmgraph.execution.limits import Limits
from kmgraph.execution.lookups import Shape, is_absolute, joined, look_up, shape_of, split
from kmgraph.metadata.asking import may_be_metadata
from kmgraph.sparql import QueryFacts
from kmgraph_server.access import Caller
from kmgraph_server.compression import SHORTEST_BYTES, compress
from kmgraph_server.conditions import with_coding
from kmgraph_server.heads import template
from kmgraph_server.learning import HEAD, LEARNING, Learning, TagMaker
from kmgraph_server.observing import REQUEST_ID, Notes, Seen, hash_of, new_request_id
from kmgraph_server.response_cache import Entry, ResponseCache
from kmgraph_server.snapshots import Holder

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Longest head that is remembered.
MOST_HEAD_BYTES: Final = 8_192
#: Most shapes of requests that are remembered.
_MOST_SHAPES: Final = 500
#: What a remembered head takes beside its bytes.
_OVERHEAD_BYTES: Final = 1_000
#: Headers that make an answer another one.
_CONDITIONS: Final = (
    "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_IF_RANGE", "HTTP_RANGE", "HTTP_EXPECT", "HTTP_X_REQUEST_ID",
    "HTTP_ACCEPT_DATETIME",
)  # fmt: skip
#: Headers that are made anew for each answer.
_FRESH: Final = frozenset({"content-length", "content-encoding", "etag", "date"})


@dataclass(frozen=True, slots=True)
class Asker:
    """What the head of a request says, apart from what it asks.

    :ivar authorization: value of the header of this name, or None.
    :ivar address: address of the client where a proxy tells it; None for that of the connection.
    """

    authorization: str | None
    name: str
    view: str
    method: str
    mount: str
    path: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that is sent to whoever sends the same head again.

    :ivar head: status line and headers, without those that each answer has of its own; look-ups of
        one shape share them.
    :ivar own: the headers that it does not share.
    """

    asker: Asker
    head: bytes
    own: bytes
    body: bytes
    form: str
    facts: dict[str, Any]

    @property
    def size(self) -> int:
        """Return about how many bytes of memory it takes."""
        shared = 0 if self.own else len(self.head)
        return len(self.body) + len(self.own) + shared + _OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Pattern:
    """A shape of requests for look-ups, and how they are answered.

    :ivar normal: text of the normalised query around its IRIs.
    :ivar head: status line and headers, without those that each answer has of its own.
    """

    asker: Asker
    state: Hashable
    shape: Shape
    normal: tuple[str, ...]
    facts: QueryFacts
    limits: Limits
    tags: TagMaker
    coding: str | None
    view: str
    head: bytes


class QuickAnswers:
    """Answers of one application that are given before a request is read; threads may share it.

    :param cache: where answers are kept; None for nowhere.
    :param holder: gives out the data.
    :param identify: tells who sends a request, by the value of its Authorization header.
    :param state: tells the id of the generation that is current, and what stands for the state
        of the store.
    :param tell: takes what was seen of each request.
    :param is_behind_proxy: whether proxies tell the address of clients.
    :param is_logging: whether somebody reads how many rows an answer has.
    """

    def __init__(
        self,
        cache: ResponseCache | None,
        holder: Holder,
        identify: Callable[[str | None], Caller],
        state: Callable[[], tuple[int | None, Hashable]],
        tell: Callable[[Seen], None],
        *,
        is_behind_proxy: bool,
        is_logging: bool = False,
    ) -> None:
        self._cache, self._holder, self._identify = cache, holder, identify
        self._state, self._tell, self._is_behind_proxy = state, tell, is_behind_proxy
        self._is_logging = is_logging
        self._patterns: dict[Hashable, Pattern] = {}
        self._lock = threading.Lock()

    def answer(self, head: bytes, address: str) -> bytes | None:
        """Return the whole answer to a request, or None where the application has to say it.

        :param head: what came of the request.
        :param address: where it came from.
        """
        started = time.perf_counter()
        try:
            _, state = self._state()
            if self._cache is not None:
                kept = self._cache.find(state, head)
                if isinstance(kept, Kept) and self._is_still(kept.asker):
                    return self._sent(kept, address, started, is_cached=True)
            return self._look_up(head, address, state, started)
        except KmGraphError:
            # The application says what is wrong.
            return None

    def patterns(self) -> dict[Hashable, Pattern]:
        """Return the shapes of requests that are known, for another process that answers them."""
        with self._lock:
            return self._patterns.copy()

    def know(self, key: Hashable, pattern: Pattern) -> None:
        """Remember the shape of a request that another process has learnt."""
        with self._lock:
            if len(self._patterns) >= _MOST_SHAPES:
                self._patterns.clear()
            self._patterns[key] = pattern

    def remember(
        self, environ: WSGIEnvironment, state: Hashable, entry: Entry, who: Caller
    ) -> None:
        """Keep an answer of status 200 for the head of its request."""
        head = _head_of(environ)
        if self._cache is None or head is None or environ["REQUEST_METHOD"] != "GET":
            return
        start = _start_of_answer(
            "200 OK", (*entry.headers, ("Content-Length", str(len(entry.body))))
        )
        asker = self._asker(environ, who)
        self._cache.put(state, head, Kept(asker, start, b"", entry.body, entry.form, entry.facts))

    def learn(
        self,
        environ: WSGIEnvironment,
        state: Hashable,
        headers: Iterable[tuple[str, str]],
        said: Learning,
        who: Caller,
    ) -> None:
        """Remember the shape of a request for a look-up, and how it was answered."""
        head = _head_of(environ)
        if head is None or not said.facts or not said.tags or not said.limits:
            return
        key, asked = template(head)
        shape = shape_of(said.query)
        pieces, iris = split(said.normal)
        if shape is None or list(iris) != asked or split(said.query)[1] != iris:
            return
        own = tuple(pair for pair in headers if pair[0].lower() not in _FRESH)
        found = Pattern(
            self._asker(environ, who), state, shape, pieces, said.facts, said.limits,
            said.tags, said.coding, said.view, _start_of_answer("200 OK", own),
        )  # fmt: skip
        self.know(key, found)

    def _asker(self, environ: WSGIEnvironment, who: Caller) -> Asker:
        """Return what a head says, apart from what it asks."""
        return Asker(
            authorization=environ.get("HTTP_AUTHORIZATION"),
            name=who.name,
            view=who.read_view,
            method=str(environ["REQUEST_METHOD"]),
            mount=str(environ.get("SCRIPT_NAME", "")),
            path=str(environ.get("PATH_INFO", "")),
            address=str(environ.get("REMOTE_ADDR", "")) if self._is_behind_proxy else None,
        )

    def _is_still(self, asker: Asker) -> bool:
        """Say whether a caller still sees what a head was answered with.

        :raises TokenError: the token is valid no more.
        """
        if asker.authorization is None:
            return True
        who = self._identify(asker.authorization)
        return (who.name, who.read_view) == (asker.name, asker.view) and "read" in who.scopes

    def _look_up(self, head: bytes, address: str, state: Hashable, started: float) -> bytes | None:
        """Return the answer to a look-up of a shape that was seen before, or None.

        :raises KmGraphError: the look-up cannot be answered here.
        """
        if not self._patterns or b"%3" not in head:
            return None
        key, iris = template(head)
        pattern = self._patterns.get(key)
        if pattern is None or not all(map(is_absolute, iris)) or may_be_metadata(iris):
            return None
        shape = pattern.shape
        if pattern.state != state:
            with self._lock:
                self._patterns.pop(key, None)
            return None
        if not self._is_still(pattern.asker) or len({iris[n] for n in shape.subjects}) != 1:
            return None
        seen = self._holder.acquire(pattern.asker.view)
        try:
            found = look_up(
                seen.endpoint.view, shape, iris, pattern.facts.base_iri, pattern.limits,
                is_counted=self._is_logging,
            )  # fmt: skip
            # The holder may have moved on since the state was looked at.
            if found is None or pattern.tags.generation != seen.generation:
                return None
        finally:
            self._holder.release(seen)
        kept = _made(pattern, iris, found)
        if self._cache is not None:
            self._cache.put(state, head, kept)
        return self._sent(kept, address, started, is_cached=False)

    def _sent(self, kept: Kept, address: str, started: float, *, is_cached: bool) -> bytes:
        """Return an answer as it is sent, and tell what was seen of its request."""
        asker, number = kept.asker, new_request_id()
        answer = b"%b%bDate: %b\r\n%b: %b\r\n\r\n%b" % (
            kept.head, kept.own, _date(), _ID_HEADER, number.encode(), kept.body,
        )  # fmt: skip
        seconds = time.perf_counter() - started
        facts = {**kept.facts, "token": asker.name} if asker.name else kept.facts
        notes = Notes(
            number, facts, kept.form, None if is_cached else seconds, is_cached,
            is_look_up=not is_cached,
        )  # fmt: skip
        self._tell(
            Seen(
                asker.method, asker.mount, asker.path, 200, seconds, len(kept.body),
                True, asker.address or address, notes,
            )
        )  # fmt: skip
        return answer


def _made(pattern: Pattern, iris: list[str], found: tuple[bytes, int | None]) -> Kept:
    """Return the answer to a look-up, with what is sent before it."""
    body, rows = found
    normal = joined(pattern.normal, iris)
    tag, coding = pattern.tags.of(normal), ""
    if pattern.coding is not None and len(body) >= SHORTEST_BYTES:
        body, tag = compress(body, pattern.coding), with_coding(tag, pattern.coding)
        coding = f"Content-Encoding: {pattern.coding}\r\n"
    own = f"{coding}ETag: {tag}\r\nContent-Length: {len(body)}\r\n".encode()
    facts = {
        "query": hash_of(normal),
        "rows": rows,
        "view": pattern.view,
        "generation": pattern.tags.generation,
    }
    return Kept(pattern.asker, pattern.head, own, body, pattern.facts.form, facts)


class Learner:
    """Has the application say what it answers, and passes that on.

    :param app: the application.
    """

    def __init__(
        self,
        app: WSGIApplication,
        quick: QuickAnswers,
        identify: Callable[[str | None], Caller],
        state: Callable[[], tuple[int | None, Hashable]],
    ) -> None:
        self._app, self._quick, self._identify, self._state = app, quick, identify, state

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if environ["REQUEST_METHOD"] != "GET" or _head_of(environ) is None:
            return self._app(environ, start_response)
        said = environ[LEARNING] = Learning()
        try:
            generation, state = self._state()
        except KmGraphError:
            return self._app(environ, start_response)
        headers: list[tuple[str, str]] = []
        status_of = [""]

        def start(status: str, given: list[tuple[str, str]], *args: Any) -> Any:
            """Note what is said."""
            status_of[0], headers[:] = status, given
            return start_response(status, given, *args)

        body = self._app(environ, start)
        if said.query and status_of[0].startswith("200") and said.generation == generation:
            who = self._identify(environ.get("HTTP_AUTHORIZATION"))
            if who.read_view == said.view:
                self._quick.learn(environ, state, headers, said, who)
        return body


_ID_HEADER: Final = REQUEST_ID.encode()
_dated: tuple[int, bytes] = (0, b"")


def _date() -> bytes:
    """Return the time as a header has it."""
    global _dated
    now = int(time.time())
    if _dated[0] != now:
        _dated = now, formatdate(now, usegmt=True).encode()
    return _dated[1]


def _head_of(environ: WSGIEnvironment) -> bytes | None:
    """Return the bytes of the head of a request whose answer depends on them and the data alone."""
    head: bytes = environ.get(HEAD, b"")
    is_plain = (
        0 < len(head) <= MOST_HEAD_BYTES
        and environ.get("SERVER_PROTOCOL") == "HTTP/1.1"
        and environ.get("HTTP_CONNECTION", "keep-alive").strip().lower() == "keep-alive"
        and not any(name in environ for name in _CONDITIONS)
    )
    return head if is_plain else None


def _start_of_answer(status: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the status line and the headers, each once where the length is concerned."""
    lines: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() in ("date", "server", "connection"):
            continue
        if name.lower() == "content-length":
            lines["content-length"] = []
        lines.setdefault(name.lower(), []).append(f"{name}: {value}\r\n")
    told = "".join(line for group in lines.values() for line in group)
    return f"HTTP/1.1 {status}\r\n{told}Server: kmgraph\r\n".encode("latin-1")
