"""Hand the writes of callers to the process that does them, and say what came of it."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flask import Flask, Response, current_app, jsonify, request

from kmgraph.errors import (
    BusyError,
    GraphConflictError,
    NotFoundError,
    PublicationError,
    StaleGenerationError,
    StoreLockedError,
    StoreUnavailableError,
)
from kmgraph.pipeline.telling import tell_feeds
from kmgraph.pipeline.write_process import Writer
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation, GraphInfo
from kmgraph.stores.optimising import optimise_in_background
from kmgraph.stores.views import visible_in
from kmgraph.updates import WriteRequest, WriteSummary
from kmgraph_server.config import ServerConfig
from kmgraph_server.errors import PayloadError, UnsupportedMediaTypeError
from kmgraph_server.observing import notes_of
from kmgraph_server.state import settings
from kmgraph_server.write_conditions import Standing, http_date

_EXTENSION: Final = "kmgraph-writes"
#: Of the threads of a server, at most one in so many may be held by writes.
_SHARE: Final = 8
#: Memory that validating what is written takes, however little queries are given.
_LEAST_MEMORY_BYTES: Final = 1_500_000_000
#: How often a write is judged anew because another one came before it.
_TRIES: Final = 5
_LOCK: Final = threading.Lock()
_LOG = logging.getLogger(__name__)


class Writes:
    """The writes of one application, done one after the other by a process of their own.

    The process is started by the first write.

    :param store: folder of the store.
    :param config: settings of the application.
    """

    def __init__(self, store: Path, config: ServerConfig) -> None:
        memory_bytes = max(config.query_memory_bytes, _LEAST_MEMORY_BYTES)
        self._writer = Writer(store, config.write_timeout_s, memory_bytes, wait_s=config.wait_s)
        self._store, self._keep = store, config.keep_generations
        # Those that wait hold threads that queries need too.
        most = min(config.most_waiting, config.threads // _SHARE)
        self._places = threading.BoundedSemaphore(1 + most)

    def run(self, asked: WriteRequest) -> WriteSummary:
        """Do a write.

        :raises BusyError: too many others wait already, or for too long.
        :raises KmGraphError: see :func:`kmgraph.pipeline.updating.write`.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError("too many writes are waiting: try again in a moment", retry_after_s=5)
        try:
            summary = self._writer.run(asked)
            self._tidy(summary)
            return summary
        except PublicationError as error:
            if type(error) is not PublicationError:
                raise
            # Its message names graphs, and some of them may be hidden from the writer.
            _LOG.warning("a write was refused: %s", error)
            raise GraphConflictError(
                "real data and data that were generated are never pooled in one store: write them "
                "to a store of their own"
            ) from error
        except NotFoundError as error:
            if type(error) is not NotFoundError:
                raise
            raise StoreUnavailableError("the view of the token is not made yet") from error
        finally:
            self._places.release()

    def _tidy(self, summary: WriteSummary) -> None:
        """Have the store optimised where small changes have made queries dearer.

        The oldest generations are removed, where the server is told to keep only some.
        """
        if not summary.changed:
            return
        optimise_in_background(self._store)
        if self._keep:
            # Another process that writes now will be followed by another write.
            with suppress(StoreLockedError):
                store = GenerationStore(self._store)
                tell_feeds(store)
                store.gc(self._keep)

    def close(self) -> None:
        """End the process; of a write that is not being published yet, nothing is done."""
        self._writer.stop()


def writes() -> Writes:
    """Return what does the writes of the running application."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with _LOCK:
        found: Writes | None = app.extensions.get(_EXTENSION)
        if found is None:
            found = app.extensions[_EXTENSION] = Writes(_store_path(), settings())
            weakref.finalize(app, found.close)
        return found


def close(app: Flask) -> None:
    """End the process that writes for an application, if there is one."""
    found: Writes | None = app.extensions.pop(_EXTENSION, None)
    if found is not None:
        found.close()


def base_of_store() -> str:
    """Return the base IRI of the store that is written to."""
    return GenerationStore(_store_path()).base


def _store_path() -> Path:
    """Return the folder of the store; a dataset in memory is never written to."""
    path = settings().store
    if path is None:  # pragma: no cover - such applications are read-only
        raise StoreUnavailableError("there is no store to write to")
    return path


@dataclass(frozen=True, slots=True)
class Ground:
    """What there is when a write is judged.

    :ivar base: base IRI of the store.
    :ivar generation: the current generation; None where nothing is published.
    :ivar graphs: IRI to graph, of those that the writer sees.
    """

    base: str
    generation: Generation | None
    graphs: dict[str, GraphInfo] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """Return the id of the generation; 0 for none."""
        return self.generation.id if self.generation else 0

    def standing(self, is_there: bool, tags: tuple[str, ...] = ()) -> Standing:
        """Return what the conditions of a request are judged by.

        :param is_there: whether there is something at the address that is written to.
        :param tags: tags of its content.
        """
        if self.generation is None:
            return Standing(self.id, None, is_there, tags)
        content_id, created = self.generation.content_since
        return Standing(self.id, http_date(created), is_there, tags, content_id)


def write(view: str, prepare: Callable[[Ground], WriteRequest]) -> WriteSummary:
    """Do a write that rests on what there is.

    :param view: key of the view that the writer sees.
    :param prepare: judges the conditions of the request, and says what to do and which data it
        was judged by. Where these have changed since, it is asked again.
    :raises KmGraphError: see :meth:`Writes.run`.
    """
    done = 1
    while True:
        asked = prepare(_ground(view))
        try:
            summary = writes().run(asked)
        except StaleGenerationError:
            if done >= _TRIES:
                raise
            done += 1
            continue
        facts = notes_of(request.environ).facts
        facts |= {"added": summary.added, "deleted": summary.deleted}
        return summary


def _ground(view: str) -> Ground:
    """Return what there is for a writer."""
    store = GenerationStore(_store_path())
    if store.current_id() is None:
        return Ground(store.base, None)
    generation = store.generation()
    seen = visible_in(view)
    graphs = {graph.iri: graph for graph in generation.graphs if graph.visibility in seen}
    return Ground(store.base, generation, graphs)


def body_of_write() -> bytes:
    """Return the body of a request that writes.

    :raises PayloadError: it is too long.
    :raises UnsupportedMediaTypeError: it is in a content coding.
    """
    most = settings().upload_limit_bytes
    if (request.content_length or 0) > most:
        raise PayloadError(f"the body of a write may have {most:,} bytes: send it in parts")
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaTypeError("bodies are not decompressed here", ["the body as it is"])
    return request.get_data(cache=False)


def told(summary: WriteSummary, *, location: str | None = None) -> Response:
    """Return the answer to a write.

    :param location: address of the graph that was made, where one was.
    """
    status = 200 if location is None else 201
    if "return=minimal" in request.headers.get("Prefer", "").replace(" ", "").lower():
        response = Response(status=status if location else 204)
        del response.headers["Content-Type"]
        response.headers["Preference-Applied"] = "return=minimal"
    else:
        response = jsonify(summary.to_dict())
        response.status_code = status
    if location is not None:
        response.headers["Location"] = location
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Prefer")
    return response
