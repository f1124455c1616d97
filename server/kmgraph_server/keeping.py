"""What views of a store a caller may be given that are not the one that questions are asked of."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Response, request

from kmgraph.errors import NotFoundError
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.views import view_key, visible_in
from kmgraph_server.access import caller
from kmgraph_server.state import settings

#: What never changes is kept for so long, in seconds: a year.
_YEAR_S: Final = 31_536_000
_NOTHING: Final = "nothing of this kind is kept here"


def store_folder() -> Path:
    """Return the folder of the served store.

    :raises NotFoundError: what is served is a dataset in memory.
    """
    folder = settings().store
    if folder is None:
        raise NotFoundError(_NOTHING)
    return folder


def may_see(view: str) -> bool:
    """Say whether the caller may see a view.

    :param view: its key.
    """
    return view_key(visible_in(view)) == view and visible_in(view) <= visible_in(caller().read_view)


def require_view(view: str) -> str:
    """Return the key of a view, if the caller may see it.

    :raises NotFoundError: there is none of this key that the caller may see.
    """
    if not may_see(view):
        raise NotFoundError("nothing is known of this, or your token does not show it")
    return view


def generations_of(store: GenerationStore, view: str) -> list[Generation]:
    """Return the kept generations that have a view, the oldest first."""
    wanted = visible_in(view)
    return [
        generation
        for generation in store.generations()
        if view_key(wanted & visible_in(generation.master)) in generation.views
    ]


def keep_for_ever(response: Response) -> Response:
    """Say of an answer that it will always be the same."""
    response.headers["Cache-Control"] = f"{_who()}, max-age={_YEAR_S}, immutable"
    return response


def keep_for(response: Response, seconds: int) -> Response:
    """Say of an answer that it is worth asking again after some time."""
    response.headers["Cache-Control"] = f"{_who()}, max-age={seconds}"
    return response


def _who() -> str:
    """Return who may keep an answer to the caller."""
    return "private" if "Authorization" in request.headers else "public"
