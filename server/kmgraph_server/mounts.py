"""Several stores in one process, each below a path of its own.

Each store is an application of its own, with its own catalogue, pages and endpoint. What joins
them looks at the path of a request and at nothing else, so no query can reach two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, current_app, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from kmgraph.errors import ConfigError, KmGraphError
from kmgraph_server.addresses import rooted, to_path
from kmgraph_server.config import MOUNT_PATH
from kmgraph_server.history import PAST, PREFIX
from kmgraph_server.state import holder, view_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_EXTENSION: Final = "kmgraph-mounts"
#: Most datasets of another store that a link to it names.
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another store of the same process.

    :ivar href: address of its home page.
    :ivar titles: titles of its first datasets; empty where nothing can be read of it.
    :ivar more: number of its further datasets.
    """

    href: str
    titles: tuple[str, ...]
    more: int
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an application stands among those it was joined with."""

    path: str
    apps: Mapping[str, Flask]


def install(app: Flask) -> None:
    """Have an application lead from the path that it is mounted at to its home page."""
    app.before_request(_end_with_slash)


def _end_with_slash() -> Response | None:
    """Redirect from ``/synthetic`` to ``/synthetic/``."""
    if request.environ.get("PATH_INFO") or not request.script_root:
        return None
    query = request.query_string.decode("latin-1")
    return Response(status=308, headers={"Location": rooted("/") + (query and f"?{query}")})


def join(root: Flask, mounted: Mapping[str, Flask]) -> WSGIApplication:
    """Return one WSGI application that answers for several.

    :param root: answers at ``/`` and wherever no other application does.
    :param mounted: path, such as ``/synthetic``, to the application that answers below it.
    :raises ConfigError: a path is not one that an application can be mounted at.

    >>> from kmgraph.bundles.files import example_path
    >>> from kmgraph.pipeline import build_in_memory
    >>> from kmgraph_server import create_app
    >>> apps = [create_app(dataset=build_in_memory(example_path("clahrc-ndl"))) for _ in "ab"]
    >>> site = join(apps[0], {"/other": apps[1]})
    >>> join(apps[0], {"/sparql": apps[1]})
    Traceback (most recent call last):
    kmgraph.errors.ConfigError: nothing can be mounted at '/sparql', where the first store has \
pages: choose another name
    """
    apps = {"": root, **mounted}
    taken = {PREFIX[1:], *(rule.rule.split("/")[1] for rule in root.url_map.iter_rules())}
    for path in mounted:
        check_path(path)
        if path[1:] in taken:
            raise ConfigError(
                f"nothing can be mounted at '{path}', where the first store has pages: "
                "choose another name"
            )
    for path, app in apps.items():
        app.extensions[_EXTENSION] = _Place(path, apps)
    return DispatcherMiddleware(root, dict(mounted))


def check_path(path: str) -> None:
    """Raise where nothing can be mounted at a path, whatever else is served.

    :raises ConfigError: says what is needed.

    >>> check_path("/synthetic")
    >>> check_path("synthetic")
    Traceback (most recent call last):
    kmgraph.errors.ConfigError: a store cannot be mounted at 'synthetic': give a slash and one \
name of small letters, digits and hyphens, such as /synthetic
    """
    if not MOUNT_PATH.fullmatch(path):
        raise ConfigError(
            f"a store cannot be mounted at '{path}': give a slash and one name of small letters, "
            "digits and hyphens, such as /synthetic"
        )


def check_stores(apps: Mapping[str, Flask]) -> None:
    """Open the stores of applications that are about to be joined, and tell them apart.

    :param apps: path to application; the one at ``/`` has the empty path.
    :raises StoreUnavailableError: there is no store, or nothing is published in it.
    :raises ConfigError: two stores have one base, so that an IRI would stand for two things.
    """
    bases: dict[str, str] = {}
    for path, app in apps.items():
        kept = holder(app)
        snapshot = kept.acquire(view_of(app))
        base = snapshot.dataset.base
        kept.release(snapshot)
        if base in bases:
            raise ConfigError(
                f"the stores at {bases[base] or '/'} and {path} share the base {base}, so an IRI "
                "would stand for two things: give one of them a base of its own with "
                "'kmgraph init --base'"
            )
        bases[base] = path


def neighbours() -> list[Neighbour]:
    """Return the other stores of the process, as the home page of the running one links to them."""
    place = _place()
    outside = _outside(place)
    return [
        _neighbour(f"{outside}{path}/", app)
        for path, app in place.apps.items()
        if path != place.path
    ]


def roots() -> list[str]:
    """Return the path of the running application and of those mounted below it, encoded."""
    place = _place()
    return [rooted(path) for path in place.apps] if place.path == "" else [rooted("")]


def _place() -> _Place:
    """Return where the running application stands; one that was not joined stands alone."""
    found: _Place = current_app.extensions.get(_EXTENSION, _Place("", {"": current_app}))
    return found


def _outside(place: _Place) -> str:
    """Return what all the applications are mounted below, encoded; empty for nothing."""
    past = request.environ.get(PAST)
    root = request.script_root.removesuffix(f"{PREFIX}/{past}")
    return to_path(root.removesuffix(place.path))


def _neighbour(href: str, app: Flask) -> Neighbour:
    """Return what another store says of itself; a store in trouble must not trouble this one."""
    kept = holder(app)
    try:
        snapshot = kept.acquire(view_of(app))
    except KmGraphError:
        return Neighbour(href, (), 0, is_synthetic=False)
    try:
        titles = [card.title for card in snapshot.cards]
        return Neighbour(href, tuple(titles[:_NAMED]), len(titles[_NAMED:]), snapshot.is_synthetic)
    finally:
        kept.release(snapshot)
