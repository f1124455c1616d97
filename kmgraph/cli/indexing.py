"""The command that reads a view for what looks things up in it: index."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kmgraph.cli.common import (
    command_errors,
    echo_json,
    json_option,
    progress_for,
    quiet_option,
    store_option,
    view_option,
)
from kmgraph.errors import StoreUnavailableError
from kmgraph.facets import FACETED
from kmgraph.progress import ProgressEvent
from kmgraph.search.places import INDEXED
from kmgraph.stores.generations import GenerationStore


@click.command(epilog="Example: kmgraph index --store store")
@store_option
@view_option
@json_option
@quiet_option
@command_errors
def index(store: Path, view: str, as_json: bool, quiet: bool) -> None:
    """Read a view for its search and its lists now, and not when somebody first asks.

    What is there already for the same content is left as it is. Run it on a store that will be
    copied to where nothing can be written.
    """
    target = GenerationStore(store)
    if not os.access(target.path, os.W_OK):
        raise StoreUnavailableError(f"nothing can be written to the store at {target.path}")
    progress, close = progress_for(quiet)
    files = []
    try:
        for beside, what in ((INDEXED, "what is searched"), (FACETED, "what is listed")):
            progress(ProgressEvent("index", what))
            beside.open(target, view).close()
            files.append(beside.path(target, view).relative_to(target.path).as_posix())
    finally:
        close()
    if as_json:
        echo_json({"view": view, "files": files})
    else:
        click.echo("\n".join(files))


COMMANDS = (index,)
