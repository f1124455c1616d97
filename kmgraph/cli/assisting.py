"""The command that serves assistants: mcp."""

from __future__ import annotations

from pathlib import Path

import click

from kmgraph.cli.common import command_errors, store_option
from kmgraph.stores.views import PUBLIC


@click.command(name="mcp", epilog="Example: kmgraph mcp --store store")
@store_option
@click.option("--view", default=PUBLIC, show_default=True, help="View that is read.")
@click.option(
    "--query-timeout-s",
    "timeout_s",
    type=float,
    default=20.0,
    show_default=True,
    help="Longest time for a SPARQL query of the client.",
)
@command_errors
def serve_assistants(store: Path, view: str, timeout_s: float) -> None:
    """Offer the saved questions to assistants, over the Model Context Protocol.

    It reads standard input and writes standard output, and never changes the store.
    """
    from kmgraph.assistants import serve

    serve(store, view=view, timeout_s=timeout_s)


COMMANDS = (serve_assistants,)
