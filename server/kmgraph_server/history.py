"""Earlier states of the store: what was published, and is kept, below an address of its own.

``/memento/7/doc/study/a`` is answered as ``/doc/study/a`` was while generation 7 was current: the
path is shortened before the application reads it, so that all links of a page stay in the past.
Such answers are never taken from the cache, which knows the present alone.

Source: https://www.rfc-editor.org/rfc/rfc7089
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kmgraph.errors import GenerationNotFoundError, GoneError, NotFoundError
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.views import view_key, visible_in
from kmgraph_server.snapshots import Run, Snapshot

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Key of the WSGI environment under which the id of an earlier generation stands.
PAST: Final = "kmgraph.past"
#: First part of the paths of earlier states.
PREFIX: Final = "/memento"
_PATH: Final = re.compile(rf"({PREFIX}/([1-9][0-9]{{0,8}}))(/.*)?", re.DOTALL)


class Mementos:
    """Hands requests for earlier states to the application, and all others on.

    :param present: answers for what is current.
    :param app: the application.
    """

    def __init__(self, present: WSGIApplication, app: WSGIApplication) -> None:
        self._present, self._app = present, app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is None:
            # What is kept are answers of now, whatever time was asked for.
            inner = self._app if "HTTP_ACCEPT_DATETIME" in environ else self._present
            return inner(environ, start_response)
        moved = {
            **environ,
            PAST: int(found[2]),
            "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + found[1],
            "PATH_INFO": found[3] or "",
        }
        return self._app(moved, start_response)


@dataclass(frozen=True, slots=True)
class State:
    """A state of the data that is kept.

    :ivar generation: id of the first kept generation with it.
    :ivar since: when its content was published.
    """

    generation: int
    since: dt.datetime


def states_of(generations: Sequence[Generation]) -> list[State]:
    """Return the states that generations have, the oldest first; each content counts once.

    >>> one = Generation(3, "2026-01-02T00:00:00+00:00", None, "", (), ("public",), {}, "")
    >>> [state.generation for state in states_of([one])]
    [3]
    """
    found: dict[int, State] = {}
    for generation in generations:
        content, created = generation.content_since
        since = dt.datetime.fromisoformat(created).astimezone(dt.UTC).replace(microsecond=0)
        found.setdefault(content, State(generation.id, since))
    return list(found.values())


def state_at(states: Sequence[State], moment: dt.datetime) -> State:
    """Return the state that was current at a moment; the oldest one for a moment before all.

    :param states: the oldest first; at least one.

    >>> day = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    >>> state_at([State(3, day)], day - dt.timedelta(days=9)).generation
    3
    """
    return next((state for state in reversed(states) if state.since <= moment), states[0])


def opener(
    store_path: Path, run: Run, *, union_default_graph: bool
) -> Callable[[str, int], Snapshot]:
    """Return what opens a view of a kept generation.

    :param store_path: folder of the store.
    :param run: evaluates queries.
    """

    def open_past(key: str, number: int) -> Snapshot:
        """Open a view, which is closed when its one user hands it back.

        It is opened anew for each request, so that an erasure or a collection never waits for it.
        """
        store = GenerationStore(store_path)
        try:
            view = store.open_view(key, number)
        except GenerationNotFoundError as error:
            if number <= (store.current_id() or 0):
                raise GoneError(f"generation {number} is not kept any more") from error
            raise NotFoundError(f"there is no generation {number} yet") from error
        except NotFoundError as error:
            raise NotFoundError(f"generation {number} has no view that you may see") from error
        shown = view_key(visible_in(key) & visible_in(store.generation(number).master))
        directory = store.generation_dir(number) / "views" / shown
        opened = Snapshot(view, directory, shown, run, union_default_graph=union_default_graph)
        opened.users = 1
        return opened

    return open_past
