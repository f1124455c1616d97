"""The command ``kmgraph serve``."""

from __future__ import annotations

from pathlib import Path

import click

from kmgraph.cli.common import command_errors, store_option
from kmgraph_server import serving
from kmgraph_server.config import Mount


@click.command()
@store_option
@click.option("--host", default=serving.LOOPBACK, show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8000,
    show_default=True,
    help="Port to listen at; 0 takes a free one.",
)
@click.option("--view", default="public", show_default=True, help="View of the store to serve.")
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="Requests answered at the same time.",
)
@click.option(
    "--mount",
    "mounts",
    multiple=True,
    metavar="/NAME=FOLDER",
    help="Serve a further store below /NAME/, apart from the first; may be repeated.",
)
@command_errors
def serve(
    store: Path, host: str, port: int, view: str, threads: int, mounts: tuple[str, ...]
) -> None:
    """Serve a store over HTTP: pages, saved questions and SPARQL.

    Example: kmgraph serve --store s --port 8000
    """
    further = [Mount.parse(text) for text in mounts]
    serving.serve(store, host, port, view=view, threads=threads, mounts=further)
