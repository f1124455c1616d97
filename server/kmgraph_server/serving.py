"""Run the application under a production server."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click

from kmgraph.errors import ConfigError, MissingExtraError, StoreError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from flask import Flask

    from kmgraph_server.config import Mount, ServerConfig

#: Only this machine reaches the server unless its keeper says otherwise.
LOOPBACK: Final = "127.0.0.1"
#: Size by which a body may go over the limit and still be answered with a problem document.
_BODY_MARGIN_BYTES: Final = 1_048_576


def serve(
    store: str | Path,
    host: str = LOOPBACK,
    port: int = 8000,
    *,
    view: str = "public",
    threads: int = 8,
    mounts: Sequence[Mount] = (),
    announce: Callable[[str], Any] = click.echo,
) -> None:
    """Serve stores over HTTP until the process is told to stop by SIGINT or SIGTERM.

    :param store: folder of the store.
    :param host: address to listen at; 0.0.0.0 lets other machines in.
    :param port: port to listen at; 0 takes a free one.
    :param view: view of the stores to serve.
    :param threads: requests answered at the same time.
    :param mounts: further stores, each below a path of its own and apart from the others.
    :param announce: told where the server listens, once it does.
    :raises StoreUnavailableError: there is no store, or nothing is published in it.
    :raises ConfigError: a store cannot be mounted as asked.
    :raises StoreError: the address is in use or not one of this machine.
    :raises MissingExtraError: Flask or waitress is not installed.
    """
    from kmgraph_server.config import ServerConfig
    from kmgraph_server.mounts import check_stores, join
    from kmgraph_server.state import holder

    config = ServerConfig(store=Path(store), view=view)
    apps = _create_apps(config, mounts)

    def tell(address: str) -> None:
        announce(f"Serving at {address} (press Ctrl+C to stop)")
        for mount in mounts:
            announce(f"  and {mount.store} at {address}{mount.path[1:]}/")

    try:
        joined = join(apps[""], {path: app for path, app in apps.items() if path})
        # A store that cannot be opened is reported now and not to the first visitor.
        check_stores(apps)
        run(joined, host, port, threads=threads, limit=config.body_limit_bytes, announce=tell)
    finally:
        for app in apps.values():
            holder(app).close()


def _create_apps(config: ServerConfig, mounts: Sequence[Mount]) -> dict[str, Flask]:
    """Return the application of each path; the first store has the empty path.

    :raises ConfigError: a path or a store is given twice.
    """
    from kmgraph_server import create_app

    folders = {"": config.store or Path()}
    for mount in mounts:
        if mount.path in folders:
            raise ConfigError(f"two stores are mounted at {mount.path}: give each its own path")
        for path, folder in folders.items():
            if folder.resolve() == mount.store.resolve():
                raise ConfigError(f"the store {mount.store} is served at {path or '/'} already")
        folders[mount.path] = mount.store
    return {path: create_app(replace(config, store=folder)) for path, folder in folders.items()}


def run(
    app: WSGIApplication,
    host: str,
    port: int,
    *,
    threads: int,
    limit: int,
    announce: Callable[[str], Any],
) -> None:
    """Run an application until SIGINT or SIGTERM; requests that run have a moment to end.

    :param limit: longest body of a request that the application takes, in bytes.
    :param announce: told the URL of the home page.
    :raises StoreError: the address is in use or not one of this machine.
    """
    try:
        from waitress.server import create_server
        from waitress.wasyncore import close_all
    except ImportError as error:
        raise MissingExtraError("waitress", "server") from error
    # Requests that wait for a thread are normal here and not worth a warning each.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    sockets: dict[int, Any] = {}
    try:
        server = create_server(
            app,
            map=sockets,
            host=host,
            port=port,
            threads=threads,
            ident="kmgraph",
            clear_untrusted_proxy_headers=True,
            # A little more than Flask takes, so that Flask tells the client what is wrong.
            max_request_body_size=limit + _BODY_MARGIN_BYTES,
        )
    except OSError as error:
        close_all(sockets, ignore_all=True)
        raise StoreError(
            f"cannot listen at {host}, port {port} ({error.strerror or error}): "
            "choose another port, or stop what uses this one"
        ) from error
    announce(_address(server, host))
    previous = signal.signal(signal.SIGTERM, _stop)
    try:
        server.run()
    finally:
        signal.signal(signal.SIGTERM, previous)
        close_all(sockets, ignore_all=True)


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave the server's loop, which then ends its threads."""
    raise SystemExit(0)


def _address(server: Any, host: str) -> str:
    """Return the URL of the home page."""
    listening = getattr(server, "effective_listen", None)
    port = listening[0][1] if listening else server.effective_port
    shown = LOOPBACK if host in ("0.0.0.0", "", "*") else host  # noqa: S104 - only compared
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
