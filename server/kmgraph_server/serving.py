"""Run the application under a production server."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click

from kmgraph.errors import MissingExtraError, StoreError

if TYPE_CHECKING:
    from flask import Flask

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
    announce: Callable[[str], Any] = click.echo,
) -> None:
    """Serve a store over HTTP until the process is told to stop by SIGINT or SIGTERM.

    :param store: folder of the store.
    :param host: address to listen at; 0.0.0.0 lets other machines in.
    :param port: port to listen at; 0 takes a free one.
    :param view: view of the store to serve.
    :param threads: requests answered at the same time.
    :param announce: told where the server listens, once it does.
    :raises StoreUnavailableError: there is no store, or nothing is published in it.
    :raises StoreError: the address is in use or not one of this machine.
    :raises MissingExtraError: Flask or waitress is not installed.
    """
    from kmgraph_server import create_app
    from kmgraph_server.config import ServerConfig
    from kmgraph_server.state import holder

    app = create_app(ServerConfig(store=Path(store), view=view))
    # A store that cannot be opened is reported now and not to the first visitor.
    kept = holder(app)
    kept.release(kept.acquire())
    try:
        run(app, host, port, threads=threads, announce=announce)
    finally:
        kept.close()


def run(app: Flask, host: str, port: int, *, threads: int, announce: Callable[[str], Any]) -> None:
    """Run an application until SIGINT or SIGTERM; requests that run have a moment to end.

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
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + _BODY_MARGIN_BYTES,
        )
    except OSError as error:
        close_all(sockets, ignore_all=True)
        raise StoreError(
            f"cannot listen at {host}, port {port} ({error.strerror or error}): "
            "choose another port, or stop what uses this one"
        ) from error
    announce(f"Serving at {_address(server, host)} (press Ctrl+C to stop)")
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
