"""Run the application under a production server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from kmgraph.errors import ConfigError, MissingExtraError, StoreError
from kmgraph_server.config import LOOPBACK

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from flask import Flask

    from kmgraph_server.background import Background
    from kmgraph_server.config import ServerConfig
    from kmgraph_server.desks import Desks, QuickStore
    from kmgraph_server.heads import Quick

#: Size by which a body may go over the limit and still be answered with a problem document.
_BODY_MARGIN_BYTES: Final = 1_048_576
#: Longest head of a request: line and headers. A query that is longer is sent by POST.
_HEAD_BYTES: Final = 65_536
#: Connections that are held at one time; more wait to be accepted.
_MOST_CONNECTIONS: Final = 1_000
#: Time for threads to end once nothing is evaluated any more, in seconds.
_THREADS_END_S: Final = 5


def serve(config: ServerConfig, *, announce: Callable[[str], Any] = click.echo) -> None:
    """Serve stores over HTTP until the process is told to stop by SIGINT or SIGTERM.

    :param config: what to serve, where and how.
    :param announce: told where the server listens, once it does.
    :raises StoreUnavailableError: there is no store, or nothing is published in it.
    :raises ConfigError: a store cannot be mounted as asked.
    :raises StoreError: the address is in use or not one of this machine.
    :raises MissingExtraError: Flask or waitress is not installed.
    """
    from kmgraph_server.mounts import check_stores, join
    from kmgraph_server.state import stop

    apps = _create_apps(config)
    beside = _background(apps)

    def tell(address: str) -> None:
        announce(f"Serving at {address} (press Ctrl+C to stop)")
        for mount in config.mounts:
            announce(f"  and {mount.store} at {address}{mount.path[1:]}/")

    try:
        joined = join(apps[""], {path: app for path, app in apps.items() if path})
        # A store that cannot be opened is reported now and not to the first visitor.
        check_stores(apps)
        stores = _answering(apps)
        for each in beside:
            each.begin()
        run(
            joined,
            config,
            announce=tell,
            on_stop=lambda: _each(apps, stop),
            on_end=lambda: _each(apps, _close),
            quick=[quick.answer for quick, _, _ in stores],
            desks=_desks(config, stores),
        )
    finally:
        for each in beside:
            each.close()
        _each(apps, _close)


def _background(apps: dict[str, Flask]) -> list[Background]:
    """Return what writes snapshots and feeds beside the answers of each application."""
    from kmgraph_server.background import Background
    from kmgraph_server.state import served_by

    found = []
    for app in apps.values():
        served = served_by(app)
        if served.config.store is not None:
            made = Background(served.config.store, served.config)
            served.metrics.background = made.done
            found.append(made)
    return found


def _close(app: Flask) -> None:
    """Stop what an application still does, and let go of what it has; again does nothing."""
    from kmgraph_server import state, writing
    from kmgraph_server.comparing import COMPARING

    writing.close(app)
    if (comparing := app.extensions.get(COMPARING)) is not None:
        comparing.close()
    state.close(app)


def _answering(apps: dict[str, Flask]) -> list[QuickStore]:
    """Return what answers before a request is read, with the settings and the measurements."""
    from kmgraph_server.layers import quick_answers
    from kmgraph_server.state import served_by

    found = []
    for app in apps.values():
        if (quick := quick_answers(app)) is not None:
            served = served_by(app)
            found.append((quick, served.config, served.metrics))
    return found


def _desks(config: ServerConfig, stores: list[QuickStore]) -> Desks | None:
    """Return what starts further processes when look-ups are many."""
    try:
        from kmgraph_server.desks import Desks, processes_of
    except ImportError as error:
        raise MissingExtraError("waitress", "server") from error
    more = processes_of(config) - 1
    return Desks(more, stores) if more and stores else None


def _each(apps: dict[str, Flask], act: Callable[[Flask], None]) -> None:
    """Do the same with each application."""
    for app in apps.values():
        act(app)


def _create_apps(config: ServerConfig) -> dict[str, Flask]:
    """Return the application of each path; the first store has the empty path.

    :raises ConfigError: a path or a store is given twice, or no store at all.
    """
    from kmgraph_server import create_app

    if config.store is None:
        raise ConfigError("no store to serve: give its folder with --store, or set KMGRAPH_STORE")
    folders: dict[str, Path] = {"": config.store}
    for mount in config.mounts:
        if mount.path in folders:
            raise ConfigError(f"two stores are mounted at {mount.path}: give each its own path")
        for path, folder in folders.items():
            if folder.resolve() == mount.store.resolve():
                raise ConfigError(f"the store {mount.store} is served at {path or '/'} already")
        folders[mount.path] = mount.store
    return {path: create_app(replace(config, store=folder)) for path, folder in folders.items()}


def _nothing() -> None:
    """Do nothing."""


def run(
    app: WSGIApplication,
    config: ServerConfig,
    *,
    announce: Callable[[str], Any] = click.echo,
    on_stop: Callable[[], None] = _nothing,
    on_end: Callable[[], None] = _nothing,
    quick: Sequence[Quick] = (),
    desks: Desks | None = None,
) -> None:
    """Run an application until SIGINT or SIGTERM; requests that run have a moment to end.

    :param config: where to listen, and the limits of requests.
    :param announce: told the URL of the home page.
    :param on_stop: called when the stop begins and requests may still run.
    :param on_end: called when none runs any more or their time is over; it has to stop what
        threads still wait for.
    :param quick: those who may answer a request by its bytes alone; see
        :mod:`kmgraph_server.quick_answers`.
    :param desks: starts processes that answer beside this one; see :mod:`kmgraph_server.desks`.
    :raises StoreError: the address is in use or not one of this machine.
    """
    try:
        from waitress.server import create_server
        from waitress.wasyncore import close_all

        from kmgraph_server import channels
        from kmgraph_server.stopping import Stopper
        from kmgraph_server.threads import FIRST_THREADS, Threads
    except ImportError as error:
        raise MissingExtraError("waitress", "server") from error
    # Requests that wait for a thread are normal here and not worth a warning each.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    sockets: dict[int, Any] = {}
    try:
        server = create_server(
            app,
            map=sockets,
            host=config.host,
            port=config.port,
            threads=min(FIRST_THREADS, config.threads),
            ident="kmgraph",
            # Where proxies are trusted, the application reads what they say.
            clear_untrusted_proxy_headers=not config.trusted_proxies,
            connection_limit=_MOST_CONNECTIONS,
            # Of file numbers from 1,024 on, which stores and connections come to, select() fails.
            asyncore_use_poll=True,
            # So that a query is stopped when its asker leaves.
            channel_request_lookahead=1,
            # A slow reader's answer goes to a temporary file; it must not hold a thread.
            outbuf_high_watermark=config.result_limit_bytes + _BODY_MARGIN_BYTES,
            max_request_header_size=_HEAD_BYTES,
            # A little more than Flask takes, so that Flask tells the client what is wrong.
            max_request_body_size=config.upload_limit_bytes + _BODY_MARGIN_BYTES,
        )
    except (OSError, ValueError) as error:
        close_all(sockets, ignore_all=True)
        reason = getattr(error, "strerror", None) or error
        raise StoreError(
            f"cannot listen at {config.host}, port {config.port} ({reason}): "
            "choose another port, or stop what uses this one"
        ) from error
    channels.install(sockets, quick)
    announce(_address(server, config.host))
    try:
        threads = Threads(server.task_dispatcher, config.threads)
        Stopper(sockets, config.shutdown_s, on_stop, on_end, threads, desks).run()
        server.task_dispatcher.shutdown(timeout=_THREADS_END_S)
    finally:
        close_all(sockets, ignore_all=True)


def _address(server: Any, host: str) -> str:
    """Return the URL of the home page."""
    listening = getattr(server, "effective_listen", None)
    port = listening[0][1] if listening else server.effective_port
    shown = LOOPBACK if host in ("0.0.0.0", "", "*") else host  # noqa: S104 - only compared
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
